//! `recall`: finds notes that were kept, best first.
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

use moot_core::port::{Note, NoteKind, RecallQuery};
use moot_core::{Access, Claim, Placement, ToolEffect, Touch};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::remember::NOTE_KINDS;
use super::{limited, one_of_or_null};
use crate::describe::{indented, quote};
use crate::{Tool, ToolContext, ToolFailure};

/// How many notes are found unless the arguments say otherwise.
pub const LIMIT_DEFAULT: u32 = 10;

/// The most notes that can be asked for.
pub const LIMIT_MAX: u32 = 50;

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
    /// Find only notes of this kind; of every kind when left out.
    #[serde(default)]
    #[schemars(schema_with = "kinds")]
    pub kind: Option<NoteKind>,
}

fn kinds(_: &mut SchemaGenerator) -> Schema {
    one_of_or_null(&NOTE_KINDS)
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
        "Finds notes that hold all the given words, best first; equally good ones newest first."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Read
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    fn touch(&self, _arguments: &RecallArguments) -> Touch {
        Touch::claims([Claim::entity("note", "", Access::Read)])
    }

    async fn run(&self, arguments: RecallArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        let RecallArguments { query, limit, kind } = arguments;
        let recall = RecallQuery {
            reader: context.caller.agent.clone(),
            team: context.team.clone(),
            query: query.as_str().into(),
            kind,
            limit: limit as usize,
            now: context.caller.now,
        };
        let notes = context.ports.memory.recall(recall).await?;
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
    format!("- {} at {}: {}", note.author, note.written_at, indented(&note.text))
}
