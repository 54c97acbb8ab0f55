//! Which texts are paths of files in a workspace.
//!
//! The rules are those under which a path means the same place on every system and never leaves the workspace. This
//! module must not know which files there are.
//!
//! ```
//! use moot_tool::workspace::check_path;
//!
//! assert!(check_path("notes/2024-01.md").is_ok());
//! assert_eq!(
//!     check_path("notes/../../secret").unwrap_err().to_string(),
//!     "the path \"notes/../../secret\" is not allowed: it has a part \"..\"; give a path such as notes/a.txt"
//! );
//! ```

use moot_core::port::PortError;

use crate::describe;

/// The longest that a path may be, in bytes.
pub const PATH_BYTES_MAX: usize = 1024;

/// The longest that a part of a path between slashes may be, in bytes.
pub const SEGMENT_BYTES_MAX: usize = 255;

/// Checks that a text is the path of a file inside a workspace: relative, parts joined by `/`, no empty part, no `.` or
/// `..`, no part that ends with a space or a dot or begins with a space, no leading `~`, no backslash, no control
/// character and none that changes the direction of writing.
///
/// # Errors
/// [`PortError::Denied`] that names the rule.
pub fn check_path(path: &str) -> Result<(), PortError> {
    match broken_rule(path) {
        None => Ok(()),
        Some(rule) => Err(PortError::Denied {
            reason: format!(
                "the path {} is not allowed: {rule}; give a path such as notes/a.txt",
                describe::quote(path)
            ),
        }),
    }
}

fn broken_rule(path: &str) -> Option<String> {
    if path.is_empty() {
        return Some("it is empty".to_owned());
    }
    if path.len() > PATH_BYTES_MAX {
        return Some(format!("it is {} bytes long, at most {PATH_BYTES_MAX} are allowed", path.len()));
    }
    if path.starts_with('/') {
        return Some("it begins with \"/\"".to_owned());
    }
    if path.starts_with('~') {
        return Some("it begins with \"~\"".to_owned());
    }
    if let Some(character) = path.chars().find(|character| is_forbidden(*character)) {
        return Some(format!("it holds the character {}", describe::quote(&character.to_string())));
    }
    path.split('/').find_map(broken_rule_of_part)
}

fn broken_rule_of_part(part: &str) -> Option<String> {
    match part {
        "" => Some("it has an empty part".to_owned()),
        "." | ".." => Some(format!("it has a part \"{part}\"")),
        _ if part.len() > SEGMENT_BYTES_MAX => {
            Some(format!("a part is {} bytes long, at most {SEGMENT_BYTES_MAX} are allowed", part.len()))
        }
        _ if part.ends_with(['.', ' ']) || part.starts_with(' ') => {
            Some(format!("the part {} begins with a space or ends with a space or a dot", describe::quote(part)))
        }
        _ => None,
    }
}

/// Control characters, the other separator, and the marks that reorder what a reader sees.
fn is_forbidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\\' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_paths_are_allowed() {
        let segment = "x".repeat(SEGMENT_BYTES_MAX);
        let longest = [segment.as_str(); 4].join("/") + "/";
        assert_eq!(longest.len(), PATH_BYTES_MAX);
        let longest = longest.trim_end_matches('/');
        for path in
            ["a", "a.txt", ".hidden", "a/b/c.rs", "ünï/日本.txt", "a b/c d", "..a", "a..b", "%2e%2e/x", "a~", longest]
        {
            assert_eq!(check_path(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn every_way_out_is_refused_by_name() {
        let long = "a/".repeat(PATH_BYTES_MAX) + "a";
        let long_part = "x".repeat(SEGMENT_BYTES_MAX + 1);
        let table = [
            ("", "it is empty"),
            ("/etc/passwd", "it begins with \"/\""),
            ("//a", "it begins with \"/\""),
            ("~/a", "it begins with \"~\""),
            ("~root/a", "it begins with \"~\""),
            ("..", "it has a part \"..\""),
            ("../x", "it has a part \"..\""),
            ("a/../../x", "it has a part \"..\""),
            ("a/..", "it has a part \"..\""),
            ("./a", "it has a part \".\""),
            ("a/./b", "it has a part \".\""),
            ("a//b", "it has an empty part"),
            ("a/", "it has an empty part"),
            ("a\\b", "it holds the character \"\\\\\""),
            ("..\\x", "it holds the character \"\\\\\""),
            ("a\0b", "it holds the character \"\\0\""),
            ("a\nb", "it holds the character \"\\n\""),
            ("a\u{1b}[31m", "it holds the character \"\\u{1b}\""),
            ("a\u{85}", "it holds the character \"\\u{85}\""),
            ("a\u{202e}txt.exe", "it holds the character \"\\u{202e}\""),
            ("a.", "the part \"a.\" begins with"),
            ("a /b", "the part \"a \" begins with"),
            (" a", "the part \" a\" begins with"),
            ("...", "the part \"...\" begins with"),
            (long.as_str(), "it is 2049 bytes long, at most 1024 are allowed"),
            (long_part.as_str(), "a part is 256 bytes long, at most 255 are allowed"),
        ];
        for (path, rule) in table {
            match check_path(path) {
                Err(PortError::Denied { reason }) => assert!(reason.contains(&format!(": {rule}")), "{path}: {reason}"),
                other => unreachable!("{path} was answered with {other:?}"),
            }
        }
    }

    proptest! {
        /// An allowed path, joined to a folder and resolved part by part, stays in the folder.
        #[test]
        fn an_allowed_path_stays_inside(path in "[a./~ \\\\\0]{0,12}") {
            if check_path(&path).is_ok() {
                let folder = std::path::Path::new("/workspace");
                let joined = folder.join(&path);
                prop_assert!(joined.starts_with(folder));
                let plain = joined.components().all(|part| {
                    matches!(part, std::path::Component::Normal(_) | std::path::Component::RootDir)
                });
                prop_assert!(plain, "{}", joined.display());
                prop_assert_eq!(joined.strip_prefix(folder).ok().and_then(|rest| rest.to_str()), Some(path.as_str()));
            }
        }

        /// A refusal shows nothing invisible.
        #[test]
        fn a_refusal_is_printable(path in any::<String>()) {
            if let Err(error) = check_path(&path) {
                prop_assert!(!error.to_string().chars().any(char::is_control));
            }
        }
    }
}
