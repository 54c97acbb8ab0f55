//! What a change of a file would do, as lines with `+` and `-`, for a person who is asked to approve it.
//!
//! Whatever is invisible is written out, so that no text can hide from the person or steer the terminal. The work is
//! bounded whatever the texts. This module must not know tools.

use std::fmt::Write;

use similar::{ChangeTag, TextDiff};

use crate::describe::{count, cut};

/// How many lines a difference shows.
pub(crate) const SHOWN_LINES_MAX: usize = 200;

/// How much of a line is shown, in characters.
const LINE_CHARACTERS_MAX: usize = 200;

/// How many lines may differ, from the first that does to the last, for the shortest difference to be sought; that
/// takes time with the square of their number. Beyond, all of them are taken for changed.
const SOUGHT_LINES_MAX: usize = 2_000;

/// How many lines that stay are shown around those that change.
const CONTEXT_LINES: usize = 3;

/// The difference in unified format (POSIX `diff -u`, without times); `None` when the texts are equal. `before` is
/// `None` for a file that is not there yet.
pub(crate) fn difference(path: &str, before: Option<&str>, after: &str) -> Option<String> {
    if before == Some(after) {
        return None;
    }
    let old = before.unwrap_or_default();
    let mut shown = Shown::default();
    let path = visible(path);
    shown.line(&if before.is_some() { format!("--- {path}") } else { "--- (no such file)".to_owned() });
    shown.line(&format!("+++ {path}"));
    let (first, old_lines, new_lines) = changed_lines(old, after);
    if old_lines.len() + new_lines.len() > SOUGHT_LINES_MAX {
        let start = |lines: &[&str]| if lines.is_empty() { first } else { first + 1 };
        let (old_start, new_start) = (start(&old_lines), start(&new_lines));
        shown.line(&format!("@@ -{old_start},{} +{new_start},{} @@", old_lines.len(), new_lines.len()));
        old_lines.iter().for_each(|line| shown.change('-', line));
        new_lines.iter().for_each(|line| shown.change('+', line));
        return Some(shown.finish());
    }
    // Lines as every tool here counts them: a carriage return alone ends none.
    let (old, new) = (lines(old), lines(after));
    let found = TextDiff::from_slices(&old, &new);
    for hunk in found.unified_diff().context_radius(CONTEXT_LINES).iter_hunks() {
        shown.line(&hunk.header().to_string());
        for change in hunk.iter_changes() {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            shown.change(sign, change.value());
        }
    }
    Some(shown.finish())
}

/// How many lines are equal at the beginning, and what stands between them and the lines that are equal at the end.
fn changed_lines<'text>(old: &'text str, new: &'text str) -> (usize, Vec<&'text str>, Vec<&'text str>) {
    let (mut old, mut new) = (lines(old), lines(new));
    let first = old.iter().zip(&new).take_while(|(one, two)| one == two).count();
    old.drain(..first);
    new.drain(..first);
    let last = old.iter().rev().zip(new.iter().rev()).take_while(|(one, two)| one == two).count();
    old.truncate(old.len() - last);
    new.truncate(new.len() - last);
    (first, old, new)
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The lines that are shown and the number of those that are not.
#[derive(Default)]
struct Shown {
    text: String,
    lines: usize,
}

impl Shown {
    fn line(&mut self, line: &str) {
        self.lines += 1;
        if self.lines <= SHOWN_LINES_MAX {
            // Writing into a String can't fail.
            let _ = writeln!(self.text, "{line}");
        }
    }

    fn change(&mut self, sign: char, line: &str) {
        let Some(line) = line.strip_suffix('\n') else {
            self.change_of(sign, line);
            return self.line("\\ (no line end at the end of the file)");
        };
        self.change_of(sign, line);
    }

    fn change_of(&mut self, sign: char, line: &str) {
        let line = if self.lines < SHOWN_LINES_MAX { visible(line) } else { String::new() };
        self.line(&format!("{sign}{line}"));
    }

    fn finish(mut self) -> String {
        if let more @ 1.. = self.lines.saturating_sub(SHOWN_LINES_MAX) {
            let _ = writeln!(self.text, "(and {})", count(more, "more line"));
        }
        self.text.truncate(self.text.trim_end_matches('\n').len());
        self.text
    }
}

/// The line, cut, with everything invisible written out.
fn visible(line: &str) -> String {
    let mut shown = String::new();
    for character in cut(line, LINE_CHARACTERS_MAX).chars() {
        match character {
            '\t' | '\'' | '"' | '\\' => shown.push(character),
            other => shown.extend(other.escape_debug()),
        }
    }
    shown
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_difference_is_shown_line_by_line() {
        let table = [
            (Some("a\nb\nc\n"), "a\nB\nc\n", "--- f\n+++ f\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c"),
            (Some("a"), "a\n", "--- f\n+++ f\n@@ -1 +1 @@\n-a\n\\ (no line end at the end of the file)\n+a"),
            (None, "a\n", "--- (no such file)\n+++ f\n@@ -0,0 +1 @@\n+a"),
            (None, "", "--- (no such file)\n+++ f"),
            (Some("a\n"), "", "--- f\n+++ f\n@@ -1 +0,0 @@\n-a"),
            (
                Some("\u{1b}[2J\r\n"),
                "\u{202e}\"x\"\t\n",
                "--- f\n+++ f\n@@ -1 +1 @@\n-\\u{1b}[2J\\r\n+\\u{202e}\"x\"\t",
            ),
        ];
        for (before, after, expected) in table {
            assert_eq!(difference("f", before, after).unwrap(), expected);
        }
        assert_eq!(difference("f", Some("a"), "a"), None);
    }

    #[test]
    fn a_large_difference_is_cut_and_costs_little() {
        let (old, new): (String, String) = (0..100_000).map(|n| (format!("{n}\n"), format!("{}\n", n * 7 + 1))).unzip();
        let shown = difference("f", Some(&format!("same\n{old}")), &format!("same\n{new}")).unwrap();
        assert_eq!(shown.lines().count(), SHOWN_LINES_MAX + 1);
        assert!(shown.starts_with("--- f\n+++ f\n@@ -2,100000 +2,100000 @@\n-0\n-1\n"), "{}", cut(&shown, 100));
        assert_eq!(shown.lines().last().unwrap(), "(and 199803 more lines)");
        let wide = difference("f", None, &"x".repeat(1_000_000)).unwrap();
        assert!(wide.len() < 400, "{}", wide.len());
    }

    proptest! {
        /// A short difference holds exactly the lines that the file would have, in order.
        #[test]
        fn the_new_lines_can_be_read_off(old in "([ab]\n){0,12}", new in "([ab]\n){0,12}") {
            match difference("f", Some(&old), &new) {
                None => prop_assert_eq!(old, new),
                Some(shown) => {
                    let kept = |sign: char| -> Vec<&str> {
                        let lines = shown.lines().skip(2).filter(|line| !line.starts_with("@@"));
                        lines.filter_map(|line| line.strip_prefix([sign, ' '])).collect()
                    };
                    let (before, after): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
                    // Lines outside the context are not shown: what is shown is a part of the text.
                    prop_assert!(is_part(&kept('-'), &before) && is_part(&kept('+'), &after), "{}", shown);
                    prop_assert_eq!(
                        before.len() - kept('-').len(), after.len() - kept('+').len(), "as many are left out on both sides"
                    );
                }
            }
        }
    }

    /// Whether all lines occur in the text in this order.
    fn is_part(lines: &[&str], text: &[&str]) -> bool {
        let mut rest = text.iter();
        lines.iter().all(|line| rest.any(|other| other == line))
    }
}
