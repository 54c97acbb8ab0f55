//! The cost tree: what every attempt of a model call took, and how that adds up from agents to councils, tasks and run.
//!
//! A node's totals are those of its own attempts and of all nodes below it. Who stands below whom follows from the
//! events: an agent stands below who assigned it its work (the world: the task), a spawned agent below the one that
//! started it, and an agent of which neither is known below the nearest node that its path lies in. An agent that works
//! for two councils on one task has a node under each. Every attempt counts once, wherever it came from: retries,
//! abandoned ones, summaries. This module must not know prices or budgets; it displays as a table.
//!
//! ```
//! use moot_core::{ActorPath, Event, EventKind, EventSequence, ModelReply, Money, TaskId, Usage, VirtualTime};
//! use moot_journal::CostTree;
//!
//! let (task, model, cost) = (TaskId(0), "small".into(), Some(Money::from_picodollars(42)));
//! let reply = ModelReply { usage: Some(Usage::new(120, 40)), ..ModelReply::text("A") };
//! let kind = EventKind::ModelReplied { task, call: 0, attempt: 0, model, reply, cost };
//! let (sequence, time, actor) = (EventSequence(0), VirtualTime::ZERO, ActorPath::new("solo").unwrap());
//!
//! let mut tree = CostTree::new();
//! tree.push(&Event { sequence, time, actor, cause: None, kind });
//! let task = tree.root().children().next().unwrap();
//! let agent = task.children().next().unwrap();
//! assert_eq!((&*agent.name().to_string(), agent.totals().calls, agent.attempts().len()), ("solo", 1, 1));
//! assert_eq!(tree.root().totals().known_cost(), Some(Money::from_picodollars(42)));
//! assert!(tree.sums_agree());
//! ```

use std::collections::BTreeMap;
use std::fmt;

use moot_core::{ActorPath, Event, EventKind, Money, TaskId, Text, Usage};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::totals::CallTotals;

/// How many actors may stand below one another before a further one stands beside the last: far more than worlds nest,
/// and few enough that no file makes a tree too deep to walk.
const DEPTH_MAX: usize = 64;

/// The path of the world itself, which hands out the tasks.
const WORLD: &str = "world";

/// The costs of a run as a tree: run, tasks, councils, agents, attempts.
#[derive(Debug, Clone, PartialEq)]
pub struct CostTree {
    /// A parent stands before its children; the first is the run.
    nodes: Vec<Node>,
    tasks: BTreeMap<TaskId, usize>,
    /// Where an actor stands for what it does next on a task: its latest assignment.
    places: BTreeMap<TaskId, BTreeMap<ActorPath, usize>>,
}

/// What a node stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CostName {
    /// The whole run.
    Run,
    /// A task of the run.
    Task(TaskId),
    /// A council or an agent at work on the task that it stands under.
    Actor(ActorPath),
}

/// One attempt of a model call.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct CostAttempt {
    /// The number of the agent's model call within the task, from 0.
    pub call: u32,
    /// The attempt within the call, from 0.
    pub attempt: u32,
    /// The model.
    pub model: Text,
    /// What it took; `None` when nobody knows.
    pub usage: Option<Usage>,
    /// What it cost; `None` when nobody knows.
    pub cost: Option<Money>,
    /// Whether it failed.
    pub failed: bool,
}

/// A node of the tree with all that stands below it.
#[derive(Debug, Clone, Copy)]
pub struct CostNode<'a> {
    tree: &'a CostTree,
    node: &'a Node,
}

#[derive(Debug, Clone, PartialEq)]
struct Node {
    name: CostName,
    parent: Option<usize>,
    /// How many nodes stand above.
    depth: usize,
    children: BTreeMap<ActorPath, usize>,
    attempts: Vec<CostAttempt>,
    totals: CallTotals,
}

impl CostTree {
    /// The tree of a run of which nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self { nodes: vec![Node::new(CostName::Run, None, 0)], tasks: BTreeMap::new(), places: BTreeMap::new() }
    }

    /// Takes in the next event.
    pub fn push(&mut self, event: &Event) {
        match &event.kind {
            EventKind::TaskStarted { task } => {
                self.task(task.id);
            }
            EventKind::Assigned { task, from, .. } => self.place_below(*task, &event.actor, from),
            EventKind::AgentSpawned { task, agent, .. } => self.place_below(*task, agent, &event.actor),
            EventKind::ModelReplied { task, call, attempt, model, reply, cost } => {
                let (call, attempt, model) = (*call, *attempt, model.clone());
                let attempt = CostAttempt { call, attempt, model, usage: reply.usage, cost: *cost, failed: false };
                self.book(*task, &event.actor, attempt);
            }
            EventKind::ModelFailed { task, call, attempt, model, failure, cost } => {
                let (call, attempt, model) = (*call, *attempt, model.clone());
                let attempt = CostAttempt { call, attempt, model, usage: failure.usage, cost: *cost, failed: true };
                self.book(*task, &event.actor, attempt);
            }
            _ => {}
        }
    }

    /// The run's node.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "the first node is made with the tree and never removed")]
    pub fn root(&self) -> CostNode<'_> {
        CostNode { tree: self, node: &self.nodes[0] }
    }

    /// Whether the totals of every node are exactly those of its own attempts and of the nodes right below it. They are
    /// kept apart, so this is a check and no tautology.
    #[must_use]
    pub fn sums_agree(&self) -> bool {
        self.nodes.iter().all(|node| {
            let node = CostNode { tree: self, node };
            let mut sum = CallTotals::default();
            node.attempts().iter().for_each(|attempt| sum.add(attempt.usage, attempt.cost, attempt.failed));
            node.children().for_each(|child| sum.merge(child.totals()));
            sum == *node.totals()
        })
    }

    fn book(&mut self, task: TaskId, actor: &ActorPath, attempt: CostAttempt) {
        let place = self.place(task, actor);
        let (usage, cost, failed) = (attempt.usage, attempt.cost, attempt.failed);
        if let Some(node) = self.nodes.get_mut(place) {
            node.attempts.push(attempt);
        }
        let mut above = Some(place);
        while let Some(node) = above.and_then(|place| self.nodes.get_mut(place)) {
            node.totals.add(usage, cost, failed);
            above = node.parent;
        }
    }

    /// From now on the actor's work on the task counts below `above`.
    fn place_below(&mut self, task: TaskId, actor: &ActorPath, above: &ActorPath) {
        let parent = if above.as_str() == WORLD { self.task(task) } else { self.place(task, above) };
        self.set_place(task, actor, parent);
    }

    /// Where the actor's work on the task counts.
    fn place(&mut self, task: TaskId, actor: &ActorPath) -> usize {
        let places = self.places.get(&task);
        if let Some(place) = places.and_then(|places| places.get(actor)) {
            return *place;
        }
        let nearest = outer_paths(actor).find_map(|outer| places?.get(&outer).copied());
        let parent = nearest.unwrap_or_else(|| self.task(task));
        self.set_place(task, actor, parent)
    }

    fn set_place(&mut self, task: TaskId, actor: &ActorPath, parent: usize) -> usize {
        let place = self.below(parent, actor);
        self.places.entry(task).or_default().insert(actor.clone(), place);
        place
    }

    fn task(&mut self, task: TaskId) -> usize {
        if let Some(place) = self.tasks.get(&task) {
            return *place;
        }
        let place = self.nodes.len();
        self.nodes.push(Node::new(CostName::Task(task), Some(0), 1));
        self.tasks.insert(task, place);
        place
    }

    /// The actor's node below `parent`: the one that is there, else a new one. Where the actor stands above `parent`
    /// already, that node is taken, so that two who assign each other work don't nest without end.
    fn below(&mut self, parent: usize, actor: &ActorPath) -> usize {
        let mut above = Some(parent);
        while let Some((place, node)) = above.and_then(|place| Some((place, self.nodes.get(place)?))) {
            if matches!(&node.name, CostName::Actor(path) if path == actor) {
                return place;
            }
            above = node.parent;
        }
        let deepest = self.nodes.get(parent).filter(|node| node.depth > DEPTH_MAX).and_then(|node| node.parent);
        let parent = deepest.unwrap_or(parent);
        let next = self.nodes.len();
        let Some(node) = self.nodes.get_mut(parent) else { return parent };
        let place = *node.children.entry(actor.clone()).or_insert(next);
        let depth = node.depth + 1;
        if place == next {
            self.nodes.push(Node::new(CostName::Actor(actor.clone()), Some(parent), depth));
        }
        place
    }
}

impl Default for CostTree {
    fn default() -> Self {
        Self::new()
    }
}

impl Node {
    fn new(name: CostName, parent: Option<usize>, depth: usize) -> Self {
        let (children, attempts, totals) = (BTreeMap::new(), Vec::new(), CallTotals::default());
        Self { name, parent, depth, children, attempts, totals }
    }
}

impl<'a> CostNode<'a> {
    /// What it stands for.
    #[must_use]
    pub const fn name(self) -> &'a CostName {
        &self.node.name
    }

    /// Its own attempts and all below it.
    #[must_use]
    pub const fn totals(self) -> &'a CallTotals {
        &self.node.totals
    }

    /// Its own attempts, in the order in which they ended.
    #[must_use]
    pub fn attempts(self) -> &'a [CostAttempt] {
        &self.node.attempts
    }

    /// The nodes right below it: tasks by number, actors by path.
    pub fn children(self) -> impl Iterator<Item = CostNode<'a>> {
        let Self { tree, node } = self;
        let tasks = tree.tasks.values().filter(move |_| node.name == CostName::Run);
        let places = tasks.chain(node.children.values());
        places.filter_map(move |place| Some(CostNode { tree, node: tree.nodes.get(*place)? }))
    }
}

impl fmt::Display for CostName {
    /// As tables and files write it: `run`, `task 3`, the path of an actor.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run => formatter.write_str("run"),
            Self::Task(task) => write!(formatter, "task {task}"),
            Self::Actor(path) => formatter.write_str(path.as_str()),
        }
    }
}

impl Serialize for CostTree {
    /// The run's node.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.root().serialize(serializer)
    }
}

impl Serialize for CostNode<'_> {
    /// `name`, `totals`, `attempts` and `children`, which are such nodes.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut node = serializer.serialize_struct("CostNode", 4)?;
        node.serialize_field("name", &self.name().to_string())?;
        node.serialize_field("totals", self.totals())?;
        node.serialize_field("attempts", self.attempts())?;
        node.serialize_field("children", &self.children().collect::<Vec<_>>())?;
        node.end()
    }
}

/// The paths that this one lies in, from the nearest: `a[1]/b/c` lies in `a[1]/b` and in `a[1]`.
pub(crate) fn outer_paths(path: &ActorPath) -> impl Iterator<Item = ActorPath> {
    let text = path.as_str();
    text.rmatch_indices('/').filter_map(move |(slash, _)| ActorPath::new(text.get(..slash)?).ok())
}

#[cfg(test)]
#[path = "cost_tests.rs"]
mod tests;
