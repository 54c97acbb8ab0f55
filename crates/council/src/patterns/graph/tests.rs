//! When nodes run, what skipped branches do, how loops end, and how long a graph takes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use super::run::SKIPPED;
use super::*;
use crate::patterns::PatternOptions;
use crate::patterns::conduct::{
    Act, Asked, arrival_changes_nothing, every_conduct_ends_by_name, notes, play, seat_for, task,
};
use moot_core::{FailureKind, Outcome, Task, TaskId};

fn options(nodes: &str, rest: &str) -> PatternOptions {
    serde_json::from_str(&format!(r#"{{ "graph": {{ "nodes": {{ {nodes} }}{rest} }} }}"#)).unwrap()
}

/// `a` and then `b` take 5 each, `c` beside them 20, `d` waits for both.
const PARALLEL: &str = r#""a": { "member": "ann" }, "b": { "member": "bob", "after": ["a"] }, "c": { "member": "cat" },
    "d": { "member": "dan", "after": ["b", "c"] }"#;

fn parallel(asked: &Asked) -> Act {
    Act::Say("A", [5, 5, 20, 0][asked.member])
}

#[test]
fn five_and_five_beside_twenty_take_twenty_and_with_a_barrier_twenty_five() {
    for (rest, end_ms) in [("", 20), (r#", "barrier": true"#, 25)] {
        let options = options(PARALLEL, rest);
        let played = play(&options, &seat_for(&options, &[1, 1, 1, 1]), &task(), None, parallel);
        assert_eq!((played.asks, played.end_ms, played.outcome), (4, end_ms, Outcome::decided("A")), "{rest}");
    }
}

#[test]
fn a_node_is_given_what_it_depends_on_in_the_order_of_its_edges() {
    let options = options(PARALLEL, "");
    let mut last = String::new();
    play(&options, &seat_for(&options, &[1, 1, 1, 1]), &task(), None, |asked| {
        last = asked.prompt.to_string();
        parallel(asked)
    });
    assert_eq!(last, "Which one?\n\nWhat was made before:\n- b: A\n- c: A\n");
}

/// A router that leads to one of two branches, which join again.
const ROUTED: &str = r#""route": { "member": "ann" },
    "left": { "member": "bob", "after": [{ "node": "route", "when": { "contains": "left" } }] },
    "right": { "member": "cat", "after": [{ "node": "route", "when": { "contains_not": "left" } }] },
    "join": { "member": "dan", "after": ["left", "right"] }"#;

#[test]
fn a_skipped_branch_blocks_no_join() {
    let options = options(ROUTED, "");
    for (word, skipped) in [("go left", "right"), ("go on", "left")] {
        let played = play(&options, &seat_for(&options, &[1, 1, 1, 1]), &task(), None, |asked| {
            Act::Say(if asked.round == 0 { word } else { "A" }, 1)
        });
        assert_eq!((played.asks, &played.outcome), (3, &Outcome::decided("A")), "{word}");
        assert!(notes(&played, SKIPPED)[0].starts_with(skipped), "{:?}", notes(&played, SKIPPED));
    }
}

/// A writer and a reviewer that sends back.
const LOOP: &str = r#""write": { "member": "ann", "start": true, "activation": "any",
        "after": [{ "node": "review", "when": { "contains": "again" } }] },
    "review": { "member": "bob", "after": ["write"] },
    "done": { "member": "cat", "after": [{ "node": "review", "when": { "equals": "fine" } }], "activation": "any" }"#;

#[test]
fn a_loop_goes_round_until_its_condition_fails_or_it_has_run_too_often() {
    let options = options(LOOP, r#", "runs_max": 20"#);
    assert_eq!(options.check(&[1, 1, 1]), []);
    let seat = seat_for(&options, &[1, 1, 1]);
    let mut reviews = 0;
    let played = play(&options, &seat, &task(), None, |asked| match &*seat.name_of(asked.member) {
        "bob" => {
            reviews += 1;
            Act::Say(if reviews == 3 { "fine" } else { "again" }, 1)
        }
        _ => Act::Say("A", 1),
    });
    assert_eq!((played.asks, played.outcome), (7, Outcome::decided("A")));
    let played = play(&options, &seat, &task(), None, |asked| {
        Act::Say(if &*seat.name_of(asked.member) == "bob" { "again" } else { "A" }, 1)
    });
    assert_eq!(played.asks, 20);
    assert!(matches!(&played.outcome, Outcome::Undecided { reason } if reason.contains("runs_max")));
}

#[test]
fn several_outputs_are_a_list() {
    let options = options(r#""x": { "member": "ann" }, "y": { "member": "bob" }"#, "");
    let open = Arc::new(Task::new(TaskId(0), "the weather"));
    let played = play(&options, &seat_for(&options, &[1, 1]), &open, None, |asked| {
        Act::Say(if asked.member == 0 { "rain" } else { "sun" }, 1)
    });
    assert_eq!(played.outcome, Outcome::decided("x: rain\ny: sun"));
}

#[test]
fn a_lost_node_is_skipped_and_a_lost_output_fails() {
    let lost = Outcome::failed(FailureKind::Crash, "it panicked");
    let options = options(PARALLEL, "");
    let seat = seat_for(&options, &[1, 1, 1, 1]);
    for (member, is_decided) in [(2, true), (0, true), (3, false)] {
        let played = play(&options, &seat, &task(), None, |asked| {
            if asked.member == member { Act::End(lost.clone(), 1) } else { parallel(asked) }
        });
        assert_eq!(played.outcome.answer().is_some(), is_decided, "{member}: {}", played.outcome);
        if !is_decided {
            assert!(matches!(&played.outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Member));
        }
    }
}

#[test]
fn one_member_may_do_several_nodes() {
    let nodes = r#""a": { "member": "ann" }, "b": { "member": "ann" }, "c": { "member": "ann", "after": ["a", "b"] }"#;
    let options = options(nodes, "");
    let played = play(&options, &seat_for(&options, &[1]), &task(), None, |_| Act::Say("B", 1));
    assert_eq!((played.asks, played.outcome), (3, Outcome::decided("B")));
}

#[test]
fn every_conduct_of_a_member_ends_by_name() {
    let options = options(PARALLEL, r#", "absence": { "deadline": "60s" }"#);
    for (name, outcome) in every_conduct_ends_by_name(&options, &[1, 1, 1, 1], parallel) {
        match name {
            "all abstain" => assert!(matches!(outcome, Outcome::Undecided { .. }), "{name}: {outcome}"),
            "zero members" | "one member" => {
                assert!(
                    matches!(&outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Setup),
                    "{outcome}"
                );
            }
            "the budget runs out midway" => {
                assert!(matches!(outcome, Outcome::Exhausted { .. } | Outcome::Decided { .. }), "{name}: {outcome}");
            }
            _ => assert!(outcome.answer().is_some(), "{name}: {outcome}"),
        }
    }
}

#[test]
fn the_order_of_answers_changes_no_outcome() {
    arrival_changes_nothing(&options(PARALLEL, ""), &[1, 1, 1, 1], |_| Act::Say("A", 1));
    arrival_changes_nothing(&options(ROUTED, ""), &[1, 1, 1, 1], |_| Act::Say("A", 1));
}

#[test]
fn options_that_do_not_fit_are_named() {
    let found = |nodes: &str, rest: &str, seats: &[usize]| {
        options(nodes, rest).check(seats).into_iter().map(|problem| problem.path).collect::<Vec<_>>()
    };
    assert_eq!(found(PARALLEL, "", &[1, 1, 1, 1]), [""; 0]);
    assert_eq!(found("", "", &[]), ["nodes"]);
    assert_eq!(
        found(r#""a": { "member": "x", "after": ["b"] }"#, r#", "output": ["c"]"#, &[1]),
        ["nodes.a.after[0]", "output[0]"]
    );
    let circle = r#""a": { "member": "x", "after": ["b"] }, "b": { "member": "y", "after": ["a"] }"#;
    assert_eq!(found(circle, "", &[1, 1]), ["nodes"]);
    let endless = r#""a": { "member": "x", "start": true, "after": ["b"] }, "b": { "member": "y", "after": ["a"] }"#;
    assert_eq!(found(endless, r#", "output": ["b"]"#, &[1, 1]), ["nodes.a.after", "nodes.b.after"]);
    assert_eq!(found(PARALLEL, r#", "runs_max": 0"#, &[1, 1, 1, 3]), ["nodes.d.member", "runs_max"]);
}
