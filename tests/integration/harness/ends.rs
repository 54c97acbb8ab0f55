//! How runs end: budgets are never overshot, retries are counted, and whoever is called off while waiting for anything
//! leaves nothing open.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use folkmoot::core::{
    EventKind, ModelFailure, ModelFailureKind, ModelReply, Outcome, OutcomeStatus, RunStatus, ToolErrorCode, Usage,
    VirtualDuration, WireFailure,
};
use folkmoot::runtime::Live;
use folkmoot::{Played, Run};
use serde_json::json;

use super::{
    act, assert_valid, assert_whole, calls, codes, count, events, play, registry, results, say, shown, trusted, yaml,
};

/// The most that a call of the hundred may take.
const MOST: Usage = Usage { input_tokens: 80, output_tokens: 20, cached_input_tokens: 0 };

/// A hundred agents that never stop of themselves and whoever started them, under one budget of the run. What a call
/// takes differs.
fn hundred(budget: &str, fails: bool) -> (Played, u64) {
    let yaml = format!(
        "
folkmoot: 1
name: hundred
models: {{ own: {{ custom: {{ name: own }} }} }}
agents:
  lead: {{ model: own, tools: [spawn_agent, list_files], spawns: [worker], permissions: auto, limits: {{ tool_calls_at_once_max: 100 }} }}
  worker: {{ model: own, tools: [list_files], limits: {{ same_exchange_max: 1000 }}, on_demand: true }}
coordination: lead
prices: {{ book: {{ models: {{ own: {{ input: 1, output: 10 }} }} }} }}
budgets: {{ run: {{ {budget} }} }}
tasks: {{ list: [Well?] }}
"
    );
    let asked = Arc::new(AtomicU64::new(0));
    let counts = Arc::clone(&asked);
    let own = registry(
        move |request| {
            counts.fetch_add(1, Ordering::Relaxed);
            let number: u64 = request.agent.as_str().bytes().map(u64::from).sum::<u64>() + u64::from(request.call);
            let usage = Some(Usage::new(80 - number % 41, 20 - number % 13));
            let latency = VirtualDuration::from_millis(5 + number % 7);
            if fails && number % 3 == u64::from(request.attempt) {
                let failure = ModelFailure::new(ModelFailureKind::ServerError, "busy");
                return Err(ModelFailure { usage, latency, ..failure });
            }
            let turn = if request.agent.as_str() == "lead" && request.call == 0 {
                let spawn =
                    |number| ("spawn_agent", json!({ "agent": "worker", "prompt": format!("Go on, {number}.") }));
                (0..100).map(spawn).collect()
            } else {
                vec![("list_files", json!({}))]
            };
            Ok(ModelReply { usage, latency, ..calls(&turn)? })
        },
        Some(MOST),
    );
    let played = play(&trusted(&yaml, &[]), &own);
    let asked = asked.load(Ordering::Relaxed);
    (played, asked)
}

#[test]
fn a_hundred_agents_at_once_overshoot_no_budget() {
    let (calls_most, tokens_most, picodollars_most) = (230_u64, 9_990_u64, 5_000_000_000_u128);
    let call_picodollars = 80 * 1_000_000 + 20 * 10_000_000;
    for fails in [false, true] {
        for (budget, limits) in [
            (format!("calls: {calls_most}"), [true, false, false]),
            (format!("tokens: {tokens_most}"), [false, true, false]),
            ("money: '0.005'".to_owned(), [false, false, true]),
            (format!("calls: {calls_most}, tokens: {tokens_most}, money: '0.005'"), [true, true, true]),
        ] {
            let (played, asked) = hundred(&budget, fails);
            let booked = &played.ledger.run;
            assert_eq!(booked.calls, asked, "{budget}: what was asked is what was booked");
            let used =
                [u128::from(booked.calls), u128::from(booked.usage.total_tokens()), booked.cost.as_picodollars()];
            let most = [u128::from(calls_most), u128::from(tokens_most), picodollars_most];
            let call = [1, u128::from(MOST.total_tokens()), call_picodollars];
            let mut used_up = false;
            for ((used, most), (call, limited)) in used.iter().zip(most).zip(call.iter().zip(limits)) {
                assert!(!limited || *used <= most, "{budget}: {used} of {most}");
                used_up |= limited && used + call > most;
            }
            assert!(used_up, "{budget}: {used:?} stopped short of it");
            assert_eq!(played.result.status, RunStatus::Exhausted, "{budget}: {:?}", played.result.reason);
            assert_eq!(played.result.tasks[0].outcome.status(), OutcomeStatus::Exhausted, "{budget}");
            let refused = count(&played, |kind| matches!(kind, EventKind::BudgetRefused { .. }));
            assert_eq!(refused, 101, "{budget}: everybody is refused in the end");
        }
    }
}

/// Plays `actor` on two tasks: in the first it makes these calls, and its time of 5 s is up; in the second its model
/// tells what it sees.
fn cut_off(agent: &str, rest: &str, turn: Vec<(&'static str, serde_json::Value)>) -> Played {
    let agent = format!("keep: transcript, limits: {{ time_max: 5s }}, {agent}");
    let (agents, rest) = rest.split_once("---").unwrap_or(("", rest));
    let rest = format!("{agents}\n---\ntasks: {{ list: [Act., Well?] }}\ntolerate: {{ failed: 1.0 }}\n{rest}");
    let played = act(&agent, &rest, move |request| {
        assert_valid(request.transcript.messages());
        match (request.agent.as_str(), request.task.id.0, request.call) {
            ("actor", 0, 0) => calls(&turn),
            ("actor", 0, _) => panic!("the time was up"),
            ("actor", ..) => say(shown(request)),
            _ => {
                let failure = ModelFailure::new(ModelFailureKind::Overloaded, "busy");
                let headers = Box::new([("retry-after".into(), "60".into())]);
                let wire = WireFailure { status: Some(529), headers: headers.into_iter().collect(), body: "".into() };
                Err(ModelFailure { wire: Some(Box::new(wire)), ..failure })
            }
        }
    });
    let [first, second] = &played.result.tasks[..] else { panic!("{:?}", played.result.tasks) };
    assert_eq!(first.outcome.status(), OutcomeStatus::Exhausted, "{}", first.outcome);
    assert!(second.outcome.answer().unwrap().contains("cancelled"), "{}", second.outcome);
    played
}

fn write(content: &str) -> (&'static str, serde_json::Value) {
    ("write_file", json!({ "path": "a.txt", "content": content }))
}

#[test]
fn a_call_that_waits_for_a_person_when_time_is_up_has_one_result() {
    for approval in ["never: true", "grant: run, after: 60s", "refuse: no, after: 60s"] {
        let person = format!("person: {{ scripted: {{ approvals: [{{ {approval} }}] }} }}");
        let played = cut_off("tools: [write_file], permissions: default", &person, vec![write("a"), write("b")]);
        assert_eq!(codes(&played), [Some(ToolErrorCode::Cancelled); 2], "{approval}");
        assert!(played.files.is_empty(), "{approval}: what was cancelled is not done later");
    }
    let person = "person: { scripted: { answers: [{ say: blue, after: 60s }] } }";
    let played = cut_off("tools: [ask_user]", person, vec![("ask_user", json!({ "question": "Which colour?" }))]);
    assert_eq!(codes(&played), [Some(ToolErrorCode::Cancelled)]);
}

#[test]
fn calls_that_wait_for_claims_or_a_slow_tool_when_time_is_up_have_one_result() {
    let slow = "tool_timing: { write_file: { latency: 3s } }";
    let agent = "tools: [write_file], permissions: auto";
    // The first is done at 3 s, the second is under way, the third waits for the file.
    let played = cut_off(agent, slow, vec![write("first"), write("second"), write("third")]);
    assert_eq!(codes(&played), [None, Some(ToolErrorCode::Cancelled), Some(ToolErrorCode::Cancelled)]);
    assert_eq!(played.files["a.txt"], "first");
    let told: Vec<&str> = results(&played).iter().map(|result| &*result.content).collect();
    assert!(told[1].contains("after the tool had begun to run"), "{told:?}");
    assert!(told[2].contains("had not begun to run"), "{told:?}");
}

#[test]
fn a_call_that_waits_for_an_agent_that_waits_to_retry_has_one_result() {
    let mate = "  mate: { model: own, on_demand: true }\n---";
    let spawn = ("spawn_agent", json!({ "agent": "mate", "prompt": "Go." }));
    let played = cut_off("tools: [spawn_agent], spawns: [mate], permissions: auto", mate, vec![spawn]);
    assert_eq!(codes(&played), [Some(ToolErrorCode::Cancelled)]);
    assert_eq!(
        count(&played, |kind| matches!(kind, EventKind::RetryScheduled { after, .. } if after.as_millis() == 60_000)),
        1
    );
    let last = events(&played).last().unwrap().time.as_millis();
    assert!(last < 60_000, "the retry held the run up until {last} ms");
}

#[test]
fn an_agent_whose_time_is_up_while_it_waits_to_retry_asks_no_more() {
    let asked = Arc::new(AtomicU32::new(0));
    let counts = Arc::clone(&asked);
    let rest = "gateways: { own: { retry: { base: 60s, cap: 60s } } }\ntasks: { list: [Act., Well?] }\ntolerate: { failed: 1.0 }";
    let played = act("keep: transcript, limits: { time_max: 5s }", rest, move |request| {
        assert_valid(request.transcript.messages());
        if request.task.id.0 == 1 {
            return say("done");
        }
        counts.fetch_add(1, Ordering::Relaxed);
        Err(ModelFailure::new(ModelFailureKind::ServerError, "busy"))
    });
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    assert_eq!(played.result.tasks[0].outcome.status(), OutcomeStatus::Exhausted);
    assert_eq!(played.result.tasks[1].outcome.answer(), Some("done"));
    assert_eq!(played.result.tasks[1].outcome, Outcome::decided("done"));
}

#[test]
fn a_run_that_is_called_off_while_a_hook_is_out_leaves_nothing_open() {
    // Virtual time stands still while a hook is out, so no deadline can pass; somebody calls the run off.
    let folder = tempfile::tempdir().unwrap();
    let begun = folder.path().join("begun");
    let script = format!("echo x > '{}'; exec sleep 1", begun.display());
    let command = json!({ "argv": ["/bin/sh", "-c", script], "timeout": "900ms" });
    let hooks = format!("hooks: {{ slow: {} }}", json!({ "on": "before_tool_call", "then": { "command": command } }));
    let scenario = trusted(&yaml("tools: [write_file], permissions: auto", &hooks), &[]);
    let own = registry(|request| if request.call == 0 { calls(&[write("a"), write("b")]) } else { say("done") }, None);
    let live = Arc::new(Live::new());
    let played = std::thread::scope(|scope| {
        let running = scope.spawn(|| Run::new(&scenario).registry(&own).live(&live).keep_events().play().unwrap());
        while !begun.exists() && !running.is_finished() {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        live.cancel();
        running.join().unwrap()
    });
    assert_eq!(played.result.status, RunStatus::Cancelled);
    assert_whole(&played);
    assert_eq!(codes(&played), [Some(ToolErrorCode::Cancelled); 2]);
    assert!(played.files.is_empty());
}

#[test]
fn a_model_that_crashes_is_asked_no_more_often_than_the_retries_allow() {
    for retries in 0..=4_u32 {
        let asked = Arc::new(AtomicU32::new(0));
        let wire = Arc::clone(&asked);
        let rest = format!("gateways: {{ own: {{ retry: {{ retries_max: {retries} }} }} }}");
        let played = act("tools: []", &rest, move |request| {
            wire.fetch_add(1, Ordering::Relaxed);
            let kind = if request.attempt % 2 == 0 { ModelFailureKind::Overloaded } else { ModelFailureKind::Crashed };
            Err(ModelFailure::new(kind, "no"))
        });
        assert_eq!(asked.load(Ordering::Relaxed), 1 + retries, "{retries} retries");
        assert_eq!(played.summary.harness_counts().retries, u64::from(retries));
        assert_eq!(played.result.status, RunStatus::Failed);
    }
}

#[test]
fn attempts_on_the_wire_never_exceed_one_and_the_retries() {
    let kinds = [
        ModelFailureKind::Connection,
        ModelFailureKind::ServerError,
        ModelFailureKind::Overloaded,
        ModelFailureKind::RateLimited,
        ModelFailureKind::Timeout,
    ];
    for retries in 0..=4_u32 {
        for kind in kinds {
            // Who was asked on the wire, by agent, task and call.
            let asked = Arc::new(Mutex::new(std::collections::BTreeMap::<(String, u32, u32), Vec<u32>>::new()));
            let wire = Arc::clone(&asked);
            let yaml = format!(
                "
folkmoot: 1
name: failing
models: {{ own: {{ custom: {{ name: own }} }} }}
agents: {{ caller: {{ model: own, count: 5, tools: [list_files] }} }}
coordination: {{ vote: {{ members: [caller], rule: plurality, ties: none }} }}
gateways: {{ own: {{ retry: {{ retries_max: {retries} }}, limits: {{ calls_at_once_max: 2 }} }} }}
tasks: {{ list: [{{ prompt: Well?, choices: [A, B] }}, {{ prompt: Well?, choices: [A, B] }}] }}
tolerate: {{ failed: 1.0 }}
"
            );
            let own = registry(
                move |request| {
                    let key = (request.agent.to_string(), request.task.id.0, request.call);
                    wire.lock().unwrap().entry(key).or_default().push(request.attempt);
                    // The first calls succeed, so that failing ones stand in the middle of a turn too.
                    if request.call == 0 && request.agent.as_str() != "caller[0]" {
                        return calls(&[("list_files", json!({}))]);
                    }
                    Err(ModelFailure::new(kind, "no"))
                },
                None,
            );
            let played = play(&trusted(&yaml, &[]), &own);
            let asked = asked.lock().unwrap();
            for ((agent, task, call), attempts) in asked.iter() {
                let fails = *call > 0 || agent == "caller[0]";
                let expected: Vec<u32> = if fails { (0..=retries).collect() } else { vec![0] };
                assert_eq!(*attempts, expected, "{kind:?}, {retries} retries: {agent}, task {task}, call {call}");
            }
            assert_eq!(asked.len(), 2 * 9, "{kind:?}");
            let total: usize = asked.values().map(Vec::len).sum();
            assert_eq!(played.ledger.run.calls, total as u64, "every attempt is booked once");
        }
    }
}
