//! What a tool is handed with each call: who calls, for which task, when, and the ports to the world.
//!
//! A tool must not know what is behind a port, and it has no other way out: no clock, no file system, no global.
//!
//! ```
//! use moot_core::ActorPath;
//! use moot_core::port::PortError;
//! use moot_tool::{ToolContext, testing};
//!
//! let context = ToolContext::closed(ActorPath::new("scribe").unwrap());
//! let answer = testing::ready(context.workspace.read("a.txt")).unwrap();
//! assert_eq!(answer, Err(PortError::Unavailable { port: "workspace" }));
//! ```

use std::fmt;
use std::sync::Arc;

use moot_core::port::{Closed, Memory, Workspace};
use moot_core::{ActorPath, TaskId, Text, VirtualTime};

/// What a tool may know and reach during one call. Cloning is cheap.
#[derive(Clone)]
pub struct ToolContext {
    /// The agent that calls, as the runtime knows.
    pub agent: ActorPath,
    /// The task of the run that the call serves.
    pub task: TaskId,
    /// The id of the call; unique within its assistant turn.
    pub call_id: Text,
    /// The world's time when the call began.
    pub now: VirtualTime,
    /// The files that the agent works on.
    pub workspace: Arc<dyn Workspace>,
    /// The notes that outlive a task.
    pub memory: Arc<dyn Memory>,
}

impl ToolContext {
    /// A context for tests: task 0, call id `call`, time 0, and nobody behind any port.
    #[must_use]
    pub fn closed(agent: ActorPath) -> Self {
        Self {
            agent,
            task: TaskId(0),
            call_id: "call".into(),
            now: VirtualTime::ZERO,
            workspace: Arc::new(Closed),
            memory: Arc::new(Closed),
        }
    }

    /// The same context over these files.
    #[must_use]
    pub fn with_workspace(mut self, workspace: Arc<dyn Workspace>) -> Self {
        self.workspace = workspace;
        self
    }

    /// The same context over these notes.
    #[must_use]
    pub fn with_memory(mut self, memory: Arc<dyn Memory>) -> Self {
        self.memory = memory;
        self
    }
}

impl fmt::Debug for ToolContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ToolContext")
            .field("agent", &self.agent)
            .field("task", &self.task)
            .field("call_id", &self.call_id)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}
