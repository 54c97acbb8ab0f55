//! `recall`: finds notes that were kept, newest first.
//!
//! Each note is one entry with its author and time; further lines of its text are indented, so that no text can pass
//! itself off as the entry of somebody else.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::ActorPath;
//! use moot_tool::{ToolContext, builtin::{Recall, Remember}, testing};
//!
//! let context = ToolContext::closed(ActorPath::new("scribe").unwrap())
//!     .with_memory(Arc::new(testing::NotesInMemory::default()));
//! testing::call(Remember, r#"{"text": "Use metric units."}"#, context.clone());
//! let result = testing::call(Recall, r#"{"query": "METRIC"}"#, context);
//! assert_eq!(&*result.content, "- scribe at 0 ms: Use metric units.");
//! ```

use moot_core::port::Note;
use moot_core::{Placement, ToolEffect};
use schemars::JsonSchema;
use serde::Deserialize;

use super::limited;
use crate::describe::quote;
use crate::{Tool, ToolContext, ToolFailure};

/// How many notes are found unless the arguments say otherwise.
pub const LIMIT_DEFAULT: u32 = 10;

/// The most notes that can be asked for.
pub const LIMIT_MAX: u32 = 50;

/// What some readers take for the end of a line besides `\n` and `\r\n`.
const OTHER_LINE_BREAKS: [char; 6] = ['\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];

/// Finds notes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Recall;

/// What `recall` takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecallArguments {
    /// Words that the note must hold, in any order; upper and lower case do not differ. Empty for the newest notes.
    pub query: String,
    /// How many notes to find at most.
    #[serde(default = "limit_default")]
    #[schemars(range(min = 1, max = LIMIT_MAX))]
    pub limit: u32,
}

const fn limit_default() -> u32 {
    LIMIT_DEFAULT
}

impl Tool for Recall {
    type Arguments = RecallArguments;

    fn name(&self) -> &str {
        "recall"
    }

    fn description(&self) -> &str {
        "Finds notes that hold all the given words, newest first."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Read
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    async fn run(&self, arguments: RecallArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        let RecallArguments { query, limit } = arguments;
        let notes = context.memory.recall(&query, limit as usize).await?;
        if notes.is_empty() {
            return Ok(if query.trim().is_empty() {
                "(there are no notes)".to_owned()
            } else {
                format!("(no note holds {})", quote(&query))
            });
        }
        limited(notes.iter().map(entry).collect::<Vec<_>>().join("\n"), "find fewer with limit or more words")
    }
}

fn entry(note: &Note) -> String {
    let lines = note.text.lines().flat_map(|line| line.split(OTHER_LINE_BREAKS));
    let text = lines.collect::<Vec<_>>().join("\n  ");
    format!("- {} at {}: {text}", note.author, note.written_at)
}
