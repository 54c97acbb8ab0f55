//! A transcript that can't be built invalid: every tool call has exactly one result before the next other message.
//!
//! There is no way to put a message into the middle or to take one out; what was appended stays, so a length is a
//! checkpoint to which a restarted agent can go back.
//!
//! ```
//! use moot_core::{ActorPath, ToolCall, ToolResult, Transcript, TranscriptError};
//!
//! let mut transcript = Transcript::new();
//! transcript.push_user(ActorPath::world(), "What does a.txt say?").unwrap();
//! let call = ToolCall { id: "c1".into(), name: "read_file".into(), arguments: "{}".into() };
//! transcript.push_assistant("", vec![call.clone()]).unwrap();
//! assert_eq!(
//!     transcript.push_assistant("It says hello.", vec![]),
//!     Err(TranscriptError::OpenCalls { ids: vec!["c1".into()] })
//! );
//! transcript.push_result(ToolResult::success(&call, "hello")).unwrap();
//! transcript.push_assistant("It says hello.", vec![]).unwrap();
//! ```

use serde::{Deserialize, Serialize};

use crate::{ActorPath, Message, Text, ToolCall, ToolResult};

/// The messages of a turn with one tool call under standing instructions, rounded up.
const MESSAGES_OF_A_TURN: usize = 8;

/// The messages between an agent and its model, in order, always valid.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<Message>", into = "Vec<Message>")]
pub struct Transcript {
    messages: Vec<Message>,
}

/// Why a message does not fit a transcript.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TranscriptError {
    /// Calls of the last assistant message have no result yet.
    #[error("the tool calls {ids:?} have no result yet; each needs one before anything else is said")]
    OpenCalls {
        /// The ids of the calls without a result.
        ids: Vec<Text>,
    },
    /// A result for a call that is not open.
    #[error("no open tool call has the id {id:?}; a result answers a call of the last assistant message, once")]
    NoSuchCall {
        /// The id that the result names.
        id: Text,
    },
    /// An id stands twice in one assistant message or is empty.
    #[error("the tool call id {id:?} is empty or used twice in one assistant message")]
    CallId {
        /// The id.
        id: Text,
    },
    /// A system message that is not the first message.
    #[error("a system message can only be the first message")]
    SystemNotFirst,
}

impl Transcript {
    /// An empty transcript.
    #[must_use]
    pub const fn new() -> Self {
        Self { messages: Vec::new() }
    }

    /// The messages in order.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// How many messages there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether nothing was said yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Appends any message that fits.
    ///
    /// # Errors
    /// Says which rule the message would break; the transcript is then unchanged.
    pub fn push(&mut self, message: Message) -> Result<(), TranscriptError> {
        match &message {
            Message::Tool(result) => {
                if !self.waits_for(&result.call_id) {
                    return Err(TranscriptError::NoSuchCall { id: result.call_id.clone() });
                }
            }
            Message::System { .. } if !self.messages.is_empty() => return Err(TranscriptError::SystemNotFirst),
            Message::System { .. } | Message::User { .. } => self.nothing_open()?,
            Message::Assistant { tool_calls, .. } => {
                self.nothing_open()?;
                check_ids(tool_calls)?;
            }
        }
        self.messages.push(message);
        Ok(())
    }

    /// Appends standing instructions as the first message.
    ///
    /// # Errors
    /// When the transcript is not empty.
    pub fn push_system(&mut self, text: impl Into<Text>) -> Result<(), TranscriptError> {
        // Four messages fit a list that grows by itself: room for the fifth at once is cheaper than moving them.
        self.messages.reserve(MESSAGES_OF_A_TURN);
        self.push(Message::System { text: text.into() })
    }

    /// Appends what `from` said to the agent.
    ///
    /// # Errors
    /// When a tool call has no result yet.
    pub fn push_user(&mut self, from: ActorPath, text: impl Into<Text>) -> Result<(), TranscriptError> {
        self.push(Message::User { from, text: text.into() })
    }

    /// Appends a reply of the model.
    ///
    /// # Errors
    /// When a tool call has no result yet, or the ids of the new calls are empty or not unique.
    pub fn push_assistant(&mut self, text: impl Into<Text>, tool_calls: Vec<ToolCall>) -> Result<(), TranscriptError> {
        self.push(Message::Assistant { text: text.into(), tool_calls })
    }

    /// Appends the result of an open tool call.
    ///
    /// # Errors
    /// When no open call has that id.
    pub fn push_result(&mut self, result: ToolResult) -> Result<(), TranscriptError> {
        self.push(Message::Tool(result))
    }

    /// The calls of the last assistant message that have no result yet, in the order they were asked for.
    pub fn open_calls(&self) -> impl Iterator<Item = &ToolCall> {
        let mut results: &[Message] = &[];
        let mut calls: &[ToolCall] = &[];
        for (index, message) in self.messages.iter().enumerate().rev() {
            match message {
                Message::Tool(_) => {}
                Message::Assistant { tool_calls, .. } => {
                    calls = tool_calls;
                    results = self.messages.get(index + 1..).unwrap_or(&[]);
                    break;
                }
                Message::System { .. } | Message::User { .. } => break,
            }
        }
        let answered = move |call: &&ToolCall| {
            !results.iter().any(|message| matches!(message, Message::Tool(result) if result.call_id == call.id))
        };
        calls.iter().filter(answered)
    }

    /// Goes back to the first `length` messages. Every beginning of a valid transcript is valid: results that are cut
    /// off leave their calls open again. A transcript that is not longer stays as it is.
    pub fn truncate(&mut self, length: usize) {
        self.messages.truncate(length);
    }

    /// Whether the last assistant message has a call of this id that has no result: one look at the results behind it
    /// and one at its calls.
    fn waits_for(&self, id: &str) -> bool {
        for message in self.messages.iter().rev() {
            match message {
                Message::Tool(result) if *result.call_id == *id => return false,
                Message::Tool(_) => {}
                Message::Assistant { tool_calls, .. } => return tool_calls.iter().any(|call| *call.id == *id),
                Message::System { .. } | Message::User { .. } => return false,
            }
        }
        false
    }

    fn nothing_open(&self) -> Result<(), TranscriptError> {
        if self.open_calls().next().is_none() {
            return Ok(());
        }
        Err(TranscriptError::OpenCalls { ids: self.open_calls().map(|call| call.id.clone()).collect() })
    }
}

/// Ids within one message are unique and not empty.
fn check_ids(calls: &[ToolCall]) -> Result<(), TranscriptError> {
    for (index, call) in calls.iter().enumerate() {
        let twice = calls.iter().take(index).any(|earlier| earlier.id == call.id);
        if call.id.is_empty() || twice {
            return Err(TranscriptError::CallId { id: call.id.clone() });
        }
    }
    Ok(())
}

impl TryFrom<Vec<Message>> for Transcript {
    type Error = TranscriptError;
    fn try_from(messages: Vec<Message>) -> Result<Self, TranscriptError> {
        let mut transcript = Self { messages: Vec::with_capacity(messages.len()) };
        for message in messages {
            transcript.push(message)?;
        }
        Ok(transcript)
    }
}

impl From<Transcript> for Vec<Message> {
    fn from(transcript: Transcript) -> Self {
        transcript.messages
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn call(id: &str) -> ToolCall {
        ToolCall { id: id.into(), name: "t".into(), arguments: "{}".into() }
    }

    #[test]
    fn a_result_needs_an_open_call_and_only_one() {
        let mut transcript = Transcript::new();
        assert!(transcript.push_result(ToolResult::success(&call("a"), "x")).is_err());
        transcript.push_assistant("", vec![call("a"), call("b")]).unwrap();
        transcript.push_result(ToolResult::success(&call("b"), "x")).unwrap();
        assert!(transcript.push_result(ToolResult::success(&call("b"), "x")).is_err(), "answered twice");
        assert!(transcript.push_user(ActorPath::world(), "hurry").is_err(), "a is still open");
        transcript.push_result(ToolResult::success(&call("a"), "x")).unwrap();
        transcript.push_user(ActorPath::world(), "thanks").unwrap();
    }

    #[test]
    fn ids_are_unique_within_a_turn() {
        let mut transcript = Transcript::new();
        assert!(transcript.push_assistant("", vec![call("a"), call("a")]).is_err());
        assert!(transcript.push_assistant("", vec![call("")]).is_err());
        assert!(transcript.is_empty(), "a refused message leaves no trace");
    }

    #[test]
    fn a_cut_reopens_the_calls_whose_results_it_takes() {
        let mut transcript = Transcript::new();
        transcript.push_assistant("", vec![call("a")]).unwrap();
        transcript.push_result(ToolResult::success(&call("a"), "x")).unwrap();
        transcript.truncate(1);
        assert_eq!(transcript.open_calls().count(), 1);
        transcript.truncate(9);
        assert_eq!(transcript.len(), 1);
    }

    proptest! {
        /// Whatever is pushed, what was accepted reads back as a valid transcript.
        #[test]
        fn what_was_accepted_is_valid(pushes in prop::collection::vec((0_u8..4, 0_u8..3, 0_u8..3), 0..40)) {
            let mut transcript = Transcript::new();
            for (kind, first, second) in pushes {
                let message = match kind {
                    0 => Message::User { from: ActorPath::world(), text: "u".into() },
                    1 => Message::Assistant { text: "a".into(), tool_calls: vec![] },
                    2 => Message::Assistant {
                        text: "a".into(),
                        tool_calls: vec![call(&first.to_string()), call(&second.to_string())],
                    },
                    _ => Message::Tool(ToolResult::success(&call(&first.to_string()), "r")),
                };
                let before = transcript.clone();
                if transcript.push(message).is_err() {
                    prop_assert_eq!(&transcript, &before);
                }
            }
            let messages: Vec<Message> = transcript.clone().into();
            prop_assert_eq!(Transcript::try_from(messages).unwrap(), transcript);
        }
    }
}
