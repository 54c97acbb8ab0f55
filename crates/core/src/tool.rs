//! Tool calls as the model writes them, their results, and what a tool says of itself.
//!
//! Arguments stay the JSON text that the model wrote: what can't be parsed is told to the model, never read as `{}`.
//!
//! ```
//! use moot_core::{ToolCall, ToolErrorCode, ToolResult};
//!
//! let call = ToolCall { id: "c1".into(), name: "read_file".into(), arguments: r#"{"path":"a.txt"}"#.into() };
//! let result = ToolResult::error(&call, ToolErrorCode::NotFound, "there is no file a.txt");
//! assert!(result.is_error());
//! assert_eq!(result.call_id, call.id);
//! ```

use serde::{Deserialize, Serialize};

use crate::Text;

/// A call of a tool, as a model asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// What the result refers to; unique within its assistant turn.
    pub id: Text,
    /// The name of the tool.
    pub name: Text,
    /// The arguments as JSON text, unchecked.
    pub arguments: Text,
}

/// The one result of one tool call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolResult {
    /// The `id` of the call that this answers.
    pub call_id: Text,
    /// What the model reads.
    pub content: Text,
    /// What kind of error this is; `None` for a success.
    pub error: Option<ToolErrorCode>,
}

/// What kind of error a tool call ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolErrorCode {
    /// No tool has this name.
    UnknownTool,
    /// The arguments are not JSON or do not fit the tool's schema.
    InvalidArguments,
    /// What was asked for does not exist.
    NotFound,
    /// What was asked for contradicts what is there.
    Conflict,
    /// A documented limit was passed.
    Limit,
    /// A policy or a port refused the call.
    Denied,
    /// The tool did its work and failed.
    Failed,
    /// The tool panicked and was started anew.
    Crashed,
    /// No result came before the deadline.
    TimedOut,
    /// The call was cancelled before it had a result.
    Cancelled,
    /// The agent was restarted while the call was open: whether it took effect is not known.
    Unknown,
}

impl ToolErrorCode {
    /// The name used in files and observations.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownTool => "unknown_tool",
            Self::InvalidArguments => "invalid_arguments",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Limit => "limit",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::Crashed => "crashed",
            Self::TimedOut => "timed_out",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }
}

/// What a tool can do to the world; permissions are decided by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolEffect {
    /// It only looks.
    Read,
    /// It changes stored state.
    Write,
    /// It runs a program.
    Execute,
    /// It talks to other machines.
    Network,
    /// It starts other agents.
    Spawn,
}

/// What a tool says of itself to a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// The name a model calls it by.
    pub name: Text,
    /// What it does, for the model.
    pub description: Text,
    /// The JSON Schema of its arguments.
    pub schema: serde_json::Value,
    /// What it can do to the world.
    pub effect: ToolEffect,
}

impl ToolResult {
    /// A success.
    #[must_use]
    pub fn success(call: &ToolCall, content: impl Into<Text>) -> Self {
        Self { call_id: call.id.clone(), content: content.into(), error: None }
    }

    /// An error, which the model reads as an observation.
    #[must_use]
    pub fn error(call: &ToolCall, code: ToolErrorCode, content: impl Into<Text>) -> Self {
        Self { call_id: call.id.clone(), content: content.into(), error: Some(code) }
    }

    /// Whether the call ended with an error.
    #[must_use]
    pub const fn is_error(&self) -> bool {
        self.error.is_some()
    }
}
