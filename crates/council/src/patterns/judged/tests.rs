//! Who argues when, when the judge is asked, and what its word comes to.
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
    serde_json::from_str(&format!(r#"{{ "judged": {{ "sides": ["pro", "con"], "judge": "judge"{rest} }} }}"#)).unwrap()
}

/// Pro stands for A, con for B, the judge goes with the side that spoke last.
fn usual(asked: &Asked) -> Act {
    match asked.member {
        0 => Act::Say("A, because of this", 1),
        1 => Act::Say("B, because of that", 1),
        _ => {
            let last = asked.brief.as_ref().and_then(|brief| brief.heard.last().cloned());
            Act::Say(if last.and_then(|heard| heard.answer).as_deref() == Some("B") { "B" } else { "A" }, 1)
        }
    }
}

#[test]
fn sides_hear_each_other_and_the_judge_hears_all() {
    let options = options(r#", "rounds": 2"#);
    let mut heard = Vec::new();
    let played = play(&options, &seat_for(&options, &[1, 1, 1]), &task(), None, |asked| {
        heard.push((asked.member, asked.brief.as_ref().map_or(0, |brief| brief.heard.len())));
        usual(asked)
    });
    assert_eq!(heard, [(0, 0), (1, 1), (0, 2), (1, 3), (2, 4)]);
    assert_eq!(played.outcome, Outcome::decided("B"));
}

#[test]
fn in_a_simultaneous_round_nobody_hears_the_round() {
    let options = options(r#", "rounds": 1, "order": "simultaneous""#);
    let mut heard = Vec::new();
    play(&options, &seat_for(&options, &[1, 1, 1]), &task(), None, |asked| {
        heard.push(asked.brief.as_ref().map_or(0, |brief| brief.heard.len()));
        usual(asked)
    });
    assert_eq!(heard, [0, 0, 2]);
}

#[test]
fn a_judge_that_is_asked_each_round_may_decide_early() {
    let options = options(r#", "rounds": 5, "each_round": true"#);
    let mut judged = 0;
    let played = play(&options, &seat_for(&options, &[1, 1, 1]), &task(), None, |asked| match asked.member {
        2 => {
            judged += 1;
            assert!(matches!(&asked.brief.as_ref().unwrap().wanted, Wanted::OneOf(words) if words.len() == 3));
            Act::Say(if judged == 2 { "A" } else { "CONTINUE" }, 1)
        }
        _ => usual(asked),
    });
    assert_eq!((judged, played.asks, played.outcome), (2, 6, Outcome::decided("A")));
    // A judge that never wants to decide has to after the last round.
    let played = play(&options, &seat_for(&options, &[1, 1, 1]), &task(), None, |asked| match asked.member {
        2 => Act::Say("CONTINUE", 1),
        _ => usual(asked),
    });
    assert!(matches!(&played.outcome, Outcome::Undecided { reason } if reason.contains("judge")), "{}", played.outcome);
}

#[test]
fn agreement_of_the_sides_goes_to_the_judge_at_once() {
    let options = options(r#", "rounds": 9, "stop": { "agreement": 1 }"#);
    let played = play(&options, &seat_for(&options, &[1, 1, 1]), &task(), None, |_| Act::Say("A", 1));
    assert_eq!(played.asks, 3);
    assert_eq!(notes(&played, STOPPED), ["after round 0: agreement of 1".into()]);
}

#[test]
fn a_lost_judge_fails_the_council() {
    let lost = Outcome::failed(FailureKind::Crash, "it panicked");
    let options = options("");
    let played = play(&options, &seat_for(&options, &[1, 1, 1]), &task(), None, |asked| match asked.member {
        2 => Act::End(lost.clone(), 1),
        _ => usual(asked),
    });
    assert!(matches!(&played.outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Member));
}

#[test]
fn every_conduct_of_a_member_ends_by_name() {
    let options = options(r#", "absence": { "deadline": "60s" }"#);
    for (name, outcome) in every_conduct_ends_by_name(&options, &[1, 1, 1], usual) {
        match name {
            "all abstain" => assert!(matches!(outcome, Outcome::Undecided { .. }), "{name}: {outcome}"),
            "zero members" | "one member" => {
                assert!(
                    matches!(&outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Setup),
                    "{outcome}"
                );
            }
            "the budget runs out midway" => assert!(matches!(outcome, Outcome::Exhausted { .. }), "{name}: {outcome}"),
            _ => assert!(outcome.answer().is_some(), "{name}: {outcome}"),
        }
    }
}

#[test]
fn the_order_of_answers_changes_no_outcome() {
    arrival_changes_nothing(&options(r#", "order": "simultaneous""#), &[1, 1, 1], usual);
    arrival_changes_nothing(&options(""), &[1, 1, 1], usual);
}

#[test]
fn options_that_do_not_fit_are_named() {
    let found = |rest: &str, seats: &[usize]| {
        options(rest).check(seats).into_iter().map(|problem| problem.path).collect::<Vec<_>>()
    };
    assert_eq!(found("", &[1, 1, 1]), [""; 0]);
    assert_eq!(found(r#", "rounds": 0"#, &[1, 1, 3]), ["judge", "rounds"]);
}
