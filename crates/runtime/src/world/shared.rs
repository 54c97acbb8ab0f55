//! What the actors of one world have in common: its log, its time queue and its port to the outside.
//!
//! Everything here runs on the world's one thread; the locks are never contended, and a message sent while one is held is only put into a mailbox.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use moot_core::random::RandomKey;
use moot_core::{
    ActorPath, Event, EventKind, EventSequence, ModelFailure, ModelFailureKind, Outcome, TaskId, Text, ToolCall,
    ToolErrorCode, ToolResult, VirtualDuration, VirtualTime,
};
use moot_mind::budget::BudgetId;
use ractor::{ActorCell, ActorId, ActorRef, SpawnErr};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;

use crate::actors::agent::AgentMessage;
use crate::actors::body::post;
use crate::actors::ledger::{Booking, LedgerMessage};
use crate::actors::participant::Wait;
use crate::actors::supervisor::SupervisorMessage;
use crate::desk::Desks;
use crate::hooks::HookAnswer;
use crate::log::Log;
use crate::outside::{OutsidePort, OutsideWork};
use crate::spec::{Mask, Masking};
use crate::time::{Delivery, TimeQueue};

/// How many bookings go to the ledger in one message.
const BATCH_BOOKINGS: usize = 256;

/// What actors tell the world's driver.
pub(crate) enum WorldSignal {
    /// A hook of the run has answered.
    HookAnswered { hook: usize, answer: HookAnswer },
    /// The root participant answered a task.
    TaskAnswered { task: u32, outcome: Outcome, cause: EventSequence },
    /// The journal can't be written any more.
    JournalFailed { message: String },
    /// An actor's body ended although nobody had asked it to.
    BodyLost { actor: ActorId, error: String },
}

/// An agent that was started by another.
pub(crate) struct Spawned {
    pub(crate) path: ActorPath,
    pub(crate) cell: ActorCell,
    pub(crate) actor: ActorRef<AgentMessage>,
    /// Ends when the actor is up, with what ends when it has stopped.
    pub(crate) starting: JoinHandle<Result<JoinHandle<()>, SpawnErr>>,
}

/// An attempt of a model call whose answer has not come.
pub(crate) struct OpenAttempt {
    pub(crate) agent: ActorPath,
    pub(crate) cause: EventSequence,
    pub(crate) call: u32,
    pub(crate) attempt: u32,
    pub(crate) model: Text,
    pub(crate) booking: Booking,
}

/// A tool call whose result has not come.
pub(crate) struct OpenCall {
    pub(crate) agent: ActorPath,
    pub(crate) task: TaskId,
    pub(crate) call: ToolCall,
    pub(crate) since: VirtualTime,
    pub(crate) cause: EventSequence,
}

#[derive(Default)]
struct OpenAttempts {
    open: BTreeMap<u64, OpenAttempt>,
    next: u64,
}

/// The world as its actors see it.
pub(crate) struct World {
    log: Mutex<Log>,
    queue: Mutex<TimeQueue>,
    outside: Mutex<OutsidePort>,
    now_ms: AtomicU64,
    bookings: Mutex<Vec<Booking>>,
    attempts: Mutex<OpenAttempts>,
    /// By the executor's number.
    calls: Mutex<BTreeMap<u64, OpenCall>>,
    ledger: OnceLock<ActorRef<LedgerMessage>>,
    desks: Desks,
    /// The agents that agents have started, in order.
    spawned: Mutex<Vec<Spawned>>,
    /// When the time of a budget is over, for those that have a limit of time.
    deadlines: OnceLock<BTreeMap<BudgetId, VirtualTime>>,
    seed: u64,
    replicate: u32,
    /// The ledger's next number for an agent.
    next_number: AtomicU32,
    next_token: AtomicU64,
    next_attempt: AtomicU64,
    supervisor: OnceLock<ActorRef<SupervisorMessage>>,
    mask: Option<Mask>,
}

impl World {
    pub(crate) fn new(log: Log, seed: u64, replicate: u32, mask: Option<Mask>) -> Self {
        Self {
            desks: Desks::default(),
            spawned: Mutex::default(),
            deadlines: OnceLock::new(),
            seed,
            replicate,
            next_number: AtomicU32::new(0),
            next_token: AtomicU64::new(0),
            next_attempt: AtomicU64::new(0),
            log: Mutex::new(log),
            queue: Mutex::default(),
            outside: Mutex::new(OutsidePort::new()),
            now_ms: AtomicU64::new(0),
            bookings: Mutex::default(),
            attempts: Mutex::default(),
            calls: Mutex::default(),
            ledger: OnceLock::new(),
            supervisor: OnceLock::new(),
            mask,
        }
    }

    /// The virtual time.
    pub(crate) fn now(&self) -> VirtualTime {
        VirtualTime::from_millis(self.now_ms.load(Ordering::Relaxed))
    }

    /// Jumps to a later time. Only the idle step does.
    pub(crate) fn jump(&self, to: VirtualTime) {
        self.now_ms.store(to.as_millis(), Ordering::Relaxed);
    }

    /// Appends an event that happens now.
    pub(crate) fn record(&self, actor: &ActorPath, cause: Option<EventSequence>, kind: EventKind) -> EventSequence {
        let (time, actor) = (self.now(), actor.clone());
        self.log().append(Event { sequence: Log::UNNUMBERED, time, actor, cause, kind })
    }

    /// Has something done when so much virtual time has passed.
    pub(crate) fn after(&self, duration: VirtualDuration, delivery: Delivery) {
        let due = self.now() + duration;
        self.queue().push(due, delivery);
    }

    /// Sends work to the outside.
    pub(crate) fn submit(&self, work: OutsideWork) {
        self.outside().submit(work);
    }

    /// Books an attempt; the ledger gets bookings in batches.
    pub(crate) fn book(&self, booking: Booking) {
        let mut bookings = self.bookings.lock().unwrap_or_else(PoisonError::into_inner);
        bookings.push(booking);
        if bookings.len() >= BATCH_BOOKINGS {
            self.send_bookings(std::mem::replace(&mut bookings, Vec::with_capacity(BATCH_BOOKINGS)));
        }
    }

    /// Takes note of an attempt whose answer comes later; the number tells it when it has come.
    pub(crate) fn attempt_opened(&self, attempt: OpenAttempt) -> u64 {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let number = attempts.next;
        attempts.next += 1;
        attempts.open.insert(number, attempt);
        number
    }

    pub(crate) fn attempt_closed(&self, number: u64) {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner).open.remove(&number);
    }

    /// Takes note of a tool call whose result comes later.
    pub(crate) fn call_opened(&self, number: u64, call: OpenCall) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).insert(number, call);
    }

    pub(crate) fn call_closed(&self, number: u64) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
    }

    /// Records an end of the tool calls whose results nobody waits for any more: no call is without one.
    pub(crate) fn abandon_open_calls(&self) {
        let open = std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner));
        for OpenCall { agent, task, call, since, cause } in open.into_values() {
            let told = "the run ended before the result came; it is unknown whether the call took effect";
            let result = ToolResult::error(&call, ToolErrorCode::Cancelled, told);
            let latency = self.now().since(since);
            let kind = EventKind::ToolReturned { task, tool: call.name, result, latency };
            self.record(&agent, Some(cause), kind);
        }
    }

    /// Records and books the attempts whose answers nobody waits for any more: they were made, and cost something.
    pub(crate) fn abandon_open_attempts(&self) {
        let open = std::mem::take(&mut self.attempts.lock().unwrap_or_else(PoisonError::into_inner).open);
        for OpenAttempt { agent, cause, call, attempt, model, booking } in open.into_values() {
            let failure = ModelFailure {
                usage: booking.usage,
                ..ModelFailure::new(ModelFailureKind::Abandoned, "the run ended before the answer came")
            };
            let (task, cost) = (booking.task, booking.cost);
            self.record(&agent, Some(cause), EventKind::ModelFailed { task, call, attempt, model, failure, cost });
            self.book(booking);
        }
    }

    /// What comes from the outside, with secrets hidden.
    pub(crate) fn masked(&self, text: Text) -> Text {
        self.mask.as_ref().and_then(|mask| mask.whole(&text)).map_or(text, Text::from)
    }

    /// What hides secrets, when there are any.
    pub(crate) fn mask(&self) -> Option<&dyn Masking> {
        self.mask.as_deref()
    }

    /// Whether anything has to be hidden.
    pub(crate) const fn has_secrets(&self) -> bool {
        self.mask.is_some()
    }

    /// What the world keeps of agents that act.
    pub(crate) const fn desks(&self) -> &Desks {
        &self.desks
    }

    /// The key of the randomness at an address of this run.
    pub(crate) fn random_key(&self, address: &str) -> RandomKey {
        RandomKey::new(self.seed, self.replicate, address)
    }

    /// A number that nothing else in this world has: an answer that comes late is known by it.
    pub(crate) fn next_token(&self) -> u64 {
        self.next_token.fetch_add(1, Ordering::Relaxed)
    }

    /// The number of an attempt in the budgets.
    pub(crate) fn next_attempt(&self) -> u64 {
        self.next_attempt.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn set_deadlines(&self, deadlines: BTreeMap<BudgetId, VirtualTime>) {
        // A world starts once.
        let _ = self.deadlines.set(deadlines);
    }

    /// When the time of the first of these budgets is over.
    pub(crate) fn deadline(&self, budgets: &[BudgetId]) -> Option<VirtualTime> {
        let deadlines = self.deadlines.get()?;
        budgets.iter().filter_map(|budget| deadlines.get(budget)).min().copied()
    }

    /// The agents that the scenario declares have the numbers below this one.
    pub(crate) fn set_declared(&self, agents: u32) {
        self.next_number.store(agents, Ordering::Relaxed);
    }

    /// Gives somebody who was not there at the start a number in the ledger.
    pub(crate) fn join(&self, path: &ActorPath) -> u32 {
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        if let Some(ledger) = self.ledger.get() {
            post(ledger, LedgerMessage::Joined(path.clone()));
        }
        number
    }

    /// Takes note of an agent that was started by another, so that it is stopped with the world.
    pub(crate) fn note_spawned(&self, spawned: Spawned) {
        self.spawned.lock().unwrap_or_else(PoisonError::into_inner).push(spawned);
    }

    /// Everybody who was started by another; from now on, nobody is.
    pub(crate) fn take_spawned(&self) -> Vec<Spawned> {
        std::mem::take(&mut self.spawned.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks everybody who was started by another whom they wait for.
    pub(crate) fn inspect_spawned(&self, answer: &UnboundedSender<Wait>) {
        for spawned in self.spawned.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            post(&spawned.actor, AgentMessage::Inspected(answer.clone()));
        }
    }

    /// The path of an agent that was started by another.
    pub(crate) fn spawned_path(&self, actor: ActorId) -> Option<ActorPath> {
        let spawned = self.spawned.lock().unwrap_or_else(PoisonError::into_inner);
        spawned.iter().find(|spawned| spawned.cell.get_id() == actor).map(|spawned| spawned.path.clone())
    }

    /// Hands the ledger what it does not have yet.
    pub(crate) fn flush_bookings(&self) {
        let bookings = std::mem::take(&mut *self.bookings.lock().unwrap_or_else(PoisonError::into_inner));
        self.send_bookings(bookings);
    }

    fn send_bookings(&self, bookings: Vec<Booking>) {
        if let Some(ledger) = self.ledger.get() {
            post(ledger, LedgerMessage::Book(bookings));
        }
    }

    pub(crate) fn set_ledger(&self, ledger: ActorRef<LedgerMessage>) {
        // A world starts once.
        let _ = self.ledger.set(ledger);
    }

    pub(crate) fn set_supervisor(&self, supervisor: ActorRef<SupervisorMessage>) {
        // A world starts once.
        let _ = self.supervisor.set(supervisor);
    }

    pub(crate) fn tell_supervisor(&self, message: SupervisorMessage) {
        if let Some(supervisor) = self.supervisor.get() {
            post(supervisor, message);
        }
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        // A panic while the lock is held would be one of the log's own code, which only appends.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn queue(&self) -> MutexGuard<'_, TimeQueue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn outside(&self) -> MutexGuard<'_, OutsidePort> {
        self.outside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
