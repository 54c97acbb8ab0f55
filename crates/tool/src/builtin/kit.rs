//! All tools that a world has without anybody writing one: the built-in ones, and those that need options.
//!
//! This module must not know where the options come from.
//!
//! ```
//! use moot_tool::builtin::kit::{self, Kit};
//!
//! assert!(kit::is_name("run_shell") && kit::is_name("read_file") && !kit::is_name("shell"));
//! assert_eq!(Kit::default().tools().len(), kit::names().count());
//! ```

use std::sync::{Arc, LazyLock};

use moot_core::{ToolSpec, TouchKinds};

use super::run_program::{ProgramOptions, RunProgram};
use super::run_shell::RunShell;
use super::web_search::{CorpusOptions, WebSearch};
use super::{BUILT_IN_NAMES, by_name};
use crate::shell::ShellOptions;
use crate::tool::{AnyTool, erase};

/// The names of the tools that need options.
const CONFIGURED_NAMES: [&str; 3] = ["run_program", "run_shell", "web_search"];

/// The options of the tools that need some.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Kit {
    /// What the simulated shell answers; without, it knows no command.
    pub shell: Option<ShellOptions>,
    /// What a web search finds; without, nothing.
    pub corpus: Option<CorpusOptions>,
    /// The limits of programs.
    pub programs: Option<ProgramOptions>,
}

impl Kit {
    /// Every tool.
    #[must_use]
    pub fn tools(&self) -> Vec<Arc<dyn AnyTool>> {
        names().filter_map(|name| self.tool(name)).collect()
    }

    /// The tool of this name; `None` when there is none.
    #[must_use]
    pub fn tool(&self, name: &str) -> Option<Arc<dyn AnyTool>> {
        match name {
            "run_program" => Some(erase(RunProgram::new(self.programs.clone().unwrap_or_default()))),
            "run_shell" => Some(erase(RunShell::new(self.shell.clone().unwrap_or_default()))),
            "web_search" => Some(erase(WebSearch::new(self.corpus.clone().unwrap_or_default()))),
            name => by_name(name),
        }
    }
}

/// The names of all tools.
pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    BUILT_IN_NAMES.iter().copied().chain(CONFIGURED_NAMES)
}

/// Whether a tool has this name.
#[must_use]
pub fn is_name(name: &str) -> bool {
    names().any(|known| known == name)
}

/// What all tools say of themselves.
#[must_use]
pub fn specs() -> &'static [ToolSpec] {
    static SPECS: LazyLock<Vec<ToolSpec>> =
        LazyLock::new(|| Kit::default().tools().iter().map(|tool| tool.spec().clone()).collect());
    &SPECS
}

/// Which kinds of things calls of a built-in tool can touch; nothing for a tool that is not built in.
#[must_use]
pub fn touch_kinds(name: &str) -> Option<TouchKinds> {
    match name {
        "edit_file" | "list_files" | "read_file" | "search_text" | "write_file" => {
            Some(TouchKinds { paths: true, ..TouchKinds::default() })
        }
        "run_shell" => Some(TouchKinds { paths: true, commands: true, hosts: true }),
        _ => is_name(name).then(TouchKinds::default),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use moot_core::{Commands, Resource, Text, ToolCall};
    use serde_json::json;

    use super::*;
    use crate::Toolbox;

    #[test]
    fn what_calls_touch_is_of_the_kinds_that_are_stated() {
        let calls = [
            ("add_task", json!({ "title": "x" })),
            ("ask_user", json!({ "question": "x" })),
            ("edit_file", json!({ "path": "a", "old_text": "x", "new_text": "y" })),
            ("enter_plan_mode", json!({})),
            ("list_files", json!({})),
            ("list_tasks", json!({})),
            ("load_skill", json!({ "name": "x" })),
            ("read_board", json!({ "key": "x" })),
            ("read_file", json!({ "path": "a" })),
            ("read_output", json!({ "handle": "x" })),
            ("recall", json!({ "query": "x" })),
            ("remember", json!({ "text": "x" })),
            ("search_text", json!({ "text": "x" })),
            ("send_message", json!({ "text": "x" })),
            ("set_mode", json!({ "mode": "plan" })),
            ("spawn_agent", json!({ "agent": "a", "prompt": "x" })),
            ("stop_agent", json!({ "agent": "a" })),
            ("update_task", json!({ "task": 7, "note": "x" })),
            ("wait_for_agents", json!({})),
            ("write_board", json!({ "key": "x", "value": "" })),
            ("write_file", json!({ "path": "a", "content": "x" })),
            ("run_program", json!({ "program": "1" })),
            ("run_shell", json!({ "command": "cat < a" })),
            ("web_search", json!({ "query": "x" })),
        ];
        assert_eq!(calls.len(), names().count(), "every tool is looked at");
        let mut toolbox = Toolbox::new();
        Kit::default().tools().into_iter().for_each(|tool| toolbox.add_erased(tool).unwrap());
        for (tool, arguments) in calls {
            let name: Text = tool.into();
            let call = ToolCall { id: "c".into(), name: name.clone(), arguments: arguments.to_string().into() };
            let touch = toolbox.prepare(&[name], &call).unwrap().touch();
            let has = |is: fn(&Resource) -> bool| touch.claims.iter().any(|claim| is(&claim.resource));
            let kinds = touch_kinds(tool).unwrap();
            assert_eq!(
                has(|resource| matches!(resource, Resource::File(_) | Resource::Folder(_))),
                kinds.paths,
                "{tool}"
            );
            assert_eq!(touch.commands != Commands::None, kinds.commands, "{tool}");
            assert!(!has(|resource| matches!(resource, Resource::Host(_))) || kinds.hosts, "{tool}");
        }
        assert_eq!(touch_kinds("raed_file"), None);
    }
}
