//! Agreement: how far those who voted were of one mind, in the first round and in the last.
//!
//! - `agreement`: the share of agreeing pairs among the ballots for an answer, taken for each task and averaged over the
//!   tasks with at least two such ballots. Independent binary voters of accuracy p agree with p² + (1-p)²
//!   (`.6` gives `.52`).
//! - `unanimity`: the share of tasks whose ballots, abstentions and absences included, all name one answer; p^n + (1-p)^n
//!   of n such voters (`.6` gives `.088` with five).
//!
//! Source: the agreement rate and unanimity of debates, Choi et al., arXiv 2508.17536. This module must not know how a
//! council decides.
//!
//! ```
//! // Five ballots A A A B B: of the ten pairs, three among A and one among B agree.
//! let pairs = |votes: u64| votes * (votes - 1) / 2;
//! assert_eq!((pairs(3) + pairs(2), pairs(5)), (4, 10));
//! ```

use super::ballots::{Counted, Vote};
use super::sample::{Sample, as_f64};

/// How far voters agreed.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Agreement {
    first: Sample,
    last: Sample,
    unanimous_first: Sample,
    unanimous_last: Sample,
}

impl Agreement {
    /// Takes in the vote on a task that ended.
    pub(crate) fn push(&mut self, vote: &Vote<'_>) {
        let Some((first, last)) = vote.first().zip(vote.last()) else { return };
        self.unanimous_first.add_hit(first.is_unanimous());
        self.unanimous_last.add_hit(last.is_unanimous());
        agreeing_pairs(first).into_iter().for_each(|share| self.first.add(share));
        agreeing_pairs(last).into_iter().for_each(|share| self.last.add(share));
    }

    /// The metrics by name.
    pub(crate) const fn named(&self) -> [(&'static str, Sample); 4] {
        [
            ("agreement", self.last),
            ("agreement_first_round", self.first),
            ("unanimity", self.unanimous_last),
            ("unanimity_first_round", self.unanimous_first),
        ]
    }
}

/// The share of pairs of ballots for an answer that name the same one; `None` of fewer than two.
fn agreeing_pairs(round: &Counted<'_>) -> Option<f64> {
    let pairs = |votes: u64| as_f64(votes) * (as_f64(votes) - 1.0) / 2.0;
    let votes = round.votes();
    let agreeing: f64 = round.answers.iter().map(|(_, count)| pairs(*count)).sum();
    (votes > 1).then(|| agreeing / pairs(votes))
}

#[cfg(test)]
mod tests {
    use crate::coordination::testing::Script;

    #[test]
    fn pairs_and_unanimity_by_hand() {
        let mut script = Script::new();
        script.council("jury");
        // First round: 4 of 10 pairs. Last round: all of 10.
        script.vote(None, &[&["A", "B", "A", "B", "A"], &["A", "A", "A", "A", "A"]]);
        // One round: two ballots for answers, which differ; an abstention is in no pair and breaks unanimity.
        script.vote(None, &[&["A", "B", "-"]]);
        // All who vote agree, but one is absent: every pair, and no unanimity.
        script.vote(None, &[&["A", "A", "!"]]);
        assert_eq!(script.metric("agreement"), Some((1.0 + 0.0 + 1.0) / 3.0));
        assert_eq!(script.metric("agreement_first_round"), Some((0.4 + 0.0 + 1.0) / 3.0));
        assert_eq!(script.metric("unanimity"), Some(1.0 / 3.0));
        assert_eq!(script.metric("unanimity_first_round"), Some(0.0));
    }

    #[test]
    fn who_has_nobody_to_agree_with_is_left_out() {
        let mut script = Script::new();
        script.council("jury").vote(None, &[&["A", "-"]]);
        assert_eq!(script.metric("agreement"), None, "one ballot makes no pair");
        assert_eq!(script.metric("unanimity"), Some(0.0));
        script.vote(None, &[&["B"]]);
        assert_eq!((script.metric("agreement"), script.metric("unanimity")), (None, Some(0.5)));
    }

    #[test]
    fn without_a_vote_there_is_no_agreement() {
        let mut script = Script::new();
        script.council("jury").vote(Some("A"), &[]);
        for name in ["agreement", "unanimity", "expected_correctness", "consensus_rounds", "consensus_censored"] {
            assert_eq!(script.metric(name), None, "{name}");
        }
    }
}
