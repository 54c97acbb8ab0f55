//! What is drawn from a generator: numbers of the usual distributions, choices, orders, samples.
//!
//! It must not know addresses: it works on any `rand_core` generator. Every method is value-stable: the same words give
//! the same result in every version and on every platform, which is why the algorithms are written out here, and why
//! transcendental functions come from `libm` and never from the platform.
//!
//! # Parameters out of range
//!
//! No method panics. A real parameter outside its documented range counts as the nearest end of that range (infinity as
//! the largest finite number). A parameter that is NaN makes a real result NaN, so that a mistake stays visible; where
//! the result is no real number, the method says what it is. A NaN is returned for no other reason.
//!
//! ```
//! use moot_core::random::{Draw, Purpose, RandomAddress, RandomKey};
//!
//! let address = RandomAddress::new(RandomKey::new(42, 0, "solver"), Purpose::named("latency"));
//! let latency = address.call(3).generator().lognormal(0.0, 0.5);
//! assert!(latency > 0.0);
//!
//! let mut order = [1, 2, 3, 4];
//! address.generator().shuffle(&mut order);
//! order.sort_unstable();
//! assert_eq!(order, [1, 2, 3, 4]);
//! ```

use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::ops::RangeInclusive;

use rand_core::Rng;

/// 2^-53, the distance between neighbouring results of [`Draw::uniform`].
const UNIFORM_STEP: f64 = 1.0 / (1_u64 << 53) as f64;
/// 2^-64: brings any sum of finite weights that a machine can hold back among the finite numbers.
const WEIGHT_SCALE: f64 = UNIFORM_STEP / 2048.0;
/// The smallest shape that [`Draw::beta`] tells from zero: far below it, logarithms of its values would overflow.
const SMALLEST_BETA_SHAPE: f64 = 1e-300;

/// Draws of the usual distributions, for every generator. The module says what becomes of parameters out of range.
pub trait Draw: Rng {
    /// A number in [0, 1), uniform among the multiples of 2^-53: `(x >> 11) * 2^-53` of one 64-bit value.
    #[inline]
    fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * UNIFORM_STEP
    }

    /// An integer in 0..n, without bias; 0 when `n` is 0.
    ///
    /// Takes one 64-bit value, and another after each rejection (probability below n / 2^64). Source: D. Lemire, "Fast
    /// random integer generation in an interval", ACM TOMACS 29(1), 2019.
    #[inline]
    fn integer_below(&mut self, n: u64) -> u64 {
        let mut product = u128::from(self.next_u64()) * u128::from(n);
        if (product as u64) < n {
            // 2^64 mod n: low halves below it belong to results that would come up once too often.
            let surplus = n.wrapping_neg() % n;
            while (product as u64) < surplus {
                product = u128::from(self.next_u64()) * u128::from(n);
            }
        }
        (product >> 64) as u64
    }

    /// An integer of the range, both ends included, without bias; the start when the range is empty.
    #[inline]
    fn integer_in(&mut self, range: RangeInclusive<u64>) -> u64 {
        let (start, end) = range.into_inner();
        match end.saturating_sub(start).checked_add(1) {
            Some(amount) => start + self.integer_below(amount),
            // The range is all of u64.
            None => self.next_u64(),
        }
    }

    /// True with probability `p` in [0, 1]; false when `p` is NaN.
    ///
    /// Takes one [uniform](Draw::uniform) number whatever `p` is, and is true when that number is below `p`. So at one
    /// address a greater `p` never turns a true into a false: compared designs share their luck.
    #[inline]
    fn bernoulli(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// An index drawn with probability proportional to its weight; `None` when no weight is positive and finite.
    ///
    /// Weights are any finite numbers from 0 on, and need not add up to 1. A weight that is negative, infinite or NaN
    /// counts as 0. Takes one [uniform](Draw::uniform) number whatever the weights are, and inverts the cumulative
    /// distribution in the order given.
    fn categorical(&mut self, weights: &[f64]) -> Option<usize> {
        let uniform = self.uniform();
        let positive = || weights.iter().copied().enumerate().filter(|(_, weight)| *weight > 0.0 && weight.is_finite());
        let total: f64 = positive().map(|(_, weight)| weight).sum();
        let (total, scale) = if total.is_finite() {
            (total, 1.0)
        } else {
            (positive().map(|(_, weight)| weight * WEIGHT_SCALE).sum(), WEIGHT_SCALE)
        };
        let target = uniform * total;
        let mut reached = 0.0;
        let mut last = None;
        for (index, weight) in positive() {
            reached += weight * scale;
            last = Some(index);
            if target < reached {
                break;
            }
        }
        // Among subnormal weights the target can round up to the total: the last index is then the one meant.
        last
    }

    /// A normal number of this mean and standard deviation, both in the unit of the result.
    ///
    /// `mean` any finite number, `sd` from 0 on. Takes two [uniform](Draw::uniform) numbers, and gives the cosine
    /// branch only: one value a call keeps the generator free of hidden state. Source: G. Box, M. Muller, "A note on
    /// the generation of random normal deviates", Ann. Math. Statist. 29(2), 1958.
    fn normal(&mut self, mean: f64, sd: f64) -> f64 {
        clamp(mean, f64::MIN) + clamp(sd, 0.0) * standard_normal(self)
    }

    /// A number whose natural logarithm is [normal](Draw::normal) with mean `mu` and standard deviation `sigma`.
    ///
    /// `mu` any finite number, `sigma` from 0 on. The median is exp(mu), the mean exp(mu + sigma²/2), both in the unit
    /// of the result. Beyond the range of `f64` the result is infinite, or 0.
    fn lognormal(&mut self, mu: f64, sigma: f64) -> f64 {
        libm::exp(self.normal(mu, sigma))
    }

    /// An exponential number of this mean, in the unit of the result: a waiting time without memory.
    ///
    /// `mean` from 0 on. Takes one [uniform](Draw::uniform) number, and inverts the distribution: -mean ln(1 - u) (L.
    /// Devroye, "Non-Uniform Random Variate Generation", 1986, II.2).
    fn exponential(&mut self, mean: f64) -> f64 {
        // Taken from zero rather than negated, so that the least result is 0 and not -0.
        clamp(mean, 0.0) * (0.0 - libm::log(positive_uniform(self)))
    }

    /// A gamma number: mean `shape * scale`, variance `shape * scale²`; `scale` is in the unit of the result.
    ///
    /// Both from 0 on; a shape of 0 gives 0. Takes three [uniform](Draw::uniform) numbers a trial (on average 1.05
    /// trials at most) and one more below shape 1; none when a parameter is NaN. Source: G. Marsaglia, W. Tsang, "A
    /// simple method for generating gamma variables", ACM TOMS 26(3), 2000, with its boost for shapes below 1.
    fn gamma(&mut self, shape: f64, scale: f64) -> f64 {
        let (shape, scale) = (clamp(shape, 0.0), clamp(scale, 0.0));
        if shape.is_nan() || scale.is_nan() {
            return f64::NAN;
        }
        if shape < 1.0 {
            let boosted = gamma_from_one(self, shape + 1.0);
            // A uniform number below 1, so that a shape of 0 gives 0.
            return boosted * libm::pow(self.uniform(), 1.0 / shape) * scale;
        }
        gamma_from_one(self, shape) * scale
    }

    /// A beta number in [0, 1]: mean a / (a + b).
    ///
    /// Both shapes from 1e-300 on: near 0 they give 0 or 1, as the limit has it. It is X / (X + Y) of two gamma numbers
    /// of shapes `a` and `b`, X first, compared by their logarithms, because at small shapes both are often too small
    /// for `f64`. Takes what two [gamma](Draw::gamma) draws take; none when a parameter is NaN. Source: Devroye 1986,
    /// IX.4.
    fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (a, b) = (clamp(a, SMALLEST_BETA_SHAPE), clamp(b, SMALLEST_BETA_SHAPE));
        if a.is_nan() || b.is_nan() {
            return f64::NAN;
        }
        let log_x = log_gamma_number(self, a);
        let log_y = log_gamma_number(self, b);
        1.0 / (1.0 + libm::exp(log_y - log_x))
    }

    /// Puts the items in a random order, every order equally likely.
    ///
    /// Draws one [integer](Draw::integer_below) for each item but the first, from the last item down. Source: R.
    /// Durstenfeld, "Algorithm 235: random permutation", CACM 7(7), 1964 (Fisher-Yates).
    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let chosen = self.integer_below(last as u64 + 1) as usize;
            items.swap(chosen, last);
        }
    }

    /// `amount` different indices of 0..population in random order, every such list equally likely; all of them when
    /// `amount` is greater than `population`.
    ///
    /// A Fisher-Yates shuffle that stops after `amount` places: one [integer](Draw::integer_below) a place, from the
    /// first place on. So at one address a smaller sample is the beginning of a larger one. Memory grows with `amount`
    /// only: the few places that were swapped are kept in a map.
    fn sample_indices(&mut self, population: usize, amount: usize) -> Vec<usize> {
        let mut swapped = BTreeMap::new();
        let mut sample = Vec::new();
        for place in 0..amount.min(population) {
            let chosen = place + self.integer_below((population - place) as u64) as usize;
            // No later step reads this place again, so its entry can go.
            let here = swapped.remove(&place).unwrap_or(place);
            sample.push(if chosen == place { here } else { swapped.insert(chosen, here).unwrap_or(chosen) });
        }
        sample
    }
}

impl<R: Rng + ?Sized> Draw for R {}

/// A parameter brought into its range; NaN stays NaN.
#[inline]
fn clamp(parameter: f64, least: f64) -> f64 {
    // `clamp` leaves -0 as it is, and dividing by that gives the wrong infinity: adding 0 makes it 0.
    parameter.clamp(least, f64::MAX) + 0.0
}

/// A uniform number in (0, 1], whose logarithm is finite.
#[inline]
fn positive_uniform<R: Draw + ?Sized>(generator: &mut R) -> f64 {
    1.0 - generator.uniform()
}

/// Box-Muller, cosine branch: radius first, then angle.
#[inline]
fn standard_normal<R: Draw + ?Sized>(generator: &mut R) -> f64 {
    let radius = libm::sqrt(-2.0 * libm::log(positive_uniform(generator)));
    radius * libm::cos(TAU * generator.uniform())
}

/// Marsaglia and Tsang's gamma number of scale 1, for a finite shape from 1 on. It is always positive.
fn gamma_from_one<R: Draw + ?Sized>(generator: &mut R, shape: f64) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / libm::sqrt(9.0 * d);
    loop {
        let x = standard_normal(generator);
        let root = 1.0 + c * x;
        // The third number of the trial is taken before the test, so that every trial takes three.
        let uniform = positive_uniform(generator);
        if root <= 0.0 {
            continue;
        }
        let v = root * root * root;
        let square = x * x;
        // The paper's squeeze: it accepts almost always, and spares two logarithms.
        if uniform < 1.0 - 0.0331 * square * square || libm::log(uniform) < 0.5 * square + d * (1.0 - v + libm::log(v))
        {
            return d * v;
        }
    }
}

/// The natural logarithm of a gamma number of scale 1, for a shape from 1e-300 on. It is always finite.
fn log_gamma_number<R: Draw + ?Sized>(generator: &mut R, shape: f64) -> f64 {
    if shape < 1.0 {
        let boosted = libm::log(gamma_from_one(generator, shape + 1.0));
        return boosted + libm::log(positive_uniform(generator)) / shape;
    }
    libm::log(gamma_from_one(generator, shape))
}

#[cfg(test)]
mod tests;
