//! From a file that could be read to a scenario in which nothing is wrong.
//!
//! Everything wrong is collected, each with its place. One file for each part of a scenario. This module must not know
//! how a scenario is played; names that are registered in Rust are kept as they are.
//!
//! ```
//! use moot_scenario::{Format, parse};
//!
//! let problems = parse("folkmoot: 1\nname: x\n", "x.yaml", Format::Yaml, &[]).unwrap_err();
//! assert!(problems.to_string().contains("the field `agents` is missing"));
//! ```

mod agents;
mod cast;
mod councils;
mod expect;
mod faults;
mod harness;
pub(crate) mod paths;
mod prices;
mod rest;
mod supervision;
mod task_file;
mod tasks;
pub(crate) mod trust;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::file::{Check, measure};
use crate::secrets::Secrets;
use crate::source::Sources;
use crate::tree::expand::Expanded;
use crate::tree::{Node, Part, TreePath};
use crate::trust::TrustItem;
use crate::{Problem, Problems, Scenario, ScenarioFile, Settings};

/// How many problems are collected before the rest is left for the next time.
const PROBLEMS_MAX: usize = 50;

/// What the checks of all parts share: the file with its places, and what was found wrong.
pub(crate) struct Checker<'a> {
    file: &'a ScenarioFile,
    tree: &'a Node,
    sources: Sources,
    /// The folder of the scenario file; `None` when it was not read from one.
    folder: Option<&'a Path>,
    trust: bool,
    folders_replaced: bool,
    trust_needed: Vec<TrustItem>,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

/// What there is to check.
pub(crate) struct Subject<'a> {
    /// The file as it was read, variables replaced.
    pub(crate) file: ScenarioFile,
    /// The tree that it was read from.
    pub(crate) tree: &'a Node,
    /// The texts that the tree was read from.
    pub(crate) sources: Sources,
    /// The folder of the scenario file; `None` when it was not read from one.
    pub(crate) folder: Option<&'a Path>,
    pub(crate) settings: &'a Settings,
    pub(crate) expanded: Expanded,
    pub(crate) secrets: Secrets,
}

/// Checks a file that was read and resolves it.
///
/// # Errors
/// Everything that was found wrong.
pub(crate) fn check(subject: Subject<'_>) -> Result<Scenario, Problems> {
    let Subject { file, tree, sources, folder, settings, expanded, secrets } = subject;
    let (trust, folders_replaced) = (settings.trust, settings.folders_replaced);
    let (problems, warnings) = (Vec::new(), Vec::new());
    let trust_needed = Vec::new();
    let mut checker =
        Checker { file: &file, tree, sources, folder, trust, folders_replaced, trust_needed, problems, warnings };
    checker.check_environment(&expanded.uses);
    checker.check_rest();
    let (workspace_folder, notes_folder) = checker.check_folders();
    let harness = checker.check_harness();
    checker.check_agents(&harness);
    let tasks = checker.check_tasks();
    let seating = checker.check_councils();
    checker.check_faults();
    checker.check_prices_known(&harness, seating.as_ref());
    // Who takes part can only be counted out when every name leads somewhere.
    let cast = seating.filter(|_| checker.problems.is_empty()).and_then(|seating| checker.cast(&seating));
    if let Some(cast) = &cast {
        checker.check_hook_agents(cast);
        checker.check_fault_places(cast);
    }
    let supervision = checker.check_supervision(cast.as_ref());
    if let (Some(cast), Some(tasks)) = (&cast, &tasks) {
        checker.check_expect(cast, tasks);
    }
    let places = checker.places();
    let Checker { problems, warnings, sources, trust_needed, .. } = checker;
    if let Some(problems) = Problems::collect(problems) {
        return Err(problems);
    }
    let (Some(cast), Some(tasks), Some(supervision)) = (cast, tasks, supervision) else {
        return Err(Problem::of_file("scenario", "it could not be resolved, and no reason was found").into());
    };
    let full_names = file.measure.iter().filter_map(|name| measure::full_name(name)).collect();
    Ok(Scenario {
        name: file.name.clone(),
        description: file.description.clone(),
        seed: file.seed,
        models: file.models.iter().map(|(name, options)| (name.clone(), options.clone())).collect(),
        tools: file.tools.clone(),
        agents: cast.agents,
        templates: cast.templates,
        harness: Arc::new(harness),
        councils: cast.councils,
        supervision: Arc::new(supervision),
        restarts_max: file.limits.restarts,
        root: cast.root,
        tasks,
        at_once: file.tasks.at_once,
        mailbox_max: usize::try_from(file.limits.mailbox).unwrap_or(usize::MAX),
        workspace: file.workspace.files.clone(),
        workspace_folder,
        notes_folder,
        measure: full_names,
        tolerate_failed: file.tolerate.failed,
        faults: file.faults.clone(),
        checks_invariants: file.check.as_ref().is_some_and(|checks| checks.contains(&Check::Invariants)),
        expect: file.expect.clone(),
        source_hash: hash(&sources, &expanded, settings, &secrets),
        trust_needed,
        warnings: Problems::collect(warnings).map_or_else(Vec::new, |warnings| warnings.masked(&secrets).into_list()),
        secrets,
        runs: Vec::new(),
        compare: None,
        file: Arc::new(file),
        places,
        originals: expanded.originals.into(),
    })
}

/// blake3 over every text that was read, variables that are no secrets included, each led by its length so that no two
/// lists of texts look alike.
fn hash(sources: &Sources, expanded: &Expanded, settings: &Settings, secrets: &Secrets) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut add = |text: &str| {
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        hasher.update(&length.to_le_bytes());
        hasher.update(text.as_bytes());
    };
    sources.iter().for_each(|source| add(&source.text));
    let is_secret = |name: &str| secrets.names().any(|secret| secret == name);
    let names: BTreeSet<&str> = expanded.uses.iter().map(|found| found.name.as_str()).collect();
    for name in names.into_iter().filter(|name| !is_secret(name)) {
        add(name);
        add(settings.environment.get(name).unwrap_or(""));
    }
    hasher.finalize().to_hex().to_string()
}

impl Checker<'_> {
    /// A problem at a path.
    fn problem(&self, path: &TreePath, part: Part, message: impl Into<String>) -> Problem {
        self.sources.problem(self.tree.place(path, part), message)
    }

    /// Keeps a problem.
    fn report(&mut self, problem: Problem) {
        if self.problems.len() < PROBLEMS_MAX && !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Keeps a problem of the value at a path.
    fn report_value(&mut self, path: &TreePath, message: impl Into<String>) {
        let problem = self.problem(path, Part::Value, message);
        self.report(problem);
    }

    /// Keeps what a room's own check of its options found: paths relative to the options, and messages.
    fn report_options(&mut self, base: &TreePath, problems: impl IntoIterator<Item = (String, String)>) {
        for (path, message) in problems {
            self.report_value(&base.join(&path), message);
        }
    }

    /// Keeps a problem with a declared name that is no name.
    fn check_name(&mut self, path: &TreePath, part: Part, name: &str) {
        if let Err(error) = moot_core::path::check_name(name) {
            let problem = self.problem(path, part, error.to_string());
            self.report(problem.expecting("a name of letters, digits, `_`, `-` and `.`, at most 64 characters long"));
        }
    }
}

/// The path of a key at the root.
fn root(key: &str) -> TreePath {
    TreePath::default().key(key)
}
