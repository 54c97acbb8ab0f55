//! Why a tool did not do what it was asked: a code for programs, a message for the model.
//!
//! A failure is an observation, not an error of the run: the model reads it and goes on. This module must not know
//! which tools exist.
//!
//! ```
//! use moot_core::ToolErrorCode;
//! use moot_core::port::PortError;
//! use moot_tool::ToolFailure;
//!
//! let failure = ToolFailure::from(PortError::NotFound { what: "file a.txt".into() });
//! assert_eq!(failure.code, ToolErrorCode::NotFound);
//! assert_eq!(failure.message, "there is no file a.txt");
//! ```

use moot_core::ToolErrorCode;
use moot_core::port::PortError;
use serde::{Deserialize, Serialize};

/// Why a tool gave no result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ToolFailure {
    /// What kind of failure.
    pub code: ToolErrorCode,
    /// What was wrong and what to try, for the model.
    pub message: String,
}

impl ToolFailure {
    /// A failure of this kind.
    #[must_use]
    pub fn new(code: ToolErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The tool did its work and failed at it.
    #[must_use]
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(ToolErrorCode::Failed, message)
    }

    /// The arguments fit the schema but contradict each other or mean nothing.
    #[must_use]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ToolErrorCode::InvalidArguments, message)
    }
}

impl From<PortError> for ToolFailure {
    fn from(error: PortError) -> Self {
        let code = match &error {
            PortError::NotFound { .. } => ToolErrorCode::NotFound,
            PortError::Conflict { .. } => ToolErrorCode::Conflict,
            // A port with nobody behind it refuses every request.
            PortError::Denied { .. } | PortError::Unavailable { .. } => ToolErrorCode::Denied,
            PortError::Limit { .. } => ToolErrorCode::Limit,
        };
        Self { code, message: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_port_error_has_its_code_and_keeps_its_words() {
        let reason = || "because".to_owned();
        let table = [
            (PortError::NotFound { what: "x".into() }, ToolErrorCode::NotFound, "there is no x"),
            (PortError::Conflict { reason: reason() }, ToolErrorCode::Conflict, "because"),
            (PortError::Denied { reason: reason() }, ToolErrorCode::Denied, "because"),
            (PortError::Limit { reason: reason() }, ToolErrorCode::Limit, "because"),
            (PortError::Unavailable { port: "memory" }, ToolErrorCode::Denied, "no memory is available here"),
        ];
        for (error, code, message) in table {
            assert_eq!(ToolFailure::from(error), ToolFailure::new(code, message));
        }
    }
}
