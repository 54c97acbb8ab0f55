//! Instant runoff: who is put first by the fewest leaves, round after round.
//!
//! In each round every ballot counts for the answer that it puts first among those that are left (for each of them, if it
//! puts several first). The answers with the least weight leave, all of them together when several are equal. Those that
//! are left when all are equal win: most often one. An answer that more than half of the weight puts first is never last,
//! so stopping at a majority would change nothing. This is `instant_runoff` of `pref_voting`; also called ranked choice,
//! Hare, or the alternative vote. Its counts are the first places that each answer had in the last round in which it
//! stood among others. It must not know how ties are settled.
//!
//! ```
//! use moot_core::Ballot;
//! use moot_council::{Rule, Tally, Verdict};
//!
//! let order = |answers: [&str; 3]| Ballot::Ranked(answers.map(|answer| vec![answer.into()]).to_vec());
//! let ballots = [(order(["A", "C", "B"]), 4.0), (order(["B", "C", "A"]), 3.0), (order(["C", "B", "A"]), 2.0)];
//! let tally = Tally::of(ballots.iter().map(|(ballot, weight)| (ballot, *weight)), [].into());
//! assert_eq!(Rule::InstantRunoff.decide(&tally, 0.5), Verdict::Leading(vec!["B".into()]), "C leaves, B has five");
//! ```

use moot_core::Text;

use super::{BallotForm, Needs, Verdict, VotingRule, WeightsNeed};
use crate::{Rankings, Sum, Tally};

/// The rule.
#[derive(Debug)]
pub struct InstantRunoff;

impl VotingRule for InstantRunoff {
    fn needs(&self) -> Needs {
        Needs { ballot: BallotForm::Ranking, ties: true, threshold: false, weights: WeightsNeed::Optional }
    }

    fn decide(&self, tally: &Tally, _threshold: f64) -> Verdict {
        Rankings::of(tally).map_or_else(Verdict::from, |rankings| rankings.leading(play(&rankings).winners))
    }

    fn counts(&self, tally: &Tally) -> Vec<(Text, f64)> {
        let Ok(rankings) = Rankings::of(tally) else { return Vec::new() };
        rankings.numbered(play(&rankings).last_counts)
    }
}

struct Played {
    winners: Vec<usize>,
    /// For each answer its first places in the last round in which it stood among others.
    last_counts: Vec<f64>,
}

fn play(rankings: &Rankings) -> Played {
    let mut left: Vec<usize> = (0..rankings.answers().len()).collect();
    let mut last_counts = vec![0.0; left.len()];
    loop {
        let firsts = rankings.first_places(|answer| left.binary_search(&answer).is_ok());
        let sums: Vec<Sum> = left.iter().filter_map(|answer| firsts.get(*answer)).copied().collect();
        for (answer, sum) in left.iter().zip(&sums) {
            if let Some(count) = last_counts.get_mut(*answer) {
                *count = sum.value;
            }
        }
        let lasts = Sum::least(&sums);
        if lasts.len() >= left.len() {
            return Played { winners: left, last_counts };
        }
        let kept = left.iter().enumerate().filter(|(place, _)| lasts.binary_search(place).is_err());
        left = kept.map(|(_, answer)| *answer).collect();
        if left.len() == 1 {
            // Alone it would be first everywhere, which says nothing.
            return Played { winners: left, last_counts };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{leading, ranked_tally};

    fn decide(votes: &[(f64, &str)]) -> Verdict {
        InstantRunoff.decide(&ranked_tally(votes, &[]), 0.5)
    }

    #[test]
    fn all_who_are_last_leave_together() {
        // C and D leave together, then A has 5 and B 6. If D left alone, C would have 4, B would be last, and A win.
        let votes = [
            (4.0, "A > B > C > D"),
            (3.0, "B > A > C > D"),
            (2.0, "C > B > A > D"),
            (1.0, "D > C > A > B"),
            (1.0, "D > C > B > A"),
        ];
        assert_eq!(decide(&votes), leading(&["B"]));
        let counts = InstantRunoff.counts(&ranked_tally(&votes, &[]));
        assert_eq!(counts, [("A".into(), 5.0), ("B".into(), 6.0), ("C".into(), 2.0), ("D".into(), 2.0)]);
    }

    #[test]
    fn equals_at_the_end_are_tied() {
        assert_eq!(decide(&[(1.0, "A > B"), (1.0, "B > A")]), leading(&["A", "B"]));
        assert_eq!(decide(&[(2.0, "A > B > C"), (2.0, "B > A > C"), (1.0, "C > A = B")]), leading(&["A", "B"]));
        assert_eq!(decide(&[(1.0, "A")]), leading(&["A"]));
        assert_eq!(decide(&[(0.1, "A > B"), (0.2, "A > B"), (0.3, "B > A")]), leading(&["A", "B"]));
    }

    #[test]
    fn a_ballot_that_puts_several_first_counts_for_each() {
        // B leaves with 3; A has 2 and then 3 + 2, C 4.
        let votes = [(2.0, "A > B > C"), (2.0, "B = A > C"), (1.0, "B > A > C"), (4.0, "C > A > B")];
        assert_eq!(decide(&votes), leading(&["A"]));
    }
}
