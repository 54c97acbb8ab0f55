//! The hooks of a scenario, ready to be asked.
//!
//! This module must not know what a verdict does at an event.
//!
//! ```
//! use moot_core::{HookEvent, HookVerdict};
//! use moot_mind::hook::{HookOptions, HookQuestion, Hooks};
//!
//! let option = |json: &str| serde_json::from_str::<HookOptions>(json).unwrap();
//! let hooks = Hooks::compile(vec![
//!     ("hooks[0]".into(), option(r#"{ "on": "stop", "then": { "rule": { "send_on": "Check it." } } }"#)),
//!     ("hooks[1]".into(), option(r#"{ "on": "stop", "contains": "sorry", "then": { "rule": { "deny": "no" } } }"#)),
//! ]).unwrap();
//! let question = HookQuestion { text: "I am sorry.", ..HookQuestion::at(HookEvent::Stop, "clerk") };
//! let matched = hooks.matched(&question);
//! assert_eq!(matched.iter().map(|hook| &*hook.name).collect::<Vec<_>>(), ["hooks[0]", "hooks[1]"]);
//! ```

use std::collections::BTreeMap;

use moot_core::{HookEvent, HookVerdict, Text};
use regex::Regex;
use serde::{Deserialize, Serialize};

use super::contains::Contains;
use super::options::{HookActionOptions, HookOptions, HookRuleOptions};
use super::question::HookQuestion;
use super::{pattern, rule};
use crate::OptionProblem;

/// Hooks in the order of their declaration. The default has none.
#[derive(Debug, Clone, Default)]
pub struct Hooks {
    hooks: Vec<Hook>,
    /// The hooks of each event that has any, in the order of their declaration.
    by_event: BTreeMap<HookEvent, Vec<usize>>,
}

/// A hook that applies, and what it is called in messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatchedHook {
    /// Its place in the order of declaration.
    pub index: usize,
    /// What it is called, such as `hooks[2]`.
    pub name: Text,
}

#[derive(Debug, Clone)]
struct Hook {
    name: Text,
    options: HookOptions,
    contains: Option<Contains>,
    /// What a `replace` rule looks for.
    replaced: Option<Regex>,
}

impl Hooks {
    /// Makes hooks ready. Each comes with what it is called in messages and in the journal, such as `hooks[2]`.
    ///
    /// # Errors
    /// Everything that [`HookOptions::check`] finds, with the hook's name before its path.
    pub fn compile(hooks: Vec<(Text, HookOptions)>) -> Result<Self, Vec<OptionProblem>> {
        let mut problems = Vec::new();
        let mut compiled = Self::default();
        for (name, options) in hooks {
            let found = options.check().into_iter();
            problems.extend(found.map(|OptionProblem { path, message }| {
                let path = format!("{name}.{path}");
                OptionProblem { path, message }
            }));
            for event in &options.on.0 {
                let of_event = compiled.by_event.entry(*event).or_default();
                // An event that stands twice is a problem already; the hook is asked once all the same.
                if of_event.last() != Some(&compiled.hooks.len()) {
                    of_event.push(compiled.hooks.len());
                }
            }
            compiled.hooks.push(Hook::new(name, options));
        }
        if problems.is_empty() { Ok(compiled) } else { Err(problems) }
    }

    /// Whether any hook is asked at the event, whatever the tool or the agent.
    #[must_use]
    pub fn any_at(&self, event: HookEvent) -> bool {
        self.by_event.contains_key(&event)
    }

    /// The hooks that apply, in the order of their declaration.
    pub fn matching<'a>(&'a self, question: &'a HookQuestion<'a>) -> impl Iterator<Item = usize> + 'a {
        let of_event = self.by_event.get(&question.event).into_iter().flatten().copied();
        of_event.filter(|index| self.hooks.get(*index).is_some_and(|hook| hook.applies(question)))
    }

    /// The hooks that apply together with their names, as a call's flow wants them.
    #[must_use]
    pub fn matched(&self, question: &HookQuestion<'_>) -> Vec<MatchedHook> {
        let named = |index| MatchedHook { index, name: self.name(index) };
        self.matching(question).map(named).collect()
    }

    /// What the hook is called; empty when there is none.
    #[must_use]
    pub fn name(&self, index: usize) -> Text {
        self.hooks.get(index).map(|hook| hook.name.clone()).unwrap_or_default()
    }

    /// Who answers for the hook; `None` when there is no such hook.
    #[must_use]
    pub fn action(&self, index: usize) -> Option<&HookActionOptions> {
        self.hooks.get(index).map(|hook| &hook.options.then)
    }

    /// Every hook's name and options, in the order of declaration.
    pub fn iter(&self) -> impl Iterator<Item = (&Text, &HookOptions)> {
        self.hooks.iter().map(|hook| (&hook.name, &hook.options))
    }

    /// What the hook's rule answers. A hook that has no rule denies: it was asked by mistake.
    #[must_use]
    pub fn rule_answer(&self, index: usize, question: &HookQuestion<'_>) -> HookVerdict {
        match self.hooks.get(index) {
            Some(Hook { options: HookOptions { then: HookActionOptions::Rule(rule), .. }, replaced, .. }) => {
                rule::answer(rule, replaced.as_ref(), question)
            }
            _ => HookVerdict::Deny("the hook is answered by no rule".into()),
        }
    }
}

impl Hook {
    fn new(name: Text, options: HookOptions) -> Self {
        // What can't be compiled was found by the check, and the hook is thrown away.
        let contains = options.contains.as_ref().and_then(|pattern| Regex::new(pattern).ok()).map(Contains::new);
        let replaced = match &options.then {
            HookActionOptions::Rule(HookRuleOptions::Replace(replace)) => Regex::new(&replace.matching).ok(),
            _ => None,
        };
        Self { name, options, contains, replaced }
    }

    fn applies(&self, question: &HookQuestion<'_>) -> bool {
        let tools = &self.options.tools;
        pattern::any_matches(&self.options.agents, question.agent)
            && (tools.is_empty() || question.tool.is_some_and(|tool| pattern::any_matches(tools, tool)))
            && self.contains.as_ref().is_none_or(|contains| contains.applies(question))
    }
}
