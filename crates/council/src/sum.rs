//! Sums of weights, with the scale on which they are compared.
//!
//! Sums that are equal on paper differ in their last bits when their terms were added in another order. A sum here knows
//! the magnitude of what went into it, and two sums are equal when they differ by less than that explains
//! ([`TOLERANCE`](crate::tally::TOLERANCE)). It must not know ballots or rules.
//!
//! ```
//! use moot_council::Sum;
//!
//! let sum = |terms: &[f64]| terms.iter().fold(Sum::ZERO, |sum, term| sum.plus(*term));
//! let (left, right) = (sum(&[0.1, 0.2, 0.3]), sum(&[0.3, 0.2, 0.1]));
//! assert_ne!(left.value, right.value);
//! assert!(left.equals(right));
//! assert_eq!(Sum::greatest(&[left, right, sum(&[0.5])]), [0, 1]);
//! ```

use std::cmp::Ordering;

use crate::tally;

/// A sum of weights.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sum {
    /// The sum.
    pub value: f64,
    /// The sum regardless of signs: the scale of rounding errors in `value`.
    pub magnitude: f64,
}

impl Sum {
    /// The sum of nothing.
    pub const ZERO: Self = Self { value: 0.0, magnitude: 0.0 };

    /// The sum with one more term.
    #[must_use]
    pub fn plus(self, term: f64) -> Self {
        Self { value: self.value + term, magnitude: self.magnitude + term.abs() }
    }

    /// The sum of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { value: self.value + other.value, magnitude: self.magnitude + other.magnitude }
    }

    /// Whether both are equal on paper.
    #[must_use]
    pub fn equals(self, other: Self) -> bool {
        tally::equal(self.value, other.value, self.magnitude.max(other.magnitude))
    }

    /// Whether the sum is above, below, or on paper equal to 0.
    #[must_use]
    pub fn sign(self) -> Ordering {
        if self.equals(Self { value: 0.0, ..self }) {
            return Ordering::Equal;
        }
        self.value.total_cmp(&0.0)
    }

    /// The indices of the greatest sums, in order: one, or several that are equal on paper; none of no sums.
    #[must_use]
    pub fn greatest(sums: &[Self]) -> Vec<usize> {
        let best = sums.iter().copied().reduce(|best, sum| if sum.value > best.value { sum } else { best });
        all_equal_to(sums, best)
    }

    /// The indices of the least sums, in order: one, or several that are equal on paper; none of no sums.
    #[must_use]
    pub fn least(sums: &[Self]) -> Vec<usize> {
        let least = sums.iter().copied().reduce(|least, sum| if sum.value < least.value { sum } else { least });
        all_equal_to(sums, least)
    }
}

fn all_equal_to(sums: &[Sum], chosen: Option<Sum>) -> Vec<usize> {
    let Some(chosen) = chosen else { return Vec::new() };
    sums.iter().enumerate().filter(|(_, sum)| sum.equals(chosen)).map(|(index, _)| index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(terms: &[f64]) -> Sum {
        terms.iter().fold(Sum::ZERO, |sum, term| sum.plus(*term))
    }

    #[test]
    fn what_is_left_when_terms_cancel_is_nothing() {
        assert_eq!(sum(&[0.1, 0.2, -0.3]).sign(), Ordering::Equal);
        assert_eq!(sum(&[0.1, 0.2, -0.2]).sign(), Ordering::Greater);
        assert_eq!(sum(&[1e-6, -2e-6]).sign(), Ordering::Less, "small sums of small terms are not nothing");
        assert_eq!(Sum::ZERO.sign(), Ordering::Equal);
    }

    #[test]
    fn the_greatest_and_the_least_are_sets() {
        let sums = [sum(&[0.3]), sum(&[0.1, 0.2]), sum(&[-1.0]), sum(&[0.2]), sum(&[-0.5, -0.5])];
        assert_eq!(Sum::greatest(&sums), [0, 1]);
        assert_eq!(Sum::least(&sums), [2, 4]);
        assert_eq!(Sum::greatest(&[]), [0; 0]);
        assert_eq!(Sum::least(&[]), [0; 0]);
    }

    #[test]
    fn two_sums_together_have_both_scales() {
        let both = sum(&[1e9]).and(sum(&[-1e9, 1e-3]));
        assert_eq!(both.magnitude, 2e9 + 1e-3);
        assert_eq!(both.sign(), Ordering::Equal, "a thousandth is lost beside a thousand million");
    }
}
