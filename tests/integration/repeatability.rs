//! The same scenario and seed give the same bytes: in another process, beside other worlds, recorded or not, with idle
//! agents added and agents reordered.

use std::sync::atomic::{AtomicUsize, Ordering};

use folkmoot::{Run, Scenario};

use crate::support::{moot, play, scenario, text, trajectory};

/// Agents with latencies that collide, tools, a tie rule that tosses coins, and a nested council.
const BUSY: &str = r#"
folkmoot: 1
name: busy
models:
  voter: { stochastic: { accuracy: 0.6, latency: { uniform: { from: 1ms, to: 5ms } }, failures: { overloaded: 0.05 }, tokens: { input: 9, output: 3 }, price: { input: 1.0, output: 2.0 } } }
  clerk:
    scripted:
      steps:
        - call: [{ write_file: { path: "t{{ task.id }}.txt", content: "{{ task.prompt }}" } }, { remember: { text: "saw task {{ task.id }}" } }]
          latency: 2ms
        - call: { recall: { query: saw } }
        - say: "{{ task.choices | first }}"
agents:
  voter: { model: voter, count: 4 }
  clerk: { model: clerk, tools: [write_file, remember, recall], permissions: auto }
councils:
  inner: { vote: { members: [voter], rule: majority, ties: coin } }
coordination: { vote: { members: [inner, clerk], rule: plurality, ties: coin } }
tasks: { generate: { count: 40, choices: [A, B] }, at_once: 3 }
tolerate: { failed: 1.0 }
"#;

fn digest(scenario: &Scenario) -> String {
    Run::new(scenario).play().unwrap().result.digest.to_string()
}

#[test]
fn two_processes_agree_with_this_one() {
    let file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    std::fs::write(file.path(), BUSY).unwrap();
    let run = || {
        let output = moot(&["run", file.path().to_str().unwrap(), "--json"]);
        let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!("{error}: {}{}", text(&output.stdout), text(&output.stderr));
        });
        result["digest"].as_str().unwrap().to_owned()
    };
    let here = digest(&scenario(BUSY));
    assert_eq!([run(), run()], [here.clone(), here]);
}

#[test]
fn another_seed_or_replicate_gives_another_run() {
    let busy = scenario(BUSY);
    let of =
        |seed, replicate| Run::new(&busy).seed(seed).replicate(replicate).play().unwrap().result.digest.to_string();
    assert_ne!(of(1, 0), of(2, 0));
    assert_ne!(of(1, 0), of(1, 1));
}

#[test]
fn eight_worlds_on_one_two_and_eight_threads_equal_their_solo_runs() {
    let busy = scenario(BUSY);
    let solo: Vec<String> =
        (0..8).map(|seed| Run::new(&busy).seed(seed).play().unwrap().result.digest.to_string()).collect();
    for threads in [1, 2, 8] {
        let next = AtomicUsize::new(0);
        let play_some = || {
            let mut played = Vec::new();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= 8 {
                    return played;
                }
                played.push((seed, Run::new(&busy).seed(seed as u64).play().unwrap().result.digest.to_string()));
            }
        };
        let mut together: Vec<(usize, String)> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(play_some)).collect();
            workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
        });
        together.sort();
        let together: Vec<String> = together.into_iter().map(|(_, digest)| digest).collect();
        assert_eq!(together, solo, "{threads} threads");
    }
}

#[test]
fn recording_and_logging_change_nothing() {
    let busy = scenario(BUSY);
    let bare = digest(&busy);
    let folder = tempfile::tempdir().unwrap();
    let recorded = Run::new(&busy).folder(folder.path().join("run")).keep_events().play().unwrap();
    assert_eq!(recorded.result.digest.to_string(), bare);

    let file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    std::fs::write(file.path(), BUSY).unwrap();
    let output = moot(&["run", file.path().to_str().unwrap(), "--json", "--log", "debug"]);
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["digest"].as_str().unwrap(), bare);
    assert!(text(&output.stderr).contains("DEBUG"), "the log was really on");
}

#[test]
fn the_journal_tells_the_same_digest_and_counts() {
    let busy = scenario(BUSY);
    let folder = tempfile::tempdir().unwrap();
    let played = Run::new(&busy).folder(folder.path().join("run")).keep_events().play().unwrap();
    let kept = folkmoot::folder::RunFolder::open(folder.path().join("run")).unwrap();
    let events: Vec<_> = kept.events().unwrap().map(Result::unwrap).collect();
    assert_eq!(Some(&events), played.events.as_ref());
    let (mut digest, mut summary) = (folkmoot::journal::Digest::new(), folkmoot::journal::Summary::new());
    for event in &events {
        digest.push(event);
        summary.push(event);
    }
    assert_eq!(digest.finish(), played.result.digest);
    assert_eq!(summary.metrics(), played.summary.metrics());
}

#[test]
fn the_journal_tells_the_same_metrics_whatever_was_measured() {
    use folkmoot::journal::{METRIC_NAMES, Measured, Summary};

    let names: Vec<&str> = METRIC_NAMES.iter().map(|(name, _)| *name).collect();
    let wanted = format!("{BUSY}measure: [{}, unanimity_by_round]\n", names.join(", "));
    let everything = scenario(&wanted);
    let folder = tempfile::tempdir().unwrap();
    let live = Run::new(&everything).folder(folder.path().join("run")).play().unwrap();
    let kept = folkmoot::folder::RunFolder::open(folder.path().join("run")).unwrap();
    let mut summary = Summary::measuring(Measured::everything());
    kept.events().unwrap().for_each(|event| summary.push(&event.unwrap()));
    assert_eq!(summary.metrics(), live.result.metrics);
    for name in ["agreement", "redundancy", "parallelism", "mast_3_2", "unanimity_by_round.0"] {
        assert!(live.result.metrics.contains_key(name), "{name}");
    }
    assert_eq!(live.result.digest.to_string(), digest(&scenario(BUSY)), "measuring is no part of what happens");
}

#[test]
fn an_idle_agent_changes_nobody_elses_trajectory() {
    let busy = play(&scenario(BUSY)).events.unwrap();
    for name in ["aaa", "inner-most", "zzz"] {
        let more = BUSY.replace("agents:\n", &format!("agents:\n  {name}: {{ model: voter, count: 3 }}\n"));
        let more = play(&scenario(&more)).events.unwrap();
        assert!(more.len() > busy.len(), "the idle agents are there");
        for actor in ["voter[0]", "voter[3]", "clerk", "inner", "council", "world"] {
            assert_eq!(trajectory(&more, actor), trajectory(&busy, actor), "{actor} with {name}");
        }
    }
}

#[test]
fn the_order_of_agents_in_the_file_does_not_matter() {
    let lines: Vec<&str> = BUSY.lines().collect();
    let position = |start: &str| lines.iter().position(|line| line.starts_with(start)).unwrap();
    let (voter, clerk) = (position("  voter: { model"), position("  clerk: { model"));
    let mut reordered = lines.clone();
    reordered.swap(voter, clerk);
    assert_ne!(reordered, lines);
    assert_eq!(digest(&scenario(&reordered.join("\n"))), digest(&scenario(BUSY)));
}

#[test]
fn the_ledger_and_the_summary_agree() {
    let played = play(&scenario(BUSY));
    let totals = |field: fn(&folkmoot::journal::CallTotals) -> u128| {
        let agents: u128 = played.ledger.agents.values().map(field).sum();
        let models: u128 = played.ledger.models.values().map(field).sum();
        let tasks: u128 = played.ledger.tasks.values().map(field).sum();
        [agents, models, tasks, field(&played.ledger.run)]
    };
    for sums in [totals(|totals| totals.cost.as_picodollars()), totals(|totals| u128::from(totals.calls))] {
        assert!(sums[0] > 0 && sums.iter().all(|sum| *sum == sums[0]), "{sums:?}");
    }
    assert_eq!(played.ledger.run.calls, played.summary.calls().calls);
    assert_eq!(played.leftover_tasks, 0);
}

/// A chatty agent without latency and many tasks at once: the driver is told of outcomes in the middle of long bursts.
const BURST: &str = "
folkmoot: 1
name: burst
models: { chatty: { scripted: { steps: [{ call: { remember: { text: hello } } }, { call: { recall: { query: hello } } }, { say: done }] } } }
agents: { chatty: { model: chatty, tools: [remember, recall], permissions: auto } }
coordination: { single: { member: chatty } }
tasks: { generate: { count: 600, choices: [done, other] }, at_once: 40 }
";

#[test]
fn neither_recording_nor_idle_agents_move_the_end_of_a_task() {
    let burst = scenario(BURST);
    let bare = digest(&burst);
    let folder = tempfile::tempdir().unwrap();
    let recorded = Run::new(&burst).folder(folder.path().join("run")).play().unwrap();
    assert_eq!(recorded.result.digest.to_string(), bare);

    let alone = play(&burst).events.unwrap();
    let more = BURST.replace("agents: { ", "agents: { idle: { model: chatty, count: 200 }, ");
    let more = play(&scenario(&more)).events.unwrap();
    for actor in ["chatty", "council", "world"] {
        assert_eq!(trajectory(&more, actor), trajectory(&alone, actor), "{actor}");
    }
    let order = |events: &[folkmoot::core::Event]| -> Vec<String> {
        let told = events.iter().filter(|event| !event.actor.as_str().starts_with("idle"));
        told.filter(|event| event.kind.name() != "actor_started")
            .map(|event| format!("{} {:?}", event.actor, event.kind))
            .collect()
    };
    assert_eq!(order(&more), order(&alone), "not even the order among actors changes");
}
