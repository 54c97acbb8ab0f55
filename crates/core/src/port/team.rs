//! The ports to others: the agents that an agent starts and talks to, and the person who may be asked.
//!
//! This module must not know how agents live or where a person sits.
//!
//! ```
//! use moot_core::port::{SpawnRequest, WaitFor};
//!
//! let request = SpawnRequest { kind: "researcher".into(), prompt: "Find the date.".into(), ..SpawnRequest::default() };
//! assert_eq!((request.tools, WaitFor::default()), (None, WaitFor::All));
//! ```

use serde::{Deserialize, Serialize};

use super::{Caller, PortFuture};
use crate::{ActorPath, Outcome, PermissionMode, Text, VirtualDuration};

/// An agent to be started by another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpawnRequest {
    /// Which of the declared agents it is a copy of.
    pub kind: Text,
    /// What it is to do.
    pub prompt: Text,
    /// The tools it is to have: never more than its declaration and the caller have; all of those when left out.
    pub tools: Option<Vec<Text>>,
    /// The permission mode it starts in; its declaration's when left out. The caller's rights hold all the same.
    pub mode: Option<PermissionMode>,
}

/// What a wait is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitFor {
    /// For all of them.
    #[default]
    All,
    /// For the first that ends.
    First,
}

/// How far a spawned agent has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TeammateState {
    /// It works.
    Working,
    /// It has answered, failed, died or was stopped.
    Ended(Outcome),
}

/// A spawned agent as its parent sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Teammate {
    /// Its path, by which it is addressed.
    pub agent: ActorPath,
    /// How far it has come.
    pub state: TeammateState,
}

/// The other agents. Names are paths, or the last part of the path of one of the caller's own children.
pub trait Team: Send + Sync {
    /// Starts an agent that works on its own; answers its path at once.
    fn spawn<'a>(&'a self, caller: &'a Caller, request: SpawnRequest) -> PortFuture<'a, ActorPath>;
    /// Says something to another agent: it reads it before its next model call. With `None` to all of the caller's
    /// teammates: its parent, its children, and the other children of its parent. Answers who was told.
    fn send<'a>(&'a self, caller: &'a Caller, to: Option<&'a str>, text: Text) -> PortFuture<'a, Vec<ActorPath>>;
    /// Waits for children of the caller (all of them when none are named). Answers what is known of each, in the order
    /// of the names, when the wait is over or the deadline has passed.
    fn wait<'a>(
        &'a self,
        caller: &'a Caller,
        who: Vec<Text>,
        wait_for: WaitFor,
        deadline: Option<VirtualDuration>,
    ) -> PortFuture<'a, Vec<Teammate>>;
    /// Stops a child of the caller and everything that it started.
    fn stop<'a>(&'a self, caller: &'a Caller, who: &'a str) -> PortFuture<'a, ()>;
}

/// A person who can be asked.
pub trait Person: Send + Sync {
    /// Asks a question; with choices, the answer is one of them.
    fn ask<'a>(&'a self, caller: &'a Caller, question: &'a str, choices: &'a [Text]) -> PortFuture<'a, Text>;
}
