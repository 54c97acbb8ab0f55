//! Hand-made events for the tests of this room: councils that vote, agents that work.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::sync::Arc;

use moot_core::{
    ActorPath, ActorRole, Ballot, Event, EventKind, EventSequence, ModelReply, Outcome, Placement, Task, TaskId, Text,
    ToolCall, ToolErrorCode, ToolResult, VirtualDuration, VirtualTime,
};

use super::ballots::Round;
use crate::{Measured, MetricValue, Summary};

/// A list of events, made step by step. The task is the last one that was started, and each event is caused by the one
/// before it unless [`cause`](Self::cause) says otherwise.
pub(crate) struct Script {
    events: Vec<Event>,
    task: TaskId,
    now_ms: u64,
    cause: Option<u64>,
}

impl Script {
    pub(crate) fn new() -> Self {
        Self { events: Vec::new(), task: TaskId(0), now_ms: 0, cause: None }
    }

    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }

    /// The number of the last event.
    pub(crate) fn last(&self) -> u64 {
        self.events.len() as u64 - 1
    }

    pub(crate) fn add(&mut self, actor: &str, kind: EventKind) -> &mut Self {
        let number = self.events.len() as u64;
        let cause = self.cause.take().or(number.checked_sub(1)).map(EventSequence);
        let (actor, time) = (ActorPath::new(actor).unwrap(), VirtualTime::from_millis(self.now_ms));
        self.events.push(Event { sequence: EventSequence(number), time, actor, cause, kind });
        self
    }

    /// What the next event is caused by.
    pub(crate) fn cause(&mut self, number: u64) -> &mut Self {
        self.cause = Some(number);
        self
    }

    pub(crate) fn at_ms(&mut self, now_ms: u64) -> &mut Self {
        self.now_ms = now_ms;
        self
    }

    pub(crate) fn council(&mut self, path: &str) -> &mut Self {
        self.add(path, EventKind::ActorStarted { role: ActorRole::Coordinator })
    }

    /// The next task: the first is number 0.
    pub(crate) fn task(&mut self, answer: Option<&str>) -> &mut Self {
        let started = self.events.iter().filter(|event| matches!(event.kind, EventKind::TaskStarted { .. })).count();
        self.task = TaskId(u32::try_from(started).unwrap());
        let task = Task { answer: answer.map(Text::from), ..Task::new(self.task, "A or B?") };
        self.add("world", EventKind::TaskStarted { task: Arc::new(task) })
    }

    pub(crate) fn assigned(&mut self, actor: &str, from: &str) -> &mut Self {
        self.told(actor, from, 0, "A or B?")
    }

    pub(crate) fn told(&mut self, actor: &str, from: &str, round: u32, prompt: &str) -> &mut Self {
        let (task, from, prompt) = (self.task, ActorPath::new(from).unwrap(), prompt.into());
        self.add(actor, EventKind::Assigned { task, round, from, prompt, brief: None })
    }

    /// One ballot for each voter, in order: an answer, `-` for an abstention, `!` for an absence.
    pub(crate) fn round(&mut self, council: &str, round: u32, ballots: &[&str]) -> &mut Self {
        for (index, ballot) in (0..).zip(ballots) {
            let voter = ActorPath::new("voter").unwrap().indexed(index);
            let ballot = match *ballot {
                "-" => Ballot::Abstained,
                "!" => Ballot::Absent("late".into()),
                answer => Ballot::For(answer.into()),
            };
            self.add(council, EventKind::BallotCast { task: self.task, round, voter, ballot, weight: 1.0 });
        }
        self
    }

    /// A reply of the agent's model, with the calls of tools that follow it.
    pub(crate) fn replied(&mut self, agent: &str, text: &str, calls: &[&str], latency_ms: u64) -> &mut Self {
        let tool_calls = calls.iter().map(|name| tool_call(name, "{}")).collect();
        let latency = VirtualDuration::from_millis(latency_ms);
        let reply = ModelReply { tool_calls, latency, ..ModelReply::text(text) };
        let (task, call, attempt, model) = (self.task, 0, 0, "m".into());
        self.add(agent, EventKind::ModelReplied { task, call, attempt, model, reply, cost: None })
    }

    pub(crate) fn called(&mut self, agent: &str, tool: &str, arguments: &str) -> &mut Self {
        let (task, call) = (self.task, tool_call(tool, arguments));
        self.add(agent, EventKind::ToolCalled { task, call, placement: Placement::Inside })
    }

    pub(crate) fn returned(&mut self, agent: &str, tool: &str, content: &str, latency_ms: u64) -> &mut Self {
        let result = ToolResult::success(&tool_call(tool, "{}"), content);
        self.result(agent, tool, result, latency_ms)
    }

    pub(crate) fn refused(&mut self, agent: &str, tool: &str, content: &str) -> &mut Self {
        let result = ToolResult::error(&tool_call(tool, "{}"), ToolErrorCode::Failed, content);
        self.result(agent, tool, result, 0)
    }

    fn result(&mut self, agent: &str, tool: &str, result: ToolResult, latency_ms: u64) -> &mut Self {
        let (task, latency) = (self.task, VirtualDuration::from_millis(latency_ms));
        self.add(agent, EventKind::ToolReturned { task, tool: tool.into(), result, latency })
    }

    /// A call and its result.
    pub(crate) fn used(&mut self, agent: &str, tool: &str, arguments: &str, content: &str) -> &mut Self {
        self.called(agent, tool, arguments).returned(agent, tool, content, 0)
    }

    pub(crate) fn finished(&mut self, actor: &str, round: u32, outcome: Outcome) -> &mut Self {
        self.add(actor, EventKind::Finished { task: self.task, round, outcome })
    }

    pub(crate) fn decided(&mut self, actor: &str, round: u32, answer: &str) -> &mut Self {
        self.finished(actor, round, Outcome::decided(answer))
    }

    pub(crate) fn spawned(&mut self, parent: &str, agent: &str) -> &mut Self {
        let agent = ActorPath::new(agent).unwrap();
        let kind = agent.group().rsplit('/').next().unwrap().into();
        self.add(parent, EventKind::AgentSpawned { task: self.task, agent, kind, tools: Vec::new() })
    }

    pub(crate) fn sent(&mut self, from: &str, to: &str, text: &str) -> &mut Self {
        let (task, to) = (self.task, ActorPath::new(to).unwrap());
        self.add(from, EventKind::MessageSent { task, to, text: text.into() })
    }

    pub(crate) fn ended(&mut self, outcome: Outcome) -> &mut Self {
        self.add("world", EventKind::TaskEnded { task: self.task, outcome })
    }

    /// A task that a council votes on, round by round, and decides for A.
    pub(crate) fn vote(&mut self, right: Option<&str>, rounds: &[&[&str]]) -> &mut Self {
        self.task(right).assigned("jury", "world");
        for (number, ballots) in (0..).zip(rounds) {
            self.round("jury", number, ballots);
        }
        self.decided("jury", 0, "A").ended(Outcome::decided("A"))
    }

    pub(crate) fn summary(&self) -> Summary {
        let mut summary = Summary::measuring(Measured::everything());
        self.events.iter().for_each(|event| summary.push(event));
        summary
    }

    /// A metric of these events as a number; `None` when it is absent or unknown.
    pub(crate) fn metric(&self, name: &str) -> Option<f64> {
        self.summary().metrics().get(name).copied().and_then(MetricValue::as_f64)
    }
}

/// A call whose id is the tool's name: of each tool, one call is open at a time.
fn tool_call(name: &str, arguments: &str) -> ToolCall {
    ToolCall { id: name.into(), name: name.into(), arguments: arguments.into() }
}

/// A round as text: `0: A B - !`.
pub(crate) fn shown(round: &Round) -> String {
    let ballots = round.votes.iter().map(|(_, ballot)| match ballot {
        Ballot::For(answer) => answer.to_string(),
        Ballot::Abstained => "-".to_owned(),
        Ballot::Absent(_) => "!".to_owned(),
        other => format!("{other:?}"),
    });
    format!("{}: {}", round.number, ballots.collect::<Vec<_>>().join(" "))
}
