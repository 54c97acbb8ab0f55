//! `read_file`: the text of a file, or some of its lines.
//!
//! The answer is the file's text and nothing else, so that it can be quoted to `edit_file` as it stands.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::ActorPath;
//! use moot_tool::{MemoryWorkspace, ToolContext, builtin::ReadFile, testing};
//!
//! let files = MemoryWorkspace::with_files([("a.txt", "one\ntwo\nthree\n")]).unwrap();
//! let context = ToolContext::closed(ActorPath::new("scribe").unwrap()).with_workspace(Arc::new(files));
//! let result = testing::call(ReadFile, r#"{"path": "a.txt", "from_line": 2, "lines": 1}"#, context);
//! assert_eq!(&*result.content, "two\n");
//! ```

use moot_core::{Placement, ToolEffect, ToolErrorCode};
use schemars::JsonSchema;
use serde::Deserialize;

use super::limited;
use crate::describe::count;
use crate::{Tool, ToolContext, ToolFailure};

/// Reads a file.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadFile;

/// What `read_file` takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadFileArguments {
    /// The path of the file, such as notes/a.txt.
    pub path: String,
    /// The first line to read, counted from 1; the first line of the file when left out.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub from_line: Option<u32>,
    /// How many lines to read at most; all that follow when left out.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub lines: Option<u32>,
}

impl Tool for ReadFile {
    type Arguments = ReadFileArguments;

    fn name(&self) -> &str {
        "read_file"
    }

    fn description(&self) -> &str {
        "Reads the text of a file, or some of its lines."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Read
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    async fn run(&self, arguments: ReadFileArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        let text = context.workspace.read(&arguments.path).await?;
        limited(part(&text, &arguments)?.to_owned(), "ask for fewer lines with from_line and lines")
    }
}

/// The lines asked for, each with its line end.
fn part<'text>(text: &'text str, arguments: &ReadFileArguments) -> Result<&'text str, ToolFailure> {
    let from = arguments.from_line.map_or(0, |line| (line as usize).saturating_sub(1));
    let Some(rest) = after_lines(text, from) else {
        let total = text.split_inclusive('\n').count();
        let message = format!("there is no line {}; {} has {}", from + 1, arguments.path, count(total, "line"));
        return Err(ToolFailure::new(ToolErrorCode::NotFound, message));
    };
    let Some(lines) = arguments.lines else { return Ok(rest) };
    let length: usize = rest.split_inclusive('\n').take(lines as usize).map(str::len).sum();
    Ok(rest.get(..length).unwrap_or(rest))
}

/// What stands after the first `lines` lines; `None` when there is no further line. An empty file is read from its
/// first line all the same.
fn after_lines(text: &str, lines: usize) -> Option<&str> {
    let skipped: usize = text.split_inclusive('\n').take(lines).map(str::len).sum();
    text.get(skipped..).filter(|rest| lines == 0 || !rest.is_empty())
}
