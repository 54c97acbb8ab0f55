//! What a run of a scenario must come to.
//!
//! This module must not know how a run is played or judged: it holds what the file says.
//!
//! ```
//! use moot_scenario::file::Expect;
//!
//! let expect: Expect = serde_json::from_str(r#"{ "metrics": { "accuracy": { "at_least": 0.6 } } }"#).unwrap();
//! assert!(expect.metrics["accuracy"].holds(0.7));
//! ```

use std::collections::BTreeMap;

use moot_core::{OutcomeStatus, RunStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a run must come to; what is left out may be anything.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Expect {
    /// How the run ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<RunStatusName>")]
    pub status: Option<RunStatus>,
    /// How every task ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<OutcomeStatusName>")]
    pub outcome: Option<OutcomeStatus>,
    /// The answers of the tasks, in order; `null` stands for any outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<Vec<Option<String>>>,
    /// Ranges of metrics by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, MetricRange>,
    /// What agents' transcripts hold and don't hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transcript: Vec<TranscriptExpectation>,
    /// Which tools are called.
    #[serde(skip_serializing_if = "ToolExpectation::is_empty")]
    pub tools: ToolExpectation,
    /// The digest of the run: 64 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// A text that the reason holds why the run did not complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The range in which a metric must lie; money in USD.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MetricRange {
    /// The least value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// The greatest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// The one value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub equals: Option<f64>,
}

/// What the transcript of an agent holds or doesn't hold.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TranscriptExpectation {
    /// The agent's path, such as `juror[2]`; a group means each of its agents.
    pub agent: String,
    /// A text that some message holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
    /// A text that no message holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excludes: Option<String>,
}

/// Which tools are called in a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ToolExpectation {
    /// All calls by the names of their tools, in order, and no others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made: Option<Vec<String>>,
    /// Calls that are made in this order; others may come between them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub in_order: Vec<String>,
    /// Tools that are never called.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_made: Vec<String>,
}

impl Expect {
    /// Whether nothing is expected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl ToolExpectation {
    /// Whether nothing is expected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl MetricRange {
    /// Whether a value lies in the range.
    #[must_use]
    #[expect(clippy::float_cmp, reason = "`equals` means exactly this number")]
    pub fn holds(&self, value: f64) -> bool {
        self.at_least.is_none_or(|least| value >= least)
            && self.at_most.is_none_or(|most| value <= most)
            && self.equals.is_none_or(|exact| value == exact)
    }
}

/// The names of the ends of a run, for the schema.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
enum RunStatusName {
    Completed,
    Failed,
    Exhausted,
    Cancelled,
}

/// The names of the ends of a task, for the schema.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
enum OutcomeStatusName {
    Decided,
    Tied,
    NoQuorum,
    Undecided,
    Failed,
    Exhausted,
    Cancelled,
}
