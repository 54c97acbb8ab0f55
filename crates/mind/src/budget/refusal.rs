//! Why a call may not be made: whose budget, which limit, what was needed and what is left.
//!
//! This module must not know accounts; it only says things.
//!
//! ```
//! use moot_mind::budget::Amount;
//!
//! assert_eq!(Amount::Tokens(1_200).to_string(), "1200 tokens");
//! assert_eq!(Amount::Unknown.to_string(), "an unknown amount");
//! ```

use std::fmt;

use moot_core::{Limit, Money, Text, VirtualDuration};
use serde::{Deserialize, Serialize};

/// A call that a budget doesn't hold. It is no error of the agent: the task ends as exhausted by `limit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// Whose budget: the first in the chain that doesn't hold the call.
    pub node: Text,
    /// Which of its limits.
    pub limit: Limit,
    /// What the call may take.
    pub needed: Amount,
    /// What is left, the calls in flight taken off.
    pub left: Amount,
    /// Whether the call would fit on this budget if the calls in flight took nothing, so that it may help to wait for
    /// them. Never so for calls and time, of which nothing comes back.
    pub fits_later: bool,
    /// All of it in a sentence, with what to try.
    pub reason: Text,
}

/// An amount of what budgets limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Amount {
    /// USD.
    Money(Money),
    /// Tokens.
    Tokens(u64),
    /// Attempts of model calls.
    Calls(u64),
    /// Virtual time.
    Time(VirtualDuration),
    /// Something that nobody can tell.
    Unknown,
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Money(money) => write!(formatter, "{money} USD"),
            Self::Tokens(1) => formatter.write_str("1 token"),
            Self::Tokens(count) => write!(formatter, "{count} tokens"),
            Self::Calls(1) => formatter.write_str("1 call"),
            Self::Calls(count) => write!(formatter, "{count} calls"),
            Self::Time(duration) => write!(formatter, "{duration}"),
            Self::Unknown => formatter.write_str("an unknown amount"),
        }
    }
}
