//! What a single word of a command may hide: paths and hosts joined to something else, names within a text.
//!
//! How a program takes its words apart is not known here, so every way that is in use counts: what follows a cluster of
//! short options, what stands before, between and after joining characters such as `=`, `:`, `,` and `@`. This module
//! must not know rules or programs.
//!
//! ```
//! use moot_core::{Command, Commands, ToolEffect, Touch, Verdict};
//! use moot_mind::policy::{PermissionOptions, Question, Rights, judge};
//!
//! let text = r#"{ "mode": "auto", "rules": [{ "deny": { "paths": ["secrets/**"] } }] }"#;
//! let rights = Rights::compile(&serde_json::from_str(text).unwrap(), "permissions").unwrap();
//! let arguments = serde_json::json!({});
//! for hidden in ["-cfsecrets/k", "--a=b=secrets/k", "a:b:secrets/k", "-Wl,secrets/k", "file:///ws/s%65crets/k"] {
//!     let command = Command { argv: vec!["tool".into(), hidden.into()], ..Command::default() };
//!     let touch = Touch { commands: Commands::Certain(vec![command]), ..Touch::default() };
//!     let effect = ToolEffect::Execute;
//!     let question = Question { tool: "run_shell", effect, arguments: &arguments, touch: &touch };
//!     assert_eq!(judge([&rights], &question).verdict, Verdict::Deny, "{hidden}");
//! }
//! ```

/// How many places in a word are looked behind to its very end. More only matter to names that hold joining characters
/// themselves: the parts between all of them are looked at in any case, and the time stays linear in the word.
const TAILS_MAX: usize = 64;

/// Calls `take` with everything in the word that may name a path or a host: the word itself unless it is an option, and
/// its parts.
pub(super) fn each_part<'w>(word: &'w str, mut take: impl FnMut(&'w str)) {
    let is_option = word.starts_with("--");
    if is_option {
    } else if let Some(cluster) = word.strip_prefix('-') {
        each_tail(cluster, &mut take);
    } else {
        take(word);
    }
    let mut start = 0;
    for (count, (end, joint)) in word.match_indices(joins).enumerate() {
        match (start, word.get(start..end).unwrap_or_default()) {
            (0, first) if first.starts_with('-') => {
                if let Some(cluster) = first.strip_prefix('-').filter(|_| !is_option) {
                    each_tail(cluster, &mut take);
                }
            }
            (_, "") => {}
            (_, part) => take(part),
        }
        start = end + joint.len();
        if let Some(tail) = word.get(start..).filter(|tail| count < TAILS_MAX && !tail.is_empty()) {
            take(tail);
        }
    }
    if let Some(last) = word.get(start..).filter(|last| start > 0 && !last.is_empty()) {
        take(last);
    }
}

/// What may follow the letters of a cluster of short options, such as `k` and `fk` in `-cfk`.
pub(super) fn each_tail<'w>(cluster: &'w str, mut take: impl FnMut(&'w str)) {
    let letters = cluster.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let near_end = letters.saturating_sub(TAILS_MAX);
    for start in (usize::from(letters > 0)..=letters).filter(|start| *start <= TAILS_MAX || *start >= near_end) {
        if let Some(tail) = cluster.get(start..).filter(|tail| !tail.is_empty()) {
            take(tail);
        }
    }
}

/// Characters that join a path to something else. Those that are part of many names are left out.
const fn joins(character: char) -> bool {
    let is_in_names = matches!(character, '_' | '-' | '.' | '/' | '\\' | '~' | '*' | '?' | '[' | ']' | '{' | '}');
    character.is_ascii_punctuation() && !is_in_names
}

/// The words within a text: whatever could be the name of a program or a file.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let is_part =
        |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '.' | '/' | '~' | '*');
    text.split(move |character| !is_part(character)).filter(|token| !token.is_empty())
}

/// The word with its percent-encoded bytes (RFC 3986, 2.1) decoded; nothing when there are none.
pub(super) fn decoded(word: &str) -> Option<String> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word.as_bytes();
    let mut found = false;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if let (b'%', Some(high), Some(low)) = (byte, digit(after.first()), digit(after.get(1))) {
            bytes.push(u8::try_from(high * 16 + low).unwrap_or(*byte));
            rest = after.get(2..).unwrap_or_default();
            found = true;
        } else {
            bytes.push(*byte);
        }
    }
    found.then(|| String::from_utf8_lossy(&bytes).into_owned())
}

/// The host of what may be an address such as `https://me@example.com:80/a` or `me@example.com:a`.
pub(super) fn host_in(word: &str) -> &str {
    let rest = word.split_once("://").map_or(word, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest);
    let name = authority.rsplit_once('@').map_or(authority, |(_, name)| name);
    let name = match name.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or(address),
        None => name.split(':').next().unwrap_or(name),
    };
    name.trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(word: &str) -> Vec<&str> {
        let mut found = Vec::new();
        each_part(word, |part| found.push(part));
        found
    }

    #[test]
    fn every_part_of_a_word_is_found() {
        for (word, hidden) in [
            ("a/k", "a/k"),
            ("-fa/k", "a/k"),
            ("-vvvfa/k", "a/k"),
            ("-f./a/k", "./a/k"),
            ("-Wl,a/k", "a/k"),
            ("-Wl,a/k,b", "a/k"),
            ("-xfa/k,b", "a/k"),
            ("--a=b=a/k", "a/k"),
            ("--a=b=a/k", "b=a/k"),
            ("x:y:a/k", "a/k"),
            ("x:y:a/k", "y:a/k"),
            ("a/k:x", "a/k"),
            ("x@a/k", "a/k"),
            ("x,a/k;y", "a/k"),
            ("+a/k", "a/k"),
            ("(a/k)", "a/k"),
            ("\"a/k\"", "a/k"),
            ("a,b/k", "a,b/k"),
        ] {
            assert!(parts(word).contains(&hidden), "{word}: {:?}", parts(word));
        }
        assert_eq!(parts("notes/a-b_c.txt"), ["notes/a-b_c.txt"]);
        assert_eq!(parts("--long-option"), [""; 0]);
        assert_eq!(parts("-la"), ["a"]);
        assert_eq!(parts("-"), [""; 0]);
    }

    #[test]
    fn a_long_word_takes_time_as_it_is_long() {
        let long = format!("-{}fa/k", "v".repeat(50_000));
        assert!(parts(&long).contains(&"a/k") && parts(&long).len() < 200);
        let many = format!("{}a/k", "x,".repeat(50_000));
        let bytes: usize = parts(&many).iter().map(|part| part.len()).sum();
        assert!(parts(&many).contains(&"a/k") && bytes < 100 * many.len(), "{bytes}");
    }

    #[test]
    fn code_is_taken_apart_into_what_could_be_names() {
        let found: Vec<&str> = tokens("os.system('rm secrets/a');").collect();
        assert_eq!(found, ["os.system", "rm", "secrets/a"]);
    }

    #[test]
    fn percent_signs_are_decoded_once() {
        let rows = [
            ("s%65crets%2Fk", Some("secrets/k")),
            ("%2565", Some("%65")),
            ("%c3%a9", Some("\u{e9}")),
            ("100%", None),
            ("%zz", None),
            ("a", None),
        ];
        for (word, expected) in rows {
            assert_eq!(decoded(word).as_deref(), expected, "{word}");
        }
    }

    #[test]
    fn the_host_is_found_in_every_form_of_address() {
        let rows = [
            ("https://a.example/x", "a.example"),
            ("http://me:pw@a.example:80?q", "a.example"),
            ("me@a.example:folder/file", "a.example"),
            ("http://[::1]:80/", "::1"),
            ("a.example.", "a.example"),
            ("--url=https://a.example/", "a.example"),
        ];
        for (word, host) in rows {
            assert_eq!(host_in(word), host, "{word}");
        }
    }
}
