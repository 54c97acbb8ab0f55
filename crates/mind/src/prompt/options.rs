//! What a scenario may set about an agent's prompt.
//!
//! This module must not know files or positions in them.
//!
//! ```
//! use moot_mind::prompt::PromptOptions;
//!
//! let options: PromptOptions = serde_json::from_str(r#"{ "project": "We ship on Fridays." }"#).unwrap();
//! assert_eq!((options.memory_tokens_max, options.memory_notes_max), (1_000, 5));
//! assert!(options.check().is_empty());
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::OptionProblem;

/// What stands in an agent's prompt beside its instructions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PromptOptions {
    /// What every agent of the project should know; at most 100,000 characters; default nothing.
    pub project: Option<String>,
    /// The most estimated tokens of the recalled notes, from 0 (no notes) to 100,000; default 1,000.
    #[schemars(range(min = 0, max = 100_000))]
    pub memory_tokens_max: u64,
    /// The most recalled notes, from 0 to 1,000; default 5.
    #[schemars(range(min = 0, max = 1_000))]
    pub memory_notes_max: u32,
}

const PROJECT_CHARACTERS_MAX: usize = 100_000;
const MEMORY_TOKENS_MAX: u64 = 100_000;
const MEMORY_NOTES_MAX: u32 = 1_000;

impl PromptOptions {
    /// Every option whose value is not allowed; empty when all is well.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let mut problems = Vec::new();
        let mut add = |path: &str, message| problems.push(OptionProblem { path: path.to_owned(), message });
        let length = self.project.as_ref().map_or(0, |project| project.chars().count());
        if length > PROJECT_CHARACTERS_MAX {
            let message = format!(
                "{length} characters are not allowed; at most {PROJECT_CHARACTERS_MAX} are, since every model call \
                 sends them; put details into files or skills"
            );
            add("project", message);
        }
        if self.memory_tokens_max > MEMORY_TOKENS_MAX {
            let value = self.memory_tokens_max;
            add("memory_tokens_max", format!("{value} is not allowed; it must be from 0 to {MEMORY_TOKENS_MAX}"));
        }
        if self.memory_notes_max > MEMORY_NOTES_MAX {
            let value = self.memory_notes_max;
            add("memory_notes_max", format!("{value} is not allowed; it must be from 0 to {MEMORY_NOTES_MAX}"));
        }
        problems
    }
}

impl Default for PromptOptions {
    fn default() -> Self {
        Self { project: None, memory_tokens_max: 1_000, memory_notes_max: 5 }
    }
}
