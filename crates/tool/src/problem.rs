//! What is wrong with options that could be read: where, and what is allowed.
//!
//! This module must not know any option.
//!
//! ```
//! use moot_tool::OptionProblem;
//!
//! let problem = OptionProblem::new("responses[0].command", "it names no program").within("run_shell");
//! assert_eq!(problem.path, "run_shell.responses[0].command");
//! ```

/// Something wrong with options that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionProblem {
    /// Where, relative to the options that were checked. Empty when the options as a whole are meant.
    pub path: String,
    /// What is wrong and what is allowed.
    pub message: String,
}

impl OptionProblem {
    /// A problem at a path.
    #[must_use]
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }

    /// The same problem as seen from options that hold these ones under `outer`.
    #[must_use]
    pub fn within(self, outer: &str) -> Self {
        let joint = if outer.is_empty() || self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        Self { path: format!("{outer}{joint}{}", self.path), ..self }
    }
}
