//! Who speaks when, what is heard, and how a conversation ends.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use super::*;
use crate::chat::STOPPED;
use crate::patterns::PatternOptions;
use crate::patterns::conduct::{
    Act, Asked, arrival_changes_nothing, every_conduct_ends_by_name, notes, play, seat_for, task,
};
use moot_core::{FailureKind, Outcome};

fn options(rest: &str) -> PatternOptions {
    serde_json::from_str(&format!(r#"{{ "round_robin": {{ "members": ["speaker"]{rest} }} }}"#)).unwrap()
}

/// Even members argue for A, others for B.
fn argue(asked: &Asked) -> Act {
    Act::Say(if asked.member.is_multiple_of(2) { "I say A" } else { "I say B" }, 1)
}

#[test]
fn members_speak_in_their_order_and_hear_everything() {
    let options = options(r#", "statements_max": 4"#);
    let mut prompts = Vec::new();
    let played = play(&options, &seat_for(&options, &[3]), &task(), None, |asked| {
        prompts.push((asked.member, asked.prompt.to_string()));
        argue(asked)
    });
    assert_eq!(prompts.iter().map(|(member, _)| *member).collect::<Vec<_>>(), [0, 1, 2, 0]);
    assert_eq!(prompts[0].1, "Which one?\n\nIt is your turn to speak.");
    let expected =
        "What was said:\n- you: I say A\n- speaker[1]: I say B\n- speaker[2]: I say A\nIt is your turn to speak.";
    assert_eq!(prompts[3].1, expected);
    assert_eq!(played.outcome, Outcome::decided("A"));
    assert_eq!(notes(&played, STOPPED), ["4 statements".into()]);
}

#[test]
fn a_task_that_quotes_the_word_to_stop_at_stops_nothing() {
    let options = options(r#", "statements_max": 6, "stop": { "said": { "contains": "done" } }"#);
    let quoting =
        Arc::new(moot_core::Task::new(moot_core::TaskId(0), "Say DONE when you are done.").with_choices(["A"]));
    let played = play(&options, &seat_for(&options, &[2]), &quoting, None, |_| Act::Say("A it is", 1));
    assert_eq!(played.asks, 6);
    let played = play(&options, &seat_for(&options, &[2]), &quoting, None, |asked| {
        Act::Say(if asked.round == 2 { "A. Done!" } else { "A it is" }, 1)
    });
    assert_eq!((played.asks, played.outcome), (3, Outcome::decided("A")));
}

#[test]
fn it_concludes_by_the_last_answer_a_vote_or_one_member() {
    for (conclude, expected) in [
        (r#""last""#, "B"),
        (r#"{ "vote": { "rule": "plurality", "ties": "none" } }"#, "A"),
        (r#"{ "member": "speaker[2]" }"#, "A"),
    ] {
        let options = options(&format!(r#", "statements_max": 5, "conclude": {conclude}"#));
        let played = play(&options, &seat_for(&options, &[3]), &task(), None, argue);
        assert_eq!(played.outcome, Outcome::decided(expected), "{conclude}");
    }
}

#[test]
fn a_drawn_order_gives_everybody_one_turn_each_time_round() {
    let options = options(r#", "statements_max": 30, "order": "random""#);
    let mut order = Vec::new();
    play(&options, &seat_for(&options, &[5]), &task(), None, |asked| {
        order.push(asked.member);
        argue(asked)
    });
    for time_round in order.chunks(5) {
        let mut members = time_round.to_vec();
        members.sort_unstable();
        assert_eq!(members, [0, 1, 2, 3, 4]);
    }
    assert_ne!(order[..5], order[5..10], "drawn anew");
}

#[test]
fn going_back_and_forth_is_noticed() {
    let options = options(r#", "statements_max": 100, "stop": { "ping_pong": 2 }"#);
    let played = play(&options, &seat_for(&options, &[2]), &task(), None, argue);
    assert_eq!(played.asks, 4);
}

#[test]
fn every_conduct_of_a_member_ends_by_name() {
    let options = options(r#", "statements_max": 6, "absence": { "deadline": "60s" }"#);
    for (name, outcome) in every_conduct_ends_by_name(&options, &[3], argue) {
        match name {
            "the budget runs out midway" => assert!(matches!(outcome, Outcome::Exhausted { .. }), "{name}: {outcome}"),
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
    // A conversation in which nobody can speak does not go on for ever.
    let lost = Outcome::failed(FailureKind::Model, "no");
    let played = play(&options, &seat_for(&options, &[3]), &task(), None, |_| Act::End(lost.clone(), 1));
    assert!(matches!(&played.outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Member), "{played:?}");
}

#[test]
fn the_order_of_answers_changes_no_outcome() {
    arrival_changes_nothing(&options(r#", "statements_max": 7"#), &[3], argue);
}

#[test]
fn options_that_do_not_fit_are_named() {
    let found = |rest: &str| options(rest).check(&[3]).into_iter().map(|problem| problem.path).collect::<Vec<_>>();
    assert_eq!(found(""), [""; 0]);
    assert_eq!(found(r#", "statements_max": 0, "order": "simultaneous""#), ["statements_max", "order"]);
    assert_eq!(found(r#", "conclude": { "vote": { "rule": "plurality" } }"#), ["conclude.vote.ties"]);
}
