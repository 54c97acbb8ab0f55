//! A tool gives an error in place of its result and does nothing (F2).
//!
//! It must not know what a tool does.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "tool_error": { "tool": "web_search", "code": "limit", "message": "try again tomorrow" } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use moot_core::ToolErrorCode;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, anywhere, in_words, is_call};
use crate::fault::{FaultAction, OptionProblem, Site, SiteKind, ToolFault, WhenOptions};

/// A tool gives an error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolErrorOptions {
    /// Which tools, by name: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub tool: String,
    /// Whose calls, by path: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub agent: String,
    /// What kind of error; default `failed`.
    #[serde(default = "failed")]
    #[schemars(schema_with = "codes")]
    pub code: ToolErrorCode,
    /// What the model reads; default `the tool failed`.
    #[serde(default = "the_tool_failed")]
    pub message: String,
    /// When and how often; default at every call.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

/// The errors that a tool gives itself.
const CODES: [ToolErrorCode; 5] = [
    ToolErrorCode::NotFound,
    ToolErrorCode::Conflict,
    ToolErrorCode::Limit,
    ToolErrorCode::Denied,
    ToolErrorCode::Failed,
];

const fn failed() -> ToolErrorCode {
    ToolErrorCode::Failed
}

fn the_tool_failed() -> String {
    "the tool failed".to_owned()
}

fn codes(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": CODES.map(ToolErrorCode::as_str) })
}

impl DescribesFault for ToolErrorOptions {
    fn number(&self) -> u8 {
        2
    }

    fn when(&self) -> &WhenOptions {
        &self.when
    }

    fn places(&self) -> Vec<Place<'_>> {
        Place::of_tool(&self.tool, &self.agent)
    }

    fn own_problems(&self) -> Vec<OptionProblem> {
        let is_known = CODES.contains(&self.code);
        let message = || {
            let names = CODES.map(ToolErrorCode::as_str).join(", ");
            OptionProblem::new(
                "code",
                format!("{} is for the runtime to give; allowed are {names}", self.code.as_str()),
            )
        };
        (!is_known).then(message).into_iter().collect()
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::ToolCall]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        is_call(site, &self.tool, &self.agent)
    }

    fn effect(&self, site: &Site<'_>, _: Context) -> Effect {
        let code = self.code;
        let text = format!("{} gives the error {}: {}", in_words(site), code.as_str(), self.message);
        let message = self.message.as_str().into();
        Effect { form: code.as_str(), text, action: FaultAction::Tool(ToolFault::Error { code, message }) }
    }
}
