//! Checks of the tasks: one source, choices that differ, answers that are among them, an amount that is allowed.
//!
//! This module must not know how tasks are played.
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
//! tasks: { generate: { count: 3, choices: [A, A] } }
//! ";
//! let problems = parse(text, "x.yaml", Format::Yaml, &[]).unwrap_err().to_string();
//! assert!(problems.contains("the choice `A` stands twice"), "{problems}");
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use moot_core::{Task, TaskId, Text};
use moot_council::PatternOptions;
use moot_council::ballot::ABSTAIN;
use moot_model::ModelOptions;

use super::{Checker, root};
use crate::file::{Coordination, GenerateOptions, TaskOptions};
use crate::tasks::TaskSource;
use crate::tree::{Part, TreePath};

/// How many tasks may be played at the same time.
const AT_ONCE_MAX: u32 = 1_000_000;

/// What is wrong with one task.
pub(super) struct TaskFault {
    /// Which field, relative to the task.
    pub(super) field: &'static str,
    /// What is wrong.
    pub(super) message: String,
    /// The choices, when the answer is not among them.
    pub(super) choices: Option<Vec<String>>,
}

impl Checker<'_> {
    /// Resolves where tasks come from; `None` when something was found wrong.
    pub(super) fn check_tasks(&mut self) -> Option<TaskSource> {
        let options = &self.file.tasks;
        let path = root("tasks");
        if !(1..=AT_ONCE_MAX).contains(&options.at_once) {
            let problem =
                self.problem(&path.key("at_once"), Part::Value, format!("{} is not allowed", options.at_once));
            self.report(problem.expecting(format!("a whole number from 1 to {AT_ONCE_MAX}")));
        }
        match (&options.generate, &options.list, &options.file) {
            (Some(generate), None, None) => self.check_generate(&path.key("generate"), generate),
            (None, Some(list), None) => self.check_list(&path.key("list"), list),
            (None, None, Some(file)) => self.check_task_file(&path.key("file"), file),
            (generate, list, _) => {
                let several = [generate.is_some(), list.is_some(), options.file.is_some()];
                let message =
                    if several.contains(&true) { "tasks come from more than one source" } else { "there are no tasks" };
                let problem = self.problem(&path, Part::Key, message);
                self.report(problem.expecting("exactly one of `generate`, `list` and `file`"));
                None
            }
        }
    }

    fn check_generate(&mut self, path: &TreePath, options: &GenerateOptions) -> Option<TaskSource> {
        let count = self.check_task_count(&path.key("count"), options.count);
        let is_empty = options.choices.is_empty();
        if is_empty {
            self.report_value(&path.key("choices"), "there is nothing to choose from; list at least one choice");
        }
        let fault = wrong_choices(&options.choices, self.can_abstain());
        if let Some(message) = &fault {
            self.report_value(&path.key("choices"), message.clone());
        }
        let count = count.filter(|_| !is_empty && fault.is_none())?;
        Some(TaskSource::generated(count, texts(&options.choices), options.prompt.as_deref().map(Text::from)))
    }

    fn check_list(&mut self, path: &TreePath, list: &[TaskOptions]) -> Option<TaskSource> {
        self.check_task_count(path, u64::try_from(list.len()).unwrap_or(u64::MAX))?;
        let can_abstain = self.can_abstain();
        let mut tasks = Vec::with_capacity(list.len());
        for (index, options) in list.iter().enumerate() {
            match task(index, options, can_abstain) {
                Ok(task) => tasks.push(task),
                Err(fault) => {
                    let place = path.index(index);
                    let place =
                        if self.tree.find(&place.key(fault.field)).is_some() { place.key(fault.field) } else { place };
                    let problem = self.problem(&place, Part::Value, fault.message);
                    self.report(match &fault.choices {
                        Some(choices) => {
                            let answer = options.answer.as_deref().unwrap_or("");
                            problem.among(answer, choices.iter().map(String::as_str))
                        }
                        None => problem,
                    });
                }
            }
        }
        (tasks.len() == list.len()).then(|| TaskSource::Listed(tasks.into()))
    }

    /// Whether anybody can be understood to abstain: ballots are counted, or a model says so of itself.
    pub(super) fn can_abstain(&self) -> bool {
        let counts = |pattern: &PatternOptions| !matches!(pattern, PatternOptions::Single(_));
        let inline = match &self.file.coordination {
            Coordination::Pattern(pattern) => Some(pattern),
            Coordination::Named(_) => None,
        };
        let abstains = |model: &ModelOptions| matches!(model, ModelOptions::Stochastic(model) if model.abstain > 0.0);
        self.file.councils.values().chain(inline).any(counts) || self.file.models.values().any(abstains)
    }

    /// An amount of tasks that is allowed.
    pub(super) fn check_task_count(&mut self, path: &TreePath, count: u64) -> Option<u32> {
        let limit = self.file.limits.tasks;
        match u32::try_from(count) {
            Ok(0) => {
                let problem = self.problem(path, Part::Value, "there are no tasks");
                self.report(problem.expecting("at least one task"));
                None
            }
            Ok(small) if count <= limit => Some(small),
            _ => {
                let problem = self.problem(path, Part::Value, format!("there are {count} tasks; the limit is {limit}"));
                self.report(if count <= u64::from(u32::MAX) {
                    problem.hinting(format!(
                        "if that many are meant, write `limits: {{ tasks: {count} }}` or give --set limits.tasks={count}"
                    ))
                } else {
                    problem.expecting(format!("at most {} tasks, whatever the limit", u32::MAX))
                });
                None
            }
        }
    }
}

/// A task as it is played, or what is wrong with it.
pub(super) fn task(index: usize, options: &TaskOptions, can_abstain: bool) -> Result<Task, TaskFault> {
    let fault = |field, message| TaskFault { field, message, choices: None };
    let id = u32::try_from(index).map_err(|_| fault("prompt", "there are too many tasks".to_owned()))?;
    if options.prompt.trim().is_empty() {
        return Err(fault("prompt", "the prompt is empty".to_owned()));
    }
    if let Some(message) = wrong_choices(&options.choices, can_abstain) {
        return Err(fault("choices", message));
    }
    if let Some(answer) = &options.answer
        && !options.choices.is_empty()
        && !options.choices.contains(answer)
    {
        let message = format!("the answer `{answer}` is not among the choices");
        return Err(TaskFault { choices: Some(options.choices.clone()), ..fault("answer", message) });
    }
    Ok(Task {
        id: TaskId(id),
        prompt: options.prompt.as_str().into(),
        choices: texts(&options.choices),
        answer: options.answer.as_deref().map(Text::from),
    })
}

/// Choices as ballots are read: without space around them, none empty, none twice in any case of letters, and where
/// members can abstain none that means it.
fn wrong_choices(choices: &[String], can_abstain: bool) -> Option<String> {
    let mut seen = BTreeMap::new();
    for choice in choices {
        if choice.trim().is_empty() {
            return Some("a choice is empty".to_owned());
        }
        if choice.trim() != choice {
            return Some(format!("the choice {choice:?} has space around it"));
        }
        match seen.insert(choice.to_lowercase(), choice) {
            Some(first) if first == choice => return Some(format!("the choice `{choice}` stands twice")),
            Some(first) => {
                return Some(format!(
                    "the choices `{first}` and `{choice}` differ only in case, and answers are read in any case"
                ));
            }
            None => {}
        }
        if can_abstain && choice.eq_ignore_ascii_case(ABSTAIN) {
            return Some(format!("the choice `{choice}` is how a member says that it chooses nothing"));
        }
    }
    None
}

fn texts(choices: &[String]) -> Arc<[Text]> {
    choices.iter().map(|choice| Text::from(choice.as_str())).collect()
}
