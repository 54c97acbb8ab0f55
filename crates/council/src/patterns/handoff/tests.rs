//! Who passes the floor to whom, what is refused, and how a handoff chat ends.
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
    Act, Asked, Played, arrival_changes_nothing, every_conduct_ends_by_name, notes, play, seat_for, task,
};
use moot_core::{FailureKind, Outcome};

fn options(rest: &str) -> PatternOptions {
    serde_json::from_str(&format!(r#"{{ "handoff": {{ "members": ["desk", "billing", "tech"]{rest} }} }}"#)).unwrap()
}

fn played(options: &PatternOptions, act: impl FnMut(&Asked) -> Act) -> Played {
    play(options, &seat_for(options, &[1, 1, 1]), &task(), None, act)
}

/// The desk passes on to tech, which answers.
fn usual(asked: &Asked) -> Act {
    Act::Say(if asked.member == 0 { "Not mine.\nHANDOFF: tech" } else { "It is A." }, 1)
}

#[test]
fn the_floor_is_passed_on_until_somebody_answers() {
    let played = played(&options(""), usual);
    assert_eq!((played.asks, &played.outcome), (2, &Outcome::decided("A")));
    assert_eq!(notes(&played, HANDOFF), ["desk to tech".into()]);
    assert_eq!(notes(&played, STOPPED), ["tech answered without handing over".into()]);
}

#[test]
fn going_back_and_forth_ends_by_itself() {
    let played =
        played(&options(""), |asked| Act::Say(if asked.member == 0 { "HANDOFF: tech" } else { "handoff: desk" }, 1));
    assert_eq!(played.asks, 4);
    assert!(matches!(&played.outcome, Outcome::Undecided { reason } if reason.contains("repeat")), "{played:?}");
}

#[test]
fn several_handoffs_at_once_and_unknown_names_are_refused_and_told() {
    let options = options(r#", "targets": { "desk": ["billing"] }"#);
    let mut prompts = Vec::new();
    let played = played(&options, |asked| {
        prompts.push(asked.prompt.to_string());
        match prompts.len() {
            1 => Act::Say("HANDOFF: billing\nHANDOFF: tech", 1),
            2 => Act::Say("HANDOFF: tech", 1),
            3 => Act::Say("HANDOFF: billing", 1),
            _ => Act::Say("B", 1),
        }
    });
    assert_eq!(played.outcome, Outcome::decided("B"));
    assert!(prompts[1].contains("Your handoff was not done: 2 handoffs in one statement"), "{}", prompts[1]);
    assert!(prompts[2].contains("nobody is called \"tech\" whom you may hand over to"), "{}", prompts[2]);
    assert!(prompts[0].contains("to one of: billing."), "{}", prompts[0]);
}

#[test]
fn a_handoff_to_somebody_may_end_it() {
    let options = options(r#", "stop": { "handed_to": "tech" }"#);
    let played = played(&options, usual);
    assert_eq!(played.asks, 1);
    assert_eq!(notes(&played, STOPPED), ["handed over to tech".into()]);
}

#[test]
fn a_holder_that_is_lost_gives_the_floor_back() {
    let lost = Outcome::failed(FailureKind::Crash, "it panicked");
    let mut asked_desk = 0;
    let played = played(&options(""), |asked| match asked.member {
        0 => {
            asked_desk += 1;
            Act::Say(if asked_desk == 1 { "HANDOFF: tech" } else { "Then A." }, 1)
        }
        _ => Act::End(lost.clone(), 1),
    });
    assert_eq!((played.asks, played.outcome), (3, Outcome::decided("A")));
}

#[test]
fn every_conduct_of_a_member_ends_by_name() {
    let options = options(r#", "absence": { "deadline": "60s" }"#);
    for (name, outcome) in every_conduct_ends_by_name(&options, &[1, 1, 1], usual) {
        match name {
            "all abstain" => assert!(matches!(outcome, Outcome::Undecided { .. }), "{name}: {outcome}"),
            "zero members" => {
                assert!(
                    matches!(&outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Setup),
                    "{outcome}"
                );
            }
            "one member" => assert!(matches!(outcome, Outcome::Undecided { .. }), "{name}: {outcome}"),
            _ => assert!(outcome.answer().is_some(), "{name}: {outcome}"),
        }
    }
}

#[test]
fn the_order_of_answers_changes_no_outcome() {
    arrival_changes_nothing(&options(""), &[1, 1, 1], usual);
}

#[test]
fn options_that_do_not_fit_are_named() {
    let found =
        |rest: &str| options(rest).check(&[1, 1, 1]).into_iter().map(|problem| problem.path).collect::<Vec<_>>();
    assert_eq!(found(""), [""; 0]);
    assert_eq!(found(r#", "targets": { "desk": ["sales"], "sales": [] }"#), ["targets.desk[0]", "targets.sales"]);
}
