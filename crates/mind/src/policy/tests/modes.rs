//! Modes, grants, chains of rights and explanations.

use super::*;

#[test]
fn modes_are_presets() {
    use Verdict::{Allow, Ask, Deny};
    let rows = [("default", Allow, Ask, Ask), ("plan", Allow, Deny, Deny), ("auto", Allow, Allow, Allow)];
    for (mode, read, write, run) in rows {
        let rights = rights(json!(mode));
        assert_eq!(verdict(&rights, "read_file", &reads("a")), read, "{mode}");
        assert_eq!(verdict(&rights, "write_file", &writes("a")), write, "{mode}");
        assert_eq!(verdict(&rights, "run_shell", &runs(&["ls"])), run, "{mode}");
        assert_eq!(verdict(&rights, "read_file", &writes("a")), write, "a claim to write counts more than the effect");
    }
}

#[test]
fn every_decision_names_its_rule() {
    let rights = rights(json!({ "rules": [
        { "allow": { "paths": ["out/**"], "name": "results" } },
        { "ask": { "tools": ["fetch"] } },
        { "deny": { "paths": ["secrets/**"], "name": "no secrets", "because": "hush" } }
    ] }));
    let rows = [
        (
            "write_file",
            writes("out/a"),
            "allow by permissions.rules[0] \"results\": the rule covers everything that the call touches",
        ),
        ("fetch", Touch::default(), "ask by permissions.rules[1]: the rule speaks of every such call of this tool"),
        (
            "read_file",
            reads("secrets/a"),
            "deny by permissions.rules[2] \"no secrets\": hush (the path secrets/a (read) matches secrets/**)",
        ),
        ("read_file", reads("b"), "allow by mode default: it only reads"),
        ("write_file", writes("b"), "ask by mode default: write_file changes something and no rule allows it"),
    ];
    for (tool, touch, told) in rows {
        assert_eq!(decide(&[&rights], tool, &json!({}), &touch).to_string(), told);
    }
}

#[test]
fn arguments_are_matched_by_pointer_in_linear_time() {
    // Row B19: a pattern that would backtrack for ever elsewhere.
    let rights = rights(json!({ "mode": "auto", "rules": [
        { "deny": { "arguments": { "/line": "^(a+)+$" } } }, { "ask": { "arguments": { "/count": "^[0-9]{3,}$" } } }
    ] }));
    let decide = |arguments: Value| decide(&[&rights], "write_file", &arguments, &Touch::default()).verdict;
    assert_eq!(decide(json!({ "line": "a".repeat(50_000) + "b" })), Verdict::Allow);
    assert_eq!(decide(json!({ "line": "aaa" })), Verdict::Deny);
    assert_eq!(decide(json!({ "count": 1000 })), Verdict::Ask);
    assert_eq!(decide(json!({ "count": 10 })), Verdict::Allow);
}

#[test]
fn plan_is_not_lifted_by_rules_grants_or_asks() {
    let mut rights = rights(json!({ "rules": [
        { "allow": { "tools": ["write_file"] } }, { "ask": { "tools": ["run_shell"] } }
    ] }));
    assert_eq!(verdict(&rights, "write_file", &writes("a")), Verdict::Allow);
    rights.grant("run_shell", GrantScope::Run, &runs(&["ls"]));
    assert_eq!(verdict(&rights, "run_shell", &runs(&["ls"])), Verdict::Allow);
    rights.mode = PermissionMode::Plan;
    assert_eq!(verdict(&rights, "write_file", &writes("a")), Verdict::Deny, "effective on the very next call");
    assert_eq!(verdict(&rights, "run_shell", &runs(&["ls"])), Verdict::Deny);
    assert_eq!(verdict(&rights, "read_file", &reads("a")), Verdict::Allow);
}

#[test]
fn the_way_out_of_plan_is_asked_about_whatever_rules_allow() {
    let mode = Touch::claims([Claim::entity("mode", "", Access::Write)]);
    let note = Touch::claims([Claim::entity("note", "", Access::Write)]);
    let both = Touch::claims([Claim::entity("mode", "", Access::Write), Claim::writes_file("a")]);
    let with = |rules: Value| rights(json!({ "mode": "plan", "rules": rules }));
    for (rules, expected) in [
        (json!([]), Verdict::Ask),
        (json!([{ "allow": { "tools": ["*"] } }]), Verdict::Ask),
        (json!([{ "deny": { "tools": ["write_file"] } }]), Verdict::Deny),
    ] {
        assert_eq!(verdict(&with(rules.clone()), "write_file", &mode), expected, "{rules}");
    }
    let mut plan = with(json!([]));
    for touch in [&note, &both, &Touch::default(), &writes("a")] {
        assert_eq!(verdict(&plan, "write_file", touch), Verdict::Deny, "{touch:?}");
    }
    plan.grant("write_file", GrantScope::Run, &mode);
    assert_eq!(verdict(&plan, "write_file", &mode), Verdict::Allow, "somebody approved it for the run");
    assert_eq!(verdict(&plan, "write_file", &writes("a")), Verdict::Deny);
    let told = decide(&[&with(json!([]))], "write_file", &json!({}), &mode).to_string();
    assert_eq!(
        told,
        "ask by mode plan: write_file may end mode plan, and whatever rules allow, somebody has to approve"
    );
}

#[test]
fn an_approval_of_commands_for_the_run_is_for_their_programs() {
    let granted = |touch: &Touch| {
        let mut rights = rights(json!("default"));
        rights.grant("run_shell", GrantScope::Run, touch);
        rights
    };
    let wrote = one(Command { writes: vec!["out".into()], ..command("ls") });
    let rows = [
        (runs(&["ls"]), runs(&["ls"]), Verdict::Allow),
        (runs(&["ls"]), runs(&["ls -l a"]), Verdict::Allow),
        (runs(&["ls"]), runs(&["rm -rf a"]), Verdict::Ask),
        (runs(&["ls"]), runs(&["./ls"]), Verdict::Ask),
        (runs(&["ls"]), runs(&["ls", "rm a"]), Verdict::Ask),
        (runs(&["ls", "cat a"]), runs(&["cat b"]), Verdict::Allow),
        (runs(&["ls"]), unclear(), Verdict::Ask),
        (unclear(), unclear(), Verdict::Ask),
        (unclear(), runs(&["ls"]), Verdict::Ask),
        (runs(&["git log"]), runs(&["git -c core.pager=x log"]), Verdict::Ask),
        (runs(&["sudo ls"]), runs(&["sudo ls"]), Verdict::Allow),
        (runs(&["sudo ls"]), runs(&["sudo rm a"]), Verdict::Ask),
        (runs(&["ls"]), wrote.clone(), Verdict::Ask),
        (wrote, runs(&["ls a"]), Verdict::Allow),
        (runs(&["ls"]), one(Command { folder: "a".into(), ..command("ls") }), Verdict::Ask),
        (runs(&["ls"]), one(Command { environment: vec![("A".into(), "b".into())], ..command("ls") }), Verdict::Ask),
    ];
    for (approved, asked, expected) in rows {
        assert_eq!(verdict(&granted(&approved), "run_shell", &asked), expected, "{approved:?} {asked:?}");
    }
    let grants = granted(&runs(&["ls"])).grants;
    let stored = serde_json::to_value(&grants).unwrap();
    assert_eq!(serde_json::from_value::<Grants>(stored).unwrap(), grants);
}

#[test]
fn grants_hold_for_what_was_approved() {
    let base = rights(json!({ "rules": [{ "deny": { "paths": ["out/no"] } }] }));
    let granted = |scope: GrantScope, touch: &Touch| {
        let mut rights = base.clone();
        rights.grant("write_file", scope, touch);
        rights
    };
    let file = |path: &str| GrantScope::Resource(Resource::File(path.into()));
    let folder = |path: &str| GrantScope::Resource(Resource::Folder(path.into()));
    let rows = [
        (GrantScope::Call, "a", Verdict::Ask),
        (GrantScope::Run, "a", Verdict::Allow),
        (GrantScope::Run, "out/no", Verdict::Deny),
        (file("a"), "a", Verdict::Allow),
        (file("a"), "./a", Verdict::Allow),
        (file("a"), "A", Verdict::Ask),
        (file("a"), "b", Verdict::Ask),
        (folder("out"), "out/x", Verdict::Allow),
        (folder("out"), "out/../x", Verdict::Ask),
        (folder("out"), "out/no", Verdict::Deny),
        (folder("out"), "outer", Verdict::Ask),
        (folder(""), "/etc/x", Verdict::Ask),
    ];
    for (scope, path, expected) in rows {
        let rights = granted(scope.clone(), &writes("a"));
        assert_eq!(verdict(&rights, "write_file", &writes(path)), expected, "{scope:?} {path}");
    }
    let reader = granted(file("a"), &reads("a"));
    assert_eq!(verdict(&reader, "write_file", &writes("a")), Verdict::Ask, "an approved reading allows no writing");
    let two = Touch::claims([Claim::writes_file("a"), Claim::writes_file("b")]);
    assert_eq!(verdict(&granted(file("a"), &writes("a")), "write_file", &two), Verdict::Ask);
    let text = decide(&[&granted(GrantScope::Run, &writes("a"))], "write_file", &json!({}), &writes("a")).to_string();
    assert_eq!(text, "allow by an approval, over mode default: somebody approved it before");
    let stored = serde_json::to_value(&reader.grants).unwrap();
    assert_eq!(serde_json::from_value::<Grants>(stored).unwrap(), reader.grants);
}

#[test]
fn the_strictest_level_of_the_chain_wins() {
    let auto = rights(json!("auto"));
    let asks = rights(json!("default"));
    let denies = rights(json!({ "mode": "auto", "rules": [{ "deny": { "tools": ["write_file"] } }] }));
    let touch = writes("a");
    let judged = |chain: &[&Rights]| decide(chain, "write_file", &json!({}), &touch).verdict;
    assert_eq!(judged(&[&auto, &auto]), Verdict::Allow);
    assert_eq!(judged(&[&auto, &asks]), Verdict::Ask);
    assert_eq!(judged(&[&asks, &auto]), Verdict::Ask);
    assert_eq!(judged(&[&auto, &asks, &denies]), Verdict::Deny);
    assert_eq!(judged(&[]), Verdict::Deny, "without rights nothing runs");
    let mut approved = auto.clone();
    approved.grant("write_file", GrantScope::Run, &touch);
    assert_eq!(judged(&[&approved, &asks]), Verdict::Allow, "the child's approval was given with the parent in view");
    assert_eq!(judged(&[&auto, &approved, &asks]), Verdict::Allow);
    assert_eq!(
        judged(&[&asks, &approved]),
        Verdict::Ask,
        "the parent's approval says nothing of the child's own rules"
    );
    assert_eq!(judged(&[&Rights::unrestricted()]), Verdict::Allow);
}

#[test]
fn an_explanation_tells_every_rule_and_is_narrow() {
    let rights = rights(json!({ "rules": [
        { "deny": { "paths": ["secrets/**"], "name": "no secrets" } },
        { "allow": { "tools": ["write_file"], "paths": ["out/**"] } }
    ] }));
    let (arguments, touch) = (json!({}), Touch::claims([Claim::writes_file("out/a"), Claim::writes_file("b")]));
    let question = Question { tool: "write_file", effect: ToolEffect::Write, arguments: &arguments, touch: &touch };
    let text = explain([&rights], &question).to_string();
    let expected = "ask by mode default
  write_file changes something and no rule allows it

What was looked at, in this order:
- deny built-in protection
    the call touches no protected name
- deny permissions.rules[0] \"no secrets\"
    no path of the call matches
- allow permissions.rules[1]
    it covers a part, but not the path b
* ask mode default
    write_file changes something and no rule allows it
";
    assert_eq!(text, expected);
    let long = writes(&format!("secrets/{}", "long-name ".repeat(30) + &"x".repeat(200)));
    let question = Question { touch: &long, ..question };
    for line in explain([&rights], &question).to_string().lines() {
        assert!(line.chars().count() <= 78, "{line}");
    }
}
