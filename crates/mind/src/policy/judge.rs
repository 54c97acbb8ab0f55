//! The verdict on a call: every level of the chain is judged, and the strictest decision wins.
//!
//! On one level the order is: protected names → deny rules → what mode `plan` denies → ask rules → allow rules → mode.
//! To leave mode `plan` somebody has to approve, whatever the allow rules say. A grant turns an ask into allow, never a
//! deny. This module must not know how a rule matches.
//!
//! ```
//! use moot_core::{Claim, PermissionMode, ToolEffect, Touch, Verdict};
//! use moot_mind::policy::{PermissionOptions, Question, Rights, judge};
//!
//! let parent = Rights::compile(&PermissionOptions::of_mode(PermissionMode::Plan), "agents.lead.permissions").unwrap();
//! let child = Rights::unrestricted();
//! let (arguments, touch) = (serde_json::json!({}), Touch::claims([Claim::writes_file("a.txt")]));
//! let question = Question { tool: "write_file", effect: ToolEffect::Write, arguments: &arguments, touch: &touch };
//! assert_eq!(judge([&child], &question).verdict, Verdict::Allow);
//! assert_eq!(judge([&child, &parent], &question).verdict, Verdict::Deny, "a child never may more than its parent");
//! ```

use moot_core::{Decision, PermissionMode, Text, Verdict};

use super::compile::RulesOfTool;
use super::rule::{Cause, Rule};
use super::subject::{Run, Subject};
use super::{Policy, Question, Rights};

/// The rule that is named when protected names deny.
pub(super) const PROTECTION: &str = "built-in protection";

/// Judges a call by the rights of the agent, of its parent, of its grandparent and so on: the strictest decision wins,
/// among equals the one nearest to the agent. Approvals of an agent hold on the levels above it too, for they were
/// given with these in view. Without any rights the call is denied.
pub fn judge<'r>(chain: impl IntoIterator<Item = &'r Rights>, question: &Question<'_>) -> Decision {
    let subject = Subject::of(question);
    let mut strictest: Option<Decision> = None;
    let mut granted = false;
    for rights in chain {
        granted |= is_granted(rights, question);
        let decision = judge_level(rights, &subject, granted);
        if strictest.as_ref().is_none_or(|known| known.verdict < decision.verdict) {
            strictest = Some(decision);
        }
    }
    strictest.unwrap_or_else(|| Decision::new(Verdict::Deny, "no rights", "the caller has no rights at all"))
}

/// Whether an approval of this level holds for the call.
pub(super) fn is_granted(rights: &Rights, question: &Question<'_>) -> bool {
    !rights.grants.is_empty() && rights.grants.covers(question.tool, question.touch)
}

/// The decision of one level.
pub(super) fn judge_level(rights: &Rights, subject: &Subject<'_>, granted: bool) -> Decision {
    let policy = &*rights.policy;
    let rules = policy.rules_for(subject);
    if let Some(decision) = denied(policy, rules, subject) {
        return decision;
    }
    let only_reads = subject.question.only_reads();
    let plans = rights.mode == PermissionMode::Plan && !only_reads;
    if plans && !subject.question.changes_only_the_mode() {
        let reason = "in mode plan nothing is changed, and rules that allow do not lift that; only the mode itself can \
                      be changed, if somebody approves";
        return Decision::new(Verdict::Deny, mode_text(policy, rights.mode), reason);
    }
    let decision = asked(rights, rules, subject)
        .or_else(|| if plans { None } else { allowed(rules, subject) })
        .unwrap_or_else(|| by_mode(rights, subject, only_reads));
    if decision.verdict == Verdict::Ask && granted {
        let rule = format!("an approval, over {}", decision.rule);
        return Decision::new(Verdict::Allow, rule, policy.words.granted.clone());
    }
    decision
}

fn denied(policy: &Policy, rules: RulesOfTool<'_>, subject: &Subject<'_>) -> Option<Decision> {
    if let Some(reason) = policy.protection.as_ref().and_then(|protection| protection.matches(subject)) {
        return Some(Decision::new(Verdict::Deny, PROTECTION, reason));
    }
    by_rule(rules, subject, Verdict::Deny)
}

fn by_rule(rules: RulesOfTool<'_>, subject: &Subject<'_>, verdict: Verdict) -> Option<Decision> {
    rules.with(verdict).find_map(|rule| {
        let cause = rule.matches(subject)?;
        Some(Decision::new(verdict, rule.label.clone(), rule.reason(&cause)))
    })
}

/// What is asked about: what an ask rule matches, commands that may do what a rule speaks of, commands that are
/// unclear, and commands that hold code while a rule speaks of what commands may touch.
fn asked(rights: &Rights, rules: RulesOfTool<'_>, subject: &Subject<'_>) -> Option<Decision> {
    let policy = &*rights.policy;
    if let Some(decision) = by_rule(rules, subject, Verdict::Ask) {
        return Some(decision);
    }
    if let Some((rule, cause)) = suspected(rules, subject) {
        return Some(Decision::new(Verdict::Ask, rule.label.clone(), rule.reason(&cause)));
    }
    let mode = || mode_text(policy, rights.mode);
    let has_to_ask = policy.restrains || rights.mode != PermissionMode::Auto;
    if let Some(why) = subject.unclear.as_ref().filter(|_| has_to_ask) {
        let reason = format!("what it runs can't be told ({why}); write plain commands without expansions");
        return Some(Decision::new(Verdict::Ask, mode(), reason));
    }
    if subject.holds_code && policy.restrains && !is_literally_allowed(rules, subject) {
        let reason =
            "a command holds a program as text or sets variables, and no rule sees into that; run a plain program";
        return Some(Decision::new(Verdict::Ask, mode(), reason));
    }
    None
}

/// The rule that denies or asks about something that a command may do although nothing shows that it does, unless every
/// command is allowed word by word.
pub(super) fn suspected<'s>(rules: RulesOfTool<'s>, subject: &'s Subject<'s>) -> Option<(&'s Rule, Cause<'s>)> {
    if subject.runs().is_empty() {
        return None;
    }
    let mut strict = rules.with(Verdict::Deny).chain(rules.with(Verdict::Ask));
    let found = strict.find_map(|rule| Some((rule, rule.suspects(subject)?)))?;
    let is_spelled_out = |run: &Run<'_>| rules.with(Verdict::Allow).any(|rule| rule.spells_out(subject, run));
    (!subject.runs().iter().all(is_spelled_out)).then_some(found)
}

/// Whether allow rules about commands cover every command of the call, those behind which others hide word by word.
fn is_literally_allowed(rules: RulesOfTool<'_>, subject: &Subject<'_>) -> bool {
    subject
        .runs()
        .iter()
        .all(|run| rules.with(Verdict::Allow).any(|rule| rule.commands.is_some() && rule.covers_command(subject, run)))
}

/// The first allow rule's decision when allow rules together cover everything that the call touches.
fn allowed(rules: RulesOfTool<'_>, subject: &Subject<'_>) -> Option<Decision> {
    if subject.unclear.is_some() {
        return None;
    }
    let rules = || rules.with(Verdict::Allow);
    let mut first = None;
    for target in subject.paths() {
        let exact = target.exact();
        let rule = rules().find(|rule| rule.covers_path(subject, target, exact.as_deref()))?;
        first.get_or_insert(rule);
    }
    for run in subject.runs() {
        let rule = rules().find(|rule| rule.covers_command(subject, run))?;
        first.get_or_insert(rule);
    }
    for host in subject.hosts() {
        let rule = rules().find(|rule| rule.covers_host(subject, host))?;
        first.get_or_insert(rule);
    }
    let rule = match first {
        Some(rule) => rule,
        None => rules().find(|rule| rule.covers_call(subject))?,
    };
    Some(Decision { verdict: Verdict::Allow, rule: rule.label.clone(), reason: rule.allowed.clone() })
}

fn by_mode(rights: &Rights, subject: &Subject<'_>, only_reads: bool) -> Decision {
    let policy = &*rights.policy;
    let rule = mode_text(policy, rights.mode);
    match rights.mode {
        PermissionMode::Auto => Decision { verdict: Verdict::Allow, rule, reason: policy.words.passes.clone() },
        PermissionMode::Default | PermissionMode::Plan if only_reads => {
            Decision { verdict: Verdict::Allow, rule, reason: policy.words.only_reads.clone() }
        }
        PermissionMode::Default | PermissionMode::Plan => {
            let tool = subject.question.tool;
            let reason = match rights.mode {
                PermissionMode::Plan => {
                    format!("{tool} may end mode plan, and whatever rules allow, somebody has to approve")
                }
                _ => format!("{tool} changes something and no rule allows it"),
            };
            Decision::new(Verdict::Ask, rule, reason)
        }
    }
}

fn mode_text(policy: &Policy, mode: PermissionMode) -> Text {
    let [default, plan, auto] = &policy.words.modes;
    match mode {
        PermissionMode::Default => default.clone(),
        PermissionMode::Plan => plan.clone(),
        PermissionMode::Auto => auto.clone(),
    }
}
