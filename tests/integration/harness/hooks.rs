//! Hooks fail closed: whatever goes wrong with one, what it was asked about does not happen; and its secrets stay in it.

use std::sync::Arc;

use folkmoot::core::{
    EventKind, HookVerdict, ModelDelta, ModelFailure, ModelFailureKind, ModelReply, Outcome, Placement, RunStatus,
    Text, ToolCall, ToolErrorCode, VirtualDuration, WireFailure,
};
use folkmoot::model::{Model, ModelRequest};
use folkmoot::{Registry, Run};
use serde_json::json;

use super::{act, answer, assert_whole, calls, codes, count, events, registry, results, say, shown, trusted, yaml};

/// A hook that is a shell script, or the argv that stands in its place.
fn hook(on: &str, argv: &[&str], timeout: &str) -> String {
    let command = json!({ "argv": argv, "timeout": timeout });
    format!("hooks: {{ guard: {} }}\n", json!({ "on": on, "then": { "command": command } }))
}

/// The six ways in which a hook can fail, and a word of what is told of each. Only the first waits, and not for long.
fn failures() -> Vec<(&'static str, Vec<String>, &'static str, &'static str)> {
    let script = |text: &str| vec!["/bin/sh".to_owned(), "-c".to_owned(), text.to_owned()];
    const ALLOW: &str = r#"{"verdict":"allow"}"#;
    let print = |times: usize| format!("i=0; while [ $i -lt {times} ]; do printf '%01024d' 0; i=$((i+1)); done");
    vec![
        ("timeout", script(&format!("printf '{ALLOW}'; exec sleep 2")), "40ms", "its time was over"),
        ("nonzero exit", script(&format!("echo '{ALLOW}'; exit 3")), "30s", "exited with code 3"),
        ("crash", script(&format!("echo '{ALLOW}'; kill -9 $$")), "30s", "signal"),
        ("missing binary", vec!["/nowhere/guard".to_owned()], "30s", "could not be started"),
        ("bad output", script("echo certainly"), "30s", "not one answer"),
        ("no output", script("exit 0"), "30s", "printed nothing"),
        ("unknown verdict", script(r#"echo '{"verdict":"sure"}'"#), "30s", "verdict"),
        ("double answer", script(&format!("echo '{ALLOW}'; echo '{ALLOW}'")), "30s", "answer"),
        ("oversized output", script(&format!("echo '{ALLOW}'; {}", print(300))), "30s", "more than it may"),
    ]
}

/// Plays an agent that writes a file, with a person who refuses everything, and a hook at this event.
fn guarded(on: &str, permissions: &str, argv: &[String], timeout: &str) -> folkmoot::Played {
    let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
    let agent = format!("tools: [write_file], permissions: {permissions}");
    let person = "person: { scripted: { approvals: [{ refuse: the person refused }] } }\n";
    act(&agent, &format!("{person}{}", hook(on, &argv, timeout)), |request| match request.call {
        0 => calls(&[("write_file", json!({ "path": "a.txt", "content": "a" }))]),
        _ => say(shown(request)),
    })
}

#[test]
fn a_tool_call_does_not_run_when_its_hook_fails_in_any_of_six_ways() {
    for (name, argv, timeout, told) in failures() {
        let played = guarded("before_tool_call", "auto", &argv, timeout);
        assert_eq!(codes(&played), [Some(ToolErrorCode::Denied)], "{name}");
        assert!(played.files.is_empty(), "{name}: the call ran");
        let content = &results(&played)[0].content;
        assert!(content.contains("guard") && content.contains(told), "{name}: {content}");
        let denied = |kind: &EventKind| matches!(kind, EventKind::HookRan { verdict: HookVerdict::Deny(_), .. });
        assert_eq!(count(&played, denied), 1, "{name}");
        assert_eq!(played.result.status, RunStatus::Completed, "{name}: a denied call is an observation");
    }
}

#[test]
fn a_hook_that_answers_is_believed() {
    // The counterpart of the rows above: the same machinery with one good answer.
    let echo = |answer: &str| vec!["/bin/sh".to_owned(), "-c".to_owned(), format!("cat > /dev/null; echo '{answer}'")];
    let played = guarded("before_tool_call", "auto", &echo(r#"{"verdict":"allow"}"#), "30s");
    assert!(played.files.contains_key("a.txt"));
    let played = guarded("permission_asked", "default", &echo(r#"{"verdict":"allow"}"#), "30s");
    assert!(played.files.contains_key("a.txt"), "the hook approved in the person's place");
    let played = guarded("before_tool_call", "auto", &echo(r#"{"verdict":"deny","text":"not on my watch"}"#), "30s");
    assert!(played.files.is_empty() && answer(&played).contains("not on my watch"));
}

#[test]
fn a_failing_hook_approves_nothing_and_lets_no_model_call_task_or_run_begin() {
    for (name, argv, timeout, _) in failures() {
        let played = guarded("permission_asked", "default", &argv, timeout);
        assert_eq!(codes(&played), [Some(ToolErrorCode::Denied)], "{name}");
        assert!(played.files.is_empty(), "{name}: approved");

        for on in ["before_model_call", "task_submitted", "run_started"] {
            let played = guarded(on, "auto", &argv, timeout);
            assert_eq!(played.summary.calls().calls, 0, "{name} at {on}: the model was asked");
            assert_eq!(count(&played, |kind| matches!(kind, EventKind::ToolCalled { .. })), 0, "{name} at {on}");
            assert_ne!(played.result.status, RunStatus::Completed, "{name} at {on}");
            let ended = played.result.tasks.iter().all(|task| !matches!(task.outcome, Outcome::Decided { .. }));
            assert!(ended, "{name} at {on}");
        }
    }
}

#[test]
fn a_rewrite_by_a_command_is_checked_and_judged_again() {
    let rows = [
        (r#"{"verdict":"rewrite","arguments":{"path":"secrets/a.txt","content":"a"}}"#, "denied"),
        (r#"{"verdict":"rewrite","arguments":{"paht":"b.txt","content":"a"}}"#, "invalid"),
    ];
    for (rewrite, why) in rows {
        let script = format!("cat > /dev/null; echo '{rewrite}'");
        let rest = hook("before_tool_call", &["/bin/sh", "-c", &script], "30s");
        let agent = "tools: [write_file], permissions: { mode: auto, rules: [{ deny: { paths: ['secrets/**'] } }] }";
        let played = act(agent, &rest, |request| match request.call {
            0 => calls(&[("write_file", json!({ "path": "a.txt", "content": "a" }))]),
            _ => say("done"),
        });
        assert!(results(&played)[0].is_error(), "{why}");
        assert!(played.files.is_empty(), "{why}: {:?}", played.files);
    }
}

/// What must not be found anywhere: marks and lines that are written in another way wherever they are quoted.
const CANARY: &str = "canary \"quoted\\unshown\nsecond line, unshown too";
/// A part of it that stands in each of its lines.
const TRACE: &str = "unshown";
/// Puts the secret into `$Q` as JSON writes it.
const QUOTED: &str =
    r#"Q=$(printf '%s' "$TOKEN" | sed -e ':a' -e 'N' -e '$!ba' -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/\n/\\n/g'); "#;

#[test]
fn a_secret_of_a_hooks_environment_is_nowhere_to_be_seen() {
    // Each script gives the secret away in another way; whatever it answers, the secret is not in it any more.
    let scripts = [
        r#"printf '{"verdict":"deny","text":"the token is %s"}' "$Q""#,
        r#"printf '{"verdict":"annotate","text":"the token is %s"}' "$Q""#,
        r#"printf '{"verdict":"ask","text":"the token is %s"}' "$Q""#,
        r#"printf '{"verdict":"rewrite","arguments":{"path":"a.txt","content":"%s"}}' "$Q""#,
        r#"printf '{"verdict":"rewrite","arguments":{"%s":1}}' "$Q""#,
        r#"printf '{"verdict":"rewrite","arguments":"%s"}' "$Q""#,
        r#"printf '{"verdict":"%s"}' "$Q""#,
        r#"printf '{"%s":"allow"}' "$Q""#,
        r#"printf '%s is not JSON' "$TOKEN""#,
        r#"printf '%s' "$TOKEN" >&2; exit 7"#,
        r#"echo '{"verdict":"allow"}'; printf '%s' "$TOKEN" >&2"#,
        r#"printf '{"verdict":"annotate","text":"%s"}' "$${Q##*\\n}""#,
    ];
    for script in scripts {
        let script = format!("{QUOTED}{script}");
        let command = json!({ "argv": ["/bin/sh", "-c", script], "environment": { "TOKEN": "${SECRET_TOKEN}" } });
        let guard = json!({ "on": "before_tool_call", "then": { "command": command } });
        let rest = format!(
            "secrets: [SECRET_TOKEN]\nhooks: {{ guard: {guard} }}\nperson: {{ scripted: {{ approvals: [{{ grant: run }}] }} }}"
        );
        let agent = "tools: [write_file, read_file], permissions: auto";
        let scenario = trusted(&yaml(agent, &rest), &[("SECRET_TOKEN", CANARY)]);
        let own = registry(
            |request| match request.call {
                0 => calls(&[("write_file", json!({ "path": "a.txt", "content": "a" }))]),
                _ => say(shown(request)),
            },
            None,
        );
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        let played = Run::new(&scenario).registry(&own).folder(&run).keep_events().play().unwrap();
        assert_whole(&played);
        let seen = [format!("{:?}", events(&played)), serde_json::to_string(&played.result).unwrap()];
        assert!(!seen.iter().any(|text| text.contains(TRACE)), "{script}: {seen:?}");
        assert!(!played.files.values().any(|text| text.contains(TRACE)), "{script}: {:?}", played.files);
        assert!(count(&played, |kind| matches!(kind, EventKind::HookRan { .. })) > 0, "{script}: the hook ran");

        let kept = folkmoot::folder::RunFolder::open(&run).unwrap();
        for event in kept.events().unwrap() {
            let event = serde_json::to_string(&event.unwrap()).unwrap();
            assert!(!event.contains(TRACE), "{script}: {event}");
        }
        let mut files = 0;
        for entry in std::fs::read_dir(&run).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            let found = bytes.windows(TRACE.len()).any(|part| part == TRACE.as_bytes());
            assert!(!found, "{script}: a file of the run folder holds it");
            files += 1;
        }
        assert!(files >= 3, "journal, scenario and result were looked into");
    }
}

/// Gives its key away in every part of a reply, and sends the reply in pieces of a few characters.
struct Leaky;

impl Model for Leaky {
    fn answer(&self, request: &ModelRequest) -> Result<ModelReply, ModelFailure> {
        let latency = VirtualDuration::from_millis(1_000);
        if request.call == 0 && request.attempt == 0 {
            let wire =
                WireFailure { status: Some(503), headers: vec![(CANARY.into(), CANARY.into())], body: CANARY.into() };
            let failure = ModelFailure::new(ModelFailureKind::Overloaded, CANARY);
            return Err(ModelFailure { wire: Some(Box::new(wire)), latency, ..failure });
        }
        let text = Text::from(format!("it is {CANARY}"));
        if request.call > 0 {
            return Ok(ModelReply { latency, ..ModelReply::text(text) });
        }
        let arguments = json!({ "path": CANARY }).to_string().into();
        let call = ToolCall { id: CANARY.into(), name: CANARY.into(), arguments };
        Ok(ModelReply { text, latency, ..ModelReply::calls(vec![call]) })
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    fn deltas(&self, _: &ModelRequest, reply: &ModelReply) -> Vec<(VirtualDuration, ModelDelta)> {
        let pieces = |text: &str| {
            let characters: Vec<char> = text.chars().collect();
            characters.chunks(7).map(|piece| Text::from(piece.iter().collect::<String>())).collect::<Vec<_>>()
        };
        let mut deltas: Vec<ModelDelta> = pieces(&reply.text).into_iter().map(ModelDelta::Text).collect();
        for call in &reply.tool_calls {
            let (id, name) = (Some(call.id.clone()), Some(call.name.clone()));
            deltas.push(ModelDelta::ToolCall { index: 0, id, name, arguments: Text::default() });
            let more = |arguments| ModelDelta::ToolCall { index: 0, id: None, name: None, arguments };
            deltas.extend(pieces(&call.arguments).into_iter().map(more));
        }
        deltas.into_iter().map(|delta| (VirtualDuration::from_millis(10), delta)).collect()
    }

    fn deltas_before_failure(&self, _: &ModelRequest, _: &ModelFailure) -> Vec<(VirtualDuration, ModelDelta)> {
        let cut = CANARY.len() - 4;
        vec![(VirtualDuration::from_millis(10), ModelDelta::Text(CANARY[..cut].into()))]
    }
}

#[test]
fn a_secret_of_a_model_is_nowhere_to_be_seen_whatever_it_says_and_however_it_is_cut() {
    let rest = "secrets: [KEY]";
    let text = yaml("tools: [read_file]", rest).replace("name: own }", "name: own, options: { key: '${KEY}' } }");
    let scenario = trusted(&text, &[("KEY", CANARY)]);
    let mut own = Registry::new();
    own.model("own", |_| Ok(Arc::new(Leaky)));
    let played = super::play(&scenario, &own);
    let streamed: String = events(&played)
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::ModelStreamed { delta: ModelDelta::Text(text), attempt: 1, .. } => Some(&**text),
            _ => None,
        })
        .collect();
    assert_eq!(streamed, "it is ${KEY}", "the pieces are the reply all the same");
    for event in events(&played) {
        let told = [format!("{event:?}"), serde_json::to_string(event).unwrap()];
        assert!(!told.iter().any(|text| text.contains("unshow") || text.contains("quoted")), "{told:?}");
    }
    // A part that is not made says why in its own words.
    let mut own = Registry::new();
    own.model("own", |options| Err(format!("bad options {options}")));
    let error = Run::new(&scenario).registry(&own).play().unwrap_err();
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(text.contains("bad options") && !text.contains(TRACE), "{text}");
    }
}

#[test]
fn a_rewrite_with_a_key_that_stands_there_twice_is_refused_as_from_a_model() {
    let printed = r#"echo '{"verdict":"rewrite","arguments":{"path":"b.txt","path":"c.txt","content":"x"}}'"#;
    let argv = ["/bin/sh".to_owned(), "-c".to_owned(), printed.to_owned()];
    let played = guarded("before_tool_call", "auto", &argv, "30s");
    assert_eq!(codes(&played), [Some(ToolErrorCode::Denied)]);
    assert!(played.files.is_empty(), "neither of the two wins");
    let content = &results(&played)[0].content;
    assert!(content.contains("guard") && content.contains("path"), "{content}");
    // The counterpart: each key once.
    let argv = ["/bin/sh".to_owned(), "-c".to_owned(), printed.replace(r#""path":"b.txt","#, "")];
    let played = guarded("before_tool_call", "auto", &argv, "30s");
    assert_eq!(played.files.keys().collect::<Vec<_>>(), ["c.txt"]);
}

#[test]
fn hooks_of_the_end_run_though_the_start_was_denied() {
    let ended = "z: { on: run_ended, then: { rule: { count: ends } } }";
    let deny = r#"{ command: { argv: [/bin/sh, -c, "echo '{\"verdict\":\"deny\",\"text\":\"no\"}'"] } }"#;
    for start in ["{ rule: { deny: no } }", deny] {
        let hooks = format!("hooks: {{ a: {{ on: run_started, then: {start} }}, {ended} }}\n");
        let played = act("tools: []", &hooks, |_| say("never"));
        assert_eq!(played.result.status, RunStatus::Failed, "{start}");
        let ran = |kind: &EventKind| matches!(kind, EventKind::HookRan { hook, .. } if &**hook == "z");
        assert_eq!(count(&played, ran), 1, "{start}");
    }
}
