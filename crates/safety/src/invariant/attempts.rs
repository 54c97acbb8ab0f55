//! I3: each attempt at a model call ends once.
//!
//! An attempt ends with its `model_replied` (ok), its `model_failed` (error), or a `model_failed` of the kind
//! `abandoned`, when the run ended before the answer came. In terms of events, per agent and task:
//!
//! - where the run shows its attempts ([`Probe::AttemptMade`]), each that was made ends exactly once, none ends that was
//!   not made, none has the number of one that is open, and none is open when the run ends;
//! - each `model_requested`, which tells of an attempt outside the world, is followed by exactly one end of an attempt of
//!   that call, and a model that was ever requested gives none without;
//! - pieces of a reply (`model_streamed`) belong to an attempt that is open;
//! - a further attempt (`retry_scheduled`) follows directly on the failure of the one before it.
//!
//! That usage is known or marked as unknown needs no check: it is a number or `None`. Summaries of transcripts are
//! attempts like any other, of an actor of their own below their agent.
//!
//! Source: reliability reference §5.3, I3; the gateway in the runtime makes, settles and abandons attempts.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, TaskId, Transcript};
//! use moot_core::{Event, EventKind, EventSequence, RunStatus, VirtualTime};
//! use moot_safety::invariant::{AttemptsEnd, Invariant, Probe};
//!
//! let (agent, task, transcript) = (ActorPath::new("ann").unwrap(), TaskId(0), Arc::new(Transcript::new()));
//! let mut machine = AttemptsEnd::default();
//! machine.probe(&Probe::AttemptMade { agent, task, call: 0, attempt: 0, transcript }).unwrap();
//! let kind = EventKind::RunEnded { status: RunStatus::Completed, reason: None };
//! let (sequence, time, actor) = (EventSequence(9), VirtualTime::ZERO, ActorPath::world());
//! let violation = machine.observe(&Event { sequence, time, actor, cause: None, kind }).unwrap_err();
//! assert_eq!(violation.found, "attempt 0 of call 0 of ann in task 0 has not");
//! ```

use std::collections::BTreeSet;

use moot_core::{ActorPath, Event, EventKind, TaskId, Text};

use super::by_task::ByTask;
use super::{Invariant, InvariantName, Probe, Violation};

/// The machine.
#[derive(Debug, Default)]
pub struct AttemptsEnd {
    open: ByTask<Open>,
    /// Whether attempts are shown when they are made.
    are_shown: bool,
    /// The models outside the world that were ever asked.
    outside: BTreeSet<Text>,
    /// The attempt that failed last, if nothing has happened since.
    failed: Option<(TaskId, ActorPath, u32, u32)>,
}

/// What is open of an agent in a task.
#[derive(Debug, Default)]
struct Open {
    /// Calls and attempts that were made.
    made: Vec<(u32, u32)>,
    /// Calls that a model outside was asked.
    requested: Vec<u32>,
}

impl Open {
    const fn is_any(&self) -> bool {
        !self.made.is_empty() || !self.requested.is_empty()
    }
}

fn violated(expected: impl Into<String>, found: impl Into<String>) -> Result<(), Violation> {
    Err(Violation::new(InvariantName::I3, expected, found))
}

/// Takes the first one out that is equal; whether there was one.
fn take<T: PartialEq>(from: &mut Vec<T>, what: &T) -> bool {
    match from.iter().position(|other| other == what) {
        Some(place) => {
            from.remove(place);
            true
        }
        None => false,
    }
}

impl AttemptsEnd {
    fn ended(
        &mut self,
        agent: &ActorPath,
        task: TaskId,
        (call, attempt): (u32, u32),
        model: &Text,
    ) -> Result<(), Violation> {
        let is_outside = !self.outside.is_empty() && self.outside.contains(model);
        if !self.are_shown && !is_outside {
            return Ok(());
        }
        let (mut was_made, mut was_requested) = (false, false);
        if let Some(open) = self.open.get_mut(task, agent) {
            was_made = take(&mut open.made, &(call, attempt));
            was_requested = take(&mut open.requested, &call);
            if !open.is_any() {
                self.open.let_go(task, agent);
            }
        }
        let what = || format!("attempt {attempt} of call {call} of {agent} in task {task}");
        if self.are_shown && !was_made {
            return violated("an attempt that ends was made and has not ended yet", what());
        }
        if is_outside && !was_requested {
            return violated(format!("the model {model} gives one end for each request"), what());
        }
        Ok(())
    }

    fn streamed(&self, agent: &ActorPath, task: TaskId, what: (u32, u32)) -> Result<(), Violation> {
        let is_open = || self.open.get(task, agent).is_some_and(|open| open.made.contains(&what));
        if self.are_shown && !is_open() {
            let (call, attempt) = what;
            let found = format!("a piece of attempt {attempt} of call {call} of {agent} in task {task}");
            return violated("pieces come of attempts that are open", found);
        }
        Ok(())
    }

    fn nothing_is_open(&self) -> Result<(), Violation> {
        let Some((task, agent, open)) = self.open.iter().find(|(_, _, open)| open.is_any()) else { return Ok(()) };
        let what = match (open.made.first(), open.requested.first()) {
            (Some((call, attempt)), _) => format!("attempt {attempt} of call {call}"),
            (None, Some(call)) => format!("a request of call {call}"),
            (None, None) => return Ok(()),
        };
        violated("every attempt has ended when the run ends", format!("{what} of {agent} in task {task} has not"))
    }
}

impl Invariant for AttemptsEnd {
    fn name(&self) -> InvariantName {
        InvariantName::I3
    }

    fn observe(&mut self, event: &Event) -> Result<(), Violation> {
        if matches!(event.kind, EventKind::FaultInjected { .. }) {
            // What strikes in between is no part of the attempt.
            return Ok(());
        }
        let failed = self.failed.take();
        match &event.kind {
            EventKind::ModelRequested { task, call, model, .. } => {
                if !self.outside.contains(model) {
                    self.outside.insert(model.clone());
                }
                self.open.of(*task, &event.actor).requested.push(*call);
                Ok(())
            }
            EventKind::ModelReplied { task, call, attempt, model, .. } => {
                self.ended(&event.actor, *task, (*call, *attempt), model)
            }
            EventKind::ModelFailed { task, call, attempt, model, .. } => {
                self.failed = Some((*task, event.actor.clone(), *call, *attempt));
                self.ended(&event.actor, *task, (*call, *attempt), model)
            }
            EventKind::ModelStreamed { task, call, attempt, .. } => {
                self.streamed(&event.actor, *task, (*call, *attempt))
            }
            EventKind::RetryScheduled { task, call, attempt, .. } => {
                let before = attempt.checked_sub(1).map(|before| (*task, event.actor.clone(), *call, before));
                if before.is_some() && before == failed {
                    return Ok(());
                }
                let found = format!("attempt {attempt} of call {call} of {} in task {task}", event.actor);
                violated("a further attempt follows on the failure of the one before it", found)
            }
            EventKind::TaskEnded { task, .. } => {
                self.open.close(*task, Open::is_any);
                Ok(())
            }
            EventKind::RunEnded { .. } => self.nothing_is_open(),
            _ => Ok(()),
        }
    }

    fn probe(&mut self, probe: &Probe) -> Result<(), Violation> {
        if let Probe::AttemptMade { agent, task, call, attempt, .. } = probe {
            self.are_shown = true;
            let made = &mut self.open.of(*task, agent).made;
            let is_open = made.contains(&(*call, *attempt));
            made.push((*call, *attempt));
            if is_open {
                let found = format!("another attempt {attempt} of call {call} of {agent} in task {task}");
                return violated("an attempt has a number of its own", found);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariant::testing::{
        Fed, breaks, failed, made, passes, replied, requested, retry, run_ended, streamed, task_ended,
    };

    fn machine() -> AttemptsEnd {
        AttemptsEnd::default()
    }

    #[test]
    fn attempts_that_end_once_pass_also_late_and_out_of_order() {
        let mut machine = machine();
        passes(
            &mut machine,
            vec![
                made("ann", 0, 0, 0),
                Fed::Event("ann", streamed(0, 0, 0)),
                Fed::Event("ann", failed(0, 0, 0)),
                Fed::Event("ann", retry(0, 0, 1)),
                made("ann", 0, 0, 1),
                made("ann", 0, 0, 2),
                made("bob", 0, 0, 0),
                Fed::Event("ann", replied(0, 0, 2)),
                Fed::Event("ann", replied(0, 0, 1)),
                Fed::Event("world", task_ended(0)),
                Fed::Event("bob", failed(0, 0, 0)),
                Fed::Event("world", run_ended()),
            ],
        );
        assert_eq!(machine.open.len(), 0);
    }

    #[test]
    fn an_attempt_that_ends_twice_or_never_is_found() {
        let twice = vec![made("ann", 0, 0, 0), Fed::Event("ann", failed(0, 0, 0)), Fed::Event("ann", replied(0, 0, 0))];
        breaks(&mut machine(), twice, "attempt 0 of call 0 of ann");
        let never = vec![made("ann", 0, 3, 1), Fed::Event("world", run_ended())];
        breaks(&mut machine(), never, "attempt 1 of call 3 of ann in task 0 has not");
        let unmade = vec![made("ann", 0, 0, 0), Fed::Event("bob", replied(0, 0, 0))];
        breaks(&mut machine(), unmade, "of bob");
    }

    #[test]
    fn requests_to_the_outside_are_counted_even_where_nothing_is_shown() {
        let fed = || vec![Fed::Event("ann", requested(0, 0)), Fed::Event("ann", failed(0, 0, 0))];
        let mut machine = machine();
        passes(&mut machine, fed());
        breaks(&mut machine, vec![Fed::Event("ann", replied(0, 0, 1))], "attempt 1 of call 0");
        let open = vec![Fed::Event("ann", requested(0, 2)), Fed::Event("world", run_ended())];
        breaks(&mut AttemptsEnd::default(), open, "a request of call 2 of ann");
    }

    #[test]
    fn a_piece_of_what_is_over_is_found() {
        let fed = vec![made("ann", 0, 0, 0), Fed::Event("ann", replied(0, 0, 0)), Fed::Event("ann", streamed(0, 0, 0))];
        breaks(&mut machine(), fed, "a piece of attempt 0");
    }

    #[test]
    fn a_retry_without_its_failure_is_found() {
        breaks(&mut machine(), vec![Fed::Event("ann", retry(0, 0, 1))], "attempt 1");
        let other = vec![Fed::Event("ann", failed(0, 0, 0)), Fed::Event("ann", retry(0, 0, 2))];
        breaks(&mut machine(), other, "attempt 2");
        let replied = vec![Fed::Event("ann", replied(0, 0, 0)), Fed::Event("ann", retry(0, 0, 1))];
        breaks(&mut machine(), replied, "attempt 1");
    }

    #[test]
    fn a_number_that_is_used_again_before_its_attempt_has_ended_is_found() {
        let first = || vec![made("ann/compaction", 0, 2, 0)];
        passes(&mut machine(), [first(), vec![made("ann/compaction", 0, 2, 1)]].concat());
        breaks(&mut machine(), [first(), first()].concat(), "another attempt 0 of call 2");
    }
}
