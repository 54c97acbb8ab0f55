//! What must hold for hooks before a run begins.
//!
//! A hook that could never apply, or whose answer means nothing at its event, is a mistake and said so. This module
//! must not know how hooks run.
//!
//! ```
//! use moot_mind::hook::HookOptions;
//!
//! let json = r#"{ "on": "stop", "tools": ["write_file"], "then": { "rule": "allow" } }"#;
//! let options: HookOptions = serde_json::from_str(json).unwrap();
//! assert_eq!(options.check()[0].path, "tools");
//! ```

use moot_core::{HookEvent, VirtualDuration};
use regex::Regex;

use super::answer::{VerdictKind, legal_verdicts};
use super::options::{HookActionOptions, HookCommandOptions, HookOptions, HookRuleOptions};
use crate::OptionProblem;

const TIMEOUT_MAX: VirtualDuration = VirtualDuration::from_millis(3_600_000);

impl HookOptions {
    /// Everything that is not allowed, by its path within the hook; empty when all is well.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let mut problems = Problems(Vec::new());
        self.check_events(&mut problems);
        for (path, patterns) in [("tools", &self.tools), ("agents", &self.agents)] {
            for (place, pattern) in patterns.iter().enumerate() {
                if pattern.is_empty() {
                    problems
                        .add(format!("{path}[{place}]"), "an empty name matches nothing; leave it out, or give a name");
                }
            }
        }
        if let Some(pattern) = &self.contains {
            problems.check_regex("contains", pattern);
        }
        match &self.then {
            HookActionOptions::Rule(rule) => self.check_rule(rule, &mut problems),
            HookActionOptions::Command(command) => check_command(command, &mut problems),
            HookActionOptions::Custom(custom) if custom.name.is_empty() => {
                problems.add("then.custom.name", "it is empty; give the name of a registered function");
            }
            HookActionOptions::Custom(_) => {}
        }
        problems.0
    }

    fn check_events(&self, problems: &mut Problems) {
        if self.on.0.is_empty() {
            problems.add("on", "there is no event, so the hook is never asked; name at least one");
        }
        for (place, event) in self.on.0.iter().enumerate() {
            if self.on.0.iter().take(place).any(|earlier| earlier == event) {
                problems.add(format!("on[{place}]"), format!("{} stands here twice; once is enough", event.as_str()));
            }
            if !self.tools.is_empty() && !has_tool(*event) {
                let message = format!(
                    "{} has no tool, so the hook is never asked there; leave the tools out, or write a second hook",
                    event.as_str()
                );
                problems.add("tools", message);
            }
            if !self.agents.is_empty() && matches!(event, HookEvent::RunStarted | HookEvent::RunEnded) {
                let message = format!(
                    "{} concerns no single agent, so the hook is never asked there; leave the agents out, or write a \
                     second hook",
                    event.as_str()
                );
                problems.add("agents", message);
            }
        }
    }

    fn check_rule(&self, rule: &HookRuleOptions, problems: &mut Problems) {
        let kind = kind_of(rule);
        for event in &self.on.0 {
            // Rewriting means another thing before and behind a call, so each has its own rule.
            let wrong_side = match rule {
                HookRuleOptions::Rewrite(_) => *event == HookEvent::AfterToolCall,
                HookRuleOptions::Replace(_) => *event == HookEvent::BeforeToolCall,
                _ => false,
            };
            let legal = legal_verdicts(*event);
            if wrong_side || !legal.contains(&kind) {
                let names: Vec<&str> = legal.iter().map(|kind| rule_name(*kind, *event)).collect();
                let (name, event, names) = (name_of(rule), event.as_str(), names.join(", "));
                problems.add("then.rule", format!("{name} means nothing at {event}; it must be one of {names}"));
            }
        }
        match rule {
            HookRuleOptions::Rewrite(values) => check_pointers(values.keys(), problems),
            HookRuleOptions::Replace(replace) => problems.check_regex("then.rule.replace.matching", &replace.matching),
            HookRuleOptions::Count(name) if name.is_empty() => {
                problems.add("then.rule.count", "it is empty; give the name to count under");
            }
            HookRuleOptions::SendOn(text) if text.trim().is_empty() => {
                problems.add("then.rule.send_on", "it is empty; give the message that the agent goes on with");
            }
            _ => {}
        }
    }
}

fn check_pointers<'a>(pointers: impl Iterator<Item = &'a String>, problems: &mut Problems) {
    let mut none = true;
    for pointer in pointers {
        none = false;
        if !pointer.starts_with('/') {
            let message = "this is no JSON pointer to a part of the arguments; it must begin with / as in /path";
            problems.add(format!("then.rule.rewrite[{pointer:?}]"), message);
        }
    }
    if none {
        problems.add("then.rule.rewrite", "it is empty and rewrites nothing; give a JSON pointer and a value");
    }
}

fn check_command(command: &HookCommandOptions, problems: &mut Problems) {
    if command.argv.first().is_none_or(String::is_empty) {
        problems.add("then.command.argv", "there is no program; give a list whose first item names one");
    }
    if command.argv.iter().any(|word| word.contains('\0')) {
        problems.add("then.command.argv", "an argument holds a NUL character, which no program can be given");
    }
    if command.timeout == VirtualDuration::ZERO || command.timeout > TIMEOUT_MAX {
        problems.add("then.command.timeout", format!("{} is not allowed; it must be from 1ms to 1h", command.timeout));
    }
    for (name, value) in &command.environment {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            let message = "a variable has a name without = and no NUL character in its name or value";
            problems.add(format!("then.command.environment[{name:?}]"), message);
        } else if decides_what_runs(name) {
            let message = format!(
                "{name} decides which program or which code really runs, whatever `argv` says; name the program by its \
                 path in `argv` instead"
            );
            problems.add(format!("then.command.environment.{name}"), message);
        }
    }
}

/// Whether a variable makes the system find another program, or load other code into it, than the arguments name.
fn decides_what_runs(name: &str) -> bool {
    name == "PATH" || name.starts_with("LD_") || name.starts_with("DYLD_")
}

/// Whether a tool is named at the event.
const fn has_tool(event: HookEvent) -> bool {
    matches!(event, HookEvent::BeforeToolCall | HookEvent::AfterToolCall | HookEvent::PermissionAsked)
}

const fn kind_of(rule: &HookRuleOptions) -> VerdictKind {
    match rule {
        HookRuleOptions::Allow | HookRuleOptions::Count(_) => VerdictKind::Allow,
        HookRuleOptions::Deny(_) => VerdictKind::Deny,
        HookRuleOptions::Ask(_) => VerdictKind::Ask,
        HookRuleOptions::Annotate(_) => VerdictKind::Annotate,
        HookRuleOptions::SendOn(_) => VerdictKind::SendOn,
        HookRuleOptions::Rewrite(_) | HookRuleOptions::Replace(_) => VerdictKind::Rewrite,
    }
}

const fn name_of(rule: &HookRuleOptions) -> &'static str {
    match rule {
        HookRuleOptions::Replace(_) => "replace",
        HookRuleOptions::Count(_) => "count",
        _ => kind_of(rule).as_str(),
    }
}

/// What a rule with such a verdict is called at an event.
fn rule_name(kind: VerdictKind, event: HookEvent) -> &'static str {
    if kind == VerdictKind::Rewrite && event == HookEvent::AfterToolCall { "replace" } else { kind.as_str() }
}

struct Problems(Vec<OptionProblem>);

impl Problems {
    fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(OptionProblem { path: path.into(), message: message.into() });
    }

    fn check_regex(&mut self, path: &str, pattern: &str) {
        if let Err(error) = Regex::new(pattern) {
            // The error spans lines and draws a caret; its last line says what is wrong.
            let error = error.to_string();
            let said = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
            self.add(
                path,
                format!(
                    "{pattern:?} is no regular expression: {said}; look-around and backreferences don't exist here"
                ),
            );
        }
    }
}
