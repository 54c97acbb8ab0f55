//! I5: the model calls of an agent within a task are numbered without gaps, and each number is used once.
//!
//! Where the run shows its attempts ([`Probe::AttemptMade`]) the numbers are those of the attempts as they are made;
//! else those of their ends, and an end of a number below the highest is taken for a late one. Per task and agent that
//! was assigned something in it:
//!
//! - the attempts of a call are numbered from 0, one after another; for each time that the agent was restarted, one
//!   number may be left out, that of an attempt which was given its number and then never sent;
//! - the calls are numbered from 0, one after another, whatever is assigned, retried or restarted in between; for each
//!   assignment that ended, one number may be left out, that of a call which a hook, a budget, a limit or a cancel
//!   forbade.
//!
//! An agent may be ahead of the gateway that makes its attempts: what it has left out may show only later, so all that
//! was left out is held against all that ended.
//!
//! Summaries, which an agent asks for under the numbers of its own calls, are made by an actor that is never assigned
//! anything, and are not checked.
//!
//! Source: reliability reference §5.3, I5 and S26 ("turn counters are never reset by a restart"); `Turn::calls` and
//! `next_attempt` in the agent.
//!
//! ```
//! use moot_core::{ActorPath, Event, EventKind, EventSequence, ModelReply, TaskId, VirtualTime};
//! use moot_safety::invariant::{Invariant, Numbering};
//!
//! let (task, model, ann) = (TaskId(0), "m".into(), ActorPath::new("ann").unwrap());
//! let assigned =
//!     EventKind::Assigned { task, round: 0, from: ActorPath::world(), prompt: "A or B?".into(), brief: None };
//! let reply = ModelReply::text("A");
//! let replied = EventKind::ModelReplied { task, call: 1, attempt: 0, model, reply, cost: None };
//! let mut machine = Numbering::default();
//! let event = |kind| Event {
//!     sequence: EventSequence(0), time: VirtualTime::ZERO, actor: ann.clone(), cause: None, kind,
//! };
//! machine.observe(&event(assigned)).unwrap();
//! let violation = machine.observe(&event(replied)).unwrap_err();
//! assert_eq!(violation.expected, "ann goes on in task 0 with attempt 0 of call 0");
//! ```

use moot_core::{ActorPath, Event, EventKind, TaskId};

use super::by_task::ByTask;
use super::{Invariant, InvariantName, Probe, Violation};

/// The machine.
#[derive(Debug, Default)]
pub struct Numbering {
    counted: ByTask<Counted>,
    /// Whether attempts are shown when they are made.
    are_shown: bool,
}

/// How far an agent has counted in a task.
#[derive(Debug, Default, Clone, Copy)]
struct Counted {
    /// The last call and attempt.
    last: Option<(u32, u32)>,
    /// Assignments that ended, and calls that were left out.
    ended: u32,
    calls_left_out: u32,
    /// Restarts, and attempts that were left out.
    restarts: u32,
    attempts_left_out: u32,
}

impl Counted {
    /// Goes on to an attempt; whether it may be the next one.
    fn go_on(&mut self, call: u32, attempt: u32) -> bool {
        let last = self.last.replace((call, attempt));
        let (next_call, next_attempt) = match last {
            Some((last, tried)) if last == call => (last, tried.saturating_add(1)),
            Some((last, _)) => (last.saturating_add(1), 0),
            None => (0, 0),
        };
        let (Some(calls), Some(attempts)) = (call.checked_sub(next_call), attempt.checked_sub(next_attempt)) else {
            return false;
        };
        self.calls_left_out = self.calls_left_out.saturating_add(calls);
        self.attempts_left_out = self.attempts_left_out.saturating_add(attempts);
        self.calls_left_out <= self.ended && self.attempts_left_out <= self.restarts
    }
}

impl Numbering {
    fn count(&mut self, agent: &ActorPath, task: TaskId, call: u32, attempt: u32) -> Result<(), Violation> {
        let Some(counted) = self.counted.get_mut(task, agent) else { return Ok(()) };
        if !self.are_shown && counted.last.is_some_and(|last| (call, attempt) < last) {
            return Ok(());
        }
        let last = counted.last;
        if counted.go_on(call, attempt) {
            return Ok(());
        }
        let expected = match last {
            Some((last, tried)) if last == call => format!("attempt {} of call {last}", tried.saturating_add(1)),
            Some((last, _)) => format!("attempt 0 of call {}", last.saturating_add(1)),
            None => "attempt 0 of call 0".to_owned(),
        };
        let expected = format!("{agent} goes on in task {task} with {expected}");
        Err(Violation::new(InvariantName::I5, expected, format!("attempt {attempt} of call {call}")))
    }
}

impl Invariant for Numbering {
    fn name(&self) -> InvariantName {
        InvariantName::I5
    }

    fn observe(&mut self, event: &Event) -> Result<(), Violation> {
        match &event.kind {
            // What is taken up after the end of its task is counted by nobody.
            EventKind::Assigned { task, .. } if !self.counted.is_over(*task) => {
                self.counted.of(*task, &event.actor);
            }
            EventKind::Finished { task, .. } => {
                if let Some(counted) = self.counted.get_mut(*task, &event.actor) {
                    counted.ended = counted.ended.saturating_add(1);
                }
            }
            EventKind::ActorRestarted { .. } => {
                for (_, counted) in self.counted.each_of(&event.actor) {
                    counted.restarts = counted.restarts.saturating_add(1);
                }
            }
            EventKind::ModelReplied { task, call, attempt, .. }
            | EventKind::ModelFailed { task, call, attempt, .. }
                if !self.are_shown =>
            {
                return self.count(&event.actor, *task, *call, *attempt);
            }
            EventKind::TaskEnded { task, .. } => self.counted.close(*task, |_| false),
            _ => {}
        }
        Ok(())
    }

    fn probe(&mut self, probe: &Probe) -> Result<(), Violation> {
        let Probe::AttemptMade { agent, task, call, attempt, .. } = probe else { return Ok(()) };
        self.are_shown = true;
        self.count(agent, *task, *call, *attempt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariant::testing::{
        Fed, assigned, breaks, crashed, failed, finished, made, passes, replied, restarted, task_ended,
    };

    fn machine() -> Numbering {
        Numbering::default()
    }

    fn ann(kinds: Vec<EventKind>) -> Vec<Fed> {
        kinds.into_iter().map(|kind| Fed::Event("ann", kind)).collect()
    }

    #[test]
    fn numbers_without_gaps_pass_and_are_forgotten_with_their_task() {
        let mut machine = machine();
        passes(
            &mut machine,
            ann(vec![
                assigned(0, 0, "world"),
                failed(0, 0, 0),
                replied(0, 0, 1),
                replied(0, 1, 0),
                finished(0, 0),
                assigned(0, 1, "world"),
                replied(0, 2, 0),
                finished(0, 1),
                task_ended(0),
                assigned(1, 0, "world"),
                replied(1, 0, 0),
                task_ended(1),
            ]),
        );
        assert_eq!(machine.counted.len(), 0);
    }

    #[test]
    fn what_was_never_sent_may_leave_a_gap_and_a_late_end_is_none() {
        let fed = |first: EventKind| {
            ann(vec![assigned(0, 0, "world"), replied(0, 0, 0), first, finished(0, 0), assigned(0, 1, "world")])
        };
        let skipped = [fed(replied(0, 1, 0)), ann(vec![replied(0, 3, 0), replied(0, 2, 0), replied(0, 4, 0)])].concat();
        passes(&mut machine(), skipped);
        let crash = ann(vec![assigned(0, 0, "world"), crashed(), restarted(1), replied(0, 0, 1), replied(0, 0, 0)]);
        passes(&mut machine(), crash);
    }

    #[test]
    fn gaps_repetitions_and_counters_that_start_anew_are_found() {
        let begin = || ann(vec![assigned(0, 0, "world"), replied(0, 0, 0)]);
        for (next, found) in [
            (vec![replied(0, 2, 0)], "attempt 0 of call 2"),
            (vec![replied(0, 1, 1)], "attempt 1 of call 1"),
            (vec![replied(0, 0, 0)], "attempt 0 of call 0"),
            (vec![replied(0, 0, 2)], "attempt 2 of call 0"),
            (vec![finished(0, 0), replied(0, 3, 0)], "attempt 0 of call 3"),
            (vec![crashed(), restarted(1), replied(0, 2, 0)], "attempt 0 of call 2"),
            (vec![crashed(), restarted(1), replied(0, 0, 3)], "attempt 3 of call 0"),
        ] {
            breaks(&mut machine(), [begin(), ann(next)].concat(), found);
        }
    }

    #[test]
    fn who_is_ahead_of_its_gateway_leaves_out_no_more_than_what_ended() {
        let begin = || {
            let ended = ann(vec![assigned(0, 0, "world"), finished(0, 0), assigned(0, 1, "world"), finished(0, 1)]);
            [ended, vec![made("ann", 0, 0, 0)]].concat()
        };
        passes(&mut machine(), [begin(), vec![made("ann", 0, 2, 0), made("ann", 0, 4, 0)]].concat());
        breaks(&mut machine(), [begin(), vec![made("ann", 0, 3, 0), made("ann", 0, 5, 0)]].concat(), "call 5");
    }

    #[test]
    fn where_attempts_are_shown_none_may_come_late() {
        let mut machine = machine();
        let begin = vec![Fed::Event("ann", assigned(0, 0, "world")), made("ann", 0, 0, 0), made("ann", 0, 1, 0)];
        passes(&mut machine, begin);
        passes(&mut machine, ann(vec![replied(0, 1, 0), replied(0, 0, 0)]));
        breaks(&mut machine, vec![made("ann", 0, 0, 0)], "attempt 0 of call 0");
    }

    #[test]
    fn who_was_assigned_nothing_is_not_counted() {
        passes(&mut machine(), vec![Fed::Event("ann/compaction", replied(0, 7, 0)), made("ann/compaction", 0, 3, 0)]);
    }
}
