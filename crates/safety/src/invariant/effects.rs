//! I6: a call that changes something takes effect at most once, and nothing is made up.
//!
//! Where the run shows the beginnings of tools ([`Probe::ToolStarted`]), per agent and task:
//!
//! - what changes something begins at most once for each `tool_called`, and only while that call is open: neither before
//!   it nor after its `tool_returned`, whether that was a result, a timeout or a cancel;
//! - a call that returns without an error has begun;
//! - a call that began and changes something is not called again under its id before the model has replied anew: nobody
//!   but the model may decide to do it once more. What is ambiguous (a cancel, a restart) returns an error that says so.
//!
//! Source: reliability reference §5.3, I6 and §4 ("steps exactly once after crash").
//!
//! ```
//! use moot_core::{ActorPath, TaskId, ToolCall};
//! use moot_safety::invariant::{EffectsOnce, Invariant, Probe};
//!
//! let call = ToolCall { id: "c0".into(), name: "write_file".into(), arguments: "{}".into() };
//! let (agent, task) = (ActorPath::new("ann").unwrap(), TaskId(0));
//! let started = Probe::ToolStarted { agent, task, call, has_effect: true, is_unrestricted: false };
//! let violation = EffectsOnce::default().probe(&started).unwrap_err();
//! assert_eq!(violation.found, "c0 (write_file) of ann in task 0 begins without an open call");
//! ```

use moot_core::{ActorPath, Event, EventKind, TaskId, Text, ToolCall, ToolResult};

use super::by_task::ByTask;
use super::{Invariant, InvariantName, Probe, Violation};

/// The machine.
#[derive(Debug, Default)]
pub struct EffectsOnce {
    acts: ByTask<Acts>,
    /// Whether the beginnings of tools are shown.
    are_shown: bool,
}

/// What an agent does in a task.
#[derive(Debug, Default)]
struct Acts {
    open: Vec<Open>,
    /// The ids of calls that took effect since the model replied last, and are over.
    done: Vec<Text>,
}

#[derive(Debug)]
struct Open {
    id: Text,
    has_begun: bool,
    has_effect: bool,
}

fn violated(expected: &str, found: String) -> Result<(), Violation> {
    Err(Violation::new(InvariantName::I6, expected, found))
}

impl EffectsOnce {
    fn called(&mut self, agent: &ActorPath, task: TaskId, call: &ToolCall) -> Result<(), Violation> {
        let acts = self.acts.of(task, agent);
        acts.open.push(Open { id: call.id.clone(), has_begun: false, has_effect: false });
        if acts.done.contains(&call.id) {
            let found = format!("{} ({}) of {agent} in task {task} is called again", call.id, call.name);
            return violated("what took effect is called again by the model alone", found);
        }
        Ok(())
    }

    fn started(&mut self, agent: &ActorPath, task: TaskId, call: &ToolCall, has_effect: bool) -> Result<(), Violation> {
        self.are_shown = true;
        let acts = self.acts.get_mut(task, agent);
        // The newest call of that id: an older one may have been given up.
        let open = acts.and_then(|acts| acts.open.iter_mut().rev().find(|open| open.id == call.id));
        let what = || format!("{} ({}) of {agent} in task {task} begins", call.id, call.name);
        match open {
            Some(open) if !open.has_begun => {
                (open.has_begun, open.has_effect) = (true, has_effect);
                Ok(())
            }
            _ if !has_effect => Ok(()),
            Some(_) => violated("what changes something begins once", format!("{} a second time", what())),
            None => violated(
                "what changes something begins while its call is open",
                format!("{} without an open call", what()),
            ),
        }
    }

    fn returned(&mut self, agent: &ActorPath, task: TaskId, result: &ToolResult) -> Result<(), Violation> {
        let Some(acts) = self.acts.get_mut(task, agent) else { return Ok(()) };
        // A result without a call is I4's to find.
        let Some(place) = acts.open.iter().position(|open| open.id == result.call_id) else { return Ok(()) };
        let open = acts.open.remove(place);
        if open.has_begun && open.has_effect {
            acts.done.push(open.id);
        }
        if acts.open.is_empty() {
            self.acts.let_go(task, agent);
        }
        if self.are_shown && !open.has_begun && !result.is_error() {
            let found = format!("{} of {agent} in task {task} returns without having begun", result.call_id);
            return violated("a call that returns without an error has begun", found);
        }
        Ok(())
    }
}

impl Invariant for EffectsOnce {
    fn name(&self) -> InvariantName {
        InvariantName::I6
    }

    fn observe(&mut self, event: &Event) -> Result<(), Violation> {
        match &event.kind {
            EventKind::ToolCalled { task, call, .. } => return self.called(&event.actor, *task, call),
            EventKind::ToolReturned { task, result, .. } => return self.returned(&event.actor, *task, result),
            EventKind::ModelReplied { task, .. } => {
                if let Some(acts) = self.acts.get_mut(*task, &event.actor) {
                    acts.done.clear();
                }
            }
            EventKind::TaskEnded { task, .. } => {
                self.acts.close(*task, |acts| !acts.open.is_empty());
            }
            _ => {}
        }
        Ok(())
    }

    fn probe(&mut self, probe: &Probe) -> Result<(), Violation> {
        match probe {
            Probe::ToolStarted { agent, task, call, has_effect, .. } => self.started(agent, *task, call, *has_effect),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariant::testing::{
        Fed, breaks, called, passes, path, ran, replied, returned, returned_error, task_ended, tool,
    };
    use moot_core::ToolErrorCode;

    fn machine() -> EffectsOnce {
        EffectsOnce::default()
    }

    fn ann(kind: EventKind) -> Fed {
        Fed::Event("ann", kind)
    }

    fn unknown(id: &str) -> Fed {
        ann(returned_error(0, &tool(id), ToolErrorCode::Unknown))
    }

    #[test]
    fn what_begins_once_while_its_call_is_open_passes_and_is_forgotten() {
        let mut machine = machine();
        passes(
            &mut machine,
            vec![
                ann(called(0, tool("a"))),
                ran("ann", 0, tool("a")),
                ann(returned(0, &tool("a"))),
                ann(called(0, tool("b"))),
                unknown("b"),
                ann(replied(0, 1, 0)),
                ann(called(0, tool("a"))),
                ran("ann", 0, tool("a")),
                Fed::Event("world", task_ended(0)),
                unknown("a"),
            ],
        );
        assert_eq!(machine.acts.len(), 0);
    }

    #[test]
    fn an_effect_that_happens_twice_is_found() {
        let twice = vec![ann(called(0, tool("a"))), ran("ann", 0, tool("a")), ran("ann", 0, tool("a"))];
        breaks(&mut machine(), twice, "a second time");
        let again = vec![ann(called(0, tool("a"))), ran("ann", 0, tool("a")), unknown("a"), ann(called(0, tool("a")))];
        breaks(&mut machine(), again, "is called again");
    }

    #[test]
    fn an_effect_of_no_open_call_is_found() {
        let late = vec![ann(called(0, tool("a"))), unknown("a"), ran("ann", 0, tool("a"))];
        breaks(&mut machine(), late, "without an open call");
        breaks(&mut machine(), vec![ann(called(0, tool("a"))), ran("bob", 0, tool("a"))], "of bob");
    }

    #[test]
    fn looking_twice_changes_nothing() {
        let look = || {
            let (agent, task, call) = (path("ann"), TaskId(0), tool("a"));
            Fed::Probe(Probe::ToolStarted { agent, task, call, has_effect: false, is_unrestricted: true })
        };
        passes(&mut machine(), vec![ann(called(0, tool("a"))), look(), look(), ann(returned(0, &tool("a"))), look()]);
    }

    #[test]
    fn a_result_that_was_made_up_is_found() {
        let begin = || vec![ann(called(0, tool("a"))), ran("ann", 0, tool("a")), ann(returned(0, &tool("a")))];
        let fed = [begin(), vec![ann(called(0, tool("b"))), ann(returned(0, &tool("b")))]].concat();
        breaks(&mut machine(), fed, "b of ann in task 0 returns without having begun");
        passes(&mut machine(), vec![ann(called(0, tool("b"))), ann(returned(0, &tool("b")))]);
    }
}
