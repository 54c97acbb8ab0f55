//! Metrics: the numbers of a run by name, as results, tables and expectations give them.
//!
//! A metric that makes no sense for a run is absent (the accuracy of tasks without known answers); one that could be
//! told but is not known is null (the cost of a model without a price). It is never zero for want of knowledge.
//! The dearer ones are absent unless they were asked for, see [`Measured`](crate::Measured). This module must not know
//! events, nor which metrics a scenario asks for.
//!
//! ```
//! use moot_journal::{METRIC_NAMES, MetricValue, Summary};
//!
//! let metrics = Summary::new().metrics();
//! assert_eq!(metrics.get("model_calls"), Some(&MetricValue::Count(0)));
//! assert!(!metrics.contains_key("accuracy"), "no task has a known answer");
//! assert!(metrics.keys().all(|name| METRIC_NAMES.iter().any(|(known, _)| known == name)));
//! ```

use std::collections::BTreeMap;
use std::fmt;

use moot_core::interval::wilson_interval;
use moot_core::{Money, OutcomeStatus};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

pub use crate::coordination::rounds::SERIES_ROUNDS_MAX;
use crate::summary::Summary;

/// Every metric's name, and what it is.
pub const METRIC_NAMES: &[(&str, &str)] = &[
    ("accuracy", "share of tasks that ended with the right answer, of those whose right answer is known"),
    ("accuracy_low", "lower end of the 95 % interval (Wilson) of the accuracy"),
    ("accuracy_high", "upper end of the 95 % interval (Wilson) of the accuracy"),
    ("tasks", "tasks that ended"),
    ("decided", "tasks that ended with an answer"),
    ("tied", "tasks that ended with several answers that are equally good"),
    ("no_quorum", "tasks that ended with too few who took part"),
    ("undecided", "tasks that ended with nothing that won"),
    ("failed", "tasks that ended with something that went wrong"),
    ("exhausted", "tasks that ended at a limit"),
    ("cancelled", "tasks that were called off"),
    ("cost_usd", "cost of all model calls in USD; null when that of one is unknown"),
    ("latency_ms_mean", "mean virtual time from a task's start to its end, in ms"),
    ("latency_ms_p50", "median virtual time from a task's start to its end, in ms (nearest rank)"),
    ("latency_ms_p95", "95th percentile of the virtual time from a task's start to its end, in ms (nearest rank)"),
    ("latency_ms_max", "longest virtual time from a task's start to its end, in ms"),
    ("messages", "assignments and answers between participants"),
    ("model_calls", "attempts of model calls, failed ones included"),
    ("model_failures", "attempts of model calls that failed"),
    ("tool_calls", "tool calls made"),
    ("tool_errors", "tool calls that ended with an error"),
    ("input_tokens", "tokens of all requests to models; null when those of one attempt are unknown"),
    ("output_tokens", "tokens of all replies of models; null when those of one attempt are unknown"),
    ("restarts", "restarts of actors"),
    ("faults", "planned faults that struck"),
    ("overloaded", "messages that a full mailbox refused"),
    ("dead_letters", "messages that nobody will ever take in"),
    ("denied_calls", "tool calls that were denied"),
    ("approvals_asked", "tool calls that somebody was asked to approve"),
    ("hooks_run", "answers of hooks"),
    ("retries", "attempts of model calls beyond the first of each"),
    ("compactions", "times that a transcript was made shorter"),
    ("outputs_kept", "texts that were kept aside"),
    ("agents_started", "agents that were started by agents"),
    ("team_messages", "messages between agents beside tasks and answers"),
    ("skills_tokens", "estimated tokens that the lists of skills took in all requests to models"),
    ("virtual_time_ms", "virtual time at the end of the run, in ms"),
    ("agreement", "share of agreeing pairs among the ballots for an answer of a task's last round, mean over tasks"),
    ("agreement_first_round", "the same in the first round"),
    ("unanimity", "share of tasks whose ballots of the last round all name one answer"),
    ("unanimity_first_round", "the same in the first round"),
    ("expected_correctness", "share of the ballots for an answer of the last round that are right"),
    ("expected_correctness_first_round", "the same in the first round: how often a voter alone is right"),
    ("corrections", "share of wrong ballots that are right one round later"),
    ("subversions", "share of right ballots that are wrong one round later"),
    ("answers_changed", "share of ballots that name another answer one round later"),
    ("consensus_rounds", "mean number of the round from which on all agree, over the tasks that have one"),
    ("consensus_censored", "share of tasks whose voters do not agree in the end"),
    ("tokens", "input and output tokens of all model calls; null when those of one attempt are unknown"),
    ("success_per_1000_tokens", "1000 times the accuracy by the tokens of a task; null when those are unknown"),
    ("turns", "replies of models"),
    ("message_density", "messages between agents by turns"),
    ("redundancy", "share of pairs of members of one round whose outputs are the same text"),
    ("liveness", "share of tasks that ended with an answer"),
    ("undecided_share", "share of tasks that ended tied, without a quorum or undecided"),
    ("failed_share", "share of tasks that ended failed, exhausted or cancelled"),
    ("critical_path_ms", "mean of the latencies along the causes of a task's end, in ms of virtual time"),
    ("work_ms", "mean of all latencies of models and tools of a task, in ms of virtual time"),
    ("parallelism", "all work by all critical paths"),
    ("mast_1_3", "tasks with MAST tag 1.3: the same call three times with the same result"),
    ("mast_1_4", "tasks with MAST tag 1.4: a call again whose result the compacted transcript lost"),
    ("mast_1_5", "tasks with MAST tag 1.5: on after the answer, or until the turns were used up"),
    ("mast_2_1", "tasks with MAST tag 2.1: begun again in the same words after an answer"),
    ("mast_2_5", "tasks with MAST tag 2.5: an answer without having seen what another agent said"),
    ("mast_3_1", "tasks with MAST tag 3.1: an answer while a started agent was at work"),
    ("mast_3_2", "tasks with MAST tag 3.2: a changed file that nobody looked at again"),
];

/// Every metric that is a series by round, and what it is. The results hold it round by round, see [`series_name`].
pub const METRIC_SERIES: &[(&str, &str)] = &[
    ("majority_right_by_round", "share of tasks for which a plurality of the ballots of a round is right"),
    ("unanimity_by_round", "share of tasks whose ballots of a round all name one answer"),
    ("correctness_by_round", "share of the ballots for an answer of a round that are right"),
];

/// The series and the round that the name of one of its numbers stands for: `unanimity_by_round.3` is round 3 of
/// `unanimity_by_round`. `None` for any other name.
#[must_use]
pub fn series_name(name: &str) -> Option<(&'static str, u32)> {
    let (series, round) = name.split_once('.')?;
    let (series, _) = METRIC_SERIES.iter().find(|(known, _)| *known == series)?;
    let number: u32 = round.parse().ok().filter(|number| *number < SERIES_ROUNDS_MAX)?;
    // One way to write a number: no sign, no zeros in front.
    (number.to_string() == round).then_some((series, number))
}

/// The value of a metric. In JSON: a number, a decimal string in USD for money, null for what is not known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MetricValue {
    /// A whole number.
    Count(u64),
    /// Any other number; always finite.
    Number(f64),
    /// An amount in USD.
    Money(Money),
    /// A number that exists and that nobody knows.
    Unknown,
}

impl Summary {
    /// The metrics that make sense for this run, by name; see [`METRIC_NAMES`].
    #[must_use]
    pub fn metrics(&self) -> BTreeMap<String, MetricValue> {
        let mut metrics = BTreeMap::new();
        let mut set = |name: &str, value: MetricValue| {
            metrics.insert(name.to_owned(), value);
        };
        let (correct, known) = (self.correct(), self.with_known_answer());
        if let Some((low, high)) = wilson_interval(correct, known) {
            #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
            let accuracy = correct as f64 / known as f64;
            set("accuracy", MetricValue::Number(accuracy));
            set("accuracy_low", MetricValue::Number(low));
            set("accuracy_high", MetricValue::Number(high));
        }
        set("tasks", MetricValue::Count(self.tasks_total()));
        for status in OutcomeStatus::ALL {
            set(status.as_str(), MetricValue::Count(self.outcome_counts().get(status)));
        }
        if let Some(mean_ms) = self.latency_mean_ms() {
            set("latency_ms_mean", MetricValue::Number(mean_ms));
            set("latency_ms_p50", self.latency_percentile_ms(50).into());
            set("latency_ms_p95", self.latency_percentile_ms(95).into());
            set("latency_ms_max", self.latency_max_ms().into());
        }
        let calls = self.calls();
        set("cost_usd", calls.known_cost().map_or(MetricValue::Unknown, MetricValue::Money));
        set("messages", MetricValue::Count(self.messages()));
        set("model_calls", MetricValue::Count(calls.calls));
        set("model_failures", MetricValue::Count(calls.failures));
        set("tool_calls", MetricValue::Count(self.tool_calls()));
        set("tool_errors", MetricValue::Count(self.tool_errors()));
        set("input_tokens", calls.known_usage().map(|usage| usage.input_tokens).into());
        set("output_tokens", calls.known_usage().map(|usage| usage.output_tokens).into());
        set("restarts", MetricValue::Count(self.restarts()));
        for (name, count) in self.harness_counts().named() {
            set(name, MetricValue::Count(count));
        }
        set("virtual_time_ms", MetricValue::Count(self.virtual_time().as_millis()));
        for (name, sample) in self.samples() {
            sample.mean().into_iter().for_each(|mean| set(&name, MetricValue::Number(mean)));
        }
        for (name, value) in self.other_coordination() {
            set(name, value);
        }
        metrics
    }
}

impl MetricValue {
    /// The value as a floating-point number (money in USD), for comparison and statistics; `None` when it is unknown.
    #[must_use]
    pub fn as_f64(self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "documented as a floating-point number")]
            Self::Count(count) => Some(count as f64),
            Self::Number(number) => Some(number),
            Self::Money(money) => Some(money.as_usd()),
            Self::Unknown => None,
        }
    }
}

impl From<Option<u64>> for MetricValue {
    fn from(count: Option<u64>) -> Self {
        count.map_or(Self::Unknown, Self::Count)
    }
}

impl fmt::Display for MetricValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => fmt::Display::fmt(count, formatter),
            Self::Number(number) => fmt::Display::fmt(number, formatter),
            Self::Money(money) => fmt::Display::fmt(money, formatter),
            Self::Unknown => formatter.write_str("unknown"),
        }
    }
}

impl Serialize for MetricValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => serializer.serialize_u64(*count),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Money(money) => serializer.collect_str(money),
            Self::Unknown => serializer.serialize_unit(),
        }
    }
}

impl<'de> Deserialize<'de> for MetricValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MetricVisitor)
    }
}

struct MetricVisitor;

impl Visitor<'_> for MetricVisitor {
    type Value = MetricValue;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number, an amount in USD as a decimal string, or null")
    }

    fn visit_u64<E: de::Error>(self, count: u64) -> Result<MetricValue, E> {
        Ok(MetricValue::Count(count))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<MetricValue, E> {
        #[expect(clippy::cast_precision_loss, reason = "no metric is a negative whole number of that size")]
        Ok(MetricValue::Number(number as f64))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<MetricValue, E> {
        Ok(MetricValue::Number(number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<MetricValue, E> {
        Money::deserialize(de::value::StrDeserializer::new(text)).map(MetricValue::Money)
    }

    fn visit_unit<E: de::Error>(self) -> Result<MetricValue, E> {
        Ok(MetricValue::Unknown)
    }
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
