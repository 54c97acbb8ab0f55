//! Texts that look as if they held a secret, which must not be handed to others.
//!
//! Six patterns (openharness §1.4 names their number): private keys, access keys of Amazon and GitHub, keys that begin
//! with `sk-`, tokens of Slack, and a value given to something named password, secret, token or API key. It is a net,
//! not a wall: it finds what has the form of a secret, and it never repeats what it found. This module must not know
//! what a note is.
//!
//! ```
//! use moot_core::port::{Note, PortError};
//! use moot_core::{ActorPath, VirtualTime};
//! use moot_tool::Notes;
//!
//! let note = Note::new(ActorPath::new("scribe").unwrap(), VirtualTime::ZERO, "the password: correct-horse");
//! assert!(matches!(Notes::new().remember(note), Err(PortError::Denied { .. })));
//! ```

/// What stands before a value that is a secret, in lower case.
const TELLING_NAMES: [&str; 8] = ["password", "passwd", "secret", "token", "api key", "api_key", "api-key", "apikey"];

/// The shortest value that counts as a secret after a telling name, in characters.
const VALUE_CHARACTERS_MIN: usize = 8;

/// What kind of secret the text seems to hold, in words; `None` when it looks harmless.
pub(super) fn found_in(text: &str) -> Option<&'static str> {
    let upper = |character: char| character.is_ascii_uppercase() || character.is_ascii_digit();
    let letter = |character: char| character.is_ascii_alphanumeric();
    let dashed = |character: char| letter(character) || character == '-';
    let joined = |character: char| dashed(character) || character == '_';
    let any = |prefixes: &[&str], count: usize, accepted: &dyn Fn(char) -> bool| {
        prefixes.iter().any(|prefix| key_follows(text, prefix, count, accepted))
    };
    if text.contains("-----BEGIN") && text.contains("PRIVATE KEY") {
        return Some("a private key");
    }
    if any(&["AKIA", "ASIA"], 16, &upper) {
        return Some("an access key of Amazon");
    }
    if any(&["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], 36, &letter) || any(&["github_pat_"], 22, &joined) {
        return Some("an access token of GitHub");
    }
    if any(&["sk-"], 20, &joined) {
        return Some("a secret key");
    }
    if any(&["xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-"], 10, &dashed) {
        return Some("a token of Slack");
    }
    let folded = text.to_ascii_lowercase();
    let is_named = |name: &str| folded.match_indices(name).any(|(start, _)| value_follows(&folded, start + name.len()));
    TELLING_NAMES.iter().any(|name| is_named(name)).then_some("a password, token or API key")
}

/// Whether the prefix stands at the beginning of a word, followed by at least so many accepted characters.
fn key_follows(text: &str, prefix: &str, count: usize, accepted: &dyn Fn(char) -> bool) -> bool {
    text.match_indices(prefix).any(|(start, _)| {
        let before = text.get(..start).and_then(|before| before.chars().next_back());
        let after = text.get(start + prefix.len()..).unwrap_or_default();
        !before.is_some_and(char::is_alphanumeric)
            && after.chars().take_while(|character| accepted(*character)).count() >= count
    })
}

/// Whether `=` or `:` and a long enough value follow, such as in `password = "correct-horse"`.
fn value_follows(text: &str, end_of_name: usize) -> bool {
    let is_around = |character: char| matches!(character, ' ' | '"' | '\'' | '`');
    let after = text.get(end_of_name..).unwrap_or_default().trim_start_matches(is_around);
    let Some(value) = after.strip_prefix([':', '=']) else { return false };
    let value = value.trim_start_matches(is_around);
    value.chars().take_while(|character| !character.is_whitespace()).count() >= VALUE_CHARACTERS_MIN
}
