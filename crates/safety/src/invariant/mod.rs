//! What must hold in every run: machines that watch its events and probes.
//!
//! There is one machine for each invariant, in a file of its own that says what it demands in terms of events. None
//! looks at another; each keeps only what belongs to what is open. [`Invariants`] holds them all. A machine says that
//! something is wrong, never why: it must not know actors, policies or plans.
//!
//! Some invariants need more than events: what a run shows beside is a [`Probe`]. Where no probe of a kind is ever
//! shown, what depends on it is not demanded.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, Event, EventKind, EventSequence, Outcome, RunStatus, Task, TaskId, VirtualTime};
//! use moot_safety::invariant::{InvariantName, Invariants};
//!
//! let (task, outcome) = (TaskId(0), Outcome::Cancelled { reason: "interrupted".into() });
//! let kinds = [
//!     EventKind::RunStarted { scenario: "jury".into(), seed: 7, replicate: 0 },
//!     EventKind::TaskStarted { task: Arc::new(Task::new(task, "A or B?")) },
//!     EventKind::TaskEnded { task, outcome },
//!     EventKind::RunEnded { status: RunStatus::Cancelled, reason: Some("interrupted".into()) },
//! ];
//! let mut events = (0..).zip(kinds).map(|(number, kind)| Event {
//!     sequence: EventSequence(number), time: VirtualTime::ZERO, actor: ActorPath::world(), cause: None, kind,
//! });
//! let mut invariants = Invariants::new();
//! for event in events.by_ref().take(3) {
//!     assert_eq!(invariants.observe(&event), None);
//! }
//! let mut cut_off = Invariants::new();
//! assert_eq!(invariants.observe(&events.next().unwrap()), None);
//! assert!(invariants.finish().is_none());
//! assert_eq!(cut_off.finish().map(|found| found.invariant), Some(InvariantName::I12), "a run has an end");
//! ```

mod assignments;
mod attempts;
mod ballots;
mod budget;
mod by_task;
mod causes;
mod effects;
mod ledger;
mod mailboxes;
mod numbering;
mod outcomes;
mod permissions;
mod probe;
mod restarts;
mod termination;
mod transcript;
mod violation;
mod waits;
mod watcher;

#[cfg(test)]
mod testing;

use moot_core::Event;

pub use assignments::Assignments;
pub use attempts::AttemptsEnd;
pub use ballots::Ballots;
pub use budget::BudgetCap;
pub use effects::EffectsOnce;
pub use ledger::LedgerConservation;
pub use mailboxes::Mailboxes;
pub use numbering::Numbering;
pub use outcomes::Outcomes;
pub use permissions::Permissions;
pub use probe::{BooksState, BudgetChange, BudgetState, MailboxCount, Probe, RestartLimits};
pub use restarts::Restarts;
pub use termination::Termination;
pub use transcript::CallsAndResults;
pub use violation::{CAUSES_MAX, InvariantName, Violation};
pub use waits::WaitsEnd;
pub use watcher::{Invariants, VIOLATIONS_MAX};

/// A machine that watches one invariant. After a violation it goes on as well as it can.
pub trait Invariant: Send {
    /// Which one.
    fn name(&self) -> InvariantName;

    /// Takes in the next event.
    ///
    /// # Errors
    /// The event shows that the invariant does not hold.
    fn observe(&mut self, event: &Event) -> Result<(), Violation>;

    /// Takes in what the run shows between the last event and the next.
    ///
    /// # Errors
    /// It shows that the invariant does not hold.
    fn probe(&mut self, _probe: &Probe) -> Result<(), Violation> {
        Ok(())
    }

    /// Nothing comes any more.
    ///
    /// # Errors
    /// Something is missing.
    fn finish(&mut self) -> Result<(), Violation> {
        Ok(())
    }
}

/// A machine for each invariant, in the order of their names.
fn all() -> Vec<Box<dyn Invariant>> {
    vec![
        Box::new(LedgerConservation::default()),
        Box::new(BudgetCap::default()),
        Box::new(AttemptsEnd::default()),
        Box::new(CallsAndResults::default()),
        Box::new(Numbering::default()),
        Box::new(EffectsOnce::default()),
        Box::new(Ballots::default()),
        Box::new(Assignments::default()),
        Box::new(Outcomes::default()),
        Box::new(Mailboxes::default()),
        Box::new(Restarts::default()),
        Box::new(Termination::default()),
        Box::new(WaitsEnd),
        Box::new(Permissions::default()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_invariant_has_one_machine() {
        let names: Vec<InvariantName> = all().iter().map(|machine| machine.name()).collect();
        assert_eq!(names, InvariantName::ALL);
    }
}
