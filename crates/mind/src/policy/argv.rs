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
use super::place::fold_text;
use super::program::own_name;

/// A pattern for the words of one command.
#[derive(Debug, Clone)]
pub(super) struct ArgvPattern {
    text: Text,
    program: Option<ProgramPattern>,
    arguments: Vec<WordPattern>,
    /// Which of the arguments are options.
    options: Vec<Box<str>>,
    open: bool,
}

/// A pattern for the program.
#[derive(Debug, Clone)]
struct ProgramPattern {
    /// Letter by letter.
    exact: WordPattern,
    /// Whatever the case.
    folded: WordPattern,
    /// The last part of a path that names it, whatever the case; nothing for a mere name or a glob for any.
    name: Option<WordPattern>,
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
            return Ok(Self { text: text.trim().into(), program: None, arguments: vec![], options: vec![], open });
        };
        if program.is_empty() || program.contains(char::is_whitespace) {
            let hint = "each word of a command is an entry of its own, such as [git, status]";
            return Err(format!("{program:?} is no name of a program; {hint}"));
        }
        if words.iter().any(|word| word == "**") {
            return Err("only the last word may be **; write * for exactly one argument".to_owned());
        }
        let compile = |word: &String| WordPattern::compile(word, false).map_err(|why| format!("{word:?}: {why}"));
        let options = arguments.iter().filter(|word| is_option(word)).map(|word| word.as_str().into()).collect();
        let arguments = arguments.iter().map(compile).collect::<Result<_, _>>()?;
        let program = Some(ProgramPattern::compile(program).map_err(|why| format!("{program:?}: {why}"))?);
        Ok(Self { text: text.into(), program, arguments, options, open })
    }

    /// The words as they were written.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is one exact list of words.
    pub(super) fn is_literal(&self) -> bool {
        !self.open
            && self.program.as_ref().is_some_and(|program| program.exact.is_literal())
            && self.arguments.iter().all(WordPattern::is_literal)
    }

    /// Whether these are words of the pattern, letter by letter.
    pub(super) fn covers(&self, argv: &[Text]) -> bool {
        self.takes(argv, |program, word| program.exact.matches(word))
    }

    /// Whether these could be words of the pattern: the program also by the last part of its path, whatever the case.
    pub(super) fn matches(&self, argv: &[Text]) -> bool {
        self.takes(argv, ProgramPattern::is_named_by)
    }

    /// Whether this, as a pattern that denies or asks, surely matches every command that the other one takes.
    pub(super) fn covers_pattern(&self, other: &Self) -> bool {
        let Some(program) = &self.program else { return true };
        let Some(theirs) = &other.program else { return false };
        let (own, others) = (self.arguments.len(), other.arguments.len());
        let enough = if self.open { others >= own } else { others == own && !other.open };
        enough
            && program.folded.covers(&theirs.exact)
            && self.arguments.iter().zip(&other.arguments).all(|(own, theirs)| own.covers(theirs))
    }

    /// Whether the word names the program, whatever follows. A pattern for any program names none.
    pub(super) fn matches_program(&self, word: &str) -> bool {
        self.program.as_ref().is_some_and(|program| !program.folded.is_any() && program.is_named_by(word))
    }

    /// Whether these could come to words of the pattern although further options stand among them, or the same options
    /// in other places and clusters: `git -C x push` to `git push`, `rm a -fr` to `rm -rf **`. Passed over are options,
    /// and a word right behind one, which may be its value.
    pub(super) fn may_take(&self, argv: &[Text]) -> bool {
        let (Some(program), Some((first, rest))) = (&self.program, argv.split_first()) else { return false };
        if self.arguments.is_empty() || !program.is_named_by(first) {
            return false;
        }
        let mut wanted = self.arguments.iter().filter(|pattern| !self.is_for_option(pattern)).peekable();
        let mut behind_option = false;
        for word in rest {
            if wanted.next_if(|pattern| pattern.matches(word)).is_some() {
                behind_option = false;
                continue;
            }
            // A further word: nothing when the pattern ends openly, else it must belong to an option.
            let may_be_passed = is_option(word) || behind_option || self.open && wanted.peek().is_none();
            if !may_be_passed {
                return false;
            }
            behind_option = is_option(word);
        }
        wanted.peek().is_none() && self.options.iter().all(|option| has_option(rest, option))
    }

    fn is_for_option(&self, pattern: &WordPattern) -> bool {
        self.options.iter().any(|option| pattern.matches(option))
    }

    /// Whether it names any program, and so none in particular.
    pub(super) fn is_for_any_program(&self) -> bool {
        self.program.as_ref().is_none_or(|program| program.folded.is_any())
    }

    /// Whether it asks for words behind the program.
    pub(super) fn asks_for_arguments(&self) -> bool {
        !self.arguments.is_empty()
    }

    fn takes(&self, argv: &[Text], is_program: impl Fn(&ProgramPattern, &str) -> bool) -> bool {
        let Some(program) = &self.program else { return true };
        let Some((first, rest)) = argv.split_first() else { return false };
        let enough = if self.open { rest.len() >= self.arguments.len() } else { rest.len() == self.arguments.len() };
        enough
            && is_program(program, first)
            && self.arguments.iter().zip(rest).all(|(pattern, word)| pattern.matches(word))
    }
}

impl ProgramPattern {
    fn compile(glob: &str) -> Result<Self, String> {
        let (exact, folded) = (WordPattern::compile(glob, false)?, WordPattern::compile(&fold_text(glob), true)?);
        let name = own_name(glob);
        let name = (name.len() < glob.len()).then(|| WordPattern::compile(&fold_text(name), true).ok()).flatten();
        Ok(Self { exact, folded, name: name.filter(|name| !name.is_any()) })
    }

    /// Whether a word names the program: as a whole or by the last part of a path, without what Windows runs programs
    /// by, and whatever the form of letters.
    fn is_named_by(&self, word: &str) -> bool {
        let is = |name: &str| self.folded.matches(name) || self.name.as_ref().is_some_and(|own| own.matches(name));
        let name = own_name(word);
        is(name) || is(word) || !name.is_ascii() && is(&fold_text(name))
    }
}

fn is_option(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-')
}

/// Whether the words hold an option: a long one also abbreviated or with more behind it, the letters of a short cluster
/// in any clusters.
fn has_option(words: &[Text], option: &str) -> bool {
    if option.starts_with("--") {
        let name = |word: &'_ str| word.split_once('=').map_or(word, |(name, _)| name).len();
        return words.iter().any(|word| {
            let own = word.get(..name(word)).unwrap_or(word);
            word.starts_with(option) || own.len() > 2 && own.starts_with("--") && option.starts_with(own)
        });
    }
    let clusters = || words.iter().filter_map(|word| word.strip_prefix('-')).filter(|rest| !rest.starts_with('-'));
    option.chars().skip(1).all(|letter| clusters().any(|cluster| cluster.contains(letter)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn options_hide_no_words() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for (pattern, line, expected) in [
            ("git push **", "git push origin", true),
            ("git push **", "git -C x push origin", true),
            ("git push **", "git --no-pager push", true),
            ("git push **", "git -c a=b -c c=d push x y", true),
            ("git push **", "git status", false),
            ("git push **", "git stash push", false),
            ("git push **", "git commit -m push", false),
            ("git push", "git -q push", true),
            ("git push", "git push -o x", true),
            ("git push", "git push origin", false),
            ("git push --force **", "git push origin --force", true),
            ("git push --force **", "git push --forc origin", true),
            ("git push --force **", "git push origin", false),
            ("rm -rf **", "rm -fr a", true),
            ("rm -rf **", "rm a -r -f", true),
            ("rm -rf **", "rm -vrxf a", true),
            ("rm -rf **", "rm -r a", false),
            ("rm -rf **", "/bin/rm -fr a", true),
            ("rm -rf **", "ls -fr a", false),
            ("rm **", "rm a", false),
        ] {
            let pattern = ArgvPattern::compile(&words(pattern)).unwrap();
            let argv: Vec<Text> = line.split(' ').map(Text::from).collect();
            assert_eq!(pattern.may_take(&argv), expected, "{} {line}", pattern.as_str());
        }
    }
}
