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

use moot_core::{Access, ToolEffect, ToolSpec, Verdict};
use serde_json::Value;

use super::glob::WordPattern;
use super::rule::Rule;
use super::{PermissionOptions, RuleMatch, RuleOptions};
use crate::OptionProblem;

/// Every problem of rules that were compiled without one.
pub(super) fn check(options: &PermissionOptions, rules: &[Rule], tools: &[ToolSpec]) -> Vec<OptionProblem> {
    let mut problems = Vec::new();
    for (index, options) in options.rules.iter().enumerate() {
        if let Some(rule) = rules.iter().find(|rule| rule.index == index) {
            check_tools(options, rule, tools, &mut problems);
        }
    }
    check_shadows(options, rules, tools, &mut problems);
    problems
}

fn check_tools(options: &RuleOptions, rule: &Rule, tools: &[ToolSpec], problems: &mut Vec<OptionProblem>) {
    let matches = options.matches();
    let Some(names) = &matches.tools else { return };
    let mut report = |option: &str, message: String| {
        let path = format!("rules[{}].{}.{option}", rule.index, rule.verdict.as_str());
        problems.push(OptionProblem { path, message });
    };
    let mut all_known = true;
    for (place, (name, pattern)) in names.iter().zip(rule.tools.iter().flatten()).enumerate() {
        if name != "*" && !tools.iter().any(|tool| pattern.matches(&tool.name)) {
            all_known = false;
            report(&format!("tools[{place}]"), unknown_tool(name, tools));
        }
    }
    let named: Vec<&ToolSpec> = tools.iter().filter(|tool| rule.names(&tool.name)).collect();
    if !all_known || named.is_empty() {
        return;
    }
    let found = |wanted: &[ToolEffect]| named.iter().any(|tool| wanted.contains(&tool.effect));
    if matches.effects.as_ref().is_some_and(|effects| !found(effects)) {
        report("effects", format!("no tool that the rule names has such an effect: {}", effects_of(&named)));
    }
    if matches.commands.is_some() && !found(&[ToolEffect::Execute]) {
        report("commands", format!("no tool that the rule names runs commands: {}", effects_of(&named)));
    }
    if matches.hosts.is_some() && !found(&[ToolEffect::Network, ToolEffect::Execute]) {
        report("hosts", format!("no tool that the rule names talks to hosts: {}", effects_of(&named)));
    }
    if matches.access == Some(Access::Write) && named.iter().all(|tool| tool.effect == ToolEffect::Read) {
        report("access", format!("no tool that the rule names writes: {}", effects_of(&named)));
    }
    for pointer in matches.arguments.iter().flat_map(|arguments| arguments.keys()) {
        if !named.iter().any(|tool| may_have(&tool.schema, pointer)) {
            let message = "no tool that the rule names has such an argument".to_owned();
            report(&format!("arguments.{pointer}"), message);
        }
    }
}

fn unknown_tool(name: &str, tools: &[ToolSpec]) -> String {
    let mut known: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    known.sort_unstable();
    let known =
        if known.is_empty() { "there are no tools".to_owned() } else { format!("known are {}", known.join(", ")) };
    format!("no tool is called {name:?}; {known}")
}

fn effects_of(tools: &[&ToolSpec]) -> String {
    let shown = |tool: &&ToolSpec| {
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
    !is_closed || schema.get("properties").is_none_or(|properties| properties.get(&name).is_some())
}

fn check_shadows(options: &PermissionOptions, rules: &[Rule], tools: &[ToolSpec], problems: &mut Vec<OptionProblem>) {
    let with_options = || rules.iter().filter_map(|rule| Some((rule, options.rules.get(rule.index)?.matches())));
    for (rule, matches) in with_options().filter(|(rule, _)| rule.verdict != Verdict::Deny) {
        let shadow = with_options().find(|(stricter, theirs)| {
            stricter.verdict > rule.verdict && takes_all_tools(stricter, rule, tools) && takes_all(theirs, matches)
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

fn takes_all_tools(stricter: &Rule, rule: &Rule, tools: &[ToolSpec]) -> bool {
    if stricter.tools.as_ref().is_none_or(|tools| tools.iter().any(WordPattern::is_any)) {
        return true;
    }
    let mut named = tools.iter().filter(|tool| rule.names(&tool.name)).peekable();
    rule.tools.is_some() && named.peek().is_some() && named.all(|tool| stricter.names(&tool.name))
}

/// Whether the matchers of the stricter rule surely match whatever the others match: each is absent or holds theirs.
fn takes_all(stricter: &RuleMatch, other: &RuleMatch) -> bool {
    let arguments = match (&stricter.arguments, &other.arguments) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(theirs), Some(own)) => theirs.iter().all(|(pointer, pattern)| own.get(pointer) == Some(pattern)),
    };
    holds(stricter.effects.as_deref(), other.effects.as_deref())
        && holds(stricter.paths.as_deref(), other.paths.as_deref())
        && (stricter.access.is_none() || stricter.access == other.access)
        && holds(stricter.commands.as_deref(), other.commands.as_deref())
        && holds(stricter.hosts.as_deref(), other.hosts.as_deref())
        && arguments
}

fn holds<T: PartialEq>(stricter: Option<&[T]>, other: Option<&[T]>) -> bool {
    match (stricter, other) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(theirs), Some(own)) => own.iter().all(|entry| theirs.contains(entry)),
    }
}
