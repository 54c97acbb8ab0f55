//! Variables, secrets and what needs trust: rows B16 and B17.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use super::*;

fn trusting(text: &str, environment: &[(&str, &str)]) -> Result<Scenario, Problems> {
    let environment = Environment::of(environment.iter().copied());
    parse_with(text, "jury.yaml", Format::Yaml, &Settings { trust: true, environment, ..Settings::default() })
}

fn with_instructions(text: &str) -> String {
    changed("count: 5", &format!("count: 5, instructions: {text:?}"))
}

#[test]
fn a_variable_is_read_only_with_trust_and_told() {
    let text = with_instructions("You judge in ${CITY}.");
    let problems = read(&text).unwrap_err().to_string();
    assert_eq!(
        problems,
        "jury.yaml:8:64: this scenario reads the environment variable `CITY`, for which it is not trusted
  8 |   juror: { model: juror, count: 5, instructions: \"You judge in ${CITY}.\" }
    |                                                                ^^^^^^^
help: look at what the scenario would do, then give --trust
"
    );
    let scenario = trusting(&text, &[("CITY", "Ghent")]).unwrap();
    assert_eq!(scenario.agents[0].instructions.as_deref(), Some("You judge in Ghent."));
    let told: Vec<String> = scenario.trust_needed.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["reads the environment variable CITY (agents.juror.instructions)"]);
}

#[test]
fn a_variable_that_is_not_set_has_a_place_and_a_nearest_name() {
    let text = with_instructions("You judge in ${CITI}.");
    let problems = trusting(&text, &[("CITY", "Ghent")]).unwrap_err().to_string();
    assert!(problems.starts_with("jury.yaml:8:64: the environment variable `CITI` is not set"), "{problems}");
    assert!(problems.contains("did you mean `CITY`?"), "{problems}");
}

#[test]
fn several_things_without_trust_are_several_problems() {
    let text = format!("{}workspace: {{ folder: work }}\n", with_instructions("${A} ${B}"));
    let problems = read(&text).unwrap_err();
    let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    let untrusted = |what: &str| format!("this scenario {what}, for which it is not trusted");
    assert_eq!(messages[0], untrusted("reads the environment variable `A`"));
    assert_eq!(messages[1], untrusted("reads the environment variable `B`"));
    assert_eq!(messages[2], untrusted("reads and writes the folder `work`"));
}

#[test]
fn what_is_escaped_needs_no_trust_and_reads_back() {
    let scenario = read(&with_instructions("Write $${HOME}.")).unwrap();
    assert_eq!(scenario.agents[0].instructions.as_deref(), Some("Write ${HOME}."));
    assert_eq!(scenario.trust_needed, []);
    for again in [scenario.resolved_json(), scenario.resolved_yaml()] {
        assert_eq!(read(&again).unwrap().agents, scenario.agents, "{again}");
    }
}

#[test]
fn the_resolved_scenario_holds_names_and_reads_back_as_the_same() {
    let text = with_instructions("From ${CITY} with $${LOVE}");
    let text = text.replace("generate: { count: 10, choices: [A, B] }", "list: ['In ${CITY}?']");
    let text = text.replace("stochastic:\n      accuracy: 0.6", "scripted: { steps: [{ say: 'yes' }] }");
    let scenario = trusting(&text, &[("CITY", "Ghent")]).unwrap();
    assert_eq!(&*scenario.tasks.tasks(1, 0).next().unwrap().prompt, "In Ghent?");
    for again in [scenario.resolved_json(), scenario.resolved_yaml()] {
        assert!(!again.contains("Ghent") && again.contains("${CITY}") && again.contains("$${LOVE}"), "{again}");
        let read_back = trusting(&again, &[("CITY", "Ghent")]).unwrap();
        assert_eq!((read_back.agents, read_back.tasks), (scenario.agents.clone(), scenario.tasks.clone()));
        let elsewhere = trusting(&again, &[("CITY", "Lyon")]).unwrap();
        assert_eq!(elsewhere.agents[0].instructions.as_deref(), Some("From Lyon with ${LOVE}"));
    }
}

#[test]
fn the_hash_knows_what_variables_hold_but_not_secrets() {
    let text = with_instructions("${CITY}");
    let of = |value| trusting(&text, &[("CITY", value)]).unwrap().source_hash;
    assert_ne!(of("Ghent"), of("Lyon"));
    assert_eq!(of("Ghent"), of("Ghent"));
    let secret = secret_tool("${TOKEN}");
    let of = |value| trusting(&secret, &[("TOKEN", value)]).unwrap().source_hash;
    assert_eq!(of("first-secret"), of("other-secret"));
}

/// A scenario with a tool that is given a secret.
fn secret_tool(value: &str) -> String {
    format!(
        "{GOOD}secrets: [TOKEN]\ntools: {{ fetch: {{ custom: {{ name: fetch, options: {{ key: '{value}' }} }} }} }}\n"
    )
}

#[test]
fn a_secret_stands_only_where_nobody_is_shown_it_and_is_never_printed() {
    const VALUE: &str = "s3cr3t-value";
    let environment = [("TOKEN", VALUE)];
    let scenario = trusting(&secret_tool("Bearer ${TOKEN}"), &environment).unwrap();
    let crate::file::ToolOptions::Custom(tool) = &scenario.tools["fetch"];
    assert_eq!(tool.options["key"], "Bearer s3cr3t-value");
    for shown in [scenario.resolved_json(), scenario.resolved_yaml()] {
        assert!(!shown.contains(VALUE) && shown.contains("Bearer ${TOKEN}"), "{shown}");
    }
    assert!(!format!("{:?} {:?}", scenario.secrets, scenario.trust_needed).contains(VALUE));

    let text = format!("{}secrets: [TOKEN]\n", with_instructions("Use ${TOKEN}."));
    let problems = trusting(&text, &environment).unwrap_err().to_string();
    assert!(problems.starts_with("jury.yaml:8:55: the secret `TOKEN` can't stand here"), "{problems}");
    // A value that can't stand where it is put is not repeated.
    let text = format!("{GOOD}secrets: [TOKEN]\nmeasure: ['${{TOKEN}}']\n");
    let problems = trusting(&text, &environment).unwrap_err().to_string();
    assert!(!problems.contains(VALUE), "{problems}");
}

#[test]
fn declared_secrets_are_used_and_long_enough() {
    for (addition, message) in [
        ("secrets: [TOKEN]\n", "no text uses the secret `TOKEN`"),
        ("secrets: [a-b]\n", "`a-b` is no name of a variable"),
        ("secrets: [TOKEN]\ntools: { x: { custom: { name: x, options: '${TOKEN}' } } }\n", "is too short"),
    ] {
        let problems = trusting(&format!("{GOOD}{addition}"), &[("TOKEN", "short")]).unwrap_err().to_string();
        assert!(problems.contains(message), "{addition}: {problems}");
    }
}

#[test]
fn folders_are_named_with_trust_or_replaced() {
    let text = format!("{GOOD}workspace: {{ folder: work }}\nnotes: {{ folder: kept/notes }}\n");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jury.yaml");
    std::fs::write(&file, &text).unwrap();
    assert_eq!(load(&file, &[]).unwrap_err().len(), 2);
    let trusted = load_with(&file, &Settings { trust: true, ..Settings::default() }).unwrap();
    let home = folder.path().canonicalize().unwrap();
    assert_eq!(trusted.workspace_folder.as_ref().unwrap().path, home.join("work"));
    assert_eq!(trusted.notes_folder.as_ref().unwrap().named, "kept/notes");
    let told: Vec<String> = trusted.trust_needed.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "reads and writes the folder work (workspace.folder)",
            "reads and writes the folder kept/notes (notes.folder)"
        ]
    );
    let mut replaced = load_with(&file, &Settings { folders_replaced: true, ..Settings::default() }).unwrap();
    assert_eq!(replaced.trust_needed, []);
    replaced.replace_folders("/tmp/base".as_ref());
    let paths: Vec<_> = replaced.folders().into_iter().collect();
    assert_eq!(paths, ["/tmp/base/0", "/tmp/base/1"].map(std::path::PathBuf::from));
    assert_eq!(replaced.workspace_folder.unwrap().named, "work");
}

#[test]
fn folders_do_not_lie_in_one_another() {
    let text = format!("{GOOD}workspace: {{ folder: work }}\nnotes: {{ folder: work/notes }}\n");
    let settings = Settings { folders_replaced: true, ..Settings::default() };
    let problems = parse_with(&text, "jury.yaml", Format::Yaml, &settings).unwrap_err().to_string();
    assert!(problems.contains("lie in one another"), "{problems}");
}

#[test]
fn a_command_of_a_hook_is_run_only_with_trust_and_its_secrets_stay_hidden() {
    let hook =
        "hooks: { guard: { on: stop, then: { command: { argv: [./guard, -v], environment: { KEY: '${TOKEN}' } } } } }";
    let text = format!("{GOOD}secrets: [TOKEN]\n{hook}\n");
    let untrusted = read(&text).unwrap_err().to_string();
    assert!(untrusted.contains("this scenario reads the environment variable `TOKEN`"), "{untrusted}");
    assert!(untrusted.contains("this scenario runs the command `[\"./guard\",\"-v\"] with KEY`"), "{untrusted}");
    let scenario = trusting(&text, &[("TOKEN", "s3cr3t-value")]).unwrap();
    assert!(!scenario.resolved_json().contains("s3cr3t-value"));
    let kinds: Vec<TrustKind> = scenario.trust_needed.iter().map(|item| item.kind).collect();
    assert_eq!(kinds, [TrustKind::Environment, TrustKind::Command]);
    let told = scenario.trust_needed[1].to_string();
    assert_eq!(told, "runs the command [\"./guard\",\"-v\"] with KEY (hooks.guard.then.command.argv)");
}

#[test]
fn no_environment_makes_a_command_another_one() {
    for name in ["PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH"] {
        let hook =
            format!("{{ on: stop, then: {{ command: {{ argv: [git, status], environment: {{ {name}: evil }} }} }} }}");
        let problems = trusting(&format!("{GOOD}hooks: {{ guard: {hook} }}\n"), &[]).unwrap_err().to_string();
        assert!(problems.contains(&format!("{name} decides which program")), "{problems}");
    }
}

#[test]
fn a_secret_is_in_no_error_whatever_it_is_put_for() {
    const VALUE: &str = "s3cr3t/\"value\"\\x";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jury.yaml");
    let environment = Environment::of([("TOKEN", VALUE)]);
    let settings = Settings { trust: true, environment, ..Settings::default() };
    let texts = [
        changed("count: 5", "count: 5, instructions: { file: '${TOKEN}' }"),
        changed("count: 5", "count: 5, prompt: { project: { file: '${TOKEN}' } }"),
        changed("choices: [A, B]", "choices: [A, B], prompt: { file: '${TOKEN}' }"),
        format!("{GOOD}corpus: {{ file: '${{TOKEN}}' }}\n"),
        format!("{GOOD}prices: {{ file: '${{TOKEN}}' }}\n"),
        format!("{GOOD}skills: {{ files: ['${{TOKEN}}'] }}\n"),
        format!("{GOOD}notes: {{ folder: '${{TOKEN}}' }}\n"),
        changed("model: juror", "model: '${TOKEN}'"),
        changed("rule: majority", "rule: '${TOKEN}'"),
    ];
    for text in texts {
        for secrets in ["[TOKEN]", "TOKEN"] {
            std::fs::write(&file, format!("{text}secrets: {secrets}\n")).unwrap();
            let problems = load_with(&file, &settings).unwrap_err();
            for shown in [problems.to_string(), format!("{problems:?}")] {
                assert!(!shown.contains("s3cr3t") && !shown.contains("value"), "{text}: {shown}");
            }
        }
    }
}
