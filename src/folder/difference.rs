//! Where two JSON values differ, in words that name the place.
//!
//! It must not know what the values mean.
//!
//! ```
//! use folkmoot::folder::differences;
//! use serde_json::json;
//!
//! let (before, now) = (json!({ "a": { "seed": 1, "b": [1] } }), json!({ "a": { "seed": 2, "b": [1, 3] } }));
//! assert_eq!(differences(&before, &now), ["a.b[1]: nothing before, now 3", "a.seed: before 1, now 2"]);
//! ```

use std::collections::BTreeSet;

use serde_json::Value;

/// How long a value is shown.
const SHOWN_CHARACTERS_MAX: usize = 80;

/// Every place where the values differ, in the order of the places.
#[must_use]
pub fn differences(before: &Value, now: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk("", Some(before), Some(now), &mut found);
    found
}

fn walk(place: &str, before: Option<&Value>, now: Option<&Value>, found: &mut Vec<String>) {
    match (before, now) {
        (Some(before), Some(now)) if before == now => {}
        (Some(Value::Object(before)), Some(Value::Object(now))) => {
            let keys: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
            for key in keys {
                let inner = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
                walk(&inner, before.get(key), now.get(key), found);
            }
        }
        (Some(Value::Array(before)), Some(Value::Array(now))) => {
            for index in 0..before.len().max(now.len()) {
                walk(&format!("{place}[{index}]"), before.get(index), now.get(index), found);
            }
        }
        (None, Some(now)) => found.push(format!("{place}: nothing before, now {}", shown(now))),
        (Some(before), None) => found.push(format!("{place}: before {}, now nothing", shown(before))),
        (Some(before), Some(now)) => found.push(format!("{place}: before {}, now {}", shown(before), shown(now))),
        (None, None) => {}
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN_CHARACTERS_MAX) {
        None => text,
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}
