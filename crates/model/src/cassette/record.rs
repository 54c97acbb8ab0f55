//! Recording: models that do what they do, and are written down.
//!
//! It must not know what becomes of the recordings.

use std::sync::{Arc, Mutex, PoisonError};

use moot_core::{ModelDelta, ModelFailure, ModelReply, Placement, Text, Usage, VirtualDuration};

use super::{Recording, Rendered};
use crate::{Model, ModelRequest, Price};

/// Takes down what models answer, from any thread.
#[derive(Debug, Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<Recording>>>);

impl Recorder {
    /// The same model, whose answers are taken down under this name.
    #[must_use]
    pub fn model(&self, name: impl Into<Text>, model: Arc<dyn Model>) -> Arc<dyn Model> {
        Arc::new(Recorded { name: name.into(), model, recorder: self.clone() })
    }

    /// What was taken down so far, by agent, task, call and attempt: in the same order whoever answered first.
    #[must_use]
    pub fn recordings(&self) -> Vec<Recording> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        all.sort_by(|one, other| {
            let key = |one: &Recording| (one.agent.clone(), one.task, one.call, one.attempt);
            key(one).cmp(&key(other))
        });
        all
    }
}

/// A model that is written down.
struct Recorded {
    name: Text,
    model: Arc<dyn Model>,
    recorder: Recorder,
}

impl Model for Recorded {
    fn answer(&self, request: &ModelRequest) -> Result<ModelReply, ModelFailure> {
        let answer = self.model.answer(request);
        let recording = Recording {
            model: self.name.clone(),
            agent: request.agent.clone(),
            task: request.task.id,
            call: request.call,
            attempt: request.attempt,
            request: Rendered::of(request),
            answer: answer.clone(),
        };
        self.recorder.0.lock().unwrap_or_else(PoisonError::into_inner).push(recording);
        answer
    }

    fn placement(&self) -> Placement {
        self.model.placement()
    }

    fn price(&self) -> Option<Price> {
        self.model.price()
    }

    fn deltas(&self, request: &ModelRequest, reply: &ModelReply) -> Vec<(VirtualDuration, ModelDelta)> {
        self.model.deltas(request, reply)
    }

    fn deltas_before_failure(
        &self,
        request: &ModelRequest,
        failure: &ModelFailure,
    ) -> Vec<(VirtualDuration, ModelDelta)> {
        self.model.deltas_before_failure(request, failure)
    }

    fn most_tokens(&self, request: &ModelRequest) -> Option<Usage> {
        self.model.most_tokens(request)
    }
}
