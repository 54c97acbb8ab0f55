//! Borda: points for each answer that a ballot puts behind.
//!
//! An answer gets one point from a ballot for each answer that the ballot puts behind it, and half a point for each that it
//! puts level with it. For strict rankings these are the places from below: the last gets 0, the first the number of
//! answers less one. With ties they order answers as the symmetric score of `pref_voting` does (behind less before), which
//! is twice these points less a constant. Source: J.-C. de Borda, "Mémoire sur les élections au scrutin", 1781. Its counts
//! are the points. It must not know how ties are settled.
//!
//! ```
//! use moot_core::Ballot;
//! use moot_council::{Rule, Tally};
//!
//! let ballot = Ballot::Ranked(vec![vec!["A".into()], vec!["B".into(), "C".into()]]);
//! let tally = Tally::of([(&ballot, 1.0)], [].into());
//! assert_eq!(Rule::Borda.counts(&tally), [("A".into(), 2.0), ("B".into(), 0.5), ("C".into(), 0.5)]);
//! ```

use moot_core::Text;

use super::{BallotForm, Needs, Verdict, VotingRule, WeightsNeed};
use crate::{Rankings, Sum, Tally};

/// The rule.
#[derive(Debug)]
pub struct Borda;

impl VotingRule for Borda {
    fn needs(&self) -> Needs {
        Needs { ballot: BallotForm::Ranking, ties: true, threshold: false, weights: WeightsNeed::Optional }
    }

    fn decide(&self, tally: &Tally, _threshold: f64) -> Verdict {
        Rankings::of(tally).map_or_else(Verdict::from, |rankings| rankings.leading(Sum::greatest(&points(&rankings))))
    }

    fn counts(&self, tally: &Tally) -> Vec<(Text, f64)> {
        let Ok(rankings) = Rankings::of(tally) else { return Vec::new() };
        rankings.numbered(points(&rankings).iter().map(|sum| sum.value))
    }
}

fn points(rankings: &Rankings) -> Vec<Sum> {
    let mut points = vec![Sum::ZERO; rankings.answers().len()];
    for ballot in rankings.ballots() {
        let mut sorted = ballot.levels.clone();
        sorted.sort_unstable();
        for (sum, level) in points.iter_mut().zip(&ballot.levels) {
            let before = sorted.partition_point(|other| other < level);
            let until = sorted.partition_point(|other| other <= level);
            let behind = (sorted.len() - until) as f64;
            let equals = (until - before).saturating_sub(1) as f64;
            let each = behind + equals / 2.0;
            *sum = sum.and(Sum { value: ballot.weight.value * each, magnitude: ballot.weight.magnitude * each });
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{leading, ranked_tally};

    #[test]
    fn the_points_are_the_places_from_below() {
        // A: 3 x 2 + 0; B: 3 x 1 + 2 x 2 = 7; C: 2 x 1.
        let tally = ranked_tally(&[(3.0, "A > B > C"), (2.0, "B > C > A")], &[]);
        assert_eq!(Borda.counts(&tally), [("A".into(), 6.0), ("B".into(), 7.0), ("C".into(), 2.0)]);
        assert_eq!(Borda.decide(&tally, 0.5), leading(&["B"]), "most put A first, and B is nobody's last");
    }

    #[test]
    fn answers_that_a_ballot_does_not_name_share_the_last_places() {
        let tally = ranked_tally(&[(1.0, "B")], &["A", "B", "C", "D"]);
        assert_eq!(Borda.counts(&tally), [("A".into(), 1.0), ("B".into(), 3.0), ("C".into(), 1.0), ("D".into(), 1.0)]);
    }

    #[test]
    fn points_that_are_equal_on_paper_tie() {
        let tally = ranked_tally(&[(0.1, "A > B"), (0.2, "A > B"), (0.3, "B > A")], &[]);
        assert_eq!(Borda.decide(&tally, 0.5), leading(&["A", "B"]));
    }
}
