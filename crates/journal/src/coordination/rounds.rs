//! Numbers by round: how a council's ballots develop.
//!
//! A series stands in the results as one metric a round: `unanimity_by_round.0`, `unanimity_by_round.1` and so on, up to
//! [`SERIES_ROUNDS_MAX`] rounds.
//!
//! - `majority_right_by_round`: the share of tasks with a known answer for which a plurality of the ballots would have
//!   been right. Each ballot counts once, whatever it weighs; an answer that shares the top with k - 1 others is worth
//!   1/k, as with a coin; a round without a ballot for any answer is not right.
//! - `unanimity_by_round`: the share of tasks whose ballots all name one answer.
//! - `correctness_by_round`: the share of ballots for an answer that name the right one.
//!
//! A task whose council stopped early stands by its last round: it counts with it in all rounds to come that any other
//! task has. So every round is about the same tasks. Source: the tables of Choi et al., arXiv 2508.17536. This module
//! must not know why a council stops.
//!
//! ```
//! use moot_journal::metrics::series_name;
//!
//! assert_eq!(series_name("unanimity_by_round.3"), Some(("unanimity_by_round", 3)));
//! assert_eq!(series_name("unanimity_by_round.32"), None, "up to 32 rounds");
//! assert_eq!(series_name("agreement.0"), None, "a number, not a series");
//! ```

use super::ballots::{Counted, Vote};
use super::sample::{Sample, as_f64};

/// How many rounds a series has at most: rounds 0 to 31.
pub const SERIES_ROUNDS_MAX: u32 = 32;

/// The series of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ByRound {
    majority_right: Series,
    unanimity: Series,
    correctness: Series,
}

/// Samples by round.
#[derive(Debug, Clone, PartialEq, Default)]
struct Series {
    /// What belongs to a round itself.
    own: Vec<Sample>,
    /// The part of it that also belongs to all later rounds: of tasks that had no further one.
    lasting: Vec<Sample>,
}

impl ByRound {
    /// Takes in the vote on a task that ended.
    pub(crate) fn push(&mut self, vote: &Vote<'_>) {
        let next = vote.counted.iter().skip(1).map(|round| Some(round.number)).chain([None]);
        for (round, next) in vote.counted.iter().zip(next) {
            let mut unanimous = Sample::default();
            unanimous.add_hit(round.is_unanimous());
            self.unanimity.add(round.number, next, unanimous);
            if let Some(right) = vote.right {
                let (mut majority, mut correct) = (Sample::default(), Sample::default());
                majority.add(majority_right(round, right));
                correct.add_share(round.votes_for(right), round.votes());
                self.majority_right.add(round.number, next, majority);
                self.correctness.add(round.number, next, correct);
            }
        }
    }

    /// The series by name, round by round from 0.
    pub(crate) fn named(&self) -> [(&'static str, Vec<Sample>); 3] {
        [
            ("majority_right_by_round", self.majority_right.samples()),
            ("unanimity_by_round", self.unanimity.samples()),
            ("correctness_by_round", self.correctness.samples()),
        ]
    }
}

impl Series {
    /// Adds what holds from a round to the next one of its task; without a next one it holds for good.
    fn add(&mut self, round: u32, next: Option<u32>, sample: Sample) {
        let end = next.unwrap_or(round.saturating_add(1)).min(SERIES_ROUNDS_MAX);
        let rounds = round as usize..end as usize;
        if rounds.is_empty() {
            return;
        }
        if self.own.len() < rounds.end {
            self.own.resize(rounds.end, Sample::default());
            self.lasting.resize(rounds.end, Sample::default());
        }
        self.own.get_mut(rounds.clone()).unwrap_or_default().iter_mut().for_each(|own| own.merge(&sample));
        if next.is_none()
            && let Some(lasting) = self.lasting.get_mut(rounds.start)
        {
            lasting.merge(&sample);
        }
    }

    fn samples(&self) -> Vec<Sample> {
        let mut from_before = Sample::default();
        let whole = self.own.iter().zip(&self.lasting).map(|(own, lasting)| {
            let mut sample = from_before;
            sample.merge(own);
            from_before.merge(lasting);
            sample
        });
        whole.collect()
    }
}

/// 1 when most ballots name the right answer, 1/k when it shares the top with k - 1 others, else 0.
fn majority_right(round: &Counted<'_>, right: &str) -> f64 {
    let top = round.answers.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let at_top = round.answers.iter().filter(|(_, count)| *count == top).count();
    if top > 0 && round.votes_for(right) == top { 1.0 / as_f64(at_top as u64) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coordination::testing::Script;

    fn series(script: &Script, name: &str) -> Vec<f64> {
        (0..).map_while(|round| script.metric(&format!("{name}.{round}"))).collect()
    }

    #[test]
    fn three_series_by_hand() {
        let mut script = Script::new();
        script.council("jury");
        script.vote(Some("A"), &[&["A", "B", "B"], &["A", "A", "B"], &["A", "A", "A"]]);
        // Stopped after one round: it stands by it.
        script.vote(Some("B"), &[&["B", "B", "B"]]);
        // Ties: A shares the top with one other, then with three.
        script.vote(Some("A"), &[&["A", "B", "-"], &["A", "B", "C", "D"]]);
        let last = (1.0 + 1.0 + 0.25) / 3.0;
        assert_eq!(series(&script, "majority_right_by_round"), [1.5 / 3.0, last, last]);
        assert_eq!(series(&script, "unanimity_by_round"), [1.0 / 3.0, 1.0 / 3.0, 2.0 / 3.0]);
        let right = [(1.0 + 3.0 + 1.0) / 8.0, (2.0 + 3.0 + 1.0) / 10.0, (3.0 + 3.0 + 1.0) / 10.0];
        assert_eq!(series(&script, "correctness_by_round"), right);
    }

    #[test]
    fn a_round_that_is_missing_is_as_the_one_before() {
        let mut script = Script::new();
        script.council("jury").task(None).round("jury", 0, &["A", "A"]).round("jury", 2, &["A", "B"]);
        script.ended(moot_core::Outcome::decided("A"));
        assert_eq!(series(&script, "unanimity_by_round"), [1.0, 1.0, 0.0]);
        assert_eq!(series(&script, "correctness_by_round"), [0.0; 0], "no answer is known");
    }

    #[test]
    fn rounds_beyond_the_last_that_is_shown_are_left_out() {
        let mut script = Script::new();
        script.council("jury").task(Some("A"));
        for round in [0, 31, 32, u32::MAX] {
            script.round("jury", round, &["A"]);
        }
        script.ended(moot_core::Outcome::decided("A"));
        assert_eq!(series(&script, "unanimity_by_round"), [1.0; SERIES_ROUNDS_MAX as usize]);
    }
}
