//! The command `moot` as a user meets it: exit codes, what goes to standard output and what does not, kept runs, Ctrl-C,
//! full disks and readers that leave.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use folkmoot::core::{ActorPath, Event, EventKind, EventSequence, RunStatus, VirtualTime};
use folkmoot::journal::{JournalWriter, Record, RunResult};
use serde_json::Value;

use crate::support::{moot, root, text};

const JURY: &str = "scenarios/jury.yaml";
const FIRST: &str = "scenarios/first-turn.yaml";
/// Enough tasks for a journal of several frames, few enough for a quick test.
const SHORT: &str = "tasks.generate.count=3000";

/// A scenario whose only task fails.
const FAILING: &str = "
folkmoot: 1
name: failing
models: { m: { scripted: { steps: [{ expect: { last_contains: [pineapple] }, say: yes }] } } }
agents: { a: { model: m } }
coordination: a
tasks: { list: [Well?] }
";

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("it was ended by a signal: {}", text(&output.stderr)))
}

/// Runs the command, which must end with this exit code.
#[track_caller]
fn expect_code(expected: i32, arguments: &[&str]) -> Output {
    let output = moot(arguments);
    let told = format!("{arguments:?}\n{}\n{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(code(&output), expected, "{told}");
    assert!(!told.contains("panicked") && !told.contains("RUST_BACKTRACE"), "{told}");
    output
}

fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// Starts the command with both outputs caught.
fn start(arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moot"));
    command.current_dir(root()).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits until something holds, at most a minute.
fn wait_until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..6_000 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it takes too long until {what}");
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

#[test]
fn a_completed_run_ends_with_0_and_another_with_1() {
    let folder = tempfile::tempdir().unwrap();
    expect_code(0, &["run", FIRST]);
    let output = expect_code(1, &["run", &file(&folder, "failing.yaml", FAILING)]);
    let table = text(&output.stdout);
    assert!(table.contains("status    failed") && table.contains("pineapple"), "{table}");
    let many = FAILING.replace("[Well?]", "[a, b, c, d, e, f, g]");
    let table = text(&expect_code(1, &["run", &file(&folder, "many.yaml", &many)]).stdout);
    assert!(table.contains("status    failed: task 0:") && table.contains("7 failed"), "{table}");
    let exhausted = FAILING
        .replace("{ expect: { last_contains: [pineapple] }, say: yes }", "{ call: { list_files: {} } }")
        .replace("steps:", "repeat: true, steps:")
        .replace("model: m", "model: m, tools: [list_files], limits: { turns_max: 3 }");
    let table = text(&expect_code(1, &["run", &file(&folder, "exhausted.yaml", &exhausted)]).stdout);
    assert!(table.contains("exhausted: turns"), "{table}");
}

#[test]
fn what_is_wrong_on_the_command_line_or_in_a_file_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().display().to_string();
    let wrong = file(&folder, "wrong.yaml", "folkmoot: 1\nname: x\n");
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let cases: [&[&str]; 21] = [
        &[],
        &["rnu"],
        &["run"],
        &["run", JURY, "--sed", "1"],
        &["run", JURY, "--seed", "-1"],
        &["run", JURY, "--seed", "many"],
        &["run", JURY, "--set", "agents.juror.cuont=3"],
        &["run", JURY, "--task", ""],
        &["run", JURY, "--log", "loud"],
        &["run", JURY, "--log-format", "xml"],
        &["run", "no-such-file.yaml"],
        &["run", &wrong, "--json"],
        &["run", "scenarios"],
        &["run", FIRST, "--out", &out],
        &["run", FIRST, "--out", "/dev/null/run"],
        &["check", JURY, &wrong],
        &["test", &wrong],
        &["test", "no-such-folder"],
        &["test", empty.to_str().unwrap()],
        &["show", &out],
        &["test", JURY, "--threads", "0"],
    ];
    for arguments in cases {
        let output = expect_code(2, arguments);
        let told = text(&output.stderr);
        let told_by_test = arguments == ["test", wrong.as_str()];
        assert!(!told.is_empty() || told_by_test, "{arguments:?}");
        if arguments.first() != Some(&"check") && !told_by_test {
            assert_eq!(text(&output.stdout), "", "{arguments:?}");
        }
    }
    let told = text(&expect_code(2, &["run", FIRST, "--out", &out]).stderr);
    assert!(told.starts_with("error: the folder ") && told.contains("is not empty"), "{told}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_moot"));
    let output = command.current_dir(root()).env("RUST_LOG", "loud").args(["schema"]).output().unwrap();
    assert_eq!((code(&output), text(&output.stdout)), (2, String::new()));
    assert!(text(&output.stderr).starts_with("error: RUST_LOG is wrong"), "{}", text(&output.stderr));
}

#[test]
fn json_is_one_object_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let failing = file(&folder, "failing.yaml", FAILING);
    for (expected, arguments) in [
        (0, ["run", JURY, "--json", "--set", SHORT].as_slice()),
        (0, &["run", JURY, "--json", "--set", "tasks.generate.count=3", "--log", "debug"]),
        (1, &["run", &failing, "--json", "--quiet"]),
    ] {
        let output = expect_code(expected, arguments);
        let result = RunResult::from_json(&text(&output.stdout)).unwrap();
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(json["format"], 1);
        assert_eq!(json["digest"].as_str().unwrap().len(), 64);
        assert_eq!(result.status == RunStatus::Completed, expected == 0);
        assert_eq!(json["reason"].is_null(), expected == 0);
        assert_eq!(text(&output.stderr).is_empty(), !arguments.contains(&"debug"), "progress is for terminals");
    }
    let output = expect_code(1, &["test", FIRST, &failing, "--json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&json["passed"], &json["failed"], &json["scenarios"][0]["verdict"]),
        (&1.into(), &1.into(), &"failed".into())
    );
    assert_eq!(json["scenarios"][0]["mismatches"][0]["expected"], "completed");
    assert_eq!(json["scenarios"][1]["result"]["status"], "completed");
}

#[test]
fn logs_are_lines_of_text_or_of_json_on_standard_error() {
    let human = text(&expect_code(0, &["--log", "moot=debug", "run", FIRST]).stderr);
    assert!(human.lines().all(|line| line.trim_start().starts_with("DEBUG ")), "{human}");
    let json = text(&expect_code(0, &["run", FIRST, "--log", "debug", "--log-format", "json"]).stderr);
    assert!(json.lines().count() > 10);
    for line in json.lines() {
        assert_eq!(serde_json::from_str::<Value>(line).unwrap()["level"], "DEBUG");
    }
    assert_eq!(text(&expect_code(0, &["run", FIRST]).stderr), "");
}

#[test]
fn seed_set_and_task_change_what_is_played() {
    let played = |more: &[&str]| -> Value {
        let arguments = [&["run", JURY, "--json", "--set", "tasks.generate.count=50"], more].concat();
        serde_json::from_slice(&expect_code(0, &arguments).stdout).unwrap()
    };
    let plain = played(&[]);
    let seeded = played(&["--seed", "7"]);
    assert_eq!((&plain["seed"], &seeded["seed"]), (&1.into(), &7.into()));
    assert_ne!(plain["digest"], seeded["digest"]);
    assert_eq!(seeded, played(&["--set", "seed=7"]));
    let larger = played(&["--set", "agents.juror.count=9"]);
    assert_eq!((&larger["metrics"]["model_calls"], &larger["tasks_total"]), (&450.into(), &50.into()));

    let folder = tempfile::tempdir().unwrap();
    let parrot = "
folkmoot: 1
name: parrot
models: { m: { scripted: { steps: [{ say: 'You said: {{ task.prompt }}' }] } } }
agents: { a: { model: m } }
coordination: a
tasks: { list: [one, two] }
";
    let output = expect_code(0, &["run", &file(&folder, "parrot.yaml", parrot), "--task", "three\u{1b}[31m"]);
    let table = text(&output.stdout);
    assert!(table.contains("answer    You said: three\\u{1b}[31m\n") && table.contains("1 decided"), "{table}");
}

#[test]
fn the_table_fits_into_80_columns_and_tells_what_was_measured() {
    let table = text(&expect_code(0, &["run", JURY, "--set", SHORT, "--set", "measure[3]=model_failures"]).stdout);
    for (label, part) in [
        ("scenario", "jury, seed 1"),
        ("status", "completed"),
        ("tasks", "3,000 decided"),
        ("accuracy", " (95 % interval 0."),
        ("cost", "0.63 USD"),
        ("latency", " (virtual)"),
        ("model failures", "0"),
    ] {
        let line = table.lines().find(|line| line.starts_with(label)).unwrap_or_else(|| panic!("{label} in\n{table}"));
        assert!(line.contains(part), "{line}");
    }
    let digest = table.lines().find(|line| line.starts_with("digest")).unwrap();
    assert_eq!(digest.split_whitespace().nth(1).unwrap().len(), 64);
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
}

#[test]
fn check_describes_what_is_sound_and_explains_what_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let custom = file(
        &folder,
        "custom.yaml",
        &FAILING.replace(
            "scripted: { steps: [{ expect: { last_contains: [pineapple] }, say: yes }] }",
            "custom: { name: mine }",
        ),
    );
    let output = expect_code(0, &["check", JURY, FIRST, &custom]);
    let expected = format!(
        "{JURY}: ok (5 agents, 1 council, 40,000 tasks)\n{FIRST}: ok (1 agent, 1 council, 1 task)\n{custom}: ok (1 agent, 1 task)\n"
    );
    assert_eq!((text(&output.stdout), text(&output.stderr)), (expected, String::new()));
    // The names of custom parts belong to the program that plays them.
    let told = text(&expect_code(2, &["run", &custom]).stderr);
    assert!(told.contains("models.m: no custom model \"mine\" is known") && told.contains("help: "), "{told}");
    let wrong = file(&folder, "wrong.yaml", "folkmoot: 1\nnmae: x\n");
    let output = expect_code(2, &["check", &wrong, JURY]);
    assert!(text(&output.stderr).contains("help: did you mean `name`?"));
    assert!(text(&output.stdout).starts_with(JURY), "the others are checked all the same");
}

#[test]
fn test_plays_every_scenario_and_ends_with_a_summary() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(root().join(FIRST), folder.path().join("b.yaml")).unwrap();
    let path = folder.path().display().to_string();
    let output = expect_code(0, &["test", &path]);
    let told = text(&output.stdout);
    assert!(told.starts_with("ok ") && told.ends_with("\n1 passed, 0 failed\n"), "{told}");
    file(
        &folder,
        "a.yaml",
        &format!("{FAILING}expect: {{ status: completed, metrics: {{ tool_calls: {{ at_least: 1 }} }} }}\n"),
    );
    let told = text(&expect_code(1, &["test", &path, "--threads", "1"]).stdout);
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with("failed ") && lines[0].contains("a.yaml"), "{told}");
    assert!(lines[1].starts_with("    status: expected completed, found failed"), "{told}");
    assert!(lines.contains(&"    tool_calls: expected at least 1, found 0"), "{told}");
    assert_eq!(lines.last(), Some(&"1 passed, 1 failed"));
    assert_eq!(told, text(&expect_code(1, &["test", &path, "--threads", "4"]).stdout));
    assert!(!text(&expect_code(1, &["test", &path, "--quiet"]).stdout).contains("b.yaml"));
    file(&folder, "c.yaml", "folkmoot: 1\n");
    let told = text(&expect_code(2, &["test", &path]).stdout);
    assert!(told.contains("invalid ") && told.contains("the field `name` is missing"), "{told}");
    assert!(told.ends_with("\n1 passed, 2 failed\n"), "{told}");
}

#[test]
fn a_kept_run_can_be_shown() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("deep/run").display().to_string();
    let printed = expect_code(0, &["run", JURY, "--set", "tasks.generate.count=20", "--out", &run, "--json"]);
    let kept = RunResult::from_json(&fs::read_to_string(format!("{run}/result.json")).unwrap()).unwrap();
    assert_eq!(kept, RunResult::from_json(&text(&printed.stdout)).unwrap());
    let all = text(&expect_code(0, &["show", &run]).stdout);
    assert!(all.starts_with("      0.000  run of jury starts: seed 1, replicate 0\n"), "{all}");
    assert!(all.ends_with("  run completed\n"), "{all}");
    for (arguments, has, has_not) in
        [(["--agent", "juror[2]"], "juror[2] says: ", "juror[1] says: "), (["--task", "3"], "task 3: ", "task 4: ")]
    {
        let part = text(&expect_code(0, &[&["show", &run], arguments.as_slice()].concat()).stdout);
        assert!(part.contains(has) && !part.contains(has_not), "{part}");
    }
    let lines = text(&expect_code(0, &["show", &run, "--json"]).stdout);
    let events: Vec<Event> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(events.len() > 300);
    assert!(events.iter().zip(0..).all(|(event, number)| event.sequence.0 == number));
    let told = text(&expect_code(2, &["show", &run, "--agent", "jurer"]).stderr);
    assert!(told.contains("help: did you mean juror?"), "{told}");
    expect_code(2, &["show", &run, "--task", "20"]);
}

#[test]
fn of_a_damaged_journal_the_good_part_is_shown_before_the_damage_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let name = run.display().to_string();
    expect_code(0, &["run", JURY, "--set", SHORT, "--out", &name]);
    let journal = run.join("journal.jsonl.zst");
    let whole = fs::read(&journal).unwrap();

    fs::write(&journal, &whole[..whole.len() - 7]).unwrap();
    let output = expect_code(1, &["show", &name]);
    assert!(text(&output.stdout).lines().count() > 100, "what is good is shown");
    let told = text(&output.stderr);
    assert!(told.starts_with("error: the journal ") && told.contains("breaks off"), "{told}");

    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0x40;
    fs::write(&journal, damaged).unwrap();
    let output = expect_code(1, &["show", &name]);
    assert!(text(&output.stderr).contains("damaged"), "{}", text(&output.stderr));

    fs::write(&journal, "something else\n").unwrap();
    expect_code(2, &["show", &name]);
    fs::write(&journal, "").unwrap();
    expect_code(1, &["show", &name]);
}

#[test]
fn a_run_without_an_end_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = File::create(folder.path().join("journal.jsonl.zst")).unwrap();
    let mut writer = JournalWriter::new(file, "test").unwrap();
    let kind = EventKind::RunStarted { scenario: "half".into(), seed: 1, replicate: 0 };
    let (sequence, time, actor) = (EventSequence(0), VirtualTime::ZERO, ActorPath::world());
    writer.append(&Record::Event(Event { sequence, time, actor, cause: None, kind })).unwrap();
    writer.finish().unwrap();
    let output = expect_code(1, &["show", folder.path().to_str().unwrap()]);
    assert!(text(&output.stdout).contains("run of half starts"));
    assert!(text(&output.stderr).contains("no end"), "{}", text(&output.stderr));
}

#[test]
fn ctrl_c_ends_the_run_as_cancelled_with_its_journal_closed() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let name = run.display().to_string();
    let child = start(&["run", JURY, "--set", "tasks.generate.count=50000000", "--json", "--out", &name]);
    let journal = run.join("journal.jsonl.zst");
    wait_until("something is in the journal", || length(&journal) > 10_000);
    signal(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 130, "{}", text(&output.stderr));
    let result = RunResult::from_json(&text(&output.stdout)).unwrap();
    assert_eq!((result.status, result.reason.as_deref()), (RunStatus::Cancelled, Some("interrupted")));
    assert!(result.tasks_total > 0);
    let shown = expect_code(0, &["show", &name, "--task", "0"]);
    assert!(text(&shown.stdout).contains("task 0: "));
    let all = text(&expect_code(0, &["show", &name]).stdout);
    assert!(all.ends_with("  run cancelled: interrupted\n"));
    assert!(run.join("result.json").is_file());
}

#[test]
fn ctrl_c_ends_a_test_too() {
    let folder = tempfile::tempdir().unwrap();
    let jury = fs::read_to_string(root().join(JURY)).unwrap();
    file(&folder, "a.yaml", &jury.replace("40000", "1"));
    file(&folder, "b.yaml", &jury.replace("40000", "50000000"));
    let mut child = start(&["test", folder.path().to_str().unwrap(), "--threads", "1"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().contains("a.yaml"), "told as soon as it is there");
    signal(&child, "-INT");
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(code(&child.wait_with_output().unwrap()), 130, "{rest:?}");
    assert!(rest.iter().any(|line| line.starts_with("cancelled ") && line.contains("b.yaml")), "{rest:?}");
    assert!(rest.last().unwrap().ends_with(" failed"), "{rest:?}");
}

#[test]
fn a_full_disk_ends_the_run_as_failed() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run").display().to_string();
    // A limit on the size of files stands for the disk: writing beyond it fails in the same way.
    let script = "trap '' XFSZ; ulimit -f 1000; exec \"$0\" \"$@\"";
    let output = Command::new("sh")
        .current_dir(root())
        .args(["-c", script, env!("CARGO_BIN_EXE_moot"), "run", JURY, "--set", "tasks.generate.count=40000"])
        .args(["--json", "--out", &run])
        .output()
        .unwrap();
    assert_eq!(code(&output), 1, "{}", text(&output.stderr));
    let result = RunResult::from_json(&text(&output.stdout)).unwrap();
    assert_eq!(result.status, RunStatus::Failed);
    let reason = result.reason.unwrap();
    assert!(reason.contains("journal.jsonl.zst can't be written"), "{reason}");
    assert!(result.tasks_total < 40_000, "it ended early");
    // What was written before is good.
    let shown = expect_code(1, &["show", &run, "--task", "0"]);
    assert!(text(&shown.stdout).contains("task 0: "), "{}", text(&shown.stderr));
}

#[test]
fn standard_output_that_is_full_is_told() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_moot"));
    let output = command.current_dir(root()).args(["schema"]).stdout(full).output().unwrap();
    assert_eq!(code(&output), 1);
    assert!(text(&output.stderr).starts_with("error: standard output can't be written"), "{}", text(&output.stderr));
}

#[test]
fn a_reader_that_leaves_ends_the_transcript_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run").display().to_string();
    expect_code(0, &["run", JURY, "--set", SHORT, "--out", &run]);
    for more in [["--json"].as_slice(), &[]] {
        let mut child = start(&[&["show", &run], more].concat());
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        assert!(!line.is_empty());
        drop(reader);
        let output = child.wait_with_output().unwrap();
        assert_eq!((code(&output), text(&output.stderr)), (0, String::new()));
    }
}

#[test]
fn a_custom_pattern_is_named_when_it_is_not_known() {
    let folder = tempfile::tempdir().unwrap();
    let file = file(
        &folder,
        "p.yaml",
        &FAILING.replace("coordination: a", "coordination: { custom: { name: duel, members: [a] } }"),
    );
    let told = text(&expect_code(2, &["run", &file]).stderr);
    assert!(told.starts_with("error: ") && told.contains("no custom pattern \"duel\" is known"), "{told}");
}

/// The whole tour, twice: every scenario of the agent runtime with its title and its explanation. The second time on one
/// thread and as JSON, which holds a digest over all that happened in each.
#[test]
fn the_tour_of_the_agent_runtime_is_the_same_twice() {
    let before = contents(&root().join("scenarios/harness"));
    let tour = |more: &[&str]| text(&expect_code(0, &[&["test", "scenarios/harness"], more].concat()).stdout);
    let first = tour(&["--explain"]);
    assert_eq!(first, tour(&["--explain"]));
    assert!(first.contains("The loop\n--------\nOne agent, two tools"), "{first}");
    assert!(first.contains("s05-permission-modes.yaml  6 runs, as expected\n"), "{first}");
    assert!(first.lines().all(|line| line.chars().count() <= 80), "{first}");
    assert_eq!(first.lines().filter(|line| line.starts_with("ok ")).count(), 28);

    let (json, again) = (tour(&["--json"]), tour(&["--json", "--threads", "1"]));
    assert_eq!(json, again);
    let report: Value = serde_json::from_str(&json).unwrap();
    let digests: Vec<&str> =
        report["scenarios"].as_array().unwrap().iter().map(|row| row["result"]["digest"].as_str().unwrap()).collect();
    assert_eq!(digests.len(), 28);
    assert!(digests.iter().all(|digest| digest.len() == 64), "{digests:?}");
    assert_eq!(before, contents(&root().join("scenarios/harness")), "a test leaves nothing where its scenarios are");
}

/// Every file under a folder with what is in it.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(contents(&path));
            files.insert(path, Vec::new());
        } else {
            let bytes = fs::read(&path).unwrap();
            files.insert(path, bytes);
        }
    }
    files
}
