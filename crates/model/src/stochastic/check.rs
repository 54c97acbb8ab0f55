//! Checks that several options of stochastic models share.
//!
//! It must not know which options they are.
//!
//! ```
//! use moot_model::StochasticOptions;
//!
//! let problems = StochasticOptions::with_accuracy(1.5).check();
//! assert_eq!(problems[0].message, "1.5 is not a share; allowed are 0 to 1");
//! ```

use crate::OptionProblem;

/// The most that a count or a weight may be: sums of many stay far from what a number can't hold.
pub(super) const WEIGHT_MAX: f64 = 1_000_000.0;

/// The problem of a number that is no share or probability.
pub(super) fn share_problem(path: &str, share: f64) -> Option<OptionProblem> {
    // NaN lies in no range.
    if (0.0..=1.0).contains(&share) {
        return None;
    }
    Some(OptionProblem::new(path, format!("{share} is not a share; allowed are 0 to 1")))
}
