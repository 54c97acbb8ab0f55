//! What councils show and what they stop by, in whole runs: summaries that an agent or a council makes, and tools that
//! members called, however deep they sit.

use folkmoot::Played;
use folkmoot::core::{Brief, Event, EventKind, Outcome};

use crate::support::{moot, play, scenario, text};

/// Two debaters of whom each says its step's words, and the clerk that is named.
fn debate(clerk: &str, councils: &str, exposure: &str, more: &str) -> String {
    format!(
        "
folkmoot: 1
name: summarised
models:
  left: {{ scripted: {{ steps: [{{ say: 'Up. Answer: A' }}, {{ say: 'Answer: A' }}] }} }}
  right: {{ scripted: {{ steps: [{{ say: 'Down. Answer: B' }}, {{ say: 'Answer: A' }}] }} }}
  clerk: {clerk}
agents:
  left: {{ model: left }}
  right: {{ model: right }}
  clerk: {{ model: clerk, count: 3 }}
{councils}
coordination:
  debate:
    members: [left, right]
    rounds: 1
    exposure: {{ content: {{ summarised: {{ {exposure} }} }} }}
    decide: {{ rule: majority, ties: none }}
    {more}
tasks: {{ list: [{{ prompt: 'Which way?', choices: [A, B], answer: A }}] }}
"
    )
}

const CLERK: &str = "{ scripted: { steps: [{ say: '{{ heard | length }} spoke, and {{ wanted }} are wanted' }] } }";
const BROKEN: &str = "{ scripted: { steps: [{ fail: refused }] } }";

/// What an agent was told by the council, assignment by assignment.
fn told(played: &Played, agent: &str) -> Vec<(String, Brief)> {
    let assigned = |event: &Event| match &event.kind {
        EventKind::Assigned { prompt, brief, .. } if event.actor.as_str() == agent => {
            Some((prompt.to_string(), brief.as_deref().cloned().unwrap_or_default()))
        }
        _ => None,
    };
    played.events.as_ref().unwrap().iter().filter_map(assigned).collect()
}

fn notes(played: &Played, kind: &str) -> Vec<String> {
    let note = |event: &Event| match &event.kind {
        EventKind::Noted { name, text, .. } if **name == *kind => Some(text.to_string()),
        _ => None,
    };
    played.events.as_ref().unwrap().iter().filter_map(note).collect()
}

fn outcome(played: &Played) -> Outcome {
    let ended = |event: &Event| match &event.kind {
        EventKind::TaskEnded { outcome, .. } => Some(outcome.clone()),
        _ => None,
    };
    played.events.as_ref().unwrap().iter().find_map(ended).unwrap()
}

fn calls(played: &Played) -> f64 {
    played.result.metrics["model_calls"].as_f64().unwrap()
}

#[test]
fn a_summary_by_an_agent_stands_in_the_prompt_and_in_the_brief() {
    let played = play(&scenario(&debate(CLERK, "", "by: 'clerk[0]'", "")));
    let clerk = told(&played, "clerk[0]");
    assert_eq!(clerk.len(), 1, "both hear the same");
    assert!(clerk[0].0.contains("- left: Up. Answer: A\n- right: Down. Answer: B\n"), "{}", clerk[0].0);
    for agent in ["left", "right"] {
        let (prompt, brief) = told(&played, agent).pop().unwrap();
        let expected = "- summary by clerk[0]: 2 spoke, and words are wanted\n";
        assert!(prompt.contains(expected) && !prompt.contains("Down"), "{prompt}");
        assert_eq!((brief.heard.len(), &*brief.heard[0].speaker), (1, "clerk[0]"));
        assert_eq!(&*brief.heard[0].words, "2 spoke, and words are wanted");
    }
    assert_eq!((outcome(&played), calls(&played)), (Outcome::decided("A"), 5.0));
}

#[test]
fn a_council_summarises_as_well() {
    let councils = "councils: { clerks: { vote: { members: [clerk], rule: majority, ties: none } } }";
    let played = play(&scenario(&debate(CLERK, councils, "by: clerks", "")));
    let (prompt, brief) = told(&played, "left").pop().unwrap();
    assert!(prompt.contains("- summary by clerks: "), "{prompt}");
    assert!(brief.heard[0].words.contains("2 spoke, and words are wanted"), "{:?}", brief.heard);
    assert_eq!((outcome(&played), calls(&played)), (Outcome::decided("A"), 7.0));
}

#[test]
fn when_no_summary_comes_what_the_file_says_is_shown_or_the_council_fails() {
    let of =
        |otherwise: &str| play(&scenario(&debate(BROKEN, "", &format!("by: 'clerk[0]', otherwise: {otherwise}"), "")));
    for (otherwise, shown, note) in [
        ("words", "- you: Up. Answer: A\n- right: Down. Answer: B\n", "members are shown what was said"),
        ("answers", "- you: A\n- right: B\n", "members are shown the answers"),
    ] {
        let played = of(otherwise);
        let (prompt, brief) = told(&played, "left").pop().unwrap();
        assert!(prompt.contains(shown), "{prompt}");
        assert_eq!((brief.heard.len(), outcome(&played)), (2, Outcome::decided("A")));
        let noted = notes(&played, "no_summary");
        assert!(noted.len() == 1 && noted[0].starts_with("clerk[0]: ") && noted[0].ends_with(note), "{noted:?}");
    }
    let Outcome::Failed(failure) = outcome(&of("fail")) else { panic!("it is to fail") };
    assert!(failure.message.starts_with("clerk[0], who summarises: "), "{}", failure.message);
}

#[test]
fn a_condition_counts_the_calls_of_whoever_summarises() {
    for (calls, expected) in [(5, true), (6, false)] {
        let played = play(&scenario(&debate(CLERK, "", "by: 'clerk[0]'", &format!("stop: {{ calls: {calls} }}"))));
        assert_eq!(notes(&played, "stopped").len() == 1, expected, "{calls} calls");
    }
}

/// A pair in which a builder calls a tool that fails, then one that does not; `stop` stands in the outer council.
fn pair(stop: &str) -> String {
    format!(
        "
folkmoot: 1
name: pair
models:
  planner: {{ scripted: {{ steps: [{{ say: go on }}], repeat: true }} }}
  builder:
    scripted:
      steps:
        - call: {{ read_file: {{ path: missing.txt }} }}
        - say: not yet
        - call: {{ write_file: {{ path: a.txt, content: x }} }}
        - say: done
        - say: idle
        - say: idle
agents:
  planner: {{ model: planner }}
  builder: {{ model: builder, tools: [read_file, write_file], permissions: auto }}
councils:
  crew: {{ single: {{ member: builder }} }}
coordination:
  round_robin: {{ members: [planner, crew], statements_max: 8, stop: {stop} }}
tasks: {{ list: [Build it.] }}
"
    )
}

#[test]
fn a_council_stops_at_a_tool_that_a_member_of_a_member_called() {
    for (stop, statements, reason) in [
        ("{ tool_called: { name: read_file } }", 2, "crew called read_file"),
        ("{ tool_called: { name: write_file, succeeded: true } }", 4, "crew called write_file"),
        ("{ tool_called: { name: write_file, from: crew } }", 4, "crew called write_file"),
        ("{ tool_called: { name: write_file, from: planner } }", 8, "8 statements"),
        ("{ tool_called: { name: read_file, succeeded: true } }", 8, "8 statements"),
        (
            "{ all: [{ tool_called: { name: read_file } }, { statements: 6 }] }",
            6,
            "crew called read_file and 6 statements",
        ),
        ("{ any: [{ statements: 3 }, { tool_called: { name: write_file } }] }", 3, "3 statements"),
    ] {
        let played = play(&scenario(&pair(stop)));
        let spoken = |agent: &str| told(&played, agent).len();
        assert_eq!(spoken("planner") + spoken("builder"), statements, "{stop}");
        assert_eq!(notes(&played, "stopped"), [reason], "{stop}");
    }
}

#[test]
fn a_tool_that_nobody_has_is_told_at_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pair.yaml");
    std::fs::write(&path, pair("{ any: [{ statements: 3 }, { tool_called: { name: writ_file } }] }")).unwrap();
    let output = moot(&["check", path.to_str().unwrap()]);
    let told = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("pair.yaml:21:119: no agent has the tool `writ_file`, so none ever calls it"), "{told}");
    assert!(told.contains("help: did you mean `write_file`?"), "{told}");
}
