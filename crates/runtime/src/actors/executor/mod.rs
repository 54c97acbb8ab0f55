//! The tool executor: takes every tool call on its way, from looking the tool up to the observation.
//!
//! What comes next on that way is decided by one [`CallFlow`] machine per call; the executor carries it out: it has the
//! call checked by the toolbox, judged by the agent's rights, seen by the hooks, approved by a person, held back while
//! others use the same things, and run. A tool that panics is an observation to the model, and the executor is
//! restarted. It decides nothing itself.

mod call;
mod faults;
mod held;
mod plain;
mod preview;
mod run;
mod timer;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use moot_core::port::Ports;
use moot_core::{
    ActorPath, ActorRole, Approval, EventKind, EventSequence, TaskId, Text, ToolCall, ToolResult, VirtualDuration,
};
use moot_mind::claims::ClaimTable;
use moot_mind::flow::{FlowEffect, FlowInput};
use moot_tool::Toolbox;
use tokio::task::JoinSet;

use crate::actors::address::{Address, Order};
use crate::actors::agent::AgentMessage;
use crate::actors::body::{Inhabitant, serve};
use crate::actors::person::PersonMessage;
use crate::desk::Desk;
use crate::hooks::{HookAnswer, HookSet};
use crate::world::World;
use call::Call;
use faults::Spoil;
use held::Held;

/// A tool call on its way to its tool.
pub(crate) struct ToolRun {
    pub(crate) desk: Arc<Desk>,
    pub(crate) task: TaskId,
    /// The model call that asked for it: results that come later than the turn they belong to are known by it.
    pub(crate) model_call: u32,
    pub(crate) tool_call: ToolCall,
    /// How long the call may take; without end when `None`.
    pub(crate) timeout: Option<VirtualDuration>,
    /// How many calls of its agent may run at once.
    pub(crate) at_once_max: u32,
    /// The agent's number, by which its calls are counted.
    pub(crate) agent_number: u32,
    pub(crate) reply_to: Address<AgentMessage>,
    pub(crate) cause: EventSequence,
}

/// What a scenario says of a tool beside its own options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ToolSettings {
    /// How long a call takes in virtual time: an inside tool does its work when so much has passed.
    pub latency: VirtualDuration,
    /// How long a call may take in virtual time, waiting for other calls included and for a person's approval not; the
    /// agent's own limit when `None`.
    pub timeout: Option<VirtualDuration>,
}

pub(crate) enum ExecutorMessage {
    Run(Box<ToolRun>),
    HookAnswered {
        number: u64,
        hook: usize,
        answer: HookAnswer,
    },
    /// What a call would change is known, for a person to look at.
    Previewed {
        number: u64,
        difference: Option<Text>,
    },
    Approved {
        number: u64,
        approval: Approval,
        cause: EventSequence,
    },
    /// The latency of an inside tool has passed.
    Due {
        number: u64,
    },
    /// A tool has its result, or the message of its panic.
    Done {
        number: u64,
        result: Result<ToolResult, String>,
    },
    TimedOut {
        number: u64,
        /// Which timer of the call.
        round: u32,
    },
    /// An agent does not wait for the calls of a turn any more.
    Withdrawn {
        agent_number: u32,
        task: TaskId,
        reason: Text,
    },
}

/// What an executor works with.
pub(crate) struct Bench {
    pub(crate) toolbox: Arc<Toolbox>,
    pub(crate) ports: Arc<Ports>,
    pub(crate) settings: BTreeMap<Text, ToolSettings>,
    pub(crate) hooks: Arc<HookSet>,
    pub(crate) person: Address<PersonMessage>,
}

pub(crate) struct ExecutorState {
    world: Arc<World>,
    path: ActorPath,
    bench: Bench,
    calls: BTreeMap<u64, Call>,
    /// The agents of which a call is under way that changes their permission mode, once for each call.
    changing: Vec<u32>,
    /// Calls that wait for a change of their agent's permission mode.
    held: Vec<Held>,
    next: u64,
    claims: ClaimTable,
    /// Calls that were admitted and are still to be told, so that one that ends does not run the next within itself.
    ready: VecDeque<u64>,
    /// Kept for its capacity.
    effects: Vec<FlowEffect>,
    running: JoinSet<()>,
    /// What becomes of results that are still to come, by the calls' numbers.
    spoilt: BTreeMap<u64, Spoil>,
    strikes: u32,
    #[cfg(feature = "planted-bugs")]
    timed_out_calls: BTreeMap<u64, Call>,
}

impl Inhabitant for ExecutorState {
    type Message = ExecutorMessage;

    fn world(&self) -> Option<&Arc<World>> {
        Some(&self.world)
    }

    fn started(&self) {
        self.world.record(&self.path, None, EventKind::ActorStarted { role: ActorRole::ToolExecutor });
    }

    fn ordered(&mut self, myself: &Address<ExecutorMessage>, order: Order) {
        serve(&self.world, myself, order);
    }

    fn receive(&mut self, myself: &Address<ExecutorMessage>, message: ExecutorMessage) {
        self.take(myself, message);
        self.tell_admitted(myself);
    }

    async fn stopped(&mut self) {
        self.running.shutdown().await;
    }
}

impl ExecutorState {
    pub(crate) fn new(world: Arc<World>, path: ActorPath, bench: Bench) -> Self {
        Self {
            world,
            path,
            bench,
            calls: BTreeMap::new(),
            changing: Vec::new(),
            held: Vec::new(),
            next: 0,
            claims: ClaimTable::default(),
            ready: VecDeque::new(),
            effects: Vec::new(),
            running: JoinSet::new(),
            spoilt: BTreeMap::new(),
            strikes: 0,
            #[cfg(feature = "planted-bugs")]
            timed_out_calls: BTreeMap::new(),
        }
    }

    fn take(&mut self, myself: &Address<ExecutorMessage>, message: ExecutorMessage) {
        match message {
            ExecutorMessage::Run(run) => self.take_up(myself, *run),
            ExecutorMessage::HookAnswered { number, hook, answer } => {
                let input = self.hook_answered(number, hook, answer);
                self.feed_some(myself, number, input);
            }
            ExecutorMessage::Previewed { number, difference } => {
                let input = self.previewed(myself, number, difference);
                self.feed_some(myself, number, input);
            }
            ExecutorMessage::Approved { number, approval, cause } => self.approved(myself, number, approval, cause),
            ExecutorMessage::Due { number } => {
                let input = self.work(myself, number);
                self.feed_some(myself, number, input);
            }
            ExecutorMessage::Done { number, result } => {
                let input = self.done(myself, number, result);
                self.feed_some(myself, number, input);
            }
            ExecutorMessage::TimedOut { number, round } => self.timed_out(myself, number, round),
            ExecutorMessage::Withdrawn { agent_number, task, reason } => {
                let of_turn = |call: &Call| call.run.agent_number == agent_number && call.run.task == task;
                self.withdraw_held(agent_number, task, &reason);
                let open: Vec<u64> =
                    self.calls.iter().filter(|(_, call)| of_turn(call)).map(|(number, _)| *number).collect();
                for number in open {
                    self.feed(myself, number, FlowInput::Cancelled { reason: reason.clone() });
                }
            }
        }
    }

    /// Tells the calls that were admitted that they may run.
    fn tell_admitted(&mut self, myself: &Address<ExecutorMessage>) {
        while let Some(number) = self.ready.pop_front() {
            self.feed(myself, number, FlowInput::Admitted);
        }
    }

    /// A tool panicked: that is the result of its call, and concerns no other.
    fn contain(&mut self, message: String, cause: EventSequence) {
        self.strikes += 1;
        #[cfg(feature = "planted-bugs")]
        if moot_core::planted::is_on(moot_core::planted::Planted::LostReply) {
            self.calls.pop_last();
        }
        let failed = EventKind::ActorFailed { message: Text::from(message) };
        let cause = self.world.record(&self.path, Some(cause), failed);
        self.world.record(&self.path, Some(cause), EventKind::ActorRestarted { restarts: self.strikes });
    }
}
