//! What a hook is asked about.
//!
//! One form for every event: what an event does not have is left out. This module must not know how hooks are chosen.
//!
//! ```
//! use moot_core::HookEvent;
//! use moot_mind::hook::HookQuestion;
//!
//! let question = HookQuestion { text: "What is 2 + 2?", ..HookQuestion::at(HookEvent::TaskSubmitted, "clerk") };
//! let expected = r#"{"agent":"clerk","event":"task_submitted","text":"What is 2 + 2?"}"#;
//! assert_eq!(question.to_json().to_string(), expected);
//! ```

use moot_core::{HookEvent, TaskId};
use serde_json::{Map, Value};

/// What a hook is asked about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HookQuestion<'a> {
    /// When it is asked.
    pub event: HookEvent,
    /// The path of the agent; empty when the event concerns the run as a whole.
    pub agent: &'a str,
    /// The task, when there is one.
    pub task: Option<TaskId>,
    /// The tool, at the events of a tool call.
    pub tool: Option<&'a str>,
    /// The arguments of the tool call as they are at present.
    pub arguments: Option<&'a Value>,
    /// The prompt (`task_submitted`, `before_model_call`), the reply (`after_model_call`, `stop`, `subagent_stop`), the
    /// result (`after_tool_call`), why approval is asked (`permission_asked`), the outcome (`run_ended`); else empty.
    pub text: &'a str,
}

impl<'a> HookQuestion<'a> {
    /// A question that says no more than when and about whom it is asked.
    #[must_use]
    pub const fn at(event: HookEvent, agent: &'a str) -> Self {
        Self { event, agent, task: None, tool: None, arguments: None, text: "" }
    }

    /// What an external command reads on its standard input: one object with `event`, `agent` and `text`, and where
    /// they are known `task`, `tool` and `arguments`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("event".to_owned(), self.event.as_str().into());
        object.insert("agent".to_owned(), self.agent.into());
        object.insert("text".to_owned(), self.text.into());
        if let Some(task) = self.task {
            object.insert("task".to_owned(), task.0.into());
        }
        if let Some(tool) = self.tool {
            object.insert("tool".to_owned(), tool.into());
        }
        if let Some(arguments) = self.arguments {
            object.insert("arguments".to_owned(), arguments.clone());
        }
        Value::Object(object)
    }
}
