//! Student's t distribution: the one point of it that 95 % intervals of a mean need.
//!
//! For few degrees of freedom the distribution is a finite sum and the point is found by halving; for many, an expansion
//! around the normal one is exact to all digits that matter. Only `libm` is asked for a transcendental function, so that
//! platforms agree.

use moot_core::interval::NORMAL_97_5;

/// Up to so many degrees of freedom the finite sum is used.
const SUMMED_MAX: u64 = 100;
/// Below the point that 97.5 % lie below, for any number of degrees of freedom.
const LOW: f64 = 1.9;
/// Above it: with one degree of freedom it is 12.706.
const HIGH: f64 = 13.0;
/// So many halvings of 11.1 leave less than what neighbouring numbers differ by.
const HALVINGS: u32 = 60;

/// The point that 97.5 % of the t distribution with so many degrees of freedom lie below; `None` for 0.
pub(crate) fn t_97_5(degrees: u64) -> Option<f64> {
    match degrees {
        0 => None,
        1..=SUMMED_MAX => Some(halved(degrees)),
        _ => Some(expanded(degrees as f64)),
    }
}

fn halved(degrees: u64) -> f64 {
    let (mut low, mut high) = (LOW, HIGH);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if within(middle, degrees) < 0.95 { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// The probability that a t value lies between -t and t (Abramowitz and Stegun, Handbook of Mathematical Functions,
/// 26.7.3 and 26.7.4).
fn within(t: f64, degrees: u64) -> f64 {
    let freedom = degrees as f64;
    let hypotenuse = (freedom + t * t).sqrt();
    let (sine, cosine) = (t / hypotenuse, freedom.sqrt() / hypotenuse);
    let is_odd = degrees % 2 == 1;
    // The powers of the cosine are 1, 3, 5, … for odd degrees and 0, 2, 4, … for even ones, all below the degrees.
    let mut term = if is_odd { cosine } else { 1.0 };
    let mut power = if is_odd { 1 } else { 0 };
    let mut sum = 0.0;
    while power + 2 <= degrees {
        sum += term;
        power += 2;
        term *= cosine * cosine * (power as f64 - 1.0) / power as f64;
    }
    if is_odd {
        let angle = libm::atan(t / freedom.sqrt());
        std::f64::consts::FRAC_2_PI * (angle + sine * sum)
    } else {
        sine * sum
    }
}

/// The expansion around the normal point (Abramowitz and Stegun, 26.7.5).
fn expanded(degrees: f64) -> f64 {
    let x = NORMAL_97_5;
    let (x2, inverse) = (x * x, 1.0 / degrees);
    let first = x * (x2 + 1.0) / 4.0;
    let second = x * ((5.0 * x2 + 16.0) * x2 + 3.0) / 96.0;
    let third = x * (((3.0 * x2 + 19.0) * x2 + 17.0) * x2 - 15.0) / 384.0;
    let fourth = x * ((((79.0 * x2 + 776.0) * x2 + 1_482.0) * x2 - 1_920.0) * x2 - 945.0) / 92_160.0;
    x + inverse * (first + inverse * (second + inverse * (third + inverse * fourth)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn the_points_are_those_of_the_tables() {
        // Fisher and Yates, Statistical Tables, table III; further digits from the closed forms: tan(0.475 pi) for one
        // degree, 0.95 sqrt(2 / (1 - 0.95^2)) for two.
        let one = libm::tan(0.475 * std::f64::consts::PI);
        let two = 0.95 * (2.0_f64 / (1.0 - 0.95 * 0.95)).sqrt();
        for (degrees, expected, allowed) in [
            (1, one, 1e-11),
            (2, two, 1e-11),
            (3, 3.182, 5e-4),
            (9, 2.262, 5e-4),
            (10, 2.228, 5e-4),
            (30, 2.042, 5e-4),
            (100, 1.984, 5e-4),
            (120, 1.980, 5e-4),
        ] {
            let found = t_97_5(degrees).unwrap();
            assert!((found - expected).abs() < allowed, "{degrees}: {found}");
        }
        assert_eq!(t_97_5(0), None);
    }

    #[test]
    fn the_sum_and_the_expansion_meet_and_end_at_the_normal_point() {
        for degrees in [60, 99, 100] {
            let (halved, expanded) = (halved(degrees), expanded(degrees as f64));
            assert!((halved - expanded).abs() < 1e-8, "{degrees}: {halved} {expanded}");
        }
        let points: Vec<f64> = (1..400).map(|degrees| t_97_5(degrees).unwrap()).collect();
        assert!(points.is_sorted_by(|a, b| a > b), "more degrees, a narrower interval");
        assert!((t_97_5(1_000_000_000).unwrap() - NORMAL_97_5).abs() < 1e-8);
    }
}
