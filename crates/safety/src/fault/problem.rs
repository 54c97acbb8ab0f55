//! What is wrong with options that could be read but not be meant.
//!
//! It must not know files or positions: whoever read the options finds the place of a path.
//!
//! ```
//! use moot_safety::fault::OptionProblem;
//!
//! let problem = OptionProblem::new("most", "none is too few").within("when");
//! assert_eq!(problem.to_string(), "when.most: none is too few");
//! ```

/// One thing that is wrong with options.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct OptionProblem {
    /// Where, relative to the options that were checked, such as `crash_agent.when.probability`.
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
        let joint = if self.path.is_empty() { "" } else { "." };
        Self { path: format!("{outer}{joint}{}", self.path), ..self }
    }
}
