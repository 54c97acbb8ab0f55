//! Tests of the tree: who stands where, what is wrong, what is warned of, and how it is drawn.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use super::*;
use crate::supervision::{SupervisionOptions, SupervisionProblem};

const CAST: [&str; 9] = [
    "world/ledger",
    "world/tools",
    "world/model/m",
    "judge",
    "juror[0]",
    "juror[1]",
    "juror[2]",
    "jury",
    "jury/clerk[0]",
];

fn options(json: &str) -> SupervisionOptions {
    serde_json::from_str(json).unwrap()
}

fn resolve(json: &str) -> Result<SupervisionTree, Vec<SupervisionProblem>> {
    let paths = CAST.map(|path| ActorPath::new(path).unwrap());
    SupervisionTree::resolve(&options(json), &paths, &["helper".to_owned()])
}

/// The children of a supervisor, by name.
fn children(tree: &SupervisionTree, name: &str) -> Vec<String> {
    let node = tree.nodes().iter().find(|node| node.name == name).unwrap();
    let name = |child: &TreeChild| match child {
        TreeChild::Actor { path, .. } => path.to_string(),
        TreeChild::Supervisor { node, .. } => format!("+{}", tree.nodes()[*node].name),
    };
    node.children.iter().map(name).collect()
}

fn problems(json: &str) -> Vec<String> {
    resolve(json).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn without_options_everything_stands_under_the_root() {
    let tree = resolve("{}").unwrap();
    assert_eq!(tree.nodes().len(), 1);
    assert_eq!(children(&tree, "root"), CAST);
    let at_limits: Vec<AtLimit> = tree.nodes()[0].children.iter().map(|child| child.spec().at_limit).collect();
    assert_eq!(at_limits[..3], [AtLimit::Escalate; 3], "without what serves all, nobody can go on");
    assert_eq!(at_limits[3..], [AtLimit::Isolate; 6], "one juror that is lost is not the whole jury");
    assert_eq!(tree.nodes()[0].policy.counted, Counted::Each);
    assert_eq!(tree.places().count(), CAST.len());
    assert_eq!(tree.nodes()[0].machine().children(), CAST.len());
}

#[test]
fn what_serves_all_is_not_isolated_whatever_is_said() {
    let tree = resolve(r#"{ "root": { "at_limit": "isolate" } }"#).unwrap();
    let at_limits: Vec<AtLimit> = tree.nodes()[0].children.iter().map(|child| child.spec().at_limit).collect();
    assert_eq!((&at_limits[..3], &at_limits[3..]), (&[AtLimit::Escalate; 3][..], &[AtLimit::Isolate; 6][..]));
}

#[test]
fn names_stand_for_groups_and_the_more_particular_name_goes_first() {
    let tree = resolve(
        r#"{ "root": { "children": ["debate", "judge"] },
             "debate": { "strategy": "rest_for_one", "children": ["juror", "bench"] },
             "bench": { "children": ["juror[1]", "jury"] } }"#,
    )
    .unwrap();
    assert_eq!(children(&tree, "root"), ["world/ledger", "world/tools", "world/model/m", "+debate", "judge"]);
    assert_eq!(children(&tree, "debate"), ["juror[0]", "juror[2]", "+bench"]);
    assert_eq!(children(&tree, "bench"), ["juror[1]", "jury", "jury/clerk[0]"]);
    let bench = tree.nodes().iter().find(|node| node.name == "bench").unwrap();
    assert_eq!((bench.path.as_str(), bench.under), ("world/supervisor/bench", Some(Under { node: 1, child: 2 })));
    let shutdowns: Vec<Shutdown> = tree.nodes()[1].children.iter().map(|child| child.spec().shutdown).collect();
    assert_eq!(shutdowns, [Shutdown::WORKER, Shutdown::WORKER, Shutdown::SUPERVISOR]);
    let order: Vec<usize> = tree.nodes().iter().filter_map(|node| node.under).map(|under| under.node).collect();
    assert!(order.iter().zip(1..).all(|(above, node)| *above < node), "each stands behind its own supervisor");
}

#[test]
fn a_supervisor_that_nobody_names_stands_under_the_root_before_the_unnamed() {
    let tree = resolve(r#"{ "bench": { "children": ["juror"] } }"#).unwrap();
    let expected = ["world/ledger", "world/tools", "world/model/m", "+bench", "judge", "jury", "jury/clerk[0]"];
    assert_eq!(children(&tree, "root"), expected);
    let bench = &tree.nodes()[1];
    assert_eq!(bench.policy.counted, Counted::Together);
    assert!(bench.children.iter().all(|child| child.spec().at_limit == AtLimit::Escalate));
}

#[test]
fn a_child_says_more_than_its_supervisor_and_that_more_than_the_default() {
    let tree = resolve(
        r#"{ "bench": { "shutdown": "1s", "children": [
               { "name": "juror", "restart": "transient", "shutdown": "brutal_kill" }, "judge", "inner"] },
             "inner": { "children": ["jury"] } }"#,
    )
    .unwrap();
    let specs: Vec<&ChildSpec> = tree.nodes()[1].children.iter().map(TreeChild::spec).collect();
    assert_eq!((specs[0].restart, specs[0].shutdown), (RestartType::Transient, Shutdown::BrutalKill));
    assert_eq!((specs[3].restart, specs[3].shutdown.to_string()), (RestartType::Permanent, "1.000 s".to_owned()));
    assert_eq!(specs[4].shutdown, Shutdown::Infinity, "a supervisor's own limits end the wait for it");
}

#[test]
fn a_root_with_another_strategy_isolates_nobody() {
    let tree = resolve(r#"{ "root": { "strategy": "one_for_all" } }"#).unwrap();
    assert_eq!(tree.nodes()[0].policy.counted, Counted::Together);
    assert!(tree.nodes()[0].children.iter().all(|child| child.spec().at_limit == AtLimit::Escalate));
}

#[test]
fn started_agents_stand_beside_their_parent_or_where_their_kind_is_named() {
    let tree = resolve(r#"{ "bench": { "children": ["juror"] } }"#).unwrap();
    let (node, spec) = tree.started(0, "helper");
    assert_eq!((node, spec.restart, spec.at_limit), (0, RestartType::Temporary, AtLimit::Isolate));
    let (node, spec) = tree.started(1, "helper");
    assert_eq!((node, spec.restart, spec.at_limit), (1, RestartType::Temporary, AtLimit::Escalate));
    let named = r#"{ "bench": { "children": ["juror", { "name": "helper", "restart": "transient" }] } }"#;
    let (node, spec) = resolve(named).unwrap().started(0, "helper");
    assert_eq!((node, spec.restart), (1, RestartType::Transient));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (json, expected) in [
        (r#"{ "bench": { "children": ["jurro"] } }"#, "bench.children[0]: there is nobody called `jurro`"),
        (r#"{ "bench": { "children": ["clerk"] } }"#, "bench.children[0]: there is nobody called `clerk`"),
        (r#"{ "bench": { "children": ["juror[3]"] } }"#, "bench.children[0]: there is nobody called `juror[3]`"),
        (
            r#"{ "bench": { "children": ["judge", "judge"] } }"#,
            "bench.children[1]: `judge` stands under `bench` already",
        ),
        (
            r#"{ "a": { "children": ["judge"] }, "b": { "children": ["judge"] } }"#,
            "b.children[0]: `judge` stands under `a` already",
        ),
        (r#"{ "jury": {} }"#, "jury: `jury` is the name of an agent or a council; choose another for the supervisor"),
        (
            r#"{ "helper": {} }"#,
            "helper: `helper` is the name of an agent or a council; choose another for the supervisor",
        ),
        (r#"{ "a": { "children": ["root"] } }"#, "a.children[0]: `root` stands above all others and under nobody"),
        (r#"{ "a": { "children": ["a"] } }"#, "a.children[0]: the supervisor `a` stands under itself"),
        (r#"{ "a": { "intensity": 2000 } }"#, "a.intensity: 2000 is not allowed; it must be from 0 to 1000"),
    ] {
        assert_eq!(problems(json), [expected], "{json}");
    }
    let three = r#"{ "a": { "children": ["b"] }, "b": { "children": ["c"] }, "c": { "children": ["a"] } }"#;
    assert_eq!(problems(three), ["a.children[0]: supervisors stand under each other: a -> b -> c -> a"]);
}

#[test]
fn copies_in_a_council_are_pointed_to() {
    let unknown = resolve(r#"{ "bench": { "children": ["clerk"] } }"#).unwrap_err().remove(0);
    assert_eq!(unknown.unknown.as_deref(), Some("clerk"));
    assert_eq!(unknown.hint.as_deref(), Some("its copies are called `jury/clerk`"));
}

#[test]
fn too_many_levels_are_refused() {
    let level = |number: usize| format!(r#""s{number:02}": {{ "children": ["s{:02}"] }}"#, number + 1);
    let levels = |count: usize| {
        let above: Vec<String> = (0..count - 1).map(level).collect();
        format!(r#"{{ {}, "s{:02}": {{}} }}"#, above.join(", "), count - 1)
    };
    assert!(resolve(&levels(16)).is_ok());
    let found = problems(&levels(17));
    assert_eq!(found, ["s16: it stands under 16 supervisors besides the root; at most 15 are allowed"]);
}

#[test]
fn restarts_that_multiply_are_warned_of_once() {
    let nested = |outer: u32, inner: u32| {
        format!(
            r#"{{ "a": {{ "intensity": {outer}, "children": ["b"] }}, "b": {{ "intensity": {inner}, "children": ["judge"] }} }}"#
        )
    };
    assert_eq!(resolve(&nested(3, 3)).unwrap().warnings(), [], "3 x 3 x 3 is what three usual supervisors have");
    let warnings = resolve(&nested(3, 4)).unwrap().warnings();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].is_warning);
    let expected = "b.intensity: restarts multiply over supervisors: root over a over b may restart a child 36 times \
                    before they give up";
    assert_eq!(warnings[0].to_string(), expected);
    assert_eq!(resolve(&nested(10, 10)).unwrap().warnings()[0].path, "a.intensity", "where it begins to be too much");
    assert_eq!(resolve(r#"{ "root": { "intensity": 100 } }"#).unwrap().warnings().len(), 1);
    assert_eq!(resolve(r#"{ "root": { "intensity": 0 }, "a": { "intensity": 99 } }"#).unwrap().warnings(), []);
}

#[test]
fn a_tree_is_drawn_within_80_columns() {
    let tree = resolve(
        r#"{ "root": { "children": ["debate", { "name": "judge", "restart": "transient", "shutdown": "brutal_kill" }] },
             "debate": { "strategy": "rest_for_one", "intensity": 1, "period": "1m", "auto_shutdown": "all_significant",
                         "backoff": { "min": "0s", "max": "90s" }, "consecutive_max": 4,
                         "children": [{ "name": "juror", "restart": "transient", "significant": true }, "bench"] },
             "bench": { "children": ["juror[1]", "jury", { "name": "helper", "restart": "temporary" }] } }"#,
    )
    .unwrap();
    let expected = "\
root: one_for_one, 3 restarts in 5s for each child
├─ world/ledger: permanent
├─ world/tools: permanent
├─ world/model/m: permanent
├─ debate: rest_for_one, 1 restart in 1m, at most 4 crashes in a row,
│     waits from 0s to 90s, ends with its significant children, permanent
│  ├─ juror[0]: transient, significant
│  ├─ juror[2]: transient, significant
│  └─ bench: one_for_one, 3 restarts in 5s, permanent
│     ├─ juror[1]: permanent
│     ├─ jury: permanent
│     ├─ jury/clerk[0]: permanent
│     └─ helper: started by agents, temporary
└─ judge: transient, killed at once
";
    assert_eq!(tree.draw(), expected);
    let long = "x".repeat(64);
    let paths = [ActorPath::new(&format!("{long}/{long}[0]")).unwrap()];
    let tree = SupervisionTree::resolve(&SupervisionOptions::new(), &paths, &[]).unwrap();
    assert!(tree.draw().lines().all(|line| line.chars().count() <= 80), "{}", tree.draw());
}
