//! The cost tree: who stands below whom, exact sums whatever happens, and its table.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use moot_core::{ModelFailure, ModelFailureKind, ModelReply, Outcome};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::Summary;
use crate::testing::{Run, every_kind, jury_run, path};

fn tree_of(events: &[Event]) -> CostTree {
    let mut tree = CostTree::new();
    events.iter().for_each(|event| tree.push(event));
    tree
}

fn summary_of(events: &[Event]) -> Summary {
    let mut summary = Summary::new();
    events.iter().for_each(|event| summary.push(event));
    summary
}

fn assigned(task: u32, from: &str) -> EventKind {
    EventKind::Assigned { task: TaskId(task), round: 0, from: path(from), prompt: "p".into(), brief: None }
}

fn spawned(task: u32, agent: &str) -> EventKind {
    EventKind::AgentSpawned { task: TaskId(task), agent: path(agent), kind: "scout".into(), tools: Vec::new() }
}

/// An attempt whose tokens and cost are known or not.
fn attempt(task: u32, tokens: Option<u64>, picodollars: Option<u64>, failed: bool) -> EventKind {
    let (task, call, attempt, model): (_, _, _, Text) = (TaskId(task), 0, 0, "small".into());
    let usage = tokens.map(|tokens| Usage { cached_input_tokens: tokens / 2, ..Usage::new(tokens, 1) });
    let cost = picodollars.map(|amount| Money::from_picodollars(u128::from(amount)));
    if failed {
        let failure = ModelFailure { usage, ..ModelFailure::new(ModelFailureKind::Timeout, "slow") };
        EventKind::ModelFailed { task, call, attempt, model, failure, cost }
    } else {
        let reply = ModelReply { usage, ..ModelReply::text("A") };
        EventKind::ModelReplied { task, call, attempt, model, reply, cost }
    }
}

/// Every node as `depth name calls`, from the top.
fn outline(tree: &CostTree) -> Vec<String> {
    fn add(lines: &mut Vec<String>, node: CostNode<'_>, depth: usize) {
        lines.push(format!("{depth} {} {}", node.name(), node.totals().calls));
        node.children().for_each(|child| add(lines, child, depth + 1));
    }
    let mut lines = Vec::new();
    add(&mut lines, tree.root(), 0);
    lines
}

/// The totals of each agent's own attempts, wherever it stands.
fn by_agent(tree: &CostTree) -> BTreeMap<ActorPath, CallTotals> {
    let mut agents: BTreeMap<ActorPath, CallTotals> = BTreeMap::new();
    for node in &tree.nodes {
        for CostAttempt { usage, cost, failed, .. } in &node.attempts {
            let CostName::Actor(path) = &node.name else { panic!("{:?} made a call", node.name) };
            agents.entry(path.clone()).or_default().add(*usage, *cost, *failed);
        }
    }
    agents
}

#[test]
fn a_jury_stands_below_its_council_and_that_below_the_task() {
    let events = jury_run(2);
    let tree = tree_of(&events);
    let task = |number: u32| {
        [format!("1 task {number} 3"), "2 council 3".to_owned()]
            .into_iter()
            .chain((0..3).map(|k| format!("3 juror[{k}] 1")))
    };
    let expected: Vec<String> = ["0 run 6".to_owned()].into_iter().chain(task(0)).chain(task(1)).collect();
    assert_eq!(outline(&tree), expected);
    assert!(tree.sums_agree());
    assert_eq!(tree.root().totals().known_cost(), Some(Money::from_picodollars(6 * 42_000_000)));
    let council = tree.root().children().next().unwrap().children().next().unwrap();
    assert_eq!((council.attempts().len(), council.totals().usage), (0, Usage::new(360, 120)));
}

#[test]
fn each_way_of_standing_below_somebody() {
    type Rows = Vec<(&'static str, EventKind)>;
    let one = || attempt(0, Some(1), Some(1), false);
    let cases: [(&str, Rows, &[&str]); 9] = [
        ("an agent that the world assigns", vec![("a", assigned(0, "world")), ("a", one())], &["1 task 0 1", "2 a 1"]),
        ("an agent that nobody assigned", vec![("a", one())], &["1 task 0 1", "2 a 1"]),
        (
            "councils inside councils",
            vec![("top", assigned(0, "world")), ("in", assigned(0, "top")), ("a", assigned(0, "in")), ("a", one())],
            &["1 task 0 1", "2 top 1", "3 in 1", "4 a 1"],
        ),
        (
            "a spawned agent and its own, whatever the paths",
            vec![("lead", assigned(0, "world")), ("lead", spawned(0, "x[0]")), ("x[0]", spawned(0, "y")), ("y", one())],
            &["1 task 0 1", "2 lead 1", "3 x[0] 1", "4 y 1"],
        ),
        (
            "a spawned agent that goes on in another task is found by its path",
            vec![("lead", assigned(1, "world")), ("lead/scout[0]", attempt(1, None, None, false))],
            &["1 task 1 1", "2 lead 1", "3 lead/scout[0] 1"],
        ),
        (
            "a path inside another by its text alone is not below it",
            vec![("lead", assigned(0, "world")), ("leader/scout", one())],
            &["1 task 0 1", "2 lead 0", "2 leader/scout 1"],
        ),
        (
            "one agent in two councils counts under that which assigned it last",
            vec![
                ("a", assigned(0, "c1")),
                ("a", one()),
                ("a", assigned(0, "c2")),
                ("a", one()),
                ("a", one()),
                ("a", assigned(0, "c1")),
                ("a", one()),
            ],
            &["1 task 0 4", "2 c1 2", "3 a 2", "2 c2 2", "3 a 2"],
        ),
        (
            "two that assign each other work don't nest without end",
            vec![("a", assigned(0, "b")), ("b", assigned(0, "a")), ("a", assigned(0, "b")), ("a", one()), ("b", one())],
            &["1 task 0 2", "2 b 2", "3 a 1"],
        ),
        ("who assigns itself", vec![("a", assigned(0, "a")), ("a", one())], &["1 task 0 1", "2 a 1"]),
    ];
    for (what, rows, expected) in cases {
        let mut run = Run::new();
        rows.into_iter().for_each(|(actor, kind)| run.add(actor, kind));
        let tree = tree_of(&run.events);
        assert_eq!(outline(&tree)[1..], *expected, "{what}");
        assert!(tree.sums_agree(), "{what}");
    }
}

#[test]
fn a_chain_of_any_length_makes_a_tree_that_can_be_walked() {
    let mut run = Run::new();
    run.add("a[0]", assigned(0, "world"));
    for index in 1..5_000_u32 {
        run.add(&format!("a[{index}]"), assigned(0, &format!("a[{}]", index - 1)));
        run.add(&format!("a[{index}]"), attempt(0, Some(1), Some(1), false));
    }
    let tree = tree_of(&run.events);
    assert_eq!(tree.root().totals().calls, 4_999);
    assert!(tree.sums_agree());
    assert!(tree.nodes.iter().all(|node| node.depth <= DEPTH_MAX + 1));
    assert_eq!(by_agent(&tree).len(), 4_999);
    assert!(tree.to_string().lines().all(|line| line.chars().count() <= 80));
    assert!(serde_json::to_string(&tree).unwrap().len() > 4_999);
}

#[test]
fn a_total_that_does_not_agree_is_seen_wherever_it_stands() {
    let tree = tree_of(&jury_run(1));
    for place in 0..tree.nodes.len() {
        let mut wrong = tree.clone();
        wrong.nodes[place].totals.cost += Money::from_picodollars(1);
        assert!(!wrong.sums_agree(), "node {place}");
    }
    let mut lost = tree;
    let agent = lost.nodes.iter().position(|node| !node.attempts.is_empty()).unwrap();
    lost.nodes[agent].attempts.clear();
    assert!(!lost.sums_agree());
}

#[test]
fn every_kind_of_event_is_taken_in() {
    let events = every_kind();
    let tree = tree_of(&events);
    assert_eq!(tree.root().totals(), summary_of(&events).calls());
    assert!(tree.sums_agree());
}

const TABLE: &str = "
               calls failed input cached output     USD
run                4      1   32+    16+     3+ 0.0325+
  task 0           3      1   22+    11+     2+  0.022+
    lead           3      1   22+    11+     2+  0.022+
      scout[0]     2      1   10+     5+     1+   0.01+
  task 1           1      0    10      5      1  0.0105
    solo           1      0    10      5      1  0.0105
+ is at least: of 4 calls, the tokens of 1 and the cost of 1 are unknown
";

const TABLE_OF_ATTEMPTS: &str = "
                       calls failed input cached output     USD
run                        4      1   32+    16+     3+ 0.0325+
  task 0                   3      1   22+    11+     2+  0.022+
    lead                   3      1   22+    11+     2+  0.022+
      call 0.0 small                   12      6      1   0.012
      scout[0]             2      1   10+     5+     1+   0.01+
        call 0.0 small                 10      5      1    0.01
        call 0.0 small          yes     ?      ?      ?       ?
";

/// Two tasks, a spawned agent, and an attempt of which nothing is known.
fn small_run() -> Vec<Event> {
    let mut run = Run::new();
    run.add("lead", assigned(0, "world"));
    run.add("lead", attempt(0, Some(12), Some(12_000_000_000), false));
    run.add("lead", spawned(0, "lead/scout[0]"));
    run.add("lead/scout[0]", attempt(0, Some(10), Some(10_000_000_000), false));
    run.add("lead/scout[0]", attempt(0, None, None, true));
    run.add("solo", assigned(1, "world"));
    run.add("solo", attempt(1, Some(10), Some(10_500_000_000), false));
    run.add("solo", EventKind::Finished { task: TaskId(1), round: 0, outcome: Outcome::decided("A") });
    run.events
}

#[test]
fn the_table_is_indented_and_says_what_is_not_known() {
    let tree = tree_of(&small_run());
    assert_eq!(format!("\n{tree}"), TABLE);
    let with_attempts = format!("\n{tree:#}");
    assert!(with_attempts.starts_with(TABLE_OF_ATTEMPTS), "{with_attempts}");
    let known = tree_of(&jury_run(1)).to_string();
    assert!(!known.contains('+') && known.lines().count() == 1 + 6, "{known}");
}

#[test]
fn the_largest_numbers_and_longest_names_keep_to_80_columns() {
    let mut run = Run::new();
    let name = "n".repeat(64);
    let mut above = "world".to_owned();
    for _ in 0..6 {
        let below = if above == "world" { name.clone() } else { format!("{above}/{name}") };
        run.add(&below, assigned(u32::MAX, &above));
        run.add(&below, attempt(u32::MAX, Some(u64::MAX), Some(u64::MAX), true));
        above = below;
    }
    let (model, cost) = ("\u{1f41d}\n\u{202e}".into(), Some(Money::from_picodollars(u128::MAX)));
    let (task, reply) = (TaskId(u32::MAX), ModelReply::text(""));
    run.add(&above, EventKind::ModelReplied { task, call: u32::MAX, attempt: u32::MAX, model, reply, cost });
    let table = format!("{:#}", tree_of(&run.events));
    assert!(table.lines().all(|line| line.chars().count() <= 80), "\n{table}");
    assert!(table.chars().all(|character| character == '\n' || character == '…' || !character.is_control()));
    assert!(!table.contains('\u{1f41d}') && !table.contains('\u{202e}'), "\n{table}");
}

#[test]
fn the_tree_is_written_as_nested_objects() {
    let json = serde_json::to_value(tree_of(&small_run())).unwrap();
    let scout = &json["children"][0]["children"][0]["children"][0];
    assert_eq!((json["name"].as_str(), scout["name"].as_str()), (Some("run"), Some("lead/scout[0]")));
    assert_eq!(scout["totals"]["calls"], 2);
    assert_eq!(scout["attempts"][0]["cost"], "0.01");
    assert_eq!(scout["attempts"][1]["cost"], serde_json::Value::Null);
}

/// What some actor of a small world does on one of three tasks.
fn step() -> impl Strategy<Value = (&'static str, EventKind)> {
    let name = || {
        prop::sample::select(vec!["world", "top", "top/in", "juror[0]", "juror[1]", "juror[1]/scout[0]", "top/in/a/b"])
    };
    let task = 0..3_u32;
    let number = || prop::option::weighted(0.9, prop_oneof![9 => 0..1_000_u64, 1 => Just(u64::MAX)]);
    let assigned = (task.clone(), name()).prop_map(|(task, from)| assigned(task, from));
    let spawned = (task.clone(), name()).prop_map(|(task, agent)| spawned(task, agent));
    let called = (task, number(), number(), any::<bool>())
        .prop_map(|(task, tokens, picodollars, failed)| attempt(task, tokens, picodollars, failed));
    (name(), prop_oneof![3 => assigned, 1 => spawned, 6 => called])
}

proptest! {
    /// Whatever the order and however senseless: every attempt counts exactly once, and each level adds up.
    #[test]
    fn the_tree_always_sums_to_the_summary(steps in vec(step(), 0..200)) {
        let mut run = Run::new();
        steps.into_iter().for_each(|(actor, kind)| run.add(actor, kind));
        let (tree, summary) = (tree_of(&run.events), summary_of(&run.events));
        prop_assert!(tree.sums_agree());
        prop_assert_eq!(tree.root().totals(), summary.calls());
        prop_assert_eq!(by_agent(&tree), summary.agents());
        for (table, form) in [(tree.to_string(), "plain"), (format!("{tree:#}"), "with attempts")] {
            prop_assert!(table.lines().all(|line| line.chars().count() <= 80), "{}\n{}", form, table);
        }
    }
}
