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
//! let answer = testing::ready(context.ports.workspace.read("a.txt")).unwrap();
//! assert_eq!(answer, Err(PortError::Unavailable { port: "workspace" }));
//! ```

use std::sync::Arc;

use moot_core::port::{Blackboard, Caller, Memory, Modes, Outputs, Person, Ports, Skills, Team, Workspace};
use moot_core::{ActorPath, TaskId, VirtualTime};

/// What a tool may know and reach during one call. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct ToolContext {
    /// Who calls, for which task, when, as the runtime knows.
    pub caller: Caller,
    /// The team that the caller belongs to: who shares its team notes.
    pub team: moot_core::Text,
    /// The way to everything else.
    pub ports: Arc<Ports>,
}

impl ToolContext {
    /// A context for tests: task 0, call id `call`, time 0, and nobody behind any port.
    #[must_use]
    pub fn closed(agent: ActorPath) -> Self {
        let team = agent.group().into();
        let caller = Caller { agent, task: TaskId(0), call_id: "call".into(), now: VirtualTime::ZERO };
        Self { caller, team, ports: Arc::new(Ports::closed()) }
    }

    /// The same context over these files.
    #[must_use]
    pub fn with_workspace(self, workspace: Arc<dyn Workspace>) -> Self {
        self.with(|ports| ports.workspace = workspace)
    }

    /// The same context over these notes.
    #[must_use]
    pub fn with_memory(self, memory: Arc<dyn Memory>) -> Self {
        self.with(|ports| ports.memory = memory)
    }

    /// The same context over this blackboard.
    #[must_use]
    pub fn with_blackboard(self, blackboard: Arc<dyn Blackboard>) -> Self {
        self.with(|ports| ports.blackboard = blackboard)
    }

    /// The same context among these agents.
    #[must_use]
    pub fn with_team(self, team: Arc<dyn Team>) -> Self {
        self.with(|ports| ports.team = team)
    }

    /// The same context with this person to ask.
    #[must_use]
    pub fn with_person(self, person: Arc<dyn Person>) -> Self {
        self.with(|ports| ports.person = person)
    }

    /// The same context with this store of texts kept aside.
    #[must_use]
    pub fn with_outputs(self, outputs: Arc<dyn Outputs>) -> Self {
        self.with(|ports| ports.outputs = outputs)
    }

    /// The same context with these skills.
    #[must_use]
    pub fn with_skills(self, skills: Arc<dyn Skills>) -> Self {
        self.with(|ports| ports.skills = skills)
    }

    /// The same context with these permission modes.
    #[must_use]
    pub fn with_modes(self, modes: Arc<dyn Modes>) -> Self {
        self.with(|ports| ports.modes = modes)
    }

    fn with(mut self, change: impl FnOnce(&mut Ports)) -> Self {
        change(Arc::make_mut(&mut self.ports));
        self
    }
}
