//! Participants: an agent and a coordinator answer the same protocol. A task comes in, an outcome goes out.

use std::ops::Deref;
use std::sync::Arc;

use moot_core::{ActorPath, Assignment, Bill, EventSequence, Outcome, Text};
use moot_mind::budget::BudgetId;
use ractor::ActorRef;
use tokio::sync::mpsc::UnboundedSender;

use crate::actors::agent::AgentMessage;
use crate::actors::body::post;
use crate::actors::coordinator::CoordinatorMessage;
use crate::actors::team::TeamMessage;
use crate::world::WorldSignal;

/// Something that can be given a task.
#[derive(Clone)]
pub(crate) enum Participant {
    Agent(ActorRef<AgentMessage>),
    Coordinator(ActorRef<CoordinatorMessage>),
}

/// An assignment on its way to a participant.
pub(crate) struct Delivery {
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
}

/// Who wants the outcome of an assignment, and what it is called there. Also names the assignment when it is withdrawn.
#[derive(Clone)]
pub(crate) enum ReplyTo {
    /// A coordinator's session asked one of its members.
    Coordinator { to: ActorRef<CoordinatorMessage>, session: u64, member: u32, round: u32 },
    /// The team started an agent.
    Team { to: ActorRef<TeamMessage>, child: ActorPath, round: u32 },
    /// The world itself.
    World { to: UnboundedSender<WorldSignal>, task: u32 },
}

/// Who waits for whom, for the report of a deadlock.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wait {
    pub(crate) who: ActorPath,
    pub(crate) for_what: String,
}

impl Participant {
    pub(crate) fn assign(&self, delivery: Delivery) {
        match self {
            Self::Agent(agent) => post(agent, AgentMessage::Assigned(delivery)),
            Self::Coordinator(coordinator) => post(coordinator, CoordinatorMessage::Assigned(delivery)),
        }
    }

    pub(crate) fn cancel(&self, reply_to: ReplyTo, reason: Text, cause: EventSequence) {
        match self {
            Self::Agent(agent) => post(agent, AgentMessage::Cancelled { reply_to, reason, cause }),
            Self::Coordinator(coordinator) => {
                post(coordinator, CoordinatorMessage::Cancelled { reply_to, reason, cause });
            }
        }
    }

    pub(crate) fn inspect(&self, answer: UnboundedSender<Wait>) {
        match self {
            Self::Agent(agent) => post(agent, AgentMessage::Inspected(answer)),
            Self::Coordinator(coordinator) => post(coordinator, CoordinatorMessage::Inspected(answer)),
        }
    }
}

impl ReplyTo {
    pub(crate) fn answer(&self, reply: Reply, cause: EventSequence) {
        match self {
            Self::Coordinator { to, session, member, round } => {
                let (session, member, round) = (*session, *member, *round);
                post(to, CoordinatorMessage::Answered { session, member, round, reply, cause });
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
        Self { outcome, words: None, bill: Bill::default() }
    }
}
