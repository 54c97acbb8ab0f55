//! Bugs on purpose, one at a time, switched on by name: they show that whoever hunts for bugs would find such ones.
//!
//! This module is there only with the feature `planted-bugs`, which no build that people use has. Each bug stands where
//! one of its kind would really be: `if planted::is_on(Planted::LostReply) { … }` behind the feature. This module must not
//! know what they do.
//!
//! ```
//! use moot_core::planted::{self, Planted};
//!
//! assert!(!planted::is_on(Planted::Hang));
//! planted::switch_on(Some(Planted::Hang));
//! assert!(planted::is_on(Planted::Hang) && !planted::is_on(Planted::LostReply));
//! planted::switch_on(None);
//! assert_eq!(Planted::named("lost_reply"), Some(Planted::LostReply));
//! ```

use std::sync::atomic::{AtomicU32, Ordering};

/// The number of the bug that is on, from 1; 0 for none.
static ON: AtomicU32 = AtomicU32::new(0);

/// Writes the bugs with their names, what they break and what they do.
macro_rules! planted {
    ($($variant:ident = $name:literal $breaks:literal $text:literal,)+) => {
        /// A bug on purpose.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Planted {
            $(#[doc = $text] $variant,)+
        }

        impl Planted {
            /// Every bug, in the order of the invariants that they are planted against.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// The invariant that it is planted against.
            #[must_use]
            pub const fn breaks(self) -> &'static str {
                match self {
                    $(Self::$variant => $breaks,)+
                }
            }

            /// What it does, in words.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

planted! {
    NoLedgerDedupe = "no_ledger_dedupe" "I1" "A ledger that is restarted books once more what it was about to settle.",
    FailedAttemptsFree = "failed_attempts_free" "I1" "Attempts that fail are not booked.",
    BudgetNotReserved = "budget_not_reserved" "I2" "A budget is checked but nothing is held of it.",
    ReservationLeaked = "reservation_leaked" "I2" "What was held for an attempt that is not made is not given back.",
    AttemptNotClosed = "attempt_not_closed" "I3" "An attempt that was answered still counts as open when the run ends.",
    ResultSwapped = "result_swapped" "I4" "Of two open calls of an agent, the result of one is given to the other.",
    CallNumbersReset = "call_numbers_reset" "I5" "An agent that gives up an assignment counts its model calls anew.",
    RetryNotCounted = "retry_not_counted" "I5" "An attempt that is made again bears the number of the one before.",
    ToolRunTwice = "tool_run_twice" "I6" "An executor that was restarted runs each tool twice.",
    DoubleVote = "double_vote" "I7" "An answer that comes twice is a second ballot.",
    BallotDropped = "ballot_dropped" "I7" "A council that is restarted forgets the last answer that it has seen.",
    EndNotTold = "end_not_told" "I8" "An assignment that is given up after crashes has no end.",
    OrphanLeft = "orphan_left" "I8" "Agents that somebody started are not stopped when it has answered.",
    LateResultAccepted = "late_result_accepted" "I9" "A result that comes after its call timed out counts all the same.",
    LostReply = "lost_reply" "I9" "When a tool panics, another call that is open is forgotten.",
    MailboxDropped = "mailbox_dropped" "I10" "What waits for an actor is gone when it is restarted.",
    RestartBeyondLimit = "restart_beyond_limit" "I11" "A supervisor restarts once more than it may.",
    StartIsHealth = "start_is_health" "I11" "A child that was started is taken to be well.",
    EndWithoutReason = "end_without_reason" "I12" "A run that failed does not say why.",
    TurnLimitPassed = "turn_limit_passed" "I12" "An agent asks its model once more than it may.",
    Hang = "hang" "I13" "The timers of councils never fire.",
    RewriteNotJudged = "rewrite_not_judged" "I16" "What a hook has made of the arguments is not judged.",
    GateOpens = "gate_opens" "I16" "A hook that fails lets the call pass.",
}

impl Planted {
    /// The bug of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|planted| planted.name() == name)
    }
}

/// From now on this bug is on in the whole process, and no other; with `None`, none is.
pub fn switch_on(planted: Option<Planted>) {
    ON.store(planted.map_or(0, |planted| planted as u32 + 1), Ordering::Relaxed);
}

/// Whether this bug is on.
#[must_use]
pub fn is_on(planted: Planted) -> bool {
    ON.load(Ordering::Relaxed) == planted as u32 + 1
}
