//! Who is asked what, how results are put together, and when nobody is waited for any more.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use super::*;
use crate::patterns::PatternOptions;
use crate::patterns::conduct::{Act, Asked, arrival_changes_nothing, every_conduct_ends_by_name, play, seat_for, task};
use moot_core::{Task, TaskId};

fn options(rest: &str) -> PatternOptions {
    serde_json::from_str(&format!(r#"{{ "fan_out": {{ "members": ["north", "south"]{rest} }} }}"#)).unwrap()
}

fn open_task() -> Arc<Task> {
    Arc::new(Task::new(TaskId(0), "the weather"))
}

fn usual(asked: &Asked) -> Act {
    match asked.member {
        0 => Act::Say("A", 2),
        1 => Act::Say("B", 1),
        _ => Act::Say("A", 1),
    }
}

#[test]
fn each_is_asked_its_own_and_the_list_stands_in_the_order_of_the_members() {
    let options = options(r#", "prompts": { "south": "{task} in the south" }"#);
    let mut prompts = Vec::new();
    let played = play(&options, &seat_for(&options, &[1, 1]), &open_task(), None, |asked| {
        prompts.push(asked.prompt.to_string());
        if asked.member == 0 { Act::Say("rain", 9) } else { Act::Say("sun", 1) }
    });
    assert_eq!(prompts, ["the weather", "the weather in the south"]);
    assert_eq!(played.outcome, Outcome::decided("north: rain\nsouth: sun"));
}

#[test]
fn conflicts_are_settled_by_a_rule_or_by_a_member() {
    let vote = options(r#", "combine": { "vote": { "rule": "plurality", "ties": "first" } }"#);
    assert_eq!(play(&vote, &seat_for(&vote, &[1, 1]), &task(), None, usual).outcome, Outcome::decided("A"));
    let member = options(r#", "combine": { "member": "editor" }"#);
    let mut heard = Vec::new();
    let played = play(&member, &seat_for(&member, &[1, 1, 1]), &task(), None, |asked| {
        if asked.member == 2 {
            heard = asked.brief.as_ref().unwrap().heard.iter().map(|heard| heard.words.to_string()).collect();
        }
        usual(asked)
    });
    assert_eq!((heard, played.outcome), (vec!["A".to_owned(), "B".to_owned()], Outcome::decided("A")));
}

#[test]
fn one_that_fails_leaves_the_others_their_results_and_a_deadline_ends_the_wait() {
    let lost = Outcome::failed(FailureKind::Crash, "it panicked");
    let list = options("");
    let played = play(&list, &seat_for(&list, &[1, 1]), &open_task(), None, |asked| match asked.member {
        0 => Act::End(lost.clone(), 1),
        _ => Act::Say("sun", 1),
    });
    assert_eq!(played.outcome, Outcome::decided("south: sun"));
    let deadline = options(r#", "join": { "deadline": "10s" }"#);
    let played = play(&deadline, &seat_for(&deadline, &[1, 1]), &open_task(), None, |asked| match asked.member {
        0 => Act::Silent,
        _ => Act::Say("sun", 1),
    });
    assert_eq!((played.end_ms, played.outcome), (10_000, Outcome::decided("south: sun")));
}

#[test]
fn a_join_of_k_ends_with_the_k_th_answer() {
    for (k, end_ms) in [(1, 1), (2, 2)] {
        let options = options(&format!(r#", "join": {{ "at_least": {k} }}"#));
        let played = play(&options, &seat_for(&options, &[1, 1]), &task(), None, usual);
        assert_eq!(played.end_ms, end_ms);
    }
}

#[test]
fn every_conduct_of_a_member_ends_by_name() {
    let options = options(
        r#", "combine": { "vote": { "rule": "plurality", "ties": "first" } }, "absence": { "deadline": "60s" }"#,
    );
    for (name, outcome) in every_conduct_ends_by_name(&options, &[1, 1], usual) {
        match name {
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
}

#[test]
fn the_order_of_answers_changes_no_outcome() {
    arrival_changes_nothing(&options(""), &[1, 1], usual);
    arrival_changes_nothing(&options(r#", "combine": { "member": "editor" }"#), &[1, 1, 1], usual);
}

#[test]
fn options_that_do_not_fit_are_named() {
    let found = |rest: &str, seats: &[usize]| {
        options(rest).check(seats).into_iter().map(|problem| problem.path).collect::<Vec<_>>()
    };
    assert_eq!(found("", &[1, 1]), [""; 0]);
    assert_eq!(
        found(r#", "prompts": { "west": "x" }, "combine": { "member": "e" }, "join": { "at_least": 3 }"#, &[1, 1, 4]),
        ["prompts.west", "combine.member", "join.at_least"]
    );
}
