//! Whether a command's words fit a pattern: one glob for each word, and `**` at the end for any rest.
//!
//! In a glob, `*` stands for any characters within the one word, `?` for one, and everything else for itself. This
//! module must not know what patterns are used for.
//!
//! ```
//! use moot_tool::shell::matches_argv;
//!
//! let pattern = ["git", "log", "**"];
//! assert!(matches_argv(&pattern, &["git", "log"]));
//! assert!(matches_argv(&pattern, &["git", "log", "-1", "--stat"]));
//! assert!(!matches_argv(&pattern, &["git", "push"]));
//! ```

/// Whether the words fit the pattern.
#[must_use]
pub fn matches_argv<P: AsRef<str>, W: AsRef<str>>(pattern: &[P], argv: &[W]) -> bool {
    let (globs, rest_allowed) = match pattern.split_last() {
        Some((last, before)) if last.as_ref() == "**" => (before, true),
        _ => (pattern, false),
    };
    let length_fits = if rest_allowed { argv.len() >= globs.len() } else { argv.len() == globs.len() };
    length_fits && globs.iter().zip(argv).all(|(glob, word)| matches_word(glob.as_ref(), word.as_ref()))
}

/// Whether one word fits a glob. Takes time in proportion to the product of both lengths at most.
#[must_use]
pub fn matches_word(glob: &str, word: &str) -> bool {
    let (mut glob, mut word) = (glob.chars(), word.chars());
    // Where to go on when a `*` has to stand for one character more: what follows it, and what it leaves of the word.
    let mut retry = None;
    loop {
        let word_before = word.clone();
        match (glob.next(), word.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                retry = Some((glob.clone(), word_before.clone()));
                word = word_before;
            }
            (Some('?'), Some(_)) => {}
            (Some(expected), Some(character)) if expected == character => {}
            _ => {
                let Some((after_star, mut left)) = retry.take() else { return false };
                if left.next().is_none() {
                    return false;
                }
                (glob, word) = (after_star.clone(), left.clone());
                retry = Some((after_star, left));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn globs_stay_within_one_word() {
        let table: &[(&[&str], &[&str], bool)] = &[
            (&["ls"], &["ls"], true),
            (&["ls"], &["ls", "-l"], false),
            (&["ls", "*"], &["ls"], false),
            (&["ls", "*"], &["ls", ""], true),
            (&["ls", "*"], &["ls", "a b"], true),
            (&["ls", "*"], &["ls", "a", "b"], false),
            (&["ls", "**"], &["ls", "a", "b"], true),
            (&["**"], &[], true),
            (&[], &[], true),
            (&[], &["ls"], false),
            (&["**", "x"], &["a", "b", "x"], false),
            (&["c?t", "*.txt"], &["cat", "a.txt"], true),
            (&["c?t", "*.txt"], &["cat", "a.txt2"], false),
            (&["*a*b*"], &["xxaxxbxx"], true),
            (&["*a*b*"], &["xxbxxaxx"], false),
            (&["ä?"], &["äö"], true),
        ];
        for (pattern, argv, fits) in table {
            assert_eq!(matches_argv(pattern, argv), *fits, "{pattern:?} {argv:?}");
        }
    }

    /// The definition, without regard to time.
    fn plainly(glob: &[char], word: &[char]) -> bool {
        match (glob.split_first(), word.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), tail) => plainly(rest, word) || tail.is_some_and(|(_, after)| plainly(glob, after)),
            (Some(('?', rest)), Some((_, after))) => plainly(rest, after),
            (Some((one, rest)), Some((two, after))) => one == two && plainly(rest, after),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn the_fast_way_agrees_with_the_definition(glob in "[ab*?]{0,8}", word in "[ab]{0,8}") {
            let plain = plainly(&glob.chars().collect::<Vec<_>>(), &word.chars().collect::<Vec<_>>());
            prop_assert_eq!(matches_word(&glob, &word), plain);
        }
    }
}
