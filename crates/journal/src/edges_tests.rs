//! Costs by edge: on which edge a call counts, exact sums whatever happens, and the table.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use moot_core::{ModelFailure, ModelFailureKind, ModelReply, Outcome};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::testing::{Run, every_kind, jury_run, path};
use crate::{CostTree, Summary};

fn edges_of(events: &[Event]) -> CostEdges {
    let mut edges = CostEdges::new();
    events.iter().for_each(|event| edges.push(event));
    edges
}

fn assigned(task: u32, from: &str) -> EventKind {
    EventKind::Assigned { task: TaskId(task), round: 0, from: path(from), prompt: "p".into(), brief: None }
}

fn ended(task: u32) -> EventKind {
    EventKind::TaskEnded { task: TaskId(task), outcome: Outcome::decided("A") }
}

fn attempt(task: u32, tokens: Option<u64>, picodollars: Option<u64>, failed: bool) -> EventKind {
    let (task, call, attempt, model) = (TaskId(task), 0, 0, "small".into());
    let usage = tokens.map(|tokens| Usage::new(tokens, 1));
    let cost = picodollars.map(|amount| Money::from_picodollars(u128::from(amount)));
    if failed {
        let failure = ModelFailure { usage, ..ModelFailure::new(ModelFailureKind::Timeout, "slow") };
        EventKind::ModelFailed { task, call, attempt, model, failure, cost }
    } else {
        let reply = ModelReply { usage, ..ModelReply::text("A") };
        EventKind::ModelReplied { task, call, attempt, model, reply, cost }
    }
}

/// Every edge as `from > to assignments calls tokens`.
fn outline(edges: &CostEdges) -> Vec<String> {
    let line = |edge: CostEdge<'_>| {
        let (CallTotals { calls, usage, .. }, assignments) = (edge.totals, edge.assignments);
        format!("{} > {} {assignments} {calls} {}", edge.from, edge.to, usage.total_tokens())
    };
    edges.edges().map(line).collect()
}

#[test]
fn a_jury_by_edge() {
    let edges = edges_of(&jury_run(2));
    let juror = |index: u32| format!("council > juror[{index}] 2 2 320");
    assert_eq!(outline(&edges), [juror(0), juror(1), juror(2), "world > council 2 0 0".to_owned()]);
    assert!(edges.sums_agree());
}

#[test]
fn a_call_belongs_to_the_assignment_that_its_agent_works_on() {
    let mut run = Run::new();
    run.add("lead", assigned(0, "world"));
    run.add("lead", attempt(0, Some(100), Some(10), false));
    // Two councils share an agent, on two tasks at once.
    run.add("clerk", assigned(0, "left"));
    run.add("clerk", attempt(0, Some(1), Some(1), false));
    run.add("clerk", assigned(1, "right"));
    run.add("clerk", attempt(1, Some(10), Some(1), true));
    // An attempt of the first task that ends late.
    run.add("clerk", attempt(0, Some(1), Some(1), true));
    // The orchestrator's own, and a summary of its transcript.
    run.add("lead", attempt(0, Some(100), Some(10), false));
    run.add("lead/compaction", attempt(0, Some(5), Some(1), false));
    run.add("lead/scout[0]", assigned(0, "lead"));
    run.add("lead/scout[0]", attempt(0, Some(7), Some(1), false));
    run.add("world", ended(0));
    // Later still: by its last assignment. Somebody of whom nothing is known: the world's.
    run.add("clerk", attempt(0, Some(2), Some(1), true));
    run.add("stranger", attempt(0, Some(3), Some(1), false));
    let edges = edges_of(&run.events);
    let expected = [
        "lead > lead/compaction 0 1 6",
        "lead > lead/scout[0] 1 1 8",
        "left > clerk 1 2 4",
        "right > clerk 1 2 14",
        "world > lead 1 2 202",
        "world > stranger 0 1 4",
    ];
    assert_eq!(outline(&edges), expected);
    assert!(edges.sums_agree());
    assert_eq!(edges.totals().known_cost(), Some(Money::from_picodollars(27)));
    assert!(edges.open.keys().all(|task| *task == TaskId(1)), "tasks that ended are not kept");
}

#[test]
fn every_kind_of_event_is_taken_in() {
    let events = every_kind();
    let edges = edges_of(&events);
    assert!(edges.sums_agree());
    assert_eq!(edges.totals().calls, 4);
}

#[test]
fn a_sum_that_does_not_agree_is_seen() {
    let mut edges = edges_of(&jury_run(1));
    edges.edges.values_mut().next_back().unwrap().1.cost += Money::from_picodollars(1);
    assert!(!edges.sums_agree());
}

const TABLE: &str = "
from  to            assignments calls tokens    USD
lead  lead/scout[0]           1     2    11+ 0.011+
world lead                    1     1     13  0.012
all                           2     3    24+ 0.023+
+ is at least: of 3 calls, the tokens of 1 and the cost of 1 are unknown
";

#[test]
fn the_table_ends_with_the_totals_and_keeps_to_80_columns() {
    let mut run = Run::new();
    run.add("lead", assigned(0, "world"));
    run.add("lead", attempt(0, Some(12), Some(12_000_000_000), false));
    run.add("lead/scout[0]", assigned(0, "lead"));
    run.add("lead/scout[0]", attempt(0, Some(10), Some(11_000_000_000), false));
    run.add("lead/scout[0]", attempt(0, None, None, true));
    assert_eq!(format!("\n{}", edges_of(&run.events)), TABLE);

    let mut long = Run::new();
    let (name, mut above) = ("n".repeat(64), "world".to_owned());
    for _ in 0..4 {
        let below = if above == "world" { name.clone() } else { format!("{above}/{name}") };
        long.add(&below, assigned(0, &above));
        long.add(&below, attempt(0, Some(u64::MAX), Some(u64::MAX), true));
        above = below;
    }
    let table = edges_of(&long.events).to_string();
    assert!(table.lines().all(|line| line.chars().count() <= 80), "\n{table}");
}

#[test]
fn the_edges_are_written_as_objects() {
    let json = serde_json::to_value(edges_of(&jury_run(2))).unwrap();
    assert_eq!(json["totals"]["calls"], 6);
    let first = &json["edges"][0];
    assert_eq!((&first["from"], &first["to"]), (&"council".into(), &"juror[0]".into()));
    assert_eq!((&first["assignments"], &first["totals"]["calls"]), (&2.into(), &2.into()));
}

proptest! {
    /// Whatever the order and however senseless: every attempt counts on exactly one edge.
    #[test]
    fn the_edges_always_sum_to_the_summary(steps in vec((0..5_u32, 0..3_u32, 0..7_usize, 0..7_usize, any::<bool>()), 0..200)) {
        let names = ["world", "top", "top/in", "juror[0]", "juror[1]", "juror[1]/scout[0]", "top/in/a/b"];
        let mut run = Run::new();
        for (what, task, actor, other, known) in steps {
            let kind = match what {
                0 => assigned(task, names[other]),
                1 => ended(task),
                2 => attempt(task, None, known.then_some(3), true),
                _ => attempt(task, known.then_some(u64::from(what)), known.then_some(u64::MAX), false),
            };
            run.add(names[actor], kind);
        }
        let (edges, mut summary, mut tree) = (edges_of(&run.events), Summary::new(), CostTree::new());
        run.events.iter().for_each(|event| summary.push(event));
        run.events.iter().for_each(|event| tree.push(event));
        prop_assert!(edges.sums_agree());
        prop_assert_eq!(edges.totals(), summary.calls());
        prop_assert_eq!(edges.totals(), tree.root().totals());
        prop_assert!(edges.to_string().lines().all(|line| line.chars().count() <= 80));
    }
}
