//! What some work took: model calls, tokens, money. It travels with answers, so that who asked knows what it cost.
//!
//! Attempts that failed are part of it. It must not know budgets or who pays: the ledger alone decides over money; a
//! bill is what a council may stop by.
//!
//! ```
//! use moot_core::{Bill, Money, Usage};
//!
//! let mut bill = Bill::default();
//! bill.add_attempt(Some(Usage { input_tokens: 100, output_tokens: 20, cached_input_tokens: 0 }), None);
//! assert_eq!((bill.attempts, bill.tokens), (1, 120));
//! assert_eq!(bill.unpriced, 1, "what a call cost that has no known price is unknown, not zero");
//! ```

use serde::{Deserialize, Serialize};

use crate::{Money, Usage};

/// What some work took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// Attempts at model calls, failed ones included.
    pub attempts: u32,
    /// Input and output tokens, as far as they are known.
    pub tokens: u64,
    /// What the attempts cost, as far as it is known.
    pub cost: Money,
    /// Of how many attempts the tokens are not known.
    pub unmetered: u32,
    /// Of how many attempts the cost is not known.
    pub unpriced: u32,
}

impl Bill {
    /// Adds one attempt.
    pub fn add_attempt(&mut self, usage: Option<Usage>, cost: Option<Money>) {
        self.attempts = self.attempts.saturating_add(1);
        match usage {
            Some(usage) => {
                self.tokens = self.tokens.saturating_add(usage.input_tokens.saturating_add(usage.output_tokens));
            }
            None => self.unmetered = self.unmetered.saturating_add(1),
        }
        match cost {
            Some(cost) => self.cost += cost,
            None => self.unpriced = self.unpriced.saturating_add(1),
        }
    }

    /// Adds what other work took.
    pub fn add(&mut self, other: &Self) {
        self.attempts = self.attempts.saturating_add(other.attempts);
        self.tokens = self.tokens.saturating_add(other.tokens);
        self.cost += other.cost;
        self.unmetered = self.unmetered.saturating_add(other.unmetered);
        self.unpriced = self.unpriced.saturating_add(other.unpriced);
    }
}
