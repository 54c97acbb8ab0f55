//! The summary: what each kind of event counts as, live and from a file alike.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use moot_core::{Limit, ModelFailure, ModelFailureKind, ModelReply, OutcomeStatus, ToolCall, ToolErrorCode};
use moot_core::{Placement, ToolResult, VirtualDuration};

use super::*;
use crate::testing::{Run, jury_run, path};

fn summary_of(events: &[Event]) -> Summary {
    let mut summary = Summary::new();
    events.iter().for_each(|event| summary.push(event));
    summary
}

fn task(number: u32, answer: Option<&str>) -> EventKind {
    let task = Task::new(TaskId(number), "A or B?");
    EventKind::TaskStarted { task: Arc::new(Task { answer: answer.map(Text::from), ..task }) }
}

fn ended(number: u32, outcome: Outcome) -> EventKind {
    EventKind::TaskEnded { task: TaskId(number), outcome }
}

#[test]
fn a_jury_adds_up() {
    let events = jury_run(7);
    let summary = summary_of(&events);
    assert_eq!((&**summary.scenario().unwrap(), summary.seed(), summary.replicate()), ("jury", Some(7), Some(0)));
    assert_eq!((summary.status(), summary.reason()), (Some(RunStatus::Completed), None));
    assert_eq!(summary.events(), events.len() as u64);
    assert_eq!((summary.tasks_total(), summary.outcome_counts().decided), (7, 7));
    assert_eq!((summary.correct(), summary.with_known_answer()), (5, 7), "tasks 2 and 5 went to B");
    assert_eq!(summary.messages(), 7 * 3 * 2, "three assignments and three answers a task; the world's do not count");
    assert_eq!((summary.calls().calls, summary.calls().failures), (21, 0));
    assert_eq!(summary.calls().known_usage(), Some(Usage::new(2_520, 840)));
    assert_eq!(summary.calls().known_cost().unwrap().to_string(), "0.000882");
    assert_eq!(summary.virtual_time(), events.last().unwrap().time);
    // Task k takes 600 ms and three times k.
    assert_eq!(summary.latency_mean_ms(), Some(609.0));
    assert_eq!((summary.latency_percentile_ms(50), summary.latency_percentile_ms(95)), (Some(609), Some(618)));
    assert_eq!(summary.latency_max_ms(), Some(618));

    let agents = summary.agents();
    assert_eq!(agents.keys().map(ActorPath::as_str).collect::<Vec<_>>(), ["juror[0]", "juror[1]", "juror[2]"]);
    assert!(agents.values().all(|totals| totals.calls == 7 && totals.usage.output_tokens == 280));
    let models = summary.models();
    assert_eq!(models.len(), 1);
    assert_eq!(&models["honest"], summary.calls());
}

#[test]
fn every_end_is_counted_and_only_known_answers_are_judged() {
    let outcomes = [
        Outcome::decided("A"),
        Outcome::decided("B"),
        Outcome::Tied { among: vec!["A".into(), "B".into()] },
        Outcome::NoQuorum { present: 0, needed: 1 },
        Outcome::Undecided { reason: "x".into() },
        Outcome::failed(moot_core::FailureKind::Model, "x"),
        Outcome::Exhausted { limit: Limit::Turns },
        Outcome::Cancelled { reason: "x".into() },
    ];
    let mut run = Run::new();
    for (number, outcome) in (0..).zip(&outcomes) {
        run.add("world", task(number, Some("A")));
        run.add("world", ended(number, outcome.clone()));
    }
    run.add("world", task(8, None));
    run.add("world", ended(8, Outcome::decided("A")));
    let summary = summary_of(&run.events);
    assert_eq!((summary.correct(), summary.with_known_answer()), (1, 8), "a failed task is a wrong one");
    assert_eq!(summary.outcome_counts().decided, 3);
    for status in OutcomeStatus::ALL.into_iter().skip(1) {
        assert_eq!(summary.outcome_counts().get(status), 1, "{status:?}");
    }
    assert_eq!(summary.tasks().len(), 9);
    assert_eq!(summary.tasks()[3].outcome, outcomes[3]);
    assert_eq!(summary.status(), None, "a run without its last event has not ended");
}

#[test]
fn unknown_makes_the_total_unknown() {
    let mut run = Run::new();
    let usage = Some(Usage::new(10, 1));
    let cost = Some(Money::from_picodollars(5));
    let reply = |usage| ModelReply { usage, ..ModelReply::text("A") };
    let replied = |model: &str, usage, cost| EventKind::ModelReplied {
        task: TaskId(0),
        call: 0,
        attempt: 1,
        model: model.into(),
        reply: reply(usage),
        cost,
    };
    let failure = ModelFailure::new(ModelFailureKind::RateLimited, "slow down");
    let (call, attempt, model) = (0, 0, "free".into());
    run.add("b", EventKind::ModelFailed { task: TaskId(0), call, attempt, model, failure, cost: None });
    run.add("b", replied("free", usage, None));
    run.add("a", replied("priced", usage, cost));
    run.add("b", replied("priced", usage, cost));
    let summary = summary_of(&run.events);
    let calls = summary.calls();
    assert_eq!((calls.calls, calls.failures), (4, 1));
    assert_eq!((calls.attempts_without_usage, calls.attempts_without_cost), (1, 2));
    assert_eq!((calls.known_usage(), calls.known_cost()), (None, None));
    assert_eq!((calls.usage.input_tokens, calls.cost.as_picodollars()), (30, 10), "what is known stands beside");
    let (agents, models) = (summary.agents(), summary.models());
    assert_eq!(agents[&path("a")].known_cost(), cost);
    assert_eq!(agents[&path("b")].known_cost(), None);
    assert_eq!(models["priced"].known_usage(), Some(Usage::new(20, 2)));
    assert_eq!((models["free"].calls, models["free"].failures), (2, 1));
}

#[test]
fn messages_go_between_participants() {
    let assigned = |from: &str| EventKind::Assigned {
        task: TaskId(0),
        round: 0,
        from: path(from),
        prompt: "p".into(),
        brief: None,
    };
    let finished = || EventKind::Finished { task: TaskId(0), round: 0, outcome: Outcome::decided("A") };
    let mut run = Run::new();
    run.add("top", assigned("world"));
    run.add("inner", assigned("top"));
    run.add("world-wide", assigned("inner"));
    run.add("world-wide", finished());
    run.add("inner", finished());
    run.add("top", finished());
    assert_eq!(summary_of(&run.events).messages(), 4);
    let mut alone = Run::new();
    alone.add("solo", assigned("world"));
    alone.add("solo", finished());
    assert_eq!(summary_of(&alone.events).messages(), 0);
}

#[test]
fn tools_and_restarts_are_counted() {
    let call = ToolCall { id: "c".into(), name: "read_file".into(), arguments: "{}".into() };
    let returned = |result| EventKind::ToolReturned {
        task: TaskId(0),
        tool: "read_file".into(),
        result,
        latency: VirtualDuration::ZERO,
    };
    let mut run = Run::new();
    for result in [ToolResult::success(&call, "x"), ToolResult::error(&call, ToolErrorCode::Denied, "no")] {
        run.add("a", EventKind::ToolCalled { task: TaskId(0), call: call.clone(), placement: Placement::Inside });
        run.add("a", returned(result));
    }
    run.add("a", EventKind::ActorRestarted { restarts: 1 });
    run.add("a", EventKind::ActorRestarted { restarts: 2 });
    let summary = summary_of(&run.events);
    assert_eq!((summary.tool_calls(), summary.tool_errors(), summary.restarts()), (2, 1, 2));
}

#[test]
fn the_lowest_thousand_tasks_are_kept_in_order() {
    let mut run = Run::new();
    // In an order in which tasks that run at once may end.
    for number in (0..1_500_u32).map(|index| index ^ 3) {
        run.add("world", ended(number, Outcome::decided(number.to_string())));
    }
    let summary = summary_of(&run.events);
    assert_eq!(summary.tasks_total(), 1_500);
    let ids: Vec<u32> = summary.tasks().iter().map(|task| task.id.0).collect();
    assert_eq!(ids, (0..1_000).collect::<Vec<_>>());
    assert!(summary.tasks().iter().all(|task| task.outcome.answer() == Some(&task.id.to_string())));
    assert_eq!(summary.latency_max_ms(), None, "a task whose start was not seen has no latency");
}

#[test]
fn tasks_that_run_at_once_have_their_own_latency() {
    let mut run = Run::new();
    run.add("world", task(0, None));
    run.now_ms = 10;
    run.add("world", task(1, None));
    run.now_ms = 40;
    run.add("world", ended(1, Outcome::decided("A")));
    run.now_ms = 100;
    run.add("world", ended(0, Outcome::decided("A")));
    let summary = summary_of(&run.events);
    assert_eq!((summary.latency_percentile_ms(50), summary.latency_max_ms()), (Some(30), Some(100)));
    assert_eq!(summary.latency_mean_ms(), Some(65.0));
}
