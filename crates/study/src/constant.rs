//! The cheapest constant answer: what one gets by always saying the same, without asking anybody.
//!
//! A pattern that does no better has learned nothing from its tasks, whatever it cost. This module must not know what the
//! answers mean.
//!
//! ```
//! use moot_core::{Task, TaskId};
//! use moot_study::{Cell, commonest_answer};
//!
//! let tasks: Vec<Task> =
//!     (0..).zip(["B", "A", "B"]).map(|(id, answer)| Task::new(TaskId(id), "?").with_answer(answer)).collect();
//! let answer = commonest_answer(tasks.clone()).unwrap();
//! assert_eq!(&*answer, "B");
//! assert_eq!(Cell::of_constant("constant", &answer, tasks).scores(), [Some(1.0), Some(0.0), Some(1.0)]);
//! ```

use std::collections::BTreeMap;

use moot_core::{OutcomeStatus, Task, Text};

use crate::cell::{Cell, TaskRow};
use crate::common::fingerprint;

/// The answer that is right most often, of those that are equally often right the first in the order of text; `None` when
/// no task has a known answer.
pub fn commonest_answer(tasks: impl IntoIterator<Item = Task>) -> Option<Text> {
    let mut counts: BTreeMap<Text, u64> = BTreeMap::new();
    for answer in tasks.into_iter().filter_map(|task| task.answer) {
        *counts.entry(answer).or_insert(0) += 1;
    }
    let most = counts.values().copied().max()?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(answer, _)| answer)
}

impl Cell {
    /// What these tasks, in order, come to when each is given the same answer: no calls, no messages, no time, no cost.
    pub fn of_constant(name: impl Into<String>, answer: &str, tasks: impl IntoIterator<Item = Task>) -> Self {
        let row = |task: Task| TaskRow {
            outcome: Some(OutcomeStatus::Decided),
            score: task.answer.as_deref().map(|right| f64::from(u8::from(right == answer))),
            ..TaskRow::of(task.id, fingerprint(&task))
        };
        Self { name: name.into(), noise: None, tasks: tasks.into_iter().map(row).collect() }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use moot_core::{Money, TaskId};

    use super::*;

    fn tasks(answers: &[Option<&str>]) -> Vec<Task> {
        let task = |(id, answer): (u32, &Option<&str>)| {
            let task = Task::new(TaskId(id), "?");
            answer.map_or(task.clone(), |answer| task.with_answer(answer))
        };
        (0..).zip(answers).map(task).collect()
    }

    #[test]
    fn of_equally_common_answers_the_first_is_taken_and_without_any_none() {
        assert_eq!(commonest_answer(tasks(&[Some("b"), None, Some("a"), Some("c")])).as_deref(), Some("a"));
        assert_eq!(commonest_answer(tasks(&[None])), None);
    }

    #[test]
    fn it_costs_nothing() {
        let cell = Cell::of_constant("constant", "a", tasks(&[Some("a"), Some("b"), None]));
        assert_eq!(cell.scores(), [Some(1.0), Some(0.0), None]);
        assert_eq!((cell.cost(), cell.calls().unwrap().value), (Some(Money::ZERO), 0.0));
    }
}
