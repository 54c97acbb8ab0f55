//! `search_text`: the lines of all files that hold a text, as `path:line: content`.
//!
//! The text is taken as it stands: no pattern, and case counts. Files that can't be read as text are skipped and
//! counted.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::ActorPath;
//! use moot_tool::{MemoryWorkspace, ToolContext, builtin::SearchText, testing};
//!
//! let files = MemoryWorkspace::with_files([("a.txt", "one\ntwo"), ("b.txt", "two three")]).unwrap();
//! let context = ToolContext::closed(ActorPath::new("scribe").unwrap()).with_workspace(Arc::new(files));
//! let result = testing::call(SearchText, r#"{"text": "two"}"#, context);
//! assert_eq!(&*result.content, "a.txt:2: two\nb.txt:1: two three");
//! ```

use moot_core::port::PortError;
use moot_core::{Claim, Placement, ToolEffect, Touch};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{folder_of_prefix, limited};
use crate::describe::{count, cut, quote};
use crate::{Tool, ToolContext, ToolFailure};

/// How many lines are found unless the arguments say otherwise.
pub const LIMIT_DEFAULT: u32 = 100;

/// The most lines that can be asked for.
pub const LIMIT_MAX: u32 = 1_000;

/// How much of a line is shown, in characters.
pub const LINE_CHARACTERS_MAX: usize = 200;

/// Searches files.
#[derive(Debug, Clone, Copy, Default)]
pub struct SearchText;

/// What `search_text` takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchTextArguments {
    /// The text to find, within one line; upper and lower case differ.
    #[schemars(length(min = 1))]
    pub text: String,
    /// Search only files whose path begins with this text, such as src/; all when left out.
    #[serde(default)]
    pub prefix: Option<String>,
    /// How many lines to find at most.
    #[serde(default = "limit_default")]
    #[schemars(range(min = 1, max = LIMIT_MAX))]
    pub limit: u32,
}

const fn limit_default() -> u32 {
    LIMIT_DEFAULT
}

impl Tool for SearchText {
    type Arguments = SearchTextArguments;

    fn name(&self) -> &str {
        "search_text"
    }

    fn description(&self) -> &str {
        "Finds the lines that hold a text in all files; answers with path:line: content."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Read
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    fn touch(&self, arguments: &SearchTextArguments) -> Touch {
        Touch::claims([Claim::reads_folder(folder_of_prefix(arguments.prefix.as_deref().unwrap_or_default()))])
    }

    async fn run(&self, arguments: SearchTextArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        let SearchTextArguments { text, prefix, limit } = arguments;
        if text.contains('\n') {
            return Err(ToolFailure::invalid("text holds a line break; search for a text within one line"));
        }
        let prefix = prefix.unwrap_or_default();
        let (mut found, mut skipped) = (Vec::new(), 0);
        for path in context.ports.workspace.list().await?.iter().filter(|path| path.starts_with(&prefix)) {
            match context.ports.workspace.read(path).await {
                Ok(content) => collect(&content, &text, path, limit as usize, &mut found),
                // It was deleted since it was listed.
                Err(PortError::NotFound { .. }) => {}
                // A real folder holds images, too.
                Err(PortError::Denied { .. } | PortError::Limit { .. }) => skipped += 1,
                Err(error) => return Err(error.into()),
            }
            if found.len() > limit as usize {
                found.truncate(limit as usize);
                found.push("(there are more lines; find fewer with prefix or a longer text)".to_owned());
                break;
            }
        }
        if found.is_empty() {
            found.push(format!("(no line holds {})", quote(&text)));
        }
        if skipped > 0 {
            found.push(format!("(skipped {} that can't be read as text)", count(skipped, "file")));
        }
        limited(found.join("\n"), "find fewer with prefix, limit or a longer text")
    }
}

/// Appends the lines that hold the text, until there is one more than asked for.
fn collect(content: &str, text: &str, path: &str, limit: usize, found: &mut Vec<String>) {
    // Most files hold no such line, and looking through a whole file is faster than looking line by line.
    if !content.contains(text) {
        return;
    }
    for (index, line) in content.lines().enumerate().filter(|(_, line)| line.contains(text)) {
        found.push(format!("{path}:{}: {}", index + 1, cut(line, LINE_CHARACTERS_MAX)));
        if found.len() > limit {
            return;
        }
    }
}
