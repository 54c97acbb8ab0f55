//! What is given out, what is refused, what the lead hears, and how a delegation ends.
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
    serde_json::from_str(&format!(r#"{{ "delegation": {{ "lead": "lead", "workers": ["scout", "clerk"]{rest} }} }}"#))
        .unwrap()
}

/// The lead gives each a subtask and then answers with what the scout said.
fn usual(asked: &Asked) -> Act {
    let heard = asked.brief.as_ref().map(|brief| brief.heard.clone()).unwrap_or_default();
    match (asked.member, heard.first().and_then(|heard| heard.answer.as_deref())) {
        (0, None) if heard.is_empty() => {
            Act::Say("Let us see.\nDELEGATE scout: look around\ndelegate clerk: look it up", 1)
        }
        (0, Some("B")) => Act::Say("It is B", 1),
        (0, _) => Act::Say("It is A", 1),
        (1, _) => Act::Say("A, I saw it", 5),
        _ => Act::Say("B, it is written", 2),
    }
}

#[test]
fn workers_hear_their_subtask_alone_and_the_lead_their_reports() {
    let options = options("");
    let mut prompts = Vec::new();
    let played = play(&options, &seat_for(&options, &[1, 1, 1]), &task(), None, |asked| {
        prompts.push(asked.prompt.to_string());
        if asked.member > 0 {
            let brief = asked.brief.as_ref().unwrap();
            assert!(brief.fresh && brief.heard.is_empty() && brief.wanted == Wanted::Words);
        }
        usual(asked)
    });
    assert_eq!((played.asks, played.end_ms, &played.outcome), (4, 7, &Outcome::decided("A")));
    assert_eq!(prompts[1..3], ["look around", "look it up"]);
    let expected = "Reports:\n- scout (decided) on \"look around\": A, I saw it\n- clerk (decided) on \"look it up\": B, it is \
                    written\nAnswer the task, or give out subtasks";
    assert!(prompts[3].starts_with(expected), "{}", prompts[3]);
}

#[test]
fn what_the_lead_gets_wrong_is_told_to_it() {
    let options = options(r#", "at_once_max": 1"#);
    let mut prompts = Vec::new();
    let played = play(&options, &seat_for(&options, &[1, 1, 1]), &task(), None, |asked| {
        prompts.push(asked.prompt.to_string());
        match (asked.member, prompts.len()) {
            (0, 1) => Act::Say("DELEGATE boss: decide", 1),
            (0, 2) => Act::Say("DELEGATE scout:\nDELEGATE clerk: read", 1),
            _ => Act::Say("A", 1),
        }
    });
    assert!(prompts[1].contains("- not given out: no worker is called \"boss\""), "{}", prompts[1]);
    let refused = notes(&played, DELEGATED);
    assert!(refused.iter().any(|note| note.contains("nothing is said of what is to be done")), "{refused:?}");
    assert!(refused.iter().any(|note| note.contains("more than 1 subtasks at once")), "{refused:?}");
    assert_eq!(played.outcome, Outcome::decided("A"));
}

#[test]
fn a_failure_is_a_report_and_never_silence() {
    let lost = Outcome::failed(FailureKind::Crash, "it panicked");
    let options = options("");
    let mut last = String::new();
    let played = play(&options, &seat_for(&options, &[1, 1, 1]), &task(), None, |asked| {
        last = asked.prompt.to_string();
        if asked.member == 1 { Act::End(lost.clone(), 1) } else { usual(asked) }
    });
    assert!(last.contains("- scout (failed) on \"look around\": failed (crash: it panicked)"), "{last}");
    assert_eq!(played.outcome, Outcome::decided("A"));
}

#[test]
fn the_lead_need_not_wait_for_all() {
    let options = options(r#", "join": "any""#);
    let played = play(&options, &seat_for(&options, &[1, 1, 1]), &task(), None, usual);
    assert_eq!(played.end_ms, 4, "the clerk was faster");
    let deadline = self::options(r#", "join": { "deadline": "1s" }"#);
    let played = play(&deadline, &seat_for(&deadline, &[1, 1, 1]), &task(), None, |asked| match asked.member {
        1 => Act::Silent,
        _ => usual(asked),
    });
    assert_eq!((played.end_ms, played.outcome), (1_002, Outcome::decided("A")));
}

#[test]
fn a_lead_that_never_answers_is_stopped() {
    let options = options(r#", "rounds": 3"#);
    let mut last = String::new();
    let played = play(&options, &seat_for(&options, &[1, 1, 1]), &task(), None, |asked| {
        if asked.member == 0 {
            last = asked.prompt.to_string();
            Act::Say("DELEGATE scout: again", 1)
        } else {
            Act::Say("A", 1)
        }
    });
    assert!(last.ends_with("Answer the task now: no more subtasks can be given out."), "{last}");
    assert!(
        matches!(&played.outcome, Outcome::Undecided { reason } if reason.contains("3 rounds")),
        "{}",
        played.outcome
    );
    assert_eq!(played.asks, 7);
}

#[test]
fn one_worker_may_have_several_subtasks_at_once() {
    let options = options("");
    let played =
        play(&options, &seat_for(&options, &[1, 1, 1]), &task(), None, |asked| match (asked.member, asked.round) {
            (0, 0) => Act::Say("DELEGATE scout: one\nDELEGATE scout: two", 1),
            _ => Act::Say("B", 1),
        });
    assert_eq!((played.asks, played.outcome), (4, Outcome::decided("B")));
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
            // Alone it names workers that are not there, until it has to answer.
            "one member" => assert!(matches!(outcome, Outcome::Undecided { .. }), "{name}: {outcome}"),
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
    let found = |text: &str, seats: &[usize]| {
        let options: PatternOptions = serde_json::from_str(text).unwrap();
        options.check(seats).into_iter().map(|problem| problem.path).collect::<Vec<_>>()
    };
    assert_eq!(found(r#"{ "delegation": { "lead": "a", "workers": ["b"] } }"#, &[1, 3]), [""; 0]);
    assert_eq!(
        found(r#"{ "delegation": { "lead": "a", "workers": ["a"], "rounds": 0 } }"#, &[2, 2]),
        ["lead", "workers[0]", "rounds"]
    );
}
