//! How a task is taken apart, how each strategy repairs, and how a hierarchy ends.
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
use moot_core::{FailureKind, Outcome, Text};

fn options(rest: &str) -> PatternOptions {
    serde_json::from_str(&format!(r#"{{ "hierarchy": {{ "lead": "lead", "workers": ["ann", "bob"]{rest} }} }}"#))
        .unwrap()
}

/// The lead makes two parts and answers A in the end; workers do what they are told.
fn usual(asked: &Asked) -> Act {
    match (asked.member, asked.prompt.contains("Results:")) {
        (0, true) => Act::Say("All in all: A", 1),
        (0, false) => Act::Say("TASK: first\nTASK: second", 1),
        (1, _) => Act::Say("did it", 3),
        _ => Act::Say("did that", 2),
    }
}

fn repairs(rest: &str, mut act: impl FnMut(&Asked) -> Option<Act>) -> (Vec<Text>, Outcome, usize) {
    let options = options(rest);
    let seats: &[usize] = if rest.contains("verifier") { &[1, 1, 1, 1] } else { &[1, 1, 1] };
    let played =
        play(&options, &seat_for(&options, seats), &task(), None, |asked| act(asked).unwrap_or_else(|| usual(asked)));
    (notes(&played, REPAIRED), played.outcome, played.asks)
}

#[test]
fn parts_are_done_at_the_same_time_and_put_together() {
    let options = options("");
    let mut prompts = Vec::new();
    let played = play(&options, &seat_for(&options, &[1, 1, 1]), &task(), None, |asked| {
        prompts.push((asked.member, asked.prompt.to_string()));
        usual(asked)
    });
    assert_eq!((played.asks, played.end_ms, &played.outcome), (4, 5, &Outcome::decided("A")));
    assert_eq!(prompts[1..3], [(1, "first".to_owned()), (2, "second".to_owned())]);
    assert!(prompts[3].1.contains("Results:\n- first (ann): did it\n- second (bob): did that\n"), "{}", prompts[3].1);
}

#[test]
fn a_part_may_be_for_a_certain_worker_and_a_lead_may_answer_itself() {
    let options = options("");
    let mut asked_of = Vec::new();
    let played = play(&options, &seat_for(&options, &[1, 1, 1]), &task(), None, |asked| {
        asked_of.push(asked.member);
        match (asked.member, asked.prompt.contains("Results:")) {
            (0, false) => Act::Say("TASK bob: one\nTASK bob: two", 1),
            _ => usual(asked),
        }
    });
    assert_eq!((asked_of, played.outcome), (vec![0, 2, 2, 0], Outcome::decided("A")));
    let played = play(&options, &seat_for(&options, &[1, 1, 1]), &task(), None, |_| Act::Say("B", 1));
    assert_eq!((played.asks, played.outcome), (1, Outcome::decided("B")));
}

#[test]
fn each_strategy_repairs_as_it_says() {
    let cant = || Some(Act::Say("FAILED: I can't", 1));
    let mut tries = 0;
    let (noted, outcome, asks) = repairs(r#", "repair": ["retry"]"#, |asked| {
        tries += usize::from(asked.member == 1);
        (asked.member == 1 && tries == 1).then_some(Act::Say("FAILED: not now", 1))
    });
    assert_eq!((noted.len(), asks, outcome), (1, 5, Outcome::decided("A")));
    assert!(noted[0].starts_with("part 1 by retry: FAILED: not now"), "{noted:?}");

    let (noted, outcome, _) =
        repairs(r#", "repair": ["reassign"]"#, |asked| if asked.member == 1 { cant() } else { None });
    assert_eq!((noted.len(), outcome), (1, Outcome::decided("A")));

    let (noted, outcome, _) = repairs(r#", "repair": ["replan"]"#, |asked| match asked.member {
        1 if &*asked.prompt == "first" => cant(),
        0 if asked.prompt.starts_with("This part failed: first") => Some(Act::Say("TASK: easier", 1)),
        _ => None,
    });
    assert_eq!((noted.len(), outcome), (1, Outcome::decided("A")));

    let (noted, outcome, asks) = repairs(r#", "repair": ["split"]"#, |asked| match asked.member {
        1 if &*asked.prompt == "first" => cant(),
        0 if asked.prompt.starts_with("This part failed: first") => Some(Act::Say("TASK: half\nTASK: rest", 1)),
        _ => None,
    });
    assert_eq!((noted.len(), asks, outcome), (1, 7, Outcome::decided("A")));
}

#[test]
fn strategies_are_tried_in_their_order_and_then_the_part_is_given_up() {
    let rest = r#", "repair": ["retry", "reassign"], "tries_max": 5"#;
    let (noted, outcome, _) = repairs(rest, |asked| match &*asked.prompt {
        "first" => Some(Act::End(Outcome::failed(FailureKind::Model, "no"), 1)),
        _ => None,
    });
    let kinds: Vec<&str> = noted.iter().map(|note| note.split(':').next().unwrap()).collect();
    assert_eq!(kinds, ["part 1 by retry", "part 1 by reassign", "part 1 is given up"]);
    assert_eq!(outcome, Outcome::decided("A"), "the lead makes the best of the rest");
    let (_, outcome, _) = repairs(r#", "unrepaired": "fail", "repair": []"#, |asked| {
        (&*asked.prompt == "first").then_some(Act::Say("FAILED", 1))
    });
    assert!(matches!(&outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Member), "{outcome}");
}

#[test]
fn a_verifier_that_rejects_has_the_part_repaired() {
    let mut rejected = false;
    let (noted, outcome, _) = repairs(r#", "verifier": "eve""#, |asked| {
        (asked.member == 3).then(|| {
            let word = if rejected { "accept" } else { "reject" };
            rejected = true;
            Act::Say(word, 1)
        })
    });
    assert_eq!((noted.len(), outcome), (1, Outcome::decided("A")));
    assert!(noted[0].contains("by retry: rejected: reject"), "{noted:?}");
}

#[test]
fn how_many_parts_there_are_is_bounded() {
    let (_, outcome, asks) = repairs(r#", "parts_max": 2"#, |asked| {
        (asked.member == 0 && !asked.prompt.contains("Results:"))
            .then_some(Act::Say("TASK: 1\nTASK: 2\nTASK: 3\nTASK: 4", 1))
    });
    assert_eq!((asks, outcome), (4, Outcome::decided("A")));
}

#[test]
fn every_conduct_of_a_member_ends_by_name() {
    let options = options(r#", "absence": { "deadline": "60s" }"#);
    for (name, outcome) in every_conduct_ends_by_name(&options, &[1, 1, 1], usual) {
        let failed = |kind| matches!(&outcome, Outcome::Failed(failure) if failure.kind == kind);
        match name {
            "all abstain" => assert!(matches!(outcome, Outcome::Undecided { .. }), "{name}: {outcome}"),
            "zero members" => assert!(failed(FailureKind::Setup), "{name}: {outcome}"),
            "one answers twice" => assert!(outcome.answer().is_some(), "{name}: {outcome}"),
            "its budget runs out" | "the budget runs out midway" => {
                assert!(matches!(outcome, Outcome::Exhausted { .. }), "{name}: {outcome}");
            }
            _ => assert!(failed(FailureKind::Member), "{name}: {outcome}"),
        }
    }
}

#[test]
fn the_order_of_answers_changes_no_outcome() {
    assert_eq!(arrival_changes_nothing(&options(""), &[1, 1, 1], usual), Outcome::decided("A"));
}

#[test]
fn options_that_do_not_fit_are_named() {
    let found = |rest: &str, seats: &[usize]| {
        options(rest).check(seats).into_iter().map(|problem| problem.path).collect::<Vec<_>>()
    };
    assert_eq!(found("", &[1, 1, 1]), [""; 0]);
    let rest = r#", "repair": ["retry", "retry"], "tries_max": 0, "verifier": "v""#;
    assert_eq!(found(rest, &[2, 1, 1, 2]), ["lead", "verifier", "repair[1]", "tries_max"]);
}
