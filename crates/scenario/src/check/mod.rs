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
mod rest;
mod task_file;
mod tasks;

use std::path::Path;
use std::sync::Arc;

use crate::file::measure;
use crate::source::Sources;
use crate::tree::{Node, Part, TreePath};
use crate::{Problem, Problems, Scenario, ScenarioFile};

/// How many problems are collected before the rest is left for the next time.
const PROBLEMS_MAX: usize = 50;

/// What the checks of all parts share: the file with its places, and what was found wrong.
pub(crate) struct Checker<'a> {
    file: &'a ScenarioFile,
    tree: &'a Node,
    sources: Sources,
    /// The folder of the scenario file; `None` when it was not read from one.
    folder: Option<&'a Path>,
    problems: Vec<Problem>,
}

/// Checks a file that was read and resolves it.
///
/// # Errors
/// Everything that was found wrong.
pub(crate) fn check(
    file: ScenarioFile,
    tree: &Node,
    sources: Sources,
    folder: Option<&Path>,
) -> Result<Scenario, Problems> {
    let mut checker = Checker { file: &file, tree, sources, folder, problems: Vec::new() };
    checker.check_rest();
    checker.check_agents();
    let tasks = checker.check_tasks();
    let seating = checker.check_councils();
    // Who takes part can only be counted out when every name leads somewhere.
    let cast = seating.filter(|_| checker.problems.is_empty()).and_then(|seating| checker.cast(&seating));
    if let (Some(cast), Some(tasks)) = (&cast, &tasks) {
        checker.check_expect(cast, tasks);
    }
    let Checker { problems, sources, .. } = checker;
    if let Some(problems) = Problems::collect(problems) {
        return Err(problems);
    }
    let (Some(cast), Some(tasks)) = (cast, tasks) else {
        return Err(Problem::of_file("scenario", "it could not be resolved, and no reason was found").into());
    };
    let full_names = file.measure.iter().filter_map(|name| measure::full_name(name)).map(str::to_owned).collect();
    Ok(Scenario {
        name: file.name.clone(),
        description: file.description.clone(),
        seed: file.seed,
        models: file.models.iter().map(|(name, options)| (name.clone(), options.clone())).collect(),
        tools: file.tools.clone(),
        agents: cast.agents,
        councils: cast.councils,
        root: cast.root,
        tasks,
        at_once: file.tasks.at_once,
        workspace: file.workspace.files.clone(),
        measure: full_names,
        tolerate_failed: file.tolerate.failed,
        expect: file.expect.clone(),
        source_hash: hash(&sources),
        file: Arc::new(file),
    })
}

/// blake3 over every text that was read, each led by its length so that no two lists of texts look alike.
fn hash(sources: &Sources) -> String {
    let mut hasher = blake3::Hasher::new();
    for source in sources.iter() {
        let length = u64::try_from(source.text.len()).unwrap_or(u64::MAX);
        hasher.update(&length.to_le_bytes());
        hasher.update(source.text.as_bytes());
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
