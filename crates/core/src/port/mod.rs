//! Ports: the traits through which tools reach a world. The runtime implements them with messages and stores.
//!
//! A tool never holds a store itself; it is handed ports in its context. So the same tool works over an in-memory
//! workspace and over any other, and a test can put a double behind a port. Who calls is stamped by the runtime in a
//! [`Caller`], so that no tool can speak for another agent.
//!
//! ```
//! use moot_core::port::{PortError, PortFuture, Workspace};
//!
//! struct Empty;
//! impl Workspace for Empty {
//!     fn read<'a>(&'a self, path: &'a str) -> PortFuture<'a, String> {
//!         Box::pin(async move { Err(PortError::NotFound { what: path.to_owned() }) })
//!     }
//!     fn write<'a>(&'a self, _path: &'a str, _content: String) -> PortFuture<'a, ()> {
//!         Box::pin(async { Err(PortError::Denied { reason: "read only".into() }) })
//!     }
//!     fn replace<'a>(&'a self, _path: &'a str, _old: &'a str, _new: String) -> PortFuture<'a, ()> {
//!         Box::pin(async { Err(PortError::Denied { reason: "read only".into() }) })
//!     }
//!     fn list<'a>(&'a self) -> PortFuture<'a, Vec<String>> {
//!         Box::pin(async { Ok(Vec::new()) })
//!     }
//! }
//! ```

use std::future::Future;
use std::pin::Pin;

mod closed;
mod memory;
mod team;

use std::sync::Arc;

use crate::{ActorPath, PermissionMode, TaskId, Text, VirtualTime};

pub use closed::Closed;
pub use memory::{Blackboard, Entry, Memory, Note, NoteKind, NoteScope, RecallQuery, Remembered};
pub use team::{Person, SpawnRequest, Team, Teammate, TeammateState, WaitFor};

/// What a port answers with, sooner or later.
pub type PortFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, PortError>> + Send + 'a>>;

/// Why a port did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// What was asked for is not there.
    #[error("there is no {what}")]
    NotFound {
        /// What was looked for.
        what: String,
    },
    /// What is there is not what the caller thought.
    #[error("{reason}")]
    Conflict {
        /// What differs.
        reason: String,
    },
    /// The port refuses.
    #[error("{reason}")]
    Denied {
        /// Why.
        reason: String,
    },
    /// A documented limit would be passed.
    #[error("{reason}")]
    Limit {
        /// Which limit, and what was asked.
        reason: String,
    },
    /// Nobody is behind the port.
    #[error("no {port} is available here")]
    Unavailable {
        /// The name of the port.
        port: &'static str,
    },
}

/// Files by relative path.
pub trait Workspace: Send + Sync {
    /// The whole text of a file.
    fn read<'a>(&'a self, path: &'a str) -> PortFuture<'a, String>;
    /// Creates or replaces a file.
    fn write<'a>(&'a self, path: &'a str, content: String) -> PortFuture<'a, ()>;
    /// Replaces a file's text by `new` if it still is `old`, else answers [`PortError::Conflict`].
    fn replace<'a>(&'a self, path: &'a str, old: &'a str, new: String) -> PortFuture<'a, ()>;
    /// The paths of all files, sorted.
    fn list<'a>(&'a self) -> PortFuture<'a, Vec<String>>;
}

/// Who uses a port, as the runtime knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The agent.
    pub agent: ActorPath,
    /// The task of the run that the call serves.
    pub task: TaskId,
    /// The id of the tool call; unique in the agent's transcript.
    pub call_id: Text,
    /// The world's time when the call began.
    pub now: VirtualTime,
}

/// A part of a text that was kept aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputPart {
    /// The characters asked for.
    pub text: String,
    /// How many characters the whole text has.
    pub total_characters: u64,
}

/// Texts too long for a transcript, or cleared out of one, kept whole by handle.
pub trait Outputs: Send + Sync {
    /// Keeps a text; the same text always has the same handle.
    fn keep(&self, text: &str) -> Text;
    /// A part of a kept text, counted in characters from 0.
    fn read<'a>(&'a self, handle: &'a str, offset: u64, limit: u64) -> PortFuture<'a, OutputPart>;
}

/// The skills that an agent may load.
pub trait Skills: Send + Sync {
    /// The body of a skill that the caller was given.
    fn body<'a>(&'a self, caller: &'a Caller, name: &'a str) -> PortFuture<'a, Text>;
}

/// The permission mode of an agent, which its very next call is judged by.
pub trait Modes: Send + Sync {
    /// The caller's mode.
    fn mode(&self, caller: &Caller) -> PermissionMode;
    /// Changes the caller's mode. An agent that was spawned is held by its parent's rights all the same.
    fn set_mode<'a>(&'a self, caller: &'a Caller, mode: PermissionMode) -> PortFuture<'a, ()>;
}

/// Every port of a world.
#[derive(Clone)]
pub struct Ports {
    /// The files.
    pub workspace: Arc<dyn Workspace>,
    /// The notes that outlive a task.
    pub memory: Arc<dyn Memory>,
    /// What agents share while they work.
    pub blackboard: Arc<dyn Blackboard>,
    /// The other agents.
    pub team: Arc<dyn Team>,
    /// The person who may be asked.
    pub person: Arc<dyn Person>,
    /// Texts kept aside.
    pub outputs: Arc<dyn Outputs>,
    /// The skills.
    pub skills: Arc<dyn Skills>,
    /// The permission modes.
    pub modes: Arc<dyn Modes>,
}

impl Ports {
    /// Nobody behind any port.
    #[must_use]
    pub fn closed() -> Self {
        let closed = Arc::new(Closed);
        Self {
            workspace: closed.clone(),
            memory: closed.clone(),
            blackboard: closed.clone(),
            team: closed.clone(),
            person: closed.clone(),
            outputs: closed.clone(),
            skills: closed.clone(),
            modes: closed,
        }
    }
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Ports").finish_non_exhaustive()
    }
}
