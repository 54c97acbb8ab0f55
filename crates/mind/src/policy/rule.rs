//! One compiled rule: what it matches, and what it covers.
//!
//! Deny and ask rules *match* a call when any of its paths, commands or hosts does. Allow rules *cover* single paths,
//! commands and hosts, and a call needs all of its own covered. This module must not know modes, grants or the order of
//! verdicts.
//!
//! ```
//! use moot_core::{Claim, ToolEffect, Touch};
//! use moot_mind::policy::{PermissionOptions, Policy, Question, Rights, judge};
//!
//! let text = r#"{ "mode": "auto", "rules": [{ "deny": { "paths": ["secrets/**"], "name": "no secrets" } }] }"#;
//! let options: PermissionOptions = serde_json::from_str(text).unwrap();
//! let rights = Rights::of(Policy::compile(&options, "permissions", &[]).unwrap());
//! let (arguments, touch) = (serde_json::json!({}), Touch::claims([Claim::reads_file("Secrets/key")]));
//! let question = Question { tool: "read_file", effect: ToolEffect::Read, arguments: &arguments, touch: &touch };
//! assert_eq!(
//!     judge([&rights], &question).to_string(),
//!     "deny by permissions.rules[0] \"no secrets\": the path Secrets/key (read) matches secrets/**"
//! );
//! ```

use moot_core::{Access, Command, Text, ToolEffect, Verdict};

use super::argument::ArgumentPattern;
use super::argv::ArgvPattern;
use super::glob::{PathPattern, WordPattern};
use super::place;
use super::program::Reach;
use super::subject::{Run, Subject, Target, TargetKind};

/// A rule ready to be judged by.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// Its place among the rules as they were written.
    pub(super) index: usize,
    pub(super) verdict: Verdict,
    /// Its place and its name, as decisions show it.
    pub(super) label: Text,
    pub(super) because: Option<Text>,
    /// What a covered call is told.
    pub(super) allowed: Text,
    pub(super) tools: Option<Vec<WordPattern>>,
    pub(super) effects: Option<Vec<ToolEffect>>,
    pub(super) paths: Option<Vec<PathPattern>>,
    pub(super) access: Option<Access>,
    pub(super) commands: Option<Vec<ArgvPattern>>,
    pub(super) hosts: Option<Vec<WordPattern>>,
    pub(super) arguments: Vec<ArgumentPattern>,
}

/// What made a rule match; each part is there when the rule asks for it.
#[derive(Debug, Default)]
pub(super) struct Cause<'s> {
    path: Option<(&'s Target<'s>, &'s str)>,
    command: Option<(&'s Command, &'s str)>,
    host: Option<&'s str>,
    /// Why the call may do what the rule speaks of, although nothing shows that it does.
    unclear: Option<&'s str>,
    /// A command of which it is not known which files it uses, where any use counts.
    uses_files: Option<(&'s Command, Access)>,
    /// Whether it is not certain that the rule speaks of what the call does.
    suspected: bool,
}

impl Rule {
    /// Whether it speaks of a tool of this name.
    pub(super) fn names(&self, tool: &str) -> bool {
        self.tools.as_ref().is_none_or(|tools| tools.iter().any(|pattern| pattern.matches(tool)))
    }

    /// Whether it speaks of what a call touches: paths, commands or hosts.
    pub(super) const fn is_about_targets(&self) -> bool {
        self.commands.is_some() || self.is_about_paths() || self.hosts.is_some()
    }

    const fn is_about_paths(&self) -> bool {
        self.paths.is_some() || self.access.is_some()
    }

    /// Whether effect and arguments are those it speaks of; its tools were looked at before.
    fn takes_call(&self, subject: &Subject<'_>) -> bool {
        self.effects.as_ref().is_none_or(|effects| effects.contains(&subject.question.effect))
            && self.arguments.iter().all(|argument| argument.matches(subject.question.arguments))
    }

    /// Whether it denies or asks about the call, and by what. A call whose commands are unclear is matched by every
    /// rule about commands, paths or hosts that speaks of its tool, effect and arguments.
    pub(super) fn matches<'s>(&'s self, subject: &'s Subject<'s>) -> Option<Cause<'s>> {
        if self.speaks_of_nothing_in(subject) || !self.takes_call(subject) {
            return None;
        }
        let mut cause = self.look(subject, false);
        if self.misses_any(&cause) {
            cause.unclear = subject.unclear.as_deref();
            cause.unclear?;
        }
        Some(cause)
    }

    /// Whether the call may do what the rule denies or asks about, although it is not matched: a word of a command
    /// names a program, a path or a host that the rule speaks of, where it is not known what becomes of it.
    pub(super) fn suspects<'s>(&'s self, subject: &'s Subject<'s>) -> Option<Cause<'s>> {
        // What stands in plain sight was looked at before.
        let only_paths = self.paths.is_some() && self.commands.is_none() && self.hosts.is_none();
        let nothing_hides = subject.runs().is_empty() || only_paths && subject.hints().next().is_none();
        if nothing_hides || !self.is_about_targets() || !self.takes_call(subject) {
            return None;
        }
        let cause = self.look(subject, true);
        (!self.misses_any(&cause)).then_some(cause)
    }

    /// What of the call the rule speaks of; with `suspects` also what it may speak of.
    fn look<'s>(&'s self, subject: &'s Subject<'s>, suspects: bool) -> Cause<'s> {
        let mut cause = Cause { suspected: suspects, ..Cause::default() };
        if self.is_about_paths() {
            let mut paths = subject.possible_paths().chain(subject.hints().filter(|_| suspects));
            cause.path = paths.find_map(|target| Some((target, self.matching_path(target)?)));
        }
        if let Some(patterns) = &self.commands {
            let is_meant = if suspects { may_hide } else { may_run };
            cause.command = subject.runs().iter().find_map(|run| {
                let pattern = patterns.iter().find(|pattern| is_meant(pattern, run))?;
                Some((run.command, pattern.as_str()))
            });
        }
        if let Some(patterns) = &self.hosts {
            cause.host = subject.find_host(suspects, |host| patterns.iter().any(|pattern| pattern.matches(host)));
        }
        if suspects && self.paths.is_none() && self.access.is_some() && cause.path.is_none() {
            cause.uses_files = subject.runs().first().map(|run| run.command).zip(self.access);
        }
        cause
    }

    fn misses_any(&self, cause: &Cause<'_>) -> bool {
        self.is_about_paths() && cause.path.is_none() && cause.uses_files.is_none()
            || self.commands.is_some() && cause.command.is_none()
            || self.hosts.is_some() && cause.host.is_none()
    }

    /// A quick look: whether it speaks of something that the call surely has none of.
    fn speaks_of_nothing_in(&self, subject: &Subject<'_>) -> bool {
        subject.unclear.is_none()
            && (self.is_about_paths() && !subject.has_possible_paths()
                || self.commands.is_some() && subject.runs().is_empty())
    }

    /// The pattern that a path falls under; empty when any path does.
    fn matching_path(&self, target: &Target<'_>) -> Option<&str> {
        if self.access.is_some() && target.access.is_some() && self.access != target.access {
            return None;
        }
        match &self.paths {
            Some(patterns) => patterns.iter().find(|pattern| falls_under(pattern, target)).map(PathPattern::as_str),
            // A word is no path for sure, and without a pattern to compare it with it says nothing, unless its program
            // is known to write what it names.
            None => {
                let is_path = matches!(target.kind, TargetKind::File | TargetKind::Folder) && target.access.is_some();
                let is_written = target.is_written && self.access == Some(Access::Write);
                (is_path || is_written).then_some("")
            }
        }
    }

    /// Whether it allows this path of the call; `exact` is the path as allow rules compare it.
    pub(super) fn covers_path(&self, subject: &Subject<'_>, target: &Target<'_>, exact: Option<&str>) -> bool {
        self.covers_as(subject, self.is_about_paths(), || self.takes_path(target, exact))
    }

    /// Whether it allows this command of the call.
    pub(super) fn covers_command(&self, subject: &Subject<'_>, run: &Run<'_>) -> bool {
        self.covers_as(subject, self.commands.is_some(), || self.takes_command(run))
    }

    /// Whether it allows this command of the call by naming each of its words.
    pub(super) fn spells_out(&self, subject: &Subject<'_>, run: &Run<'_>) -> bool {
        let is_spelled_out = |patterns: &Vec<ArgvPattern>| {
            patterns.iter().any(|pattern| pattern.is_literal() && pattern.covers(&run.command.argv))
        };
        let has_no_variables = run.command.environment.is_empty();
        has_no_variables && self.commands.as_ref().is_some_and(is_spelled_out) && self.takes_call(subject)
    }

    /// Whether it allows this host of the call.
    pub(super) fn covers_host(&self, subject: &Subject<'_>, host: &str) -> bool {
        self.covers_as(subject, self.hosts.is_some(), || self.takes_host(host))
    }

    /// Whether it allows a call that touches nothing which rules speak of.
    pub(super) fn covers_call(&self, subject: &Subject<'_>) -> bool {
        !self.is_about_targets() && self.takes_call(subject)
    }

    /// An allow rule speaks of one kind of target, or of calls whatever they touch.
    fn covers_as(&self, subject: &Subject<'_>, is_about: bool, takes: impl Fn() -> bool) -> bool {
        (!self.is_about_targets() || is_about && takes()) && self.takes_call(subject)
    }

    fn takes_path(&self, target: &Target<'_>, exact: Option<&str>) -> bool {
        if self.access.is_some() && self.access != target.access {
            return false;
        }
        let Some(patterns) = &self.paths else { return true };
        let Some(path) = exact else { return false };
        let outside = place::is_outside(path);
        patterns.iter().filter(|pattern| pattern.is_rooted() == outside).any(|pattern| match target.kind {
            TargetKind::Folder => pattern.covers_folder(path),
            TargetKind::File | TargetKind::Word | TargetKind::Wild => pattern.covers_file(path),
        })
    }

    /// A command behind which another may hide, or whose variables are set, is taken only by its exact words.
    fn takes_command(&self, run: &Run<'_>) -> bool {
        let Some(patterns) = &self.commands else { return true };
        let is_plain = run.reach == Reach::Plain;
        let takes = |pattern: &ArgvPattern| (is_plain || pattern.is_literal()) && pattern.covers(&run.command.argv);
        run.command.environment.is_empty() && patterns.iter().any(takes)
    }

    fn takes_host(&self, host: &str) -> bool {
        self.hosts.as_ref().is_none_or(|patterns| patterns.iter().any(|pattern| pattern.matches(host)))
    }

    /// Why it matched, in words.
    pub(super) fn reason(&self, cause: &Cause<'_>) -> String {
        let detail = cause.to_string();
        match &self.because {
            Some(because) if detail.is_empty() => because.to_string(),
            Some(because) => format!("{because} ({detail})"),
            None if detail.is_empty() => format!("the rule speaks of every such call of {}", self.spoken_of()),
            None => detail,
        }
    }

    fn spoken_of(&self) -> &'static str {
        if self.tools.is_some() { "this tool" } else { "any tool" }
    }

    /// Why a rule that denies or asks did not match, in words.
    pub(super) fn miss(&self, subject: &Subject<'_>) -> String {
        if !self.names(subject.question.tool) {
            return format!("it does not speak of the tool {}", subject.question.tool);
        }
        if self.effects.as_ref().is_some_and(|effects| !effects.contains(&subject.question.effect)) {
            return "it speaks of other effects".to_owned();
        }
        let other = self.arguments.iter().find(|argument| !argument.matches(subject.question.arguments));
        if let Some(argument) = other {
            return format!("the argument {} is missing or does not match", argument.pointer);
        }
        let kinds =
            [(self.is_about_paths(), "path"), (self.commands.is_some(), "command"), (self.hosts.is_some(), "host")];
        let named: Vec<&str> = kinds.iter().filter(|(is_about, _)| *is_about).map(|(_, kind)| *kind).collect();
        format!("no {} of the call matches", named.join(" or no "))
    }
}

impl std::fmt::Display for Cause<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut parts = Vec::new();
        if let Some((target, pattern)) = &self.path {
            let shown = if target.path.is_empty() { "." } else { &target.path };
            let used = match (target.kind, target.access) {
                (TargetKind::Folder, Some(Access::Read)) => " (folder, read)",
                (TargetKind::Folder, Some(Access::Write)) => " (folder, written)",
                (_, Some(Access::Read)) => " (read)",
                (_, Some(Access::Write)) => " (written)",
                (_, None) => " (named by a command)",
            };
            let verb = if target.kind == TargetKind::File { "matches" } else { "may hold what matches" };
            let verb = if target.folded == *pattern { "matches" } else { verb };
            let pattern = if pattern.is_empty() { "any path" } else { pattern };
            parts.push(format!("the path {shown}{used} {verb} {pattern}"));
        }
        if let Some((command, pattern)) = &self.command {
            let shown = shown_command(command);
            parts.push(match self.suspected {
                true => {
                    format!("the command {shown} may run what matches {pattern}, and whether it does can't be told")
                }
                false => format!("the command {shown} matches {pattern}"),
            });
        }
        if let Some((command, access)) = &self.uses_files {
            let verb = if *access == Access::Read { "reads" } else { "writes" };
            parts.push(format!("it is not known which files the command {} {verb}", shown_command(command)));
        }
        if let Some(host) = self.host {
            parts.push(format!("the host {host} matches"));
        }
        if let Some(why) = self.unclear {
            parts.push(format!("what the call runs can't be told ({why}), and the rule could apply"));
        }
        formatter.write_str(&parts.join("; "))
    }
}

fn shown_command(command: &Command) -> String {
    let words: Vec<String> = command.argv.iter().map(|word| word.escape_debug().to_string()).collect();
    format!("`{}`", words.join(" "))
}

/// Whether a path is what the pattern speaks of, or may hold it. Paths from outside are compared from every slash on,
/// for where the workspace itself lies is not known here.
pub(super) fn falls_under(pattern: &PathPattern, target: &Target<'_>) -> bool {
    let falls = |path: &str| match target.kind {
        TargetKind::File => pattern.matches(path),
        TargetKind::Folder | TargetKind::Wild => pattern.may_lie_in(path),
        TargetKind::Word => pattern.names(path),
    };
    falls(&target.folded)
        || place::is_outside(&target.folded)
            && target.folded.match_indices('/').any(|(start, _)| target.folded.get(start + 1..).is_some_and(falls))
}

/// Whether the command runs what the pattern names, itself or behind another program's name.
fn may_run(pattern: &ArgvPattern, run: &Run<'_>) -> bool {
    let argv = &run.command.argv;
    if pattern.matches(argv) {
        return true;
    }
    match run.reach {
        Reach::Plain => false,
        Reach::Wraps => (1..argv.len()).any(|start| argv.get(start..).is_some_and(|rest| pattern.matches(rest))),
        Reach::Opens | Reach::Code | Reach::Shell => run.names.iter().any(|name| pattern.matches_program(name)),
    }
}

/// Whether the command may run what the pattern names in a way that is not known here: whatever its program, any word
/// may be the name of another one that it runs, copies or links to.
fn may_hide(pattern: &ArgvPattern, run: &Run<'_>) -> bool {
    if may_run(pattern, run) || pattern.may_take(&run.command.argv) {
        return true;
    }
    if pattern.is_for_any_program() {
        let argv = &run.command.argv;
        let hidden = |start: usize| argv.get(start..).is_some_and(|rest| pattern.matches(rest));
        return pattern.asks_for_arguments() && (1..argv.len()).any(hidden);
    }
    run.names.iter().any(|name| pattern.matches_program(name))
}
