//! What each member's ballot weighs.
//!
//! It must not know ballots or rules: a weight depends on the member and on how sure it says it is.
//!
//! ```
//! use moot_council::Weights;
//!
//! let weights = Weights::LogOdds(vec![0.9, 0.5, 0.1]);
//! assert!(weights.of(0, None) > 2.1 && weights.of(1, None) == 0.0);
//! assert!((weights.of(0, None) + weights.of(2, None)).abs() < 1e-12, "who is mostly wrong speaks for the other answer");
//!
//! let stated: Weights = serde_json::from_str(r#"{ "confidence": "linear" }"#).unwrap();
//! assert_eq!(stated.of(0, Some("It is A. Confidence: 0.8")), 0.8);
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::OptionProblem;
use crate::confidence::ConfidenceWeight;

/// The greatest weight that can be given, so that no sum of weights leaves the range where they compare exactly enough.
pub const WEIGHT_MAX: f64 = 1e12;

/// What the members' ballots weigh: numbers in the order of the members, or how sure they say they are. Without weights
/// every ballot weighs 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Weights {
    /// The weights themselves, each from 0 to 1e12, at least one of them above 0.
    Given(Vec<f64>),
    /// The members' accuracies, each above 0 and below 1, from which the weights follow: ln(p / (1 - p)). These weights
    /// make a weighted vote between two answers as often right as any rule can be when members err independently. A
    /// member that is right less than half of the time weighs less than nothing.
    ///
    /// Sources: S. Nitzan, J. Paroush, "Optimal decision rules in uncertain dichotomous choice situations", Int. Econ.
    /// Rev. 23(2), 1982; L. Shapley, B. Grofman, "Optimizing group judgmental accuracy in the presence of
    /// interdependencies", Public Choice 43(3), 1984.
    LogOdds(Vec<f64>),
    /// How sure each member says it is, in its words: `confidence: 0.83`, from 0 to 1; the last one counts. Who states none,
    /// or another number, is taken to be at 0.5.
    Confidence(ConfidenceWeight),
}

/// ln(p / (1 - p)) for an accuracy p above 0 and below 1; for any other number 0, what a member of unknown accuracy
/// weighs.
#[must_use]
pub fn log_odds(accuracy: f64) -> f64 {
    if accuracy > 0.0 && accuracy < 1.0 { libm::log(accuracy / (1.0 - accuracy)) } else { 0.0 }
}

impl Weights {
    /// What the ballot of the member with this index and these last words weighs: a finite number, 0 for a member that
    /// has no weight here.
    #[must_use]
    pub fn of(&self, member: usize, words: Option<&str>) -> f64 {
        match self {
            Self::Given(weights) => weights.get(member).copied().filter(|weight| weight.is_finite()).unwrap_or(0.0),
            Self::LogOdds(accuracies) => accuracies.get(member).copied().map_or(0.0, log_odds),
            Self::Confidence(weight) => weight.of(words),
        }
    }

    /// Whether they depend on what members say.
    #[must_use]
    pub const fn read_words(&self) -> bool {
        matches!(self, Self::Confidence(_))
    }

    /// What is wrong with them for a council of so many members.
    #[must_use]
    pub fn check(&self, member_count: usize) -> Vec<OptionProblem> {
        let (name, what, numbers) = match self {
            Self::Given(weights) => ("weights.given", "weight", weights),
            Self::LogOdds(accuracies) => ("weights.log_odds", "accuracy", accuracies),
            Self::Confidence(_) => return Vec::new(),
        };
        let mut problems = Vec::new();
        if numbers.len() != member_count {
            problems.push(OptionProblem::new(
                name,
                format!(
                    "{} numbers for {member_count} members; write one {what} for each, in their order",
                    numbers.len()
                ),
            ));
        }
        for (index, number) in numbers.iter().enumerate() {
            let allowed = match self {
                Self::Given(_) if !(0.0..=WEIGHT_MAX).contains(number) => "it is a number from 0 to 1e12",
                Self::LogOdds(_) if !(*number > 0.0 && *number < 1.0) => "it is above 0 and below 1",
                _ => continue,
            };
            problems
                .push(OptionProblem::new(format!("{name}[{index}]"), format!("{number} is not a {what}; {allowed}")));
        }
        if matches!(self, Self::Given(_)) && !numbers.is_empty() && numbers.iter().all(|number| *number == 0.0) {
            problems.push(OptionProblem::new(name, "every weight is 0, so no ballot counts; at least one is above 0"));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(weights: &Weights, member_count: usize) -> Vec<String> {
        weights.check(member_count).into_iter().map(|problem| problem.path).collect()
    }

    #[test]
    fn log_odds_are_the_published_formula() {
        for (accuracy, expected) in [(0.5, 0.0), (0.6, 0.405_465_108), (0.9, 2.197_224_577), (0.4, -0.405_465_108)] {
            assert!((log_odds(accuracy) - expected).abs() < 1e-9, "{accuracy}");
        }
        for accuracy in [0.0, 1.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(log_odds(accuracy), 0.0, "{accuracy}");
        }
    }

    #[test]
    fn wrong_weights_are_named_by_their_place() {
        assert_eq!(paths(&Weights::Given(vec![1.0, 0.0, 2.5]), 3), [""; 0]);
        assert_eq!(paths(&Weights::LogOdds(vec![0.9, 0.4]), 2), [""; 0]);
        assert_eq!(paths(&Weights::Given(vec![1.0]), 3), ["weights.given"]);
        assert_eq!(paths(&Weights::Given(vec![0.0, 0.0]), 2), ["weights.given"]);
        assert_eq!(
            paths(&Weights::Given(vec![1.0, -1.0, f64::NAN, 1e13]), 4),
            ["weights.given[1]", "weights.given[2]", "weights.given[3]"]
        );
        assert_eq!(
            paths(&Weights::LogOdds(vec![0.0, 1.0, 0.5, f64::NAN]), 4),
            ["weights.log_odds[0]", "weights.log_odds[1]", "weights.log_odds[3]"]
        );
    }

    #[test]
    fn a_member_without_a_weight_weighs_nothing() {
        assert_eq!(Weights::Given(vec![2.0]).of(1, None), 0.0);
        assert_eq!(Weights::Given(vec![f64::INFINITY]).of(0, None), 0.0);
        assert_eq!(Weights::LogOdds(vec![1.0]).of(0, None), 0.0);
    }
}
