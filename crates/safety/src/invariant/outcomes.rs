//! I9: each call has exactly one outcome.
//!
//! A call is whatever somebody waits for an answer to. In terms of events:
//!
//! - each `tool_called` is followed by exactly one `tool_returned` of the same agent, task and call, before the run ends,
//!   however it ends;
//! - each `approval_requested` is followed by at most one `approval_answered` of the same call, and by none after the
//!   call returned; when the run ends, none waits;
//! - nothing is answered that was not asked.
//!
//! Model calls are I3, assignments I8, messages I10. That a result comes before the model goes on is I4.
//!
//! Source: reliability reference §5.3, I9 and S16 ("exactly one of reply, restarting, stopped, timeout, overloaded").
//!
//! ```
//! use moot_core::{ActorPath, Event, EventKind, EventSequence, Placement, RunStatus, TaskId, ToolCall, VirtualTime};
//! use moot_safety::invariant::{Invariant, Outcomes};
//!
//! let call = ToolCall { id: "c0".into(), name: "look".into(), arguments: "{}".into() };
//! let event = |kind| Event {
//!     sequence: EventSequence(0), time: VirtualTime::ZERO, actor: ActorPath::new("ann").unwrap(), cause: None, kind,
//! };
//! let mut machine = Outcomes::default();
//! machine.observe(&event(EventKind::ToolCalled { task: TaskId(0), call, placement: Placement::Inside })).unwrap();
//! let end = event(EventKind::RunEnded { status: RunStatus::Completed, reason: None });
//! assert_eq!(machine.observe(&end).unwrap_err().found, "tool call c0 of ann in task 0 has none");
//! ```

use moot_core::{ActorPath, Event, EventKind, TaskId, Text};

use super::by_task::ByTask;
use super::{Invariant, InvariantName, Violation};

/// The machine.
#[derive(Debug, Default)]
pub struct Outcomes {
    waiting: ByTask<Waiting>,
}

/// What an agent waits for in a task, by the id of the call.
#[derive(Debug, Default)]
struct Waiting {
    calls: Vec<Text>,
    approvals: Vec<Text>,
}

impl Waiting {
    const fn is_any(&self) -> bool {
        !self.calls.is_empty() || !self.approvals.is_empty()
    }
}

fn violated(
    expected: &str,
    what: &str,
    id: &str,
    agent: &ActorPath,
    task: TaskId,
    found: &str,
) -> Result<(), Violation> {
    Err(Violation::new(InvariantName::I9, expected, format!("{what} {id} of {agent} in task {task} {found}")))
}

/// Takes the first one out that is equal; whether there was one.
fn take(from: &mut Vec<Text>, id: &Text) -> bool {
    let place = from.iter().position(|other| other == id);
    place.map(|place| from.swap_remove(place)).is_some()
}

impl Outcomes {
    fn returned(&mut self, agent: &ActorPath, task: TaskId, id: &Text) -> Result<(), Violation> {
        let is_open = match self.waiting.get_mut(task, agent) {
            None => false,
            Some(waiting) => {
                let is_open = take(&mut waiting.calls, id);
                // A call that has ended is approved by nobody any more.
                take(&mut waiting.approvals, id);
                if !waiting.is_any() {
                    self.waiting.let_go(task, agent);
                }
                is_open
            }
        };
        match is_open {
            true => Ok(()),
            false => violated("an outcome is that of an open call", "tool call", id, agent, task, "is not open"),
        }
    }

    fn answered(&mut self, agent: &ActorPath, task: TaskId, id: &Text) -> Result<(), Violation> {
        match self.waiting.get_mut(task, agent).is_some_and(|waiting| take(&mut waiting.approvals, id)) {
            true => Ok(()),
            false => violated("an answer is that of an open request", "approval", id, agent, task, "is not asked for"),
        }
    }

    fn nothing_waits(&self) -> Result<(), Violation> {
        const EXPECTED: &str = "everything has an outcome when the run ends";
        let mut all = self.waiting.iter();
        let Some((task, agent, waiting)) = all.find(|(_, _, waiting)| waiting.is_any()) else { return Ok(()) };
        match (waiting.calls.first(), waiting.approvals.first()) {
            (Some(id), _) => violated(EXPECTED, "tool call", id, agent, task, "has none"),
            (None, Some(id)) => violated(EXPECTED, "approval", id, agent, task, "has none"),
            (None, None) => Ok(()),
        }
    }
}

impl Invariant for Outcomes {
    fn name(&self) -> InvariantName {
        InvariantName::I9
    }

    fn observe(&mut self, event: &Event) -> Result<(), Violation> {
        let agent = &event.actor;
        match &event.kind {
            EventKind::ToolCalled { task, call, .. } => self.waiting.of(*task, agent).calls.push(call.id.clone()),
            EventKind::ToolReturned { task, result, .. } => return self.returned(agent, *task, &result.call_id),
            EventKind::ApprovalRequested { task, call, .. } => {
                let waiting = self.waiting.of(*task, agent);
                if !waiting.calls.contains(&call.id) {
                    let expected = "approval is asked for an open call";
                    return violated(expected, "approval", &call.id, agent, *task, "is asked for");
                }
                waiting.approvals.push(call.id.clone());
            }
            EventKind::ApprovalAnswered { task, call_id, .. } => return self.answered(agent, *task, call_id),
            EventKind::TaskEnded { task, .. } => self.waiting.close(*task, Waiting::is_any),
            EventKind::RunEnded { .. } => return self.nothing_waits(),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariant::testing::{
        Fed, approval_answered, approval_requested, breaks, called, passes, returned, run_ended, task_ended, tool,
    };

    fn machine() -> Outcomes {
        Outcomes::default()
    }

    fn ann(kinds: Vec<EventKind>) -> Vec<Fed> {
        kinds.into_iter().map(|kind| Fed::Event("ann", kind)).collect()
    }

    #[test]
    fn calls_with_one_outcome_pass() {
        let mut machine = machine();
        let approved = vec![called(0, tool("a")), approval_requested(0, tool("a")), approval_answered(0, "a", true)];
        let withdrawn = vec![called(0, tool("b")), approval_requested(0, tool("b")), returned(0, &tool("b"))];
        let end = vec![called(0, tool("c")), task_ended(0), returned(0, &tool("c")), run_ended()];
        passes(&mut machine, ann([approved, vec![returned(0, &tool("a"))], withdrawn, end].concat()));
        assert_eq!(machine.waiting.len(), 0);
    }

    #[test]
    fn a_call_with_two_outcomes_or_none_is_found() {
        let twice = vec![called(0, tool("a")), returned(0, &tool("a")), returned(0, &tool("a"))];
        breaks(&mut machine(), ann(twice), "tool call a of ann in task 0 is not open");
        breaks(&mut machine(), ann(vec![called(0, tool("a")), run_ended()]), "tool call a of ann in task 0 has none");
        let other = [ann(vec![called(0, tool("a"))]), vec![Fed::Event("bob", returned(0, &tool("a")))]].concat();
        breaks(&mut machine(), other, "of bob");
    }

    #[test]
    fn an_approval_that_comes_twice_late_or_unasked_is_found() {
        let asked = || vec![called(0, tool("a")), approval_requested(0, tool("a"))];
        let answer = || vec![approval_answered(0, "a", true)];
        breaks(
            &mut machine(),
            ann([asked(), answer(), answer()].concat()),
            "approval a of ann in task 0 is not asked for",
        );
        let late = [asked(), vec![called(0, tool("b")), returned(0, &tool("a"))], answer()].concat();
        breaks(&mut machine(), ann(late), "approval a");
        breaks(&mut machine(), ann(vec![approval_answered(0, "a", true)]), "approval a");
        breaks(&mut machine(), ann(vec![approval_requested(0, tool("a"))]), "approval a of ann in task 0 is asked for");
    }
}
