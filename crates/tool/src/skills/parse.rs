//! The `SKILL.md` format: YAML front matter with a name and a description, then the instructions.
//!
//! As in the Agent Skills specification (agentskills.io/specification): the file begins with a line `---`, the front
//! matter ends at the next such line; `name` is 1 to 64 lower-case ASCII letters, digits and single hyphens between
//! them; `description` is 1 to 1,024 characters. Other fields (`license`, `metadata`, `allowed-tools` and what
//! products add) are read past: they never grant anything here. This module must not know where a file lies.
//!
//! ```
//! use moot_tool::skills::Skill;
//!
//! let skill = Skill::parse("SKILL.md", "---\nname: units\ndescription: >\n  How to\n  write units.\n---\n\nUse metres.\n");
//! assert_eq!(&*skill.unwrap().description, "How to write units.");
//! let problem = Skill::parse("SKILL.md", "---\nname: My Units\ndescription: x\n---\nUse metres.\n").unwrap_err();
//! assert_eq!(
//!     problem.to_string(),
//!     "SKILL.md:2:7: the name \"My Units\" is not allowed; use 1 to 64 lower-case letters, digits and single hyphens \
//!      between them, such as unit-style"
//! );
//! ```

use serde::Deserialize;
use serde_saphyr::{Error, Location, Spanned};

use super::Skill;
use crate::describe::{cut, quote};

/// The longest text of a skill that is read, in bytes.
pub const SKILL_BYTES_MAX: usize = 256 * 1024;

/// The longest name of a skill, in characters.
pub const SKILL_NAME_CHARACTERS_MAX: usize = 64;

/// The longest description of a skill, in characters.
pub const DESCRIPTION_CHARACTERS_MAX: usize = 1_024;

/// The most values that front matter may hold, and how deep they may stand in each other.
const VALUES_MAX: usize = 1_000;
const DEPTH_MAX: usize = 16;

/// How much of the YAML parser's message is told, in characters.
const MESSAGE_CHARACTERS_MAX: usize = 300;

/// What is wrong with a file of a skill, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct SkillProblem {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// The column, from 1.
    pub column: u64,
    /// What is wrong, what was expected, what to try.
    pub message: String,
}

#[derive(Deserialize)]
struct FrontMatter {
    name: Spanned<String>,
    description: Spanned<String>,
}

impl Skill {
    /// Reads a skill from the text of a file; the file's name is only told in problems.
    ///
    /// # Errors
    /// The first thing wrong, with its place.
    pub fn parse(file: &str, text: &str) -> Result<Self, SkillProblem> {
        let at =
            |(line, column): (u64, u64), message: String| SkillProblem { file: file.to_owned(), line, column, message };
        if text.len() > SKILL_BYTES_MAX {
            let message = format!("the skill is {} bytes long; at most {SKILL_BYTES_MAX} are read", text.len());
            return Err(at((1, 1), message));
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (matter, body) = split(text).map_err(|message| at((1, 1), message.to_owned()))?;
        let FrontMatter { name, description } = serde_saphyr::from_str_with_options(matter, options())
            .map_err(|error| at(place_of(&error), own_words(&error)))?;
        check_name(&name.value).map_err(|message| at(place(&name.defined), message))?;
        let one_line = description.value.split_whitespace().collect::<Vec<_>>().join(" ");
        check_description(&one_line).map_err(|message| at(place(&description.defined), message))?;
        let body = body.trim();
        if body.is_empty() {
            let lines = text.lines().count();
            let message = "the skill says nothing; write its instructions below the front matter".to_owned();
            return Err(at((lines as u64, 1), message));
        }
        Ok(Self { name: name.value.into(), description: one_line.into(), body: body.into(), tokens: tokens(body) })
    }
}

/// The front matter without its `---` lines, and what follows.
fn split(text: &str) -> Result<(&str, &str), &'static str> {
    const FORM: &str = "a skill begins with a line `---`, then `name: ...` and `description: ...`, then `---` again";
    let is_fence = |line: &str| line.trim_end() == "---";
    let mut offset = 0;
    let mut start = None;
    for line in text.split_inclusive('\n') {
        let end = offset + line.len();
        match start {
            None if !is_fence(line) => return Err(FORM),
            None => start = Some(end),
            Some(start) if is_fence(line) => {
                let parts = text.get(start..offset).zip(text.get(end..));
                return parts.ok_or(FORM);
            }
            Some(_) => {}
        }
        offset = end;
    }
    Err(if start.is_some() { "the front matter never ends; close it with a line `---`" } else { FORM })
}

fn options() -> serde_saphyr::Options {
    let budget = serde_saphyr::budget! {
        max_depth: DEPTH_MAX,
        flow_nesting_limit: DEPTH_MAX,
        max_nodes: VALUES_MAX,
        max_events: 4 * VALUES_MAX,
        max_documents: 1,
    };
    let alias_limits = serde_saphyr::alias_limits! { max_total_replayed_events: VALUES_MAX };
    serde_saphyr::options! {
        budget: budget,
        alias_limits: alias_limits,
        strict_booleans: true,
        with_snippet: false,
    }
}

/// Line and column in the file: the front matter begins on its second line.
fn place(location: &Location) -> (u64, u64) {
    (location.line() + 1, location.column().max(1))
}

fn place_of(error: &Error) -> (u64, u64) {
    error.location().as_ref().map_or((2, 1), place)
}

/// The parser's message without the place, which we show ourselves.
fn own_words(error: &Error) -> String {
    let message = error.without_snippet().to_string();
    let first = message.lines().next().unwrap_or_default();
    let end = first.rfind(" at line ").unwrap_or(first.len());
    let is_placed = first.starts_with("line ") || first.starts_with("error");
    let start = first.find(": ").filter(|_| is_placed).map_or(0, |found| found + 2);
    let told = first.get(start..end).unwrap_or(first).trim_end_matches([' ', ',', ':']);
    format!("the front matter can't be read: {}", cut(told, MESSAGE_CHARACTERS_MAX))
}

fn check_name(name: &str) -> Result<(), String> {
    let is_part =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if name.len() <= SKILL_NAME_CHARACTERS_MAX && name.split('-').all(is_part) {
        return Ok(());
    }
    Err(format!(
        "the name {} is not allowed; use 1 to {SKILL_NAME_CHARACTERS_MAX} lower-case letters, digits and single hyphens \
         between them, such as unit-style",
        quote(name)
    ))
}

fn check_description(description: &str) -> Result<(), String> {
    match description.chars().count() {
        0 => Err("the description is empty; say in one line what the skill is for".to_owned()),
        1..=DESCRIPTION_CHARACTERS_MAX => Ok(()),
        length => Err(format!(
            "the description is {length} characters long; at most {DESCRIPTION_CHARACTERS_MAX} are allowed; the rest \
             belongs below the front matter"
        )),
    }
}

/// The estimate of openharness §1.4.
fn tokens(text: &str) -> u64 {
    let quarters = text.chars().count().div_ceil(4) as u64;
    (quarters * 4).div_ceil(3)
}
