//! `${NAME}` in a text value: what an environment variable holds.
//!
//! `$${` stands for `${` itself. Keys are never expanded. Whether variables may be read at all, and which of them are
//! secret, is told from outside; this module must not know what a scenario holds.
//!
//! ```
//! use moot_scenario::Environment;
//! use moot_scenario::source::Sources;
//! use moot_scenario::tree::{TreePath, expand, yaml};
//!
//! let sources = Sources::new("a.yaml", "say: 'from ${CITY}, not $${CITY}'");
//! let mut tree = yaml::parse(&sources, 0).unwrap();
//! let expanded = expand::expand(&mut tree, &sources, Some(&Environment::of([("CITY", "Ghent")])));
//! assert_eq!(tree.entry("say").unwrap().node.describe(), "the text \"from Ghent, not ${CITY}\"");
//! assert_eq!(expanded.uses[0].name, "CITY");
//! ```

use super::{Node, TreePath, Value};
use crate::Problem;
use crate::settings::Environment;
use crate::source::{Mark, Sources};

/// How many bytes the values of variables may add to a scenario in all.
pub const EXPANDED_BYTES_MAX: usize = 1024 * 1024;

/// How to write what looks like a variable and is none.
const ESCAPE_HINT: &str = "`$${` stands for `${` itself";

/// What was found in a tree.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Expanded {
    /// Each use of a variable, in the order of the tree.
    pub uses: Vec<Use>,
    /// The texts that held variables, as they were written, by their paths.
    pub originals: Vec<(TreePath, String)>,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// One `${NAME}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The variable.
    pub name: String,
    /// The path of the text that holds it.
    pub path: TreePath,
    /// Where it stands.
    pub mark: Mark,
}

/// One part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'t> {
    Plain(&'t str),
    Variable(&'t str),
    /// A `${` without a name and a brace behind it; the text from there.
    Broken(&'t str),
}

/// Puts what variables hold in place of `${NAME}` in every text value. Without an environment the variables stay as
/// they are written, and only what they are and where they stand is told.
pub fn expand(tree: &mut Node, sources: &Sources, environment: Option<&Environment>) -> Expanded {
    let mut expander = Expander { sources, environment, expanded: Expanded::default(), bytes: 0 };
    expander.walk(tree, &TreePath::default());
    expander.expanded
}

/// A text as it must be written so that it is read back as it is.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.replace("${", "$${")
}

/// Whether a text is the name of a variable: a letter or `_`, then letters, digits and `_`, all ASCII.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.bytes().all(is_word) && text.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

struct Expander<'a> {
    sources: &'a Sources,
    environment: Option<&'a Environment>,
    expanded: Expanded,
    /// How many bytes variables have added.
    bytes: usize,
}

impl Expander<'_> {
    fn walk(&mut self, node: &mut Node, path: &TreePath) {
        let mark = node.mark;
        match &mut node.value {
            Value::Text(text) if text.contains("${") => {
                if let Some(changed) = self.text(text, path, mark) {
                    let original = std::mem::replace(text, changed);
                    self.expanded.originals.push((path.clone(), original));
                }
            }
            Value::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.walk(item, &path.index(index));
                }
            }
            Value::Map(entries) => {
                for entry in entries {
                    let path = path.key(&entry.key);
                    self.walk(&mut entry.node, &path);
                }
            }
            _ => {}
        }
    }

    /// The text with variables replaced.
    fn text(&mut self, text: &str, path: &TreePath, mark: Mark) -> Option<String> {
        let mut changed = String::with_capacity(text.len());
        let mut passed = 0;
        for piece in pieces(text) {
            match piece {
                Piece::Plain(plain) => changed.push_str(plain),
                Piece::Broken(rest) => {
                    let shown: String = rest.chars().take(24).collect();
                    self.report(mark, format!("`{shown}` names no environment variable"), ESCAPE_HINT.to_owned());
                    return None;
                }
                Piece::Variable(name) => {
                    let place = self.place(name, mark, &mut passed);
                    self.expanded.uses.push(Use { name: name.to_owned(), path: path.clone(), mark: place });
                    changed.push_str(&self.value(name, place));
                }
            }
        }
        Some(changed)
    }

    /// What stands in place of a variable.
    fn value(&mut self, name: &str, mark: Mark) -> String {
        let Some(environment) = self.environment else { return format!("${{{name}}}") };
        let Some(value) = environment.get(name) else {
            let near = crate::problem::nearest(name, &environment.names().collect::<Vec<_>>());
            let hint = match near {
                Some(near) => format!("did you mean `{near}`? else set it, or write `$${{` for `${{` itself"),
                None => format!("set it before the run, such as {name}=... moot run; {ESCAPE_HINT}"),
            };
            self.report(mark, format!("the environment variable `{name}` is not set, or is not UTF-8"), hint);
            return String::new();
        };
        self.bytes = self.bytes.saturating_add(value.len());
        if self.bytes > EXPANDED_BYTES_MAX {
            let message = format!("the variables hold more than {EXPANDED_BYTES_MAX} bytes in all");
            if !self.expanded.problems.iter().any(|problem| problem.message == message) {
                self.report(mark, message, "put long texts into files".to_owned());
            }
            return String::new();
        }
        value.to_owned()
    }

    /// Where the next use of a variable stands; the whole text when it is written in another way than it reads.
    fn place(&self, name: &str, mark: Mark, passed: &mut usize) -> Mark {
        let written = self.sources.slice(mark);
        let wanted = format!("${{{name}}}");
        let Some(found) = written.get(*passed..).and_then(|rest| rest.find(&wanted)) else { return mark };
        let start = mark.start + *passed + found;
        *passed += found + wanted.len();
        Mark::new(mark.source, start, start + wanted.len())
    }

    fn report(&mut self, mark: Mark, message: String, hint: String) {
        let problem = self.sources.problem(mark, message).hinting(hint);
        if !self.expanded.problems.contains(&problem) {
            self.expanded.problems.push(problem);
        }
    }
}

/// The parts of a text in order.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, found) = rest.split_at(at);
        let behind = found.get(2..).unwrap_or("");
        if let Some(before) = before.strip_suffix('$') {
            pieces.extend([Piece::Plain(before), Piece::Plain("${")]);
            rest = behind;
            continue;
        }
        pieces.push(Piece::Plain(before));
        match behind.split_once('}').filter(|(name, _)| is_name(name)) {
            Some((name, after)) => {
                pieces.push(Piece::Variable(name));
                rest = after;
            }
            None => {
                pieces.push(Piece::Broken(found));
                return pieces;
            }
        }
    }
    pieces.push(Piece::Plain(rest));
    pieces
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::tree::yaml;

    fn expanded(text: &str) -> (Node, Expanded) {
        let sources = Sources::new("a.yaml", text);
        let mut tree = yaml::parse(&sources, 0).unwrap();
        let environment = Environment::of([("A", "1"), ("LONG_NAME", "two words"), ("NESTED", "${A}")]);
        let expanded = expand(&mut tree, &sources, Some(&environment));
        (tree, expanded)
    }

    fn text(source: &str) -> String {
        let (tree, expanded) = expanded(&format!("x: {source}\n"));
        assert!(expanded.problems.is_empty(), "{:?}", expanded.problems);
        match &tree.entry("x").unwrap().node.value {
            Value::Text(text) => text.clone(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn variables_are_replaced_once_and_escapes_kept() {
        for (written, read) in [
            ("${A}", "1"),
            ("a ${A}${LONG_NAME} b", "a 1two words b"),
            ("${NESTED}", "${A}"),
            ("$${A}", "${A}"),
            ("$$${A}", "$${A}"),
            ("$A $$ $", "$A $$ $"),
            ("'{{ a }} ${A}'", "{{ a }} 1"),
        ] {
            assert_eq!(text(written), read, "{written}");
        }
    }

    #[test]
    fn what_was_escaped_reads_back() {
        for plain in ["${A}", "$${A}", "$$$", "a$${", "${", "x"] {
            assert_eq!(text(&format!("'{}'", escaped(plain))), plain);
        }
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        for (written, column, message) in [
            ("a ${NONE}", 6, "the environment variable `NONE` is not set, or is not UTF-8"),
            ("a ${A", 4, "`${A` names no environment variable"),
            ("'${}'", 4, "`${}` names no environment variable"),
            ("${A:-b}", 4, "`${A:-b}` names no environment variable"),
            ("'${1A}'", 4, "`${1A}` names no environment variable"),
            ("${A ${A}", 4, "`${A ${A}` names no environment variable"),
        ] {
            let problems = expanded(&format!("x: {written}\n")).1.problems;
            assert_eq!((problems[0].column, problems[0].message.as_str()), (column, message), "{written}");
            assert!(problems[0].hint.is_some());
        }
    }

    #[test]
    fn each_use_is_told_where_it_stands_and_keys_are_left_alone() {
        let (tree, expanded) = expanded("${A}: ['${A} ${A}', { b: '${LONG_NAME}' }]\n");
        assert!(tree.entry("${A}").is_some());
        let told: Vec<(String, usize)> =
            expanded.uses.iter().map(|found| (found.path.to_string(), found.mark.start)).collect();
        assert_eq!(told, [("${A}[0]".into(), 8), ("${A}[0]".into(), 13), ("${A}[1].b".into(), 26)]);
        assert_eq!(expanded.originals.len(), 2);
    }

    #[test]
    fn what_variables_add_is_bounded() {
        let sources = Sources::new("a.yaml", format!("x: '{}'\n", "${A}".repeat(20)));
        let mut tree = yaml::parse(&sources, 0).unwrap();
        let environment = Environment::of([("A", "x".repeat(EXPANDED_BYTES_MAX / 10))]);
        let problems = expand(&mut tree, &sources, Some(&environment)).problems;
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].message.contains("more than 1048576 bytes"));
    }
}
