//! I11: restarts keep their limits.
//!
//! Where nothing is known of limits, an actor is only restarted (`actor_restarted`) after it failed (`actor_failed`) or
//! was stopped (`actor_stopped`). Where the run shows the limits of a supervisor ([`Probe::Supervised`]), whatever its
//! strategy:
//!
//! - within its period, at most `intensity` failures of its children are followed by a restart: the one after is
//!   followed by none. The window slides on the run's clock and does not hold the instant at its far end. With
//!   `is_group`, failures while a restart is under way belong to that one;
//! - of one child, at most `consecutive_max` failures in a row are followed by a restart. The row ends when the child
//!   was well for `healthy_after`, or for twice its last wait (`restart_scheduled`), where that is longer: a start that
//!   succeeds is not health;
//! - `actor_restarted` counts a child's restarts without ever starting anew;
//! - who was given up (`actor_given_up`) stays down, unless its supervisor came down itself and was restarted, which
//!   begins a new window.
//!
//! Siblings that are stopped and restarted with a failed one are no failures of their own.
//!
//! Source: reliability reference §5.3, I11 and §3, S6-S10, S13.
//!
//! ```
//! use moot_core::{ActorPath, Event, EventKind, EventSequence, VirtualTime};
//! use moot_safety::invariant::{Invariant, Restarts};
//!
//! let kind = EventKind::ActorRestarted { restarts: 1 };
//! let (sequence, time, actor) = (EventSequence(3), VirtualTime::ZERO, ActorPath::new("ann").unwrap());
//! let violation = Restarts::default().observe(&Event { sequence, time, actor, cause: None, kind }).unwrap_err();
//! assert_eq!(violation.found, "ann was well");
//! ```

use std::collections::{BTreeMap, VecDeque};

use moot_core::{ActorPath, Event, EventKind, VirtualDuration, VirtualTime};

use super::by_task::Name;
use super::{Invariant, InvariantName, Probe, RestartLimits, Violation};

/// The machine.
#[derive(Debug, Default)]
pub struct Restarts {
    supervisors: BTreeMap<Name, Supervisor>,
    /// The supervisor of each child.
    above: BTreeMap<Name, Name>,
    /// Only those that ever failed or were stopped.
    children: BTreeMap<Name, Child>,
}

#[derive(Debug)]
struct Supervisor {
    limits: RestartLimits,
    /// When failures happened that were followed by a restart, as far as they may still count.
    restarted: VecDeque<VirtualTime>,
    /// When the failures happened that no restart has followed yet, by child.
    failed: BTreeMap<Name, VirtualTime>,
}

#[derive(Debug, Default)]
struct Child {
    is_down: bool,
    has_failed: bool,
    is_given_up: bool,
    /// Whether it failed since it was last restarted, whatever befell its supervisor.
    has_come_down: bool,
    /// Failures since it was last well for long enough.
    row: u32,
    restarts: u32,
    /// When it was last restarted, and how long it had to wait for that.
    restarted_at: Option<VirtualTime>,
    waited: VirtualDuration,
}

fn violated(expected: String, found: String) -> Result<(), Violation> {
    Err(Violation::new(InvariantName::I11, expected, found))
}

impl Supervisor {
    /// A restart follows the failure of a child: how many failures within the period were followed by one, with it.
    fn restart(&mut self, child: &ActorPath) -> usize {
        let Some(failed_at) = self.failed.remove(child.as_str()) else { return 0 };
        if self.limits.is_group {
            // Who failed in the meantime is restarted with it.
            let first = self.failed.values().copied().fold(failed_at, VirtualTime::min);
            self.failed.clear();
            self.restarted.push_back(first);
        } else {
            self.restarted.push_back(failed_at);
        }
        let last = self.restarted.iter().copied().fold(failed_at, VirtualTime::max);
        let period = self.limits.period;
        self.restarted.retain(|at| last.since(*at) < period);
        self.restarted.iter().filter(|at| **at <= failed_at).count()
    }
}

impl Restarts {
    fn child(&mut self, actor: &ActorPath) -> &mut Child {
        self.children.entry(Name(actor.clone())).or_default()
    }

    fn supervisor_of(&mut self, actor: &ActorPath) -> Option<&mut Supervisor> {
        let above = self.above.get(actor.as_str())?;
        self.supervisors.get_mut(above)
    }

    fn failed(&mut self, actor: &ActorPath, now: VirtualTime) {
        let least = match self.supervisor_of(actor) {
            Some(supervisor) => {
                supervisor.failed.insert(Name(actor.clone()), now);
                supervisor.limits.healthy_after
            }
            None => VirtualDuration::ZERO,
        };
        let child = self.child(actor);
        let least = least.as_millis().max(child.waited.as_millis().saturating_mul(2));
        if child.restarted_at.is_some_and(|at| now.since(at).as_millis() >= least) {
            child.row = 0;
        }
        child.row = child.row.saturating_add(1);
        (child.is_down, child.has_failed, child.has_come_down) = (true, true, true);
    }

    fn restarted(&mut self, actor: &ActorPath, now: VirtualTime, told: u32) -> Result<(), Violation> {
        let (within, limits) = match self.supervisor_of(actor) {
            Some(supervisor) => (supervisor.restart(actor), Some(supervisor.limits.clone())),
            None => (0, None),
        };
        let has_come_down = std::mem::take(&mut self.child(actor).has_come_down);
        self.begin_anew(actor, has_come_down);
        let child = self.child(actor);
        let (was_down, was_given_up) = (child.is_down, child.is_given_up);
        let has_failed = std::mem::take(&mut child.has_failed);
        (child.is_down, child.restarted_at) = (false, Some(now));
        child.restarts = child.restarts.saturating_add(1);
        let (row, restarts) = (child.row, child.restarts);
        if !was_down {
            return violated("who is restarted has failed or was stopped".to_owned(), format!("{actor} was well"));
        }
        let Some(limits) = limits else { return Ok(()) };
        let supervisor = &limits.supervisor;
        if was_given_up {
            return violated(format!("whom {supervisor} gave up stays down"), format!("{actor} is restarted"));
        }
        if within > limits.intensity as usize {
            let (most, period) = (limits.intensity, limits.period);
            let found = format!("restart {within}, of {actor}");
            return violated(format!("at most {most} restarts by {supervisor} within {period}"), found);
        }
        if has_failed && row > limits.consecutive_max {
            let most = limits.consecutive_max;
            let found = format!("one after failure {row} in a row");
            return violated(format!("{actor} is restarted after at most {most} failures in a row"), found);
        }
        if told != restarts {
            return violated(format!("restart {restarts} of {actor}"), format!("it is called restart {told}"));
        }
        Ok(())
    }

    /// Somebody was restarted. A supervisor knows of no failures then, and its children are new; but whom it gave up
    /// without coming down itself stays down.
    fn begin_anew(&mut self, actor: &ActorPath, has_come_down: bool) {
        // What counts for each child by itself has its supervisor's path with a number.
        let of_actor = |supervisor: &&mut Supervisor| supervisor.limits.supervisor.group() == actor.as_str();
        for supervisor in self.supervisors.values_mut().filter(of_actor) {
            supervisor.restarted.clear();
            supervisor.failed.clear();
            for child in &supervisor.limits.children {
                if let Some(child) = self.children.get_mut(child.as_str()) {
                    (child.row, child.has_failed) = (0, false);
                    child.is_given_up &= !has_come_down;
                }
            }
        }
    }
}

impl Invariant for Restarts {
    fn name(&self) -> InvariantName {
        InvariantName::I11
    }

    fn observe(&mut self, event: &Event) -> Result<(), Violation> {
        match &event.kind {
            EventKind::ActorFailed { .. } => self.failed(&event.actor, event.time),
            EventKind::ActorStopped { .. } => self.child(&event.actor).is_down = true,
            EventKind::RestartScheduled { after } => {
                let child = self.child(&event.actor);
                (child.is_down, child.waited) = (true, *after);
            }
            EventKind::ActorRestarted { restarts } => return self.restarted(&event.actor, event.time, *restarts),
            EventKind::ActorGivenUp { .. } => {
                self.child(&event.actor).is_given_up = true;
                if let Some(supervisor) = self.supervisor_of(&event.actor) {
                    supervisor.failed.remove(event.actor.as_str());
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn probe(&mut self, probe: &Probe) -> Result<(), Violation> {
        let Probe::Supervised(limits) = probe else { return Ok(()) };
        let name = Name(limits.supervisor.clone());
        for child in &limits.children {
            self.above.insert(Name(child.clone()), name.clone());
        }
        // Children that join later do not begin a new window.
        match self.supervisors.get_mut(&name) {
            Some(supervisor) => supervisor.limits = limits.clone(),
            None => {
                let (restarted, failed) = (VecDeque::new(), BTreeMap::new());
                self.supervisors.insert(name, Supervisor { limits: limits.clone(), restarted, failed });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::invariant::testing::{Fed, breaks, crashed, passes, path, restarted};
    use moot_core::{Failure, FailureKind};

    fn machine() -> Restarts {
        Restarts::default()
    }

    /// A supervisor of ann and bob that may restart twice within 5 s, and each at most 4 times in a row.
    fn limits(is_group: bool) -> Vec<Fed> {
        let children = ["ann", "bob"].map(path).to_vec();
        vec![Fed::Probe(Probe::Supervised(RestartLimits {
            supervisor: path("top"),
            children,
            intensity: 2,
            period: VirtualDuration::from_millis(5_000),
            consecutive_max: 4,
            healthy_after: VirtualDuration::from_millis(10_000),
            is_group,
        }))]
    }

    fn crash(who: &'static str, restarts: u32) -> Vec<Fed> {
        vec![Fed::Event(who, crashed()), Fed::Event(who, restarted(restarts))]
    }

    fn given_up() -> EventKind {
        let failure = Failure { kind: FailureKind::Crash, message: "too often".into() };
        EventKind::ActorGivenUp { failure }
    }

    fn stopped() -> EventKind {
        EventKind::ActorStopped { reason: "a sibling failed".into() }
    }

    fn waits(ms: u64) -> EventKind {
        EventKind::RestartScheduled { after: VirtualDuration::from_millis(ms) }
    }

    #[test]
    fn restarts_within_the_limits_pass() {
        let window = [crash("ann", 1), crash("bob", 1), vec![Fed::Wait(5_000)], crash("ann", 2), crash("bob", 2)];
        passes(&mut machine(), [limits(false), window.concat()].concat());
        let siblings =
            vec![Fed::Event("bob", stopped()), Fed::Event("ann", restarted(1)), Fed::Event("bob", restarted(1))];
        let all = [vec![Fed::Event("ann", crashed())], siblings].concat();
        passes(&mut machine(), [limits(true), all, crash("ann", 2)].concat());
        passes(&mut machine(), [crash("ann", 1), crash("ann", 1), crash("ann", 1), crash("ann", 2)].concat());
    }

    #[test]
    fn a_restart_of_somebody_who_was_well_is_found() {
        breaks(&mut machine(), vec![Fed::Event("ann", restarted(1))], "ann was well");
        breaks(&mut machine(), [crash("ann", 1), vec![Fed::Event("ann", restarted(2))]].concat(), "ann was well");
    }

    #[test]
    fn one_restart_too_many_within_the_period_is_found() {
        let three = [crash("ann", 1), vec![Fed::Wait(2_499)], crash("bob", 1), vec![Fed::Wait(2_499)], crash("ann", 2)];
        breaks(&mut machine(), [limits(false), three.concat()].concat(), "restart 3, of ann");
    }

    #[test]
    fn failures_during_a_restart_count_with_it_in_a_group_alone() {
        let both = || {
            vec![
                Fed::Event("ann", crashed()),
                Fed::Event("bob", crashed()),
                Fed::Event("ann", restarted(1)),
                Fed::Event("bob", restarted(1)),
            ]
        };
        passes(&mut machine(), [limits(true), both(), crash("ann", 2)].concat());
        breaks(&mut machine(), [limits(false), both(), crash("ann", 2)].concat(), "restart 3");
        breaks(&mut machine(), [limits(true), both(), crash("ann", 2), crash("ann", 3)].concat(), "restart 3");
    }

    #[test]
    fn failures_in_a_row_count_until_the_child_was_well_for_long_enough() {
        let slowly = |wait| {
            let crash = |times: u32| [vec![Fed::Wait(wait)], crash("ann", times)].concat();
            [limits(false), (1..=5).flat_map(crash).collect()].concat()
        };
        breaks(&mut machine(), slowly(6_000), "one after failure 5 in a row");
        passes(&mut machine(), slowly(10_000));
        // After a long wait, health takes longer too.
        let after_waits = |times: u32| {
            let fails = vec![Fed::Event("ann", crashed()), Fed::Event("ann", waits(8_000)), Fed::Wait(8_000)];
            [fails, vec![Fed::Event("ann", restarted(times)), Fed::Wait(12_000)]].concat()
        };
        let fed: Vec<Fed> = [limits(false), (1..=5).flat_map(after_waits).collect()].concat();
        breaks(&mut machine(), fed[..fed.len() - 1].to_vec(), "one after failure 5 in a row");
    }

    #[test]
    fn a_counter_that_starts_anew_is_found() {
        breaks(&mut machine(), [limits(false), crash("ann", 1), crash("ann", 1)].concat(), "it is called restart 1");
    }

    #[test]
    fn who_was_given_up_stays_down_unless_the_supervisor_is_new() {
        let end = || vec![Fed::Event("ann", crashed()), Fed::Event("ann", given_up())];
        let again = || vec![Fed::Event("ann", restarted(1))];
        breaks(&mut machine(), [limits(false), end(), again()].concat(), "ann is restarted");
        passes(&mut machine(), [limits(false), end(), crash("top", 1), again()].concat());
        let stopped = vec![Fed::Event("top", stopped()), Fed::Event("top", restarted(1))];
        breaks(&mut machine(), [limits(false), end(), stopped, again()].concat(), "ann is restarted");
    }
}
