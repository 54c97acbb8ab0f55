//! What a run shows to its invariants beside its events: states that are no events because nobody else needs them.
//!
//! Each probe is shown at the moment that it tells of, between the event before it and the event after it. Where a run
//! shows probes of a kind, it shows all of that kind: an attempt that ends without having been shown as made is then a
//! violation. This module must not know who makes a probe or what is checked by it.
//!
//! ```
//! use moot_core::ActorPath;
//! use moot_safety::invariant::{MailboxCount, Probe};
//!
//! let count = MailboxCount { sent: 3, handled: 2, rejected: 1, ..MailboxCount::of(ActorPath::world()) };
//! assert!(count.is_balanced());
//! assert!(Probe::AtRest(vec![count]).is_at_rest());
//! ```

use std::sync::Arc;

use moot_core::{ActorPath, Money, TaskId, Text, ToolCall, Transcript, VirtualDuration, VirtualTime};

/// Something an invariant is shown that is no event.
#[derive(Debug, Clone, PartialEq)]
pub enum Probe {
    /// A budget has changed, or is there for the first time.
    Budget(BudgetState),
    /// The ledger's books as the run ends, when everything is booked.
    Books(BooksState),
    /// An attempt at a model call goes out, to a model inside or outside the world.
    AttemptMade {
        /// Whose call.
        agent: ActorPath,
        /// In which task.
        task: TaskId,
        /// The number of the call.
        call: u32,
        /// The number of the attempt.
        attempt: u32,
        /// What the model is shown.
        transcript: Arc<Transcript>,
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
        /// Whether nothing is ever asked of its agent, so that no decision of the permissions was recorded.
        is_unrestricted: bool,
    },
    /// A supervisor starts to watch over its children, under these limits.
    Supervised(RestartLimits),
    /// The most model calls that an agent may make for one assignment.
    TurnsMax {
        /// The agent.
        agent: ActorPath,
        /// So many.
        turns_max: u32,
    },
    /// No fault strikes any more and every limit of time is known: by then the run must have ended.
    MustEndBy(VirtualTime),
    /// Everybody who waits for somebody, as `(who, for whom)`.
    Waits(Vec<(ActorPath, ActorPath)>),
    /// Nothing is runnable and nothing is due: what every mailbox has seen up to now.
    AtRest(Vec<MailboxCount>),
}

/// The books of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BooksState {
    /// Attempts booked.
    pub attempts: u64,
    /// Input and output tokens booked, of attempts whose usage is known.
    pub tokens: u64,
    /// What the attempts with a known cost came to.
    pub cost: Money,
    /// Attempts whose usage nobody knows.
    pub without_usage: u64,
    /// Attempts whose cost nobody knows.
    pub without_cost: u64,
}

/// A budget after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetState {
    /// Whose: `run`, or the path of an agent or council.
    pub node: Text,
    /// What was changed.
    pub change: BudgetChange,
    /// What has been spent, by limit: money in picodollars, tokens, calls.
    pub settled: [u64; 3],
    /// What is held for attempts that are out, in the same order.
    pub reserved: [u64; 3],
    /// The limits in the same order, where there are any.
    pub limits: [Option<u64>; 3],
}

/// What was done to a budget. Attempts have the numbers by which the ledger knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetChange {
    /// It was opened.
    Opened,
    /// So much was held for an attempt: the most that it may take.
    Held {
        /// The attempt.
        attempt: u64,
        /// How much.
        amounts: [u64; 3],
    },
    /// An attempt has ended and took so much; what nobody knows counts as what was held.
    Settled {
        /// The attempt.
        attempt: u64,
        /// How much.
        amounts: [u64; 3],
    },
    /// An attempt is not made: what was held for it is free again.
    Released {
        /// The attempt.
        attempt: u64,
    },
}

/// The limits of a supervisor, without the strategy by which it keeps them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestartLimits {
    /// The supervisor.
    pub supervisor: ActorPath,
    /// Whom it watches over: actors, and supervisors below it.
    pub children: Vec<ActorPath>,
    /// How many restarts it may make within `period`.
    pub intensity: u32,
    /// The time in which restarts are counted.
    pub period: VirtualDuration,
    /// How many failures in a row of one child may be followed by a restart.
    pub consecutive_max: u32,
    /// How long a child must have been well at least, so that its failures are counted anew; twice the last wait before
    /// its restart, where that is longer.
    pub healthy_after: VirtualDuration,
    /// Whether children that fail while a restart is under way are restarted with it: then that is one restart.
    pub is_group: bool,
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
    /// Messages that wait until it is restarted.
    pub kept: u64,
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
        Self { actor, sent: 0, handled: 0, rejected: 0, dead_lettered: 0, kept: 0 }
    }

    /// Whether every message that was sent has come to an end, or waits for a restart.
    #[must_use]
    pub const fn is_balanced(&self) -> bool {
        self.sent == self.handled + self.rejected + self.dead_lettered + self.kept
    }
}
