//! Modes hold from the very next call on, and an agent that was started has never more rights than its starter.

use std::sync::Arc;

use folkmoot::core::{EventKind, Message, Outcome, ToolErrorCode};
use folkmoot::council::{Answered, CouncilEffect, CouncilInput, CouncilMachine, Pattern, Seat};
use serde_json::{Value, json};

use super::{act, answer, calls, codes, count, events, play, registry, results, say, shown, trusted, yaml};

fn write(path: &str) -> (&'static str, Value) {
    ("write_file", json!({ "path": path, "content": "x" }))
}

fn mode(name: &str) -> (&'static str, Value) {
    ("set_mode", json!({ "mode": name }))
}

/// Plays one turn with these calls and gives which of them ended with an error.
fn one_turn(permissions: &str, rest: &str, turn: Vec<(&'static str, Value)>) -> (folkmoot::Played, Vec<bool>) {
    let agent = format!("tools: [write_file, read_file, set_mode, enter_plan_mode], permissions: {permissions}");
    let length = turn.len();
    let played = act(&agent, rest, move |request| if request.call == 0 { calls(&turn) } else { say(shown(request)) });
    // The results as the model sees them, in the order of its calls.
    let mut errors = vec![None; length];
    for result in results(&played) {
        let number: usize = result.call_id.trim_start_matches('c').parse().unwrap();
        errors[number] = Some(result.is_error());
    }
    (played, errors.into_iter().map(Option::unwrap).collect())
}

#[test]
fn a_change_of_mode_holds_for_the_very_next_call_of_the_same_turn() {
    let turn = vec![
        write("a"),
        ("enter_plan_mode", json!({})),
        write("b"),
        ("read_file", json!({ "path": "a" })),
        mode("auto"),
        write("c"),
    ];
    let (played, errors) = one_turn("auto", "", turn);
    assert_eq!(errors, [false, false, true, false, true, true], "plan mode can't be left by the agent itself");
    assert_eq!(played.files.keys().collect::<Vec<_>>(), ["a"]);
    assert_eq!(count(&played, |kind| matches!(kind, EventKind::ModeChanged { .. })), 1);

    let (played, errors) = one_turn("auto", "", vec![mode("default"), write("a"), write("b")]);
    assert_eq!(errors, [false, true, true], "nobody is there to approve");
    assert!(played.files.is_empty());
}

#[test]
fn the_next_call_waits_until_the_change_of_mode_is_approved_or_refused() {
    for (approval, changed) in [("grant: call, after: 10s", true), ("refuse: no, after: 10s", false)] {
        let person = format!(
            "person: {{ scripted: {{ approvals: [{{ tool: set_mode, {approval} }}, {{ refuse: not this }}] }} }}"
        );
        let (played, errors) = one_turn("default", &person, vec![write("a"), mode("auto"), write("b")]);
        assert_eq!(errors, [true, !changed, !changed], "{approval}");
        assert_eq!(played.files.contains_key("b"), changed, "{approval}");
        assert!(!played.files.contains_key("a"), "{approval}: what came before the change is asked about");
        let asked = count(&played, |kind| matches!(kind, EventKind::ApprovalRequested { .. }));
        assert_eq!(asked, if changed { 2 } else { 3 }, "{approval}");
    }
}

#[test]
fn plan_mode_is_left_only_if_somebody_approves() {
    let rules = "{ mode: plan, rules: [{ allow: { tools: [set_mode, write_file] } }] }";
    for (approval, left) in [("grant: call", true), ("refuse: no", false)] {
        let person = format!("person: {{ scripted: {{ approvals: [{{ tool: set_mode, {approval} }}] }} }}");
        let (played, errors) = one_turn(rules, &person, vec![write("a"), mode("default"), write("b")]);
        assert_eq!(errors, [true, !left, !left], "{approval}");
        assert_eq!(played.files.contains_key("b"), left, "{approval}");
        assert_eq!(count(&played, |kind| matches!(kind, EventKind::ApprovalRequested { .. })), 1, "{approval}");
    }
}

#[test]
fn each_task_begins_in_the_declared_mode_unless_the_transcript_is_kept() {
    for (keep, kept) in [("", false), (", keep: transcript", true)] {
        let agent = format!("tools: [write_file, enter_plan_mode], permissions: auto{keep}");
        let played = act(&agent, "tasks: { list: [x, y] }", |request| {
            match (request.task.id.0, request.transcript.messages().last().map(Message::text)) {
                (0, Some(text)) if text.starts_with("the mode is now plan") => say("planned"),
                (0, _) => calls(&[("enter_plan_mode", json!({}))]),
                (_, Some(text)) if text.contains("wrote 1 byte") || text.contains("mode plan") => say("tried"),
                _ => calls(&[write("a")]),
            }
        });
        assert_eq!(played.files.contains_key("a"), !kept, "{keep}");
        let changes = if kept { 1 } else { 2 };
        assert_eq!(count(&played, |kind| matches!(kind, EventKind::ModeChanged { .. })), changes, "{keep}");
    }
}

/// Asks its one member twice.
#[derive(Debug)]
struct Twice;

struct TwiceMachine;

impl Pattern for Twice {
    fn name(&self) -> &str {
        "twice"
    }
    fn start(&self, _: &Seat) -> Box<dyn CouncilMachine> {
        Box::new(TwiceMachine)
    }
}

impl CouncilMachine for TwiceMachine {
    fn step(&mut self, input: CouncilInput, effects: &mut Vec<CouncilEffect>) {
        effects.push(match input {
            CouncilInput::Assigned(_) => CouncilEffect::ask(0, 0),
            CouncilInput::Answered(Answered { round: 0, .. }) => CouncilEffect::ask(0, 1),
            CouncilInput::Answered(Answered { outcome, .. }) => CouncilEffect::Finish(outcome),
            CouncilInput::TimerFired { .. } => return,
            CouncilInput::Cancelled { reason } => CouncilEffect::Finish(Outcome::Cancelled { reason }),
        });
    }
}

#[test]
fn a_task_that_is_taken_up_again_has_the_mode_in_which_it_was_left() {
    // Of two tasks at once the second one comes between the two rounds of the first, in which the agent plans.
    let tasks = "tasks: { list: [x, y], at_once: 2 }";
    let yaml = yaml("tools: [write_file, enter_plan_mode], permissions: auto", tasks)
        .replace("coordination: actor", "coordination: { custom: { name: twice, members: [actor] } }");
    let mut registry = registry(
        |request| {
            let messages = request.transcript.messages();
            let rounds = messages.iter().filter(|message| matches!(message, Message::User { .. })).count();
            match (messages.last(), request.task.id.0, rounds) {
                (Some(Message::User { .. }), 0, 1) => calls(&[("enter_plan_mode", json!({}))]),
                (Some(Message::User { .. }), 0, _) => calls(&[write("planned")]),
                (Some(Message::User { .. }), _, 1) => calls(&[write("free")]),
                _ => say("done"),
            }
        },
        None,
    );
    registry.pattern("twice", |_| Ok(Arc::new(Twice)));
    let played = play(&trusted(&yaml, &[]), &registry);
    assert_eq!(played.files.keys().collect::<Vec<_>>(), ["free"]);
    assert_eq!(
        count(&played, |kind| matches!(kind, EventKind::ModeChanged { .. })),
        4,
        "into, out, into and out again"
    );
}

#[test]
fn a_change_of_mode_changes_nobody_elses() {
    // Both work at the same time; the one that enters plan mode does not stop the other.
    let more = "  mate: { model: own, tools: [write_file], permissions: auto, on_demand: true }\n---\n";
    let agent = "tools: [spawn_agent, write_file], spawns: [mate], permissions: auto";
    let played = act(agent, more, |request| match (request.agent.as_str(), request.call) {
        ("actor", 0) => calls(&[
            ("spawn_agent", json!({ "agent": "mate", "prompt": "Write.", "mode": "plan" })),
            ("spawn_agent", json!({ "agent": "mate", "prompt": "Write." })),
        ]),
        (agent, 0) => calls(&[write(if agent.contains("[0]") { "planned" } else { "free" })]),
        _ => say(shown(request)),
    });
    assert_eq!(played.files.keys().collect::<Vec<_>>(), ["free"]);
}

/// A starter and a child that tries one call; gives the child's result.
fn child(starter: &str, spawn: &Value, child: &str, call: (&'static str, Value)) -> (Option<ToolErrorCode>, String) {
    let more = format!(
        "  mate: {{ model: own, on_demand: true, {child} }}\n---\nworkspace: {{ files: {{ secrets/key.txt: sesame }} }}\n"
    );
    let spawn = spawn.clone();
    let played = act(&format!("spawns: [mate], {starter}"), &more, move |request| {
        match (request.agent.as_str(), request.call) {
            ("actor", 0) => calls(&[("spawn_agent", spawn.clone())]),
            ("actor", _) => say(shown(request)),
            (_, 0) => calls(std::slice::from_ref(&call)),
            _ => say("the mate is done"),
        }
    });
    assert!(answer(&played).contains("the mate is done"), "{}", answer(&played));
    assert!(!events(&played).is_empty());
    let result = results(&played)[0];
    (result.error, result.content.to_string())
}

#[test]
fn a_child_has_no_tool_that_its_starter_lacks() {
    let spawn = json!({ "agent": "mate", "prompt": "Go." });
    let mate = "tools: [read_file, write_file], permissions: auto";
    let (code, told) = child("tools: [spawn_agent, read_file], permissions: auto", &spawn, mate, write("a"));
    assert_eq!(code, Some(ToolErrorCode::UnknownTool), "{told}");
    let (code, told) =
        child("tools: [spawn_agent, read_file, write_file], permissions: auto", &spawn, mate, write("a"));
    assert_eq!(code, None, "{told}");
    // Who asks for more than there is to give starts nobody.
    let more = json!({ "agent": "mate", "prompt": "Go.", "tools": ["read_file", "write_file"] });
    let more = act(
        "spawns: [mate], tools: [spawn_agent, read_file], permissions: auto",
        "  mate: { model: own, tools: [read_file, write_file], permissions: auto, on_demand: true }\n---\n",
        move |request| match (request.agent.as_str(), request.call) {
            ("actor", 0) => calls(&[("spawn_agent", more.clone())]),
            ("actor", _) => say(shown(request)),
            (_, 0) => calls(&[write("a")]),
            _ => say("done"),
        },
    );
    assert!(more.files.is_empty());
    assert_eq!(codes(&more), [Some(ToolErrorCode::Denied)], "no agent is started: {}", answer(&more));
}

#[test]
fn a_child_is_held_by_its_starters_rules() {
    let spawn = json!({ "agent": "mate", "prompt": "Go.", "mode": "auto" });
    let mate = "tools: [read_file, write_file], permissions: auto";
    let tools = "tools: [spawn_agent, read_file, write_file]";
    let deny =
        format!("{tools}, permissions: {{ mode: auto, rules: [{{ deny: {{ paths: ['secrets/**'], name: hush }} }}] }}");
    let read = ("read_file", json!({ "path": "secrets/key.txt" }));
    let (code, told) = child(&deny, &spawn, mate, read.clone());
    assert_eq!(code, Some(ToolErrorCode::Denied), "{told}");
    assert!(told.contains("hush") && !told.contains("sesame"), "{told}");
    let (code, told) = child(&format!("{tools}, permissions: auto"), &spawn, mate, read);
    assert_eq!((code, told.contains("sesame")), (None, true), "{told}");
}

#[test]
fn a_child_never_outgrows_the_mode_that_it_was_asked_to_work_in() {
    let mate = "tools: [write_file, set_mode], permissions: { mode: auto, rules: [{ allow: { tools: [set_mode] } }] }";
    let starter = "tools: [spawn_agent, write_file, set_mode], permissions: auto";
    for (asked, set, expected) in [
        (json!({ "mode": "default" }), "auto", Some(ToolErrorCode::Denied)),
        (json!({ "mode": "default" }), "default", None),
        (json!({ "mode": "default" }), "plan", None),
        (json!({}), "auto", None),
    ] {
        let mut spawn = json!({ "agent": "mate", "prompt": "Go." });
        spawn.as_object_mut().unwrap().extend(asked.as_object().unwrap().clone());
        let (code, told) = child(starter, &spawn, mate, mode(set));
        assert_eq!(code, expected, "{asked} {set}: {told}");
        assert!(expected.is_none() || told.contains("you were started in mode default"), "{told}");
    }
}

#[test]
fn a_child_that_starts_in_auto_is_held_by_its_starters_mode() {
    let spawn = json!({ "agent": "mate", "prompt": "Go.", "mode": "auto" });
    let mate = "tools: [write_file], permissions: auto";
    let tools = "tools: [spawn_agent, write_file]";
    // A starter in default mode may start agents by a rule, but nobody is there to approve what they change.
    let asks = format!("{tools}, permissions: {{ mode: default, rules: [{{ allow: {{ tools: [spawn_agent] }} }}] }}");
    let (code, told) = child(&asks, &spawn, mate, write("a"));
    assert_eq!(code, Some(ToolErrorCode::Denied), "{told}");

    // A starter that enters plan mode while its child works takes the child along.
    let more = "  mate: { model: own, tools: [write_file, list_files], permissions: auto, on_demand: true }\n---\n\
                tool_timing: { list_files: { latency: 10s } }\n";
    let agent = "tools: [spawn_agent, wait_for_agents, enter_plan_mode, write_file, list_files], spawns: [mate], \
                 permissions: auto";
    let played = act(agent, more, |request| match (request.agent.as_str(), request.call) {
        ("actor", 0) => {
            calls(&[("spawn_agent", json!({ "agent": "mate", "prompt": "Go.", "mode": "auto", "wait": false }))])
        }
        ("actor", 1) => calls(&[("enter_plan_mode", json!({}))]),
        ("actor", 2) => calls(&[("wait_for_agents", json!({}))]),
        ("actor", _) => say(shown(request)),
        (_, 0) => calls(&[write("early"), ("list_files", json!({}))]),
        (_, 1) => calls(&[write("late")]),
        _ => say("done"),
    });
    assert_eq!(played.files.keys().collect::<Vec<_>>(), ["early"]);
}
