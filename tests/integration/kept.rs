//! What a kept run refuses: to go on as something else than it was, and to do outside what its command does not say.

use std::path::Path;
use std::process::{Command, Output};

use folkmoot::folder::{MANIFEST_FILE, RunFolder};

use crate::support::{moot, root, text};

/// A scratch folder with a scenario in it.
struct Scratch(tempfile::TempDir);

impl Scratch {
    fn with(files: &[(&str, &str)]) -> Self {
        let scratch = Self(tempfile::tempdir().unwrap());
        for (name, content) in files {
            scratch.write(name, content);
        }
        scratch
    }

    fn place(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).unwrap_or_default()
    }

    /// Plays the scenario and ends it at a step to the disk.
    fn breaks_off(&self, scenario: &str, step: &str, more: &[&str]) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_moot"));
        command.args(["run", "--quiet", "--trust", "--out", &self.place("run"), &self.place(scenario)]).args(more);
        assert!(!command.env("MOOT_CRASH_AT", step).output().unwrap().status.success());
        assert!(Path::new(&self.place("run")).is_dir(), "it had begun");
    }
}

fn refused(output: &Output, says: &str) {
    let told = text(&output.stderr);
    assert!(output.status.code() == Some(2) && told.contains(says), "{says}: {:?} {told}", output.status);
}

const TWO_TASKS: &str = "
folkmoot: 1
name: listed
models: { clerk: { scripted: { steps: [{ say: done }] } } }
agents: { clerk: { model: clerk } }
coordination: clerk
tasks: { file: { path: tasks.jsonl } }
prices: { file: prices.yaml }
";

#[test]
fn files_that_have_changed_are_refused() {
    let prices = "default: { input: 1, output: 2 }\n";
    let tasks = "{\"prompt\":\"A\"}\n{\"prompt\":\"B\"}\n";
    let files = [("listed.yaml", TWO_TASKS), ("tasks.jsonl", tasks), ("prices.yaml", prices)];
    let scratch = Scratch::with(&files);
    assert!(moot(&["run", &scratch.place("listed.yaml"), "--out", &scratch.place("run")]).status.success());
    assert!(moot(&["replay", &scratch.place("run")]).status.success());
    scratch.write("tasks.jsonl", &tasks.replace('B', "C"));
    std::fs::remove_file(scratch.place("run/result.json")).unwrap();
    for command in ["resume", "replay"] {
        refused(&moot(&[command, &scratch.place("run")]), "files.tasks: before");
    }
    scratch.write("tasks.jsonl", tasks);
    scratch.write("prices.yaml", &prices.replace('2', "3"));
    refused(&moot(&["resume", &scratch.place("run")]), "files.prices.default.output: before");
    scratch.write("prices.yaml", prices);
    assert!(moot(&["resume", &scratch.place("run")]).status.success());
}

const SPEAKING: &str = "
folkmoot: 1
name: speaking
models: { clerk: { scripted: { steps: [{ say: WORD }] } } }
agents: { clerk: { model: clerk } }
coordination: clerk
tasks: { list: [One., Two., Three.] }
";

/// A run that is played from a cassette keeps it, and never asks the scenario's own models when it is taken up.
#[test]
fn a_run_from_a_cassette_stays_on_it() {
    let other = SPEAKING.replace("WORD", "otherwise");
    let scratch = Scratch::with(&[("one.yaml", &SPEAKING.replace("WORD", "so")), ("other.yaml", &other)]);
    let tape = scratch.place("tape.jsonl");
    assert!(moot(&["run", &scratch.place("one.yaml"), "--record", &tape]).status.success());
    let from_tape = ["--recorded", &tape];
    let whole =
        moot(&[&["run", &scratch.place("other.yaml"), "--out", &scratch.place("whole")], &from_tape[..]].concat());
    assert!(whole.status.success() && text(&whole.stdout).contains("from what was kept of the outside (D1)"));
    scratch.breaks_off("other.yaml", "write:6:half", &from_tape);
    std::fs::remove_file(&tape).unwrap();
    for (command, folder) in [("replay", "whole"), ("resume", "run"), ("replay", "run")] {
        let output = moot(&[command, &scratch.place(folder)]);
        assert!(output.status.success(), "{command} {folder}: {}", text(&output.stderr));
    }
    let forked = moot(&["fork", &scratch.place("whole"), "--at", "9", "--out", &scratch.place("fork")]);
    assert!(forked.status.success(), "{}", text(&forked.stderr));
    let digest = |name: &str| RunFolder::open(scratch.place(name)).unwrap().result().unwrap().unwrap().digest;
    assert_eq!((digest("run"), digest("fork")), (digest("whole"), digest("whole")));
}

#[test]
fn a_fork_leaves_the_folders_of_its_parent_alone() {
    let s23 = std::fs::read_to_string(root().join("scenarios/harness/s23-kill-and-replay.yaml")).unwrap();
    let scratch = Scratch::with(&[("s23.yaml", &s23), ("files/old.txt", "old")]);
    assert!(moot(&["run", "--trust", &scratch.place("s23.yaml"), "--out", &scratch.place("run")]).status.success());
    let fork = ["fork", "--trust", &scratch.place("run"), "--at", "30", "--out", &scratch.place("fork")];
    refused(&moot(&fork), "as its parent left it");
    std::fs::create_dir(scratch.place("copy")).unwrap();
    scratch.write("copy/ann.txt", "sold to Ann\n");
    let apart = moot(&[&fork[..], &["--set", "workspace.folder=copy"]].concat());
    assert!(apart.status.success(), "{}", text(&apart.stderr));
    assert_eq!(scratch.read("copy/cat.txt"), "sold to Cat\n");
    refused(&moot(&["verify", "--trust", &scratch.place("s23.yaml")]), "change twice");
}

#[test]
fn a_fork_with_another_seed_is_refused() {
    let scratch = Scratch::with(&[("one.yaml", &SPEAKING.replace("WORD", "so"))]);
    assert!(moot(&["run", &scratch.place("one.yaml"), "--out", &scratch.place("run")]).status.success());
    let fork = ["fork", &scratch.place("run"), "--at", "9", "--set", "seed=99", "--out", &scratch.place("fork")];
    refused(&moot(&fork), "reaches back to event 0");
    refused(&moot(&["replay", &scratch.place("run"), "--until", "9", "--json"]), "cannot be used with");
}

/// Without its manifest nobody knows where the folders of a run are: it does not go on elsewhere.
#[test]
fn a_run_without_its_manifest_does_not_go_on() {
    let s23 = std::fs::read_to_string(root().join("scenarios/harness/s23-kill-and-replay.yaml")).unwrap();
    let scratch = Scratch::with(&[("s23.yaml", &s23), ("files/old.txt", "old")]);
    scratch.breaks_off("s23.yaml", "write:8", &[]);
    let manifest = scratch.read("run/manifest.json");
    for (change, says) in [
        (None, "it is not there"),
        (Some(manifest.replace("\"format\": 1", "\"format\": 9")), "it has format 9"),
        (Some(manifest.replace("\"virtual\"", "\"lunar\"")), "there is no clock \"lunar\""),
    ] {
        match change {
            None => std::fs::remove_file(scratch.place("run").replace("run", "run/") + MANIFEST_FILE).unwrap(),
            Some(changed) => scratch.write("run/manifest.json", &changed),
        }
        for command in ["resume", "replay"] {
            refused(&moot(&[command, "--trust", &scratch.place("run")]), says);
        }
    }
    scratch.write("run/manifest.json", &manifest);
    let resumed = moot(&["resume", "--trust", &scratch.place("run")]);
    assert!(resumed.status.success(), "{}", text(&resumed.stderr));
    assert_eq!(scratch.read("files/cat.txt"), "sold to Cat\n");
}

#[test]
fn a_replay_writes_no_files_that_the_scenario_begins_with() {
    let begins = SPEAKING.replace("WORD", "so") + "workspace: { folder: files, files: { a.txt: seed } }\n";
    let scratch = Scratch::with(&[("begins.yaml", &begins)]);
    assert!(moot(&["run", "--trust", &scratch.place("begins.yaml"), "--out", &scratch.place("run")]).status.success());
    assert_eq!(scratch.read("files/a.txt"), "seed");
    std::fs::remove_dir_all(scratch.place("files")).unwrap();
    let replayed = moot(&["replay", "--trust", &scratch.place("run")]);
    assert!(replayed.status.success(), "{}", text(&replayed.stderr));
    assert!(!Path::new(&scratch.place("files")).exists());
}

#[test]
fn folders_of_several_runs_are_named() {
    let runs = SPEAKING.replace("WORD", "so") + "runs: [{ name: monday }, { name: tuesday }]\n";
    let scratch = Scratch::with(&[("runs.yaml", &runs)]);
    assert!(moot(&["run", &scratch.place("runs.yaml"), "--out", &scratch.place("week")]).status.success());
    refused(&moot(&["resume", &scratch.place("week")]), "week/monday");
    assert!(moot(&["replay", &scratch.place("week/tuesday")]).status.success());
}

/// What real time has brought is in the file before more of it is waited for.
#[test]
fn a_live_run_that_is_killed_has_kept_what_happened() {
    let slow = SPEAKING.replace("WORD", "so").replace("scripted: {", "scripted: { latency: 30ms,");
    let scratch = Scratch::with(&[("slow.yaml", &slow)]);
    scratch.breaks_off("slow.yaml", "write:6", &["--clock", "real"]);
    let kept = RunFolder::open(scratch.place("run")).unwrap().kept().unwrap();
    assert!(!kept.events.is_empty() && !kept.is_finished());
    let resumed = moot(&["resume", &scratch.place("run")]);
    assert!(resumed.status.success(), "{}", text(&resumed.stderr));
    let filtered = moot(&["replay", &scratch.place("run"), "--agent", "clrk"]);
    refused(&filtered, "did you mean clerk?");
}

/// The commands at the top of `docs/journal.md`, as they stand there: a debate is forked where it could have gone wrong.
#[test]
fn the_documented_commands_do_what_is_said() {
    let scratch = tempfile::tempdir().unwrap();
    let document = std::fs::read_to_string(root().join("docs/journal.md")).unwrap();
    let block = document.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let mut printed = Vec::new();
    for line in block.lines() {
        let words = line.split('#').next().unwrap().split_whitespace().skip(1);
        let scenarios = root().join("scenarios");
        let words = words.map(|word| word.replace("scenarios", &scenarios.display().to_string()));
        let output = Command::new(env!("CARGO_BIN_EXE_moot")).current_dir(&scratch).args(words).output().unwrap();
        let differs = line.starts_with("moot diff");
        assert_eq!(output.status.code(), Some(i32::from(differs)), "{line}: {}", text(&output.stderr));
        printed.push(text(&output.stdout));
    }
    assert_eq!(printed.len(), 6);
    assert!(printed[3].contains("answer    closed"), "{}", printed[3]);
    assert!(printed[4].contains("the first 17 events are equal") && printed[4].contains("they ended differently"));
}
