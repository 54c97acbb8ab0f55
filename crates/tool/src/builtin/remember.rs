//! `remember`: keeps a note beyond the task.
//!
//! Author, team, time, task and call are those of the calling agent as the runtime knows them, whatever the text
//! claims.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::ActorPath;
//! use moot_tool::{ToolContext, builtin::Remember, testing};
//!
//! let context = ToolContext::closed(ActorPath::new("scribe").unwrap())
//!     .with_memory(Arc::new(testing::NotesInMemory::default()));
//! let arguments = r#"{"text": "Use metric units.", "kind": "preference", "scope": "team"}"#;
//! assert_eq!(&*testing::call(Remember, arguments, context.clone()).content, "remembered");
//! assert_eq!(&*testing::call(Remember, arguments, context).content, "this was remembered already");
//! ```

use moot_core::port::{Note, NoteKind, NoteScope, Remembered};
use moot_core::{Access, Claim, Placement, ToolEffect, ToolErrorCode, Touch, VirtualDuration};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::{DURATION_MS_MAX, one_of};
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
    /// What kind of thing it says: something that is so, how somebody wants things done, what was learned from how
    /// something went, or where something is to be found.
    #[serde(default)]
    #[schemars(schema_with = "kinds")]
    pub kind: NoteKind,
    /// Who may find it: you alone, your team, or every agent.
    #[serde(default)]
    #[schemars(schema_with = "scopes")]
    pub scope: NoteScope,
    /// For how many milliseconds it holds; for ever when left out.
    #[serde(default)]
    #[schemars(range(min = 1, max = DURATION_MS_MAX))]
    pub expires_after_ms: Option<u64>,
}

/// The kinds of notes, for schemas.
pub(super) const NOTE_KINDS: [&str; 4] = ["fact", "preference", "feedback", "reference"];

fn kinds(_: &mut SchemaGenerator) -> Schema {
    one_of(&NOTE_KINDS)
}

fn scopes(_: &mut SchemaGenerator) -> Schema {
    one_of(&["private", "team", "project"])
}

impl Tool for Remember {
    type Arguments = RememberArguments;

    fn name(&self) -> &str {
        "remember"
    }

    fn description(&self) -> &str {
        "Keeps a note for later tasks; recall finds it again. Never put secrets into it."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Write
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    fn touch(&self, _arguments: &RememberArguments) -> Touch {
        Touch::claims([Claim::entity("note", "", Access::Write)])
    }

    async fn preview(&self, arguments: &RememberArguments, _context: &ToolContext) -> Option<String> {
        let text = arguments.text.trim();
        // What is too long is refused, so there is nothing to show.
        (text.len() <= NOTE_BYTES_MAX).then(|| text.lines().map(|line| format!("+{line}\n")).collect())
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
        let caller = &context.caller;
        let lifetime = arguments.expires_after_ms.map(VirtualDuration::from_millis);
        let note = Note {
            author: caller.agent.clone(),
            team: context.team.clone(),
            written_at: caller.now,
            text: text.into(),
            kind: arguments.kind,
            scope: arguments.scope,
            task: caller.task,
            call_id: caller.call_id.clone(),
            expires_at: lifetime.map(|lifetime| caller.now + lifetime),
        };
        let told = match context.ports.memory.remember(note).await? {
            Remembered::New => "remembered",
            Remembered::Known => "this was remembered already",
        };
        Ok(told.to_owned())
    }
}
