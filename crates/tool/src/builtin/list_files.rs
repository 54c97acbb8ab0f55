//! `list_files`: the paths of the files, one a line.
//!
//! A prefix is compared as text: `src/` means what lies in that folder, `src` also finds `src-old/a.rs`.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::ActorPath;
//! use moot_tool::{MemoryWorkspace, ToolContext, builtin::ListFiles, testing};
//!
//! let files = MemoryWorkspace::with_files([("src/b.rs", ""), ("src/a.rs", ""), ("readme", "")]).unwrap();
//! let context = ToolContext::closed(ActorPath::new("scribe").unwrap()).with_workspace(Arc::new(files));
//! assert_eq!(&*testing::call(ListFiles, r#"{"prefix": "src/"}"#, context).content, "src/a.rs\nsrc/b.rs");
//! ```

use moot_core::{Claim, Placement, ToolEffect, Touch};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{folder_of_prefix, limited};
use crate::describe::quote;
use crate::{Tool, ToolContext, ToolFailure};

/// How many paths are listed; a last line says how many more there are.
pub const LISTED_MAX: usize = 1_000;

/// Lists files.
#[derive(Debug, Clone, Copy, Default)]
pub struct ListFiles;

/// What `list_files` takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListFilesArguments {
    /// List only paths that begin with this text, such as src/; all when left out.
    #[serde(default)]
    pub prefix: Option<String>,
}

impl Tool for ListFiles {
    type Arguments = ListFilesArguments;

    fn name(&self) -> &str {
        "list_files"
    }

    fn description(&self) -> &str {
        "Lists the paths of the files, one a line, sorted."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Read
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    fn touch(&self, arguments: &ListFilesArguments) -> Touch {
        Touch::claims([Claim::reads_folder(folder_of_prefix(arguments.prefix.as_deref().unwrap_or_default()))])
    }

    async fn run(&self, arguments: ListFilesArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        let prefix = arguments.prefix.unwrap_or_default();
        let mut paths = context.ports.workspace.list().await?;
        paths.retain(|path| path.starts_with(&prefix));
        if paths.is_empty() {
            return Ok(nothing(&prefix));
        }
        let more = paths.len().saturating_sub(LISTED_MAX);
        paths.truncate(LISTED_MAX);
        if more > 0 {
            paths.push(format!("(and {more} more; list fewer with prefix)"));
        }
        limited(paths.join("\n"), "list fewer with prefix")
    }
}

fn nothing(prefix: &str) -> String {
    if prefix.is_empty() {
        return "(there are no files)".to_owned();
    }
    format!("(there are no files whose path begins with {})", quote(prefix))
}
