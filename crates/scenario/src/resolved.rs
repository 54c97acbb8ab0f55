//! A scenario as it is kept with its runs: complete, with variables as they were written and not as what they held.
//!
//! This module must not know what is played.
//!
//! ```
//! use moot_scenario::{Environment, Format, Settings, parse_with};
//!
//! let text = "
//! folkmoot: 1
//! name: x
//! models: { m: { scripted: { steps: [{ say: hello }] } } }
//! agents: { a: { model: m, instructions: 'You are in ${CITY}.' } }
//! coordination: a
//! tasks: { list: [Greet.] }
//! ";
//! let settings = Settings { trust: true, environment: Environment::of([("CITY", "Ghent")]), ..Settings::default() };
//! let scenario = parse_with(text, "x.yaml", Format::Yaml, &settings).unwrap();
//! assert_eq!(scenario.agents[0].instructions.as_deref(), Some("You are in Ghent."));
//! assert!(scenario.resolved_json().contains("You are in ${CITY}."));
//! ```

use crate::compare::KEY;
use crate::source::Mark;
use crate::tree::{Entry, Node, Number, Segment, TreePath, Value, expand, json};
use crate::{Scenario, ScenarioFile, Secrets};

/// What is written.
pub(crate) enum Resolved<'a> {
    /// The file as it is, as nothing in it looks like a variable.
    File(&'a ScenarioFile),
    /// The file as a tree in which texts were changed, or that compares variants; or several runs.
    Tree(Node),
}

impl<'a> Resolved<'a> {
    /// What is to be written of a scenario.
    pub(crate) fn of(scenario: &'a Scenario) -> Self {
        if !scenario.runs.is_empty() {
            return Self::Tree(all_runs(scenario));
        }
        let text = serde_json::to_string(scenario.file()).unwrap_or_default();
        if !text.contains("${") && scenario.originals.is_empty() && scenario.compare.is_none() {
            return Self::File(scenario.file());
        }
        let mut tree = one(scenario, &text);
        if let (Some(plan), Value::Map(entries)) = (&scenario.compare, &mut tree.value) {
            // Variants are changes of what stands above, so they are kept as they were written.
            entries.push(Entry { key: KEY.to_owned(), key_mark: Mark::default(), node: plan.written.clone() });
        }
        Self::Tree(tree)
    }

    pub(crate) fn json(&self) -> String {
        match self {
            Self::File(file) => serde_json::to_string_pretty(file).unwrap_or_default(),
            Self::Tree(tree) => serde_json::to_string_pretty(tree).unwrap_or_default(),
        }
    }

    pub(crate) fn yaml(&self) -> String {
        let yaml = match self {
            Self::File(file) => serde_saphyr::to_string(file),
            Self::Tree(tree) => serde_saphyr::to_string(tree),
        };
        // JSON is YAML too, so there is always something to keep.
        yaml.unwrap_or_else(|_| self.json())
    }
}

/// One run as a tree: what was written with variables stands there as it was written, and all other texts so that they
/// are read back as they are.
fn one(scenario: &Scenario, text: &str) -> Node {
    let mut tree = json::parse(text, Mark::default()).unwrap_or(Node { mark: Mark::default(), value: Value::Null });
    escape(&mut tree, &scenario.secrets);
    for (path, original) in scenario.originals.iter() {
        if let Some(Node { value: Value::Text(text), .. }) = find(&mut tree, path) {
            original.clone_into(text);
        }
    }
    tree
}

fn escape(node: &mut Node, secrets: &Secrets) {
    match &mut node.value {
        Value::Text(text) => {
            let escaped = expand::escaped(text);
            // Where a text does not stand where it was read, at least what it holds stays secret.
            *text = secrets.mask(&escaped).into_owned();
        }
        Value::List(items) => items.iter_mut().for_each(|item| escape(item, secrets)),
        Value::Map(entries) => entries.iter_mut().for_each(|entry| escape(&mut entry.node, secrets)),
        _ => {}
    }
}

fn find<'n>(tree: &'n mut Node, path: &TreePath) -> Option<&'n mut Node> {
    let mut node = tree;
    for segment in &path.0 {
        node = match (segment, &mut node.value) {
            (Segment::Key(key), Value::Map(entries)) => &mut entries.iter_mut().find(|entry| entry.key == *key)?.node,
            (Segment::Index(index), Value::List(items)) => items.get_mut(*index)?,
            _ => return None,
        };
    }
    // A task that is just its prompt is written as a map.
    match &node.value {
        Value::Map(entries) if entries.first().is_some_and(|entry| entry.key == "prompt") => {
            let Value::Map(entries) = &mut node.value else { return None };
            entries.first_mut().map(|entry| &mut entry.node)
        }
        _ => Some(node),
    }
}

/// A file with each run in full.
fn all_runs(scenario: &Scenario) -> Node {
    let at = Mark::default();
    let entry = |key: &str, value: Value| Entry { key: key.to_owned(), key_mark: at, node: Node { mark: at, value } };
    let version = u64::from(scenario.file().folkmoot);
    let mut entries = vec![
        entry("folkmoot", Value::Number(Number::Unsigned(version), version.to_string())),
        entry("name", Value::Text(expand::escaped(&scenario.name))),
    ];
    entries
        .extend(scenario.description.as_deref().map(|text| entry("description", Value::Text(expand::escaped(text)))));
    let runs = scenario.runs.iter().map(|run| {
        let text = serde_json::to_string(run.file()).unwrap_or_default();
        let mut tree = one(run, &text);
        if let Value::Map(entries) = &mut tree.value {
            entries.retain(|entry| entry.key != "folkmoot");
        }
        tree
    });
    entries.push(entry("runs", Value::List(runs.collect())));
    Node { mark: at, value: Value::Map(entries) }
}
