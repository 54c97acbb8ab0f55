//! Outcomes: every end has a name.
//!
//! Silence is never success: whatever can end a task is one of these, and a participant always answers with one.
//!
//! ```
//! use moot_core::{Limit, Outcome, OutcomeStatus};
//!
//! assert_eq!(Outcome::decided("A").answer(), Some("A"));
//! assert_eq!(Outcome::Exhausted { limit: Limit::Turns }.status(), OutcomeStatus::Exhausted);
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Text;

/// How a task ended for a participant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// There is an answer.
    Decided {
        /// The answer.
        answer: Text,
    },
    /// Several answers are equally good and no rule chose among them.
    Tied {
        /// The answers, sorted.
        among: Vec<Text>,
    },
    /// Too few took part.
    NoQuorum {
        /// How many cast a ballot that counts.
        present: u32,
        /// How many were needed.
        needed: u32,
    },
    /// All was done as agreed and nothing won.
    Undecided {
        /// Why.
        reason: Text,
    },
    /// Something went wrong.
    Failed(Failure),
    /// A limit was reached.
    Exhausted {
        /// Which one.
        limit: Limit,
    },
    /// Somebody called it off.
    Cancelled {
        /// Why or by whom.
        reason: Text,
    },
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{kind}: {message}", kind = kind.as_str())]
pub struct Failure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// What was wrong, where, and what was expected, in words.
    pub message: Text,
}

/// The kinds of failure of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The model gave no usable reply.
    Model,
    /// A scripted model saw something else than its script says, or had no step left.
    Script,
    /// The same failing tool call was repeated too often.
    Repetition,
    /// A participant panicked more often than it may be restarted.
    Crash,
    /// A member failed and the pattern can't go on without it.
    Member,
    /// Nothing can ever happen any more while this was unfinished.
    Deadlock,
    /// The participant could not be started or used as the scenario asks.
    Setup,
    /// A hook forbade it to go on.
    Denied,
    /// The model refused the content.
    Refused,
    /// The participant's mailbox was full.
    Overloaded,
}

/// The limits that can end a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Model turns of one task.
    Turns,
    /// Tokens of one task.
    Tokens,
    /// Model calls.
    Calls,
    /// Money.
    Money,
    /// Virtual time.
    Time,
}

/// The status of an [`Outcome`] without its details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of Outcome, where they are explained")]
pub enum OutcomeStatus {
    Decided,
    Tied,
    NoQuorum,
    Undecided,
    Failed,
    Exhausted,
    Cancelled,
}

impl Outcome {
    /// An answer was found.
    #[must_use]
    pub fn decided(answer: impl Into<Text>) -> Self {
        Self::Decided { answer: answer.into() }
    }

    /// Something went wrong.
    #[must_use]
    pub fn failed(kind: FailureKind, message: impl Into<Text>) -> Self {
        Self::Failed(Failure { kind, message: message.into() })
    }

    /// The answer, when there is one.
    #[must_use]
    pub fn answer(&self) -> Option<&str> {
        match self {
            Self::Decided { answer } => Some(answer),
            _ => None,
        }
    }

    /// The status alone.
    #[must_use]
    pub const fn status(&self) -> OutcomeStatus {
        match self {
            Self::Decided { .. } => OutcomeStatus::Decided,
            Self::Tied { .. } => OutcomeStatus::Tied,
            Self::NoQuorum { .. } => OutcomeStatus::NoQuorum,
            Self::Undecided { .. } => OutcomeStatus::Undecided,
            Self::Failed(_) => OutcomeStatus::Failed,
            Self::Exhausted { .. } => OutcomeStatus::Exhausted,
            Self::Cancelled { .. } => OutcomeStatus::Cancelled,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decided { answer } => write!(formatter, "decided: {answer}"),
            Self::Tied { among } => write!(formatter, "tied: {}", among.join(", ")),
            Self::NoQuorum { present, needed } => write!(formatter, "no quorum: {present} of {needed} needed"),
            Self::Undecided { reason } => write!(formatter, "undecided: {reason}"),
            Self::Failed(failure) => write!(formatter, "failed ({failure})"),
            Self::Exhausted { limit } => write!(formatter, "exhausted: {}", limit.as_str()),
            Self::Cancelled { reason } => write!(formatter, "cancelled: {reason}"),
        }
    }
}

impl OutcomeStatus {
    /// Every status, in the order in which tables list them.
    pub const ALL: [Self; 7] =
        [Self::Decided, Self::Tied, Self::NoQuorum, Self::Undecided, Self::Failed, Self::Exhausted, Self::Cancelled];

    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Decided => "decided",
            Self::Tied => "tied",
            Self::NoQuorum => "no_quorum",
            Self::Undecided => "undecided",
            Self::Failed => "failed",
            Self::Exhausted => "exhausted",
            Self::Cancelled => "cancelled",
        }
    }
}

impl FailureKind {
    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Script => "script",
            Self::Repetition => "repetition",
            Self::Crash => "crash",
            Self::Member => "member",
            Self::Deadlock => "deadlock",
            Self::Setup => "setup",
            Self::Denied => "denied",
            Self::Refused => "refused",
            Self::Overloaded => "overloaded",
        }
    }
}

impl Limit {
    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Turns => "turns",
            Self::Tokens => "tokens",
            Self::Calls => "calls",
            Self::Money => "money",
            Self::Time => "time",
        }
    }
}
