//! How long a stochastic model takes: a fixed time, or one drawn from a distribution.
//!
//! It must not know what the answer is: the draw stands at a purpose of its own, so that giving a model a latency
//! changes no answer. Every latency is a whole number of milliseconds, rounded to the nearest.
//!
//! ```
//! use moot_model::{Distribution, Latency};
//!
//! let fixed: Latency = serde_json::from_str(r#""800ms""#).unwrap();
//! assert_eq!(fixed, Latency::Fixed("800ms".parse().unwrap()));
//! let drawn: Latency = serde_json::from_str(r#"{ "exponential": { "mean": "2s" } }"#).unwrap();
//! assert!(matches!(drawn, Latency::Drawn(Distribution::Exponential(_))));
//! ```

use std::fmt;

use moot_core::VirtualDuration;
use moot_core::random::{Draw, Rng};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, IgnoredAny, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{OptionProblem, schema};

/// How long a call takes, in virtual time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Latency {
    /// Every call takes this long. Written as a plain duration: `800ms`.
    Fixed(VirtualDuration),
    /// Every attempt draws its own. Written as the distribution: `lognormal: { median: 800ms, p95: 3s }`.
    Drawn(Distribution),
}

/// A distribution of durations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// Most calls are quick, few are very slow: what real models look like.
    Lognormal(Lognormal),
    /// A waiting time without memory.
    Exponential(Exponential),
    /// Anything between two bounds, equally likely.
    Uniform(Uniform),
    /// A bell around the mean; what falls below zero counts as zero.
    Normal(MeanAndDeviation),
    /// Never negative and skewed to the right; with a small deviation much like `normal`.
    Gamma(MeanAndDeviation),
}

/// A lognormal distribution by two quantiles, because these are what is measured of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lognormal {
    /// Half of the calls take less; at least 1ms.
    #[schemars(schema_with = "schema::duration")]
    pub median: VirtualDuration,
    /// 95 % of the calls take less; not below the median.
    #[schemars(schema_with = "schema::duration")]
    pub p95: VirtualDuration,
}

/// An exponential distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exponential {
    /// The mean.
    #[schemars(schema_with = "schema::duration")]
    pub mean: VirtualDuration,
}

/// A uniform distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Uniform {
    /// The least.
    #[schemars(schema_with = "schema::duration")]
    pub from: VirtualDuration,
    /// The most; not below `from`.
    #[schemars(schema_with = "schema::duration")]
    pub to: VirtualDuration,
}

/// A distribution by its mean and standard deviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeanAndDeviation {
    /// The mean.
    #[schemars(schema_with = "schema::duration")]
    pub mean: VirtualDuration,
    /// The standard deviation.
    #[schemars(schema_with = "schema::duration")]
    pub sd: VirtualDuration,
}

impl Latency {
    /// What is wrong with the options.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        match self {
            Self::Drawn(Distribution::Lognormal(Lognormal { median, .. })) if *median == VirtualDuration::ZERO => {
                vec![OptionProblem::new("lognormal.median", "the median is 0; allowed is 1ms and more")]
            }
            Self::Drawn(Distribution::Lognormal(Lognormal { median, p95 })) if p95 < median => {
                let message =
                    format!("the 95th percentile ({p95}) is below the median ({median}); write one not below it");
                vec![OptionProblem::new("lognormal.p95", message)]
            }
            Self::Drawn(Distribution::Uniform(Uniform { from, to })) if to < from => {
                let message = format!("the most ({to}) is below the least ({from}); write one not below it");
                vec![OptionProblem::new("uniform.to", message)]
            }
            Self::Drawn(Distribution::Gamma(MeanAndDeviation { mean, sd }))
                if *mean == VirtualDuration::ZERO && *sd > VirtualDuration::ZERO =>
            {
                vec![OptionProblem::new(
                    "gamma.mean",
                    "the mean is 0, so nothing can deviate from it; allowed is 1ms and more",
                )]
            }
            Self::Fixed(_) | Self::Drawn(_) => Vec::new(),
        }
    }
}

/// A latency with its parameters worked out, ready to be drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum LatencyPlan {
    /// Always the same.
    Fixed(VirtualDuration),
    /// `mu` and `sigma` of the logarithm of milliseconds.
    Lognormal { mu: f64, sigma: f64 },
    /// The mean in milliseconds.
    Exponential { mean_ms: f64 },
    /// The bounds in milliseconds.
    Uniform { from_ms: f64, width_ms: f64 },
    /// Mean and standard deviation in milliseconds.
    Normal { mean_ms: f64, sd_ms: f64 },
    /// Shape, and scale in milliseconds.
    Gamma { shape: f64, scale_ms: f64 },
}

/// The 95th percentile of the standard normal distribution.
const NORMAL_P95: f64 = 1.644_853_626_951_472_7;

impl LatencyPlan {
    pub(super) fn new(latency: Latency) -> Self {
        let distribution = match latency {
            Latency::Fixed(duration) => return Self::Fixed(duration),
            Latency::Drawn(distribution) => distribution,
        };
        match distribution {
            Distribution::Lognormal(Lognormal { median, p95 }) => {
                let mu = libm::log(milliseconds(median));
                Self::Lognormal { mu, sigma: (libm::log(milliseconds(p95)) - mu) / NORMAL_P95 }
            }
            Distribution::Exponential(Exponential { mean }) => Self::Exponential { mean_ms: milliseconds(mean) },
            Distribution::Uniform(Uniform { from, to }) => {
                Self::Uniform { from_ms: milliseconds(from), width_ms: milliseconds(to) - milliseconds(from) }
            }
            Distribution::Normal(MeanAndDeviation { mean, sd }) => {
                Self::Normal { mean_ms: milliseconds(mean), sd_ms: milliseconds(sd) }
            }
            Distribution::Gamma(MeanAndDeviation { mean, sd: VirtualDuration::ZERO }) => Self::Fixed(mean),
            Distribution::Gamma(MeanAndDeviation { mean, sd }) => {
                // The mean is shape * scale, the variance shape * scale².
                let (mean, sd) = (milliseconds(mean), milliseconds(sd));
                Self::Gamma { shape: (mean / sd) * (mean / sd), scale_ms: sd * sd / mean }
            }
        }
    }

    /// The time one attempt takes.
    pub(super) fn draw(self, generator: &mut impl Rng) -> VirtualDuration {
        let drawn_ms = match self {
            Self::Fixed(duration) => return duration,
            Self::Lognormal { mu, sigma } => generator.lognormal(mu, sigma),
            Self::Exponential { mean_ms } => generator.exponential(mean_ms),
            Self::Uniform { from_ms, width_ms } => from_ms + width_ms * generator.uniform(),
            Self::Normal { mean_ms, sd_ms } => generator.normal(mean_ms, sd_ms),
            Self::Gamma { shape, scale_ms } => generator.gamma(shape, scale_ms),
        };
        whole(drawn_ms)
    }
}

#[expect(clippy::cast_precision_loss, reason = "durations that can be written are far below 2^53 ms")]
const fn milliseconds(duration: VirtualDuration) -> f64 {
    duration.as_millis() as f64
}

/// The nearest whole millisecond, between zero and the longest duration that can be written.
fn whole(milliseconds: f64) -> VirtualDuration {
    const LONGEST_MS: u64 = VirtualDuration::HOURS_MAX * 3_600_000;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast from float saturates, NaN is 0"
    )]
    let whole = libm::round(milliseconds) as u64;
    VirtualDuration::from_millis(whole.min(LONGEST_MS))
}

impl Serialize for Latency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Fixed(duration) => duration.serialize(serializer),
            Self::Drawn(distribution) => distribution.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Latency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LatencyVisitor)
    }
}

/// Reads either form; a wrong one is told about the form it is nearest to, which an untagged enum can't do.
struct LatencyVisitor;

impl<'de> Visitor<'de> for LatencyVisitor {
    type Value = Latency;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a duration such as 800ms, or one distribution such as `exponential: { mean: 800ms }`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Latency, E> {
        text.parse().map(Latency::Fixed).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Latency, A::Error> {
        let distribution = Distribution::deserialize(MapAccessDeserializer::new(&mut map))?;
        if map.next_entry::<String, IgnoredAny>()?.is_some() {
            return Err(de::Error::custom("a latency follows one distribution, and here are several"));
        }
        Ok(Latency::Drawn(distribution))
    }
}

impl JsonSchema for Latency {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Latency".into()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        concat!(module_path!(), "::Latency").into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (fixed, drawn) = (schema::duration(generator), generator.subschema_for::<Distribution>());
        json_schema!({
            "description": "How long a call takes, in virtual time: a duration, or one distribution.",
            "anyOf": [fixed, drawn],
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use moot_core::random::{Purpose, RandomAddress, RandomKey};

    use super::*;

    const DRAWS: u32 = 40_000;

    fn read(text: &str) -> Latency {
        serde_json::from_str(text).unwrap()
    }

    /// Draws at as many tasks, in milliseconds, in ascending order.
    fn drawn(text: &str) -> Vec<f64> {
        let plan = LatencyPlan::new(read(text));
        let address = RandomAddress::new(RandomKey::new(11, 0, "agent"), Purpose::named("latency"));
        let mut values: Vec<f64> =
            (0..DRAWS).map(|task| milliseconds(plan.draw(&mut address.task(task).generator()))).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    /// The share of values at or below a bound, tested against a probability with four standard errors.
    fn assert_share_at_most(values: &[f64], bound_ms: f64, probability: f64) {
        let share = values.iter().filter(|value| **value <= bound_ms).count() as f64 / f64::from(DRAWS);
        let error = (probability * (1.0 - probability) / f64::from(DRAWS)).sqrt();
        assert!(
            (share - probability).abs() <= 4.0 * error,
            "{share} of the values are <= {bound_ms}, not {probability}"
        );
    }

    /// Mean and standard deviation, the mean tested with four standard errors.
    fn assert_mean(values: &[f64], mean_ms: f64, sd_ms: f64) {
        let found = values.iter().sum::<f64>() / f64::from(DRAWS);
        let error = sd_ms / f64::from(DRAWS).sqrt();
        assert!((found - mean_ms).abs() <= 4.0 * error, "the mean is {found}, not {mean_ms}");
    }

    #[test]
    fn a_lognormal_has_its_median_and_95th_percentile() {
        let values = drawn(r#"{"lognormal": {"median": "800ms", "p95": "3s"}}"#);
        // Half a millisecond more, because values are rounded.
        assert_share_at_most(&values, 800.5, 0.5);
        assert_share_at_most(&values, 3_000.5, 0.95);
    }

    #[test]
    fn an_exponential_has_its_mean_and_median() {
        let values = drawn(r#"{"exponential": {"mean": "2s"}}"#);
        assert_mean(&values, 2_000.0, 2_000.0);
        assert_share_at_most(&values, 2_000.0 * std::f64::consts::LN_2, 0.5);
    }

    #[test]
    fn a_uniform_stays_between_its_bounds() {
        let values = drawn(r#"{"uniform": {"from": "1s", "to": "3s"}}"#);
        assert!(values[0] >= 1_000.0 && values[values.len() - 1] <= 3_000.0);
        assert_mean(&values, 2_000.0, 2_000.0 / 12.0_f64.sqrt());
        assert_share_at_most(&values, 1_500.0, 0.25);
    }

    #[test]
    fn a_normal_is_cut_at_zero() {
        let values = drawn(r#"{"normal": {"mean": "1s", "sd": "1s"}}"#);
        // The standard normal distribution function at -1; below half a millisecond a value is rounded to zero.
        assert_share_at_most(&values, 0.0, 0.158_655);
        assert_share_at_most(&values, 1_000.0, 0.5);
        assert_share_at_most(&values, 2_000.0, 0.841_345);
    }

    #[test]
    fn a_gamma_has_its_mean_and_deviation() {
        let values = drawn(r#"{"gamma": {"mean": "1s", "sd": "500ms"}}"#);
        assert_mean(&values, 1_000.0, 500.0);
        let squares: Vec<f64> = values.iter().map(|value| (value - 1_000.0).powi(2)).collect();
        // A gamma of shape k has kurtosis 3 + 6 / k, so the squared deviation has variance sd⁴ (2 + 6 / k); k is 4 here.
        assert_mean(&squares, 250_000.0, 250_000.0 * 3.5_f64.sqrt());
    }

    #[test]
    fn without_spread_every_latency_is_the_same() {
        for text in [
            r#""1s""#,
            r#"{"lognormal": {"median": "1s", "p95": "1s"}}"#,
            r#"{"uniform": {"from": "1s", "to": "1s"}}"#,
            r#"{"normal": {"mean": "1s", "sd": "0s"}}"#,
            r#"{"gamma": {"mean": "1s", "sd": "0s"}}"#,
        ] {
            assert_eq!(read(text).check(), [], "{text}");
            let values = drawn(text);
            assert_eq!((values[0], values[values.len() - 1]), (1_000.0, 1_000.0), "{text}");
        }
        assert_eq!(drawn(r#"{"exponential": {"mean": "0s"}}"#)[DRAWS as usize - 1], 0.0);
        assert_eq!(drawn(r#"{"gamma": {"mean": "0s", "sd": "0s"}}"#)[DRAWS as usize - 1], 0.0);
    }

    #[test]
    fn parameters_that_make_no_sense_are_named() {
        for (text, path) in [
            (r#"{"lognormal": {"median": "0s", "p95": "1s"}}"#, "lognormal.median"),
            (r#"{"lognormal": {"median": "2s", "p95": "1s"}}"#, "lognormal.p95"),
            (r#"{"uniform": {"from": "2s", "to": "1s"}}"#, "uniform.to"),
            (r#"{"gamma": {"mean": "0s", "sd": "1s"}}"#, "gamma.mean"),
        ] {
            let problems = read(text).check();
            assert_eq!(problems.iter().map(|problem| problem.path.as_str()).collect::<Vec<_>>(), [path], "{text}");
            // Drawing all the same gives something between zero and the longest duration.
            drawn(text);
        }
    }

    #[test]
    fn a_wrong_form_is_told_what_is_expected() {
        for (text, part) in [
            (r#""fast""#, "\"fast\" is not a duration"),
            ("800", "expected a duration such as 800ms, or one distribution"),
            ("{}", "expected"),
            (r#"{"pareto": {"mean": "1s"}}"#, "unknown variant `pareto`, expected one of `lognormal`"),
            (r#"{"exponential": {"median": "1s"}}"#, "unknown field `median`, expected `mean`"),
            (r#"{"uniform": {"from": "1s"}}"#, "missing field `to`"),
            (r#"{"exponential": {"mean": "1s"}, "uniform": {"from": "1s", "to": "2s"}}"#, "here are several"),
        ] {
            let error = serde_json::from_str::<Latency>(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            let error = serde_json::from_value::<Latency>(value).unwrap_err().to_string();
            assert!(error.contains(part), "{text} as a value: {error}");
        }
    }
}
