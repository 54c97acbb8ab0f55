//! The options of a vote, and what must hold among them.
//!
//! It must not know the machine, nor how a rule decides: each rule says itself which options it makes use of.
//!
//! ```
//! use moot_council::{DescribesPattern, VoteOptions};
//!
//! let options: VoteOptions = serde_json::from_str(r#"{ "members": ["juror"], "rule": "plurality" }"#).unwrap();
//! assert_eq!(options.check(&[5])[0].path, "ties", "plurality can tie, so the file must say what happens then");
//! ```

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Vote;
use crate::absence::AbsenceOptions;
use crate::join::Join;
use crate::patterns::{DescribesPattern, Named, check_members};
use crate::rules::WeightsNeed;
use crate::stop::Condition;
use crate::terms::THRESHOLD;
use crate::{BallotForm, OptionProblem, Pattern, Quorum, Rule, ScoreRange, Terms, Ties, Weights};

/// The options of a vote: every member answers for itself, and the ballots are counted once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VoteOptions {
    /// Who votes: agents, groups of agents or councils, in order.
    pub members: Vec<String>,
    /// Who of the members may vote, by their names as above; the others are asked nothing. Default: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eligible: Option<Vec<String>>,
    /// Who wins.
    pub rule: Rule,
    /// For `rule: majority`: the share of the weight cast for answers that the winner must pass, from 0 to below 1.
    /// Default: 0.5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// What happens when several answers lead. To be given for every rule but unanimity, which knows no ties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ties: Option<Ties>,
    /// For `ties: chair`: who settles a tie. One agent or council beside the members, which is asked with them and whose
    /// ballot counts in a tie alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chair: Option<String>,
    /// For `rule: score`: the range of scores. Default: from 0 to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scores: Option<ScoreRange>,
    /// How many members must be present for the vote to count. Default: no matter how many, as long as somebody votes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum: Option<Quorum>,
    /// What each member's ballot weighs. Default: every ballot weighs 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<Weights>,
    /// How many must have voted before the ballots are counted. Default: `all`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub join: Join,
    /// When the ballots are counted before: `decided` once those who have not voted can't change the outcome, a `time`,
    /// and so on, looked at after each ballot. Default: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Condition>,
    /// What happens when a member does not vote as asked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub absence: AbsenceOptions,
    /// Whether the council gets copies of its members instead of sharing them. Default: false.
    #[serde(default)]
    pub fresh: bool,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What a seat of the council is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Its ballot counts.
    Voter,
    /// Its ballot counts in a tie.
    Chair,
    /// It is asked nothing.
    Audience,
}

impl VoteOptions {
    /// What the ballot of the member with this index and these last words weighs.
    #[must_use]
    pub fn weight_of(&self, member: usize, words: Option<&str>) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights.of(member, words))
    }

    /// Whether all are waited for, however they end: then the plain machine will do.
    pub(super) fn is_plain(&self) -> bool {
        self.join == Join::All && self.stop.is_none() && is_default(&self.absence)
    }

    /// How many of the names are those of members and of the chair, who come before who steps in.
    pub(super) fn names(&self) -> usize {
        self.members.len() + usize::from(self.chair.is_some())
    }

    /// Whether every seat is a voter's.
    pub(super) const fn all_vote(&self) -> bool {
        self.eligible.is_none() && self.chair.is_none()
    }

    /// What a seat is for that was given under the name with this index among [`members`](DescribesPattern::members).
    pub(super) fn role_of(&self, name: Option<u32>) -> Role {
        if self.all_vote() {
            return Role::Voter;
        }
        let name = name.and_then(|name| usize::try_from(name).ok()).unwrap_or(usize::MAX);
        if self.chair.is_some() && name == self.members.len() {
            return Role::Chair;
        }
        let may_vote = match (&self.eligible, self.members.get(name)) {
            (None, _) => true,
            (Some(eligible), Some(name)) => eligible.contains(name),
            (Some(_), None) => false,
        };
        if may_vote { Role::Voter } else { Role::Audience }
    }

    /// On which terms the ballots are counted. Where `ties` is missing, a tie stays one.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms {
            rule: self.rule,
            threshold: self.threshold.unwrap_or(THRESHOLD),
            ties: self.ties.unwrap_or(Ties::None),
            quorum: self.quorum,
        }
    }

    fn check_threshold(&self) -> Option<OptionProblem> {
        let threshold = self.threshold?;
        if !self.rule.needs().threshold {
            let message = "this rule makes no use of a threshold; leave it out, or write rule: majority";
            return Some(OptionProblem::new("threshold", message));
        }
        if (0.0..1.0).contains(&threshold) {
            return None;
        }
        let message = format!("{threshold} is not a share that can be passed; a threshold is at least 0 and below 1");
        Some(OptionProblem::new("threshold", message))
    }

    fn check_ties(&self) -> Option<OptionProblem> {
        let is_missing = self.rule.needs().ties && self.ties.is_none();
        is_missing.then(|| OptionProblem::new("ties", "this rule can tie; write ties: coin, first, chair or none"))
    }

    /// What is wrong with the chair, who sits on so many seats.
    fn check_chair(&self, seats: usize) -> Option<OptionProblem> {
        let message = match (self.ties, self.chair.as_deref()) {
            (Some(Ties::Chair), None) => {
                "a chair is to settle ties; write chair: NAME, or another rule for ties".to_owned()
            }
            (Some(Ties::Chair), Some(name)) if name.trim().is_empty() => {
                "the name is empty; name an agent or a council".to_owned()
            }
            (Some(Ties::Chair), Some(name)) if self.members.iter().any(|member| member == name) => {
                format!("{name} is a member, too; a chair has a seat of its own, name somebody else")
            }
            (Some(Ties::Chair), Some(name)) if seats != 1 => {
                format!("{name} is {seats} agents; a council has one chair, such as {name}[0]")
            }
            (_, Some(_)) if self.ties != Some(Ties::Chair) => {
                "nobody asks a chair; write ties: chair, or leave it out".to_owned()
            }
            _ => return None,
        };
        Some(OptionProblem::new("chair", message))
    }

    fn check_eligible(&self) -> Vec<OptionProblem> {
        let Some(eligible) = &self.eligible else { return Vec::new() };
        if eligible.is_empty() {
            return vec![OptionProblem::new("eligible", "nobody may vote; name at least one member, or leave it out")];
        }
        let mut problems = Vec::new();
        for (index, name) in eligible.iter().enumerate() {
            let message = if !self.members.contains(name) {
                format!("{name} is no member; name a member as `members` does: {}", self.members.join(", "))
            } else if eligible.iter().take(index).any(|earlier| earlier == name) {
                format!("{name} is named twice")
            } else {
                continue;
            };
            problems.push(OptionProblem::new(format!("eligible[{index}]"), message));
        }
        problems
    }

    fn check_scores(&self) -> Option<OptionProblem> {
        let scores = self.scores?;
        if self.rule.needs().ballot == BallotForm::Score {
            return scores.check();
        }
        Some(OptionProblem::new("scores", "this rule reads no scores; leave them out, or write rule: score"))
    }

    fn check_weights(&self, member_count: usize) -> Vec<OptionProblem> {
        match (&self.weights, self.rule.needs().weights) {
            (Some(_), WeightsNeed::Unused) => {
                vec![OptionProblem::new("weights", "this rule makes no use of weights; leave them out")]
            }
            (Some(weights), _) => weights.check(member_count),
            (None, WeightsNeed::Required) => {
                let message = "this rule needs weights; write weights: { given: [...] }, { log_odds: [...] } or { confidence: linear }";
                vec![OptionProblem::new("weights", message)]
            }
            (None, _) => Vec::new(),
        }
    }
}

impl DescribesPattern for VoteOptions {
    fn members(&self) -> Vec<Named<'_>> {
        let chair = self.chair.iter().map(|name| Named::under("chair", name));
        let standby = Named::list("absence.standby", &self.absence.standby);
        Named::list("members", &self.members).chain(chair).chain(standby).collect()
    }

    fn fresh(&self) -> bool {
        self.fresh
    }

    fn tools(&self) -> Vec<Named<'_>> {
        self.stop.iter().flat_map(|stop| stop.tools("stop")).collect()
    }

    fn check(&self, seats: &[usize]) -> Vec<OptionProblem> {
        let seats = seats.get(..self.names()).unwrap_or(seats);
        let chair_seats = self.chair.as_ref().map_or(0, |_| seats.get(self.members.len()).copied().unwrap_or(0));
        let member_count = seats.iter().sum::<usize>().saturating_sub(chair_seats);
        let voters = seats.iter().zip(0_u32..).filter(|(_, name)| self.role_of(Some(*name)) == Role::Voter);
        let voter_count = voters.map(|(seats, _)| seats).sum();
        let mut problems = check_members(&self.members);
        problems.extend(self.check_eligible());
        problems.extend(self.check_threshold());
        problems.extend(self.check_ties());
        problems.extend(self.check_chair(chair_seats));
        problems.extend(self.check_scores());
        problems.extend(self.quorum.and_then(|quorum| quorum.check(voter_count)));
        problems.extend(self.check_weights(member_count));
        problems.extend(self.stop.iter().flat_map(|stop| stop.check("stop")));
        problems.extend(self.join.check("join", voter_count));
        problems.extend(self.absence.check("absence"));
        problems
    }

    fn build(&self) -> Option<Arc<dyn Pattern>> {
        Some(Arc::new(Vote::new(self.clone())))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn options(rest: &str) -> VoteOptions {
        serde_json::from_str(&format!(r#"{{ "members": ["juror"], {rest} }}"#)).unwrap()
    }

    #[test]
    fn the_defaults_are_the_documented_ones() {
        let read = options(r#""rule": "majority", "ties": "none""#);
        let terms = Terms { rule: Rule::Majority, threshold: 0.5, ties: Ties::None, quorum: None };
        assert_eq!(read.terms(), terms);
        assert!(!read.fresh);
        assert_eq!(read.weight_of(3, None), 1.0);
        let written = serde_json::to_string(&read).unwrap();
        assert_eq!(written, r#"{"members":["juror"],"rule":"majority","ties":"none","fresh":false}"#);
    }

    #[test]
    fn what_does_not_fit_together_is_named() {
        let given = r#""weights": { "given": [1, 2, 3] }"#;
        let cases: &[(&str, &[&str])] = &[
            (r#""rule": "plurality", "ties": "coin""#, &[]),
            (r#""rule": "plurality""#, &["ties"]),
            (r#""rule": "majority""#, &["ties"]),
            (r#""rule": "unanimity""#, &[]),
            (r#""rule": "unanimity", "ties": "coin""#, &[]),
            (r#""rule": "schulze", "ties": "coin""#, &[]),
            (r#""rule": "ranked_pairs""#, &["ties"]),
            (r#""rule": "approval", "ties": "none", "weights": { "confidence": "linear" }"#, &[]),
            (r#""rule": "score", "ties": "none", "scores": { "from": 1, "to": 10 }"#, &[]),
            (r#""rule": "score", "ties": "none", "scores": { "from": 10 }"#, &["scores.to"]),
            (r#""rule": "borda", "ties": "none", "scores": { "to": 10 }"#, &["scores"]),
            (r#""rule": "borda", "ties": "none", "threshold": 0.5"#, &["threshold"]),
            (r#""rule": "weighted", "ties": "coin""#, &["weights"]),
            (&format!(r#""rule": "weighted", "ties": "coin", {given}"#), &[]),
            (&format!(r#""rule": "majority", "ties": "coin", {given}"#), &[]),
            (&format!(r#""rule": "unanimity", {given}"#), &["weights"]),
            (r#""rule": "weighted", "ties": "coin", "weights": { "log_odds": [0.9, 0.8] }"#, &["weights.log_odds"]),
            (r#""rule": "majority", "ties": "coin", "threshold": 0.0"#, &[]),
            (r#""rule": "majority", "ties": "coin", "threshold": 1.0"#, &["threshold"]),
            (r#""rule": "majority", "ties": "coin", "threshold": -0.1"#, &["threshold"]),
            (r#""rule": "plurality", "ties": "coin", "threshold": 0.5"#, &["threshold"]),
            (r#""rule": "plurality", "ties": "coin", "quorum": { "at_least": 4 }"#, &["quorum.at_least"]),
            (r#""rule": "plurality", "ties": "coin", "quorum": { "share": 0 }"#, &["quorum.share"]),
            (
                r#""rule": "weighted", "threshold": 2, "quorum": { "share": 2 }"#,
                &["threshold", "ties", "quorum.share", "weights"],
            ),
        ];
        for (text, expected) in cases {
            let found: Vec<String> = options(text).check(&[3]).into_iter().map(|problem| problem.path).collect();
            assert_eq!(&found, expected, "{text}");
        }
    }
    #[test]
    fn a_chair_is_one_who_is_no_member_and_is_asked() {
        let chaired = |rest: &str| options(&format!(r#""rule": "plurality", {rest}"#));
        let good = chaired(r#""ties": "chair", "chair": "judge""#);
        let names: Vec<String> =
            good.members().into_iter().map(|named| format!("{} {}", named.place, named.name)).collect();
        assert_eq!(names, ["members[0] juror", "chair judge"]);
        assert_eq!(good.check(&[3, 1]), []);
        let cases: &[(&str, &[usize], &str)] = &[
            (r#""ties": "chair""#, &[3], "write chair: NAME"),
            (r#""ties": "coin", "chair": "judge""#, &[3, 1], "write ties: chair"),
            (r#""ties": "chair", "chair": " ""#, &[3, 0], "empty"),
            (r#""ties": "chair", "chair": "juror""#, &[3, 3], "juror is a member, too"),
            (r#""ties": "chair", "chair": "judge""#, &[3, 2], "judge is 2 agents"),
        ];
        for (rest, seats, expected) in cases {
            let problems = chaired(rest).check(seats);
            assert_eq!(problems.len(), 1, "{rest} {problems:?}");
            assert!(problems[0].path == "chair" && problems[0].message.contains(expected), "{rest} {problems:?}");
        }
    }

    #[test]
    fn numbers_of_members_leave_the_chair_and_who_may_not_vote_aside() {
        let read = |rest: &str| -> VoteOptions {
            let text = format!(
                r#"{{ "members": ["juror", "guest"], "rule": "weighted", "ties": "chair", "chair": "judge", {rest} }}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        let paths = |options: VoteOptions| -> Vec<String> {
            options.check(&[2, 3, 1]).into_iter().map(|problem| problem.path).collect()
        };
        let of_five = r#""weights": { "given": [1, 1, 1, 1, 1] }"#;
        assert_eq!(paths(read(of_five)), [""; 0], "the chair's ballot weighs nothing");
        assert_eq!(paths(read(&format!(r#"{of_five}, "quorum": {{ "at_least": 6 }}"#))), ["quorum.at_least"]);
        let guests = format!(r#"{of_five}, "eligible": ["guest"]"#);
        assert_eq!(paths(read(&format!(r#"{guests}, "quorum": {{ "at_least": 3 }}"#))), [""; 0]);
        assert_eq!(paths(read(&format!(r#"{guests}, "quorum": {{ "at_least": 4 }}"#))), ["quorum.at_least"]);
    }

    #[test]
    fn who_may_vote_is_a_member() {
        let cases = [
            (r#"["juror"]"#, ""),
            ("[]", "eligible"),
            (r#"["judge"]"#, "eligible[0]"),
            (r#"["juror", "juror"]"#, "eligible[1]"),
            (r#"["juror", "juror[0]"]"#, "eligible[1]"),
        ];
        for (names, expected) in cases {
            let problems = options(&format!(r#""rule": "unanimity", "eligible": {names}"#)).check(&[3]);
            let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
            assert_eq!(paths.join(" "), expected, "{names}");
        }
    }

    #[test]
    fn each_seat_has_a_role_by_its_name() {
        let options: VoteOptions = serde_json::from_str(
            r#"{ "members": ["juror", "guest"], "eligible": ["juror"], "rule": "borda", "ties": "chair", "chair": "judge" }"#,
        )
        .unwrap();
        let roles = [Some(0), Some(1), Some(2), Some(3), None].map(|name| options.role_of(name));
        assert_eq!(roles, [Role::Voter, Role::Audience, Role::Chair, Role::Audience, Role::Audience]);
        let plain = VoteOptions { eligible: None, chair: None, ..options };
        assert_eq!([Some(0), Some(7), None].map(|name| plain.role_of(name)), [Role::Voter; 3]);
    }
}
