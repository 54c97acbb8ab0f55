//! The form in which results give an outcome: one flat object with its `status` first.
//!
//! | status | further keys |
//! | --- | --- |
//! | `decided` | `answer` |
//! | `tied` | `among` |
//! | `no_quorum` | `present`, `needed` |
//! | `undecided`, `cancelled` | `reason` |
//! | `failed` | `kind`, `message` |
//! | `exhausted` | `limit` |
//!
//! A form with a key too many or too few is refused. This module must not know results; it is used as
//! `#[serde(with = "outcome_form")]`.
//!
//! ```
//! use moot_core::{Outcome, TaskId};
//! use moot_journal::TaskResult;
//!
//! let task = TaskResult { id: TaskId(3), outcome: Outcome::decided("A") };
//! let json = r#"{"id":3,"outcome":{"status":"decided","answer":"A"}}"#;
//! assert_eq!(serde_json::to_string(&task).unwrap(), json);
//! assert_eq!(serde_json::from_str::<TaskResult>(json).unwrap(), task);
//! ```

use moot_core::{Failure, FailureKind, Limit, Outcome, OutcomeStatus, Text};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutcomeForm {
    status: OutcomeStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    among: Option<Vec<Text>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    present: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    needed: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<FailureKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<Limit>,
}

/// Writes an outcome in its form.
pub(crate) fn serialize<S: Serializer>(outcome: &Outcome, serializer: S) -> Result<S::Ok, S::Error> {
    OutcomeForm::of(outcome).serialize(serializer)
}

/// Reads an outcome from its form.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Outcome, D::Error> {
    let form = OutcomeForm::deserialize(deserializer)?;
    form.outcome().map_err(serde::de::Error::custom)
}

impl OutcomeForm {
    fn of(outcome: &Outcome) -> Self {
        let status = outcome.status();
        let (answer, among, present, needed) = (None, None, None, None);
        let (reason, kind, message, limit) = (None, None, None, None);
        let bare = Self { status, answer, among, present, needed, reason, kind, message, limit };
        match outcome.clone() {
            Outcome::Decided { answer } => Self { answer: Some(answer), ..bare },
            Outcome::Tied { among } => Self { among: Some(among), ..bare },
            Outcome::NoQuorum { present, needed } => Self { present: Some(present), needed: Some(needed), ..bare },
            Outcome::Undecided { reason } | Outcome::Cancelled { reason } => Self { reason: Some(reason), ..bare },
            Outcome::Failed(Failure { kind, message }) => Self { kind: Some(kind), message: Some(message), ..bare },
            Outcome::Exhausted { limit } => Self { limit: Some(limit), ..bare },
        }
    }

    fn outcome(self) -> Result<Outcome, String> {
        let status = self.status.as_str();
        let found = self.complete().ok_or_else(|| format!("an outcome with status {status:?} lacks a key"))?;
        if Self::of(&found) != self {
            return Err(format!("an outcome with status {status:?} has a key of another status"));
        }
        Ok(found)
    }

    /// The outcome, keys of another status overlooked.
    fn complete(&self) -> Option<Outcome> {
        Some(match self.status {
            OutcomeStatus::Decided => Outcome::Decided { answer: self.answer.clone()? },
            OutcomeStatus::Tied => Outcome::Tied { among: self.among.clone()? },
            OutcomeStatus::NoQuorum => Outcome::NoQuorum { present: self.present?, needed: self.needed? },
            OutcomeStatus::Undecided => Outcome::Undecided { reason: self.reason.clone()? },
            OutcomeStatus::Failed => Outcome::Failed(Failure { kind: self.kind?, message: self.message.clone()? }),
            OutcomeStatus::Exhausted => Outcome::Exhausted { limit: self.limit? },
            OutcomeStatus::Cancelled => Outcome::Cancelled { reason: self.reason.clone()? },
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Wrapped(#[serde(with = "super")] Outcome);

    #[test]
    fn every_outcome_has_its_form() {
        for (outcome, json) in [
            (Outcome::decided("A"), r#"{"status":"decided","answer":"A"}"#),
            (Outcome::Tied { among: vec!["A".into(), "B".into()] }, r#"{"status":"tied","among":["A","B"]}"#),
            (Outcome::NoQuorum { present: 1, needed: 3 }, r#"{"status":"no_quorum","present":1,"needed":3}"#),
            (Outcome::Undecided { reason: "no one won".into() }, r#"{"status":"undecided","reason":"no one won"}"#),
            (
                Outcome::failed(FailureKind::Repetition, "read_file again"),
                r#"{"status":"failed","kind":"repetition","message":"read_file again"}"#,
            ),
            (Outcome::Exhausted { limit: Limit::Turns }, r#"{"status":"exhausted","limit":"turns"}"#),
            (Outcome::Cancelled { reason: "interrupted".into() }, r#"{"status":"cancelled","reason":"interrupted"}"#),
        ] {
            assert_eq!(serde_json::to_string(&Wrapped(outcome.clone())).unwrap(), json);
            assert_eq!(serde_json::from_str::<Wrapped>(json).unwrap(), Wrapped(outcome));
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for (json, said) in [
            (r#"{"answer":"A"}"#, "missing field `status`"),
            (r#"{"status":"won","answer":"A"}"#, "unknown variant `won`"),
            (r#"{"status":"decided"}"#, "lacks a key"),
            (r#"{"status":"failed","kind":"model"}"#, "lacks a key"),
            (r#"{"status":"decided","answer":"A","reason":"luck"}"#, "has a key of another status"),
            (r#"{"status":"decided","answer":"A","colour":"red"}"#, "unknown field `colour`"),
        ] {
            let error = serde_json::from_str::<Wrapped>(json).unwrap_err().to_string();
            assert!(error.contains(said), "{json}: {error}");
        }
    }
}
