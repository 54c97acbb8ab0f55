//! `--set PATH=VALUE`: changes to the tree from the command line.
//!
//! A change is made before the scenario is read, so a wrong one is answered like a wrong file, with the place in the
//! `--set` text. This module must not know which paths exist.
//!
//! ```
//! use moot_scenario::source::Sources;
//! use moot_scenario::tree::{TreePath, set, yaml};
//!
//! let mut sources = Sources::new("a.yaml", "agents: { juror: { count: 5 } }");
//! let mut tree = yaml::parse(&sources, 0).unwrap();
//! set::apply(&mut tree, &mut sources, "agents.juror.count=7").unwrap();
//! let path = TreePath::parse("agents.juror.count").unwrap();
//! assert_eq!(tree.find(&path).unwrap().describe(), "the number 7");
//! ```

use super::path::{Segment, TreePath};
use super::{Entry, Node, Value, yaml};
use crate::Problem;
use crate::source::{Mark, Sources};

/// The name under which problems show these texts.
pub const SOURCE_NAME: &str = "--set";

/// Applies one change.
///
/// # Errors
/// When the text is not `PATH=VALUE`, the value is not a YAML value, or the path can't exist: an index past the end of a
/// list, or a step into text or a number. A key that is not there yet is added; whether the scenario knows it, is found
/// when the scenario is read.
pub fn apply(tree: &mut Node, sources: &mut Sources, set: &str) -> Result<(), Box<Problem>> {
    let source = sources.add(SOURCE_NAME, set);
    let Some((path, value)) = set.split_once('=') else {
        return Err(sources
            .problem(Mark::new(source, 0, set.len()), "there is no `=` in it")
            .expecting("a path, `=` and a value, such as agents.juror.count=7")
            .into());
    };
    let segments = TreePath::parse_spanned(path).map_err(|error| {
        sources
            .problem(Mark::new(source, error.at, path.len()), error.message)
            .expecting("a path such as agents.juror.count or tasks.list[0].prompt")
    })?;
    let value = read_value(value, path.len() + 1, sources, source)?;
    let mut node = tree;
    for (segment, start, end) in segments {
        node = step(node, segment, Mark::new(source, start, end), sources)?;
    }
    *node = value;
    Ok(())
}

/// Puts a value at a path that stands somewhere as a text.
///
/// # Errors
/// When the text is no path or the path can't exist, as with [`apply`].
pub fn put(tree: &mut Node, sources: &Sources, path: &str, path_mark: Mark, value: Node) -> Result<(), Box<Problem>> {
    let segments = TreePath::parse_spanned(path).map_err(|error| sources.problem(path_mark, error.message))?;
    // What stands in quotation marks can't be pointed into.
    let is_plain = sources.slice(path_mark) == path;
    let mut node = tree;
    for (segment, start, end) in segments {
        let mark = match is_plain {
            true => Mark::new(path_mark.source, path_mark.start + start, path_mark.start + end),
            false => path_mark,
        };
        node = step(node, segment, mark, sources)?;
    }
    *node = value;
    Ok(())
}

/// The node that a segment leads to, which is made when it can be.
fn step<'a>(node: &'a mut Node, segment: Segment, mark: Mark, sources: &Sources) -> Result<&'a mut Node, Box<Problem>> {
    if matches!(node.value, Value::Null) && matches!(segment, Segment::Key(_)) {
        node.value = Value::Map(Vec::new());
    }
    let found = node.describe();
    match (segment, &mut node.value) {
        (Segment::Key(key), Value::Map(entries)) => {
            let index = entries.iter().position(|entry| entry.key == key).unwrap_or(entries.len());
            if index == entries.len() {
                entries.push(Entry { key, key_mark: mark, node: Node { mark, value: Value::Null } });
            }
            let entry = entries.get_mut(index);
            entry.map(|entry| &mut entry.node).ok_or_else(|| sources.problem(mark, "no such key").into())
        }
        (Segment::Index(index), Value::List(items)) => {
            let count = items.len();
            items.get_mut(index).ok_or_else(|| {
                let problem = sources.problem(mark, format!("there is no item {index}: the list has {count}"));
                Box::new(match count.checked_sub(1) {
                    Some(last) => problem.expecting(format!("an index from 0 to {last}")),
                    None => problem.hinting("set the whole list, such as path=[a, b]"),
                })
            })
        }
        (Segment::Key(key), _) => Err(Box::new(
            sources.problem(mark, format!("there can be no `{key}` here: the path so far leads to {found}")),
        )),
        (Segment::Index(_), _) => Err(Box::new(
            sources.problem(mark, format!("there can be no index here: the path so far leads to {found}")),
        )),
    }
}

/// The value of a change: a list, a map or quoted text as YAML writes them on one line; else a number, `true`, `false`,
/// `null` or, when it is none of these, the text as it stands.
fn read_value(text: &str, offset: usize, sources: &Sources, source: u32) -> Result<Node, Box<Problem>> {
    let mark = Mark::new(source, offset, offset + text.len());
    let trimmed = text.trim();
    let is_flow = trimmed.starts_with(['[', '{', '"', '\'']);
    let is_word = !trimmed.is_empty() && trimmed.chars().all(|c| c.is_ascii_alphanumeric() || "+-._~".contains(c));
    if !is_flow && (!is_word || trimmed.starts_with("---") || trimmed.starts_with("...")) {
        return Ok(Node { mark, value: Value::Text(text.to_owned()) });
    }
    let inner = Sources::new(SOURCE_NAME, text);
    let parsed = yaml::parse(&inner, 0);
    match parsed {
        Ok(mut node) => {
            shift(&mut node, source, offset);
            Ok(node)
        }
        Err(_) if !is_flow => Ok(Node { mark, value: Value::Text(text.to_owned()) }),
        Err(inner) => {
            let before = text.chars().take(inner.column.saturating_sub(1)).map(char::len_utf8).sum::<usize>();
            let start = if inner.line > 1 { offset } else { offset + before };
            Err(Box::new(Problem {
                message: inner.message,
                expected: Some("a value as YAML writes it on one line".to_owned()),
                ..sources.problem(Mark::new(source, start, start + 1), "")
            }))
        }
    }
}

/// Moves the marks of a value that was read on its own to where it stands.
fn shift(node: &mut Node, source: u32, offset: usize) {
    node.each_mark(&mut |mark| *mark = Mark::new(source, mark.start + offset, mark.end + offset));
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn set(change: &str) -> Result<(Node, Sources), Box<Problem>> {
        let mut sources = Sources::new("a.yaml", "name: x\nseed: 1\nlist: [a, { b: 1 }]\nempty: []\n");
        let mut tree = yaml::parse(&sources, 0).unwrap();
        apply(&mut tree, &mut sources, change)?;
        Ok((tree, sources))
    }

    #[test]
    fn values_are_read_as_yaml_reads_them() {
        for (change, path, described) in [
            ("seed=7", "seed", "the number 7"),
            ("seed=-0.5", "seed", "the number -0.5"),
            ("name=yes", "name", "the text \"yes\""),
            ("name=true", "name", "`true`"),
            ("name='true'", "name", "the text \"true\""),
            ("name=", "name", "the text \"\""),
            ("name=a: b # c", "name", "the text \"a: b # c\""),
            ("name=x=y", "name", "the text \"x=y\""),
            ("name=null", "name", "nothing"),
            ("list[1].b=2", "list[1].b", "the number 2"),
            ("list=[1, two]", "list[1]", "the text \"two\""),
            ("new.deep={ a: 1 }", "new.deep.a", "the number 1"),
        ] {
            let (tree, sources) = set(change).unwrap();
            let node = tree.find(&TreePath::parse(path).unwrap()).unwrap();
            assert_eq!(node.describe(), described, "{change}");
            assert_eq!(sources.problem(node.mark, "").file, SOURCE_NAME, "{change}");
        }
    }

    #[test]
    fn marks_point_into_the_text_of_the_change() {
        let (tree, sources) = set("list=[1, two]").unwrap();
        let mark = tree.find(&TreePath::parse("list[1]").unwrap()).unwrap().mark;
        assert_eq!(sources.slice(mark), "two");
    }

    #[test]
    fn wrong_changes_say_where() {
        for (change, column, message) in [
            ("name", 1, "there is no `=` in it"),
            ("=1", 1, "the path is empty"),
            ("a..b=1", 3, "a name is empty"),
            ("list[2]=1", 5, "there is no item 2: the list has 2"),
            ("empty[0]=1", 6, "there is no item 0: the list has 0"),
            ("name.x=1", 6, "there can be no `x` here: the path so far leads to the text \"x\""),
            ("name[0]=1", 5, "there can be no index here: the path so far leads to the text \"x\""),
        ] {
            let problem = set(change).unwrap_err();
            assert_eq!((problem.column, problem.message.as_str()), (column, message), "{change}");
        }
        assert!(set("name=[1, ").is_err());
    }
}
