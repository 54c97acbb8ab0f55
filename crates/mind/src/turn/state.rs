//! What a turn remembers besides its transcript.
//!
//! It is small and cheap to clone, so that a supervisor can keep a copy of every step. This module must not know how the
//! state changes.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, Assignment, ModelReply, Task, TaskId};
//! use moot_mind::{Turn, TurnInput, TurnOptions};
//!
//! let mut turn = Turn::new(TurnOptions::default(), None);
//! let mut effects = Vec::new();
//! let task = Arc::new(Task::new(TaskId(0), "Is it A or B?"));
//! turn.step(TurnInput::Assigned(Assignment::of(task, ActorPath::world())), &mut effects);
//!
//! let (before, copy) = (turn.progress(), turn.clone());
//! turn.step(TurnInput::ModelReplied(ModelReply::text("A")), &mut effects);
//! assert_eq!(before.transcript_length(), 1);
//! turn.restore(before);
//! assert_eq!(turn, copy);
//! ```

use std::sync::Arc;

use moot_core::{Text, Usage};
use serde::{Deserialize, Serialize};

use super::open_calls::OpenCalls;
use super::repetition::Repetition;

/// A point of a turn to which [`Turn::restore`](crate::Turn::restore) goes back: everything but the messages, and how
/// many of those there were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    pub(super) state: State,
    pub(super) transcript_length: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) phase: Phase,
    /// Model calls asked for on this task; the next one's number.
    pub(super) calls: u32,
    /// Model calls asked for on this assignment.
    pub(super) turns: u32,
    /// Known usage of this task.
    pub(super) usage: Usage,
    /// What the present task lets its answer be.
    pub(super) choices: Arc<[Text]>,
    pub(super) repetition: Repetition,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Phase {
    /// Nothing was assigned yet.
    Idle,
    /// The model was asked.
    Model,
    /// Tools were called.
    Tools(OpenCalls),
    /// The last assignment ended.
    Finished,
}

impl Progress {
    /// How many messages the transcript held.
    #[must_use]
    pub const fn transcript_length(&self) -> usize {
        self.transcript_length
    }
}

impl Default for State {
    fn default() -> Self {
        Self {
            phase: Phase::Idle,
            calls: 0,
            turns: 0,
            usage: Usage::default(),
            choices: Arc::default(),
            repetition: Repetition::default(),
        }
    }
}
