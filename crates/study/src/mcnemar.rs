//! McNemar's exact test: whether two variants that were right on different tasks differ by more than chance.
//!
//! Only the tasks on which they differ say anything: if neither is better, each of those is a fair coin. This module must
//! not know what the counts are of.
//!
//! ```
//! use moot_study::mcnemar_exact;
//!
//! assert_eq!(mcnemar_exact(1, 0), 1.0);
//! assert!((mcnemar_exact(10, 3) - 0.092_285_156_25).abs() < 1e-14);
//! ```

use std::f64::consts::LN_2;

/// A term that is so much smaller than the sum so far changes it no more.
const NEGLIGIBLE: f64 = 1e-18;

/// The two-sided p value of so many tasks on which only the first was right and so many on which only the second was:
/// twice the probability that a fair coin shows the rarer side at most as often, at most 1 (McNemar, Psychometrika 12,
/// 1947, in its exact binomial form).
#[must_use]
pub fn mcnemar_exact(first_only: u64, second_only: u64) -> f64 {
    let (rarer, tosses) = (first_only.min(second_only), first_only.saturating_add(second_only));
    if first_only == second_only {
        return 1.0;
    }
    let log_factorial = |number: u64| libm::lgamma(number as f64 + 1.0);
    let log_largest =
        log_factorial(tosses) - log_factorial(rarer) - log_factorial(tosses - rarer) - tosses as f64 * LN_2;
    // C(n, k - 1) / C(n, k) = k / (n - k + 1): from the largest term down, until the rest no longer counts.
    let (mut term, mut sum) = (1.0, 0.0);
    let mut number = rarer;
    loop {
        sum += term;
        if number == 0 || term < sum * NEGLIGIBLE {
            break;
        }
        term *= number as f64 / (tosses - number + 1) as f64;
        number -= 1;
    }
    (2.0 * sum * libm::exp(log_largest)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_counts_by_hand() {
        // 2 (C(3,0)) / 2^3, 2 (C(4,0) + C(4,1)) / 2^4, 2 C(5,0) / 2^5.
        for (first, second, expected) in [(3, 0, 0.25), (1, 3, 0.625), (0, 5, 0.0625), (0, 0, 1.0), (7, 7, 1.0)] {
            let found = mcnemar_exact(first, second);
            assert!((found - expected).abs() < 1e-14, "{first}, {second}: {found}");
            assert_eq!(found.to_bits(), mcnemar_exact(second, first).to_bits());
        }
    }

    #[test]
    fn many_tasks_are_no_trouble() {
        // For many tasks the count is normal: with z = (|b - c| - 1) / sqrt(b + c) = 3 the two-sided p is 0.0026998.
        let (first, second) = (5_000_000 + 4_744, 5_000_000 - 4_744);
        let found = mcnemar_exact(first, second);
        assert!((found - 0.002_699_8).abs() < 2e-6, "{found}");
        let none = mcnemar_exact(40_000, 0);
        assert!((0.0..1e-300).contains(&none));
    }
}
