//! Which hooks apply, what their rules answer, and what is refused when a scenario is checked.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use moot_core::{HookEvent, HookVerdict};
use serde_json::{Value, json};

use super::*;

fn options(value: Value) -> HookOptions {
    serde_json::from_value(value).unwrap()
}

fn hooks(values: impl IntoIterator<Item = Value>) -> Hooks {
    let named = values.into_iter().enumerate().map(|(place, value)| (format!("hooks[{place}]").into(), options(value)));
    Hooks::compile(named.collect()).unwrap()
}

#[test]
fn hooks_apply_by_event_tool_agent_and_text() {
    let allow = json!({ "rule": "allow" });
    let hooks = hooks([
        json!({ "on": "before_tool_call", "then": allow }),
        json!({ "on": ["before_tool_call", "after_tool_call"], "tools": ["read_*", "write_file"], "then": allow }),
        json!({ "on": "before_tool_call", "agents": ["jury/*"], "then": allow }),
        json!({ "on": ["before_tool_call", "after_tool_call", "stop"], "contains": "(?i)secret\n?\"", "then": allow }),
    ]);
    let arguments = json!({ "path": "a", "deep": [{ "text": "a SECRET\"" }] });
    let harmless = json!({ "path": "a" });
    let escaped = json!({ "k": "secret" });
    for (event, agent, tool, arguments, text, expected) in [
        (HookEvent::BeforeToolCall, "clerk", Some("list"), Some(&harmless), "", vec![0]),
        (HookEvent::BeforeToolCall, "clerk", Some("read_file"), Some(&harmless), "", vec![0, 1]),
        (HookEvent::BeforeToolCall, "jury/juror[2]", Some("write_file"), Some(&arguments), "", vec![0, 1, 2, 3]),
        (HookEvent::BeforeToolCall, "clerk", Some("list"), Some(&escaped), "", vec![0, 3]),
        (HookEvent::AfterToolCall, "clerk", Some("list"), Some(&arguments), "fine", vec![]),
        (HookEvent::AfterToolCall, "clerk", Some("read_file"), Some(&harmless), "secret\"", vec![1, 3]),
        (HookEvent::Stop, "clerk", None, None, "the secret\"", vec![3]),
        (HookEvent::RunEnded, "", None, None, "secret\"", vec![]),
    ] {
        let question = HookQuestion { event, agent, task: None, tool, arguments, text };
        assert_eq!(hooks.matching(&question).collect::<Vec<_>>(), expected, "{question:?}");
    }
    assert!(hooks.any_at(HookEvent::Stop) && !hooks.any_at(HookEvent::RunEnded));
}

#[test]
fn rules_answer() {
    let arguments = json!({ "path": "a" });
    let at = |event| HookQuestion {
        arguments: Some(&arguments),
        tool: Some("t"),
        text: "key=123 key=45",
        ..HookQuestion::at(event, "clerk")
    };
    for (event, rule, expected) in [
        ("before_tool_call", json!("allow"), HookVerdict::Allow),
        ("before_tool_call", json!({ "deny": "no" }), HookVerdict::Deny("no".into())),
        ("before_tool_call", json!({ "ask": "may I" }), HookVerdict::Ask("may I".into())),
        ("before_tool_call", json!({ "annotate": "n" }), HookVerdict::Annotate("n".into())),
        ("before_tool_call", json!({ "count": "calls" }), HookVerdict::Allow),
        ("permission_asked", json!({ "count": "asks" }), HookVerdict::Ask("counted".into())),
        ("before_tool_call", json!({ "rewrite": { "/path": "a" } }), HookVerdict::Allow),
        (
            "before_tool_call",
            json!({ "rewrite": { "/path": "b", "/mode": 1 } }),
            HookVerdict::Rewrite(r#"{"mode":1,"path":"b"}"#.into()),
        ),
        ("stop", json!({ "send_on": "more" }), HookVerdict::SendOn("more".into())),
        (
            "after_tool_call",
            json!({ "replace": { "matching": "key=([0-9]+)", "with": "$1" } }),
            HookVerdict::Rewrite("$1 $1".into()),
        ),
        ("after_tool_call", json!({ "replace": { "matching": "nothing" } }), HookVerdict::Allow),
    ] {
        let hooks = hooks([json!({ "on": event, "then": { "rule": rule } })]);
        let event = HookEvent::ALL.into_iter().find(|known| known.as_str() == event).unwrap();
        assert_eq!(hooks.rule_answer(0, &at(event)), expected, "{rule}");
    }
    let hooks = hooks([
        json!({ "on": "before_tool_call", "then": { "rule": { "rewrite": { "/path/deep": 1 } } } }),
        json!({ "on": "before_tool_call", "then": { "command": { "argv": ["check"] } } }),
    ]);
    for index in [0, 1, 2] {
        let verdict = hooks.rule_answer(index, &at(HookEvent::BeforeToolCall));
        assert!(matches!(verdict, HookVerdict::Deny(_)), "what can't be answered denies: {verdict:?}");
    }
}

#[test]
fn what_can_never_apply_or_mean_anything_is_a_problem() {
    let rule = |event: Value, rule: Value| json!({ "on": event, "then": { "rule": rule } });
    let command = |command: Value| json!({ "on": "stop", "then": { "command": command } });
    for (value, path, said) in [
        (rule(json!([]), json!("allow")), "on", "no event"),
        (rule(json!(["stop", "stop"]), json!("allow")), "on[1]", "twice"),
        (json!({ "on": "stop", "tools": ["a"], "then": { "rule": "allow" } }), "tools", "stop has no tool"),
        (json!({ "on": "run_ended", "agents": ["a"], "then": { "rule": "allow" } }), "agents", "no single agent"),
        (json!({ "on": "before_tool_call", "tools": [""], "then": { "rule": "allow" } }), "tools[0]", "empty"),
        (json!({ "on": "stop", "agents": ["a", ""], "then": { "rule": "allow" } }), "agents[1]", "empty"),
        (json!({ "on": "stop", "contains": "(", "then": { "rule": "allow" } }), "contains", "unclosed group"),
        (json!({ "on": "stop", "contains": "(?=a)", "then": { "rule": "allow" } }), "contains", "look-around"),
        (rule(json!("after_tool_call"), json!({ "deny": "x" })), "then.rule", "allow, replace, annotate"),
        (rule(json!("after_tool_call"), json!({ "rewrite": { "/a": 1 } })), "then.rule", "rewrite means nothing"),
        (rule(json!("before_tool_call"), json!({ "replace": { "matching": "a" } })), "then.rule", "replace means"),
        (rule(json!("before_tool_call"), json!({ "send_on": "x" })), "then.rule", "send_on means nothing"),
        (rule(json!("before_tool_call"), json!({ "rewrite": {} })), "then.rule.rewrite", "empty"),
        (rule(json!("before_tool_call"), json!({ "rewrite": { "a": 1 } })), "then.rule.rewrite[\"a\"]", "begin with /"),
        (rule(json!("stop"), json!({ "send_on": " " })), "then.rule.send_on", "empty"),
        (rule(json!("stop"), json!({ "count": "" })), "then.rule.count", "empty"),
        (
            rule(json!("after_tool_call"), json!({ "replace": { "matching": "[" } })),
            "then.rule.replace.matching",
            "no regular expression",
        ),
        (command(json!({ "argv": [] })), "then.command.argv", "no program"),
        (command(json!({ "argv": [""] })), "then.command.argv", "no program"),
        (command(json!({ "argv": ["a", "b\0"] })), "then.command.argv", "NUL"),
        (command(json!({ "argv": ["a"], "timeout": "0s" })), "then.command.timeout", "1ms to 1h"),
        (command(json!({ "argv": ["a"], "timeout": "61m" })), "then.command.timeout", "1ms to 1h"),
        (
            command(json!({ "argv": ["a"], "environment": { "A=B": "c" } })),
            "then.command.environment[\"A=B\"]",
            "without =",
        ),
        (
            command(json!({ "argv": ["git", "status"], "environment": { "PATH": "evil:/usr/bin" } })),
            "then.command.environment.PATH",
            "decides which program",
        ),
        (
            command(json!({ "argv": ["a"], "environment": { "LD_PRELOAD": "evil.so", "LDAP": "x" } })),
            "then.command.environment.LD_PRELOAD",
            "decides which program",
        ),
        (
            command(json!({ "argv": ["a"], "environment": { "DYLD_INSERT_LIBRARIES": "evil.dylib" } })),
            "then.command.environment.DYLD_INSERT_LIBRARIES",
            "decides which program",
        ),
        (json!({ "on": "stop", "then": { "custom": { "name": "" } } }), "then.custom.name", "empty"),
    ] {
        let problems = Hooks::compile(vec![("hooks[4]".into(), options(value.clone()))]).unwrap_err();
        assert_eq!(problems.len(), 1, "{value}: {problems:?}");
        assert_eq!(problems[0].path, format!("hooks[4].{path}"));
        assert!(problems[0].message.contains(said), "{}", problems[0]);
    }
}

#[test]
fn options_read_and_write_alike() {
    for value in [
        json!({ "on": "stop", "then": { "rule": "allow" } }),
        json!({ "on": ["stop", "subagent_stop"], "then": { "rule": { "send_on": "go on" } } }),
        json!({ "on": "stop", "then": { "command": { "argv": ["check", "-x"], "environment": { "A": "b" } } } }),
        json!({ "on": "stop", "then": { "custom": { "name": "mine", "options": { "k": [1] } } } }),
    ] {
        let read = options(value.clone());
        assert_eq!(options(serde_json::to_value(&read).unwrap()), read, "{value}");
        assert!(read.check().is_empty(), "{value}: {:?}", read.check());
    }
    let HookActionOptions::Command(command) =
        options(json!({ "on": "stop", "then": { "command": { "argv": ["a"] } } })).then
    else {
        unreachable!("it is a command")
    };
    assert_eq!(command.timeout.as_millis(), 30_000);
}

#[test]
fn what_does_not_read_says_what_would() {
    for (value, said) in [
        (json!({ "on": "sometimes", "then": { "rule": "allow" } }), "before_tool_call"),
        (json!({ "on": ["stop", "never"], "then": { "rule": "allow" } }), "before_tool_call"),
        (json!({ "on": 3, "then": { "rule": "allow" } }), "a list of events"),
        (json!({ "on": "stop" }), "then"),
        (json!({ "on": "stop", "then": { "rule": "allow" }, "tool": "x" }), "unknown field `tool`"),
        (json!({ "on": "stop", "then": { "shell": "rm" } }), "`rule`, `command`, `custom`"),
        (json!({ "on": "stop", "then": { "rule": { "forbid": "x" } } }), "`deny`"),
        (json!({ "on": "stop", "then": { "command": { "argv": "rm -rf" } } }), "sequence"),
    ] {
        let error = serde_json::from_value::<HookOptions>(value.clone()).unwrap_err().to_string();
        assert!(error.contains(said), "{value}: {error}");
    }
}

#[test]
fn the_schema_knows_events_and_refuses_unknown_keys() {
    let schema = serde_json::to_value(schemars::schema_for!(HookOptions)).unwrap();
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["required"], json!(["on", "then"]));
    let events = &schema["$defs"]["HookEvents"]["anyOf"];
    assert_eq!(events[0]["enum"].as_array().unwrap().len(), HookEvent::ALL.len());
    assert_eq!(events[1]["items"], events[0]);
}
