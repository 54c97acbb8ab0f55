//! Writes a JSON value as YAML that people can read: what a campaign has generated is a scenario file.
//!
//! Maps and lists stand in blocks, short ones in one line, texts in double quotes. This module must not know scenarios.
//!
//! ```
//! use moot_campaign::yaml;
//!
//! let value = serde_json::json!({ "name": "x", "steps": [{ "say": "a\nb" }, 3] });
//! assert_eq!(yaml::write(&value), "\"name\": \"x\"\n\"steps\": [{\"say\":\"a\\nb\"},3]\n");
//! ```

use serde_json::Value;

/// What fits into one line.
const LINE_MAX: usize = 100;

/// The value as YAML.
#[must_use]
pub fn write(value: &Value) -> String {
    let mut text = String::new();
    block(value, 0, &mut text);
    text
}

fn block(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                push_indent(indent, text);
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                entry(value, indent + 2, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                push_indent(indent, text);
                text.push('-');
                entry(item, indent + 2, text);
            }
        }
        other => {
            push_indent(indent, text);
            text.push_str(&other.to_string());
            text.push('\n');
        }
    }
}

/// What stands behind a key or a dash: in the same line where it fits, because JSON is YAML too.
fn entry(value: &Value, indent: usize, text: &mut String) {
    let line = value.to_string();
    if line.len() + indent <= LINE_MAX || !(value.is_object() || value.is_array()) {
        text.push(' ');
        text.push_str(&line);
        text.push('\n');
    } else {
        text.push('\n');
        block(value, indent, text);
    }
}

fn push_indent(indent: usize, text: &mut String) {
    text.extend(std::iter::repeat_n(' ', indent));
}
