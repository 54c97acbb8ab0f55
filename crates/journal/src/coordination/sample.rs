//! Numbers that were seen, as far as their mean and its uncertainty need them: how many, their sum, their squares.
//!
//! A share is the mean of ones and zeros, so one type holds both. Numbers of one task are seen together and are not
//! independent: debaters who talk are right together. So the uncertainty is that of clusters, one for each task. Whole
//! numbers are summed exactly, so equal events give equal samples. This module must not know what was counted.
//!
//! ```
//! use moot_journal::Sample;
//!
//! let mut sample = Sample::default();
//! [1.0, 2.0, 6.0].into_iter().for_each(|number| sample.add(number));
//! assert_eq!(sample.mean(), Some(3.0));
//! assert_eq!(sample.variance(), Some(7.0));
//! sample.add_share(3, 4);
//! assert_eq!((sample.count, sample.clusters, sample.sum), (7, 4, 12.0));
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
    /// How many clusters they came in: the tasks that had any.
    pub clusters: u64,
    /// Over the clusters, the sum of the squares of their own sums.
    pub cluster_sums_squared: f64,
    /// Over the clusters, the sum of their own sums times their own counts.
    pub cluster_products: f64,
    /// Over the clusters, the sum of the squares of their own counts.
    pub cluster_counts_squared: f64,
}

impl Sample {
    /// Adds one number that stands alone.
    pub fn add(&mut self, number: f64) {
        self.add_cluster(1, number, number * number);
    }

    /// Adds so many ones among so many trials of one task.
    pub fn add_share(&mut self, hits: u64, trials: u64) {
        self.add_cluster(trials, as_f64(hits), as_f64(hits));
    }

    /// Adds so many ones among so many trials that each stand alone.
    pub fn add_hits(&mut self, hits: u64, trials: u64) {
        let (hits, trials_f) = (as_f64(hits), as_f64(trials));
        self.merge(&Self {
            count: trials,
            sum: hits,
            sum_of_squares: hits,
            clusters: trials,
            cluster_sums_squared: hits,
            cluster_products: hits,
            cluster_counts_squared: trials_f,
        });
    }

    /// Adds what was seen of one task, however it was put together.
    pub fn add_together(&mut self, task: &Self) {
        self.add_cluster(task.count, task.sum, task.sum_of_squares);
    }

    fn add_cluster(&mut self, count: u64, sum: f64, sum_of_squares: f64) {
        if count == 0 {
            return;
        }
        let count_f = as_f64(count);
        self.count += count;
        self.sum += sum;
        self.sum_of_squares += sum_of_squares;
        self.clusters += 1;
        self.cluster_sums_squared += sum * sum;
        self.cluster_products += sum * count_f;
        self.cluster_counts_squared += count_f * count_f;
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
        self.clusters += other.clusters;
        self.cluster_sums_squared += other.cluster_sums_squared;
        self.cluster_products += other.cluster_products;
        self.cluster_counts_squared += other.cluster_counts_squared;
    }

    /// Whether every number is a one or a zero.
    #[must_use]
    #[expect(clippy::float_cmp, reason = "ones and zeros are exactly their squares, and their sums are exact")]
    pub fn is_share(&self) -> bool {
        self.sum == self.sum_of_squares
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

/// What the uncertainty of the mean rests on.
impl Sample {
    /// The standard error of the mean when the clusters are drawn independently and the numbers within one are not: with
    /// sums s and counts n of k clusters and the mean m, √(k / (k - 1) Σ(s - m n)²) / Σn (the ratio estimator of cluster
    /// sampling: Cochran, Sampling Techniques, 1977, section 9A.2; Miller, arXiv 2411.00640, section 2.2). `None` of fewer
    /// than two clusters.
    #[must_use]
    pub fn standard_error(&self) -> Option<f64> {
        let mean = self.mean().filter(|_| self.clusters > 1)?;
        let squares =
            self.cluster_sums_squared - 2.0 * mean * self.cluster_products + mean * mean * self.cluster_counts_squared;
        let clusters = as_f64(self.clusters);
        // Rounding may leave a little less than nothing.
        Some((clusters / (clusters - 1.0) * squares.max(0.0)).sqrt() / as_f64(self.count))
    }
}

/// A count as a floating-point number.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(crate) const fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_the_mean_of_ones_and_zeros() {
        let (mut one_by_one, mut at_once) = (Sample::default(), Sample::default());
        [true, false, false, true, true].into_iter().for_each(|hit| one_by_one.add_hit(hit));
        at_once.add_share(3, 5);
        assert_eq!((one_by_one.count, one_by_one.sum), (at_once.count, at_once.sum));
        assert_eq!(at_once.mean(), Some(0.6));
        // p (1 - p) n / (n - 1).
        assert!((at_once.variance().unwrap_or_default() - 0.3).abs() < 1e-12);
    }

    /// `clustered_se_of_mean` of the oracle `stats_public.json`, whose standard error lacks the factor k / (k - 1).
    #[test]
    fn the_standard_error_is_that_of_clusters() {
        let oracle: serde_json::Value =
            serde_json::from_str(include_str!("../../../../tests/data/stats_public.json")).unwrap();
        let row = &oracle["clustered_se_of_mean"];
        let mut sample = Sample::default();
        for cluster in row["clusters"].as_object().unwrap().values() {
            let numbers: Vec<u64> = cluster.as_array().unwrap().iter().map(|number| number.as_u64().unwrap()).collect();
            sample.add_share(numbers.iter().sum(), numbers.len() as u64);
        }
        assert_eq!((sample.mean(), sample.clusters, sample.is_share()), (row["mean"].as_f64(), 5, true));
        let expected = row["clustered_se_no_small_sample_correction"].as_f64().unwrap() * 1.25_f64.sqrt();
        assert!((sample.standard_error().unwrap() - expected).abs() < 1e-12, "{sample:?}");
    }

    #[test]
    fn numbers_that_stand_alone_have_the_usual_standard_error() {
        let mut sample = Sample::default();
        [1.0, 2.0, 6.0].into_iter().for_each(|number| sample.add(number));
        // s = sqrt(7), n = 3.
        assert!((sample.standard_error().unwrap() - (7.0_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert!(!sample.is_share());
        let (mut one_by_one, mut at_once) = (Sample::default(), Sample::default());
        [true, false, true].into_iter().for_each(|hit| one_by_one.add_hit(hit));
        at_once.add_hits(2, 3);
        assert_eq!(one_by_one, at_once);
        let mut together = Sample::default();
        together.add_together(&at_once);
        together.add_together(&Sample::default());
        assert_eq!((together.count, together.clusters, together.mean()), (3, 1, Some(2.0 / 3.0)));
        assert_eq!(together.standard_error(), None, "one task says nothing of how tasks differ");
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
