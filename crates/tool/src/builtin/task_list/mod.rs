//! `add_task`, `update_task` and `list_tasks`: a list of tasks that the agents of a world share.
//!
//! Each task is one key of the blackboard (`tasks/0001`), written by compare-and-set and tried again when somebody
//! else was faster: of several agents that take the same task exactly one gets it, and no change is lost. A task can
//! depend only on tasks that were there before, so that none ever waits for itself.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::ActorPath;
//! use moot_tool::{ToolContext, builtin::{AddTask, ListTasks, UpdateTask}, testing};
//!
//! let context = ToolContext::closed(ActorPath::new("lead").unwrap())
//!     .with_blackboard(Arc::new(testing::BoardInMemory::default()));
//! let added = testing::call(AddTask, r#"{"title": "Collect"}"#, context.clone());
//! assert_eq!(&*added.content, "added task 1: Collect");
//! testing::call(AddTask, r#"{"title": "Write", "depends_on": [1]}"#, context.clone());
//! let early = testing::call(UpdateTask, r#"{"task": 2, "status": "in_progress"}"#, context.clone());
//! assert_eq!(&*early.content, "task 2 can't be begun yet: task 1 is pending; do another one first");
//! testing::call(UpdateTask, r#"{"task": 1, "status": "done", "note": "see data.csv"}"#, context.clone());
//! let list = testing::call(ListTasks, "{}", context);
//! assert_eq!(&*list.content, "- 1 [done] Collect\n  note: see data.csv\n- 2 [pending] Write");
//! ```

mod record;
mod update;

use std::collections::BTreeMap;

use moot_core::port::PortError;
use moot_core::{Access, Claim, Placement, ToolEffect, ToolErrorCode, Touch};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::{limited, one_of_or_null};
use crate::{Tool, ToolContext, ToolFailure};

pub use record::{TASK_PREFIX, TaskRecord, TaskStatus};
pub use update::{UpdateTask, UpdateTaskArguments};

/// The most tasks that a list holds.
pub const TASKS_MAX: u32 = 9_999;

/// How often a change is tried again because somebody else was faster.
const ATTEMPTS_MAX: u32 = 100;

/// The statuses of tasks, for schemas.
const STATUSES: [&str; 4] = ["pending", "in_progress", "done", "cancelled"];

/// Adds a task.
#[derive(Debug, Clone, Copy, Default)]
pub struct AddTask;

/// Lists the tasks.
#[derive(Debug, Clone, Copy, Default)]
pub struct ListTasks;

/// What `add_task` takes.
#[allow(rustdoc::broken_intra_doc_links, reason = "models read this text, and a backslash would be part of a path")]
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddTaskArguments {
    /// What is to be done, in one line.
    #[schemars(length(min = 1, max = 200))]
    pub title: String,
    /// What who does it has to know.
    #[serde(default)]
    #[schemars(length(max = 4_000))]
    pub details: Option<String>,
    /// The agent that is to do it, such as lead/researcher[0]; whoever takes it when left out.
    #[serde(default)]
    #[schemars(length(min = 1, max = 200))]
    pub owner: Option<String>,
    /// The numbers of tasks that have to be done before.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub depends_on: Vec<u32>,
}

/// What `list_tasks` takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListTasksArguments {
    /// List only tasks with this status; all when left out.
    #[serde(default)]
    #[schemars(schema_with = "statuses")]
    pub status: Option<TaskStatus>,
}

fn statuses(_: &mut SchemaGenerator) -> Schema {
    one_of_or_null(&STATUSES)
}

impl Tool for AddTask {
    type Arguments = AddTaskArguments;

    fn name(&self) -> &str {
        "add_task"
    }

    fn description(&self) -> &str {
        "Adds a task to the list that all agents share."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Write
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    fn touch(&self, _arguments: &AddTaskArguments) -> Touch {
        Touch::claims([Claim::entity("task", "", Access::Write)])
    }

    async fn run(&self, arguments: AddTaskArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        let AddTaskArguments { title, details, owner, mut depends_on } = arguments;
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        if title.is_empty() {
            return Err(ToolFailure::invalid("title holds nothing but white space; say what is to be done"));
        }
        depends_on.sort_unstable();
        depends_on.dedup();
        let record = TaskRecord { title, details, owner, depends_on, ..TaskRecord::default() };
        let board = &context.ports.blackboard;
        for _ in 0..ATTEMPTS_MAX {
            let tasks = record::all(context).await?;
            if let Some(missing) = record.depends_on.iter().find(|number| !tasks.contains_key(number)) {
                return Err(record::not_found(*missing));
            }
            let number = tasks.last_key_value().map_or(1, |(last, _)| last.saturating_add(1));
            if number > TASKS_MAX {
                let message = format!("the list holds {TASKS_MAX} tasks, which is the limit; reuse one of them");
                return Err(ToolFailure::new(ToolErrorCode::Limit, message));
            }
            match board.post(&context.caller, &record::key(number), record.to_text(), Some(0)).await {
                Ok(_) => return Ok(format!("added task {number}: {}", record.title)),
                Err(PortError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(outrun())
    }
}

impl Tool for ListTasks {
    type Arguments = ListTasksArguments;

    fn name(&self) -> &str {
        "list_tasks"
    }

    fn description(&self) -> &str {
        "Lists the tasks that all agents share, with status, owner and what they wait for."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Read
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    fn touch(&self, _arguments: &ListTasksArguments) -> Touch {
        Touch::claims([Claim::entity("task", "", Access::Read)])
    }

    async fn run(&self, arguments: ListTasksArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        let tasks = record::all(context).await?;
        let is_listed = |task: &Option<TaskRecord>| match (arguments.status, task) {
            (Some(status), Some(task)) => task.status == status,
            (Some(_), None) => false,
            (None, _) => true,
        };
        let listed = tasks.iter().filter(|(_, task)| is_listed(task));
        let entries: Vec<String> = listed.map(|(number, task)| entry(*number, task.as_ref(), &tasks)).collect();
        if entries.is_empty() {
            return Ok(arguments.status.map_or_else(
                || "(there are no tasks)".to_owned(),
                |status| format!("(no task is {})", status.as_str()),
            ));
        }
        limited(entries.join("\n"), "list fewer with status")
    }
}

fn entry(number: u32, task: Option<&TaskRecord>, tasks: &BTreeMap<u32, Option<TaskRecord>>) -> String {
    match task {
        Some(task) => format!("- {number} {}", task.describe(&record::unfinished(task, tasks))),
        None => format!("- {number} (what stands under {} on the blackboard is no task)", record::key(number)),
    }
}

/// What a change is told that was never the fastest.
fn outrun() -> ToolFailure {
    let message = format!("others changed the task list {ATTEMPTS_MAX} times in between; try again");
    ToolFailure::new(ToolErrorCode::Conflict, message)
}
