//! What is read, what is refused when it is read (rows B19, B21).

use super::*;

#[test]
fn a_mode_may_stand_alone_and_the_schema_says_so() {
    let options: PermissionOptions = serde_json::from_value(json!("plan")).unwrap();
    assert_eq!(options, PermissionOptions::of_mode(PermissionMode::Plan));
    let again: PermissionOptions = serde_json::from_value(serde_json::to_value(&options).unwrap()).unwrap();
    assert_eq!(again, options);
    for (text, hint) in [(r#""atuo""#, "default, plan, auto"), (r#"{ "rule": [] }"#, "rules"), ("3", "modes")] {
        let error = serde_json::from_str::<PermissionOptions>(text).unwrap_err().to_string();
        assert!(error.contains(hint), "{error}");
    }
    let schema = serde_json::to_value(schemars::schema_for!(PermissionOptions)).unwrap();
    assert_eq!(schema["anyOf"][0]["enum"], json!(["default", "plan", "auto"]));
    let map = &schema["$defs"]["PermissionMap"];
    assert_eq!((&map["additionalProperties"], &map["properties"]["protect"]["default"]), (&json!(false), &json!(true)));
}

#[test]
fn what_can_never_match_is_an_error() {
    // Rows B19 and B21.
    let rows = [
        (json!({ "deny": {} }), "rules[0].deny: the rule has no matcher"),
        (json!({ "deny": { "tools": [] } }), "rules[0].deny.tools: the list is empty"),
        (json!({ "deny": { "arguments": {} } }), "rules[0].deny.arguments: the map is empty"),
        (
            json!({ "deny": { "tools": ["raed_file"] } }),
            "rules[0].deny.tools[0]: no tool is called \"raed_file\"; known are fetch, ",
        ),
        (json!({ "deny": { "tools": ["raed*"] } }), "rules[0].deny.tools[0]: no tool is called"),
        (json!({ "deny": { "tools": ["[a"] } }), "rules[0].deny.tools[0]: unclosed character class"),
        (json!({ "deny": { "paths": ["a/../b"] } }), "rules[0].deny.paths[0]: it can never match"),
        (json!({ "deny": { "paths": ["./a"] } }), "rules[0].deny.paths[0]: it can never match"),
        (json!({ "deny": { "paths": ["a/"] } }), "rules[0].deny.paths[0]: it can never match"),
        (json!({ "deny": { "paths": [""] } }), "rules[0].deny.paths[0]: it is empty"),
        (json!({ "deny": { "paths": ["a**"] } }), "rules[0].deny.paths[0]: in \"a**\" the ** does not stand alone"),
        (json!({ "deny": { "paths": ["{a/b,c}"] } }), "rules[0].deny.paths[0]: a / within { }"),
        (json!({ "deny": { "paths": ["{a"] } }), "rules[0].deny.paths[0]: unclosed alternate"),
        (json!({ "deny": { "paths": ["a\\"] } }), "rules[0].deny.paths[0]: dangling"),
        (json!({ "deny": { "commands": [[]] } }), "rules[0].deny.commands[0]: it has no words"),
        (
            json!({ "deny": { "commands": [["rm -rf"]] } }),
            "rules[0].deny.commands[0]: \"rm -rf\" is no name of a program",
        ),
        (
            json!({ "deny": { "commands": [["rm", "**", "a"]] } }),
            "rules[0].deny.commands[0]: only the last word may be **",
        ),
        (json!({ "deny": { "commands": [["rm", "[a"]] } }), "rules[0].deny.commands[0]: \"[a\": unclosed"),
        (json!({ "deny": { "hosts": ["https://a"] } }), "rules[0].deny.hosts[0]: \"https://a\" is no host"),
        (
            json!({ "deny": { "arguments": { "line": "a" } } }),
            "rules[0].deny.arguments.line: \"line\" is no JSON pointer",
        ),
        (
            json!({ "deny": { "arguments": { "/line": "(" } } }),
            "rules[0].deny.arguments./line: \"(\" is no regular expression",
        ),
        (
            json!({ "deny": { "tools": ["fetch"], "arguments": { "/x": "a" } } }),
            "rules[0].deny.arguments./x: no tool that the rule names has",
        ),
        (
            json!({ "deny": { "tools": ["read_file"], "effects": ["write"] } }),
            "rules[0].deny.effects: no tool that the rule names has such",
        ),
        (
            json!({ "deny": { "tools": ["read_file"], "commands": [["rm"]] } }),
            "rules[0].deny.commands: no tool that the rule names runs",
        ),
        (
            json!({ "deny": { "tools": ["read_file"], "hosts": ["a"] } }),
            "rules[0].deny.hosts: no tool that the rule names talks",
        ),
        (
            json!({ "deny": { "tools": ["read_file"], "access": "write" } }),
            "rules[0].deny.access: no tool that the rule names writes",
        ),
        (
            json!({ "allow": { "commands": [["echo", "**"]], "paths": ["out/**"] } }),
            "rules[0].allow: it names more than one of paths, commands and hosts",
        ),
        (json!({ "deny": { "tools": ["*"], "name": " " } }), "rules[0].deny.name: it must be one line"),
        (json!({ "deny": { "effects": ["spawn"] } }), "rules[0].deny.effects: none of the tools has such an effect"),
        (
            json!({ "deny": { "arguments": { "/nosuch": "a" } } }),
            "rules[0].deny.arguments./nosuch: none of the tools has such an argument",
        ),
        (
            json!({ "deny": { "effects": ["read"], "commands": [["rm"]] } }),
            "rules[0].deny.commands: none of the tools runs commands: read_file has the effect read",
        ),
        (
            json!({ "deny": { "effects": ["read"], "access": "write" } }),
            "rules[0].deny.access: none of the tools writes",
        ),
    ];
    for (rule, told) in rows {
        let problems = compile(json!({ "rules": [rule] })).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].to_string().starts_with(told), "{} should begin with {told}", problems[0]);
    }
}

#[test]
fn a_rule_that_a_stricter_one_takes_everything_from_is_an_error() {
    let shadowed = [
        (json!({ "deny": { "paths": ["a", "b"] } }), json!({ "allow": { "paths": ["a"] } })),
        (json!({ "deny": { "tools": ["*"] } }), json!({ "ask": { "commands": [["rm"]] } })),
        (json!({ "ask": { "tools": ["read_*"] } }), json!({ "allow": { "tools": ["read_file"], "paths": ["x"] } })),
        (json!({ "deny": { "effects": ["read"] } }), json!({ "allow": { "effects": ["read"], "name": "other" } })),
        (json!({ "deny": { "arguments": { "/line": "a" } } }), json!({ "allow": { "arguments": { "/line": "a" } } })),
        // By what globs take, not by how they are written.
        (json!({ "deny": { "paths": ["secrets/**"] } }), json!({ "allow": { "paths": ["secrets/a.txt"] } })),
        (
            json!({ "deny": { "paths": ["secrets/**"] } }),
            json!({ "ask": { "paths": ["Secrets/b/*.txt", "secrets/c"] } }),
        ),
        (json!({ "deny": { "paths": ["**/*.pem"] } }), json!({ "allow": { "paths": ["certs/*.pem"] } })),
        (json!({ "ask": { "commands": [["git", "**"]] } }), json!({ "allow": { "commands": [["git", "status"]] } })),
        (json!({ "deny": { "commands": [["*", "push", "**"]] } }), json!({ "ask": { "commands": [["git", "push"]] } })),
        (json!({ "deny": { "hosts": ["*.example"] } }), json!({ "allow": { "hosts": ["a.example", "b.EXAMPLE"] } })),
    ];
    for (stricter, other) in shadowed {
        for rules in [json!([stricter, other]), json!([other, stricter])] {
            let problems = compile(json!({ "rules": rules })).unwrap_err();
            assert!(problems[0].message.starts_with("it never decides"), "{problems:?}");
        }
    }
    let useful = [
        (json!({ "deny": { "paths": ["a"] } }), json!({ "allow": { "paths": ["a", "b"] } })),
        (json!({ "deny": { "paths": ["a"], "access": "write" } }), json!({ "allow": { "paths": ["a"] } })),
        (json!({ "deny": { "tools": ["read_file"] } }), json!({ "allow": { "tools": ["read_file", "fetch"] } })),
        (json!({ "allow": { "paths": ["a"] } }), json!({ "allow": { "paths": ["a"] } })),
        (json!({ "deny": { "paths": ["secrets/**"] } }), json!({ "allow": { "paths": ["secrets/a", "b"] } })),
        (json!({ "deny": { "paths": ["secrets/*"] } }), json!({ "allow": { "paths": ["secrets/**"] } })),
        (
            json!({ "ask": { "commands": [["git", "push", "**"]] } }),
            json!({ "allow": { "commands": [["git", "**"]] } }),
        ),
        (
            json!({ "ask": { "commands": [["git", "push"]] } }),
            json!({ "allow": { "commands": [["git", "push", "**"]] } }),
        ),
        (json!({ "deny": { "hosts": ["a.example"] } }), json!({ "allow": { "hosts": ["*.example"] } })),
        (json!({ "deny": { "effects": ["read"] } }), json!({ "allow": { "effects": ["read", "write"] } })),
    ];
    for (one, other) in useful {
        compile(json!({ "rules": [one, other] })).unwrap();
    }
}

#[test]
fn what_the_tools_of_an_agent_never_touch_is_an_error() {
    // Row B21: what calls can touch tells more than the effect.
    let (note, program) = (spec("remember", ToolEffect::Write), spec("run_program", ToolEffect::Execute));
    let (read, shell) = (spec("read_file", ToolEffect::Read), spec("run_shell", ToolEffect::Execute));
    let all = TouchKinds { paths: true, commands: true, hosts: true };
    let tools = [
        (&note, TouchKinds::default()),
        (&program, TouchKinds::default()),
        (&read, TouchKinds { commands: false, hosts: false, ..all }),
        (&shell, all),
    ];
    let problems = |rule: Value, tools: &[(&ToolSpec, TouchKinds)]| {
        let options: PermissionOptions = serde_json::from_value(json!({ "rules": [rule] })).unwrap();
        options.check_for(tools).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let rows = [
        (json!({ "deny": { "tools": ["remember"], "paths": ["x/**"] } }), "rules[0].deny.paths: no tool that the rule"),
        (
            json!({ "deny": { "tools": ["remember"], "access": "write" } }),
            "rules[0].deny.access: no tool that the rule",
        ),
        (json!({ "deny": { "tools": ["run_program"], "commands": [["rm"]] } }), "rules[0].deny.commands: no tool that"),
        (json!({ "deny": { "tools": ["run_program"], "hosts": ["a"] } }), "rules[0].deny.hosts: no tool that the rule"),
        (json!({ "deny": { "tools": ["write_file"] } }), "rules[0].deny.tools[0]: no tool is called"),
        (json!({ "deny": { "effects": ["network"] } }), "rules[0].deny.effects: none of the tools"),
    ];
    for (rule, told) in rows {
        let problems = problems(rule, &tools);
        assert!(matches!(problems.as_slice(), [only] if only.starts_with(told)), "{problems:?} should be {told}");
    }
    for rule in [
        json!({ "deny": { "paths": ["x/**"] } }),
        json!({ "deny": { "access": "write" } }),
        json!({ "deny": { "tools": ["run_shell"], "hosts": ["a"], "paths": ["x"], "commands": [["rm"]] } }),
        json!({ "allow": { "tools": ["*"] } }),
    ] {
        assert_eq!(problems(rule, &tools), [""; 0]);
    }
    let only_reads = tools.get(..3).unwrap();
    for rule in [json!({ "deny": { "access": "write" } }), json!({ "deny": { "commands": [["rm"]] } })] {
        assert_eq!(problems(rule, only_reads).len(), 1);
    }
    assert_eq!(
        problems(json!({ "deny": { "paths": ["a["] } }), &tools).len(),
        1,
        "what is wrong by itself is told too"
    );
}
