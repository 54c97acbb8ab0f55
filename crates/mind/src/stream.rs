//! How the pieces of a streamed reply become the reply, or a named failure: never half a tool call.
//!
//! Providers and gateways differ in how they stream: calls interleaved or out of order, numbers left out, a name or an
//! id that comes late, repeated in every piece, or not at all. All of this is put together when it is unambiguous. What
//! is cut off is a [`MalformedReply`](ModelFailureKind::MalformedReply): a reply counts only when the provider said that
//! it is done and every call has a name and whole arguments. Arguments that are whole but wrong stay as they are: that is
//! the model's mistake, and the model is told.
//!
//! It must not know how pieces travel, nor which tools there are.
//!
//! ```
//! use moot_core::{ModelDelta, ModelFailureKind, StopReason, VirtualDuration};
//! use moot_mind::ReplyAssembler;
//!
//! let mut reply = ReplyAssembler::default();
//! reply.push(ModelDelta::Text("The answer ".into()));
//! reply.push(ModelDelta::Text("is A.".into()));
//! assert_eq!(reply.partial_text(), "The answer is A.");
//! let cut = reply.finish(None, None, VirtualDuration::ZERO).unwrap_err();
//! assert_eq!(cut.kind, ModelFailureKind::MalformedReply);
//! let whole = reply.finish(Some(StopReason::End), None, VirtualDuration::ZERO).unwrap();
//! assert_eq!(&*whole.text, "The answer is A.");
//! ```

use std::collections::BTreeMap;

use moot_core::{
    ModelDelta, ModelFailure, ModelFailureKind, ModelReply, StopReason, Text, ToolCall, Usage, VirtualDuration,
};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

/// The most bytes of one reply, text and calls together; a reply beyond it is malformed.
pub const REPLY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The most tool calls of one reply; a reply with more is malformed.
pub const REPLY_CALLS_MAX: usize = 1_024;

/// A reply that is being put together from its pieces.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReplyAssembler {
    text: String,
    /// The calls by the number that the provider gave them: it orders them, whenever their pieces came.
    calls: BTreeMap<u32, PartialCall>,
    bytes: usize,
    /// Set once a limit was passed; nothing is kept from then on.
    is_too_large: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct PartialCall {
    id: String,
    name: String,
    arguments: String,
}

impl ReplyAssembler {
    /// Takes the next piece. Pieces of one call must come in their order; those of different calls may come mixed.
    pub fn push(&mut self, delta: ModelDelta) {
        let index = match &delta {
            ModelDelta::Text(_) => None,
            ModelDelta::ToolCall { index, .. } => Some(*index),
        };
        let opens_call = index.is_some_and(|index| !self.calls.contains_key(&index));
        self.bytes = self.bytes.saturating_add(length(&delta));
        self.is_too_large |= self.bytes > REPLY_BYTES_MAX || (opens_call && self.calls.len() >= REPLY_CALLS_MAX);
        if self.is_too_large {
            return;
        }
        match delta {
            ModelDelta::Text(text) => self.text.push_str(&text),
            ModelDelta::ToolCall { index, id, name, arguments } => {
                let call = self.calls.entry(index).or_default();
                extend(&mut call.id, id.as_deref());
                extend(&mut call.name, name.as_deref());
                call.arguments.push_str(&arguments);
            }
        }
    }

    /// The text so far: what is kept as evidence when the reply breaks off.
    #[must_use]
    pub fn partial_text(&self) -> &str {
        &self.text
    }

    /// Whether a piece came that holds anything: from then on another attempt is charged anew.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.bytes > 0 || !self.calls.is_empty()
    }

    /// The stream has ended. `stop` is why, when the provider said so; `usage` what it took, when that was said;
    /// `latency` how long the attempt took.
    ///
    /// A call without an id keeps the empty one: the turn machine names it. A reply that calls tools stops for them,
    /// whatever the provider calls it, unless it ran into its limit of tokens.
    ///
    /// # Errors
    /// [`MalformedReply`](ModelFailureKind::MalformedReply), with usage and latency, when no reason to stop was given,
    /// nothing was said or called, calls were announced and none came, a call has no name or its arguments are cut off,
    /// or a limit was passed.
    pub fn finish(
        &self,
        stop: Option<StopReason>,
        usage: Option<Usage>,
        latency: VirtualDuration,
    ) -> Result<ModelReply, ModelFailure> {
        let malformed = |message: String| ModelFailure {
            usage,
            latency,
            ..ModelFailure::new(ModelFailureKind::MalformedReply, message)
        };
        let stop = self.whole(stop).map_err(malformed)?;
        let tool_calls: Vec<ToolCall> = self.calls.values().map(PartialCall::call).collect();
        Ok(ModelReply { text: Text::from(self.text.as_str()), tool_calls, usage, stop, latency })
    }

    /// Why the reply stopped, if it is whole; else what it lacks.
    fn whole(&self, stop: Option<StopReason>) -> Result<StopReason, String> {
        if self.is_too_large {
            return Err(format!(
                "the reply is larger than {REPLY_BYTES_MAX} bytes or calls more than {REPLY_CALLS_MAX} tools"
            ));
        }
        let Some(stop) = stop else {
            let (bytes, calls) = (self.text.len(), self.calls.len());
            return Err(format!(
                "the reply broke off without a reason to stop, after {bytes} bytes of text and {calls} tool calls"
            ));
        };
        if self.calls.is_empty() && stop == StopReason::ToolCalls {
            return Err("the reply stopped to call tools, but it calls none".to_owned());
        }
        if self.calls.is_empty() && self.text.is_empty() {
            return Err("the reply is empty: it neither says nor calls anything".to_owned());
        }
        for (index, call) in &self.calls {
            call.whole().map_err(|lack| {
                let limit = if stop == StopReason::Length { "; the reply ran into its limit of tokens" } else { "" };
                format!("tool call {index} of the reply {lack}{limit}")
            })?;
        }
        let calls_tools = !self.calls.is_empty() && stop == StopReason::End;
        Ok(if calls_tools { StopReason::ToolCalls } else { stop })
    }
}

impl PartialCall {
    /// What the call lacks to be one.
    fn whole(&self) -> Result<(), String> {
        if self.name.trim().is_empty() {
            return Err("has no name".to_owned());
        }
        match serde_json::from_str::<IgnoredAny>(&self.arguments) {
            // Nothing but the end is missing, so what there is was cut off. Anything else the model wrote as it is.
            Err(error) if error.is_eof() => {
                Err(format!("({}) has arguments that are cut off after {} bytes", self.name, self.arguments.len()))
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn call(&self) -> ToolCall {
        ToolCall {
            id: Text::from(self.id.as_str()),
            name: Text::from(self.name.as_str()),
            arguments: Text::from(self.arguments.as_str()),
        }
    }
}

/// Adds a piece of an id or a name. Some providers send it in pieces, others send the whole of it every time.
fn extend(known: &mut String, piece: Option<&str>) {
    if let Some(piece) = piece
        && piece != known
    {
        known.push_str(piece);
    }
}

fn length(delta: &ModelDelta) -> usize {
    match delta {
        ModelDelta::Text(text) => text.len(),
        ModelDelta::ToolCall { id, name, arguments, .. } => {
            arguments.len() + id.as_ref().map_or(0, |id| id.len()) + name.as_ref().map_or(0, |name| name.len())
        }
    }
}

#[cfg(test)]
mod tests;
