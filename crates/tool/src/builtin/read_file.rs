//! `read_file`: the text of a file, or some of its lines.
//!
//! The answer is the file's text and nothing else, so that it can be quoted to `edit_file` as it stands; only who asks
//! for the hash of the file gets it, in a line of its own before the text.
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

use moot_core::{Claim, Placement, ToolEffect, ToolErrorCode, Touch};
use schemars::JsonSchema;
use serde::Deserialize;

use super::limited;
use crate::describe::count;
use crate::workspace::content_hash;
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
    /// Whether the answer begins with a line that holds the hash of the whole file, for expected_hash of write_file and
    /// edit_file.
    #[serde(default)]
    pub show_hash: bool,
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

    fn touch(&self, arguments: &ReadFileArguments) -> Touch {
        Touch::claims([Claim::reads_file(arguments.path.as_str())])
    }

    async fn run(&self, arguments: ReadFileArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        let text = context.ports.workspace.read(&arguments.path).await?;
        let part = part(&text, &arguments)?;
        let answer = if arguments.show_hash {
            format!("[hash of the whole file: {}]\n{part}", content_hash(&text))
        } else {
            part.to_owned()
        };
        limited(answer, "ask for fewer lines with from_line and lines")
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
