//! What a scenario does to the machine it is played on, and so does only when it is trusted.
//!
//! Permission rules, rule hooks and files in memory need no trust. This module must not know where in a scenario such
//! things stand.
//!
//! ```
//! use moot_scenario::{TrustItem, TrustKind};
//!
//! let item = TrustItem { kind: TrustKind::Command, what: "[\"./lint\"]".into(), place: "hooks.lint.command".into() };
//! assert_eq!(item.to_string(), "runs the command [\"./lint\"] (hooks.lint.command)");
//! ```

use std::fmt;

use crate::problem::escape;

/// One thing that a scenario needs trust for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TrustItem {
    /// Of which kind it is.
    pub kind: TrustKind,
    /// Which command (and the names of the variables it is given), folder, variable or address. Never what a variable
    /// holds.
    pub what: String,
    /// The path in the scenario at which it is named.
    pub place: String,
}

/// The kinds of things that need trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrustKind {
    /// A program that runs on this machine.
    Command,
    /// A folder of this machine that agents or memory read and write.
    Folder,
    /// A variable of this machine's environment.
    Environment,
    /// An address that is called.
    Network,
}

impl TrustKind {
    /// What the scenario does with it, such as `runs the command`.
    #[must_use]
    pub const fn does(self) -> &'static str {
        match self {
            Self::Command => "runs the command",
            Self::Folder => "reads and writes the folder",
            Self::Environment => "reads the environment variable",
            Self::Network => "calls the address",
        }
    }
}

impl fmt::Display for TrustItem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} ({})", self.kind.does(), escape(&self.what), escape(&self.place))
    }
}
