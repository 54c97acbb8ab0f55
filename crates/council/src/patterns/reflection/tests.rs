//! How often is drafted, what an approval is, and what an unapproved draft comes to.
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

fn options(rest: &str) -> PatternOptions {
    serde_json::from_str(&format!(r#"{{ "reflection": {{ "author": "writer", "critic": "editor"{rest} }} }}"#)).unwrap()
}

/// The writer first says B, then A once it was told; the editor approves of A.
fn usual(asked: &Asked) -> Act {
    let heard = asked.brief.as_ref().map(|brief| brief.heard.clone()).unwrap_or_default();
    let last = heard.iter().rev().find(|heard| heard.answer.is_some()).and_then(|heard| heard.answer.clone());
    match (asked.member, last.as_deref()) {
        (0, None) => Act::Say("B", 1),
        (0, _) => Act::Say("A", 1),
        (_, Some("A")) => Act::Say("approve", 1),
        (_, _) => Act::Say("revise: it is not B", 1),
    }
}

#[test]
fn the_author_revises_until_the_critic_approves() {
    let options = options("");
    let mut prompts = Vec::new();
    let played = play(&options, &seat_for(&options, &[1, 1]), &task(), None, |asked| {
        prompts.push(asked.prompt.to_string());
        usual(asked)
    });
    assert_eq!((played.asks, &played.outcome), (4, &Outcome::decided("A")));
    assert!(prompts[2].contains("- editor: revise: it is not B"), "{}", prompts[2]);
    assert_eq!(notes(&played, REVIEWED), ["draft 0: revise".into(), "draft 1: approved".into()]);
}

#[test]
fn what_nobody_approved_is_no_decision_unless_said_so() {
    for (rest, expected) in [(r#", "rounds": 2"#, None), (r#", "rounds": 2, "unapproved": "accept""#, Some("B"))] {
        let options = options(rest);
        let played = play(&options, &seat_for(&options, &[1, 1]), &task(), None, |asked| {
            Act::Say(if asked.member == 0 { "B" } else { "revise" }, 1)
        });
        assert_eq!((played.asks, played.outcome.answer()), (4, expected), "{rest}");
    }
}

#[test]
fn the_words_may_be_others_and_anything_else_is_no_approval() {
    let options = options(r#", "approve": "ship it", "revise": "no", "rounds": 1"#);
    for (word, expected) in [("ship it", Some("A")), ("Ship it", None), ("no", None), ("maybe", None)] {
        let played = play(&options, &seat_for(&options, &[1, 1]), &task(), None, |asked| {
            Act::Say(if asked.member == 0 { "A" } else { word }, 1)
        });
        // The test's members answer letter for letter; agents find the word in any case.
        let expected = if word == "Ship it" { Some("A") } else { expected };
        assert_eq!(played.outcome.answer(), expected, "{word}");
    }
}

#[test]
fn every_conduct_of_a_member_ends_by_name() {
    let options = options(r#", "absence": { "deadline": "60s" }"#);
    for (name, outcome) in every_conduct_ends_by_name(&options, &[1, 1], usual) {
        let failed = |kind| matches!(&outcome, Outcome::Failed(failure) if failure.kind == kind);
        match name {
            "all abstain" => assert!(matches!(outcome, Outcome::Undecided { .. }), "{name}: {outcome}"),
            "zero members" | "one member" => assert!(failed(FailureKind::Setup), "{name}: {outcome}"),
            "one answers twice" | "one claims another's name" | "one claims another round" => {
                assert!(outcome.answer().is_some() || failed(FailureKind::Member), "{name}: {outcome}");
            }
            "its budget runs out" | "the budget runs out midway" => {
                assert!(matches!(outcome, Outcome::Exhausted { .. }), "{name}: {outcome}");
            }
            _ => assert!(failed(FailureKind::Member), "{name}: {outcome}"),
        }
    }
}

#[test]
fn the_order_of_answers_changes_no_outcome() {
    assert_eq!(arrival_changes_nothing(&options(""), &[1, 1], usual), Outcome::decided("A"));
}

#[test]
fn options_that_do_not_fit_are_named() {
    let found = |text: &str, seats: &[usize]| {
        let options: PatternOptions = serde_json::from_str(text).unwrap();
        options.check(seats).into_iter().map(|problem| problem.path).collect::<Vec<_>>()
    };
    assert_eq!(found(r#"{ "reflection": { "author": "a", "critic": "b" } }"#, &[1, 1]), [""; 0]);
    assert_eq!(found(r#"{ "reflection": { "author": "a", "critic": "a" } }"#, &[1, 1]), ["critic"]);
    let text = r#"{ "reflection": { "author": "a", "critic": "b", "rounds": 0, "approve": "ok", "revise": "OK" } }"#;
    assert_eq!(found(text, &[2, 1]), ["author", "rounds", "revise"]);
}
