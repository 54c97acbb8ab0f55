//! A table of what belongs to somebody within a task, which lets go of it when the task ends.
//!
//! This module must not know what is kept.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use moot_core::{ActorPath, TaskId};

/// A path as a key: ordered as text, which is faster than the order in which people read paths.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Name(pub(super) ActorPath);

/// What is kept of each actor in each task.
#[derive(Debug)]
pub(super) struct ByTask<T> {
    tasks: BTreeMap<TaskId, BTreeMap<Name, T>>,
    over: Over,
}

/// The tasks that are over: all below a number, and some above it.
#[derive(Debug, Default)]
struct Over {
    below: u32,
    above: BTreeSet<u32>,
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.as_str().cmp(other.0.as_str())
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

impl<T> Default for ByTask<T> {
    fn default() -> Self {
        Self { tasks: BTreeMap::new(), over: Over::default() }
    }
}

impl Over {
    fn contains(&self, task: TaskId) -> bool {
        task.0 < self.below || self.above.contains(&task.0)
    }

    fn insert(&mut self, task: TaskId) {
        self.above.insert(task.0);
        while self.above.remove(&self.below) {
            self.below += 1;
        }
    }
}

impl<T> ByTask<T> {
    pub(super) fn get(&self, task: TaskId, actor: &ActorPath) -> Option<&T> {
        self.tasks.get(&task)?.get(actor.as_str())
    }

    pub(super) fn get_mut(&mut self, task: TaskId, actor: &ActorPath) -> Option<&mut T> {
        self.tasks.get_mut(&task)?.get_mut(actor.as_str())
    }

    /// What is kept of the actor in the task, made now if there is nothing.
    pub(super) fn of(&mut self, task: TaskId, actor: &ActorPath) -> &mut T
    where
        T: Default,
    {
        self.tasks.entry(task).or_default().entry(Name(actor.clone())).or_default()
    }

    /// Whether the task is over.
    pub(super) fn is_over(&self, task: TaskId) -> bool {
        self.over.contains(task)
    }

    /// The task is over: of what is kept, only what is still open stays, until it is [let go](Self::let_go).
    pub(super) fn close(&mut self, task: TaskId, mut is_open: impl FnMut(&T) -> bool) {
        self.over.insert(task);
        if let Some(actors) = self.tasks.get_mut(&task) {
            actors.retain(|_, kept| is_open(kept));
            if actors.is_empty() {
                self.tasks.remove(&task);
            }
        }
    }

    /// Nothing of an actor is open any more: if the task is over, so is that. While it goes on, it is kept, because most
    /// come back.
    pub(super) fn let_go(&mut self, task: TaskId, actor: &ActorPath) {
        if self.over.contains(task) {
            self.remove(task, actor);
        }
    }

    /// Lets go of what is kept of an actor in a task.
    pub(super) fn remove(&mut self, task: TaskId, actor: &ActorPath) -> Option<T> {
        let actors = self.tasks.get_mut(&task)?;
        let removed = actors.remove(actor.as_str());
        if actors.is_empty() {
            self.tasks.remove(&task);
        }
        removed
    }

    /// What is kept of an actor, whatever the task.
    pub(super) fn each_of<'a>(&'a mut self, actor: &'a ActorPath) -> impl Iterator<Item = (TaskId, &'a mut T)> {
        self.tasks.iter_mut().filter_map(|(task, actors)| Some((*task, actors.get_mut(actor.as_str())?)))
    }

    /// What is kept in a task, whoever it belongs to.
    pub(super) fn each_in(&mut self, task: TaskId) -> impl Iterator<Item = &mut T> {
        self.tasks.get_mut(&task).into_iter().flat_map(BTreeMap::values_mut)
    }

    /// Everything, by task and actor.
    pub(super) fn iter(&self) -> impl Iterator<Item = (TaskId, &ActorPath, &T)> {
        self.tasks.iter().flat_map(|(task, actors)| actors.iter().map(|(name, kept)| (*task, &name.0, kept)))
    }

    /// How many things are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.tasks.values().map(BTreeMap::len).sum()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_a_task_goes_with_it_unless_it_is_open() {
        let path = |name: &str| ActorPath::new(name).unwrap();
        let mut table: ByTask<u32> = ByTask::default();
        for (task, actor, kept) in [(0, "ann", 1), (0, "bob", 2), (1, "ann", 3)] {
            *table.of(TaskId(task), &path(actor)) += kept;
        }
        *table.of(TaskId(0), &path("ann")) += 10;
        assert_eq!(table.get(TaskId(0), &path("ann")), Some(&11));
        let ann = path("ann");
        assert_eq!(table.each_of(&ann).map(|(task, kept)| (task.0, *kept)).collect::<Vec<_>>(), [(0, 11), (1, 3)]);
        table.let_go(TaskId(0), &ann);
        table.close(TaskId(0), |kept| *kept == 2);
        let left: Vec<_> = table.iter().map(|(task, actor, _)| (task.0, actor.to_string())).collect();
        assert_eq!(left, [(0, "bob".to_owned()), (1, "ann".to_owned())]);
        table.let_go(TaskId(0), &path("bob"));
        assert_eq!((table.len(), table.tasks.len()), (1, 1));
    }

    #[test]
    fn tasks_that_are_over_take_no_room_in_whatever_order_they_end() {
        let mut over = Over::default();
        for task in [1, 3, 0, 2] {
            assert!(!over.contains(TaskId(task)));
            over.insert(TaskId(task));
            assert!(over.contains(TaskId(task)));
        }
        assert_eq!((over.below, over.above.len()), (4, 0));
        assert!(!over.contains(TaskId(4)));
    }
}
