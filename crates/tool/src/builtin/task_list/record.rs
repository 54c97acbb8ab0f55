//! A task as it stands on the blackboard, and the list as a whole.
//!
//! This module must not know the tools.
//!
//! ```
//! use moot_tool::builtin::task_list::{TaskRecord, TaskStatus};
//!
//! let task = TaskRecord { title: "Write".into(), owner: Some("lead".into()), ..TaskRecord::default() };
//! assert_eq!(task.status, TaskStatus::Pending);
//! assert_eq!(task.describe(&[]), "[pending] Write; owner lead");
//! assert_eq!(task.describe(&[1, 3]), "[pending, waits for 1, 3] Write; owner lead");
//! ```

use std::collections::BTreeMap;

use moot_core::{Text, ToolErrorCode};
use serde::{Deserialize, Serialize};

use super::TASKS_MAX;
use crate::describe::indented;
use crate::{ToolContext, ToolFailure};

/// What the keys of tasks begin with.
pub const TASK_PREFIX: &str = "tasks/";

/// How far a task has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// Nobody has begun.
    #[default]
    Pending,
    /// Its owner works on it.
    InProgress,
    /// It is done.
    Done,
    /// It is not to be done any more.
    Cancelled,
}

/// A task of the list, as JSON on the blackboard.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskRecord {
    /// What is to be done, in one line.
    pub title: String,
    /// How far it has come.
    pub status: TaskStatus,
    /// Who does it or is to do it: a path or the end of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The numbers of tasks that have to be done before, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<u32>,
    /// What who does it has to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// What was said last about how it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl TaskStatus {
    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }
}

impl TaskRecord {
    /// The task in words, with the tasks that it still waits for; details and note on lines of their own, indented.
    #[must_use]
    pub fn describe(&self, waits_for: &[u32]) -> String {
        let status = self.status.as_str();
        let waits = match self.status {
            TaskStatus::Pending if !waits_for.is_empty() => format!(", waits for {}", numbers(waits_for)),
            _ => String::new(),
        };
        let mut text = format!("[{status}{waits}] {}", indented(&self.title));
        for (before, part) in [("; owner ", &self.owner), ("\n  details: ", &self.details), ("\n  note: ", &self.note)]
        {
            if let Some(part) = part {
                text.push_str(before);
                text.push_str(&indented(part));
            }
        }
        text
    }

    /// Whether the agent of this path is the owner.
    pub(super) fn is_owned_by(&self, path: &str) -> bool {
        let is_end = |owner: &String| path.strip_suffix(owner.as_str()).is_some_and(|rest| rest.ends_with('/'));
        self.owner.as_ref().is_some_and(|owner| owner == path || is_end(owner))
    }

    /// As it is written on the blackboard.
    pub(super) fn to_text(&self) -> Text {
        // A task is made of texts and numbers only, which can always be written.
        serde_json::to_string(self).unwrap_or_default().into()
    }
}

fn numbers(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}

/// The key of a task.
pub(super) fn key(number: u32) -> String {
    format!("{TASK_PREFIX}{number:04}")
}

/// All tasks by number; `None` for what can't be read as a task. Keys that are no numbers of tasks are passed over.
pub(super) async fn all(context: &ToolContext) -> Result<BTreeMap<u32, Option<TaskRecord>>, ToolFailure> {
    let entries = context.ports.blackboard.list(TASK_PREFIX).await?;
    let number_of = |name: &str| {
        let number: u32 = name.strip_prefix(TASK_PREFIX)?.parse().ok()?;
        ((1..=TASKS_MAX).contains(&number) && key(number) == *name).then_some(number)
    };
    let tasks = entries.iter().filter_map(|(name, entry)| {
        let number = number_of(name)?;
        Some((number, serde_json::from_str(&entry.value).ok()))
    });
    Ok(tasks.collect())
}

/// Which of the tasks that this one depends on are not done. One that was cancelled holds nobody up.
pub(super) fn unfinished(task: &TaskRecord, tasks: &BTreeMap<u32, Option<TaskRecord>>) -> Vec<u32> {
    let is_over = |number: &u32| match tasks.get(number) {
        Some(Some(before)) => matches!(before.status, TaskStatus::Done | TaskStatus::Cancelled),
        _ => false,
    };
    task.depends_on.iter().copied().filter(|number| !is_over(number)).collect()
}

pub(super) fn not_found(number: u32) -> ToolFailure {
    let message = format!("there is no task {number}; list_tasks tells which there are");
    ToolFailure::new(ToolErrorCode::NotFound, message)
}
