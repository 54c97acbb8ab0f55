//! Tasks in a file of their own: JSON Lines or CSV.
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
//! tasks: { file: { path: tasks.csv } }
//! ";
//! let problems = parse(text, "x.yaml", Format::Yaml, &[]).unwrap_err().to_string();
//! assert!(problems.contains("a scenario that was not read from a file can't name other files"), "{problems}");
//! ```

use std::path::Path;

use moot_core::Task;

use super::Checker;
use super::tasks::{TaskFault, task};
use crate::file::{TaskFileFormat, TaskFileOptions, TaskOptions};
use crate::read::{ReadError, read};
use crate::source::Mark;
use crate::tasks::TaskSource;
use crate::tree::{Node, Part, TreePath, json};
use crate::{Problem, explain};

/// How large a file with tasks may be, in bytes.
pub(crate) const TASK_FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What a task is called in a CSV header.
const COLUMNS: [&str; 3] = ["prompt", "choices", "answer"];
/// What stands between choices in a CSV field.
const CHOICE_SEPARATOR: char = '|';

/// A file's text as one of the sources, with the tasks that were read so far.
struct TaskReader<'c, 'a> {
    checker: &'c mut Checker<'a>,
    source: u32,
    common: &'c [String],
    tasks: Vec<Task>,
    /// How many tasks were found, wrong ones included.
    found: usize,
    can_abstain: bool,
}

impl Checker<'_> {
    pub(super) fn check_task_file(&mut self, path: &TreePath, options: &TaskFileOptions) -> Option<TaskSource> {
        let place = path.key("path");
        let format = match options.format.or_else(|| format_of(&options.path)) {
            Some(format) => format,
            None => {
                let problem = self.problem(&place, Part::Value, "the name of the file does not say how it is written");
                self.report(
                    problem.expecting("a name that ends in .jsonl or .csv, or `format: jsonl` or `format: csv`"),
                );
                return None;
            }
        };
        let text = self.read_file(&place, &options.path, TASK_FILE_BYTES_MAX)?;
        let before = self.problems.len();
        let source = self.sources.add(options.path.clone(), text.clone());
        let can_abstain = self.can_abstain();
        let common = &options.choices;
        let mut reader = TaskReader { checker: self, source, common, tasks: Vec::new(), found: 0, can_abstain };
        match format {
            TaskFileFormat::Jsonl => reader.read_lines(&text),
            TaskFileFormat::Csv => reader.read_csv(&text),
        }
        let (tasks, found) = (reader.tasks, reader.found);
        if self.problems.len() > before {
            return None;
        }
        self.check_task_count(&place, u64::try_from(found).unwrap_or(u64::MAX))?;
        Some(TaskSource::Listed(tasks.into()))
    }
}

/// After so many problems in one file, the rest is not read.
const PROBLEMS_MAX: usize = 50;

impl TaskReader<'_, '_> {
    fn read_lines(&mut self, text: &str) {
        let mut start = 0;
        let before = self.checker.problems.len();
        for line in text.split_inclusive('\n') {
            if self.checker.problems.len() >= before + PROBLEMS_MAX {
                return;
            }
            let content = line.trim();
            let mark = Mark::new(self.source, start, start + line.trim_end().len());
            start += line.len();
            if content.is_empty() {
                continue;
            }
            match json::parse(content, mark) {
                Ok(node) => self.read_task(&node, mark),
                Err(error) => {
                    let at = mark.start + error.column().saturating_sub(1);
                    let message = error.to_string();
                    let message = message.split(" at line ").next().unwrap_or("").to_owned();
                    let message = if error.is_data() { message } else { format!("this line is not JSON: {message}") };
                    self.report(Mark::new(self.source, at, at + 1), message);
                    self.found += 1;
                }
            }
        }
    }

    fn read_task(&mut self, node: &Node, mark: Mark) {
        match read::<TaskOptions>(node) {
            Ok(options) => self.add(options, mark),
            Err(errors) => {
                self.found += 1;
                self.report_read(&errors, node);
            }
        }
    }

    fn report_read(&mut self, errors: &[ReadError], node: &Node) {
        for error in errors {
            let problem = explain::explain(error, node, &self.checker.sources);
            self.checker.report(problem);
        }
    }

    fn read_csv(&mut self, text: &str) {
        let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
        let header = match reader.headers() {
            Ok(header) => header.clone(),
            Err(error) => {
                return self.report(Mark::new(self.source, 0, 1), format!("the header can't be read: {error}"));
            }
        };
        let first_line = Mark::new(self.source, 0, text.lines().next().unwrap_or("").len());
        for (index, name) in header.iter().enumerate() {
            if header.iter().take(index).any(|before| before == name) {
                self.report(first_line, format!("the column `{name}` stands twice"));
            } else if !COLUMNS.contains(&name) {
                let problem = self.checker.sources.problem(first_line, format!("unknown column `{name}`"));
                self.checker.report(problem.among(name, COLUMNS));
            }
        }
        let column = |name: &str| header.iter().position(|column| column == name);
        let Some(prompt) = column("prompt") else {
            return self.report(first_line, "the column `prompt` is missing".to_owned());
        };
        let (choices, answer) = (column("choices"), column("answer"));
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let at = error.position().map_or(0, csv::Position::byte);
                    return self.report(self.line_at(text, at), csv_message(&error));
                }
            };
            let field =
                |index: Option<usize>| index.and_then(|index| record.get(index)).filter(|text| !text.is_empty());
            let options = TaskOptions {
                prompt: field(Some(prompt)).unwrap_or("").to_owned(),
                choices: field(choices).map_or_else(Vec::new, |text| {
                    text.split(CHOICE_SEPARATOR).map(|choice| choice.trim().to_owned()).collect()
                }),
                answer: field(answer).map(str::to_owned),
            };
            let mark = self.line_at(text, record.position().map_or(0, csv::Position::byte));
            self.add(options, mark);
        }
    }

    /// The line in which a byte stands.
    fn line_at(&self, text: &str, byte: u64) -> Mark {
        let start = usize::try_from(byte).unwrap_or(0);
        let rest = text.get(start..).unwrap_or("");
        let skipped = rest.len() - rest.trim_start_matches(['\n', '\r']).len();
        let length = rest.trim_start_matches(['\n', '\r']).lines().next().unwrap_or("").len();
        Mark::new(self.source, start + skipped, start + skipped + length)
    }

    fn add(&mut self, mut options: TaskOptions, mark: Mark) {
        if options.choices.is_empty() {
            options.choices = self.common.to_vec();
        }
        let index = self.found;
        self.found += 1;
        match task(index, &options, self.can_abstain) {
            Ok(task) => self.tasks.push(task),
            Err(TaskFault { message, choices, .. }) => {
                let problem: Problem = self.checker.sources.problem(mark, message);
                let answer = options.answer.as_deref().unwrap_or("");
                self.checker.report(match &choices {
                    Some(choices) => problem.among(answer, choices.iter().map(String::as_str)),
                    None => problem,
                });
            }
        }
    }

    fn report(&mut self, mark: Mark, message: String) {
        let problem = self.checker.sources.problem(mark, message);
        self.checker.report(problem);
    }
}

fn format_of(path: &str) -> Option<TaskFileFormat> {
    match Path::new(path).extension()?.to_str()? {
        "jsonl" => Some(TaskFileFormat::Jsonl),
        "csv" => Some(TaskFileFormat::Csv),
        _ => None,
    }
}

fn csv_message(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("this line has {len} fields where the header has {expected_len}")
        }
        _ => format!("this line is not CSV: {error}"),
    }
}
