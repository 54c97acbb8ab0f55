//! Going back to an earlier point of a turn.
//!
//! A point costs no copy of the messages: they are only ever appended, so how many there were is enough; only a
//! compaction replaces them, and the transcript before it is kept. This module must not know how the state changes.
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

use moot_core::Transcript;
use serde::{Deserialize, Serialize};

use super::Turn;
use super::call_ids::CallIds;
use super::state::State;

/// A point of a turn to which [`Turn::restore`](crate::Turn::restore) goes back: everything but the messages, and how
/// many of those there were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    pub(super) state: State,
    pub(super) transcript_length: usize,
}

/// What makes a turn faster or lets it go back, and is no part of where it stands: not written, and not compared.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    pub(super) ids: CallIds,
    /// The transcript before the last compaction.
    pub(super) before_compaction: Option<Arc<Transcript>>,
}

impl PartialEq for Kept {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Turn {
    /// The present state but for the messages: what [`Turn::restore`] goes back to.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress { state: self.state.clone(), transcript_length: self.transcript.len() }
    }

    /// Goes back to an earlier state of this very turn; what was said since is cut off. A panic in the middle of a step
    /// is undone by it. At most one compaction can be undone: the messages before an earlier one are no longer here.
    /// Whoever takes a point before every step never goes back further.
    pub fn restore(&mut self, progress: Progress) {
        if progress.state.compactions.checked_add(1) == Some(self.state.compactions)
            && let Some(earlier) = self.kept.before_compaction.take()
        {
            self.transcript = earlier;
            self.kept.ids.cut(0);
        }
        if self.transcript.len() > progress.transcript_length {
            Arc::make_mut(&mut self.transcript).truncate(progress.transcript_length);
        }
        self.kept.ids.cut(progress.transcript_length);
        self.state = progress.state;
    }
}

impl Progress {
    /// How many messages the transcript held.
    #[must_use]
    pub const fn transcript_length(&self) -> usize {
        self.transcript_length
    }
}
