//! What calls wait for: other calls, a person, a change of the mode, their turn. However long it takes, each ends once, in
//! time, and runs only as it was approved.

use folkmoot::Played;
use folkmoot::core::{Approval, EventKind, GrantScope, Outcome, ToolErrorCode};
use serde_json::{Value, json};

use super::{act, answer, calls, codes, count, events, results, say, shown};

fn write(path: &str, content: &str) -> (&'static str, Value) {
    ("write_file", json!({ "path": path, "content": content }))
}

/// Plays one turn with these calls, then says what was seen.
fn one_turn(agent: &str, rest: &str, turn: Vec<(&'static str, Value)>) -> Played {
    act(agent, rest, move |request| if request.call == 0 { calls(&turn) } else { say(shown(request)) })
}

/// When the calls' results came, in virtual milliseconds, in the order in which they came.
fn returned_ms(played: &Played) -> Vec<u64> {
    let returned = events(played).iter().filter(|event| matches!(event.kind, EventKind::ToolReturned { .. }));
    returned.map(|event| event.time.as_millis()).collect()
}

#[test]
fn a_call_that_is_held_back_when_its_task_ends_is_in_the_journal_as_called_and_returned() {
    // `assert_whole` in `act` holds that every call has its one result, after it.
    let turn = || vec![("set_mode", json!({ "mode": "auto" })), write("a", "x"), write("b", "x")];
    for (agent, rest) in [
        ("permissions: auto, limits: { time_max: 2s }", "tool_timing: { set_mode: { latency: 10s } }\n"),
        ("limits: { time_max: 5s }", "person: { scripted: { approvals: [{ never: true }] } }\n"),
    ] {
        let played = one_turn(&format!("tools: [set_mode, write_file], {agent}"), rest, turn());
        assert!(matches!(played.result.tasks[0].outcome, Outcome::Exhausted { .. }), "{:?}", played.result.tasks);
        assert_eq!(codes(&played), [Some(ToolErrorCode::Cancelled); 3], "{rest}");
        assert_eq!(count(&played, |kind| matches!(kind, EventKind::ToolCalled { .. })), 3, "{rest}");
        assert!(played.files.is_empty(), "{rest}");
    }
}

#[test]
fn a_call_that_is_held_back_is_timed_out_like_every_other() {
    let turn = vec![("set_mode", json!({ "mode": "auto" })), write("a", "x")];
    let timing = "tool_timing: { set_mode: { latency: 10s, timeout: 1h } }\n";
    let agent = "tools: [set_mode, write_file], permissions: auto, limits: { tool_call_timeout: 3s }";
    let played = one_turn(agent, timing, turn);
    assert_eq!(codes(&played), [Some(ToolErrorCode::TimedOut), None]);
    assert_eq!(returned_ms(&played), [3_000, 10_000]);
    assert!(results(&played)[0].content.contains("did not run") && played.files.is_empty());
}

#[test]
fn the_time_limit_of_a_call_counts_while_it_waits_for_others() {
    // Three writes of one file, two seconds each, run one after another.
    let turn = || vec![write("a", "x"), write("a", "y"), write("a", "z")];
    let agent = |limit: &str| format!("tools: [write_file], permissions: auto, limits: {{ {limit} }}");
    let timing = "tool_timing: { write_file: { latency: 2s } }\n";
    let played = one_turn(&agent("tool_call_timeout: 3s"), timing, turn());
    assert_eq!(codes(&played), [None, Some(ToolErrorCode::TimedOut), Some(ToolErrorCode::TimedOut)]);
    assert_eq!(returned_ms(&played), [2_000, 3_000, 3_000]);
    assert!(results(&played)[1].content.contains("after the tool had begun to run"));
    assert_eq!(&*played.files["a"], "x");

    let played = one_turn(&agent("turns_max: 9"), timing, turn());
    assert_eq!((codes(&played), returned_ms(&played)), (vec![None; 3], vec![2_000, 4_000, 6_000]), "the counterpart");
    // What the scenario says of the tool goes before what the agent's limits say.
    let timing = "tool_timing: { write_file: { latency: 2s, timeout: 5s } }\n";
    let played = one_turn(&agent("tool_call_timeout: 1s"), timing, turn());
    assert_eq!(codes(&played), [None, None, Some(ToolErrorCode::TimedOut)]);
    assert_eq!(returned_ms(&played), [2_000, 4_000, 5_000]);
}

#[test]
fn the_time_of_a_call_stands_still_while_a_person_is_asked() {
    let person = |approval: &str| {
        format!(
            "person: {{ scripted: {{ timeout: 60s, approvals: [{{ {approval} }}] }} }}\n\
             tool_timing: {{ write_file: {{ latency: 2s }} }}\n"
        )
    };
    let agent = "tools: [write_file], limits: { tool_call_timeout: 3s }";
    let played = one_turn(agent, &person("grant: call, after: 30s"), vec![write("a", "x")]);
    assert_eq!((codes(&played), returned_ms(&played)), (vec![None], vec![32_000]));
    // The person's own limit holds.
    let played = one_turn(agent, &person("never: true"), vec![write("a", "x")]);
    assert_eq!((codes(&played), returned_ms(&played)), (vec![Some(ToolErrorCode::Denied)], vec![60_000]));
    // What was left goes on behind: two writes of one file are asked about one after the other, and the second, approved
    // after two seconds, waits for the first from then on.
    let agent = "tools: [write_file], limits: { tool_call_timeout: 2500ms }";
    let played = one_turn(agent, &person("grant: run, after: 1s"), vec![write("a", "x"), write("a", "y")]);
    assert_eq!(codes(&played), [None, Some(ToolErrorCode::TimedOut)]);
    assert_eq!(returned_ms(&played), [3_000, 4_500]);
}

#[test]
fn a_person_is_free_again_when_who_asked_was_timed_out() {
    let person = "person: { scripted: { timeout: 300s, answers: [{ say: yes, after: 100s }], \
                  approvals: [{ grant: call, after: 1s }] } }\n";
    let agent = "tools: [ask_user, write_file], limits: { tool_call_timeout: 3s }";
    let played = act(agent, person, |request| match request.call {
        0 => calls(&[("ask_user", json!({ "question": "Well?" }))]),
        1 => calls(&[write("a", "x")]),
        _ => say(shown(request)),
    });
    assert_eq!(codes(&played), [Some(ToolErrorCode::TimedOut), None]);
    assert_eq!(returned_ms(&played), [3_000, 4_000], "the approval does not wait for an answer that nobody wants");
    assert_eq!(count(&played, |kind| matches!(kind, EventKind::PersonAnswered { .. })), 0);
    // A question that waits its turn is withdrawn too.
    let agent = "tools: [ask_user], limits: { tool_call_timeout: 3s }";
    let turn = vec![("ask_user", json!({ "question": "One?" })), ("ask_user", json!({ "question": "Two?" }))];
    let played = one_turn(agent, person, turn);
    assert_eq!(returned_ms(&played), [3_000, 3_000]);
    assert_eq!(count(&played, |kind| matches!(kind, EventKind::PersonAnswered { .. })), 0);
}

#[test]
fn an_approved_call_does_not_run_when_it_would_change_something_else_than_was_shown() {
    let edit = |old: &str, new: &str| ("edit_file", json!({ "path": "a", "old_text": old, "new_text": new }));
    let rest = |approval: &str| {
        format!(
            "workspace: {{ files: {{ a: old }} }}\n\
             person: {{ scripted: {{ approvals: [{{ {approval}, after: 10s }}] }} }}\n"
        )
    };
    let agent = "tools: [write_file, edit_file], permissions: { rules: [{ allow: { tools: [edit_file] } }] }";
    let turn = || vec![write("a", "approved"), edit("old", "changed meanwhile")];
    let played = one_turn(agent, &rest("grant: call"), turn());
    assert_eq!(codes(&played), [None, Some(ToolErrorCode::Conflict)], "the edit came first");
    assert_eq!(&*played.files["a"], "changed meanwhile");
    assert!(results(&played)[1].content.contains("the call did not run"), "{}", results(&played)[1].content);
    assert!(answer(&played).contains("it will be asked about again"));
    let granted = |kind: &EventKind| {
        matches!(kind, EventKind::ApprovalAnswered { approval: Approval::Granted(GrantScope::Call), .. })
    };
    assert_eq!(count(&played, granted), 1);

    // The counterparts: nothing changed; or whoever approved does not hold to what was shown.
    let played = one_turn(agent, &rest("grant: call"), vec![write("a", "approved")]);
    assert_eq!((codes(&played), &*played.files["a"]), (vec![None], "approved"));
    let played = one_turn(agent, &rest("grant: run"), turn());
    assert_eq!((codes(&played), &*played.files["a"]), (vec![None, None], "approved"));

    // While a call waits for another that is approved with it, the other's change is one that was not shown.
    let agent = "tools: [write_file]";
    let played = one_turn(agent, &rest("grant: call"), vec![write("a", "one"), write("a", "two")]);
    assert_eq!((codes(&played), &*played.files["a"]), (vec![None, Some(ToolErrorCode::Conflict)], "one"));
    // It is looked at when the tool begins, at the end of its latency.
    let timing = format!("{}tool_timing: {{ write_file: {{ latency: 5s }} }}\n", rest("grant: call"));
    let played = one_turn(agent, &timing, vec![write("a", "one")]);
    assert_eq!((codes(&played), returned_ms(&played)), (vec![None], vec![15_000]));
}

#[test]
fn at_most_so_many_calls_run_at_once() {
    let read = || ("read_file", json!({ "path": "a" }));
    let rest = "workspace: { files: { a: x } }\ntool_timing: { read_file: { latency: 1s } }\n";
    for (limit, ends_ms) in [
        ("tool_calls_at_once_max: 3", vec![1_000, 1_000, 1_000, 2_000, 2_000, 2_000, 3_000, 3_000, 3_000, 4_000]),
        ("tool_calls_at_once_max: 1", (1..=10).map(|second| second * 1_000).collect()),
        // The default is eight.
        ("turns_max: 9", [vec![1_000; 8], vec![2_000; 2]].concat()),
    ] {
        let agent = format!("tools: [read_file], limits: {{ {limit} }}");
        let played = one_turn(&agent, rest, (0..10).map(|_| read()).collect());
        assert_eq!((codes(&played), returned_ms(&played)), (vec![None; 10], ends_ms), "{limit}");
    }
}

#[test]
fn a_call_that_waits_for_an_agent_is_timed_out_and_its_siblings_are_not() {
    let more = "  mate: { model: own, on_demand: true, tools: [list_files] }\n---\n\
                tool_timing: { list_files: { latency: 10s } }\n";
    let agent = "tools: [spawn_agent, write_file, list_files], spawns: [mate], permissions: auto, limits: { tool_call_timeout: 2s }";
    let played = act(agent, more, |request| match (request.agent.as_str(), request.call) {
        ("actor", 0) => calls(&[("spawn_agent", json!({ "agent": "mate", "prompt": "Go." })), write("a", "x")]),
        ("actor", _) => say(shown(request)),
        (_, 0) => calls(&[("list_files", json!({}))]),
        _ => say("late"),
    });
    let own: Vec<_> = events(&played)
        .iter()
        .filter(|event| event.actor.as_str() == "actor")
        .filter_map(|event| match &event.kind {
            EventKind::ToolReturned { result, .. } => Some((event.time.as_millis(), result.error)),
            _ => None,
        })
        .collect();
    assert_eq!(own, [(0, None), (2_000, Some(ToolErrorCode::TimedOut))]);
    assert!(!answer(&played).contains("late") && answer(&played).contains("timed out"), "{}", answer(&played));
}
