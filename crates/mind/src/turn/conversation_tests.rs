//! What comes beside the replies and results: streamed pieces, messages of the team, hooks that send on, limits that
//! others keep, compactions.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use super::tests::*;
use super::*;

fn texts(turn: &Turn) -> Vec<String> {
    let one = |message: &moot_core::Message| format!("{}: {}", message.role(), message.text());
    turn.transcript().messages().iter().map(one).collect()
}

#[test]
fn streamed_text_is_kept_only_when_the_reply_never_comes() {
    let pieces = || [assignment("?"), streamed("It "), streamed("might be")];
    for (end, expected) in [
        (cancelled(), vec!["user: ?", "assistant: It might be"]),
        (TurnInput::Exhausted { limit: Limit::Time }, vec!["user: ?", "assistant: It might be"]),
        (text("A"), vec!["user: ?", "assistant: A"]),
        (failed(ModelFailureKind::Timeout), vec!["user: ?"]),
    ] {
        let (turn, _) = turn_after(TurnOptions::default(), pieces().into_iter().chain([end.clone()]));
        assert_eq!(
            (texts(&turn), turn.partial_text()),
            (expected.iter().map(ToString::to_string).collect(), String::new()),
            "{end:?}"
        );
    }
    let (mut turn, _) = turn_after(TurnOptions::default(), pieces());
    assert_eq!(turn.partial_text(), "It might be");
    for lost in [TurnInput::StreamFailed, TurnInput::Restarted] {
        step(&mut turn, streamed("and more"));
        step(&mut turn, lost);
        assert_eq!(turn.partial_text(), "", "another attempt begins at the beginning");
    }
    step(&mut turn, streamed(" \n"));
    step(&mut turn, cancelled());
    assert_eq!(texts(&turn), ["user: ?"], "blank text is nothing said");
}

#[test]
fn a_message_of_the_team_is_read_before_the_next_model_call() {
    let mut turn = Turn::new(TurnOptions::default(), None);
    assert_eq!(short(&step(&mut turn, told("early"))), "");
    step(&mut turn, assignment("?"));
    step(&mut turn, calls(&["c1"]));
    step(&mut turn, told("use the other file"));
    assert!(turn.has_unread());
    assert_eq!(short(&step(&mut turn, good("c1"))), "ask 1");
    let expected = ["user: early", "user: ?", "assistant: ", "tool: result of c1", "user: use the other file"];
    assert_eq!((texts(&turn), turn.has_unread()), (expected.map(str::to_owned).to_vec(), false));
    let from = turn.transcript().messages()[4].clone();
    assert!(matches!(from, moot_core::Message::User { from, .. } if from.as_str() == "jury/juror[2]"));
}

#[test]
fn an_answer_given_while_a_message_waits_is_not_the_end_unless_a_limit_is_reached() {
    let asked = || [assignment("?"), told("B is out"), text("B")];
    let (mut turn, effects) = turn_after(TurnOptions::default(), asked());
    assert_eq!(short(&effects), "ask 1");
    assert_eq!(texts(&turn), ["user: ?", "assistant: B", "user: B is out"]);
    assert_eq!(short(&step(&mut turn, text("A"))), "decided: A");

    let options = TurnOptions { turns_max: 1, ..TurnOptions::default() };
    let (mut turn, effects) = turn_after(options, asked());
    assert_eq!((short(&effects).as_str(), turn.has_unread()), ("decided: B", true), "the last turn may answer");
    assert_eq!(short(&step(&mut turn, assignment("and now?"))), "ask 1");
    assert_eq!(texts(&turn)[2..], ["user: B is out", "user: and now?"]);
}

#[test]
fn an_answer_is_sent_on_so_often_and_only_an_answer() {
    let options = TurnOptions { send_on_max: 2, ..TurnOptions::default() };
    let mut turn = Turn::new(options, None);
    step(&mut turn, assignment("?"));
    for (call, reason) in [(1, "say why"), (2, "be brief")] {
        assert_eq!(short(&step(&mut turn, text("A"))), "decided: A");
        assert_eq!(short(&step(&mut turn, sent_on(reason))), format!("ask {call}"));
    }
    assert_eq!(short(&step(&mut turn, text("A, I think"))), "decided: A");
    let before = turn.clone();
    assert_eq!(step(&mut turn, sent_on("once more")), []);
    assert_eq!(turn, before, "twice was the most: the answer stands");
    assert_eq!(texts(&turn)[..4], ["user: ?", "assistant: A", "user: say why", "assistant: A"]);

    step(&mut turn, assignment("and now?"));
    step(&mut turn, text("B"));
    assert_eq!(short(&step(&mut turn, sent_on("why"))), "ask 4", "each assignment has its own count");
    assert_eq!(short(&step(&mut turn, cancelled())), "cancelled: enough");
    assert_eq!(step(&mut turn, sent_on("why")), [], "there is no answer that could be not enough");

    let options = TurnOptions { turns_max: 1, ..TurnOptions::default() };
    let (mut turn, _) = turn_after(options, [assignment("?"), text("A")]);
    assert_eq!(step(&mut turn, sent_on("why")), [], "at the limit of turns the answer stands");
}

#[test]
fn a_limit_that_others_keep_ends_the_assignment_with_what_was_done() {
    let limit = TurnInput::Exhausted { limit: Limit::Time };
    let (mut turn, effects) =
        turn_after(TurnOptions::default(), [assignment("?"), calls(&["c1", "c2"]), good("c2"), limit]);
    assert_eq!(short(&effects), "exhausted: time");
    assert_eq!(short_transcript(&turn), ["user", "assistant c1 c2", "tool c1 cancelled", "tool c2 ok"]);
    assert!(turn.transcript().messages()[2].text().ends_with("the limit is reached (time)"));
    assert_eq!(short(&step(&mut turn, assignment("continue"))), "ask 1", "the same task can go on");
}

#[test]
fn a_compacted_transcript_takes_the_place_of_the_old_one() {
    let mut turn = Turn::new(TurnOptions::default(), None);
    for input in [assignment("?"), calls(&["c1"]), good("c1")] {
        step(&mut turn, input);
    }
    let (before, progress) = (turn.clone(), turn.progress());
    assert_eq!(step(&mut turn, compacted()), []);
    assert_eq!(
        (texts(&turn), turn.calls(), turn.waiting_for()),
        (vec!["user: in short".to_owned()], 2, Waiting::Model)
    );
    assert_eq!(short(&step(&mut turn, calls(&["c1"]))), "call c1", "the id is free again");
    assert_eq!(short(&step(&mut turn, good("c1"))), "ask 2");

    turn.restore(progress);
    assert_eq!(turn, before);
    assert_eq!(short_transcript(&turn), ["user", "assistant c1", "tool c1 ok"]);
    assert_eq!(short(&step(&mut turn, calls(&["c1"]))), "call c1#1-0", "and taken again");

    let open = in_state("tools").transcript().clone();
    let mut turn = in_state("model");
    let before = turn.clone();
    assert_eq!(step(&mut turn, TurnInput::Compacted(open)), []);
    assert_eq!(turn, before, "one with open calls is refused");
}

#[test]
fn the_same_exchange_over_and_over_ends_the_task_and_news_begins_the_count_again() {
    let mut turn = Turn::new(TurnOptions::default(), None);
    let round = |turn: &mut Turn| {
        step(turn, TurnInput::ModelReplied(ModelReply::calls(vec![call("", "look")])));
        let open: Vec<ToolCall> = turn.transcript().open_calls().cloned().collect();
        step(turn, TurnInput::ToolReturned(ToolResult::success(&open[0], "nothing new")))
    };
    step(&mut turn, assignment("?"));
    for call in 1..=3 {
        assert_eq!(short(&round(&mut turn)), format!("ask {call}"));
    }
    step(&mut turn, told("keep looking"));
    // The message is read behind this round, which is the fourth.
    let effects = round(&mut turn);
    let [TurnEffect::Finish(Outcome::Failed(failure))] = effects.as_slice() else { unreachable!("{effects:?}") };
    assert_eq!(failure.kind, FailureKind::Repetition);
    assert_eq!(
        &*failure.message,
        "the same tool calls came 4 times in a row with the same arguments and the same results, which is as often as \
         same_exchange_max allows; the last round called look"
    );

    step(&mut turn, assignment("again"));
    for _ in 1..=2 {
        round(&mut turn);
    }
    step(&mut turn, told("keep looking"));
    for _ in 1..=4 {
        assert!(short(&round(&mut turn)).starts_with("ask"), "only what comes behind the news is counted");
    }
    assert_eq!(short(&round(&mut turn)), "failed (repetition)");

    step(&mut turn, assignment("again"));
    for _ in 1..=3 {
        round(&mut turn);
    }
    let transcript = turn.transcript().clone();
    assert!(step(&mut turn, TurnInput::Compacted(transcript)).is_empty());
    assert!(short(&round(&mut turn)).starts_with("ask"), "a compacted transcript is another one");
}
