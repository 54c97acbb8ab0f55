//! How a member's outcome counts: for an answer or several, as an abstention, or as absent.
//!
//! Where one answer is asked for:
//!
//! | the member's outcome | counts as |
//! | --- | --- |
//! | decided: one of the task's choices, or any text when it lists none | for that answer |
//! | decided: `abstain` in any case (unless that is a choice), or nothing | abstained |
//! | decided: any other text although the task lists choices | absent |
//! | tied, no quorum, undecided: a nested council that chose nothing | abstained |
//! | failed, exhausted, cancelled | absent |
//!
//! Where a ranking, an approval or scores are asked for, the words of a member that decided are read instead (see
//! [`parse`]); `abstain` or nothing abstains as well, and what can't be read is absent, with the reason.
//!
//! Texts are compared without the white space around them. It must not know who voted or what a ballot weighs.
//!
//! ```
//! use moot_core::{Ballot, Outcome};
//! use moot_council::ballot::ballot_of;
//!
//! let choices = ["A".into(), "B".into()];
//! assert_eq!(ballot_of(&Outcome::decided(" A\n"), &choices), Ballot::For("A".into()));
//! assert_eq!(ballot_of(&Outcome::decided("Abstain"), &choices), Ballot::Abstained);
//! assert!(matches!(ballot_of(&Outcome::decided("C"), &choices), Ballot::Absent(_)));
//! ```

use std::borrow::Cow;

use moot_core::{Ballot, Outcome, Text};

use crate::{BallotForm, ScoreRange, claim, confidence};

pub mod parse;

/// The answer by which a member says that it chooses nothing.
pub const ABSTAIN: &str = "abstain";

/// The most characters of a member's words that are repeated in a reason or a note.
pub const QUOTE_CHARACTERS_MAX: usize = 200;

/// How the ballots of a round are read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// What is asked for.
    pub form: BallotForm,
    /// The answers to choose from; none: any text is an answer.
    pub choices: &'a [Text],
    /// The range of scores.
    pub scores: ScoreRange,
    /// Whether members are asked how sure they are, so that `confidence: 0.8` is no part of an answer.
    pub with_confidence: bool,
}

impl Reading<'_> {
    /// What a member's outcome and its last words count as. A council has no words, and is read by its answer.
    #[must_use]
    pub fn ballot(&self, outcome: &Outcome, words: Option<&str>) -> Ballot {
        let Outcome::Decided { answer } = outcome else { return ballot_of(outcome, self.choices) };
        match (self.form, words) {
            (BallotForm::Answer, Some(words)) if self.choices.is_empty() && answer.trim() == words.trim() => {
                // Any text is an answer, but claims and confidence are said about it.
                match self.bare(words) {
                    Cow::Borrowed(bare) if bare.len() == words.len() => ballot_of_answer(answer, self.choices),
                    bare => ballot_of_answer(&bare.into(), self.choices),
                }
            }
            (BallotForm::Answer, _) => ballot_of_answer(answer, self.choices),
            (form, words) => {
                let words = self.bare(words.unwrap_or(answer));
                parse::ballot(form, &words, self.choices, self.scores)
            }
        }
    }

    /// The words without what they say about themselves.
    fn bare<'w>(&self, words: &'w str) -> Cow<'w, str> {
        let rest = claim::claim_of(words).rest;
        let is_choice = || self.choices.iter().any(|choice| choice.trim().eq_ignore_ascii_case("confidence"));
        let states_confidence = self.with_confidence || self.form != BallotForm::Answer;
        if states_confidence && !is_choice() { confidence::without(rest) } else { Cow::Borrowed(rest) }
    }
}

/// What an outcome counts as when these are the task's choices (none: any text is an answer).
#[must_use]
pub fn ballot_of(outcome: &Outcome, choices: &[Text]) -> Ballot {
    match outcome {
        Outcome::Decided { answer } => ballot_of_answer(answer, choices),
        Outcome::Tied { .. } | Outcome::NoQuorum { .. } | Outcome::Undecided { .. } => Ballot::Abstained,
        Outcome::Failed(_) | Outcome::Exhausted { .. } | Outcome::Cancelled { .. } => {
            Ballot::Absent(quoted(&outcome.to_string()).into())
        }
    }
}

fn ballot_of_answer(answer: &Text, choices: &[Text]) -> Ballot {
    let trimmed = trimmed(answer);
    if trimmed.is_empty() {
        return Ballot::Abstained;
    }
    // A text that is no longer than another one is no longer than it when it is trimmed.
    let is_it = |choice: &&Text| ***choice == *trimmed || (choice.len() > trimmed.len() && choice.trim() == trimmed);
    if let Some(choice) = choices.iter().find(is_it) {
        return Ballot::For(choice.clone());
    }
    if trimmed.eq_ignore_ascii_case(ABSTAIN) {
        return Ballot::Abstained;
    }
    if !choices.is_empty() {
        return Ballot::Absent(format!("not one of the choices: {}", quoted(trimmed)).into());
    }
    Ballot::For(if trimmed.len() == answer.len() { answer.clone() } else { trimmed.into() })
}

/// The text without white space around it; most have none, which two looks tell.
fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        [only] if only.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

/// The text, cut after [`QUOTE_CHARACTERS_MAX`] characters.
pub(crate) fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTE_CHARACTERS_MAX) {
        Some((end, _)) => text.get(..end).unwrap_or(text).to_owned() + "…",
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use moot_core::{FailureKind, Limit};

    fn choices(texts: &[&str]) -> Vec<Text> {
        texts.iter().map(|text| Text::from(*text)).collect()
    }

    #[test]
    fn a_decided_answer_counts_as_the_table_says() {
        let listed: &[&str] = &["A", "yes and no"];
        let for_answer = |text: &str| Ballot::For(text.into());
        let cases: [(&str, &[&str], Ballot); 12] = [
            ("A", listed, for_answer("A")),
            ("  yes and no\n", listed, for_answer("yes and no")),
            ("a", listed, Ballot::Absent("not one of the choices: a".into())),
            ("yes", listed, Ballot::Absent("not one of the choices: yes".into())),
            ("abstain", listed, Ballot::Abstained),
            (" ABSTAIN ", listed, Ballot::Abstained),
            ("", listed, Ballot::Abstained),
            (" \t", &[], Ballot::Abstained),
            ("Abstain", &[], Ballot::Abstained),
            (" any text ", &[], for_answer("any text")),
            ("abstaining", &[], for_answer("abstaining")),
            ("abstain", &["act", "abstain"], for_answer("abstain")),
        ];
        for (answer, listed, expected) in cases {
            assert_eq!(ballot_of(&Outcome::decided(answer), &choices(listed)), expected, "{answer:?} of {listed:?}");
        }
    }

    #[test]
    fn a_council_that_chose_nothing_abstains_and_a_broken_member_is_absent() {
        let listed = choices(&["A", "B"]);
        let absent = |text: &str| Ballot::Absent(text.into());
        let cases = [
            (Outcome::Tied { among: listed.clone() }, Ballot::Abstained),
            (Outcome::NoQuorum { present: 1, needed: 2 }, Ballot::Abstained),
            (Outcome::Undecided { reason: "split".into() }, Ballot::Abstained),
            (Outcome::failed(FailureKind::Model, "refused"), absent("failed (model: refused)")),
            (Outcome::Exhausted { limit: Limit::Turns }, absent("exhausted: turns")),
            (Outcome::Cancelled { reason: "deadline".into() }, absent("cancelled: deadline")),
        ];
        for (outcome, expected) in cases {
            assert_eq!(ballot_of(&outcome, &listed), expected, "{outcome}");
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let text = "ä".repeat(QUOTE_CHARACTERS_MAX + 1);
        assert_eq!(quoted(&text), "ä".repeat(QUOTE_CHARACTERS_MAX) + "…");
        assert_eq!(quoted("ä"), "ä");
    }

    fn read(form: BallotForm, listed: &[&str], words: Option<&str>, answer: &str) -> Ballot {
        let choices = choices(listed);
        let reading = Reading { form, choices: &choices, scores: ScoreRange::default(), with_confidence: true };
        reading.ballot(&Outcome::decided(answer), words)
    }

    #[test]
    fn what_words_say_about_themselves_is_no_part_of_the_answer() {
        let words = "from: ann\n\n 42\nconfidence: 0.8";
        assert_eq!(read(BallotForm::Answer, &[], Some(words), words), Ballot::For("42".into()));
        assert_eq!(read(BallotForm::Answer, &[], Some(" 42 "), "42"), Ballot::For("42".into()));
        assert_eq!(read(BallotForm::Answer, &[], None, words), Ballot::For(words.into()), "a council claims nothing");
        // Where there are choices, the answer was found by whoever asked the model.
        assert_eq!(read(BallotForm::Answer, &["A"], Some("from: ann\nI say A"), "A"), Ballot::For("A".into()));
        let ranked = Ballot::Ranked(vec![choices(&["B"]), choices(&["A"])]);
        let words = "round: 0\nB > A, confidence: 90%";
        assert_eq!(read(BallotForm::Ranking, &["A", "B"], Some(words), words), ranked);
    }

    #[test]
    fn a_council_is_read_by_its_answer_and_a_broken_member_is_absent_in_every_form() {
        let top = Ballot::Ranked(vec![choices(&["B"])]);
        assert_eq!(read(BallotForm::Ranking, &["A", "B"], None, "B"), top);
        let reading =
            Reading { form: BallotForm::Score, choices: &[], scores: ScoreRange::default(), with_confidence: false };
        let tied = Outcome::Tied { among: choices(&["A", "B"]) };
        assert_eq!(reading.ballot(&tied, Some("A: 5")), Ballot::Abstained);
        let failed = Outcome::failed(FailureKind::Model, "refused");
        assert_eq!(reading.ballot(&failed, Some("A: 5")), Ballot::Absent("failed (model: refused)".into()));
    }

    #[test]
    fn a_choice_called_confidence_can_be_scored() {
        let expected = Ballot::Scored(vec![("Confidence".into(), 3.0), ("trust".into(), 1.0)]);
        let words = "confidence: 3, trust: 1";
        assert_eq!(read(BallotForm::Score, &["Confidence", "trust"], Some(words), words), expected);
    }
}
