//! Values in words, for messages: short, and with everything invisible written out.
//!
//! What a model wrote comes back to it in error messages and reaches people's terminals, so control characters,
//! reordering marks and megabytes must not come along. This module must not know schemas.

use serde_json::Value;

/// How many characters of a quoted text are shown.
const QUOTED_CHARACTERS_MAX: usize = 60;

/// The text in quotes, cut and escaped.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for (index, character) in text.chars().enumerate() {
        if index == QUOTED_CHARACTERS_MAX {
            quoted.push_str("...");
            break;
        }
        match character {
            '\'' => quoted.push('\''),
            other => quoted.extend(other.escape_debug()),
        }
    }
    quoted.push('"');
    quoted
}

/// The name in quotes, cut, with everything outside ASCII written as its code: a letter that only looks like the right
/// one shows.
pub(crate) fn quote_name(name: &str) -> String {
    let shown: String = name.chars().take(QUOTED_CHARACTERS_MAX).flat_map(char::escape_default).collect();
    let more = if name.chars().nth(QUOTED_CHARACTERS_MAX).is_some() { "..." } else { "" };
    format!("\"{shown}{more}\"")
}

/// A JSON value as one says it: `the text "3"`, `the number 3.0`, `an object with 2 fields`.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the text {}", quote(text)),
        Value::Array(items) => format!("an array of {}", count(items.len(), "item")),
        Value::Object(fields) => format!("an object with {}", count(fields.len(), "field")),
    }
}

/// A number with its noun: `1 line`, `2 lines`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// What some readers take for the end of a line besides `\n` and `\r\n`.
const OTHER_LINE_BREAKS: [char; 6] = ['\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];

/// The text with every line but the first indented, so that no text can pass itself off as the entry of somebody else
/// in a list of entries.
pub(crate) fn indented(text: &str) -> String {
    let lines = text.lines().flat_map(|line| line.split(OTHER_LINE_BREAKS));
    lines.collect::<Vec<_>>().join("\n  ")
}

/// At most `characters_max` characters of a text that is not quoted.
pub(crate) fn cut(text: &str, characters_max: usize) -> String {
    match text.char_indices().nth(characters_max) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_invisible_and_nothing_long_comes_through() {
        assert_eq!(quote("it's\n\u{1b}[31m\u{202e}\0"), "\"it's\\n\\u{1b}[31m\\u{202e}\\0\"");
        assert_eq!(quote(&"x".repeat(1_000_000)).len(), QUOTED_CHARACTERS_MAX + 5);
        assert_eq!(quote_name("r\u{435}ad_file"), "\"r\\u{435}ad_file\"");
        assert_eq!(cut("äöü", 2), "äö...");
        assert_eq!(cut("äö", 2), "äö");
    }

    #[test]
    fn values_are_said_in_words() {
        let table = [
            (json!(null), "null"),
            (json!(true), "true"),
            (json!(3.0), "the number 3.0"),
            (json!("3"), "the text \"3\""),
            (json!([1]), "an array of 1 item"),
            (json!({}), "an object with 0 fields"),
        ];
        for (given, words) in table {
            assert_eq!(value(&given), words);
        }
    }
}
