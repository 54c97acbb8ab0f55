//! Lists of events that the tests of this room share. The digests of both are frozen, so a change here is one there.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::io::Read;
use std::sync::Arc;

use moot_core::{
    ActorPath, ActorRole, Ballot, Event, EventKind, EventSequence, Failure, FailureKind, Limit, ModelFailure,
    ModelFailureKind, ModelReply, Money, Outcome, Placement, RunStatus, StopReason, Task, TaskId, ToolCall,
    ToolErrorCode, ToolResult, Usage, VirtualDuration, VirtualTime,
};

use crate::{JournalError, JournalReader, JournalWriter, Record};

/// Builds a run event by event.
pub(crate) struct Run {
    pub(crate) events: Vec<Event>,
    pub(crate) now_ms: u64,
}

impl Run {
    pub(crate) fn new() -> Self {
        Self { events: Vec::new(), now_ms: 0 }
    }

    pub(crate) fn add(&mut self, actor: &str, kind: EventKind) {
        let sequence = EventSequence(self.events.len() as u64);
        let cause = sequence.0.checked_sub(1).map(EventSequence);
        let time = VirtualTime::from_millis(self.now_ms);
        self.events.push(Event { sequence, time, actor: path(actor), cause, kind });
    }
}

pub(crate) fn path(text: &str) -> ActorPath {
    ActorPath::new(text).unwrap()
}

/// Every kind of event, and every kind of outcome, ballot and optional part in one of them.
pub(crate) fn every_kind() -> Vec<Event> {
    let task = TaskId(u32::MAX);
    let full = Task::new(task, "Which \"letter\"?\n\u{1f41d}\u{0}").with_choices(["A", "\u{e4}"]).with_answer("A");
    let call = ToolCall { id: "call-0-0".into(), name: "read_file".into(), arguments: r#"{"path":"a.txt"}"#.into() };
    let reply = ModelReply {
        text: "A".into(),
        tool_calls: vec![call.clone()],
        usage: Some(Usage::new(300, u64::MAX)),
        stop: StopReason::ToolCalls,
        latency: VirtualDuration::from_millis(90_500),
    };
    let failure =
        ModelFailure { usage: Some(Usage::default()), ..ModelFailure::new(ModelFailureKind::Timeout, "slow") };
    let mut outcomes = vec![
        Outcome::decided("A"),
        Outcome::Tied { among: vec!["A".into(), "B".into()] },
        Outcome::NoQuorum { present: 1, needed: 3 },
        Outcome::Undecided { reason: "no one won".into() },
        Outcome::failed(FailureKind::Deadlock, "nothing can ever happen any more"),
        Outcome::Exhausted { limit: Limit::Money },
        Outcome::Cancelled { reason: "interrupted".into() },
    ];
    let mut run = Run::new();
    run.add("world", EventKind::RunStarted { scenario: "jury".into(), seed: u64::MAX, replicate: 3 });
    run.add("jury/juror[10]", EventKind::ActorStarted { role: ActorRole::Agent });
    run.add("recorder", EventKind::ActorStarted { role: ActorRole::Recorder });
    run.add("world", EventKind::TaskStarted { task: Arc::new(full) });
    run.add("world", EventKind::TaskStarted { task: Arc::new(Task::new(TaskId(0), "")) });
    run.now_ms = 1_234;
    let assigned =
        EventKind::Assigned { task, round: 1, from: path("jury"), prompt: "Which letter?".into(), brief: None };
    run.add("jury/juror[10]", assigned);
    let (model, messages) = ("juror".into(), 2);
    run.add("jury/juror[10]", EventKind::ModelRequested { task, call: 4, model, messages });
    let cost = Some(Money::from_picodollars(u128::from(u64::MAX) + 1));
    run.add("juror", EventKind::ModelReplied { task, call: 4, attempt: 1, model: "juror".into(), reply, cost });
    let plain = ModelReply::text("B");
    run.add("j", EventKind::ModelReplied { task, call: 5, attempt: 0, model: "j".into(), reply: plain, cost: None });
    let cost = Some(Money::ZERO);
    run.add("j", EventKind::ModelFailed { task, call: 6, attempt: 0, model: "j".into(), failure, cost });
    let failure = ModelFailure::new(ModelFailureKind::Refused, "no");
    run.add("j", EventKind::ModelFailed { task, call: 7, attempt: 0, model: "j".into(), failure, cost: None });
    run.add("j", EventKind::ToolCalled { task, call: call.clone(), placement: Placement::Outside });
    let (tool, latency) = ("read_file".into(), VirtualDuration::from_millis(7));
    run.add("j", EventKind::ToolReturned { task, tool, result: ToolResult::success(&call, "hello"), latency });
    let (tool, latency) = ("read_file".into(), VirtualDuration::ZERO);
    let result = ToolResult::error(&call, ToolErrorCode::NotFound, "there is no file a.txt");
    run.add("j", EventKind::ToolReturned { task, tool, result, latency });
    for (ballot, weight) in [
        (Ballot::For("A".into()), 1.0),
        (Ballot::Abstained, 0.1 + 0.2),
        (Ballot::Absent("late".into()), -1e-300),
        (Ballot::Ranked(vec![vec!["A".into()], vec!["B".into(), "C".into()]]), 1.0),
        (Ballot::Approved(vec!["A".into(), "C".into()]), 1.0),
        (Ballot::Scored(vec![("A".into(), 3.0), ("B".into(), -0.5)]), 2.0),
    ] {
        run.add("jury", EventKind::BallotCast { task, round: 0, voter: path("jury/juror[2]"), ballot, weight });
    }
    let counts = vec![("A".into(), 1.0 / 3.0), ("B".into(), f64::MAX)];
    run.add("jury", EventKind::Tallied { task, round: 0, counts });
    run.add("jury", EventKind::Noted { task, name: "ballot_rejected".into(), text: "a second one".into() });
    run.add("jury", EventKind::Finished { task, round: 2, outcome: Outcome::decided("A") });
    run.add("jury", EventKind::ActorFailed { message: "index out of bounds".into() });
    run.add("jury", EventKind::ActorRestarted { restarts: 2 });
    let failure = Failure { kind: FailureKind::Crash, message: "restarted too often".into() };
    run.add("jury", EventKind::ActorGivenUp { failure });
    run.now_ms = u64::MAX;
    for outcome in outcomes.drain(..) {
        run.add("world", EventKind::TaskEnded { task, outcome });
    }
    run.add("world", EventKind::RunEnded { status: RunStatus::Cancelled, reason: Some("interrupted".into()) });
    run.add("world", EventKind::RunEnded { status: RunStatus::Completed, reason: None });
    run.events
}

/// A run of three jurors who vote on so many tasks; the right answer is A, and every third task goes to B.
pub(crate) fn jury_run(tasks: u32) -> Vec<Event> {
    let jurors = ["juror[0]", "juror[1]", "juror[2]"];
    let mut run = Run::new();
    run.add("world", EventKind::RunStarted { scenario: "jury".into(), seed: 7, replicate: 0 });
    run.add("council", EventKind::ActorStarted { role: ActorRole::Coordinator });
    for juror in jurors {
        run.add(juror, EventKind::ActorStarted { role: ActorRole::Agent });
    }
    for number in 0..tasks {
        let task = TaskId(number);
        let answer = if number % 3 == 2 { "B" } else { "A" };
        let full = Task::new(task, "Choose one of: A, B.").with_choices(["A", "B"]).with_answer("A");
        let prompt = full.prompt.clone();
        run.add("world", EventKind::TaskStarted { task: Arc::new(full) });
        run.add(
            "council",
            EventKind::Assigned { task, round: 0, from: path("world"), prompt: prompt.clone(), brief: None },
        );
        for juror in jurors {
            run.add(
                juror,
                EventKind::Assigned { task, round: 0, from: path("council"), prompt: prompt.clone(), brief: None },
            );
            let model = "honest".into();
            run.add(juror, EventKind::ModelRequested { task, call: 0, model, messages: 1 });
        }
        for (index, juror) in (0..).zip(jurors) {
            run.now_ms += 100 * (index + 1) + u64::from(number);
            let reply = ModelReply {
                usage: Some(Usage::new(120, 40)),
                latency: VirtualDuration::from_millis(100),
                ..ModelReply::text(answer)
            };
            let cost = Some(Money::from_picodollars(42_000_000));
            run.add(juror, EventKind::ModelReplied { task, call: 0, attempt: 0, model: "honest".into(), reply, cost });
            run.add(juror, EventKind::Finished { task, round: 0, outcome: Outcome::decided(answer) });
            let ballot = Ballot::For(answer.into());
            run.add("council", EventKind::BallotCast { task, round: 0, voter: path(juror), ballot, weight: 1.0 });
        }
        run.add("council", EventKind::Tallied { task, round: 0, counts: vec![(answer.into(), 3.0)] });
        run.add("council", EventKind::Finished { task, round: 0, outcome: Outcome::decided(answer) });
        run.add("world", EventKind::TaskEnded { task, outcome: Outcome::decided(answer) });
    }
    run.add("world", EventKind::RunEnded { status: RunStatus::Completed, reason: None });
    run.events
}

/// A journal of these records with a commit after every `commit_every` of them.
pub(crate) fn journal_of(records: &[Record], commit_every: usize) -> Vec<u8> {
    let mut writer = JournalWriter::new(Vec::new(), "folkmoot 0.0.0").unwrap();
    for (number, record) in (1..).zip(records) {
        writer.append(record).unwrap();
        if number % commit_every == 0 {
            writer.commit().unwrap();
        }
    }
    writer.finish().unwrap()
}

pub(crate) fn records_of(events: &[Event]) -> Vec<Record> {
    events.iter().cloned().map(Record::Event).collect()
}

/// What a journal gives: its records up to the end or the first error, and that error.
pub(crate) fn read_all(file: impl Read) -> (Vec<Record>, Option<JournalError>) {
    let reader = match JournalReader::new(file) {
        Ok(reader) => reader,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut records = Vec::new();
    for record in reader {
        match record {
            Ok(record) => records.push(record),
            Err(error) => return (records, Some(error)),
        }
    }
    (records, None)
}
