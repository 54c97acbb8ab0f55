//! How a council chooses among its members' answers: the terms of a vote as options of other patterns.
//!
//! A vote has these options itself; a debate, a mixture or a fan-out has them under `decide`. This module must not know
//! rounds: it is handed the last answers.
//!
//! ```
//! use moot_council::decide::DecideOptions;
//!
//! let options: DecideOptions = serde_json::from_str(r#"{ "rule": "plurality", "ties": "coin" }"#).unwrap();
//! assert!(options.check("decide", 5).is_empty());
//! ```

use moot_core::{Ballot, Outcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::{BallotForm, WeightsNeed};
use crate::table::Table;
use crate::terms::THRESHOLD;
use crate::ties::TIE;
use crate::{OptionProblem, Quorum, Rule, Tally, Terms, Ties, Weights};

/// How a council chooses among its members' answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideOptions {
    /// Who wins.
    pub rule: Rule,
    /// For `rule: majority`: the share of the weight cast for answers that the winner must pass, from 0 to below 1.
    /// Default: 0.5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// What happens when several answers lead. To be given for every rule but unanimity, which knows no ties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ties: Option<Ties>,
    /// How many members must be present. Default: no matter how many, as long as somebody answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum: Option<Quorum>,
    /// What each member's answer weighs. Default: every answer weighs 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<Weights>,
}

impl DecideOptions {
    /// The answer that most members gave; lots are drawn between answers that as many gave.
    #[must_use]
    pub const fn plurality() -> Self {
        Self { rule: Rule::Plurality, threshold: None, ties: Some(Ties::Coin), quorum: None, weights: None }
    }

    /// What is wrong with the options, which stand under this key, for so many members.
    #[must_use]
    pub fn check(&self, key: &str, members: usize) -> Vec<OptionProblem> {
        let needs = self.rule.needs();
        let mut problems = Vec::new();
        if needs.ballot != BallotForm::Answer {
            let message =
                "this rule reads rankings, approvals or scores, and here answers are counted; hold a `vote` for it";
            problems.push(OptionProblem::new("rule", message));
        }
        if self.ties == Some(Ties::Chair) {
            problems.push(OptionProblem::new("ties", "only a `vote` has a chair; write ties: coin, first or none"));
        }
        if self.weights.as_ref().is_some_and(Weights::read_words) {
            problems.push(OptionProblem::new("weights", "only a `vote` reads how sure its members are"));
        }
        match self.threshold {
            Some(_) if !needs.threshold => {
                problems.push(OptionProblem::new("threshold", "this rule makes no use of a threshold; leave it out"));
            }
            Some(threshold) if !(0.0..1.0).contains(&threshold) => {
                let message = format!("{threshold} can't be passed; a threshold is at least 0 and below 1");
                problems.push(OptionProblem::new("threshold", message));
            }
            _ => {}
        }
        if needs.ties && self.ties.is_none() {
            problems.push(OptionProblem::new("ties", "this rule can tie; write ties: coin, first or none"));
        }
        problems.extend(self.quorum.and_then(|quorum| quorum.check(members)));
        match (&self.weights, needs.weights) {
            (Some(_), WeightsNeed::Unused) => {
                problems.push(OptionProblem::new("weights", "this rule makes no use of weights; leave them out"));
            }
            (Some(weights), _) => problems.extend(weights.check(members)),
            (None, WeightsNeed::Required) => {
                problems.push(OptionProblem::new("weights", "this rule needs weights; give them"));
            }
            (None, _) => {}
        }
        let below = |problem: OptionProblem| OptionProblem::new(format!("{key}.{}", problem.path), problem.message);
        problems.into_iter().map(below).collect()
    }

    /// What the answer of the member with this index among those who are counted weighs.
    #[must_use]
    pub fn weight_of(&self, index: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights.of(index, None))
    }

    /// Counts the ballots of a round, given by slot in the order of the members, records the counts and says what they
    /// come to.
    #[must_use]
    pub fn outcome(&self, ballots: &[(usize, Ballot)], round: u32, table: &mut Table<'_>) -> Outcome {
        let cast = ballots.iter().enumerate().map(|(index, (_, ballot))| (ballot, self.weight_of(index)));
        let tally = Tally::of(cast, table.choices());
        table.record_tally(round, tally.counts());
        let seat = table.seat();
        let voters: Vec<_> = ballots.iter().filter_map(|(slot, _)| seat.members.get(*slot).cloned()).collect();
        let terms = Terms {
            rule: self.rule,
            threshold: self.threshold.unwrap_or(THRESHOLD),
            ties: self.ties.unwrap_or(Ties::None),
            quorum: self.quorum,
        };
        terms.outcome(&tally, &voters, table.address(TIE).call(round))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_together_is_named_below_its_key() {
        for (text, expected) in [
            (r#"{ "rule": "plurality", "ties": "none" }"#, &[][..]),
            (r#"{ "rule": "plurality" }"#, &["decide.ties"]),
            (r#"{ "rule": "unanimity", "threshold": 0.5 }"#, &["decide.threshold"]),
            (r#"{ "rule": "majority", "ties": "coin", "threshold": 1 }"#, &["decide.threshold"]),
            (r#"{ "rule": "weighted", "ties": "coin" }"#, &["decide.weights"]),
            (r#"{ "rule": "borda", "ties": "coin" }"#, &["decide.rule"]),
            (r#"{ "rule": "plurality", "ties": "chair" }"#, &["decide.ties"]),
            (r#"{ "rule": "plurality", "ties": "coin", "quorum": { "at_least": 9 } }"#, &["decide.quorum.at_least"]),
        ] {
            let options: DecideOptions = serde_json::from_str(text).unwrap();
            let found: Vec<String> = options.check("decide", 5).into_iter().map(|problem| problem.path).collect();
            assert_eq!(found, expected, "{text}");
        }
        assert!(DecideOptions::plurality().check("decide", 1).is_empty());
    }
}
