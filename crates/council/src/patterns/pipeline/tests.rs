//! What each step is given, what a rejection does, and the closed form of a chain with a verifier.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use super::*;
use crate::patterns::PatternOptions;
use crate::patterns::conduct::{
    Act, Asked, arrival_changes_nothing, every_conduct_ends_by_name, notes, play, seat_for, task,
};
use moot_core::random::{Draw, Purpose, RandomAddress, RandomKey};
use moot_core::{Task, TaskId};

fn options(rest: &str) -> PatternOptions {
    serde_json::from_str(&format!(r#"{{ "pipeline": {{ "steps": ["one", "two"]{rest} }} }}"#)).unwrap()
}

const VERIFIED_BY: &str = r#", "verifier": "reader", "retries": 1"#;

/// Steps say A; the reader accepts.
fn usual(asked: &Asked) -> Act {
    Act::Say(if asked.member == 2 { "accept" } else { "A" }, 1)
}

#[test]
fn each_step_is_given_the_work_of_the_one_before() {
    let options = options("");
    let mut prompts = Vec::new();
    let played = play(&options, &seat_for(&options, &[1, 1]), &task(), None, |asked| {
        prompts.push(asked.prompt.to_string());
        Act::Say(if asked.member == 0 { "B for now" } else { "A" }, 1)
    });
    assert_eq!(prompts[0], "Which one?\n\nThis is step 1 of 2.");
    assert_eq!(prompts[1], "Which one?\n\nThis is step 2 of 2.\nThe step before it, by one:\nB for now");
    assert_eq!(played.outcome, Outcome::decided("A"));
}

#[test]
fn rejected_work_is_made_anew_so_often_and_no_more() {
    let options = options(VERIFIED_BY);
    let mut rejected = 0;
    let mut prompts = Vec::new();
    let played = play(&options, &seat_for(&options, &[1, 1, 1]), &task(), None, |asked| {
        prompts.push(asked.prompt.to_string());
        match asked.member {
            2 if rejected == 0 => {
                rejected += 1;
                Act::Say("reject", 1)
            }
            _ => usual(asked),
        }
    });
    assert_eq!((played.asks, &played.outcome), (6, &Outcome::decided("A")));
    assert!(prompts[2].contains("The last try was rejected: reject"), "{}", prompts[2]);
    let expected: [Text; 3] = ["step 1: reject".into(), "step 1: accepted".into(), "step 2: accepted".into()];
    assert_eq!(notes(&played, VERIFIED), expected);
    let played = play(&options, &seat_for(&options, &[1, 1, 1]), &task(), None, |asked| match asked.member {
        2 => Act::Say("reject", 1),
        _ => usual(asked),
    });
    assert_eq!(played.outcome, Outcome::Undecided { reason: "step 1 was rejected 2 times".into() });
}

#[test]
fn a_chain_with_a_verifier_is_as_good_as_its_closed_form() {
    // O14: step ok = p Σ_{k=0..r} ((1-p)d)^k; exhausted = ((1-p)d)^(r+1); chain of L steps = ok^L.
    let tasks = 4_000_u32;
    let key = RandomKey::new(5, 0, "pipeline");
    for (p, steps, catch, retries, chain) in [
        (0.95, 10, 0.0, 0, 0.598_737),
        (0.95, 10, 0.8, 1, 0.886_277),
        (0.9, 5, 0.9, 2, 0.942_805),
        (0.8, 10, 0.9, 2, 0.736_816),
    ] {
        let names: Vec<String> = (0..steps).map(|step| format!("\"step{step}\"")).collect();
        let text = format!(
            r#"{{ "pipeline": {{ "steps": [{}], "verifier": "reader", "retries": {retries} }} }}"#,
            names.join(",")
        );
        let options: PatternOptions = serde_json::from_str(&text).unwrap();
        let seat = seat_for(&options, &vec![1; steps + 1]);
        let mut right = 0_u32;
        for number in 0..tasks {
            let task = Arc::new(Task::new(TaskId(number), "?").with_choices(["A", "B"]).with_answer("A"));
            let draw = |purpose, asked: &Asked, share| {
                RandomAddress::new(key, purpose).task(number).call(asked.round).generator().bernoulli(share)
            };
            let played = play(&options, &seat, &task, None, |asked| {
                let last = asked.brief.as_ref().and_then(|brief| brief.heard.last().cloned());
                let is_wrong = last.is_some_and(|heard| heard.answer.as_deref() == Some("B"));
                if asked.member == steps {
                    let caught = is_wrong && draw(Purpose::named("catch"), asked, catch);
                    return Act::Say(if caught { "reject" } else { "accept" }, 1);
                }
                // What was built on something wrong is wrong.
                let ok = !is_wrong && draw(Purpose::named("work"), asked, p);
                Act::Say(if ok { "A" } else { "B" }, 1)
            });
            right += u32::from(played.outcome == Outcome::decided("A"));
        }
        let found = f64::from(right) / f64::from(tasks);
        let within = 4.0 * (chain * (1.0_f64 - chain) / f64::from(tasks)).sqrt();
        assert!(
            (found - chain).abs() <= within,
            "p = {p}, L = {steps}, d = {catch}, r = {retries}: {found}, not {chain}"
        );
    }
}

#[test]
fn every_conduct_of_a_member_ends_by_name() {
    let options = options(&format!(r#"{VERIFIED_BY}, "absence": {{ "deadline": "60s" }}"#));
    for (name, outcome) in every_conduct_ends_by_name(&options, &[1, 1, 1], usual) {
        let failed = |kind| matches!(&outcome, Outcome::Failed(failure) if failure.kind == kind);
        match name {
            "all abstain" => assert!(matches!(outcome, Outcome::Undecided { .. }), "{name}: {outcome}"),
            "zero members" | "one member" => {
                assert!(failed(FailureKind::Setup) || outcome.answer().is_some(), "{outcome}")
            }
            "one answers twice" => assert_eq!(outcome, Outcome::decided("A")),
            "its budget runs out" | "the budget runs out midway" => {
                assert!(matches!(outcome, Outcome::Exhausted { .. }), "{name}: {outcome}");
            }
            _ => assert!(failed(FailureKind::Member), "{name}: {outcome}"),
        }
    }
}

#[test]
fn the_order_of_answers_changes_no_outcome() {
    assert_eq!(arrival_changes_nothing(&options(VERIFIED_BY), &[1, 1, 1], usual), Outcome::decided("A"));
}

#[test]
fn options_that_do_not_fit_are_named() {
    let found = |rest: &str, seats: &[usize]| {
        options(rest).check(seats).into_iter().map(|problem| problem.path).collect::<Vec<_>>()
    };
    assert_eq!(found(VERIFIED_BY, &[1, 1, 1]), [""; 0]);
    assert_eq!(found("", &[30, 30]), ["steps"]);
    assert_eq!(
        found(r#", "verifier": "r", "retries": 101, "reject": "accept""#, &[1, 1, 2]),
        ["verifier", "reject", "retries"]
    );
}
