//! From a JSON value to the tree, every part of which stands at one place.
//!
//! For lines of a file with tasks, where a place within the line is not needed.
//!
//! ```
//! use moot_scenario::source::Mark;
//! use moot_scenario::tree::json;
//!
//! let node = json::node(&serde_json::json!({ "answer": 5 }), Mark::default());
//! assert_eq!(node.entry("answer").unwrap().node.describe(), "the number 5");
//! ```

use serde_json::Value as Json;

use super::{Entry, Node, Number, Value};
use crate::source::Mark;

/// The value as a node.
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
