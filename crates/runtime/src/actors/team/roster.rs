//! Who was started by whom: the started agents, found by their path, or by who started them and for which task.
//!
//! A run may hold many thousands of them, so nothing here looks at all. This module must not know what they do.

use std::collections::{BTreeMap, BTreeSet};

use moot_core::{ActorPath, Outcome, TaskId};

/// A started agent; `A` is how it is reached.
pub(super) struct Member<A> {
    pub(super) actor: A,
    pub(super) parent: ActorPath,
    pub(super) task: TaskId,
    /// How often it was given something to do, less one.
    pub(super) round: u32,
    pub(super) ended: Option<Outcome>,
}

/// The started agents of a world.
pub(super) struct Roster<A> {
    members: BTreeMap<ActorPath, Member<A>>,
    /// The same by who started them, and by the task that they work on or did last.
    children: BTreeMap<ActorPath, BTreeMap<TaskId, BTreeSet<ActorPath>>>,
}

impl<A> Roster<A> {
    pub(super) const fn new() -> Self {
        Self { members: BTreeMap::new(), children: BTreeMap::new() }
    }

    pub(super) fn get(&self, path: &ActorPath) -> Option<&Member<A>> {
        self.members.get(path)
    }

    pub(super) fn add(&mut self, path: ActorPath, member: Member<A>) {
        let tasks = self.children.entry(member.parent.clone()).or_default();
        tasks.entry(member.task).or_default().insert(path.clone());
        self.members.insert(path, member);
    }

    /// An agent has ended what it was given in that round; whether it had not before.
    pub(super) fn end(&mut self, path: &ActorPath, round: u32, outcome: Outcome) -> bool {
        let Some(member) = self.members.get_mut(path).filter(|member| member.round == round) else { return false };
        member.ended.replace(outcome).is_none()
    }

    /// An agent that has ended is given something further to do, for this task.
    pub(super) fn take_up(&mut self, path: &ActorPath, task: TaskId) -> Option<&Member<A>> {
        let member = self.members.get_mut(path)?;
        (member.ended, member.round) = (None, member.round + 1);
        let before = std::mem::replace(&mut member.task, task);
        if before != task {
            let tasks = self.children.entry(member.parent.clone()).or_default();
            if let Some(children) = tasks.get_mut(&before) {
                children.remove(path);
            }
            tasks.entry(task).or_default().insert(path.clone());
        }
        Some(member)
    }

    /// Whom an agent has started for a task, sorted by path.
    pub(super) fn children_in(&self, parent: &ActorPath, task: TaskId) -> impl Iterator<Item = &ActorPath> {
        self.children.get(parent).and_then(|tasks| tasks.get(&task)).into_iter().flatten()
    }

    /// Whom an agent has started, sorted by path.
    pub(super) fn children(&self, parent: &ActorPath) -> BTreeSet<&ActorPath> {
        self.children.get(parent).into_iter().flat_map(BTreeMap::values).flatten().collect()
    }

    /// Whether an agent is there and works.
    pub(super) fn is_working(&self, path: &ActorPath) -> bool {
        self.members.get(path).is_some_and(|member| member.ended.is_none())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn path(text: &str) -> ActorPath {
        ActorPath::new(text).unwrap()
    }

    fn roster(members: &[(&str, &str, u32)]) -> Roster<()> {
        let mut roster = Roster::new();
        for (name, parent, task) in members {
            let (parent, task) = (path(parent), TaskId(*task));
            roster.add(path(name), Member { actor: (), parent, task, round: 0, ended: None });
        }
        roster
    }

    #[test]
    fn children_are_those_of_a_parent_and_a_task() {
        let roster = roster(&[("a/x[1]", "a", 0), ("a/x[0]", "a", 0), ("a/x[2]", "a", 1), ("b/x[0]", "b", 0)]);
        let of =
            |parent, task| roster.children_in(&path(parent), TaskId(task)).map(ActorPath::as_str).collect::<Vec<_>>();
        assert_eq!(of("a", 0), ["a/x[0]", "a/x[1]"]);
        assert_eq!((of("a", 1), of("b", 0), of("b", 1)), (vec!["a/x[2]"], vec!["b/x[0]"], vec![]));
        let all: Vec<&str> = roster.children(&path("a")).into_iter().map(ActorPath::as_str).collect();
        assert_eq!(all, ["a/x[0]", "a/x[1]", "a/x[2]"]);
    }

    #[test]
    fn who_ended_works_again_for_another_task() {
        let mut roster = roster(&[("a/x[0]", "a", 0)]);
        let child = path("a/x[0]");
        assert!(!roster.end(&child, 1, Outcome::decided("late")), "another round");
        assert!(roster.is_working(&child) && roster.end(&child, 0, Outcome::decided("one")));
        assert!(!roster.end(&child, 0, Outcome::decided("two")) && !roster.is_working(&child));
        let member = roster.take_up(&child, TaskId(3)).unwrap();
        assert_eq!((member.round, member.task, member.ended.is_none()), (1, TaskId(3), true));
        assert_eq!(roster.children_in(&path("a"), TaskId(0)).count(), 0);
        assert_eq!(roster.children_in(&path("a"), TaskId(3)).count(), 1);
    }
}
