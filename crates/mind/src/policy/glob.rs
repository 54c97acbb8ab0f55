//! Globs for one word and for a whole path.
//!
//! A path pattern is walked as a small automaton over the parts between slashes, so the time is linear in the path,
//! nothing is allocated, and besides "does it match" it answers "could something in this folder match". This module
//! must not know rules or verdicts.
//!
//! ```
//! use moot_core::PermissionMode;
//! use moot_mind::policy::PermissionOptions;
//!
//! let text = r#"{ "rules": [{ "deny": { "paths": ["a[b"] } }] }"#;
//! let options: PermissionOptions = serde_json::from_str(text).unwrap();
//! assert!(options.check()[0].message.contains("unclosed character class"));
//! # assert_eq!(options.mode, PermissionMode::Default);
//! ```

use moot_core::Text;
use regex::Regex;

/// The most parts between slashes that a path pattern may have: its states are the bits of one word.
const PARTS_MAX: usize = 60;

/// A pattern for one word. Patterns that fold compare ASCII letters whatever their case, and expect everything else to
/// be folded before.
#[derive(Debug, Clone)]
pub(super) struct WordPattern {
    form: Form,
    folds: bool,
}

#[derive(Debug, Clone)]
enum Form {
    Any,
    Literal(Box<str>),
    Prefix(Box<str>),
    Suffix(Box<str>),
    Glob(Regex),
}

impl Form {
    fn beginning(&self) -> Option<&str> {
        match self {
            Self::Literal(text) | Self::Prefix(text) => Some(text),
            Self::Any | Self::Suffix(_) | Self::Glob(_) => None,
        }
    }

    fn ending(&self) -> Option<&str> {
        match self {
            Self::Literal(text) | Self::Suffix(text) => Some(text),
            Self::Any | Self::Prefix(_) | Self::Glob(_) => None,
        }
    }
}

impl WordPattern {
    /// # Errors
    /// What is wrong with the glob, in words.
    pub(super) fn compile(glob: &str, folds: bool) -> Result<Self, String> {
        globset::Glob::new(glob).map_err(|error| error.kind().to_string())?;
        let special = |text: &str| text.contains(['*', '?', '[', ']', '{', '}', '\\']);
        let form = if glob == "*" {
            Form::Any
        } else if !special(glob) {
            Form::Literal(glob.into())
        } else if let Some(rest) = glob.strip_prefix('*').filter(|rest| !special(rest)) {
            Form::Suffix(rest.into())
        } else if let Some(rest) = glob.strip_suffix('*').filter(|rest| !special(rest)) {
            Form::Prefix(rest.into())
        } else {
            Form::Glob(to_regex(glob, folds)?)
        };
        Ok(Self { form, folds })
    }

    pub(super) fn matches(&self, word: &str) -> bool {
        let same = |one: &[u8], two: &[u8]| if self.folds { one.eq_ignore_ascii_case(two) } else { one == two };
        let (bytes, length) = (word.as_bytes(), word.len());
        match &self.form {
            Form::Any => true,
            Form::Literal(text) => same(text.as_bytes(), bytes),
            Form::Prefix(text) => bytes.get(..text.len()).is_some_and(|start| same(text.as_bytes(), start)),
            Form::Suffix(text) => {
                let end = length.checked_sub(text.len()).and_then(|start| bytes.get(start..));
                end.is_some_and(|end| same(text.as_bytes(), end))
            }
            Form::Glob(regex) => regex.is_match(word),
        }
    }

    /// Whether it surely takes every word that the other one takes.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let same = |one: &str, two: &str| if self.folds { one.eq_ignore_ascii_case(two) } else { one == two };
        match (&self.form, &other.form) {
            (Form::Any, _) => true,
            (_, Form::Literal(text)) => !other.folds && self.matches(text) || other.folds && self.covers_folded(text),
            (Form::Prefix(own), Form::Prefix(text)) => {
                (self.folds || !other.folds) && text.get(..own.len()).is_some_and(|start| same(own, start))
            }
            (Form::Suffix(own), Form::Suffix(text)) => {
                let start = text.len().checked_sub(own.len());
                (self.folds || !other.folds)
                    && start.and_then(|start| text.get(start..)).is_some_and(|end| same(own, end))
            }
            (Form::Glob(own), Form::Glob(theirs)) => {
                // Before the expression itself stands whether case matters.
                let body = |regex: &Regex| regex.as_str().split_once(')').map(|(_, body)| body.to_owned());
                (self.folds || !other.folds) && body(own) == body(theirs)
            }
            _ => false,
        }
    }

    /// Whether it takes the text in any case of letters.
    fn covers_folded(&self, text: &str) -> bool {
        self.folds && self.matches(text)
    }

    /// Whether it takes exactly one word.
    pub(super) const fn is_literal(&self) -> bool {
        matches!(self.form, Form::Literal(_))
    }

    /// Whether it takes any word at all.
    pub(super) const fn is_any(&self) -> bool {
        matches!(self.form, Form::Any)
    }
}

/// The regular expression of a glob whose syntax was checked. `globset` matches bytes, where `?` is half an é; this one
/// matches characters.
fn to_regex(glob: &str, folds: bool) -> Result<Regex, String> {
    let mut pattern = String::from(if folds { r"(?is)\A" } else { r"(?s)\A" });
    let mut characters = glob.chars().peekable();
    let mut depth = 0_usize;
    while let Some(character) = characters.next() {
        match character {
            '*' => pattern.push_str(".*"),
            '?' => pattern.push('.'),
            '\\' => push_literal(&mut pattern, characters.next().unwrap_or('\\')),
            '{' => {
                depth += 1;
                pattern.push_str("(?:");
            }
            '}' => {
                depth = depth.saturating_sub(1);
                pattern.push(')');
            }
            ',' if depth > 0 => pattern.push('|'),
            '[' => push_class(&mut pattern, &mut characters),
            other => push_literal(&mut pattern, other),
        }
    }
    pattern.push_str(r"\z");
    Regex::new(&pattern).map_err(|error| error.to_string())
}

fn push_literal(pattern: &mut String, character: char) {
    pattern.push_str(&regex::escape(character.encode_utf8(&mut [0; 4])));
}

/// What stands between `[` and `]`; a `]` in the first place is a member.
fn push_class(pattern: &mut String, characters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    pattern.push('[');
    if characters.next_if(|next| matches!(next, '!' | '^')).is_some() {
        pattern.push('^');
    }
    let mut first = true;
    for character in characters.by_ref() {
        match character {
            ']' if !first => break,
            '-' if !first => pattern.push('-'),
            other => push_literal(pattern, other),
        }
        first = false;
    }
    // A hyphen in the last place is a member, which the expression's own syntax agrees with.
    pattern.push(']');
}

/// A pattern for a whole path.
#[derive(Debug, Clone)]
pub(super) struct PathPattern {
    text: Text,
    parts: Vec<Part>,
    /// Which parts are `**`, as bits.
    deep: u64,
    /// The bytes that every match begins and ends with, whatever the case of letters: a quick look before the walk.
    first: Option<u8>,
    last: Option<u8>,
    rooted: bool,
}

#[derive(Debug, Clone)]
enum Part {
    Deep,
    Word(WordPattern),
}

/// Where a walk over a path ended.
struct Reached {
    /// Which parts could come next; bit `parts.len()` is the end.
    states: u64,
    /// The same before `**` was allowed to stand for nothing.
    strict: u64,
    /// States of a `**` that took the last part.
    stayed: u64,
    /// Whether the last part was taken by a part of the pattern that is no mere `*` or `**`.
    concrete: bool,
}

impl PathPattern {
    /// Compiles a glob; with `folds` it is folded and matches folded paths.
    ///
    /// # Errors
    /// What is wrong with the glob, in words.
    pub(super) fn compile(glob: &str, folds: bool) -> Result<Self, String> {
        refuse_useless(glob)?;
        let folded = if folds { super::place::fold_text(glob) } else { glob.into() };
        let rooted = folded.starts_with(['/', '~']);
        let mut parts: Vec<Part> = Vec::new();
        for part in folded.split('/') {
            match (part, parts.last()) {
                ("**", Some(Part::Deep)) => {}
                ("**", _) => parts.push(Part::Deep),
                _ => parts.push(Part::Word(WordPattern::compile(part, folds)?)),
            }
        }
        if parts.len() > PARTS_MAX {
            return Err(format!("it has {} parts between slashes, at most {PARTS_MAX} are allowed", parts.len()));
        }
        let places = parts.iter().enumerate().filter(|(_, part)| matches!(part, Part::Deep));
        let deep = places.fold(0, |deep, (place, _)| deep | 1 << place);
        let byte_of = |part: Option<&Part>, at: fn(&[u8]) -> Option<&u8>, ends: fn(&Form) -> Option<&str>| match part {
            Some(Part::Word(word)) => ends(&word.form).and_then(|text| at(text.as_bytes())).copied(),
            Some(Part::Deep) | None => None,
        };
        let first = byte_of(parts.first(), <[u8]>::first, Form::beginning);
        let last = byte_of(parts.last(), <[u8]>::last, Form::ending);
        Ok(Self { text: glob.into(), parts, deep, first, last, rooted })
    }

    /// The glob as it was written.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it begins with `/` or `~`, outside the workspace.
    pub(super) const fn is_rooted(&self) -> bool {
        self.rooted
    }

    /// Whether the path matches, a folder's own name included in `folder/**`.
    pub(super) fn matches(&self, path: &str) -> bool {
        is_same(self.last, path.bytes().next_back()) && self.walk(path).states & self.end() != 0
    }

    /// Whether the path matches or something in it could.
    pub(super) fn may_lie_in(&self, folder: &str) -> bool {
        self.walk(folder).states != 0
    }

    /// Whether the path matches, or is a folder on the way to a match that the pattern names.
    pub(super) fn names(&self, path: &str) -> bool {
        let reached = self.walk(path);
        reached.states & self.end() != 0 || reached.concrete
    }

    /// Whether a file of this path matches; `folder/**` takes no file named `folder`.
    pub(super) fn covers_file(&self, path: &str) -> bool {
        if !is_same(self.last, path.bytes().next_back()) {
            return false;
        }
        let reached = self.walk(path);
        reached.strict & self.end() != 0 || reached.stayed & (self.end() >> 1) != 0
    }

    /// Whether it surely matches every path that the other one matches. Each part of the other is walked like the part
    /// of a path; of places in the pattern only those are kept where one is whatever the part stands for.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let mut states = self.with_nothing(1);
        for part in &other.parts {
            let mut next = states & self.deep;
            if let Part::Word(theirs) = part {
                let mut open = states & !self.deep & (self.end() - 1);
                while open != 0 {
                    let place = open.trailing_zeros();
                    open &= open - 1;
                    if let Some(Part::Word(word)) = self.parts.get(place as usize)
                        && word.covers(theirs)
                    {
                        next |= 2 << place;
                    }
                }
            }
            states = self.with_nothing(next);
        }
        states & self.end() != 0
    }

    /// Whether everything in the folder matches.
    pub(super) fn covers_folder(&self, folder: &str) -> bool {
        self.walk(folder).states & self.deep & (self.end() >> 1) != 0
    }

    fn end(&self) -> u64 {
        1 << self.parts.len()
    }

    /// One step for each part of the path, over the set of places in the pattern where one may be.
    fn walk(&self, path: &str) -> Reached {
        let mut reached = Reached { states: self.with_nothing(1), strict: 0, stayed: 0, concrete: false };
        if path.is_empty() {
            return reached;
        }
        if !is_same(self.first, path.bytes().next()) {
            reached.states = 0;
            return reached;
        }
        for part in path.split('/') {
            let before = reached.states;
            reached = Reached { states: 0, strict: 0, stayed: before & self.deep, concrete: false };
            let mut open = before & !self.deep & (self.end() - 1);
            while open != 0 {
                let place = open.trailing_zeros();
                open &= open - 1;
                if let Some(Part::Word(word)) = self.parts.get(place as usize)
                    && word.matches(part)
                {
                    reached.strict |= 2 << place;
                    reached.concrete |= !word.is_any();
                }
            }
            reached.states = self.with_nothing(reached.strict | reached.stayed);
            if reached.states == 0 {
                break;
            }
        }
        reached
    }

    /// Lets every `**` stand for nothing as well; no two of them are neighbours.
    const fn with_nothing(&self, states: u64) -> u64 {
        states | (states & self.deep) << 1
    }
}

/// Whether a byte that is asked for is there, whatever the case of a letter.
const fn is_same(wanted: Option<u8>, found: Option<u8>) -> bool {
    match (wanted, found) {
        (Some(wanted), Some(found)) => wanted.eq_ignore_ascii_case(&found),
        (Some(_), None) => false,
        (None, _) => true,
    }
}

/// Refuses globs that no normalised path can match.
fn refuse_useless(glob: &str) -> Result<(), String> {
    if glob.is_empty() {
        return Err("it is empty; name a path such as notes/a.txt, or ** for every path".to_owned());
    }
    let mut depth = 0_usize;
    for character in glob.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '/' if depth > 0 => return Err("a / within { } is not allowed; write two patterns".to_owned()),
            _ => {}
        }
    }
    let parts: Vec<&str> = glob.strip_prefix('/').unwrap_or(glob).split('/').collect();
    if let Some(part) = parts.iter().find(|part| matches!(**part, "" | "." | "..")) {
        return Err(format!(
            "it can never match, for it has a part {part:?} and paths are compared without such; leave it out"
        ));
    }
    if let Some(part) = parts.iter().find(|part| part.contains("**") && **part != "**") {
        return Err(format!("in {part:?} the ** does not stand alone between slashes; write * or **/*"));
    }
    globset::Glob::new(glob).map(|_| ()).map_err(|error| error.kind().to_string())
}

#[cfg(test)]
mod tests;
