//! One map laid over another.
//!
//! As JSON Merge Patch (RFC 7396) has it: maps are merged key by key, `null` takes a key away, everything else replaces
//! what was there. This module must not know what the maps mean, except for the keys that it is told to replace whole.
//!
//! ```
//! use moot_scenario::source::Sources;
//! use moot_scenario::tree::{merge, yaml};
//!
//! let parse = |text| yaml::parse(&Sources::new("a.yaml", text), 0).unwrap();
//! let mut base = parse("a: { b: 1, c: 2 }\nlist: [1]");
//! merge::over(&mut base, &parse("a: { b: 3, c: ~ }\nlist: [2, 3]"), &[]);
//! assert_eq!(base.entry("a").unwrap().node.entry("b").unwrap().node.describe(), "the number 3");
//! assert!(base.entry("a").unwrap().node.entry("c").is_none());
//! ```

use super::{Entry, Node, Value};

/// Lays a node over another. The keys in `whole` are replaced at the top level, not merged.
pub fn over(base: &mut Node, patch: &Node, whole: &[&str]) {
    let Value::Map(changes) = &patch.value else {
        *base = patch.clone();
        return;
    };
    if !matches!(base.value, Value::Map(_)) {
        *base = Node { mark: patch.mark, value: Value::Map(Vec::new()) };
    }
    let Value::Map(entries) = &mut base.value else { return };
    for change in changes {
        let found = entries.iter().position(|entry| entry.key == change.key);
        if change.node.value == Value::Null {
            if let Some(index) = found {
                entries.remove(index);
            }
            continue;
        }
        match found.and_then(|index| entries.get_mut(index)) {
            Some(entry) if !whole.contains(&change.key.as_str()) => {
                // A problem with a merged map is best shown where it was changed.
                entry.key_mark = change.key_mark;
                over(&mut entry.node, &change.node, &[]);
            }
            Some(entry) => *entry = change.clone(),
            None => {
                // What is new may itself hold `null` for keys that are not there.
                let mut node = Node { mark: change.node.mark, value: Value::Null };
                over(&mut node, &change.node, &[]);
                entries.push(Entry { key: change.key.clone(), key_mark: change.key_mark, node });
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::source::Mark;
    use crate::tree::json;

    fn node(text: &str) -> Node {
        json::node(&serde_json::from_str(text).unwrap(), Mark::default())
    }

    #[test]
    fn the_rows_of_rfc_7396() {
        for (base, patch, merged) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, r#"{}"#),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"{}"#, r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        ] {
            let mut found = node(base);
            over(&mut found, &node(patch), &[]);
            assert_eq!(found, node(merged), "{base} + {patch}");
        }
    }

    #[test]
    fn some_keys_are_replaced_whole() {
        let mut found = node(r#"{"tasks":{"generate":1,"at_once":2},"x":{"a":1}}"#);
        over(&mut found, &node(r#"{"tasks":{"list":[]},"x":{"b":2}}"#), &["tasks"]);
        assert_eq!(found, node(r#"{"tasks":{"list":[]},"x":{"a":1,"b":2}}"#));
    }
}
