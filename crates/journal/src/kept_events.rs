//! Events as a journal keeps them: each by its line, read only when somebody wants to know what it says.
//!
//! Whoever plays a run again holds each event against the one that is kept. That two lines are equal is told from their
//! bytes, many times faster than by reading one of them. This module must not know how a run is played.
//!
//! ```
//! use moot_core::{ActorPath, Event, EventKind, EventSequence, VirtualTime};
//! use moot_journal::KeptEvents;
//!
//! let kind = EventKind::ActorRestarted { restarts: 1 };
//! let event = Event { sequence: EventSequence(0), time: VirtualTime::ZERO, actor: ActorPath::world(), cause: None, kind };
//! let mut kept = KeptEvents::default();
//! kept.push(&event).unwrap();
//! assert!(kept.is(0, &event));
//! assert!(!kept.is(0, &Event { time: VirtualTime::from_millis(1), ..event.clone() }));
//! assert_eq!(kept.to_vec().unwrap(), [event]);
//! ```

use std::borrow::Cow;

use moot_core::Event;
use serde_json::Value;

use crate::contents::{Contents, has_contents};

/// The events of a run, from the first one on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptEvents {
    /// All events as JSON objects, one behind the other.
    text: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
    /// The long texts of which only hashes stand in the text.
    contents: Contents,
    /// An event that is being compared.
    scratch: Vec<u8>,
}

/// An event that is kept and can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {place} can't be read: {problem}")]
pub struct KeptEventError {
    /// Its place, from 0.
    pub place: usize,
    /// What is wrong with it.
    pub problem: String,
}

impl KeptEvents {
    /// Adds an event.
    ///
    /// # Errors
    /// When it can't be written as JSON.
    pub fn push(&mut self, event: &Event) -> Result<(), serde_json::Error> {
        serde_json::to_writer(&mut self.text, event)?;
        self.ends.push(self.text.len());
        Ok(())
    }

    /// Adds the body of an event's line.
    pub(crate) fn push_body(&mut self, body: &[u8], contents: &Contents) -> Result<(), String> {
        if has_contents(body) {
            self.contents.take_over(contents, body)?;
        }
        self.text.extend_from_slice(body);
        self.text.push(b'}');
        self.ends.push(self.text.len());
        Ok(())
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Forgets all but the first ones.
    pub fn truncate(&mut self, length: usize) {
        self.ends.truncate(length);
        self.text.truncate(self.ends.last().copied().unwrap_or(0));
    }

    /// Whether this is the event at a place.
    #[must_use]
    pub fn is(&mut self, place: usize, event: &Event) -> bool {
        let mut json = std::mem::take(&mut self.scratch);
        json.clear();
        let is_written = serde_json::to_writer(&mut json, event).is_ok();
        let is_equal = is_written && self.json(place).is_some_and(|kept| kept.is_ok_and(|kept| *kept == *json));
        self.scratch = json;
        // What an older format says in other words may be the same event.
        is_equal || self.get(place).is_some_and(|kept| kept.is_ok_and(|kept| kept == *event))
    }

    /// The event at a place.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<Result<Event, KeptEventError>> {
        let read = self.json(place)?.and_then(|json| serde_json::from_slice(&json).map_err(|error| error.to_string()));
        Some(read.map_err(|problem| KeptEventError { place, problem }))
    }

    /// The event at a place as JSON; what can't be read is there as text.
    #[must_use]
    pub fn value(&self, place: usize) -> Option<Value> {
        let json = self.json(place)?.unwrap_or_else(|problem| Cow::Owned(problem.into_bytes()));
        Some(serde_json::from_slice(&json).unwrap_or_else(|_| String::from_utf8_lossy(&json).into_owned().into()))
    }

    /// The last event.
    #[must_use]
    pub fn last(&self) -> Option<Result<Event, KeptEventError>> {
        self.get(self.len().checked_sub(1)?)
    }

    /// All events, each read when it is asked for.
    pub fn iter(&self) -> impl Iterator<Item = Result<Event, KeptEventError>> {
        (0..self.len()).filter_map(|place| self.get(place))
    }

    /// All events.
    ///
    /// # Errors
    /// The first that can't be read.
    pub fn to_vec(&self) -> Result<Vec<Event>, KeptEventError> {
        self.iter().collect()
    }

    /// An event as JSON, with its long texts in their places.
    fn json(&self, place: usize) -> Option<Result<Cow<'_, [u8]>, String>> {
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let line = self.text.get(start..*self.ends.get(place)?)?;
        let body = line.strip_suffix(b"}")?;
        if !has_contents(body) {
            return Some(Ok(Cow::Borrowed(line)));
        }
        let whole = self.contents.put_back(body).map(|mut whole| {
            whole.push(b'}');
            Cow::Owned(whole)
        });
        Some(whole)
    }
}
