//! Participants: an agent and a coordinator answer the same protocol. A task comes in, an outcome goes out.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use moot_core::{
    ActorPath, Assignment, Bill, EventSequence, FailureKind, Outcome, TaskId, Text, ToolsUsed, VirtualDuration,
};
use moot_mind::budget::BudgetId;
use moot_safety::fault::{Delivery as Fate, MessageKind};
use tokio::sync::mpsc::UnboundedSender;

use crate::actors::address::Address;
use crate::actors::agent::AgentMessage;
use crate::actors::body::post;
use crate::actors::coordinator::CoordinatorMessage;
use crate::actors::team::TeamMessage;
use crate::world::{World, WorldSignal};

/// Something that can be given a task.
#[derive(Clone)]
pub(crate) enum Participant {
    Agent(Address<AgentMessage>),
    Coordinator(Address<CoordinatorMessage>),
}

/// An assignment on its way to a participant.
#[derive(Clone)]
pub(crate) struct Delivery {
    /// No other has it: one that comes twice is known by it.
    pub(crate) id: u64,
    pub(crate) assignment: Assignment,
    pub(crate) reply_to: ReplyTo,
    /// What model calls on its behalf are held against; empty for most.
    pub(crate) budgets: Budgets,
    pub(crate) cause: EventSequence,
}

/// The budgets that model calls are held against. Where there are none, as for most, a clone costs nothing.
#[derive(Clone, Default)]
pub(crate) struct Budgets(Option<Arc<[BudgetId]>>);

/// What comes of an assignment.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) outcome: Outcome,
    /// What an agent said last.
    pub(crate) words: Option<Text>,
    pub(crate) bill: Bill,
    pub(crate) tools: ToolsUsed,
}

/// Who wants the outcome of an assignment, and what it is called there. Also names the assignment when it is withdrawn.
#[derive(Clone)]
pub(crate) enum ReplyTo {
    /// A coordinator's session asked one of its members.
    Coordinator { to: Address<CoordinatorMessage>, session: u64, member: u32, round: u32 },
    /// The team started an agent.
    Team { to: Address<TeamMessage>, child: ActorPath, round: u32 },
    /// The world itself.
    World { to: UnboundedSender<WorldSignal>, task: u32 },
}

/// Who waits for whom, for the report of a deadlock.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wait {
    pub(crate) who: ActorPath,
    pub(crate) for_what: String,
}

impl Wait {
    /// Who waits for whom, when it is somebody who can be waited for.
    pub(crate) fn edge(&self) -> Option<(ActorPath, ActorPath)> {
        Some((self.who.clone(), ActorPath::new(&self.for_what).ok()?))
    }
}

impl Participant {
    /// Whose address it is.
    pub(crate) fn path(&self) -> &ActorPath {
        match self {
            Self::Agent(agent) => agent.path(),
            Self::Coordinator(coordinator) => coordinator.path(),
        }
    }

    /// Sends an assignment on its way.
    pub(crate) fn assign(&self, world: &Arc<World>, delivery: Delivery) {
        let Assignment { task, from, .. } = &delivery.assignment;
        let edge = (from, self.path());
        let Some((fate, cause)) = world.fate(edge, MessageKind::Assignment, task.id, delivery.cause) else {
            self.take(world, delivery);
            return;
        };
        let delivery = Delivery { cause, ..delivery };
        let first = Arc::new(AtomicU8::new(FirstCopy::IsToCome as u8));
        for delay in arrivals(&fate) {
            let (to, delivery, there, first) = (self.clone(), delivery.clone(), Arc::clone(world), Arc::clone(&first));
            later(world, delay, move || to.take_copy(&there, delivery, &first));
        }
    }

    /// Takes one of several copies in. What became of the first one that came is what becomes of all: who was told that
    /// the assignment is refused must not find it done, nor the other way round.
    fn take_copy(&self, world: &World, delivery: Delivery, first: &AtomicU8) {
        match first.load(Ordering::Relaxed) {
            came if came == FirstCopy::IsToCome as u8 => {
                let became = match self.take(world, delivery) {
                    true => FirstCopy::WasTaken,
                    false => FirstCopy::WasRefused,
                };
                first.store(became as u8, Ordering::Relaxed);
            }
            came if came == FirstCopy::WasTaken as u8 => {
                let (from, task, cause) =
                    (delivery.assignment.from.clone(), delivery.assignment.task.id, delivery.cause);
                if self.offer(delivery).is_err() {
                    world.overloaded(self.path(), &from, task, "assignment", cause);
                }
            }
            _ => {}
        }
    }

    /// Puts an assignment into the mailbox, unless that is full.
    fn offer(&self, delivery: Delivery) -> Result<(), Delivery> {
        match self {
            Self::Agent(agent) => match agent.offer(AgentMessage::Assigned(delivery)) {
                Err(AgentMessage::Assigned(delivery)) => Err(delivery),
                _ => Ok(()),
            },
            Self::Coordinator(coordinator) => match coordinator.offer(CoordinatorMessage::Assigned(delivery)) {
                Err(CoordinatorMessage::Assigned(delivery)) => Err(delivery),
                _ => Ok(()),
            },
        }
    }

    /// Puts an assignment into the mailbox; whoever gave it is told when that is full. Whether there was room.
    fn take(&self, world: &World, delivery: Delivery) -> bool {
        let Err(refused) = self.offer(delivery) else { return true };
        let Delivery { assignment, reply_to, cause, .. } = refused;
        let (to, task) = (self.path(), assignment.task.id);
        let cause = world.overloaded(to, &assignment.from, task, "assignment", cause);
        let outcome = Outcome::failed(FailureKind::Overloaded, format!("the mailbox of {to} is full"));
        reply_to.answer(world, (to, task), outcome.into(), cause);
        false
    }

    /// Withdraws an assignment, whether or not it has come.
    pub(crate) fn cancel(&self, world: &World, reply_to: ReplyTo, reason: Text, cause: EventSequence) {
        let withdrawn = Withdrawal { reply_to, reason, cause, id: world.next_token() };
        match self {
            Self::Agent(agent) => post(agent, AgentMessage::Cancelled(withdrawn)),
            Self::Coordinator(coordinator) => post(coordinator, CoordinatorMessage::Cancelled(withdrawn)),
        }
    }
}

/// What became of the first copy of a message.
enum FirstCopy {
    IsToCome,
    WasTaken,
    WasRefused,
}

/// The word that an assignment is withdrawn.
pub(crate) struct Withdrawal {
    pub(crate) reply_to: ReplyTo,
    pub(crate) reason: Text,
    pub(crate) cause: EventSequence,
    /// Later than those of what was sent before, and earlier than those of what is sent anew under the same name.
    pub(crate) id: u64,
}

/// What was withdrawn before it came, where messages may come late.
#[derive(Default)]
pub(crate) struct Withdrawn(Vec<(ReplyTo, Text, u64)>);

impl Withdrawn {
    /// Takes note of a word that came before what it is about.
    pub(crate) fn note(&mut self, withdrawal: Withdrawal) {
        let Withdrawal { reply_to, reason, id, .. } = withdrawal;
        self.0.push((reply_to, reason, id));
    }

    /// Whether this was withdrawn after it was sent; then whoever sent it is told that nothing comes of it.
    pub(crate) fn has(&self, world: &World, path: &ActorPath, delivery: &Delivery) -> bool {
        let is_it =
            |(reply_to, _, id): &&(ReplyTo, Text, u64)| delivery.id < *id && delivery.reply_to.is_same(reply_to);
        let Some((_, reason, _)) = self.0.iter().find(is_it) else { return false };
        let (task, cause) = (delivery.assignment.task.id, delivery.cause);
        let cause = world.dead_letter(path, task, "assignment", "it was withdrawn before it came", cause);
        let outcome = Outcome::Cancelled { reason: reason.clone() };
        delivery.reply_to.answer(world, (path, task), outcome.into(), cause);
        true
    }
}

/// After how long a message comes, once for each of its copies; never when it is dropped.
pub(crate) fn arrivals(fate: &Fate) -> impl Iterator<Item = VirtualDuration> {
    let first = (!fate.is_dropped).then_some(fate.delay);
    let copies = fate.copies.iter().filter(|_| !fate.is_dropped).map(|after| fate.delay + *after);
    first.into_iter().chain(copies)
}

/// Does something at once, or when some time has passed.
pub(crate) fn later(world: &World, delay: VirtualDuration, what: impl FnOnce() + Send + 'static) {
    match delay {
        VirtualDuration::ZERO => what(),
        delay => world.after(delay, Box::new(what)),
    }
}

impl ReplyTo {
    /// Answers the assignment.
    pub(crate) fn answer(&self, world: &World, (from, task): (&ActorPath, TaskId), reply: Reply, cause: EventSequence) {
        let whose;
        let to = match self {
            Self::Coordinator { to, .. } => to.path(),
            Self::Team { to, .. } => to.path(),
            Self::World { .. } => {
                whose = ActorPath::world();
                &whose
            }
        };
        let Some((fate, cause)) = world.fate((from, to), MessageKind::Answer, task, cause) else {
            return self.tell(reply, None, cause);
        };
        let said: Vec<(Option<u64>, Reply)> =
            told(&fate, &reply, self.round()).into_iter().map(|reply| (Some(world.next_token()), reply)).collect();
        for delay in arrivals(&fate) {
            for (id, reply) in said.clone() {
                let to = self.clone();
                later(world, delay, move || to.tell(reply, id, cause));
            }
        }
    }

    const fn round(&self) -> u32 {
        match self {
            Self::Coordinator { round, .. } | Self::Team { round, .. } => *round,
            Self::World { .. } => 0,
        }
    }

    /// Tells what came of it; `id` where it may be told more than once.
    fn tell(&self, reply: Reply, id: Option<u64>, cause: EventSequence) {
        match self {
            Self::Coordinator { to, session, member, round } => {
                let (session, member, round) = (*session, *member, *round);
                post(to, CoordinatorMessage::Answered { session, member, round, reply, id, cause });
            }
            Self::Team { to, child, round } => {
                post(to, TeamMessage::Answered { child: child.clone(), round: *round, outcome: reply.outcome });
            }
            Self::World { to, task } => {
                // The world's end of the channel lives as long as its actors.
                let _ = to.send(WorldSignal::TaskAnswered { task: *task, outcome: reply.outcome, cause });
            }
        }
    }

    /// Whether both name the same assignment.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Coordinator { to, session, member, round },
                Self::Coordinator { to: other_to, session: other_session, member: other_member, round: other_round },
            ) => to == other_to && (session, member, round) == (other_session, other_member, other_round),
            (Self::Team { child, round, .. }, Self::Team { child: other_child, round: other_round, .. }) => {
                (child, round) == (other_child, other_round)
            }
            (Self::World { task, .. }, Self::World { task: other_task, .. }) => task == other_task,
            _ => false,
        }
    }
}

/// What is told in place of a reply.
fn told(fate: &Fate, reply: &Reply, round: u32) -> Vec<Reply> {
    let Some(lie) = &fate.lie else { return vec![reply.clone()] };
    let said = lie.apply(&reply.outcome, reply.words.as_deref(), round);
    said.into_iter()
        .map(|(outcome, words)| Reply { outcome, words, bill: reply.bill, tools: reply.tools.clone() })
        .collect()
}

impl Budgets {
    /// The budgets as the ledger wants them.
    pub(crate) fn chain(&self) -> Arc<[BudgetId]> {
        self.0.clone().unwrap_or_default()
    }

    /// Whether both are clones of one another.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(own), Some(other)) => Arc::ptr_eq(own, other),
            (own, other) => own.is_none() && other.is_none(),
        }
    }
}

impl Deref for Budgets {
    type Target = [BudgetId];

    fn deref(&self) -> &[BudgetId] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl FromIterator<BudgetId> for Budgets {
    fn from_iter<I: IntoIterator<Item = BudgetId>>(budgets: I) -> Self {
        let budgets: Arc<[BudgetId]> = budgets.into_iter().collect();
        Self(Some(budgets).filter(|budgets| !budgets.is_empty()))
    }
}

impl From<Outcome> for Reply {
    /// An outcome without words that took nothing.
    fn from(outcome: Outcome) -> Self {
        Self { outcome, words: None, bill: Bill::default(), tools: ToolsUsed::default() }
    }
}
