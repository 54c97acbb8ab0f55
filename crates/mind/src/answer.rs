//! Which answer a text gives.
//!
//! Models write sentences; a council counts answers. This module must not know who asks or how answers are counted: a
//! text that gives none of the choices is handed on as it is, and whoever counts sees that it is none of them.
//!
//! ```
//! use moot_core::Text;
//! use moot_mind::extract_answer;
//!
//! let choices: [Text; 2] = ["guilty".into(), "not guilty".into()];
//! assert_eq!(&*extract_answer(&"I say he is Not Guilty.".into(), &choices), "not guilty");
//! assert_eq!(&*extract_answer(&" Ask someone else. ".into(), &choices), "Ask someone else.");
//! assert_eq!(&*extract_answer(&" 42 ".into(), &[]), "42", "without choices any text is an answer");
//! ```

use moot_core::Text;

/// The mark behind which a text gives its answer, in any case of letters.
const MARK: &str = "answer:";

/// What models put around an answer that is not part of it.
const DECORATION: [char; 7] = ['*', '_', '`', '"', '\'', '.', ' '];

/// The answer that a text gives. Without choices it is the text, trimmed. With choices it is the first of these that
/// there is:
///
/// 1. the choice that the trimmed text is, letter for letter;
/// 2. the one choice that it is in any case of letters, if need be without quotes, emphasis or full stop around it;
/// 3. when the text holds `answer:` (any case) with something behind its last occurrence: the choice that the line behind
///    it is, else the one choice that occurs behind it as a whole word, else that line, which is no choice;
/// 4. the one choice that occurs in the text as a whole word;
/// 5. the trimmed text, which is no choice.
///
/// A whole word has no letter or digit beside it, nor one behind a hyphen or an apostrophe (`no-one` is not `no`), nor a
/// further part of a decimal number. Case does not matter, except for choices of one character, since `a` is also a word of its own. A
/// choice inside a longer one does not count: `not guilty` is not `guilty`.
#[must_use]
pub fn extract_answer(text: &Text, choices: &[Text]) -> Text {
    let trimmed = text.trim();
    if choices.is_empty() {
        return share(text, trimmed);
    }
    if let Some(choice) = same_as(trimmed, choices).or_else(|| same_as(trimmed.trim_matches(DECORATION), choices)) {
        return choice;
    }
    if let Some(rest) = behind_mark(trimmed) {
        let line = rest.lines().next().unwrap_or(rest).trim();
        let bare = line.trim_matches(DECORATION);
        let named = same_as(line, choices).or_else(|| same_as(bare, choices)).or_else(|| only_word(rest, choices));
        return named.unwrap_or_else(|| if bare.is_empty() { line.into() } else { bare.into() });
    }
    only_word(trimmed, choices).unwrap_or_else(|| share(text, trimmed))
}

/// The trimmed text, without a copy when there was nothing to trim.
fn share(text: &Text, trimmed: &str) -> Text {
    if trimmed.len() == text.len() { text.clone() } else { trimmed.into() }
}

/// The choice that the text is: letter for letter, else the only one in any case of letters.
fn same_as(text: &str, choices: &[Text]) -> Option<Text> {
    // A text that is no longer than another one is no longer than it when it is trimmed.
    let exact = choices.iter().find(|choice| ***choice == *text || choice.len() > text.len() && choice.trim() == text);
    let folded = || only(choices.iter().filter(|choice| beginning(text, choice.trim()) == Some(text.len())));
    exact.or_else(folded).filter(|_| !text.is_empty()).cloned()
}

/// What stands behind the last mark, trimmed of white space and of the end of emphasis; `None` when nothing does.
fn behind_mark(text: &str) -> Option<&str> {
    let places = text.as_bytes().windows(MARK.len());
    let (place, _) = places.enumerate().rfind(|(_, bytes)| bytes.eq_ignore_ascii_case(MARK.as_bytes()))?;
    let rest = text.get(place + MARK.len()..)?.trim_start_matches(['*', '_']).trim();
    (!rest.is_empty()).then_some(rest)
}

/// The only choice that occurs as a whole word outside any longer choice that does.
fn only_word(text: &str, choices: &[Text]) -> Option<Text> {
    let mut found: Option<Text> = None;
    // What lies inside an occurrence that was found does not count.
    let mut covered_until = 0;
    for (start, _) in text.char_indices() {
        let longest = choices.iter().filter_map(|choice| word_length(text, start, choice)).max();
        let Some(end) = longest.map(|length| start + length).filter(|end| *end > covered_until) else { continue };
        // Choices that differ in case alone are told apart by the text's own case, or not at all.
        let choice = same_as(text.get(start..end)?, choices)?;
        if found.as_ref().is_some_and(|earlier| *earlier != choice) {
            return None;
        }
        found = Some(choice);
        covered_until = end;
    }
    found
}

/// How many bytes of the text, from `start` on, are this choice as a whole word.
fn word_length(text: &str, start: usize, choice: &str) -> Option<usize> {
    let (head, rest) = text.split_at_checked(start)?;
    let choice = choice.trim();
    let length = if choice.chars().nth(1).is_none() {
        rest.starts_with(choice).then_some(choice.len()).filter(|length| *length > 0)?
    } else {
        beginning(rest, choice)?
    };
    let (word, tail) = rest.split_at_checked(length)?;
    let goes_on_before = joined(word.chars().next()?, head.chars().rev());
    let goes_on_behind = joined(word.chars().next_back()?, tail.chars());
    (!goes_on_before && !goes_on_behind).then_some(length)
}

/// Whether a word goes on from its `edge` into what lies `beyond`, read away from it.
fn joined(edge: char, mut beyond: impl Iterator<Item = char>) -> bool {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let Some(next) = beyond.next().filter(|_| is_word(edge)) else { return false };
    match next {
        '-' | '\'' | '’' => beyond.next().is_some_and(is_word),
        '.' | ',' => edge.is_ascii_digit() && beyond.next().is_some_and(|digit| digit.is_ascii_digit()),
        _ => is_word(next),
    }
}

/// How many bytes of the text's beginning are this choice in any case of letters.
fn beginning(text: &str, choice: &str) -> Option<usize> {
    let mut wanted = choice.chars().flat_map(char::to_lowercase).peekable();
    for (place, character) in text.char_indices() {
        if wanted.peek().is_none() {
            return Some(place).filter(|length| *length > 0);
        }
        if character.to_lowercase().any(|lower| wanted.next() != Some(lower)) {
            return None;
        }
    }
    wanted.peek().is_none().then_some(text.len()).filter(|length| *length > 0)
}

/// The one text that all of them are.
fn only<'a>(mut choices: impl Iterator<Item = &'a Text>) -> Option<&'a Text> {
    let first = choices.next()?;
    choices.all(|other| other == first).then_some(first)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use std::sync::Arc;

    use super::*;

    const LETTERS: &[&str] = &["A", "B"];
    const VERDICTS: &[&str] = &["guilty", "not guilty"];
    const WORDS: &[&str] = &["yes", "no"];
    const NUMBERS: &[&str] = &["1", "2", "10"];

    fn texts(choices: &[&str]) -> Vec<Text> {
        choices.iter().map(|choice| Text::from(*choice)).collect()
    }

    #[test]
    fn each_rule_in_turn() {
        for (text, choices, expected) in [
            // Without choices.
            ("  forty-two\n", &[][..], "forty-two"),
            ("Answer: 42", &[], "Answer: 42"),
            // The text is a choice.
            ("B", LETTERS, "B"),
            (" B \n", LETTERS, "B"),
            ("b", LETTERS, "B"),
            ("**b**", LETTERS, "B"),
            ("NOT guilty.", VERDICTS, "not guilty"),
            // The value behind the last mark.
            ("A is tempting. Answer: B", LETTERS, "B"),
            ("Answer: A? No. ANSWER: b.", LETTERS, "B"),
            ("**Answer:** B", LETTERS, "B"),
            ("Answer:\n\nB", LETTERS, "B"),
            ("Final answer: it must be B, I think", LETTERS, "B"),
            ("Answer: see below.\nIt is B.", LETTERS, "B"),
            ("Answer: B\nA was close.", LETTERS, "B"),
            ("A is tempting. Answer: C", LETTERS, "C"),
            ("A is tempting. Answer: abstain.", LETTERS, "abstain"),
            ("Answer: ...", LETTERS, "..."),
            ("It is B. That is my answer:", LETTERS, "B"),
            // One choice as a whole word.
            ("I would say B!", LETTERS, "B"),
            ("B, and B again", LETTERS, "B"),
            ("I have a hunch that it is B", LETTERS, "B"),
            ("Yes, of course", WORDS, "yes"),
            ("he is not guilty, I say", VERDICTS, "not guilty"),
            ("he is guilty, I say", VERDICTS, "guilty"),
            ("it is 10", NUMBERS, "10"),
            ("(2)", NUMBERS, "2"),
            // None of them.
            ("A or B", LETTERS, "A or B"),
            ("I have a hunch", LETTERS, "I have a hunch"),
            ("no-one knows", WORDS, "no-one knows"),
            ("Yes? The no camp is wrong.", WORDS, "Yes? The no camp is wrong."),
            ("guilty? No, not guilty", VERDICTS, "guilty? No, not guilty"),
            ("nothing to say, yesterday", WORDS, "nothing to say, yesterday"),
            ("it is 2.5", NUMBERS, "it is 2.5"),
            (" abstain ", LETTERS, "abstain"),
            ("", LETTERS, ""),
        ] {
            assert_eq!(&*extract_answer(&text.into(), &texts(choices)), expected, "{text:?} among {choices:?}");
        }
    }

    #[test]
    fn unusual_choices() {
        for (text, choices, expected) in [
            ("YES", &["Yes", "yes"][..], "YES"),
            ("I mean yes", &["Yes", "yes"], "yes"),
            ("I mean YES", &["Yes", "yes"], "I mean YES"),
            ("I like C++ most", &["C", "C++"], "C++"),
            ("I like C most", &["C", "C++"], "C"),
            ("to New York City", &["New York", "York City"], "to New York City"),
            ("the ÄPFEL, please", &["Äpfel", "Birnen"], "Äpfel"),
            ("A, of course", &["A", "A"], "A"),
            ("nothing", &["", " "], "nothing"),
            ("it is A", &[" A "], " A "),
        ] {
            assert_eq!(&*extract_answer(&text.into(), &texts(choices)), expected, "{text:?} among {choices:?}");
        }
    }

    #[test]
    fn nothing_is_copied_when_it_need_not_be() {
        let choices = texts(LETTERS);
        assert!(Arc::ptr_eq(&extract_answer(&"b".into(), &choices), &choices[1]));
        let text: Text = "forty-two".into();
        assert!(Arc::ptr_eq(&extract_answer(&text, &[]), &text));
    }

    proptest::proptest! {
        #[test]
        fn an_answer_is_a_choice_or_a_part_of_the_text(text in "[abAB n:o\\-'.,é\n]{0,40}|.{0,20}|[A-Z ]{0,9}answer:.{0,9}") {
            let text: Text = text.into();
            for choices in [LETTERS, VERDICTS, WORDS, NUMBERS, &["", "é", "ab"]] {
                let choices = texts(choices);
                let answer = extract_answer(&text, &choices);
                proptest::prop_assert!(choices.contains(&answer) || text.contains(&*answer), "{answer:?}");
            }
        }
    }
}
