//! A run that breaks off goes on to the same result: nothing that was answered is asked again, and no effect happens
//! twice.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use folkmoot::core::{ModelFailure, ModelReply, ToolEffect};
use folkmoot::folder::{JOURNAL_FILE, MANIFEST_FILE, RunFolder, SCENARIO_FILE};
use folkmoot::journal::{JournalReader, Note, OutsideNote, Record};
use folkmoot::model::{Model, ModelRequest};
use folkmoot::tool::{Tool, ToolContext, ToolFailure};
use folkmoot::{Played, Registry, Run, Scenario};

use crate::support::{moot, root, scenario, text};

/// How often what was asked, over all attempts at the run.
type Asked = Arc<Mutex<BTreeMap<String, u32>>>;

/// A debater outside: what it says depends on what it is asked.
struct Debater(Asked);

impl Model for Debater {
    fn answer(&self, request: &ModelRequest) -> Result<ModelReply, ModelFailure> {
        let asked = format!("{} {} {} {}", request.agent, request.task.id, request.call, request.attempt);
        *self.0.lock().unwrap().entry(format!("model {asked}")).or_default() += 1;
        let wants_tool = request.agent.as_str() == "clerk" && request.call == 0;
        if wants_tool {
            let call =
                folkmoot::core::ToolCall { id: "pay".into(), name: "pay".into(), arguments: "{\"amount\":5}".into() };
            return Ok(ModelReply::calls(vec![call]));
        }
        let last = request.transcript.messages().last().map_or(0, |message| message.text().len());
        Ok(ModelReply::text(if last.is_multiple_of(2) { "A" } else { "B" }))
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Amount {
    amount: u32,
}

/// Moves money outside.
struct Pay {
    asked: Asked,
    is_idempotent: bool,
}

impl Tool for Pay {
    type Arguments = Amount;
    fn name(&self) -> &str {
        "pay"
    }
    fn description(&self) -> &str {
        "Moves money."
    }
    fn effect(&self) -> ToolEffect {
        ToolEffect::Network
    }
    fn is_idempotent(&self, _: &Amount) -> bool {
        self.is_idempotent
    }
    async fn run(&self, amount: Amount, _: &ToolContext) -> Result<String, ToolFailure> {
        *self.asked.lock().unwrap().entry("pay".to_owned()).or_default() += 1;
        Ok(format!("paid {}", amount.amount))
    }
}

fn registry(is_idempotent: bool) -> (Registry, Asked) {
    let (asked, mut registry) = (Asked::default(), Registry::new());
    let model = Arc::clone(&asked);
    registry.model("debater", move |_| Ok(Arc::new(Debater(Arc::clone(&model)))));
    let tool = Arc::clone(&asked);
    registry.tool("pay", move |_| Ok(Pay { asked: Arc::clone(&tool), is_idempotent }));
    (registry, asked)
}

fn debate() -> Scenario {
    scenario(
        "
folkmoot: 1
name: survival
models: { debater: { custom: { name: debater } } }
tools: { pay: { custom: { name: pay } } }
agents:
  clerk: { model: debater, tools: [pay], permissions: auto }
  ann: { model: debater }
  bob: { model: debater }
coordination:
  debate: { members: [clerk, ann, bob], rounds: 1, decide: { rule: plurality, ties: first } }
tasks: { generate: { count: 2, choices: [A, B] } }
",
    )
}

/// A folder with the first bytes of a run's journal: what a kill leaves.
fn broken_off(whole: &Path, bytes: usize) -> (tempfile::TempDir, RunFolder) {
    let scratch = tempfile::tempdir().unwrap();
    let place = scratch.path().join("run");
    std::fs::create_dir(&place).unwrap();
    for file in [SCENARIO_FILE, MANIFEST_FILE] {
        std::fs::copy(whole.join(file), place.join(file)).unwrap();
    }
    let journal = std::fs::read(whole.join(JOURNAL_FILE)).unwrap();
    std::fs::write(place.join(JOURNAL_FILE), &journal[..bytes]).unwrap();
    (scratch, RunFolder::open(place).unwrap())
}

fn kept(path: &Path) -> Vec<Note> {
    let reader = JournalReader::new(File::open(path.join(JOURNAL_FILE)).unwrap()).unwrap();
    let records = reader.map_while(Result::ok);
    records.filter_map(|record| if let Record::Note(note) = record { Some(note) } else { None }).collect()
}

fn plays(scenario: &Scenario, registry: &Registry, folder: &Path) -> Played {
    Run::new(scenario).registry(registry).folder(folder).check_invariants().play().unwrap()
}

/// What the journal holds answers to, by what was asked.
fn answered(path: &Path) -> Vec<String> {
    let (mut asked, mut answered) = (BTreeMap::new(), Vec::new());
    for note in kept(path) {
        match OutsideNote::of(&note).unwrap() {
            Some(OutsideNote::Sent { number, what }) => drop(asked.insert(number, what.to_string())),
            Some(OutsideNote::Answered { number, .. }) => answered.push(asked[&number].clone()),
            None => {}
        }
    }
    answered
}

/// How the model counts a request of which the journal says this.
fn counted(what: &str) -> String {
    let words: Vec<&str> = what.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    match words[..] {
        ["model", "for", agent, "task", task, "call", call, "attempt", attempt] => {
            format!("model {agent} {task} {call} {attempt}")
        }
        _ => "pay".to_owned(),
    }
}

/// Wherever the journal breaks off, the run goes on to the same digest, and what has an answer is not asked again.
#[test]
fn a_run_that_breaks_off_anywhere_goes_on_to_the_same_result() {
    let scratch = tempfile::tempdir().unwrap();
    let whole = scratch.path().join("whole");
    let scenario = debate();
    let expected = plays(&scenario, &registry(true).0, &whole).result;
    let length = std::fs::metadata(whole.join(JOURNAL_FILE)).unwrap().len() as usize;
    let mut resumed = 0;
    for bytes in (0..=length).step_by(61).chain([length]) {
        let (_scratch, folder) = broken_off(&whole, bytes);
        let known = answered_or_none(folder.path());
        let (registry, asked) = registry(true);
        let played = match Run::new(&scenario).registry(&registry).resume(&folder).check_invariants().play() {
            Ok(played) => played,
            // Without a whole header there is no run to go on with.
            Err(error) => {
                assert!(known.is_none(), "{bytes} bytes: {error}");
                continue;
            }
        };
        resumed += 1;
        assert_eq!(played.divergence, None, "{bytes} bytes");
        assert_eq!((&played.result.digest, played.result.status), (&expected.digest, expected.status), "{bytes} bytes");
        for what in known.unwrap_or_default().iter().filter(|what| what.starts_with("model")) {
            assert_eq!(asked.lock().unwrap().get(&counted(what)), None, "{bytes} bytes: {what} is asked again");
        }
        // What is kept now is whole, and a second resume has nothing to do.
        let events = folder.kept().unwrap();
        assert!(events.is_finished() && events.torn.is_none());
        assert_eq!(folder.result().unwrap().unwrap().digest, expected.digest);
    }
    assert!(resumed > 20, "{resumed} places");
}

fn answered_or_none(path: &Path) -> Option<Vec<String>> {
    JournalReader::new(File::open(path.join(JOURNAL_FILE)).unwrap()).ok().map(|_| answered(path))
}

/// A tool that is not idempotent and was open when the run broke off is never made again: what came of it is unknown.
#[test]
fn what_may_have_happened_is_not_done_again() {
    let scratch = tempfile::tempdir().unwrap();
    let whole = scratch.path().join("whole");
    let scenario = debate();
    plays(&scenario, &registry(false).0, &whole);
    let length = std::fs::metadata(whole.join(JOURNAL_FILE)).unwrap().len() as usize;
    let (mut unknown, mut last) = (0, None);
    for bytes in 0..length {
        let (_scratch, folder) = broken_off(&whole, bytes);
        let Some(answered) = answered_or_none(folder.path()) else { continue };
        let notes: Vec<String> = kept(folder.path()).iter().map(|note| note.text.to_string()).collect();
        let sent = notes.iter().filter(|text| text.starts_with("tool pay")).count();
        let done = answered.iter().filter(|what| what.starts_with("tool pay")).count();
        // The same records broken off at another byte are the same case.
        if sent == done || last.replace(notes.len()) == Some(notes.len()) {
            continue;
        }
        let (registry, asked) = registry(false);
        let played = Run::new(&scenario).registry(&registry).resume(&folder).keep_events().play().unwrap();
        let told =
            |event: &folkmoot::core::Event| format!("{:?}", event.kind).contains("nobody knows whether it took effect");
        let found = played.events.unwrap().iter().filter(|event| told(event)).count();
        assert!(found > 0, "{bytes} bytes");
        // Two tasks pay once each: the open one is not paid again.
        let paid = asked.lock().unwrap().get("pay").copied().unwrap_or(0) as usize;
        assert_eq!(paid + sent, 2, "{bytes} bytes");
        assert!(kept(folder.path()).iter().any(|note| &*note.kind == "abandoned"));
        unknown += 1;
    }
    assert!(unknown >= 2, "{unknown} cases");
}

const GUARDED: &str = "
folkmoot: 1
name: guarded
models:
  writer:
    scripted:
      steps:
        - call: { write_file: { path: \"{{ task.id }}.txt\", content: x } }
        - call: { read_file: { path: \"{{ task.id }}.txt\" } }
        - say: done
agents: { writer: { model: writer, tools: [write_file, read_file], permissions: auto } }
hooks:
  slow: { on: before_tool_call, then: { command: { argv: [/bin/sh, -c, \"cat > /dev/null; sleep 0.01\"] } } }
workspace: { folder: files }
coordination: { single: { member: writer } }
tasks: { list: [a, b, c, d, e, f, g, h] }
";

/// Q13: the command is killed at many moments, several times a run, and resumed until it is done. In short form 5 runs; as
/// many as `SURVIVAL_RUNS` says.
#[cfg(unix)]
#[test]
fn a_killed_command_goes_on() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("guarded.yaml");
    std::fs::write(&file, GUARDED.replace("{{ task.id }}", "note")).unwrap();
    std::fs::create_dir(scratch.path().join("files")).unwrap();
    let run = |folder: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_moot"));
        command.args(["run", "--trust", "--quiet", "--out"]).arg(folder).arg(&file);
        command
    };
    let resume = |folder: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_moot"));
        command.args(["resume", "--trust", "--quiet"]).arg(folder);
        command
    };
    let digest = |folder: &Path| RunFolder::open(folder).unwrap().result().unwrap().map(|result| result.digest);
    let whole = scratch.path().join("whole");
    assert!(run(&whole).output().unwrap().status.success());
    let mut kills = 0;
    let runs: u64 = std::env::var("SURVIVAL_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    for number in 0..runs {
        let folder = scratch.path().join(format!("run-{number}"));
        let mut command = run(&folder);
        for attempt in 0..40 {
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            // Later kills come after longer, so that every run comes to its end.
            std::thread::sleep(Duration::from_millis((7 * number + 9 * attempt + 11) % 50 + 10));
            let is_done = child.try_wait().unwrap().is_some() || attempt == 39;
            if !is_done {
                child.kill().unwrap();
            }
            child.wait().unwrap();
            if is_done {
                break;
            }
            kills += 1;
            // A run that was killed before its folder appeared never began.
            command = if folder.exists() { resume(&folder) } else { run(&folder) };
        }
        if digest(&folder).is_none() {
            let output = resume(&folder).output().unwrap();
            assert!(output.status.success(), "{}", text(&output.stderr));
        }
        assert_eq!(digest(&folder), digest(&whole), "run {number}");
    }
    assert!(kills >= 2 * runs, "{kills} kills in {runs} runs");
}

#[test]
fn a_kept_run_is_replayed_compared_and_refused_when_it_was_changed() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = |name: &str| scratch.path().join(name).display().to_string();
    let file = root().join("scenarios/first-turn.yaml").display().to_string();
    for (name, seed) in [("one", "1"), ("same", "1"), ("other", "2")] {
        assert!(moot(&["run", &file, "--seed", seed, "--out", &folder(name)]).status.success());
    }
    let replayed = moot(&["replay", &folder("one")]);
    assert!(replayed.status.success() && text(&replayed.stderr).contains("each as it was kept"));
    let part = moot(&["replay", &folder("one"), "--until", "12", "--events"]);
    assert!(part.status.success() && text(&part.stderr).starts_with("12 of "), "{}", text(&part.stderr));
    assert!(text(&part.stdout).contains("council -> writer"));
    let equal = moot(&["diff", &folder("one"), &folder("same")]);
    assert!(equal.status.success() && text(&equal.stdout).starts_with("the runs did the same"));
    let different = moot(&["diff", &folder("one"), &folder("other")]);
    assert_eq!(different.status.code(), Some(1));
    assert!(text(&different.stdout).contains("e.run_started.seed: before 1, now 2"));
    let again = moot(&["resume", &folder("one")]);
    assert!(again.status.success() && text(&again.stderr).contains("has come to its end"));

    // As if it had been killed at its end; and then somebody changes the scenario.
    std::fs::remove_file(scratch.path().join("one/result.json")).unwrap();
    let path = scratch.path().join("one/scenario.json");
    let changed = std::fs::read_to_string(&path).unwrap().replace("hello from the world", "hello");
    std::fs::write(&path, changed).unwrap();
    for command in ["resume", "replay"] {
        let refused = moot(&[command, &folder("one")]);
        assert_eq!(refused.status.code(), Some(2), "{command}");
        assert!(text(&refused.stderr).contains("scenario.models.writer"), "{}", text(&refused.stderr));
    }
}

#[test]
fn damage_is_refused_and_what_is_good_can_be_saved() {
    let scratch = tempfile::tempdir().unwrap();
    let whole = scratch.path().join("whole");
    plays(&debate(), &registry(true).0, &whole);
    let path = whole.join(JOURNAL_FILE);
    let mut journal = std::fs::read(&path).unwrap();
    let middle = journal.len() / 2;
    journal[middle] ^= 0x55;
    std::fs::write(&path, journal).unwrap();
    std::fs::remove_file(whole.join("result.json")).unwrap();
    let folder = RunFolder::open(&whole).unwrap();
    assert!(folder.kept().is_err() && folder.verify().is_err());
    let replayed = moot(&["replay", &whole.display().to_string()]);
    assert!(text(&replayed.stderr).contains("the journal is damaged in line"), "{}", text(&replayed.stderr));
    let good = scratch.path().join("good");
    assert!(folder.salvage(&good).unwrap().end.is_some());
    let (registry, _) = registry(true);
    let good = RunFolder::open(&good).unwrap();
    let played = Run::new(&debate()).registry(&registry).resume(&good).play().unwrap();
    assert_eq!(played.divergence, None);
    assert!(good.kept().unwrap().is_finished());
}

#[test]
fn a_journal_has_one_writer() {
    let scratch = tempfile::tempdir().unwrap();
    let whole = scratch.path().join("whole");
    plays(&debate(), &registry(true).0, &whole);
    let folder = RunFolder::open(&whole).unwrap();
    let first = folder.take_up(folkmoot::folder::Durability::Sync).unwrap();
    let second = folder.take_up(folkmoot::folder::Durability::Batch).map(|_| ()).unwrap_err();
    assert!(second.to_string().contains("is being written"), "{second}");
    drop(first);
}

pub(crate) const ARGUMENT: &str = "
folkmoot: 1
name: argument
models:
  plain: { stochastic: { accuracy: 0.6 } }
  careful: { stochastic: { accuracy: 1.0 } }
agents: { ann: { model: plain }, bob: { model: plain }, cat: { model: plain } }
coordination: { debate: { members: [ann, bob, cat], rounds: 2, decide: { rule: majority, ties: coin } } }
tasks: { generate: { count: 3, choices: [A, B] } }
";

/// A folder with a run of the argument, in `one`.
fn argued() -> tempfile::TempDir {
    let scratch = tempfile::tempdir().unwrap();
    let place = |name: &str| scratch.path().join(name).display().to_string();
    std::fs::write(place("argument.yaml"), ARGUMENT).unwrap();
    assert!(moot(&["run", &place("argument.yaml"), "--out", &place("one")]).status.success());
    scratch
}

/// The first event of a task in which this agent answers.
fn reply_of(folder: &RunFolder, agent: &str, task: u32) -> usize {
    let events = folder.kept().unwrap().events.to_vec().unwrap();
    let is_it = |event: &folkmoot::core::Event| {
        event.actor.as_str() == agent
            && event.kind.name() == "model_replied"
            && event.kind.task() == Some(folkmoot::core::TaskId(task))
    };
    events.iter().position(is_it).unwrap()
}

#[test]
fn a_fork_begins_as_the_run_that_it_comes_from() {
    let scratch = argued();
    let folder = |name: &str| scratch.path().join(name).display().to_string();
    let one = RunFolder::open(folder("one")).unwrap();
    let at = reply_of(&one, "ann", 1);
    let forked = moot(&[
        "fork",
        &folder("one"),
        "--at",
        &at.to_string(),
        "--set",
        "agents.ann.model=careful",
        "--out",
        &folder("two"),
    ]);
    assert!(forked.status.success(), "{}", text(&forked.stderr));
    let two = RunFolder::open(folder("two")).unwrap();
    let (before, after) = (one.kept().unwrap().events.to_vec().unwrap(), two.kept().unwrap().events.to_vec().unwrap());
    assert_eq!(before[..at], after[..at], "the beginning is equal, record by record");
    assert_ne!(before[at], after[at], "ann is another one from here on");
    let lineage = two.manifest().unwrap().unwrap().lineage.unwrap();
    assert_eq!((lineage.at, lineage.changes), (at as u64, vec!["agents.ann.model=careful".to_owned()]));
    let different = moot(&["diff", &folder("one"), &folder("two")]);
    assert!(text(&different.stdout).starts_with(&format!("the first {at} events are equal")));
    // What the change does not reach stays: bob's first word on the last task.
    let bob = |folder: &RunFolder| {
        let events = folder.kept().unwrap().events.to_vec().unwrap();
        format!("{:?}", events[reply_of(folder, "bob", 2)].kind)
    };
    assert_eq!(bob(&one), bob(&two));

    // It is a run like any other: replayed, and taken up when it broke off.
    let replayed = moot(&["replay", &folder("two")]);
    assert!(replayed.status.success(), "{}", text(&replayed.stderr));
    let journal = std::fs::read(scratch.path().join("two").join(JOURNAL_FILE)).unwrap();
    let (_scratch, broken) = broken_off(&scratch.path().join("two"), journal.len() - 40);
    let resumed = moot(&["resume", &broken.path().display().to_string()]);
    assert!(resumed.status.success(), "{}", text(&resumed.stderr));
    assert_eq!(broken.result().unwrap().unwrap().digest, two.result().unwrap().unwrap().digest);
}

#[test]
fn a_fork_whose_change_reaches_back_is_refused() {
    let scratch = argued();
    let folder = |name: &str| scratch.path().join(name).display().to_string();
    let one = RunFolder::open(folder("one")).unwrap();
    let at = reply_of(&one, "ann", 1).to_string();
    let change = ["--set", "coordination.debate.members=[ann, bob]", "--out", &folder("two")];
    let refused = moot(&[&["fork", &folder("one"), "--at", &at], change.as_slice()].concat());
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("reaches back to event"), "{}", text(&refused.stderr));
    assert!(!scratch.path().join("two").exists(), "nothing is left of it");
    let nowhere = moot(&["fork", &folder("one"), "--at", "100000", "--out", &folder("two")]);
    assert!(text(&nowhere.stderr).contains("no event that something can change at"));
}

/// Answers after some real time, another one each call.
struct Hesitant(std::sync::atomic::AtomicU64);

impl Model for Hesitant {
    fn answer(&self, request: &ModelRequest) -> Result<ModelReply, ModelFailure> {
        let call = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(call * 7919 % 23));
        Ok(ModelReply::text(if (call + request.transcript.len() as u64).is_multiple_of(3) { "A" } else { "B" }))
    }
}

const LIVE: &str = "
folkmoot: 1
name: live
models:
  hesitant: { custom: { name: hesitant } }
  slow: { scripted: { latency: 12ms, steps: [{ say: A }] } }
agents: { ann: { model: hesitant }, bob: { model: hesitant }, cat: { model: hesitant }, dan: { model: slow } }
coordination:
  debate:
    members: [ann, bob, cat, dan]
    rounds: 1
    decide: { rule: plurality, ties: first }
    join: { deadline: 15ms }
tasks: { generate: { count: 3, choices: [A, B] }, at_once: 2 }
";

fn hesitant() -> Registry {
    let mut registry = Registry::new();
    registry.model("hesitant", |_| Ok(Arc::new(Hesitant(std::sync::atomic::AtomicU64::new(0)))));
    registry
}

/// What happened live, in the order and at the times at which it really did, happens again on the virtual clock.
#[test]
fn a_live_run_is_replayed_to_the_same_digest() {
    use folkmoot::runtime::{Clock, Recall};
    let scratch = tempfile::tempdir().unwrap();
    let scenario = scenario(LIVE);
    let (mut ends, mut late) = (std::collections::BTreeSet::new(), 0);
    for number in 0..4 {
        let place = scratch.path().join(format!("run-{number}"));
        let registry = hesitant();
        let run = Run::new(&scenario).registry(&registry).clock(Clock::Real).folder(&place);
        let live = run.check_invariants().play().unwrap();
        assert!(live.ended_at.as_millis() >= 12, "time really passed");
        ends.insert(live.ended_at);
        let folder = RunFolder::open(&place).unwrap();
        let kept = folder.kept().unwrap();
        late += kept
            .events
            .iter()
            .map(Result::unwrap)
            .filter(|event| format!("{:?}", event.kind).contains("Absent"))
            .count();
        let recall = Recall { events: kept.events, outside: kept.outside, ..Recall::default() };
        let replayed = Run::new(&scenario).registry(&registry).recall(recall).play().unwrap();
        assert_eq!(replayed.divergence, None);
        assert_eq!(replayed.result.digest, live.result.digest);
        assert_eq!(replayed.ended_at, live.ended_at);

        // It can be taken up on the real clock as well.
        let length = std::fs::metadata(place.join(JOURNAL_FILE)).unwrap().len() as usize;
        let (_scratch, broken) = broken_off(&place, length * 2 / 3);
        let manifest = broken.manifest().unwrap();
        let run = Run::new(&scenario).registry(&registry).as_manifest(manifest.as_ref()).resume(&broken);
        let resumed = run.play().unwrap();
        // How it ends depends on who is in time: on a busy machine nobody may be.
        assert_eq!((resumed.divergence, resumed.result.tasks.len()), (None, 3), "{:?}", resumed.result.reason);
    }
    // No two live runs need be alike: that is what the journal is for.
    assert!(ends.len() > 1 || late > 0, "{ends:?}");
}

const REMEMBERING: &str = "
folkmoot: 1
name: remembering
models:
  clerk: { scripted: { steps: [{ call: { remember: { text: The key is under the mat. } } }, { say: done }] } }
agents: { clerk: { model: clerk, tools: [remember], permissions: auto } }
notes: { folder: memory }
coordination: { single: { member: clerk } }
tasks: { list: [Begin.] }
";

/// A replay begins with the notes that the run began with, and leaves those that are there now alone.
#[test]
fn a_replay_changes_nothing_outside() {
    let scratch = tempfile::tempdir().unwrap();
    let place = |name: &str| scratch.path().join(name).display().to_string();
    std::fs::write(place("remembering.yaml"), REMEMBERING).unwrap();
    for run in ["first", "second"] {
        let kept = moot(&["run", "--trust", &place("remembering.yaml"), "--out", &place(run)]);
        assert!(kept.status.success(), "{}", text(&kept.stderr));
    }
    let files = || {
        let folder = std::fs::read_dir(scratch.path().join("memory")).unwrap();
        let read = |path: std::path::PathBuf| (path.clone(), std::fs::read_to_string(path).unwrap());
        folder.map(|entry| read(entry.unwrap().path())).collect::<BTreeMap<_, _>>()
    };
    assert!(!files().is_empty());
    std::fs::write(scratch.path().join("memory/notes.jsonl"), "").unwrap();
    let before = files();
    for run in ["first", "second"] {
        let replayed = moot(&["replay", "--trust", &place(run)]);
        assert!(replayed.status.success(), "{}", text(&replayed.stderr));
    }
    assert_eq!(files(), before);
}
