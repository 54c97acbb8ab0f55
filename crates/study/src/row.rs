//! A row of a comparison: what one cell came to, held against others.
//!
//! This module must not know how rows are shown.
//!
//! ```
//! use moot_core::{Task, TaskId};
//! use moot_study::{Cell, Row};
//!
//! let tasks = |count| (0..count).map(|id| Task::new(TaskId(id), "?").with_answer(if id < 3 { "A" } else { "B" }));
//! let (one, other) = (Cell::of_constant("one", "B", tasks(4)), Cell::of_constant("other", "A", tasks(4)));
//! let row = Row::of(&other, Some(&one), Some(&one)).unwrap();
//! assert_eq!(row.accuracy.unwrap().value, 0.75);
//! assert_eq!(row.difference.unwrap().estimate.value, 0.5);
//! assert!((row.error_amplification.unwrap() - 1.0 / 3.0).abs() < 1e-12);
//! ```

use moot_core::Money;
use serde::Serialize;

use crate::cell::Cell;
use crate::common::{NotComparable, check_pair};
use crate::estimate::Estimate;
use crate::paired::{Difference, difference};

/// What one cell came to. What does not exist or is not known is `None`, and null in JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The variant's name.
    pub name: String,
    /// How many tasks ended.
    pub tasks: u64,
    /// The share of right answers among the tasks whose right answer is known (Wilson).
    pub accuracy: Option<Estimate>,
    /// How much better it is than the reference, task by task; `None` for the reference itself.
    pub difference: Option<Difference>,
    /// Tasks that ended without an answer although nothing went wrong: tied, without a quorum, undecided. They count as
    /// not right in the accuracy.
    pub undecided: u64,
    /// Tasks that failed, came to a limit or were called off. They count as not right in the accuracy.
    pub not_completed: u64,
    /// What all model calls cost, in USD.
    #[serde(rename = "cost_usd")]
    pub cost: Option<Money>,
    /// Attempts of model calls on a task, on average.
    pub calls: Option<Estimate>,
    /// Input and output tokens of a task, on average; `None` when those of one are unknown.
    pub tokens: Option<Estimate>,
    /// Virtual time from start to end of a task, on average, in ms.
    pub latency_ms: Option<Estimate>,
    /// Messages between participants on a task, on average.
    pub messages: Option<Estimate>,
    /// Error amplification at task level: the share of errors divided by that of one agent alone, (1 - S) / (1 - S1) with
    /// the accuracies S. Below 1 errors are absorbed, above 1 they are amplified. `None` when one agent makes none.
    pub error_amplification: Option<f64>,
}

impl Row {
    /// The row of a cell.
    ///
    /// # Errors
    /// When the cells were not played on the same tasks with the same noise.
    pub fn of(cell: &Cell, reference: Option<&Cell>, one_agent: Option<&Cell>) -> Result<Self, NotComparable> {
        for other in [reference, one_agent].into_iter().flatten() {
            check_pair(other, cell)?;
        }
        let accuracy = cell.accuracy();
        let alone = one_agent.and_then(Cell::accuracy);
        Ok(Self {
            name: cell.name.clone(),
            tasks: cell.tasks_ended(),
            accuracy,
            difference: reference.and_then(|reference| difference(&cell.scores(), &reference.scores())),
            undecided: cell.undecided(),
            not_completed: cell.not_completed(),
            cost: cell.cost(),
            calls: cell.calls(),
            tokens: cell.tokens(),
            latency_ms: cell.latency_ms(),
            messages: cell.messages(),
            error_amplification: accuracy.zip(alone).and_then(|(own, alone)| amplification(own.value, alone.value)),
        })
    }
}

fn amplification(own: f64, alone: f64) -> Option<f64> {
    let ratio = (1.0 - own) / (1.0 - alone);
    ratio.is_finite().then_some(ratio)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use moot_core::{Task, TaskId};

    use super::*;

    #[test]
    fn errors_are_amplified_above_one_and_absorbed_below() {
        // A jury of five at 0.6 errs 0.31744 of the time, one juror 0.4 (Condorcet): 0.7936.
        assert!((amplification(0.68256, 0.6).unwrap() - 0.7936).abs() < 1e-12);
        assert!((amplification(0.5, 0.6).unwrap() - 1.25).abs() < 1e-12);
        assert_eq!((amplification(1.0, 1.0), amplification(0.5, 1.0)), (None, None), "who never errs has no ratio");
    }

    #[test]
    fn a_row_is_written_with_nulls_for_what_is_not_known() {
        let cell = Cell::of_constant("constant", "A", [Task::new(TaskId(0), "?")]);
        let json = serde_json::to_value(Row::of(&cell, None, None).unwrap()).unwrap();
        for key in ["accuracy", "difference", "error_amplification"] {
            assert!(json[key].is_null(), "{key}");
        }
        assert_eq!((&json["cost_usd"], &json["tasks"]), (&"0".into(), &1.into()));
        let calls = serde_json::json!({ "value": 0.0, "low": null, "high": null });
        for key in ["calls", "tokens", "latency_ms", "messages"] {
            assert_eq!(json[key], calls, "{key}");
        }
    }
}
