//! What a debate asks, shows and counts; how it ends whatever members do.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use super::*;
use crate::CouncilEffect;
use crate::patterns::PatternOptions;
use crate::patterns::conduct::{
    Act, Asked, arrival_changes_nothing, every_conduct_ends_by_name, notes, play, seat_for, task,
};
use moot_core::{EventKind, FailureKind};

fn options(rest: &str) -> PatternOptions {
    let text = format!(
        r#"{{ "debate": {{ "members": ["debater"], "decide": {{ "rule": "plurality", "ties": "none" }}{rest} }} }}"#
    );
    serde_json::from_str(&text).unwrap()
}

/// Everybody follows the majority of what it hears; at first, members with an even number say A, others B.
fn follow(asked: &Asked) -> Act {
    let heard = asked.brief.as_ref().map(|brief| brief.heard.clone()).unwrap_or_default();
    let votes = |answer: &str| heard.iter().filter(|heard| heard.answer.as_deref() == Some(answer)).count();
    let say = if heard.is_empty() { asked.member.is_multiple_of(2) } else { votes("A") >= votes("B") };
    Act::Say(if say { "A" } else { "B" }, 1)
}

fn rounds_of_ballots(effects: &[CouncilEffect]) -> Vec<Vec<String>> {
    let mut rounds: Vec<Vec<String>> = Vec::new();
    for effect in effects {
        if let CouncilEffect::Record(EventKind::BallotCast { round, ballot: Ballot::For(answer), .. }) = effect {
            let round = *round as usize;
            rounds.resize(rounds.len().max(round + 1), Vec::new());
            rounds[round].push(answer.to_string());
        }
    }
    rounds
}

#[test]
fn members_see_the_answers_of_the_round_before_and_answer_again() {
    let options = options(r#", "rounds": 1"#);
    let mut prompts = Vec::new();
    let played = play(&options, &seat_for(&options, &[3]), &task(), None, |asked| {
        prompts.push((asked.member, asked.round, asked.prompt.to_string()));
        follow(asked)
    });
    assert_eq!(played.outcome, Outcome::decided("A"));
    assert_eq!(rounds_of_ballots(&played.effects), [vec!["A", "B", "A"], vec!["A", "A", "A"]]);
    assert_eq!(prompts[0].2, "Which one?");
    let told = "What was said so far:\n- debater[0]: A\n- you: B\n- debater[2]: A\nTake it into account and \
                answer the task anew.";
    assert_eq!(prompts[4], (1, 1, told.to_owned()));
}

#[test]
fn with_no_rounds_it_is_a_plain_vote() {
    let options = options(r#", "rounds": 0"#);
    let played = play(&options, &seat_for(&options, &[5]), &task(), None, |asked| {
        assert!(asked.brief.is_none(), "nothing was heard");
        follow(asked)
    });
    assert_eq!((played.outcome, played.asks), (Outcome::decided("A"), 5));
}

#[test]
fn who_hears_whom_follows_the_topology() {
    let heard = |topology: &str| {
        let options = options(&format!(r#", "rounds": 1, "topology": {topology}, "exposure": {{ "own": false }}"#));
        let mut heard = vec![Vec::new(); 4];
        play(&options, &seat_for(&options, &[4]), &task(), None, |asked| {
            if let Some(brief) = &asked.brief {
                heard[asked.member] = brief.heard.iter().map(|heard| heard.speaker.to_string()).collect();
            }
            follow(asked)
        });
        heard
    };
    assert_eq!(heard(r#""ring""#)[0], ["debater[1]", "debater[3]"]);
    assert_eq!(heard(r#"{ "star": {} }"#)[3], ["debater[0]"]);
    assert_eq!(heard(r#"{ "edges": [[0, 1]] }"#), [vec!["debater[1]"], vec!["debater[0]"], vec![], vec![]]);
}

#[test]
fn one_after_another_hear_those_before_them() {
    let options = options(r#", "rounds": 0, "order": "fixed""#);
    let mut heard = Vec::new();
    play(&options, &seat_for(&options, &[3]), &task(), None, |asked| {
        heard.push(asked.brief.as_ref().map_or(0, |brief| brief.heard.len()));
        follow(asked)
    });
    assert_eq!(heard, [0, 1, 2]);
}

#[test]
fn it_stops_when_its_condition_holds_and_says_why() {
    let options = options(r#", "rounds": 9, "stop": { "any": [{ "stable": 1 }, { "agreement": 1 }] }"#);
    let played = play(&options, &seat_for(&options, &[3]), &task(), None, follow);
    assert_eq!(played.asks, 6);
    assert_eq!(notes(&played, STOPPED), ["after round 1: agreement of 1".into()]);
}

#[test]
fn time_that_is_up_ends_it_in_the_middle_of_a_round() {
    let options = options(r#", "rounds": 9, "stop": { "time": "10s" }"#);
    let played = play(&options, &seat_for(&options, &[3]), &task(), None, |asked| match asked.member {
        0 => Act::Silent,
        _ => Act::Say("B", 5),
    });
    assert_eq!((played.outcome, played.end_ms), (Outcome::decided("B"), 10_000));
}

#[test]
fn joins_do_not_wait_for_the_slow() {
    for (join, end_ms, outcome) in [
        (r#"{ "at_least": 2 }"#, 20, Outcome::decided("B")),
        (r#""any""#, 10, Outcome::decided("B")),
        (r#"{ "deadline": "1s" }"#, 1_000, Outcome::decided("B")),
        (r#""all""#, 5_000, Outcome::decided("B")),
    ] {
        let options = options(&format!(r#", "rounds": 0, "join": {join}"#));
        let played = play(&options, &seat_for(&options, &[3]), &task(), None, |asked| match asked.member {
            0 => Act::Say("A", 5_000),
            1 => Act::Say("B", 10),
            _ => Act::Say("B", 20),
        });
        assert_eq!((played.end_ms, played.outcome), (end_ms, outcome), "{join}");
    }
}

#[test]
fn every_conduct_of_a_member_ends_by_name() {
    let options = options(r#", "rounds": 2, "absence": { "deadline": "60s" }"#);
    let ends = every_conduct_ends_by_name(&options, &[3], follow);
    for (name, outcome) in ends {
        match name {
            "one claims another's name"
            | "one raises"
            | "one never answers"
            | "one answers late"
            | "one claims another round"
            | "its budget runs out" => {
                // One is lost, the two others answer B and A at first, then follow: A, as a tie of what they hear is A.
                assert_eq!(outcome, Outcome::decided("A"), "{name}");
            }
            "one answers twice" | "one member" => assert_eq!(outcome, Outcome::decided("A"), "{name}"),
            "the budget runs out midway" => assert!(matches!(outcome, Outcome::Exhausted { .. }), "{name}: {outcome}"),
            "all abstain" => assert!(matches!(outcome, Outcome::Undecided { .. }), "{name}: {outcome}"),
            "zero members" => {
                assert!(
                    matches!(&outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Setup),
                    "{outcome}"
                );
            }
            other => panic!("an end that nobody looked at: {other}"),
        }
    }
}

#[test]
fn the_order_of_answers_changes_no_outcome() {
    let outcome = arrival_changes_nothing(&options(r#", "rounds": 2, "topology": "ring""#), &[5], follow);
    assert_eq!(outcome, Outcome::decided("A"));
}

#[test]
fn options_that_do_not_fit_are_named() {
    let found = |rest: &str| options(rest).check(&[3]).into_iter().map(|problem| problem.path).collect::<Vec<_>>();
    assert_eq!(found(""), [""; 0]);
    assert_eq!(
        found(r#", "rounds": 1001, "topology": { "star": { "centre": 3 } }"#),
        ["rounds", "topology.star.centre"]
    );
    assert_eq!(found(r#", "join": { "at_least": 4 }, "stop": { "rounds": 0 }"#), ["stop.rounds", "join.at_least"]);
}
