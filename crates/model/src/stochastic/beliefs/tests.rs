//! Debates of belief-counting models against exact values, and what counts of what is heard.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use std::sync::Arc;

use moot_core::random::RandomKey;
use moot_core::{HeardSoFar, Task, TaskId, Wanted};

use super::super::testing::{self, SEED, TASKS, assert_share, briefed, heard, model, options, play};
use super::super::{StochasticModel, StochasticOptions};
use super::*;
use crate::Model;

/// What is to be expected of the answers of one round.
#[derive(Debug, Deserialize)]
struct Row {
    round: u32,
    expected_p_right: f64,
    p_majority_right: f64,
    p_unanimous: f64,
}

/// A debate of so many agents who start with `a` counts for the right answer and `b` for the wrong one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Case {
    n: u32,
    #[serde(rename = "a")]
    right: f64,
    #[serde(rename = "b")]
    wrong: f64,
    #[serde(rename = "rounds")]
    rows: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Oracle {
    cases: Vec<Case>,
}

/// Mean and standard error of independent values.
fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let amount = values.len() as f64;
    let mean = values.iter().sum::<f64>() / amount;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (amount - 1.0);
    (mean, (variance / amount).sqrt())
}

/// How many of the debaters are right in each round of a debate on each task. All hear all, themselves too.
fn debates(case: &Case) -> Vec<Vec<u32>> {
    let strength = case.right + case.wrong;
    let json = format!(r#"{{"accuracy": {}, "beliefs": {{"strength": {strength}}}}}"#, case.right / strength);
    let model = model(&json);
    let speakers: Vec<Heard> = (0..case.n).map(|member| heard(0, member, None)).collect();
    let keys: Vec<RandomKey> =
        (0..case.n).map(|member| RandomKey::new(SEED, case.n, &format!("debater[{member}]"))).collect();
    let debate = |id| {
        let task = Arc::new(Task::new(TaskId(id), "Which one?").with_choices(["A", "B"]).with_answer("B"));
        let mut request = ModelRequest::alone(task, SEED);
        let mut rounds = Vec::new();
        for row in &case.rows {
            request.call = row.round;
            let answers: Vec<Text> = keys
                .iter()
                .map(|random| {
                    request.random = *random;
                    model.answer(&request).unwrap().text
                })
                .collect();
            rounds.push(answers.iter().map(|answer| u32::from(&**answer == "B")).sum());
            let said = speakers.iter().zip(answers);
            let said = said.map(|(said, answer)| Heard { round: row.round, answer: Some(answer), ..said.clone() });
            request.heard.hear(&said.collect());
        }
        rounds
    };
    (0..TASKS).map(debate).collect()
}

/// `tests/data/debate_public.json`: the exact chain on the pseudo-counts.
#[test]
fn a_debate_among_equals_has_its_exact_values_in_every_round() {
    let text = include_str!("../../../../../tests/data/debate_public.json");
    let oracle: Oracle = serde_json::from_str(text).unwrap();
    assert_eq!(oracle.cases.iter().map(|case| case.rows.len()).collect::<Vec<_>>(), [6, 6, 6]);
    for case in &oracle.cases {
        let debates = debates(case);
        for (index, row) in case.rows.iter().enumerate() {
            let what = |name: &str| format!("{name} of {} in round {}", case.n, row.round);
            // The answers to one task are correlated: the share of a task is one value.
            let shares: Vec<f64> = debates.iter().map(|rounds| f64::from(rounds[index]) / f64::from(case.n)).collect();
            let (mean, error) = mean_and_error(&shares);
            let expected = row.expected_p_right;
            assert!((mean - expected).abs() <= 4.0 * error, "{}: {mean}, expected {expected} ± {error}", what("right"));
            let majorities = debates.iter().filter(|rounds| rounds[index] * 2 > case.n).count();
            assert_share(&what("majority"), majorities, row.p_majority_right);
            let unanimous = debates.iter().filter(|rounds| [0, case.n].contains(&rounds[index])).count();
            assert_share(&what("unanimous"), unanimous, row.p_unanimous);
        }
    }
}

/// What is answered to every task after this was heard.
fn answers(model: &StochasticModel, said: &[Heard]) -> Vec<Text> {
    let said = HeardSoFar::from(said.to_vec());
    let ask = |id| ModelRequest { heard: said.clone(), ..testing::request("debater", 0, id) };
    (0..TASKS).map(|id| model.answer(&ask(id)).unwrap().text).collect()
}

fn assert_shares(what: &str, answers: &[Text], expected: [f64; 4]) {
    for (choice, expected) in ["A", "B", "C", "D"].into_iter().zip(expected) {
        let hits = answers.iter().filter(|answer| &***answer == choice).count();
        assert_share(&format!("{what}: {choice}"), hits, expected);
    }
}

#[test]
fn each_choice_is_answered_by_its_share_of_the_counts() {
    // B is right; the wrong choices are A, C, D.
    let own = |answer| Heard { own: true, ..heard(0, 9, Some(answer)) };
    let said = [heard(0, 0, Some("A")), own("C"), heard(1, 0, Some("A")), heard(0, 1, Some("B")), heard(0, 2, None)];
    for (json, expected) in [
        // Counts of A, B, C, D before: 1, 2, 1, 1.
        (r#"{"accuracy": 0.4, "beliefs": {"strength": 5}}"#, [3.0, 3.0, 2.0, 1.0]),
        (r#"{"accuracy": 0.4, "beliefs": {"strength": 5, "own": false}}"#, [3.0, 3.0, 1.0, 1.0]),
        (r#"{"accuracy": 0.4, "beliefs": {"strength": 5, "weight": 0.5}}"#, [2.0, 2.5, 1.5, 1.0]),
        (r#"{"accuracy": 0.4, "beliefs": {"strength": 5, "weight": 0}}"#, [1.0, 2.0, 1.0, 1.0]),
        // Before: 3, 6, 0, 1.
        (r#"{"accuracy": 0.6, "confusion": [3, 0, 1], "beliefs": {"strength": 10}}"#, [5.0, 7.0, 1.0, 1.0]),
        (r#"{"accuracy": 1, "beliefs": {"strength": 6}}"#, [2.0, 7.0, 1.0, 0.0]),
        (r#"{"accuracy": 0, "beliefs": {"strength": 3}}"#, [3.0, 1.0, 2.0, 1.0]),
    ] {
        let sum: f64 = expected.iter().sum();
        assert_shares(json, &answers(&model(json), &said), expected.map(|count| count / sum));
    }
}

#[test]
fn who_has_heard_nothing_that_counts_answers_as_without_beliefs() {
    for rest in [r#""accuracy": 0.6"#, r#""accuracy": 0.4, "confusion": [3, 0, 1], "abstain": 0.1"#] {
        let plain = play(&model(&format!("{{{rest}}}")), "debater", 1);
        let debater = model(&format!(r#"{{{rest}, "beliefs": {{"strength": 5, "own": false}}}}"#));
        let own = Heard { own: true, ..heard(0, 0, Some("A")) };
        for said in [&[][..], &[heard(0, 0, None), heard(0, 1, Some("none of the choices")), own]] {
            assert!(plain.iter().zip(answers(&debater, said)).all(|(plain, found)| plain[0] == found));
        }
    }
}

#[test]
fn a_debater_that_is_not_moved_and_one_that_is_share_their_luck() {
    let plain = play(&model(r#"{"accuracy": 0.6}"#), "debater", 1);
    let unmoved =
        answers(&model(r#"{"accuracy": 0.6, "beliefs": {"strength": 5, "weight": 0}}"#), &[heard(0, 0, Some("A"))]);
    assert!(plain.iter().zip(&unmoved).all(|(plain, unmoved)| plain[0] == *unmoved));
    let moved = answers(&model(r#"{"accuracy": 0.6, "beliefs": {"strength": 5}}"#), &[heard(0, 0, Some("B"))]);
    assert!(plain.iter().zip(&moved).all(|(plain, moved)| &*plain[0] != "B" || &**moved == "B"));
}

#[test]
fn all_that_was_heard_on_the_task_counts_not_only_what_came_last() {
    let debater = model(r#"{"accuracy": 0, "beliefs": {"strength": 0.000001}}"#);
    let mut request = briefed(testing::request("debater", 0, 0), Wanted::Words, &[]);
    request.heard = vec![heard(0, 0, Some("B"))].into();
    assert_eq!(&*debater.answer(&request).unwrap().text, "B");
}

#[test]
fn the_counts_of_a_group_start_at_its_accuracy_on_the_task() {
    let group = r#""accuracy": 0.6, "correlation": {"beta_binomial": {"correlation": 0.5}}"#;
    let debater = model(&format!(r#"{{{group}, "beliefs": {{"strength": 4}}}}"#));
    let plain = play(&model(&format!("{{{group}}}")), "debater", 1);
    assert!(plain.iter().zip(answers(&debater, &[])).all(|(plain, found)| plain[0] == found));
    // The counts are linear in the group's accuracy, whose mean is 0.6.
    let said = [heard(0, 0, Some("B")), heard(0, 1, Some("C"))];
    let right = (4.0 * 0.6 + 1.0) / 6.0;
    let wrong = 4.0 * 0.4 / 3.0 / 6.0;
    assert_shares("beta-binomial", &answers(&debater, &said), [wrong, right, wrong + 1.0 / 6.0, wrong]);
}

#[test]
fn beliefs_out_of_range_answer_oddly_and_never_panic() {
    let numbers = [f64::NAN, f64::INFINITY, f64::MAX, -1.0, 0.0];
    for (strength, weight) in numbers.into_iter().flat_map(|one| numbers.map(|other| (one, other))) {
        let beliefs = Beliefs { strength, weight, own: true };
        let allowed = strength > 0.0 && strength < f64::MAX && weight == 0.0;
        assert_eq!(beliefs.check().is_empty(), allowed, "{beliefs:?}");
        let odd = StochasticOptions { beliefs: Some(beliefs), ..options(r#"{"accuracy": 0.6}"#) };
        let model = StochasticModel::new(&odd, SEED, 0);
        let request = ModelRequest { heard: vec![heard(0, 0, Some("A"))].into(), ..testing::request("debater", 0, 0) };
        assert!(model.answer(&request).map_or(true, |reply| ["A", "B", "C", "D"].contains(&&*reply.text)));
    }
}
