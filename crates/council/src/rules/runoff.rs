//! Runoff: of the two answers that most ballots put first, the one that more ballots prefer.
//!
//! When several are tied for the first place, or one leads and several are tied for the second, each pair that could be
//! the first two is compared, and whoever wins in one of them is a winner; so is whoever draws. A ballot that puts
//! several answers first counts for each of them. This is `plurality_with_runoff_put` of `pref_voting`. Its counts are the
//! first places. It must not know how ties are settled.
//!
//! ```
//! use moot_core::Ballot;
//! use moot_council::{Rule, Tally, Verdict};
//!
//! let order = |answers: [&str; 3]| Ballot::Ranked(answers.map(|answer| vec![answer.into()]).to_vec());
//! let ballots = [(order(["A", "C", "B"]), 4.0), (order(["B", "C", "A"]), 3.0), (order(["C", "B", "A"]), 2.0)];
//! let tally = Tally::of(ballots.iter().map(|(ballot, weight)| (ballot, *weight)), [].into());
//! assert_eq!(Rule::Runoff.decide(&tally, 0.5), Verdict::Leading(vec!["B".into()]), "five of nine prefer B to A");
//! ```

use std::cmp::Ordering;

use moot_core::Text;

use super::{BallotForm, Needs, Verdict, VotingRule, WeightsNeed};
use crate::{Rankings, Sum, Tally};

/// The rule.
#[derive(Debug)]
pub struct Runoff;

impl VotingRule for Runoff {
    fn needs(&self) -> Needs {
        Needs { ballot: BallotForm::Ranking, ties: true, threshold: false, weights: WeightsNeed::Optional }
    }

    fn decide(&self, tally: &Tally, _threshold: f64) -> Verdict {
        Rankings::of(tally).map_or_else(Verdict::from, |rankings| rankings.leading(winners(&rankings)))
    }

    fn counts(&self, tally: &Tally) -> Vec<(Text, f64)> {
        let Ok(rankings) = Rankings::of(tally) else { return Vec::new() };
        rankings.numbered(rankings.first_places(|_| true).iter().map(|sum| sum.value))
    }
}

fn winners(rankings: &Rankings) -> Vec<usize> {
    let firsts = rankings.first_places(|_| true);
    let leaders = Sum::greatest(&firsts);
    let pairs: Vec<(usize, usize)> = match *leaders {
        [leader] => {
            let (others, sums): (Vec<usize>, Vec<Sum>) =
                firsts.iter().copied().enumerate().filter(|(answer, _)| *answer != leader).unzip();
            let seconds = Sum::greatest(&sums);
            if seconds.is_empty() {
                return leaders;
            }
            seconds.into_iter().filter_map(|place| others.get(place).map(|second| (leader, *second))).collect()
        }
        _ => {
            let pairs = leaders.iter().flat_map(|one| leaders.iter().map(move |other| (*one, *other)));
            pairs.filter(|(one, other)| one < other).collect()
        }
    };
    let mut winners = Vec::new();
    for (one, other) in pairs {
        match rankings.margin(one, other).sign() {
            Ordering::Greater => winners.push(one),
            Ordering::Less => winners.push(other),
            Ordering::Equal => winners.extend([one, other]),
        }
    }
    winners.sort_unstable();
    winners.dedup();
    winners
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{leading, ranked_tally};

    fn decide(votes: &[(f64, &str)]) -> Verdict {
        Runoff.decide(&ranked_tally(votes, &[]), 0.5)
    }

    #[test]
    fn only_the_first_two_are_compared() {
        // D is preferred to every other by most, but few put it first.
        let votes = [(4.0, "A > D > B > C"), (3.0, "B > D > C > A"), (2.0, "C > D > B > A")];
        assert_eq!(decide(&votes), leading(&["B"]));
        let counts = Runoff.counts(&ranked_tally(&votes, &[]));
        assert_eq!(counts, [("A".into(), 4.0), ("B".into(), 3.0), ("C".into(), 2.0), ("D".into(), 0.0)]);
    }

    #[test]
    fn every_pair_that_could_be_the_first_two_is_compared() {
        // One leader, two tied for the second place: A loses to B and beats C.
        let votes = [(3.0, "A > B > C"), (2.0, "B > A > C"), (1.0, "C > A > B"), (1.0, "C > B > A")];
        assert_eq!(decide(&votes), leading(&["A"]), "A beats B by 4 to 3 and C by 5 to 2");
        let votes = [(3.0, "A > B > C"), (2.0, "B > C > A"), (2.0, "C > B > A")];
        assert_eq!(decide(&votes), leading(&["B", "C"]), "both beat A by 4 to 3");
        // Three tied for the first place, in a circle.
        let votes = [(1.0, "A > B > C"), (1.0, "B > C > A"), (1.0, "C > A > B")];
        assert_eq!(decide(&votes), leading(&["A", "B", "C"]));
    }

    #[test]
    fn a_drawn_runoff_is_a_tie_and_one_answer_needs_none() {
        assert_eq!(decide(&[(1.0, "A > B"), (1.0, "B > A")]), leading(&["A", "B"]));
        assert_eq!(decide(&[(1.0, "A")]), leading(&["A"]));
        assert_eq!(decide(&[(0.1, "A > B"), (0.2, "A > B"), (0.3, "B > A")]), leading(&["A", "B"]));
    }
}
