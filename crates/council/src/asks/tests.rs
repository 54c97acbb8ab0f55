//! A row for each policy: what happens to an ask whose member is silent, fails, refuses or is late.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

use super::*;

fn options(text: &str) -> AbsenceOptions {
    serde_json::from_str(text).unwrap()
}

fn answer(member: usize, outcome: Outcome) -> Answered {
    Answered { member, round: 0, outcome, words: None, bill: Bill::default(), tools: ToolsUsed::default() }
}

fn failed(kind: FailureKind) -> Outcome {
    Outcome::failed(kind, "no")
}

fn cancelled() -> Outcome {
    Outcome::Cancelled { reason: "withdrawn".into() }
}

/// An ask of member 0, with members 3 and 4 in standby.
fn asked(text: &str) -> (Asks, Vec<CouncilEffect>) {
    let mut asks = Asks::new(options(text), vec![3, 4]);
    let mut effects = Vec::new();
    asks.ask(Ask::plain(0, 0), &mut effects);
    (asks, effects)
}

/// What is done, in short.
fn short(effects: &[CouncilEffect]) -> Vec<String> {
    let text = |effect: &CouncilEffect| match effect {
        CouncilEffect::Ask { member, .. } => format!("ask {member}"),
        CouncilEffect::Withdraw { member, .. } => format!("withdraw {member}"),
        CouncilEffect::SetTimer { after, .. } => format!("timer {after}"),
        other => format!("{other:?}"),
    };
    effects.iter().map(text).collect()
}

fn absent(taken: &Taken) -> (bool, Option<Limit>) {
    match taken {
        Taken::Ended(Ended { result: Err(absence), .. }) => (absence.abstains, absence.limit),
        other => panic!("not an absence: {other:?}"),
    }
}

#[test]
fn each_trouble_has_its_policy() {
    let cases = [
        ("{}", failed(FailureKind::Model), false),
        (r#"{ "failing": "abstain" }"#, failed(FailureKind::Crash), true),
        (r#"{ "failing": "abstain" }"#, cancelled(), true),
        (r#"{ "failing": "abstain" }"#, failed(FailureKind::Refused), false),
        (r#"{ "refusing": "abstain" }"#, failed(FailureKind::Refused), true),
        (r#"{ "refusing": "abstain" }"#, failed(FailureKind::Denied), true),
        (r#"{ "failing": "abstain" }"#, Outcome::Exhausted { limit: Limit::Money }, false),
    ];
    for (text, outcome, abstains) in cases {
        let (mut asks, mut effects) = asked(text);
        let taken = asks.answered(answer(0, outcome.clone()), &mut effects);
        assert_eq!(absent(&taken).0, abstains, "{text} {outcome}");
        assert!(!asks.is_waiting());
    }
    let (mut asks, mut effects) = asked(r#"{ "failing": "fail" }"#);
    let taken = asks.answered(answer(0, failed(FailureKind::Model)), &mut effects);
    assert!(matches!(taken, Taken::Fail(Outcome::Failed(_))), "{taken:?}");
    let (mut asks, mut effects) = asked(r#"{ "failing": "fail" }"#);
    let taken = asks.answered(answer(0, Outcome::Exhausted { limit: Limit::Calls }), &mut effects);
    assert_eq!(taken, Taken::Fail(Outcome::Exhausted { limit: Limit::Calls }));
}

#[test]
fn who_fails_is_asked_again_so_often_and_no_more() {
    let (mut asks, mut effects) = asked(r#"{ "failing": { "ask_again": { "times": 2 } } }"#);
    for _ in 0..2 {
        assert_eq!(asks.answered(answer(0, failed(FailureKind::Model)), &mut effects), Taken::Nothing);
    }
    let taken = asks.answered(answer(0, failed(FailureKind::Model)), &mut effects);
    assert_eq!(absent(&taken), (false, None));
    // The failure may have been that of an earlier ask: nobody is left at work on the last one.
    assert_eq!(short(&effects), ["ask 0", "ask 0", "ask 0", "withdraw 0"]);
}

#[test]
fn who_is_silent_is_withdrawn_and_asked_again_and_the_echo_counts_for_nothing() {
    let (mut asks, mut effects) = asked(r#"{ "deadline": "1s", "silent": { "ask_again": { "times": 1 } } }"#);
    assert_eq!(asks.timer(TIMERS_FROM, &mut effects), Taken::Nothing);
    assert_eq!(short(&effects), ["ask 0", "timer 1.000 s", "withdraw 0", "ask 0", "timer 1.000 s"]);
    assert_eq!(asks.answered(answer(0, cancelled()), &mut effects), Taken::Nothing, "the echo of the first ask");
    let taken = asks.answered(answer(0, Outcome::decided("A")), &mut effects);
    assert!(matches!(taken, Taken::Ended(Ended { result: Ok(_), is_late: false, .. })), "{taken:?}");
    assert_eq!(asks.timer(TIMERS_FROM + 1, &mut effects), Taken::Nothing, "it has answered");
}

#[test]
fn somebody_steps_in_until_nobody_is_left() {
    let (mut asks, mut effects) = asked(r#"{ "failing": "replace", "standby": ["x"] }"#);
    assert_eq!(asks.answered(answer(0, failed(FailureKind::Model)), &mut effects), Taken::Nothing);
    assert_eq!(asks.answered(answer(3, failed(FailureKind::Model)), &mut effects), Taken::Nothing);
    let taken = asks.answered(answer(4, failed(FailureKind::Model)), &mut effects);
    assert_eq!(absent(&taken), (false, None));
    assert_eq!(short(&effects), ["ask 0", "ask 3", "ask 4", "withdraw 4"]);
    let (mut asks, mut effects) = asked(r#"{ "failing": "replace", "standby": ["x"] }"#);
    asks.answered(answer(0, failed(FailureKind::Model)), &mut effects);
    let taken = asks.answered(answer(3, Outcome::decided("B")), &mut effects);
    assert!(matches!(taken, Taken::Ended(Ended { slot: 0, member: 3, result: Ok(_), .. })), "{taken:?}");
}

#[test]
fn a_hedge_takes_the_first_answer_and_withdraws_the_other() {
    for first in [0, 3] {
        let (mut asks, mut effects) = asked(r#"{ "hedge": "2s", "standby": ["x"] }"#);
        assert_eq!(asks.timer(TIMERS_FROM, &mut effects), Taken::Nothing);
        let taken = asks.answered(answer(first, Outcome::decided("A")), &mut effects);
        let Taken::Ended(Ended { slot: 0, member, result: Ok(_), .. }) = taken else { panic!("{taken:?}") };
        assert_eq!(member, first);
        let other = 3 - first;
        assert_eq!(short(&effects), ["ask 0", "timer 2.000 s", "ask 3", &format!("withdraw {other}")]);
        assert_eq!(asks.answered(answer(other, cancelled()), &mut effects), Taken::Nothing);
    }
    // One of two that fails leaves the other to answer.
    let (mut asks, mut effects) = asked(r#"{ "hedge": "2s", "standby": ["x"] }"#);
    asks.timer(TIMERS_FROM, &mut effects);
    assert_eq!(asks.answered(answer(0, failed(FailureKind::Model)), &mut effects), Taken::Nothing);
    assert!(matches!(asks.answered(answer(3, Outcome::decided("A")), &mut effects), Taken::Ended(_)));
}

#[test]
fn what_comes_late_is_rejected_or_accepted() {
    let (mut asks, mut effects) = asked(r#"{ "deadline": "1s" }"#);
    assert_eq!(absent(&asks.timer(TIMERS_FROM, &mut effects)), (false, None));
    let taken = asks.answered(answer(0, Outcome::decided("A")), &mut effects);
    let Taken::Rejected(reason) = taken else { panic!("{taken:?}") };
    assert!(reason.contains("it came late"), "{reason}");
    let (mut asks, mut effects) = asked(r#"{ "deadline": "1s", "late": "accept" }"#);
    assert_eq!(absent(&asks.timer(TIMERS_FROM, &mut effects)), (false, None));
    assert!(!asks.is_waiting());
    assert_eq!(short(&effects), ["ask 0", "timer 1.000 s"], "it is not told to stop");
    let taken = asks.answered(answer(0, Outcome::decided("A")), &mut effects);
    assert!(matches!(taken, Taken::Ended(Ended { is_late: true, result: Ok(_), .. })), "{taken:?}");
}

#[test]
fn answers_that_nobody_waits_for_are_named() {
    let (mut asks, mut effects) = asked("{}");
    assert!(matches!(asks.answered(answer(0, Outcome::decided("A")), &mut effects), Taken::Ended(_)));
    for (member, round, why) in [(0, 0, "it had answered before"), (0, 1, "nobody asked"), (9, 0, "nobody asked")] {
        let again = Answered { round, ..answer(member, Outcome::decided("A")) };
        let Taken::Rejected(reason) = asks.answered(again, &mut effects) else { panic!() };
        assert!(reason.contains(why), "{reason}");
    }
}
