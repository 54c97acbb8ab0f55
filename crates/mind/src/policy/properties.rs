//! What holds for every policy and every call.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeMap;

use moot_core::{Access, Claim, Command, Commands, GrantScope, Resource, Text, ToolEffect, Touch, Verdict};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use super::tests::{decide, effect_of, tools};
use super::*;

const TOOLS: [&str; 5] = ["read_file", "list_files", "write_file", "run_shell", "fetch"];

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "B", "..", ".", "x.pem", ".git", "config", ".ssh"]), 0..4)
        .prop_map(|parts| parts.join("/"))
}

fn path_glob() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "b", "*", "**", "**", "*.pem", "?"]), 1..4)
        .prop_map(|parts| parts.join("/"))
}

/// Words with everything in them that the door table, the word reader and the launchers know.
fn words() -> impl Strategy<Value = Vec<String>> {
    let program = prop::sample::select(vec![
        "rm", "ls", "sudo", "sh", "sed", "xargs", "/bin/rm", "rm.exe", "git", "tar", "find", "python3", "npx",
        "docker", "grep", "tee", "a/tool",
    ]);
    let word = prop::sample::select(vec![
        "rm",
        "ls",
        "sh",
        "-c",
        "a",
        "a/x.pem",
        "status",
        "log",
        "bisect",
        "run",
        "exec",
        "-exec",
        "-delete",
        "-xIrm",
        "-cfa/x.pem",
        "-r",
        "--to-c=rm",
        "--output=a",
        "--exec",
        "--file=a:b/x.pem",
        "rm a",
        "cat a/x.pem",
        "host",
        "http://host/a",
        "a%2fx.pem",
        "*",
        ".",
        "--",
    ]);
    (program, prop::collection::vec(word, 0..4))
        .prop_map(|(program, rest)| std::iter::once(program).chain(rest).map(str::to_owned).collect())
}

fn argv_glob() -> impl Strategy<Value = Vec<String>> {
    let program = prop::sample::select(vec!["rm", "ls", "*", "s*", "git", "tar", "/bin/rm"]);
    let arguments = prop::collection::vec(prop::sample::select(vec!["a", "*", "status", "rm"]), 0..2);
    (program, arguments, prop::bool::ANY).prop_map(|(program, arguments, open)| {
        let mut words = vec![program.to_owned()];
        words.extend(arguments.into_iter().map(str::to_owned));
        words.extend(open.then(|| "**".to_owned()));
        words
    })
}

/// Effects that a rule speaks of, and expressions for arguments that the tools have.
fn call_matchers() -> impl Strategy<Value = (Option<Vec<ToolEffect>>, Option<BTreeMap<String, String>>)> {
    let effects = vec![ToolEffect::Read, ToolEffect::Write, ToolEffect::Execute, ToolEffect::Network];
    let expression = prop::sample::select(vec!["a", "^b$", "", "[0-9]", "null"]).prop_map(str::to_owned);
    let pointer = prop::sample::select(vec!["/path", "/line", ""]).prop_map(str::to_owned);
    (
        prop::option::weighted(0.3, prop::sample::subsequence(effects, 1..=3)),
        prop::option::weighted(0.3, prop::collection::btree_map(pointer, expression, 1..3)),
    )
}

fn arguments() -> impl Strategy<Value = Value> {
    let value = || {
        prop::option::of(prop_oneof![
            prop::sample::select(vec!["a", "b", "ab", "7", ""]).prop_map(Value::from),
            (0..3).prop_map(Value::from),
            Just(Value::Null),
        ])
    };
    (value(), value()).prop_map(|(path, line)| {
        let members = [("path", path), ("line", line)];
        members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    })
}

fn matches() -> impl Strategy<Value = RuleMatch> {
    let tools =
        prop::option::of(prop::collection::vec(prop::sample::select(TOOLS.to_vec()).prop_map(str::to_owned), 1..3));
    let access = prop::option::of(prop::sample::select(vec![Access::Read, Access::Write]));
    let paths = prop::option::of(prop::collection::vec(path_glob(), 1..3));
    let commands = prop::option::weighted(0.4, prop::collection::vec(argv_glob(), 1..3));
    let hosts = prop::option::weighted(0.1, Just(vec!["h*".to_owned()]));
    (tools, access, paths, commands, hosts, call_matchers()).prop_map(
        |(tools, access, paths, commands, hosts, (effects, arguments))| {
            // Named tools that run nothing would be refused with commands or hosts, those that only read with writes,
            // and so would be effects that none of the tools has.
            let tools =
                tools.filter(|_| access.is_none() && commands.is_none() && hosts.is_none() && effects.is_none());
            let mut effects = effects;
            if let Some(effects) =
                effects.as_mut().filter(|_| access.is_some() || commands.is_some() || hosts.is_some())
                && !effects.contains(&ToolEffect::Execute)
            {
                effects.push(ToolEffect::Execute);
            }
            let is_about_targets = access.is_some() || paths.is_some() || commands.is_some() || hosts.is_some();
            let is_empty = tools.is_none() && effects.is_none() && arguments.is_none() && !is_about_targets;
            let tools = tools.or_else(|| is_empty.then(|| vec!["*".to_owned()]));
            RuleMatch { tools, effects, access, paths, commands, hosts, arguments, ..RuleMatch::default() }
        },
    )
}

fn rule() -> impl Strategy<Value = RuleOptions> {
    (matches(), 0..4).prop_map(|(matches, kind)| match kind {
        0 => RuleOptions::Deny(matches),
        1 => RuleOptions::Ask(matches),
        // An allow rule speaks of one kind of target.
        _ if matches.commands.is_some() => {
            RuleOptions::Allow(RuleMatch { paths: None, access: None, hosts: None, ..matches })
        }
        _ if matches.hosts.is_some() => RuleOptions::Allow(RuleMatch { paths: None, access: None, ..matches }),
        _ => RuleOptions::Allow(matches),
    })
}

fn options() -> impl Strategy<Value = PermissionOptions> {
    let modes =
        vec![moot_core::PermissionMode::Default, moot_core::PermissionMode::Plan, moot_core::PermissionMode::Auto];
    (prop::sample::select(modes), prop::collection::vec(rule(), 0..5), prop::bool::ANY)
        .prop_map(|(mode, rules, protect)| PermissionOptions { mode, rules, protect })
}

fn touch() -> impl Strategy<Value = Touch> {
    let access = || prop::sample::select(vec![Access::Read, Access::Write]);
    let resource = prop_oneof![
        path().prop_map(|path| Resource::File(path.into())),
        path().prop_map(|path| Resource::Folder(path.into())),
        Just(Resource::Host("host".into())),
        Just(Resource::Entity { kind: "note".into(), name: "".into() }),
    ];
    let claims =
        prop::collection::vec((resource, access()).prop_map(|(resource, access)| Claim { resource, access }), 0..3);
    let command = (words(), prop::collection::vec(path(), 0..2), path()).prop_map(|(argv, writes, folder)| {
        let text = |texts: Vec<String>| texts.into_iter().map(Text::from).collect::<Vec<_>>();
        Command { argv: text(argv), writes: text(writes), folder: folder.into(), ..Command::default() }
    });
    let commands = prop_oneof![
        3 => Just(Commands::None),
        3 => prop::collection::vec(command, 0..3).prop_map(Commands::Certain),
        1 => Just(Commands::Unclear("it is".into())),
    ];
    (claims, commands).prop_map(|(claims, commands)| Touch { claims, commands })
}

/// A tool and the arguments that it is called with.
fn call() -> impl Strategy<Value = (&'static str, Value)> {
    (prop::sample::select(TOOLS.to_vec()), arguments())
}

/// The rights, unless the rules are refused: what is refused decides nothing.
fn rights(options: &PermissionOptions) -> Option<Rights> {
    Policy::compile(options, "permissions", &tools()).ok().map(Rights::of)
}

fn verdict(chain: &[&Rights], (tool, arguments): &(&'static str, Value), touch: &Touch) -> Verdict {
    decide(chain, tool, arguments, touch).verdict
}

/// How many of these many policies are such, drawn from fixed seeds.
fn share(of: usize, is: impl Fn(&PermissionOptions) -> bool) -> usize {
    let mut runner = TestRunner::deterministic();
    (0..of).filter(|_| is(&options().new_tree(&mut runner).unwrap().current())).count()
}

#[test]
fn the_properties_speak_of_every_matcher() {
    // Else they would hold of nothing: policies that are refused are left out.
    assert!(share(400, |options| rights(options).is_some()) > 150);
    let has = |is: fn(&RuleMatch) -> bool| {
        share(400, |options| {
            let denies = |rule: &RuleOptions| rule.verdict() == Verdict::Deny && is(rule.matches());
            options.rules.iter().any(denies) && rights(options).is_some()
        })
    };
    assert!(has(|rule| rule.effects.is_some()) > 10);
    assert!(has(|rule| rule.arguments.is_some()) > 10);
    assert!(has(|rule| rule.commands.is_some()) > 10);
    assert!(has(|rule| rule.hosts.is_some()) > 5);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_further_deny_or_ask_rule_never_widens(
        options in options(), matches in matches(), asks: bool, at in 0..6_usize, call in call(), touch in touch(),
    ) {
        let mut stricter = options.clone();
        let added = if asks { RuleOptions::Ask(matches) } else { RuleOptions::Deny(matches) };
        stricter.rules.insert(at.min(stricter.rules.len()), added);
        let (Some(before), Some(after)) = (rights(&options), rights(&stricter)) else { return Ok(()) };
        prop_assert!(verdict(&[&after], &call, &touch) >= verdict(&[&before], &call, &touch));
    }

    #[test]
    fn a_parent_never_widens_its_child(child in options(), parent in options(), call in call(), touch in touch()) {
        let (Some(child), Some(parent)) = (rights(&child), rights(&parent)) else { return Ok(()) };
        let both = verdict(&[&child, &parent], &call, &touch);
        prop_assert_eq!(both, verdict(&[&child], &call, &touch).max(verdict(&[&parent], &call, &touch)));
    }

    #[test]
    fn a_further_rule_of_the_parent_that_restricts_never_widens_the_child(
        child in options(), parent in options(), matches in matches(), call in call(), touch in touch(),
    ) {
        let mut stricter = parent.clone();
        stricter.rules.push(RuleOptions::Deny(matches));
        let (Some(child), Some(parent), Some(stricter)) = (rights(&child), rights(&parent), rights(&stricter)) else {
            return Ok(());
        };
        prop_assert!(verdict(&[&child, &stricter], &call, &touch) >= verdict(&[&child, &parent], &call, &touch));
        prop_assert!(verdict(&[&child, &stricter], &call, &touch) >= verdict(&[&child], &call, &touch));
    }

    #[test]
    fn the_order_of_rules_changes_no_verdict(
        (options, shuffled) in options().prop_flat_map(|options| {
            let rules = Just(options.rules.clone()).prop_shuffle();
            (Just(options), rules)
        }),
        call in call(), touch in touch(),
    ) {
        let other = PermissionOptions { rules: shuffled, ..options.clone() };
        let (Some(one), Some(two)) = (rights(&options), rights(&other)) else { return Ok(()) };
        prop_assert_eq!(verdict(&[&one], &call, &touch), verdict(&[&two], &call, &touch));
    }

    #[test]
    fn a_grant_lifts_no_denial_and_restricts_nothing(
        options in options(), granted in touch(), call in call(), touch in touch(), run: bool,
    ) {
        let Some(before) = rights(&options) else { return Ok(()) };
        let mut after = before.clone();
        let scope = match granted.claims.first() {
            Some(claim) if !run => GrantScope::Resource(claim.resource.clone()),
            _ => GrantScope::Run,
        };
        after.grant(call.0, scope, &granted);
        let (before, after) = (verdict(&[&before], &call, &touch), verdict(&[&after], &call, &touch));
        prop_assert!(after <= before);
        prop_assert_eq!(after == Verdict::Deny, before == Verdict::Deny);
    }

    #[test]
    fn more_that_a_call_touches_is_never_more_allowed(
        options in options(), call in call(), one in touch(), more in touch(),
    ) {
        let Some(rights) = rights(&options) else { return Ok(()) };
        // A rule about nothing that is touched covers a call with nothing to cover, and mode plan or default looks at
        // the same effect: a call that touched something before only gains.
        let has_targets = one.claims.iter().any(|claim| !matches!(claim.resource, Resource::Entity { .. }))
            || matches!(&one.commands, Commands::Certain(commands) if !commands.is_empty());
        if !has_targets {
            return Ok(());
        }
        let mut both = one.clone();
        both.claims.extend(more.claims);
        prop_assert!(verdict(&[&rights], &call, &both) >= verdict(&[&rights], &call, &one));
    }

    #[test]
    fn explanations_are_narrow(options in options(), call in call(), touch in touch()) {
        let Some(rights) = rights(&options) else { return Ok(()) };
        let (tool, arguments) = &call;
        let question = Question { tool, effect: effect_of(tool), arguments, touch: &touch };
        for line in explain([&rights], &question).to_string().lines() {
            prop_assert!(line.chars().count() <= 78, "{}", line);
        }
    }
}
