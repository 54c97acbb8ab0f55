//! `update_task`: takes a task, hands it over, ends it, or says how it goes.
//!
//! Beginning a task takes it: it gets the caller as its owner, unless it has another. Putting it back to pending lets
//! go of it. Who is named as owner gets the task whoever has it.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::ActorPath;
//! use moot_tool::{ToolContext, builtin::{AddTask, UpdateTask}, testing};
//!
//! let board = Arc::new(testing::BoardInMemory::default());
//! let context = |name: &str| ToolContext::closed(ActorPath::new(name).unwrap()).with_blackboard(board.clone());
//! testing::call(AddTask, r#"{"title": "Collect"}"#, context("lead"));
//! let take = |name: &str| testing::call(UpdateTask, r#"{"task": 1, "status": "in_progress"}"#, context(name));
//! assert_eq!(&*take("north").content, "task 1: [in_progress] Collect; owner north");
//! assert_eq!(&*take("south").content, "task 1 is north's; take another one, or name the owner to hand it over");
//! ```

use std::collections::BTreeMap;

use moot_core::port::PortError;
use moot_core::{Access, Claim, Placement, ToolEffect, ToolErrorCode, Touch};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::record::{self, TaskRecord, TaskStatus};
use super::{ATTEMPTS_MAX, STATUSES, TASKS_MAX, outrun};
use crate::builtin::one_of_or_null;
use crate::{Tool, ToolContext, ToolFailure};

/// Changes a task.
#[derive(Debug, Clone, Copy, Default)]
pub struct UpdateTask;

/// What `update_task` takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateTaskArguments {
    /// The number of the task.
    #[schemars(range(min = 1, max = TASKS_MAX))]
    pub task: u32,
    /// Its new status. in_progress takes the task for you, pending lets go of it.
    #[serde(default)]
    #[schemars(schema_with = "statuses")]
    pub status: Option<TaskStatus>,
    /// The agent that is to do it from now on, whoever had it before.
    #[serde(default)]
    #[schemars(length(min = 1, max = 200))]
    pub owner: Option<String>,
    /// What there is to say about how it goes; it takes the place of what was said before.
    #[serde(default)]
    #[schemars(length(max = 2_000))]
    pub note: Option<String>,
}

fn statuses(_: &mut SchemaGenerator) -> Schema {
    one_of_or_null(&STATUSES)
}

impl Tool for UpdateTask {
    type Arguments = UpdateTaskArguments;

    fn name(&self) -> &str {
        "update_task"
    }

    fn description(&self) -> &str {
        "Takes a task of the shared list, hands it over, marks it done or cancelled, or notes how it goes."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Write
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    fn touch(&self, arguments: &UpdateTaskArguments) -> Touch {
        Touch::claims([Claim::entity("task", arguments.task.to_string(), Access::Write)])
    }

    async fn run(&self, arguments: UpdateTaskArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        let number = arguments.task;
        if arguments.status.is_none() && arguments.owner.is_none() && arguments.note.is_none() {
            return Err(ToolFailure::invalid("nothing is to be changed; give status, owner or note"));
        }
        let (board, caller) = (&context.ports.blackboard, &context.caller);
        for _ in 0..ATTEMPTS_MAX {
            let entry = match board.read(&record::key(number)).await {
                Ok(entry) => entry,
                Err(PortError::NotFound { .. }) => return Err(record::not_found(number)),
                Err(error) => return Err(error.into()),
            };
            let task: TaskRecord = serde_json::from_str(&entry.value).map_err(|error| unreadable(number, &error))?;
            let tasks = record::all(context).await?;
            let changed = change(task, &arguments, caller.agent.as_str(), &tasks)?;
            let written = board.post(caller, &record::key(number), changed.to_text(), Some(entry.version)).await;
            match written {
                Ok(_) => {
                    let waits_for = record::unfinished(&changed, &tasks);
                    return Ok(format!("task {number}: {}", changed.describe(&waits_for)));
                }
                Err(PortError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(outrun())
    }
}

/// The task as it is to be, or why it can't be.
fn change(
    task: TaskRecord,
    arguments: &UpdateTaskArguments,
    caller: &str,
    tasks: &BTreeMap<u32, Option<TaskRecord>>,
) -> Result<TaskRecord, ToolFailure> {
    let status = arguments.status.unwrap_or(task.status);
    let begins = arguments.status == Some(TaskStatus::InProgress);
    let refused = |message: String| Err(ToolFailure::new(ToolErrorCode::Conflict, message));
    if begins && let [first, ..] = record::unfinished(&task, tasks).as_slice() {
        let before = tasks.get(first).and_then(Option::as_ref);
        let state = before.map_or("not there", |before| before.status.as_str());
        let number = arguments.task;
        return refused(format!("task {number} can't be begun yet: task {first} is {state}; do another one first"));
    }
    let owner = match (&arguments.owner, arguments.status) {
        (Some(named), _) => Some(named.clone()),
        (None, Some(TaskStatus::Pending)) => None,
        (None, Some(TaskStatus::InProgress)) => {
            if let Some(owner) = task.owner.as_ref().filter(|_| !task.is_owned_by(caller)) {
                let number = arguments.task;
                return refused(format!(
                    "task {number} is {owner}'s; take another one, or name the owner to hand it over"
                ));
            }
            Some(caller.to_owned())
        }
        (None, _) => task.owner.clone(),
    };
    let note = arguments.note.clone().or_else(|| task.note.clone());
    Ok(TaskRecord { status, owner, note, ..task })
}

fn unreadable(number: u32, error: &serde_json::Error) -> ToolFailure {
    let key = record::key(number);
    ToolFailure::failed(format!("what stands under {key} on the blackboard is no task: {error}"))
}
