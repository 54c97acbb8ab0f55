//! A request to the outside, in a form in which it can be asked, recalled from a journal, or answered without being asked.
//!
//! It must not know threads, the world's queue or who keeps journals.

use moot_core::{Text, VirtualDuration};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::spec::Mask;

/// What somebody in the world asks of the outside.
pub(crate) struct OutsideRequest<A> {
    /// Who asks for what: the same words in every run of the same scenario, and different ones for different requests.
    pub(crate) what: Text,
    /// Asks; runs on a thread of its own and may block.
    pub(crate) ask: Box<dyn FnOnce() -> A + Send>,
    /// What stands in for the answer when the request was sent before, its answer was lost, and it may not be sent
    /// again.
    pub(crate) lost: Option<A>,
    /// How long the answer takes in virtual time.
    pub(crate) latency: Box<dyn FnOnce(&A) -> VirtualDuration + Send>,
    /// Takes the answer into the world.
    pub(crate) deliver: Box<dyn FnOnce(A) + Send>,
}

/// An answer from the outside: how long it takes in virtual time, and what is done in the world when it arrives.
pub(crate) struct OutsideAnswer {
    pub(crate) latency: VirtualDuration,
    pub(crate) deliver: Box<dyn FnOnce() + Send>,
    /// The answer as a journal keeps it, when it is to be kept.
    pub(crate) kept: Option<Value>,
}

/// How a request comes to its answer.
pub(crate) enum Source {
    /// It is asked; the answer is kept, with secrets hidden, when a mask is given.
    Ask(Option<Keep>),
    /// It was sent before and its answer was lost.
    AskAgain(Option<Keep>),
    /// This was its answer.
    Recall(Value),
}

/// How an answer is kept.
#[derive(Clone)]
pub(crate) struct Keep(pub(crate) Option<Mask>);

/// A request whose answers may be of any type.
pub(crate) struct OutsideWork {
    pub(crate) what: Text,
    /// Whether it can be sent once more when nobody knows whether it was.
    pub(crate) can_be_repeated: bool,
    /// Gives the answer.
    pub(crate) answer: Box<dyn FnOnce(Source) -> Result<OutsideAnswer, serde_json::Error> + Send>,
}

impl<A: Serialize + DeserializeOwned + Send + 'static> From<OutsideRequest<A>> for OutsideWork {
    fn from(request: OutsideRequest<A>) -> Self {
        let OutsideRequest { what, ask, lost, latency, deliver } = request;
        let can_be_repeated = lost.is_none();
        let answer = move |source| {
            let (answer, keep): (A, _) = match source {
                Source::Ask(keep) => (ask(), keep),
                Source::AskAgain(keep) => (lost.unwrap_or_else(ask), keep),
                Source::Recall(value) => (serde_json::from_value(value)?, None),
            };
            let kept = keep.map(|keep| keep.value(&answer)).transpose()?;
            let latency = latency(&answer);
            Ok(OutsideAnswer { latency, deliver: Box::new(move || deliver(answer)), kept })
        };
        Self { what, can_be_repeated, answer: Box::new(answer) }
    }
}

impl Keep {
    fn value(&self, answer: &impl Serialize) -> Result<Value, serde_json::Error> {
        let mut value = serde_json::to_value(answer)?;
        if self.0.is_some() {
            self.hide(&mut value);
        }
        Ok(value)
    }

    /// Hides secrets in every text.
    fn hide(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some(hidden) = self.0.as_ref().and_then(|mask| mask.whole(text)) {
                    *text = hidden;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.hide(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.hide(field)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn request(lost: Option<u32>) -> (OutsideWork, mpsc::Receiver<u32>) {
        let (sender, delivered) = mpsc::channel();
        let request = OutsideRequest {
            what: "a number".into(),
            ask: Box::new(|| 7),
            lost,
            latency: Box::new(|answer| VirtualDuration::from_millis(u64::from(*answer))),
            deliver: Box::new(move |answer| sender.send(answer).unwrap()),
        };
        (request.into(), delivered)
    }

    #[test]
    fn an_answer_comes_from_where_it_is_said_to() {
        for (source, lost, expected, kept) in [
            (Source::Ask(None), None, 7, None),
            (Source::Ask(Some(Keep(None))), Some(3), 7, Some(Value::from(7))),
            (Source::AskAgain(Some(Keep(None))), None, 7, Some(Value::from(7))),
            (Source::AskAgain(Some(Keep(None))), Some(3), 3, Some(Value::from(3))),
            (Source::Recall(Value::from(5)), Some(3), 5, None),
        ] {
            let (work, delivered) = request(lost);
            assert_eq!(work.can_be_repeated, lost.is_none());
            let answer = (work.answer)(source).unwrap();
            assert_eq!((answer.latency.as_millis(), &answer.kept), (u64::from(expected), &kept));
            (answer.deliver)();
            assert_eq!(delivered.recv().unwrap(), expected);
        }
        let (work, _) = request(None);
        assert!((work.answer)(Source::Recall("seven".into())).is_err());
    }
}
