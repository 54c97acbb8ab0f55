//! Who picks whom, in how many tries, and what happens when nobody is picked.
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
use moot_core::{FailureKind, Outcome};

fn options(rest: &str) -> PatternOptions {
    serde_json::from_str(&format!(r#"{{ "selector": {{ "members": ["ann", "bob", "cat"], {rest} }} }}"#)).unwrap()
}

const CHAIR: &str = r#""selector": { "member": "chair" }, "statements_max": 4"#;

/// The chair (seat 3) picks cat, then whoever comes first; others argue.
fn chaired(asked: &Asked) -> Act {
    match (asked.member, asked.prompt.contains("nothing so far")) {
        (3, true) => Act::Say("I pick cat", 1),
        (3, false) => Act::Say(if asked.prompt.contains("one of: ann") { "ann" } else { "bob" }, 1),
        (0, _) => Act::Say("it is A", 1),
        _ => Act::Say("it is B", 1),
    }
}

fn speakers(options: &PatternOptions, seats: &[usize], mut act: impl FnMut(&Asked) -> Act) -> (Vec<usize>, Outcome) {
    let mut spoken = Vec::new();
    let played = play(options, &seat_for(options, seats), &task(), None, |asked| {
        if asked.member < 3 {
            spoken.push(asked.member);
        }
        act(asked)
    });
    (spoken, played.outcome)
}

#[test]
fn the_chair_picks_and_nobody_speaks_twice_in_a_row() {
    let (spoken, outcome) = speakers(&options(CHAIR), &[1, 1, 1, 1], chaired);
    assert_eq!(spoken, [2, 0, 1, 0]);
    assert_eq!(outcome, Outcome::decided("A"));
}

#[test]
fn who_names_nobody_is_asked_again_and_then_the_fallback_speaks() {
    let options = options(
        r#""selector": { "chosen": { "member": "chair", "attempts": 2, "fallback": "least_often" } }, "statements_max": 3"#,
    );
    let seat = seat_for(&options, &[1, 1, 1, 1]);
    let mut asked_chair = 0;
    let played = play(&options, &seat, &task(), None, |asked| {
        asked_chair += usize::from(asked.member == 3);
        if asked.member == 3 { Act::Say("I can't choose", 1) } else { Act::Say("A", 1) }
    });
    assert_eq!(asked_chair, 6, "two tries for each of three statements");
    let picked = notes(&played, SELECTED);
    assert!(picked[0].contains("nobody by chair: it said \"I can't choose\" (try 1 of 2)"), "{picked:?}");
    let by_rule: Vec<&str> = picked.iter().filter_map(|note| note.strip_suffix(" by rule")).collect();
    assert_eq!(by_rule, ["ann", "bob", "cat"]);
}

#[test]
fn each_rule_picks_as_it_says() {
    for (rule, expected) in [
        ("first", vec![0, 1, 0, 1, 0, 1]),
        ("least_often", vec![0, 1, 2, 0, 1, 2]),
        ("mentioned", vec![0, 2, 0, 2, 0, 2]),
    ] {
        let options = options(&format!(r#""selector": {{ "rule": "{rule}" }}, "statements_max": 6"#));
        let (spoken, _) = speakers(&options, &[1, 1, 1], |asked| {
            Act::Say(if asked.member == 0 { "A, as cat will agree" } else { "A, says ann" }, 1)
        });
        assert_eq!(spoken, expected, "{rule}");
    }
    let random = options(r#""selector": { "rule": "random" }, "statements_max": 300"#);
    let (spoken, _) = speakers(&random, &[1, 1, 1], |_| Act::Say("A", 1));
    let counts = [0, 1, 2].map(|slot| spoken.iter().filter(|spoken| **spoken == slot).count());
    // Nobody speaks twice in a row, so each speaks a third of the time.
    assert!(counts.iter().all(|count| count.abs_diff(100) <= 33), "{counts:?}");
    assert!(spoken.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn what_the_selector_takes_counts() {
    let options = options(r#""selector": { "member": "chair" }, "statements_max": 50, "stop": { "calls": 6 }"#);
    let (spoken, _) = speakers(&options, &[1, 1, 1, 1], chaired);
    assert_eq!(spoken.len(), 3, "three statements and three picks are six calls");
}

#[test]
fn every_conduct_of_a_member_ends_by_name() {
    let options = options(&format!(r#"{CHAIR}, "absence": {{ "deadline": "60s" }}"#));
    for (name, outcome) in every_conduct_ends_by_name(&options, &[1, 1, 1, 1], chaired) {
        match name {
            "all abstain" => assert!(matches!(outcome, Outcome::Undecided { .. }), "{name}: {outcome}"),
            "zero members" => {
                assert!(
                    matches!(&outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Setup),
                    "{outcome}"
                );
            }
            "the budget runs out midway" => {
                assert!(matches!(outcome, Outcome::Decided { .. } | Outcome::Exhausted { .. }), "{name}: {outcome}");
            }
            _ => assert!(outcome.answer().is_some(), "{name}: {outcome}"),
        }
    }
}

#[test]
fn a_chair_that_is_lost_leaves_it_to_the_fallback() {
    let lost = Outcome::failed(FailureKind::Crash, "it panicked");
    let (spoken, outcome) = speakers(&options(CHAIR), &[1, 1, 1, 1], |asked| match asked.member {
        3 => Act::End(lost.clone(), 1),
        _ => Act::Say("A", 1),
    });
    assert_eq!((spoken, outcome), (vec![0, 1, 0, 1], Outcome::decided("A")));
}

#[test]
fn the_order_of_answers_changes_no_outcome() {
    arrival_changes_nothing(&options(CHAIR), &[1, 1, 1, 1], chaired);
}

#[test]
fn options_that_do_not_fit_are_named() {
    let found = |rest: &str, seats: &[usize]| {
        options(rest).check(seats).into_iter().map(|problem| problem.path).collect::<Vec<_>>()
    };
    assert_eq!(found(CHAIR, &[1, 1, 1, 1]), [""; 0]);
    assert_eq!(found(r#""selector": { "member": "ann" }"#, &[1, 1, 1, 1]), ["selector.member"]);
    assert_eq!(found(r#""selector": { "member": "jury" }"#, &[1, 1, 1, 5]), ["selector.member"]);
    assert_eq!(
        found(r#""selector": { "chosen": { "member": "chair", "attempts": 0 } }"#, &[1, 1, 1, 1]),
        ["selector.chosen.attempts"]
    );
}
