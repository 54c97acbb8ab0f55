//! The cost ledger books every attempt of every model call, with totals per agent, model and task.
//!
//! Bookings reach it in batches, as events reach the recorder. It knows neither prices nor why a call was made; an
//! attempt whose cost nobody knows is counted as that. Budgets are kept here too: an attempt is held against them before
//! it is made, so that however many agents ask at once, no limit is passed.
//!
//! ```
//! use moot_runtime::LedgerTotals;
//!
//! assert_eq!(LedgerTotals::default().run.calls, 0);
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use moot_core::{ActorPath, EventSequence, Money, TaskId, Text, Usage, VirtualTime};
use moot_journal::CallTotals;
use moot_mind::budget::{BudgetBook, BudgetId, BudgetQueue, Need, Refusal, Reservation};
use moot_safety::fault::{FaultAction, Site, SiteKind};
use tokio::sync::oneshot;

use crate::actors::address::{Address, Order};
use crate::actors::body::{Inhabitant, post, serve};
use crate::actors::gateway::GatewayMessage;
use crate::actors::ledger_probe::Shown;
use crate::actors::supervisor::fail;
use crate::world::{World, servant};

/// The ledger's books at the end of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerTotals {
    /// Everything.
    pub run: CallTotals,
    /// By agent.
    pub agents: BTreeMap<ActorPath, CallTotals>,
    /// By model.
    pub models: BTreeMap<Text, CallTotals>,
    /// By task.
    pub tasks: BTreeMap<TaskId, CallTotals>,
}

pub(crate) enum LedgerMessage {
    /// These attempts ended.
    Book(Vec<Booking>),
    /// An agent that was not there at the start; it gets the next number.
    Joined(ActorPath),
    /// An attempt is about to be made: hold it against these budgets.
    Reserve {
        chain: Arc<[BudgetId]>,
        attempt: u64,
        need: Need,
        now: VirtualTime,
        reply_to: Address<GatewayMessage>,
        number: u64,
    },
    /// An attempt for which a budget is held has ended.
    Settle { attempt: u64, agent: u32, usage: Option<Usage>, cost: Option<Money> },
    /// An attempt for which a budget is held is not made.
    Release { attempt: u64 },
    /// The run is over: hand over the books.
    Close(oneshot::Sender<LedgerTotals>),
}

/// What one attempt took.
#[derive(Clone, Copy)]
pub(crate) struct Booking {
    pub(crate) agent: u32,
    pub(crate) model: u32,
    pub(crate) task: TaskId,
    pub(crate) usage: Option<Usage>,
    pub(crate) cost: Option<Money>,
    pub(crate) failed: bool,
}

/// Agents and models are booked by number, so that booking an attempt allocates nothing.
pub(crate) struct LedgerState {
    world: Arc<World>,
    agent_paths: Vec<ActorPath>,
    model_names: Vec<Text>,
    run: CallTotals,
    /// Only those that made a call: a world may hold a hundred thousand that never do.
    agents: BTreeMap<u32, CallTotals>,
    models: Vec<CallTotals>,
    tasks: BTreeMap<TaskId, CallTotals>,
    budgets: BudgetBook,
    /// Attempts that wait for what is in flight to end, each with who asked and its number there.
    waiting: BudgetQueue<(Address<GatewayMessage>, u64)>,
    /// What it was about to do when it crashed.
    retake: Option<LedgerMessage>,
    shown: Shown,
}

impl Inhabitant for LedgerState {
    type Message = LedgerMessage;

    fn world(&self) -> Option<&Arc<World>> {
        Some(&self.world)
    }

    fn ordered(&mut self, myself: &Address<LedgerMessage>, order: Order) {
        let goes_on = matches!(order, Order::Restart { .. } | Order::GiveUp { .. });
        serve(&self.world, myself, order);
        if goes_on && let Some(LedgerMessage::Settle { attempt, usage, cost, .. }) = self.retake.take() {
            self.world.reach("settled after a restart");
            #[cfg(feature = "planted-bugs")]
            if moot_core::planted::is_on(moot_core::planted::Planted::NoLedgerDedupe) {
                self.book(&[Booking { agent: 0, model: 0, task: TaskId(0), usage, cost, failed: false }]);
            }
            self.settle(attempt, usage, cost);
        }
    }

    fn receive(&mut self, myself: &Address<LedgerMessage>, message: LedgerMessage) {
        match message {
            LedgerMessage::Book(bookings) => {
                bookings.chunk_by(|one, next| one.task == next.task).for_each(|bookings| self.book(bookings));
            }
            LedgerMessage::Joined(path) => self.agent_paths.push(path),
            LedgerMessage::Reserve { chain, attempt, need, now, reply_to, number } => {
                let reservation = Reservation { chain, attempt, need, now };
                self.waiting.reserve(&mut self.budgets, reservation, (reply_to, number), answer);
                self.shown.held(&self.world, &self.budgets);
            }
            LedgerMessage::Settle { attempt, agent, usage, cost } => {
                if let Some(crash) = self.crashes_before_settling(agent) {
                    // The books are as they were: what was to be settled is settled after the restart, once.
                    self.retake = Some(LedgerMessage::Settle { attempt, agent, usage, cost });
                    return fail(&self.world, myself, "a planned crash".to_owned(), crash);
                }
                self.settle(attempt, usage, cost);
            }
            LedgerMessage::Release { attempt } => {
                self.waiting.withdraw(attempt);
                if self.budgets.release(attempt) {
                    self.shown.ended(&self.world, &self.budgets, attempt, None);
                }
                self.serve();
            }
            // Nobody waiting means that the world is gone.
            LedgerMessage::Close(books) => drop(books.send(self.close())),
        }
    }
}

/// Tells a gateway whether its attempt is held.
fn answer((reply_to, number): (Address<GatewayMessage>, u64), reserved: Result<(), Refusal>) {
    post(&reply_to, GatewayMessage::Reserved { number, reserved });
}

impl LedgerState {
    pub(crate) fn new(
        world: Arc<World>,
        agent_paths: Vec<ActorPath>,
        model_names: Vec<Text>,
        budgets: BudgetBook,
    ) -> Self {
        Shown::opened(&world, &budgets);
        let models = vec![CallTotals::default(); model_names.len()];
        Self {
            world,
            agent_paths,
            model_names,
            run: CallTotals::default(),
            agents: BTreeMap::new(),
            models,
            tasks: BTreeMap::new(),
            budgets,
            waiting: BudgetQueue::new(),
            retake: None,
            shown: Shown::default(),
        }
    }

    fn settle(&mut self, attempt: u64, usage: Option<Usage>, cost: Option<Money>) {
        // What it came to is booked beside.
        let settled = self.budgets.settle(attempt, usage, cost);
        self.shown.ended(&self.world, &self.budgets, attempt, settled);
        self.serve();
    }

    /// Answers whoever waited for what was given back.
    fn serve(&mut self) {
        self.waiting.serve(&mut self.budgets, answer);
        self.shown.held(&self.world, &self.budgets);
    }

    fn crashes_before_settling(&self, agent: u32) -> Option<EventSequence> {
        if !self.world.is_struck_at(SiteKind::LedgerSettle) {
            return None;
        }
        let agent = self.agent_paths.get(agent as usize)?;
        let (action, cause) = self.world.strike(&Site::LedgerSettle { agent }, &servant("ledger"), None, None)?;
        (action == FaultAction::Crash).then_some(cause)
    }

    /// Books attempts on one task.
    fn book(&mut self, bookings: &[Booking]) {
        let mut sum = CallTotals::default();
        for booking in bookings {
            #[cfg(feature = "planted-bugs")]
            if booking.failed && moot_core::planted::is_on(moot_core::planted::Planted::FailedAttemptsFree) {
                continue;
            }
            let add = |totals: &mut CallTotals| totals.add(booking.usage, booking.cost, booking.failed);
            add(&mut sum);
            add(self.agents.entry(booking.agent).or_default());
            self.models.get_mut(booking.model as usize).map(add);
        }
        self.run.merge(&sum);
        if let Some(booking) = bookings.first() {
            self.tasks.entry(booking.task).or_default().merge(&sum);
        }
    }

    fn close(&mut self) -> LedgerTotals {
        let path =
            |(number, totals): (&u32, &CallTotals)| Some((self.agent_paths.get(*number as usize)?.clone(), *totals));
        let agents = self.agents.iter().filter_map(path).collect();
        LedgerTotals {
            run: self.run,
            agents,
            models: self.model_names.drain(..).zip(self.models.drain(..)).collect(),
            tasks: std::mem::take(&mut self.tasks),
        }
    }
}
