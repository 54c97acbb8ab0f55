//! A cell: what the run of one variant gave, task by task.
//!
//! Everything that is told of a variant is a fold over its tasks, so that two variants can be compared task by task. A
//! task takes about a hundred bytes. This module must not know events, nor which variant is held against which.
//!
//! ```
//! use moot_core::{OutcomeStatus, TaskId};
//! use moot_study::{Cell, TaskRow};
//!
//! let task = |number| TaskRow {
//!     outcome: Some(OutcomeStatus::Decided),
//!     score: Some(f64::from(number)),
//!     calls: 3,
//!     ..TaskRow::of(TaskId(number), 0)
//! };
//! let cell = Cell { name: "three".into(), noise: Some((1, 0)), tasks: vec![task(0), task(1)] };
//! assert_eq!(cell.accuracy().unwrap().value, 0.5);
//! assert_eq!(cell.calls().unwrap().value, 3.0);
//! ```

use moot_core::{Money, OutcomeStatus, TaskId};

use crate::estimate::{Estimate, mean, share};

/// What the run of one variant gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The variant's name.
    pub name: String,
    /// The seed and the replicate from which all its randomness was addressed; `None` for what has none.
    pub noise: Option<(u64, u32)>,
    /// Its tasks, sorted by number, those included that did not end.
    pub tasks: Vec<TaskRow>,
}

/// What one task came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TaskRow {
    /// Its number.
    pub task: TaskId,
    /// A hash of what was asked, the choices and the right answer: equal tasks have equal ones.
    pub fingerprint: u64,
    /// How it ended; `None` when it did not.
    pub outcome: Option<OutcomeStatus>,
    /// What it is worth: 1 when the answer was right, 0 when there was another or none; `None` when the right answer is
    /// not known or the task did not end.
    pub score: Option<f64>,
    /// Virtual time from its start to its end, in ms.
    pub latency_ms: u64,
    /// Attempts of model calls, failed ones included.
    pub calls: u32,
    /// Input and output tokens of these attempts; `None` when those of one are unknown.
    pub tokens: Option<u64>,
    /// Assignments and answers between participants.
    pub messages: u32,
    /// What its model calls cost; `None` when that of one is unknown.
    pub cost: Option<Money>,
}

impl TaskRow {
    /// A task that has just begun.
    #[must_use]
    pub const fn of(task: TaskId, fingerprint: u64) -> Self {
        Self {
            task,
            fingerprint,
            outcome: None,
            score: None,
            latency_ms: 0,
            calls: 0,
            tokens: Some(0),
            messages: 0,
            cost: Some(Money::ZERO),
        }
    }
}

impl Cell {
    /// The tasks that ended.
    fn ended(&self) -> impl Iterator<Item = &TaskRow> + Clone {
        self.tasks.iter().filter(|task| task.outcome.is_some())
    }

    fn count(&self, statuses: &[OutcomeStatus]) -> u64 {
        self.ended().filter(|task| task.outcome.is_some_and(|status| statuses.contains(&status))).count() as u64
    }

    /// How many tasks ended.
    #[must_use]
    pub fn tasks_ended(&self) -> u64 {
        self.ended().count() as u64
    }

    /// How many tasks ended without an answer although nothing went wrong: tied, without a quorum, undecided.
    #[must_use]
    pub fn undecided(&self) -> u64 {
        self.count(&[OutcomeStatus::Tied, OutcomeStatus::NoQuorum, OutcomeStatus::Undecided])
    }

    /// How many tasks failed, came to a limit or were called off.
    #[must_use]
    pub fn not_completed(&self) -> u64 {
        self.count(&[OutcomeStatus::Failed, OutcomeStatus::Exhausted, OutcomeStatus::Cancelled])
    }

    /// The scores of all tasks, in their order.
    #[must_use]
    pub fn scores(&self) -> Vec<Option<f64>> {
        self.tasks.iter().map(|task| task.score).collect()
    }

    /// The mean score of the tasks that have one: the share of right ones, by Wilson's interval, when each score is 0 or
    /// 1, else a mean. `None` when no task has a score.
    #[must_use]
    #[expect(clippy::float_cmp, reason = "right and wrong are exactly these two")]
    pub fn accuracy(&self) -> Option<Estimate> {
        let scores = self.tasks.iter().filter_map(|task| task.score);
        if scores.clone().all(|score| score == 0.0 || score == 1.0) {
            let right = scores.clone().filter(|score| *score == 1.0).count();
            return share(right as u64, scores.count() as u64);
        }
        mean(scores)
    }

    /// Attempts of model calls on a task that ended, on average.
    #[must_use]
    pub fn calls(&self) -> Option<Estimate> {
        mean(self.ended().map(|task| f64::from(task.calls)))
    }

    /// Tokens of a task that ended, on average; `None` when those of one are unknown.
    #[must_use]
    pub fn tokens(&self) -> Option<Estimate> {
        let tokens: Option<Vec<u64>> = self.ended().map(|task| task.tokens).collect();
        mean(tokens?.into_iter().map(|tokens| tokens as f64))
    }

    /// What a task that ended cost, on average, in picodollars; `None` when that of one is unknown.
    #[must_use]
    pub fn cost_of_a_task(&self) -> Option<f64> {
        let total: Option<Money> = self.ended().map(|task| task.cost).sum();
        let ended = self.tasks_ended();
        total.filter(|_| ended > 0).map(|total| total.as_picodollars() as f64 / ended as f64)
    }

    /// Messages between participants on a task that ended, on average.
    #[must_use]
    pub fn messages(&self) -> Option<Estimate> {
        mean(self.ended().map(|task| f64::from(task.messages)))
    }

    /// Virtual time from start to end of a task that ended, on average, in ms.
    #[must_use]
    pub fn latency_ms(&self) -> Option<Estimate> {
        mean(self.ended().map(|task| task.latency_ms as f64))
    }

    /// What all tasks cost, those included that did not end; `None` when that of one is unknown.
    #[must_use]
    pub fn cost(&self) -> Option<Money> {
        self.tasks.iter().map(|task| task.cost).sum()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn cell(tasks: &[(Option<OutcomeStatus>, Option<f64>)]) -> Cell {
        let row = |(number, (outcome, score)): (u32, &(Option<OutcomeStatus>, Option<f64>))| TaskRow {
            outcome: *outcome,
            score: *score,
            latency_ms: u64::from(number) * 100,
            calls: number,
            tokens: Some(u64::from(number) * 10),
            messages: 2 * number,
            cost: Some(Money::from_picodollars(u128::from(number))),
            ..TaskRow::of(TaskId(number), 0)
        };
        Cell { name: "x".into(), noise: None, tasks: (0..).zip(tasks).map(row).collect() }
    }

    #[test]
    fn every_end_is_counted_as_what_it_is() {
        let ends = OutcomeStatus::ALL.map(|status| (Some(status), Some(0.0)));
        let found = cell(&ends);
        assert_eq!((found.tasks_ended(), found.undecided(), found.not_completed()), (7, 3, 3));
        assert_eq!(found.accuracy().unwrap().value.to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn means_are_over_what_ended_and_the_cost_over_all() {
        let decided = Some(OutcomeStatus::Decided);
        let mut found = cell(&[(decided, Some(1.0)), (decided, Some(0.0)), (decided, None), (None, None)]);
        let means = [found.calls(), found.messages(), found.latency_ms(), found.accuracy()];
        assert_eq!(means.map(|mean| mean.unwrap().value), [1.0, 2.0, 100.0, 0.5]);
        assert_eq!(found.cost(), Some(Money::from_picodollars(6)));
        assert_eq!((found.tokens().unwrap().value, found.cost_of_a_task()), (10.0, Some(1.0)));
        if let Some(task) = found.tasks.last_mut() {
            (task.cost, task.tokens) = (None, None);
        }
        assert_eq!(found.cost(), None, "unknown is not zero");
        assert_eq!((found.tokens().unwrap().value, found.cost_of_a_task()), (10.0, Some(1.0)), "it did not end");
        if let Some(task) = found.tasks.first_mut() {
            (task.cost, task.tokens) = (None, None);
        }
        assert_eq!((found.tokens(), found.cost_of_a_task()), (None, None));
        assert!(cell(&[]).calls().is_none() && cell(&[]).accuracy().is_none());
        assert!(cell(&[]).tokens().is_none() && cell(&[]).cost_of_a_task().is_none());
    }

    #[test]
    fn scores_that_are_numbers_have_a_mean() {
        let decided = Some(OutcomeStatus::Decided);
        let found = cell(&[(decided, Some(0.25)), (decided, Some(0.75))]).accuracy().unwrap();
        // t with 1 degree is 12.7062, s / sqrt(2) is 0.25.
        assert_eq!(found.value, 0.5);
        assert!((found.interval.unwrap().high - (0.5 + 12.706_204_736 * 0.25)).abs() < 1e-8);
    }
}
