//! I8: each assignment has one owner and one end.
//!
//! Owner is who recorded `assigned`; the end is a `finished` of the same actor, task and round. In terms of events:
//!
//! - each `finished` ends one open assignment, and an agent (not a council) has at most one open at a time;
//! - what is assigned belongs to a task that the run took up, and comes from the world or from somebody who was assigned
//!   something in the same task, so a chain of owners leads to the world;
//! - a task whose end has a cause ends with what the participant answered that the world had given it to: the cause is
//!   that `finished`, and the outcomes are the same. A task without one was called off by the end of the run: it has no
//!   answer, and nobody decided that there is none. One that could not be given, because a mailbox was full or it was
//!   called off on its way, ends because of the event that says so;
//! - when the run ends, everything that was assigned has ended, but for what belongs to tasks that were called off, and
//!   for what is owned or was given by an actor that rests (it has failed or was stopped, and was not restarted yet):
//!   nobody waits for that any more, and its supervisor has it. The same holds where the end of the run cut somebody
//!   off: an actor with messages that it did not come to take in, or, when that is what serves all, whoever waits for it.
//!   Whoever works for somebody of whom this holds was told nothing of it: it holds for them too.
//!
//! Assignments that wait in a mailbox or a queue are no events yet: what happens to them is for I10. That a child's
//! budget stays within its parent's is part of I2.
//!
//! Source: reliability reference §5.3, I8.
//!
//! ```
//! use moot_core::{ActorPath, Event, EventKind, EventSequence, Outcome, TaskId, VirtualTime};
//! use moot_safety::invariant::{Assignments, Invariant};
//!
//! let kind = EventKind::Finished { task: TaskId(0), round: 0, outcome: Outcome::decided("A") };
//! let (sequence, time, actor) = (EventSequence(3), VirtualTime::ZERO, ActorPath::new("ann").unwrap());
//! let violation = Assignments::default().observe(&Event { sequence, time, actor, cause: None, kind }).unwrap_err();
//! assert_eq!(violation.found, "ann answers round 0 of task 0");
//! ```

use std::collections::{BTreeMap, BTreeSet};

use moot_core::{ActorPath, ActorRole, Event, EventKind, EventSequence, Failure, FailureKind, Outcome, TaskId};

use super::by_task::{ByTask, Name};
use super::{Invariant, InvariantName, Violation};

/// The path of the world itself.
const WORLD: &str = "world";

/// The machine.
#[derive(Debug, Default)]
pub struct Assignments {
    coordinators: BTreeSet<Name>,
    /// The lowest number that no task had so far.
    next_task: u32,
    tasks: BTreeMap<TaskId, Root>,
    owners: ByTask<Owner>,
    /// The agents that have an assignment.
    busy: BTreeSet<Name>,
    /// The actors that have failed or were stopped, and were not restarted yet.
    resting: BTreeSet<Name>,
    /// The actors that did not come to take in what they were sent.
    cut_off: BTreeSet<Name>,
}

/// Who was given a task, and what came of it.
#[derive(Debug, Default)]
struct Root {
    /// Several only when it was asked in the same round by somebody else too: then each may be the answer to the world.
    answers: Vec<(EventSequence, Outcome)>,
    /// Where it was refused, because a mailbox was full, or was found to be withdrawn before it came.
    refused: Vec<EventSequence>,
}

/// What somebody has to do in a task: the rounds of the open assignments, and whether the world gave them.
#[derive(Debug, Default)]
struct Owner {
    open: Vec<(u32, bool)>,
    /// Who gave them.
    from: BTreeSet<Name>,
    /// Whether the task was called off with it.
    is_called_off: bool,
}

fn violated(expected: impl Into<String>, found: impl Into<String>) -> Result<(), Violation> {
    Err(Violation::new(InvariantName::I8, expected, found))
}

impl Assignments {
    fn assigned(&mut self, actor: &ActorPath, task: TaskId, round: u32, from: &ActorPath) -> Result<(), Violation> {
        let is_world = from.as_str() == WORLD;
        let is_open = self.tasks.contains_key(&task);
        let is_known = is_world || !is_open || self.owners.get(task, from).is_some();
        let owner = self.owners.of(task, actor);
        owner.open.push((round, is_world));
        owner.from.insert(Name(from.clone()));
        // What is taken up only after the end of its task is about to be withdrawn.
        owner.is_called_off = !is_open;
        if task.0 >= self.next_task {
            return violated("what is assigned belongs to a task of the run", format!("{actor} works on task {task}"));
        }
        if !is_known {
            let found = format!("{from}, of {actor} in task {task}");
            return violated("who assigns something was assigned something in the task", found);
        }
        if !self.coordinators.contains(actor.as_str()) && !self.busy.insert(Name(actor.clone())) {
            return violated("an agent does one thing at a time", format!("{actor} begins another in task {task}"));
        }
        Ok(())
    }

    fn finished(&mut self, event: &Event, task: TaskId, round: u32, outcome: &Outcome) -> Result<(), Violation> {
        let actor = &event.actor;
        self.busy.remove(actor.as_str());
        let owner = self.owners.get_mut(task, actor);
        let open = owner.and_then(|owner| {
            let is_root = owner.open.contains(&(round, true));
            let place = owner.open.iter().position(|open| *open == (round, false));
            let place = place.or_else(|| owner.open.iter().position(|open| *open == (round, true)))?;
            owner.open.remove(place);
            Some((is_root, owner.open.is_empty()))
        });
        let Some((is_root, was_last)) = open else {
            return violated(
                "an answer ends an open assignment",
                format!("{actor} answers round {round} of task {task}"),
            );
        };
        if was_last {
            self.owners.let_go(task, actor);
        }
        if let Some(root) = self.tasks.get_mut(&task).filter(|_| is_root) {
            root.answers.push((event.sequence, outcome.clone()));
        }
        Ok(())
    }

    /// A fault that strikes an answer on its way to the world stands between the two.
    fn struck(&mut self, event: &Event, task: TaskId) {
        let Some((root, cause)) = self.tasks.get_mut(&task).zip(event.cause) else { return };
        if root.refused.contains(&cause) {
            root.refused.push(event.sequence);
        }
        if let Some((_, outcome)) = root.answers.iter().find(|(sequence, _)| *sequence == cause) {
            let outcome = outcome.clone();
            root.answers.push((event.sequence, outcome));
        }
    }

    fn task_ended(&mut self, task: TaskId, cause: Option<EventSequence>, outcome: &Outcome) -> Result<(), Violation> {
        let root = self.tasks.remove(&task);
        self.owners.each_in(task).for_each(|owner| owner.is_called_off = cause.is_none());
        self.owners.close(task, |owner| !owner.open.is_empty());
        let Some(cause) = cause else {
            return match outcome {
                Outcome::Failed(_) | Outcome::Exhausted { .. } | Outcome::Cancelled { .. } => Ok(()),
                _ => violated(format!("somebody has answered task {task}"), format!("{outcome}, without a cause")),
            };
        };
        let Root { answers, refused } = root.unwrap_or_default();
        let is_refusal = matches!(outcome, Outcome::Failed(Failure { kind: FailureKind::Overloaded, .. }))
            || matches!(outcome, Outcome::Cancelled { .. });
        if is_refusal && refused.contains(&cause) {
            return Ok(());
        }
        if answers.iter().any(|(sequence, answered)| *sequence == cause && answered == outcome) {
            return Ok(());
        }
        match answers.first() {
            Some((_, answered)) => {
                violated(format!("task {task} ends with what was answered: {answered}"), outcome.to_string())
            }
            None => violated(format!("somebody has answered task {task} that ends"), "nobody did"),
        }
    }

    fn nothing_is_open(&self) -> Result<(), Violation> {
        let is_open = |(_, _, owner): &(TaskId, &ActorPath, &Owner)| !owner.open.is_empty() && !owner.is_called_off;
        let open: Vec<_> = self.owners.iter().filter(is_open).collect();
        if open.is_empty() || self.cut_off.iter().any(|name| name.0.is_within(WORLD)) {
            return Ok(());
        }
        let is_gone = |name: &str| self.resting.contains(name) || self.cut_off.contains(name);
        let mut excused: BTreeSet<(TaskId, &str)> = BTreeSet::new();
        loop {
            let before = excused.len();
            for (task, actor, owner) in &open {
                let by = |from: &str| is_gone(from) || excused.contains(&(*task, from));
                if is_gone(actor.as_str()) || owner.from.iter().any(|from| by(from.0.as_str())) {
                    excused.insert((*task, actor.as_str()));
                }
            }
            if excused.len() == before {
                break;
            }
        }
        match open.into_iter().find(|(task, actor, _)| !excused.contains(&(*task, actor.as_str()))) {
            None => Ok(()),
            Some((task, actor, owner)) => {
                let round = owner.open.first().map_or(0, |(round, _)| *round);
                let found = format!("{actor} still has round {round} of task {task}");
                violated("every assignment has ended when the run ends", found)
            }
        }
    }
}

impl Invariant for Assignments {
    fn name(&self) -> InvariantName {
        InvariantName::I8
    }

    fn observe(&mut self, event: &Event) -> Result<(), Violation> {
        match &event.kind {
            EventKind::ActorStarted { role: ActorRole::Coordinator } => {
                self.coordinators.insert(Name(event.actor.clone()));
            }
            EventKind::TaskStarted { task } => {
                self.next_task = self.next_task.max(task.id.0.saturating_add(1));
                self.tasks.insert(task.id, Root::default());
            }
            EventKind::Assigned { task, round, from, .. } => {
                return self.assigned(&event.actor, *task, *round, from);
            }
            EventKind::Finished { task, round, outcome } => return self.finished(event, *task, *round, outcome),
            EventKind::TaskEnded { task, outcome } => return self.task_ended(*task, event.cause, outcome),
            EventKind::FaultInjected { task: Some(task), .. } => self.struck(event, *task),
            EventKind::Overloaded { task: Some(task), .. } | EventKind::DeadLettered { task: Some(task), .. } => {
                if let Some(root) = self.tasks.get_mut(task) {
                    root.refused.push(event.sequence);
                }
            }
            EventKind::ActorFailed { .. } | EventKind::ActorStopped { .. } => {
                self.resting.insert(Name(event.actor.clone()));
            }
            // What belongs to no task is what waited when the run ended.
            EventKind::DeadLettered { task: None, .. } => {
                self.cut_off.insert(Name(event.actor.clone()));
            }
            EventKind::ActorRestarted { .. } | EventKind::ActorGivenUp { .. } => {
                self.resting.remove(event.actor.as_str());
            }
            EventKind::RunEnded { .. } => return self.nothing_is_open(),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariant::testing::{
        Fed, assigned, breaks, crashed, finished, passes, restarted, run_ended, task_ended, task_started,
    };

    fn machine() -> Assignments {
        Assignments::default()
    }

    fn world(kind: EventKind) -> Fed {
        Fed::Event("world", kind)
    }

    fn jury(kind: EventKind) -> Fed {
        Fed::Event("jury", kind)
    }

    fn ann(kind: EventKind) -> Fed {
        Fed::Event("ann", kind)
    }

    /// A council that is asked something and asks ann.
    fn begun() -> Vec<Fed> {
        vec![
            jury(EventKind::ActorStarted { role: ActorRole::Coordinator }),
            world(task_started(0)),
            jury(assigned(0, 0, "world")),
            ann(assigned(0, 0, "jury")),
        ]
    }

    fn with(more: Vec<Fed>) -> Vec<Fed> {
        [begun(), more].concat()
    }

    #[test]
    fn what_is_assigned_and_answered_passes_and_is_forgotten() {
        let mut machine = machine();
        let end = vec![
            ann(finished(0, 0)),
            ann(assigned(0, 1, "jury")),
            jury(assigned(0, 0, "ann")),
            jury(finished(0, 0)),
            ann(finished(0, 1)),
            jury(finished(0, 0)),
        ];
        passes(&mut machine, with([end, vec![Fed::Because(9, "world", task_ended(0)), world(run_ended())]].concat()));
        assert_eq!((machine.owners.len(), machine.tasks.len(), machine.busy.len()), (0, 0, 0));
    }

    #[test]
    fn an_answer_that_is_struck_on_its_way_is_still_that_answer() {
        let struck = |cause| {
            let kind =
                EventKind::FaultInjected { task: Some(TaskId(0)), rule: 0, fault: "delay".into(), text: "".into() };
            Fed::Because(cause, "jury", kind)
        };
        let answered = || vec![ann(finished(0, 0)), jury(finished(0, 0))];
        let twice = vec![struck(5), struck(6), Fed::Because(7, "world", task_ended(0))];
        passes(&mut machine(), with([answered(), twice].concat()));
        let other = vec![struck(4), Fed::Because(6, "world", task_ended(0))];
        breaks(&mut machine(), with([answered(), other].concat()), "decided");
    }

    #[test]
    fn an_answer_nobody_asked_for_is_found() {
        breaks(&mut machine(), with(vec![ann(finished(0, 0)), ann(finished(0, 0))]), "ann answers round 0");
        breaks(&mut machine(), with(vec![ann(finished(0, 1))]), "ann answers round 1");
        breaks(&mut machine(), with(vec![Fed::Event("bob", finished(0, 0))]), "bob answers");
    }

    #[test]
    fn an_agent_with_two_things_to_do_is_found_and_a_council_with_two_is_not() {
        breaks(&mut machine(), with(vec![ann(assigned(0, 1, "jury"))]), "ann begins another");
        passes(&mut machine(), with(vec![jury(assigned(0, 1, "ann"))]));
    }

    #[test]
    fn an_assignment_from_nowhere_is_found() {
        breaks(&mut machine(), with(vec![Fed::Event("bob", assigned(0, 0, "panel"))]), "panel, of bob");
        breaks(&mut machine(), with(vec![Fed::Event("bob", assigned(1, 0, "world"))]), "bob works on task 1");
    }

    #[test]
    fn an_orphan_is_found_when_the_run_ends() {
        let end = || vec![jury(finished(0, 0)), Fed::Because(4, "world", task_ended(0))];
        breaks(&mut machine(), with([end(), vec![world(run_ended())]].concat()), "ann still has round 0 of task 0");
        let late = vec![ann(finished(0, 0)), world(run_ended())];
        passes(&mut machine(), with([end(), late].concat()));
        passes(&mut machine(), with([end(), vec![ann(crashed()), world(run_ended())]].concat()));
        let back = vec![ann(crashed()), ann(restarted(1)), world(run_ended())];
        breaks(&mut machine(), with([end(), back].concat()), "ann still has");
        for actor in ["ann", "jury", "world/tools"] {
            let kind =
                EventKind::DeadLettered { task: None, message: "message".into(), reason: "the run ended".into() };
            passes(&mut machine(), with([end(), vec![Fed::Event(actor, kind), world(run_ended())]].concat()));
        }
    }

    #[test]
    fn who_works_for_somebody_that_rests_is_no_orphan_either() {
        let panel = |kind| Fed::Event("panel", kind);
        let nested = || {
            vec![
                panel(EventKind::ActorStarted { role: ActorRole::Coordinator }),
                panel(assigned(0, 0, "jury")),
                Fed::Event("bob", assigned(0, 0, "panel")),
                ann(finished(0, 0)),
                jury(finished(0, 0)),
                Fed::Because(8, "world", task_ended(0)),
            ]
        };
        breaks(&mut machine(), with([nested(), vec![world(run_ended())]].concat()), "bob still has");
        passes(&mut machine(), with([nested(), vec![jury(crashed()), world(run_ended())]].concat()));
        let gone = vec![jury(crashed()), panel(finished(0, 0)), world(run_ended())];
        breaks(&mut machine(), with([nested(), gone].concat()), "bob still has");
    }

    #[test]
    fn what_the_end_of_the_run_calls_off_is_no_orphan() {
        let outcome = Outcome::Cancelled { reason: "interrupted".into() };
        passes(
            &mut machine(),
            with(vec![world(EventKind::TaskEnded { task: TaskId(0), outcome }), world(run_ended())]),
        );
        breaks(&mut machine(), with(vec![world(task_ended(0))]), "without a cause");
    }

    #[test]
    fn a_task_that_ends_with_another_answer_is_found() {
        let other = EventKind::TaskEnded { task: TaskId(0), outcome: Outcome::decided("B") };
        let end = || vec![ann(finished(0, 0)), jury(finished(0, 0))];
        breaks(&mut machine(), with([end(), vec![Fed::Because(5, "world", other)]].concat()), "decided: B");
        breaks(&mut machine(), with([end(), vec![Fed::Because(4, "world", task_ended(0))]].concat()), "decided: A");
        breaks(&mut machine(), with(vec![Fed::Because(3, "world", task_ended(0))]), "nobody did");
    }
}
