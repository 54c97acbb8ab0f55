//! `edit_file`: replaces a text that occurs exactly once in a file.
//!
//! A text that occurs nowhere or more than once leaves the file as it is, and so does a file that changed between
//! reading and writing: an edit never hits a place that the model did not mean.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::ActorPath;
//! use moot_tool::{MemoryWorkspace, ToolContext, builtin::EditFile, testing};
//!
//! let files = Arc::new(MemoryWorkspace::with_files([("a.txt", "one two two")]).unwrap());
//! let context = ToolContext::closed(ActorPath::new("scribe").unwrap()).with_workspace(files.clone());
//! let once = r#"{"path": "a.txt", "old_text": "one", "new_text": "1"}"#;
//! assert_eq!(&*testing::call(EditFile, once, context.clone()).content, "replaced the text at line 1 of a.txt");
//! let twice = r#"{"path": "a.txt", "old_text": "two", "new_text": "2"}"#;
//! assert!(testing::call(EditFile, twice, context).is_error());
//! assert_eq!(files.snapshot()["a.txt"], "1 two two");
//! ```

use moot_core::{Claim, Placement, ToolEffect, ToolErrorCode, Touch};
use schemars::JsonSchema;
use serde::Deserialize;

use super::difference::difference;
use super::{expected, new_hash};
use crate::{Tool, ToolContext, ToolFailure};

/// Further places are not counted: the edit is refused all the same, and counting them could take long.
pub const COUNTED_MAX: usize = 100;

/// How many places a refusal names.
const NAMED_MAX: usize = 5;

/// Edits a file.
#[derive(Debug, Clone, Copy, Default)]
pub struct EditFile;

/// What `edit_file` takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditFileArguments {
    /// The path of the file, such as notes/a.txt.
    pub path: String,
    /// The text to replace, exactly as it stands in the file. It must occur exactly once: include lines around it
    /// where needed.
    #[schemars(length(min = 1))]
    pub old_text: String,
    /// The text to put there; empty to delete.
    pub new_text: String,
    /// The hash of the file as it was read, see show_hash of read_file: the file is edited only if it is still the
    /// same. Left out: the text to replace is all that has to be there.
    #[serde(default)]
    #[schemars(regex(pattern = "^[0-9a-f]{16}$"))]
    pub expected_hash: Option<String>,
}

impl Tool for EditFile {
    type Arguments = EditFileArguments;

    fn name(&self) -> &str {
        "edit_file"
    }

    fn description(&self) -> &str {
        "Replaces a text that occurs exactly once in a file."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Write
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    fn touch(&self, arguments: &EditFileArguments) -> Touch {
        Touch::claims([Claim::writes_file(arguments.path.as_str())])
    }

    async fn preview(&self, arguments: &EditFileArguments, context: &ToolContext) -> Option<String> {
        // What can't be edited is refused, so there is nothing to show.
        let before = context.ports.workspace.read(&arguments.path).await.ok()?;
        let (_, after) = edited(&before, arguments).ok()?;
        difference(&arguments.path, Some(&before), &after)
    }

    async fn run(&self, arguments: EditFileArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        let EditFileArguments { path, old_text, new_text, expected_hash } = &arguments;
        if old_text == new_text {
            return Err(ToolFailure::invalid("old_text and new_text are the same; nothing would change"));
        }
        let mut before = context.ports.workspace.read(path).await?;
        if let Some(hash) = expected_hash {
            before = expected(before, hash, path)?;
        }
        let (line, after) = edited(&before, &arguments)?;
        let answer = format!("replaced the text at line {line} of {path}");
        let answer = if expected_hash.is_some() { new_hash(answer, &after) } else { answer };
        context.ports.workspace.replace(path, &before, after).await?;
        Ok(answer)
    }
}

/// The line of the edit, from 1, and the whole text after it.
fn edited(before: &str, arguments: &EditFileArguments) -> Result<(usize, String), ToolFailure> {
    let EditFileArguments { path, old_text, new_text, .. } = arguments;
    let place = only_place(before, old_text, path)?;
    let (head, tail) = (before.get(..place), before.get(place + old_text.len()..));
    Ok((line_of(before, place), [head.unwrap_or_default(), new_text, tail.unwrap_or_default()].concat()))
}

/// Where the text begins, in bytes, if that is one place alone.
fn only_place(text: &str, searched: &str, path: &str) -> Result<usize, ToolFailure> {
    let places = places(text, searched);
    match places.as_slice() {
        [] => Err(ToolFailure::new(
            ToolErrorCode::NotFound,
            format!("old_text occurs 0 times in {path}; give it exactly as it stands there, white space included"),
        )),
        [place] => Ok(*place),
        many => {
            let times =
                if many.len() < COUNTED_MAX { many.len().to_string() } else { format!("{COUNTED_MAX} or more") };
            let lines: Vec<String> =
                many.iter().take(NAMED_MAX).map(|place| line_of(text, *place).to_string()).collect();
            let more = if many.len() > NAMED_MAX { " and further" } else { "" };
            let lines = lines.join(", ");
            Err(ToolFailure::new(
                ToolErrorCode::Conflict,
                format!(
                    "old_text occurs {times} times in {path}, at lines {lines}{more}; include more of the text around \
                     the place that is meant"
                ),
            ))
        }
    }
}

/// The places where the text begins, also those that overlap, at most [`COUNTED_MAX`].
fn places(text: &str, searched: &str) -> Vec<usize> {
    let mut places = Vec::new();
    let mut from = 0;
    while places.len() < COUNTED_MAX {
        let Some(place) = text.get(from..).and_then(|rest| rest.find(searched)) else { break };
        let place = from + place;
        places.push(place);
        from = place + text.get(place..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
    }
    places
}

/// The line in which a byte stands, from 1.
fn line_of(text: &str, place: usize) -> usize {
    text.bytes().take(place).filter(|byte| *byte == b'\n').count() + 1
}
