//! The texts that a scenario is read from, and places in them.
//!
//! A scenario comes from one file and from any number of `--set PATH=VALUE` texts; every node of the tree remembers in
//! which of them it stands. This module must not know what the texts mean.
//!
//! ```
//! use moot_scenario::source::{Mark, Sources};
//!
//! let sources = Sources::new("jury.yaml", "name: jury\nseed: x\n");
//! let problem = sources.problem(Mark::new(0, 17, 18), "`seed` is a whole number");
//! assert_eq!((problem.line, problem.column, problem.length), (2, 7, 1));
//! ```

use crate::Problem;

/// A place in one of the sources: bytes from `start` up to but not including `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    /// Which source; 0 is the file.
    pub source: u32,
    /// The first byte.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
}

impl Mark {
    /// The place of these bytes.
    #[must_use]
    pub const fn new(source: u32, start: usize, end: usize) -> Self {
        Self { source, start, end }
    }
}

/// One text with the name under which problems show it.
#[derive(Debug, Clone)]
pub struct Source {
    /// The name: a path as it was given, or `--set`.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// All texts that a scenario is read from. The first is the file.
#[derive(Debug, Clone)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// The file alone.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self(vec![Source { name: name.into(), text: text.into() }])
    }

    /// Adds a text and says which number it has.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> u32 {
        self.0.push(Source { name: name.into(), text: text.into() });
        u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX)
    }

    /// Adds a text that is there once more, under its name, and says which number it has: for what stands in it and is
    /// to be told from the rest.
    pub fn repeat(&mut self, source: u32) -> u32 {
        match self.get(source).cloned() {
            Some(Source { name, text }) => self.add(name, text),
            None => source,
        }
    }

    /// All texts in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.0.iter()
    }

    /// The text between two places; empty when there is none.
    #[must_use]
    pub fn slice(&self, mark: Mark) -> &str {
        self.text(mark.source).get(mark.start..mark.end).unwrap_or("")
    }

    /// How many bytes a source has.
    #[must_use]
    pub fn length(&self, source: u32) -> usize {
        self.text(source).len()
    }

    /// The place at a line and a column in characters, both from 1; a column past the end of its line is its end.
    #[must_use]
    pub fn mark_at(&self, source: u32, line: usize, column: usize) -> Mark {
        let text = self.text(source);
        let mut start = 0;
        for _ in 1..line {
            let rest = text.get(start..).unwrap_or("");
            let Some(newline) = rest.find('\n') else { break };
            start += newline + 1;
        }
        let rest = text.get(start..).unwrap_or("").split('\n').next().unwrap_or("");
        start += rest.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum::<usize>();
        Mark::new(source, start, start)
    }

    /// A problem at a place, with line, column and the line's text filled in.
    #[must_use]
    pub fn problem(&self, mark: Mark, message: impl Into<String>) -> Problem {
        let text = self.text(mark.source);
        let file = self.get(mark.source).map_or("", |source| source.name.as_str());
        let start = floor_boundary(text, mark.start);
        let line_start = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
        let before = text.get(..line_start).unwrap_or("");
        let line = 1 + before.bytes().filter(|byte| *byte == b'\n').count();
        let rest = text.get(line_start..).unwrap_or("");
        let excerpt = rest.split('\n').next().unwrap_or("").trim_end_matches('\r');
        let column = 1 + text.get(line_start..start).map_or(0, |before| before.chars().count());
        let end = floor_boundary(text, mark.end.min(line_start + excerpt.len()));
        let length = text.get(start..end).map_or(1, |part| part.trim_end().chars().count()).max(1);
        Problem {
            file: file.to_owned(),
            line,
            column,
            length,
            excerpt: excerpt.to_owned(),
            message: message.into(),
            expected: None,
            hint: None,
        }
    }

    /// The source's name and the line of each place, such as `jury.yaml:8`, in the order of the marks. Each text is
    /// walked through once, however many places there are.
    #[must_use]
    pub fn lines(&self, marks: &[Mark]) -> Vec<String> {
        let mut order: Vec<(u32, usize, usize)> =
            marks.iter().enumerate().map(|(index, mark)| (mark.source, mark.start, index)).collect();
        order.sort_unstable();
        let mut lines = vec![String::new(); marks.len()];
        let (mut walked, mut line) = ((0, 0), 1);
        for (source, start, index) in order {
            if walked.0 != source {
                (walked, line) = ((source, 0), 1);
            }
            let start = start.min(self.length(source));
            let between = self.text(source).as_bytes().get(walked.1..start).unwrap_or_default();
            line += between.iter().filter(|byte| **byte == b'\n').count();
            walked.1 = start;
            if let (Some(shown), Some(source)) = (lines.get_mut(index), self.get(source)) {
                *shown = format!("{}:{line}", source.name);
            }
        }
        lines
    }

    fn get(&self, source: u32) -> Option<&Source> {
        self.0.get(usize::try_from(source).unwrap_or(usize::MAX))
    }

    fn text(&self, source: u32) -> &str {
        self.get(source).map_or("", |source| source.text.as_str())
    }
}

/// The nearest place at or before `index` where a character starts.
fn floor_boundary(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_becomes_a_line_and_a_column_in_characters() {
        let sources = Sources::new("a.yaml", "é: 1\r\nname: \"ü\"\r\n");
        let at = |start, end| {
            let problem = sources.problem(Mark::new(0, start, end), "x");
            (problem.line, problem.column, problem.length, problem.excerpt)
        };
        assert_eq!(at(4, 5), (1, 4, 1, "é: 1".to_owned()));
        assert_eq!(at(13, 17), (2, 7, 3, "name: \"ü\"".to_owned()));
    }

    #[test]
    fn lines_are_those_of_problems() {
        let mut sources = Sources::new("a.yaml", "a: 1\nb: 2\n\nc: 3\n");
        sources.add("--set", "d=4\n5");
        let marks = [(0, 11), (1, 4), (0, 0), (0, 5), (1, 0), (9, 3), (0, 999)];
        let marks = marks.map(|(source, start)| Mark::new(source, start, start + 1));
        assert_eq!(sources.lines(&marks), ["a.yaml:4", "--set:2", "a.yaml:1", "a.yaml:2", "--set:1", "", "a.yaml:5"]);
    }

    #[test]
    fn places_outside_of_the_text_never_panic() {
        let sources = Sources::new("a.yaml", "é");
        for mark in [Mark::new(0, 1, 1), Mark::new(0, 9, 2), Mark::new(7, 0, 3), Mark::new(0, 0, 1_000)] {
            assert_eq!(sources.problem(mark, "x").line, 1, "{mark:?}");
        }
    }
}
