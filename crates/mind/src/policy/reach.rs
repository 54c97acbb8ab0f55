//! Which rules can never match, or never decide, among the tools that there are (row B21).
//!
//! This module must not know how a single glob is compiled.
//!
//! ```
//! use moot_mind::policy::{PermissionOptions, Policy};
//!
//! let text = r#"{ "rules": [{ "deny": { "paths": ["a"] } }, { "allow": { "paths": ["a"] } }] }"#;
//! let options: PermissionOptions = serde_json::from_str(text).unwrap();
//! let problems = Policy::compile(&options, "permissions", &[]).unwrap_err();
//! assert_eq!(
//!     problems[0].to_string(),
//!     "rules[1].allow: it never decides, for rules[0].deny matches whatever it matches and goes before it; drop one"
//! );
//! ```

use moot_core::{Access, ToolEffect, ToolSpec, TouchKinds, Verdict};
use serde_json::Value;

use super::glob::WordPattern;
use super::rule::Rule;
use super::{PermissionOptions, RuleMatch, RuleOptions};
use crate::OptionProblem;

/// A tool as it is known before any call, and what its calls can touch.
pub(super) type KnownTool<'a> = (&'a ToolSpec, TouchKinds);

/// Every problem of rules that were compiled without one. Without any tools nothing is known of what there is: then
/// only names are looked at.
pub(super) fn check(options: &PermissionOptions, rules: &[Rule], tools: &[KnownTool<'_>]) -> Vec<OptionProblem> {
    let mut problems = Vec::new();
    for (index, options) in options.rules.iter().enumerate() {
        if let Some(rule) = rules.iter().find(|rule| rule.index == index) {
            check_tools(options, rule, tools, &mut problems);
        }
    }
    check_shadows(options, rules, tools, &mut problems);
    problems
}

fn check_tools(options: &RuleOptions, rule: &Rule, tools: &[KnownTool<'_>], problems: &mut Vec<OptionProblem>) {
    let matches = options.matches();
    let mut report = |option: &str, message: String| {
        let path = format!("rules[{}].{}.{option}", rule.index, rule.verdict.as_str());
        problems.push(OptionProblem { path, message });
    };
    let mut all_known = true;
    let names = matches.tools.iter().flatten();
    for (place, (name, pattern)) in names.zip(rule.tools.iter().flatten()).enumerate() {
        if name != "*" && !tools.iter().any(|(tool, _)| pattern.matches(&tool.name)) {
            all_known = false;
            report(&format!("tools[{place}]"), unknown_tool(name, tools));
        }
    }
    let mut named: Vec<KnownTool<'_>> = tools.iter().filter(|(tool, _)| rule.names(&tool.name)).copied().collect();
    if !all_known || named.is_empty() {
        return;
    }
    let none = if matches.tools.is_some() { "no tool that the rule names" } else { "none of the tools" };
    if let Some(effects) = &matches.effects {
        let all = effects_of(&named);
        named.retain(|(tool, _)| effects.contains(&tool.effect));
        if named.is_empty() {
            return report("effects", format!("{none} has such an effect: {all}"));
        }
    }
    let of_which = |named: &[KnownTool<'_>]| effects_of(named);
    if matches.commands.is_some() && !named.iter().any(|(_, kinds)| kinds.commands) {
        report("commands", format!("{none} runs commands: {}", of_which(&named)));
    }
    if matches.hosts.is_some() && !named.iter().any(|(_, kinds)| kinds.hosts || kinds.commands) {
        report("hosts", format!("{none} talks to hosts: {}", of_which(&named)));
    }
    let uses_files = |(_, kinds): &&KnownTool<'_>| kinds.paths || kinds.commands;
    let about_paths = if matches.paths.is_some() { Some("paths") } else { matches.access.map(|_| "access") };
    if let Some(option) = about_paths {
        if !named.iter().any(|tool| uses_files(&tool)) {
            report(option, format!("{none} uses files: {}", of_which(&named)));
        } else if matches.access == Some(Access::Write)
            && !named.iter().filter(uses_files).any(|(tool, _)| tool.effect != ToolEffect::Read)
        {
            report("access", format!("{none} writes: {}", of_which(&named)));
        }
    }
    for pointer in matches.arguments.iter().flat_map(|arguments| arguments.keys()) {
        if !named.iter().any(|(tool, _)| may_have(&tool.schema, pointer)) {
            report(&format!("arguments.{pointer}"), format!("{none} has such an argument"));
        }
    }
}

fn unknown_tool(name: &str, tools: &[KnownTool<'_>]) -> String {
    let mut known: Vec<&str> = tools.iter().map(|(tool, _)| tool.name.as_ref()).collect();
    known.sort_unstable();
    known.dedup();
    let known =
        if known.is_empty() { "there are no tools".to_owned() } else { format!("known are {}", known.join(", ")) };
    format!("no tool is called {name:?}; {known}")
}

fn effects_of(tools: &[KnownTool<'_>]) -> String {
    let shown = |(tool, _): &KnownTool<'_>| {
        let effect = serde_json::to_value(tool.effect).ok();
        format!("{} has the effect {}", tool.name, effect.as_ref().and_then(Value::as_str).unwrap_or("?"))
    };
    tools.iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// Whether a value could stand at the pointer: only the first step is looked at, and only in a schema that is closed.
fn may_have(schema: &Value, pointer: &str) -> bool {
    let Some(first) = pointer.split('/').nth(1) else { return true };
    let name = first.replace("~1", "/").replace("~0", "~");
    let is_closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    !is_closed || schema.get("properties").is_some_and(|properties| properties.get(&name).is_some())
}

fn check_shadows(
    options: &PermissionOptions,
    rules: &[Rule],
    tools: &[KnownTool<'_>],
    problems: &mut Vec<OptionProblem>,
) {
    let with_options = || rules.iter().filter_map(|rule| Some((rule, options.rules.get(rule.index)?.matches())));
    for (rule, matches) in with_options().filter(|(rule, _)| rule.verdict != Verdict::Deny) {
        let shadow = with_options().find(|(stricter, theirs)| {
            stricter.verdict > rule.verdict
                && takes_all_tools(stricter, rule, tools)
                && takes_all((stricter, theirs), (rule, matches))
        });
        if let Some((stricter, _)) = shadow {
            let place = format!("rules[{}].{}", stricter.index, stricter.verdict.as_str());
            let message =
                format!("it never decides, for {place} matches whatever it matches and goes before it; drop one");
            let path = format!("rules[{}].{}", rule.index, rule.verdict.as_str());
            problems.push(OptionProblem { path, message });
        }
    }
}

fn takes_all_tools(stricter: &Rule, rule: &Rule, tools: &[KnownTool<'_>]) -> bool {
    if stricter.tools.as_ref().is_none_or(|tools| tools.iter().any(WordPattern::is_any)) {
        return true;
    }
    let mut named = tools.iter().filter(|(tool, _)| rule.names(&tool.name)).peekable();
    named.peek().is_some() && named.all(|(tool, _)| stricter.names(&tool.name))
}

/// Whether the matchers of the stricter rule surely match whatever the others match: each is absent, or each entry of
/// the others' is covered by one of its own.
fn takes_all((stricter, theirs): (&Rule, &RuleMatch), (rule, own): (&Rule, &RuleMatch)) -> bool {
    let arguments = match (&theirs.arguments, &own.arguments) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(theirs), Some(own)) => theirs.iter().all(|(pointer, pattern)| own.get(pointer) == Some(pattern)),
    };
    holds(stricter.effects.as_deref(), rule.effects.as_deref(), |one, other| one == other)
        && holds(stricter.paths.as_deref(), rule.paths.as_deref(), |one, other| one.covers(other))
        && (theirs.access.is_none() || theirs.access == own.access)
        && holds(stricter.commands.as_deref(), rule.commands.as_deref(), |one, other| one.covers_pattern(other))
        && holds(stricter.hosts.as_deref(), rule.hosts.as_deref(), |one, other| one.covers(other))
        && arguments
}

fn holds<T>(stricter: Option<&[T]>, other: Option<&[T]>, covers: impl Fn(&T, &T) -> bool) -> bool {
    match (stricter, other) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(theirs), Some(own)) => own.iter().all(|entry| theirs.iter().any(|stricter| covers(stricter, entry))),
    }
}
