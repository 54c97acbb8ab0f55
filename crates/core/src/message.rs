//! The messages that make up a transcript.
//!
//! The sender of a user message is stamped by the runtime; what a text claims about its author counts for nothing.
//!
//! ```
//! use moot_core::{ActorPath, Message};
//!
//! let message = Message::User { from: ActorPath::world(), text: "Is it A or B?".into() };
//! assert_eq!(message.text(), "Is it A or B?");
//! ```

use serde::{Deserialize, Serialize};

use crate::{ActorPath, Text, ToolCall, ToolResult};

/// One message of a transcript.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// Standing instructions; only the first message may be one.
    System {
        /// The instructions.
        text: Text,
    },
    /// What somebody else said to the agent: a task, a peer's answer.
    User {
        /// Who sent it, as the runtime knows.
        from: ActorPath,
        /// What was said.
        text: Text,
    },
    /// What the agent's model replied.
    Assistant {
        /// The text of the reply; empty when it only calls tools.
        text: Text,
        /// The calls it asks for, in order.
        tool_calls: Vec<ToolCall>,
    },
    /// The result of one of the calls of the last assistant message.
    Tool(ToolResult),
}

impl Message {
    /// The text a reader sees.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::System { text } | Self::User { text, .. } | Self::Assistant { text, .. } => text,
            Self::Tool(result) => &result.content,
        }
    }

    /// The role that provider interfaces give such a message.
    #[must_use]
    pub const fn role(&self) -> &'static str {
        match self {
            Self::System { .. } => "system",
            Self::User { .. } => "user",
            Self::Assistant { .. } => "assistant",
            Self::Tool(_) => "tool",
        }
    }
}
