//! The world's log: an event is appended at the instant it happens, and that is what orders events.
//!
//! The log takes the digest and the summary as it goes and hands batches to the recorder, which owns the file. It
//! knows nothing of what the events mean.

use moot_core::{ActorPath, Event, EventKind, EventSequence, VirtualTime};
use moot_journal::{Digest, DigestValue, KeptEvents, Measured, Note, Summary};
use moot_safety::invariant::{Invariants, Probe, Violation};

use crate::actors::address::Address;
use crate::actors::recorder::RecorderMessage;
use crate::recall::Divergence;
use crate::spec::Watch;

/// How many events are taken in together: digesting in a batch keeps the processor's caches warm, and a recorder is told
/// of a batch in one message.
const BATCH_EVENTS: usize = 128;

/// All that has happened so far, as far as it is still needed.
pub(crate) struct Log {
    next: u64,
    digest: Digest,
    summary: Summary,
    recorder: Option<Address<RecorderMessage>>,
    /// What has happened and was not yet taken in.
    batch: Vec<Event>,
    /// Whether anything was appended since the last commit.
    uncommitted: bool,
    /// Whether the run's last event was appended: what actors still do on their way down is no part of the run.
    closed: bool,
    kept: Option<Vec<Event>>,
    watch: Option<Watch>,
    /// Shown every event at the instant it happens.
    invariants: Option<Box<Invariants>>,
    /// What must happen, when the run was played before as far as that.
    expected: Option<Box<Expected>>,
    /// Whether commits are asked for; without, the file is written when a frame is full and at the end.
    commits: bool,
}

/// What must happen.
struct Expected {
    events: KeptEvents,
    divergence: Option<Divergence>,
    is_told: bool,
}

impl Log {
    /// An empty log, whose summary computes these metrics beside those that it always does.
    pub(crate) fn new(keep_events: bool, measured: Measured, watch: Option<Watch>) -> Self {
        Self {
            next: 0,
            digest: Digest::new(),
            summary: Summary::measuring(measured),
            recorder: None,
            batch: Vec::with_capacity(BATCH_EVENTS),
            uncommitted: false,
            closed: false,
            kept: keep_events.then(Vec::new),
            watch,
            invariants: None,
            expected: None,
            commits: true,
        }
    }

    /// From now on, events also go to the recorder.
    pub(crate) fn record_to(&mut self, recorder: Address<RecorderMessage>, commits: bool) {
        (self.recorder, self.commits) = (Some(recorder), commits);
    }

    /// These events must come first, in this order. A recorder is not told of them: it has them.
    pub(crate) fn expect(&mut self, events: KeptEvents) {
        self.expected = Some(Box::new(Expected { events, divergence: None, is_told: false }));
    }

    /// Whether what happens has happened before.
    pub(crate) fn is_repeating(&self) -> bool {
        self.expected.as_ref().is_some_and(|expected| self.next < expected.events.len() as u64)
    }

    /// Holds the event that was appended last against what must never happen and what must happen.
    fn look_at_last(&mut self) {
        let Some(event) = self.batch.pop() else { return };
        if let Some(invariants) = &mut self.invariants {
            invariants.observe(&event);
        }
        self.compare(&event);
        self.batch.push(event);
    }

    /// Holds an event against what must happen. From the first that is another one on, nothing is recorded any more.
    fn compare(&mut self, event: &Event) {
        let Some(Expected { events, divergence, .. }) = self.expected.as_deref_mut() else { return };
        let Ok(place) = usize::try_from(event.sequence.0) else { return };
        if divergence.is_none() && place < events.len() && !events.is(place, event) {
            let expected = events.value(place).unwrap_or_default();
            *divergence = Some(Divergence { expected, found: event.clone() });
            self.recorder = None;
        }
    }

    /// Whether the run has begun to go otherwise; `true` once.
    pub(crate) fn takes_notice_of_divergence(&mut self) -> bool {
        match self.expected.as_deref_mut() {
            Some(Expected { divergence: Some(_), is_told, .. }) => !std::mem::replace(is_told, true),
            _ => false,
        }
    }

    /// Where the run went otherwise.
    pub(crate) fn divergence(&mut self) -> Option<Divergence> {
        self.expected.take()?.divergence
    }

    /// Has the recorder take note of what is no event.
    pub(crate) fn note(&mut self, note: Note) {
        self.take_in();
        if let Some(recorder) = &self.recorder {
            self.uncommitted = true;
            // A recorder that is gone has already told the world why.
            recorder.post(RecorderMessage::Note(note));
        }
    }

    /// The events of the batch that are not in the file already.
    fn unrecorded(&mut self) -> Vec<Event> {
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH_EVENTS));
        let Some(expected) = &self.expected else { return batch };
        let known = expected.events.len() as u64;
        batch.into_iter().filter(|event| event.sequence.0 >= known).collect()
    }

    /// Numbers an event and appends it; after the run's last one, nothing more.
    pub(crate) fn append(
        &mut self,
        time: VirtualTime,
        actor: &ActorPath,
        cause: Option<EventSequence>,
        kind: EventKind,
    ) -> EventSequence {
        let sequence = EventSequence(self.next);
        if self.closed {
            return sequence;
        }
        self.next += 1;
        self.closed = matches!(kind, EventKind::RunEnded { .. });
        tracing::debug!(target: "moot::event", n = sequence.0, t_ms = time.as_millis(), actor = %actor, kind = kind.name());
        // Made where it stays: an event is too large to be moved about.
        self.batch.push(Event { sequence, time, actor: actor.clone(), cause, kind });
        if self.invariants.is_some() || self.expected.is_some() {
            self.look_at_last();
        }
        if self.batch.len() >= BATCH_EVENTS {
            self.take_in();
        }
        sequence
    }

    /// From now on, every event and probe is held against the invariants.
    pub(crate) fn check(&mut self, invariants: Invariants) {
        self.invariants = Some(Box::new(invariants));
    }

    /// Shows the invariants, if there are any, what is no event.
    pub(crate) fn probe(&mut self, probe: impl FnOnce() -> Probe) {
        if let Some(invariants) = &mut self.invariants {
            invariants.probe(&probe());
        }
    }

    /// Whether events are held against invariants.
    pub(crate) const fn is_checked(&self) -> bool {
        self.invariants.is_some()
    }

    /// What the invariants found, when nothing comes any more.
    pub(crate) fn violations(&mut self) -> Option<Vec<Violation>> {
        let mut invariants = self.invariants.take()?;
        invariants.finish();
        Some(invariants.violations().to_vec())
    }

    /// The number of the next event.
    pub(crate) const fn next(&self) -> EventSequence {
        EventSequence(self.next)
    }

    /// Digests and counts the batch and passes it on to who wants it.
    fn take_in(&mut self) {
        for event in &self.batch {
            self.digest.push(event);
            self.summary.push(event);
        }
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(&self.batch);
        }
        if let Some(watch) = self.watch.as_ref().filter(|_| !self.batch.is_empty()) {
            watch(&self.batch);
        }
        if self.recorder.is_none() || self.batch.is_empty() {
            return self.batch.clear();
        }
        let batch = self.unrecorded();
        if let Some(recorder) = self.recorder.as_ref().filter(|_| !batch.is_empty()) {
            self.uncommitted = true;
            // A recorder that is gone has already told the world why.
            recorder.post(RecorderMessage::Append(batch));
        }
    }

    /// Asks the recorder to have everything in the file; `false` when it already was asked or there is none.
    pub(crate) fn commit(&mut self) -> bool {
        self.take_in();
        let may_commit = self.uncommitted && self.commits;
        let Some(recorder) = self.recorder.as_ref().filter(|_| may_commit) else { return false };
        self.uncommitted = false;
        // A recorder that is gone has already told the world why.
        recorder.post(RecorderMessage::Commit);
        true
    }

    /// The counts up to now.
    pub(crate) fn summary(&mut self) -> &Summary {
        self.take_in();
        &self.summary
    }

    /// Ends the log.
    pub(crate) fn finish(&mut self) -> (DigestValue, Summary, Option<Vec<Event>>) {
        self.take_in();
        (self.digest.finish(), std::mem::replace(&mut self.summary, Summary::new()), self.kept.take())
    }
}
