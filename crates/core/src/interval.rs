//! The interval of a share: how far the share that was found may be from the one that is behind it.
//!
//! It stands in the vocabulary because the metrics of one run and the comparison of many give the same interval. Other
//! statistics live where many runs are looked at. This module must not know what is counted.
//!
//! ```
//! use moot_core::interval::wilson_interval;
//!
//! let (low, high) = wilson_interval(47, 100).unwrap();
//! assert!((low - 0.375_108).abs() < 1e-6 && (high - 0.567_111).abs() < 1e-6);
//! ```

/// The point of the standard normal distribution that 97.5 % lie below.
pub const NORMAL_97_5: f64 = 1.959_963_984_540_054;

/// The 95 % interval of a proportion by Wilson's score (Wilson, J. Am. Stat. Assoc. 22, 1927; as method 3 in Newcombe,
/// Statistics in Medicine 17, 1998): the proportions that a two-sided test would not reject. `None` of no trials.
#[must_use]
pub fn wilson_interval(successes: u64, trials: u64) -> Option<(f64, f64)> {
    if trials == 0 || successes > trials {
        return None;
    }
    let (successes_f, trials_f) = (successes as f64, trials as f64);
    let share = successes_f / trials_f;
    let z_squared = NORMAL_97_5 * NORMAL_97_5;
    let middle = share + z_squared / (2.0 * trials_f);
    let spread = (share * (1.0 - share) / trials_f + z_squared / (4.0 * trials_f * trials_f)).sqrt() * NORMAL_97_5;
    let scale = 1.0 + z_squared / trials_f;
    // At the ends the formula gives exactly 0 and 1, but for rounding.
    let low = if successes == 0 { 0.0 } else { (middle - spread) / scale };
    let high = if successes == trials { 1.0 } else { (middle + spread) / scale };
    Some((low, high))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        // By hand: 5 of 10 with z^2 = 3.8414588 is 0.5 -+ sqrt(0.025 + 0.0096036) z / 1.3841459 = 0.5 -+ 0.2634069.
        let (low, high) = wilson_interval(5, 10).unwrap();
        assert!((low - 0.236_593_1).abs() < 1e-7 && (high - 0.763_406_9).abs() < 1e-7, "{low} {high}");
        assert_eq!(wilson_interval(0, 3).unwrap().0.to_bits(), 0.0_f64.to_bits());
        assert_eq!(wilson_interval(3, 3).unwrap().1.to_bits(), 1.0_f64.to_bits());
        assert_eq!((wilson_interval(0, 0), wilson_interval(2, 1)), (None, None));
    }
}
