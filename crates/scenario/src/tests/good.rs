//! Scenarios that are sound, and what they resolve to.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use super::*;

const JURY_TOML: &str = r#"
folkmoot = 1
name = "jury"

[models.juror.stochastic]
accuracy = 0.6

[agents.juror]
model = "juror"
count = 5

[coordination.vote]
members = ["juror"]
rule = "majority"
ties = "coin"

[tasks.generate]
count = 10
choices = ["A", "B"]
"#;

#[test]
fn yaml_and_toml_say_the_same() {
    let yaml = read(GOOD).unwrap();
    let toml = parse(JURY_TOML, "jury.toml", Format::Toml, &[]).unwrap();
    assert_ne!(yaml.source_hash, toml.source_hash);
    assert_eq!(yaml, Scenario { source_hash: yaml.source_hash.clone(), ..toml });
}

#[test]
fn defaults_are_filled_in() {
    let scenario = read(GOOD).unwrap();
    assert_eq!((scenario.seed, scenario.at_once, scenario.tolerate_failed), (1, 1, 0.0));
    assert_eq!(scenario.measure, ["accuracy", "cost_usd", "latency_ms_mean", "messages"]);
    assert_eq!(scenario.agents[4].limits, moot_mind::TurnOptions::default());
    assert!(scenario.expect.is_empty());
}

#[test]
fn what_was_resolved_reads_back_as_the_same() {
    let text = format!(
        "{GOOD}description: |\n  Two\n  lines: # of \"text\"\nworkspace: {{ files: {{ a.b/c.txt: \"1\\n\" }} }}\n\
         expect: {{ outcome: decided, answers: [A, null], transcript: [{{ agent: juror, contains: x }}] }}\n"
    );
    let scenario =
        with_sets(&text, &["agents.juror.count=3", "seed=7", "models.juror.stochastic.latency=800ms"]).unwrap();
    assert_eq!((scenario.seed, scenario.agents.len()), (7, 3));
    for again in [scenario.resolved_yaml(), scenario.resolved_json()] {
        let read_back = read(&again).unwrap_or_else(|problems| panic!("{problems}\n{again}"));
        assert_eq!(scenario, Scenario { source_hash: scenario.source_hash.clone(), ..read_back }, "{again}");
    }
}

#[test]
fn the_order_of_the_file_changes_nothing_but_its_hash() {
    let mut parts: Vec<&str> = GOOD.split_inclusive('\n').collect();
    let tasks = parts.split_off(10);
    let reordered = [tasks.concat(), parts.concat()].concat();
    let (first, second) = (read(GOOD).unwrap(), read(&reordered).unwrap());
    assert_ne!(first.source_hash, second.source_hash);
    assert_eq!(first, Scenario { source_hash: first.source_hash.clone(), ..second });
}

#[test]
fn the_hash_knows_the_file_and_the_changes() {
    let plain = read(GOOD).unwrap().source_hash;
    assert_eq!(plain, read(GOOD).unwrap().source_hash);
    assert_eq!(plain.len(), 64);
    assert_ne!(plain, with_sets(GOOD, &["seed=1"]).unwrap().source_hash);
    assert_ne!(
        with_sets(GOOD, &["seed=1", "name=x"]).unwrap().source_hash,
        with_sets(GOOD, &["name=x", "seed=1"]).unwrap().source_hash
    );
}

#[test]
fn byte_order_marks_and_carriage_returns_are_accepted() {
    let windows = format!("\u{feff}{}", GOOD.replace('\n', "\r\n"));
    let scenario = read(&windows).unwrap();
    assert_eq!(scenario.agents, read(GOOD).unwrap().agents);
    let problems = read(&windows.replace("agents:", "agnets:")).unwrap_err();
    let problem = problems.iter().next().unwrap();
    assert_eq!((problem.line, problem.column, problem.excerpt.as_str()), (7, 1, "agnets:"));
}

#[test]
fn scalars_are_text_where_text_is_wanted() {
    let scenario = read(&changed("[A, B]", "[1, 2.50, yes, true, 0x10]")).unwrap();
    let task = scenario.tasks.tasks(1, 0).next().unwrap();
    assert_eq!(*task.choices, ["1", "2.50", "yes", "true", "0x10"].map(Into::into));
    let listed = changed(
        "generate: { count: 10, choices: [A, B] }",
        "list: [42, plain text, { prompt: 6 * 7, choices: [41, 42], answer: 42 }]",
    );
    let tasks: Vec<_> = read(&listed).unwrap().tasks.tasks(1, 0).collect();
    assert_eq!((&*tasks[0].prompt, &*tasks[1].prompt), ("42", "plain text"));
    assert_eq!(tasks[2].answer.as_deref(), Some("42"));
    assert_eq!(tasks[2].id.0, 2);
}

#[test]
fn every_part_of_a_scenario_is_kept() {
    let text = "
folkmoot: 1
name: review
models:
  author: { scripted: { steps: [{ call: { write_file: { path: a.txt, content: x } } }, { say: done }] } }
tools:
  lint: { custom: { name: my_lint, options: { strict: true } } }
agents:
  author: { model: author, instructions: Write., tools: [write_file, lint], limits: { turns_max: 4 }, keep: transcript }
coordination: author
tasks: { list: [Write a.txt.], at_once: 3 }
workspace: { files: { b.txt: old } }
measure: [cost, tool_calls]
tolerate: { failed: 0.25 }
expect:
  status: completed
  outcome: decided
  answers: [done]
  metrics: { tool_calls: { equals: 1 } }
  transcript: [{ agent: author, contains: a.txt, excludes: b.txt }]
  tools: { made: [write_file], not_made: [lint] }
";
    let scenario = read(text).unwrap();
    let agent = &scenario.agents[0];
    assert_eq!((agent.path.as_str(), &*agent.address, &*agent.group), ("author", "author", "author"));
    assert_eq!(*agent.tools, ["write_file", "lint"].map(Into::into));
    assert_eq!(
        (agent.instructions.as_deref(), agent.limits.turns_max, agent.keep_transcript),
        (Some("Write."), 4, true)
    );
    assert_eq!((scenario.root.as_str(), scenario.councils.len(), scenario.at_once), ("author", 0, 3));
    assert_eq!(scenario.workspace["b.txt"], "old");
    assert_eq!(scenario.measure, ["cost_usd", "tool_calls"]);
    assert_eq!(scenario.tolerate_failed, 0.25);
    assert_eq!(scenario.expect.tools.not_made, ["lint"]);
    assert_eq!(scenario.tools.len(), 1);
}

#[test]
fn aliases_and_merges_of_yaml_are_read() {
    let text =
        changed("  juror: { model: juror, count: 5 }", "  juror: &juror { model: juror, count: 5 }\n  clerk: *juror");
    assert_eq!(read(&text).unwrap().agents.len(), 10);
}

#[test]
fn a_large_scenario_is_read_in_time() {
    let agents: String = (0..5_000).map(|index| format!("  clerk{index}: {{ model: juror }}\n")).collect();
    let text = changed("agents:\n", &format!("agents:\n{agents}"));
    assert_eq!(read(&text).unwrap().agents.len(), 5_005);
    let million = read(&changed("count: 5", "count: 1000000")).unwrap();
    assert_eq!(million.agents[999_999].path.as_str(), "juror[999999]");
    assert_eq!(million.councils[0].members.len(), 1_000_000);
}
