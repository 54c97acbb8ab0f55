//! From options to a policy that is judged by: every glob and expression compiled once, rules found by tool.
//!
//! A rule that can never match is an error here, never a silent nothing (row B21). Expressions are compiled by the
//! `regex` crate, whose time is linear in the text (row B19). This module must not know how a verdict is reached.
//!
//! ```
//! use moot_mind::policy::{PermissionOptions, Policy};
//!
//! let text = r#"{ "rules": [{ "allow": { "tools": ["raed_file"] } }] }"#;
//! let options: PermissionOptions = serde_json::from_str(text).unwrap();
//! let problems = Policy::compile(&options, "permissions", &[]).unwrap_err();
//! assert_eq!(problems[0].path, "rules[0].allow.tools[0]");
//! ```

use std::collections::BTreeMap;

use moot_core::{Text, ToolSpec, TouchKinds, Verdict};
use regex::RegexBuilder;

use super::argument::ArgumentPattern;
use super::argv::ArgvPattern;
use super::glob::{PathPattern, WordPattern};
use super::protect::Protection;
use super::rule::Rule;
use super::subject::Subject;
use super::{PermissionOptions, RuleMatch, RuleOptions, reach};
use crate::OptionProblem;

/// The most bytes that one compiled regular expression may take.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// Compiled permissions of an agent, shared by all its calls.
#[derive(Debug, Clone)]
pub struct Policy {
    pub(super) options: PermissionOptions,
    pub(super) place: Text,
    /// Deny rules, then ask rules, then allow rules; in each as they were written.
    pub(super) rules: Vec<Rule>,
    /// For each known tool the rules that speak of it, as places in `rules`.
    by_tool: BTreeMap<Text, Places>,
    /// Every rule, for tools that were not known.
    every: Places,
    pub(super) protection: Option<Protection>,
    /// Whether a deny or ask rule speaks of paths, commands or hosts.
    pub(super) restrains: bool,
    pub(super) words: Words,
}

/// Places of rules that speak of a tool.
#[derive(Debug, Clone, Default, PartialEq)]
struct Places {
    all: ByVerdict,
    /// Those that are not about paths, commands or hosts: the others neither match nor cover a call without any.
    untargeted: ByVerdict,
}

/// Places of rules by their verdict.
#[derive(Debug, Clone, Default, PartialEq)]
struct ByVerdict {
    deny: Vec<usize>,
    ask: Vec<usize>,
    allow: Vec<usize>,
}

/// The rules that speak of one tool, found once per judgement.
#[derive(Debug, Clone, Copy)]
pub(super) struct RulesOfTool<'a> {
    policy: &'a Policy,
    places: &'a ByVerdict,
    /// The tool's name when it was not known, so that each rule must be asked.
    unknown: Option<&'a str>,
}

/// What decisions are worded with, made once.
#[derive(Debug, Clone)]
pub(super) struct Words {
    pub(super) modes: [Text; 3],
    pub(super) only_reads: Text,
    pub(super) passes: Text,
    pub(super) granted: Text,
}

impl PartialEq for Policy {
    /// Policies are equal when they were compiled from the same options at the same place for the same tools.
    fn eq(&self, other: &Self) -> bool {
        self.options == other.options && self.place == other.place && self.by_tool == other.by_tool
    }
}

impl Policy {
    /// Compiles the options. `place` is where they stand, shown in decisions (`permissions`); `tools` are all tools
    /// that the agent, or one it spawns, may have: names of others are unknown.
    ///
    /// # Errors Every problem, its path relative to the options: bad globs and expressions, unknown tools, rules that
    /// can never match.
    pub fn compile(options: &PermissionOptions, place: &str, tools: &[ToolSpec]) -> Result<Self, Vec<OptionProblem>> {
        let (mut rules, mut problems) = compile_rules(options, place);
        if problems.is_empty() {
            let known: Vec<_> = tools.iter().map(|tool| (tool, TouchKinds::of_effect(tool.effect))).collect();
            problems = reach::check(options, &rules, &known);
        }
        let protection = if options.protect {
            let compiled = Protection::compile();
            compiled.map_err(|message| problems.push(OptionProblem { path: "protect".to_owned(), message })).ok()
        } else {
            None
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        rules.sort_by_key(|rule| (std::cmp::Reverse(rule.verdict), rule.index));
        let by_tool =
            tools.iter().map(|tool| (tool.name.clone(), Places::of(&rules, |rule| rule.names(&tool.name)))).collect();
        let restrains = rules.iter().any(|rule| rule.verdict != Verdict::Allow && rule.is_about_targets());
        Ok(Self {
            options: options.clone(),
            place: place.into(),
            every: Places::of(&rules, |_| true),
            rules,
            by_tool,
            protection,
            restrains,
            words: Words::new(),
        })
    }

    /// Everything passes: mode `auto`, no rules, no protected names.
    pub(super) fn unrestricted() -> Self {
        let mode = moot_core::PermissionMode::Auto;
        Self {
            options: PermissionOptions { mode, rules: Vec::new(), protect: false },
            place: "unrestricted".into(),
            rules: Vec::new(),
            by_tool: BTreeMap::new(),
            every: Places::default(),
            protection: None,
            restrains: false,
            words: Words::new(),
        }
    }

    /// The options it was compiled from.
    #[must_use]
    pub const fn options(&self) -> &PermissionOptions {
        &self.options
    }

    /// The rules that speak of the call's tool and of anything that the call touches.
    pub(super) fn rules_for<'a>(&'a self, subject: &Subject<'a>) -> RulesOfTool<'a> {
        let tool = subject.question.tool;
        let known = self.by_tool.get(tool);
        let unknown = if known.is_some() { None } else { Some(tool) };
        let places = known.unwrap_or(&self.every);
        let places = if subject.touches_nothing() { &places.untargeted } else { &places.all };
        RulesOfTool { policy: self, places, unknown }
    }
}

impl<'a> RulesOfTool<'a> {
    /// Those of one verdict, as they were written.
    pub(super) fn with(self, verdict: Verdict) -> impl Iterator<Item = &'a Rule> {
        let places = match verdict {
            Verdict::Deny => &self.places.deny,
            Verdict::Ask => &self.places.ask,
            Verdict::Allow => &self.places.allow,
        };
        let rules = places.iter().filter_map(move |place| self.policy.rules.get(*place));
        rules.filter(move |rule| self.unknown.is_none_or(|tool| rule.names(tool)))
    }
}

impl Places {
    fn of(rules: &[Rule], speaks: impl Fn(&Rule) -> bool) -> Self {
        let untargeted = ByVerdict::of(rules, |rule| speaks(rule) && !rule.is_about_targets());
        Self { all: ByVerdict::of(rules, speaks), untargeted }
    }
}

impl ByVerdict {
    fn of(rules: &[Rule], speaks: impl Fn(&Rule) -> bool) -> Self {
        let mut places = Self::default();
        for (place, rule) in rules.iter().enumerate().filter(|(_, rule)| speaks(rule)) {
            match rule.verdict {
                Verdict::Deny => places.deny.push(place),
                Verdict::Ask => places.ask.push(place),
                Verdict::Allow => places.allow.push(place),
            }
        }
        places
    }
}

impl Words {
    pub(super) fn new() -> Self {
        Self {
            modes: ["mode default", "mode plan", "mode auto"].map(Text::from),
            only_reads: "it only reads".into(),
            passes: "everything passes that no rule speaks of".into(),
            granted: "somebody approved it before".into(),
        }
    }
}

/// Compiles every rule by itself; those with problems are left out.
pub(super) fn compile_rules(options: &PermissionOptions, place: &str) -> (Vec<Rule>, Vec<OptionProblem>) {
    let mut problems = Vec::new();
    let rules = options.rules.iter().enumerate().filter_map(|(index, rule)| {
        let mut compiler =
            Compiler { path: format!("rules[{index}].{}", rule.verdict().as_str()), problems: Vec::new() };
        let compiled = compiler.rule(index, rule, place);
        let is_well = compiler.problems.is_empty();
        problems.append(&mut compiler.problems);
        is_well.then_some(compiled)
    });
    let rules = rules.collect();
    (rules, problems)
}

/// Compiles one rule and notes what is wrong with it.
struct Compiler {
    path: String,
    problems: Vec<OptionProblem>,
}

impl Compiler {
    fn rule(&mut self, index: usize, options: &RuleOptions, place: &str) -> Rule {
        let matches = options.matches();
        let folds = options.verdict() != Verdict::Allow;
        self.check_given(matches);
        if options.verdict() == Verdict::Allow {
            self.check_one_kind(matches);
        }
        let tools = self.list("tools", matches.tools.as_deref(), |glob: &String| WordPattern::compile(glob, false));
        let effects = self.list("effects", matches.effects.as_deref(), |effect| Ok(*effect));
        let paths = self.list("paths", matches.paths.as_deref(), |glob: &String| PathPattern::compile(glob, folds));
        let commands =
            self.list("commands", matches.commands.as_deref(), |words: &Vec<String>| ArgvPattern::compile(words));
        let hosts = self.list("hosts", matches.hosts.as_deref(), |glob| compile_host(glob));
        let arguments = self.arguments(matches);
        let name = matches.name.as_ref().map(|name| format!(" {name:?}")).unwrap_or_default();
        Rule {
            index,
            verdict: options.verdict(),
            label: format!("{place}.rules[{index}]{name}").into(),
            because: matches.because.as_deref().map(Text::from),
            allowed: matches.because.as_deref().unwrap_or("the rule covers everything that the call touches").into(),
            tools,
            effects,
            paths,
            access: matches.access,
            commands,
            hosts,
            arguments,
        }
    }

    fn problem(&mut self, option: &str, message: String) {
        let path = if option.is_empty() { self.path.clone() } else { format!("{}.{option}", self.path) };
        self.problems.push(OptionProblem { path, message });
    }

    fn check_given(&mut self, matches: &RuleMatch) {
        let RuleMatch { name, because, tools, effects, paths, access, commands, hosts, arguments } = matches;
        let nothing = tools.is_none() && effects.is_none() && paths.is_none() && access.is_none();
        if nothing && commands.is_none() && hosts.is_none() && arguments.is_none() {
            let hint = "give at least one of tools, effects, paths, access, commands, hosts, arguments";
            self.problem("", format!("the rule has no matcher; {hint} (`tools: [\"*\"]` matches every call)"));
        }
        for (option, text) in [("name", name), ("because", because)] {
            if text.as_ref().is_some_and(|text| text.trim().is_empty() || text.contains(char::is_control)) {
                self.problem(option, "it must be one line of text that is not empty".to_owned());
            }
        }
    }

    /// An allow rule that names paths and commands would be met by adding a harmless one of either kind.
    fn check_one_kind(&mut self, matches: &RuleMatch) {
        let about_paths = matches.paths.is_some() || matches.access.is_some();
        let kinds = [about_paths, matches.commands.is_some(), matches.hosts.is_some()];
        if kinds.iter().filter(|named| **named).count() > 1 {
            let message = "it names more than one of paths, commands and hosts; what a call touches is covered one by \
                           one, so write an allow rule for each";
            self.problem("", message.to_owned());
        }
    }

    /// Compiles the entries of a list; a list without entries would never match.
    fn list<T, C>(
        &mut self,
        option: &str,
        entries: Option<&[T]>,
        compile: impl Fn(&T) -> Result<C, String>,
    ) -> Option<Vec<C>> {
        let entries = entries?;
        if entries.is_empty() {
            self.problem(
                option,
                "the list is empty, so the rule can never match; name an entry or leave it out".into(),
            );
        }
        let mut compiled = Vec::with_capacity(entries.len());
        for (place, entry) in entries.iter().enumerate() {
            match compile(entry) {
                Ok(entry) => compiled.push(entry),
                Err(message) => self.problem(&format!("{option}[{place}]"), message),
            }
        }
        Some(compiled)
    }

    fn arguments(&mut self, matches: &RuleMatch) -> Vec<ArgumentPattern> {
        let Some(entries) = &matches.arguments else { return Vec::new() };
        if entries.is_empty() {
            self.problem("arguments", "the map is empty; name an argument such as /path, or leave it out".to_owned());
        }
        let mut compiled = Vec::new();
        for (pointer, expression) in entries {
            let option = format!("arguments.{pointer}");
            if !pointer.is_empty() && !pointer.starts_with('/') {
                let hint = format!("it must begin with a slash, such as /{pointer}");
                self.problem(&option, format!("{pointer:?} is no JSON pointer: {hint}"));
            }
            match RegexBuilder::new(expression).size_limit(REGEX_BYTES_MAX).build() {
                Ok(regex) => compiled.push(ArgumentPattern::new(pointer, regex)),
                Err(error) => self.problem(&option, format!("{expression:?} is no regular expression: {error}")),
            }
        }
        compiled
    }
}

fn compile_host(glob: &str) -> Result<WordPattern, String> {
    if glob.is_empty() || glob.contains(['/', '@']) || glob.contains(char::is_whitespace) {
        return Err(format!(
            "{glob:?} is no host; name one such as example.com or *.example.com, without a scheme or path"
        ));
    }
    WordPattern::compile(glob.trim_end_matches('.'), true)
}
