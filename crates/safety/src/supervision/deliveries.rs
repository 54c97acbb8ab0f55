//! Whether a message is delivered once more whose receiver was lost while it worked on it.
//!
//! Akka drops the failing message; its `PeekMailbox` tries it twice more. Here only a message that may safely be handled
//! twice is delivered again, at most twice in all: one that kills its receiver each time must not do so for ever. A
//! failure that the message did not cause, such as the restart of a sibling, is no strike against it.
//!
//! A message that still waited in the mailbox was not delivered, so it does not come here. This module must not know
//! mailboxes.
//!
//! ```
//! use moot_safety::supervision::{Deliveries, Redelivery};
//!
//! let mut deliveries = Deliveries::first();
//! assert_eq!(deliveries.after_failure(true, true), Redelivery::Again);
//! assert!(matches!(deliveries.after_failure(true, true), Redelivery::DeadLetter { .. }));
//! ```

use moot_core::Text;
use serde::{Deserialize, Serialize};

/// How often a message may be delivered when each time its receiver is lost by it.
const DELIVERIES_MAX: u32 = 2;

/// How often one message was delivered and its receiver was lost by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Deliveries {
    strikes: u32,
}

/// What becomes of a message whose receiver was lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Redelivery {
    /// It is delivered again, before what waits.
    Again,
    /// It is not delivered again.
    DeadLetter {
        /// Why.
        reason: Text,
    },
}

impl Deliveries {
    /// A message that is delivered for the first time.
    #[must_use]
    pub const fn first() -> Self {
        Self { strikes: 0 }
    }

    /// How often its receiver was lost by it.
    #[must_use]
    pub const fn strikes(self) -> u32 {
        self.strikes
    }

    /// Decides after its receiver was lost while it worked on it. `is_idempotent` says that handling it twice does no
    /// more than handling it once, `is_caused_by_it` that the receiver failed by itself in handling it.
    #[must_use]
    pub fn after_failure(&mut self, is_idempotent: bool, is_caused_by_it: bool) -> Redelivery {
        self.strikes = self.strikes.saturating_add(u32::from(is_caused_by_it));
        if !is_idempotent {
            let reason = "its receiver was lost while it worked on it, and it can't safely be handled twice";
            return Redelivery::DeadLetter { reason: reason.into() };
        }
        if self.strikes >= DELIVERIES_MAX {
            let reason = format!("its receiver was lost by it {} times", self.strikes);
            return Redelivery::DeadLetter { reason: reason.into() };
        }
        Redelivery::Again
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_be_handled_twice_is_delivered_again_and_at_most_twice() {
        for (is_idempotent, failures, expected) in [
            (true, &[true][..], true),
            (true, &[true, true], false),
            (true, &[false, false, false, true], true),
            (true, &[false, true, false, true], false),
            (false, &[true], false),
            (false, &[false], false),
        ] {
            let mut deliveries = Deliveries::first();
            let mut last = Redelivery::Again;
            for is_caused_by_it in failures {
                assert_eq!(last, Redelivery::Again, "{failures:?}");
                last = deliveries.after_failure(is_idempotent, *is_caused_by_it);
            }
            assert_eq!(last == Redelivery::Again, expected, "{is_idempotent} {failures:?}");
            let strikes = failures.iter().filter(|is_caused_by_it| **is_caused_by_it).count();
            assert_eq!(deliveries.strikes() as usize, strikes);
        }
    }
}
