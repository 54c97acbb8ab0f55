//! Who stands under which supervisor, what is wrong with a tree and what is warned of.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use moot_core::ActorPath;
use moot_safety::supervision::{RestartType, TreeChild};

use super::*;

/// Councils in a council, copies, and agents that are started by agents.
const CAST: &str = "folkmoot: 1
name: court
models: { m: { stochastic: { accuracy: 0.6 } } }
agents:
  judge: { model: m, tools: [spawn_agent], spawns: [helper] }
  helper: { model: m, on_demand: true }
  juror: { model: m, count: 2 }
  clerk: { model: m, count: 2 }
councils:
  jury: { vote: { members: [juror], rule: majority, ties: coin } }
  a-bench: { vote: { members: [jury, judge], rule: majority, ties: coin } }
  office: { vote: { members: [clerk], rule: majority, ties: coin, fresh: true } }
coordination:
  vote: { members: [a-bench, office, judge], rule: majority, ties: coin }
tasks: { list: [x] }
";

fn court(supervision: &str) -> Result<Scenario, Problems> {
    read(&format!("{CAST}supervision:\n{supervision}"))
}

fn names(scenario: &Scenario, supervisor: &str) -> Vec<String> {
    let nodes = scenario.supervision.nodes();
    let node = nodes.iter().find(|node| node.name == supervisor).unwrap();
    let name = |child: &TreeChild| match child {
        TreeChild::Actor { path, .. } => path.to_string(),
        TreeChild::Supervisor { node, .. } => format!("+{}", nodes[*node].name),
    };
    node.children.iter().map(name).collect()
}

#[test]
fn without_supervision_all_stand_under_the_root_in_the_order_of_start() {
    let scenario = read(CAST).unwrap();
    let servants = ["world/ledger", "world/memory", "world/person", "world/team", "world/tools", "world/model/m"];
    let agents = ["judge", "juror[0]", "juror[1]", "office/clerk[0]", "office/clerk[1]"];
    // `a-bench` waits for `jury`, and `council` for `a-bench`.
    let councils = ["jury", "a-bench", "office", "council"];
    assert_eq!(names(&scenario, "root"), [&servants[..], &agents, &councils].concat());
    assert_eq!(scenario.restarts_max, 10_000);
    assert_eq!(scenario.warnings, []);
}

#[test]
fn supervision_is_read_resolved_and_written_back() {
    let scenario = court(
        "  root: { children: [bench] }
  bench:
    strategy: rest_for_one
    backoff: { min: 50ms }
    children: [judge, { name: helper, restart: transient }, jury, people]
  people: { children: [juror, office] }
limits: { restarts: 7 }
",
    )
    .unwrap();
    assert_eq!(names(&scenario, "bench"), ["judge", "jury", "+people"]);
    assert_eq!(names(&scenario, "people"), ["juror[0]", "juror[1]", "office/clerk[0]", "office/clerk[1]", "office"]);
    assert_eq!(names(&scenario, "root")[5..], ["world/model/m", "+bench", "a-bench", "council"]);
    let (node, spec) = scenario.supervision.started(0, "helper");
    assert_eq!((node, spec.restart), (1, RestartType::Transient));
    assert_eq!(scenario.restarts_max, 7);
    let yaml = scenario.resolved_yaml();
    let again = read(&yaml).unwrap();
    assert_eq!(again.supervision, scenario.supervision, "{yaml}");
}

#[test]
fn names_that_lead_nowhere_are_told_with_the_nearest_one() {
    let shown = |supervision: &str| court(supervision).unwrap_err().to_string();
    let found = shown("  bench: { children: [judge, jurro] }\n");
    let expected = "jury.yaml:17:30: there is nobody called `jurro`
  17 |   bench: { children: [judge, jurro] }
     |                              ^^^^^
expected: `a-bench`, `bench`, `council`, `helper`, `judge`, `juror`, `jury`, `office`, `office/clerk`, `world/ledger`, \
                    `world/memory`, `world/model/m`, `world/person`, `world/team` or `world/tools`
help: did you mean `juror`?
";
    assert_eq!(found, expected);
    let found = shown("  bench: { children: [{ restart: transient, name: clerk }] }\n");
    assert!(found.contains("jury.yaml:17:51: there is nobody called `clerk`"), "{found}");
    assert!(found.contains("help: its copies are called `office/clerk`"), "{found}");
    let found = shown("  bench.a: { children: [world/tool] }\n");
    assert!(found.contains("jury.yaml:17:25: there is nobody called `world/tool`"), "{found}");
    assert!(found.contains("help: did you mean `world/tools`?"), "{found}");
}

#[test]
fn trees_that_can_not_be_are_told() {
    let shown = |supervision: &str| court(supervision).unwrap_err().to_string();
    let found = shown("  a: { children: [b] }\n  b: { children: [a] }\n");
    assert!(found.starts_with("jury.yaml:17:19: supervisors stand under each other: a -> b -> a\n"), "{found}");
    let found = shown("  a: { children: [a] }\n");
    assert!(found.starts_with("jury.yaml:17:19: the supervisor `a` stands under itself\n"), "{found}");
    let found = shown("  a: { children: [judge] }\n  b: { children: [judge] }\n");
    assert!(found.starts_with("jury.yaml:18:19: `judge` stands under `a` already\n"), "{found}");
    let found = shown("  judge: {}\n");
    assert!(found.starts_with("jury.yaml:17:3: `judge` is the name of an agent or a council"), "{found}");
    let found = shown("  a/b: {}\n");
    assert!(found.contains("jury.yaml:17:3: the character '/' is not allowed"), "{found}");
}

#[test]
fn options_out_of_range_are_told_also_when_nobody_is_known() {
    let wrong = "  a: { intensity: 5000, backoff: { factor: 0.5 }, shutdown: soon }\n";
    let found = court(wrong).unwrap_err().to_string();
    assert!(found.contains("`brutal_kill`, `infinity` or a duration such as 5s"), "{found}");
    let wrong = "  a: { intensity: 5000, backoff: { factor: 0.5 } }\n";
    for text in [format!("{CAST}supervision:\n{wrong}"), format!("{CAST}supervision:\n{wrong}measure: [nothing]\n")] {
        let found = read(&text).unwrap_err().to_string();
        assert!(found.contains("jury.yaml:17:19: 5000 is not allowed; it must be from 0 to 1000"), "{found}");
        assert!(found.contains("jury.yaml:17:44: 0.5 is not allowed; it must be from 1 to 10"), "{found}");
    }
}

#[test]
fn restarts_that_multiply_are_warned_of_with_their_place() {
    let scenario = court("  a: { intensity: 10, children: [judge] }\n").unwrap();
    let shown: Vec<String> = scenario.warnings.iter().map(ToString::to_string).collect();
    let expected = "jury.yaml:17:19: warning: restarts multiply over supervisors: root over a may restart a child 30 \
                    times before they give up
  17 |   a: { intensity: 10, children: [judge] }
     |                   ^^
help: lower an `intensity`: up to 27 in all is usual
";
    assert_eq!(shown, [expected]);
}

#[test]
fn it_is_known_where_everybody_is_declared() {
    let scenario = read(CAST).unwrap();
    let at = |path: &str| scenario.declared_at(&ActorPath::new(path).unwrap());
    assert_eq!(at("juror[1]"), Some("jury.yaml:7"));
    assert_eq!(at("office/clerk[0]"), Some("jury.yaml:8"));
    assert_eq!(at("a-bench"), Some("jury.yaml:11"));
    assert_eq!(at("judge/helper[3]"), Some("jury.yaml:6"));
    assert_eq!(at("world/tools"), None);
}
