//! Where tasks come from.
//!
//! Generated tasks are made when they are asked for, so that a hundred million take no memory. The right answer of a task
//! is addressed randomness: the same whatever else changes. This module must not know files.
//!
//! ```
//! use moot_scenario::tasks::TaskSource;
//!
//! let source = TaskSource::generated(3, ["A", "B"].map(Into::into).into(), None);
//! let tasks: Vec<_> = source.tasks(1, 0).collect();
//! assert_eq!(&*tasks[2].prompt, "Choose one of: A, B.");
//! assert_eq!(source.tasks(1, 0).nth(2), Some(tasks[2].clone()));
//! ```

use std::sync::Arc;

use moot_core::random::{Draw, Purpose, RandomAddress, RandomKey};
use moot_core::{Task, TaskId, Text};

/// The path at which the right answers of generated tasks are addressed.
pub const TASKS_PATH: &str = "tasks";
/// What the right answer of a generated task is drawn for.
pub const ANSWER: Purpose = Purpose::named("answer");

/// The tasks of a scenario. Cloning is cheap.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskSource {
    /// Tasks alike whose right answers are drawn.
    Generated {
        /// How many.
        count: u32,
        /// The answers to choose from, at least one.
        choices: Arc<[Text]>,
        /// What each asks.
        prompt: Text,
    },
    /// Tasks as they were written, numbered from 0.
    Listed(Arc<[Task]>),
}

impl TaskSource {
    /// Tasks alike; without a prompt they ask to choose one of the choices.
    #[must_use]
    pub fn generated(count: u32, choices: Arc<[Text]>, prompt: Option<Text>) -> Self {
        let prompt = prompt.unwrap_or_else(|| format!("Choose one of: {}.", choices.join(", ")).into());
        Self::Generated { count, choices, prompt }
    }

    /// How many tasks there are.
    #[must_use]
    pub fn total(&self) -> u32 {
        match self {
            Self::Generated { count, .. } => *count,
            Self::Listed(tasks) => u32::try_from(tasks.len()).unwrap_or(u32::MAX),
        }
    }

    /// The tasks in order, with the right answers that this seed and replicate give.
    #[must_use]
    pub fn tasks(&self, seed: u64, replicate: u32) -> Tasks {
        Tasks { source: self.clone(), key: RandomKey::new(seed, replicate, TASKS_PATH), next: 0 }
    }
}

/// The tasks of a run, one after another.
#[derive(Debug, Clone)]
pub struct Tasks {
    source: TaskSource,
    key: RandomKey,
    next: u32,
}

impl Iterator for Tasks {
    type Item = Task;

    fn next(&mut self) -> Option<Task> {
        let id = self.next;
        if id >= self.source.total() {
            return None;
        }
        self.next += 1;
        match &self.source {
            TaskSource::Listed(tasks) => tasks.get(usize::try_from(id).ok()?).cloned(),
            TaskSource::Generated { choices, prompt, .. } => {
                let amount = u64::try_from(choices.len()).ok()?;
                let drawn = RandomAddress::new(self.key, ANSWER).task(id).generator().integer_below(amount);
                let answer = choices.get(usize::try_from(drawn).ok()?).cloned();
                Some(Task { id: TaskId(id), prompt: prompt.clone(), choices: choices.clone(), answer })
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.source.total() - self.next).unwrap_or(usize::MAX);
        (left, Some(left))
    }

    /// Generated tasks are skipped without being made.
    fn nth(&mut self, skipped: usize) -> Option<Task> {
        let skipped = u32::try_from(skipped).unwrap_or(u32::MAX);
        self.next = self.next.saturating_add(skipped).min(self.source.total());
        self.next()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn source(count: u32) -> TaskSource {
        TaskSource::generated(count, ["A", "B", "C"].map(Into::into).into(), None)
    }

    #[test]
    fn answers_are_uniform_and_belong_to_seed_replicate_and_task() {
        let answers = |seed, replicate| -> Vec<Text> {
            source(30_000).tasks(seed, replicate).map(|task| task.answer.unwrap()).collect()
        };
        let first = answers(1, 0);
        // Binomial(30,000, 1/3) has a standard deviation of 81.6; four of them either side.
        for choice in ["A", "B", "C"] {
            let count = first.iter().filter(|answer| &***answer == choice).count();
            assert!(count.abs_diff(10_000) <= 327, "{choice}: {count}");
        }
        assert_eq!(first, answers(1, 0));
        assert_ne!(first, answers(2, 0));
        assert_ne!(first, answers(1, 1));
        let fewer: Vec<Text> = source(10).tasks(1, 0).map(|task| task.answer.unwrap()).collect();
        assert_eq!(fewer, first.get(..10).unwrap());
    }

    #[test]
    fn skipping_is_the_same_as_walking() {
        let mut skipped = source(100_000_000).tasks(7, 0);
        let far = skipped.nth(99_999_999).unwrap();
        assert_eq!(far.id, TaskId(99_999_999));
        assert_eq!(skipped.next(), None);
        assert_eq!(skipped.nth(5), None);
        assert_eq!(source(10).tasks(7, 0).nth(4), source(10).tasks(7, 0).collect::<Vec<_>>().get(4).cloned());
    }
}
