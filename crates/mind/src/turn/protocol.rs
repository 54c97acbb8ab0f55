//! What goes into a turn and what comes out of it.
//!
//! This module must not know how a turn decides.
//!
//! ```
//! use moot_mind::{TurnEffect, TurnInput};
//!
//! let input: TurnInput = serde_json::from_str(r#"{ "cancelled": { "reason": "enough" } }"#).unwrap();
//! assert_eq!(input, TurnInput::Cancelled { reason: "enough".into() });
//! assert_eq!(serde_json::to_string(&TurnEffect::AskModel { call: 2 }).unwrap(), r#"{"ask_model":{"call":2}}"#);
//! ```

use moot_core::{Assignment, ModelFailure, ModelReply, Outcome, Text, ToolCall, ToolResult};
use serde::{Deserialize, Serialize};

/// What a turn is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnInput {
    /// Something is to be done: the task, or something further for the same task. The transcript and the call numbers
    /// go on; the counts of turns and of repeated failing calls start anew. Ignored while an assignment is open: the
    /// body keeps it back until [`TurnEffect::Finish`].
    Assigned(Assignment),
    /// The model replied to the last [`TurnEffect::AskModel`]. The body drops replies to earlier ones.
    ModelReplied(ModelReply),
    /// The last [`TurnEffect::AskModel`] gave no reply, and no further attempt will be made.
    ModelFailed(ModelFailure),
    /// A tool call ended, in any order among the open ones.
    ToolReturned(ToolResult),
    /// The assignment is called off.
    Cancelled {
        /// Why or by whom.
        reason: Text,
    },
    /// The agent was rebuilt after a failure; what it was waiting for may be lost.
    Restarted,
}

/// What a turn wants done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnEffect {
    /// Show the transcript to the model.
    AskModel {
        /// The number of the model call within the task, from 0 without gaps. It comes twice only when a restart asks
        /// again what was not answered.
        call: u32,
    },
    /// Run a tool. The call's id is unique in the transcript.
    CallTool(ToolCall),
    /// The assignment ended; the last effect of every assignment.
    Finish(Outcome),
}

/// What a turn waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// For an assignment.
    Nothing,
    /// For the model's reply or failure.
    Model,
    /// For the results of so many tool calls.
    Tools(u32),
}
