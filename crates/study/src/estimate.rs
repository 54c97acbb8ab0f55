//! Numbers that are estimated, with their 95 % intervals: shares by Wilson's score, means by Student's t.
//!
//! An interval says how far what was found may be from what is behind it, as far as chance goes. It is about the tasks:
//! each counts as drawn on its own. This module must not know what the numbers mean.
//!
//! ```
//! use moot_study::estimate::{mean, share};
//!
//! assert_eq!(share(47, 100).unwrap().value, 0.47);
//! let seconds = mean([1.0, 2.0, 3.0]).unwrap();
//! assert_eq!(seconds.value, 2.0);
//! assert!(mean([1.0]).unwrap().interval.is_none(), "one number says nothing of its spread");
//! ```

use moot_core::interval::wilson_interval;
use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use crate::student::t_97_5;

/// Two ends, both included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// A number with its 95 % interval. In JSON: `{ "value": …, "low": …, "high": … }`, with null for ends that nobody knows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// What was found.
    pub value: f64,
    /// Where what is behind it may lie; `None` when there is too little to tell.
    pub interval: Option<Interval>,
}

/// The share of trials that succeeded, with Wilson's interval; `None` of no trials.
#[must_use]
pub fn share(successes: u64, trials: u64) -> Option<Estimate> {
    let (low, high) = wilson_interval(successes, trials)?;
    Some(Estimate { value: successes as f64 / trials as f64, interval: Some(Interval { low, high }) })
}

/// The mean of numbers, with the interval of Student's t distribution: mean ± t s / √n, where s is the standard
/// deviation with n - 1 (Student, Biometrika 6, 1908). It is exact when the numbers are normal and right for all when
/// they are many, where it becomes the normal interval. `None` of no numbers; of one number there is no interval.
#[must_use]
pub fn mean(numbers: impl IntoIterator<Item = f64, IntoIter: Clone>) -> Option<Estimate> {
    let numbers = numbers.into_iter();
    let (mut count, mut sum) = (0_u64, 0.0);
    for number in numbers.clone() {
        count += 1;
        sum += number;
    }
    let value = sum / count as f64;
    if count == 0 || !value.is_finite() {
        return None;
    }
    let squares: f64 = numbers.map(|number| (number - value) * (number - value)).sum();
    let interval = t_97_5(count - 1).map(|point| {
        let half = point * (squares / (count - 1) as f64 / count as f64).sqrt();
        Interval { low: value - half, high: value + half }
    });
    Some(Estimate { value, interval })
}

/// A mean whose standard error is known, with the interval of Student's t distribution; `clusters` is how many
/// independent groups of numbers it rests on. With fewer than two there is no interval.
#[must_use]
pub fn clustered(value: f64, standard_error: f64, clusters: u64) -> Estimate {
    let half = t_97_5(clusters.saturating_sub(1)).map(|point| point * standard_error).filter(|half| half.is_finite());
    Estimate { value, interval: half.map(|half| Interval { low: value - half, high: value + half }) }
}

impl Serialize for Estimate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Estimate", 3)?;
        object.serialize_field("value", &self.value)?;
        object.serialize_field("low", &self.interval.map(|interval| interval.low))?;
        object.serialize_field("high", &self.interval.map(|interval| interval.high))?;
        object.end()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn a_mean_by_hand() {
        // 1, 2, 3: the mean is 2, s is 1, t with 2 degrees is 4.302653, so the half width is 4.302653 / sqrt(3).
        let found = mean([1.0, 2.0, 3.0]).unwrap().interval.unwrap();
        let half = 4.302_652_729_911 / 3.0_f64.sqrt();
        assert!((found.low - (2.0 - half)).abs() < 1e-9 && (found.high - (2.0 + half)).abs() < 1e-9, "{found:?}");
        let same = mean([5.0; 4]).unwrap();
        assert_eq!(same.interval, Some(Interval { low: 5.0, high: 5.0 }));
        assert_eq!((mean([]), mean([f64::NAN, 1.0])), (None, None));
        let known = clustered(2.0, 1.0 / 3.0_f64.sqrt(), 3).interval.unwrap();
        assert!((known.low - found.low).abs() < 1e-12 && (known.high - found.high).abs() < 1e-12, "{known:?}");
        assert_eq!(clustered(2.0, 1.0, 1).interval, None);
    }

    #[test]
    fn estimates_are_written_as_three_numbers() {
        let json = |estimate: Option<Estimate>| serde_json::to_string(&estimate).unwrap();
        assert_eq!(json(mean([0.5])), r#"{"value":0.5,"low":null,"high":null}"#);
        assert_eq!(json(mean([0.5, 0.5])), r#"{"value":0.5,"low":0.5,"high":0.5}"#);
        assert_eq!(json(share(0, 0)), "null");
    }
}
