//! Patterns for names of tools and paths of agents.
//!
//! A `*` stands for any run of characters, `/` included; everything else stands for itself, so that the brackets of
//! `jury/juror[3]` need no escape. This module must not know what the names are of.
//!
//! ```
//! use moot_mind::hook::{HookOptions, HookQuestion, Hooks};
//!
//! let options: HookOptions = serde_json::from_str(
//!     r#"{ "on": "stop", "agents": ["jury/juror[1]", "*/clerk"], "then": { "rule": { "send_on": "Say why." } } }"#,
//! ).unwrap();
//! let hooks = Hooks::compile(vec![("hooks[0]".into(), options)]).unwrap();
//! let asked = |agent| hooks.matching(&HookQuestion::at(moot_core::HookEvent::Stop, agent)).count();
//! assert_eq!((asked("jury/juror[1]"), asked("jury/juror1"), asked("court/clerk")), (1, 0, 1));
//! ```

/// Whether a name or path is what the pattern says, as a whole; `*` stands for any run of characters. Takes at most
/// pattern length × text length steps.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(head) else { return false };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    // Behind the last star stands what the text must end with.
    let tail = pieces.pop().unwrap_or_default();
    for piece in pieces {
        // The first place is as good as any: what follows it has the most room.
        let Some((_, behind)) = left.split_once(piece) else { return false };
        left = behind;
    }
    left.ends_with(tail)
}

/// Whether one of the patterns matches; no patterns at all match everything.
pub(super) fn any_matches(patterns: &[String], text: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| matches(pattern, text))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_is_any_run_and_the_rest_stands_for_itself() {
        for (pattern, text, expected) in [
            ("read_file", "read_file", true),
            ("read_file", "read_files", false),
            ("*", "", true),
            ("*", "anything/at all", true),
            ("read_*", "read_", true),
            ("read_*", "write_file", false),
            ("*_file", "read_file", true),
            ("*_file", "read_files", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("a*a", "a", false),
            ("**", "x", true),
            ("a**b", "ab", true),
            ("jury/juror[3]", "jury/juror[3]", true),
            ("jury/juror[3]", "jury/juror3", false),
            ("é*", "été", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} / {text}");
        }
    }
}
