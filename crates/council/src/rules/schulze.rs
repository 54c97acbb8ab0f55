//! Schulze: the answer that no other reaches by a stronger path than it is reached from.
//!
//! A path leads from an answer to one that it is preferred to, and so on, and is as strong as the smallest margin on it. An
//! answer wins if for each other its strongest path there is at least as strong as the strongest path back. There always
//! is one. This is `beat_path` of `pref_voting`; source: M. Schulze, "A new monotonic, clone-independent, reversal
//! symmetric, and Condorcet-consistent single-winner election method", Soc. Choice Welf. 36(2), 2011, with margins as the
//! strength of links. Its counts say how many others each answer holds its own against in this way: who wins, against all.
//! It must not know how ties are settled.
//!
//! ```
//! use moot_core::Ballot;
//! use moot_council::{Rule, Tally, Verdict};
//!
//! let order = |answers: [&str; 3]| Ballot::Ranked(answers.map(|answer| vec![answer.into()]).to_vec());
//! let ballots = [(order(["A", "B", "C"]), 8.0), (order(["B", "C", "A"]), 7.0), (order(["C", "A", "B"]), 6.0)];
//! let tally = Tally::of(ballots.iter().map(|(ballot, weight)| (ballot, *weight)), [].into());
//! assert_eq!(Rule::Schulze.decide(&tally, 0.5), Verdict::Leading(vec!["A".into()]), "C beats A, A reaches C better");
//! ```

use moot_core::Text;

use super::{BallotForm, Needs, Verdict, VotingRule, WeightsNeed};
use crate::{Margins, Rankings, Tally};

/// The rule.
#[derive(Debug)]
pub struct Schulze;

impl VotingRule for Schulze {
    fn needs(&self) -> Needs {
        Needs { ballot: BallotForm::Ranking, ties: true, threshold: false, weights: WeightsNeed::Optional }
    }

    fn decide(&self, tally: &Tally, _threshold: f64) -> Verdict {
        Rankings::of(tally).map_or_else(Verdict::from, |rankings| {
            let held = held(&rankings);
            let all = held.len().saturating_sub(1);
            rankings.leading(held.iter().enumerate().filter(|(_, held)| **held == all).map(|(answer, _)| answer))
        })
    }

    fn counts(&self, tally: &Tally) -> Vec<(Text, f64)> {
        let Ok(rankings) = Rankings::of(tally) else { return Vec::new() };
        rankings.numbered(held(&rankings).into_iter().map(|held| held as f64))
    }
}

/// Against how many others each answer holds its own.
fn held(rankings: &Rankings) -> Vec<usize> {
    let paths = Margins::of(rankings).strongest_paths();
    let size = paths.size();
    let holds = |answer, other| other != answer && paths.get(answer, other) >= paths.get(other, answer);
    (0..size).map(|answer| (0..size).filter(|other| holds(answer, *other)).count()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{leading, ranked_tally};

    #[test]
    fn the_example_of_the_paper_has_its_order() {
        // Schulze 2011, section 3.1 (45 voters): E, then A, C, B, D.
        let votes = [
            (5.0, "A > C > B > E > D"),
            (5.0, "A > D > E > C > B"),
            (8.0, "B > E > D > A > C"),
            (3.0, "C > A > B > E > D"),
            (7.0, "C > A > E > B > D"),
            (2.0, "C > B > A > D > E"),
            (7.0, "D > C > E > B > A"),
            (8.0, "E > B > A > D > C"),
        ];
        let tally = ranked_tally(&votes, &[]);
        assert_eq!(Schulze.decide(&tally, 0.5), leading(&["E"]));
        let counts = Schulze.counts(&tally);
        let expected = [("A", 3.0), ("B", 1.0), ("C", 2.0), ("D", 0.0), ("E", 4.0)];
        assert_eq!(counts, expected.map(|(answer, held)| (answer.into(), held)));
    }

    #[test]
    fn paths_that_are_equally_strong_tie() {
        let circle =
            [(1.0, "A > B > C"), (1.0, "B > C > A"), (0.1, "C > A > B"), (0.2, "C > A > B"), (0.7, "C > A > B")];
        assert_eq!(Schulze.decide(&ranked_tally(&circle, &[]), 0.5), leading(&["A", "B", "C"]));
        assert_eq!(Schulze.decide(&ranked_tally(&[(1.0, "A > B"), (1.0, "B > A")], &[]), 0.5), leading(&["A", "B"]));
    }
}
