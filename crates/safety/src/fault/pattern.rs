//! Patterns by which a fault says where: the text of a path or a name, in which `*` stands for any characters.
//!
//! It must not know what is named.
//!
//! ```
//! use moot_safety::fault::matches;
//!
//! assert!(matches("jury/juror[*]", "jury/juror[3]"));
//! assert!(matches("juror", "juror[3]"), "a group is all of its agents");
//! assert!(matches("*", "jury/juror[3]"), "a star stands for slashes too");
//! assert!(!matches("juror[3]", "juror[30]"));
//! ```

/// Whether a pattern names this path, or the group that the path's last segment is one of.
#[must_use]
pub fn matches(pattern: &str, path: &str) -> bool {
    if is_match(pattern, path) {
        return true;
    }
    match path.rfind('[') {
        Some(bracket) if path.ends_with(']') => path.get(..bracket).is_some_and(|group| is_match(pattern, group)),
        _ => false,
    }
}

/// Whether the text is what the pattern says, stars standing for any characters, none included.
///
/// Greedy with one place to go back to, so it takes at most the product of both lengths.
fn is_match(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some((_, behind)) = rest.split_once(part) else { return false };
        rest = behind;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_characters_and_all_else_for_itself() {
        for (pattern, text, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("a*", "a", true),
            ("a*", "b", false),
            ("*b", "ab", true),
            ("*b", "ba", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("a*b*c", "a_b_b_c", true),
            ("a*b*c", "a_c_b", false),
            ("**", "anything", true),
            ("a.c", "abc", false),
            ("[*]", "[3]", true),
        ] {
            assert_eq!(is_match(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_group_names_its_agents_but_not_what_lies_in_them() {
        for (pattern, path, expected) in [
            ("juror", "juror[0]", true),
            ("juror", "juror[0]/helper", false),
            ("jury/juror", "jury/juror[12]", true),
            ("jury", "jury/juror[12]", false),
            ("*/helper", "juror[0]/helper", true),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }
}
