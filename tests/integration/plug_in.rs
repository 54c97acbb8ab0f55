//! A user's own tool, model and pattern take part through the registry, without a change to the workspace.

use std::sync::Arc;

use folkmoot::core::{FailureKind, ModelFailure, ModelReply, Outcome, OutcomeStatus, Placement, RunStatus, ToolEffect};
use folkmoot::council::{Answered, CouncilEffect, CouncilInput, CouncilMachine, Pattern, Seat};
use folkmoot::model::{Model, ModelRequest};
use folkmoot::tool::{Tool, ToolContext, ToolFailure};
use folkmoot::{Played, Registry, Run, RunError};
use serde_json::Value;

use crate::support::scenario;

/// What to multiply.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Number {
    /// Any whole number.
    number: i64,
}

/// Multiplies by what its options say.
struct Times(i64);

impl Tool for Times {
    type Arguments = Number;
    fn name(&self) -> &str {
        "times"
    }
    fn description(&self) -> &str {
        "Multiplies a number."
    }
    fn effect(&self) -> ToolEffect {
        ToolEffect::Read
    }
    fn placement(&self) -> Placement {
        Placement::Inside
    }
    async fn run(&self, arguments: Number, _: &ToolContext) -> Result<String, ToolFailure> {
        Ok((arguments.number * self.0).to_string())
    }
}

/// Says what its options say.
struct Says(String);

impl Model for Says {
    fn answer(&self, _: &ModelRequest) -> Result<ModelReply, ModelFailure> {
        Ok(ModelReply::text(self.0.clone()))
    }
    fn placement(&self) -> Placement {
        Placement::Inside
    }
}

/// Asks one member after another until one decides.
#[derive(Debug)]
struct Relay;

struct RelayMachine {
    members: usize,
    done: bool,
}

impl Pattern for Relay {
    fn name(&self) -> &str {
        "relay"
    }
    fn start(&self, seat: &Seat) -> Box<dyn CouncilMachine> {
        Box::new(RelayMachine { members: seat.members.len(), done: false })
    }
}

impl CouncilMachine for RelayMachine {
    fn step(&mut self, input: CouncilInput, effects: &mut Vec<CouncilEffect>) {
        let next = match input {
            _ if self.done => return,
            CouncilInput::Assigned(_) => 0,
            CouncilInput::Answered(Answered { outcome: outcome @ Outcome::Decided { .. }, .. }) => {
                self.done = true;
                return effects.push(CouncilEffect::Finish(outcome));
            }
            CouncilInput::Answered(Answered { member, .. }) => member + 1,
            CouncilInput::TimerFired { .. } => return,
            CouncilInput::Cancelled { reason } => {
                self.done = true;
                return effects.push(CouncilEffect::Finish(Outcome::Cancelled { reason }));
            }
        };
        if next < self.members {
            effects.push(CouncilEffect::ask(next, 0));
        } else {
            self.done = true;
            effects.push(CouncilEffect::Finish(Outcome::Undecided { reason: "nobody knew".into() }));
        }
    }
}

fn registry() -> Registry {
    let mut registry = Registry::new();
    registry.tool("times", |options: &Value| {
        options["factor"].as_i64().map(Times).ok_or_else(|| "`factor` must be a whole number".to_owned())
    });
    registry.model("says", |options: &Value| {
        let text = options["text"].as_str().ok_or("`text` must be a text")?;
        Ok(Arc::new(Says(text.to_owned())))
    });
    registry.pattern("relay", |options: &Value| {
        if options.as_object().is_none_or(serde_json::Map::is_empty) {
            Ok(Arc::new(Relay))
        } else {
            Err("there are none".to_owned())
        }
    });
    registry
}

const SCENARIO: &str = r#"
folkmoot: 1
name: own-parts
models:
  silent: { custom: { name: says, options: { text: "" } } }
  clerk: { scripted: { steps: [{ call: { times: { number: 6 } } }, { say: "{{ results[0] }}" }] } }
  loud: { custom: { name: says, options: { text: last } } }
tools: { times: { custom: { name: times, options: { factor: 7 } } } }
agents:
  first: { model: silent }
  second: { model: clerk, tools: [times] }
  third: { model: loud }
coordination: { custom: { name: relay, members: [first, second, third] } }
tasks: { list: [What is six times seven?] }
"#;

fn play(yaml: &str, registry: &Registry) -> Result<Played, RunError> {
    Run::new(&scenario(yaml)).registry(registry).keep_events().play()
}

#[test]
fn own_parts_take_part() {
    let played = play(SCENARIO, &registry()).unwrap();
    assert_eq!(played.result.status, RunStatus::Completed);
    assert_eq!(played.result.tasks[0].outcome.answer(), Some("42"));
    // The first says nothing and fails, the second decides, the third is never asked.
    assert_eq!(played.summary.calls().calls, 3);
    assert_eq!(played.summary.tool_calls(), 1);
    assert_eq!(played.leftover_tasks, 0);
    let again = play(SCENARIO, &registry()).unwrap();
    assert_eq!(again.result.digest, played.result.digest);
}

#[test]
fn own_parts_see_failures_by_name() {
    let nobody = SCENARIO.replace("[first, second, third]", "[first]");
    let played = play(&nobody, &registry()).unwrap();
    assert_eq!(played.result.tasks[0].outcome.status(), OutcomeStatus::Undecided);
    let alone = SCENARIO.replace("{ custom: { name: relay, members: [first, second, third] } }", "first");
    let played = play(&alone, &registry()).unwrap();
    let Outcome::Failed(failure) = &played.result.tasks[0].outcome else { panic!("{:?}", played.result.tasks) };
    assert_eq!(failure.kind, FailureKind::Model);
}

#[test]
fn own_parts_are_tested_like_others() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.yaml");
    std::fs::write(&file, format!("{SCENARIO}expect: {{ answers: ['42'], tools: {{ made: [times] }} }}\n")).unwrap();
    let (registry, mut passed) = (registry(), 0);
    folkmoot::suite::Suite::new(&[file]).registry(&registry).play(|tested| {
        passed += u32::from(matches!(tested.verdict, folkmoot::suite::Verdict::Passed(_)));
    });
    assert_eq!(passed, 1);
}

#[test]
fn a_name_that_is_not_registered_and_options_that_are_refused_are_told_before_the_run() {
    let rows = [
        (
            "name: says, options: { text: last }",
            "name: shouts",
            "models.loud",
            "no custom model \"shouts\" is known to this program (says)",
        ),
        (
            "name: times, options: { factor: 7 }",
            "name: tims",
            "tools.times",
            "no custom tool \"tims\" is known to this program (times)",
        ),
        (
            "name: relay, members",
            "name: rely, members",
            "councils.council",
            "no custom pattern \"rely\" is known to this program (relay)",
        ),
        (
            "text: last",
            "txet: last",
            "models.loud",
            "the custom model \"says\" refuses its options: `text` must be a text",
        ),
        (
            "factor: 7",
            "factor: seven",
            "tools.times",
            "the custom tool \"times\" refuses its options: `factor` must be a whole number",
        ),
        (
            "name: relay, members",
            "name: relay, options: { a: 1 }, members",
            "councils.council",
            "the custom pattern \"relay\" refuses its options: there are none",
        ),
    ];
    for (from, to, expected_place, expected) in rows {
        assert!(SCENARIO.contains(from), "{from}");
        match play(&SCENARIO.replace(from, to), &registry()) {
            Err(RunError::Custom { place, problem }) => {
                assert_eq!(place, expected_place, "{problem}");
                assert!(problem.starts_with(expected), "{problem}");
            }
            other => panic!("{to}: {other:?}"),
        }
    }
    let told = play(SCENARIO, &Registry::new()).unwrap_err().to_string();
    assert!(told.contains("none is registered"), "{told}");
}
