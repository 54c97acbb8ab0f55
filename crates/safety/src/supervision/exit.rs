//! How a child ended, and whether it is restarted for it.
//!
//! This module must not know supervisors, limits or time. The table is that of OTP's `supervisor` (`do_restart/3`): a
//! permanent child is always restarted, a transient one unless its end was in order, a temporary one never.
//!
//! ```
//! use moot_safety::supervision::{ExitReason, RestartType};
//!
//! assert!(RestartType::Permanent.restarts_after(&ExitReason::Normal));
//! assert!(!RestartType::Transient.restarts_after(&ExitReason::ShutdownWith("done".into())));
//! assert!(RestartType::Transient.restarts_after(&ExitReason::Killed));
//! ```

use std::fmt;

use moot_core::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a child ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitReason {
    /// It had nothing left to do.
    Normal,
    /// It was shut down, or shut itself down.
    Shutdown,
    /// The same with a reason.
    ShutdownWith(Text),
    /// It returned an error: its state can't be trusted.
    Error(Text),
    /// It panicked.
    Panic(Text),
    /// It was killed, as when it did not stop in time.
    Killed,
}

/// When a child is restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RestartType {
    /// Always.
    #[default]
    Permanent,
    /// When its end was not in order: an error, a panic, a kill.
    Transient,
    /// Never, also not together with a sibling that is.
    Temporary,
}

impl ExitReason {
    /// Whether the end was in order.
    #[must_use]
    pub const fn is_orderly(&self) -> bool {
        matches!(self, Self::Normal | Self::Shutdown | Self::ShutdownWith(_))
    }
}

impl RestartType {
    /// Whether a child of this type that ended by itself is restarted.
    #[must_use]
    pub const fn restarts_after(self, reason: &ExitReason) -> bool {
        match self {
            Self::Permanent => true,
            Self::Transient => !reason.is_orderly(),
            Self::Temporary => false,
        }
    }

    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Permanent => "permanent",
            Self::Transient => "transient",
            Self::Temporary => "temporary",
        }
    }
}

impl fmt::Display for ExitReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Normal => formatter.write_str("ended normally"),
            Self::Shutdown => formatter.write_str("was shut down"),
            Self::ShutdownWith(reason) => write!(formatter, "was shut down: {reason}"),
            Self::Error(message) => write!(formatter, "returned an error: {message}"),
            Self::Panic(message) => write!(formatter, "panicked: {message}"),
            Self::Killed => formatter.write_str("was killed"),
        }
    }
}
