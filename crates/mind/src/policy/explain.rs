//! Why a call is judged as it is: the decision, and what every rule of every level said.
//!
//! It tells exactly what [`super::judge`] decides, at leisure. This module must not decide anything itself.
//!
//! ```
//! use moot_core::{PermissionMode, ToolEffect, Touch};
//! use moot_mind::policy::{PermissionOptions, Question, Rights, explain};
//!
//! let rights = Rights::compile(&PermissionOptions::of_mode(PermissionMode::Plan), "permissions").unwrap();
//! let (arguments, touch) = (serde_json::json!({}), Touch::default());
//! let question = Question { tool: "remember", effect: ToolEffect::Write, arguments: &arguments, touch: &touch };
//! let text = explain([&rights], &question).to_string();
//! assert!(text.starts_with("deny by mode plan\n"), "{text}");
//! assert!(text.lines().all(|line| line.chars().count() <= 78), "{text}");
//! ```

use std::fmt;

use moot_core::{Decision, Text, Verdict};

use super::judge::{PROTECTION, is_granted, judge, judge_level, suspected};
use super::rule::Rule;
use super::subject::Subject;
use super::{Question, Rights};

/// The widest line of an explanation, in characters.
const COLUMNS: usize = 78;

/// A decision and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What [`super::judge`] decides.
    pub decision: Decision,
    /// What was looked at, level by level, in the order of judgement.
    pub traces: Vec<RuleTrace>,
}

/// What one rule, or one mode, said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleTrace {
    /// Its place and name, or the mode.
    pub rule: Text,
    /// What it decides when it matches.
    pub verdict: Verdict,
    /// Whether it did.
    pub matched: bool,
    /// Why, or why not.
    pub why: Text,
}

/// Tells which rule decides about a call, and what every other rule said.
pub fn explain<'r>(chain: impl IntoIterator<Item = &'r Rights>, question: &Question<'_>) -> Explanation {
    let chain: Vec<&Rights> = chain.into_iter().collect();
    let subject = Subject::of(question);
    let mut traces = Vec::new();
    let mut granted = false;
    for rights in &chain {
        granted |= is_granted(rights, question);
        trace_level(rights, &subject, granted, &mut traces);
    }
    Explanation { decision: judge(chain, question), traces }
}

fn trace_level(rights: &Rights, subject: &Subject<'_>, granted: bool, traces: &mut Vec<RuleTrace>) {
    let mut trace = |rule: &str, verdict, matched, why: &str| {
        traces.push(RuleTrace { rule: rule.into(), verdict, matched, why: why.into() });
    };
    let policy = &rights.policy;
    if let Some(protection) = &policy.protection {
        let found = protection.matches(subject);
        let why = found.as_deref().unwrap_or("the call touches no protected name");
        trace(PROTECTION, Verdict::Deny, found.is_some(), why);
    }
    let suspicion = suspected(policy.rules_for(subject), subject);
    for rule in &policy.rules {
        let (matched, why) =
            if rule.verdict == Verdict::Allow { coverage(rule, subject) } else { match_of(rule, subject) };
        match suspicion.as_ref().filter(|(suspicious, _)| !matched && suspicious.index == rule.index) {
            // What may be denied is asked about.
            Some((_, cause)) => trace(&rule.label, Verdict::Ask, true, &rule.reason(cause)),
            None => trace(&rule.label, rule.verdict, matched, &why),
        }
    }
    let decision = judge_level(rights, subject, granted);
    if !policy.rules.iter().any(|rule| rule.label == decision.rule) && &*decision.rule != PROTECTION {
        trace(&decision.rule, decision.verdict, true, &decision.reason);
    }
}

fn match_of(rule: &Rule, subject: &Subject<'_>) -> (bool, String) {
    match rule.matches(subject).filter(|_| rule.names(subject.question.tool)) {
        Some(cause) => (true, rule.reason(&cause)),
        None => (false, rule.miss(subject)),
    }
}

/// How much of the call an allow rule covers.
fn coverage(rule: &Rule, subject: &Subject<'_>) -> (bool, String) {
    if !rule.names(subject.question.tool) {
        return (false, rule.miss(subject));
    }
    if subject.unclear.is_some() {
        return (false, "no rule allows commands that can't be told".to_owned());
    }
    let mut open = Vec::new();
    let mut covered = 0_usize;
    let mut note = |is_covered: bool, what: String| if is_covered { covered += 1 } else { open.push(what) };
    for target in subject.paths() {
        let shown = if target.path.is_empty() { "." } else { &target.path };
        note(rule.covers_path(subject, target, target.exact().as_deref()), format!("the path {shown}"));
    }
    for run in subject.runs() {
        let words: Vec<&str> = run.command.argv.iter().map(|word| word.as_ref()).collect();
        note(rule.covers_command(subject, run), format!("the command `{}`", words.join(" ").escape_debug()));
    }
    for host in subject.hosts() {
        note(rule.covers_host(subject, host), format!("the host {host}"));
    }
    match (covered, open.is_empty()) {
        (0, true) if rule.covers_call(subject) => (true, "it covers the call".to_owned()),
        (0, true) => (false, rule.miss(subject)),
        (0, false) => (false, format!("it does not cover {}", open.join(", "))),
        (_, true) => (true, "it covers everything that the call touches".to_owned()),
        (_, false) => (false, format!("it covers a part, but not {}", open.join(", "))),
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_wrapped(formatter, "", &format!("{} by {}", self.decision.verdict.as_str(), self.decision.rule))?;
        write_wrapped(formatter, "  ", &self.decision.reason)?;
        formatter.write_str("\nWhat was looked at, in this order:\n")?;
        for trace in &self.traces {
            let mark = if trace.matched { "*" } else { "-" };
            write_wrapped(formatter, "", &format!("{mark} {} {}", trace.verdict.as_str(), trace.rule))?;
            write_wrapped(formatter, "    ", &trace.why)?;
        }
        Ok(())
    }
}

/// Writes a text as lines of at most [`COLUMNS`] characters, each indented, broken at spaces where there are any.
fn write_wrapped(formatter: &mut fmt::Formatter<'_>, indent: &str, text: &str) -> fmt::Result {
    let width = COLUMNS.saturating_sub(indent.len());
    let mut line = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let mut rest: Vec<char> = word.chars().collect();
        if length > 0 && length + 1 + rest.len() > width {
            writeln!(formatter, "{indent}{line}")?;
            line.clear();
            length = 0;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        while rest.len() > width {
            let after = rest.split_off(width);
            writeln!(formatter, "{indent}{}", rest.iter().collect::<String>())?;
            rest = after;
        }
        length += rest.len();
        line.extend(rest);
    }
    if line.is_empty() { Ok(()) } else { writeln!(formatter, "{indent}{line}") }
}
