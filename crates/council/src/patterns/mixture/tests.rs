//! What each layer sees, and whose word counts.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use super::*;
use crate::patterns::PatternOptions;
use crate::patterns::conduct::{Act, Asked, arrival_changes_nothing, every_conduct_ends_by_name, play, seat_for, task};

fn options(rest: &str) -> PatternOptions {
    let text = format!(r#"{{ "mixture": {{ "proposers": ["writer"], "aggregator": "editor"{rest} }} }}"#);
    serde_json::from_str(&text).unwrap()
}

/// Three writers say A, B, A; the editor (seat 3) takes what most of them say.
fn usual(asked: &Asked) -> Act {
    if asked.member != 3 {
        return Act::Say(if asked.member == 1 { "it is B" } else { "it is A" }, 1);
    }
    let heard = &asked.brief.as_ref().unwrap().heard;
    let votes = |answer: &str| heard.iter().filter(|heard| heard.answer.as_deref() == Some(answer)).count();
    Act::Say(if votes("A") >= votes("B") { "A" } else { "B" }, 1)
}

#[test]
fn each_layer_sees_the_one_before_and_the_aggregator_the_last() {
    let options = options(r#", "layers": 2"#);
    let mut heard = Vec::new();
    let played = play(&options, &seat_for(&options, &[3, 1]), &task(), None, |asked| {
        heard.push((asked.member, asked.round, asked.brief.as_ref().map_or(0, |brief| brief.heard.len())));
        usual(asked)
    });
    assert_eq!(heard, [(0, 0, 0), (1, 0, 0), (2, 0, 0), (0, 1, 3), (1, 1, 3), (2, 1, 3), (3, 2, 3)]);
    assert_eq!(played.outcome, Outcome::decided("A"));
}

#[test]
fn one_lost_writer_does_not_fail_the_others() {
    let lost = Outcome::failed(FailureKind::Crash, "it panicked");
    let options = options(r#", "layers": 1"#);
    let mut heard_by_editor = 0;
    let played = play(&options, &seat_for(&options, &[3, 1]), &task(), None, |asked| match asked.member {
        0 => Act::End(lost.clone(), 1),
        3 => {
            heard_by_editor = asked.brief.as_ref().unwrap().heard.len();
            usual(asked)
        }
        _ => usual(asked),
    });
    assert_eq!((heard_by_editor, played.outcome), (2, Outcome::decided("A")));
    let played = play(&options, &seat_for(&options, &[3, 1]), &task(), None, |_| Act::End(lost.clone(), 1));
    assert!(matches!(&played.outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Member));
}

#[test]
fn what_an_aggregator_says_that_is_no_choice_decides_nothing() {
    let options = options(r#", "layers": 1"#);
    let played = play(&options, &seat_for(&options, &[3, 1]), &task(), None, |asked| match asked.member {
        3 => Act::Say("both", 1),
        _ => usual(asked),
    });
    assert!(
        matches!(&played.outcome, Outcome::Undecided { reason } if reason.contains("editor")),
        "{}",
        played.outcome
    );
}

#[test]
fn every_conduct_of_a_member_ends_by_name() {
    let options = options(r#", "absence": { "deadline": "60s" }"#);
    for (name, outcome) in every_conduct_ends_by_name(&options, &[3, 1], usual) {
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
    assert_eq!(arrival_changes_nothing(&options(""), &[3, 1], usual), Outcome::decided("A"));
}

#[test]
fn options_that_do_not_fit_are_named() {
    let found = |rest: &str, seats: &[usize]| {
        options(rest).check(seats).into_iter().map(|problem| problem.path).collect::<Vec<_>>()
    };
    assert_eq!(found("", &[3, 1]), [""; 0]);
    assert_eq!(
        found(r#", "layers": 0, "join": { "at_least": 4 }"#, &[3, 2]),
        ["aggregator", "layers", "join.at_least"]
    );
}
