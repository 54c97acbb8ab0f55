//! `write_file`: creates a file or replaces the whole of its text.
//!
//! The limits are those of the workspace behind the port. Who gives the hash of the text that it read replaces that text
//! or none: a file that changed since then stays as it is.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::ActorPath;
//! use moot_tool::{MemoryWorkspace, ToolContext, builtin::WriteFile, testing};
//!
//! let files = Arc::new(MemoryWorkspace::new());
//! let context = ToolContext::closed(ActorPath::new("scribe").unwrap()).with_workspace(files.clone());
//! let result = testing::call(WriteFile, r#"{"path": "notes/a.txt", "content": "hello"}"#, context);
//! assert_eq!(&*result.content, "wrote 5 bytes to notes/a.txt");
//! assert_eq!(files.snapshot()["notes/a.txt"], "hello");
//! ```

use moot_core::port::PortError;
use moot_core::{Claim, Placement, ToolEffect, Touch};
use schemars::JsonSchema;
use serde::Deserialize;

use super::difference::difference;
use super::{expected, new_hash};
use crate::describe::count;
use crate::{Tool, ToolContext, ToolFailure};

/// Writes a file.
#[derive(Debug, Clone, Copy, Default)]
pub struct WriteFile;

/// What `write_file` takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteFileArguments {
    /// The path of the file, such as notes/a.txt.
    pub path: String,
    /// The whole new text of the file.
    pub content: String,
    /// The hash of the file as it was read, see show_hash of read_file: the file is written only if it is still the
    /// same. Left out: it is written whatever it was.
    #[serde(default)]
    #[schemars(regex(pattern = "^[0-9a-f]{16}$"))]
    pub expected_hash: Option<String>,
}

impl Tool for WriteFile {
    type Arguments = WriteFileArguments;

    fn name(&self) -> &str {
        "write_file"
    }

    fn description(&self) -> &str {
        "Creates a file, or replaces the whole text of one that exists."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Write
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    fn touch(&self, arguments: &WriteFileArguments) -> Touch {
        Touch::claims([Claim::writes_file(arguments.path.as_str())])
    }

    async fn preview(&self, arguments: &WriteFileArguments, context: &ToolContext) -> Option<String> {
        match context.ports.workspace.read(&arguments.path).await {
            Ok(before) => difference(&arguments.path, Some(&before), &arguments.content),
            Err(PortError::NotFound { .. }) => difference(&arguments.path, None, &arguments.content),
            Err(_) => None,
        }
    }

    async fn run(&self, arguments: WriteFileArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        let WriteFileArguments { path, content, expected_hash } = arguments;
        let workspace = &context.ports.workspace;
        let written = format!("wrote {} to {path}", count(content.len(), "byte"));
        let Some(hash) = expected_hash else {
            workspace.write(&path, content).await?;
            return Ok(written);
        };
        let before = expected(workspace.read(&path).await?, &hash, &path)?;
        let written = new_hash(written, &content);
        workspace.replace(&path, &before, content).await?;
        Ok(written)
    }
}
