//! Expected correctness: how often a single voter is right, whatever the council makes of it.
//!
//! - `expected_correctness`: the share of ballots for an answer that name the right one, in the last round, over all
//!   tasks whose right answer is known.
//! - `expected_correctness_first_round`: the same in the first round, before anybody heard of anybody: the members' own
//!   accuracy.
//!
//! A debate moves this number only by what its members learn, while a vote gains by counting; the two together tell where
//! a gain comes from. Source: Choi et al., arXiv 2508.17536, who show that it is a martingale of belief-count debates.
//! This module must not know how a council decides.
//!
//! ```
//! // Two tasks with the right answer A and the ballots A A B and A B B: three of six ballots are right.
//! let ballots = ["A", "A", "B", "A", "B", "B"];
//! let right = ballots.iter().filter(|ballot| **ballot == "A").count();
//! assert_eq!((right, ballots.len()), (3, 6));
//! ```

use super::ballots::Vote;
use super::sample::Sample;

/// How often single voters were right.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Correctness {
    first: Sample,
    last: Sample,
}

impl Correctness {
    /// Takes in the vote on a task that ended.
    pub(crate) fn push(&mut self, vote: &Vote<'_>) {
        let Some(right) = vote.right else { return };
        if let Some((first, last)) = vote.first().zip(vote.last()) {
            self.first.add_share(first.votes_for(right), first.votes());
            self.last.add_share(last.votes_for(right), last.votes());
        }
    }

    /// The metrics by name.
    pub(crate) const fn named(&self) -> [(&'static str, Sample); 2] {
        [("expected_correctness", self.last), ("expected_correctness_first_round", self.first)]
    }
}

#[cfg(test)]
mod tests {
    use crate::coordination::testing::Script;

    #[test]
    fn ballots_are_pooled_over_tasks_with_a_known_answer() {
        let mut script = Script::new();
        script.council("jury");
        script.vote(Some("A"), &[&["A", "B", "B"], &["A", "A", "-"]]);
        script.vote(Some("B"), &[&["A", "B", "B"]]);
        // A task without a known answer says nothing.
        script.vote(None, &[&["A", "A", "A"]]);
        assert_eq!(script.metric("expected_correctness"), Some((2.0 + 2.0) / (2.0 + 3.0)));
        assert_eq!(script.metric("expected_correctness_first_round"), Some((1.0 + 2.0) / 6.0));
    }

    #[test]
    fn nothing_known_is_no_number() {
        let mut script = Script::new();
        script.council("jury").vote(None, &[&["A", "A"]]).vote(Some("A"), &[&["-", "!"]]);
        assert_eq!(script.metric("expected_correctness"), None);
    }
}
