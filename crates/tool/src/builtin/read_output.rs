//! `read_output`: a part of a text that was kept aside because it was too long, or that was cleared out of the
//! transcript.
//!
//! What follows the part is said after it, in square brackets. Offsets and limits count characters, not bytes.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, port::Outputs};
//! use moot_tool::{ToolContext, builtin::ReadOutput, outputs::OutputStore, testing};
//!
//! let outputs = Arc::new(OutputStore::default());
//! let handle = outputs.keep("one two three");
//! let context = ToolContext::closed(ActorPath::new("scribe").unwrap()).with_outputs(outputs);
//! let arguments = format!(r#"{{"handle": "{handle}", "offset": 8}}"#);
//! assert_eq!(&*testing::call(ReadOutput, &arguments, context).content, "three");
//! ```

use moot_core::{Placement, ToolEffect, ToolErrorCode};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::describe::count;
use crate::outputs::READ_OUTPUT;
use crate::{Tool, ToolContext, ToolFailure};

/// How many characters are read unless the arguments say otherwise.
pub const LIMIT_DEFAULT: u32 = 4_000;

/// The most characters that can be asked for.
pub const LIMIT_MAX: u32 = 16_000;

/// Reads texts kept aside.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadOutput;

/// What `read_output` takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadOutputArguments {
    /// The handle that stands where the text was cut, such as output-0123456789ab.
    #[schemars(length(min = 1))]
    pub handle: String,
    /// How many characters to skip.
    #[serde(default)]
    pub offset: u64,
    /// How many characters to read at most.
    #[serde(default = "limit_default")]
    #[schemars(range(min = 1, max = LIMIT_MAX))]
    pub limit: u32,
}

const fn limit_default() -> u32 {
    LIMIT_DEFAULT
}

impl Tool for ReadOutput {
    type Arguments = ReadOutputArguments;

    fn name(&self) -> &str {
        READ_OUTPUT
    }

    fn description(&self) -> &str {
        "Reads a part of a long result that was kept aside, by its handle."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Read
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    async fn run(&self, arguments: ReadOutputArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        let ReadOutputArguments { handle, offset, limit } = arguments;
        let part = context.ports.outputs.read(&handle, offset, u64::from(limit)).await?;
        let total = part.total_characters;
        // An empty text is read from its beginning all the same.
        if offset >= total.max(1) {
            let characters = count(usize::try_from(total).unwrap_or(usize::MAX), "character");
            let message = format!("offset {offset} is past the end; {handle} has {characters}, counted from 0");
            return Err(ToolFailure::new(ToolErrorCode::NotFound, message));
        }
        let end = offset + part.text.chars().count() as u64;
        if end >= total {
            return Ok(part.text);
        }
        Ok(format!("{}\n[characters {offset} to {end} of {total}; read on with offset {end}]", part.text))
    }
}
