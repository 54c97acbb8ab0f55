//! The built-in tools, one file each, over the ports: files, notes, kept outputs, the blackboard, other
//! agents, the person, skills.
//!
//! All of them are placed inside: their results follow from the arguments and the ports alone. To add one, write its
//! file and name it in the list below.
//!
//! ```
//! use moot_tool::{Toolbox, builtin};
//!
//! let mut toolbox = Toolbox::new();
//! for tool in builtin::all() {
//!     toolbox.add_erased(tool).unwrap();
//! }
//! assert!(toolbox.names().eq(builtin::BUILT_IN_NAMES.iter().copied()));
//! assert!(builtin::by_name("Read_File").is_none());
//! ```

pub mod ask_user;
pub mod blackboard;
mod difference;
pub mod edit_file;
pub mod kit;
pub mod list_files;
pub mod load_skill;
pub mod read_file;
pub mod read_output;
pub mod recall;
pub mod remember;
pub mod run_program;
pub mod run_shell;
pub mod search_text;
pub mod send_message;
pub mod set_mode;
pub mod spawn_agent;
pub mod stop_agent;
pub mod task_list;
#[cfg(test)]
mod tests;
pub mod wait_for_agents;
pub mod web_search;
pub mod write_file;

use std::sync::Arc;

use moot_core::{ToolErrorCode, VirtualDuration};
use schemars::{Schema, json_schema};

use crate::ToolFailure;
use crate::tool::{AnyTool, erase};
use crate::workspace::{FILE_BYTES_MAX, content_hash};

pub use ask_user::AskUser;
pub use blackboard::{ReadBoard, WriteBoard};
pub use edit_file::EditFile;
pub use list_files::ListFiles;
pub use load_skill::LoadSkill;
pub use read_file::ReadFile;
pub use read_output::ReadOutput;
pub use recall::Recall;
pub use remember::Remember;
pub use run_program::{ProgramOptions, RunProgram};
pub use run_shell::RunShell;
pub use search_text::SearchText;
pub use send_message::SendMessage;
pub use set_mode::{EnterPlanMode, SetMode};
pub use spawn_agent::SpawnAgent;
pub use stop_agent::StopAgent;
pub use task_list::{AddTask, ListTasks, UpdateTask};
pub use wait_for_agents::WaitForAgents;
pub use web_search::{CorpusDocument, CorpusOptions, WebSearch};
pub use write_file::WriteFile;

/// The longest text that a built-in tool answers with, in bytes: any file can be read whole. What is too long for a
/// transcript is kept aside; what passes this limit is an error that says how to ask for less.
pub const RESULT_BYTES_MAX: usize = FILE_BYTES_MAX;

/// The longest time that arguments can name, in milliseconds: a million hours of virtual time.
pub const DURATION_MS_MAX: u64 = VirtualDuration::HOURS_MAX * 3_600_000;

/// The permission modes, for schemas.
const PERMISSION_MODES: [&str; 3] = ["default", "plan", "auto"];

/// The schema of a word out of a list; the types that have these words live where schemas are not known.
fn one_of(words: &[&str]) -> Schema {
    json_schema!({ "type": "string", "enum": words })
}

/// The schema of a word out of a list, or null.
fn one_of_or_null(words: &[&str]) -> Schema {
    let words: Vec<Option<&str>> = words.iter().copied().map(Some).chain([None]).collect();
    json_schema!({ "type": ["string", "null"], "enum": words })
}

/// Lists the tools: one line each.
macro_rules! built_in {
    ($($name:literal => $tool:expr,)*) => {
        /// The names of the built-in tools, sorted.
        pub const BUILT_IN_NAMES: &[&str] = &[$($name),*];

        /// The built-in tool of this name; `None` when there is none.
        #[must_use]
        pub fn by_name(name: &str) -> Option<Arc<dyn AnyTool>> {
            match name {
                $($name => Some(erase($tool)),)*
                _ => None,
            }
        }
    };
}

built_in! {
    "add_task" => AddTask,
    "ask_user" => AskUser,
    "edit_file" => EditFile,
    "enter_plan_mode" => EnterPlanMode,
    "list_files" => ListFiles,
    "list_tasks" => ListTasks,
    "load_skill" => LoadSkill,
    "read_board" => ReadBoard,
    "read_file" => ReadFile,
    "read_output" => ReadOutput,
    "recall" => Recall,
    "remember" => Remember,
    "search_text" => SearchText,
    "send_message" => SendMessage,
    "set_mode" => SetMode,
    "spawn_agent" => SpawnAgent,
    "stop_agent" => StopAgent,
    "update_task" => UpdateTask,
    "wait_for_agents" => WaitForAgents,
    "write_board" => WriteBoard,
    "write_file" => WriteFile,
}

/// All built-in tools in the order of [`BUILT_IN_NAMES`].
#[must_use]
pub fn all() -> Vec<Arc<dyn AnyTool>> {
    BUILT_IN_NAMES.iter().filter_map(|name| by_name(name)).collect()
}

/// The text, if it still has this hash.
fn expected(text: String, hash: &str, path: &str) -> Result<String, ToolFailure> {
    let found = content_hash(&text);
    if found == hash {
        return Ok(text);
    }
    let message = format!("the file {path} changed since it was read: its hash is {found}, not {hash}; read it again");
    Err(ToolFailure::new(ToolErrorCode::Conflict, message))
}

/// The answer of a tool that wrote this text, with what the next call can expect.
fn new_hash(answer: String, text: &str) -> String {
    format!("{answer}; its hash is {} now", content_hash(text))
}

/// The folder outside which no path begins with the prefix; empty for the whole workspace.
fn folder_of_prefix(prefix: &str) -> &str {
    prefix.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The answer, if it is not too long; else an error with advice on how to ask for less.
fn limited(answer: String, advice: &str) -> Result<String, ToolFailure> {
    let length = answer.len();
    if length <= RESULT_BYTES_MAX {
        return Ok(answer);
    }
    let message = format!("the answer would be {length} bytes long; at most {RESULT_BYTES_MAX} are given; {advice}");
    Err(ToolFailure::new(ToolErrorCode::Limit, message))
}
