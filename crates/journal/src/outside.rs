//! What a journal keeps of the outside: each request before it goes out, and each answer before it counts.
//!
//! Answers of the outside are no function of the seed, so whoever plays a run again takes them from here. They stand in
//! notes, beside the events: a resume adds further ones, and the digest stays that of the run. A request that was sent
//! and has no answer was open when the run broke off: nobody knows how far it came. This module must not know what is
//! asked; an answer is JSON that whoever asked can read.
//!
//! ```
//! use moot_journal::{Note, OutsideLog, OutsideNote};
//!
//! let sent = OutsideNote::Sent { number: 0, what: "model clerk for a, task 0, call 0, attempt 0".into() };
//! let answered = OutsideNote::Answered { number: 0, answer: serde_json::json!({ "text": "4" }), at: None };
//! let mut log = OutsideLog::default();
//! for note in [Note::from(sent), Note::from(answered)] {
//!     log.push(&note).unwrap();
//! }
//! assert_eq!(log.answer(0), Some(&serde_json::json!({ "text": "4" })));
//! assert_eq!(log.open().count(), 0);
//! ```

use std::collections::BTreeMap;

use moot_core::{Text, VirtualTime};
use serde_json::{Value, json};

use crate::record::Note;

const SENT: &str = "outside_sent";
const ANSWERED: &str = "outside_answered";

/// A note about a request to the outside. Requests are numbered from 0 in the order in which the world makes them.
#[derive(Debug, Clone, PartialEq)]
pub enum OutsideNote {
    /// The request is about to go out.
    Sent {
        /// The request's number.
        number: u64,
        /// Who asks for what: the same in every run of the same scenario.
        what: Text,
    },
    /// Its answer has come and is about to count.
    Answered {
        /// The request's number.
        number: u64,
        /// The answer.
        answer: Value,
        /// When it came, on the real clock; an answer on the virtual clock comes when it is waited for.
        at: Option<VirtualTime>,
    },
}

/// A note about the outside that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a note of kind {kind} says nothing that this program understands")]
pub struct OutsideNoteError {
    /// The kind of the note.
    pub kind: Text,
}

impl From<OutsideNote> for Note {
    fn from(note: OutsideNote) -> Self {
        match note {
            OutsideNote::Sent { number, what } => Self::new(SENT, what).with_data(json!({ "number": number })),
            OutsideNote::Answered { number, answer, at } => {
                let mut data = json!({ "number": number, "answer": answer });
                if let (Some(at), Value::Object(fields)) = (at, &mut data) {
                    fields.insert("at_ms".to_owned(), at.as_millis().into());
                }
                Self::new(ANSWERED, format!("the answer to request {number}")).with_data(data)
            }
        }
    }
}

impl OutsideNote {
    /// The request's number.
    #[must_use]
    pub const fn number(&self) -> u64 {
        match self {
            Self::Sent { number, .. } | Self::Answered { number, .. } => *number,
        }
    }

    /// What a note says of the outside; `None` when it speaks of something else.
    ///
    /// # Errors
    /// When it should speak of the outside and does not say what.
    pub fn of(note: &Note) -> Result<Option<Self>, OutsideNoteError> {
        let number = || note.data.as_ref()?.get("number")?.as_u64();
        let read = match &*note.kind {
            SENT => number().map(|number| Self::Sent { number, what: note.text.clone() }),
            ANSWERED => {
                let answer = note.data.as_ref().and_then(|data| data.get("answer")).cloned();
                let at = note.data.as_ref().and_then(|data| data.get("at_ms")?.as_u64()).map(VirtualTime::from_millis);
                number().zip(answer).map(|(number, answer)| Self::Answered { number, answer, at })
            }
            _ => return Ok(None),
        };
        read.map(Some).ok_or_else(|| OutsideNoteError { kind: note.kind.clone() })
    }
}

/// All that a journal keeps of the outside.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OutsideLog {
    requests: BTreeMap<u64, Request>,
    /// How many answers there were.
    arrived: u64,
}

#[derive(Debug, Clone, PartialEq)]
struct Request {
    what: Text,
    answer: Option<Value>,
    arrival: Option<(u64, Option<VirtualTime>)>,
}

impl OutsideLog {
    /// Takes in a note; one that speaks of something else changes nothing.
    ///
    /// # Errors
    /// When a note should speak of the outside and does not say what.
    pub fn push(&mut self, note: &Note) -> Result<(), OutsideNoteError> {
        match OutsideNote::of(note)? {
            // A request that a resume sent once more is open again.
            Some(OutsideNote::Sent { number, what }) => {
                self.requests.insert(number, Request { what, answer: None, arrival: None });
            }
            Some(OutsideNote::Answered { number, answer, at }) => {
                let arrival = self.arrived;
                self.arrived += 1;
                let request = self.requests.get_mut(&number);
                let request = request.ok_or_else(|| OutsideNoteError { kind: note.kind.clone() })?;
                (request.answer, request.arrival) = (Some(answer), Some((arrival, at)));
            }
            None => {}
        }
        Ok(())
    }

    /// What was asked, when it was.
    #[must_use]
    pub fn what(&self, number: u64) -> Option<&Text> {
        self.requests.get(&number).map(|request| &request.what)
    }

    /// The answer to a request, when one was kept.
    #[must_use]
    pub fn answer(&self, number: u64) -> Option<&Value> {
        self.requests.get(&number)?.answer.as_ref()
    }

    /// The how manieth answer that to a request was, from 0, and when it came on the real clock.
    #[must_use]
    pub fn arrival(&self, number: u64) -> Option<(u64, Option<VirtualTime>)> {
        self.requests.get(&number)?.arrival
    }

    /// Forgets what `keep` does not want.
    pub fn retain(&mut self, keep: impl Fn(u64) -> bool) {
        self.requests.retain(|number, _| keep(*number));
    }

    /// The requests that were sent and have no answer, with what they ask.
    pub fn open(&self) -> impl Iterator<Item = (u64, &Text)> {
        let open = self.requests.iter().filter(|(_, request)| request.answer.is_none());
        open.map(|(number, request)| (*number, &request.what))
    }

    /// How many requests were sent.
    #[must_use]
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Whether nothing was asked of the outside.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn sent(number: u64) -> Note {
        OutsideNote::Sent { number, what: format!("request {number}").into() }.into()
    }

    fn answered(number: u64, answer: Value) -> Note {
        OutsideNote::Answered { number, answer, at: None }.into()
    }

    #[test]
    fn what_has_no_answer_is_open() {
        let mut log = OutsideLog::default();
        for note in [sent(0), sent(1), answered(1, json!(null)), sent(2), Note::new("resumed", "after 3 events")] {
            log.push(&note).unwrap();
        }
        assert_eq!(log.open().map(|(number, _)| number).collect::<Vec<_>>(), [0, 2]);
        assert_eq!((log.answer(1), log.answer(0)), (Some(&Value::Null), None));
        log.push(&sent(1)).unwrap();
        assert_eq!(log.open().count(), 3, "sent once more");
    }

    #[test]
    fn notes_that_say_nothing_are_refused() {
        for note in [
            Note::new(SENT, "x"),
            Note::new(ANSWERED, "x").with_data(json!({ "number": 0 })),
            Note::new(SENT, "x").with_data(json!({ "number": "0" })),
            answered(0, json!(1)),
        ] {
            assert!(OutsideLog::default().push(&note).is_err(), "{note:?}");
        }
    }
}
