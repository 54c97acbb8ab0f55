//! Expectations that hold and that don't, on runs that are really played.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

use super::*;
use crate::Run;

/// One agent that writes a file, reads it back and says so, on two tasks; a second that is never asked.
const PLAY: &str = r#"
folkmoot: 1
name: play
models:
  clerk:
    scripted:
      steps:
        - call: { write_file: { path: "{{ task.id }}.txt", content: "kept words" } }
        - call: { read_file: { path: "{{ task.id }}.txt" } }
        - say: "{{ task.choices | first }}"
agents:
  clerk: { model: clerk, tools: [write_file, read_file], count: 2, permissions: auto }
coordination: { single: { member: 'clerk[0]' } }
tasks: { list: [{ prompt: one, choices: [A, B], answer: A }, { prompt: two, choices: [A, B], answer: B }] }
"#;

/// What is not as expected of the play.
fn mismatches_of(play: &str, expect: &str) -> Vec<String> {
    let scenario = crate::parse(&format!("{play}expect: {expect}\n")).unwrap_or_else(|problems| panic!("{problems}"));
    let played = Run::new(&scenario).keep_events().play().unwrap();
    check(&scenario, &played).iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_as_expected_is_not_told() {
    for expect in [
        "{}",
        "{ status: completed, outcome: decided, answers: [A, A] }",
        "{ answers: [~, A] }",
        "{ metrics: { accuracy: { equals: 0.5 }, tool_calls: { at_least: 4, at_most: 4 } } }",
        "{ transcript: [{ agent: 'clerk[0]', contains: kept words, excludes: pineapple }] }",
        "{ tools: { made: [write_file, read_file, write_file, read_file] } }",
        "{ tools: { in_order: [write_file, write_file], not_made: [recall] } }",
    ] {
        assert_eq!(mismatches_of(PLAY, expect), Vec::<String>::new(), "{expect}");
    }
}

#[test]
fn what_is_not_as_expected_is_told_with_what_was_found() {
    let rows = [
        ("{ status: exhausted }", "status: expected exhausted, found completed"),
        ("{ outcome: tied }", "outcome: expected every task tied, found task 0 decided: A"),
        ("{ answers: [A, B] }", "answer of task 1: expected \"B\", found \"A\""),
        ("{ metrics: { accuracy: { at_least: 0.6 } } }", "accuracy: expected at least 0.6, found 0.5"),
        (
            "{ metrics: { tool_calls: { at_least: 1, at_most: 3 } } }",
            "tool_calls: expected at least 1 and at most 3, found 4",
        ),
        // Unknown is never zero.
        ("{ metrics: { cost: { at_most: 1.0 } } }", "cost: expected at most 1, found unknown"),
        ("{ metrics: { input_tokens: { equals: 0 } } }", "input_tokens: expected exactly 0, found unknown"),
        (
            "{ transcript: [{ agent: 'clerk[0]', contains: pineapple }] }",
            "transcript of clerk[0]: expected a message with \"pineapple\", found none among 12 messages, the last of \
             them \"A\"",
        ),
        (
            "{ transcript: [{ agent: 'clerk[0]', excludes: kept }] }",
            "transcript of clerk[0]: expected no message with \"kept\", found \"kept words\"",
        ),
        (
            "{ tools: { made: [write_file] } }",
            "tool calls: expected write_file, found write_file, read_file, write_file, read_file",
        ),
        (
            "{ tools: { in_order: [read_file, write_file, write_file] } }",
            "tool calls: expected in this order read_file, write_file, write_file, found write_file, read_file, \
             write_file, read_file, where write_file is missing",
        ),
        ("{ tools: { not_made: [read_file] } }", "calls of read_file: expected none, found 2 calls"),
        ("{ error: disk }", "reason: expected a text with \"disk\", found none, as the run is completed"),
    ];
    for (expect, expected) in rows {
        assert_eq!(mismatches_of(PLAY, expect), [expected], "{expect}");
    }
    let digest = format!("{{ digest: {} }}", "0".repeat(64));
    assert!(mismatches_of(PLAY, &digest)[0].starts_with("digest: expected 0000"));
}

#[test]
fn a_group_means_each_of_its_agents() {
    let found = mismatches_of(PLAY, "{ transcript: [{ agent: clerk, contains: kept words }] }");
    assert_eq!(found, ["transcript of clerk[1]: expected a message with \"kept words\", found no message at all"]);
    assert!(mismatches_of(PLAY, "{ transcript: [{ agent: clerk, excludes: pineapple }] }").is_empty());
}

#[test]
fn accuracy_that_nobody_can_know_satisfies_no_bound() {
    let play = PLAY.replace(", answer: A", "").replace(", answer: B", "");
    let found = mismatches_of(&play, "{ metrics: { accuracy: { at_least: 0.0 } } }");
    assert_eq!(found, ["accuracy: expected at least 0, found none, as this run has no such number"]);
}

#[test]
fn a_run_that_fails_may_be_what_is_expected() {
    let failing = PLAY.replace("- say:", "- expect: { last_contains: [pineapple] }\n          say:");
    assert!(mismatches_of(&failing, "{ status: failed, outcome: failed, error: 'task 0' }").is_empty());
    let found = mismatches_of(&failing, "{ status: failed, error: no such words }");
    assert!(
        found[0].starts_with("reason: expected a text with \"no such words\", found \"task 0: failed"),
        "{found:?}"
    );
    let found = mismatches_of(&failing, "{}");
    assert!(found[0].starts_with("status: expected completed, found failed (task 0"), "{found:?}");
}

#[test]
fn events_that_were_not_kept_are_missed() {
    let scenario = crate::parse(&format!("{PLAY}expect: {{ tools: {{ not_made: [recall] }} }}\n")).unwrap();
    assert!(needs_events(&scenario.expect));
    let played = Run::new(&scenario).play().unwrap();
    assert_eq!(check(&scenario, &played).len(), 1);
}

#[test]
fn what_was_found_is_shown_on_one_line_and_cut() {
    assert_eq!(shown("a\nb\u{1b}c"), "a\\nb\\u{1b}c");
    assert_eq!(shown(&"é".repeat(1_000)).chars().count(), SHOWN_MAX + 3);
}
