//! Liveness: whether tasks come to a decision at all.
//!
//! - `liveness`: the share of tasks that ended decided.
//! - `undecided_share`: the share that ended tied, without a quorum or undecided. It has a column of its own: no decision
//!   is neither right nor wrong.
//! - `failed_share`: the share that ended failed, exhausted or cancelled.
//!
//! The three add up to one. Source: liveness as distributed systems have it (Alpern and Schneider, Inf. Proc. Letters 21,
//! 1985), counted per task. This module must not know events.
//!
//! ```
//! use moot_journal::{MetricValue, Summary};
//!
//! assert!(!Summary::new().metrics().contains_key("liveness"), "no task ended");
//! ```

use super::sample::Sample;
use crate::status::OutcomeCounts;

/// The shares by name.
pub(crate) fn named(counts: &OutcomeCounts) -> [(&'static str, Sample); 3] {
    let share = |hits| {
        let mut sample = Sample::default();
        sample.add_hits(hits, counts.total());
        sample
    };
    [
        ("liveness", share(counts.decided)),
        ("undecided_share", share(counts.tied + counts.no_quorum + counts.undecided)),
        ("failed_share", share(counts.not_completed())),
    ]
}

#[cfg(test)]
mod tests {
    use moot_core::OutcomeStatus;

    use super::*;

    #[test]
    fn every_end_is_in_one_of_three_shares() {
        let mut counts = OutcomeCounts::default();
        (1..).zip(OutcomeStatus::ALL).for_each(|(times, status)| (0..times).for_each(|_| counts.add(status)));
        // 1 decided, 2 tied, 3 without a quorum, 4 undecided, 5 failed, 6 exhausted, 7 cancelled.
        let means = named(&counts).map(|(name, sample)| (name, sample.mean()));
        let expected = [
            ("liveness", Some(1.0 / 28.0)),
            ("undecided_share", Some(9.0 / 28.0)),
            ("failed_share", Some(18.0 / 28.0)),
        ];
        assert_eq!(means, expected);
        assert!(named(&OutcomeCounts::default()).iter().all(|(_, sample)| sample.mean().is_none()));
    }
}
