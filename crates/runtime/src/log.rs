//! The world's log: an event is appended at the instant it happens, and that is what orders events.
//!
//! The log takes the digest and the summary as it goes and hands batches to the recorder, which owns the file. It
//! knows nothing of what the events mean.

use moot_core::{ActorPath, Event, EventKind, EventSequence, VirtualTime};
use moot_journal::{Digest, DigestValue, Summary};
use ractor::ActorRef;

use crate::actors::recorder::RecorderMessage;

/// How many events go to the recorder in one message.
const BATCH_EVENTS: usize = 512;

/// All that has happened so far, as far as it is still needed.
pub(crate) struct Log {
    next: u64,
    digest: Digest,
    summary: Summary,
    recorder: Option<ActorRef<RecorderMessage>>,
    batch: Vec<Event>,
    /// Whether anything was appended since the last commit.
    uncommitted: bool,
    kept: Option<Vec<Event>>,
}

impl Log {
    /// An empty log.
    pub(crate) fn new(keep_events: bool) -> Self {
        Self {
            next: 0,
            digest: Digest::new(),
            summary: Summary::new(),
            recorder: None,
            batch: Vec::new(),
            uncommitted: false,
            kept: keep_events.then(Vec::new),
        }
    }

    /// From now on, events also go to the recorder.
    pub(crate) fn record_to(&mut self, recorder: ActorRef<RecorderMessage>) {
        self.batch.reserve(BATCH_EVENTS);
        self.recorder = Some(recorder);
    }

    /// Appends an event.
    pub(crate) fn append(
        &mut self,
        time: VirtualTime,
        actor: ActorPath,
        cause: Option<EventSequence>,
        kind: EventKind,
    ) -> EventSequence {
        let sequence = EventSequence(self.next);
        self.next += 1;
        let event = Event { sequence, time, actor, cause, kind };
        tracing::debug!(target: "moot::event", n = sequence.0, t_ms = time.as_millis(), actor = %event.actor, kind = event.kind.name());
        self.digest.push(&event);
        self.summary.push(&event);
        if let Some(kept) = &mut self.kept {
            kept.push(event.clone());
        }
        if self.recorder.is_some() {
            self.uncommitted = true;
            self.batch.push(event);
            if self.batch.len() >= BATCH_EVENTS {
                self.flush();
            }
        }
        sequence
    }

    /// Hands what the recorder does not have yet to it.
    pub(crate) fn flush(&mut self) {
        if let Some(recorder) = &self.recorder
            && !self.batch.is_empty()
        {
            let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH_EVENTS));
            // A recorder that is gone has already told the world why.
            let _ = recorder.send_message(RecorderMessage::Append(batch));
        }
    }

    /// Asks the recorder to have everything in the file; `false` when it already was asked or there is none.
    pub(crate) fn commit(&mut self) -> bool {
        self.flush();
        let Some(recorder) = self.recorder.as_ref().filter(|_| self.uncommitted) else { return false };
        self.uncommitted = false;
        // A recorder that is gone has already told the world why.
        let _ = recorder.send_message(RecorderMessage::Commit);
        true
    }

    /// The counts up to now.
    pub(crate) fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Ends the log.
    pub(crate) fn finish(&mut self) -> (DigestValue, Summary, Option<Vec<Event>>) {
        (self.digest.finish(), std::mem::replace(&mut self.summary, Summary::new()), self.kept.take())
    }
}
