//! Whether what an event is about holds what a hook looks for.
//!
//! A text within the arguments is escaped in their JSON text, so both are searched: every text as it is, and the JSON.
//! The JSON is written only for what may be found there and nowhere else. This module must not know what hooks answer.
//!
//! ```
//! use moot_core::HookEvent;
//! use moot_mind::hook::{HookOptions, HookQuestion, Hooks};
//!
//! let json = r#"{ "on": "before_tool_call", "contains": "a\"b", "then": { "rule": { "deny": "no" } } }"#;
//! let hooks = Hooks::compile(vec![("hooks[0]".into(), serde_json::from_str(json).unwrap())]).unwrap();
//! let arguments = serde_json::json!({ "text": "a\"b" });
//! let question = HookQuestion { arguments: Some(&arguments), ..HookQuestion::at(HookEvent::BeforeToolCall, "clerk") };
//! assert_eq!(hooks.matching(&question).count(), 1);
//! ```

use moot_core::HookEvent;
use regex::Regex;
use serde_json::Value;

use super::question::HookQuestion;
use crate::text_pattern::TextPattern;

/// What a hook looks for.
#[derive(Debug, Clone)]
pub(super) struct Contains {
    pattern: TextPattern,
    /// Whether a match in JSON can only lie within one text: it is a plain one, holds a character that stands nowhere
    /// else, and none that would end the text.
    within_texts: bool,
}

impl Contains {
    pub(super) fn new(regex: Regex) -> Self {
        let pattern = TextPattern::of(regex);
        let within_texts = match &pattern {
            TextPattern::Holds(part) => !part.contains('"') && part.contains(|character| !is_outside(character)),
            _ => false,
        };
        Self { pattern, within_texts }
    }

    /// Whether what the event is about holds a match: a call is about its arguments until it has a result.
    pub(super) fn applies(&self, question: &HookQuestion<'_>) -> bool {
        let arguments = question.arguments.filter(|_| question.event != HookEvent::AfterToolCall);
        self.pattern.is_match(question.text)
            || arguments.is_some_and(|arguments| {
                self.any_text(arguments) || !self.within_texts && self.pattern.is_match(&arguments.to_string())
            })
    }

    fn any_text(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => items.iter().any(|item| self.any_text(item)),
            Value::Object(members) => members.iter().any(|(name, member)| self.text(name) || self.any_text(member)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// Whether a text holds a match as it is or, when the whole JSON won't be looked at, escaped.
    fn text(&self, text: &str) -> bool {
        let escaped = || serde_json::to_string(text).is_ok_and(|escaped| self.pattern.is_match(&escaped));
        self.pattern.is_match(text) || self.within_texts && text.bytes().any(is_escaped) && escaped()
    }
}

/// Whether a character stands in compact JSON outside of texts.
const fn is_outside(character: char) -> bool {
    matches!(character, '{' | '}' | '[' | ']' | ',' | ':' | '0'..='9' | '-' | '+' | '.' | 'E')
        || matches!(character, 't' | 'r' | 'u' | 'e' | 'f' | 'a' | 'l' | 's' | 'n')
}

/// Whether JSON writes the character that this byte is in another way than as itself. Bytes of longer characters stand
/// for themselves.
const fn is_escaped(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..=0x1f)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn asked(arguments: &Value) -> HookQuestion<'_> {
        HookQuestion { arguments: Some(arguments), ..HookQuestion::at(HookEvent::BeforeToolCall, "clerk") }
    }

    /// The rule itself: every text as it is, and the whole JSON.
    fn plainly(regex: &Regex, value: &Value) -> bool {
        fn any_text(regex: &Regex, value: &Value) -> bool {
            match value {
                Value::String(text) => regex.is_match(text),
                Value::Array(items) => items.iter().any(|item| any_text(regex, item)),
                Value::Object(members) => {
                    members.iter().any(|(name, member)| regex.is_match(name) || any_text(regex, member))
                }
                _ => false,
            }
        }
        regex.is_match("") || any_text(regex, value) || regex.is_match(&value.to_string())
    }

    proptest! {
        /// Sparing the JSON changes no answer.
        #[test]
        fn the_json_is_spared_only_where_it_says_nothing(
            expression in prop::sample::select(vec![
                "n", "nq", "q", "null", "true", "12", ":1", "q1", "u0", "00q", "x\":", "^q", "q$", r"\\n", "1,", "[0-9]q", "",
            ]),
            texts in prop::collection::vec("[qnu01:,\n\"\\\\\u{1}]{0,4}", 3),
            number in 0..30_u8,
        ) {
            let value = json!({ &texts[0]: &texts[1], "list": [number, null, true, { "x": &texts[2] }] });
            let regex = Regex::new(expression).unwrap();
            let expected = plainly(&regex, &value);
            prop_assert_eq!(Contains::new(regex).applies(&asked(&value)), expected, "{} in {}", expression, value);
        }
    }

    #[test]
    fn a_plain_text_is_searched_without_the_json() {
        for (expression, within_texts) in
            [("rm -rf", true), ("12", false), ("null", false), ("a\"", false), ("r.m", false)]
        {
            assert_eq!(Contains::new(Regex::new(expression).unwrap()).within_texts, within_texts, "{expression}");
        }
    }
}
