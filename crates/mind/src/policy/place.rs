//! Paths as rules compare them: normalised by their text alone.
//!
//! Deny and ask fold a path (case, Unicode form, invisible characters, trailing dots, backslashes), so that a variant
//! of a denied name is denied; allow compares it letter by letter, so that a variant of an allowed name is not allowed.
//! This module must not know which files there are.
//!
//! ```
//! use moot_mind::policy::folded_path;
//!
//! assert_eq!(folded_path("./Notes//x/../A.TXT"), "notes/a.txt");
//! assert_eq!(folded_path("notes/a.txt"), "notes/a.txt");
//! assert_eq!(folded_path("../up"), "../up");
//! ```

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// The path without `.`, `..`, doubled slashes, trailing dots or spaces of a part; backslashes are slashes, letters are
/// folded and composed (NFC) unless all are ASCII in a path that needs nothing else.
#[must_use]
pub fn folded_path(path: &str) -> Cow<'_, str> {
    match borrowed_when_plain(path) {
        Some(plain) => Cow::Borrowed(plain),
        None => Cow::Owned(fold_slowly(path)),
    }
}

/// The path itself when it is ASCII and no part of it is empty or ends with a dot or a space. Upper-case letters may
/// stay: patterns compare ASCII whatever its case.
fn borrowed_when_plain(path: &str) -> Option<&str> {
    let mut before = b'/';
    for byte in path.bytes() {
        if !byte.is_ascii() || byte.is_ascii_uppercase() || byte == b'\\' {
            return None;
        }
        if byte == b'/' && matches!(before, b'/' | b'.' | b' ') {
            return None;
        }
        before = byte;
    }
    (path.is_empty() || !matches!(before, b'/' | b'.' | b' ')).then_some(path)
}

fn fold_slowly(path: &str) -> String {
    let folded = fold_text(path).replace('\\', "/");
    let rooted = folded.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in folded.split('/') {
        let trimmed = part.trim_end_matches(['.', ' ']);
        match part {
            "" | "." => {}
            ".." if matches!(parts.last(), None | Some(&"..")) => {
                if !rooted {
                    parts.push("..");
                }
            }
            ".." => {
                parts.pop();
            }
            _ => parts.push(if trimmed.is_empty() { part } else { trimmed }),
        }
    }
    let joined = parts.join("/");
    if rooted { format!("/{joined}") } else { joined }
}

/// Letters folded (upper, then lower case, so that ſ is s and ß is ss), composed, without characters that some file
/// systems ignore.
pub(super) fn fold_text(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        let upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
        return if upper { Cow::Owned(text.to_ascii_lowercase()) } else { Cow::Borrowed(text) };
    }
    let visible = text.chars().filter(|character| !is_ignorable(*character));
    let folded: String = visible.nfd().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfc().collect();
    Cow::Owned(folded)
}

/// Characters that are not seen and that HFS+ ignores when it compares names (the trap of CVE-2014-9390).
const fn is_ignorable(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

/// The path as allow rules compare it, or nothing when it can't be told by its text alone where it leads: a part `..`
/// (whose folder may be a link), a backslash, a control character.
pub(super) fn exact_path(path: &str) -> Option<Cow<'_, str>> {
    let is_unclear = |character: char| character == '\\' || character.is_control();
    // Most paths are plain ASCII, which is looked through faster.
    if !path.bytes().all(|byte| matches!(byte, b' '..=b'[' | b']'..=b'~')) && path.contains(is_unclear) {
        return None;
    }
    let mut plain = true;
    for part in path.split('/') {
        match part {
            ".." => return None,
            "" | "." => plain = false,
            _ => {}
        }
    }
    if plain {
        return Some(Cow::Borrowed(path));
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let joined = parts.join("/");
    Some(Cow::Owned(if path.starts_with('/') { format!("/{joined}") } else { joined }))
}

/// The folder of a word with wildcards, up to the part with the first one.
pub(super) fn fixed_folder(word: &str) -> &str {
    let start = word.find(['*', '?', '[', '{']).unwrap_or(word.len());
    word.get(..start).and_then(|fixed| fixed.rsplit_once('/')).map_or("", |(folder, _)| folder)
}

/// Whether the path leaves the workspace, or could.
pub(super) fn is_outside(path: &str) -> bool {
    path.starts_with(['/', '~']) || path == ".." || path.starts_with("../")
}

/// A path that a command names, seen from the workspace's root.
pub(super) fn join<'a>(folder: &str, path: &'a str) -> Cow<'a, str> {
    if folder.is_empty() || path.starts_with(['/', '~', '\\']) {
        Cow::Borrowed(path)
    } else {
        Cow::Owned(format!("{folder}/{path}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_of_a_name_fold_to_the_same_text() {
        let rows = [
            ("secrets/key", "secrets/key"),
            ("Secrets/KEY", "secrets/key"),
            ("./secrets//key", "secrets/key"),
            ("secrets/../secrets/key", "secrets/key"),
            ("secrets/key.", "secrets/key"),
            ("secrets /key ", "secrets/key"),
            ("secrets\\key", "secrets/key"),
            ("\u{17f}ecrets/key", "secrets/key"),
            ("sec\u{200c}rets/key", "secrets/key"),
            ("cafe\u{301}", "caf\u{e9}"),
            ("CAF\u{c9}", "caf\u{e9}"),
            ("stra\u{df}e", "strasse"),
            ("a/../../b", "../b"),
            ("/../etc", "/etc"),
            ("..", ".."),
            (".", ""),
            ("", ""),
            ("...", "..."),
            (".git", ".git"),
        ];
        for (path, folded) in rows {
            assert_eq!(folded_path(path), folded, "{path:?}");
        }
    }

    #[test]
    fn an_exact_path_takes_no_detour() {
        let rows = [
            ("a/b", Some("a/b")),
            ("./a//b", Some("a/b")),
            ("/a", Some("/a")),
            ("a/../b", None),
            ("a\\b", None),
            ("a\nb", None),
        ];
        for (path, exact) in rows {
            assert_eq!(exact_path(path).as_deref(), exact, "{path:?}");
        }
    }
}
