//! The agent runtime as a whole: permissions, hooks, retries, budgets and subagents hold in whole runs, whatever a model
//! does.

mod command;
mod defects;
mod ends;
mod folders;
mod hooks;
mod repeats;
mod rights;
mod teams;
mod waits;

use std::collections::BTreeMap;
use std::sync::Arc;

use folkmoot::core::{
    Event, EventKind, Message, ModelFailure, ModelReply, Placement, Text, ToolCall, ToolErrorCode, ToolResult, Usage,
};
use folkmoot::model::{Model, ModelRequest};
use folkmoot::scenario::{Environment, Format, Settings, parse_with};
use folkmoot::{Played, Registry, Run, Scenario};
use serde_json::Value;

use crate::invariants::assert_kept;

/// What a model of these tests gives.
type Reply = Result<ModelReply, ModelFailure>;

/// An inside model that is a closure, registered as `own`; it may say how many tokens a call takes at most.
struct Own<F>(F, Option<Usage>);

impl<F: Fn(&ModelRequest) -> Reply + Send + Sync> Model for Own<F> {
    fn answer(&self, request: &ModelRequest) -> Reply {
        (self.0)(request)
    }
    fn placement(&self) -> Placement {
        Placement::Inside
    }
    fn most_tokens(&self, _: &ModelRequest) -> Option<Usage> {
        self.1
    }
}

/// A registry with the one model `own`.
fn registry(model: impl Fn(&ModelRequest) -> Reply + Send + Sync + 'static, most: Option<Usage>) -> Registry {
    let model: Arc<dyn Model> = Arc::new(Own(model, most));
    let mut registry = Registry::new();
    registry.model("own", move |_| Ok(Arc::clone(&model)));
    registry
}

/// A scenario that is trusted, with these environment variables.
fn trusted(yaml: &str, environment: &[(&str, &str)]) -> Scenario {
    let environment = Environment::of(environment.iter().copied());
    let settings = Settings { trust: true, environment, ..Settings::default() };
    parse_with(yaml, "scenario.yaml", Format::Yaml, &settings).unwrap_or_else(|problems| panic!("{problems}\n{yaml}"))
}

/// A scenario of the agent `actor`, whose model is `own`, with these further options of its own and of the file.
fn yaml(agent: &str, rest: &str) -> String {
    let tasks = if rest.contains("tasks:") { "" } else { "tasks: { list: [Act.] }" };
    format!(
        "
folkmoot: 1
name: harness
models: {{ own: {{ custom: {{ name: own }} }} }}
agents:
  actor: {{ model: own, {agent} }}
{}
coordination: actor
{tasks}
{}
",
        rest.split_once("---").map_or("", |(agents, _)| agents),
        rest.split_once("---").map_or(rest, |(_, rest)| rest),
    )
}

/// Plays `actor`; what stands before `---` in `rest` are further agents.
fn act(agent: &str, rest: &str, model: impl Fn(&ModelRequest) -> Reply + Send + Sync + 'static) -> Played {
    play(&trusted(&yaml(agent, rest), &[]), &registry(model, None))
}

/// Plays a scenario and checks what holds of every run.
fn play(scenario: &Scenario, registry: &Registry) -> Played {
    let played = Run::new(scenario)
        .registry(registry)
        .keep_events()
        .check_invariants()
        .play()
        .unwrap_or_else(|error| panic!("{error}"));
    assert_whole(&played);
    played
}

/// A reply that calls tools, with ids `c0`, `c1` and so on.
fn calls(calls: &[(&str, Value)]) -> Reply {
    raw_calls(&calls.iter().map(|(tool, arguments)| (*tool, arguments.to_string())).collect::<Vec<_>>())
}

/// The same with arguments as the model wrote them.
fn raw_calls(calls: &[(&str, String)]) -> Reply {
    let call = |(number, (name, arguments)): (usize, &(&str, String))| ToolCall {
        id: Text::from(format!("c{number}")),
        name: Text::from(*name),
        arguments: Text::from(arguments.as_str()),
    };
    Ok(ModelReply::calls(calls.iter().enumerate().map(call).collect()))
}

fn say(text: impl Into<Text>) -> Reply {
    Ok(ModelReply::text(text))
}

/// The texts that a model is shown, joined.
fn shown(request: &ModelRequest) -> String {
    request.transcript.messages().iter().map(Message::text).collect::<Vec<_>>().join("\n")
}

fn events(played: &Played) -> &[Event] {
    played.events.as_ref().unwrap()
}

/// The results of all tool calls, in the order in which they came.
fn results(played: &Played) -> Vec<&ToolResult> {
    events(played)
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::ToolReturned { result, .. } => Some(result),
            _ => None,
        })
        .collect()
}

/// How each tool call ended.
fn codes(played: &Played) -> Vec<Option<ToolErrorCode>> {
    results(played).iter().map(|result| result.error).collect()
}

fn count(played: &Played, is: impl Fn(&EventKind) -> bool) -> usize {
    events(played).iter().filter(|event| is(&event.kind)).count()
}

fn answer(played: &Played) -> &str {
    let outcome = &played.result.tasks[0].outcome;
    outcome.answer().unwrap_or_else(|| panic!("{outcome}"))
}

/// What holds of every run: nobody is left behind, and every call of a tool has exactly one result, after it.
fn assert_whole(played: &Played) {
    assert_eq!(played.leftover_tasks, 0, "nobody is left behind");
    assert_kept(events(played), &played.ledger);
    let mut open: BTreeMap<(String, u32, Text), i32> = BTreeMap::new();
    for event in events(played) {
        let (task, id, change) = match &event.kind {
            EventKind::ToolCalled { task, call, .. } => (task, &call.id, 1),
            EventKind::ToolReturned { task, result, .. } => (task, &result.call_id, -1),
            _ => continue,
        };
        let entry = open.entry((event.actor.to_string(), task.0, id.clone())).or_default();
        *entry += change;
        assert!((0..=1).contains(entry), "{} {}: {entry}", event.actor, id);
    }
    let unanswered: Vec<_> = open.iter().filter(|(_, left)| **left != 0).collect();
    assert!(unanswered.is_empty(), "calls without a result: {unanswered:?}");
}

/// That every call in a transcript is followed by its results, in order.
fn assert_valid(messages: &[Message]) {
    let mut waiting = std::collections::VecDeque::new();
    for message in messages {
        match message {
            Message::Tool(result) => assert_eq!(waiting.pop_front(), Some(result.call_id.clone()), "{messages:?}"),
            _ if !waiting.is_empty() => panic!("{waiting:?} have no result: {messages:?}"),
            Message::Assistant { tool_calls, .. } => waiting.extend(tool_calls.iter().map(|call| call.id.clone())),
            Message::System { .. } | Message::User { .. } => {}
        }
    }
    assert!(waiting.is_empty(), "{waiting:?} have no result: {messages:?}");
}
