//! A run is killed again and again, at random moments and at named steps, and goes on to the same result.
//!
//! The run is played in a process of its own, this test binary started once more. Its models and its tool are outside of
//! that, in child processes that write down each request they are asked and answer, and each effect they have; so what
//! happened is known whatever became of the run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use folkmoot::core::{ModelFailure, ModelReply, ToolCall, ToolEffect};
use folkmoot::folder::{Durability, JOURNAL_FILE, RunFolder};
use folkmoot::journal::{JournalReader, OutsideNote, Record, mend};
use folkmoot::model::{Model, ModelRequest};
use folkmoot::tool::{Tool, ToolContext, ToolFailure};
use folkmoot::{Registry, Run};

use crate::support::{scenario, text};

const TOOLS: &str = "
folkmoot: 1
name: tools
models: { clerk: { custom: { name: outside } } }
tools: { pay: { custom: { name: pay } } }
agents: { clerk: { model: clerk, tools: [pay], permissions: auto } }
coordination: { single: { member: clerk } }
tasks: { list: [Pay the baker., Pay the smith., Pay the miller.] }
";

const DEBATE: &str = "
folkmoot: 1
name: debate
models: { debater: { custom: { name: outside } } }
agents: { ann: { model: debater }, bob: { model: debater }, cat: { model: debater } }
coordination: { debate: { members: [ann, bob, cat], rounds: 2, decide: { rule: plurality, ties: first } } }
tasks: { generate: { count: 2, choices: [A, B] } }
";

const DELEGATION: &str = "
folkmoot: 1
name: delegation
models: { outside: { custom: { name: outside } } }
agents: { lead: { model: outside }, north: { model: outside }, south: { model: outside } }
coordination: { delegation: { lead: lead, workers: [north, south] } }
tasks: { list: [Which gates are open?, Which gates are shut?] }
";

/// A process that writes down what it is asked, takes its time, and answers.
const SERVER: &str = "echo \"asked $1\" >> \"$2\"; sleep 0.00$4; echo \"answered $1\" >> \"$2\"; printf %s \"$3\"";
/// A process with an effect, which happens once for every key.
const EFFECT_BY_KEY: &str = "sleep 0.00$3; mkdir \"$2.$1\" 2>/dev/null && echo \"$1\" >> \"$2\"; printf done";
/// A process with an effect, as often as it is asked for.
const EFFECT: &str = "sleep 0.00$3; echo \"$1\" >> \"$2\"; printf done";

fn outside(script: &str, arguments: [&str; 3], pause_ms: usize) -> String {
    let pause_ms = (pause_ms % 6).to_string();
    let [what, log, answer] = arguments;
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script, "sh", what, log]);
    // The effects have no answer to give.
    if !answer.is_empty() {
        command.arg(answer);
    }
    text(&command.arg(pause_ms).output().unwrap().stdout)
}

struct OutsideModel {
    log: String,
}

impl Model for OutsideModel {
    fn answer(&self, request: &ModelRequest) -> Result<ModelReply, ModelFailure> {
        let ModelRequest { agent, task, call, attempt, .. } = request;
        let what = format!("model for {agent}, task {}, call {call}, attempt {attempt}", task.id);
        let heard: usize = request.transcript.messages().iter().map(|message| message.text().len()).sum();
        let answer = match (agent.as_str(), call) {
            ("lead", 0) => "DELEGATE north: Look there.\nDELEGATE south: Look here.".to_owned(),
            _ if heard.is_multiple_of(2) => "A".to_owned(),
            _ => "B".to_owned(),
        };
        let answer = outside(SERVER, [&what, &self.log, &answer], heard);
        if agent.as_str() == "clerk" && *call < 2 {
            let id = format!("pay-{call}").into();
            return Ok(ModelReply::calls(vec![ToolCall { id, name: "pay".into(), arguments: "{}".into() }]));
        }
        Ok(ModelReply::text(answer))
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

struct Pay {
    effects: String,
    has_key: bool,
}

impl Tool for Pay {
    type Arguments = Nothing;
    fn name(&self) -> &str {
        "pay"
    }
    fn description(&self) -> &str {
        "Moves money."
    }
    fn effect(&self) -> ToolEffect {
        ToolEffect::Network
    }
    fn is_idempotent(&self, _: &Nothing) -> bool {
        self.has_key
    }
    async fn run(&self, _: Nothing, context: &ToolContext) -> Result<String, ToolFailure> {
        let key = format!("{}-{}", context.caller.task, context.caller.call_id);
        let script = if self.has_key { EFFECT_BY_KEY } else { EFFECT };
        Ok(outside(script, [&key, &self.effects, ""], key.len()))
    }
}

/// Where everything of one run is.
struct Place {
    folder: PathBuf,
    log: PathBuf,
    effects: PathBuf,
}

impl Place {
    fn new(scratch: &Path, name: &str) -> Self {
        let place = |ending: &str| scratch.join(format!("{name}{ending}"));
        Self { folder: place(""), log: place(".log"), effects: place(".effects") }
    }

    /// The process that plays the run, or goes on with it.
    fn process(&self, yaml: &str, has_key: bool, durability: Durability) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "kills::plays_in_a_process_of_its_own", "--ignored"]);
        command.env("KILLED_SCENARIO", yaml).env("KILLED_HAS_KEY", has_key.to_string());
        command.env("KILLED_SYNCS", (durability == Durability::Sync).to_string());
        command.env("KILLED_FOLDER", &self.folder).env("KILLED_LOG", &self.log);
        command.env("KILLED_EFFECTS", &self.effects).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn digest(&self) -> Option<String> {
        let folder = RunFolder::open(&self.folder).ok()?;
        folder.result().unwrap().map(|result| result.digest.to_string())
    }

    /// How often each line stands in what the processes outside wrote down.
    fn counts(path: &Path) -> BTreeMap<String, u32> {
        let mut counts = BTreeMap::new();
        for line in std::fs::read_to_string(path).unwrap_or_default().lines() {
            *counts.entry(line.to_owned()).or_default() += 1;
        }
        counts
    }
}

/// What stands in a journal that was just left by a process that was killed.
struct Left {
    /// Its whole lines, byte for byte.
    lines: Vec<u8>,
    answered: BTreeSet<String>,
    open: BTreeSet<String>,
}

fn left_in(place: &Place) -> Option<Left> {
    let path = place.folder.join(JOURNAL_FILE);
    let mut mended = Vec::new();
    mend(File::open(&path).ok()?, &mut mended).unwrap();
    let (mut asked, mut answered) = (BTreeMap::new(), BTreeSet::new());
    for record in JournalReader::new(mended.as_slice()).unwrap() {
        let Record::Note(note) = record.unwrap() else { continue };
        match OutsideNote::of(&note).unwrap() {
            Some(OutsideNote::Sent { number, what }) => drop(asked.insert(number, what.to_string())),
            Some(OutsideNote::Answered { number, .. }) => drop(answered.insert(asked.remove(&number).unwrap())),
            None => {}
        }
    }
    Some(Left { lines: zstd::decode_all(mended.as_slice()).unwrap(), answered, open: asked.into_values().collect() })
}

/// How a process is killed: at a moment, or at a named step.
enum Kill {
    AfterMs(u64),
    At(String),
}

/// All kinds of kills, one after another.
fn kill(number: u64) -> (Kill, Durability) {
    let step = number / 4;
    let durability = if number.is_multiple_of(3) { Durability::Sync } else { Durability::Batch };
    let kill = match number % 4 {
        0 => Kill::At(format!("write:{}", step % 40 + 1)),
        1 => Kill::At(format!("write:{}:half", step * 7 % 40 + 1)),
        2 => Kill::At(["create:2", "rename:1", "sync:9", "sync-folder:1", "rename:2"][(step % 5) as usize].to_owned()),
        _ => Kill::AfterMs(step * 13 % 60 + 5),
    };
    (kill, durability)
}

#[derive(Default)]
struct Kills {
    kills: u64,
    runs: u64,
    ambiguous: u64,
}

/// Kills runs of a scenario until so many kills have hit, each run several times.
fn kill_runs(yaml: &str, has_key: bool, kills_wanted: u64) -> Kills {
    let scratch = tempfile::tempdir().unwrap();
    let whole = Place::new(scratch.path(), "whole");
    assert!(whole.process(yaml, has_key, Durability::Batch).status().unwrap().success());
    let effects_expected = Place::counts(&whole.effects);
    let mut all = Kills::default();
    let mut number = 0;
    while all.kills < kills_wanted {
        let place = Place::new(scratch.path(), &format!("run-{}", all.runs));
        let mut lefts: Vec<(Left, BTreeMap<String, u32>)> = Vec::new();
        for _ in 0..4 {
            let (kill, durability) = kill(number);
            number += 1;
            let mut command = place.process(yaml, has_key, durability);
            if let Kill::At(step) = &kill {
                command.env("MOOT_CRASH_AT", step);
            }
            let mut child = command.spawn().unwrap();
            if let Kill::AfterMs(ms) = kill {
                std::thread::sleep(Duration::from_millis(ms.min(50)));
                // One that is through already can't be killed any more.
                let _ = child.kill();
            }
            if !child.wait().unwrap().success() {
                all.kills += 1;
            }
            lefts.extend(left_in(&place).map(|left| (left, Place::counts(&place.log))));
        }
        let mut command = place.process(yaml, has_key, Durability::Batch);
        let output = command.stdout(Stdio::piped()).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stdout));
        check(&place, &lefts, &effects_expected);
        let ambiguous = lefts.iter().flat_map(|(left, _)| &left.open).filter(|what| what.starts_with("tool")).count();
        all.ambiguous += ambiguous as u64;
        let is_clear = ambiguous == 0 || has_key;
        if is_clear {
            assert_eq!(place.digest(), whole.digest(), "run {}", all.runs);
        }
        all.runs += 1;
    }
    all
}

/// Holds what a run has left against what was known at each of its kills.
fn check(place: &Place, lefts: &[(Left, BTreeMap<String, u32>)], effects_expected: &BTreeMap<String, u32>) {
    let end = left_in(place).unwrap();
    let asked = Place::counts(&place.log);
    for (left, asked_then) in lefts {
        assert!(end.lines.starts_with(&left.lines), "a line that was kept is lost");
        for what in left.answered.iter().filter(|what| what.starts_with("model")) {
            let asked_line = format!("asked {what}");
            assert_eq!(asked.get(&asked_line), asked_then.get(&asked_line), "{what} had an answer and is asked again");
        }
    }
    // Nothing happens twice, and what has an answer has happened.
    let effects = Place::counts(&place.effects);
    assert!(effects.values().all(|count| *count == 1), "{effects:?}");
    assert!(effects.keys().all(|effect| effects_expected.contains_key(effect)), "{effects:?}");
    let open: BTreeSet<&String> = lefts.iter().flat_map(|(left, _)| &left.open).collect();
    if effects.len() < effects_expected.len() {
        let lost = effects_expected.len() - effects.len();
        assert!(open.iter().filter(|what| what.starts_with("tool")).count() >= lost, "an effect is missing: {open:?}");
    }
}

/// How many kills are wanted, in all: few in short form, as many as `SURVIVAL_KILLS` says.
fn kills_wanted(short: u64) -> u64 {
    std::env::var("SURVIVAL_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(short)
}

/// Q13: tools with effects that have keys, a debate and a delegation: the same result, nothing asked or done again.
#[cfg(unix)]
#[test]
fn killed_runs_go_on_to_the_same_result() {
    for yaml in [TOOLS, DEBATE, DELEGATION] {
        let killed = kill_runs(yaml, true, kills_wanted(20).div_ceil(3));
        assert!(killed.kills > killed.runs, "{} kills in {} runs", killed.kills, killed.runs);
    }
}

/// Q13: a tool that is not idempotent and was open at the kill is not run again, and its step says so.
#[cfg(unix)]
#[test]
fn what_is_ambiguous_is_told_and_not_repeated() {
    let killed = kill_runs(TOOLS, false, kills_wanted(20).div_ceil(4));
    assert!(killed.kills >= killed.runs);
    // In short form it may be that no kill hits an open call.
    assert!(killed.ambiguous > 0 || kills_wanted(20) == 20, "no call was open at a kill");
}

/// The process that is killed.
#[test]
#[ignore = "the other tests here start it, with a run to play"]
fn plays_in_a_process_of_its_own() {
    let variable = |name: &str| std::env::var(name).unwrap();
    let (log, effects) = (variable("KILLED_LOG"), variable("KILLED_EFFECTS"));
    let has_key = variable("KILLED_HAS_KEY") == "true";
    let durability = if variable("KILLED_SYNCS") == "true" { Durability::Sync } else { Durability::Batch };
    let mut registry = Registry::new();
    registry.model("outside", move |_| Ok(Arc::new(OutsideModel { log: log.clone() })));
    registry.tool("pay", move |_| Ok(Pay { effects: effects.clone(), has_key }));
    let scenario = scenario(&variable("KILLED_SCENARIO"));
    let place = PathBuf::from(variable("KILLED_FOLDER"));
    let run = Run::new(&scenario).registry(&registry).durability(durability).check_invariants();
    let played = match RunFolder::open(&place) {
        Ok(folder) => run.resume(&folder).play().unwrap(),
        Err(_) => run.folder(&place).play().unwrap(),
    };
    assert_eq!((played.divergence, played.violations), (None, Vec::new()));
    let told = played.result.reason.unwrap_or_default();
    assert!(played.result.status == folkmoot::core::RunStatus::Completed, "{told}");
}
