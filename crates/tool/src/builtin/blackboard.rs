//! `read_board` and `write_board`: what the agents of a world share while they work.
//!
//! Who names the version that was read never overwrites what somebody else wrote since. Keys under `tasks/` belong to
//! the task list, whose tools alone write them.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::ActorPath;
//! use moot_tool::{ToolContext, builtin::{ReadBoard, WriteBoard}, testing};
//!
//! let context = ToolContext::closed(ActorPath::new("lead").unwrap())
//!     .with_blackboard(Arc::new(testing::BoardInMemory::default()));
//! let written = testing::call(WriteBoard, r#"{"key": "plan", "value": "North first."}"#, context.clone());
//! assert_eq!(&*written.content, "wrote plan, version 1");
//! let read = testing::call(ReadBoard, r#"{"key": "plan"}"#, context);
//! assert_eq!(&*read.content, "plan, version 1, written by lead at 0 ms:\nNorth first.");
//! ```

use moot_core::port::Entry;
use moot_core::{Access, Claim, Placement, ToolEffect, Touch};
use schemars::JsonSchema;
use serde::Deserialize;

use super::limited;
use super::task_list::TASK_PREFIX;
use crate::describe::quote;
use crate::{Tool, ToolContext, ToolFailure};

/// Reads the blackboard.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadBoard;

/// Writes to the blackboard.
#[derive(Debug, Clone, Copy, Default)]
pub struct WriteBoard;

/// What `read_board` takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadBoardArguments {
    /// The key to read; when left out, the keys that are there are listed.
    #[serde(default)]
    pub key: Option<String>,
    /// List only keys that begin with this text, such as results/.
    #[serde(default)]
    pub prefix: Option<String>,
}

/// What `write_board` takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteBoardArguments {
    /// The key, such as plan or results/north.
    pub key: String,
    /// What to write there.
    pub value: String,
    /// Write only if the key still has this version, which reading it told; 0 only if it has no value yet. Left out,
    /// whatever is there is overwritten.
    #[serde(default)]
    pub expected_version: Option<u64>,
}

impl Tool for ReadBoard {
    type Arguments = ReadBoardArguments;

    fn name(&self) -> &str {
        "read_board"
    }

    fn description(&self) -> &str {
        "Reads a key of the blackboard that all agents share, or lists the keys."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Read
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    fn touch(&self, arguments: &ReadBoardArguments) -> Touch {
        let key = arguments.key.as_deref().unwrap_or_default();
        Touch::claims([Claim::entity("board", key, Access::Read)])
    }

    async fn run(&self, arguments: ReadBoardArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        let board = &context.ports.blackboard;
        let prefix = match (arguments.key, arguments.prefix) {
            (Some(_), Some(_)) => return Err(ToolFailure::invalid("key and prefix are both given; give one of them")),
            (Some(key), None) => {
                let entry = board.read(&key).await?;
                let text = format!("{}:\n{}", heading(&key, &entry), entry.value);
                return limited(text, "write values that are shorter");
            }
            (None, prefix) => prefix.unwrap_or_default(),
        };
        let entries = board.list(&prefix).await?;
        if entries.is_empty() {
            return Ok(if prefix.is_empty() {
                "(nothing stands on the blackboard)".to_owned()
            } else {
                format!("(no key begins with {})", quote(&prefix))
            });
        }
        let lines: Vec<String> = entries.iter().map(|(key, entry)| format!("- {}", heading(key, entry))).collect();
        limited(lines.join("\n"), "list fewer with prefix")
    }
}

fn heading(key: &str, entry: &Entry) -> String {
    format!("{key}, version {}, written by {} at {}", entry.version, entry.author, entry.written_at)
}

impl Tool for WriteBoard {
    type Arguments = WriteBoardArguments;

    fn name(&self) -> &str {
        "write_board"
    }

    fn description(&self) -> &str {
        "Writes a key of the blackboard that all agents share."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Write
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    fn touch(&self, arguments: &WriteBoardArguments) -> Touch {
        Touch::claims([Claim::entity("board", arguments.key.as_str(), Access::Write)])
    }

    async fn run(&self, arguments: WriteBoardArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        let WriteBoardArguments { key, value, expected_version } = arguments;
        if key.starts_with(TASK_PREFIX) {
            let message = format!("keys that begin with {TASK_PREFIX} are the task list; use add_task or update_task");
            return Err(ToolFailure::invalid(message));
        }
        let version = context.ports.blackboard.post(&context.caller, &key, value.into(), expected_version).await?;
        Ok(format!("wrote {key}, version {version}"))
    }
}
