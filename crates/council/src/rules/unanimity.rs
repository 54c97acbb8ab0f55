//! Unanimity: all ballots name one answer, and no member is absent.
//!
//! Who abstains lets the others decide; who is absent might have objected. It must not know weights.
//!
//! ```
//! use moot_core::Ballot;
//! use moot_council::{Rule, Tally, Verdict};
//!
//! let ballots = [Ballot::For("A".into()), Ballot::Abstained, Ballot::For("A".into())];
//! let tally = Tally::of(ballots.iter().map(|ballot| (ballot, 1.0)), [].into());
//! assert_eq!(Rule::Unanimity.decide(&tally, 0.5), Verdict::Leading(vec!["A".into()]));
//! ```

use super::{BallotForm, Needs, Verdict, VotingRule, WeightsNeed};
use crate::Tally;

/// The rule.
#[derive(Debug)]
pub struct Unanimity;

impl VotingRule for Unanimity {
    fn needs(&self) -> Needs {
        Needs { ballot: BallotForm::Answer, ties: false, threshold: false, weights: WeightsNeed::Unused }
    }

    fn decide(&self, tally: &Tally, _threshold: f64) -> Verdict {
        match tally.answers() {
            [only] if tally.absent() == 0 => Verdict::Leading(vec![only.answer.clone()]),
            _ => Verdict::Nobody { reason: format!("not unanimous: {}", tally.describe()).into() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{leading, tally, tally_of};
    use moot_core::Ballot;

    #[test]
    fn one_objection_or_absence_is_enough() {
        assert_eq!(Unanimity.decide(&tally(&["A", "A", "A"], &[]), 0.5), leading(&["A"]));
        let nobody = |reason: &str| Verdict::Nobody { reason: reason.into() };
        assert_eq!(Unanimity.decide(&tally(&["A", "B", "A"], &[]), 0.5), nobody("not unanimous: A 2, B 1"));
        let absent = [Ballot::For("A".into()), Ballot::Absent("lost".into())];
        assert_eq!(Unanimity.decide(&tally_of(&absent, &[]), 0.5), nobody("not unanimous: A 1, 1 absent"));
        let abstained = [Ballot::For("A".into()), Ballot::Abstained];
        assert_eq!(Unanimity.decide(&tally_of(&abstained, &[]), 0.5), leading(&["A"]));
    }
}
