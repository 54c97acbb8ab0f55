//! From an error of reading to a problem with its place, what is allowed there and the nearest right name.
//!
//! This module must not know what the fields mean.
//!
//! ```
//! use moot_scenario::{Format, parse};
//!
//! let problems = parse("folkmoot: 1\nagnets: {}\n", "x.yaml", Format::Yaml, &[]).unwrap_err();
//! let problem = problems.iter().next().unwrap();
//! assert_eq!((problem.line, problem.hint.as_deref()), (2, Some("did you mean `agents`?")));
//! ```

use crate::Problem;
use crate::problem::{nearest, one_of};
use crate::read::{ReadError, Reason};
use crate::schema::numbers_at;
use crate::source::Sources;
use crate::tree::{Node, Part, Segment, TreePath, Value};

/// The problem that an error of reading the tree is.
pub(crate) fn explain(error: &ReadError, tree: &Node, sources: &Sources) -> Problem {
    let path = error.path();
    let mark = tree.place(&path, error.part.unwrap_or(Part::Value));
    let problem = sources.problem(mark, error.to_string());
    match &error.reason {
        Reason::UnknownKey(name, known) | Reason::UnknownVariant(name, known) => {
            problem.among(name, known.iter().copied())
        }
        Reason::Missing(name) => match path.0.is_empty() {
            true if name == "folkmoot" => {
                problem.hinting("start the file with `folkmoot: 1`, the version of its format")
            }
            true => problem.hinting(format!("add `{name}: ...` to the file")),
            false if mark.source > 0 => match sibling(tree, &path) {
                // A change made a new entry by a slip of the pen rather than on purpose.
                Some(near) => problem.hinting(format!("did you mean `{near}`?")),
                None => problem.hinting(format!("set `{path}` as a whole")),
            },
            false => problem.hinting(format!("add `{name}: ...` to `{path}`")),
        },
        Reason::Unexpected(found, wanted) => {
            // The schema knows the range; the type that was read, only its own.
            let wanted = numbers_at(&path).filter(|_| wanted.contains("number")).unwrap_or_else(|| wanted.clone());
            let found = if found.is_empty() {
                tree.find(&path).map_or_else(String::new, Node::describe)
            } else {
                found.clone()
            };
            let problem = Problem { message: message(&found), ..problem }.expecting(wanted.clone());
            match tree.find(&path).map(|node| &node.value) {
                Some(Value::Text(text)) if wanted.contains("number") && text.parse::<f64>().is_ok() => {
                    problem.hinting("write the number without quotes")
                }
                _ => problem,
            }
        }
        Reason::Other(_) => problem,
    }
}

/// The key beside the one at a path that is most like it.
fn sibling<'a>(tree: &'a Node, path: &TreePath) -> Option<&'a str> {
    let (Segment::Key(key), parent) = path.0.split_last()? else { return None };
    let Value::Map(entries) = &tree.find(&TreePath(parent.to_vec()))?.value else { return None };
    let others: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).filter(|other| other != key).collect();
    nearest(key, &others)
}

fn message(found: &str) -> String {
    if found == "nothing" { "a value is missing here".to_owned() } else { format!("{found} can't stand here") }
}

/// The keys of a scenario file, for a file that is not a map at all.
pub(crate) fn not_a_map(tree: &Node, sources: &Sources) -> Problem {
    sources.problem(tree.mark, format!("a scenario is a map, not {}", tree.describe())).expecting(one_of(&[
        "folkmoot",
        "name",
        "models",
        "agents",
        "coordination",
        "tasks",
    ]))
}
