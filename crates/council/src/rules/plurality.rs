//! Plurality: the most ballots, or the most weight.
//!
//! A weight can be negative: the ballot of a member that is mostly wrong speaks against what it names. When every
//! answer that got a ballot weighs less than nothing, the listed choices that got none (and so weigh 0) lead. It must
//! not know where weights come from.
//!
//! ```
//! use moot_core::Ballot;
//! use moot_council::{Rule, Tally, Verdict};
//!
//! let ballot = Ballot::For("A".into());
//! let tally = Tally::of([(&ballot, -0.4)], ["A".into(), "B".into()].into());
//! assert_eq!(Rule::Plurality.decide(&tally, 0.5), Verdict::Leading(vec!["B".into()]));
//! ```

use super::{BallotForm, Needs, Verdict, VotingRule, WeightsNeed};
use crate::{Tally, tally};

/// The rule.
#[derive(Debug)]
pub struct Plurality;

impl VotingRule for Plurality {
    fn needs(&self) -> Needs {
        Needs { ballot: BallotForm::Answer, ties: true, threshold: false, weights: WeightsNeed::Optional }
    }

    fn decide(&self, tally: &Tally, _threshold: f64) -> Verdict {
        let all_below_zero = tally.answers().iter().all(|count| count.weight < -tally::TOLERANCE * count.magnitude);
        if all_below_zero {
            let unnamed = tally.choices().iter().filter(|choice| tally.count_of(choice).is_none());
            let mut unnamed: Vec<_> = unnamed.cloned().collect();
            if !unnamed.is_empty() {
                unnamed.sort();
                unnamed.dedup();
                return Verdict::Leading(unnamed);
            }
        }
        Verdict::Leading(tally.leaders())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Votes, leading, weighted_tally};

    #[test]
    fn the_greatest_weight_leads() {
        let listed: &[&str] = &["A", "B", "C"];
        let cases: &[(Votes, &[&str])] = &[
            (&[("A", 1.0)], &["A"]),
            (&[("A", 1.0), ("B", 1.0), ("B", 1.0)], &["B"]),
            (&[("A", 1.0), ("B", 1.0)], &["A", "B"]),
            (&[("A", 1.0), ("B", 1.0), ("C", 1.0)], &["A", "B", "C"]),
            (&[("A", 2.0), ("B", 1.0), ("C", 1.0)], &["A"]),
            (&[("A", 1.0), ("B", -1.0)], &["A"]),
            (&[("A", 0.0)], &["A"]),
            (&[("A", -1.0)], &["B", "C"]),
            (&[("A", -1.0), ("B", -0.5)], &["C"]),
            (&[("A", -1.0), ("B", 0.0)], &["B"]),
            (&[("A", -1.0), ("B", -1.0), ("C", -2.0)], &["A", "B"]),
        ];
        for (votes, expected) in cases {
            assert_eq!(Plurality.decide(&weighted_tally(votes, listed), 0.5), leading(expected), "{votes:?}");
        }
    }

    #[test]
    fn without_listed_choices_the_least_bad_answer_leads() {
        let tally = weighted_tally(&[("A", -1.0), ("B", -0.5)], &[]);
        assert_eq!(Plurality.decide(&tally, 0.5), leading(&["B"]));
    }
}
