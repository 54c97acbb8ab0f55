//! Against `stats_public.json`, whose values other libraries computed (see `tests/data/README.md` of the repository).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use serde_json::Value;

use crate::{difference, mcnemar_exact, mean, share};

fn oracle() -> Value {
    serde_json::from_str(include_str!("../../../tests/data/stats_public.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

#[track_caller]
fn assert_near(found: f64, expected: f64, what: &Value) {
    assert!((found - expected).abs() < 1e-12, "{what}: {found}");
}

#[test]
fn shares_have_wilsons_interval() {
    let rows = oracle()["proportions_95"].as_array().unwrap().clone();
    assert_eq!(rows.len(), 10);
    for row in rows {
        let found = share(row["k"].as_u64().unwrap(), row["n"].as_u64().unwrap()).unwrap();
        let (ends, interval) = (numbers(&row["wilson"]), found.interval.unwrap());
        assert_near(interval.low, ends[0], &row);
        assert_near(interval.high, ends[1], &row);
    }
}

#[test]
fn mcnemars_test_is_exact() {
    let rows = oracle()["mcnemar_exact_two_sided"].as_array().unwrap().clone();
    assert_eq!(rows.len(), 4);
    for row in rows {
        let found = mcnemar_exact(row["b"].as_u64().unwrap(), row["c"].as_u64().unwrap());
        assert_near(found, row["p"].as_f64().unwrap(), &row);
    }
}

#[test]
fn means_have_students_interval() {
    let oracle = oracle();
    let sample = numbers(&oracle["two_samples"]["x"]);
    let (ends, interval) = (numbers(&oracle["t_interval_x_95"]), mean(sample).unwrap().interval.unwrap());
    assert_near(interval.low, ends[0], &oracle["t_interval_x_95"]);
    assert_near(interval.high, ends[1], &oracle["t_interval_x_95"]);
}

/// The statistic is the mean difference over its standard error. With 9 degrees of freedom the half width is 2.2621571628
/// standard errors.
#[test]
fn paired_differences_are_those_of_the_paired_t_test() {
    let samples = &oracle()["two_samples"];
    let scores = |key: &str| numbers(&samples[key]).into_iter().map(Some).collect::<Vec<_>>();
    let found = difference(&scores("x"), &scores("y")).unwrap();
    let interval = found.estimate.interval.unwrap();
    let standard_error = (interval.high - interval.low) / 2.0 / 2.262_157_162_798_204_5;
    let statistic = samples["paired_t"]["statistic"].as_f64().unwrap();
    assert!((found.estimate.value / standard_error - statistic).abs() < 1e-9, "{found:?}");
}
