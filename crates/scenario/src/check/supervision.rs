//! Checks of the supervisors: every name leads to somebody, no supervisor stands under itself, every option is in range;
//! and the tree that follows.
//!
//! What the options mean is said in `moot_safety`; here they are given the names of a scenario and a place. This module
//! must not know how anything is restarted.
//!
//! ```
//! use moot_scenario::{Format, parse};
//!
//! let text = "
//! folkmoot: 1
//! name: x
//! models: { m: { stochastic: { accuracy: 0.6 } } }
//! agents: { clerk: { model: m } }
//! coordination: clerk
//! tasks: { list: [y] }
//! supervision: { office: { children: [clrek] } }
//! ";
//! let problems = parse(text, "x.yaml", Format::Yaml, &[]).unwrap_err().to_string();
//! assert!(problems.contains("did you mean `clerk`?"), "{problems}");
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use moot_core::{ActorPath, PathError};
use moot_safety::supervision::{SupervisionProblem, SupervisionTree, servants};

use super::cast::Cast;
use super::{Checker, root};
use crate::Problem;
use crate::scenario::{CouncilPlan, Places};
use crate::source::Mark;
use crate::tree::{Entry, Part, TreePath, Value};

impl Checker<'_> {
    /// The supervisors with all that stands under them; `None` when something was found wrong. Names can only be looked
    /// up when it is known who takes part.
    pub(super) fn check_supervision(&mut self, cast: Option<&Cast>) -> Option<SupervisionTree> {
        let file = self.file;
        for name in file.supervision.keys() {
            self.check_name(&root("supervision").key(name), Part::Key, name);
        }
        let Some(cast) = cast else {
            for (name, options) in &file.supervision {
                let below = options.check(name).into_iter().map(|problem| (problem.path, problem.message));
                self.report_options(&root("supervision").key(name), below);
            }
            return None;
        };
        let actors = match self.in_order_of_start(cast) {
            Ok(actors) => actors,
            Err(error) => {
                self.report_value(&root("models"), error.to_string());
                return None;
            }
        };
        let kinds: Vec<String> = cast.templates.iter().map(|template| template.path.to_string()).collect();
        match SupervisionTree::resolve(&file.supervision, &actors, &kinds) {
            Ok(tree) => {
                for warning in tree.warnings() {
                    let problem = self.supervision_problem(&warning);
                    self.warnings.push(Problem { message: format!("warning: {}", problem.message), ..problem });
                }
                Some(tree)
            }
            Err(problems) => {
                for found in problems {
                    let mut problem = self.supervision_problem(&found);
                    if let Some(name) = &found.unknown {
                        let known = SupervisionTree::known_names(&file.supervision, &actors, &kinds);
                        let nearest = problem.clone().among(name, known);
                        problem = Problem { hint: found.hint.or(nearest.hint), ..nearest };
                    }
                    self.report(problem);
                }
                None
            }
        }
    }

    fn supervision_problem(&self, found: &SupervisionProblem) -> Problem {
        // A supervisor's name may hold dots, so it is no path; what comes after it is.
        let names = self.file.supervision.keys();
        let name = names.filter(|name| is_below(&found.path, name)).max_by_key(|name| name.len());
        let (path, part) = match name {
            None => (root("supervision"), Part::Value),
            Some(name) if *name == found.path => (root("supervision").key(name), Part::Key),
            Some(name) => {
                let below = found.path.get(name.len() + 1..).unwrap_or_default();
                (self.nearest_place(root("supervision").key(name), below), Part::Value)
            }
        };
        let problem = self.problem(&path, part, &*found.message);
        Problem { hint: found.hint.clone(), ..problem }
    }

    /// The place of what lies below, or of the name of a child that is a map.
    fn nearest_place(&self, base: TreePath, below: &str) -> TreePath {
        let path = base.join(below);
        let named = path.key("name");
        if self.tree.find(&named).is_some() { named } else { path }
    }

    /// All actors but the recorder: what serves, then agents by path, then councils, each after its members.
    fn in_order_of_start(&self, cast: &Cast) -> Result<Vec<ActorPath>, PathError> {
        let mut actors = servants(self.file.models.keys().map(String::as_str))?;
        actors.extend(cast.agents.iter().map(|agent| agent.path.clone()));
        actors.extend(after_members(&cast.councils));
        Ok(actors)
    }

    /// Where every agent and council is declared.
    pub(super) fn places(&self) -> Places {
        let entries = |key: &str| match self.tree.entry(key).map(|entry| &entry.node.value) {
            Some(Value::Map(entries)) => entries.as_slice(),
            _ => &[],
        };
        let declared: Vec<&Entry> = entries("agents").iter().chain(entries("councils")).collect();
        let marks: Vec<Mark> = declared.iter().map(|entry| entry.key_mark).collect();
        let names = declared.into_iter().map(|entry| entry.key.clone());
        let declared = names.zip(self.sources.lines(&marks)).collect::<BTreeMap<_, _>>().into();
        Places { declared, folder: self.folder.map(Path::to_path_buf) }
    }
}

/// Whether a problem's path is that of a supervisor or of something of it.
fn is_below(path: &str, name: &str) -> bool {
    path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The councils in the order in which they are started: always the first by path whose members are all there.
fn after_members(councils: &[CouncilPlan]) -> Vec<ActorPath> {
    let number: BTreeMap<&ActorPath, usize> =
        councils.iter().enumerate().map(|(number, council)| (&council.path, number)).collect();
    let mut missing: Vec<usize> = Vec::new();
    let mut awaited_by: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut ready = BTreeSet::new();
    for (this, council) in councils.iter().enumerate() {
        let inner: BTreeSet<usize> = council.members.iter().filter_map(|member| number.get(member).copied()).collect();
        missing.push(inner.len());
        if inner.is_empty() {
            ready.insert(this);
        }
        inner.into_iter().for_each(|inner| awaited_by.entry(inner).or_default().push(this));
    }
    let mut order = Vec::new();
    while let Some(this) = ready.pop_first() {
        order.extend(councils.get(this).map(|council| council.path.clone()));
        for waiting in awaited_by.remove(&this).unwrap_or_default() {
            let Some(missing) = missing.get_mut(waiting) else { continue };
            *missing -= 1;
            if *missing == 0 {
                ready.insert(waiting);
            }
        }
    }
    order
}
