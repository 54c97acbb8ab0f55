//! How long tasks took: mean, percentiles and maximum, exact however many tasks there are.
//!
//! Times are whole milliseconds, so counting how often each occurred keeps everything. This module must not know what
//! took the time.
//!
//! ```
//! // Percentiles are times that occurred: of 1 to 100 ms, the 95th percentile is 95 ms.
//! let times: Vec<u64> = (1..=100).collect();
//! let rank = (0.95 * times.len() as f64).ceil() as usize;
//! assert_eq!(times[rank - 1], 95);
//! ```

use std::collections::BTreeMap;

/// The times seen so far, in whole milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Latencies {
    /// How often each time occurred.
    counts: BTreeMap<u64, u64>,
    count: u64,
    sum_ms: u128,
}

impl Latencies {
    pub(crate) fn add(&mut self, latency_ms: u64) {
        *self.counts.entry(latency_ms).or_insert(0) += 1;
        self.count += 1;
        self.sum_ms += u128::from(latency_ms);
    }

    /// The arithmetic mean; `None` of nothing.
    pub(crate) fn mean_ms(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a mean is a floating-point number")]
        let mean = self.sum_ms as f64 / self.count as f64;
        (self.count > 0).then_some(mean)
    }

    /// The percentile by nearest rank: the smallest time that at least `percent` of 100 do not exceed.
    pub(crate) fn percentile_ms(&self, percent: u64) -> Option<u64> {
        let rank = (u128::from(self.count) * u128::from(percent)).div_ceil(100).max(1);
        let mut seen = 0_u128;
        self.counts.iter().find_map(|(latency_ms, count)| {
            seen += u128::from(*count);
            (seen >= rank).then_some(*latency_ms)
        })
    }

    pub(crate) fn max_ms(&self) -> Option<u64> {
        self.counts.last_key_value().map(|(latency_ms, _)| *latency_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(times: impl IntoIterator<Item = u64>) -> Latencies {
        let mut latencies = Latencies::default();
        times.into_iter().for_each(|time| latencies.add(time));
        latencies
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        for (times, p50, p95, max) in [
            (vec![7], 7, 7, 7),
            (vec![2, 1], 1, 2, 2),
            (vec![3, 1, 2], 2, 3, 3),
            (vec![5; 9], 5, 5, 5),
            ((1..=20).rev().collect(), 10, 19, 20),
            ((1..=100).collect(), 50, 95, 100),
            ((1..=101).collect(), 51, 96, 101),
        ] {
            let found = of(times.clone());
            assert_eq!(found.percentile_ms(50), Some(p50), "{times:?}");
            assert_eq!(found.percentile_ms(95), Some(p95), "{times:?}");
            assert_eq!(found.max_ms(), Some(max), "{times:?}");
        }
    }

    #[test]
    fn the_mean_is_exact_and_nothing_has_none() {
        assert_eq!(of([1, 2, 4]).mean_ms(), Some(7.0 / 3.0));
        assert_eq!(of([u64::MAX, u64::MAX]).mean_ms(), Some(2.0_f64.powi(64)));
        let nothing = of([]);
        assert_eq!((nothing.mean_ms(), nothing.percentile_ms(50), nothing.max_ms()), (None, None, None));
    }
}
