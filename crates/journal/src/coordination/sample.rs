//! Numbers that were seen, as far as their mean and its uncertainty need them: how many, their sum, their squares.
//!
//! A share is the mean of ones and zeros, so one type holds both. Whole numbers are summed exactly, so equal events give
//! equal samples. This module must not know what was counted.
//!
//! ```
//! use moot_journal::Sample;
//!
//! let mut sample = Sample::default();
//! [1.0, 2.0, 6.0].into_iter().for_each(|number| sample.add(number));
//! assert_eq!(sample.mean(), Some(3.0));
//! assert_eq!(sample.variance(), Some(7.0));
//! sample.add_share(3, 4);
//! assert_eq!((sample.count, sample.sum), (7, 12.0));
//! assert_eq!(Sample::default().mean(), None, "the mean of nothing is unknown, not zero");
//! ```

/// Numbers that were seen.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sample {
    /// How many.
    pub count: u64,
    /// Their sum; of a share: how many hits.
    pub sum: f64,
    /// The sum of their squares.
    pub sum_of_squares: f64,
}

impl Sample {
    /// Adds one number.
    pub fn add(&mut self, number: f64) {
        self.count += 1;
        self.sum += number;
        self.sum_of_squares += number * number;
    }

    /// Adds so many ones among so many trials.
    pub fn add_share(&mut self, hits: u64, trials: u64) {
        let hits = as_f64(hits);
        self.count += trials;
        self.sum += hits;
        self.sum_of_squares += hits;
    }

    /// Adds a one or a zero.
    pub fn add_hit(&mut self, hit: bool) {
        self.add_share(u64::from(hit), 1);
    }

    /// Adds what others have seen.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.sum_of_squares += other.sum_of_squares;
    }

    /// The arithmetic mean; `None` of nothing.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / as_f64(self.count))
    }

    /// The variance of the numbers that these are a sample of (with n - 1); `None` of fewer than two.
    #[must_use]
    pub fn variance(&self) -> Option<f64> {
        let count = as_f64(self.count);
        // Rounding may leave a little less than nothing.
        (self.count > 1).then(|| ((self.sum_of_squares - self.sum * self.sum / count) / (count - 1.0)).max(0.0))
    }
}

/// A count as a floating-point number.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(crate) const fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_the_mean_of_ones_and_zeros() {
        let (mut one_by_one, mut at_once) = (Sample::default(), Sample::default());
        [true, false, false, true, true].into_iter().for_each(|hit| one_by_one.add_hit(hit));
        at_once.add_share(3, 5);
        assert_eq!(one_by_one, at_once);
        assert_eq!(at_once.mean(), Some(0.6));
        // p (1 - p) n / (n - 1).
        assert!((at_once.variance().unwrap_or_default() - 0.3).abs() < 1e-12);
    }

    #[test]
    fn merged_samples_are_as_one() {
        let (mut all, mut first, mut second) = (Sample::default(), Sample::default(), Sample::default());
        for (index, number) in [3.0, 1.0, 4.0, 1.0, 5.0].into_iter().enumerate() {
            all.add(number);
            if index < 2 { first.add(number) } else { second.add(number) }
        }
        first.merge(&second);
        assert_eq!(first, all);
    }

    #[test]
    fn what_is_too_little_has_no_number() {
        let mut sample = Sample::default();
        assert_eq!((sample.mean(), sample.variance()), (None, None));
        sample.add(2.0);
        assert_eq!((sample.mean(), sample.variance()), (Some(2.0), None));
        sample.add(2.0);
        assert_eq!(sample.variance(), Some(0.0));
    }
}
