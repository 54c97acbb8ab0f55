//! The difference of two variants on the same tasks.
//!
//! Variants that share their tasks and their noise are right and wrong together, so the difference task by task varies
//! less than the two results do, and its interval is narrower than what their own intervals let one think. This module
//! must not know what the scores are of.
//!
//! ```
//! use moot_study::difference;
//!
//! let right = |tasks: [u8; 4]| tasks.map(|score| Some(f64::from(score)));
//! let found = difference(&right([1, 1, 1, 0]), &right([1, 0, 0, 0])).unwrap();
//! assert_eq!((found.estimate.value, found.better, found.worse), (0.5, 2, 0));
//! assert_eq!(found.p_value, Some(0.5));
//! ```

use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::estimate::{Estimate, mean};
use crate::mcnemar::mcnemar_exact;

/// With fewer tasks a mean is not normal enough for its interval.
const TASKS_MIN: u64 = 30;
/// So many tasks must differ when each score is 0 or 1: below it the differences are few jumps among zeros.
const DIFFERING_MIN: u64 = 10;

/// How much better a variant is than the reference. In JSON a flat object: `value`, `low`, `high`, `better`, `worse`,
/// `p_value`, `note`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// The mean difference of a task, the variant's score less the reference's, with its interval (paired t).
    pub estimate: Estimate,
    /// Tasks on which the variant has the higher score.
    pub better: u64,
    /// Tasks on which it has the lower one.
    pub worse: u64,
    /// How often chance alone gives so large a difference, by [`mcnemar_exact`]; `None` unless every score is 0 or 1.
    pub p_value: Option<f64>,
    /// Why the interval is to be taken with care.
    pub caution: Option<Caution>,
}

/// Why an interval of differences is to be taken with care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caution {
    /// No task has another score.
    NoneDiffers,
    /// So few tasks have other scores.
    FewDiffer(u64),
    /// So few tasks have scores at all.
    FewTasks(u64),
}

/// The difference between the scores of a variant and of the reference, both in the order of the tasks. Only tasks that
/// both have a score for count; `None` when there are none.
#[must_use]
pub fn difference(variant: &[Option<f64>], reference: &[Option<f64>]) -> Option<Difference> {
    let pairs = variant.iter().zip(reference).filter_map(|(variant, reference)| variant.zip(*reference));
    let estimate = mean(pairs.clone().map(|(variant, reference)| variant - reference))?;
    let count =
        |is: fn(f64, f64) -> bool| pairs.clone().filter(|(variant, reference)| is(*variant, *reference)).count();
    let better = count(|variant, reference| variant > reference) as u64;
    let worse = count(|variant, reference| variant < reference) as u64;
    let is_binary = pairs.clone().all(|(variant, reference)| is_0_or_1(variant) && is_0_or_1(reference));
    let (tasks, differing) = (pairs.count() as u64, better + worse);
    let caution = match differing {
        0 => Some(Caution::NoneDiffers),
        _ if tasks < TASKS_MIN => Some(Caution::FewTasks(tasks)),
        _ if is_binary && differing < DIFFERING_MIN => Some(Caution::FewDiffer(differing)),
        _ => None,
    };
    let p_value = is_binary.then(|| mcnemar_exact(better, worse));
    Some(Difference { estimate, better, worse, p_value, caution })
}

#[expect(clippy::float_cmp, reason = "right and wrong are exactly these two")]
fn is_0_or_1(score: f64) -> bool {
    score == 0.0 || score == 1.0
}

impl fmt::Display for Caution {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoneDiffers => formatter.write_str("no task differs"),
            Self::FewDiffer(1) => formatter.write_str("only 1 task differs, too few for an interval"),
            Self::FewDiffer(tasks) => write!(formatter, "only {tasks} tasks differ, too few for an interval"),
            Self::FewTasks(1) => formatter.write_str("only 1 task, too few for an interval"),
            Self::FewTasks(tasks) => write!(formatter, "only {tasks} tasks, too few for an interval"),
        }
    }
}

impl Serialize for Difference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Difference", 7)?;
        object.serialize_field("value", &self.estimate.value)?;
        object.serialize_field("low", &self.estimate.interval.map(|interval| interval.low))?;
        object.serialize_field("high", &self.estimate.interval.map(|interval| interval.high))?;
        object.serialize_field("better", &self.better)?;
        object.serialize_field("worse", &self.worse)?;
        object.serialize_field("p_value", &self.p_value)?;
        object.serialize_field("note", &self.caution.map(|caution| caution.to_string()))?;
        object.end()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    /// So many tasks on which both are right, only the variant, only the reference, neither.
    fn scores(both: usize, better: usize, worse: usize, neither: usize) -> [Vec<Option<f64>>; 2] {
        let column = |second: [f64; 4]| {
            [both, better, worse, neither].into_iter().zip(second).flat_map(|(count, score)| vec![Some(score); count])
        };
        [column([1.0, 1.0, 0.0, 0.0]).collect(), column([1.0, 0.0, 1.0, 0.0]).collect()]
    }

    fn of(both: usize, better: usize, worse: usize, neither: usize) -> Difference {
        let [variant, reference] = scores(both, better, worse, neither);
        difference(&variant, &reference).unwrap()
    }

    #[test]
    fn binary_scores_by_hand() {
        // n = 100, b = 25, c = 12: mean 0.13, variance (37 - 13^2 / 100) / 99 = 0.3566667, se 0.0597216,
        // t with 99 degrees 1.9842169.
        let found = of(40, 25, 12, 23);
        let interval = found.estimate.interval.unwrap();
        let half = 1.984_216_9 * 0.059_721_58;
        assert!((found.estimate.value - 0.13).abs() < 1e-12);
        assert!((interval.low - (0.13 - half)).abs() < 1e-6 && (interval.high - (0.13 + half)).abs() < 1e-6);
        assert_eq!((found.better, found.worse, found.caution), (25, 12, None));
        assert!((found.p_value.unwrap() - 0.047_031_027_439_516_04).abs() < 1e-12, "the oracle's row 25, 12");
    }

    #[test]
    fn too_little_is_told() {
        let caution = |both, better, worse| of(both, better, worse, 0).caution;
        assert_eq!(caution(100, 0, 0), Some(Caution::NoneDiffers));
        assert_eq!(caution(100, 6, 3), Some(Caution::FewDiffer(9)));
        assert_eq!(caution(100, 6, 4), None);
        assert_eq!(caution(9, 10, 10), Some(Caution::FewTasks(29)));
        let numbers = difference(&[Some(2.5), None, Some(1.0)], &[Some(1.0), Some(1.0), Some(1.5)]).unwrap();
        assert_eq!((numbers.p_value, numbers.better, numbers.worse), (None, 1, 1));
        assert_eq!(numbers.caution.unwrap().to_string(), "only 2 tasks, too few for an interval");
        assert_eq!(difference(&[None], &[Some(1.0)]), None);
    }

    #[test]
    fn what_is_shared_makes_the_interval_narrow() {
        let width = |found: Difference| found.estimate.interval.map(|interval| interval.high - interval.low).unwrap();
        // Both are right on 70 and 60 of 100 tasks: once on mostly the same, once on as different ones as can be.
        assert!(width(of(60, 10, 0, 30)) < 0.5 * width(of(30, 40, 30, 0)));
    }

    #[test]
    fn it_is_written_flat() {
        let json = serde_json::to_value(of(1, 1, 0, 0)).unwrap();
        assert_eq!(json["value"], 0.5);
        assert_eq!((&json["better"], &json["worse"], &json["p_value"]), (&1.into(), &0.into(), &1.0.into()));
        assert_eq!(json["note"], "only 2 tasks, too few for an interval");
    }
}
