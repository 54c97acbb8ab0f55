//! Directives: lines by which a member says what is to happen next, such as `HANDOFF: ann` or `DELEGATE bob: look it up`.
//!
//! A directive is a line of its own. It begins with a keyword in any case of letters, perhaps with emphasis around it,
//! then the names, then a colon with the rest of the line. What stands inside a sentence is no directive, so a member that
//! talks about handing over does not hand over. It must not know what a keyword means.
//!
//! ```
//! use moot_council::directive::{Directive, directives};
//!
//! let words = "Let us see.\nDELEGATE bob: look it up\n**handoff: ann**\nI would rather not handoff: cat";
//! let found = directives(words, &["delegate", "handoff"]);
//! assert_eq!(found[0], Directive { keyword: "delegate", name: Some("bob".into()), text: "look it up".into() });
//! assert_eq!(found[1], Directive { keyword: "handoff", name: None, text: "ann".into() });
//! assert_eq!(found.len(), 2);
//! ```

/// The most directives that are read from one text.
pub const DIRECTIVES_MAX: usize = 1_000;

/// One line that says what is to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// The keyword, as it was asked for.
    pub keyword: &'static str,
    /// What stands between the keyword and the colon, if anything.
    pub name: Option<String>,
    /// What stands behind the colon, or behind the keyword when there is none.
    pub text: String,
}

/// The directives in a text with one of these keywords, in order.
#[must_use]
pub fn directives(words: &str, keywords: &[&'static str]) -> Vec<Directive> {
    words.lines().filter_map(|line| directive(line, keywords)).take(DIRECTIVES_MAX).collect()
}

fn directive(line: &str, keywords: &[&'static str]) -> Option<Directive> {
    let line = line.trim().trim_matches(['*', '_', '`']).trim();
    let (keyword, rest) = keywords.iter().find_map(|keyword| Some((*keyword, after(line, keyword)?)))?;
    let (name, text) = match rest.split_once(':') {
        Some((name, text)) => (name.trim(), text.trim()),
        None => ("", rest.trim()),
    };
    let name = Some(name).filter(|name| !name.is_empty()).map(str::to_owned);
    Some(Directive { keyword, name, text: text.to_owned() })
}

/// What stands behind the keyword, if the line begins with it as a whole word.
fn after<'a>(line: &'a str, keyword: &str) -> Option<&'a str> {
    let (head, rest) = line.split_at_checked(keyword.len())?;
    let ends_there = rest.chars().next().is_none_or(|next| !next.is_alphanumeric() && next != '_' && next != '-');
    (head.eq_ignore_ascii_case(keyword) && ends_there).then_some(rest)
}

/// The index of the name that a member wrote among these, in any case of letters; a name may be given with an index of its
/// group, or without when only one has it.
#[must_use]
pub fn named(text: &str, names: &[moot_core::Text]) -> Option<usize> {
    let text = text.trim().trim_matches(['*', '_', '`', '"', '\'', '.', '@']).trim();
    let exact = names.iter().position(|name| name.eq_ignore_ascii_case(text));
    let group = |name: &str| name.split_once('[').map_or(name.to_owned(), |(group, _)| group.to_owned());
    exact.or_else(|| {
        let mut of_group = names.iter().enumerate().filter(|(_, name)| group(name).eq_ignore_ascii_case(text));
        let (only, _) = of_group.next()?;
        of_group.next().is_none().then_some(only)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_count() {
        let found = |words: &str| {
            let found = directives(words, &["handoff", "task"]);
            found.iter().map(|found| format!("{}|{:?}|{}", found.keyword, found.name, found.text)).collect::<Vec<_>>()
        };
        for (words, expected) in [
            ("handoff: ann", &["handoff|None|ann"][..]),
            ("  Handoff:ann  ", &["handoff|None|ann"]),
            ("HANDOFF ann", &["handoff|None|ann"]),
            ("task b2: find: it", &["task|Some(\"b2\")|find: it"]),
            ("`task: x`", &["task|None|x"]),
            ("tasks: x", &[]),
            ("a task: x", &[]),
            ("handoff-ann", &[]),
            ("ha", &[]),
            ("one\ntask: a\ntwo\nhandoff: b", &["task|None|a", "handoff|None|b"]),
        ] {
            assert_eq!(found(words), expected, "{words:?}");
        }
    }

    #[test]
    fn a_name_is_found_as_members_write_it() {
        let names = ["ann", "bob[0]", "bob[1]", "cat[0]"].map(moot_core::Text::from);
        for (text, expected) in
            [("ann", Some(0)), ("ANN.", Some(0)), ("bob[1]", Some(2)), ("bob", None), ("cat", Some(3)), ("eve", None)]
        {
            assert_eq!(named(text, &names), expected, "{text}");
        }
    }
}
