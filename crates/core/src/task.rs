//! Tasks, and the assignments by which a participant is given one.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, Assignment, Task, TaskId};
//!
//! let task = Task::new(TaskId(0), "Is it A or B?").with_choices(["A", "B"]).with_answer("A");
//! let assignment = Assignment::of(Arc::new(task), ActorPath::world());
//! assert_eq!(&*assignment.prompt, "Is it A or B?");
//! ```

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{ActorPath, Brief, Text, Wanted};

/// The number of a task within its run, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(pub u32);

/// Something to be done: what a run hands to its participants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its number in the run.
    pub id: TaskId,
    /// What to do, in words.
    pub prompt: Text,
    /// The answers to choose from; empty when any text is an answer.
    pub choices: Arc<[Text]>,
    /// The right answer, when it is known. No agent is shown it; a stochastic model reads it to be right as often as
    /// its accuracy says.
    pub answer: Option<Text>,
}

/// A task as one participant gives it to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The task of the run that this serves.
    pub task: Arc<Task>,
    /// What this participant is to do; the task's own prompt unless the assigner says otherwise.
    pub prompt: Text,
    /// Which round of the assigner this belongs to, from 0.
    pub round: u32,
    /// Who assigned it, as the runtime knows.
    pub from: ActorPath,
    /// No task with a lower number is open any more: what was kept for those can be let go.
    pub oldest_open: TaskId,
    /// What comes with the words; `None` for most: an answer is wanted, and nothing was said before.
    pub brief: Option<Arc<Brief>>,
}

impl Task {
    /// A task whose answer may be any text.
    #[must_use]
    pub fn new(id: TaskId, prompt: impl Into<Text>) -> Self {
        Self { id, prompt: prompt.into(), choices: Arc::default(), answer: None }
    }

    /// The same task with these answers to choose from.
    #[must_use]
    pub fn with_choices<T: Into<Text>>(mut self, choices: impl IntoIterator<Item = T>) -> Self {
        self.choices = choices.into_iter().map(Into::into).collect();
        self
    }

    /// The same task with this right answer.
    #[must_use]
    pub fn with_answer(mut self, answer: impl Into<Text>) -> Self {
        self.answer = Some(answer.into());
        self
    }
}

impl Assignment {
    /// The task as it stands, in round 0.
    #[must_use]
    pub fn of(task: Arc<Task>, from: ActorPath) -> Self {
        let prompt = task.prompt.clone();
        let oldest_open = task.id;
        Self { task, prompt, round: 0, from, oldest_open, brief: None }
    }

    /// The answers to choose from, to be looked at; empty when any words are an answer.
    #[must_use]
    pub fn listed_choices(&self) -> &[Text] {
        match self.brief.as_deref().map(|brief| &brief.wanted) {
            None | Some(Wanted::Answer) => &self.task.choices,
            Some(Wanted::Words) => &[],
            Some(Wanted::OneOf(choices)) => choices,
        }
    }

    /// The answers to choose from, to be kept; empty when any words are an answer.
    #[must_use]
    pub fn choices(&self) -> Arc<[Text]> {
        match self.brief.as_deref().map(|brief| &brief.wanted) {
            None | Some(Wanted::Answer) => Arc::clone(&self.task.choices),
            Some(Wanted::Words) => Arc::default(),
            Some(Wanted::OneOf(choices)) => Arc::clone(choices),
        }
    }
}

impl std::fmt::Display for TaskId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.0)
    }
}
