//! What a model call gives back: a reply or a named failure.
//!
//! This module must not know how a model is asked; that is the room `moot-model`.
//!
//! ```
//! use moot_core::{ModelReply, StopReason};
//!
//! let reply = ModelReply::text("A");
//! assert_eq!(reply.stop, StopReason::End);
//! assert!(reply.usage.is_none(), "unknown usage is not zero usage");
//! ```

use serde::{Deserialize, Serialize};

use crate::{Text, ToolCall, Usage, VirtualDuration, WireFailure};

/// What a model answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelReply {
    /// The text; empty when the reply only calls tools.
    pub text: Text,
    /// The tools it asks for, in order.
    pub tool_calls: Vec<ToolCall>,
    /// The tokens it took; `None` when nobody said.
    pub usage: Option<Usage>,
    /// Why the model stopped.
    pub stop: StopReason,
    /// How long the call takes in virtual time.
    pub latency: VirtualDuration,
}

/// Why a model stopped writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// It had said what it wanted.
    End,
    /// It wants tools to be called.
    ToolCalls,
    /// It ran into the limit of output tokens.
    Length,
}

/// Why a model call gave no reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("the model call failed ({kind}): {message}", kind = kind.as_str())]
pub struct ModelFailure {
    /// What kind of failure.
    pub kind: ModelFailureKind,
    /// What was wrong, in words.
    pub message: Text,
    /// The tokens it took all the same; `None` when nobody said.
    pub usage: Option<Usage>,
    /// How long it takes in virtual time until the failure is known.
    pub latency: VirtualDuration,
    /// What came back on the wire, when the failure came over one.
    #[serde(default)]
    pub wire: Option<Box<WireFailure>>,
}

/// The kinds of failure of a model call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelFailureKind {
    /// The provider asks to slow down.
    RateLimited,
    /// The provider is overloaded.
    Overloaded,
    /// The provider failed on its side.
    ServerError,
    /// No answer came in time.
    Timeout,
    /// The connection could not be made or broke.
    Connection,
    /// The answer could not be understood.
    MalformedReply,
    /// The model refuses the content.
    Refused,
    /// The request is longer than the model's context.
    ContextTooLong,
    /// The request is wrong in itself.
    InvalidRequest,
    /// The credentials are missing or wrong.
    Authentication,
    /// A scripted model has no step left.
    ScriptExhausted,
    /// A scripted model expected another transcript.
    ExpectationUnmet,
    /// The model panicked.
    Crashed,
    /// Nobody waited for the answer any more.
    Abandoned,
}

impl ModelFailureKind {
    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::ServerError => "server_error",
            Self::Timeout => "timeout",
            Self::Connection => "connection",
            Self::MalformedReply => "malformed_reply",
            Self::Refused => "refused",
            Self::ContextTooLong => "context_too_long",
            Self::InvalidRequest => "invalid_request",
            Self::Authentication => "authentication",
            Self::ScriptExhausted => "script_exhausted",
            Self::ExpectationUnmet => "expectation_unmet",
            Self::Crashed => "crashed",
            Self::Abandoned => "abandoned",
        }
    }
}

/// Whether something is a pure function of its request and address, or belongs to the outside world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// A pure function: computed in the world, recomputed on replay.
    Inside,
    /// Anything else: run on a thread of its own, its answer recorded and never asked for again.
    Outside,
}

impl ModelReply {
    /// A plain text reply that takes no time and whose usage is unknown.
    #[must_use]
    pub fn text(text: impl Into<Text>) -> Self {
        Self {
            text: text.into(),
            tool_calls: Vec::new(),
            usage: None,
            stop: StopReason::End,
            latency: VirtualDuration::ZERO,
        }
    }

    /// A reply that calls tools, takes no time and whose usage is unknown.
    #[must_use]
    pub fn calls(tool_calls: Vec<ToolCall>) -> Self {
        Self { tool_calls, stop: StopReason::ToolCalls, ..Self::text("") }
    }
}

impl ModelFailure {
    /// A failure that is known at once and whose usage is unknown.
    #[must_use]
    pub fn new(kind: ModelFailureKind, message: impl Into<Text>) -> Self {
        Self { kind, message: message.into(), usage: None, latency: VirtualDuration::ZERO, wire: None }
    }
}
