//! I13: nobody waits for ever.
//!
//! - No assignment and no task ends as `failed(deadlock)`: that is how a run is called off in which nothing is runnable,
//!   nothing is due, and something is unfinished.
//! - Where the run shows who waits for whom ([`Probe::Waits`]), nobody waits for itself over however many others. Only
//!   waits that nothing but the other's answer can end belong there: one with a deadline, or for any of several, is no
//!   part of a circle.
//!
//! A scenario that shows a deadlock expects this invariant to be broken, see [`Invariants::expecting`].
//!
//! Source: reliability reference §5.3, I13 and S24.
//!
//! [`Invariants::expecting`]: super::Invariants::expecting
//!
//! ```
//! use moot_core::ActorPath;
//! use moot_safety::invariant::{Invariant, Probe, WaitsEnd};
//!
//! let path = |name: &str| ActorPath::new(name).unwrap();
//! let waits = Probe::Waits(vec![(path("ann"), path("bob")), (path("bob"), path("ann"))]);
//! let violation = WaitsEnd::default().probe(&waits).unwrap_err();
//! assert_eq!(violation.found, "ann waits for bob waits for ann");
//! ```

use std::collections::{BTreeMap, BTreeSet};

use moot_core::{ActorPath, Event, EventKind, Failure, FailureKind, Outcome};

use super::{Invariant, InvariantName, Probe, Violation};

/// The machine.
#[derive(Debug, Default)]
pub struct WaitsEnd;

/// Those who wait for each other in a circle, if there is one, the first named again at the end.
fn circle(waits: &[(ActorPath, ActorPath)]) -> Option<Vec<&str>> {
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (who, whom) in waits {
        next.entry(who.as_str()).or_default().push(whom.as_str());
    }
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for start in next.keys().copied() {
        // The way from the start, each with how many of those it waits for were looked at.
        let mut way: Vec<(&str, usize)> = vec![(start, 0)];
        while let Some((who, looked)) = way.last_mut() {
            let Some(whom) = next.get(*who).and_then(|whom| whom.get(*looked)).copied() else {
                done.insert(*who);
                way.pop();
                continue;
            };
            *looked += 1;
            if let Some(place) = way.iter().position(|(who, _)| *who == whom) {
                let around = way.iter().skip(place).map(|(who, _)| *who);
                return Some(around.chain([whom]).collect());
            }
            if !done.contains(whom) {
                way.push((whom, 0));
            }
        }
    }
    None
}

impl Invariant for WaitsEnd {
    fn name(&self) -> InvariantName {
        InvariantName::I13
    }

    fn observe(&mut self, event: &Event) -> Result<(), Violation> {
        match &event.kind {
            EventKind::Finished { outcome: Outcome::Failed(failure), .. }
            | EventKind::TaskEnded { outcome: Outcome::Failed(failure), .. }
                if failure.kind == FailureKind::Deadlock =>
            {
                let Failure { message, .. } = failure;
                Err(Violation::new(
                    self.name(),
                    "something can still happen until all work is done",
                    message.to_string(),
                ))
            }
            _ => Ok(()),
        }
    }

    fn probe(&mut self, probe: &Probe) -> Result<(), Violation> {
        let Probe::Waits(waits) = probe else { return Ok(()) };
        match circle(waits) {
            None => Ok(()),
            Some(around) => Err(Violation::new(self.name(), "nobody waits for itself", around.join(" waits for "))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariant::testing::{Fed, breaks, finished, passes, path, task_ended};
    use moot_core::TaskId;

    fn waits(waits: &[(&str, &str)]) -> Fed {
        Fed::Probe(Probe::Waits(waits.iter().map(|(who, whom)| (path(who), path(whom))).collect()))
    }

    #[test]
    fn runs_that_go_on_and_waits_that_end_pass() {
        let tree = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("e", "d")];
        let fed = vec![waits(&[]), waits(&tree), Fed::Event("ann", finished(0, 0)), Fed::Event("world", task_ended(0))];
        passes(&mut WaitsEnd, fed);
        let crash = Outcome::failed(FailureKind::Crash, "panicked");
        passes(&mut WaitsEnd, vec![Fed::Event("world", EventKind::TaskEnded { task: TaskId(0), outcome: crash })]);
    }

    #[test]
    fn a_deadlock_is_found() {
        let outcome = || Outcome::failed(FailureKind::Deadlock, "ann waits for bob");
        let ended = EventKind::TaskEnded { task: TaskId(0), outcome: outcome() };
        breaks(&mut WaitsEnd, vec![Fed::Event("world", ended)], "ann waits for bob");
        let finished = EventKind::Finished { task: TaskId(0), round: 0, outcome: outcome() };
        breaks(&mut WaitsEnd, vec![Fed::Event("ann", finished)], "ann waits for bob");
    }

    #[test]
    fn circles_of_every_length_are_found() {
        for (edges, found) in [
            (&[("a", "a")][..], "a waits for a"),
            (&[("a", "b"), ("b", "c"), ("c", "b")], "b waits for c waits for b"),
            (&[("a", "b"), ("a", "c"), ("c", "d"), ("d", "a"), ("b", "e")], "a waits for c waits for d waits for a"),
        ] {
            breaks(&mut WaitsEnd, vec![waits(edges)], found);
        }
    }
}
