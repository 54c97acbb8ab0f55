//! Paths name actors: `jury/juror[3]` is the fourth `juror` inside `jury`.
//!
//! A path is the only identity that leaves a world: actor ids of the runtime differ from run to run and never do.
//! This module must not know which kinds of actor exist.
//!
//! ```
//! use moot_core::ActorPath;
//!
//! let jury = ActorPath::new("jury").unwrap();
//! let juror = jury.child("juror").unwrap().indexed(3);
//! assert_eq!(juror.as_str(), "jury/juror[3]");
//! assert_eq!(juror.group(), "jury/juror");
//! ```

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

/// The longest name that a path segment may have, in bytes.
pub const NAME_BYTES_MAX: usize = 64;

/// The name of an actor in a world: segments joined by `/`, each a name with an optional index in brackets.
///
/// Paths order by segment: names as text, indices as numbers, so `juror[2]` comes before `juror[10]`. Cloning is
/// cheap.
#[derive(Clone, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ActorPath(Arc<str>);

impl PartialEq for ActorPath {
    /// Clones are told by where they lie, without a look at their text.
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || *self.0 == *other.0
    }
}

impl Hash for ActorPath {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// Why a text is not a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The path or one of its segments holds nothing.
    #[error("a name is empty")]
    Empty,
    /// A segment is longer than [`NAME_BYTES_MAX`].
    #[error("the name is {length} bytes long; at most {NAME_BYTES_MAX} are allowed")]
    TooLong {
        /// The length found, in bytes.
        length: usize,
    },
    /// A character that names do not hold.
    #[error("the character {character:?} is not allowed; names hold ASCII letters, digits, '_', '-' and '.'")]
    Character {
        /// The first such character.
        character: char,
    },
    /// A name that starts with something other than a letter or a digit.
    #[error("a name starts with a letter or a digit, not {character:?}")]
    Start {
        /// The first character found.
        character: char,
    },
    /// Something in brackets that is not a plain number.
    #[error("an index is a number in brackets, such as [3]")]
    Index,
}

impl ActorPath {
    /// The path of what is no actor of the scenario but the world itself.
    #[must_use]
    pub fn world() -> Self {
        static WORLD: LazyLock<ActorPath> = LazyLock::new(|| ActorPath(Arc::from("world")));
        WORLD.clone()
    }

    /// Reads a path.
    ///
    /// # Errors
    /// Says which rule the text breaks, see [`PathError`].
    pub fn new(text: &str) -> Result<Self, PathError> {
        for segment in text.split('/') {
            let (name, index) = split_index(segment);
            check_name(name)?;
            if let Some(index) = index {
                parse_index(index).ok_or(PathError::Index)?;
            }
        }
        Ok(Self(Arc::from(text)))
    }

    /// The path of something named `name` inside this one.
    ///
    /// # Errors
    /// Says which rule the name breaks.
    pub fn child(&self, name: &str) -> Result<Self, PathError> {
        check_name(split_index(name).0)?;
        Self::new(&format!("{}/{name}", self.0))
    }

    /// This path with an index: `juror` becomes `juror[3]`.
    #[must_use]
    pub fn indexed(&self, index: u32) -> Self {
        Self(Arc::from(format!("{}[{index}]", self.0)))
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path without the index of its last segment: what the agents of one declaration have in common.
    #[must_use]
    pub fn group(&self) -> &str {
        let last = self.0.rfind('/').map_or(0, |slash| slash + 1);
        match self.0.get(last..).and_then(|segment| segment.find('[')) {
            Some(bracket) => self.0.get(..last + bracket).unwrap_or(&self.0),
            None => &self.0,
        }
    }

    /// The index of the last segment, if it has one.
    #[must_use]
    pub fn index(&self) -> Option<u32> {
        let segment = self.0.rsplit('/').next()?;
        split_index(segment).1.and_then(parse_index)
    }

    /// Whether this path is `other`, one of the agents of the group `other`, or lies inside it.
    #[must_use]
    pub fn is_within(&self, other: &str) -> bool {
        match self.0.strip_prefix(other) {
            Some(rest) => rest.is_empty() || rest.starts_with('/') || rest.starts_with('['),
            None => false,
        }
    }
}

/// Checks a name as a scenario may declare it: one segment without an index.
///
/// # Errors
/// Says which rule the name breaks.
pub fn check_name(name: &str) -> Result<(), PathError> {
    let Some(first) = name.chars().next() else {
        return Err(PathError::Empty);
    };
    if name.len() > NAME_BYTES_MAX {
        return Err(PathError::TooLong { length: name.len() });
    }
    let allowed = |character: &char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
    if let Some(character) = name.chars().find(|character| !allowed(character)) {
        return Err(PathError::Character { character });
    }
    if !first.is_ascii_alphanumeric() {
        return Err(PathError::Start { character: first });
    }
    Ok(())
}

/// Splits `juror[3]` into its name and what stands in the brackets.
fn split_index(segment: &str) -> (&str, Option<&str>) {
    match segment.split_once('[') {
        Some((name, rest)) => (name, Some(rest.strip_suffix(']').unwrap_or(""))),
        None => (segment, None),
    }
}

/// A plain number without sign or leading zeros, so that one index has one spelling.
fn parse_index(text: &str) -> Option<u32> {
    let plain = text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    if plain { text.parse().ok() } else { None }
}

impl Ord for ActorPath {
    fn cmp(&self, other: &Self) -> Ordering {
        let mut mine = self.0.split('/').map(split_index);
        let mut theirs = other.0.split('/').map(split_index);
        loop {
            match (mine.next(), theirs.next()) {
                (None, None) => return Ordering::Equal,
                (None, Some(_)) => return Ordering::Less,
                (Some(_), None) => return Ordering::Greater,
                (Some((name_a, index_a)), Some((name_b, index_b))) => {
                    let index = |text: Option<&str>| text.and_then(parse_index);
                    let order = name_a.cmp(name_b).then_with(|| index(index_a).cmp(&index(index_b)));
                    if order != Ordering::Equal {
                        return order;
                    }
                }
            }
        }
    }
}

impl PartialOrd for ActorPath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for ActorPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for ActorPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

impl TryFrom<String> for ActorPath {
    type Error = PathError;
    fn try_from(text: String) -> Result<Self, PathError> {
        Self::new(&text)
    }
}

impl Serialize for ActorPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn indices_order_as_numbers_and_segments_before_their_children() {
        let mut paths: Vec<ActorPath> =
            ["b", "a[10]", "a[2]", "a", "a/z", "a[2]/k"].iter().map(|text| ActorPath::new(text).unwrap()).collect();
        paths.sort();
        let texts: Vec<&str> = paths.iter().map(ActorPath::as_str).collect();
        assert_eq!(texts, ["a", "a/z", "a[2]", "a[2]/k", "a[10]", "b"]);
    }

    #[test]
    fn wrong_paths_say_why() {
        let cases = [
            ("", PathError::Empty),
            ("a//b", PathError::Empty),
            ("../x", PathError::Start { character: '.' }),
            ("a\0b", PathError::Character { character: '\0' }),
            ("a\u{202e}b", PathError::Character { character: '\u{202e}' }),
            ("a[", PathError::Index),
            ("a[01]", PathError::Index),
            ("a[1]x", PathError::Index),
        ];
        for (text, expected) in cases {
            assert_eq!(ActorPath::new(text), Err(expected), "{text:?}");
        }
        assert_eq!(ActorPath::new(&"x".repeat(10_000)), Err(PathError::TooLong { length: 10_000 }));
    }

    #[test]
    fn a_group_is_the_path_without_its_last_index() {
        assert_eq!(ActorPath::new("jury[1]/juror[3]").unwrap().group(), "jury[1]/juror");
        assert_eq!(ActorPath::new("judge").unwrap().group(), "judge");
        assert_eq!(ActorPath::new("juror[7]").unwrap().index(), Some(7));
    }

    #[test]
    fn within_needs_a_whole_segment() {
        let path = ActorPath::new("jury/juror[3]").unwrap();
        assert!(path.is_within("jury"));
        assert!(path.is_within("jury/juror"));
        assert!(!path.is_within("jur"));
    }
}
