//! What a rule keeps of each task that is under way: made when it starts, dropped when it ends.
//!
//! It must not know any rule.

use std::collections::BTreeMap;

use moot_core::{Event, EventKind, TaskId};

/// What a rule keeps, by task.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct OpenTasks<T>(BTreeMap<TaskId, T>);

impl<T: Default> OpenTasks<T> {
    /// The task under way that an event belongs to, with what is kept of it; none for its start, its end and what comes
    /// later.
    pub(super) fn of(&mut self, event: &Event) -> Option<(TaskId, &mut T)> {
        match &event.kind {
            EventKind::TaskStarted { task } => {
                self.0.insert(task.id, T::default());
                None
            }
            EventKind::TaskEnded { task, .. } => {
                self.0.remove(task);
                None
            }
            kind => {
                let task = kind.task()?;
                Some((task, self.0.get_mut(&task)?))
            }
        }
    }
}
