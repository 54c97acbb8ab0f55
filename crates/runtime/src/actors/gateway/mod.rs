//! A model gateway: the one way to one model, and the only place where failed attempts are made again.
//!
//! A call first passes the model's limits, which all agents share, and is then held against its budgets; then an attempt
//! is made, booked, and its answer delivered when its virtual latency has passed. Whether a failed attempt is followed
//! by another, and when, is decided by the retry rules of `moot-mind`. An inside model is computed at once; an outside
//! one runs behind the port to the outside. A model that panics gives a failed attempt, and on the supervisor's word
//! the model is made anew.

mod attempt;
mod pieces;

use std::collections::BTreeMap;
use std::sync::Arc;

use moot_core::{
    ActorPath, ActorRole, Bill, EventKind, EventSequence, ModelDelta, ModelFailure, ModelReply, Money, TaskId, Text,
    Usage, VirtualDuration,
};
use moot_mind::budget::{Need, Refusal};
use moot_mind::retry::{Breaker, BreakerOptions, BreakerPermit, Limiter, LimiterOptions, RetryOptions};
use moot_mind::tokens;
use moot_model::{Model, ModelRequest, Price};

use crate::actors::address::{Address, Order};
use crate::actors::agent::AgentMessage;
use crate::actors::body::{Inhabitant, guarded, post, serve};
use crate::actors::ledger::LedgerMessage;
use crate::actors::participant::Budgets;
use crate::spec::ModelFactory;
use crate::world::World;
use pieces::HeldBack;

/// The tokens that a reply is taken to have at most when neither the model nor anybody else says.
const OUTPUT_TOKENS_ASSUMED: u64 = 4_096;

/// A request on its way to a model.
pub(crate) struct Asked {
    pub(crate) request: ModelRequest,
    pub(crate) agent_number: u32,
    /// What the call is held against; empty for most.
    pub(crate) budgets: Budgets,
    pub(crate) reply_to: Address<AgentMessage>,
    /// Tells the answer from those to what the agent had asked before: nobody waits for these any more.
    pub(crate) ask: u64,
    /// What the answer is for.
    pub(crate) errand: Errand,
    /// The number of the first attempt with this request, from which retries are counted: one that is asked again after
    /// the model crashed counts on.
    pub(crate) first_attempt: u32,
    pub(crate) cause: EventSequence,
}

/// What a model's answer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Errand {
    /// The agent's next step.
    Turn,
    /// A summary of what the agent's transcript no longer holds.
    Summary,
}

pub(crate) enum GatewayMessage {
    Asked(Box<Asked>),
    /// The ledger holds the attempt's budget, or does not.
    Reserved {
        number: u64,
        reserved: Result<(), Refusal>,
    },
    /// The limits may let the call pass now.
    Try {
        number: u64,
    },
    /// The wait before another attempt is over.
    Again {
        number: u64,
    },
    /// A piece of the reply has come.
    Streamed {
        number: u64,
        attempt: u32,
        delta: ModelDelta,
    },
    /// The latency of an attempt has passed; `opened` is what it was opened with.
    Answered {
        number: u64,
        opened: u64,
        answer: Result<ModelReply, ModelFailure>,
    },
    /// Nobody waits for the answer any more.
    Withdrawn {
        agent_number: u32,
        task: TaskId,
    },
}

/// A call that is not answered yet.
struct Pending {
    asked: Box<Asked>,
    stage: Stage,
    /// The attempt's number in the ledger, while a budget is held for it.
    reserved: Option<u64>,
    /// Whether it has a place under the model's limits.
    admitted: bool,
    /// The breaker's leave for the attempt that is out.
    permit: Option<BreakerPermit>,
    /// Whether pieces of a reply have come.
    streamed: bool,
    /// The ends of pieces that may be the beginnings of secrets.
    held_back: HeldBack,
    withdrawn: bool,
    /// What the attempts of the call took so far.
    bill: Bill,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The ledger was asked.
    Reserving,
    /// The limits, or the wait before another attempt, hold it back.
    Waiting,
    /// An attempt is out.
    Out,
}

impl Pending {
    fn new(asked: Box<Asked>) -> Self {
        let stage = Stage::Reserving;
        let held_back = HeldBack::default();
        Self {
            asked,
            stage,
            reserved: None,
            admitted: false,
            permit: None,
            streamed: false,
            held_back,
            withdrawn: false,
            bill: Bill::default(),
        }
    }
}

/// What one gateway is for.
pub(crate) struct GatewaySetup {
    pub(crate) path: ActorPath,
    pub(crate) name: Text,
    pub(crate) number: u32,
    pub(crate) factory: ModelFactory,
    pub(crate) model: Arc<dyn Model>,
    pub(crate) outside_latency: VirtualDuration,
    pub(crate) price: Option<Price>,
    pub(crate) retry: RetryOptions,
    pub(crate) limits: Option<LimiterOptions>,
    pub(crate) breaker: Option<BreakerOptions>,
    pub(crate) ledger: Address<LedgerMessage>,
}

pub(crate) struct GatewayState {
    world: Arc<World>,
    setup: GatewaySetup,
    limiter: Option<Limiter>,
    breaker: Option<Breaker>,
    calls: BTreeMap<u64, Pending>,
    next: u64,
    strikes: u32,
    /// The last attempt at the call of each agent that was made more than once: one that is restarted asks again and does
    /// not know of it.
    retried: BTreeMap<u32, (TaskId, u32, u32)>,
}

impl Inhabitant for GatewayState {
    type Message = GatewayMessage;

    fn world(&self) -> Option<&Arc<World>> {
        Some(&self.world)
    }

    fn started(&self) {
        self.world.record(&self.setup.path, None, EventKind::ActorStarted { role: ActorRole::ModelGateway });
    }

    fn ordered(&mut self, myself: &Address<GatewayMessage>, order: Order) {
        serve(&self.world, myself, order);
    }

    fn receive(&mut self, myself: &Address<GatewayMessage>, message: GatewayMessage) {
        match message {
            GatewayMessage::Asked(asked) => self.begin(myself, asked),
            GatewayMessage::Reserved { number, reserved } => self.reserved(myself, number, reserved),
            GatewayMessage::Try { number } => self.pass_limits(myself, number),
            GatewayMessage::Again { number } => self.pass_limits(myself, number),
            GatewayMessage::Streamed { number, attempt, delta } => self.streamed(number, attempt, delta),
            GatewayMessage::Answered { number, opened, answer } => {
                self.world.attempt_closed(opened);
                if let Some(pending) = self.calls.remove(&number) {
                    self.settle(myself, number, pending, answer);
                }
            }
            GatewayMessage::Withdrawn { agent_number, task } => self.withdraw(myself, agent_number, task),
        }
    }
}

impl GatewayState {
    pub(crate) fn new(world: Arc<World>, setup: GatewaySetup) -> Self {
        let limiter = setup.limits.map(Limiter::new);
        let breaker = setup.breaker.map(Breaker::new);
        Self { world, setup, limiter, breaker, calls: BTreeMap::new(), next: 0, strikes: 0, retried: BTreeMap::new() }
    }

    /// A call comes in.
    fn begin(&mut self, myself: &Address<GatewayMessage>, mut asked: Box<Asked>) {
        if let Some((task, call, attempt)) = self.retried.remove(&asked.agent_number)
            && (task, call) == (asked.request.task.id, asked.request.call)
        {
            asked.request.attempt = asked.request.attempt.max(attempt.saturating_add(1));
            self.retried.insert(asked.agent_number, (task, call, asked.request.attempt));
        }
        let number = self.next;
        self.next += 1;
        let pending = Pending::new(asked);
        if self.limiter.is_none() && self.breaker.is_none() && pending.asked.budgets.is_empty() {
            return self.make(myself, number, pending);
        }
        self.calls.insert(number, pending);
        self.pass_limits(myself, number);
    }

    /// Holds the next attempt against its budgets, if there are any.
    pub(super) fn reserve(&mut self, myself: &Address<GatewayMessage>, number: u64) {
        let Some(pending) = self.calls.get_mut(&number) else { return };
        if pending.asked.budgets.is_empty() {
            return self.send_out(myself, number);
        }
        let most = most_tokens(self.setup.model.as_ref(), &pending.asked.request);
        let price = self.setup.price.or_else(|| self.setup.model.price());
        let need = Need { tokens: most.total_tokens(), money: price.map(|price| price.most_cost(most)) };
        let attempt = self.world.next_attempt();
        (pending.stage, pending.reserved) = (Stage::Reserving, Some(attempt));
        let message = LedgerMessage::Reserve {
            chain: pending.asked.budgets.chain(),
            attempt,
            need,
            now: self.world.now(),
            reply_to: myself.clone(),
            number,
        };
        post(&self.setup.ledger, message);
    }

    fn reserved(&mut self, myself: &Address<GatewayMessage>, number: u64, reserved: Result<(), Refusal>) {
        match reserved {
            Ok(()) => self.send_out(myself, number),
            Err(refusal) => {
                let Some(Pending { asked, admitted, .. }) = self.calls.remove(&number) else { return };
                if admitted {
                    self.leave_limits(myself, number);
                }
                let kind = EventKind::BudgetRefused {
                    task: asked.request.task.id,
                    node: refusal.node.clone(),
                    limit: refusal.limit,
                    reason: refusal.reason.clone(),
                };
                let cause = self.world.record(&asked.request.agent, Some(asked.cause), kind);
                let (ask, errand, limit) = (asked.ask, asked.errand, refusal.limit);
                let message = AgentMessage::BudgetRefused { ask, errand, limit, cause };
                post(&asked.reply_to, message);
            }
        }
    }

    /// Gives what was held for an attempt that is not made back to the budgets.
    fn give_back(&self, pending: &mut Pending) {
        if let Some(attempt) = pending.reserved.take() {
            post(&self.setup.ledger, LedgerMessage::Release { attempt });
        }
    }

    /// Ends what nobody waits for. An attempt that is out goes on: its answer is booked when it comes.
    fn withdraw(&mut self, myself: &Address<GatewayMessage>, agent_number: u32, task: TaskId) {
        let is_it =
            |pending: &Pending| pending.asked.agent_number == agent_number && pending.asked.request.task.id == task;
        let numbers: Vec<u64> =
            self.calls.iter().filter(|(_, pending)| is_it(pending)).map(|(number, _)| *number).collect();
        for number in numbers {
            let Some(pending) = self.calls.get_mut(&number) else { continue };
            pending.withdrawn = true;
            if pending.stage == Stage::Out {
                continue;
            }
            if let Some(mut pending) = self.calls.remove(&number) {
                self.give_back(&mut pending);
                self.leave_limits(myself, number);
            }
        }
    }

    /// The model panicked: that is the end of an attempt, and the model is made anew for the next one.
    fn contain(&mut self, message: &Text, cause: EventSequence) {
        self.strikes += 1;
        let failed = EventKind::ActorFailed { message: message.clone() };
        let cause = self.world.record(&self.setup.path, Some(cause), failed);
        // A factory that panics leaves the model as it was: its next attempt fails by name again.
        if let Ok(model) = guarded(|| (self.setup.factory)()) {
            self.setup.model = model;
        }
        self.world.record(&self.setup.path, Some(cause), EventKind::ActorRestarted { restarts: self.strikes });
    }
}

/// The most that an attempt may take: as the model says, else what is asked, counted, and a usual reply.
fn most_tokens(model: &dyn Model, request: &ModelRequest) -> Usage {
    guarded(|| model.most_tokens(request)).ok().flatten().unwrap_or_else(|| {
        let asked = tokens::of_transcript(&request.transcript) + tokens::of_tools(&request.tools);
        Usage::new(asked, OUTPUT_TOKENS_ASSUMED)
    })
}

/// What a usage costs; `None` when the price or the usage is unknown.
fn cost(setup: &GatewaySetup, usage: Option<Usage>) -> Option<Money> {
    let price = setup.price.or_else(|| setup.model.price());
    price.zip(usage).map(|(price, usage)| price.cost(usage))
}
