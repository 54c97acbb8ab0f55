//! A file that holds several runs: each is laid over the rest of the file and is then a scenario like any other.
//!
//! This module must not know what the keys mean, except for those of which only one at a time makes sense.
//!
//! ```
//! use moot_scenario::{Format, parse};
//!
//! let text = "
//! folkmoot: 1
//! name: two-days
//! models: { m: { scripted: { steps: [{ say: hello }] } } }
//! agents: { a: { model: m } }
//! coordination: a
//! runs:
//!   - { name: monday, tasks: { list: [Greet.] } }
//!   - { name: tuesday, tasks: { list: [Greet again.] }, agents: { a: { instructions: Be brief. } } }
//! ";
//! let scenario = parse(text, "x.yaml", Format::Yaml, &[]).unwrap();
//! let names: Vec<&str> = scenario.plays().iter().map(|run| run.name.as_str()).collect();
//! assert_eq!((scenario.name.as_str(), names), ("two-days", vec!["monday", "tuesday"]));
//! assert_eq!(scenario.runs[1].agents[0].instructions.as_deref(), Some("Be brief."));
//! ```

use std::collections::BTreeSet;
use std::path::Path;

use crate::check::trust::declared_secrets;
use crate::secrets::Secrets;
use crate::source::Sources;
use crate::tree::{Entry, Node, Value, merge};
use crate::{Problem, Problems, Scenario, Settings, build_one};

/// How many runs a file may hold.
pub(crate) const RUNS_MAX: usize = 100;

/// Keys that a run replaces as a whole: a merged one would come from two sources, follow two patterns, or expect what
/// belongs to another run.
const WHOLE: [&str; 3] = ["tasks", "coordination", "expect"];

/// The keys that belong to the file and not to a run.
const NOT_IN_RUNS: [&str; 3] = ["folkmoot", "runs", "compare"];

/// From a tree with `runs` to the last of them, with all of them in it.
pub(crate) fn build(
    mut tree: Node,
    sources: &Sources,
    folder: Option<&Path>,
    settings: &Settings,
) -> Result<Scenario, Problems> {
    let Some(entry) = take(&mut tree, "runs") else {
        return build_one(tree, sources, folder, settings, &BTreeSet::new());
    };
    let items = items(&entry, sources)?;
    let mut problems = check_items(items, sources);
    if tree.entry("name").is_none() {
        let problem = sources.problem(tree.mark, "the field `name` is missing");
        problems.push(problem.hinting("add `name: ...` to the file"));
    }
    if let Some(problems) = Problems::collect(problems) {
        return Err(problems);
    }
    problems = Vec::new();
    let mut runs: Vec<Scenario> = Vec::new();
    // What is secret in one run is no less so in another, which may show what the first one only used.
    let declared = items.iter().chain([&tree]).flat_map(declared_secrets).collect();
    for item in items {
        let mut merged = tree.clone();
        merge::over(&mut merged, item, &WHOLE);
        match build_one(merged, sources, folder, settings, &declared) {
            Ok(mut run) => {
                // Runs of one file are read from the same texts, and are not the same.
                run.source_hash = hash(&run);
                runs.push(run);
            }
            Err(found) => {
                for problem in found.iter() {
                    if !problems.contains(problem) {
                        problems.push(problem.clone());
                    }
                }
            }
        }
    }
    if let Some(problems) = Problems::collect(problems) {
        return Err(problems);
    }
    let secrets = runs.iter().fold(Secrets::default(), |all, run| all.and(&run.secrets));
    for run in &mut runs {
        run.secrets = secrets.clone();
    }
    let missing = || Problem::of_file("scenario", "there are no runs");
    let mut whole = runs.last().cloned().ok_or_else(missing)?;
    whole.trust_needed = Vec::new();
    for item in runs.iter().flat_map(|run| &run.trust_needed) {
        if !whole.trust_needed.contains(item) {
            whole.trust_needed.push(item.clone());
        }
    }
    whole.warnings = all_warnings(runs.iter());
    whole.name = name(&tree).unwrap_or(&whole.name).to_owned();
    whole.description = text(&tree, "description").map(str::to_owned);
    whole.runs = runs;
    Ok(whole)
}

/// The warnings of several scenarios, each once.
pub(crate) fn all_warnings<'s>(scenarios: impl Iterator<Item = &'s Scenario>) -> Vec<Problem> {
    let mut all: Vec<Problem> = Vec::new();
    for warning in scenarios.flat_map(|scenario| &scenario.warnings) {
        if !all.contains(warning) {
            all.push(warning.clone());
        }
    }
    all
}

/// Takes the entry of a key out of a map.
pub(crate) fn take(tree: &mut Node, key: &str) -> Option<Entry> {
    let Value::Map(entries) = &mut tree.value else { return None };
    let index = entries.iter().position(|entry| entry.key == key)?;
    Some(entries.remove(index))
}

fn items<'e>(entry: &'e Entry, sources: &Sources) -> Result<&'e [Node], Problems> {
    let problem = |message: String| {
        sources.problem(entry.key_mark, message).expecting("a list of maps, each with a `name` and what it changes")
    };
    match &entry.node.value {
        Value::List(items) if items.is_empty() => Err(problem("there are no runs".to_owned()).into()),
        Value::List(items) if items.len() > RUNS_MAX => {
            Err(problem(format!("{} runs are too many; at most {RUNS_MAX} are allowed", items.len())).into())
        }
        Value::List(items) => Ok(items),
        _ => Err(problem(format!("{} can't stand here", entry.node.describe())).into()),
    }
}

/// Runs have names that differ, and change nothing that belongs to the file.
fn check_items(items: &[Node], sources: &Sources) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut names = BTreeSet::new();
    for item in items {
        let Value::Map(entries) = &item.value else {
            let problem = sources.problem(item.mark, format!("a run is a map, not {}", item.describe()));
            problems.push(problem.hinting("write `- { name: ..., tasks: ... }`"));
            continue;
        };
        for entry in entries.iter().filter(|entry| NOT_IN_RUNS.contains(&entry.key.as_str())) {
            problems.push(sources.problem(entry.key_mark, format!("a run can't change `{}`", entry.key)));
        }
        match name(item) {
            Some(found) if !names.insert(found) => {
                let mark = item.entry("name").map_or(item.mark, |entry| entry.node.mark);
                problems.push(sources.problem(mark, format!("two runs are named `{found}`")));
            }
            Some(_) => {}
            None if item.entry("name").is_some() => {} // What is no name is told when the run is read.
            None => {
                problems.push(sources.problem(item.mark, "this run has no name").hinting("add `name: ...` to it"));
            }
        }
    }
    problems
}

fn name(tree: &Node) -> Option<&str> {
    text(tree, "name")
}

fn text<'t>(tree: &'t Node, key: &str) -> Option<&'t str> {
    match &tree.entry(key)?.node.value {
        Value::Text(text) => Some(text),
        Value::Number(_, spelling) => Some(spelling),
        _ => None,
    }
}

fn hash(run: &Scenario) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(run.source_hash.as_bytes());
    hasher.update(run.name.as_bytes());
    hasher.finalize().to_hex().to_string()
}
