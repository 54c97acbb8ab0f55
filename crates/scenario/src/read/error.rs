//! Why a part of the tree is not what a type wants.
//!
//! Keeps what serde says in parts rather than as one sentence, so that a message can list names and point to the
//! nearest. This module must not know which types are read.
//!
//! ```
//! use moot_scenario::read::error::in_our_words;
//!
//! assert_eq!(in_our_words("u8"), "a whole number from 0 to 255");
//! ```

use std::fmt;

use serde::de::{Expected, Unexpected};

use crate::tree::{Part, Segment, TreePath};

/// What is wrong at a path.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadError {
    /// What is wrong.
    pub reason: Reason,
    /// Whether the key or the value is meant; `None` until a step towards the root says so.
    pub part: Option<Part>,
    /// The path, last segment first.
    reversed: Vec<Segment>,
}

/// The kinds of error.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// A key that the type does not have, and those that it has.
    UnknownKey(String, Vec<&'static str>),
    /// A name that is none of the variants.
    UnknownVariant(String, Vec<&'static str>),
    /// A key that must be there and is not.
    Missing(String),
    /// A value of another kind or out of its range: what was found (empty when the tree says it), what is wanted.
    Unexpected(String, String),
    /// Anything else, in the words of the type that was read.
    Other(String),
}

impl ReadError {
    /// An error at the place that is being read.
    #[must_use]
    pub const fn new(reason: Reason) -> Self {
        Self { reason, part: None, reversed: Vec::new() }
    }

    /// The same error as seen one step nearer to the root.
    #[must_use]
    pub fn within(mut self, segment: Segment, part: Part) -> Self {
        if self.reversed.is_empty() && self.part.is_none() {
            self.part = Some(if matches!(self.reason, Reason::Missing(_)) { Part::Key } else { part });
        }
        self.reversed.push(segment);
        self
    }

    /// The path from the root.
    #[must_use]
    pub fn path(&self) -> TreePath {
        TreePath(self.reversed.iter().rev().cloned().collect())
    }
}

impl std::error::Error for ReadError {}

impl fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::UnknownKey(name, _) => write!(formatter, "unknown field `{name}`"),
            Reason::UnknownVariant(name, _) => write!(formatter, "`{name}` is not known here"),
            Reason::Missing(name) => write!(formatter, "the field `{name}` is missing"),
            Reason::Unexpected(found, wanted) => write!(formatter, "{found} where {wanted} is wanted"),
            Reason::Other(message) => formatter.write_str(message),
        }
    }
}

impl serde::de::Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Reason::Other(message.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::invalid_value(found, wanted)
    }

    fn invalid_value(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Unsigned(number) => format!("the number {number}"),
            Unexpected::Signed(number) => format!("the number {number}"),
            Unexpected::Float(number) => format!("the number {number}"),
            // The tree describes everything else as it is written.
            _ => String::new(),
        };
        Self::new(Reason::Unexpected(found, in_our_words(&wanted.to_string())))
    }

    fn invalid_length(length: usize, wanted: &dyn Expected) -> Self {
        Self::new(Reason::Unexpected(format!("a list of {length}"), wanted.to_string()))
    }

    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Self {
        Self::new(Reason::UnknownVariant(variant.to_owned(), known.to_vec()))
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        Self::new(Reason::UnknownKey(field.to_owned(), known.to_vec()))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Reason::Missing(field.to_owned()))
    }
}

/// What serde expects, in words for people who write scenarios and not Rust.
#[must_use]
pub fn in_our_words(wanted: &str) -> String {
    let words = match wanted {
        "u8" => "a whole number from 0 to 255",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" => "a whole number from 0 to 18446744073709551615",
        "usize" => "a whole number, 0 or more",
        "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "`true` or `false`",
        "a string" | "str" => "text",
        "a sequence" => "a list",
        "enum" | "a map" => "a map",
        _ if wanted.starts_with("struct ") => "a map",
        _ if wanted.contains(" enum ") || wanted.starts_with("enum ") => "a name or a map with one name",
        _ => wanted,
    };
    words.to_owned()
}
