//! What is wrong with a scenario, as people read it: the place, the text underlined, what was expected, what may help.
//!
//! This module must not know what a scenario is.
//!
//! ```
//! use moot_scenario::{Problem, Problems};
//!
//! let problem = Problem {
//!     file: "jury.yaml".into(),
//!     line: 2,
//!     column: 1,
//!     length: 6,
//!     excerpt: "agnets: {}".into(),
//!     message: "unknown field `agnets`".into(),
//!     expected: None,
//!     hint: Some("did you mean `agents`?".into()),
//! };
//! let text = Problems::from(problem).to_string();
//! assert!(text.starts_with("jury.yaml:2:1: unknown field `agnets`\n  2 | agnets: {}\n    | ^^^^^^\n"));
//! ```

use std::fmt;
use std::fmt::Write as _;

use crate::secrets::Secrets;

/// How many columns of a long line are shown.
const COLUMNS_SHOWN: usize = 120;
/// How many columns of a long line are shown before the place that is meant.
const COLUMNS_BEFORE: usize = 40;
/// How many columns a tab takes in an excerpt.
const TAB: &str = "    ";
/// How many names are listed before the rest is only counted.
const NAMES_SHOWN: usize = 24;

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file as it was named, or `--set`.
    pub file: String,
    /// The line, from 1; 0 when the file as a whole is meant.
    pub line: usize,
    /// The column in characters, from 1; 0 when the file as a whole is meant.
    pub column: usize,
    /// How many characters are meant.
    pub length: usize,
    /// The line's text.
    pub excerpt: String,
    /// What is wrong.
    pub message: String,
    /// What is allowed there.
    pub expected: Option<String>,
    /// What to try.
    pub hint: Option<String>,
}

/// All that was found wrong; at least one problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problem {
    /// A problem of a file as a whole.
    #[must_use]
    pub fn of_file(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: 0,
            column: 0,
            length: 0,
            excerpt: String::new(),
            message: message.into(),
            expected: None,
            hint: None,
        }
    }

    /// The same problem, saying what is allowed.
    #[must_use]
    pub fn expecting(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// The same problem, saying what to try.
    #[must_use]
    pub fn hinting(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same problem of a name that is not among the known ones: lists them and points to the nearest.
    #[must_use]
    pub fn among<'a>(mut self, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        self.expected = Some(one_of(&known));
        self.hint = nearest(name, &known).map(|near| format!("did you mean `{near}`?"));
        self
    }
}

impl Problems {
    /// These problems; `None` when there are none.
    #[must_use]
    pub fn collect(problems: Vec<Problem>) -> Option<Self> {
        if problems.is_empty() { None } else { Some(Self(problems)) }
    }

    /// The same problems with secrets hidden, also in the name and the lines of a file: a path may be made of them.
    pub(crate) fn masked(mut self, secrets: &Secrets) -> Self {
        let hide = |text: &mut String| *text = secrets.mask(text).into_owned();
        for problem in &mut self.0 {
            hide(&mut problem.file);
            hide(&mut problem.excerpt);
            hide(&mut problem.message);
            problem.expected.iter_mut().for_each(hide);
            problem.hint.iter_mut().for_each(hide);
        }
        self
    }

    /// All of them, in the order in which they were found.
    pub(crate) fn into_list(self) -> Vec<Problem> {
        self.0
    }

    /// Each problem, in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    /// How many there are; at least 1.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub const fn len(&self) -> usize {
        self.0.len()
    }
}

impl From<Box<Problem>> for Problems {
    fn from(problem: Box<Problem>) -> Self {
        Self(vec![*problem])
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(formatter)?;
            }
            problem.fmt(formatter)?;
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            writeln!(formatter, "{}: {}", escape(&self.file), escape(&self.message))?;
        } else {
            let place = format!("{}:{}", self.line, self.column);
            writeln!(formatter, "{}:{place}: {}", escape(&self.file), escape(&self.message))?;
            let (shown, underline) = underline(&self.excerpt, self.column, self.length);
            let number = self.line.to_string();
            writeln!(formatter, "{}", format!("  {number} | {shown}").trim_end())?;
            writeln!(formatter, "  {} | {underline}", " ".repeat(number.len()))?;
        }
        if let Some(expected) = &self.expected {
            writeln!(formatter, "expected: {}", escape(expected))?;
        }
        if let Some(hint) = &self.hint {
            writeln!(formatter, "help: {}", escape(hint))?;
        }
        Ok(())
    }
}

/// `a, b or c`, each in backticks; long lists are cut.
#[must_use]
pub fn one_of(names: &[&str]) -> String {
    let mut text = String::new();
    for (index, name) in names.iter().take(NAMES_SHOWN).enumerate() {
        let is_last = index + 1 == names.len();
        let joint = match index {
            0 => "",
            _ if is_last => " or ",
            _ => ", ",
        };
        let _infallible = write!(text, "{joint}`{name}`");
    }
    match names.len() {
        0 => "nothing, as none is declared".to_owned(),
        count if count > NAMES_SHOWN => format!("{text} or one of {} more", count - NAMES_SHOWN),
        _ => text,
    }
}

/// The known name that was most likely meant.
#[must_use]
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let name: String = name.chars().take(100).collect::<String>().to_lowercase();
    let distance = |known: &str| strsim::damerau_levenshtein(&name, &known.to_lowercase());
    let (best, near) = known.iter().map(|known| (distance(known), *known)).min_by_key(|(distance, _)| *distance)?;
    let allowed = (name.chars().count().max(near.chars().count()) / 3).max(1);
    (best <= allowed).then_some(near)
}

/// The text with everything escaped that a terminal would act on or not show.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        push_shown(&mut shown, character);
    }
    shown
}

fn push_shown(shown: &mut String, character: char) {
    match character {
        '\t' => shown.push_str(TAB),
        '\n' => shown.push_str("\\n"),
        _ if acts_on_terminal(character) => shown.extend(character.escape_default()),
        _ => shown.push(character),
    }
}

/// Control characters, and those that turn the direction of text or take no room without being part of a letter.
fn acts_on_terminal(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// How many columns a character takes that is shown as itself: wide ones of East Asia and pictures two, marks none.
const fn columns(character: char) -> usize {
    match character {
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// The line as it is shown, cut around the place when it is long, and the carets below it.
fn underline(line: &str, column: usize, length: usize) -> (String, String) {
    let first = column.saturating_sub(1);
    let skipped = if line.chars().count() > COLUMNS_SHOWN { first.saturating_sub(COLUMNS_BEFORE) } else { 0 };
    let mut shown = String::new();
    let mut padding = String::new();
    let mut carets = String::new();
    if skipped > 0 {
        shown.push_str("...");
        padding.push_str("   ");
    }
    let mut rest = line.chars().enumerate().skip(skipped);
    for (index, character) in rest.by_ref().take(COLUMNS_SHOWN) {
        let before = shown.len();
        push_shown(&mut shown, character);
        let width: usize = shown.get(before..).unwrap_or("").chars().map(columns).sum();
        if index < first {
            padding.push_str(&" ".repeat(width));
        } else if index < first + length {
            carets.push_str(&"^".repeat(width));
        }
    }
    if rest.next().is_some() {
        shown.push_str("...");
    }
    if carets.is_empty() {
        carets.push('^');
    }
    padding.push_str(&carets);
    (shown, padding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_stand_below_what_is_meant() {
        let cases = [
            ("a: b", 4, 1, "a: b", "   ^"),
            ("\tb", 2, 1, "    b", "    ^"),
            ("日本: x", 5, 1, "日本: x", "      ^"),
            ("a\u{1b}[0m b", 7, 1, "a\\u{1b}[0m b", "           ^"),
            ("", 1, 1, "", "^"),
        ];
        for (line, column, length, shown, carets) in cases {
            assert_eq!(underline(line, column, length), (shown.to_owned(), carets.to_owned()), "{line:?}");
        }
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let line = format!("{}HERE{}", "a".repeat(500), "b".repeat(500));
        let (shown, carets) = underline(&line, 501, 4);
        assert!(shown.starts_with("...a") && shown.ends_with("b..."), "{shown}");
        assert_eq!(shown.find("HERE"), carets.find('^'));
        assert_eq!(carets.matches('^').count(), 4);
    }

    #[test]
    fn the_nearest_name_is_near_or_nothing() {
        let known = ["agents", "models", "tasks"];
        assert_eq!(nearest("agnets", &known), Some("agents"));
        assert_eq!(nearest("Task", &known), Some("tasks"));
        assert_eq!(nearest("workspace", &known), None);
        assert_eq!(nearest(&"a".repeat(100_000), &known), None);
    }

    #[test]
    fn lists_of_names_read_as_text_and_have_an_end() {
        assert_eq!(one_of(&["a", "b", "c"]), "`a`, `b` or `c`");
        assert_eq!(one_of(&["a"]), "`a`");
        assert!(one_of(&["x"; 100]).ends_with(" or one of 76 more"));
    }

    #[test]
    fn what_a_terminal_would_act_on_is_escaped() {
        assert_eq!(escape("a\u{1b}[31m\0\u{202e}b"), "a\\u{1b}[31m\\u{0}\\u{202e}b");
    }
}
