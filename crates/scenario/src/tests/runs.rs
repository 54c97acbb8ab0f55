//! Files that hold several runs.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use super::*;

const RUNS: &str = "folkmoot: 1
name: days
description: Two days.
models: { clerk: { scripted: { steps: [{ say: hello }], latency: 1s } } }
agents: { clerk: { model: clerk, tools: [remember] } }
coordination: clerk
expect: { outcome: decided }
runs:
  - name: monday
    tasks: { list: [Remember this.] }
  - name: tuesday
    description: What was kept.
    tasks: { list: [What was it?, And?] }
    models: { clerk: { scripted: { latency: 2s } } }
    agents: { clerk: { tools: ~ } }
    expect: { answers: [hello, hello] }
";

#[test]
fn each_run_is_the_file_with_its_changes() {
    let scenario = read(RUNS).unwrap();
    assert_eq!((scenario.name.as_str(), scenario.description.as_deref()), ("days", Some("Two days.")));
    let [monday, tuesday] = scenario.plays() else { panic!("two runs") };
    assert_eq!((monday.name.as_str(), tuesday.name.as_str()), ("monday", "tuesday"));
    assert_eq!((monday.tasks.total(), tuesday.tasks.total()), (1, 2));
    assert_eq!((monday.agents[0].tools.len(), tuesday.agents[0].tools.len()), (1, 0));
    assert_eq!(monday.description.as_deref(), Some("Two days."));
    assert_eq!(tuesday.description.as_deref(), Some("What was kept."));
    assert!(monday.expect.outcome.is_some() && tuesday.expect.outcome.is_none(), "expectations are replaced whole");
    assert_eq!(tuesday.expect.answers.as_ref().map(Vec::len), Some(2));
    assert_ne!(monday.source_hash, tuesday.source_hash);
    assert!(monday.runs.is_empty() && read(GOOD).unwrap().plays().len() == 1);
}

#[test]
fn several_runs_read_back_as_the_same() {
    let scenario = read(RUNS).unwrap();
    for again in [scenario.resolved_json(), scenario.resolved_yaml()] {
        let read_back = read(&again).unwrap_or_else(|problems| panic!("{problems}\n{again}"));
        for (before, after) in scenario.plays().iter().zip(read_back.plays()) {
            assert_eq!(*before, Scenario { source_hash: before.source_hash.clone(), ..after.clone() });
        }
        assert_eq!((read_back.name, read_back.description), (scenario.name.clone(), scenario.description.clone()));
    }
}

#[test]
fn what_is_wrong_with_runs_has_a_place() {
    let wrong = |from: &str, to: &str| {
        assert!(RUNS.contains(from), "{from}");
        let problems = read(&RUNS.replacen(from, to, 1)).unwrap_err();
        let problem = problems.iter().next().unwrap();
        (problem.line, problem.column, problem.message.clone(), problems.len())
    };
    assert_eq!(wrong("name: tuesday", "name: monday"), (11, 11, "two runs are named `monday`".into(), 1));
    assert_eq!(wrong("name: tuesday\n    ", ""), (11, 5, "this run has no name".into(), 1));
    assert_eq!(wrong("name: tuesday", "name: a/b").0, 11);
    assert_eq!(
        wrong("    description: What", "    folkmoot: 1\n    description: What").2,
        "a run can't change `folkmoot`"
    );
    assert_eq!(wrong("latency: 2s", "latenzy: 2s").0, 14);
    assert_eq!(wrong("    models", "    modles").2, "unknown field `modles`");
    assert_eq!(wrong("name: days\n", "").2, "the field `name` is missing");
    // What is wrong with the file is told once, however many runs there are.
    assert_eq!(wrong("tools: [remember]", "tools: [remembr]"), (5, 42, "there is no tool `remembr`".into(), 1));
    for (runs, message) in [
        ("[]", "there are no runs"),
        ("x", "the text \"x\" can't stand here"),
        ("[x]", "a run is a map, not the text \"x\""),
    ] {
        let problems = read(&format!("{GOOD}runs: {runs}\n")).unwrap_err();
        assert_eq!(problems.iter().next().unwrap().message, message);
    }
}

#[test]
fn changes_reach_into_runs() {
    let scenario = with_sets(RUNS, &["runs[1].seed=9", "models.clerk.scripted.steps[0].say=bye"]).unwrap();
    assert_eq!((scenario.runs[0].seed, scenario.runs[1].seed), (1, 9));
    assert_eq!(scenario.runs[0].models, read(&RUNS.replace("say: hello", "say: bye")).unwrap().runs[0].models);
}

#[test]
fn what_is_secret_in_one_run_is_secret_in_all() {
    let read = |second: &str| {
        let hook = "{ on: stop, then: { command: { argv: ['true'], environment: { T: '${TOKEN}' } } } }";
        let first = format!("name: monday\n    secrets: [TOKEN]\n    hooks: {{ h: {hook} }}");
        let text = RUNS.replace("name: monday", &first).replace("name: tuesday", &format!("name: tuesday{second}"));
        let environment = Environment::of([("TOKEN", "s3cr3t-value")]);
        let settings = Settings { trust: true, environment, ..Settings::default() };
        parse_with(&text, "x.yaml", Format::Yaml, &settings)
    };
    let scenario = read("").unwrap();
    for run in scenario.plays().iter().chain([&scenario]) {
        assert_eq!(run.secrets.mask("it is s3cr3t-value"), "it is ${TOKEN}", "{}", run.name);
    }
    let problems = read("\n    coordination: '${TOKEN}'").unwrap_err().to_string();
    assert!(problems.contains("the secret `TOKEN` can't stand here"), "{problems}");
    assert!(!problems.contains("s3cr3t-value"), "{problems}");
}

#[test]
fn runs_share_the_folders_that_are_put_in_place() {
    let text = RUNS.replace("coordination: clerk", "coordination: clerk\nnotes: { folder: kept }");
    let text = text.replace("    description: What", "    workspace: { folder: work }\n    description: What");
    let settings = Settings { folders_replaced: true, ..Settings::default() };
    let mut scenario = parse_with(&text, "x.yaml", Format::Yaml, &settings).unwrap();
    scenario.replace_folders("/base".as_ref());
    let path = |plan: &Option<FolderPlan>| plan.as_ref().map(|plan| plan.path.display().to_string());
    let [monday, tuesday] = scenario.plays() else { panic!("two runs") };
    assert_eq!((path(&monday.workspace_folder), path(&monday.notes_folder)), (None, Some("/base/0".into())));
    assert_eq!(path(&tuesday.workspace_folder), Some("/base/1".into()));
    assert_eq!(path(&tuesday.notes_folder), path(&monday.notes_folder));
}
