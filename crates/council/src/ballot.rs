//! How a member's outcome counts: for an answer, as an abstention, or as absent.
//!
//! | the member's outcome | counts as |
//! | --- | --- |
//! | decided: one of the task's choices, or any text when it lists none | for that answer |
//! | decided: `abstain` in any case (unless that is a choice), or nothing | abstained |
//! | decided: any other text although the task lists choices | absent |
//! | tied, no quorum, undecided: a nested council that chose nothing | abstained |
//! | failed, exhausted, cancelled | absent |
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

use moot_core::{Ballot, Outcome, Text};

/// The answer by which a member says that it chooses nothing.
pub const ABSTAIN: &str = "abstain";

/// The most characters of a member's words that are repeated in a reason or a note.
pub const QUOTE_CHARACTERS_MAX: usize = 200;

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
    let trimmed = answer.trim();
    if trimmed.is_empty() {
        return Ballot::Abstained;
    }
    if let Some(choice) = choices.iter().find(|choice| choice.trim() == trimmed) {
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
}
