//! The result: the documented object, both ways, and what is refused.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use moot_core::Event;

use super::*;
use crate::metrics::series_name;
use crate::testing::{every_kind, jury_run};
use crate::{Digest, METRIC_NAMES};

fn result_of(events: &[Event]) -> Result<RunResult, ResultError> {
    let (mut digest, mut summary) = (Digest::new(), Summary::new());
    for event in events {
        digest.push(event);
        summary.push(event);
    }
    RunResult::from_summary(&summary, digest.finish())
}

/// The keys are a contract with everybody who reads `--json`.
#[test]
fn the_object_is_the_documented_one() {
    let result = result_of(&jury_run(2)).unwrap();
    let json = serde_json::to_value(&result).unwrap();
    let keys: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected =
        vec!["format", "scenario", "seed", "digest", "status", "reason", "tasks", "tasks_total", "counts", "metrics"];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!(json["format"], 1);
    assert_eq!((&json["scenario"], &json["seed"]), (&"jury".into(), &7.into()));
    assert_eq!(json["digest"], result.digest.to_string());
    assert_eq!((&json["status"], &json["reason"]), (&"completed".into(), &serde_json::Value::Null));
    assert_eq!(
        json["tasks"],
        serde_json::json!([
            { "id": 0, "outcome": { "status": "decided", "answer": "A" } },
            { "id": 1, "outcome": { "status": "decided", "answer": "A" } },
        ])
    );
    assert_eq!(json["tasks_total"], 2);
    assert_eq!(
        json["counts"],
        serde_json::json!({
            "decided": 2, "tied": 0, "no_quorum": 0, "undecided": 0, "failed": 0, "exhausted": 0, "cancelled": 0,
        })
    );
    let is_known = |name: &str| METRIC_NAMES.iter().any(|(known, _)| *known == name) || series_name(name).is_some();
    assert!(json["metrics"].as_object().unwrap().keys().all(|name| is_known(name)));
    assert!(serde_json::to_string(&result).unwrap().starts_with(r#"{"format":1,"scenario":"jury","seed":7,"digest":"#));
}

#[test]
fn a_result_reads_back() {
    for events in [jury_run(5), every_kind()] {
        let result = result_of(&events).unwrap();
        let json = serde_json::to_string(&result).unwrap();
        assert_eq!(RunResult::from_json(&json).unwrap(), result);
    }
}

#[test]
fn a_run_without_its_ends_has_no_result() {
    let events = jury_run(1);
    assert!(matches!(result_of(&events[1..]), Err(ResultError::NotStarted)));
    let error = result_of(&events[..events.len() - 1]).unwrap_err();
    assert!(matches!(error, ResultError::NotEnded { events: found } if found == events.len() as u64 - 1));
}

#[test]
fn a_newer_format_is_refused_by_its_number() {
    let error = RunResult::from_json(r#"{"format":2,"shape":"unheard of"}"#).unwrap_err();
    assert!(error.to_string().contains("needs a folkmoot that reads format 2"), "{error}");
    for text in ["", "{}", r#"{"format":1}"#, "[]"] {
        assert!(matches!(RunResult::from_json(text), Err(ResultError::Json(_))), "{text}");
    }
}
