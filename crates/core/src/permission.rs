//! The words of permissions: modes, verdicts, decisions, and what a person answers when asked.
//!
//! How a decision is reached is not known here.
//!
//! ```
//! use moot_core::{Decision, Verdict};
//!
//! let decision = Decision::new(Verdict::Deny, "permissions.rules[0]", "secrets are not to be written");
//! assert_eq!(decision.to_string(), "deny by permissions.rules[0]: secrets are not to be written");
//! assert!(Verdict::Deny > Verdict::Ask && Verdict::Ask > Verdict::Allow, "the stricter one is the greater one");
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Resource, Text};

/// Whether a call may run; the stricter one is the greater one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It runs.
    Allow,
    /// Somebody has to approve it first.
    Ask,
    /// It does not run.
    Deny,
}

/// What holds for a call that no rule speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PermissionMode {
    /// What only reads passes; what changes something is asked about.
    #[default]
    Default,
    /// What only reads passes; what changes something is denied.
    Plan,
    /// Everything passes.
    Auto,
}

/// A verdict with the rule that made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The verdict.
    pub verdict: Verdict,
    /// The rule: its place in the scenario, its name, or the mode.
    pub rule: Text,
    /// Why, in words.
    pub reason: Text,
}

/// For how long an approval holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantScope {
    /// For this call alone.
    Call,
    /// For calls of the same tool that touch nothing but this.
    Resource(Resource),
    /// For every call of the same tool until the run ends; of a tool that runs commands only for calls that run no
    /// other programs than this one.
    Run,
}

/// What came of asking for approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// The call may run.
    Granted(GrantScope),
    /// It may not, and why.
    Refused(Text),
    /// Nobody answered in time, which denies.
    TimedOut,
}

impl Decision {
    /// A decision.
    pub fn new(verdict: Verdict, rule: impl Into<Text>, reason: impl Into<Text>) -> Self {
        Self { verdict, rule: rule.into(), reason: reason.into() }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} by {}: {}", self.verdict.as_str(), self.rule, self.reason)
    }
}

impl Verdict {
    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

impl PermissionMode {
    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Plan => "plan",
            Self::Auto => "auto",
        }
    }
}

impl fmt::Display for Approval {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Granted(GrantScope::Call) => write!(formatter, "approved once"),
            Self::Granted(GrantScope::Run) => write!(formatter, "approved for the run"),
            Self::Granted(GrantScope::Resource(_)) => write!(formatter, "approved for this resource"),
            Self::Refused(reason) => write!(formatter, "refused: {reason}"),
            Self::TimedOut => write!(formatter, "nobody answered in time"),
        }
    }
}
