//! What a run shows to its invariants beside its events: states that are no events because nobody else needs them.
//!
//! This module must not know who makes a probe or what is checked by it.
//!
//! ```
//! use moot_core::ActorPath;
//! use moot_safety::invariant::{MailboxCount, Probe};
//!
//! let count = MailboxCount { sent: 3, handled: 2, rejected: 1, ..MailboxCount::of(ActorPath::world()) };
//! assert!(count.is_balanced());
//! assert!(Probe::AtRest(vec![count]).is_at_rest());
//! ```

use moot_core::{ActorPath, Money, TaskId, Text, ToolCall};

/// Something an invariant is shown that is no event.
#[derive(Debug, Clone, PartialEq)]
pub enum Probe {
    /// A budget has changed.
    Budget(BudgetState),
    /// The ledger's books as the run ends.
    Books {
        /// Attempts booked.
        attempts: u64,
        /// Input and output tokens booked, of attempts whose usage is known.
        tokens: u64,
        /// What the attempts with a known cost came to.
        cost: Money,
    },
    /// A tool is now running with these arguments: whatever it does, it does from here on.
    ToolStarted {
        /// Whose call.
        agent: ActorPath,
        /// In which task.
        task: TaskId,
        /// The call as it is run, after every rewrite.
        call: ToolCall,
        /// Whether it changes anything.
        has_effect: bool,
    },
    /// Nothing is runnable and nothing is due: what every mailbox has seen up to now.
    AtRest(Vec<MailboxCount>),
}

/// A budget after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetState {
    /// Whose: `run`, or the path of an agent or council.
    pub node: Text,
    /// What has been spent, by limit: money in picodollars, tokens, calls.
    pub settled: [u64; 3],
    /// What is held for attempts that are out, in the same order.
    pub reserved: [u64; 3],
    /// The limits in the same order, where there are any.
    pub limits: [Option<u64>; 3],
    /// What attempts took beyond what was held for them, in the same order: no book can prevent that.
    pub overrun: [u64; 3],
}

/// What a mailbox has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxCount {
    /// Whose.
    pub actor: ActorPath,
    /// Messages that somebody sent.
    pub sent: u64,
    /// Messages that it took in.
    pub handled: u64,
    /// Messages that were refused because it was full, with the sender told.
    pub rejected: u64,
    /// Messages that nobody will take in, with the reason recorded.
    pub dead_lettered: u64,
}

impl Probe {
    /// Whether it is the state of the mailboxes.
    #[must_use]
    pub const fn is_at_rest(&self) -> bool {
        matches!(self, Self::AtRest(_))
    }
}

impl MailboxCount {
    /// A mailbox that has seen nothing.
    #[must_use]
    pub const fn of(actor: ActorPath) -> Self {
        Self { actor, sent: 0, handled: 0, rejected: 0, dead_lettered: 0 }
    }

    /// Whether every message that was sent has come to an end.
    #[must_use]
    pub const fn is_balanced(&self) -> bool {
        self.sent == self.handled + self.rejected + self.dead_lettered
    }
}
