//! Minimax: the answer whose worst defeat is the smallest.
//!
//! A defeat is as bad as its margin: the weight of those who prefer the other less that of those who prefer this one. Who
//! is never beaten has no defeat, so a Condorcet winner is always the only winner. This is `minimax` of `pref_voting`;
//! also called the rule of Simpson and Kramer. Its counts are the margins of the worst defeats, 0 for who is never beaten:
//! the smallest wins. It must not know how ties are settled.
//!
//! ```
//! use moot_core::Ballot;
//! use moot_council::{Rule, Tally};
//!
//! let order = |answers: [&str; 3]| Ballot::Ranked(answers.map(|answer| vec![answer.into()]).to_vec());
//! let ballots = [(order(["A", "B", "C"]), 8.0), (order(["B", "C", "A"]), 7.0), (order(["C", "A", "B"]), 6.0)];
//! let tally = Tally::of(ballots.iter().map(|(ballot, weight)| (ballot, *weight)), [].into());
//! assert_eq!(Rule::Minimax.counts(&tally), [("A".into(), 5.0), ("B".into(), 7.0), ("C".into(), 9.0)]);
//! ```

use moot_core::Text;

use super::{BallotForm, Needs, Verdict, VotingRule, WeightsNeed};
use crate::{Margins, Rankings, Tally};

/// The rule.
#[derive(Debug)]
pub struct Minimax;

impl VotingRule for Minimax {
    fn needs(&self) -> Needs {
        Needs { ballot: BallotForm::Ranking, ties: true, threshold: false, weights: WeightsNeed::Optional }
    }

    fn decide(&self, tally: &Tally, _threshold: f64) -> Verdict {
        Rankings::of(tally).map_or_else(Verdict::from, |rankings| {
            let margins = Margins::of(&rankings);
            let size = margins.size();
            let worst = |answer| (0..size).map(|other| margins.strength(other, answer)).max().unwrap_or(0).max(0);
            let defeats: Vec<i32> = (0..size).map(worst).collect();
            let least = defeats.iter().min().copied().unwrap_or_default();
            rankings
                .leading(defeats.iter().enumerate().filter(|(_, defeat)| **defeat == least).map(|(answer, _)| answer))
        })
    }

    fn counts(&self, tally: &Tally) -> Vec<(Text, f64)> {
        let Ok(rankings) = Rankings::of(tally) else { return Vec::new() };
        let margins = Margins::of(&rankings);
        let size = margins.size();
        let worst = |answer| {
            let beaten_by = (0..size).filter(|other| margins.strength(*other, answer) > 0);
            beaten_by.map(|other| margins.value(other, answer)).fold(0.0, f64::max)
        };
        rankings.numbered((0..size).map(worst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{leading, ranked_tally};

    #[test]
    fn only_the_worst_defeat_counts() {
        // A loses to each of the others by 4 to 5, and they lose in a circle by 3 to 6: A wins, whom all others beat.
        let votes = [
            (2.0, "A > B > C > D"),
            (1.0, "A > C > D > B"),
            (1.0, "A > D > B > C"),
            (1.0, "B > C > D > A"),
            (2.0, "C > D > B > A"),
            (2.0, "D > B > C > A"),
        ];
        let tally = ranked_tally(&votes, &[]);
        let expected = [("A", 1.0), ("B", 3.0), ("C", 3.0), ("D", 3.0)];
        assert_eq!(Minimax.counts(&tally), expected.map(|(answer, defeat)| (answer.into(), defeat)));
        assert_eq!(Minimax.decide(&tally, 0.5), leading(&["A"]));
    }

    #[test]
    fn who_is_never_beaten_needs_no_victory() {
        assert_eq!(
            Minimax.decide(&ranked_tally(&[(1.0, "A > B > C"), (1.0, "B > A > C")], &[]), 0.5),
            leading(&["A", "B"])
        );
    }

    #[test]
    fn defeats_that_are_equal_on_paper_tie() {
        let circle =
            [(1.0, "A > B > C"), (1.0, "B > C > A"), (0.1, "C > A > B"), (0.2, "C > A > B"), (0.7, "C > A > B")];
        assert_eq!(Minimax.decide(&ranked_tally(&circle, &[]), 0.5), leading(&["A", "B", "C"]));
    }
}
