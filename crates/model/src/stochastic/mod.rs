//! The stochastic model: it knows the right answer and gives it as often as its accuracy says.
//!
//! It stands in for a real model in studies of coordination: what a panel of agents does depends on how often each is
//! right, on how their mistakes go together, and on what a call takes in time, tokens and failures. All of these are
//! options here, and each is drawn at a purpose of its own, so that changing one leaves the others as they were.
//!
//! It can also answer from what others said ([`Beliefs`], [`Judge`], compounding errors), judge it ([`Verifier`]), and
//! say how sure it is ([`Confidence`]).
//!
//! It must not know what is said in the transcript: it reads the task's choices and right answer, and of what was heard
//! the answers alone. A reply is a pure function of the options, the request's address, and what was heard.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{Task, TaskId};
//! use moot_model::{Model, ModelRequest, StochasticModel, StochasticOptions};
//!
//! let model = StochasticModel::new(&StochasticOptions::with_accuracy(1.0), 42, 0);
//! let task = Task::new(TaskId(0), "A or B?").with_choices(["A", "B"]).with_answer("B");
//! let reply = model.answer(&ModelRequest::alone(Arc::new(task), 42)).unwrap();
//! assert_eq!(&*reply.text, "B");
//! ```

pub mod beliefs;
mod check;
mod compounds;
pub mod confidence;
pub mod correlation;
mod hearing;
pub mod judge;
pub mod latency;
mod model;
pub mod verifier;
mod wanted;

use std::collections::BTreeMap;

use moot_core::ModelFailureKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::beliefs::Beliefs;
use self::check::share_problem;
pub use self::confidence::Confidence;
pub use self::correlation::{BetaBinomial, CommonCause, Correlation};
use self::hearing::contradictions;
pub use self::judge::Judge;
pub use self::latency::{Distribution, Exponential, Latency, Lognormal, MeanAndDeviation, Uniform};
pub use self::model::StochasticModel;
pub use self::verifier::Verifier;
use crate::{OptionProblem, PriceOptions, Tokens, schema};

/// How much a sum of rates may pass 1 by rounding.
const SUM_TOLERANCE: f64 = 1e-9;

/// A model that answers at random. It needs tasks with at least two choices and a known right answer among them; asked
/// anything else, it fails with [`ModelFailureKind::InvalidRequest`].
///
/// Asked for words, it says its answer. Asked for one of a list of words, it says any of them, all equally likely, and
/// needs nothing of the task, unless it is a `verifier`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StochasticOptions {
    /// The share of answers that are right, 0 to 1, among those that are not abstentions.
    #[schemars(range(min = 0, max = 1))]
    pub accuracy: f64,
    /// How a wrong answer falls on the wrong choices: their weights, in the order of the task's choices with the right
    /// one left out. Equal unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confusion: Option<Vec<f64>>,
    /// How the answers of a group go together; each is drawn alone unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<Correlation>,
    /// How long a call takes, answered or failed; no time at all unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
    /// The tokens of a call; unknown unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
    /// What tokens cost; unknown unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<PriceOptions>,
    /// The share of attempts that fail, by kind of failure: each 0 to 1, together at most 1. None unless given.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "schema::failure_rates")]
    pub failures: BTreeMap<ModelFailureKind, f64>,
    /// The share of answers that are `abstain`, 0 to 1; none unless given.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub abstain: f64,
    /// It counts the answers that it hears, and answers in proportion to the counts; it minds nobody unless given. Not
    /// with `judge`, `compounds`, or a `common_cause`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beliefs: Option<Beliefs>,
    /// It picks among the answers that come with an assignment; it gives its own unless given. Not with `compounds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<Judge>,
    /// Whether it gives the answer again that somebody else gave last, of those that come with an assignment, if that
    /// is a wrong choice of the task; default false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub compounds: bool,
    /// Asked for one of two words, it accepts or rejects what was said last; unless given, it picks either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verifier: Option<Verifier>,
    /// It says how sure it is of its answer; it says its answer alone unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
}

impl StochasticOptions {
    /// A model that is right with this probability, each time independently, at once, and never fails.
    #[must_use]
    pub const fn with_accuracy(accuracy: f64) -> Self {
        Self {
            accuracy,
            confusion: None,
            correlation: None,
            latency: None,
            tokens: None,
            price: None,
            failures: BTreeMap::new(),
            abstain: 0.0,
            beliefs: None,
            judge: None,
            compounds: false,
            verifier: None,
            confidence: None,
        }
    }

    /// What is wrong with the options. Whether `confusion` fits a task is seen when the task is asked.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let mut problems: Vec<OptionProblem> = share_problem("accuracy", self.accuracy).into_iter().collect();
        problems.extend(self.confusion.as_deref().map(check_confusion).unwrap_or_default());
        let parts = [
            ("correlation", self.correlation.as_ref().map(Correlation::check)),
            ("latency", self.latency.as_ref().map(Latency::check)),
            ("tokens", self.tokens.as_ref().map(Tokens::check)),
            ("price", self.price.as_ref().map(PriceOptions::check)),
            ("beliefs", self.beliefs.as_ref().map(Beliefs::check)),
            ("judge", self.judge.as_ref().map(Judge::check)),
            ("verifier", self.verifier.as_ref().map(Verifier::check)),
            ("confidence", self.confidence.as_ref().map(Confidence::check)),
        ];
        for (name, part) in parts {
            problems.extend(part.unwrap_or_default().into_iter().map(|problem| problem.within(name)));
        }
        problems.extend(check_failures(&self.failures));
        problems.extend(share_problem("abstain", self.abstain));
        problems.extend(contradictions(self));
        problems
    }
}

fn check_confusion(weights: &[f64]) -> Vec<OptionProblem> {
    let mut problems = Vec::new();
    for (index, weight) in weights.iter().enumerate() {
        if !(weight.is_finite() && *weight >= 0.0) {
            let message = format!("{weight} is not a weight; allowed is 0 and more");
            problems.push(OptionProblem::new(format!("confusion[{index}]"), message));
        }
    }
    if problems.is_empty() && !weights.iter().any(|weight| *weight > 0.0) {
        let message = "no weight is above 0; give at least one wrong choice some weight, or leave confusion out";
        problems.push(OptionProblem::new("confusion", message));
    }
    problems
}

fn check_failures(rates: &BTreeMap<ModelFailureKind, f64>) -> Vec<OptionProblem> {
    let mut problems = Vec::new();
    for (kind, rate) in rates {
        let path = format!("failures.{}", kind.as_str());
        problems.extend(share_problem(&path, *rate));
        if matches!(kind, ModelFailureKind::ScriptExhausted | ModelFailureKind::ExpectationUnmet) {
            let message = format!("{} happens to scripted models alone; choose another kind", kind.as_str());
            problems.push(OptionProblem::new(path, message));
        }
    }
    let sum: f64 = rates.values().sum();
    if problems.is_empty() && sum > 1.0 + SUM_TOLERANCE {
        problems.push(OptionProblem::new("failures", format!("the rates add up to {sum}; allowed is at most 1")));
    }
    problems
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod option_tests {
    use super::*;

    #[test]
    fn options_out_of_range_are_named() {
        for (json, path) in [
            (r#"{"accuracy": 1.01}"#, "accuracy"),
            (r#"{"accuracy": -0.01}"#, "accuracy"),
            (r#"{"accuracy": 0.5, "abstain": 2}"#, "abstain"),
            (r#"{"accuracy": 0.5, "confusion": [1, -1]}"#, "confusion[1]"),
            (r#"{"accuracy": 0.5, "confusion": [0, 0]}"#, "confusion"),
            (r#"{"accuracy": 0.5, "confusion": []}"#, "confusion"),
            (r#"{"accuracy": 0.5, "correlation": {"common_cause": {"share": 1.5}}}"#, "correlation.common_cause.share"),
            (
                r#"{"accuracy": 0.5, "correlation": {"common_cause": {"share": 0, "group": ""}}}"#,
                "correlation.common_cause.group",
            ),
            (
                r#"{"accuracy": 0.5, "correlation": {"beta_binomial": {"correlation": -1}}}"#,
                "correlation.beta_binomial.correlation",
            ),
            (r#"{"accuracy": 0.5, "latency": {"uniform": {"from": "2s", "to": "1s"}}}"#, "latency.uniform.to"),
            (r#"{"accuracy": 0.5, "price": {"input": 0, "output": -1}}"#, "price.output"),
            (r#"{"accuracy": 0.5, "failures": {"timeout": 1.5}}"#, "failures.timeout"),
            (r#"{"accuracy": 0.5, "failures": {"timeout": 0.5, "refused": 0.6}}"#, "failures"),
            (r#"{"accuracy": 0.5, "failures": {"script_exhausted": 0.1}}"#, "failures.script_exhausted"),
            (r#"{"accuracy": 0.5, "beliefs": {"strength": 0}}"#, "beliefs.strength"),
            (r#"{"accuracy": 0.5, "beliefs": {"strength": 1000001}}"#, "beliefs.strength"),
            (r#"{"accuracy": 0.5, "beliefs": {"strength": 1, "weight": -1}}"#, "beliefs.weight"),
            (r#"{"accuracy": 0.5, "judge": {"right": 1.1}}"#, "judge.right"),
            (r#"{"accuracy": 0.5, "verifier": {"catch": -0.1}}"#, "verifier.catch"),
            (r#"{"accuracy": 0.5, "verifier": {"catch": 0, "false_alarm": 2}}"#, "verifier.false_alarm"),
            (r#"{"accuracy": 0.5, "confidence": {"right": 2, "wrong": 0}}"#, "confidence.right"),
            (r#"{"accuracy": 0.5, "confidence": {"right": 1, "wrong": -1}}"#, "confidence.wrong"),
            (r#"{"accuracy": 0.5, "confidence": {"right": 1, "wrong": 0, "spread": -1}}"#, "confidence.spread"),
        ] {
            let options: StochasticOptions = serde_json::from_str(json).unwrap();
            let problems = options.check();
            assert_eq!(problems.iter().map(|problem| problem.path.as_str()).collect::<Vec<_>>(), [path], "{json}");
        }
        assert_eq!(StochasticOptions::with_accuracy(f64::NAN).check().len(), 1);
        let tenths: BTreeMap<ModelFailureKind, f64> =
            schema::FAILURE_KINDS.into_iter().take(10).map(|kind| (kind, 0.1)).collect();
        let full = StochasticOptions { failures: tenths, ..StochasticOptions::with_accuracy(0.5) };
        assert_eq!(full.check(), [], "ten tenths are 1, however they are added");
    }

    #[test]
    fn the_schema_holds_forms_defaults_and_bounds() {
        let schema = serde_json::to_value(schemars::schema_for!(StochasticOptions)).unwrap();
        assert_eq!(schema["required"], serde_json::json!(["accuracy"]));
        assert_eq!(schema["additionalProperties"], false);
        let forms = schema["$defs"]["Latency"]["anyOf"].as_array().unwrap();
        assert_eq!((&forms[0]["type"], &forms[1]["$ref"]), (&"string".into(), &"#/$defs/Distribution".into()));
        assert_eq!(schema["properties"]["accuracy"]["maximum"], 1);
        let strength = &schema["$defs"]["Beliefs"]["properties"]["strength"];
        assert_eq!((&strength["exclusiveMinimum"], &strength["maximum"]), (&0.into(), &1_000_000.into()));
        assert_eq!(schema["$defs"]["Beliefs"]["required"], serde_json::json!(["strength"]));
        assert_eq!(schema["$defs"]["Beliefs"]["properties"]["own"]["default"], true);
        assert_eq!(schema["$defs"]["Verifier"]["required"], serde_json::json!(["catch"]));
    }
}
