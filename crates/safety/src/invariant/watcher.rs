//! All invariants at once: fed event by event, they stop at the first violation or collect them.
//!
//! What a scenario means to break is said beforehand with [`Invariants::expecting`]: a scenario that shows a deadlock
//! expects a violation of I13, and it is then kept apart. This module must not know what any invariant says.
//!
//! ```
//! use moot_core::{ActorPath, Event, EventKind, EventSequence, Failure, FailureKind, Outcome, TaskId, VirtualTime};
//! use moot_safety::invariant::{InvariantName, Invariants};
//!
//! let outcome = Outcome::failed(FailureKind::Deadlock, "nothing can ever happen any more");
//! let kind = EventKind::Finished { task: TaskId(0), round: 0, outcome };
//! let event = Event {
//!     sequence: EventSequence(0), time: VirtualTime::ZERO, actor: ActorPath::new("ann").unwrap(), cause: None, kind,
//! };
//! let mut invariants = Invariants::collecting().expecting(InvariantName::I13);
//! invariants.observe(&event);
//! assert!(invariants.violations().iter().all(|violation| violation.invariant != InvariantName::I13));
//! assert_eq!(invariants.expected().len(), 1);
//! ```

use moot_core::{Event, EventSequence};

use super::causes::Causes;
use super::{Invariant, InvariantName, Probe, Violation};

/// How many violations are kept at most; what comes behind them is counted nowhere.
pub const VIOLATIONS_MAX: usize = 100;

/// The machines of all invariants, and what they found.
pub struct Invariants {
    machines: Vec<Box<dyn Invariant>>,
    causes: Causes,
    last: EventSequence,
    collects: bool,
    expecting: Vec<InvariantName>,
    violations: Vec<Violation>,
    expected: Vec<Violation>,
}

impl Invariants {
    /// All invariants; at the first violation they stop looking.
    #[must_use]
    pub fn new() -> Self {
        Self::with(super::all())
    }

    /// All invariants; they go on after a violation. A machine that has found something wrong may find more that only
    /// follows from it.
    #[must_use]
    pub fn collecting() -> Self {
        Self { collects: true, ..Self::new() }
    }

    /// These machines and no others; at the first violation they stop looking.
    #[must_use]
    pub fn with(machines: Vec<Box<dyn Invariant>>) -> Self {
        Self {
            machines,
            causes: Causes::default(),
            last: EventSequence(0),
            collects: false,
            expecting: Vec::new(),
            violations: Vec::new(),
            expected: Vec::new(),
        }
    }

    /// The scenario is meant to break this one: its violations are kept apart and stop nothing.
    #[must_use]
    pub fn expecting(mut self, name: InvariantName) -> Self {
        self.expecting.push(name);
        self
    }

    /// Takes in the next event; the first violation that it shows, if any.
    pub fn observe(&mut self, event: &Event) -> Option<&Violation> {
        self.last = event.sequence;
        self.causes.push(event);
        self.ask(|machine| machine.observe(event))
    }

    /// Takes in what the run shows between two events; the first violation that it shows, if any.
    pub fn probe(&mut self, probe: &Probe) -> Option<&Violation> {
        self.ask(|machine| machine.probe(probe))
    }

    /// Nothing comes any more; the first violation that only shows at the end, if any.
    pub fn finish(&mut self) -> Option<&Violation> {
        self.ask(|machine| machine.finish())
    }

    /// What was found, in order, without what was expected.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// The violations that were expected, in order.
    #[must_use]
    pub fn expected(&self) -> &[Violation] {
        &self.expected
    }

    /// Whether everything holds so far, apart from what was expected.
    #[must_use]
    pub const fn hold(&self) -> bool {
        self.violations.is_empty()
    }

    fn ask(&mut self, mut ask: impl FnMut(&mut dyn Invariant) -> Result<(), Violation>) -> Option<&Violation> {
        if !self.collects && !self.violations.is_empty() {
            return None;
        }
        let before = self.violations.len();
        for machine in &mut self.machines {
            let Err(violation) = ask(machine.as_mut()) else { continue };
            let violations = match self.expecting.contains(&violation.invariant) {
                true => &mut self.expected,
                false => &mut self.violations,
            };
            if violations.len() < VIOLATIONS_MAX {
                violations.push(violation.at(self.last, self.causes.of(self.last)));
            }
        }
        self.violations.get(before)
    }
}

impl Default for Invariants {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Invariants {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Invariants")
            .field("last", &self.last)
            .field("violations", &self.violations)
            .field("expected", &self.expected)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariant::testing::{Stream, noted};

    /// Finds every event of the actor `bad` wrong.
    struct Finds(InvariantName);

    impl Invariant for Finds {
        fn name(&self) -> InvariantName {
            self.0
        }

        fn observe(&mut self, event: &Event) -> Result<(), Violation> {
            match event.actor.as_str() {
                "bad" => Err(Violation::new(self.0, "good", "bad")),
                _ => Ok(()),
            }
        }
    }

    fn watching(names: &[InvariantName]) -> Invariants {
        Invariants::with(names.iter().map(|name| Box::new(Finds(*name)) as Box<dyn Invariant>).collect())
    }

    #[test]
    fn it_stops_at_the_first_event_that_shows_something_unless_it_collects() {
        let events = |stream: &mut Stream| {
            [
                stream.event("good", noted(0, "")),
                stream.because(0, "bad", noted(0, "")),
                stream.event("bad", noted(0, "")),
            ]
        };
        for (collects, expected) in [(false, vec![1, 1]), (true, vec![1, 1, 2, 2])] {
            let mut invariants = Invariants { collects, ..watching(&[InvariantName::I1, InvariantName::I2]) };
            for event in events(&mut Stream::new()) {
                invariants.observe(&event);
            }
            let found: Vec<u64> = invariants.violations().iter().map(|violation| violation.sequence.0).collect();
            assert_eq!(found, expected);
            assert_eq!(invariants.violations().first().map(|found| found.causes.clone()), Some(vec![EventSequence(0)]));
            assert!(!invariants.hold());
        }
    }

    #[test]
    fn what_is_expected_is_kept_apart_and_stops_nothing() {
        let mut stream = Stream::new();
        let mut invariants = watching(&[InvariantName::I1, InvariantName::I2]).expecting(InvariantName::I1);
        let found = invariants.observe(&stream.event("bad", noted(0, ""))).map(|found| found.invariant);
        assert_eq!(found, Some(InvariantName::I2));
        let mut invariants = watching(&[InvariantName::I1]).expecting(InvariantName::I1);
        for _ in 0..3 {
            assert_eq!(invariants.observe(&stream.event("bad", noted(0, ""))), None);
        }
        assert_eq!((invariants.expected().len(), invariants.hold()), (3, true));
    }

    #[test]
    fn no_more_violations_are_kept_than_anybody_reads() {
        let mut stream = Stream::new();
        let mut invariants = Invariants { collects: true, ..watching(&[InvariantName::I1]) };
        for _ in 0..VIOLATIONS_MAX + 10 {
            invariants.observe(&stream.event("bad", noted(0, "")));
        }
        assert_eq!(invariants.violations().len(), VIOLATIONS_MAX);
    }
}
