//! The metrics: each by its definition, the interval against published values, unknown never zero.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use std::collections::BTreeSet;

use super::*;
use crate::Measured;
use crate::coordination::testing::Script;
use crate::testing::{every_kind, jury_run};

fn summary_of(events: &[moot_core::Event]) -> Summary {
    let mut summary = Summary::new();
    events.iter().for_each(|event| summary.push(event));
    summary
}

#[test]
fn the_names_are_those_of_the_list_and_all_of_them() {
    let listed: BTreeSet<&str> = METRIC_NAMES.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed.len(), METRIC_NAMES.len());
    // One run in which time passes and tokens are counted, one in which voters change their minds and come to agree.
    let mut jury = Summary::measuring(Measured::everything());
    jury_run(3).iter().for_each(|event| jury.push(event));
    let mut debate = Script::new();
    debate.council("jury").vote(Some("A"), &[&["A", "B"], &["B", "A"], &["A", "A"]]);
    let (jury, debate) = (jury.metrics(), debate.summary().metrics());
    let (series, found): (BTreeSet<&str>, BTreeSet<&str>) =
        jury.keys().chain(debate.keys()).map(String::as_str).partition(|name| series_name(name).is_some());
    assert_eq!(found, listed);
    let expected: BTreeSet<String> =
        METRIC_SERIES.iter().flat_map(|(name, _)| (0..3).map(move |round| format!("{name}.{round}"))).collect();
    assert_eq!(series, expected.iter().map(String::as_str).collect());
    for (name, description) in METRIC_NAMES.iter().chain(METRIC_SERIES) {
        assert!(!description.is_empty() && !description.contains('\n'), "{name}");
    }
}

#[test]
fn numbers_of_a_series_are_named_by_their_round() {
    for (name, series) in
        METRIC_SERIES.iter().flat_map(|(series, _)| [(format!("{series}.0"), series), (format!("{series}.31"), series)])
    {
        assert_eq!(series_name(&name).map(|(series, _)| series), Some(*series), "{name}");
    }
    for name in ["unanimity_by_round", "unanimity_by_round.", "unanimity_by_round.01", "unanimity_by_round.+1", "x.0"] {
        assert_eq!(series_name(name), None, "{name}");
    }
}

#[test]
fn what_is_not_asked_for_is_absent_and_the_rest_is_the_same() {
    let events = jury_run(4);
    let (plain, whole) = (summary_of(&events).metrics(), {
        let mut summary = Summary::measuring(Measured::everything());
        events.iter().for_each(|event| summary.push(event));
        summary.metrics()
    });
    let dear: Vec<&str> = whole.keys().filter(|name| !plain.contains_key(*name)).map(String::as_str).collect();
    let expected = [
        "critical_path_ms",
        "mast_1_3",
        "mast_1_4",
        "mast_1_5",
        "mast_2_1",
        "mast_2_5",
        "mast_3_1",
        "mast_3_2",
        "parallelism",
        "redundancy",
        "work_ms",
    ];
    assert_eq!(dear, expected);
    assert!(plain.iter().all(|(name, value)| whole[name] == *value));
    assert!(dear.iter().all(|name| Measured::of([*name]) != Measured::default()));
}

#[test]
fn a_jury_in_numbers() {
    let metrics = summary_of(&jury_run(7)).metrics();
    let json = serde_json::to_value(&metrics).unwrap();
    let (low, high) = wilson_interval(5, 7).unwrap();
    for (name, expected) in [
        ("accuracy", serde_json::json!(5.0 / 7.0)),
        ("accuracy_low", serde_json::json!(low)),
        ("accuracy_high", serde_json::json!(high)),
        ("tasks", 7.into()),
        ("decided", 7.into()),
        ("tied", 0.into()),
        ("cost_usd", "0.000882".into()),
        ("latency_ms_mean", 609.0.into()),
        ("latency_ms_p50", 609.into()),
        ("latency_ms_p95", 618.into()),
        ("latency_ms_max", 618.into()),
        ("messages", 42.into()),
        ("model_calls", 21.into()),
        ("model_failures", 0.into()),
        ("tool_calls", 0.into()),
        ("input_tokens", 2_520.into()),
        ("output_tokens", 840.into()),
        ("restarts", 0.into()),
        ("virtual_time_ms", 4_263.into()),
    ] {
        assert_eq!(json[name], expected, "{name}");
    }
    assert_eq!(serde_json::from_value::<BTreeMap<String, MetricValue>>(json).unwrap(), metrics);
}

#[test]
fn what_makes_no_sense_is_absent_and_what_is_unknown_is_null() {
    let nothing = Summary::new().metrics();
    for name in ["accuracy", "accuracy_low", "accuracy_high", "latency_ms_mean", "latency_ms_p50", "latency_ms_max"] {
        assert!(!nothing.contains_key(name), "{name}");
    }
    assert_eq!(nothing["cost_usd"], MetricValue::Money(Money::ZERO), "no call costs nothing");
    let unknown = summary_of(&every_kind()).metrics();
    for name in ["cost_usd", "input_tokens", "output_tokens"] {
        assert_eq!(unknown[name], MetricValue::Unknown, "{name}");
        assert_eq!(serde_json::to_value(unknown[name]).unwrap(), serde_json::Value::Null);
    }
}

#[test]
fn values_read_back_as_what_they_were() {
    for (value, json) in [
        (MetricValue::Count(u64::MAX), "18446744073709551615"),
        (MetricValue::Number(3.0), "3.0"),
        (MetricValue::Number(-0.5), "-0.5"),
        (MetricValue::Money(Money::from_picodollars(1_500_000_000_000)), "\"1.5\""),
        (MetricValue::Unknown, "null"),
    ] {
        assert_eq!(serde_json::to_string(&value).unwrap(), json);
        assert_eq!(serde_json::from_str::<MetricValue>(json).unwrap(), value);
    }
    for json in ["\"cheap\"", "true", "[]"] {
        assert!(serde_json::from_str::<MetricValue>(json).is_err(), "{json}");
    }
    assert_eq!(MetricValue::Money(Money::from_picodollars(500_000_000_000)).as_f64(), Some(0.5));
    assert_eq!(MetricValue::Unknown.as_f64(), None);
    assert_eq!(MetricValue::Unknown.to_string(), "unknown");
}
