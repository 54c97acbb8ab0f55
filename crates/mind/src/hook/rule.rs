//! What a rule answers.
//!
//! A rule that can't do what it says denies. This module must not know whether a hook applies.
//!
//! ```
//! use moot_core::{HookEvent, HookVerdict};
//! use moot_mind::hook::{HookOptions, HookQuestion, Hooks};
//!
//! let json = r#"{ "on": "before_tool_call", "then": { "rule": { "rewrite": { "/path": "b.txt" } } } }"#;
//! let hooks = Hooks::compile(vec![("hooks[0]".into(), serde_json::from_str(json).unwrap())]).unwrap();
//! let arguments = serde_json::json!({ "path": "a.txt" });
//! let question = HookQuestion { arguments: Some(&arguments), ..HookQuestion::at(HookEvent::BeforeToolCall, "clerk") };
//! assert_eq!(hooks.rule_answer(0, &question), HookVerdict::Rewrite(r#"{"path":"b.txt"}"#.into()));
//! ```

use std::collections::BTreeMap;

use moot_core::{HookEvent, HookVerdict};
use regex::{NoExpand, Regex};
use serde_json::Value;

use super::options::HookRuleOptions;
use super::question::HookQuestion;

/// The verdict of a rule. `replaced` is what a `replace` rule looks for.
pub(super) fn answer(rule: &HookRuleOptions, replaced: Option<&Regex>, question: &HookQuestion<'_>) -> HookVerdict {
    match rule {
        HookRuleOptions::Allow => HookVerdict::Allow,
        HookRuleOptions::Deny(text) => HookVerdict::Deny(text.as_str().into()),
        HookRuleOptions::Ask(text) => HookVerdict::Ask(text.as_str().into()),
        HookRuleOptions::Annotate(text) => HookVerdict::Annotate(text.as_str().into()),
        HookRuleOptions::SendOn(text) => HookVerdict::SendOn(text.as_str().into()),
        HookRuleOptions::Rewrite(values) => rewrite(values, question.arguments),
        HookRuleOptions::Replace(replace) => match replaced {
            Some(matching) => match matching.replace_all(question.text, NoExpand(&replace.with)) {
                std::borrow::Cow::Borrowed(_) => HookVerdict::Allow,
                std::borrow::Cow::Owned(content) => HookVerdict::Rewrite(content.into()),
            },
            None => HookVerdict::Deny("the hook does not know what to replace".into()),
        },
        // Counting must not approve in the place of a person.
        HookRuleOptions::Count(_) if question.event == HookEvent::PermissionAsked => HookVerdict::Ask("counted".into()),
        HookRuleOptions::Count(_) => HookVerdict::Allow,
    }
}

fn rewrite(values: &BTreeMap<String, Value>, arguments: Option<&Value>) -> HookVerdict {
    let Some(arguments) = arguments else { return HookVerdict::Deny("there are no arguments to rewrite".into()) };
    let mut rewritten = arguments.clone();
    for (pointer, value) in values {
        if !put(&mut rewritten, pointer, value) {
            let message =
                format!("the hook's rewrite has no place: the arguments hold nothing that {pointer:?} could be in");
            return HookVerdict::Deny(message.into());
        }
    }
    if rewritten == *arguments {
        return HookVerdict::Allow;
    }
    HookVerdict::Rewrite(rewritten.to_string().into())
}

/// Puts a value at a JSON pointer (RFC 6901), whose last step may name a new key of an object; false when the place it
/// is in does not exist.
fn put(root: &mut Value, pointer: &str, value: &Value) -> bool {
    let Some((parent, last)) = pointer.rsplit_once('/') else { return false };
    match root.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            // The order of the two matters: `~01` is `~1`, not `/`.
            members.insert(last.replace("~1", "/").replace("~0", "~"), value.clone());
            true
        }
        Some(array @ Value::Array(_)) => match array.pointer_mut(&format!("/{last}")) {
            Some(item) => {
                *item = value.clone();
                true
            }
            None => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pointer_finds_its_place_or_none() {
        let start = json!({ "a": { "b": [1, 2] }, "m/n": 0, "t~1": 0 });
        for (pointer, expected) in [
            ("/c", Some(json!({ "a": { "b": [1, 2] }, "c": 9, "m/n": 0, "t~1": 0 }))),
            ("/a", Some(json!({ "a": 9, "m/n": 0, "t~1": 0 }))),
            ("/a/b/1", Some(json!({ "a": { "b": [1, 9] }, "m/n": 0, "t~1": 0 }))),
            ("/m~1n", Some(json!({ "a": { "b": [1, 2] }, "m/n": 9, "t~1": 0 }))),
            ("/t~01", Some(json!({ "a": { "b": [1, 2] }, "m/n": 0, "t~1": 9 }))),
            ("/a/b/2", None),
            ("/a/b/-", None),
            ("/x/y", None),
            ("/m~1n/k", None),
            ("c", None),
            ("", None),
        ] {
            let mut root = start.clone();
            let put = put(&mut root, pointer, &json!(9));
            assert_eq!(put.then_some(root), expected, "{pointer}");
        }
    }
}
