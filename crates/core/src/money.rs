//! Money as an integer of picodollars (10^-12 USD), so that sums are exact in any order.
//!
//! A price per million tokens with up to six decimals is a whole number of picodollars a token. A price that is not
//! known is `None` wherever money is optional, never zero.
//!
//! ```
//! use moot_core::Money;
//!
//! let price_per_token = Money::from_usd_per_million(0.15).unwrap();
//! assert_eq!(price_per_token.times(120).to_string(), "0.000018");
//! ```

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

/// An amount of money in picodollars; never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(u128);

/// Picodollars in a dollar.
const PICODOLLARS_PER_USD: u128 = 1_000_000_000_000;

impl Money {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// An amount given in picodollars.
    #[must_use]
    pub const fn from_picodollars(picodollars: u128) -> Self {
        Self(picodollars)
    }

    /// The amount in picodollars.
    #[must_use]
    pub const fn as_picodollars(self) -> u128 {
        self.0
    }

    /// The price of one token, given the price in USD of a million tokens: rounded to a whole picodollar.
    /// `None` when the price is negative, not finite or above a million USD.
    #[must_use]
    pub fn from_usd_per_million(usd: f64) -> Option<Self> {
        if !(0.0..=1_000_000.0).contains(&usd) {
            return None;
        }
        let picodollars = libm::round(usd * 1_000_000.0) as u128;
        Some(Self(picodollars))
    }

    /// This amount `count` times.
    #[must_use]
    pub const fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count as u128))
    }

    /// The amount in USD as a floating-point number, for display and statistics only.
    #[must_use]
    pub fn as_usd(self) -> f64 {
        self.0 as f64 / PICODOLLARS_PER_USD as f64
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Money {
    /// The exact decimal in USD, without trailing zeros.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.0 / PICODOLLARS_PER_USD;
        let fraction = format!("{:012}", self.0 % PICODOLLARS_PER_USD);
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() { write!(formatter, "{whole}") } else { write!(formatter, "{whole}.{fraction}") }
    }
}

impl Serialize for Money {
    /// A decimal string in USD where people read, picodollars where machines do.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { serializer.serialize_u128(self.0) }
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return u128::deserialize(deserializer).map(Self);
        }
        let text = String::deserialize(deserializer)?;
        parse_usd(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not an amount in USD")))
    }
}

/// Reads a plain decimal with at most twelve places.
fn parse_usd(text: &str) -> Option<Money> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 12 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole: u128 = whole.parse().ok()?;
    let fraction: u128 = format!("{fraction:0<12}").parse().ok()?;
    Some(Money(whole.checked_mul(PICODOLLARS_PER_USD)?.checked_add(fraction)?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn the_decimal_is_exact_both_ways() {
        for text in ["0", "1", "0.5", "0.000000000001", "123456789.987654321012"] {
            let money = parse_usd(text).unwrap();
            assert_eq!(money.to_string(), text);
            assert_eq!(serde_json::from_str::<Money>(&serde_json::to_string(&money).unwrap()).unwrap(), money);
        }
        for text in ["", "-1", "1e3", "0.1234567890123", ".5", "1.2.3"] {
            assert_eq!(parse_usd(text), None, "{text}");
        }
    }

    #[test]
    fn a_price_that_cannot_be_is_none() {
        assert_eq!(Money::from_usd_per_million(-1.0), None);
        assert_eq!(Money::from_usd_per_million(f64::NAN), None);
        assert_eq!(Money::from_usd_per_million(0.6), Some(Money::from_picodollars(600_000)));
    }
}
