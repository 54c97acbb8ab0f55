//! What is judged: one call, with everything it touches read once and normalised.
//!
//! Allow rules look at what the call surely uses (claims, redirections, commands); deny and ask rules look also at
//! every part of a word of a command that could be a path, a host or a program. This module must not know rules or
//! verdicts.
//!
//! ```
//! use moot_core::{Claim, ToolEffect, Touch};
//! use moot_mind::policy::Question;
//!
//! let touch = Touch::claims([Claim::reads_file("a.txt")]);
//! let arguments = serde_json::json!({ "path": "a.txt" });
//! let question = Question { tool: "read_file", effect: ToolEffect::Read, arguments: &arguments, touch: &touch };
//! assert!(question.only_reads());
//! ```

use std::borrow::Cow;

use moot_core::{Access, Claim, Command, Commands, Resource, ToolEffect, Touch};
use serde_json::Value;

use super::program::{self, Reach};
use super::{place, words};

/// One call, as permissions see it: after its arguments were parsed and checked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Question<'a> {
    /// The tool's name.
    pub tool: &'a str,
    /// What the tool can do to the world.
    pub effect: ToolEffect,
    /// The parsed arguments.
    pub arguments: &'a Value,
    /// What the call touches.
    pub touch: &'a Touch,
}

impl Question<'_> {
    /// Whether the call changes nothing: its tool's effect is reading, it runs no command and claims no file or folder
    /// for writing. Commands are never read-only, whatever their names.
    #[must_use]
    pub fn only_reads(&self) -> bool {
        let writes = |claim: &Claim| {
            claim.access == Access::Write && matches!(claim.resource, Resource::File(_) | Resource::Folder(_))
        };
        self.effect == ToolEffect::Read
            && self.touch.commands == Commands::None
            && !self.touch.claims.iter().any(writes)
    }

    /// Whether all that the call changes is its caller's permission mode: the entity `mode`.
    #[must_use]
    pub fn changes_only_the_mode(&self) -> bool {
        let is_mode =
            |claim: &Claim| matches!(&claim.resource, Resource::Entity { kind, .. } if &**kind == MODE_ENTITY);
        let claims = &self.touch.claims;
        self.touch.commands == Commands::None && !claims.is_empty() && claims.iter().all(is_mode)
    }
}

/// The kind of entity that a tool claims which changes the permission mode of its caller.
const MODE_ENTITY: &str = "mode";

/// A path that the call uses, or could.
#[derive(Debug)]
pub(super) struct Target<'a> {
    /// As it was written, seen from the workspace's root.
    pub(super) path: Cow<'a, str>,
    /// As deny and ask compare it; of a word with wildcards the folder before the first.
    pub(super) folded: Cow<'a, str>,
    pub(super) kind: TargetKind,
    /// How it is used; nothing when that can't be told.
    pub(super) access: Option<Access>,
    /// Whether a program names it that is known to write what it names.
    pub(super) is_written: bool,
}

/// One command of the call, read once.
#[derive(Debug)]
pub(super) struct Run<'a> {
    pub(super) command: &'a Command,
    pub(super) reach: Reach,
    /// Whatever could be the name of a program in its words but the first, and in the variables that are set for it.
    pub(super) names: Vec<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TargetKind {
    File,
    Folder,
    /// A word of a command that may name a file, a folder, or nothing at all.
    Word,
    /// A word with wildcards, that stands for whatever lies in a folder.
    Wild,
}

/// Everything about a call that rules ask for.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    pub(super) question: &'a Question<'a>,
    /// The first path that the call surely uses; most calls have one, and a list would be allocated for it.
    first: Option<Target<'a>>,
    others: Vec<Target<'a>>,
    /// Paths that words of commands may name.
    words: Vec<Target<'a>>,
    /// Paths that stand within texts that are words of plain programs, such as a message.
    hints: Vec<Target<'a>>,
    runs: Vec<Run<'a>>,
    /// What must be treated as unclear, and why.
    pub(super) unclear: Option<Cow<'a, str>>,
    /// Whether a command holds a program as text, or changes what programs are run by variables.
    pub(super) holds_code: bool,
}

impl Target<'_> {
    /// As allow rules compare it; nothing when its text does not tell where it leads.
    pub(super) fn exact(&self) -> Option<Cow<'_, str>> {
        place::exact_path(&self.path)
    }
}

impl<'a> Subject<'a> {
    pub(super) fn of(question: &'a Question<'a>) -> Self {
        let mut subject = Self {
            question,
            first: None,
            others: Vec::new(),
            words: Vec::new(),
            hints: Vec::new(),
            runs: Vec::new(),
            unclear: None,
            holds_code: false,
        };
        for claim in &question.touch.claims {
            let kind = match claim.resource {
                Resource::File(_) => TargetKind::File,
                Resource::Folder(_) => TargetKind::Folder,
                Resource::Entity { .. } | Resource::Host(_) => continue,
            };
            if let Resource::File(path) | Resource::Folder(path) = &claim.resource {
                subject.add(target(Cow::Borrowed(path), kind, Some(claim.access)));
            }
        }
        if let Commands::Unclear(reason) = &question.touch.commands {
            subject.unclear = Some(Cow::Borrowed(reason));
        }
        if let Commands::Certain(commands) = &question.touch.commands {
            subject.runs.reserve(commands.len());
            commands.iter().for_each(|command| subject.read_command(command));
        }
        subject
    }

    /// The commands that are known.
    pub(super) fn runs(&self) -> &[Run<'a>] {
        &self.runs
    }

    /// Whether the call uses a path, or may.
    pub(super) const fn has_possible_paths(&self) -> bool {
        self.first.is_some() || !self.words.is_empty()
    }

    /// Whether nothing that rules speak of is touched: no path, command or host.
    pub(super) fn touches_nothing(&self) -> bool {
        let touch = self.question.touch;
        touch.commands == Commands::None
            && touch.claims.iter().all(|claim| matches!(claim.resource, Resource::Entity { .. }))
    }

    /// The paths that the call surely uses.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Target<'a>> {
        self.first.iter().chain(&self.others)
    }

    /// Those, and the ones that it may use.
    pub(super) fn possible_paths(&self) -> impl Iterator<Item = &Target<'a>> {
        self.paths().chain(&self.words)
    }

    /// The hosts that the call surely uses.
    pub(super) fn hosts(&self) -> impl Iterator<Item = &'a str> {
        self.question.touch.claims.iter().filter_map(|claim| match &claim.resource {
            Resource::Host(name) => Some(name.trim_end_matches('.')),
            _ => None,
        })
    }

    /// The paths that stand within texts.
    pub(super) fn hints(&self) -> impl Iterator<Item = &Target<'a>> {
        self.hints.iter()
    }

    /// Whether any host that the call surely uses, or that a part of a command's word may name, is one of these; with
    /// `hidden` the words within texts are looked at as well.
    pub(super) fn find_host(&self, hidden: bool, is_named: impl Fn(&str) -> bool) -> Option<&'a str> {
        if let Some(host) = self.hosts().find(|host| is_named(host)) {
            return Some(host);
        }
        let mut found = None;
        let words = self.runs.iter().flat_map(|run| words_of(run.command));
        for word in words {
            let mut look = |part: &'a str| {
                found = found.or_else(|| [part, words::host_in(part)].into_iter().find(|host| is_named(host)));
            };
            words::each_part(word, &mut look);
            if hidden && word.contains(char::is_whitespace) {
                word.split_whitespace().for_each(|inner| words::each_part(inner, &mut look));
            }
            if found.is_some() {
                break;
            }
        }
        found
    }

    fn add(&mut self, target: Target<'a>) {
        if self.first.is_none() {
            self.first = Some(target);
        } else {
            self.others.push(target);
        }
    }

    fn read_command(&mut self, command: &'a Command) {
        for (paths, access) in [(&command.reads, Access::Read), (&command.writes, Access::Write)] {
            for path in paths {
                self.add(target(place::join(&command.folder, path), TargetKind::File, Some(access)));
            }
        }
        let reach = program::reach_of(&command.argv);
        if reach == Reach::Shell && self.unclear.is_none() {
            let program = command.argv.first().map_or("", |word| word);
            self.unclear = Some(Cow::Owned(format!("{program} runs commands that can't be told from its words")));
        }
        self.holds_code |= reach == Reach::Code || !command.environment.is_empty();
        let start = self.words.len();
        for word in words_of(command) {
            self.read_word(command, word);
            let whole_text = reach == Reach::Plain && word.contains(char::is_whitespace);
            if reach != Reach::Plain || whole_text {
                for token in words::tokens(word) {
                    let named = word_target(command, Cow::Borrowed(token));
                    if whole_text { self.hints.push(named) } else { self.words.push(named) }
                }
            }
        }
        // A program that is named by its path is a file that is read.
        if let Some(program) = command.argv.first().filter(|word| word.contains(['/', '\\'])) {
            let path = place::join(&command.folder, program);
            self.words.push(target(path, TargetKind::Word, Some(Access::Read)));
        }
        if program::looks_around(&command.argv) {
            self.words.push(target(place::join(&command.folder, "."), TargetKind::Folder, None));
        }
        if program::writes_what_it_names(&command.argv, reach != Reach::Plain) {
            self.words.iter_mut().skip(start).for_each(|target| target.is_written = true);
        }
        self.runs.push(Run { command, reach, names: names_in(command) });
    }

    /// Adds what a word may name by any of its parts, as it stands and with percent signs decoded.
    fn read_word(&mut self, command: &'a Command, word: &'a str) {
        words::each_part(word, |part| self.words.push(word_target(command, Cow::Borrowed(part))));
        if let Some(decoded) = word.contains('%').then(|| words::decoded(word)).flatten() {
            words::each_part(&decoded, |part| self.words.push(word_target(command, Cow::Owned(part.to_owned()))));
        }
    }
}

/// The words of a command that are not its program, and the values of variables that are set for it.
fn words_of(command: &Command) -> impl Iterator<Item = &str> {
    let values = command.environment.iter().map(|(_, value)| &**value);
    command.argv.iter().skip(1).map(|word| &**word).chain(values)
}

/// Whatever in its words, variables and redirected inputs could name a program that a command runs, copies or links to.
fn names_in(command: &Command) -> Vec<&str> {
    let mut names = Vec::new();
    for word in words_of(command).chain(command.reads.iter().map(|path| &**path)) {
        words::each_part(word, |part| names.push(part));
        names.extend(words::tokens(word).filter(|token| token.len() < word.len()));
    }
    names
}

fn word_target<'a>(command: &Command, word: Cow<'a, str>) -> Target<'a> {
    // What lies above the workspace holds the workspace.
    if matches!(&*word, "/" | "~" | "~/")
        || word.starts_with("..") && word.split('/').all(|part| matches!(part, ".." | ""))
    {
        return target(Cow::Borrowed(""), TargetKind::Folder, None);
    }
    let kind = if word.contains(['*', '?', '[', '{']) {
        TargetKind::Wild
    } else if matches!(&*word, "." | "..") || word.ends_with('/') {
        TargetKind::Folder
    } else {
        TargetKind::Word
    };
    let path = match word {
        Cow::Borrowed(word) => place::join(&command.folder, word),
        Cow::Owned(word) => Cow::Owned(place::join(&command.folder, &word).into_owned()),
    };
    target(path, kind, None)
}

fn target(path: Cow<'_, str>, kind: TargetKind, access: Option<Access>) -> Target<'_> {
    if kind == TargetKind::Wild {
        let folded = Cow::Owned(place::folded_path(place::fixed_folder(&path)).into_owned());
        return Target { path, folded, kind, access, is_written: false };
    }
    let folded = match &path {
        Cow::Borrowed(text) => place::folded_path(text),
        Cow::Owned(text) => Cow::Owned(place::folded_path(text).into_owned()),
    };
    Target { path, folded, kind, access, is_written: false }
}
