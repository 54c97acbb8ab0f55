//! MAST 3.2, no or incomplete verification: what was done is not looked at before it is handed in.
//!
//! The rule: a task ends with an answer although a file that was changed in it (a `write_file` or `edit_file` that went
//! well) was not looked at after its last change by anybody: no `read_file` of its path, no `search_text` over it, no
//! `run_shell` that went well. A check that fails is none. Only these tools are known; what others change or check is not
//! seen.
//!
//! ```
//! // In order: the check came before the last change.
//! let steps = ["write_file", "read_file", "edit_file"];
//! let (change, check) = (steps.iter().rposition(|step| *step == "edit_file"), steps.iter().rposition(|step| *step == "read_file"));
//! assert!(change > check);
//! ```

use std::collections::BTreeMap;

use moot_core::{ActorPath, Event, EventKind, EventSequence, TaskId, Text, ToolCall};

use super::{Finding, MastTag};

/// What is changed and was not looked at.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct NoVerification {
    open: BTreeMap<TaskId, Open>,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Open {
    /// The files that nobody has looked at since, by path: who changed them, and when.
    changed: BTreeMap<String, (ActorPath, EventSequence)>,
    /// The calls without a result, by agent and id.
    under_way: BTreeMap<(ActorPath, Text), Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Change(String),
    CheckOne(String),
    /// Of all files whose paths begin so.
    CheckAll(String),
}

impl Step {
    /// What a call does to files, as far as its tool is known.
    fn of(call: &ToolCall) -> Option<Self> {
        let argument = |name: &str| {
            let arguments: serde_json::Value = serde_json::from_str(&call.arguments).ok()?;
            arguments.get(name)?.as_str().map(str::to_owned)
        };
        match &*call.name {
            "write_file" | "edit_file" => argument("path").map(Self::Change),
            "read_file" => argument("path").map(Self::CheckOne),
            "search_text" => Some(Self::CheckAll(argument("prefix").unwrap_or_default())),
            "run_shell" => Some(Self::CheckAll(String::new())),
            _ => None,
        }
    }
}

impl NoVerification {
    pub(super) fn push(&mut self, event: &Event, found: &mut Vec<Finding>) {
        match &event.kind {
            EventKind::TaskStarted { task } => {
                self.open.insert(task.id, Open::default());
            }
            EventKind::ToolCalled { task, call, .. } => {
                if let Some((open, step)) = self.open.get_mut(task).zip(Step::of(call)) {
                    open.under_way.insert((event.actor.clone(), call.id.clone()), step);
                }
            }
            EventKind::ToolReturned { task, result, .. } => {
                let Some(open) = self.open.get_mut(task) else { return };
                let step = open.under_way.remove(&(event.actor.clone(), result.call_id.clone()));
                match step.filter(|_| !result.is_error()) {
                    Some(Step::Change(path)) => {
                        open.changed.insert(path, (event.actor.clone(), event.sequence));
                    }
                    Some(Step::CheckOne(path)) => drop(open.changed.remove(&path)),
                    Some(Step::CheckAll(prefix)) => open.changed.retain(|path, _| !path.starts_with(&prefix)),
                    None => {}
                }
            }
            EventKind::TaskEnded { task, outcome } => {
                let changed = self.open.remove(task).map(|open| open.changed).unwrap_or_default();
                let last = changed.iter().max_by_key(|(_, (_, at))| *at);
                let Some((path, (actor, _))) = last.filter(|_| outcome.answer().is_some()) else { return };
                let what = match changed.len() {
                    1 => format!("{path} was changed and not looked at again"),
                    files => format!("{files} files, {path} the last of them, were changed and not looked at again"),
                };
                let mut events: Vec<EventSequence> =
                    changed.values().map(|(_, at)| *at).chain([event.sequence]).collect();
                events.sort_unstable();
                let (tag, actor) = (MastTag::NoVerification, actor.clone());
                found.push(Finding { task: *task, tag, actor, events, what: what.into() });
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use moot_core::Outcome;

    use crate::coordination::testing::Script;
    use crate::mast::tags;

    const A: &str = r#"{"path":"a.txt"}"#;
    const B: &str = r#"{"path":"b.txt"}"#;

    /// A task in which these calls go well, and which ends with an answer.
    fn steps(list: &[(&str, &str)]) -> Vec<String> {
        let mut script = Script::new();
        script.task(None).assigned("clerk", "world");
        for (number, (tool, arguments)) in list.iter().enumerate() {
            script.used("clerk", tool, arguments, &format!("result {number}"));
        }
        script.ended(Outcome::decided("done"));
        tags(&script)
    }

    #[test]
    fn a_change_that_nobody_looked_at_is_tagged() {
        assert_eq!(steps(&[("write_file", A)]), ["3.2 clerk 3 4"]);
        assert_eq!(steps(&[("write_file", A), ("read_file", A), ("edit_file", A)]), ["3.2 clerk 7 8"]);
        assert_eq!(steps(&[("write_file", A), ("edit_file", B), ("read_file", A)]), ["3.2 clerk 5 8"]);
        assert_eq!(steps(&[("edit_file", B), ("write_file", A), ("list_files", "{}")]), ["3.2 clerk 3 5 8"]);
        assert_eq!(steps(&[("write_file", A), ("search_text", r#"{"text":"x","prefix":"b"}"#)]), ["3.2 clerk 3 6"]);
    }

    #[test]
    fn a_change_that_somebody_looked_at_is_not() {
        for check in [("read_file", A), ("search_text", r#"{"text":"x"}"#), ("run_shell", r#"{"command":"make test"}"#)]
        {
            assert_eq!(steps(&[("write_file", A), check]), [""; 0], "{check:?}");
        }
        let mut script = Script::new();
        script.task(None).used("clerk", "write_file", A, "wrote").used("other", "read_file", A, "x");
        script.ended(Outcome::decided("done"));
        assert_eq!(tags(&script), [""; 0]);
    }

    #[test]
    fn a_check_that_fails_is_none_and_so_is_a_change_that_does() {
        let mut script = Script::new();
        script.task(None).used("clerk", "write_file", A, "wrote");
        script.called("clerk", "run_shell", "{}").refused("clerk", "run_shell", "exit code 1");
        script.called("clerk", "write_file", B).refused("clerk", "write_file", "denied");
        script.ended(Outcome::decided("done"));
        assert_eq!(tags(&script), ["3.2 clerk 2 7"]);
        // Nothing is handed in.
        let mut script = Script::new();
        script.task(None).used("clerk", "write_file", A, "wrote").ended(Outcome::Cancelled { reason: "x".into() });
        assert_eq!(tags(&script), [""; 0]);
    }
}
