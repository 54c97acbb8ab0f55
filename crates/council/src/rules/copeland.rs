//! Copeland: the most answers beaten, less those that it is beaten by.
//!
//! An answer beats another when more weight prefers it; who draws beats nobody. A Condorcet winner, who beats all others,
//! is always the only winner. This is `copeland` of `pref_voting`; source: A. H. Copeland, "A reasonable social welfare
//! function", University of Michigan, 1951. Its counts are beaten less beaten by. It must not know how ties are settled.
//!
//! ```
//! use moot_core::Ballot;
//! use moot_council::{Rule, Tally};
//!
//! let order = |answers: [&str; 3]| Ballot::Ranked(answers.map(|answer| vec![answer.into()]).to_vec());
//! let ballots = [order(["A", "B", "C"]), order(["B", "A", "C"])];
//! let tally = Tally::of(ballots.iter().map(|ballot| (ballot, 1.0)), [].into());
//! assert_eq!(Rule::Copeland.counts(&tally), [("A".into(), 1.0), ("B".into(), 1.0), ("C".into(), -2.0)]);
//! ```

use moot_core::Text;

use super::{BallotForm, Needs, Verdict, VotingRule, WeightsNeed};
use crate::{Margins, Rankings, Tally};

/// The rule.
#[derive(Debug)]
pub struct Copeland;

impl VotingRule for Copeland {
    fn needs(&self) -> Needs {
        Needs { ballot: BallotForm::Ranking, ties: true, threshold: false, weights: WeightsNeed::Optional }
    }

    fn decide(&self, tally: &Tally, _threshold: f64) -> Verdict {
        Rankings::of(tally).map_or_else(Verdict::from, |rankings| {
            let scores = scores(&rankings);
            let best = scores.iter().max().copied().unwrap_or_default();
            rankings.leading(scores.iter().enumerate().filter(|(_, score)| **score == best).map(|(answer, _)| answer))
        })
    }

    fn counts(&self, tally: &Tally) -> Vec<(Text, f64)> {
        let Ok(rankings) = Rankings::of(tally) else { return Vec::new() };
        rankings.numbered(scores(&rankings).into_iter().map(f64::from))
    }
}

fn scores(rankings: &Rankings) -> Vec<i32> {
    let margins = Margins::of(rankings);
    let size = margins.size();
    let score = |answer| (0..size).map(|other| margins.strength(answer, other).signum()).sum();
    (0..size).map(score).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{leading, ranked_tally};

    #[test]
    fn wins_and_defeats_count_and_draws_do_not() {
        // A and B draw by 2 to 2, A over C is 5 to 2, B over C 3 to 4, and all beat D.
        let votes = [(2.0, "A > C > B > D"), (2.0, "B > A > C > D"), (1.0, "A = B > C > D"), (2.0, "C > B = A > D")];
        let tally = ranked_tally(&votes, &[]);
        let expected = [("A", 2.0), ("B", 0.0), ("C", 1.0), ("D", -3.0)];
        assert_eq!(Copeland.counts(&tally), expected.map(|(answer, score)| (answer.into(), score)));
        assert_eq!(Copeland.decide(&tally, 0.5), leading(&["A"]));
    }

    #[test]
    fn a_circle_ties_whatever_its_margins() {
        let votes = [(8.0, "A > B > C"), (7.0, "B > C > A"), (6.0, "C > A > B")];
        assert_eq!(Copeland.decide(&ranked_tally(&votes, &[]), 0.5), leading(&["A", "B", "C"]));
    }
}
