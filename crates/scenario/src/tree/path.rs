//! Paths into a scenario's tree: `agents.juror.count`, `tasks.list[0].prompt`, `workspace.files["a.txt"]`.
//!
//! This module must not know which paths exist.
//!
//! ```
//! use moot_scenario::tree::TreePath;
//!
//! let path = TreePath::parse("tasks.list[0].prompt").unwrap();
//! assert_eq!(path.to_string(), "tasks.list[0].prompt");
//! ```

use std::fmt;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// Into a map, by key.
    Key(String),
    /// Into a list, by index from 0.
    Index(usize),
}

/// How many parts a path may have: no file is deeper.
const SEGMENTS_MAX: usize = 64;

/// A path from the root of a tree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct TreePath(pub Vec<Segment>);

/// Why a text is not a path, and at which byte.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PathError {
    /// The byte where the text goes wrong.
    pub at: usize,
    /// What was expected there.
    pub message: &'static str,
}

impl TreePath {
    /// Reads a path. Keys that hold dots or brackets stand in brackets and quotes: `files["a.txt"]`.
    ///
    /// # Errors
    /// Says at which byte the text goes wrong.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        Ok(Self(Self::parse_spanned(text)?.into_iter().map(|(segment, _, _)| segment).collect()))
    }

    /// Reads a path together with the bytes at which each segment stands.
    ///
    /// # Errors
    /// Says at which byte the text goes wrong.
    pub fn parse_spanned(text: &str) -> Result<Vec<(Segment, usize, usize)>, PathError> {
        let mut segments = Vec::new();
        let mut at = 0;
        let rest = |at: usize| text.get(at..).unwrap_or("");
        while at < text.len() {
            if segments.len() == SEGMENTS_MAX {
                return Err(PathError { at, message: "a path has at most 64 parts" });
            }
            if rest(at).starts_with('[') {
                let (segment, end) = bracket(rest(at)).map_err(|message| PathError { at, message })?;
                segments.push((segment, at, at + end));
                at += end;
            } else {
                if !segments.is_empty() {
                    if !rest(at).starts_with('.') {
                        return Err(PathError { at, message: "a `.` or a `[` stands between two names" });
                    }
                    at += 1;
                }
                let end = at + rest(at).find(['.', '[']).unwrap_or(rest(at).len());
                let key = text.get(at..end).unwrap_or("");
                if key.is_empty() {
                    return Err(PathError { at, message: "a name is empty" });
                }
                segments.push((Segment::Key(key.to_owned()), at, end));
                at = end;
            }
        }
        if segments.is_empty() {
            return Err(PathError { at: 0, message: "the path is empty" });
        }
        Ok(segments)
    }

    /// This path and one key more.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.with(Segment::Key(key.to_owned()))
    }

    /// This path and one index more.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(Segment::Index(index))
    }

    /// This path and what a room's check names below it, such as `steps[2].call`; a text that is no path adds nothing.
    #[must_use]
    pub fn join(&self, relative: &str) -> Self {
        let below = Self::parse(relative).unwrap_or_default();
        Self(self.0.iter().cloned().chain(below.0).collect())
    }

    /// Whether this path is one step below another.
    #[must_use]
    pub fn is_child_of(&self, parent: &Self) -> bool {
        self.0.len() == parent.0.len() + 1 && self.0.starts_with(&parent.0)
    }

    fn with(&self, segment: Segment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }
}

/// Reads `[0]` or `["a.txt"]` at the start of a text; says how many bytes it takes.
fn bracket(text: &str) -> Result<(Segment, usize), &'static str> {
    const SHAPE: &str = "write an index such as [0] or a name such as [\"a.txt\"]";
    let inner = text.strip_prefix('[').ok_or(SHAPE)?;
    if let Some(quoted) = inner.strip_prefix('"') {
        let end = quoted.find("\"]").ok_or(SHAPE)?;
        let key = quoted.get(..end).unwrap_or("");
        return Ok((Segment::Key(key.to_owned()), end + 4));
    }
    let end = inner.find(']').ok_or(SHAPE)?;
    let index = inner.get(..end).and_then(|digits| digits.parse().ok()).ok_or(SHAPE)?;
    Ok((Segment::Index(index), end + 2))
}

impl fmt::Display for TreePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(formatter, "[{index}]")?,
                Segment::Key(key) if key.contains(['.', '[', ']']) || key.is_empty() => {
                    write!(formatter, "[\"{key}\"]")?
                }
                Segment::Key(key) if position == 0 => formatter.write_str(key)?,
                Segment::Key(key) => write!(formatter, ".{key}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn paths_survive_being_written_and_read() {
        for text in ["name", "a.b.c", "a[0]", "a[0][1].b", "workspace.files[\"a.b.txt\"]", "a[\"x\"].b"] {
            let path = TreePath::parse(text).unwrap();
            assert_eq!(TreePath::parse(&path.to_string()).unwrap(), path, "{text}");
        }
    }

    #[test]
    fn wrong_paths_say_where() {
        for (text, at) in
            [("", 0), (".a", 0), ("a..b", 2), ("a.", 2), ("a[", 1), ("a[x]", 1), ("a[0]b", 4), ("a[-1]", 1)]
        {
            assert_eq!(TreePath::parse(text).unwrap_err().at, at, "{text}");
        }
    }
}
