//! An agent: the body around one [`Turn`] machine per open task.
//!
//! It does one assignment at a time, in the order they come; it never waits: replies and results are messages, so a
//! cancel is always seen. A panic of the machine is caught here; the supervisor's word then rebuilds the machine from
//! its last checkpoint, and the mailbox is kept.

use std::collections::VecDeque;
use std::sync::Arc;

use moot_core::random::RandomKey;
use moot_core::{
    ActorPath, ActorRole, Assignment, EventKind, EventSequence, FailureKind, ModelFailure, ModelFailureKind,
    ModelReply, Outcome, Placement, TaskId, Text, ToolResult, ToolSpec, Transcript,
};
use moot_mind::{Turn, TurnEffect, TurnInput, TurnOptions, Waiting};
use moot_model::ModelRequest;
use ractor::ActorRef;
use tokio::sync::mpsc::UnboundedSender;

use crate::actors::body::{Inhabitant, guarded, post};
use crate::actors::executor::{ExecutorMessage, ToolRun};
use crate::actors::gateway::{Asked, GatewayMessage};
use crate::actors::participant::{Delivery, ReplyTo, Wait};
use crate::actors::supervisor::{Resumable, SupervisorMessage, Verdict};
use crate::world::World;

pub(crate) enum AgentMessage {
    Assigned(Delivery),
    ModelAnswered { task: TaskId, call: u32, answer: Result<ModelReply, ModelFailure>, cause: EventSequence },
    ToolReturned { task: TaskId, call: u32, result: ToolResult, cause: EventSequence },
    Cancelled { reply_to: ReplyTo, reason: Text, cause: EventSequence },
    Resumed(Verdict),
    Inspected(UnboundedSender<Wait>),
}

/// What the agents of one declaration share.
pub(crate) struct AgentKind {
    pub(crate) gateway: ActorRef<GatewayMessage>,
    pub(crate) executor: ActorRef<ExecutorMessage>,
    pub(crate) model_name: Text,
    pub(crate) model_placement: Placement,
    pub(crate) tools: Arc<[Text]>,
    pub(crate) tool_specs: Arc<[ToolSpec]>,
    pub(crate) instructions: Option<Text>,
    pub(crate) limits: TurnOptions,
    pub(crate) keep_transcript: bool,
    pub(crate) group: Text,
    pub(crate) group_random: RandomKey,
}

pub(crate) struct AgentState {
    world: Arc<World>,
    kind: Arc<AgentKind>,
    path: ActorPath,
    /// Its number in the ledger.
    number: u32,
    random: RandomKey,
    /// The machines of the tasks that may still be asked about.
    turns: Vec<(TaskId, Turn)>,
    /// What it remembers when no machine holds a transcript.
    history: Arc<Transcript>,
    current: Option<Box<Current>>,
    queue: VecDeque<Delivery>,
    /// Messages that came while the supervisor was asked; `None` when all is well.
    suspended: Option<Vec<AgentMessage>>,
    /// Kept for its capacity.
    effects: Vec<TurnEffect>,
    steps: u64,
    panics_at: Box<[u64]>,
}

/// The assignment it works on.
struct Current {
    assignment: Assignment,
    reply_to: ReplyTo,
    /// The call that its model is asked or its tools are run for.
    call: u32,
    /// How often it had to be taken up again.
    strikes: u32,
    crash: Option<Text>,
    /// A cancel that the machine panicked at; it is fed again after a restart.
    cancelled: Option<Text>,
}

/// How often an agent takes one assignment up again after a crash.
pub(crate) const RETAKES_MAX: u32 = 2;

impl Inhabitant for AgentState {
    type Message = AgentMessage;

    fn started(&self) {
        self.world.record(&self.path, None, EventKind::ActorStarted { role: ActorRole::Agent });
    }

    fn receive(&mut self, myself: &ActorRef<AgentMessage>, message: AgentMessage) {
        match (message, &mut self.suspended) {
            (AgentMessage::Resumed(verdict), _) => self.resume(myself, verdict),
            (AgentMessage::Inspected(answer), _) => self.tell_waits(&answer),
            (message, Some(kept)) => kept.push(message),
            (AgentMessage::Assigned(delivery), None) => {
                if self.current.is_some() {
                    self.queue.push_back(delivery);
                } else {
                    self.begin(myself, delivery);
                }
            }
            (AgentMessage::ModelAnswered { task, call, answer, cause }, None) => {
                if self.is_open(task, call) {
                    self.model_answered(myself, answer, cause);
                }
            }
            (AgentMessage::ToolReturned { task, call, result, cause }, None) => {
                if self.is_open(task, call) {
                    self.feed(myself, TurnInput::ToolReturned(result), cause);
                }
            }
            (AgentMessage::Cancelled { reply_to, reason, cause }, None) => {
                self.cancel(myself, &reply_to, reason, cause);
            }
        }
    }
}

impl AgentState {
    pub(crate) fn new(
        world: Arc<World>,
        kind: Arc<AgentKind>,
        path: ActorPath,
        number: u32,
        random: RandomKey,
        history: Transcript,
        panics_at: Vec<u64>,
    ) -> Self {
        Self {
            world,
            kind,
            path,
            number,
            random,
            turns: Vec::new(),
            history: Arc::new(history),
            current: None,
            queue: VecDeque::new(),
            suspended: None,
            effects: Vec::new(),
            steps: 0,
            panics_at: panics_at.into(),
        }
    }

    /// Whether an answer belongs to what is being worked on; anything else is late.
    fn is_open(&self, task: TaskId, call: u32) -> bool {
        self.current.as_ref().is_some_and(|current| current.assignment.task.id == task && current.call == call)
    }

    fn begin(&mut self, myself: &ActorRef<AgentMessage>, delivery: Delivery) {
        let Delivery { assignment, reply_to, cause } = delivery;
        let task = assignment.task.id;
        let cause = self.world.record(
            &self.path,
            Some(cause),
            EventKind::Assigned {
                task,
                round: assignment.round,
                from: assignment.from.clone(),
                prompt: assignment.prompt.clone(),
            },
        );
        self.make_turn(task, assignment.oldest_open);
        let input = TurnInput::Assigned(assignment.clone());
        self.current =
            Some(Box::new(Current { assignment, reply_to, call: 0, strikes: 0, crash: None, cancelled: None }));
        self.feed(myself, input, cause);
    }

    /// Sees to it that there is a machine for the task, and lets go of those nobody can ask about any more.
    fn make_turn(&mut self, task: TaskId, oldest_open: TaskId) {
        if self.kind.keep_transcript
            && let Some((_, turn)) = self.turns.last()
        {
            self.history = Arc::clone(turn.transcript());
        }
        self.turns.retain(|(open, _)| *open >= oldest_open);
        if self.turns.iter().any(|(open, _)| *open == task) {
            return;
        }
        let limits = self.kind.limits;
        let turn = if self.history.is_empty() {
            Turn::new(limits, self.kind.instructions.clone())
        } else {
            Turn::resuming(limits, Arc::clone(&self.history), 0)
        };
        self.turns.push((task, turn));
    }

    fn model_answered(
        &mut self,
        myself: &ActorRef<AgentMessage>,
        answer: Result<ModelReply, ModelFailure>,
        cause: EventSequence,
    ) {
        match answer {
            Ok(reply) => self.feed(myself, TurnInput::ModelReplied(reply), cause),
            Err(failure) if failure.kind == ModelFailureKind::Crashed => {
                let Some(current) = &mut self.current else { return };
                current.strikes += 1;
                if current.strikes <= RETAKES_MAX {
                    self.feed(myself, TurnInput::Restarted, cause);
                } else {
                    current.crash = Some(failure.message.clone());
                    self.feed(myself, TurnInput::ModelFailed(failure), cause);
                }
            }
            Err(failure) => self.feed(myself, TurnInput::ModelFailed(failure), cause),
        }
    }

    fn cancel(&mut self, myself: &ActorRef<AgentMessage>, reply_to: &ReplyTo, reason: Text, cause: EventSequence) {
        if let Some(current) = self.current.as_mut().filter(|current| current.reply_to.is_same(reply_to)) {
            current.cancelled = Some(reason.clone());
            self.feed(myself, TurnInput::Cancelled { reason }, cause);
        } else if let Some(position) = self.queue.iter().position(|waiting| waiting.reply_to.is_same(reply_to))
            && let Some(waiting) = self.queue.remove(position)
        {
            waiting.reply_to.answer(Outcome::Cancelled { reason }, cause);
        }
    }

    /// Feeds the machine of the current task and carries out what it wants.
    fn feed(&mut self, myself: &ActorRef<AgentMessage>, input: TurnInput, cause: EventSequence) {
        let Some(current) = &self.current else { return };
        let task = current.assignment.task.id;
        let Some((_, turn)) = self.turns.iter_mut().find(|(open, _)| *open == task) else { return };
        let checkpoint = turn.progress();
        let step = self.steps;
        self.steps += 1;
        let planned = self.panics_at.contains(&step);
        let mut effects = std::mem::take(&mut self.effects);
        let stepped = guarded(|| {
            turn.step(input, &mut effects);
            if planned {
                planned_panic(step);
            }
        });
        match stepped {
            Ok(()) => {
                for effect in effects.drain(..) {
                    self.carry_out(myself, effect, cause);
                }
                self.effects = effects;
            }
            Err(message) => {
                turn.restore(checkpoint);
                self.suspend(myself, message, cause);
            }
        }
    }

    fn carry_out(&mut self, myself: &ActorRef<AgentMessage>, effect: TurnEffect, cause: EventSequence) {
        match effect {
            TurnEffect::AskModel { call } => self.ask_model(myself, call, cause),
            TurnEffect::CallTool(call) => self.call_tool(myself, call, cause),
            TurnEffect::Finish(outcome) => self.finish(myself, outcome, cause),
        }
    }

    fn ask_model(&mut self, myself: &ActorRef<AgentMessage>, call: u32, cause: EventSequence) {
        let Some(current) = &mut self.current else { return };
        current.call = call;
        let task = &current.assignment.task;
        let Some((_, turn)) = self.turns.iter().find(|(open, _)| *open == task.id) else { return };
        let transcript = Arc::clone(turn.transcript());
        let cause = match self.kind.model_placement {
            // What an inside model is asked follows from what was said; its reply is all that is new.
            Placement::Inside => cause,
            Placement::Outside => {
                let model = self.kind.model_name.clone();
                let messages = u32::try_from(transcript.len()).unwrap_or(u32::MAX);
                let kind = EventKind::ModelRequested { task: task.id, call, model, messages };
                self.world.record(&self.path, Some(cause), kind)
            }
        };
        let request = ModelRequest {
            agent: self.path.clone(),
            random: self.random,
            group: self.kind.group.clone(),
            group_random: self.kind.group_random,
            task: Arc::clone(task),
            call,
            attempt: current.strikes,
            transcript,
            tools: Arc::clone(&self.kind.tool_specs),
            now: self.world.now(),
        };
        let asked = Asked { request, agent_number: self.number, reply_to: myself.clone(), cause };
        post(&self.kind.gateway, GatewayMessage::Asked(Box::new(asked)));
    }

    fn call_tool(&mut self, myself: &ActorRef<AgentMessage>, tool_call: moot_core::ToolCall, cause: EventSequence) {
        let Some(current) = &self.current else { return };
        let run = ToolRun {
            agent: self.path.clone(),
            task: current.assignment.task.id,
            model_call: current.call,
            tool_call,
            allowed: Arc::clone(&self.kind.tools),
            reply_to: myself.clone(),
            cause,
        };
        post(&self.kind.executor, ExecutorMessage::Run(Box::new(run)));
    }

    fn finish(&mut self, myself: &ActorRef<AgentMessage>, outcome: Outcome, cause: EventSequence) {
        let Some(current) = self.current.take() else { return };
        let outcome = match current.crash {
            Some(message) => Outcome::failed(FailureKind::Crash, message),
            None => outcome,
        };
        // The newest transcript stands last: what is kept from task to task is taken from there.
        if let Some(position) = self.turns.iter().position(|(open, _)| *open == current.assignment.task.id) {
            self.turns.get_mut(position..).unwrap_or_default().rotate_left(1);
        }
        let kind = EventKind::Finished {
            task: current.assignment.task.id,
            round: current.assignment.round,
            outcome: outcome.clone(),
        };
        let cause = self.world.record(&self.path, Some(cause), kind);
        current.reply_to.answer(outcome, cause);
        if let Some(next) = self.queue.pop_front() {
            self.begin(myself, next);
        }
    }

    /// After a panic: nothing more is done until the supervisor says how to go on.
    fn suspend(&mut self, myself: &ActorRef<AgentMessage>, message: String, cause: EventSequence) {
        let strikes = self.current.as_mut().map_or(1, |current| {
            current.strikes += 1;
            current.crash = Some(Text::from(message.as_str()));
            current.strikes
        });
        let cause = self.world.record(
            &self.path,
            Some(cause),
            EventKind::ActorFailed { message: Text::from(message.as_str()) },
        );
        self.suspended = Some(Vec::new());
        let failed = SupervisorMessage::Failed {
            who: self.path.clone(),
            role: ActorRole::Agent,
            strikes,
            message,
            resume: Resumable::Agent(myself.clone()),
            cause,
        };
        self.world.tell_supervisor(failed);
    }

    fn resume(&mut self, myself: &ActorRef<AgentMessage>, verdict: Verdict) {
        let kept = self.suspended.take().unwrap_or_default();
        match verdict {
            Verdict::Restart { cause } => self.take_up_again(myself, cause),
            Verdict::GiveUp { cause } => {
                if let Some(current) = &self.current {
                    renew(&mut self.turns, current.assignment.task.id, self.kind.limits);
                }
                let message = self.current.as_ref().and_then(|current| current.crash.clone()).unwrap_or_default();
                self.finish(myself, Outcome::failed(FailureKind::Crash, message), cause);
            }
        }
        for message in kept {
            self.receive(myself, message);
        }
    }

    /// Feeds the rebuilt machine what the lost one did not digest.
    fn take_up_again(&mut self, myself: &ActorRef<AgentMessage>, cause: EventSequence) {
        let Some(current) = &mut self.current else { return };
        current.crash = None;
        let task = current.assignment.task.id;
        // A machine that waits for nothing had not yet taken the assignment in.
        let started = self.turns.iter().any(|(open, turn)| *open == task && turn.waiting_for() != Waiting::Nothing);
        let input = match (current.cancelled.clone(), started) {
            (Some(reason), true) => TurnInput::Cancelled { reason },
            (_, true) => TurnInput::Restarted,
            (_, false) => TurnInput::Assigned(current.assignment.clone()),
        };
        self.feed(myself, input, cause);
    }

    fn tell_waits(&self, answer: &UnboundedSender<Wait>) {
        let Some(current) = &self.current else { return };
        let turn = self.turns.iter().find(|(open, _)| *open == current.assignment.task.id);
        let for_what = match turn.map(|(_, turn)| turn.waiting_for()) {
            _ if self.suspended.is_some() => "its supervisor".to_owned(),
            Some(Waiting::Model) => format!("the model {}", self.kind.model_name),
            Some(Waiting::Tools(open)) => format!("{open} tool call(s)"),
            Some(Waiting::Nothing) | None => "nothing".to_owned(),
        };
        // The world asks only while it is there to listen.
        let _ = answer.send(Wait { who: self.path.clone(), for_what });
    }
}

/// After a machine was given up: the same transcript in a fresh machine, so that call numbers never start anew.
fn renew(turns: &mut [(TaskId, Turn)], task: TaskId, limits: TurnOptions) {
    for (_, turn) in turns.iter_mut().filter(|(open, _)| *open == task) {
        *turn = Turn::resuming(limits, Arc::clone(turn.transcript()), turn.calls());
    }
}

#[expect(clippy::panic, reason = "the scenario plans this panic, and the caller catches it")]
fn planned_panic(step: u64) -> ! {
    panic!("a panic planned for step {step}")
}
