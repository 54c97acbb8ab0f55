//! A row for each condition: what was said, and whether it holds.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;
use crate::exposure::Statement;
use moot_core::{Bill, Usage};

/// Rounds of answers, one letter for each member; `-` answers nothing.
fn progress(rounds: &[&str]) -> Progress {
    let mut progress = Progress::new(rounds.first().map_or(0, |round| round.len()));
    for (number, round) in (0..).zip(rounds) {
        for (slot, answer) in round.chars().enumerate() {
            let answer = (answer != '-').then(|| Text::from(answer.to_string()));
            let words = answer.clone().unwrap_or_else(|| "".into());
            let name = ["ann", "bob", "cat", "dan", "eve"].get(slot).copied().unwrap_or("?").into();
            progress.said(Statement { round: number, slot, name, answer, words }, Bill::default());
        }
        progress.end_round();
    }
    progress
}

fn condition(text: &str) -> Condition {
    serde_json::from_str(text).unwrap()
}

#[test]
fn each_condition_holds_when_it_says() {
    let cases: &[(&str, &[&str], bool)] = &[
        (r#"{ "rounds": 2 }"#, &["AB"], false),
        (r#"{ "rounds": 2 }"#, &["AB", "AB"], true),
        (r#"{ "statements": 3 }"#, &["AB"], false),
        (r#"{ "statements": 3 }"#, &["AB", "AB"], true),
        (r#"{ "said": { "contains": "b" } }"#, &["AB"], true),
        (r#"{ "said": { "contains": "b" } }"#, &["BA"], false),
        (r#"{ "said": { "equals": "B", "from": "bob" } }"#, &["AB"], true),
        (r#"{ "said": { "equals": "B", "from": "ann" } }"#, &["AB"], false),
        (r#"{ "speaker": "bob" }"#, &["AB"], true),
        (r#"{ "speaker": "ann" }"#, &["AB"], false),
        (r#"{ "silence": 2 }"#, &["A--"], true),
        (r#"{ "silence": 3 }"#, &["A--"], false),
        (r#"{ "agreement": 0.6 }"#, &["AAABB"], true),
        (r#"{ "agreement": 0.6 }"#, &["AAAB-"], true),
        (r#"{ "agreement": 0.8 }"#, &["AAAB-"], false),
        (r#"{ "agreement": 1.0 }"#, &["AAAAA"], true),
        (r#"{ "agreement": 1.0 }"#, &["AAAA-"], false),
        (r#"{ "stable": 1 }"#, &["AB", "AB"], true),
        (r#"{ "stable": 1 }"#, &["AB"], false),
        (r#"{ "stable": 2 }"#, &["AA", "AB", "AB"], false),
        (r#"{ "stable": 2 }"#, &["AB", "AB", "AB"], true),
        (r#"{ "quorum": 2 }"#, &["AB-"], true),
        (r#"{ "quorum": 3 }"#, &["AB-"], false),
        (r#"{ "margin": 2 }"#, &["AAB"], false),
        (r#"{ "margin": 2 }"#, &["AAB", "A--"], true),
        (r#"{ "no_new_answer": 1 }"#, &["AB", "BB"], true),
        (r#"{ "no_new_answer": 1 }"#, &["AB", "BC"], false),
        (r#"{ "no_new_answer": 1 }"#, &["AB"], false),
        (r#"{ "ping_pong": 2 }"#, &["AB", "AB"], true),
        (r#"{ "ping_pong": 2 }"#, &["AB", "BA"], false),
        (r#"{ "ping_pong": 2 }"#, &["AB"], false),
        (r#"{ "all": [{ "rounds": 1 }, { "agreement": 1 }] }"#, &["AB"], false),
        (r#"{ "all": [{ "rounds": 1 }, { "agreement": 1 }] }"#, &["AA"], true),
        (r#"{ "any": [{ "rounds": 2 }, { "agreement": 1 }] }"#, &["AA"], true),
        (r#"{ "not": { "agreement": 1 } }"#, &["AB"], true),
        (r#"{ "not": { "agreement": 1 } }"#, &["AA"], false),
    ];
    for (text, rounds, expected) in cases {
        assert_eq!(condition(text).holds(&progress(rounds)).is_some(), *expected, "{text} {rounds:?}");
        assert_eq!(condition(text).check("stop"), [], "{text}");
    }
}

#[test]
fn what_is_decided_can_not_change() {
    let decided = |answers: &str| {
        let mut progress = Progress::new(5);
        for (slot, answer) in answers.chars().enumerate() {
            let answer = Text::from(answer.to_string());
            let name = "x".into();
            progress
                .said(Statement { round: 0, slot, name, answer: Some(answer.clone()), words: answer }, Bill::default());
        }
        Condition::Decided.holds(&progress).is_some()
    };
    for (answers, expected) in
        [("AA", false), ("AAA", true), ("AAB", false), ("AABA", true), ("AABB", false), ("", false)]
    {
        assert_eq!(decided(answers), expected, "{answers}");
    }
}

#[test]
fn what_it_took_and_the_time_count_for_all_who_work() {
    let mut progress = progress(&["AB"]);
    let mut bill = Bill::default();
    bill.add_attempt(Some(Usage::new(90, 10)), Some(Money::from_picodollars(2_000_000_000)));
    progress.charge(bill);
    progress.failed();
    progress.hand_to("cat".into());
    progress.pass(VirtualDuration::from_millis(1_000));
    for (text, expected) in [
        (r#"{ "calls": 1 }"#, true),
        (r#"{ "calls": 2 }"#, false),
        (r#"{ "tokens": 100 }"#, true),
        (r#"{ "tokens": 101 }"#, false),
        (r#"{ "money": 0.002 }"#, true),
        (r#"{ "money": 0.003 }"#, false),
        (r#"{ "failures": 1 }"#, true),
        (r#"{ "failures": 2 }"#, false),
        (r#"{ "handed_to": "cat" }"#, true),
        (r#"{ "handed_to": "bob" }"#, false),
        (r#"{ "time": "1s" }"#, true),
        (r#"{ "time": "2s" }"#, false),
    ] {
        assert_eq!(condition(text).holds(&progress).is_some(), expected, "{text}");
    }
    assert_eq!(condition(r#"{ "not": { "any": [{ "time": "2s" }] } }"#).times().len(), 1);
}

#[test]
fn a_tool_counts_when_it_was_called_by_whom_it_is_to_be() {
    let mut progress = progress(&["AB"]);
    let used = |calls: &[(&str, bool)]| {
        let mut used = ToolsUsed::default();
        calls.iter().for_each(|(tool, succeeded)| used.add_call(&(*tool).into(), *succeeded));
        used
    };
    progress.set_tools(vec![
        ("ann".into(), used(&[("search", true), ("submit", false)])),
        ("bob".into(), used(&[("submit", false), ("submit", true)])),
    ]);
    for (text, expected) in [
        (r#"{ "name": "search" }"#, Some("ann called search")),
        (r#"{ "name": "searc" }"#, None),
        (r#"{ "name": "submit" }"#, Some("ann called submit")),
        (r#"{ "name": "submit", "succeeded": true }"#, Some("bob called submit")),
        (r#"{ "name": "submit", "from": "bob" }"#, Some("bob called submit")),
        (r#"{ "name": "submit", "from": "ann", "succeeded": true }"#, None),
        (r#"{ "name": "search", "from": "bob" }"#, None),
    ] {
        let condition = condition(&format!(r#"{{ "tool_called": {text} }}"#));
        assert_eq!(condition.holds(&progress).as_deref(), expected, "{text}");
        assert_eq!(Condition::Not(Box::new(condition)).holds(&progress).is_none(), expected.is_some(), "{text}");
    }
}

#[test]
fn the_tools_that_are_waited_for_are_named_with_their_places() {
    let stop = condition(
        r#"{ "any": [{ "rounds": 1 }, { "all": [{ "tool_called": { "name": "a" } }, { "not": { "tool_called": { "name": "b" } } }] }] }"#,
    );
    let found: Vec<(String, &str)> = stop.tools("stop").into_iter().map(|tool| (tool.place, tool.name)).collect();
    let expected = [("stop.any[1].all[0].tool_called.name", "a"), ("stop.any[1].all[1].not.tool_called.name", "b")];
    assert_eq!(found, expected.map(|(place, name)| (place.to_owned(), name)));
}

#[test]
fn the_first_of_several_is_recorded() {
    let stop = condition(r#"{ "any": [{ "statements": 2 }, { "agreement": 1 }, { "rounds": 1 }] }"#);
    assert_eq!(stop.holds(&progress(&["AA"])).as_deref(), Some("2 statements"));
}

#[test]
fn what_can_not_be_meant_is_refused_at_its_place() {
    for (text, path) in [
        (r#"{ "rounds": 0 }"#, "stop.rounds"),
        (r#"{ "any": [] }"#, "stop.any"),
        (r#"{ "any": [{ "rounds": 1 }, { "not": { "agreement": 0 } }] }"#, "stop.any[1].not.agreement"),
        (r#"{ "said": { "from": "bob" } }"#, "stop.said"),
        (r#"{ "said": { "contains": " " } }"#, "stop.said"),
        (r#"{ "tool_called": { "name": " " } }"#, "stop.tool_called.name"),
        (r#"{ "money": -1 }"#, "stop.money"),
        (r#"{ "time": "0s" }"#, "stop.time"),
    ] {
        let found: Vec<String> = condition(text).check("stop").into_iter().map(|problem| problem.path).collect();
        assert_eq!(found, [path], "{text}");
    }
    let mut deep = Condition::Rounds(1);
    for _ in 0..20 {
        deep = Condition::Not(Box::new(deep));
    }
    assert_eq!(deep.check("stop").len(), 1);
}
