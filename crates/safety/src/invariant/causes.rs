//! What led to an event: its cause, the cause of that, and so on, as far as it is still known.
//!
//! A run has more events than anybody wants to keep; of each of the last ones four bytes are kept. This module must not
//! know what events mean.

use moot_core::{Event, EventSequence};

use super::violation::CAUSES_MAX;

/// Of how many events the causes are kept; a power of two.
const KEPT: u64 = 1 << 14;

/// How far back the causes of the last events lie.
#[derive(Debug, Default)]
pub(super) struct Causes {
    /// How many events before it each event's cause lies, 0 for none; the place is the event's number modulo [`KEPT`].
    back: Vec<u32>,
    /// The number of the next event.
    next: u64,
}

impl Causes {
    /// Takes note of the next event.
    pub(super) fn push(&mut self, event: &Event) {
        let number = event.sequence.0;
        let back = event.cause.map_or(0, |cause| u32::try_from(number.saturating_sub(cause.0)).unwrap_or(0));
        let place = usize::try_from(number % KEPT).unwrap_or(0);
        if self.back.len() <= place {
            self.back.resize(place + 1, 0);
        }
        if let Some(kept) = self.back.get_mut(place) {
            *kept = back;
        }
        self.next = number + 1;
    }

    /// What led to an event, the last first.
    pub(super) fn of(&self, event: EventSequence) -> Vec<EventSequence> {
        let mut number = event.0;
        let mut causes = Vec::new();
        while causes.len() < CAUSES_MAX
            && number < self.next
            && self.next - number <= KEPT
            && let Some(back) = usize::try_from(number % KEPT).ok().and_then(|place| self.back.get(place))
            && *back > 0
        {
            number = number.saturating_sub(u64::from(*back));
            causes.push(EventSequence(number));
        }
        causes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariant::testing::{Stream, noted};

    #[test]
    fn causes_are_followed_back_as_far_as_they_are_kept() {
        let mut causes = Causes::default();
        let mut stream = Stream::new();
        causes.push(&stream.event("world", noted(0, "first")));
        causes.push(&stream.because(0, "world", noted(0, "second")));
        causes.push(&stream.event("world", noted(0, "apart")));
        causes.push(&stream.because(1, "world", noted(0, "third")));
        assert_eq!(causes.of(EventSequence(3)), [1, 0].map(EventSequence));
        assert_eq!(causes.of(EventSequence(2)), []);
        assert_eq!(causes.of(EventSequence(9)), [], "it has not happened");
        for number in 4..KEPT + 100 {
            causes.push(&stream.because(number - 1, "world", noted(0, "more")));
        }
        assert_eq!(causes.of(EventSequence(KEPT + 99)).len(), CAUSES_MAX);
        assert_eq!(causes.of(EventSequence(3)), [], "it is forgotten");
        assert_eq!(causes.back.len() as u64, KEPT, "and nothing grows");
    }
}
