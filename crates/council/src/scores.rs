//! The range in which ballots score answers.
//!
//! It must not know what the scores are added up to.
//!
//! ```
//! use moot_council::ScoreRange;
//!
//! let range: ScoreRange = serde_json::from_str(r#"{ "to": 10 }"#).unwrap();
//! assert_eq!(range, ScoreRange { from: 0.0, to: 10.0 });
//! assert!(range.holds(10.0) && !range.holds(10.5));
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::OptionProblem;

/// The greatest score, regardless of sign, so that no sum of scores leaves the range where sums compare exactly enough.
pub const SCORE_MAX: f64 = 1e12;

/// The least and the greatest score that an answer can be given.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ScoreRange {
    /// The least score, also that of an answer to which a ballot gives none. Default: 0.
    pub from: f64,
    /// The greatest score, above the least. Default: 5.
    pub to: f64,
}

impl Default for ScoreRange {
    fn default() -> Self {
        Self { from: 0.0, to: 5.0 }
    }
}

impl ScoreRange {
    /// Whether a score is in the range, its ends included.
    #[must_use]
    pub fn holds(self, score: f64) -> bool {
        (self.from..=self.to).contains(&score)
    }

    /// What is wrong with it.
    #[must_use]
    pub fn check(self) -> Option<OptionProblem> {
        let Self { from, to } = self;
        for (name, bound) in [("scores.from", from), ("scores.to", to)] {
            if bound.is_nan() || bound.abs() > SCORE_MAX {
                let message = format!("{bound} is no bound of scores; it is a number from -1e12 to 1e12");
                return Some(OptionProblem::new(name, message));
            }
        }
        let message = || format!("there is nothing to choose between {from} and {to}; `to` is above `from`");
        (from >= to).then(|| OptionProblem::new("scores.to", message()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_from_0_to_5_and_other_keys_are_refused() {
        assert_eq!(serde_json::from_str::<ScoreRange>("{}").unwrap(), ScoreRange { from: 0.0, to: 5.0 });
        assert!(serde_json::from_str::<ScoreRange>(r#"{ "from": 0, "up_to": 5 }"#).is_err());
    }

    #[test]
    fn a_range_that_holds_nothing_to_choose_is_refused() {
        let path = |from, to| ScoreRange { from, to }.check().map(|problem| problem.path);
        assert_eq!(path(0.0, 5.0), None);
        assert_eq!(path(-1.0, 1.0), None);
        assert_eq!(path(5.0, 5.0).as_deref(), Some("scores.to"));
        assert_eq!(path(0.0, f64::INFINITY).as_deref(), Some("scores.to"));
        assert_eq!(path(f64::NAN, 1.0).as_deref(), Some("scores.from"));
    }
}
