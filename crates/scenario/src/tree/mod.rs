//! The located tree: what a file says, with the place of every key and value.
//!
//! YAML and TOML both become this tree; `--set` changes it; the typed scenario is read from it; and every later check
//! finds the place of a path in it. This module must not know what a scenario holds.
//!
//! ```
//! use moot_scenario::source::Sources;
//! use moot_scenario::tree::{TreePath, yaml};
//!
//! let sources = Sources::new("a.yaml", "agents:\n  juror: { count: 5 }\n");
//! let tree = yaml::parse(&sources, 0).unwrap();
//! let path = TreePath::parse("agents.juror.count").unwrap();
//! assert_eq!(sources.slice(tree.find(&path).unwrap().mark), "5");
//! ```

pub mod expand;
pub mod json;
pub mod merge;
pub mod path;
pub mod set;
pub mod toml;
pub mod toml_count;
pub mod yaml;

pub use path::{Segment, TreePath};

use crate::source::Mark;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it stands.
    pub mark: Mark,
    /// What it is.
    pub value: Value,
}

/// What a file can say.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, with the text it is written as.
    Number(Number, String),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file; no key stands twice.
    Map(Vec<Entry>),
}

/// A number as it was read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A whole number, not negative.
    Unsigned(u64),
    /// A whole number below 0.
    Signed(i64),
    /// Any other number, or one too large for the others.
    Float(f64),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_mark: Mark,
    /// The value.
    pub node: Node,
}

/// Which part of an entry a problem is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The key.
    Key,
    /// The value.
    Value,
}

impl Number {
    /// The smallest kind that holds a whole number.
    #[must_use]
    pub fn from_integer(integer: i128) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "what fits neither is out of every range that is asked for")]
        let float = integer as f64;
        u64::try_from(integer)
            .map(Self::Unsigned)
            .or_else(|_| i64::try_from(integer).map(Self::Signed))
            .unwrap_or(Self::Float(float))
    }

    /// The number as text.
    #[must_use]
    pub fn spell(self) -> String {
        match self {
            Self::Unsigned(number) => number.to_string(),
            Self::Signed(number) => number.to_string(),
            Self::Float(number) => number.to_string(),
        }
    }
}

impl Node {
    /// The entry with a key, if this is a map that has it.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// The node at a path.
    #[must_use]
    pub fn find(&self, path: &TreePath) -> Option<&Self> {
        path.0.iter().try_fold(self, |node, segment| match (segment, &node.value) {
            (Segment::Key(key), Value::Map(_)) => node.entry(key).map(|entry| &entry.node),
            (Segment::Index(index), Value::List(items)) => items.get(*index),
            _ => None,
        })
    }

    /// Where a path stands. What is not in the tree stands at the key of the nearest that is: there it could be added.
    #[must_use]
    pub fn place(&self, path: &TreePath, part: Part) -> Mark {
        let mut node = self;
        let mut mark = self.mark;
        for (position, segment) in path.0.iter().enumerate() {
            let is_last = position + 1 == path.0.len();
            match (segment, &node.value) {
                (Segment::Key(key), Value::Map(_)) => {
                    let Some(entry) = node.entry(key) else { return mark };
                    // A map or a list in full is no place to point at; its key is.
                    let is_scalar = !matches!(entry.node.value, Value::List(_) | Value::Map(_));
                    mark = if is_last && part == Part::Value && is_scalar { entry.node.mark } else { entry.key_mark };
                    node = &entry.node;
                }
                (Segment::Index(index), Value::List(items)) => {
                    let Some(item) = items.get(*index) else { return mark };
                    mark = item.mark;
                    node = item;
                }
                _ => return mark,
            }
        }
        mark
    }

    /// Changes every place in this tree.
    pub fn each_mark(&mut self, change: &mut impl FnMut(&mut Mark)) {
        change(&mut self.mark);
        match &mut self.value {
            Value::List(items) => items.iter_mut().for_each(|item| item.each_mark(change)),
            Value::Map(entries) => {
                for entry in entries {
                    change(&mut entry.key_mark);
                    entry.node.each_mark(change);
                }
            }
            _ => {}
        }
    }

    /// What kind of value this is, for messages.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.value {
            Value::Null => "nothing".to_owned(),
            Value::Bool(value) => format!("`{value}`"),
            Value::Number(_, spelling) => format!("the number {spelling}"),
            Value::Text(text) => {
                let shown: String = text.chars().take(40).collect();
                format!("the text {shown:?}{}", if shown.len() < text.len() { "..." } else { "" })
            }
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
        }
    }

    /// Takes the entry at a path out of its map; an item of a list takes the whole list with it, so that no index
    /// changes its meaning. Says the path that is gone; `None` when nothing but the root would be left to take.
    pub fn prune(&mut self, path: &TreePath) -> Option<TreePath> {
        let key_at = path.0.iter().rposition(|segment| matches!(segment, Segment::Key(_)))?;
        let (parent, rest) = path.0.split_at_checked(key_at)?;
        let Some(Segment::Key(key)) = rest.first() else { return None };
        let mut node = self;
        for segment in parent {
            node = match (segment, &mut node.value) {
                (Segment::Key(key), Value::Map(entries)) => {
                    &mut entries.iter_mut().find(|entry| entry.key == *key)?.node
                }
                (Segment::Index(index), Value::List(items)) => items.get_mut(*index)?,
                _ => return None,
            };
        }
        let Value::Map(entries) = &mut node.value else { return None };
        let index = entries.iter().position(|entry| entry.key == *key)?;
        entries.remove(index);
        Some(TreePath(path.0.iter().take(key_at + 1).cloned().collect()))
    }
}
