//! Approval: the answer that most ballots find good enough.
//!
//! A ballot names as many answers as it likes and counts fully for each. A vote for one answer approves that one; of a
//! ranking, what stands first is approved, and of scores what got the most. Source: S. J. Brams, P. C. Fishburn,
//! "Approval voting", Am. Polit. Sci. Rev. 72(3), 1978. Its counts are the weights of those who approve. It must not know
//! how ties are settled.
//!
//! ```
//! use moot_core::Ballot;
//! use moot_council::{Rule, Tally, Verdict};
//!
//! let ballots = [vec!["A".into(), "B".into()], vec!["B".into()], vec!["C".into()]].map(Ballot::Approved);
//! let tally = Tally::of(ballots.iter().map(|ballot| (ballot, 1.0)), [].into());
//! assert_eq!(Rule::Approval.decide(&tally, 0.5), Verdict::Leading(vec!["B".into()]));
//! ```

use moot_core::Text;

use super::{BallotForm, Needs, Verdict, VotingRule, WeightsNeed};
use crate::{Sum, Tally};

/// The rule.
#[derive(Debug)]
pub struct Approval;

impl VotingRule for Approval {
    fn needs(&self) -> Needs {
        Needs { ballot: BallotForm::Approval, ties: true, threshold: false, weights: WeightsNeed::Optional }
    }

    fn decide(&self, tally: &Tally, _threshold: f64) -> Verdict {
        let answers = tally.candidates();
        let winners = Sum::greatest(&approvals(tally, &answers));
        Verdict::Leading(winners.into_iter().filter_map(|winner| answers.get(winner).cloned()).collect())
    }

    fn counts(&self, tally: &Tally) -> Vec<(Text, f64)> {
        let answers = tally.candidates();
        let sums = approvals(tally, &answers);
        answers.into_iter().zip(sums.iter().map(|sum| sum.value)).collect()
    }
}

/// What approves of each of these answers, which are sorted.
fn approvals(tally: &Tally, answers: &[Text]) -> Vec<Sum> {
    let mut sums = vec![Sum::ZERO; answers.len()];
    let mut add = |answer: &Text, weight: Sum| {
        if let Some(sum) = answers.binary_search(answer).ok().and_then(|place| sums.get_mut(place)) {
            *sum = sum.and(weight);
        }
    };
    for count in tally.answers() {
        add(&count.answer, Sum { value: count.weight, magnitude: count.magnitude });
    }
    for sheet in tally.sheets() {
        sheet.firsts().into_iter().for_each(|answer| add(answer, Sum::ZERO.plus(sheet.weight)));
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{leading, ranked, tally_of, texts};
    use moot_core::Ballot;

    fn approved(answers: &[&str]) -> Ballot {
        Ballot::Approved(texts(answers))
    }

    #[test]
    fn a_ballot_counts_fully_for_each_answer_it_names() {
        // 4 approve of A and B, 3 of B and C, 2 of A and C, 1 of C: A has 6, B 7, C 6.
        let groups =
            [(4, approved(&["A", "B"])), (3, approved(&["C", "B"])), (2, approved(&["A", "C"])), (1, approved(&["C"]))];
        let ballots: Vec<Ballot> = groups.into_iter().flat_map(|(count, ballot)| vec![ballot; count]).collect();
        let tally = tally_of(&ballots, &["A", "B", "C", "D"]);
        assert_eq!(Approval.decide(&tally, 0.5), leading(&["B"]));
        assert_eq!(
            Approval.counts(&tally),
            [("A".into(), 6.0), ("B".into(), 7.0), ("C".into(), 6.0), ("D".into(), 0.0)]
        );
        let tied = tally_of(&ballots.split_at(4).1.iter().chain(&[approved(&["A"])]).cloned().collect::<Vec<_>>(), &[]);
        assert_eq!(Approval.decide(&tied, 0.5), leading(&["C"]), "without the four: A 3, B 3, C 6");
    }

    #[test]
    fn equal_approval_is_a_tie_and_weights_count() {
        let ballots = [approved(&["A", "B"]), approved(&["B", "A"]), approved(&["C"])];
        assert_eq!(Approval.decide(&tally_of(&ballots, &[]), 0.5), leading(&["A", "B"]));
        let weighted = Tally::of(ballots.iter().zip([0.1, 0.2, 0.3]), [].into());
        assert_eq!(Approval.decide(&weighted, 0.5), leading(&["A", "B", "C"]), "0.1 + 0.2 is 0.3 on paper");
    }

    #[test]
    fn other_ballots_approve_of_what_they_put_first() {
        let ballots = [Ballot::For("A".into()), ranked("B = A > C"), Ballot::Scored(vec![("C".into(), 1.0)])];
        let counts = Approval.counts(&tally_of(&ballots, &[]));
        assert_eq!(counts, [("A".into(), 2.0), ("B".into(), 1.0), ("C".into(), 1.0)]);
    }
}
