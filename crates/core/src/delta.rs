//! The pieces in which a model's reply may arrive, and what a provider's refusal looked like on the wire.
//!
//! How pieces become a reply is not known here.
//!
//! ```
//! use moot_core::ModelDelta;
//!
//! assert_eq!(ModelDelta::Text("Hel".into()).text(), Some("Hel"));
//! ```

use serde::{Deserialize, Serialize};

use crate::Text;

/// A piece of a reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelDelta {
    /// More of the text.
    Text(Text),
    /// A tool call begins, or more is known of one: providers may send name and id late or in pieces.
    ToolCall {
        /// Which call of the reply, from 0 in the order of the request; gaps are possible.
        index: u32,
        /// Its id, when this piece tells it.
        id: Option<Text>,
        /// Its name, when this piece tells it.
        name: Option<Text>,
        /// More of the arguments' JSON text.
        arguments: Text,
    },
}

/// What a failed attempt looked like on the wire, as far as anything came back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WireFailure {
    /// The HTTP status; `None` when no answer came.
    pub status: Option<u16>,
    /// The headers, names in lower case, in the order they came.
    pub headers: Vec<(Text, Text)>,
    /// The body, or the beginning of it.
    pub body: Text,
}

impl ModelDelta {
    /// The text of the piece, if it is one of text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::ToolCall { .. } => None,
        }
    }
}

impl WireFailure {
    /// The value of a header, by its name in lower case; the first when there are several.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| &**known == name).map(|(_, value)| &**value)
    }
}
