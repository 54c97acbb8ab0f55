//! Checks of the parts that stand for themselves: name, models, tools, workspace, measure, tolerance, limits.
//!
//! This module must not know the other parts.
//!
//! ```
//! use moot_scenario::{Format, parse};
//!
//! let text = "
//! folkmoot: 1
//! name: x
//! models: { m: { stochastic: { accuracy: 0.6 } } }
//! agents: { a: { model: m } }
//! coordination: a
//! tasks: { list: [y] }
//! measure: [acuracy]
//! ";
//! let problems = parse(text, "x.yaml", Format::Yaml, &[]).unwrap_err().to_string();
//! assert!(problems.contains("did you mean `accuracy`?"), "{problems}");
//! ```

use std::collections::BTreeSet;

use moot_tool::builtin::kit;
use moot_tool::workspace::{FILE_BYTES_MAX, FILES_MAX, WORKSPACE_BYTES_MAX, check_path};

use super::{Checker, root};
use crate::file::{ToolOptions, measure};
use crate::scenario::FolderPlan;
use crate::tree::Part;

impl Checker<'_> {
    pub(super) fn check_rest(&mut self) {
        let file = self.file;
        self.check_name(&root("name"), Part::Value, &file.name);
        for (name, options) in &file.models {
            let path = root("models").key(name);
            self.check_name(&path, Part::Key, name);
            self.report_options(&path, options.check().into_iter().map(|problem| (problem.path, problem.message)));
        }
        self.check_tools();
        self.check_workspace();
        self.check_measure();
        if !(0.0..=1.0).contains(&file.tolerate.failed) {
            let message = format!("{} is not a share of the tasks", file.tolerate.failed);
            let problem = self.problem(&root("tolerate").key("failed"), Part::Value, message);
            self.report(problem.expecting("a number from 0 to 1"));
        }
        let limits = &file.limits;
        for (key, limit) in [("agents", limits.agents), ("tasks", limits.tasks), ("mailbox", limits.mailbox)] {
            if limit == 0 || limit > u64::from(u32::MAX) {
                let path = root("limits").key(key);
                let problem = self.problem(&path, Part::Value, format!("{limit} is not allowed"));
                self.report(problem.expecting(format!("a whole number from 1 to {}", u32::MAX)));
            }
        }
    }

    fn check_tools(&mut self) {
        for (name, ToolOptions::Custom(options)) in &self.file.tools {
            let path = root("tools").key(name);
            self.check_name(&path, Part::Key, name);
            if kit::is_name(name) {
                let problem = self.problem(&path, Part::Key, format!("`{name}` is the name of a built-in tool"));
                self.report(problem.hinting("choose another name"));
            }
            if options.name.trim().is_empty() {
                self.report_value(&path.key("custom").key("name"), "the name is empty");
            }
        }
    }

    /// The real folders of the workspace and the notes.
    pub(super) fn check_folders(&mut self) -> (Option<FolderPlan>, Option<FolderPlan>) {
        let file = self.file;
        let mut folder = |key: &str, named: &Option<String>| {
            named.as_deref().and_then(|named| self.check_folder(&root(key).key("folder"), named))
        };
        let folders = (folder("workspace", &file.workspace.folder), folder("notes", &file.notes.folder));
        if let (Some(workspace), Some(notes)) = &folders
            && (workspace.path.starts_with(&notes.path) || notes.path.starts_with(&workspace.path))
        {
            let message = "the folders of `workspace` and `notes` lie in one another, so agents could change the notes";
            let problem = self.problem(&root("notes").key("folder"), Part::Value, message);
            self.report(problem.hinting("give the notes a folder beside that of the workspace"));
        }
        folders
    }

    fn check_workspace(&mut self) {
        let files = &self.file.workspace.files;
        let base = root("workspace").key("files");
        if files.len() > FILES_MAX {
            self.report_value(&base, format!("{} files are too many; at most {FILES_MAX} are allowed", files.len()));
        }
        let total: usize = files.values().map(String::len).sum();
        if total > WORKSPACE_BYTES_MAX {
            let message = format!("the files hold {total} bytes; at most {WORKSPACE_BYTES_MAX} are allowed");
            self.report_value(&base, message);
        }
        for (name, text) in files {
            if let Err(error) = check_path(name) {
                let problem = self.problem(&base.key(name), Part::Key, error.to_string());
                self.report(problem.expecting("a relative path such as notes/plan.md"));
            }
            if text.len() > FILE_BYTES_MAX {
                let message = format!("the file holds {} bytes; at most {FILE_BYTES_MAX} are allowed", text.len());
                let problem = self.problem(&base.key(name), Part::Key, message);
                self.report(problem);
            }
        }
    }

    fn check_measure(&mut self) {
        let mut seen = BTreeSet::new();
        for (index, name) in self.file.measure.iter().enumerate() {
            let path = root("measure").index(index);
            match measure::full_name(name) {
                None => {
                    let problem = self.problem(&path, Part::Value, format!("there is no metric `{name}`"));
                    self.report(problem.among(name, measure::known_names()));
                }
                Some(full) if !seen.insert(full.clone()) => {
                    self.report_value(&path, format!("`{full}` is named twice"))
                }
                Some(_) => {}
            }
        }
    }
}
