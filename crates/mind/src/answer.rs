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
/// 2. the one choice that it is in any case of letters;
/// 3. when the text holds `answer:` (any case) with something behind its last occurrence: the choice that the line behind
///    it is, else the one choice that occurs behind it as a whole word, else that line, which is no choice;
/// 4. the one choice that occurs in the text as a whole word;
/// 5. the trimmed text, which is no choice.
///
/// A whole word has no letter or digit beside it, nor one behind a hyphen or an apostrophe, nor a further part of a
/// decimal number. Case does not matter, except for choices of one character, since `a` is also a word of its own. A
/// choice inside a longer one does not count: `not guilty` is not `guilty`.
#[must_use]
pub fn extract_answer(text: &Text, choices: &[Text]) -> Text {
    let trimmed = text.trim();
    if choices.is_empty() {
        return share(text, trimmed);
    }
    if let Some(choice) = same_as(trimmed, choices) {
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
    let exact = choices.iter().find(|choice| choice.trim() == text);
    let folded = || only(choices.iter().filter(|choice| beginning(text, choice.trim()) == Some(text.len())));
    exact.or_else(folded).filter(|_| !text.is_empty()).cloned()
}

/// What stands behind the last mark, trimmed of white space and of the end of emphasis; `None` when nothing does.
fn behind_mark(text: &str) -> Option<&str> {
    let places = text.as_bytes().windows(MARK.len());
    let place = places.enumerate().filter(|(_, bytes)| bytes.eq_ignore_ascii_case(MARK.as_bytes())).last()?.0;
    let rest = text.get(place + MARK.len()..)?.trim_start_matches(['*', '_']).trim();
    (!rest.is_empty()).then_some(rest)
}

/// The only choice that occurs as a whole word outside any longer choice that does.
fn only_word(text: &str, choices: &[Text]) -> Option<Text> {
    let mut found: Option<&Text> = None;
    let mut before: Option<char> = None;
    // Inside an occurrence that was found, only a longer one that reaches beyond it counts.
    let mut covered_until = 0;
    for (start, character) in text.char_indices() {
        let rest = text.get(start..).unwrap_or_default();
        let here = choices.iter().filter_map(|choice| Some((word_length(text, start, before, choice)?, choice)));
        if let Some((length, choice)) = here.max_by_key(|(length, _)| *length)
            && start + length > covered_until
            && !rest.is_empty()
        {
            if found.is_some_and(|earlier| earlier != choice) {
                return None;
            }
            found = Some(choice);
            covered_until = start + length;
        }
        before = Some(character);
    }
    found.cloned()
}

/// How many bytes of the text, from `start` on, are this choice as a whole word.
fn word_length(text: &str, start: usize, before: Option<char>, choice: &str) -> Option<usize> {
    let choice = choice.trim();
    let rest = text.get(start..)?;
    let length = if choice.chars().nth(1).is_none() {
        rest.starts_with(choice).then_some(choice.len()).filter(|length| *length > 0)
    } else {
        beginning(rest, choice)
    }?;
    let head = text.get(..start)?;
    let tail = rest.get(length..)?;
    let first = rest.chars().next()?;
    let last = rest.get(..length)?.chars().next_back()?;
    let goes_on_before = before.is_some_and(|before| joined(first, before, head.chars().rev().nth(1)));
    let mut after = tail.chars();
    let goes_on_after = after.next().is_some_and(|next| joined(last, next, after.next()));
    (!goes_on_before && !goes_on_after).then_some(length)
}

/// Whether a word goes on from its `edge` over the `next` character, seen with the one `beyond`.
fn joined(edge: char, next: char, beyond: Option<char>) -> bool {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    if !is_word(edge) {
        return false;
    }
    match next {
        '-' | '\'' | '’' => beyond.is_some_and(is_word),
        '.' | ',' => edge.is_ascii_digit() && beyond.is_some_and(|beyond| beyond.is_ascii_digit()),
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
