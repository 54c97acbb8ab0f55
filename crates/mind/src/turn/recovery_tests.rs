//! What is left of a turn that was cut short, restarted, resumed, shared or damaged.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use super::tests::*;
use super::*;

#[test]
fn restarts_do_not_count_as_failing_calls() {
    let options = TurnOptions { same_failing_call_max: 1, ..TurnOptions::default() };
    let (turn, effects) =
        turn_after(options, [assignment("?"), calls(&["c1", "c2"]), good("c2"), TurnInput::Restarted]);
    assert_eq!(short(&effects), "ask 1");
    assert_eq!(short_transcript(&turn), ["user", "assistant c1 c2", "tool c1 unknown", "tool c2 ok"]);
    assert!(turn.transcript().messages()[2].text().contains("unknown whether the call took effect"));
}

#[test]
fn a_cancelled_turn_leaves_a_transcript_that_can_go_on() {
    let mut turn = in_state("tools, second early");
    assert_eq!(short(&step(&mut turn, cancelled())), "cancelled: enough");
    assert_eq!(short_transcript(&turn), ["user", "assistant c1 c2", "tool c1 cancelled", "tool c2 ok"]);
    assert_eq!(turn.transcript().messages()[2].text(), "cancelled before there was a result: enough");
    assert_eq!(short(&step(&mut turn, assignment("?"))), "ask 1");
}

#[test]
fn a_resumed_turn_closes_what_was_open() {
    let transcript = in_state("tools").transcript().clone();
    let mut turn = Turn::resuming(TurnOptions::default(), transcript.clone(), 5);
    assert_eq!(short_transcript(&turn), ["user", "assistant c1 c2", "tool c1 unknown", "tool c2 unknown"]);
    assert_eq!(transcript.len(), 2, "whoever shares the old transcript sees no change");
    assert_eq!((turn.calls(), turn.waiting_for(), turn.is_finished()), (5, Waiting::Nothing, false));
    assert_eq!(short(&step(&mut turn, assignment("?"))), "ask 5");
}

#[test]
fn a_request_shares_the_transcript_and_is_not_changed_by_what_comes_later() {
    let mut turn = in_state("model");
    let request = turn.transcript().clone();
    assert!(Arc::ptr_eq(&request, turn.transcript()));
    step(&mut turn, calls(&["c1"]));
    assert_eq!((request.len(), turn.transcript().len()), (1, 2));
    drop(request);
    let place = Arc::as_ptr(turn.transcript());
    step(&mut turn, good("c1"));
    assert_eq!(Arc::as_ptr(turn.transcript()), place, "what nobody shares is not copied");
}

#[test]
fn a_damaged_state_ends_in_a_failure_with_a_name() {
    // The progress of another turn: it says that the model was asked, but a call is open here.
    let mut turn = in_state("tools");
    turn.restore(Progress { transcript_length: 2, ..in_state("model").progress() });
    let effects = step(&mut turn, text("A"));
    assert_eq!(short(&effects), "failed (setup)");
    assert_eq!(short(&step(&mut turn, assignment("?"))), "failed (setup)", "one end per assignment all the same");
}
