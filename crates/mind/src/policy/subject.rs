//! What is judged: one call, with everything it touches read once and normalised.
//!
//! Allow rules look at what the call surely uses (claims, redirections, commands); deny and ask rules look also at
//! every word of a command that could be a path or a host. This module must not know rules or verdicts.
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

use super::place;
use super::program::{self, Reach};

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
}

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
        let mut subject =
            Self { question, first: None, others: Vec::new(), words: Vec::new(), unclear: None, holds_code: false };
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
        for command in subject.commands() {
            subject.read_command(command);
        }
        subject
    }

    /// The commands that are known.
    pub(super) const fn commands(&self) -> &'a [Command] {
        match &self.question.touch.commands {
            Commands::Certain(commands) => commands.as_slice(),
            Commands::None | Commands::Unclear(_) => &[],
        }
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

    /// Those, and the ones that words of commands may name.
    pub(super) fn possible_hosts(&self) -> impl Iterator<Item = &'a str> {
        let words = self.commands().iter().flat_map(|command| command.argv.iter().skip(1));
        self.hosts().chain(words.flat_map(|word| [word, host_in(word)]))
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
        for word in command.argv.iter().skip(1) {
            self.read_word(command, word);
            if matches!(reach, Reach::Code | Reach::Shell) {
                program::tokens(word).for_each(|token| self.add_word(command, token));
            }
        }
    }

    /// Adds what a word may name: itself, what follows `=`, `:` or a leading `@`, and what follows a short flag.
    fn read_word(&mut self, command: &'a Command, word: &'a str) {
        match word.strip_prefix('-') {
            Some(flag) if !flag.starts_with('-') => {
                let mut characters = flag.chars();
                characters.next();
                self.add_word(command, characters.as_str());
            }
            Some(_) => {}
            None => self.add_word(command, word),
        }
        for separator in ['=', ':', '@'] {
            if let Some((_, rest)) = word.split_once(separator) {
                self.add_word(command, rest);
            }
        }
    }

    fn add_word(&mut self, command: &'a Command, word: &'a str) {
        if word.is_empty() {
            return;
        }
        let kind = if word.contains(['*', '?', '[', '{']) {
            TargetKind::Wild
        } else if matches!(word, "." | "..") || word.ends_with('/') {
            TargetKind::Folder
        } else {
            TargetKind::Word
        };
        self.words.push(target(place::join(&command.folder, word), kind, None));
    }
}

fn target(path: Cow<'_, str>, kind: TargetKind, access: Option<Access>) -> Target<'_> {
    if kind == TargetKind::Wild {
        let folded = Cow::Owned(place::folded_path(place::fixed_folder(&path)).into_owned());
        return Target { path, folded, kind, access };
    }
    let folded = match &path {
        Cow::Borrowed(text) => place::folded_path(text),
        Cow::Owned(text) => Cow::Owned(place::folded_path(text).into_owned()),
    };
    Target { path, folded, kind, access }
}

/// The host of what may be an address such as `https://me@example.com:80/a` or `me@example.com:a`.
fn host_in(word: &str) -> &str {
    let rest = word.split_once("://").map_or(word, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest);
    let name = authority.rsplit_once('@').map_or(authority, |(_, name)| name);
    let name = match name.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or(address),
        None => name.split(':').next().unwrap_or(name),
    };
    name.trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_found_in_every_form_of_address() {
        let rows = [
            ("https://a.example/x", "a.example"),
            ("http://me:pw@a.example:80?q", "a.example"),
            ("me@a.example:folder/file", "a.example"),
            ("http://[::1]:80/", "::1"),
            ("a.example.", "a.example"),
            ("--url=https://a.example/", "a.example"),
        ];
        for (word, host) in rows {
            assert_eq!(host_in(word), host, "{word}");
        }
    }
}
