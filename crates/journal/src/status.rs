//! How a run ended, given how its tasks ended.
//!
//! A run of one task ends as the task does; decided, tied, no quorum and undecided all count as completed. A run of
//! many completes when the share of its tasks that ended failed, exhausted or cancelled is at most what the scenario
//! tolerates. What ended a run before its last task names its end. This module must not know events or files.
//!
//! ```
//! use moot_core::{OutcomeStatus, RunStatus};
//! use moot_journal::{OutcomeCounts, run_status};
//!
//! let mut counts = OutcomeCounts::default();
//! (0..9).for_each(|_| counts.add(OutcomeStatus::Decided));
//! counts.add(OutcomeStatus::Failed);
//! let first = Some("model: overloaded".into());
//! assert_eq!(run_status(&counts, first.clone(), 0.1, None), (RunStatus::Completed, None));
//! assert_eq!(run_status(&counts, first, 0.0, None).0, RunStatus::Failed);
//! ```

use moot_core::{Limit, OutcomeStatus, RunStatus, Text};
use serde::{Deserialize, Serialize};

/// How many tasks ended in each way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomeCounts {
    /// With an answer.
    pub decided: u64,
    /// With several answers that are equally good.
    pub tied: u64,
    /// With too few who took part.
    pub no_quorum: u64,
    /// With nothing that won.
    pub undecided: u64,
    /// With something that went wrong.
    pub failed: u64,
    /// At a limit.
    pub exhausted: u64,
    /// Called off.
    pub cancelled: u64,
}

/// What ended a run before its last task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedEarly {
    /// A limit of the whole run was reached.
    Exhausted(Limit),
    /// Somebody called the run off: why or by whom.
    Cancelled(Text),
    /// The run could not go on: why.
    Failed(Text),
}

impl OutcomeCounts {
    /// Counts one task.
    pub const fn add(&mut self, status: OutcomeStatus) {
        match status {
            OutcomeStatus::Decided => self.decided += 1,
            OutcomeStatus::Tied => self.tied += 1,
            OutcomeStatus::NoQuorum => self.no_quorum += 1,
            OutcomeStatus::Undecided => self.undecided += 1,
            OutcomeStatus::Failed => self.failed += 1,
            OutcomeStatus::Exhausted => self.exhausted += 1,
            OutcomeStatus::Cancelled => self.cancelled += 1,
        }
    }

    /// How many tasks ended in this way.
    #[must_use]
    pub const fn get(&self, status: OutcomeStatus) -> u64 {
        match status {
            OutcomeStatus::Decided => self.decided,
            OutcomeStatus::Tied => self.tied,
            OutcomeStatus::NoQuorum => self.no_quorum,
            OutcomeStatus::Undecided => self.undecided,
            OutcomeStatus::Failed => self.failed,
            OutcomeStatus::Exhausted => self.exhausted,
            OutcomeStatus::Cancelled => self.cancelled,
        }
    }

    /// How many tasks ended at all.
    #[must_use]
    pub fn total(&self) -> u64 {
        OutcomeStatus::ALL.iter().map(|status| self.get(*status)).sum()
    }

    /// How many tasks did not complete: failed, exhausted or cancelled.
    #[must_use]
    pub const fn not_completed(&self) -> u64 {
        self.failed + self.exhausted + self.cancelled
    }
}

/// The status of a run and, when it did not complete, why.
///
/// `first_reason` is why the first task that did not complete ended so; `tolerate_failed` is the share (0 to 1) of
/// tasks that may end so (a single task's end is never tolerated, and a share that is not a number tolerates nothing).
/// `ended_early` is given only when tasks of the run were left that never ran to their own end. A run without any task
/// has failed: silence is never success.
#[must_use]
pub fn run_status(
    counts: &OutcomeCounts,
    first_reason: Option<Text>,
    tolerate_failed: f64,
    ended_early: Option<EndedEarly>,
) -> (RunStatus, Option<Text>) {
    match ended_early {
        Some(EndedEarly::Exhausted(limit)) => return (RunStatus::Exhausted, Some(limit.as_str().into())),
        Some(EndedEarly::Cancelled(reason)) => return (RunStatus::Cancelled, Some(reason)),
        Some(EndedEarly::Failed(reason)) => return (RunStatus::Failed, Some(reason)),
        None => {}
    }
    let (total, not_completed) = (counts.total(), counts.not_completed());
    if total == 0 {
        return (RunStatus::Failed, Some("no task was played".into()));
    }
    if not_completed == 0 {
        return (RunStatus::Completed, None);
    }
    let reason = Some(first_reason.unwrap_or_else(|| "no reason was given".into()));
    if total == 1 {
        let status = match (counts.exhausted, counts.cancelled) {
            (1, _) => RunStatus::Exhausted,
            (_, 1) => RunStatus::Cancelled,
            _ => RunStatus::Failed,
        };
        return (status, reason);
    }
    #[expect(clippy::cast_precision_loss, reason = "a run has far fewer than 2^53 tasks")]
    let share = not_completed as f64 / total as f64;
    if share <= tolerate_failed { (RunStatus::Completed, None) } else { (RunStatus::Failed, reason) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How tasks ended, what is tolerated, what ended the run early; its status, and why.
    type Row = (&'static [(OutcomeStatus, u64)], f64, Option<EndedEarly>, RunStatus, Option<&'static str>);

    fn counts(list: &[(OutcomeStatus, u64)]) -> OutcomeCounts {
        let mut counts = OutcomeCounts::default();
        for (status, count) in list {
            (0..*count).for_each(|_| counts.add(*status));
        }
        counts
    }

    #[test]
    fn the_table() {
        use OutcomeStatus::{Cancelled, Decided, Exhausted, Failed, NoQuorum, Tied, Undecided};
        let early_money = Some(EndedEarly::Exhausted(Limit::Money));
        let early_cancel = Some(EndedEarly::Cancelled("interrupted".into()));
        let early_failure = Some(EndedEarly::Failed("deadlock".into()));
        let (completed, failed) = (RunStatus::Completed, RunStatus::Failed);
        let (exhausted, cancelled) = (RunStatus::Exhausted, RunStatus::Cancelled);
        let rows: &[Row] = &[
            // One task: its own status, whatever is tolerated.
            (&[(Decided, 1)], 0.0, None, completed, None),
            (&[(Tied, 1)], 0.0, None, completed, None),
            (&[(NoQuorum, 1)], 0.0, None, completed, None),
            (&[(Undecided, 1)], 0.0, None, completed, None),
            (&[(Failed, 1)], 0.0, None, failed, Some("first")),
            (&[(Failed, 1)], 1.0, None, failed, Some("first")),
            (&[(Exhausted, 1)], 1.0, None, exhausted, Some("first")),
            (&[(Cancelled, 1)], 1.0, None, cancelled, Some("first")),
            // Many: the share that did not complete against what is tolerated.
            (&[(Decided, 3), (Tied, 2), (NoQuorum, 1), (Undecided, 4)], 0.0, None, completed, None),
            (&[(Decided, 9), (Failed, 1)], 0.0, None, failed, Some("first")),
            (&[(Decided, 9), (Failed, 1)], 0.1, None, completed, None),
            (&[(Decided, 7), (Failed, 1), (Exhausted, 1), (Cancelled, 1)], 0.3, None, completed, None),
            (&[(Decided, 7), (Failed, 1), (Exhausted, 1), (Cancelled, 1)], 0.29, None, failed, Some("first")),
            (&[(Exhausted, 10)], 0.5, None, failed, Some("first")),
            (&[(Cancelled, 10)], 1.0, None, completed, None),
            (&[(Decided, 9), (Failed, 1)], f64::NAN, None, failed, Some("first")),
            // What ended the run early names its end.
            (&[(Decided, 5)], 1.0, early_money.clone(), exhausted, Some("money")),
            (&[(Decided, 5), (Failed, 5)], 0.0, early_money, exhausted, Some("money")),
            (&[(Decided, 5)], 1.0, early_cancel.clone(), cancelled, Some("interrupted")),
            (&[], 1.0, early_cancel, cancelled, Some("interrupted")),
            (&[(Decided, 5)], 1.0, early_failure, failed, Some("deadlock")),
            // Silence is never success.
            (&[], 1.0, None, failed, Some("no task was played")),
        ];
        for (list, tolerate, early, status, reason) in rows {
            let found = run_status(&counts(list), Some("first".into()), *tolerate, early.clone());
            assert_eq!(found, (*status, reason.map(Text::from)), "{list:?}, tolerate {tolerate}, {early:?}");
        }
        let unexplained = run_status(&counts(&[(Failed, 1)]), None, 0.0, None);
        assert_eq!(unexplained, (failed, Some("no reason was given".into())));
    }

    #[test]
    fn counts_add_up() {
        let mut counts = OutcomeCounts::default();
        for (times, status) in (1..).zip(OutcomeStatus::ALL) {
            (0..times).for_each(|_| counts.add(status));
            assert_eq!(counts.get(status), times, "{status:?}");
        }
        assert_eq!(counts.total(), 28);
        assert_eq!(counts.not_completed(), 18);
    }
}
