//! Patterns for the words of one command.
//!
//! Each word is a glob for exactly one argument; a last word `**` stands for any rest. This module must not know which
//! programs run others.
//!
//! ```
//! use moot_mind::policy::PermissionOptions;
//!
//! let text = r#"{ "rules": [{ "deny": { "commands": [["rm -rf", "**"]] } }] }"#;
//! let options: PermissionOptions = serde_json::from_str(text).unwrap();
//! assert!(options.check()[0].message.starts_with("\"rm -rf\" is no name of a program"));
//! ```

use moot_core::Text;

use super::glob::WordPattern;
use super::program::base_name;

/// A pattern for the words of one command.
#[derive(Debug, Clone)]
pub(super) struct ArgvPattern {
    text: Text,
    program: Option<(WordPattern, WordPattern)>,
    arguments: Vec<WordPattern>,
    open: bool,
}

impl ArgvPattern {
    /// # Errors
    /// What is wrong with the words: the place of the word and what is wrong with it.
    pub(super) fn compile(words: &[String]) -> Result<Self, String> {
        let (open, words) = match words.split_last() {
            None => return Err("it has no words; name a program, such as [git, push, \"**\"]".to_owned()),
            Some((last, before)) if last == "**" => (true, before),
            Some(_) => (false, words),
        };
        let text = words.join(" ") + if open { " **" } else { "" };
        let Some((program, arguments)) = words.split_first() else {
            return Ok(Self { text: text.trim().into(), program: None, arguments: Vec::new(), open });
        };
        if program.is_empty() || program.contains(char::is_whitespace) {
            let hint = "each word of a command is an entry of its own, such as [git, status]";
            return Err(format!("{program:?} is no name of a program; {hint}"));
        }
        if words.iter().any(|word| word == "**") {
            return Err("only the last word may be **; write * for exactly one argument".to_owned());
        }
        let compile =
            |word: &String, folds| WordPattern::compile(word, folds).map_err(|why| format!("{word:?}: {why}"));
        let arguments = arguments.iter().map(|word| compile(word, false)).collect::<Result<_, _>>()?;
        let program = Some((compile(program, false)?, compile(program, true)?));
        Ok(Self { text: text.into(), program, arguments, open })
    }

    /// The words as they were written.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is one exact list of words.
    pub(super) fn is_literal(&self) -> bool {
        !self.open
            && self.program.as_ref().is_some_and(|(exact, _)| exact.is_literal())
            && self.arguments.iter().all(WordPattern::is_literal)
    }

    /// Whether these are words of the pattern, letter by letter.
    pub(super) fn covers(&self, argv: &[Text]) -> bool {
        self.takes(argv, |(exact, _), word| exact.matches(word))
    }

    /// Whether these could be words of the pattern: the program also by the last part of its path, whatever the case.
    pub(super) fn matches(&self, argv: &[Text]) -> bool {
        self.takes(argv, |(_, folded), word| names_program(folded, word))
    }

    /// Whether the word names the program, whatever follows. A pattern for any program names none.
    pub(super) fn matches_program(&self, word: &str) -> bool {
        self.program.as_ref().is_some_and(|(_, folded)| !folded.is_any() && names_program(folded, word))
    }

    fn takes(&self, argv: &[Text], is_program: impl Fn(&(WordPattern, WordPattern), &str) -> bool) -> bool {
        let Some(program) = &self.program else { return true };
        let Some((first, rest)) = argv.split_first() else { return false };
        let enough = if self.open { rest.len() >= self.arguments.len() } else { rest.len() == self.arguments.len() };
        enough
            && is_program(program, first)
            && self.arguments.iter().zip(rest).all(|(pattern, word)| pattern.matches(word))
    }
}

fn names_program(pattern: &WordPattern, word: &str) -> bool {
    pattern.matches(word) || pattern.matches(base_name(word))
}
