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

use std::sync::Arc;

use moot_core::{
    ActorPath, Assignment, Limit, ModelDelta, ModelFailure, ModelReply, Outcome, Text, ToolCall, ToolResult, Transcript,
};
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
    /// A piece of the reply to the last [`TurnEffect::AskModel`] came. Pieces of text are kept until the reply or the
    /// failure comes; if the assignment is called off before, they enter the transcript as what the model said. Pieces
    /// of tool calls are not kept: half a call can't be answered.
    Streamed(ModelDelta),
    /// The attempt that pieces came from has failed and another one is made: the pieces are forgotten.
    StreamFailed,
    /// Before asking the model, the body compacted the transcript to this one. The numbers of model calls go on,
    /// nothing is asked again: the body goes on to carry out its [`TurnEffect::AskModel`]. Ignored while no model call
    /// is wanted, and when tool calls are open in it.
    Compacted(Arc<Transcript>),
    /// A tool call ended, in any order among the open ones.
    ToolReturned(ToolResult),
    /// Something to be read with the model call that is about to be made: it enters the transcript at once. Ignored in
    /// every other state.
    Annotated {
        /// Who says it.
        from: ActorPath,
        /// What.
        text: Text,
    },
    /// Somebody of the team said something. The agent reads it before its next model call. If the model answers while
    /// such a message waits, the answer is not the end: the agent reads the messages and the model is asked again,
    /// which counts as a turn. When a limit forbids that, the answer stands, and the messages wait for the next
    /// assignment, as they do while nothing is assigned.
    Told {
        /// Who.
        from: ActorPath,
        /// What.
        text: Text,
    },
    /// The answer that the assignment just ended with was not enough: the agent reads this and goes on with the same
    /// assignment, which then ends once more. Ignored, so that the answer stands, when the assignment did not end with
    /// an answer, at the limit of turns or tokens, and after [`send_on_max`](crate::TurnOptions::send_on_max) times.
    SentOn {
        /// What is missing.
        text: Text,
    },
    /// The assignment is called off.
    Cancelled {
        /// Why or by whom.
        reason: Text,
    },
    /// A limit that the turn does not keep count of (a budget, a deadline) is reached: the assignment ends as
    /// exhausted.
    Exhausted {
        /// Which one.
        limit: Limit,
    },
    /// The open tool calls were withdrawn. Each will have its result; with the last one the assignment ends so. Ignored
    /// while no call is open.
    Concluding {
        /// How it ends.
        outcome: Outcome,
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
    /// The assignment ended; the last effect of every assignment, unless it is [sent on](TurnInput::SentOn).
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
