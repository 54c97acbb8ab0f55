//! I16: no effect without leave.
//!
//! Where the run shows the beginnings of tools ([`Probe::ToolStarted`]), a tool begins only
//!
//! - for a `tool_called` that is open, as a call of the same tool;
//! - when the last `permission_decided` on that call was `allow`, or `ask` and approval was given since: by an
//!   `approval_answered` that grants it, or by a hook at `permission_asked` that allows it;
//! - with the arguments that were judged, as JSON values: those of `tool_called`, or what a hook at `before_tool_call`
//!   has made of them (`hook_ran` with `rewrite`). A rewrite to other values takes every earlier decision and approval
//!   back, so it has to be judged again, and a person is asked about the arguments that run;
//! - when no hook denied it, and, if a hook asked for approval, approval was given.
//!
//! An agent of which nothing is ever asked (mode `auto`, no rule, no protected names, its parents the same) is
//! *unrestricted*: where permissions have nothing to say, no `permission_decided` is recorded for it, and
//! [`Probe::ToolStarted`] says so. For it no decision is needed, but whatever was recorded holds: a denial, a hook that
//! asked, the arguments.
//!
//! A `hook_ran` names no call: it belongs to the call whose last event is its cause.
//!
//! Source: reliability reference §5.3, I16 and §4 ("deny always wins", "gate failure blocks"); `CallFlow` in the mind.
//!
//! ```
//! use moot_core::{ActorPath, Event, EventKind, EventSequence, Placement, TaskId, ToolCall, VirtualTime};
//! use moot_safety::invariant::{Invariant, Permissions, Probe};
//!
//! let call = ToolCall { id: "c0".into(), name: "write_file".into(), arguments: "{}".into() };
//! let (agent, task) = (ActorPath::new("ann").unwrap(), TaskId(0));
//! let kind = EventKind::ToolCalled { task, call: call.clone(), placement: Placement::Inside };
//! let (sequence, time) = (EventSequence(0), VirtualTime::ZERO);
//! let mut machine = Permissions::default();
//! machine.observe(&Event { sequence, time, actor: agent.clone(), cause: None, kind }).unwrap();
//! let started = Probe::ToolStarted { agent, task, call, has_effect: true, is_unrestricted: false };
//! assert_eq!(machine.probe(&started).unwrap_err().found, "c0 (write_file) of ann in task 0 begins, not judged");
//! ```

use moot_core::{
    ActorPath, Approval, Event, EventKind, EventSequence, HookEvent, HookVerdict, TaskId, Text, ToolCall, Verdict,
};

use super::by_task::ByTask;
use super::{Invariant, InvariantName, Probe, Violation};

/// The machine.
#[derive(Debug, Default)]
pub struct Permissions {
    calls: ByTask<Vec<Call>>,
}

/// A call that is open.
#[derive(Debug)]
struct Call {
    id: Text,
    tool: Text,
    /// The arguments as they would run now.
    arguments: Text,
    /// The last thing that happened to it.
    last: EventSequence,
    /// The decision on these arguments.
    decided: Option<Verdict>,
    /// Whether a hook wants it approved: that holds even for what is rewritten later.
    is_asked_by_hook: bool,
    is_approved: bool,
    is_denied_by_hook: bool,
}

/// Whether two texts are the same JSON value; texts that are no JSON are only equal to themselves.
fn same_value(one: &str, other: &str) -> bool {
    let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    one == other || parsed(one).is_some_and(|one| Some(one) == parsed(other))
}

impl Call {
    fn new(call: &ToolCall, last: EventSequence) -> Self {
        Self {
            id: call.id.clone(),
            tool: call.name.clone(),
            arguments: call.arguments.clone(),
            last,
            decided: None,
            is_asked_by_hook: false,
            is_approved: false,
            is_denied_by_hook: false,
        }
    }

    fn hook_ran(&mut self, event: HookEvent, verdict: &HookVerdict) {
        match (event, verdict) {
            (HookEvent::BeforeToolCall | HookEvent::PermissionAsked, HookVerdict::Deny(_)) => {
                self.is_denied_by_hook = true;
            }
            (HookEvent::BeforeToolCall, HookVerdict::Ask(_)) => self.is_asked_by_hook = true,
            (HookEvent::PermissionAsked, HookVerdict::Allow) => self.is_approved = true,
            (HookEvent::BeforeToolCall, HookVerdict::Rewrite(arguments)) if !same_value(&self.arguments, arguments) => {
                self.arguments = arguments.clone();
                (self.decided, self.is_approved) = (None, false);
            }
            _ => {}
        }
    }

    /// Why it may not run with these arguments, if it may not.
    fn objection(&self, call: &ToolCall, is_unrestricted: bool) -> Option<&'static str> {
        let needs_approval = self.is_asked_by_hook || self.decided == Some(Verdict::Ask);
        if self.tool != call.name {
            Some("as a call of another tool")
        } else if self.decided == Some(Verdict::Deny) {
            Some("denied")
        } else if self.is_denied_by_hook {
            Some("denied by a hook")
        } else if self.decided.is_none() && !is_unrestricted {
            Some("not judged")
        } else if needs_approval && !self.is_approved {
            Some("not approved")
        } else if !same_value(&self.arguments, &call.arguments) {
            Some("with other arguments")
        } else {
            None
        }
    }
}

impl Permissions {
    fn call(&mut self, task: TaskId, agent: &ActorPath, id: &Text) -> Option<&mut Call> {
        self.calls.get_mut(task, agent)?.iter_mut().rev().find(|call| call.id == *id)
    }

    fn started(
        &mut self,
        agent: &ActorPath,
        task: TaskId,
        call: &ToolCall,
        is_unrestricted: bool,
    ) -> Result<(), Violation> {
        let objection = match self.call(task, agent, &call.id) {
            None => Some("which is not open"),
            Some(open) => open.objection(call, is_unrestricted),
        };
        match objection {
            None => Ok(()),
            Some(objection) => {
                let expected = "a tool begins with leave, over the arguments that were judged";
                let found = format!("{} ({}) of {agent} in task {task} begins, {objection}", call.id, call.name);
                Err(Violation::new(InvariantName::I16, expected, found))
            }
        }
    }

    fn asked(&mut self, event: &Event, task: TaskId, call: &ToolCall) -> Result<(), Violation> {
        let Some(open) = self.call(task, &event.actor, &call.id) else { return Ok(()) };
        open.last = event.sequence;
        if same_value(&open.arguments, &call.arguments) {
            return Ok(());
        }
        let expected = "approval is asked for the arguments that were judged";
        let found = format!("{} ({}) of {} in task {task}, with others", call.id, call.name, event.actor);
        Err(Violation::new(InvariantName::I16, expected, found))
    }
}

impl Invariant for Permissions {
    fn name(&self) -> InvariantName {
        InvariantName::I16
    }

    fn observe(&mut self, event: &Event) -> Result<(), Violation> {
        let agent = &event.actor;
        match &event.kind {
            EventKind::ToolCalled { task, call, .. } => {
                self.calls.of(*task, agent).push(Call::new(call, event.sequence));
            }
            EventKind::PermissionDecided { task, call_id, decision, .. } => {
                if let Some(call) = self.call(*task, agent, call_id) {
                    (call.decided, call.last) = (Some(decision.verdict), event.sequence);
                }
            }
            EventKind::HookRan { task: Some(task), event: at, verdict, .. } => {
                let calls = self.calls.get_mut(*task, agent);
                let ran_for = |call: &&mut Call| Some(call.last) == event.cause;
                if let Some(call) = calls.and_then(|calls| calls.iter_mut().find(ran_for)) {
                    call.last = event.sequence;
                    call.hook_ran(*at, verdict);
                }
            }
            EventKind::ApprovalRequested { task, call, .. } => return self.asked(event, *task, call),
            EventKind::ApprovalAnswered { task, call_id, approval } => {
                if let Some(call) = self.call(*task, agent, call_id) {
                    call.last = event.sequence;
                    call.is_approved = matches!(approval, Approval::Granted(_));
                }
            }
            EventKind::ToolReturned { task, result, .. } => {
                if let Some(calls) = self.calls.get_mut(*task, agent) {
                    if let Some(place) = calls.iter().position(|call| call.id == result.call_id) {
                        calls.remove(place);
                    }
                    if calls.is_empty() {
                        self.calls.let_go(*task, agent);
                    }
                }
            }
            EventKind::TaskEnded { task, .. } => self.calls.close(*task, |calls| !calls.is_empty()),
            _ => {}
        }
        Ok(())
    }

    fn probe(&mut self, probe: &Probe) -> Result<(), Violation> {
        match probe {
            Probe::ToolStarted { agent, task, call, is_unrestricted, .. } => {
                self.started(agent, *task, call, *is_unrestricted)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariant::testing::{
        Fed, approval_answered, approval_requested, breaks, called, passes, path, ran, returned, task_ended, tool,
    };
    use moot_core::Decision;

    fn machine() -> Permissions {
        Permissions::default()
    }

    fn ann(kind: EventKind) -> Fed {
        Fed::Event("ann", kind)
    }

    fn decided(verdict: Verdict) -> Fed {
        let (task, call_id, tool) = (TaskId(0), "a".into(), "write_file".into());
        ann(EventKind::PermissionDecided { task, call_id, tool, decision: Decision::new(verdict, "rule", "why") })
    }

    /// What a hook says because of the event before it.
    fn hook(cause: u64, event: HookEvent, verdict: HookVerdict) -> Fed {
        Fed::Because(cause, "ann", EventKind::HookRan { task: Some(TaskId(0)), hook: "h".into(), event, verdict })
    }

    fn before(cause: u64, verdict: HookVerdict) -> Fed {
        hook(cause, HookEvent::BeforeToolCall, verdict)
    }

    fn other() -> ToolCall {
        ToolCall { arguments: r#"{"path":"b.txt"}"#.into(), ..tool("a") }
    }

    fn rewritten() -> HookVerdict {
        HookVerdict::Rewrite(other().arguments)
    }

    /// The call, then this, then its tool begins.
    fn runs(call: ToolCall, more: Vec<Fed>) -> Vec<Fed> {
        [vec![ann(called(0, tool("a")))], more, vec![ran("ann", 0, call)]].concat()
    }

    #[test]
    fn what_was_allowed_or_approved_runs() {
        let mut machine = machine();
        let end = vec![Fed::Event("world", task_ended(0)), ann(returned(0, &tool("a")))];
        passes(&mut machine, [runs(tool("a"), vec![decided(Verdict::Allow)]), end].concat());
        assert_eq!(machine.calls.len(), 0);
        let asked = vec![ann(approval_requested(0, tool("a"))), ann(approval_answered(0, "a", true))];
        passes(&mut machine, runs(tool("a"), [vec![decided(Verdict::Ask)], asked].concat()));
        let by_hook = hook(1, HookEvent::PermissionAsked, HookVerdict::Allow);
        passes(&mut Permissions::default(), runs(tool("a"), vec![decided(Verdict::Ask), by_hook]));
        // Written differently, it is the same.
        let spaced = ToolCall { arguments: r#"{ "path": "a.txt" }"#.into(), ..tool("a") };
        passes(&mut Permissions::default(), runs(spaced, vec![decided(Verdict::Allow)]));
    }

    #[test]
    fn a_rewrite_is_judged_again() {
        let rewrite = || vec![decided(Verdict::Allow), before(1, rewritten())];
        let again = || vec![decided(Verdict::Allow)];
        passes(&mut machine(), runs(other(), [rewrite(), again()].concat()));
        breaks(&mut machine(), runs(other(), rewrite()), "not judged");
        breaks(&mut machine(), runs(tool("a"), [rewrite(), again()].concat()), "with other arguments");
        // A hook that writes the same anew changes nothing, and one that has no part in the call neither.
        let same = HookVerdict::Rewrite(r#"{ "path" : "a.txt" }"#.into());
        passes(&mut machine(), runs(tool("a"), vec![decided(Verdict::Allow), before(1, same)]));
        passes(&mut machine(), runs(tool("a"), vec![decided(Verdict::Allow), before(0, rewritten())]));
    }

    #[test]
    fn an_effect_without_leave_is_found() {
        breaks(&mut machine(), runs(tool("a"), vec![]), "not judged");
        breaks(&mut machine(), runs(tool("a"), vec![decided(Verdict::Deny)]), "denied");
        breaks(&mut machine(), runs(tool("a"), vec![decided(Verdict::Ask)]), "not approved");
        breaks(&mut machine(), runs(other(), vec![decided(Verdict::Allow)]), "with other arguments");
        let renamed = ToolCall { name: "delete_file".into(), ..tool("a") };
        breaks(&mut machine(), runs(renamed, vec![decided(Verdict::Allow)]), "as a call of another tool");
        breaks(&mut machine(), runs(tool("b"), vec![decided(Verdict::Allow)]), "which is not open");
        let late = [
            runs(tool("a"), vec![decided(Verdict::Allow)]),
            vec![ann(returned(0, &tool("a"))), ran("ann", 0, tool("a"))],
        ];
        breaks(&mut machine(), late.concat(), "which is not open");
    }

    #[test]
    fn a_refusal_a_timeout_and_a_hook_that_objects_hold() {
        let refused = vec![decided(Verdict::Ask), ann(approval_answered(0, "a", false))];
        breaks(&mut machine(), runs(tool("a"), refused), "not approved");
        let denies = vec![decided(Verdict::Allow), before(1, HookVerdict::Deny("no".into()))];
        breaks(&mut machine(), runs(tool("a"), denies), "denied by a hook");
        let asks = vec![decided(Verdict::Allow), before(1, HookVerdict::Ask("sure?".into()))];
        breaks(&mut machine(), runs(tool("a"), asks), "not approved");
    }

    #[test]
    fn a_person_is_asked_about_what_runs() {
        let fed = vec![ann(called(0, tool("a"))), decided(Verdict::Ask), ann(approval_requested(0, other()))];
        breaks(&mut machine(), fed, "with others");
    }

    #[test]
    fn an_unrestricted_agent_needs_no_decision_but_what_was_recorded_holds() {
        let runs_free = |more: Vec<Fed>| {
            let (agent, task, call) = (path("ann"), TaskId(0), tool("a"));
            let probe = Probe::ToolStarted { agent, task, call, has_effect: true, is_unrestricted: true };
            [vec![ann(called(0, tool("a")))], more, vec![Fed::Probe(probe)]].concat()
        };
        passes(&mut machine(), runs_free(vec![]));
        breaks(&mut machine(), runs_free(vec![decided(Verdict::Deny)]), "denied");
        breaks(&mut machine(), runs_free(vec![before(0, HookVerdict::Ask("sure?".into()))]), "not approved");
        breaks(&mut machine(), runs_free(vec![before(0, rewritten())]), "with other arguments");
    }
}
