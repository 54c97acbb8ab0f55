//! The dice of a campaign: everything that is drawn for a seed, addressed by what it is drawn for.
//!
//! A [`Dice`] is made for one concern of one seed. Concerns share nothing: a draw that is added to one changes no other.
//! This module must not know what is drawn.
//!
//! ```
//! use moot_campaign::dice::Dice;
//!
//! let roll = |concern: &str| Dice::new(7, concern).between(1, 6);
//! assert_eq!(roll("agents"), roll("agents"));
//! assert!((1..=6).contains(&roll("faults")));
//! ```

use folkmoot::core::random::{AddressedGenerator, Draw, Purpose, RandomAddress, RandomKey};

const CAMPAIGN: Purpose = Purpose::named("campaign");

/// Draws for one concern of one seed.
#[derive(Debug)]
pub struct Dice(AddressedGenerator);

impl Dice {
    /// The dice of a seed for what this names.
    #[must_use]
    pub fn new(seed: u64, concern: &str) -> Self {
        Self(RandomAddress::new(RandomKey::new(seed, 0, concern), CAMPAIGN).generator())
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.0.bernoulli(probability)
    }

    /// A number of the range, both ends included.
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        self.0.integer_in(least..=most)
    }

    /// A real number from `least` to below `most`.
    pub fn real(&mut self, least: f64, most: f64) -> f64 {
        least + self.0.uniform() * (most - least)
    }

    /// One of these; `None` when there are none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let index = self.0.integer_below(u64::try_from(from.len()).unwrap_or(u64::MAX));
        from.get(usize::try_from(index).unwrap_or(usize::MAX))
    }

    /// One of these texts; empty when there are none.
    pub fn word<'a>(&mut self, from: &[&'a str]) -> &'a str {
        self.pick(from).copied().unwrap_or_default()
    }

    /// Some of these, in their order, each with this probability.
    pub fn some<'a, T>(&mut self, from: &'a [T], probability: f64) -> Vec<&'a T> {
        from.iter().filter(|_| self.chance(probability)).collect()
    }

    /// A length of virtual time, as files write it.
    pub fn millis(&mut self, least: u64, most: u64) -> String {
        format!("{}ms", self.between(least, most))
    }

    /// A number, with few small decimals, so that files stay readable.
    pub fn share(&mut self, least: f64, most: f64) -> f64 {
        (self.real(least, most) * 1_000.0).round() / 1_000.0
    }
}
