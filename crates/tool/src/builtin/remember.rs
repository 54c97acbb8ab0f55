//! `remember`: keeps a note beyond the task.
//!
//! The author is the calling agent as the runtime knows it, whatever the text claims.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::ActorPath;
//! use moot_tool::{ToolContext, builtin::Remember, testing};
//!
//! let context = ToolContext::closed(ActorPath::new("scribe").unwrap())
//!     .with_memory(Arc::new(testing::NotesInMemory::default()));
//! let arguments = r#"{"text": "Use metric units."}"#;
//! assert_eq!(&*testing::call(Remember, arguments, context.clone()).content, "remembered");
//! assert_eq!(&*testing::call(Remember, arguments, context).content, "this was remembered already");
//! ```

use moot_core::port::Note;
use moot_core::{Placement, ToolEffect, ToolErrorCode};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::notes::NOTE_BYTES_MAX;
use crate::{Tool, ToolContext, ToolFailure};

/// Keeps a note.
#[derive(Debug, Clone, Copy, Default)]
pub struct Remember;

/// What `remember` takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RememberArguments {
    /// What to remember, in words that can be found again.
    #[schemars(length(min = 1))]
    pub text: String,
}

impl Tool for Remember {
    type Arguments = RememberArguments;

    fn name(&self) -> &str {
        "remember"
    }

    fn description(&self) -> &str {
        "Keeps a note for later tasks; recall finds it again."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Write
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    async fn run(&self, arguments: RememberArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        let text = arguments.text.trim();
        if text.is_empty() {
            return Err(ToolFailure::invalid("text holds nothing but white space; say what to remember"));
        }
        if text.len() > NOTE_BYTES_MAX {
            let length = text.len();
            let message = format!(
                "the note is {length} bytes long; at most {NOTE_BYTES_MAX} are kept; say it shorter or in several notes"
            );
            return Err(ToolFailure::new(ToolErrorCode::Limit, message));
        }
        let note = Note { author: context.agent.clone(), written_at: context.now, text: text.into() };
        let new = context.memory.remember(note).await?;
        Ok(if new { "remembered" } else { "this was remembered already" }.to_owned())
    }
}
