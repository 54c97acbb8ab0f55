//! Streams of events for the tests of invariants.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::sync::Arc;

use moot_core::{
    ActorPath, Approval, Ballot, Event, EventKind, EventSequence, GrantScope, ModelDelta, ModelFailure,
    ModelFailureKind, ModelReply, Money, Outcome, Placement, RunStatus, Task, TaskId, ToolCall, ToolErrorCode,
    ToolResult, Transcript, Usage, VirtualDuration, VirtualTime,
};

use super::{Invariant, InvariantName, Probe, Violation};

/// Makes events, numbered in order.
pub(super) struct Stream {
    next: u64,
    now_ms: u64,
}

/// What a machine is fed.
#[derive(Clone)]
pub(super) enum Fed {
    Event(&'static str, EventKind),
    /// An event with the number of its cause.
    Because(u64, &'static str, EventKind),
    Probe(Probe),
    /// So many ms pass.
    Wait(u64),
    /// Nothing comes any more.
    Finish,
}

impl Stream {
    pub(super) const fn new() -> Self {
        Self { next: 0, now_ms: 0 }
    }

    pub(super) fn event(&mut self, actor: &str, kind: EventKind) -> Event {
        let sequence = EventSequence(self.next);
        self.next += 1;
        let time = VirtualTime::from_millis(self.now_ms);
        Event { sequence, time, actor: path(actor), cause: None, kind }
    }

    pub(super) fn because(&mut self, cause: u64, actor: &str, kind: EventKind) -> Event {
        Event { cause: Some(EventSequence(cause)), ..self.event(actor, kind) }
    }
}

/// Feeds a machine, which must not find anything wrong before the last input; what it finds there.
pub(super) fn verdict(machine: &mut dyn Invariant, fed: Vec<Fed>) -> Result<(), Violation> {
    let mut stream = Stream::new();
    let last = fed.len().saturating_sub(1);
    for (place, input) in fed.into_iter().enumerate() {
        let result = match input {
            Fed::Event(actor, kind) => machine.observe(&stream.event(actor, kind)),
            Fed::Because(cause, actor, kind) => machine.observe(&stream.because(cause, actor, kind)),
            Fed::Probe(probe) => machine.probe(&probe),
            Fed::Wait(ms) => {
                stream.now_ms += ms;
                Ok(())
            }
            Fed::Finish => machine.finish(),
        };
        if place == last {
            return result;
        }
        assert_eq!(result, Ok(()), "at input {place}");
    }
    Ok(())
}

/// Holds that nothing is wrong.
pub(super) fn passes(machine: &mut dyn Invariant, fed: Vec<Fed>) {
    assert_eq!(verdict(machine, fed), Ok(()));
}

/// Holds that the last input shows a violation, with these words in what was found.
pub(super) fn breaks(machine: &mut dyn Invariant, fed: Vec<Fed>, found: &str) {
    let name: InvariantName = machine.name();
    let violation = verdict(machine, fed).unwrap_err();
    assert_eq!(violation.invariant, name);
    assert!(violation.found.contains(found), "{:?} is not in: {violation}", found);
}

pub(super) fn path(actor: &str) -> ActorPath {
    ActorPath::new(actor).unwrap()
}

pub(super) fn noted(task: u32, text: &str) -> EventKind {
    EventKind::Noted { task: TaskId(task), name: "note".into(), text: text.into() }
}

pub(super) fn task_started(task: u32) -> EventKind {
    EventKind::TaskStarted { task: Arc::new(Task::new(TaskId(task), "A or B?")) }
}

pub(super) fn task_ended(task: u32) -> EventKind {
    EventKind::TaskEnded { task: TaskId(task), outcome: Outcome::decided("A") }
}

pub(super) fn run_started() -> EventKind {
    EventKind::RunStarted { scenario: "jury".into(), seed: 1, replicate: 0 }
}

pub(super) fn run_ended() -> EventKind {
    EventKind::RunEnded { status: RunStatus::Completed, reason: None }
}

pub(super) fn assigned(task: u32, round: u32, from: &str) -> EventKind {
    EventKind::Assigned { task: TaskId(task), round, from: path(from), prompt: "A or B?".into(), brief: None }
}

pub(super) fn finished(task: u32, round: u32) -> EventKind {
    EventKind::Finished { task: TaskId(task), round, outcome: Outcome::decided("A") }
}

pub(super) fn replied(task: u32, call: u32, attempt: u32) -> EventKind {
    replied_with(task, call, attempt, ModelReply { usage: Some(Usage::new(10, 5)), ..ModelReply::text("A") })
}

pub(super) fn replied_calling(task: u32, call: u32, tool_calls: Vec<ToolCall>) -> EventKind {
    replied_with(task, call, 0, ModelReply::calls(tool_calls))
}

pub(super) fn replied_with(task: u32, call: u32, attempt: u32, reply: ModelReply) -> EventKind {
    let cost = Some(Money::from_picodollars(7));
    EventKind::ModelReplied { task: TaskId(task), call, attempt, model: "m".into(), reply, cost }
}

pub(super) fn failed(task: u32, call: u32, attempt: u32) -> EventKind {
    let failure = ModelFailure::new(ModelFailureKind::Overloaded, "busy");
    EventKind::ModelFailed { task: TaskId(task), call, attempt, model: "m".into(), failure, cost: None }
}

pub(super) fn tool(id: &str) -> ToolCall {
    ToolCall { id: id.into(), name: "write_file".into(), arguments: r#"{"path":"a.txt"}"#.into() }
}

pub(super) fn called(task: u32, call: ToolCall) -> EventKind {
    EventKind::ToolCalled { task: TaskId(task), call, placement: Placement::Inside }
}

pub(super) fn returned(task: u32, call: &ToolCall) -> EventKind {
    let result = ToolResult::success(call, "done");
    EventKind::ToolReturned { task: TaskId(task), tool: call.name.clone(), result, latency: VirtualDuration::ZERO }
}

pub(super) fn returned_error(task: u32, call: &ToolCall, code: ToolErrorCode) -> EventKind {
    let result = ToolResult::error(call, code, "no");
    EventKind::ToolReturned { task: TaskId(task), tool: call.name.clone(), result, latency: VirtualDuration::ZERO }
}

pub(super) fn cast(round: u32, voter: &str, answer: &str) -> EventKind {
    let (voter, ballot) = (path(voter), Ballot::For(answer.into()));
    EventKind::BallotCast { task: TaskId(0), round, voter, ballot, weight: 1.0 }
}

pub(super) fn tallied(round: u32, counts: &[(&str, f64)]) -> EventKind {
    let counts = counts.iter().map(|(answer, count)| ((*answer).into(), *count)).collect();
    EventKind::Tallied { task: TaskId(0), round, counts }
}

pub(super) fn restarted(restarts: u32) -> EventKind {
    EventKind::ActorRestarted { restarts }
}

pub(super) fn crashed() -> EventKind {
    EventKind::ActorFailed { message: "a panic".into() }
}

pub(super) fn requested(task: u32, call: u32) -> EventKind {
    EventKind::ModelRequested { task: TaskId(task), call, model: "m".into(), messages: 1 }
}

pub(super) fn streamed(task: u32, call: u32, attempt: u32) -> EventKind {
    EventKind::ModelStreamed { task: TaskId(task), call, attempt, delta: ModelDelta::Text("A".into()) }
}

pub(super) fn retry(task: u32, call: u32, attempt: u32) -> EventKind {
    let (after, reason) = (VirtualDuration::from_millis(500), "busy".into());
    EventKind::RetryScheduled { task: TaskId(task), call, attempt, after, reason }
}

pub(super) fn made(agent: &str, task: u32, call: u32, attempt: u32) -> Fed {
    shown(agent, task, call, attempt, Transcript::new())
}

pub(super) fn shown(agent: &str, task: u32, call: u32, attempt: u32, transcript: Transcript) -> Fed {
    let (agent, transcript) = (path(agent), Arc::new(transcript));
    Fed::Probe(Probe::AttemptMade { agent, task: TaskId(task), call, attempt, transcript })
}

pub(super) fn ran(agent: &str, task: u32, call: ToolCall) -> Fed {
    let agent = path(agent);
    Fed::Probe(Probe::ToolStarted { agent, task: TaskId(task), call, has_effect: true, is_unrestricted: false })
}

pub(super) fn approval_requested(task: u32, call: ToolCall) -> EventKind {
    EventKind::ApprovalRequested { task: TaskId(task), call, difference: None }
}

pub(super) fn approval_answered(task: u32, id: &str, is_granted: bool) -> EventKind {
    let approval = if is_granted { Approval::Granted(GrantScope::Call) } else { Approval::TimedOut };
    EventKind::ApprovalAnswered { task: TaskId(task), call_id: id.into(), approval }
}
