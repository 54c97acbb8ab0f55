//! From the text that a model wrote as arguments to a JSON object, or to an error that it can act on.
//!
//! Nothing is repaired or guessed: an empty text is no empty object, a code fence is not taken off, a field that stands
//! twice is refused instead of letting one of the two win. This module must not know schemas or tools.
//!
//! ```
//! use moot_tool::arguments;
//!
//! assert!(arguments::parse(r#"{"path": "a.txt"}"#).is_ok());
//! let error = arguments::parse(r#"{"path": "a.txt"} done"#).unwrap_err();
//! assert_eq!(error.to_string(), "the arguments are not JSON: trailing characters at line 1 column 19");
//! ```

use std::fmt;

use moot_core::ToolErrorCode;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::describe;

/// The longest text that arguments may have, in bytes.
pub const ARGUMENT_BYTES_MAX: usize = 256 * 1024;

/// How deep objects and arrays may stand in each other; the arguments themselves are the first level.
pub const ARGUMENT_DEPTH_MAX: usize = 64;

/// Why a text is not read as arguments. Lines and columns count from 1, columns in bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentError {
    /// Longer than [`ARGUMENT_BYTES_MAX`].
    #[error("the arguments are {length_bytes} bytes long; at most {ARGUMENT_BYTES_MAX} are allowed")]
    TooLong {
        /// The length found, in bytes.
        length_bytes: usize,
    },
    /// Deeper than [`ARGUMENT_DEPTH_MAX`].
    #[error(
        "the arguments are nested more than {ARGUMENT_DEPTH_MAX} levels deep at line {line} column {column}; give a \
         flatter value"
    )]
    TooDeep {
        /// Where the first level too many begins.
        line: usize,
        /// Where in that line.
        column: usize,
    },
    /// Nothing but white space.
    #[error("the arguments are empty at line 1 column 1; give a JSON object, {{}} when there is nothing to say")]
    Empty,
    /// No JSON text, or more than one.
    #[error("the arguments are not JSON: {reason}{hint}")]
    NotJson {
        /// What is wrong and where.
        reason: String,
        /// What to try; empty or beginning with a separator.
        hint: &'static str,
    },
    /// JSON, but no object.
    #[error("the arguments are {found} at line {line} column {column}; expected a JSON object")]
    NotAnObject {
        /// What stands there instead, in words.
        found: String,
        /// Where it begins.
        line: usize,
        /// Where in that line.
        column: usize,
    },
}

impl ArgumentError {
    /// The code of the observation: a limit or wrong arguments.
    #[must_use]
    pub const fn code(&self) -> ToolErrorCode {
        match self {
            Self::TooLong { .. } | Self::TooDeep { .. } => ToolErrorCode::Limit,
            Self::Empty | Self::NotJson { .. } | Self::NotAnObject { .. } => ToolErrorCode::InvalidArguments,
        }
    }
}

/// Reads arguments.
///
/// # Errors
/// See [`ArgumentError`]; the limits are checked before anything is built.
pub fn parse(text: &str) -> Result<Value, ArgumentError> {
    if text.len() > ARGUMENT_BYTES_MAX {
        return Err(ArgumentError::TooLong { length_bytes: text.len() });
    }
    if text.trim().is_empty() {
        return Err(ArgumentError::Empty);
    }
    if let Some(offset) = first_too_deep(text) {
        let (line, column) = position(text, offset);
        return Err(ArgumentError::TooDeep { line, column });
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Strict
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| ArgumentError::NotJson { reason: error.to_string(), hint: hint(text) })?;
    if !value.is_object() {
        let (line, column) = position(text, text.len() - text.trim_start().len());
        return Err(ArgumentError::NotAnObject { found: describe::value(&value), line, column });
    }
    Ok(value)
}

fn hint(text: &str) -> &'static str {
    if text.trim_start().starts_with("```") { "; give the JSON object alone, without a code fence" } else { "" }
}

/// The place of the first bracket that opens a level too many. A scan without recursion, so that no depth overflows.
fn first_too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (offset, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => {
                depth += 1;
                if depth > ARGUMENT_DEPTH_MAX {
                    return Some(offset);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Line and column of a byte, both from 1.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    (line, column)
}

/// Reads any JSON value but refuses an object in which a field stands twice. It also keeps fields whose names mean
/// something to the JSON library what they are: fields.
#[derive(Clone, Copy)]
struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Number::from_f64(number).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            if fields.contains_key(&name) {
                return Err(A::Error::custom(format_args!("the field {} stands twice", describe::quote(&name))));
            }
            let value = entries.next_value_seed(self)?;
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_no_object_is_refused_with_its_place() {
        let table = [
            ("", "the arguments are empty at line 1 column 1; give a JSON object, {} when there is nothing to say"),
            (" \n", "the arguments are empty at line 1 column 1; give a JSON object, {} when there is nothing to say"),
            ("null", "the arguments are null at line 1 column 1; expected a JSON object"),
            ("\n [1, 2]", "the arguments are an array of 2 items at line 2 column 2; expected a JSON object"),
            ("\"{}\"", "the arguments are the text \"{}\" at line 1 column 1; expected a JSON object"),
            ("3", "the arguments are the number 3 at line 1 column 1; expected a JSON object"),
            ("{} {}", "the arguments are not JSON: trailing characters at line 1 column 4"),
            ("{}x", "the arguments are not JSON: trailing characters at line 1 column 3"),
            ("{\"a\":", "the arguments are not JSON: EOF while parsing a value at line 1 column 5"),
            ("{\"a\":1,}", "the arguments are not JSON: trailing comma at line 1 column 8"),
            ("{a:1}", "the arguments are not JSON: key must be a string at line 1 column 2"),
            ("path=a", "the arguments are not JSON: expected value at line 1 column 1"),
            ("{\"a\":1e999}", "the arguments are not JSON: number out of range at line 1 column 10"),
            ("{\"a\":NaN}", "the arguments are not JSON: expected value at line 1 column 6"),
            (
                "```json\n{}\n```",
                "the arguments are not JSON: expected value at line 1 column 1; give the JSON object alone, without a \
                 code fence",
            ),
            ("{\"a\":1,\n\"a\":2}", "the arguments are not JSON: the field \"a\" stands twice at line 2 column 3"),
        ];
        for (text, message) in table {
            let error = parse(text).unwrap_err();
            assert_eq!(
                (error.to_string().as_str(), error.code()),
                (message, ToolErrorCode::InvalidArguments),
                "{text}"
            );
        }
    }

    #[test]
    fn limits_are_named_and_cost_nothing() {
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(10_000_000));
        let deep = format!("{{\"a\":{}", "[".repeat(100_000));
        let table = [
            (long, "the arguments are 10000008 bytes long; at most 262144 are allowed"),
            (deep, "the arguments are nested more than 64 levels deep at line 1 column 69; give a flatter value"),
        ];
        for (text, message) in table {
            let error = parse(&text).unwrap_err();
            assert_eq!((error.to_string().as_str(), error.code()), (message, ToolErrorCode::Limit));
        }
    }

    #[test]
    fn the_limits_themselves_are_allowed() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(63), "]".repeat(63));
        assert!(parse(&deep).is_ok());
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(ARGUMENT_BYTES_MAX - 8));
        assert_eq!(long.len(), ARGUMENT_BYTES_MAX);
        assert!(parse(&long).is_ok());
    }

    #[test]
    fn brackets_inside_a_text_are_no_levels() {
        let text = serde_json::to_string(&json!({ "a": format!("\\\"{}", "[{".repeat(100)) })).unwrap();
        assert!(parse(&text).is_ok());
    }

    #[test]
    fn field_names_of_the_library_are_plain_fields() {
        let text = r#"{"$serde_json::private::RawValue": "{\"path\": 1}"}"#;
        assert_eq!(parse(text).unwrap(), json!({ "$serde_json::private::RawValue": "{\"path\": 1}" }));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// Every object comes through as it is, everything else is refused.
        #[test]
        fn objects_come_through_unchanged(value in any_json()) {
            let read = parse(&value.to_string());
            if value.is_object() {
                prop_assert_eq!(read, Ok(value));
            } else {
                prop_assert!(read.is_err());
            }
        }

        /// Whatever stands there, the answer is an object or an error, never a panic.
        #[test]
        fn any_text_is_answered(text in "[\\[\\]{}\":,\\\\a-c0-9 \n]{0,40}") {
            if let Ok(value) = parse(&text) {
                prop_assert!(value.is_object());
                prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
            }
        }
    }
}
