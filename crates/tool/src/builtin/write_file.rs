//! `write_file`: creates a file or replaces the whole of its text.
//!
//! The limits are those of the workspace behind the port.
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

use moot_core::{Placement, ToolEffect};
use schemars::JsonSchema;
use serde::Deserialize;

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

    async fn run(&self, arguments: WriteFileArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        let WriteFileArguments { path, content } = arguments;
        let written = format!("wrote {} to {path}", count(content.len(), "byte"));
        context.workspace.write(&path, content).await?;
        Ok(written)
    }
}
