//! Rankings, approvals and scores, as members write them.
//!
//! | form | written | what is not named |
//! | --- | --- | --- |
//! | ranking | `A > B = C > D`, in one line | comes last, all of it level |
//! | approval | `A, C`, or one in a line | is not approved |
//! | scores | `A: 3, B: 0.5`, or one in a line | has the least score |
//!
//! If the words hold `answer:` (any case), a ranking is the line behind the last of them, and a list goes from there to the
//! next empty line. Otherwise a ranking is the last line that is not empty, and a list is what follows the last empty line.
//! A comma, a semicolon or the end of a line separates the entries of a list; a line may begin with `-`, `*` or `•`.
//!
//! Names are compared with the task's choices as they are, else in any case of letters if that leaves one; quotes and
//! emphasis around them do not count. So a choice may hold the very signs that separate names. Without choices a name is
//! the text between two signs. An answer that is no choice, one that is named twice, a score that is no number or outside
//! the range make the whole ballot absent: half a ballot says something else than what was meant. It must not know rules.
//!
//! ```
//! use moot_core::Ballot;
//! use moot_council::{BallotForm, ScoreRange, ballot::parse::ballot};
//!
//! let choices = ["A".into(), "B".into(), "C".into()];
//! let read = |form, words| ballot(form, words, &choices, ScoreRange::default());
//! let ranked = Ballot::Ranked(vec![vec!["B".into()], vec!["A".into(), "C".into()]]);
//! assert_eq!(read(BallotForm::Ranking, "I compared them.\nAnswer: b > A = c"), ranked);
//! assert_eq!(read(BallotForm::Approval, "C, A"), Ballot::Approved(vec!["C".into(), "A".into()]));
//! assert_eq!(read(BallotForm::Score, "A: 3\nB: 0.5"), Ballot::Scored(vec![("A".into(), 3.0), ("B".into(), 0.5)]));
//! assert_eq!(read(BallotForm::Ranking, "B > D"), Ballot::Absent("not one of the choices: D".into()));
//! ```

use moot_core::{Ballot, Text};

use super::{ABSTAIN, ballot_of_answer, quoted};
use crate::{BallotForm, ScoreRange, mark};

/// The mark behind which words give their answer, in any case of letters.
const MARK: &str = "answer:";

/// What stands around a name and is no part of it.
const DECORATION: [char; 8] = ['*', '_', '`', '"', '\'', '.', ' ', '\t'];

/// What also stands before a name that begins a line.
const BULLETS: [char; 10] = ['*', '_', '`', '"', '\'', '.', ' ', '\t', '-', '•'];

/// What these words count as. `choices` are the answers to choose from; none: any text is one.
#[must_use]
pub fn ballot(form: BallotForm, words: &str, choices: &[Text], scores: ScoreRange) -> Ballot {
    let lines = match form {
        BallotForm::Answer => return ballot_of_answer(&words.into(), choices),
        BallotForm::Ranking => line_of(words),
        BallotForm::Approval | BallotForm::Score => lines_of(words),
    };
    let is_choice = |text: &str| choices.iter().any(|choice| choice.trim() == text);
    match lines.as_slice() {
        [] => return Ballot::Abstained,
        [only] => {
            let bare = only.trim_matches(DECORATION);
            if bare.is_empty() || (bare.eq_ignore_ascii_case(ABSTAIN) && !is_choice(bare)) {
                return Ballot::Abstained;
            }
        }
        _ => {}
    }
    let names = Names { choices };
    let read = match form {
        BallotForm::Score => names.scored(&lines, scores).map(Ballot::Scored),
        BallotForm::Approval => names.approved(&lines).map(Ballot::Approved),
        _ => names.ranked(lines.first().unwrap_or(&"")).map(Ballot::Ranked),
    };
    match read {
        // Nothing but separators.
        Ok(Ballot::Approved(answers)) if answers.is_empty() => Ballot::Abstained,
        Ok(Ballot::Scored(scores)) if scores.is_empty() => Ballot::Abstained,
        Ok(ballot) => ballot,
        Err(reason) => Ballot::Absent(quoted(&reason).into()),
    }
}

/// What stands behind the last mark, without white space and the end of emphasis; `None` when nothing does.
fn behind_mark(words: &str) -> Option<&str> {
    let rest = words.get(mark::last(words, MARK)? + MARK.len()..)?.trim_start_matches(['*', '_']).trim();
    (!rest.is_empty()).then_some(rest)
}

/// The line that is a ranking; none in words that hold nothing.
fn line_of(words: &str) -> Vec<&str> {
    let line = match behind_mark(words) {
        Some(rest) => rest.lines().next(),
        None => words.trim().lines().next_back(),
    };
    line.map(str::trim).into_iter().collect()
}

/// The lines that are a list; none in words that hold nothing.
fn lines_of(words: &str) -> Vec<&str> {
    let holds_something = |line: &&str| !line.trim().is_empty();
    match behind_mark(words) {
        Some(rest) => rest.lines().take_while(holds_something).collect(),
        None => {
            let mut lines: Vec<&str> = words.trim().lines().rev().take_while(holds_something).collect();
            lines.reverse();
            lines
        }
    }
}

/// The names that may stand in a ballot.
#[derive(Clone, Copy)]
struct Names<'a> {
    choices: &'a [Text],
}

impl Names<'_> {
    fn ranked(self, line: &str) -> Result<Vec<Vec<Text>>, String> {
        let (mut levels, mut level) = (Vec::new(), Vec::new());
        let mut rest = line;
        loop {
            let (name, tail) = self.take(rest, |sign| matches!(sign, '>' | '='))?;
            let is_named = |level: &Vec<Text>| level.contains(&name);
            if is_named(&level) || levels.iter().any(is_named) {
                return Err(twice(&name));
            }
            level.push(name);
            if !tail.starts_with('=') {
                levels.push(std::mem::take(&mut level));
            }
            match tail.strip_prefix(['>', '=']) {
                Some(next) => rest = next,
                None => return Ok(levels),
            }
        }
    }

    fn approved(self, lines: &[&str]) -> Result<Vec<Text>, String> {
        let mut answers = Vec::new();
        for line in lines {
            let mut rest = begin_entry(line);
            while !rest.is_empty() {
                let (name, tail) = self.take(rest, is_separator)?;
                if answers.contains(&name) {
                    return Err(twice(&name));
                }
                answers.push(name);
                rest = begin_entry(tail);
            }
        }
        Ok(answers)
    }

    fn scored(self, lines: &[&str], range: ScoreRange) -> Result<Vec<(Text, f64)>, String> {
        let mut scores: Vec<(Text, f64)> = Vec::new();
        for line in lines {
            let mut rest = begin_entry(line);
            while !rest.is_empty() {
                let (name, tail) = self.take_scored(rest)?;
                if scores.iter().any(|(scored, _)| *scored == name) {
                    return Err(twice(&name));
                }
                let (number, next) = split_at_sign(tail, is_separator);
                let number = number.trim().trim_matches(['*', '_', '`', '"', '\'', ' ']).trim_end_matches('.');
                let score = number.parse().ok().filter(|score| range.holds(*score));
                let ScoreRange { from, to } = range;
                let score = score.ok_or_else(|| match number {
                    "" => format!("there is no score for {name}; write a number from {from} to {to}"),
                    _ => format!("{number} is no score from {from} to {to}, for {name}"),
                })?;
                scores.push((name, score));
                rest = begin_entry(next);
            }
        }
        Ok(scores)
    }

    /// The name that a text begins with, and what follows it: a sign or nothing.
    fn take(self, text: &str, is_sign: fn(char) -> bool) -> Result<(Text, &str), String> {
        if let Some(found) = self.take_choice(text, is_sign) {
            return Ok(found);
        }
        let (name, rest) = split_at_sign(text, is_sign);
        self.other_name(name).map(|name| (name, rest))
    }

    /// The name that an entry of scores begins with, and what follows the colon behind it.
    fn take_scored(self, text: &str) -> Result<(Text, &str), String> {
        if let Some((name, tail)) = self.take_choice(text, |sign| sign == ':') {
            // Behind a choice stands a colon, or nothing.
            return tail.strip_prefix(':').map(|tail| (name.clone(), tail)).ok_or_else(|| no_score(&name));
        }
        // The name may hold a colon itself; the last one before the separator is followed by the number.
        let (entry, _) = split_at_sign(text, is_separator);
        let colon = entry.rfind(':').ok_or_else(|| no_score(entry.trim()))?;
        let (name, _) = entry.split_at_checked(colon).unwrap_or((entry, ""));
        let name = self.other_name(name)?;
        Ok((name, text.get(colon + 1..).unwrap_or("")))
    }

    /// A name that is none of the choices: an answer where there are no choices.
    fn other_name(self, name: &str) -> Result<Text, String> {
        let name = name.trim();
        let name = name.strip_prefix("- ").unwrap_or(name).trim_matches(DECORATION);
        if name.is_empty() {
            return Err("an answer is missing before, between or behind the signs".to_owned());
        }
        if !self.choices.is_empty() {
            return Err(format!("not one of the choices: {name}"));
        }
        Ok(name.into())
    }

    /// The choice that a text begins with, if a sign or nothing follows it: the longest, as it is written or else in any
    /// case of letters.
    fn take_choice(self, text: &str, is_sign: fn(char) -> bool) -> Option<(Text, &str)> {
        let text = text.trim_start();
        self.choice_at(text, is_sign).or_else(|| self.choice_at(text.trim_start_matches(BULLETS), is_sign))
    }

    fn choice_at(self, text: &str, is_sign: fn(char) -> bool) -> Option<(Text, &str)> {
        let found = self.choices.iter().filter_map(|choice| {
            let length = beginning(text, choice.trim())?;
            let (written, tail) = text.split_at_checked(length)?;
            let rest = tail.trim_start_matches(DECORATION);
            let is_whole = rest.is_empty() || rest.starts_with(is_sign);
            is_whole.then_some((length, written == choice.trim(), choice, rest))
        });
        let mut found: Vec<_> = found.collect();
        found.sort_by_key(|(length, is_exact, ..)| (*length, *is_exact));
        let (length, is_exact, choice, rest) = found.pop()?;
        // Choices that differ in case alone are told apart by the case in which they are written, or not at all.
        let is_ambiguous = found.last().is_some_and(|(other, ..)| *other == length && !is_exact);
        (!is_ambiguous).then(|| (choice.clone(), rest))
    }
}

const fn is_separator(sign: char) -> bool {
    matches!(sign, ',' | ';')
}

/// Where the next entry of a list begins; empty when there is none.
fn begin_entry(text: &str) -> &str {
    let entry = text.trim_start_matches([',', ';', ' ', '\t']);
    if entry.trim_matches(DECORATION).is_empty() { "" } else { entry }
}

fn split_at_sign(text: &str, is_sign: fn(char) -> bool) -> (&str, &str) {
    text.find(is_sign).and_then(|place| text.split_at_checked(place)).unwrap_or((text, ""))
}

fn twice(name: &str) -> String {
    format!("{name} is named twice")
}

fn no_score(name: &str) -> String {
    format!("{name} has no score; write ANSWER: NUMBER")
}

/// How many bytes of the text's beginning are this name in any case of letters; `None` for an empty name.
fn beginning(text: &str, name: &str) -> Option<usize> {
    let mut rest = text.chars();
    for sign in name.chars() {
        let written = rest.next()?;
        if written != sign && !written.to_lowercase().eq(sign.to_lowercase()) {
            return None;
        }
    }
    (!name.is_empty()).then_some(text.len() - rest.as_str().len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ranked, texts};

    const LETTERS: &[&str] = &["A", "B", "C", "D"];

    fn read(form: BallotForm, words: &str, choices: &[&str]) -> Ballot {
        ballot(form, words, &texts(choices), ScoreRange::default())
    }

    fn absent(reason: &str) -> Ballot {
        Ballot::Absent(reason.into())
    }

    #[test]
    fn rankings_are_read_from_one_line() {
        let cases = [
            ("A > B = C > D", ranked("A > B = C > D")),
            ("  d>a ", ranked("D > A")),
            ("A", ranked("A")),
            ("B = A", ranked("B = A")),
            ("I compared them.\nA > B", ranked("A > B")),
            ("Answer: B > A\nBecause B is better: C > D", ranked("B > A")),
            ("answer: A > B, no wait.\n**ANSWER:** *B* > `A`.", ranked("B > A")),
            ("answer:\n\nC > \"D\"", ranked("C > D")),
            ("- C > D", ranked("C > D")),
            ("abstain", Ballot::Abstained),
            ("answer: Abstain.", Ballot::Abstained),
            (" \n ", Ballot::Abstained),
            ("A > E", absent("not one of the choices: E")),
            ("A > B > A", absent("A is named twice")),
            ("A = a", absent("A is named twice")),
            ("A > > B", absent("an answer is missing before, between or behind the signs")),
            ("A > B >", absent("an answer is missing before, between or behind the signs")),
            ("I like A best", absent("not one of the choices: I like A best")),
        ];
        for (words, expected) in cases {
            assert_eq!(read(BallotForm::Ranking, words, LETTERS), expected, "{words:?}");
        }
    }

    #[test]
    fn approvals_are_a_list() {
        let approved = |answers: &[&str]| Ballot::Approved(texts(answers));
        let cases = [
            ("A, C", approved(&["A", "C"])),
            ("c;b", approved(&["C", "B"])),
            ("A", approved(&["A"])),
            ("A,, C,", approved(&["A", "C"])),
            ("Both are fine.\n\n- A\n- C\n", approved(&["A", "C"])),
            ("answer: A, B\n\nThe others are not.", approved(&["A", "B"])),
            ("* **A**\n* `B`.", approved(&["A", "B"])),
            ("Abstain", Ballot::Abstained),
            (",", Ballot::Abstained),
            ("A, A", absent("A is named twice")),
            ("A and B", absent("not one of the choices: A and B")),
            ("I approve of these:\nA", absent("not one of the choices: I approve of these:")),
        ];
        for (words, expected) in cases {
            assert_eq!(read(BallotForm::Approval, words, LETTERS), expected, "{words:?}");
        }
    }

    #[test]
    fn scores_are_a_list_with_numbers_in_the_range() {
        let scored = |scores: &[(&str, f64)]| {
            Ballot::Scored(scores.iter().map(|(answer, score)| ((*answer).into(), *score)).collect())
        };
        let cases = [
            ("A: 3, B: 0.5", scored(&[("A", 3.0), ("B", 0.5)])),
            ("b:5;A:0", scored(&[("B", 5.0), ("A", 0.0)])),
            ("My scores:\n\n- A: 3\n- B: .5\n", scored(&[("A", 3.0), ("B", 0.5)])),
            ("answer: **A:** 4.", scored(&[("A", 4.0)])),
            ("\"A\": 1e0", scored(&[("A", 1.0)])),
            ("abstain", Ballot::Abstained),
            ("", Ballot::Abstained),
            ("A: 3, A: 4", absent("A is named twice")),
            ("A: 5.1", absent("5.1 is no score from 0 to 5, for A")),
            ("A: -1", absent("-1 is no score from 0 to 5, for A")),
            ("A: NaN", absent("NaN is no score from 0 to 5, for A")),
            ("A: good", absent("good is no score from 0 to 5, for A")),
            ("A:", absent("there is no score for A; write a number from 0 to 5")),
            ("A, B: 2", absent("A has no score; write ANSWER: NUMBER")),
            ("E: 2", absent("not one of the choices: E")),
            ("A: 2, E", absent("E has no score; write ANSWER: NUMBER")),
        ];
        for (words, expected) in cases {
            assert_eq!(read(BallotForm::Score, words, LETTERS), expected, "{words:?}");
        }
    }

    #[test]
    fn a_choice_may_hold_the_signs_that_separate() {
        let choices = &["x > 1", "x", "yes, please", "yes", "ratio 1:2", "US", "us"];
        let expected = Ballot::Ranked(vec![texts(&["x > 1"]), texts(&["x"])]);
        assert_eq!(read(BallotForm::Ranking, "x > 1 > x", choices), expected);
        assert_eq!(
            read(BallotForm::Approval, "yes, please, yes", choices),
            Ballot::Approved(texts(&["yes, please", "yes"]))
        );
        let expected = Ballot::Scored(vec![("ratio 1:2".into(), 3.0)]);
        assert_eq!(read(BallotForm::Score, "Ratio 1:2: 3", choices), expected);
        assert_eq!(read(BallotForm::Ranking, "us > US", choices), ranked("us > US"));
        assert_eq!(read(BallotForm::Ranking, "Us", choices), absent("not one of the choices: Us"));
    }

    #[test]
    fn without_choices_a_name_is_what_stands_between_the_signs() {
        assert_eq!(read(BallotForm::Ranking, "pear > an apple = fig.", &[]), ranked("pear > an apple = fig"));
        assert_eq!(read(BallotForm::Approval, "- pear\n- Fig", &[]), Ballot::Approved(texts(&["pear", "Fig"])));
        let expected = Ballot::Scored(vec![("at 12:30".into(), 2.0), ("-1".into(), 1.0)]);
        assert_eq!(read(BallotForm::Score, "at 12:30: 2, -1: 1", &[]), expected);
    }

    #[test]
    fn abstain_can_be_a_choice() {
        assert_eq!(read(BallotForm::Ranking, "abstain", &["act", "abstain"]), ranked("abstain"));
        assert_eq!(read(BallotForm::Ranking, "Abstain > act", &["act", "abstain"]), ranked("abstain > act"));
    }

    #[test]
    fn a_long_reason_is_cut() {
        let Ballot::Absent(reason) = read(BallotForm::Ranking, &"x".repeat(1_000), LETTERS) else { unreachable!() };
        assert!(reason.chars().count() < 210, "{reason}");
    }
}
