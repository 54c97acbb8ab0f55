//! In which order members have their turn.
//!
//! It must not know what a turn is. A random order is drawn at the council's address, the task and the round, so it is
//! the same in every run and changes nothing else.
//!
//! ```
//! use moot_core::random::{RandomAddress, RandomKey};
//! use moot_council::order::{ORDER, Order};
//!
//! let address = RandomAddress::new(RandomKey::new(1, 0, "council"), ORDER);
//! assert_eq!(Order::Fixed.of(3, address), [0, 1, 2]);
//! let mut drawn = Order::Random.of(3, address);
//! drawn.sort_unstable();
//! assert_eq!(drawn, [0, 1, 2]);
//! ```

use moot_core::random::{Draw, Purpose, RandomAddress};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a random order is drawn for.
pub const ORDER: Purpose = Purpose::named("order");

/// When members have their turn within a round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// All at once: nobody hears what is said in the round.
    #[default]
    Simultaneous,
    /// One after another, as listed: each hears whom it hears of those before it in the round.
    Fixed,
    /// One after another, in an order drawn anew for each round.
    Random,
}

impl Order {
    /// Whether members have their turn one after another.
    #[must_use]
    pub const fn is_sequential(self) -> bool {
        !matches!(self, Self::Simultaneous)
    }

    /// The numbers 0 to `members` in the order of their turns; `address` is where a random order is drawn.
    #[must_use]
    pub fn of(self, members: usize, address: RandomAddress) -> Vec<usize> {
        let mut order: Vec<usize> = (0..members).collect();
        if self == Self::Random {
            let mut generator = address.generator();
            // Fisher and Yates: every order is equally likely.
            for place in (1..members).rev() {
                let drawn = generator.integer_below(place as u64 + 1);
                order.swap(place, usize::try_from(drawn).unwrap_or(place));
            }
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use moot_core::random::RandomKey;

    #[test]
    fn every_order_is_equally_likely() {
        let address = RandomAddress::new(RandomKey::new(7, 0, "council"), ORDER);
        let mut counts = std::collections::BTreeMap::<Vec<usize>, u32>::new();
        let draws = 12_000;
        for task in 0..draws {
            *counts.entry(Order::Random.of(3, address.task(task))).or_default() += 1;
        }
        assert_eq!(counts.len(), 6);
        // Binomial(12,000, 1/6) has a standard deviation of 40.8.
        assert!(counts.values().all(|count| count.abs_diff(2_000) <= 164), "{counts:?}");
        assert!(!Order::Simultaneous.is_sequential() && Order::Random.is_sequential());
    }
}
