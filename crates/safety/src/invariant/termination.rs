//! I12: the run ends in time and says why.
//!
//! In terms of events:
//!
//! - the first event is `run_started` and the last is `run_ended`; numbers have no gaps, time never goes back, and a
//!   cause is earlier than what it led to;
//! - each task is started once and ended once, and ended before the run is;
//! - a run that did not complete states a reason;
//! - for one assignment, an agent asks its model at most as often as it may ([`Probe::TurnsMax`], where shown);
//! - nothing happens after the time by which the run must have ended ([`Probe::MustEndBy`], where shown): the end of a
//!   quiet phase, or the limits of time that hold for the run.
//!
//! Limits of money and tokens are I2.
//!
//! Source: reliability reference §5.3, I12; `Driver` in the runtime.
//!
//! ```
//! use moot_core::{ActorPath, Event, EventKind, EventSequence, RunStatus, VirtualTime};
//! use moot_safety::invariant::{Invariant, Termination};
//!
//! let event = |number, kind| Event {
//!     sequence: EventSequence(number), time: VirtualTime::ZERO, actor: ActorPath::world(), cause: None, kind,
//! };
//! let mut machine = Termination::default();
//! machine.observe(&event(0, EventKind::RunStarted { scenario: "jury".into(), seed: 7, replicate: 0 })).unwrap();
//! let ended = EventKind::RunEnded { status: RunStatus::Failed, reason: None };
//! assert_eq!(machine.observe(&event(1, ended)).unwrap_err().found, "failed without a reason");
//! ```

use std::collections::{BTreeMap, BTreeSet};

use moot_core::{ActorPath, Event, EventKind, EventSequence, Outcome, RunStatus, TaskId, VirtualTime};

use super::by_task::{ByTask, Name};
use super::{Invariant, InvariantName, Probe, Violation};

/// The machine.
#[derive(Debug, Default)]
pub struct Termination {
    /// The number of the next event.
    next: u64,
    now: VirtualTime,
    has_ended: bool,
    /// The lowest number that no task had so far.
    next_task: u32,
    open: BTreeSet<TaskId>,
    must_end_by: Option<VirtualTime>,
    turns_max: BTreeMap<Name, u32>,
    turns: ByTask<Turns>,
    /// Whether attempts are shown when they are made.
    are_shown: bool,
}

/// How often an agent has asked its model for one assignment.
#[derive(Debug, Default, Clone, Copy)]
struct Turns {
    count: u32,
    last_call: Option<u32>,
    /// How many earlier assignments were broken off since one came to its own end: the request of each may still have been
    /// on its way, and is made later.
    broken_off: u32,
}

fn violated(expected: impl Into<String>, found: impl Into<String>) -> Result<(), Violation> {
    Err(Violation::new(InvariantName::I12, expected, found))
}

impl Termination {
    /// What holds for every event.
    fn in_line(&mut self, event: &Event) -> Result<(), Violation> {
        let (number, before) = (event.sequence.0, self.now);
        let expected = std::mem::replace(&mut self.next, number.saturating_add(1));
        self.now = event.time;
        if number != expected {
            return violated(format!("event {expected}"), format!("event {number}"));
        }
        if event.time < before {
            return violated(format!("no time before {before}"), event.time.to_string());
        }
        if let Some(EventSequence(cause)) = event.cause.filter(|cause| cause.0 >= number) {
            return violated("a cause is earlier than what it led to", format!("event {cause} led to event {number}"));
        }
        if self.has_ended {
            return violated("nothing happens after the run ended", event.kind.name());
        }
        if number == 0 && !matches!(event.kind, EventKind::RunStarted { .. }) {
            return violated("a run begins with run_started", event.kind.name());
        }
        match self.must_end_by.filter(|by| event.time > *by) {
            Some(by) => {
                violated(format!("the run has ended by {by}"), format!("{} at {}", event.kind.name(), event.time))
            }
            None => Ok(()),
        }
    }

    fn task_started(&mut self, task: TaskId) -> Result<(), Violation> {
        if task.0 < self.next_task || !self.open.insert(task) {
            return violated("a task is started once", format!("task {task} is started again"));
        }
        self.next_task = task.0.saturating_add(1);
        Ok(())
    }

    fn task_ended(&mut self, task: TaskId) -> Result<(), Violation> {
        self.turns.close(task, |_| false);
        match self.open.remove(&task) {
            true => Ok(()),
            false => violated("a task that ends is open", format!("task {task} is not")),
        }
    }

    fn run_ended(&mut self, status: RunStatus, reason: Option<&str>) -> Result<(), Violation> {
        self.has_ended = true;
        if let Some(task) = self.open.first() {
            return violated("every task has ended when the run ends", format!("task {task} has not"));
        }
        if status != RunStatus::Completed && reason.is_none_or(str::is_empty) {
            return violated("a run that did not complete says why", format!("{} without a reason", status.as_str()));
        }
        Ok(())
    }

    fn asked(&mut self, agent: &ActorPath, task: TaskId, call: u32) -> Result<(), Violation> {
        let Some(most) = self.turns_max.get(agent.as_str()).copied() else { return Ok(()) };
        let Some(turns) = self.turns.get_mut(task, agent) else { return Ok(()) };
        // What comes late was counted.
        if turns.last_call.is_some_and(|last| call <= last) {
            return Ok(());
        }
        (turns.last_call, turns.count) = (Some(call), turns.count.saturating_add(1));
        if turns.count > most.saturating_add(turns.broken_off) {
            let expected = format!("{agent} asks its model at most {most} times for one assignment");
            return violated(expected, format!("request {} in task {task}", turns.count));
        }
        Ok(())
    }
}

impl Invariant for Termination {
    fn name(&self) -> InvariantName {
        InvariantName::I12
    }

    fn observe(&mut self, event: &Event) -> Result<(), Violation> {
        self.in_line(event)?;
        match &event.kind {
            EventKind::TaskStarted { task } => self.task_started(task.id),
            EventKind::TaskEnded { task, .. } => self.task_ended(*task),
            EventKind::RunEnded { status, reason } => self.run_ended(*status, reason.as_deref()),
            EventKind::RunStarted { .. } if event.sequence.0 > 0 => {
                violated("a run begins once", format!("again at event {}", event.sequence.0))
            }
            EventKind::Assigned { task, .. } if !self.turns_max.is_empty() => {
                self.turns.of(*task, &event.actor).count = 0;
                Ok(())
            }
            EventKind::Finished { task, outcome, .. } if !self.turns_max.is_empty() => {
                if let Some(turns) = self.turns.get_mut(*task, &event.actor) {
                    turns.broken_off = match outcome {
                        Outcome::Decided { .. } => 0,
                        _ => turns.broken_off.saturating_add(1),
                    };
                }
                Ok(())
            }
            EventKind::ModelReplied { task, call, .. } | EventKind::ModelFailed { task, call, .. }
                if !self.turns_max.is_empty() && !self.are_shown =>
            {
                self.asked(&event.actor, *task, *call)
            }
            _ => Ok(()),
        }
    }

    fn probe(&mut self, probe: &Probe) -> Result<(), Violation> {
        match probe {
            Probe::MustEndBy(time) => self.must_end_by = Some(*time),
            Probe::TurnsMax { agent, turns_max } => drop(self.turns_max.insert(Name(agent.clone()), *turns_max)),
            Probe::AttemptMade { agent, task, call, .. } => {
                self.are_shown = true;
                return self.asked(agent, *task, *call);
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Violation> {
        match self.has_ended {
            true => Ok(()),
            false => violated("a run ends with run_ended", format!("nothing after {} events", self.next)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariant::testing::{
        Fed, assigned, breaks, finished, made, noted, passes, path, replied, run_ended, run_started, task_ended,
        task_started,
    };

    fn machine() -> Termination {
        Termination::default()
    }

    fn world(kind: EventKind) -> Fed {
        Fed::Event("world", kind)
    }

    fn with(more: Vec<Fed>) -> Vec<Fed> {
        [vec![world(run_started()), world(task_started(0))], more].concat()
    }

    #[test]
    fn a_run_with_a_beginning_and_an_end_passes() {
        let mut machine = machine();
        let more = vec![
            Fed::Wait(5),
            world(task_started(1)),
            Fed::Because(1, "world", task_ended(0)),
            world(task_ended(1)),
            world(run_ended()),
            Fed::Finish,
        ];
        passes(&mut machine, with(more));
        assert_eq!((machine.open.len(), machine.turns.len()), (0, 0));
    }

    #[test]
    fn a_run_without_an_end_is_found_and_one_that_goes_on_after_it() {
        breaks(&mut machine(), with(vec![Fed::Finish]), "nothing after 2 events");
        breaks(&mut machine(), with(vec![world(task_ended(0)), world(run_ended()), world(noted(0, "more"))]), "noted");
        breaks(&mut machine(), vec![world(task_started(0))], "task_started");
        breaks(&mut machine(), with(vec![world(run_started())]), "again at event 2");
    }

    #[test]
    fn a_run_that_did_not_complete_says_why() {
        let failed = |reason: Option<&str>| {
            world(EventKind::RunEnded { status: RunStatus::Failed, reason: reason.map(Into::into) })
        };
        let ended = |end| with(vec![world(task_ended(0)), end]);
        passes(&mut machine(), ended(failed(Some("a crash loop"))));
        breaks(&mut machine(), ended(failed(None)), "failed without a reason");
        breaks(&mut machine(), ended(failed(Some(""))), "failed without a reason");
    }

    #[test]
    fn tasks_that_do_not_begin_and_end_once_are_found() {
        breaks(&mut machine(), with(vec![world(run_ended())]), "task 0 has not");
        breaks(&mut machine(), with(vec![world(task_ended(1))]), "task 1 is not");
        breaks(&mut machine(), with(vec![world(task_ended(0)), world(task_ended(0))]), "task 0 is not");
        breaks(&mut machine(), with(vec![world(task_started(0))]), "task 0 is started again");
        breaks(&mut machine(), with(vec![world(task_ended(0)), world(task_started(0))]), "task 0 is started again");
    }

    #[test]
    fn events_out_of_line_are_found() {
        let event = |number, ms, cause: Option<u64>| {
            let (sequence, time) = (EventSequence(number), VirtualTime::from_millis(ms));
            Event { sequence, time, actor: path("ann"), cause: cause.map(EventSequence), kind: noted(0, "") }
        };
        let begun = || Termination { next: 5, now: VirtualTime::from_millis(10), ..Termination::default() };
        assert_eq!(begun().observe(&event(5, 10, Some(4))), Ok(()));
        for (event, found) in [
            (event(6, 10, None), "event 6"),
            (event(4, 10, None), "event 4"),
            (event(5, 9, None), "9 ms"),
            (event(5, 10, Some(5)), "event 5 led to event 5"),
        ] {
            let violation = begun().observe(&event).map_err(|violation| violation.found);
            assert_eq!(violation, Err(found.to_owned()));
        }
    }

    #[test]
    fn a_run_that_takes_too_long_is_found() {
        let by = Fed::Probe(Probe::MustEndBy(VirtualTime::from_millis(100)));
        let fed = |wait| with(vec![by.clone(), Fed::Wait(wait), world(task_ended(0))]);
        passes(&mut machine(), fed(100));
        breaks(&mut machine(), fed(101), "task_ended at");
    }

    #[test]
    fn an_agent_that_asks_too_often_is_found() {
        let most = || Fed::Probe(Probe::TurnsMax { agent: path("ann"), turns_max: 2 });
        let ann = |kinds: Vec<EventKind>| kinds.into_iter().map(|kind| Fed::Event("ann", kind)).collect::<Vec<_>>();
        let twice =
            ann(vec![assigned(0, 0, "world"), replied(0, 0, 0), replied(0, 0, 1), replied(0, 1, 0), finished(0, 0)]);
        let again = ann(vec![assigned(0, 1, "world"), replied(0, 2, 0), replied(0, 3, 0)]);
        let fed = with([vec![most()], twice, again].concat());
        passes(&mut machine(), fed.clone());
        breaks(&mut machine(), [fed, ann(vec![replied(0, 4, 0)])].concat(), "request 3 in task 0");
        let shown = vec![made("ann", 0, 0, 0), made("ann", 0, 0, 1), made("ann", 0, 1, 0), made("ann", 0, 2, 0)];
        breaks(&mut machine(), with([vec![most()], ann(vec![assigned(0, 0, "world")]), shown].concat()), "request 3");
    }
}
