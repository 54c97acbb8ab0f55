//! What a scenario expects of its run, held against what the run came to.
//!
//! What is not expected may be anything; a scenario that expects nothing at all expects to complete. A metric that is
//! unknown satisfies no bound. This module must not know how a run is played, nor who is told.
//!
//! ```
//! let scenario = folkmoot::parse(
//!     "
//! folkmoot: 1
//! name: hello
//! models: { parrot: { scripted: { steps: [{ say: hello }] } } }
//! agents: { parrot: { model: parrot } }
//! coordination: { single: { member: parrot } }
//! tasks: { list: [Say hello.] }
//! expect: { outcome: decided, answers: [good day], metrics: { tool_calls: { at_least: 1 } } }
//! ",
//! )
//! .unwrap();
//! let played = folkmoot::Run::new(&scenario).play().unwrap();
//! let mismatches: Vec<String> = folkmoot::expect::check(&scenario, &played).iter().map(ToString::to_string).collect();
//! assert_eq!(mismatches[0], "answer of task 0: expected \"good day\", found \"hello\"");
//! assert_eq!(mismatches[1], "tool_calls: expected at least 1, found 0");
//! ```

use std::collections::BTreeMap;
use std::fmt;

use moot_core::{ActorPath, Event, EventKind, OutcomeStatus, RunStatus, TaskId};
use moot_journal::{MetricValue, RunResult};
use moot_scenario::Scenario;
use moot_scenario::file::{Expect, MetricRange, ToolExpectation, TranscriptExpectation, measure};
use serde::Serialize;

use crate::{Played, view};

/// How many characters of a text that was found are shown.
const SHOWN_MAX: usize = 200;

/// One thing that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// What was looked at, such as `accuracy` or `answer of task 3`.
    pub what: String,
    /// What it was to be.
    pub expected: String,
    /// What it is.
    pub found: String,
}

impl Mismatch {
    fn new(what: impl Into<String>, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { what: what.into(), expected: expected.into(), found: found.into() }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: expected {}, found {}", self.what, self.expected, self.found)
    }
}

/// Whether the expectation can only be checked on a run that kept its events, see [`crate::Run::keep_events`].
#[must_use]
pub fn needs_events(expect: &Expect) -> bool {
    !expect.transcript.is_empty() || !expect.tools.is_empty()
}

/// Everything about a run that is not as its scenario expects; nothing when all is.
#[must_use]
pub fn check(scenario: &Scenario, played: &Played) -> Vec<Mismatch> {
    let (expect, result) = (&scenario.expect, &played.result);
    let mut mismatches = Vec::new();
    if expect.is_empty() {
        mismatches.extend(check_status(RunStatus::Completed, result));
        return mismatches;
    }
    mismatches.extend(expect.status.and_then(|status| check_status(status, result)));
    mismatches.extend(expect.outcome.and_then(|outcome| check_outcome(outcome, result)));
    for (task, answer) in (0..).zip(expect.answers.iter().flatten()) {
        mismatches.extend(answer.as_deref().and_then(|answer| check_answer(TaskId(task), answer, result)));
    }
    for (name, range) in &expect.metrics {
        mismatches.extend(check_metric(name, *range, result));
    }
    match &played.events {
        Some(events) => {
            check_transcripts(scenario, events, &mut mismatches);
            check_tools(&expect.tools, events, &mut mismatches);
        }
        None if needs_events(expect) => {
            mismatches.push(Mismatch::new("events", "those of the whole run", "none, as the run did not keep them"));
        }
        None => {}
    }
    if let Some(digest) = &expect.digest
        && *digest != result.digest.to_string()
    {
        mismatches.push(Mismatch::new("digest", digest, result.digest.to_string()));
    }
    mismatches.extend(expect.error.as_deref().and_then(|error| check_error(error, result)));
    mismatches
}

fn check_status(expected: RunStatus, result: &RunResult) -> Option<Mismatch> {
    if result.status == expected {
        return None;
    }
    let reason = result.reason.as_ref().map_or(String::new(), |reason| format!(" ({})", shown(reason)));
    Some(Mismatch::new("status", expected.as_str(), format!("{}{reason}", result.status.as_str())))
}

fn check_outcome(expected: OutcomeStatus, result: &RunResult) -> Option<Mismatch> {
    if result.tasks_total > 0 && result.counts.get(expected) == result.tasks_total {
        return None;
    }
    // The result holds only the first tasks, but counts all of them.
    let first = result.tasks.iter().find(|task| task.outcome.status() != expected);
    let found = match first {
        Some(task) => format!("task {} {}", task.id, shown(&task.outcome.to_string())),
        None if result.tasks_total == 0 => "no task that ended".to_owned(),
        None => {
            let ended = OutcomeStatus::ALL.iter().filter(|status| result.counts.get(**status) > 0);
            let counts: Vec<String> =
                ended.map(|status| format!("{} {}", result.counts.get(*status), status.as_str())).collect();
            counts.join(", ")
        }
    };
    Some(Mismatch::new("outcome", format!("every task {}", expected.as_str()), found))
}

fn check_answer(task: TaskId, expected: &str, result: &RunResult) -> Option<Mismatch> {
    let what = format!("answer of task {task}");
    let outcome = result.tasks.iter().find(|ended| ended.id == task).map(|ended| &ended.outcome);
    match outcome {
        Some(outcome) if outcome.answer() == Some(expected) => None,
        Some(outcome) => {
            let found = outcome.answer().map_or_else(|| shown(&outcome.to_string()), quoted);
            Some(Mismatch::new(what, quoted(expected), found))
        }
        None if result.tasks_total > result.tasks.len() as u64 => {
            Some(Mismatch::new(what, quoted(expected), format!("only the first {} tasks", result.tasks.len())))
        }
        None => Some(Mismatch::new(what, quoted(expected), "that it did not end")),
    }
}

fn check_metric(name: &str, range: MetricRange, result: &RunResult) -> Option<Mismatch> {
    let full_name = measure::full_name(name).unwrap_or_else(|| name.to_owned());
    let value = result.metrics.get(&full_name);
    if value.copied().and_then(MetricValue::as_f64).is_some_and(|value| range.holds(value)) {
        return None;
    }
    let bounds = [("at least", range.at_least), ("at most", range.at_most), ("exactly", range.equals)];
    let bounds: Vec<String> =
        bounds.iter().filter_map(|(words, bound)| bound.map(|bound| format!("{words} {bound}"))).collect();
    let found = value.map_or_else(|| "none, as this run has no such number".to_owned(), ToString::to_string);
    Some(Mismatch::new(name, bounds.join(" and "), found))
}

fn check_transcripts(scenario: &Scenario, events: &[Event], mismatches: &mut Vec<Mismatch>) {
    let expectations = &scenario.expect.transcript;
    if expectations.is_empty() {
        return;
    }
    let wanted = |path: &ActorPath| expectations.iter().any(|expected| path.is_within(&expected.agent));
    // A run may have a million events and ten thousand agents, so the events are parted once.
    let agents = scenario.agents.iter().filter(|agent| wanted(&agent.path));
    let mut own: BTreeMap<&ActorPath, Vec<Event>> = agents.map(|agent| (&agent.path, Vec::new())).collect();
    for event in events {
        if let Some(own) = own.get_mut(&event.actor) {
            own.push(event.clone());
        }
    }
    for (agent, events) in own {
        let texts: Vec<String> =
            view::transcript(&events, agent).iter().map(|message| message.text().to_owned()).collect();
        for expected in expectations.iter().filter(|expected| agent.is_within(&expected.agent)) {
            check_transcript(agent, expected, &texts, mismatches);
        }
    }
}

fn check_transcript(
    agent: &ActorPath,
    expected: &TranscriptExpectation,
    texts: &[String],
    mismatches: &mut Vec<Mismatch>,
) {
    let what = format!("transcript of {agent}");
    if let Some(wanted) = &expected.contains
        && !texts.iter().any(|text| text.contains(wanted))
    {
        let found = match texts.last() {
            Some(last) => format!("none among {}, the last of them {}", messages(texts.len()), quoted(last)),
            None => "no message at all".to_owned(),
        };
        mismatches.push(Mismatch::new(&*what, format!("a message with {}", quoted(wanted)), found));
    }
    if let Some(unwanted) = &expected.excludes
        && let Some(text) = texts.iter().find(|text| text.contains(unwanted))
    {
        mismatches.push(Mismatch::new(&*what, format!("no message with {}", quoted(unwanted)), quoted(text)));
    }
}

fn check_tools(expected: &ToolExpectation, events: &[Event], mismatches: &mut Vec<Mismatch>) {
    if expected.is_empty() {
        return;
    }
    let called = |event: &Event| match &event.kind {
        EventKind::ToolCalled { call, .. } => Some(call.name.to_string()),
        _ => None,
    };
    let calls: Vec<String> = events.iter().filter_map(called).collect();
    if let Some(made) = &expected.made
        && *made != calls
    {
        mismatches.push(Mismatch::new("tool calls", list(made), list(&calls)));
    }
    let mut rest = calls.iter();
    if let Some(missing) = expected.in_order.iter().find(|name| !rest.any(|call| call == *name)) {
        let wanted = format!("in this order {}", list(&expected.in_order));
        mismatches.push(Mismatch::new("tool calls", wanted, format!("{}, where {missing} is missing", list(&calls))));
    }
    for name in &expected.not_made {
        let times = calls.iter().filter(|call| *call == name).count();
        if times > 0 {
            let times = if times == 1 { "1 call".to_owned() } else { format!("{times} calls") };
            mismatches.push(Mismatch::new(format!("calls of {name}"), "none", times));
        }
    }
}

fn check_error(expected: &str, result: &RunResult) -> Option<Mismatch> {
    let found = match &result.reason {
        Some(reason) if reason.contains(expected) => return None,
        Some(reason) => quoted(reason),
        None => format!("none, as the run is {}", result.status.as_str()),
    };
    Some(Mismatch::new("reason", format!("a text with {}", quoted(expected)), found))
}

fn messages(count: usize) -> String {
    if count == 1 { "1 message".to_owned() } else { format!("{count} messages") }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { shown(&names.join(", ")) }
}

/// A text in quotation marks, on one line and cut when it is long.
fn quoted(text: &str) -> String {
    format!("\"{}\"", shown(text))
}

/// A text on one line that can't draw on a terminal, cut when it is long.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    for line in text.lines() {
        if !shown.is_empty() {
            shown.push_str("\\n");
        }
        shown.push_str(&view::escape(line));
    }
    match shown.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}...", shown.get(..end).unwrap_or_default()),
        None => shown,
    }
}

#[cfg(test)]
#[path = "expect_tests.rs"]
mod tests;
