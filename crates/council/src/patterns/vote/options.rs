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
use crate::patterns::{DescribesPattern, Named, check_members};
use crate::rules::WeightsNeed;
use crate::terms::THRESHOLD;
use crate::{OptionProblem, Pattern, Quorum, Rule, Terms, Ties, Weights};

/// The options of a vote: every member answers for itself, and the ballots are counted once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VoteOptions {
    /// Who votes: agents, groups of agents or councils, in order.
    pub members: Vec<String>,
    /// Who wins.
    pub rule: Rule,
    /// For `rule: majority`: the share of the weight cast for answers that the winner must pass, from 0 to below 1.
    /// Default: 0.5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// What happens when several answers lead. To be given for every rule but unanimity, which knows no ties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ties: Option<Ties>,
    /// How many members must be present for the vote to count. Default: no matter how many, as long as somebody votes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum: Option<Quorum>,
    /// What each member's ballot weighs. Default: every ballot weighs 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<Weights>,
    /// Whether the council gets copies of its members instead of sharing them. Default: false.
    #[serde(default)]
    pub fresh: bool,
}

impl VoteOptions {
    /// What the ballot of the member with this index weighs.
    #[must_use]
    pub fn weight_of(&self, member: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights.of(member))
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
        is_missing.then(|| OptionProblem::new("ties", "this rule can tie; write ties: coin, first or none"))
    }

    fn check_weights(&self, member_count: usize) -> Vec<OptionProblem> {
        match (&self.weights, self.rule.needs().weights) {
            (Some(_), WeightsNeed::Unused) => {
                vec![OptionProblem::new("weights", "this rule makes no use of weights; leave them out")]
            }
            (Some(weights), _) => weights.check(member_count),
            (None, WeightsNeed::Required) => {
                let message = "this rule needs weights; write weights: { given: [...] } or { log_odds: [...] }";
                vec![OptionProblem::new("weights", message)]
            }
            (None, _) => Vec::new(),
        }
    }
}

impl DescribesPattern for VoteOptions {
    fn members(&self) -> Vec<Named<'_>> {
        Named::list("members", &self.members).collect()
    }

    fn fresh(&self) -> bool {
        self.fresh
    }

    fn check(&self, seats: &[usize]) -> Vec<OptionProblem> {
        let member_count = seats.iter().sum();
        let mut problems = check_members(&self.members);
        problems.extend(self.check_threshold());
        problems.extend(self.check_ties());
        problems.extend(self.quorum.and_then(|quorum| quorum.check(member_count)));
        problems.extend(self.check_weights(member_count));
        problems
    }

    fn build(&self) -> Option<Arc<dyn Pattern>> {
        Some(Arc::new(Vote::new(self.clone())))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
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
        assert_eq!(read.weight_of(3), 1.0);
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
}
