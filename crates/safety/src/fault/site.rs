//! Where a fault may strike: what the runtime is about to do, named by who and what takes part.
//!
//! It must not know faults.
//!
//! ```
//! use moot_core::ActorPath;
//! use moot_safety::fault::{Site, SiteKind};
//!
//! let agent = ActorPath::new("clerk").unwrap();
//! let site = Site::ToolCall { tool: "read_file", agent: &agent };
//! assert_eq!(site.kind(), SiteKind::ToolCall);
//! assert_eq!(site.address(), "tool_call read_file clerk");
//! ```

use moot_core::ActorPath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When within an agent's step something happens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// It is about to ask its model.
    BeforeModel,
    /// It has asked, and the answer is out.
    DuringModel,
    /// It has just been handed the answer.
    AfterModel,
}

/// What participants send each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// Something to be done.
    Assignment,
    /// What came of an assignment.
    Answer,
    /// What one agent tells another.
    Told,
}

/// What is about to happen. The runtime shows it once for each time that it happens: that is a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site<'a> {
    /// An agent takes a step.
    AgentStep {
        /// Whose step.
        agent: &'a ActorPath,
        /// When within it.
        moment: Moment,
    },
    /// An attempt of a model call is made, retries included.
    ModelAttempt {
        /// The model's name.
        model: &'a str,
        /// Who asks.
        agent: &'a ActorPath,
    },
    /// An attempt gave a reply, which is about to be handed on.
    ModelReply {
        /// The model's name.
        model: &'a str,
        /// Who asked.
        agent: &'a ActorPath,
        /// How many tools it calls.
        calls: usize,
    },
    /// A tool is about to run.
    ToolCall {
        /// The tool's name.
        tool: &'a str,
        /// Who calls it.
        agent: &'a ActorPath,
    },
    /// A message is about to be delivered.
    Message {
        /// From whom.
        from: &'a ActorPath,
        /// To whom.
        to: &'a ActorPath,
        /// What kind of message.
        kind: MessageKind,
    },
    /// The memory store has written something down and is about to say so.
    MemoryWrite {
        /// Who writes.
        agent: &'a ActorPath,
    },
    /// The ledger holds what an attempt may take and is about to settle what it took.
    LedgerSettle {
        /// Whose attempt.
        agent: &'a ActorPath,
    },
    /// A council's machine is about to take in an answer or a timer.
    CouncilStep {
        /// Which council.
        council: &'a ActorPath,
    },
    /// A supervisor is about to act.
    Supervisor {
        /// Its path.
        path: &'a ActorPath,
    },
    /// A hook is about to be asked.
    Hook {
        /// Its name.
        hook: &'a str,
    },
    /// A person is about to be asked by an agent.
    Person {
        /// Who asks.
        agent: &'a ActorPath,
    },
    /// An actor is about to take in a message.
    Handle {
        /// Which actor.
        actor: &'a ActorPath,
    },
    /// The run goes on: shown at every event and at the times of [`FaultPlan::wakes`](super::FaultPlan::wakes).
    Progress,
}

/// A [`Site`] without who takes part: what the hot path asks by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of Site, where they are explained")]
pub enum SiteKind {
    AgentStep,
    ModelAttempt,
    ModelReply,
    ToolCall,
    Message,
    MemoryWrite,
    LedgerSettle,
    CouncilStep,
    Supervisor,
    Hook,
    Person,
    Handle,
    Progress,
}

impl Moment {
    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BeforeModel => "before_model",
            Self::DuringModel => "during_model",
            Self::AfterModel => "after_model",
        }
    }
}

impl MessageKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Assignment, Self::Answer, Self::Told];

    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Assignment => "assignment",
            Self::Answer => "answer",
            Self::Told => "told",
        }
    }
}

impl Site<'_> {
    /// What kind of site it is.
    #[must_use]
    pub const fn kind(&self) -> SiteKind {
        match self {
            Self::AgentStep { .. } => SiteKind::AgentStep,
            Self::ModelAttempt { .. } => SiteKind::ModelAttempt,
            Self::ModelReply { .. } => SiteKind::ModelReply,
            Self::ToolCall { .. } => SiteKind::ToolCall,
            Self::Message { .. } => SiteKind::Message,
            Self::MemoryWrite { .. } => SiteKind::MemoryWrite,
            Self::LedgerSettle { .. } => SiteKind::LedgerSettle,
            Self::CouncilStep { .. } => SiteKind::CouncilStep,
            Self::Supervisor { .. } => SiteKind::Supervisor,
            Self::Hook { .. } => SiteKind::Hook,
            Self::Person { .. } => SiteKind::Person,
            Self::Handle { .. } => SiteKind::Handle,
            Self::Progress => SiteKind::Progress,
        }
    }

    /// What tells this site from every other: its visits are counted and its draws are addressed by it. How many tools a
    /// reply calls is no part of it.
    #[must_use]
    pub fn address(&self) -> String {
        let name = self.kind().as_str();
        match self {
            Self::AgentStep { agent, moment } => format!("{name} {} {agent}", moment.as_str()),
            Self::ModelAttempt { model, agent } | Self::ModelReply { model, agent, .. } => {
                format!("{name} {model} {agent}")
            }
            Self::ToolCall { tool, agent } => format!("{name} {tool} {agent}"),
            Self::Message { from, to, kind } => format!("{name} {} {from} {to}", kind.as_str()),
            Self::MemoryWrite { agent: path }
            | Self::LedgerSettle { agent: path }
            | Self::CouncilStep { council: path }
            | Self::Supervisor { path }
            | Self::Person { agent: path }
            | Self::Handle { actor: path } => format!("{name} {path}"),
            Self::Hook { hook } => format!("{name} {hook}"),
            Self::Progress => name.to_owned(),
        }
    }
}

impl SiteKind {
    /// The name used in addresses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AgentStep => "agent_step",
            Self::ModelAttempt => "model_attempt",
            Self::ModelReply => "model_reply",
            Self::ToolCall => "tool_call",
            Self::Message => "message",
            Self::MemoryWrite => "memory_write",
            Self::LedgerSettle => "ledger_settle",
            Self::CouncilStep => "council_step",
            Self::Supervisor => "supervisor",
            Self::Hook => "hook",
            Self::Person => "person",
            Self::Handle => "handle",
            Self::Progress => "progress",
        }
    }

    /// A bit of its own.
    pub(crate) const fn bit(self) -> u16 {
        1 << (self as u16)
    }
}
