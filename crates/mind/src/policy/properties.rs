//! What holds for every policy and every call.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use moot_core::{Access, Claim, Command, Commands, GrantScope, Resource, Text, Touch, Verdict};
use proptest::prelude::*;
use serde_json::{Value, json};

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

fn words() -> impl Strategy<Value = Vec<String>> {
    let word = prop::sample::select(vec!["rm", "ls", "sudo", "sh", "-c", "sed", "a", "a/x.pem", "xargs", "/bin/rm"]);
    prop::collection::vec(word.prop_map(str::to_owned), 1..4)
}

fn argv_glob() -> impl Strategy<Value = Vec<String>> {
    (prop::sample::select(vec!["rm", "ls", "*", "s*"]), prop::bool::ANY).prop_map(|(program, open)| {
        let mut words = vec![program.to_owned()];
        words.extend(open.then(|| "**".to_owned()));
        words
    })
}

fn matches() -> impl Strategy<Value = RuleMatch> {
    let tools =
        prop::option::of(prop::collection::vec(prop::sample::select(TOOLS.to_vec()).prop_map(str::to_owned), 1..3));
    let access = prop::option::of(prop::sample::select(vec![Access::Read, Access::Write]));
    let paths = prop::option::of(prop::collection::vec(path_glob(), 1..3));
    let commands = prop::option::weighted(0.4, prop::collection::vec(argv_glob(), 1..3));
    let hosts = prop::option::weighted(0.1, Just(vec!["h*".to_owned()]));
    (tools, access, paths, commands, hosts).prop_map(|(tools, access, paths, commands, hosts)| {
        // Named tools that run nothing would be refused with commands or hosts, and those that only read with writes.
        let tools = tools.filter(|_| access.is_none() && commands.is_none() && hosts.is_none());
        let is_empty = tools.is_none() && access.is_none() && paths.is_none() && commands.is_none() && hosts.is_none();
        let tools = tools.or_else(|| is_empty.then(|| vec!["*".to_owned()]));
        RuleMatch { tools, access, paths, commands, hosts, ..RuleMatch::default() }
    })
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

fn tool() -> impl Strategy<Value = &'static str> {
    prop::sample::select(TOOLS.to_vec())
}

/// The rights, unless the rules are refused: what is refused decides nothing.
fn rights(options: &PermissionOptions) -> Option<Rights> {
    Policy::compile(options, "permissions", &tools()).ok().map(Rights::of)
}

fn verdict(chain: &[&Rights], tool: &str, touch: &Touch) -> Verdict {
    decide(chain, tool, &Value::Null, touch).verdict
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_further_deny_or_ask_rule_never_widens(
        options in options(), matches in matches(), asks: bool, at in 0..6_usize, tool in tool(), touch in touch(),
    ) {
        let mut stricter = options.clone();
        let added = if asks { RuleOptions::Ask(matches) } else { RuleOptions::Deny(matches) };
        stricter.rules.insert(at.min(stricter.rules.len()), added);
        let (Some(before), Some(after)) = (rights(&options), rights(&stricter)) else { return Ok(()) };
        prop_assert!(verdict(&[&after], tool, &touch) >= verdict(&[&before], tool, &touch));
    }

    #[test]
    fn a_parent_never_widens_its_child(child in options(), parent in options(), tool in tool(), touch in touch()) {
        let (Some(child), Some(parent)) = (rights(&child), rights(&parent)) else { return Ok(()) };
        let both = verdict(&[&child, &parent], tool, &touch);
        prop_assert_eq!(both, verdict(&[&child], tool, &touch).max(verdict(&[&parent], tool, &touch)));
    }

    #[test]
    fn a_further_rule_of_the_parent_that_restricts_never_widens_the_child(
        child in options(), parent in options(), matches in matches(), tool in tool(), touch in touch(),
    ) {
        let mut stricter = parent.clone();
        stricter.rules.push(RuleOptions::Deny(matches));
        let (Some(child), Some(parent), Some(stricter)) = (rights(&child), rights(&parent), rights(&stricter)) else {
            return Ok(());
        };
        prop_assert!(verdict(&[&child, &stricter], tool, &touch) >= verdict(&[&child, &parent], tool, &touch));
        prop_assert!(verdict(&[&child, &stricter], tool, &touch) >= verdict(&[&child], tool, &touch));
    }

    #[test]
    fn the_order_of_rules_changes_no_verdict(
        (options, shuffled) in options().prop_flat_map(|options| {
            let rules = Just(options.rules.clone()).prop_shuffle();
            (Just(options), rules)
        }),
        tool in tool(), touch in touch(),
    ) {
        let other = PermissionOptions { rules: shuffled, ..options.clone() };
        let (Some(one), Some(two)) = (rights(&options), rights(&other)) else { return Ok(()) };
        prop_assert_eq!(verdict(&[&one], tool, &touch), verdict(&[&two], tool, &touch));
    }

    #[test]
    fn a_grant_lifts_no_denial_and_restricts_nothing(
        options in options(), granted in touch(), tool in tool(), touch in touch(), run: bool,
    ) {
        let Some(before) = rights(&options) else { return Ok(()) };
        let mut after = before.clone();
        let scope = match granted.claims.first() {
            Some(claim) if !run => GrantScope::Resource(claim.resource.clone()),
            _ => GrantScope::Run,
        };
        after.grant(tool, scope, &granted);
        let (before, after) = (verdict(&[&before], tool, &touch), verdict(&[&after], tool, &touch));
        prop_assert!(after <= before);
        prop_assert_eq!(after == Verdict::Deny, before == Verdict::Deny);
    }

    #[test]
    fn more_that_a_call_touches_is_never_more_allowed(
        options in options(), tool in tool(), one in touch(), more in touch(),
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
        prop_assert!(verdict(&[&rights], tool, &both) >= verdict(&[&rights], tool, &one));
    }

    #[test]
    fn explanations_are_narrow(options in options(), tool in tool(), touch in touch()) {
        let Some(rights) = rights(&options) else { return Ok(()) };
        let arguments = json!({});
        let question = Question { tool, effect: effect_of(tool), arguments: &arguments, touch: &touch };
        for line in explain([&rights], &question).to_string().lines() {
            prop_assert!(line.chars().count() <= 78, "{}", line);
        }
    }
}
