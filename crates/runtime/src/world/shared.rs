//! What the actors of one world have in common: its log, its time queue and its port to the outside.
//!
//! Everything here runs on the world's one thread; the locks are never contended, and a message sent while one is held is only put into a mailbox.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use moot_core::random::RandomKey;
use moot_core::{
    ActorPath, EventKind, EventSequence, ModelFailure, ModelFailureKind, Outcome, TaskId, Text, ToolCall,
    ToolErrorCode, ToolResult, VirtualDuration, VirtualTime,
};
use moot_mind::budget::BudgetId;
use moot_safety::fault::SiteKind;
use moot_safety::invariant::Probe;
use moot_safety::supervision::RunRestarts;

use super::Household;
use crate::actors::address::Address;
use crate::actors::body::post;
use crate::actors::ledger::{Booking, LedgerMessage};
use crate::actors::supervisor::SupervisorMessage;
use crate::desk::Desks;
use crate::faults::Faults;
use crate::hooks::HookAnswer;
use crate::log::Log;
use crate::outside::{OutsidePort, OutsideRequest, OutsideWork};
use crate::recall::{Replied, Replies};
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
    BodyLost { actor: String, error: String },
    /// The supervisor at the top has given up.
    GivenUp { message: Text },
    /// A planned fault calls off the run, or the tasks that are open.
    Cancelled { whole_run: bool },
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
    ledger: OnceLock<Address<LedgerMessage>>,
    desks: Desks,
    household: Household,
    is_checked: bool,
    reached: Mutex<BTreeMap<&'static str, u64>>,
    /// How many requests may wait in the mailbox of a participant.
    requests_max: usize,
    faults: OnceLock<Faults>,
    supervisors: Mutex<BTreeMap<ActorPath, Address<SupervisorMessage>>>,
    restarts: Mutex<RunRestarts>,
    top_restarts: AtomicU32,
    is_stopping: AtomicBool,
    /// When the time of a budget is over, for those that have a limit of time.
    deadlines: OnceLock<BTreeMap<BudgetId, VirtualTime>>,
    seed: u64,
    replicate: u32,
    /// The ledger's next number for an agent.
    next_number: AtomicU32,
    next_token: AtomicU64,
    next_attempt: AtomicU64,
    mask: Option<Mask>,
    /// What models answered in an earlier play that this one begins as.
    replies: OnceLock<Replies>,
}

impl World {
    pub(crate) fn new(log: Log, (seed, replicate): (u64, u32), mask: Option<Mask>, requests_max: usize) -> Self {
        let is_checked = log.is_checked();
        Self {
            desks: Desks::default(),
            household: Household::default(),
            is_checked,
            reached: Mutex::default(),
            requests_max,
            faults: OnceLock::new(),
            supervisors: Mutex::default(),
            restarts: Mutex::default(),
            top_restarts: AtomicU32::new(0),
            is_stopping: AtomicBool::new(false),
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
            mask,
            replies: OnceLock::new(),
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
        let sequence = self.append(actor, cause, kind);
        if self.is_struck_at(SiteKind::Progress) {
            self.look_at_progress();
        }
        sequence
    }

    /// Appends an event that happens now and is no progress that a fault could strike at.
    pub(crate) fn append(&self, actor: &ActorPath, cause: Option<EventSequence>, kind: EventKind) -> EventSequence {
        self.log().append(self.now(), actor, cause, kind)
    }

    /// What waits for somebody who is not restarted any more will never be taken in.
    pub(crate) fn dead_letter_the_rest(&self) {
        for ordered in self.household.everybody() {
            for _ in 0..ordered.drop_kept() {
                let kind = EventKind::DeadLettered {
                    task: None,
                    message: "message".into(),
                    reason: "the run ended before it was taken in".into(),
                };
                self.record(ordered.path(), None, kind);
            }
        }
    }

    /// Shows the invariants, if there are any, what is no event.
    pub(crate) fn probe(&self, probe: impl FnOnce() -> Probe) {
        // What is still done on the way down is no part of the run.
        if self.is_checked && !self.is_stopping() {
            self.log().probe(probe);
        }
    }

    /// Whether the run is held against invariants.
    pub(crate) const fn is_checked(&self) -> bool {
        self.is_checked
    }

    /// Counts that something was reached that no event tells.
    pub(crate) fn reach(&self, what: &'static str) {
        if self.is_checked {
            *self.reached.lock().unwrap_or_else(PoisonError::into_inner).entry(what).or_default() += 1;
        }
    }

    /// What was reached, and how often.
    pub(crate) fn reached(&self) -> BTreeMap<&'static str, u64> {
        std::mem::take(&mut self.reached.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A mailbox was full, and who sent something there is told.
    pub(crate) fn overloaded(
        &self,
        to: &ActorPath,
        from: &ActorPath,
        task: TaskId,
        message: &str,
        cause: EventSequence,
    ) -> EventSequence {
        let kind = EventKind::Overloaded { task: Some(task), from: from.clone(), message: message.into() };
        self.record(to, Some(cause), kind)
    }

    /// A message will never be taken in, and why.
    pub(crate) fn dead_letter(
        &self,
        to: &ActorPath,
        task: TaskId,
        message: &str,
        reason: &str,
        cause: EventSequence,
    ) -> EventSequence {
        let kind = EventKind::DeadLettered { task: Some(task), message: message.into(), reason: reason.into() };
        self.record(to, Some(cause), kind)
    }

    /// The faults that are planned.
    pub(crate) fn faults(&self) -> &Faults {
        static NONE: Faults = Faults::none();
        self.faults.get().unwrap_or(&NONE)
    }

    /// From now on, faults strike as planned.
    pub(crate) fn plan_faults(self: &Arc<Self>, faults: Faults) {
        let wakes = faults.wakes();
        // A world starts once.
        let _ = self.faults.set(faults);
        for time in wakes {
            let world = Arc::clone(self);
            self.after(time.since(self.now()), Box::new(move || world.look_at_progress()));
        }
    }

    /// Has something done when so much virtual time has passed.
    pub(crate) fn after(&self, duration: VirtualDuration, delivery: Delivery) {
        let due = self.now() + duration;
        self.queue().push(due, delivery);
    }

    /// Sends work to the outside.
    pub(crate) fn submit<A>(&self, request: OutsideRequest<A>)
    where
        OutsideWork: From<OutsideRequest<A>>,
    {
        self.outside().submit(request.into());
    }

    /// Books an attempt; the ledger gets bookings in batches.
    pub(crate) fn book(&self, booking: Booking) {
        // No event tells of what is still asked on the way down: it is no part of the run.
        if self.is_stopping() {
            return;
        }
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
        #[cfg(feature = "planted-bugs")]
        if moot_core::planted::is_on(moot_core::planted::Planted::AttemptNotClosed) {
            return;
        }
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner).open.remove(&number);
    }

    /// Takes note of a tool call whose result comes later.
    pub(crate) fn call_opened(&self, number: u64, call: OpenCall) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).insert(number, call);
    }

    pub(crate) fn call_closed(&self, number: u64) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
    }

    /// Whether a tool call still waits for its result.
    pub(crate) fn is_call_open(&self, number: u64) -> bool {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&number)
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

    /// From now on, models have answered what they did in an earlier play.
    pub(crate) fn recall_replies(&self, replies: Replies) {
        // A world starts once.
        let _ = self.replies.set(replies);
    }

    /// What a model answered to this request in an earlier play that this one begins as.
    pub(crate) fn replied_before(&self, request: &moot_model::ModelRequest) -> Option<&Replied> {
        self.replies.get()?.to(request)
    }

    /// Lets go of what will never be delivered: it may hold the world, which holds it.
    pub(crate) fn let_go(&self) {
        let undelivered = std::mem::take(&mut *self.queue());
        let unanswered = std::mem::replace(&mut *self.outside(), OutsidePort::new());
        // Let go of outside the locks: what is dropped may look at them.
        drop((undelivered, unanswered));
    }

    /// What comes from the outside, with secrets hidden.
    pub(crate) fn masked(&self, text: Text) -> Text {
        self.mask.as_ref().and_then(|mask| mask.whole(&text)).map_or(text, Text::from)
    }

    /// What hides secrets, when there are any.
    pub(crate) fn mask(&self) -> Option<&dyn Masking> {
        self.mask.as_deref()
    }

    /// The same, to be taken to another thread.
    pub(crate) fn shared_mask(&self) -> Option<Mask> {
        self.mask.clone()
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

    /// How many requests may wait in the mailbox of a participant.
    pub(crate) const fn requests_max(&self) -> usize {
        self.requests_max
    }

    /// Who lives here.
    pub(crate) const fn household(&self) -> &Household {
        &self.household
    }

    /// Whether the actors are being stopped, so that none that ends is missed.
    pub(crate) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    /// From now on, actors end because they are stopped.
    pub(crate) fn note_stopping(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    /// How many restarts there may be in all.
    pub(crate) fn limit_restarts(&self, most: u32) {
        *self.restarts.lock().unwrap_or_else(PoisonError::into_inner) = RunRestarts::new(most);
    }

    /// The restarts of all supervisors together.
    pub(crate) fn with_restarts<T>(&self, step: impl FnOnce(&mut RunRestarts) -> T) -> T {
        step(&mut self.restarts.lock().unwrap_or_else(PoisonError::into_inner))
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

    pub(crate) fn set_ledger(&self, ledger: Address<LedgerMessage>) {
        // A world starts once.
        let _ = self.ledger.set(ledger);
    }

    /// The supervisor at the top is restarted; how often it was, this time included.
    pub(crate) fn count_top_restart(&self) -> u32 {
        self.top_restarts.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn add_supervisor(&self, path: ActorPath, address: Address<SupervisorMessage>) {
        self.supervisors.lock().unwrap_or_else(PoisonError::into_inner).insert(path, address);
    }

    /// Tells the supervisor that watches over somebody.
    pub(crate) fn tell_supervisor_of(&self, child: &ActorPath, message: SupervisorMessage) {
        let supervisor = self.household.supervisor_of(child);
        let supervisors = self.supervisors.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(address) = supervisor.and_then(|supervisor| supervisors.get(&supervisor)) {
            post(address, message);
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
