//! JSON and the tree: lines of a file with tasks become trees, and a tree is written as JSON or YAML.
//!
//! Every part of what is read stands at one place, as a place within a line is not needed. A key that stands twice is an
//! error, and keys keep their order. This module must not know what the values mean.
//!
//! ```
//! use moot_scenario::source::Mark;
//! use moot_scenario::tree::json;
//!
//! let node = json::parse("{ \"answer\": 5 }", Mark::default()).unwrap();
//! assert_eq!(node.entry("answer").unwrap().node.describe(), "the number 5");
//! assert_eq!(serde_json::to_string(&node).unwrap(), "{\"answer\":5}");
//! assert!(json::parse("{ \"a\": 1, \"a\": 2 }", Mark::default()).is_err());
//! ```

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use super::{Entry, Node, Number, Value};
use crate::source::Mark;

/// Reads one JSON value.
///
/// # Errors
/// When the text is not JSON, goes on behind the value, or holds a key twice in one map.
pub fn parse(text: &str, mark: Mark) -> Result<Node, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let node = Located(mark).deserialize(&mut deserializer)?;
    deserializer.end().map(|()| node)
}

/// A value that was read already as a node.
#[must_use]
pub fn node(json: &Json, mark: Mark) -> Node {
    let value = match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::String(text) => Value::Text(text.clone()),
        Json::Number(number) => {
            let kind = match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => Number::Unsigned(number),
                (_, Some(number)) => Number::Signed(number),
                _ => Number::Float(number.as_f64().unwrap_or(f64::NAN)),
            };
            Value::Number(kind, number.to_string())
        }
        Json::Array(items) => Value::List(items.iter().map(|item| node(item, mark)).collect()),
        Json::Object(entries) => Value::Map(
            entries
                .iter()
                .map(|(key, value)| Entry { key: key.clone(), key_mark: mark, node: node(value, mark) })
                .collect(),
        ),
    };
    Node { mark, value }
}

/// Reads a node whose parts all stand at one place.
#[derive(Clone, Copy)]
struct Located(Mark);

impl<'de> DeserializeSeed<'de> for Located {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        let value = deserializer.deserialize_any(self)?;
        Ok(Node { mark: self.0, value })
    }
}

impl<'de> Visitor<'de> for Located {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(Number::Unsigned(number), number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(Number::Signed(number), number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(node(&Json::from(number), self.0).value)
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        let mut seen = BTreeSet::new();
        while let Some(key) = access.next_key::<String>()? {
            if !seen.insert(key.clone()) {
                return Err(A::Error::custom(format!("the key `{key}` stands twice in one map")));
            }
            entries.push(Entry { key, key_mark: self.0, node: access.next_value_seed(self)? });
        }
        Ok(Value::Map(entries))
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(Number::Unsigned(number), _) => serializer.serialize_u64(*number),
            Value::Number(Number::Signed(number), _) => serializer.serialize_i64(*number),
            Value::Number(Number::Float(number), _) => serializer.serialize_f64(*number),
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(items) => {
                let mut sequence = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| sequence.serialize_element(item))?;
                sequence.end()
            }
            Value::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                entries.iter().try_for_each(|entry| map.serialize_entry(&entry.key, &entry.node))?;
                map.end()
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_again_in_its_order() {
        for text in [r#"{"b":1,"a":[-2,1.5,true,null,"x"],"c":{}}"#, "[]", "\"\\u0000\"", "18446744073709551615"] {
            let node = parse(text, Mark::default()).unwrap();
            assert_eq!(serde_json::to_string(&node).unwrap(), text);
        }
    }

    #[test]
    fn a_value_read_either_way_is_the_same() {
        let text = r#"{"a":[1,-1,0.25,1e300,18446744073709551616],"b":"x"}"#;
        assert_eq!(parse(text, Mark::default()).unwrap(), node(&serde_json::from_str(text).unwrap(), Mark::default()));
    }

    #[test]
    fn wrong_json_is_refused() {
        for (text, message) in [
            (r#"{"a":1,"a":1}"#, "the key `a` stands twice in one map"),
            (r#"[{"x":{"b":1,"b":2}}]"#, "the key `b` stands twice in one map"),
            ("{} {}", "trailing characters"),
            ("", "EOF while parsing a value"),
            (&"[".repeat(1_000), "recursion limit exceeded"),
        ] {
            let error = parse(text, Mark::default()).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }
}
