//! What a model says instead of what it wanted to say: tool calls that are wrong, or one call over and over.
//!
//! It must not know which tools there are.
//!
//! ```
//! use moot_core::{ModelReply, ToolCall};
//! use moot_safety::fault::{CallFault, ReplyFault};
//!
//! let call = ToolCall { id: "c1".into(), name: "read_file".into(), arguments: r#"{"path":"a.txt"}"#.into() };
//! let fault = ReplyFault::Calls { fault: CallFault::WrongTypes, calls: 1 };
//! let reply = fault.apply(ModelReply::calls(vec![call]));
//! assert_eq!(&*reply.tool_calls[0].arguments, r#"{"path":5}"#);
//! ```

use moot_core::{ModelReply, StopReason, Text, ToolCall};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The argument that no tool has.
const IMAGINED_ARGUMENT: &str = "imagined_argument";

/// What a reply says instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyFault {
    /// Its tool calls are wrong. A reply that calls no tool stays as it is.
    Calls {
        /// How.
        fault: CallFault,
        /// How many calls [`CallFault::ManyCalls`] makes.
        calls: u32,
    },
    /// It makes this call, whatever it wanted.
    Repeat {
        /// The call.
        call: ToolCall,
    },
}

/// How tool calls are wrong. Unless it says otherwise it is the first call of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallFault {
    /// It calls a tool that does not exist.
    UnknownTool,
    /// Every argument has another type than it should have.
    WrongTypes,
    /// It has no arguments.
    MissingArguments,
    /// It has an argument that no tool has.
    ExtraArguments,
    /// Its arguments are no JSON: the last character is missing.
    BrokenJson,
    /// Another call has its id: the second one, or a copy when there is one call only.
    DuplicateIds,
    /// Its id is empty.
    EmptyId,
    /// It is made many times at once, each time with an id of its own.
    ManyCalls,
}

impl CallFault {
    /// Every form.
    pub const ALL: [Self; 8] = [
        Self::UnknownTool,
        Self::WrongTypes,
        Self::MissingArguments,
        Self::ExtraArguments,
        Self::BrokenJson,
        Self::DuplicateIds,
        Self::EmptyId,
        Self::ManyCalls,
    ];

    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownTool => "unknown_tool",
            Self::WrongTypes => "wrong_types",
            Self::MissingArguments => "missing_arguments",
            Self::ExtraArguments => "extra_arguments",
            Self::BrokenJson => "broken_json",
            Self::DuplicateIds => "duplicate_ids",
            Self::EmptyId => "empty_id",
            Self::ManyCalls => "many_calls",
        }
    }
}

impl ReplyFault {
    /// What comes in place of the reply. Its text, usage and latency stay.
    #[must_use]
    pub fn apply(&self, reply: ModelReply) -> ModelReply {
        match self {
            Self::Calls { fault, calls } => {
                let mut reply = reply;
                fault.spoil(&mut reply.tool_calls, *calls);
                reply
            }
            Self::Repeat { call } => {
                ModelReply { tool_calls: vec![call.clone()], stop: StopReason::ToolCalls, ..reply }
            }
        }
    }
}

impl CallFault {
    fn spoil(self, calls: &mut Vec<ToolCall>, amount: u32) {
        let Some(first) = calls.first_mut() else { return };
        match self {
            Self::UnknownTool => first.name = format!("imagined_{}", first.name).into(),
            Self::WrongTypes => first.arguments = changed(&first.arguments, wrong_types),
            Self::MissingArguments => first.arguments = "{}".into(),
            Self::ExtraArguments => first.arguments = changed(&first.arguments, with_extra),
            Self::BrokenJson => first.arguments = without_last(&first.arguments).into(),
            Self::EmptyId => first.id = "".into(),
            Self::DuplicateIds => {
                let first = first.clone();
                match calls.get_mut(1) {
                    Some(second) => second.id = first.id,
                    None => calls.push(first),
                }
            }
            Self::ManyCalls => {
                let first = first.clone();
                for number in calls.len()..amount as usize {
                    calls.push(ToolCall { id: format!("{}-copy-{number}", first.id).into(), ..first.clone() });
                }
            }
        }
    }
}

/// The arguments with their object changed; those that are no object become a list.
fn changed(arguments: &str, change: impl Fn(Map<String, Value>) -> Map<String, Value>) -> Text {
    match serde_json::from_str(arguments) {
        Ok(Value::Object(members)) => Value::Object(change(members)).to_string().into(),
        _ => "[]".into(),
    }
}

fn wrong_types(members: Map<String, Value>) -> Map<String, Value> {
    let wrong = |value: Value| match value {
        Value::String(text) => json!(text.chars().count()),
        Value::Number(number) => json!(number.to_string()),
        Value::Bool(flag) => json!(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => json!("imagined"),
    };
    members.into_iter().map(|(name, value)| (name, wrong(value))).collect()
}

fn with_extra(mut members: Map<String, Value>) -> Map<String, Value> {
    members.insert(IMAGINED_ARGUMENT.to_owned(), Value::Bool(true));
    members
}

fn without_last(text: &str) -> &str {
    let mut characters = text.chars();
    characters.next_back();
    characters.as_str()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn call(id: &str, arguments: &str) -> ToolCall {
        ToolCall { id: id.into(), name: "look".into(), arguments: arguments.into() }
    }

    fn spoiled(fault: CallFault, calls: &[ToolCall]) -> Vec<ToolCall> {
        ReplyFault::Calls { fault, calls: 5 }.apply(ModelReply::calls(calls.to_vec())).tool_calls
    }

    #[test]
    fn each_form_is_wrong_in_its_own_way() {
        let one = [call("c", r#"{"at":"aé","deep":{"x":1},"n":2,"on":true}"#)];
        let arguments = |fault| spoiled(fault, &one)[0].arguments.to_string();
        assert_eq!(&*spoiled(CallFault::UnknownTool, &one)[0].name, "imagined_look");
        assert_eq!(arguments(CallFault::WrongTypes), r#"{"at":2,"deep":"imagined","n":"2","on":"true"}"#);
        assert_eq!(arguments(CallFault::MissingArguments), "{}");
        assert_eq!(
            arguments(CallFault::ExtraArguments),
            r#"{"at":"aé","deep":{"x":1},"imagined_argument":true,"n":2,"on":true}"#
        );
        assert!(serde_json::from_str::<Value>(&arguments(CallFault::BrokenJson)).is_err());
        assert_eq!(&*spoiled(CallFault::EmptyId, &one)[0].id, "");
        assert_eq!(spoiled(CallFault::WrongTypes, &[call("c", "no JSON")])[0].arguments, "[]".into());
    }

    #[test]
    fn ids_are_doubled_and_calls_multiplied() {
        let ids = |fault, calls: &[ToolCall]| -> Vec<String> {
            spoiled(fault, calls).into_iter().map(|call| call.id.to_string()).collect()
        };
        let (one, two) = ([call("c", "{}")], [call("c", "{}"), call("d", "{}")]);
        assert_eq!(ids(CallFault::DuplicateIds, &one), ["c", "c"]);
        assert_eq!(ids(CallFault::DuplicateIds, &two), ["c", "c"]);
        assert_eq!(ids(CallFault::ManyCalls, &two), ["c", "d", "c-copy-2", "c-copy-3", "c-copy-4"]);
    }

    #[test]
    fn a_reply_without_calls_stays_unless_it_is_to_repeat_one() {
        for fault in CallFault::ALL {
            let reply = ReplyFault::Calls { fault, calls: 5 }.apply(ModelReply::text("A"));
            assert_eq!(reply, ModelReply::text("A"), "{fault:?}");
        }
        let repeated = ReplyFault::Repeat { call: call("r", "{}") }.apply(ModelReply::text("A"));
        assert_eq!(repeated, ModelReply { text: "A".into(), ..ModelReply::calls(vec![call("r", "{}")]) });
    }
}
