//! The whole harness at once gives the same bytes every time, alone or beside other worlds.

use std::sync::atomic::{AtomicUsize, Ordering};

use folkmoot::{Registry, Run, Scenario};

use super::{play, trusted};

/// Rule hooks and external ones, approvals that take time, retries with drawn waits, compaction, started agents, tools
/// with timing, several agents at once and a tie rule that tosses coins.
const WHOLE: &str = r#"
folkmoot: 1
name: whole
models:
  voter: { stochastic: { accuracy: 0.6, latency: { uniform: { from: 1ms, to: 5ms } }, failures: { overloaded: 0.3, server_error: 0.1 }, tokens: { input: 9, output: 3 } } }
  clerk:
    scripted:
      latency: 3ms
      tokens: { input: 20, output: 5 }
      steps:
        - attempts: [{ fail: { status: 503 } }, { call: [{ write_file: { path: "t{{ task.id }}.txt", content: "{{ task.prompt }}" } }, { read_file: { path: book.txt } }] }]
        - call: [{ spawn_agent: { agent: mate, prompt: Read. } }, { spawn_agent: { agent: mate, prompt: Read too. } }, { read_file: { path: book.txt } }]
        - call: [{ read_file: { path: book.txt } }, { ask_user: { question: "A or B?" } }]
        - say: "{{ results[1] }}"
  mate:
    scripted:
      latency: 2ms
      steps:
        - call: [{ read_file: { path: book.txt } }, { write_file: { path: "mate.txt", content: "{{ agent }}" } }]
        - attempts: [{ fail: connection }, { fail: { status: 429, headers: { Retry-After: 2 } } }, { say: "read by {{ agent }}" }]
agents:
  voter: { model: voter, count: 5 }
  clerk: { model: clerk, count: 2, tools: [write_file, read_file, spawn_agent, ask_user], spawns: [mate], keep: transcript, permissions: { rules: [{ allow: { tools: [spawn_agent] } }] }, compaction: { budget_tokens: 1500, recent_messages_min: 1 } }
  mate: { model: mate, tools: [write_file, read_file], permissions: default, on_demand: true }
hooks:
  count: { on: [before_tool_call, after_tool_call, before_model_call], then: { rule: { count: seen } } }
  outside: { on: before_tool_call, tools: [write_file], then: { command: { argv: [/bin/sh, -c, "cat > /dev/null; echo '{\"verdict\":\"annotate\",\"text\":\"seen outside\"}'"] } } }
  sign: { on: after_tool_call, tools: [read_file], then: { rule: { annotate: read } } }
person: { scripted: { answers: [{ say: B, after: 40ms }], approvals: [{ contains: mate.txt, refuse: not you, after: 7ms, times: 1 }, { grant: call, after: 11ms }] } }
tool_timing: { read_file: { latency: 6ms }, write_file: { latency: 4ms } }
coordination: { vote: { members: [voter, clerk], rule: plurality, ties: coin } }
workspace: { files: { book.txt: "The lighthouse keeper wrote down every ship. The brig came on Monday. The cutter came on Tuesday. The bark did not come at all, and for that he kept the lamp burning for three more nights, until the oil was gone. In the morning the harbour master rowed over and asked about the noise. There had been no noise, said the keeper, only the wind, and the wind had been asked already. So they drank tea, looked at the sea, and wrote down what they saw of it." } }
tasks: { generate: { count: 3, choices: [A, B] } }
tolerate: { failed: 1.0 }
"#;

fn digest(scenario: &Scenario, seed: u64) -> String {
    Run::new(scenario).seed(seed).play().unwrap().result.digest.to_string()
}

#[test]
fn the_whole_harness_is_really_at_work_in_the_repeated_scenario() {
    let played = play(&trusted(WHOLE, &[]), &Registry::new());
    let metrics = serde_json::to_value(played.summary.metrics()).unwrap();
    for name in ["hooks_run", "approvals_asked", "retries", "compactions", "agents_started", "denied_calls"] {
        let found = metrics.to_string();
        let value = &metrics[name];
        let number = value.as_f64().or_else(|| value["value"].as_f64());
        assert!(number.is_some_and(|number| number > 0.0), "{name}: {found}");
    }
}

#[test]
fn the_whole_harness_gives_the_same_digest_twice_and_on_any_number_of_threads() {
    let whole = trusted(WHOLE, &[]);
    let solo: Vec<String> = (0..8).map(|seed| digest(&whole, seed)).collect();
    assert_eq!(solo, (0..8).map(|seed| digest(&whole, seed)).collect::<Vec<_>>(), "twice");
    assert_ne!(solo[0], solo[1], "the seed matters");
    for threads in [1, 2, 8] {
        let next = AtomicUsize::new(0);
        let play_some = || {
            let mut played = Vec::new();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= 8 {
                    return played;
                }
                played.push((seed, digest(&whole, seed as u64)));
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
