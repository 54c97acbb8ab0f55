//! How often is drawn, what is counted, and when drawing ends early.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

use super::*;
use crate::patterns::PatternOptions;
use crate::patterns::conduct::{
    Act, Asked, arrival_changes_nothing, every_conduct_ends_by_name, notes, play, seat_for, task,
};
use moot_core::random::{Draw, Purpose, RandomAddress, RandomKey};
use moot_core::{FailureKind, Task, TaskId};

fn options(rest: &str) -> PatternOptions {
    serde_json::from_str(&format!(r#"{{ "sample": {{ "member": "solver", "samples": 5{rest} }} }}"#)).unwrap()
}

fn usual(asked: &Asked) -> Act {
    Act::Say(if asked.member < 3 { "A" } else { "B" }, 1)
}

#[test]
fn samples_are_drawn_at_once_and_counted() {
    let options = options("");
    let played = play(&options, &seat_for(&options, &[5]), &task(), None, usual);
    assert_eq!((played.asks, played.end_ms, played.outcome), (5, 1, Outcome::decided("A")));
}

#[test]
fn drawing_ends_when_the_rest_can_change_nothing() {
    let options = options(r#", "one_at_a_time": true, "stop": "decided""#);
    let played = play(&options, &seat_for(&options, &[5]), &task(), None, usual);
    assert_eq!((played.asks, &played.outcome), (3, &Outcome::decided("A")));
    assert_eq!(notes(&played, STOPPED), ["after 3 of 5 samples: the outcome can't change any more".into()]);
}

/// Stops early as `stop` says over many tasks of a model that is right with probability p; the share of right outcomes and
/// the mean number of draws.
fn drawn(samples: usize, stop: &str, p: f64, tasks: u32) -> (f64, f64) {
    let text = format!(
        r#"{{ "sample": {{ "member": "solver", "samples": {samples}, "one_at_a_time": true, "stop": {stop} }} }}"#
    );
    let options: PatternOptions = serde_json::from_str(&text).unwrap();
    let seat = seat_for(&options, &[samples]);
    let key = RandomKey::new(3, 0, "solver");
    let (mut right, mut draws) = (0_u32, 0_usize);
    for number in 0..tasks {
        let task = Arc::new(Task::new(TaskId(number), "?").with_choices(["A", "B"]).with_answer("A"));
        let played = play(&options, &seat, &task, None, |asked| {
            let address = RandomAddress::new(key, Purpose::named("answer")).task(number);
            let call = u32::try_from(asked.member).unwrap();
            Act::Say(if address.call(call).generator().bernoulli(p) { "A" } else { "B" }, 1)
        });
        right += u32::from(played.outcome == Outcome::decided("A"));
        draws += played.asks;
    }
    (f64::from(right) / f64::from(tasks), draws as f64 / f64::from(tasks))
}

#[test]
fn early_stopping_costs_as_few_votes_as_the_formulas_say() {
    // O16 of the closed forms: expected votes until the majority of n can't change, and its accuracy, which is that of the
    // full vote; and Wald's test with margin k: accuracy 1/(1+(q/p)^k), E[N] = k(2 accuracy - 1)/(2p - 1).
    let tasks = 4_000;
    let error = |value: f64, sd: f64| (value, 4.0 * sd / f64::from(tasks).sqrt());
    for (samples, p, accuracy, votes) in
        [(3, 0.6, 0.648, 2.48), (5, 0.8, 0.94208, 3.6336), (9, 0.6, 0.733_432, 7.353_843)]
    {
        let (found, draws) = drawn(samples, r#""decided""#, p, tasks);
        let (accuracy, within) = error(accuracy, (accuracy * (1.0_f64 - accuracy)).sqrt());
        assert!((found - accuracy).abs() <= within, "n = {samples}, p = {p}: {found} instead of {accuracy}");
        // The number of votes lies between (n+1)/2 and n: its standard deviation is below a quarter of n.
        let (votes, within) = error(votes, samples as f64 / 4.0);
        assert!((draws - votes).abs() <= within, "n = {samples}, p = {p}: {draws} votes instead of {votes}");
    }
    for (p, margin, accuracy, votes) in [(0.7, 2, 0.844_828, 3.448_276), (0.8, 3, 0.984_615, 4.846_154)] {
        // 400 samples are never all drawn: the walk has left the margin long before.
        let (found, draws) = drawn(400, &format!(r#"{{ "margin": {margin} }}"#), p, tasks);
        let (accuracy, within) = error(accuracy, (accuracy * (1.0_f64 - accuracy)).sqrt());
        assert!((found - accuracy).abs() <= within, "p = {p}, k = {margin}: {found} instead of {accuracy}");
        let (votes, within) = error(votes, votes);
        assert!((draws - votes).abs() <= within, "p = {p}, k = {margin}: {draws} votes instead of {votes}");
    }
}

#[test]
fn a_member_that_is_no_agent_is_asked_again_and_again() {
    let options = options("");
    let mut seat = seat_for(&options, &[5]);
    let council = seat.members.first().cloned().unwrap();
    seat.members = vec![council; 5].into();
    let mut open = 0;
    let played = play(&options, &seat, &task(), None, |_| {
        open += 1;
        Act::Say("B", 10)
    });
    assert_eq!((played.asks, played.end_ms, played.outcome), (5, 50, Outcome::decided("B")));
}

#[test]
fn every_conduct_of_a_sample_ends_by_name() {
    let options = options(r#", "absence": { "deadline": "60s" }"#);
    for (name, outcome) in every_conduct_ends_by_name(&options, &[5], usual) {
        match name {
            "all abstain" => assert!(matches!(outcome, Outcome::Undecided { .. }), "{name}: {outcome}"),
            "zero members" => {
                assert!(
                    matches!(&outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Setup),
                    "{outcome}"
                );
            }
            _ => assert!(outcome.answer().is_some(), "{name}: {outcome}"),
        }
    }
}

#[test]
fn the_order_of_answers_changes_no_outcome() {
    let outcome = arrival_changes_nothing(&options(""), &[5], usual);
    assert_eq!(outcome, Outcome::decided("A"));
}

#[test]
fn options_that_do_not_fit_are_named() {
    let found = |rest: &str| options(rest).check(&[1]).into_iter().map(|problem| problem.path).collect::<Vec<_>>();
    assert_eq!(found(""), [""; 0]);
    assert_eq!(found(r#", "stop": "decided""#), ["stop"]);
    assert_eq!(found(r#", "join": { "at_least": 6 }"#), ["join.at_least"]);
}
