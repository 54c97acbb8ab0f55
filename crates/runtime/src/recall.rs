//! An earlier play of a run: what happened in it, and what the outside answered.
//!
//! A world that is given one plays itself again. What is inside is computed anew, what came from outside is taken from
//! here, and each event must be the one that happened before; from there on the run goes on. A journal that is written
//! holds all of this already. This module must not know where an earlier play was kept.

use std::collections::BTreeMap;

use moot_core::{ActorPath, Event, EventKind, EventSequence, ModelFailure, ModelReply, Money, TaskId, Text};
use moot_journal::{KeptEventError, KeptEvents, OutsideLog};
use moot_model::ModelRequest;
use serde_json::Value;

/// What is known of an earlier play.
#[derive(Debug, Clone, Default)]
pub struct Recall {
    /// What happened, from the first event on.
    pub events: KeptEvents,
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
    ///
    /// # Errors
    /// An event that can't be read.
    pub(crate) fn replies(&self) -> Result<Replies, KeptEventError> {
        let mut replies = Replies::default();
        let Some(end) = self.replies_before else { return Ok(replies) };
        for event in self.events.iter() {
            let event = event?;
            if event.sequence >= end {
                break;
            }
            replies.push(event);
        }
        Ok(replies)
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
    fn push(&mut self, event: Event) {
        let (key, reply) = match event.kind {
            EventKind::ModelReplied { task, call, attempt, model, reply, cost } => {
                ((event.actor, task, call, attempt), Replied { answer: Ok(reply), model, cost })
            }
            EventKind::ModelFailed { task, call, attempt, model, failure, cost } => {
                ((event.actor, task, call, attempt), Replied { answer: Err(failure), model, cost })
            }
            _ => return,
        };
        self.0.insert(key, reply);
    }

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
    /// What happened then, as the journal has it.
    pub expected: Value,
    /// What happened now.
    pub found: Event,
}
