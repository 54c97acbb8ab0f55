//! A model makes the same failing call again and again, from one reply on (F17).
//!
//! It must not know who stops it.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "repeat_call": { "agent": "clerk", "tool": "read_file", "arguments": { "path": "no/such/file" } } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use moot_core::ToolCall;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Context, DescribesFault, Effect, Place, anywhere, in_words, is_reply};
use crate::fault::{FaultAction, OptionProblem, ReplyFault, Site, SiteKind, WhenOptions};

/// A model makes the same call again and again, from one reply on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RepeatCallOptions {
    /// Which models, by name: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub model: String,
    /// Which agents' calls, by path: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub agent: String,
    /// The tool that it calls; default `imagined_tool`, which does not exist, so that every call fails.
    #[serde(default = "imagined_tool")]
    pub tool: String,
    /// The arguments; none unless given.
    #[serde(default = "no_arguments")]
    pub arguments: Value,
    /// When it begins with an agent; from then on it goes on until `until`, `most` or `most_per_place`. Default at once.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

fn imagined_tool() -> String {
    "imagined_tool".to_owned()
}

fn no_arguments() -> Value {
    Value::Object(Map::new())
}

impl DescribesFault for RepeatCallOptions {
    fn number(&self) -> u8 {
        17
    }

    fn when(&self) -> &WhenOptions {
        &self.when
    }

    fn places(&self) -> Vec<Place<'_>> {
        Place::of_model(&self.model, &self.agent)
    }

    fn own_problems(&self) -> Vec<OptionProblem> {
        let empty = || OptionProblem::new("tool", "the name is empty; write one, or leave it out");
        self.tool.trim().is_empty().then(empty).into_iter().collect()
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::ModelReply]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        is_reply(site, &self.model, &self.agent)
    }

    fn lasts(&self) -> bool {
        true
    }

    fn effect(&self, site: &Site<'_>, context: Context) -> Effect {
        let call = ToolCall {
            id: format!("fault-{}", context.visit).into(),
            name: self.tool.as_str().into(),
            arguments: self.arguments.to_string().into(),
        };
        let text = format!("{} becomes a call of {} with {}", in_words(site), call.name, call.arguments);
        Effect::plain(text, FaultAction::Reply(ReplyFault::Repeat { call }))
    }
}
