//! An earlier play of a run: what happened in it, and what the outside answered.
//!
//! A world that is given one plays itself again. What is inside is computed anew, what came from outside is taken from
//! here, and each event must be the one that happened before; from there on the run goes on. A journal that is written
//! holds all of this already. This module must not know where an earlier play was kept.

use std::collections::BTreeMap;

use moot_core::{ActorPath, Event, EventKind, EventSequence, ModelFailure, ModelReply, Money, TaskId, Text};
use moot_journal::OutsideLog;
use moot_model::ModelRequest;

/// What is known of an earlier play.
#[derive(Debug, Clone, Default)]
pub struct Recall {
    /// What happened, from the first event on.
    pub events: Vec<Event>,
    /// What was asked of the outside, and what it answered.
    pub outside: OutsideLog,
    /// Whether the outside may be asked what has no answer there. If not, what was sent and not answered stays open.
    pub may_ask: bool,
    /// Before which event the run is called off, if it is not to go on.
    pub until: Option<EventSequence>,
    /// Before this event, what models answered is taken from the events, whatever they would answer now: so begins a run
    /// that comes from another one.
    pub replies_before: Option<EventSequence>,
}

impl Recall {
    /// What models answered, when it is to be taken from the events.
    pub(crate) fn replies(&self) -> Replies {
        let is_early = |event: &&Event| self.replies_before.is_some_and(|end| event.sequence < end);
        let events = self.events.iter().filter(is_early);
        let replies = events.filter_map(|event| {
            let (key, reply) = match &event.kind {
                EventKind::ModelReplied { task, call, attempt, model, reply, cost } => {
                    ((*task, *call, *attempt), Replied { answer: Ok(reply.clone()), model: model.clone(), cost: *cost })
                }
                EventKind::ModelFailed { task, call, attempt, model, failure, cost } => {
                    let answer = Err(failure.clone());
                    ((*task, *call, *attempt), Replied { answer, model: model.clone(), cost: *cost })
                }
                _ => return None,
            };
            Some(((event.actor.clone(), key.0, key.1, key.2), reply))
        });
        Replies(replies.collect())
    }
}

/// What models answered in an earlier play.
#[derive(Debug, Default)]
pub(crate) struct Replies(BTreeMap<(ActorPath, TaskId, u32, u32), Replied>);

/// An answer of a model, and what it was booked as.
#[derive(Debug, Clone)]
pub(crate) struct Replied {
    pub(crate) answer: Result<ModelReply, ModelFailure>,
    pub(crate) model: Text,
    pub(crate) cost: Option<Money>,
}

impl Replies {
    /// The answer to a request, when it was made in the earlier play.
    pub(crate) fn to(&self, request: &ModelRequest) -> Option<&Replied> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&(request.agent.clone(), request.task.id, request.call, request.attempt))
    }
}

/// Where a run went otherwise than before.
#[derive(Debug, Clone, PartialEq)]
pub struct Divergence {
    /// What happened then.
    pub expected: Event,
    /// What happened now.
    pub found: Event,
}
