//! Events: what the world did, in order. Everything people look at later is derived from them.
//!
//! An event must not hold what differs between equal runs: no wall clock, no process or actor ids of the runtime.
//!
//! ```
//! use moot_core::{ActorPath, Event, EventKind, EventSequence, VirtualTime};
//!
//! let event = Event {
//!     sequence: EventSequence(0),
//!     time: VirtualTime::ZERO,
//!     actor: ActorPath::world(),
//!     cause: None,
//!     kind: EventKind::RunStarted { scenario: "jury".into(), seed: 7, replicate: 0 },
//! };
//! assert_eq!(event.kind.name(), "run_started");
//! ```

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::port::Note;
use crate::{
    ActorPath, Approval, Brief, Decision, Failure, HookEvent, HookVerdict, Limit, Message, ModelDelta, ModelFailure,
    ModelReply, Money, Outcome, PermissionMode, Placement, Task, TaskId, Text, ToolCall, ToolResult, VirtualDuration,
    VirtualTime,
};

/// The number of an event in its run, from 0 without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventSequence(pub u64);

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its number.
    #[serde(rename = "n")]
    pub sequence: EventSequence,
    /// When it happened.
    #[serde(rename = "t")]
    pub time: VirtualTime,
    /// Whose event it is.
    #[serde(rename = "a")]
    pub actor: ActorPath,
    /// The event that led to it.
    #[serde(rename = "c")]
    pub cause: Option<EventSequence>,
    /// What happened.
    #[serde(rename = "e")]
    pub kind: EventKind,
}

/// What an actor is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the definitions")]
pub enum ActorRole {
    Agent,
    Coordinator,
    ModelGateway,
    ToolExecutor,
    MemoryStore,
    CostLedger,
    Recorder,
    Supervisor,
    Person,
    Team,
}

/// What a voter's answer counted as.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ballot {
    /// A vote for one answer.
    For(Text),
    /// A present voter who chose nothing.
    Abstained,
    /// A voter whose answer can't be counted, and why.
    Absent(Text),
    /// Answers in order, the best first; those in one inner list are equally good. Answers that it doesn't name are
    /// equally good and come last.
    Ranked(Vec<Vec<Text>>),
    /// The answers that are good enough, in the order in which they were named; the others are not.
    Approved(Vec<Text>),
    /// Answers with what each is worth, in the order in which they were named.
    Scored(Vec<(Text, f64)>),
}

impl Ballot {
    /// The one answer that it is for, when it is for one.
    #[must_use]
    pub const fn answer(&self) -> Option<&Text> {
        match self {
            Self::For(answer) => Some(answer),
            _ => None,
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// It played to its end.
    Completed,
    /// More tasks failed than the scenario tolerates.
    Failed,
    /// A limit ended it.
    Exhausted,
    /// Somebody called it off.
    Cancelled,
}

/// The kinds of event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The first event of every run.
    RunStarted {
        /// The scenario's name.
        scenario: Text,
        /// The study seed.
        seed: u64,
        /// Which replicate of the study this is.
        replicate: u32,
    },
    /// An actor is ready.
    ActorStarted {
        /// What it is for.
        role: ActorRole,
    },
    /// The run took up a task.
    TaskStarted {
        /// The task, its right answer included.
        task: Arc<Task>,
    },
    /// The actor was given something to do.
    Assigned {
        /// The task of the run that it serves.
        task: TaskId,
        /// The assigner's round.
        round: u32,
        /// Who assigned it.
        from: ActorPath,
        /// What is to be done.
        prompt: Text,
        /// What came with it: what was heard, which kind of answer is wanted.
        brief: Option<Arc<Brief>>,
    },
    /// The agent asked a model outside the world. A request to an inside model is no event: it follows from what was
    /// said before, and its reply tells when.
    ModelRequested {
        /// The task it works on.
        task: TaskId,
        /// The number of the agent's model call within the task, from 0.
        call: u32,
        /// The model asked.
        model: Text,
        /// How many messages the model was shown.
        messages: u32,
    },
    /// An attempt of a model call gave a reply.
    ModelReplied {
        /// The task.
        task: TaskId,
        /// The call.
        call: u32,
        /// The attempt within the call, from 0.
        attempt: u32,
        /// The model.
        model: Text,
        /// The reply.
        reply: ModelReply,
        /// What it cost; `None` when the price or the usage is unknown.
        cost: Option<Money>,
    },
    /// An attempt of a model call failed.
    ModelFailed {
        /// The task.
        task: TaskId,
        /// The call.
        call: u32,
        /// The attempt within the call, from 0.
        attempt: u32,
        /// The model.
        model: Text,
        /// Why.
        failure: ModelFailure,
        /// What it cost; `None` when the price or the usage is unknown.
        cost: Option<Money>,
    },
    /// The agent called a tool.
    ToolCalled {
        /// The task.
        task: TaskId,
        /// The call, arguments as the model wrote them.
        call: ToolCall,
        /// Whether the tool is computed in the world or recorded.
        placement: Placement,
    },
    /// A tool call ended.
    ToolReturned {
        /// The task.
        task: TaskId,
        /// The tool's name.
        tool: Text,
        /// The result.
        result: ToolResult,
        /// How long it took.
        latency: VirtualDuration,
    },
    /// A coordinator took note of a member's ballot.
    BallotCast {
        /// The task.
        task: TaskId,
        /// The coordinator's round.
        round: u32,
        /// Who voted.
        voter: ActorPath,
        /// What for.
        ballot: Ballot,
        /// What the ballot weighs.
        weight: f64,
    },
    /// A coordinator counted.
    Tallied {
        /// The task.
        task: TaskId,
        /// The coordinator's round.
        round: u32,
        /// What each answer got, sorted by answer: the weight of its ballots, for those that got any, or the score that
        /// the rule gives it, such as Borda points.
        counts: Vec<(Text, f64)>,
    },
    /// A coordination machine tells something of its own.
    Noted {
        /// The task.
        task: TaskId,
        /// What kind of thing, named by the pattern.
        name: Text,
        /// What it is, for readers.
        text: Text,
    },
    /// The actor answered its assignment.
    Finished {
        /// The task.
        task: TaskId,
        /// The assigner's round.
        round: u32,
        /// How it ended.
        outcome: Outcome,
    },
    /// An actor's machine panicked.
    ActorFailed {
        /// What it said.
        message: Text,
    },
    /// An actor's machine was rebuilt.
    ActorRestarted {
        /// How often this actor has been restarted, this time included.
        restarts: u32,
    },
    /// A supervisor does not restart an actor once more.
    ActorGivenUp {
        /// Why.
        failure: Failure,
    },
    /// A task of the run ended.
    TaskEnded {
        /// The task.
        task: TaskId,
        /// How.
        outcome: Outcome,
    },
    /// The last event of every run.
    RunEnded {
        /// How it ended.
        status: RunStatus,
        /// Why, when it did not complete.
        reason: Option<Text>,
    },
    /// A piece of a model's reply arrived.
    ModelStreamed {
        /// The task.
        task: TaskId,
        /// The call.
        call: u32,
        /// The attempt within the call, from 0.
        attempt: u32,
        /// The piece.
        delta: ModelDelta,
    },
    /// A failed attempt is followed by another one.
    RetryScheduled {
        /// The task.
        task: TaskId,
        /// The call.
        call: u32,
        /// The number of the coming attempt.
        attempt: u32,
        /// How long it waits.
        after: VirtualDuration,
        /// Why it is made, and why it waits so long.
        reason: Text,
    },
    /// A model call was not made because a budget would not hold it.
    BudgetRefused {
        /// The task.
        task: TaskId,
        /// Whose budget: the run, a council, an agent.
        node: Text,
        /// Which limit.
        limit: Limit,
        /// What is left and what was needed, in words.
        reason: Text,
    },
    /// It was decided whether a tool call may run.
    PermissionDecided {
        /// The task.
        task: TaskId,
        /// The call.
        call_id: Text,
        /// The tool.
        tool: Text,
        /// The decision and the rule that made it.
        decision: Decision,
    },
    /// Somebody was asked to approve a tool call.
    ApprovalRequested {
        /// The task.
        task: TaskId,
        /// The call, arguments as they would run.
        call: ToolCall,
        /// What would change, as lines with `+` and `-`; `None` when nothing can be shown.
        difference: Option<Text>,
    },
    /// The request for approval ended.
    ApprovalAnswered {
        /// The task.
        task: TaskId,
        /// The call.
        call_id: Text,
        /// What came of it.
        approval: Approval,
    },
    /// A hook ran.
    HookRan {
        /// The task, if it belongs to one.
        task: Option<TaskId>,
        /// The hook's name.
        hook: Text,
        /// When it ran.
        event: HookEvent,
        /// What it answered, or what its failure counts as.
        verdict: HookVerdict,
    },
    /// An agent's permission mode changed.
    ModeChanged {
        /// The task.
        task: TaskId,
        /// The mode from now on.
        mode: PermissionMode,
    },
    /// A text too long for the transcript was kept aside.
    OutputKept {
        /// The task.
        task: TaskId,
        /// The call that gave it.
        call_id: Text,
        /// What it is read by.
        handle: Text,
        /// The whole text.
        text: Text,
    },
    /// The transcript that the agent's model is shown was made shorter.
    Compacted {
        /// The task.
        task: TaskId,
        /// The steps that were taken, in order.
        steps: Vec<Text>,
        /// Estimated tokens before.
        tokens_before: u64,
        /// Estimated tokens after.
        tokens_after: u64,
        /// The messages of the transcript from now on.
        messages: Vec<Message>,
    },
    /// An agent started another one.
    AgentSpawned {
        /// The task.
        task: TaskId,
        /// The new agent.
        agent: ActorPath,
        /// Which declaration it is a copy of.
        kind: Text,
        /// The tools it has.
        tools: Vec<Text>,
    },
    /// An agent said something to another one.
    MessageSent {
        /// The task.
        task: TaskId,
        /// To whom.
        to: ActorPath,
        /// What.
        text: Text,
    },
    /// A person answered a question of an agent.
    PersonAnswered {
        /// The task.
        task: TaskId,
        /// The question.
        question: Text,
        /// The answer.
        answer: Text,
    },
    /// Notes of earlier runs were read from a folder: an input from the outside.
    NotesLoaded {
        /// The notes, in the order they were kept.
        notes: Vec<Note>,
    },
    /// A fault of the scenario's plan has struck.
    FaultInjected {
        /// The task that it struck, if it struck one.
        task: Option<TaskId>,
        /// The number of the fault in the plan, from 0.
        rule: u32,
        /// The name of the fault, such as `crash`.
        fault: Text,
        /// What it did, for readers.
        text: Text,
    },
    /// The actor's mailbox was full: the sender was told, and nothing was put into it.
    Overloaded {
        /// The task that the message belonged to, if it belonged to one.
        task: Option<TaskId>,
        /// Who sent it.
        from: ActorPath,
        /// The kind of message, such as `assignment`.
        message: Text,
    },
    /// A message that the actor was sent will never be taken in.
    DeadLettered {
        /// The task that the message belonged to, if it belonged to one.
        task: Option<TaskId>,
        /// The kind of message, such as `assignment`.
        message: Text,
        /// Why.
        reason: Text,
    },
    /// The actor ended and will be restarted later.
    RestartScheduled {
        /// How long is waited before.
        after: VirtualDuration,
    },
    /// The actor was stopped by its supervisor: its work rests until it is restarted, or for good.
    ActorStopped {
        /// Why.
        reason: Text,
    },
}

impl EventKind {
    /// The name used in files.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RunStarted { .. } => "run_started",
            Self::ActorStarted { .. } => "actor_started",
            Self::TaskStarted { .. } => "task_started",
            Self::Assigned { .. } => "assigned",
            Self::ModelRequested { .. } => "model_requested",
            Self::ModelReplied { .. } => "model_replied",
            Self::ModelFailed { .. } => "model_failed",
            Self::ToolCalled { .. } => "tool_called",
            Self::ToolReturned { .. } => "tool_returned",
            Self::BallotCast { .. } => "ballot_cast",
            Self::Tallied { .. } => "tallied",
            Self::Noted { .. } => "noted",
            Self::Finished { .. } => "finished",
            Self::ActorFailed { .. } => "actor_failed",
            Self::ActorRestarted { .. } => "actor_restarted",
            Self::ActorGivenUp { .. } => "actor_given_up",
            Self::TaskEnded { .. } => "task_ended",
            Self::RunEnded { .. } => "run_ended",
            Self::ModelStreamed { .. } => "model_streamed",
            Self::RetryScheduled { .. } => "retry_scheduled",
            Self::BudgetRefused { .. } => "budget_refused",
            Self::PermissionDecided { .. } => "permission_decided",
            Self::ApprovalRequested { .. } => "approval_requested",
            Self::ApprovalAnswered { .. } => "approval_answered",
            Self::HookRan { .. } => "hook_ran",
            Self::ModeChanged { .. } => "mode_changed",
            Self::OutputKept { .. } => "output_kept",
            Self::Compacted { .. } => "compacted",
            Self::AgentSpawned { .. } => "agent_spawned",
            Self::MessageSent { .. } => "message_sent",
            Self::PersonAnswered { .. } => "person_answered",
            Self::NotesLoaded { .. } => "notes_loaded",
            Self::FaultInjected { .. } => "fault_injected",
            Self::Overloaded { .. } => "overloaded",
            Self::DeadLettered { .. } => "dead_lettered",
            Self::RestartScheduled { .. } => "restart_scheduled",
            Self::ActorStopped { .. } => "actor_stopped",
        }
    }

    /// The task that the event belongs to, if it belongs to one.
    #[must_use]
    pub fn task(&self) -> Option<TaskId> {
        match self {
            Self::TaskStarted { task } => Some(task.id),
            Self::Assigned { task, .. }
            | Self::ModelRequested { task, .. }
            | Self::ModelReplied { task, .. }
            | Self::ModelFailed { task, .. }
            | Self::ToolCalled { task, .. }
            | Self::ToolReturned { task, .. }
            | Self::BallotCast { task, .. }
            | Self::Tallied { task, .. }
            | Self::Noted { task, .. }
            | Self::Finished { task, .. }
            | Self::TaskEnded { task, .. }
            | Self::ModelStreamed { task, .. }
            | Self::RetryScheduled { task, .. }
            | Self::BudgetRefused { task, .. }
            | Self::PermissionDecided { task, .. }
            | Self::ApprovalRequested { task, .. }
            | Self::ApprovalAnswered { task, .. }
            | Self::ModeChanged { task, .. }
            | Self::OutputKept { task, .. }
            | Self::Compacted { task, .. }
            | Self::AgentSpawned { task, .. }
            | Self::MessageSent { task, .. }
            | Self::PersonAnswered { task, .. } => Some(*task),
            Self::HookRan { task, .. }
            | Self::FaultInjected { task, .. }
            | Self::Overloaded { task, .. }
            | Self::DeadLettered { task, .. } => *task,
            Self::RunStarted { .. }
            | Self::ActorStarted { .. }
            | Self::ActorFailed { .. }
            | Self::ActorRestarted { .. }
            | Self::ActorGivenUp { .. }
            | Self::RestartScheduled { .. }
            | Self::ActorStopped { .. }
            | Self::RunEnded { .. }
            | Self::NotesLoaded { .. } => None,
        }
    }
}

impl RunStatus {
    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Exhausted => "exhausted",
            Self::Cancelled => "cancelled",
        }
    }
}
