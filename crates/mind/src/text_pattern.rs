//! A regular expression that is spared the engine when it is a plain text.
//!
//! Most expressions of rules and hooks are a few plain characters, perhaps anchored (`rm -rf`, `^main$`); comparing
//! texts answers those at once and the same. This module must not know what is searched, nor why.
//!
//! ```
//! use moot_core::HookEvent;
//! use moot_mind::hook::{HookOptions, HookQuestion, Hooks};
//!
//! let options = |contains: &str| -> HookOptions {
//!     let then = serde_json::json!({ "rule": { "deny": "no" } });
//!     serde_json::from_value(serde_json::json!({ "on": "before_tool_call", "contains": contains, "then": then })).unwrap()
//! };
//! let arguments = serde_json::json!({ "command": "rm -rf /" });
//! let question = HookQuestion { arguments: Some(&arguments), ..HookQuestion::at(HookEvent::BeforeToolCall, "clerk") };
//! for (contains, applies) in [("rm -rf", true), ("^rm -rf$", false), ("rm +-rf", true)] {
//!     let hooks = Hooks::compile(vec![("hooks[0]".into(), options(contains))]).unwrap();
//!     assert_eq!(hooks.matching(&question).count() == 1, applies, "{contains}");
//! }
//! ```

use regex::Regex;

/// A regular expression that texts are searched for.
#[derive(Debug, Clone)]
pub(crate) enum TextPattern {
    /// The whole text is this one.
    Is(Box<str>),
    /// It begins with this one.
    Begins(Box<str>),
    /// It ends with this one.
    Ends(Box<str>),
    /// This one stands somewhere in it.
    Holds(Box<str>),
    /// Anything else.
    Expression(Regex),
}

impl TextPattern {
    /// Finds the plainest form of an expression, which must be the one that the regex was compiled from without any
    /// flags.
    pub(crate) fn of(regex: Regex) -> Self {
        let text = regex.as_str();
        let (begins, rest) = text.strip_prefix('^').map_or((false, text), |rest| (true, rest));
        let (ends, plain) = rest.strip_suffix('$').map_or((false, rest), |rest| (true, rest));
        // An escape at the end would make the `$` one that is searched for, but escapes are not plain either.
        if plain.contains(is_special) {
            return Self::Expression(regex);
        }
        match (begins, ends) {
            (true, true) => Self::Is(plain.into()),
            (true, false) => Self::Begins(plain.into()),
            (false, true) => Self::Ends(plain.into()),
            (false, false) => Self::Holds(plain.into()),
        }
    }

    /// Whether the text holds a match.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        match self {
            Self::Is(whole) => **whole == *text,
            Self::Begins(beginning) => text.starts_with(&**beginning),
            Self::Ends(end) => text.ends_with(&**end),
            Self::Holds(part) => text.contains(&**part),
            Self::Expression(regex) => regex.is_match(text),
        }
    }
}

/// Whether a character means something else than itself in an expression.
const fn is_special(character: char) -> bool {
    matches!(character, '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$')
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_plain_texts_are_spared_the_engine() {
        for (expression, form) in [
            ("^main$", r#"Is("main")"#),
            ("^main", r#"Begins("main")"#),
            ("main$", r#"Ends("main")"#),
            ("rm -rf", r#"Holds("rm -rf")"#),
            ("", r#"Holds("")"#),
            ("^$", r#"Is("")"#),
        ] {
            assert_eq!(format!("{:?}", TextPattern::of(Regex::new(expression).unwrap())), form, "{expression}");
        }
        for expression in ["a.c", r"main\$", "^^a", "a$$", "(?i)a", "a|b", "[a]", "a{2}", r"\bsecret"] {
            let pattern = TextPattern::of(Regex::new(expression).unwrap());
            assert!(matches!(pattern, TextPattern::Expression(_)), "{expression}");
        }
    }

    proptest! {
        /// It finds exactly what the engine finds.
        #[test]
        fn the_engine_says_the_same(expression in r"\^?[ab#\-\n.\\$]{0,4}\$?", text in "[ab#\\-\n$^]{0,6}") {
            if let Ok(regex) = Regex::new(&expression) {
                let expected = regex.is_match(&text);
                prop_assert_eq!(TextPattern::of(regex).is_match(&text), expected);
            }
        }
    }
}
