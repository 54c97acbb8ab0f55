//! An agent: the body around one [`Turn`] machine per open task.
//!
//! It does one assignment at a time, in the order they come; it never waits: replies, results, hooks' answers and
//! teammates' words are messages, so a cancel is always seen. `stages` holds what happens around the machine's steps
//! (hooks, notes for the prompt), `compact` makes the transcript shorter before the model is asked. A panic of the
//! machine is caught here; the supervisor's word then rebuilds the machine from its last checkpoint, and the mailbox is
//! kept.

mod asking;
mod compact;
mod parts;
mod record;
mod restart;
mod stages;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use moot_core::random::RandomKey;
use moot_core::{
    ActorPath, ActorRole, Assignment, Bill, EventKind, EventSequence, FailureKind, HeardSoFar, Limit, ModelFailure,
    ModelFailureKind, ModelReply, Outcome, PermissionMode, TaskId, Text, ToolsUsed, Transcript, VirtualTime,
};
use moot_mind::tokens::Calibration;
use moot_mind::{Turn, TurnEffect, TurnInput, TurnOptions, Waiting};
use moot_safety::fault::{Moment, SiteKind};
use tokio::sync::mpsc::UnboundedSender;

use crate::actors::address::{Address, Order};
use crate::actors::body::{Inhabitant, guarded, post};
use crate::actors::executor::ExecutorMessage;
use crate::actors::gateway::{Errand, GatewayMessage};
use crate::actors::participant::{Budgets, Delivery, Reply, ReplyTo, Wait, Withdrawal, Withdrawn};
use crate::actors::team::TeamMessage;
use crate::desk::Desk;
use crate::world::World;
use compact::{Compacting, SummaryAsked};
use stages::Hooked;

pub(crate) use compact::{CompactionPlan, Summariser};
pub(crate) use parts::{AgentKind, AgentMessage, AgentSeat};

pub(crate) struct AgentState {
    world: Arc<World>,
    kind: Arc<AgentKind>,
    path: ActorPath,
    number: u32,
    address: Text,
    random: RandomKey,
    /// The machines of the tasks that may still be asked about.
    turns: Vec<(TaskId, Turn)>,
    /// The number of the next model call of tasks that have no machine now, because an assignment ended before it had one.
    next_calls: Vec<(TaskId, u32)>,
    /// What it has heard of others on the task of its present or last assignment.
    heard: HeardSoFar,
    /// The task that was heard of.
    heard_on: TaskId,
    /// What it remembers when no machine holds a transcript.
    history: Arc<Transcript>,
    current: Option<Box<Current>>,
    queue: VecDeque<Delivery>,
    /// What teammates said about a task while it did not work on that.
    told: Vec<(TaskId, ActorPath, Text)>,
    /// Whether the supervisor was asked how to go on: until it says, nothing else is taken in.
    is_suspended: bool,
    /// Why it is not restarted any more, when it is not.
    given_up: Option<Text>,
    /// The assignments that have come, where one may come twice.
    delivered: BTreeSet<u64>,
    /// What was withdrawn before it had come.
    withdrawn: Withdrawn,
    /// Kept for its capacity.
    effects: Vec<TurnEffect>,
    /// Opened at its first tool call, or by who started it.
    desk: Option<Arc<Desk>>,
    /// The task that its permission mode is that of, and the modes of other tasks that may still be asked about.
    mode_task: Option<TaskId>,
    other_modes: Vec<(TaskId, PermissionMode)>,
    /// How estimates of tokens compare to what models report.
    calibration: Calibration,
    /// The number under which its summaries are booked, once there was one.
    summary_number: Option<u32>,
    /// The numbers under which it asked for its last summary.
    summary_asked: SummaryAsked,
    /// How often it has asked a model.
    asks: u64,
    steps: u64,
    panics_at: Box<[u64]>,
}

/// The assignment it works on.
struct Current {
    assignment: Assignment,
    reply_to: ReplyTo,
    /// The call that its model is asked or its tools are run for.
    call: u32,
    /// What it has asked of a model last, unless it began anew since.
    asked: Option<u64>,
    /// The number of the next attempt at that call.
    next_attempt: u32,
    /// The number of the first attempt with the request that the model is asked: retries are counted from there.
    first_attempt: u32,
    /// What its model calls are held against.
    budgets: Budgets,
    /// What its model calls took so far.
    bill: Bill,
    /// Which tools it called so far.
    tools: ToolsUsed,
    /// The number of its first model call, where its transcript begins anew.
    first_call: u32,
    began: VirtualTime,
    /// Tells this assignment, and this stage of it, from earlier ones.
    token: u64,
    /// Hooks whose answers are waited for.
    hooked: Option<Box<Hooked>>,
    /// A compaction that waits for its summary.
    compacting: Option<Box<Compacting>>,
    /// What the last request was estimated to take, where that matters.
    estimated_tokens: u64,
    /// Whether the model's refusal of a request as too long was answered by compacting already.
    compacted_for: Option<u32>,
    /// What the assignment comes to whatever the machine says: a hook forbade it to go on.
    overruled: Option<Outcome>,
    /// How often it had to be taken up again.
    strikes: u32,
    crash: Option<Text>,
    /// What was said to the machine from outside (a cancel, a limit, a hook that sends it on) and may not have been
    /// digested; it is fed again after a restart.
    interrupted: Option<TurnInput>,
}

/// Stands for the call of an assignment whose model was not asked yet.
const NO_CALL: u32 = u32::MAX;

/// What an agent says that crashes by plan.
const PLANNED_CRASH: &str = "a planned crash";

/// How often an agent takes one assignment up again after a crash.
pub(crate) const RETAKES_MAX: u32 = 2;

impl Inhabitant for AgentState {
    type Message = AgentMessage;

    fn world(&self) -> Option<&Arc<World>> {
        Some(&self.world)
    }

    fn started(&self) {
        self.world.record(&self.path, None, EventKind::ActorStarted { role: ActorRole::Agent });
    }

    fn receive(&mut self, myself: &Address<AgentMessage>, message: AgentMessage) {
        match message {
            AgentMessage::Assigned(delivery) => {
                if self.world.is_struck_at(SiteKind::Message) && !self.delivered.insert(delivery.id) {
                    myself.note_dead_letter();
                    let (task, cause) = (delivery.assignment.task.id, delivery.cause);
                    self.world.dead_letter(&self.path, task, "assignment", "it has come before", cause);
                } else if self.withdrawn.has(&self.world, &self.path, &delivery) {
                    myself.note_dead_letter();
                } else if self.current.is_some() {
                    self.queue.push_back(delivery);
                } else {
                    self.begin(myself, delivery);
                }
            }
            AgentMessage::ModelAnswered { ask, attempt, answer, bill, was_last, cause } => {
                self.charge(&bill);
                if self.waits_for(ask) {
                    self.model_answered(myself, (attempt, was_last), answer, cause);
                }
            }
            AgentMessage::Streamed { ask, delta, cause } => {
                if self.waits_for(ask) {
                    self.feed(myself, TurnInput::Streamed(delta), cause);
                }
            }
            AgentMessage::StreamFailed { ask, cause } => {
                if self.waits_for(ask) {
                    self.feed(myself, TurnInput::StreamFailed, cause);
                }
            }
            AgentMessage::BudgetRefused { ask, errand, limit, cause } => {
                if self.waits_for(ask) {
                    self.budget_refused(myself, errand, limit, cause);
                }
            }
            AgentMessage::Summarised { ask, attempt, answer, bill, cause } => {
                self.charge(&bill);
                self.summarised(myself, (ask, attempt), answer, cause);
            }
            AgentMessage::ToolReturned { task, call, result, cause } => {
                if self.is_open(task, call) {
                    self.note_tool(task, &result);
                    self.feed(myself, TurnInput::ToolReturned(result), cause);
                }
            }
            AgentMessage::HookAnswered { token, hook, answer } => {
                self.hook_answered(myself, token, hook, answer);
            }
            AgentMessage::Reminded { token, notes, cause } => self.reminded(myself, token, &notes, cause),
            AgentMessage::Told { task, from, text, cause } => self.told(myself, task, (from, text), cause),
            AgentMessage::DeadlinePassed { token, cause } => {
                if self.current.as_ref().is_some_and(|current| current.token == token) {
                    self.interrupt(myself, TurnInput::Exhausted { limit: Limit::Time }, cause);
                }
            }
            AgentMessage::Cancelled(withdrawal) => self.cancel(myself, withdrawal),
        }
    }

    fn ordered(&mut self, myself: &Address<AgentMessage>, order: Order) {
        match order {
            Order::Restart { cause } => self.restart(myself, cause),
            Order::Rest { .. } => self.rest(myself),
            Order::GiveUp { cause, reason } => self.give_up(myself, cause, reason),
            Order::Inspect(answer) => self.tell_waits(&answer),
        }
    }

    fn lost(&mut self, myself: &Address<AgentMessage>, error: &str) {
        self.came_back(myself, error);
    }
}

impl AgentState {
    pub(crate) fn new(world: Arc<World>, kind: Arc<AgentKind>, seat: AgentSeat, desk: Option<Arc<Desk>>) -> Self {
        let AgentSeat { path, number, address, random, history, panics_at } = seat;
        Self {
            world,
            kind,
            path,
            number,
            address,
            random,
            turns: Vec::new(),
            next_calls: Vec::new(),
            heard: HeardSoFar::default(),
            heard_on: TaskId(0),
            history: Arc::new(history),
            current: None,
            queue: VecDeque::new(),
            told: Vec::new(),
            is_suspended: false,
            given_up: None,
            delivered: BTreeSet::new(),
            withdrawn: Withdrawn::default(),
            effects: Vec::new(),
            desk,
            mode_task: None,
            other_modes: Vec::new(),
            calibration: Calibration::default(),
            summary_number: None,
            summary_asked: SummaryAsked::default(),
            asks: 0,
            steps: 0,
            panics_at: panics_at.into(),
        }
    }

    /// Whether an answer belongs to what is being worked on; anything else is late.
    fn is_open(&self, task: TaskId, call: u32) -> bool {
        self.current.as_ref().is_some_and(|current| current.assignment.task.id == task && current.call == call)
    }

    /// Whether what a model says belongs to what was asked last. What was asked before a restart is asked again: if its
    /// answer were taken all the same, the second request would go on for nobody, and pieces of both would be one text.
    fn waits_for(&self, ask: u64) -> bool {
        self.current.as_ref().is_some_and(|current| current.asked == Some(ask))
    }

    fn begin(&mut self, myself: &Address<AgentMessage>, delivery: Delivery) {
        let Delivery { assignment, reply_to, budgets, cause, .. } = delivery;
        let task = assignment.task.id;
        let cause = self.world.record(
            &self.path,
            Some(cause),
            EventKind::Assigned {
                task,
                round: assignment.round,
                from: assignment.from.clone(),
                prompt: assignment.prompt.clone(),
                brief: assignment.brief.clone(),
            },
        );
        self.take_mode(task, assignment.oldest_open, cause);
        let budgets = match (budgets.is_empty(), self.kind.budgets.is_empty()) {
            (_, true) => budgets,
            (true, false) => self.kind.budgets.clone(),
            (false, false) => budgets.iter().chain(self.kind.budgets.iter()).copied().collect(),
        };
        self.hear(&assignment);
        let token = self.world.next_token();
        self.current = Some(Box::new(Current {
            assignment,
            reply_to,
            call: NO_CALL,
            asked: None,
            next_attempt: 0,
            first_attempt: 0,
            budgets,
            bill: Bill::default(),
            tools: ToolsUsed::default(),
            first_call: 0,
            began: self.world.now(),
            token,
            hooked: None,
            compacting: None,
            estimated_tokens: 0,
            compacted_for: None,
            overruled: None,
            strikes: 0,
            crash: None,
            interrupted: None,
        }));
        if let Some(reason) = self.given_up.clone() {
            return self.finish(myself, Outcome::failed(FailureKind::Crash, reason), cause);
        }
        let now = self.world.now();
        let deadline = self.current.as_ref().and_then(|current| self.world.deadline(&current.budgets));
        let left = deadline.map(|deadline| deadline.since(now));
        // The default is looked at before each model call instead: a timer for every assignment would be in the way.
        let most = self.kind.limits.time_max;
        let most = Some(most).filter(|most| *most != TurnOptions::TIME_MAX_DEFAULT);
        if let Some(time_max) = left.into_iter().chain(most).min() {
            let myself = myself.clone();
            let passed = move || post(&myself, AgentMessage::DeadlinePassed { token, cause });
            self.world.after(time_max, Box::new(passed));
        }
        self.submit(myself, cause);
    }

    fn model_answered(
        &mut self,
        myself: &Address<AgentMessage>,
        (attempt, was_last): (u32, bool),
        answer: Result<ModelReply, ModelFailure>,
        cause: EventSequence,
    ) {
        if let Some(cause) = self.crashes_at(Moment::AfterModel, cause) {
            return self.suspend(myself, PLANNED_CRASH.to_owned(), cause);
        }
        let Some(current) = &mut self.current else { return };
        current.next_attempt = attempt.saturating_add(1);
        match answer {
            Ok(reply) => {
                self.calibrate(reply.usage);
                self.replied(myself, reply, cause);
            }
            Err(failure) if failure.kind == ModelFailureKind::Crashed => {
                current.strikes += 1;
                // A model that crashed at a call was asked: that counts like any other attempt.
                if current.strikes <= RETAKES_MAX && !was_last {
                    self.feed(myself, TurnInput::Restarted, cause);
                } else {
                    current.crash = Some(failure.message.clone());
                    self.feed(myself, TurnInput::ModelFailed(failure), cause);
                }
            }
            Err(failure) if self.compacts_for(&failure) => {
                // The shorter request is another one, with attempts of its own.
                if let Some(current) = &mut self.current {
                    current.first_attempt = current.next_attempt;
                }
                // What came of the reply that was refused is no part of the next one.
                self.feed(myself, TurnInput::StreamFailed, cause);
                if !self.is_suspended {
                    self.compact_and_ask(myself, cause);
                }
            }
            Err(failure) => self.feed(myself, TurnInput::ModelFailed(failure), cause),
        }
    }

    fn budget_refused(&mut self, myself: &Address<AgentMessage>, errand: Errand, limit: Limit, cause: EventSequence) {
        match errand {
            Errand::Turn => self.interrupt(myself, TurnInput::Exhausted { limit }, cause),
            Errand::Summary => self.summary_came(myself, Err("the budget does not hold a summary".into()), cause),
        }
    }

    /// What is said about a task is heard in that task alone: now if it is the current one, else when it is taken up
    /// again.
    fn told(
        &mut self,
        myself: &Address<AgentMessage>,
        task: TaskId,
        (from, text): (ActorPath, Text),
        cause: EventSequence,
    ) {
        let current = self.current.as_ref().map(|current| current.assignment.task.id);
        if current == Some(task) && self.turns.iter().any(|(open, _)| *open == task) {
            self.feed(myself, TurnInput::Told { from, text }, cause);
        } else if current.is_none() && self.desk.as_ref().is_some_and(|desk| desk.depth > 0) {
            // It has answered: who started it decides whether there is something further to do.
            let child = self.path.clone();
            post(&self.kind.team_actor, TeamMessage::Undelivered { child, from, text, cause });
        } else {
            self.told.push((task, from, text));
        }
    }

    /// Ends the machine's work on the assignment from outside, whatever it waits for.
    fn interrupt(&mut self, myself: &Address<AgentMessage>, input: TurnInput, cause: EventSequence) {
        let Some(current) = &mut self.current else { return };
        let task = current.assignment.task.id;
        let hooked = current.hooked.take();
        current.compacting = None;
        current.interrupted = Some(input.clone());
        let turn = self.turns.iter().find(|(open, _)| *open == task);
        let waiting = turn.map_or(Waiting::Nothing, |(_, turn)| turn.waiting_for());
        match waiting {
            Waiting::Nothing => {
                // Its hooks had not let it begin or end: nobody but the body can say how it ends.
                let outcome = match (input, hooked.is_some()) {
                    (TurnInput::Exhausted { limit }, _) => Outcome::Exhausted { limit },
                    (TurnInput::Cancelled { reason }, _) => Outcome::Cancelled { reason },
                    _ => return,
                };
                self.finish(myself, outcome, cause);
            }
            Waiting::Model => {
                self.withdraw_requests(task, waiting, Text::default());
                self.feed(myself, input, cause);
            }
            Waiting::Tools(_) => {
                let (reason, outcome): (Text, Outcome) = match input {
                    TurnInput::Cancelled { reason } => (reason.clone(), Outcome::Cancelled { reason }),
                    TurnInput::Exhausted { limit } => {
                        let reason = format!("the limit of {} was reached", limit.as_str());
                        (reason.into(), Outcome::Exhausted { limit })
                    }
                    _ => return,
                };
                // Every call is told its end, at once and in words of its own; with the last one the work ends.
                self.withdraw_requests(task, waiting, reason);
                self.feed(myself, TurnInput::Concluding { outcome }, cause);
            }
        }
    }

    /// Nobody waits any more for what was asked of models or tools.
    fn withdraw_requests(&self, task: TaskId, waiting: Waiting, reason: Text) {
        match waiting {
            Waiting::Nothing => {}
            Waiting::Model => {
                if let Some((number, plan)) = self.summary_number.zip(self.kind.compaction.as_ref())
                    && let Some(summariser) = &plan.summariser
                {
                    post(&summariser.gateway, GatewayMessage::Withdrawn { agent_number: number, task });
                }
                post(&self.kind.gateway, GatewayMessage::Withdrawn { agent_number: self.number, task });
            }
            Waiting::Tools(_) => {
                let withdrawn = ExecutorMessage::Withdrawn { agent_number: self.number, task, reason };
                post(&self.kind.executor, withdrawn);
            }
        }
    }

    fn cancel(&mut self, myself: &Address<AgentMessage>, withdrawal: Withdrawal) {
        let reply_to = &withdrawal.reply_to;
        if self.current.as_ref().is_some_and(|current| current.reply_to.is_same(reply_to)) {
            let Withdrawal { reason, cause, .. } = withdrawal;
            self.interrupt(myself, TurnInput::Cancelled { reason }, cause);
        } else if let Some(position) = self.queue.iter().position(|waiting| waiting.reply_to.is_same(reply_to))
            && let Some(waiting) = self.queue.remove(position)
        {
            let (from, outcome) =
                ((&self.path, waiting.assignment.task.id), Outcome::Cancelled { reason: withdrawal.reason });
            waiting.reply_to.answer(&self.world, from, outcome.into(), withdrawal.cause);
        } else if self.world.is_struck_at(SiteKind::Message) {
            self.withdrawn.note(withdrawal);
        }
    }

    /// Feeds the machine of the current task and carries out what it wants.
    fn feed(&mut self, myself: &Address<AgentMessage>, input: TurnInput, cause: EventSequence) {
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

    fn carry_out(&mut self, myself: &Address<AgentMessage>, effect: TurnEffect, cause: EventSequence) {
        match effect {
            TurnEffect::AskModel { call } => self.about_to_ask(myself, call, cause),
            TurnEffect::CallTool(call) => self.call_tool(myself, call, cause),
            TurnEffect::Finish(outcome) => self.about_to_stop(myself, outcome, cause),
        }
    }

    fn finish(&mut self, myself: &Address<AgentMessage>, outcome: Outcome, cause: EventSequence) {
        let Some(current) = self.current.take() else { return };
        #[cfg(feature = "planted-bugs")]
        if current.crash.is_some() && moot_core::planted::is_on(moot_core::planted::Planted::EndNotTold) {
            if let Some(next) = self.queue.pop_front() {
                self.begin(myself, next);
            }
            return;
        }
        let outcome = match (current.crash, current.overruled) {
            (Some(message), _) => Outcome::failed(FailureKind::Crash, message),
            (None, Some(overruled)) => overruled,
            (None, None) => outcome,
        };
        let task = current.assignment.task.id;
        if current.first_call > 0 && !self.turns.iter().any(|(open, _)| *open == task) {
            self.next_calls.push((task, current.first_call));
        }
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
        if self.desk.as_ref().is_some_and(|desk| desk.has_started()) {
            let (parent, task) = (self.path.clone(), current.assignment.task.id);
            post(&self.kind.team_actor, TeamMessage::ParentFinished { parent, task, cause });
        }
        let words = outcome.answer().and_then(|_| self.last_words(current.assignment.task.id));
        let (reply, from) = (
            Reply { outcome, words, bill: current.bill, tools: current.tools },
            (&self.path, current.assignment.task.id),
        );
        current.reply_to.answer(&self.world, from, reply, cause);
        if let Some(next) = self.queue.pop_front() {
            self.begin(myself, next);
        }
    }

    fn tell_waits(&self, answer: &UnboundedSender<Wait>) {
        let Some(current) = &self.current else { return };
        let turn = self.turns.iter().find(|(open, _)| *open == current.assignment.task.id);
        let for_what = match turn.map(|(_, turn)| turn.waiting_for()) {
            _ if self.is_suspended => "its supervisor".to_owned(),
            _ if current.hooked.is_some() => "a hook".to_owned(),
            _ if current.compacting.is_some() => "the summary of its transcript".to_owned(),
            Some(Waiting::Model) => format!("the model {}", self.kind.model_name),
            Some(Waiting::Tools(open)) => format!("{open} tool call(s)"),
            Some(Waiting::Nothing) | None => "its notes".to_owned(),
        };
        // The world asks only while it is there to listen.
        let _ = answer.send(Wait { who: self.path.clone(), for_what });
    }
}

#[expect(clippy::panic, reason = "the scenario plans this panic, and the caller catches it")]
fn planned_panic(step: u64) -> ! {
    panic!("a panic planned for step {step}")
}
