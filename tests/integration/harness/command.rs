//! The agent runtime through the command: a person at the terminal, what needs trust, which rule decides in which run, and
//! a mode that the command line sets.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use folkmoot::journal::RunResult;

use crate::support::{moot, text};

/// A temporary folder with a scenario in it.
fn file(yaml: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scenario.yaml");
    fs::write(&path, yaml).unwrap();
    let path = path.display().to_string();
    (folder, path)
}

/// Runs the command with these variables, and with this on its standard input.
fn with(arguments: &[&str], input: &str, environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moot"));
    command.args(arguments).envs(environment.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Who asks for nothing does not read it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// The answer of the only task of a run that was told as JSON.
#[track_caller]
fn answer(output: &Output) -> String {
    let result = RunResult::from_json(&text(&output.stdout)).unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
    result.tasks[0].outcome.answer().unwrap_or_else(|| panic!("{}", result.tasks[0].outcome)).to_owned()
}

const TERMINAL: &str = "
folkmoot: 1
name: terminal
models:
  painter:
    scripted:
      steps:
        - call: { ask_user: { question: Which colour?, choices: [red, blue] } }
        - call: { write_file: { path: door.txt, content: \"{{ messages[2].error or results[0] }}\" } }
        - call: { list_files: {} }
        - say: \"{{ messages[2].error or messages[2].text }}, {{ messages[4].error or 'written' }}, {{ results[0] }}\"
agents: { painter: { model: painter, tools: [ask_user, write_file, list_files] } }
coordination: painter
person: { interactive: {} }
tasks: { list: [Paint the door.] }
";

#[test]
fn a_person_at_the_terminal_answers_and_approves() {
    let (_folder, path) = file(TERMINAL);
    for (input, expected) in [
        // What is no choice is asked again; a choice may be named by its number.
        ("green\n2\ny\n", "blue, written, door.txt"),
        ("red\nmaybe\n", "red, denied, (there are no files)"),
        ("red\nr\n", "red, written, door.txt"),
        ("1\nn\n", "red, denied, (there are no files)"),
        // Nobody sits there, or nobody any more.
        ("red\n", "red, denied, (there are no files)"),
        ("", "not_found, denied, (there are no files)"),
    ] {
        let output = with(&["run", &path, "--json"], input, &[]);
        assert_eq!(answer(&output), expected, "{input:?}: {}", text(&output.stderr));
        let told = text(&output.stderr);
        assert!(told.contains("painter asks: Which colour?\n  1) red\n  2) blue\n> "), "{told}");
        assert!(told.contains("painter wants to call write_file\n"), "{told}");
        assert!(told.contains("approve? [y] once, [p] for this path, [r] for this run, [n] no: "), "{told}");
        assert_eq!(told.contains("one of the choices, please: "), input.starts_with("green"), "{told}");
    }
    // Where no terminal is, nobody is asked.
    let tested = moot(&["test", &path]);
    assert_eq!(tested.status.code(), Some(0), "{}", text(&tested.stdout));
    assert!(!text(&tested.stderr).contains("asks"), "{}", text(&tested.stderr));
}

const TRUSTING: &str = r#"
folkmoot: 1
name: trusting
models:
  clerk:
    scripted:
      steps:
        - call: { write_file: { path: a.txt, content: "${GREETING}" } }
        - say: "{{ results[0] }}"
agents: { clerk: { model: clerk, tools: [write_file], permissions: auto } }
coordination: clerk
workspace: { folder: work }
hooks:
  sign:
    on: after_tool_call
    then: { command: { argv: [/bin/sh, -c, "cat > /dev/null; printf '%s' '{\"verdict\":\"annotate\",\"text\":\"signed\"}'"] } }
tasks: { list: [Greet.] }
"#;

#[test]
fn what_touches_the_machine_needs_trust_and_is_listed_first() {
    let (folder, path) = file(TRUSTING);
    let work: PathBuf = folder.path().join("work");
    let environment = [("GREETING", "good day")];
    for subcommand in ["run", "check"] {
        let refused = with(&[subcommand, &path], "", &environment);
        assert_eq!(refused.status.code(), Some(2), "{subcommand}");
        let told = text(&refused.stderr) + text(&refused.stdout).as_str();
        for place in [":8:", ":12:", ":16:"] {
            assert!(told.contains(&format!("scenario.yaml{place}")), "{subcommand}, {place} {told}");
        }
        assert!(told.contains("--trust") && !told.contains("good day"), "{subcommand}: {told}");
        assert!(!work.exists(), "{subcommand}");
    }

    let trusted = with(&["run", &path, "--trust", "--json"], "", &environment);
    assert_eq!(answer(&trusted), "wrote 8 bytes to a.txt\n[hook sign] signed", "{}", text(&trusted.stderr));
    assert_eq!(fs::read_to_string(work.join("a.txt")).unwrap(), "good day");
    let told = text(&trusted.stderr);
    let listed: Vec<&str> = told.lines().filter(|line| line.starts_with("  trusted: ")).collect();
    assert_eq!(listed.len(), 3, "{told}");
    for what in ["GREETING", "work", "/bin/sh"] {
        assert!(listed.iter().any(|line| line.contains(what)), "{what}: {told}");
    }
    assert!(!told.contains("good day"), "{told}");

    // A test puts a folder of its own in place of the real one, and needs trust for all else.
    fs::remove_dir_all(&work).unwrap();
    let refused = with(&["test", &path], "", &environment);
    let told = text(&refused.stdout);
    assert_eq!(refused.status.code(), Some(2), "{told}");
    assert!(told.contains(":8:") && told.contains(":16:") && !told.contains(":12:"), "{told}");
    let tested = with(&["test", &path, "--trust"], "", &environment);
    assert_eq!(tested.status.code(), Some(0), "{}", text(&tested.stdout));
    assert!(text(&tested.stderr).contains("  trusted: "), "{}", text(&tested.stderr));
    assert!(!work.exists());
}

#[test]
fn which_rule_decides_is_explained_for_each_run() {
    let explain = |run: &[&str]| {
        let call = ["--agent", "clerk", "--tool", "write_file", "--args", r#"{"path":"plan.txt","content":"x"}"#];
        moot(&[&["policy", "explain", "scenarios/harness/s05-permission-modes.yaml"], &call[..], run].concat())
    };
    for (run, verdict) in [
        (&["--run", "default-nobody"][..], "ask by mode default"),
        (&["--run", "plan"], "deny by mode plan"),
        (&["--run", "auto"], "allow by mode auto"),
        // The last one, when none is named.
        (&[], "allow by mode auto"),
    ] {
        let output = explain(run);
        assert_eq!(output.status.code(), Some(0), "{run:?}: {}", text(&output.stderr));
        assert!(text(&output.stdout).starts_with(verdict), "{run:?}: {}", text(&output.stdout));
    }
    let wrong = explain(&["--run", "plann"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("did you mean plan?"), "{}", text(&wrong.stderr));
}

// Defect 5 of the reference through the command: a run without anybody present ignored the mode and the instructions.
#[test]
fn a_headless_run_keeps_the_mode_and_the_instructions_that_the_command_line_sets() {
    let (_folder, path) = file(
        "
folkmoot: 1
name: headless
models:
  clerk:
    scripted:
      steps:
        - call: { write_file: { path: a.txt, content: a } }
        - call: { list_files: {} }
        - say: \"{{ messages[0].text }} {{ messages[3].error or 'written' }}: {{ results[0] }}\"
agents: { clerk: { model: clerk, tools: [write_file, list_files], permissions: auto, instructions: As you like. } }
coordination: clerk
tasks: { list: [Write.] }
",
    );
    let with_sets = |sets: &[&str]| {
        let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
        answer(&with(&[&["run", &path, "--json"], &sets[..]].concat(), "", &[]))
    };
    assert_eq!(with_sets(&[]), "As you like. written: a.txt");
    let plan = "agents.clerk.permissions=plan";
    assert_eq!(with_sets(&[plan]), "As you like. denied: (there are no files)");
    let heron = "agents.clerk.instructions=Never forget the heron.";
    assert_eq!(with_sets(&[plan, heron]), "Never forget the heron. denied: (there are no files)");
}
