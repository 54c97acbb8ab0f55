//! Consensus time: after which round all agree and stay so.
//!
//! - `consensus_rounds`: the number of the first round from which on every round is unanimous, up to the last; the mean
//!   over the tasks that have one. 0 means that all agreed from the start.
//! - `consensus_censored`: the share of tasks that have none. They are censored, not dropped: had they gone on, they might
//!   have come to one.
//!
//! Unanimous is a round whose ballots, abstentions and absences included, all name one answer. Source: consensus time as
//! in opinion dynamics, with censoring as survival analysis has it. This module must not know why a council stops.
//!
//! ```
//! // Rounds that are unanimous or not: it is the last stretch that counts.
//! let unanimous = [true, false, true, true];
//! let last_without = unanimous.iter().rposition(|unanimous| !unanimous);
//! assert_eq!(last_without.map(|round| round + 1), Some(2));
//! ```

use super::ballots::Vote;
use super::sample::Sample;

/// When voters came to agree.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Consensus {
    rounds: Sample,
    censored: Sample,
}

impl Consensus {
    /// Takes in the vote on a task that ended.
    pub(crate) fn push(&mut self, vote: &Vote<'_>) {
        if vote.counted.is_empty() {
            return;
        }
        let reached = vote.counted.iter().rev().take_while(|round| round.is_unanimous()).last();
        self.censored.add_hit(reached.is_none());
        if let Some(round) = reached {
            self.rounds.add(f64::from(round.number));
        }
    }

    /// The metrics by name.
    pub(crate) const fn named(&self) -> [(&'static str, Sample); 2] {
        [("consensus_rounds", self.rounds), ("consensus_censored", self.censored)]
    }
}

#[cfg(test)]
mod tests {
    use crate::coordination::testing::Script;

    #[test]
    fn the_last_stretch_counts_and_who_never_agrees_is_censored() {
        let mut script = Script::new();
        script.council("jury");
        // Agreement that is lost again is none: here it is reached after round 2.
        script.vote(None, &[&["A", "A"], &["A", "B"], &["B", "B"], &["B", "B"]]);
        script.vote(None, &[&["A", "A"]]);
        assert_eq!(script.metric("consensus_rounds"), Some(1.0));
        assert_eq!(script.metric("consensus_censored"), Some(0.0));
        script.vote(None, &[&["A", "A"], &["A", "B"]]);
        script.vote(None, &[&["A", "-"]]);
        assert_eq!(script.metric("consensus_rounds"), Some(1.0), "a censored task has no number of rounds");
        assert_eq!(script.metric("consensus_censored"), Some(0.5));
    }

    #[test]
    fn where_nobody_agrees_there_is_no_mean() {
        let mut script = Script::new();
        script.council("jury").vote(None, &[&["A", "B"]]);
        assert_eq!((script.metric("consensus_rounds"), script.metric("consensus_censored")), (None, Some(1.0)));
    }
}
