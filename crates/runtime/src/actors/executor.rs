//! The tool executor: looks a call up, checks its arguments and runs the tool.
//!
//! An inside tool that is ready at its first poll answers at once; one that is not goes on as a task of its own in
//! the world and answers by message; an outside tool runs behind the port to the outside. A tool that panics is an
//! observation to the model, and the executor is restarted.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_util::FutureExt;
use moot_core::port::{Closed, Memory, Workspace};
use moot_core::{
    ActorPath, ActorRole, EventKind, EventSequence, Placement, TaskId, Text, ToolCall, ToolErrorCode, ToolResult,
    VirtualDuration, VirtualTime,
};
use moot_tool::{PreparedCall, ToolContext, Toolbox};
use ractor::ActorRef;
use tokio::task::JoinSet;

use crate::actors::agent::AgentMessage;
use crate::actors::body::{Inhabitant, guarded, panic_message, post};
use crate::actors::supervisor::{Resumable, SupervisorMessage};
use crate::outside::OutsideAnswer;
use crate::world::World;

/// A tool call on its way to its tool.
pub(crate) struct ToolRun {
    pub(crate) agent: ActorPath,
    pub(crate) task: TaskId,
    /// The model call that asked for it: results that come later than the turn they belong to are known by it.
    pub(crate) model_call: u32,
    pub(crate) tool_call: ToolCall,
    pub(crate) allowed: Arc<[Text]>,
    pub(crate) reply_to: ActorRef<AgentMessage>,
    pub(crate) cause: EventSequence,
}

pub(crate) enum ExecutorMessage {
    Run(Box<ToolRun>),
    /// A tool has its result, or the message of its panic.
    Done {
        run: Box<ToolRun>,
        started: VirtualTime,
        result: Result<ToolResult, String>,
    },
    Resumed,
}

pub(crate) struct ExecutorState {
    world: Arc<World>,
    path: ActorPath,
    toolbox: Arc<Toolbox>,
    workspace: Arc<dyn Workspace>,
    memory: Arc<dyn Memory>,
    latency: BTreeMap<Text, VirtualDuration>,
    running: JoinSet<()>,
    strikes: u32,
    suspended: Option<Vec<ExecutorMessage>>,
}

impl Inhabitant for ExecutorState {
    type Message = ExecutorMessage;

    fn started(&self) {
        self.world.record(&self.path, None, EventKind::ActorStarted { role: ActorRole::ToolExecutor });
    }

    fn receive(&mut self, myself: &ActorRef<ExecutorMessage>, message: ExecutorMessage) {
        match (message, &mut self.suspended) {
            (ExecutorMessage::Resumed, _) => {
                for message in self.suspended.take().unwrap_or_default() {
                    self.receive(myself, message);
                }
            }
            (message, Some(kept)) => kept.push(message),
            (ExecutorMessage::Run(run), None) => self.run(myself, run),
            (ExecutorMessage::Done { run, started, result }, None) => self.done(myself, &run, started, result),
        }
    }

    async fn stopped(&mut self) {
        self.running.shutdown().await;
    }
}

impl ExecutorState {
    pub(crate) fn new(
        world: Arc<World>,
        path: ActorPath,
        toolbox: Arc<Toolbox>,
        workspace: Arc<dyn Workspace>,
        memory: Arc<dyn Memory>,
        latency: BTreeMap<Text, VirtualDuration>,
    ) -> Self {
        let running = JoinSet::new();
        Self { world, path, toolbox, workspace, memory, latency, running, strikes: 0, suspended: None }
    }

    fn run(&mut self, myself: &ActorRef<ExecutorMessage>, mut run: Box<ToolRun>) {
        let (prepared, placement) = guarded(|| {
            let prepared = self.toolbox.prepare(&run.allowed, &run.tool_call);
            let placement = prepared.as_ref().map_or(Placement::Inside, PreparedCall::placement);
            (prepared.map_err(Ok), placement)
        })
        .unwrap_or_else(|message| (Err(Err(message)), Placement::Inside));
        let kind = EventKind::ToolCalled { task: run.task, call: run.tool_call.clone(), placement };
        run.cause = self.world.record(&run.agent, Some(run.cause), kind);
        let started = self.world.now();
        match (prepared, placement) {
            (Err(refusal), _) => self.done(myself, &run, started, refusal),
            (Ok(prepared), Placement::Inside) => self.run_inside(myself, run, prepared, started),
            (Ok(prepared), Placement::Outside) => self.run_outside(myself, run, prepared, started),
        }
    }

    fn context(&self, run: &ToolRun, now: VirtualTime) -> ToolContext {
        ToolContext {
            agent: run.agent.clone(),
            task: run.task,
            call_id: run.tool_call.id.clone(),
            now,
            workspace: Arc::clone(&self.workspace),
            memory: Arc::clone(&self.memory),
        }
    }

    fn run_inside(
        &mut self,
        myself: &ActorRef<ExecutorMessage>,
        run: Box<ToolRun>,
        prepared: PreparedCall,
        started: VirtualTime,
    ) {
        let mut future = prepared.run(self.context(&run, started));
        let polled = guarded(|| future.as_mut().poll(&mut Context::from_waker(Waker::noop())));
        match polled {
            Ok(Poll::Ready(result)) => self.done(myself, &run, started, Ok(result)),
            Err(message) => self.done(myself, &run, started, Err(message)),
            Ok(Poll::Pending) => {
                let myself = myself.clone();
                self.running.spawn(async move {
                    let result = std::panic::AssertUnwindSafe(future).catch_unwind().await;
                    let result = result.map_err(|payload| panic_message(payload.as_ref()));
                    post(&myself, ExecutorMessage::Done { run, started, result });
                });
            }
        }
    }

    /// An outside tool has no ports: what it does to the world, it does by its result.
    fn run_outside(
        &self,
        myself: &ActorRef<ExecutorMessage>,
        run: Box<ToolRun>,
        prepared: PreparedCall,
        started: VirtualTime,
    ) {
        let latency = self.latency.get(&run.tool_call.name).copied().unwrap_or(VirtualDuration::ZERO);
        let closed = Arc::new(Closed);
        let context = ToolContext { workspace: closed.clone(), memory: closed, ..self.context(&run, started) };
        let myself = myself.clone();
        self.world.submit(Box::new(move || {
            let result = guarded(|| crate::outside::block_on(prepared.run(context)));
            let deliver = Box::new(move || post(&myself, ExecutorMessage::Done { run, started, result }));
            OutsideAnswer { latency, deliver }
        }));
    }

    fn done(
        &mut self,
        myself: &ActorRef<ExecutorMessage>,
        run: &ToolRun,
        started: VirtualTime,
        result: Result<ToolResult, String>,
    ) {
        while self.running.try_join_next().is_some() {}
        let (result, crash) = match result {
            Ok(result) => (result, None),
            Err(message) => {
                let told = format!("the tool {} crashed and was restarted: {message}", run.tool_call.name);
                (ToolResult::error(&run.tool_call, ToolErrorCode::Crashed, told), Some(message))
            }
        };
        let kind = EventKind::ToolReturned {
            task: run.task,
            tool: run.tool_call.name.clone(),
            result: result.clone(),
            latency: self.world.now().since(started),
        };
        let cause = self.world.record(&run.agent, Some(run.cause), kind);
        if let Some(message) = crash {
            self.suspend(myself, message, cause);
        }
        post(&run.reply_to, AgentMessage::ToolReturned { task: run.task, call: run.model_call, result, cause });
    }

    fn suspend(&mut self, myself: &ActorRef<ExecutorMessage>, message: String, cause: EventSequence) {
        self.strikes += 1;
        let failed = EventKind::ActorFailed { message: Text::from(message.as_str()) };
        let cause = self.world.record(&self.path, Some(cause), failed);
        self.suspended = Some(Vec::new());
        self.world.tell_supervisor(SupervisorMessage::Failed {
            who: self.path.clone(),
            role: ActorRole::ToolExecutor,
            strikes: self.strikes,
            message,
            resume: Resumable::Executor(myself.clone()),
            cause,
        });
    }
}
