//! The result of a run: the one object that `--json` prints and that result stores keep.
//!
//! It is made of the events alone, so a result from a live run and one from its file are equal, and equal runs have
//! equal results: no wall clock, no process, no count of threads. This module must not know who reads it.
//!
//! ```
//! use moot_core::{ActorPath, Event, EventKind, EventSequence, RunStatus, VirtualTime};
//! use moot_journal::{Digest, RunResult, Summary};
//!
//! let kinds = [
//!     EventKind::RunStarted { scenario: "jury".into(), seed: 7, replicate: 0 },
//!     EventKind::RunEnded { status: RunStatus::Failed, reason: Some("no task was played".into()) },
//! ];
//! let (mut digest, mut summary) = (Digest::new(), Summary::new());
//! for (number, kind) in (0..).zip(kinds) {
//!     let (sequence, time, actor) = (EventSequence(number), VirtualTime::ZERO, ActorPath::world());
//!     let event = Event { sequence, time, actor, cause: None, kind };
//!     digest.push(&event);
//!     summary.push(&event);
//! }
//! let result = RunResult::from_summary(&summary, digest.finish()).unwrap();
//! assert_eq!((&*result.scenario, result.status), ("jury", RunStatus::Failed));
//! let json = serde_json::to_string(&result).unwrap();
//! assert_eq!(RunResult::from_json(&json).unwrap(), result);
//! ```

use std::collections::BTreeMap;

use moot_core::{Outcome, RunStatus, TaskId, Text};
use serde::{Deserialize, Serialize};

use crate::digest::DigestValue;
use crate::metrics::MetricValue;
use crate::outcome_form;
use crate::status::OutcomeCounts;
use crate::summary::Summary;

/// The version of the result's format that this program writes, and the newest that it reads.
pub const RESULT_FORMAT: u64 = 1;

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunResult {
    /// The version of this object's format, see [`RESULT_FORMAT`].
    pub format: u64,
    /// The scenario's name.
    pub scenario: Text,
    /// The study seed.
    pub seed: u64,
    /// The digest of the run's events.
    pub digest: DigestValue,
    /// How the run ended.
    pub status: RunStatus,
    /// Why, when it did not complete.
    pub reason: Option<Text>,
    /// The tasks that ended, sorted by number: all up to 1,000, else those with the lowest numbers.
    pub tasks: Vec<TaskResult>,
    /// How many tasks ended.
    pub tasks_total: u64,
    /// How many tasks ended in each way.
    pub counts: OutcomeCounts,
    /// The metrics by name, see [`crate::METRIC_NAMES`].
    pub metrics: BTreeMap<String, MetricValue>,
}

/// How one task ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskResult {
    /// The task's number.
    pub id: TaskId,
    /// How it ended: a flat object with a `status` and what belongs to it.
    #[serde(with = "outcome_form")]
    pub outcome: Outcome,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum ResultError {
    /// The first event is missing.
    #[error("the run has no result: its first event, run_started, is missing")]
    NotStarted,
    /// The last event is missing.
    #[error("the run has no result: its last event, run_ended, is missing; it was broken off after {events} events")]
    NotEnded {
        /// How many events there are.
        events: u64,
    },
    /// A newer program wrote the text.
    #[error(
        "the result has format {found}, and this program reads up to format {RESULT_FORMAT}; it needs a folkmoot that reads format {found}"
    )]
    NewerFormat {
        /// The version of the format found.
        found: u64,
    },
    /// The text is not a result.
    #[error("this is no result of a run")]
    Json(#[from] serde_json::Error),
}

/// The version alone, which every format to come keeps where it is.
#[derive(Deserialize)]
struct FormatOnly {
    format: u64,
}

impl RunResult {
    /// The result of a run that has ended.
    ///
    /// # Errors
    /// When the first or the last event of the run is missing.
    pub fn from_summary(summary: &Summary, digest: DigestValue) -> Result<Self, ResultError> {
        let (scenario, seed) = summary.scenario().cloned().zip(summary.seed()).ok_or(ResultError::NotStarted)?;
        let status = summary.status().ok_or(ResultError::NotEnded { events: summary.events() })?;
        Ok(Self {
            format: RESULT_FORMAT,
            scenario,
            seed,
            digest,
            status,
            reason: summary.reason().cloned(),
            tasks: summary.tasks().to_vec(),
            tasks_total: summary.tasks_total(),
            counts: *summary.outcome_counts(),
            metrics: summary.metrics(),
        })
    }

    /// Reads a result back.
    ///
    /// # Errors
    /// When the text is not a result, or one of a newer format.
    pub fn from_json(text: &str) -> Result<Self, ResultError> {
        let found = serde_json::from_str::<FormatOnly>(text)?.format;
        if found > RESULT_FORMAT {
            return Err(ResultError::NewerFormat { found });
        }
        Ok(serde_json::from_str(text)?)
    }
}

#[cfg(test)]
#[path = "result_tests.rs"]
mod tests;
