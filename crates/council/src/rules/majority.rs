//! Majority: more than a share of the weight cast for answers.
//!
//! Abstentions and absent members are no part of what the share is of. Several answers that share the top are tied even
//! when none of them can pass the threshold: an even jury that splits evenly goes to the tie rule. Weights count towards
//! what was cast regardless of sign, and an answer that weighs nothing or less has no majority. It must not know how
//! ties are settled.
//!
//! ```
//! use moot_core::Ballot;
//! use moot_council::{Rule, Tally, Verdict};
//!
//! let ballots = ["A", "A", "B"].map(|answer| Ballot::For(answer.into()));
//! let tally = Tally::of(ballots.iter().map(|ballot| (ballot, 1.0)), [].into());
//! assert_eq!(Rule::Majority.decide(&tally, 0.5), Verdict::Leading(vec!["A".into()]));
//! assert!(matches!(Rule::Majority.decide(&tally, 0.7), Verdict::Nobody { .. }));
//! ```

use super::{BallotForm, Needs, Verdict, VotingRule, WeightsNeed};
use crate::{Tally, tally};

/// The rule.
#[derive(Debug)]
pub struct Majority;

impl VotingRule for Majority {
    fn needs(&self) -> Needs {
        Needs { ballot: BallotForm::Answer, ties: true, threshold: true, weights: WeightsNeed::Optional }
    }

    fn decide(&self, tally: &Tally, threshold: f64) -> Verdict {
        let cast = tally.weight_cast();
        let above = |weight: f64, bound: f64| weight > bound && !tally::equal(weight, bound, cast);
        let top = tally.top().map_or(0.0, |count| count.weight);
        let leaders = tally.leaders();
        if above(top, 0.0) && (leaders.len() > 1 || above(top, threshold * cast)) {
            return Verdict::Leading(leaders);
        }
        let needed = tally::spell(threshold * cast);
        let cast = tally::spell(cast);
        let reason = format!("no answer has more than {needed} of the {cast} cast: {}", tally.describe());
        Verdict::Nobody { reason: reason.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Votes, leading, weighted_tally};

    const NOBODY: &[&str] = &[];

    #[test]
    fn more_than_the_threshold_is_needed_unless_the_top_is_shared() {
        let cases: &[(Votes, f64, &[&str])] = &[
            (&[("A", 1.0)], 0.5, &["A"]),
            (&[("A", 2.0), ("B", 1.0)], 0.5, &["A"]),
            (&[("A", 1.0), ("B", 1.0)], 0.5, &["A", "B"]),
            (&[("A", 2.0), ("B", 1.0), ("C", 1.0)], 0.5, NOBODY),
            (&[("A", 2.0), ("B", 2.0), ("C", 1.0)], 0.5, &["A", "B"]),
            (&[("A", 3.0), ("B", 2.0)], 0.6, NOBODY),
            (&[("A", 4.0), ("B", 1.0)], 0.6, &["A"]),
            (&[("A", 2.0), ("B", 1.0), ("C", 1.0)], 0.0, &["A"]),
            (&[("A", 0.1), ("A", 0.2), ("B", 0.3)], 0.4, &["A", "B"]),
            // 0.7 + 0.1 + 0.2 comes out a bit below 1, and 0.7 of it below 0.7: equal on paper is not above.
            (&[("A", 0.7), ("B", 0.1), ("C", 0.2)], 0.7, NOBODY),
            (&[("A", 2.0), ("B", -0.5)], 0.5, &["A"]),
            (&[("A", 2.0), ("B", -2.0)], 0.5, NOBODY),
            (&[("A", -1.0)], 0.5, NOBODY),
            (&[("A", 0.0), ("B", 0.0)], 0.5, NOBODY),
        ];
        for (votes, threshold, expected) in cases {
            let verdict = Majority.decide(&weighted_tally(votes, &["A", "B", "C"]), *threshold);
            if expected.is_empty() {
                assert!(matches!(verdict, Verdict::Nobody { .. }), "{votes:?} {verdict:?}");
            } else {
                assert_eq!(verdict, leading(expected), "{votes:?}");
            }
        }
    }

    #[test]
    fn the_reason_holds_the_counts() {
        let tally = weighted_tally(&[("A", 2.0), ("B", 1.0), ("C", 1.0)], &[]);
        let expected = "no answer has more than 2 of the 4 cast: A 2, B 1, C 1";
        assert_eq!(Majority.decide(&tally, 0.5), Verdict::Nobody { reason: expected.into() });
    }
}
