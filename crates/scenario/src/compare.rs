//! A file that names variants of itself: each is the file with some values set, and is then a scenario like any other.
//!
//! The tasks and the seed belong to the file, so that what variants give can be compared task by task. This module must
//! not know what the other keys mean, nor how variants are played.
//!
//! ```
//! use moot_scenario::{Format, parse};
//!
//! let text = "
//! folkmoot: 1
//! name: sizes
//! models: { m: { stochastic: { accuracy: 0.6 } } }
//! agents: { juror: { model: m, count: 5 } }
//! coordination: { vote: { members: [juror], rule: majority, ties: coin } }
//! tasks: { generate: { count: 10, choices: [A, B] } }
//! compare:
//!   variants:
//!     - { name: three, set: { agents.juror.count: 3 } }
//!     - { name: five/six }
//! ";
//! let problems = parse(text, "x.yaml", Format::Yaml, &[]).unwrap_err().to_string();
//! assert!(problems.contains("the character '/' is not allowed"), "{problems}");
//! let scenario = parse(&text.replace("five/six", "as it is"), "x.yaml", Format::Yaml, &[]).unwrap();
//! let compare = scenario.compare.as_ref().unwrap();
//! let agents: Vec<usize> = compare.variants.iter().map(|variant| variant.scenario.agents.len()).collect();
//! assert_eq!((scenario.agents.len(), agents), (5, vec![3, 5]));
//! ```

use std::collections::BTreeSet;
use std::path::Path;

use moot_core::PathError;
use moot_core::path::NAME_BYTES_MAX;
use serde::Deserialize;

use crate::equal;
use crate::file::{BaselineOptions, CompareOptions, Equal};
use crate::read::read;
use crate::runs::{all_warnings, take};
use crate::source::{Mark, Sources};
use crate::tree::{Entry, Node, Part, Segment, TreePath, Value, set};
use crate::{Problem, Problems, Scenario, Settings, build_one, explain, secrecy};

/// The key under which a comparison stands.
pub(crate) const KEY: &str = "compare";

/// How many variants a file may name.
const VARIANTS_MAX: usize = 100;

/// The keys that belong to the file and not to a variant, and why.
const NOT_IN_VARIANTS: [(&str, &str); 7] = [
    ("folkmoot", "the version is that of the file"),
    ("name", "its name is the variant's `name`"),
    ("seed", "all variants are played with the same seed"),
    ("measure", "the same metrics are shown of all variants"),
    ("expect", "what a scenario must come to is for `moot test`, which plays the file as it is"),
    ("compare", "a variant has no variants of its own"),
    ("runs", "a variant is one run"),
];

/// What is compared, checked and resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparePlan {
    /// The variants in order, at least one.
    pub variants: Vec<VariantPlan>,
    /// What is played beside them.
    pub baselines: BaselineOptions,
    /// What is made equal between the variants and the baseline `same_calls`.
    pub equal: Equal,
    /// The block as it was written, without its places.
    pub(crate) written: Node,
}

/// One variant.
#[derive(Debug, Clone, PartialEq)]
pub struct VariantPlan {
    /// Its name.
    pub name: String,
    /// What it shows, in a sentence.
    pub description: Option<String>,
    /// The whole scenario with the variant's changes. It has no comparison of its own.
    pub scenario: Scenario,
}

/// The block alone, to be read with its paths from the root.
#[derive(Deserialize)]
struct Block {
    compare: CompareOptions,
}

/// From a tree with `compare` to the scenario as it is written, with its variants.
pub(crate) fn build(
    mut tree: Node,
    sources: &Sources,
    folder: Option<&Path>,
    settings: &Settings,
) -> Result<Scenario, Problems> {
    let Some(entry) = take(&mut tree, KEY) else {
        return build_one(tree, sources, folder, settings, &BTreeSet::new());
    };
    if let Some(runs) = tree.entry("runs") {
        let message = "a file that compares variants holds one run, not several";
        return Err(sources.problem(runs.key_mark, message).hinting("put the runs into a file of their own").into());
    }
    let block = Node { mark: tree.mark, value: Value::Map(vec![entry.clone()]) };
    let mut found = Found::default();
    let options = match read::<Block>(&block) {
        Ok(block) => {
            found.add(check_variants(&block.compare, &entry, sources));
            Some(block.compare)
        }
        Err(errors) => {
            found.add(errors.iter().map(|error| explain::explain(error, &block, sources)));
            None
        }
    };
    // What is secret in the file is secret in each of its variants, whatever they change.
    let secrets = secrecy::declared_secrets(&tree);
    let base = build_one(tree.clone(), sources, folder, settings, &secrets);
    if let Err(problems) = &base {
        found.add(problems.iter().cloned());
    }
    let (Ok(mut base), Some(options)) = (base, options) else { return Err(found.problems()) };
    let mut variants = Vec::new();
    for (index, variant) in options.variants.iter().enumerate() {
        let changes = Changes::of(&entry.node, index, &mut found, sources);
        match changes.apply(&tree, sources, |tree, sources| build_one(tree, sources, folder, settings, &secrets)) {
            Ok(scenario) if scenario.tasks != base.tasks => {
                found.add_for(&variant.name, [changes.other_tasks(sources)])
            }
            Ok(mut scenario) => {
                scenario.source_hash = hash(&scenario.source_hash, &variant.name);
                let (name, description) = (variant.name.clone(), variant.description.clone());
                variants.push(VariantPlan { name, description, scenario });
            }
            Err(problems) => found.add_for(&variant.name, problems.iter().cloned()),
        }
    }
    let unknown = equal::unknown(&options, &variants).map(|unknown| {
        let mark = entry.node.place(&TreePath::default().key("equal"), Part::Value);
        sources.problem(mark, unknown.message).hinting(unknown.hint)
    });
    found.add(unknown);
    if found.is_something() {
        return Err(found.problems());
    }
    for item in variants.iter().flat_map(|variant| &variant.scenario.trust_needed) {
        if !base.trust_needed.contains(item) {
            base.trust_needed.push(item.clone());
        }
    }
    base.warnings = all_warnings(std::iter::once(&base).chain(variants.iter().map(|variant| &variant.scenario)));
    let written = unplaced(&entry.node);
    base.compare = Some(ComparePlan { variants, baselines: options.baselines, equal: options.equal, written });
    Ok(base)
}

/// What was found wrong, each thing once however many variants it is in.
#[derive(Default)]
struct Found {
    problems: Vec<Problem>,
    /// What was found in a variant, before its name was put to it.
    in_variants: Vec<Problem>,
}

impl Found {
    fn add(&mut self, problems: impl IntoIterator<Item = Problem>) {
        for problem in problems {
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
        }
    }

    /// What is wrong in a variant and not in the file as it is. Its name is told, as the place alone may be one that is
    /// right for the others.
    fn add_for(&mut self, variant: &str, problems: impl IntoIterator<Item = Problem>) {
        for problem in problems {
            if !self.problems.contains(&problem) && !self.in_variants.contains(&problem) {
                let message = format!("in the variant `{variant}`: {}", problem.message);
                self.in_variants.push(problem.clone());
                self.problems.push(Problem { message, ..problem });
            }
        }
    }

    const fn is_something(&self) -> bool {
        !self.problems.is_empty()
    }

    fn problems(self) -> Problems {
        let nothing = || Problem::of_file("scenario", "the comparison could not be resolved, and no reason was found");
        Problems::collect(self.problems).unwrap_or_else(|| nothing().into())
    }
}

/// The changes of one variant, in the order of their paths: what a path leads to is set before what lies in it.
struct Changes<'t> {
    changes: Vec<(TreePath, &'t Entry)>,
    /// Where the variant stands.
    mark: Mark,
}

impl<'t> Changes<'t> {
    /// What the variant of this index changes; tells which changes make no sense in any file.
    fn of(block: &'t Node, index: usize, found: &mut Found, sources: &Sources) -> Self {
        let path = TreePath::default().key("variants").index(index);
        let mark = block.place(&path, Part::Value);
        let entries = match block.find(&path.key("set")).map(|node| &node.value) {
            Some(Value::Map(entries)) => entries.as_slice(),
            _ => &[],
        };
        let mut changes: Vec<(TreePath, &Entry)> = Vec::new();
        for entry in entries {
            match TreePath::parse(&entry.key) {
                Err(error) => {
                    let problem = sources.problem(entry.key_mark, format!("this is no path: {error}"));
                    found.add([problem.expecting("a path such as agents.juror.count or tasks.list[0].prompt")]);
                }
                Ok(path) => {
                    found.add(forbidden(&path).map(|(key, why)| {
                        let message = format!("a variant can't change `{key}`: {why}");
                        sources.problem(entry.key_mark, message)
                    }));
                    if changes.iter().any(|(other, _)| *other == path) {
                        found.add([sources.problem(entry.key_mark, format!("`{path}` is set twice"))]);
                    }
                    changes.push((path, entry));
                }
            }
        }
        changes.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self { changes, mark }
    }

    /// The scenario with these changes. What comes from them counts as a source of its own, as with `--set`, so that an
    /// error tells a slip in them from one in the file.
    fn apply(
        &self,
        tree: &Node,
        sources: &Sources,
        build: impl FnOnce(Node, &Sources) -> Result<Scenario, Problems>,
    ) -> Result<Scenario, Problems> {
        let (mut tree, mut sources) = (tree.clone(), sources.clone());
        let own = sources.repeat(0);
        let moved = |mark: Mark| if mark.source == 0 { Mark { source: own, ..mark } } else { mark };
        for (_, entry) in &self.changes {
            let mut value = entry.node.clone();
            value.each_mark(&mut |mark| *mark = moved(*mark));
            set::put(&mut tree, &sources, &entry.key, moved(entry.key_mark), value)?;
        }
        build(tree, &sources)
    }

    fn other_tasks(&self, sources: &Sources) -> Problem {
        let changed = self.changes.iter().find(|(path, _)| path.0.first() == Some(&Segment::Key("tasks".to_owned())));
        let mark = changed.map_or(self.mark, |(_, entry)| entry.key_mark);
        sources.problem(mark, "its tasks are not those of the file, so it can't be compared task by task").hinting(
            "of `tasks`, a variant may change `at_once`; what differs for the agents goes into their `instructions`",
        )
    }
}

/// The key of the file that a path would change although it belongs to all variants.
fn forbidden(path: &TreePath) -> Option<(&'static str, &'static str)> {
    let Some(Segment::Key(first)) = path.0.first() else { return None };
    NOT_IN_VARIANTS.into_iter().find(|(key, _)| key == first)
}

/// There are variants, not too many, and their names are names and differ.
fn check_variants(options: &CompareOptions, entry: &Entry, sources: &Sources) -> Vec<Problem> {
    let variants = TreePath::default().key("variants");
    let place = |path: &TreePath| entry.node.place(path, Part::Value);
    let amount = match options.variants.len() {
        0 => Some("there are no variants".to_owned()),
        count if count > VARIANTS_MAX => {
            Some(format!("{count} variants are too many; at most {VARIANTS_MAX} are allowed"))
        }
        _ => None,
    };
    let mut problems: Vec<Problem> = Vec::new();
    problems.extend(amount.map(|message| {
        let problem = sources.problem(place(&variants), message);
        problem.expecting("a list of maps, each with a `name` and what it changes under `set`")
    }));
    let mut names = BTreeSet::new();
    for (index, variant) in options.variants.iter().enumerate() {
        let mark = place(&variants.index(index).key("name"));
        if let Err(error) = check_name(&variant.name) {
            let problem = sources.problem(mark, error.to_string());
            problems
                .push(problem.expecting("words of letters, digits, `_`, `-` and `.`, at most 64 characters together"));
        } else if !names.insert(&variant.name) {
            problems.push(sources.problem(mark, format!("two variants are named `{}`", variant.name)));
        }
    }
    problems
}

/// A variant is shown and never addressed, so its name may be several words.
fn check_name(name: &str) -> Result<(), PathError> {
    match name.len() {
        length if length > NAME_BYTES_MAX => Err(PathError::TooLong { length }),
        _ => name.split(' ').try_for_each(moot_core::path::check_name),
    }
}

/// The same tree without places, so that what is read from elsewhere can be equal.
fn unplaced(node: &Node) -> Node {
    let mut node = node.clone();
    node.each_mark(&mut |mark| *mark = Mark::default());
    node
}

/// Variants of one file are read from the same texts, and are not the same.
fn hash(source_hash: &str, variant: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(source_hash.as_bytes());
    hasher.update(variant.as_bytes());
    hasher.finalize().to_hex().to_string()
}
