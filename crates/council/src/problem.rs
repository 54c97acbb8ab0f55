//! What is wrong with options that could be read but not be meant.
//!
//! It must not know files or positions: whoever read the options finds the place of a path.
//!
//! ```
//! use moot_council::OptionProblem;
//!
//! let problem = OptionProblem::new("threshold", "1.5 is not a share; it is at least 0 and below 1");
//! assert_eq!(problem.to_string(), "threshold: 1.5 is not a share; it is at least 0 and below 1");
//! ```

/// One thing that is wrong with a pattern's options.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct OptionProblem {
    /// Where, relative to the pattern's own options (what stands below `vote:`), such as `quorum.at_least` or
    /// `members[2]`.
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
}
