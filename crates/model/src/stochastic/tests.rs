//! Stochastic models against their closed forms, within four standard errors, and their purity.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use std::sync::Arc;

use moot_core::{ModelFailure, ModelReply, Placement, Task, TaskId, Text, Usage, VirtualDuration};
use proptest::prelude::*;

use super::testing::{SEED, TASKS, assert_share, model, options, play, request, task};
use super::*;
use crate::{Model, ModelRequest};

fn share_of(rows: &[Vec<Text>], member: usize, answer: &str) -> usize {
    rows.iter().filter(|row| &*row[member] == answer).count()
}

fn right(row: &[Text]) -> usize {
    row.iter().filter(|answer| &***answer == "B").count()
}

#[test]
fn it_is_right_as_often_as_its_accuracy_says_and_wrong_evenly() {
    for accuracy in [0.0, 0.1, 0.6, 1.0] {
        let rows = play(&model(&format!(r#"{{"accuracy": {accuracy}}}"#)), "juror", 1);
        assert_share("right", share_of(&rows, 0, "B"), accuracy);
        for wrong in ["A", "C", "D"] {
            assert_share(wrong, share_of(&rows, 0, wrong), (1.0 - accuracy) / 3.0);
        }
    }
}

#[test]
fn confusion_says_where_mistakes_fall() {
    let rows = play(&model(r#"{"accuracy": 0.4, "confusion": [3, 0, 1]}"#), "juror", 1);
    for (answer, probability) in [("A", 0.45), ("B", 0.4), ("C", 0.0), ("D", 0.15)] {
        assert_share(answer, share_of(&rows, 0, answer), probability);
    }
}

#[test]
fn members_without_correlation_are_independent() {
    let rows = play(&model(r#"{"accuracy": 0.6}"#), "juror", 2);
    assert_share("both right", rows.iter().filter(|row| right(row) == 2).count(), 0.36);
    assert_share(
        "both say A",
        rows.iter().filter(|row| row.iter().all(|text| &**text == "A")).count(),
        (0.4_f64 / 3.0).powi(2),
    );
}

#[test]
fn a_common_cause_has_its_joint_distribution() {
    let (accuracy, share): (f64, f64) = (0.7, 0.3);
    let rows = play(&model(r#"{"accuracy": 0.7, "correlation": {"common_cause": {"share": 0.3}}}"#), "juror", 3);
    for member in 0..3 {
        assert_share("one right", share_of(&rows, member, "B"), accuracy);
        assert_share("one says C", share_of(&rows, member, "C"), 0.1);
    }
    let both = |power: i32| share * accuracy + (1.0 - share) * accuracy.powi(power);
    assert_share("the first two right", rows.iter().filter(|row| right(&row[..2]) == 2).count(), both(2));
    assert_share("all three right", rows.iter().filter(|row| right(row) == 3).count(), both(3));
    let all_c = rows.iter().filter(|row| row.iter().all(|text| &**text == "C")).count();
    assert_share("all three say C", all_c, share * 0.1 + (1.0 - share) * 0.001);
}

#[test]
fn a_cause_that_is_always_common_makes_one_voice_and_one_that_never_is_changes_nothing() {
    let together = play(&model(r#"{"accuracy": 0.6, "correlation": {"common_cause": {"share": 1}}}"#), "juror", 3);
    assert!(together.iter().all(|row| row[0] == row[1] && row[1] == row[2]));
    assert_share("right", share_of(&together, 0, "B"), 0.6);
    let never = play(&model(r#"{"accuracy": 0.6, "correlation": {"common_cause": {"share": 0}}}"#), "juror", 3);
    assert_eq!(never, play(&model(r#"{"accuracy": 0.6}"#), "juror", 3));
}

/// The probability that k of n are right under the beta-binomial distribution with shapes a and b:
/// C(n, k) B(k + a, n - k + b) / B(a, b), where the beta functions leave rising factorials.
fn beta_binomial(n: u32, k: u32, a: f64, b: f64) -> f64 {
    let rising = |from: f64, amount: u32| (0..amount).map(|step| from + f64::from(step)).product::<f64>();
    let ways: f64 = (0..k).map(|step| f64::from(n - step) / f64::from(step + 1)).product();
    ways * rising(a, k) * rising(b, n - k) / rising(a + b, n)
}

#[test]
fn a_beta_binomial_group_has_its_distribution_and_correlation() {
    for (accuracy, correlation) in [(0.6_f64, 0.2_f64), (0.7, 0.5), (0.5, 0.01)] {
        let json = format!(
            r#"{{"accuracy": {accuracy}, "correlation": {{"beta_binomial": {{"correlation": {correlation}}}}}}}"#
        );
        let rows = play(&model(&json), "juror", 5);
        let (a, b) = (accuracy * (1.0 / correlation - 1.0), (1.0 - accuracy) * (1.0 / correlation - 1.0));
        assert!((1.0 / (a + b + 1.0) - correlation).abs() < 1e-12);
        for member in 0..5 {
            assert_share("one right", share_of(&rows, member, "B"), accuracy);
        }
        // The covariance of two members' being right is correlation * accuracy * (1 - accuracy).
        let both = accuracy * accuracy + correlation * accuracy * (1.0 - accuracy);
        assert_share("the first two right", rows.iter().filter(|row| right(&row[..2]) == 2).count(), both);
        for k in 0..=5 {
            let hits = rows.iter().filter(|row| right(row) == k as usize).count();
            assert_share(&format!("{k} of 5 right at {correlation}"), hits, beta_binomial(5, k, a, b));
        }
    }
}

#[test]
fn a_beta_binomial_group_is_sound_at_its_ends() {
    let json = |correlation: f64| {
        format!(r#"{{"accuracy": 0.6, "correlation": {{"beta_binomial": {{"correlation": {correlation}}}}}}}"#)
    };
    let whole = play(&model(&json(1.0)), "juror", 3);
    assert!(whole.iter().all(|row| matches!(right(row), 0 | 3)));
    assert_share("right", share_of(&whole, 0, "B"), 0.6);
    assert_eq!(play(&model(&json(0.0)), "juror", 3), play(&model(r#"{"accuracy": 0.6}"#), "juror", 3));
    for correlation in [1e-12, 1.0 - 1e-12] {
        let rows = play(&model(&json(correlation)), "juror", 1);
        assert_share("right", share_of(&rows, 0, "B"), 0.6);
    }
}

#[test]
fn groups_are_the_agents_declared_together_unless_they_are_named() {
    let cause =
        |group: &str| format!(r#"{{"accuracy": 0.5, "correlation": {{"common_cause": {{"share": 1{group}}}}}}}"#);
    let alike = |first: &[Vec<Text>], second: &[Vec<Text>]| {
        first.iter().zip(second).filter(|(one, other)| one[0] == other[0]).count()
    };
    let unnamed = model(&cause(""));
    let apart = alike(&play(&unnamed, "red", 1), &play(&unnamed, "blue", 1));
    // Two independent answers agree on B or on one of three others.
    assert_share("two groups agree", apart, 0.25 + 3.0 / 36.0);
    let named = model(&cause(r#", "group": "press""#));
    assert_eq!(play(&named, "red", 1), play(&named, "blue", 1));
    let other = model(&cause(r#", "group": "radio""#));
    assert_ne!(play(&named, "red", 1), play(&other, "red", 1));
    let text = cause(r#", "group": "press""#);
    for (seed, replicate) in [(SEED + 1, 0), (SEED, 1)] {
        let elsewhere = StochasticModel::new(&options(&text), seed, replicate);
        assert_ne!(play(&named, "red", 1), play(&elsewhere, "red", 1), "a named group belongs to its replicate");
    }
}

#[test]
fn what_is_shared_does_not_depend_on_calls_and_attempts() {
    let model = model(r#"{"accuracy": 0.5, "correlation": {"common_cause": {"share": 1}}}"#);
    for id in 0..200 {
        let first = model.answer(&request("juror", 0, id));
        let later = ModelRequest { call: 3, attempt: 2, ..request("juror", 1, id) };
        assert_eq!(first, model.answer(&later));
    }
}

#[test]
fn calls_attempts_and_tasks_draw_anew() {
    let model = model(r#"{"accuracy": 0.5}"#);
    let answers = |change: &dyn Fn(u32) -> ModelRequest| {
        let texts: Vec<Text> = (0..TASKS).map(|number| model.answer(&change(number)).unwrap().text).collect();
        let right = texts.iter().filter(|text| &***text == "B").count();
        // Neighbours are independent: both are right with probability 1/4. Pairs do not overlap.
        let pairs = texts.chunks(2).filter(|pair| pair.iter().all(|text| &**text == "B")).count();
        (right, pairs)
    };
    let base = request("juror", 0, 0);
    let by_call = |call| ModelRequest { call, ..base.clone() };
    let by_attempt = |attempt| ModelRequest { attempt, ..base.clone() };
    let by_task = |id| ModelRequest { task: Arc::new(task(id)), ..base.clone() };
    let changes: [&dyn Fn(u32) -> ModelRequest; 3] = [&by_call, &by_attempt, &by_task];
    for change in changes {
        let (right, pairs) = answers(change);
        assert_share("right", right, 0.5);
        let (share, error) = (pairs as f64 / f64::from(TASKS / 2), (0.25 * 0.75 / f64::from(TASKS / 2)).sqrt());
        assert!((share - 0.25).abs() <= 4.0 * error, "{share}");
    }
}

#[test]
fn failures_come_at_their_rates() {
    let model = model(
        r#"{"accuracy": 0.6, "failures": {"timeout": 0.05, "rate_limited": 0.1, "refused": 0}, "latency": "2s",
            "tokens": {"input": 100, "output": 10}}"#,
    );
    let base = request("juror", 0, 0);
    let found: Vec<Result<ModelReply, ModelFailure>> =
        (0..TASKS).map(|id| model.answer(&ModelRequest { task: Arc::new(task(id)), ..base.clone() })).collect();
    let count = |kind| found.iter().filter(|found| found.as_ref().is_err_and(|failure| failure.kind == kind)).count();
    assert_share("timeout", count(ModelFailureKind::Timeout), 0.05);
    assert_share("rate_limited", count(ModelFailureKind::RateLimited), 0.1);
    assert_share("refused", count(ModelFailureKind::Refused), 0.0);
    assert_share("answered", found.iter().filter(|found| found.is_ok()).count(), 0.85);
    for failure in found.iter().filter_map(|found| found.as_ref().err()) {
        let tokens = if failure.kind == ModelFailureKind::Timeout { 110 } else { 0 };
        assert_eq!(failure.usage.unwrap().total_tokens(), tokens, "{failure}");
        assert_eq!(failure.latency, VirtualDuration::from_millis(2_000));
    }
}

#[test]
fn a_retry_draws_its_failure_anew_and_a_certain_failure_always_comes() {
    let sometimes = model(r#"{"accuracy": 1, "failures": {"overloaded": 0.5}}"#);
    let base = request("juror", 0, 0);
    let failed =
        (0..TASKS).filter(|attempt| sometimes.answer(&ModelRequest { attempt: *attempt, ..base.clone() }).is_err());
    assert_share("overloaded", failed.count(), 0.5);
    let always = model(r#"{"accuracy": 1, "failures": {"overloaded": 0.3, "crashed": 0.7}}"#);
    assert!((0..1_000).all(|attempt| always.answer(&ModelRequest { attempt, ..base.clone() }).is_err()));
}

#[test]
fn abstentions_come_at_their_share_and_leave_the_accuracy_of_the_rest() {
    let rows = play(&model(r#"{"accuracy": 0.6, "abstain": 0.2}"#), "juror", 2);
    assert_share("abstain", share_of(&rows, 0, "abstain"), 0.2);
    assert_share("right", share_of(&rows, 0, "B"), 0.8 * 0.6);
    let both = rows.iter().filter(|row| row.iter().all(|text| &**text == "abstain")).count();
    assert_share("both abstain", both, 0.04);
}

#[test]
fn one_option_does_not_change_what_another_draws() {
    let plain = play(&model(r#"{"accuracy": 0.6}"#), "juror", 1);
    let slow =
        r#"{"accuracy": 0.6, "latency": {"gamma": {"mean": "1s", "sd": "1s"}}, "tokens": {"input": 1, "output": 1}}"#;
    assert_eq!(plain, play(&model(slow), "juror", 1));
    let shy = play(&model(r#"{"accuracy": 0.6, "abstain": 0.3}"#), "juror", 1);
    let kept = plain.iter().zip(&shy).filter(|(_, shy)| &*shy[0] != "abstain");
    assert!(kept.clone().count() > 20_000 && kept.clone().all(|(plain, shy)| plain == shy));
    let failing = model(r#"{"accuracy": 0.6, "failures": {"timeout": 0.5}}"#);
    for id in 0..2_000 {
        if let Ok(reply) = failing.answer(&request("juror", 0, id)) {
            assert_eq!(reply.text, plain[id as usize][0]);
        }
    }
}

#[test]
fn a_greater_accuracy_is_right_wherever_a_smaller_one_was() {
    let (less, more) =
        (play(&model(r#"{"accuracy": 0.5}"#), "juror", 1), play(&model(r#"{"accuracy": 0.6}"#), "juror", 1));
    assert!(less.iter().zip(&more).all(|(less, more)| &*less[0] != "B" || &*more[0] == "B"));
}

#[test]
fn neither_another_agent_nor_the_order_of_asking_changes_an_answer() {
    for correlation in [r#"{"common_cause": {"share": 0.5}}"#, r#"{"beta_binomial": {"correlation": 0.5}}"#] {
        let model = model(&format!(r#"{{"accuracy": 0.5, "correlation": {correlation}}}"#));
        let three = play(&model, "juror", 3);
        let four = play(&model, "juror", 4);
        assert!(three.iter().zip(&four).all(|(three, four)| three[..] == four[..3]));
        for id in (0..1_000).rev() {
            for member in (0..3).rev() {
                let reply = model.answer(&request("juror", member, id)).unwrap();
                assert_eq!(reply.text, three[id as usize][member as usize]);
            }
        }
    }
}

#[test]
fn the_latency_is_drawn_for_every_attempt() {
    let model = model(r#"{"accuracy": 0.6, "latency": {"lognormal": {"median": "800ms", "p95": "3s"}}}"#);
    let base = request("juror", 0, 0);
    let latency = |attempt| model.answer(&ModelRequest { attempt, ..base.clone() }).unwrap().latency.as_millis();
    assert_share("below the median", (0..TASKS).filter(|attempt| latency(*attempt) <= 800).count(), 0.5);
    assert_share("below the 95th percentile", (0..TASKS).filter(|attempt| latency(*attempt) <= 3_000).count(), 0.95);
}

#[test]
fn a_reply_shares_the_text_of_the_choice() {
    let request = request("juror", 0, 0);
    let reply = model(r#"{"accuracy": 1}"#).answer(&request).unwrap();
    assert!(Arc::ptr_eq(&reply.text, &request.task.choices[1]));
    assert_eq!((reply.usage, reply.latency, reply.tool_calls.len()), (None, VirtualDuration::ZERO, 0));
}

#[test]
fn a_task_that_can_not_be_answered_says_what_it_lacks() {
    let plain = r#"{"accuracy": 0.6}"#;
    let confused = r#"{"accuracy": 0.6, "confusion": [1, 1]}"#;
    for (json, task, part) in [
        (
            plain,
            Task::new(TaskId(3), "?").with_choices(["A", "B"]),
            "task 3: it has no known answer; give it one with `answer`",
        ),
        (plain, Task::new(TaskId(3), "?").with_answer("A"), "it has 0 choices"),
        (plain, Task::new(TaskId(3), "?").with_choices(["A"]).with_answer("A"), "it has 1 choices"),
        (
            plain,
            Task::new(TaskId(3), "?").with_choices(["A", "B"]).with_answer("C"),
            "the answer \"C\", which is not one",
        ),
        (confused, task(3), "it has 3 wrong choices, and confusion weighs 2"),
    ] {
        let failure = model(json).answer(&ModelRequest::alone(Arc::new(task), SEED)).unwrap_err();
        assert_eq!(failure.kind, ModelFailureKind::InvalidRequest);
        assert!(failure.message.contains(part), "{failure}");
    }
}

#[test]
fn it_is_a_pure_function_with_a_price_when_one_is_given() {
    let priced = model(r#"{"accuracy": 0.5, "price": {"input": 0.15, "output": 0.6}}"#);
    assert_eq!(priced.placement(), Placement::Inside);
    assert_eq!(priced.price().unwrap().output.as_picodollars(), 600_000);
    assert_eq!(model(r#"{"accuracy": 0.5}"#).price(), None);
}

proptest! {
    /// The same request is answered twice the same, with something that the task or the options hold; numbers out of
    /// range change nothing of that.
    #[test]
    fn an_answer_is_a_pure_function_of_the_request(
        numbers in (any::<u32>(), any::<u32>(), any::<u32>(), any::<u64>()),
        shares in prop::array::uniform4(prop_oneof![0.0_f64..1.0, prop::num::f64::ANY]),
        weights in prop::option::of(prop::collection::vec(prop_oneof![0.0_f64..1.0, prop::num::f64::ANY], 3)),
        beta in any::<bool>(),
    ) {
        let (id, call, attempt, seed) = numbers;
        let [accuracy, share, rate, abstain] = shares;
        let correlation = if beta {
            Correlation::BetaBinomial(BetaBinomial { correlation: share, group: None })
        } else {
            Correlation::CommonCause(CommonCause { share, group: Some("g".into()) })
        };
        let options = StochasticOptions {
            confusion: weights,
            correlation: Some(correlation),
            failures: BTreeMap::from([(ModelFailureKind::Timeout, rate)]),
            abstain,
            ..StochasticOptions::with_accuracy(accuracy)
        };
        let request = ModelRequest { call, attempt, ..request("juror", 1, id) };
        let found = StochasticModel::new(&options, seed, 0).answer(&request);
        prop_assert_eq!(&found, &StochasticModel::new(&options, seed, 0).answer(&request.clone()));
        if let Ok(reply) = found {
            prop_assert!(["A", "B", "C", "D", "abstain"].contains(&&*reply.text));
        }
    }
}

#[test]
fn the_most_a_call_may_take_is_what_the_options_say() {
    let told = model(r#"{"accuracy": 0.5, "tokens": {"input": 5, "output": 6}, "failures": {"overloaded": 1}}"#);
    assert_eq!(told.most_tokens(&request("g", 0, 0)), Some(Usage::new(5, 6)), "it is not known yet that it fails");
    assert_eq!(model(r#"{"accuracy": 0.5}"#).most_tokens(&request("g", 0, 0)), None);
    let wrong: StochasticOptions =
        serde_json::from_str(r#"{"accuracy": 0.5, "tokens": {"input": 1, "output": 1, "cached": 2}}"#).unwrap();
    assert_eq!(wrong.check()[0].path, "tokens.cached");
}
