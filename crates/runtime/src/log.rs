//! The world's log: an event is appended at the instant it happens, and that is what orders events.
//!
//! The log takes the digest and the summary as it goes and hands batches to the recorder, which owns the file. It
//! knows nothing of what the events mean.

use moot_core::{Event, EventKind, EventSequence};
use moot_journal::{Digest, DigestValue, Measured, Summary};
use moot_safety::invariant::{Invariants, Probe, Violation};

use crate::actors::address::Address;
use crate::actors::recorder::RecorderMessage;
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
        }
    }

    /// From now on, events also go to the recorder.
    pub(crate) fn record_to(&mut self, recorder: Address<RecorderMessage>) {
        self.recorder = Some(recorder);
    }

    /// The number of an event that is not appended yet.
    pub(crate) const UNNUMBERED: EventSequence = EventSequence(u64::MAX);

    /// Numbers an event and appends it; after the run's last one, nothing more.
    pub(crate) fn append(&mut self, mut event: Event) -> EventSequence {
        let sequence = EventSequence(self.next);
        if self.closed {
            return sequence;
        }
        self.next += 1;
        event.sequence = sequence;
        let Event { time, actor, kind, .. } = &event;
        self.closed = matches!(kind, EventKind::RunEnded { .. });
        tracing::debug!(target: "moot::event", n = sequence.0, t_ms = time.as_millis(), actor = %actor, kind = kind.name());
        if let Some(invariants) = &mut self.invariants {
            invariants.observe(&event);
        }
        self.batch.push(event);
        if self.batch.len() == BATCH_EVENTS {
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
        match &self.recorder {
            Some(recorder) if !self.batch.is_empty() => {
                let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH_EVENTS));
                self.uncommitted = true;
                // A recorder that is gone has already told the world why.
                recorder.post(RecorderMessage::Append(batch));
            }
            _ => self.batch.clear(),
        }
    }

    /// Asks the recorder to have everything in the file; `false` when it already was asked or there is none.
    pub(crate) fn commit(&mut self) -> bool {
        self.take_in();
        let Some(recorder) = self.recorder.as_ref().filter(|_| self.uncommitted) else { return false };
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
