//! What an agent is made of and told: its messages, what the agents of one declaration share, and what one has for
//! itself.
//!
//! This module must not know what an agent does with any of it.

use std::sync::Arc;

use moot_core::port::Note;
use moot_core::random::RandomKey;
use moot_core::{
    ActorPath, Bill, EventSequence, Limit, ModelDelta, ModelFailure, ModelReply, Placement, TaskId, Text, ToolResult,
    ToolSpec, Transcript,
};
use moot_mind::TurnOptions;
use moot_mind::policy::Rights;

use super::compact::CompactionPlan;
use crate::actors::address::Address;
use crate::actors::executor::ExecutorMessage;
use crate::actors::gateway::{Errand, GatewayMessage};
use crate::actors::memory::MemoryMessage;
use crate::actors::participant::{Budgets, Delivery, Withdrawal};
use crate::actors::team::TeamMessage;
use crate::hooks::{HookAnswer, HookSet};
use crate::spec::PromptPlan;

pub(crate) enum AgentMessage {
    Assigned(Delivery),
    ModelAnswered {
        ask: u64,
        attempt: u32,
        answer: Result<ModelReply, ModelFailure>,
        /// What its attempts took.
        bill: Bill,
        /// Whether as many attempts were made at this call as may be.
        was_last: bool,
        cause: EventSequence,
    },
    /// A piece of the reply to the last model call has come.
    Streamed {
        ask: u64,
        delta: ModelDelta,
        cause: EventSequence,
    },
    /// The attempt of which pieces had come has failed; another one follows.
    StreamFailed {
        ask: u64,
        cause: EventSequence,
    },
    /// A budget does not hold a further model call.
    BudgetRefused {
        ask: u64,
        errand: Errand,
        limit: Limit,
        cause: EventSequence,
    },
    /// The model that summarises has answered.
    Summarised {
        ask: u64,
        attempt: u32,
        answer: Result<ModelReply, ModelFailure>,
        bill: Bill,
        cause: EventSequence,
    },
    ToolReturned {
        task: TaskId,
        call: u32,
        result: ToolResult,
        cause: EventSequence,
    },
    HookAnswered {
        token: u64,
        hook: usize,
        answer: HookAnswer,
    },
    /// The notes for the prompt.
    Reminded {
        token: u64,
        notes: Vec<Note>,
        cause: EventSequence,
    },
    /// A teammate said something about a task.
    Told {
        task: TaskId,
        from: ActorPath,
        text: Text,
        cause: EventSequence,
    },
    /// The time for the assignment is over.
    DeadlinePassed {
        token: u64,
        cause: EventSequence,
    },
    Cancelled(Withdrawal),
}

/// What the agents of one declaration share.
#[derive(Clone)]
pub(crate) struct AgentKind {
    pub(crate) gateway: Address<GatewayMessage>,
    pub(crate) executor: Address<ExecutorMessage>,
    pub(crate) memory: Address<MemoryMessage>,
    pub(crate) team_actor: Address<TeamMessage>,
    pub(crate) model_name: Text,
    pub(crate) model_placement: Placement,
    pub(crate) tools: Arc<[Text]>,
    pub(crate) tool_specs: Arc<[ToolSpec]>,
    pub(crate) prompt: Arc<PromptPlan>,
    pub(crate) limits: TurnOptions,
    pub(crate) keep_transcript: bool,
    pub(crate) group: Text,
    pub(crate) group_random: RandomKey,
    pub(crate) hooks: Arc<HookSet>,
    pub(crate) rights: Rights,
    pub(crate) spawns: Arc<[Text]>,
    pub(crate) skills: Arc<[Text]>,
    /// The one that it declares, else the agents declared together.
    pub(crate) team: Text,
    /// Whether it declares its team: else a started agent is in that of who started it.
    pub(crate) declares_team: bool,
    pub(crate) compaction: Option<Arc<CompactionPlan>>,
    /// What its model calls are held against, beside what its assigner's are.
    pub(crate) budgets: Budgets,
}

/// What one agent has for itself.
pub(crate) struct AgentSeat {
    pub(crate) path: ActorPath,
    /// Its number in the ledger.
    pub(crate) number: u32,
    pub(crate) address: Text,
    pub(crate) random: RandomKey,
    pub(crate) history: Transcript,
    pub(crate) panics_at: Vec<u64>,
}

impl AgentKind {
    /// The same declaration with fewer tools.
    pub(crate) fn with_tools(&self, tools: Arc<[Text]>) -> Self {
        let tool_specs = self.tool_specs.iter().filter(|spec| tools.contains(&spec.name)).cloned().collect();
        Self { tools, tool_specs, ..self.clone() }
    }
}
