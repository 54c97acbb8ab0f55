//! What models and outside tools answered is recorded, and played back without asking any of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use folkmoot::cassette::{Cassette, Recorder};
use folkmoot::core::{RunStatus, ToolEffect};
use folkmoot::tool::{Tool, ToolContext, ToolFailure};
use folkmoot::{Played, Registry, Run, Scenario};

use crate::support::{moot, scenario, text};
use crate::survival::ARGUMENT;

#[test]
fn what_models_answered_is_recorded_and_played_back_without_them() {
    let scratch = tempfile::tempdir().unwrap();
    let place = |name: &str| scratch.path().join(name).display().to_string();
    let file = place("argument.yaml");
    std::fs::write(&file, ARGUMENT).unwrap();
    let answers = |output: &std::process::Output| {
        let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        result["tasks"].clone()
    };
    let live = moot(&["run", &file, "--json", "--record", &place("tape.jsonl")]);
    assert!(live.status.success(), "{}", text(&live.stderr));
    // Other models are declared, and none of them is asked.
    let other = ["--set", "models.plain.stochastic.accuracy=0.01"];
    let played = moot(&[&["run", &file, "--json", "--recorded", &place("tape.jsonl")], other.as_slice()].concat());
    assert!(played.status.success(), "{}", text(&played.stderr));
    assert_eq!(answers(&played), answers(&live));
    assert_ne!(answers(&moot(&[&["run", &file, "--json"], other.as_slice()].concat())), answers(&live));

    let miss = moot(&["run", &file, "--recorded", &place("tape.jsonl"), "--set", "tasks.generate.choices=[A, B, C]"]);
    assert_eq!(miss.status.code(), Some(1));
    assert!(text(&miss.stdout).contains("the nearest recording"), "{}", text(&miss.stdout));
    let again = moot(&["run", &file, "--record", &place("tape.jsonl")]);
    assert!(text(&again.stderr).contains("is there already"));
    let none = moot(&["run", &file, "--recorded", &place("nowhere.jsonl")]);
    assert_eq!(none.status.code(), Some(2));
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Place {
    at: String,
}

/// Looks outside; every time it is another number.
struct Thermometer(Arc<AtomicU32>);

impl Tool for Thermometer {
    type Arguments = Place;
    fn name(&self) -> &str {
        "thermometer"
    }
    fn description(&self) -> &str {
        "Reads a temperature."
    }
    fn effect(&self) -> ToolEffect {
        ToolEffect::Read
    }
    async fn run(&self, place: Place, _: &ToolContext) -> Result<String, ToolFailure> {
        let degrees = self.0.fetch_add(1, Ordering::Relaxed);
        if place.at == "nowhere" {
            return Err(ToolFailure::new(folkmoot::core::ToolErrorCode::NotFound, "there is no such place"));
        }
        Ok(format!("{degrees} degrees"))
    }
}

const MEASURING: &str = r#"
folkmoot: 1
name: measuring
models:
  clerk:
    scripted:
      steps:
        - call: [{ thermometer: { at: "PLACE since 2026-11-27" } }, { thermometer: { at: nowhere } }]
        - call: { thermometer: { at: "PLACE since 2026-11-27" } }
        - say: "{{ messages | selectattr('role', 'eq', 'tool') | map(attribute='text') | join(', ') }}"
tools: { thermometer: { custom: { name: thermometer } } }
agents: { clerk: { model: clerk, tools: [thermometer], permissions: auto } }
coordination: clerk
tasks: { list: [Measure.] }
"#;

fn measured(scenario: &Scenario, asked: &Arc<AtomicU32>, tape: impl FnOnce(Run<'_>) -> Run<'_>) -> Played {
    let mut registry = Registry::new();
    let asked = Arc::clone(asked);
    registry.tool("thermometer", move |_| Ok(Thermometer(Arc::clone(&asked))));
    tape(Run::new(scenario).registry(&registry).check_invariants()).play().unwrap()
}

#[test]
fn what_tools_answered_is_played_back_and_nothing_is_done_again() {
    let (asked, recorder) = (Arc::new(AtomicU32::new(20)), Recorder::default());
    let here = scenario(&MEASURING.replace("PLACE", "here"));
    let live = measured(&here, &asked, |run| run.record(&recorder));
    assert_eq!(asked.load(Ordering::Relaxed), 23);
    let lines = recorder.to_lines();
    assert_eq!(lines.lines().filter(|line| line.starts_with("{\"tool\":")).count(), 3);

    let cassette = Arc::new(Cassette::parse(&lines, &[]).unwrap());
    let played = measured(&here, &asked, |run| run.recorded(&cassette));
    assert_eq!(asked.load(Ordering::Relaxed), 23, "nobody looks");
    assert_eq!((&played.result.tasks, played.result.status), (&live.result.tasks, RunStatus::Completed));
    assert!(format!("{:?}", played.result.tasks).contains("degrees, there is no such place, 2"));

    // Another place was not recorded: the run says so and has failed.
    let there = scenario(&MEASURING.replace("PLACE", "there"));
    let models_may_differ = ["here|there".to_owned()];
    let cassette =
        Arc::new(Cassette::parse(&lines.replace("\"at\":\"here", "\"at\":\"elsewhere"), &models_may_differ).unwrap());
    let missed = measured(&there, &asked, |run| run.recorded(&cassette));
    assert_eq!((missed.result.status, asked.load(Ordering::Relaxed)), (RunStatus::Failed, 23));
    let told = missed.result.reason.unwrap();
    assert!(told.contains("holds no answer to thermometer, called by clerk") && told.contains("nearest"), "{told}");

    // A date may be another one.
    let later = scenario(&MEASURING.replace("PLACE", "here").replace("2026-11-27", "2027-01-01"));
    let cassette = Arc::new(Cassette::parse(&lines, &[r"\d{4}-\d\d-\d\d".to_owned()]).unwrap());
    let played = measured(&later, &asked, |run| run.recorded(&cassette));
    assert_eq!((played.result.status, &played.result.tasks), (RunStatus::Completed, &live.result.tasks));
    assert_eq!(asked.load(Ordering::Relaxed), 23);
}
