//! Checks of the agents: names, models, tools, counts, limits.
//!
//! This module must not know who sits in which council.
//!
//! ```
//! use moot_scenario::{Format, parse};
//!
//! let text = "
//! folkmoot: 1
//! name: x
//! models: { m: { stochastic: { accuracy: 0.6 } } }
//! agents: { a: { model: n } }
//! coordination: a
//! tasks: { list: [y] }
//! ";
//! let problems = parse(text, "x.yaml", Format::Yaml, &[]).unwrap_err().to_string();
//! assert!(problems.contains("there is no model `n`"), "{problems}");
//! ```

use std::collections::BTreeSet;

use moot_tool::builtin::kit;

use super::{Checker, root};
use crate::ScenarioFile;
use crate::file::coordination::INLINE_COUNCIL;
use crate::file::{AgentOptions, Coordination};
use crate::harness::HarnessPlan;
use crate::tree::{Part, TreePath};

/// A name that participants can't have, because it means the world itself.
const WORLD: &str = "world";

impl Checker<'_> {
    pub(super) fn check_agents(&mut self, harness: &HarnessPlan) {
        let file = self.file;
        if file.agents.is_empty() {
            let problem = self.problem(&root("agents"), Part::Key, "there are no agents");
            self.report(problem.hinting("declare at least one, such as `agents: { juror: { model: juror } }`"));
        }
        for (name, options) in &file.agents {
            let path = root("agents").key(name);
            self.check_participant(&path, name);
            if file.councils.contains_key(name) {
                let message = format!("`{name}` names an agent and a council");
                let problem = self.problem(&root("councils").key(name), Part::Key, message);
                self.report(problem.hinting("give one of the two another name"));
            }
            self.check_agent(&path, options);
            self.check_agent_harness(&path, options, &harness.skills);
        }
        for name in file.councils.keys() {
            self.check_participant(&root("councils").key(name), name);
        }
    }

    /// A name that an agent or a council can have.
    fn check_participant(&mut self, path: &TreePath, name: &str) {
        self.check_name(path, Part::Key, name);
        let taken_by = match name {
            WORLD => "the world itself is called",
            INLINE_COUNCIL if matches!(self.file.coordination, Coordination::Pattern(_)) => {
                "the council that stands under `coordination` is called"
            }
            _ => return,
        };
        let problem = self.problem(path, Part::Key, format!("{taken_by} `{name}`"));
        self.report(problem.hinting("choose another name"));
    }

    fn check_agent(&mut self, path: &TreePath, options: &AgentOptions) {
        let file = self.file;
        if !file.models.contains_key(&options.model) {
            let message = format!("there is no model `{}`", options.model);
            let problem = self.problem(&path.key("model"), Part::Value, message);
            self.report(problem.among(&options.model, file.models.keys().map(String::as_str)));
        }
        if options.count == Some(0) {
            let problem = self.problem(&path.key("count"), Part::Value, "a group of 0 agents is none");
            self.report(problem.expecting("a whole number, at least 1"));
        }
        let mut seen = BTreeSet::new();
        for (index, tool) in options.tools.iter().enumerate() {
            let path = path.key("tools").index(index);
            if !seen.insert(tool) {
                self.report_value(&path, format!("`{tool}` is named twice"));
            }
            self.check_tool(&path, tool);
        }
        let problems = options.limits.check().into_iter().map(|problem| (problem.path, problem.message));
        self.report_options(&path.key("limits"), problems);
    }

    /// The name of a tool that there is.
    pub(super) fn check_tool(&mut self, path: &TreePath, name: &str) {
        let file = self.file;
        if !kit::is_name(name) && !file.tools.contains_key(name) {
            let known = known_tools(file);
            let problem = self.problem(path, Part::Value, format!("there is no tool `{name}`"));
            self.report(problem.among(name, known));
        }
    }
}

/// The names of all tools that the scenario may name.
pub(super) fn known_tools(file: &ScenarioFile) -> Vec<&str> {
    let mut known: Vec<&str> = kit::names().collect();
    known.extend(file.tools.keys().map(String::as_str));
    known
}
