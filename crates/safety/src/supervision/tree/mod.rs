//! Who stands under whom: the supervisors with their children, in the order in which these are started.
//!
//! Without options there is one supervisor, `root`: everything stands under it, each child is counted by itself, and
//! what passes a limit is isolated when it is an agent or a council and ends the run when it serves them. This module
//! must not know what actors do, but for what their paths say: what serves them lies inside `world`.
//!
//! ```
//! use moot_core::ActorPath;
//! use moot_safety::supervision::{SupervisionOptions, SupervisionTree};
//!
//! let paths = ["world/tools", "juror[0]", "juror[1]", "council"].map(|path| ActorPath::new(path).unwrap());
//! let options: SupervisionOptions = serde_json::from_str(
//!     r#"{ "jury": { "strategy": "one_for_all", "children": ["juror", "council"] } }"#,
//! ).unwrap();
//! let tree = SupervisionTree::resolve(&options, &paths, &[]).unwrap();
//! assert_eq!(tree.nodes()[1].path.as_str(), "world/supervisor/jury");
//! assert_eq!(tree.nodes()[1].children.len(), 3);
//! assert_eq!(tree.nodes()[0].children.len(), 2, "root has the tools and the supervisor jury");
//! ```

mod draw;
mod names;
mod resolve;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use moot_core::ActorPath;

use super::{AtLimit, ChildSpec, Counted, RestartType, Shutdown, Strategy, SupervisorMachine, SupervisorPolicy};

pub use names::servants;

/// All supervisors of a run and what stands under them.
#[derive(Debug, Clone, PartialEq)]
pub struct SupervisionTree {
    nodes: Vec<SupervisorNode>,
    /// What started agents of a kind have that some supervisor names: where they stand and how they are supervised.
    started: BTreeMap<String, (usize, ChildSpec)>,
}

/// A supervisor.
#[derive(Debug, Clone, PartialEq)]
pub struct SupervisorNode {
    /// Its name in files: `root` at the top.
    pub name: String,
    /// Its path: `world/supervisor`, and `world/supervisor/NAME` below it.
    pub path: ActorPath,
    /// Its place among the children of its own supervisor; `None` at the top.
    pub under: Option<Under>,
    /// How it decides.
    pub policy: SupervisorPolicy,
    /// Its children in the order in which they are started; their places are the numbers that its machine uses.
    pub children: Vec<TreeChild>,
}

/// A place under a supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Under {
    /// The supervisor, by its place among [`SupervisionTree::nodes`].
    pub node: usize,
    /// The place among its children.
    pub child: usize,
}

/// A child of a supervisor.
#[derive(Debug, Clone, PartialEq)]
pub enum TreeChild {
    /// An actor.
    Actor {
        /// Its path.
        path: ActorPath,
        /// How it is supervised.
        spec: ChildSpec,
    },
    /// Another supervisor.
    Supervisor {
        /// Its place among [`SupervisionTree::nodes`], always behind its own supervisor's.
        node: usize,
        /// How it is supervised.
        spec: ChildSpec,
    },
}

impl SupervisionTree {
    /// The supervisors: `root` first, each before those below it.
    #[must_use]
    pub fn nodes(&self) -> &[SupervisorNode] {
        &self.nodes
    }

    /// The place of every actor of the tree.
    pub fn places(&self) -> impl Iterator<Item = (&ActorPath, Under)> {
        self.nodes.iter().enumerate().flat_map(|(node, supervisor)| {
            supervisor.children.iter().enumerate().filter_map(move |(child, of)| match of {
                TreeChild::Actor { path, .. } => Some((path, Under { node, child })),
                TreeChild::Supervisor { .. } => None,
            })
        })
    }

    /// Where an agent stands that another one starts, and how it is supervised: what a supervisor says of its kind, else
    /// beside the one that starts it (`parent` is that one's supervisor) and temporary.
    #[must_use]
    pub fn started(&self, parent: usize, kind: &str) -> (usize, ChildSpec) {
        let beside = || {
            let can_isolate = self.nodes.get(parent).is_some_and(|node| {
                node.policy.strategy == Strategy::OneForOne && node.policy.counted == Counted::Each
            });
            let at_limit = if can_isolate { AtLimit::Isolate } else { AtLimit::Escalate };
            let shutdown = Shutdown::WORKER;
            (parent, ChildSpec { restart: RestartType::Temporary, shutdown, significant: false, at_limit })
        };
        self.started.get(kind).copied().unwrap_or_else(beside)
    }
}

impl SupervisorNode {
    /// Its machine, before it is started.
    #[must_use]
    pub fn machine(&self) -> SupervisorMachine {
        let specs = self.children.iter().map(|child| *child.spec());
        SupervisorMachine::new(self.policy.clone(), specs.collect())
    }

    /// Its machine when all children are up already since the given time.
    #[must_use]
    pub fn running_machine(&self, since: moot_core::VirtualTime) -> SupervisorMachine {
        let specs = self.children.iter().map(|child| *child.spec());
        SupervisorMachine::running(self.policy.clone(), specs.collect(), since)
    }
}

impl TreeChild {
    /// How it is supervised.
    #[must_use]
    pub const fn spec(&self) -> &ChildSpec {
        match self {
            Self::Actor { spec, .. } | Self::Supervisor { spec, .. } => spec,
        }
    }
}
