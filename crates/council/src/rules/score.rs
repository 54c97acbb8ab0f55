//! Score: the answer with the greatest sum of scores.
//!
//! Every ballot scores every answer: one that it doesn't name has the least score of the range. A ballot of another kind
//! gives the greatest score to what it puts first and the least to all others. Since all ballots score all answers, the
//! greatest sum is the greatest mean. Also called range voting. Its counts are the sums. It must not know how ties are
//! settled.
//!
//! ```
//! use moot_core::Ballot;
//! use moot_council::{Rule, Tally, Verdict};
//!
//! let ballots = [vec![("A".into(), 5.0), ("B".into(), 4.0)], vec![("B".into(), 3.0)]].map(Ballot::Scored);
//! let tally = Tally::of(ballots.iter().map(|ballot| (ballot, 1.0)), [].into());
//! assert_eq!(Rule::Score.decide(&tally, 0.5), Verdict::Leading(vec!["B".into()]));
//! ```

use moot_core::{Ballot, Text};

use super::{BallotForm, Needs, Verdict, VotingRule, WeightsNeed};
use crate::{Sum, Tally};

/// The rule.
#[derive(Debug)]
pub struct Score;

impl VotingRule for Score {
    fn needs(&self) -> Needs {
        Needs { ballot: BallotForm::Score, ties: true, threshold: false, weights: WeightsNeed::Optional }
    }

    fn decide(&self, tally: &Tally, _threshold: f64) -> Verdict {
        let answers = tally.candidates();
        let winners = Sum::greatest(&sums(tally, &answers));
        Verdict::Leading(winners.into_iter().filter_map(|winner| answers.get(winner).cloned()).collect())
    }

    fn counts(&self, tally: &Tally) -> Vec<(Text, f64)> {
        let answers = tally.candidates();
        let sums = sums(tally, &answers);
        answers.into_iter().zip(sums.iter().map(|sum| sum.value)).collect()
    }
}

/// The sum of each of these answers, which are sorted.
fn sums(tally: &Tally, answers: &[Text]) -> Vec<Sum> {
    let (least, greatest) = (tally.scores().from, tally.scores().to);
    // Every answer has the least score from every ballot, and what it was given beyond that on top.
    let weights =
        tally.answers().iter().map(|count| count.weight).chain(tally.sheets().iter().map(|sheet| sheet.weight));
    let base = weights.fold(Sum::ZERO, |sum, weight| sum.plus(weight * least));
    let mut sums = vec![base; answers.len()];
    let mut add = |answer: &Text, weight: f64, score: f64| {
        if let Some(sum) = answers.binary_search(answer).ok().and_then(|place| sums.get_mut(place)) {
            *sum = sum.plus(weight * (score - least));
        }
    };
    for count in tally.answers() {
        add(&count.answer, count.weight, greatest);
    }
    for sheet in tally.sheets() {
        match &sheet.ballot {
            Ballot::Scored(scores) => scores.iter().for_each(|(answer, score)| add(answer, sheet.weight, *score)),
            _ => sheet.firsts().into_iter().for_each(|answer| add(answer, sheet.weight, greatest)),
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ScoreRange;
    use crate::testing::{leading, ranked, tally_of};

    fn scored(scores: &[(&str, f64)]) -> Ballot {
        Ballot::Scored(scores.iter().map(|(answer, score)| ((*answer).into(), *score)).collect())
    }

    #[test]
    fn the_greatest_sum_wins_even_against_a_majority() {
        // Three give A 5 and B 4, two give B 5: A has 15, B 22.
        let ballots = [vec![scored(&[("A", 5.0), ("B", 4.0)]); 3], vec![scored(&[("B", 5.0)]); 2]].concat();
        let tally = tally_of(&ballots, &["A", "B", "C"]);
        assert_eq!(Score.counts(&tally), [("A".into(), 15.0), ("B".into(), 22.0), ("C".into(), 0.0)]);
        assert_eq!(Score.decide(&tally, 0.5), leading(&["B"]));
    }

    #[test]
    fn an_answer_without_a_score_has_the_least_one() {
        let range = ScoreRange { from: -2.0, to: 2.0 };
        let ballots = [scored(&[("A", 1.0)]), scored(&[("B", 2.0), ("A", -2.0)])];
        let tally = Tally::of(ballots.iter().zip([1.0, 3.0]), ["A".into(), "B".into(), "C".into()].into());
        let tally = tally.with_scores(range);
        // A: 1 - 6, B: -2 + 6, C: -2 - 6.
        assert_eq!(Score.counts(&tally), [("A".into(), -5.0), ("B".into(), 4.0), ("C".into(), -8.0)]);
    }

    #[test]
    fn sums_that_are_equal_on_paper_tie() {
        let ballots =
            [scored(&[("A", 0.1), ("B", 0.3)]), scored(&[("A", 0.2), ("B", 0.2)]), scored(&[("A", 0.3), ("B", 0.1)])];
        assert_eq!(Score.decide(&tally_of(&ballots, &[]), 0.5), leading(&["A", "B"]));
    }

    #[test]
    fn other_ballots_give_all_to_what_they_put_first() {
        let ballots = [Ballot::For("A".into()), ranked("B > A")];
        assert_eq!(Score.counts(&tally_of(&ballots, &[])), [("A".into(), 5.0), ("B".into(), 5.0)]);
    }
}
