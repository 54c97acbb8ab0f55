//! The distributions have the moments they should, frozen values, and an answer to every parameter.
//!
//! Moments are compared within four standard errors on fixed addresses: the outcome is the same on every run, and a
//! right generator would have failed about one of 16 000 such comparisons. For n values of variance s² and fourth
//! central moment m, the standard error of the mean is √(s²/n), and that of the unbiased variance estimator is
//! √((m - s⁴ (n-3)/(n-1)) / n), exact for independent values. Both use the true moments of the distribution.
#![allow(clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use super::Draw;
use crate::random::{AddressedGenerator, Purpose, RandomAddress, RandomKey};
use rand_core::Rng;

const VALUES: u32 = 100_000;

fn address() -> RandomAddress {
    RandomAddress::new(RandomKey::new(20_240_601, 0, "tests/distribution"), Purpose::named("moments"))
}

/// True mean, variance, and kurtosis (fourth central moment over squared variance; 3 for a normal number).
struct Moments {
    mean: f64,
    variance: f64,
    kurtosis: f64,
}

/// The moments of a number that takes few values, by enumeration of (value, probability).
fn enumerated(values: &[(f64, f64)]) -> Moments {
    let mean = values.iter().map(|(value, p)| value * p).sum::<f64>();
    let central = |power| values.iter().map(|(value, p)| (value - mean).powi(power) * p).sum::<f64>();
    Moments { mean, variance: central(2), kurtosis: central(4) / central(2).powi(2) }
}

/// Checks mean and variance twice: over many addresses, one value each, which is how models draw, and along the stream
/// of one address.
fn assert_moments(name: &str, truth: &Moments, draw: impl Fn(&mut AddressedGenerator) -> f64) {
    let address = address();
    let across = (0..VALUES).map(|call| draw(&mut address.call(call).generator())).collect();
    let mut generator = address.task(1).generator();
    let along = (0..VALUES).map(|_| draw(&mut generator)).collect();
    for (way, values) in [("across addresses", across), ("along one stream", along)] {
        let values: Vec<f64> = values;
        let n = f64::from(VALUES);
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let mean_error = (truth.variance / n).sqrt();
        let fourth_factor = truth.kurtosis - (n - 3.0) / (n - 1.0);
        let variance_error = truth.variance * (fourth_factor / n).sqrt();
        let mean_off = (mean - truth.mean) / mean_error;
        let variance_off = (variance - truth.variance) / variance_error;
        assert!(mean_off.abs() <= 4.0, "{name} {way}: the mean {mean} is {mean_off:.1} standard errors off");
        assert!(variance_off.abs() <= 4.0, "{name} {way}: the variance {variance} is {variance_off:.1} off");
    }
}

#[test]
fn uniform_numbers_have_their_moments_and_range() {
    let truth = Moments { mean: 0.5, variance: 1.0 / 12.0, kurtosis: 1.8 };
    assert_moments("uniform", &truth, |generator| {
        let value = generator.uniform();
        assert!((0.0..1.0).contains(&value));
        value
    });
}

#[test]
fn integers_have_their_moments_and_range() {
    let die: Vec<(f64, f64)> = (10..16).map(|value| (f64::from(value), 1.0 / 6.0)).collect();
    assert_moments("integer in 10..=15", &enumerated(&die), |generator| generator.integer_in(10..=15) as f64);
    // The share of rejections is greatest just above a power of two: nearly half of all draws here.
    let n = (1 << 63) + 1;
    let truth = Moments { mean: 0.5, variance: 1.0 / 12.0, kurtosis: 1.8 };
    assert_moments("integer below 2^63 + 1", &truth, |generator| generator.integer_below(n) as f64 / n as f64);
}

#[test]
fn truths_and_choices_have_their_moments() {
    for p in [0.02, 0.5, 0.7] {
        let truth = enumerated(&[(0.0, 1.0 - p), (1.0, p)]);
        assert_moments("bernoulli", &truth, |generator| f64::from(u8::from(generator.bernoulli(p))));
    }
    let truth = enumerated(&[(0.0, 0.1), (2.0, 0.6), (3.0, 0.3)]);
    for weights in [[0.5, 0.0, 3.0, 1.5], [0.5, -7.0, 3.0, 1.5], [1e307, f64::NAN, 6e307, 3e307]] {
        assert_moments("categorical", &truth, |generator| generator.categorical(&weights).map_or(-1.0, |i| i as f64));
    }
    // The total of these overflows.
    let truth = enumerated(&[(0.0, 0.5), (1.0, 0.5)]);
    assert_moments("categorical", &truth, |g| g.categorical(&[f64::MAX, f64::MAX]).map_or(-1.0, |i| i as f64));
}

#[test]
fn normal_and_lognormal_numbers_have_their_moments() {
    let truth = Moments { mean: -3.0, variance: 4.0, kurtosis: 3.0 };
    assert_moments("normal", &truth, |generator| generator.normal(-3.0, 2.0));
    let (mu, sigma) = (1.0, 0.5_f64);
    let spread = (sigma * sigma).exp();
    let truth = Moments {
        mean: (mu + sigma * sigma / 2.0).exp(),
        variance: (spread - 1.0) * (2.0 * mu).exp() * spread,
        kurtosis: spread.powi(4) + 2.0 * spread.powi(3) + 3.0 * spread.powi(2) - 3.0,
    };
    assert_moments("lognormal", &truth, |generator| generator.lognormal(mu, sigma));
}

#[test]
fn exponential_and_gamma_numbers_have_their_moments() {
    let truth = Moments { mean: 2.5, variance: 6.25, kurtosis: 9.0 };
    assert_moments("exponential", &truth, |generator| generator.exponential(2.5));
    for shape in [0.1, 0.5, 1.0, 2.5, 40.0, 1e12] {
        let scale = 3.0;
        let truth = Moments { mean: shape * scale, variance: shape * scale * scale, kurtosis: 3.0 + 6.0 / shape };
        assert_moments(&format!("gamma {shape}"), &truth, |generator| generator.gamma(shape, scale));
    }
}

#[test]
fn beta_numbers_have_their_moments_and_range() {
    for (a, b) in [(0.001, 0.003), (0.5, 0.5), (1.0, 1.0), (2.0, 5.0), (0.3, 40.0), (700.0, 300.0)] {
        let sum: f64 = a + b;
        let excess =
            6.0 * ((a - b) * (a - b) * (sum + 1.0) - a * b * (sum + 2.0)) / (a * b * (sum + 2.0) * (sum + 3.0));
        let truth = Moments { mean: a / sum, variance: a * b / (sum * sum * (sum + 1.0)), kurtosis: 3.0 + excess };
        assert_moments(&format!("beta {a} {b}"), &truth, |generator| {
            let value = generator.beta(a, b);
            assert!((0.0..=1.0).contains(&value));
            value
        });
    }
}

/// Counts must lie within four standard errors of n p, where the standard error is √(n p (1-p)).
fn assert_counts(counts: impl IntoIterator<Item = u32>, p: f64) {
    let n = f64::from(VALUES);
    for count in counts {
        let off = (f64::from(count) - n * p) / (n * p * (1.0 - p)).sqrt();
        assert!(off.abs() <= 4.0, "{count} is {off:.1} standard errors from {}", n * p);
    }
}

#[test]
fn shuffles_put_every_item_everywhere_and_every_order_equally_often() {
    let mut places = [[0; 4]; 4];
    let mut orders = std::collections::BTreeMap::new();
    for call in 0..VALUES {
        let mut items = [0, 1, 2, 3];
        address().call(call).generator().shuffle(&mut items);
        for (place, item) in items.into_iter().enumerate() {
            places[place][item] += 1;
        }
        *orders.entry(items).or_insert(0) += 1;
    }
    assert_counts(places.into_iter().flatten(), 1.0 / 4.0);
    assert_eq!(orders.len(), 24);
    assert_counts(orders.into_values(), 1.0 / 24.0);
}

#[test]
fn samples_hold_no_index_twice_and_every_list_equally_often() {
    let mut lists = std::collections::BTreeMap::new();
    for call in 0..VALUES {
        *lists.entry(address().call(call).generator().sample_indices(5, 2)).or_insert(0) += 1;
    }
    assert!(lists.keys().all(|list| list[0] != list[1]));
    assert_eq!(lists.len(), 20);
    assert_counts(lists.into_values(), 1.0 / 20.0);
}

#[test]
fn samples_end_with_the_population_and_begin_alike() {
    let sample = |population, amount| address().generator().sample_indices(population, amount);
    let mut all = sample(300, 1_000);
    assert_eq!(all[..20], sample(300, 20));
    all.sort_unstable();
    assert!(all.into_iter().eq(0..300));
    assert!(sample(0, 5).is_empty());
    assert!(sample(5, 0).is_empty());
    assert!(sample(usize::MAX, 3).into_iter().all(|index| index > 1_000), "no table of the population is made");
}

/// Three of every four 64-bit values serve a range of 3 * 2^62. Without rejection, the fourth would make multiples of
/// three come up half of the time.
#[test]
fn integers_are_without_bias_where_rejection_matters_most() {
    let mut residues = [0; 3];
    for call in 0..VALUES {
        residues[(address().call(call).generator().integer_below(3 << 62) % 3) as usize] += 1;
    }
    assert_counts(residues, 1.0 / 3.0);
}

#[test]
fn integers_answer_at_the_edges() {
    let mut generator = address().generator();
    let (low, high) = (7, 3);
    for _ in 0..100 {
        assert_eq!(generator.integer_below(0), 0);
        assert_eq!(generator.integer_below(1), 0);
        assert_eq!(generator.integer_in(5..=5), 5);
        assert_eq!(generator.integer_in(low..=high), 7);
        assert!(generator.integer_in(u64::MAX - 1..=u64::MAX) >= u64::MAX - 1);
    }
    assert_eq!(address().generator().integer_in(0..=u64::MAX), address().generator().next_u64());
}

#[test]
fn truths_and_choices_answer_every_parameter() {
    let mut generator = address().generator();
    for _ in 0..100 {
        assert!(![0.0, -1.0, f64::NEG_INFINITY, f64::NAN].into_iter().any(|p| generator.bernoulli(p)));
        assert!([1.0, 2.0, f64::INFINITY].into_iter().all(|p| generator.bernoulli(p)));
        assert_eq!(generator.categorical(&[]), None);
        assert_eq!(generator.categorical(&[0.0, -1.0, f64::NAN, f64::INFINITY]), None);
        assert_eq!(generator.categorical(&[0.0, f64::NAN, 5e-324, f64::INFINITY, 0.0]), Some(2));
    }
}

#[test]
fn a_real_result_is_nan_exactly_when_a_parameter_is() {
    let odd = [f64::NEG_INFINITY, f64::MIN, -1.0, -0.0, 0.0, 5e-324, 1e-300, 0.5, 1.0, 1e30, f64::MAX, f64::INFINITY];
    let odd = odd.into_iter().chain([f64::NAN]);
    for (a, b) in odd.clone().flat_map(|a| odd.clone().map(move |b| (a, b))) {
        let mut generator = address().generator();
        for _ in 0..20 {
            let results =
                [generator.normal(a, b), generator.lognormal(a, b), generator.gamma(a, b), generator.beta(a, b)];
            for result in results {
                assert_eq!(result.is_nan(), a.is_nan() || b.is_nan(), "{a} {b} gave {results:?}");
            }
            assert_eq!(generator.exponential(a).is_nan(), a.is_nan());
        }
    }
}

#[test]
fn parameters_out_of_range_count_as_the_end_of_the_range() {
    let mut generator = address().generator();
    for _ in 0..100 {
        assert_eq!(generator.normal(4.0, -1.0), 4.0);
        assert_eq!(generator.exponential(-2.0), 0.0);
        assert_eq!(generator.gamma(-1.0, 2.0), 0.0);
        assert_eq!(generator.gamma(2.0, -1.0), 0.0);
        assert_eq!(generator.beta(0.0, 2.0), 0.0);
        assert_eq!(generator.beta(2.0, -3.0), 1.0);
        assert!([0.0, 1.0].contains(&generator.beta(0.0, 0.0)));
        assert_eq!(generator.beta(f64::INFINITY, f64::INFINITY), 0.5);
    }
}

#[test]
fn a_greater_probability_keeps_every_truth() {
    for call in 0..1_000 {
        let at = |p| address().call(call).generator().bernoulli(p);
        assert!(!at(0.4) || at(0.6));
    }
}

/// The first three values at a fixed address; exact, because decimal text of Rust reads back to the same bits.
fn first_values<T>(mut draw: impl FnMut(&mut AddressedGenerator) -> T) -> [T; 3] {
    let key = RandomKey::new(42, 0, "solver");
    let mut generator = RandomAddress::new(key, Purpose::named("frozen")).generator();
    [(); 3].map(|()| draw(&mut generator))
}

/// Never to be edited: these values are what makes an old study repeatable.
#[test]
fn first_values_are_frozen() {
    assert_eq!(
        first_values(|g| g.next_u64()),
        [1_716_976_925_618_812_284, 7_859_168_877_546_194_636, 10_929_091_665_351_951_013]
    );
    assert_eq!(first_values(|g| g.uniform()), [0.09307750564316986, 0.4260463985483023, 0.5924672463433902]);
    assert_eq!(first_values(|g| g.integer_below(1_000_000)), [93_077, 426_046, 592_467]);
    assert_eq!(
        first_values(|g| g.integer_below((1 << 63) + 1)),
        [3_485_605_444_745_230_585, 4_260_735_552_901_519_822, 9_048_770_770_366_351_460]
    );
    assert_eq!(first_values(|g| g.integer_in(10..=15)), [10, 12, 13]);
    assert_eq!(first_values(|g| g.bernoulli(0.5)), [true, true, false]);
    assert_eq!(first_values(|g| g.categorical(&[0.5, 0.0, 3.0, 1.5])), [Some(0), Some(2), Some(2)]);
    assert_eq!(first_values(|g| g.normal(-3.0, 2.0)), [-3.790337212764471, -4.955705790789111, -4.893256964238371]);
    assert_eq!(first_values(|g| g.lognormal(1.0, 0.5)), [2.2309236595169253, 1.6670799321225855, 1.693310957805196]);
    assert_eq!(first_values(|g| g.exponential(2.5)), [0.24424571316775923, 1.3880167990940864, 2.244084931149621]);
    assert_eq!(first_values(|g| g.gamma(2.5, 3.0)), [4.906482811411335, 3.00543068441797, 18.76119433019212]);
    assert_eq!(first_values(|g| g.gamma(0.5, 3.0)), [0.9101917751963564, 1.1948611490705794, 0.1523466095403146]);
    assert_eq!(first_values(|g| g.beta(2.0, 5.0)), [0.299635404087028, 0.6301693656710308, 0.3363751112064786]);
    assert_eq!(first_values(|g| g.beta(0.3, 0.4)), [0.9992957948217245, 0.0007892249000248593, 0.48886311741115657]);
    let shuffled = first_values(|g| {
        let mut items = [0, 1, 2, 3, 4, 5, 6, 7];
        g.shuffle(&mut items);
        items
    });
    assert_eq!(shuffled, [[7, 6, 4, 1, 5, 3, 2, 0], [5, 0, 4, 3, 1, 2, 6, 7], [0, 3, 6, 1, 5, 4, 7, 2]]);
    assert_eq!(first_values(|g| g.sample_indices(100, 4)), [[9, 43, 60, 63], [37, 46, 83, 98], [94, 39, 40, 76]]);
}
