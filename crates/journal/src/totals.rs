//! What model calls came to: of a run, an agent or a model.
//!
//! Unknown is unknown: an attempt whose tokens or cost nobody knows makes the total unknown, not smaller. The sums of
//! what is known stand beside. This module must not know events.
//!
//! ```
//! use moot_core::{Money, Usage};
//! use moot_journal::CallTotals;
//!
//! let mut totals = CallTotals::default();
//! totals.add(Some(Usage::new(120, 40)), Some(Money::from_picodollars(42)), false);
//! assert_eq!(totals.known_cost(), Some(Money::from_picodollars(42)));
//! totals.add(None, None, true);
//! assert_eq!(totals.known_cost(), None, "nobody knows what the second attempt cost");
//! assert_eq!((totals.calls, totals.failures), (2, 1));
//! ```

use moot_core::{Money, Usage};
use serde::{Deserialize, Serialize};

/// Totals of model calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CallTotals {
    /// Attempts, failed ones included.
    pub calls: u64,
    /// Attempts that failed.
    pub failures: u64,
    /// The tokens of the attempts whose tokens are known.
    pub usage: Usage,
    /// Attempts whose tokens nobody knows.
    pub attempts_without_usage: u64,
    /// What the attempts cost whose cost is known.
    pub cost: Money,
    /// Attempts whose cost nobody knows.
    pub attempts_without_cost: u64,
}

impl CallTotals {
    /// Adds one attempt.
    pub fn add(&mut self, usage: Option<Usage>, cost: Option<Money>, failed: bool) {
        self.calls += 1;
        self.failures += u64::from(failed);
        match usage {
            Some(usage) => self.usage += usage,
            None => self.attempts_without_usage += 1,
        }
        match cost {
            Some(cost) => self.cost += cost,
            None => self.attempts_without_cost += 1,
        }
    }

    /// Adds what other attempts came to.
    pub fn merge(&mut self, other: &Self) {
        self.calls += other.calls;
        self.failures += other.failures;
        self.usage += other.usage;
        self.attempts_without_usage += other.attempts_without_usage;
        self.cost += other.cost;
        self.attempts_without_cost += other.attempts_without_cost;
    }

    /// The tokens of all attempts; `None` when those of one are unknown.
    #[must_use]
    pub fn known_usage(&self) -> Option<Usage> {
        (self.attempts_without_usage == 0).then_some(self.usage)
    }

    /// The cost of all attempts; `None` when that of one is unknown.
    #[must_use]
    pub fn known_cost(&self) -> Option<Money> {
        (self.attempts_without_cost == 0).then_some(self.cost)
    }
}
