//! `wait_for_agents`: waits until agents that the caller started have ended, and gives their answers.
//!
//! However an agent ended is told, each as one entry whose further lines are indented, so that no answer can pass
//! itself off as another agent's. The call claims nothing that anybody writes: it may wait for long, and what would
//! end the wait must never wait for it.
//!
//! ```
//! use moot_core::{ActorPath, ToolErrorCode};
//! use moot_tool::{ToolContext, builtin::WaitForAgents, testing};
//!
//! let context = ToolContext::closed(ActorPath::new("lead").unwrap());
//! let result = testing::call(WaitForAgents, r#"{"until": "first", "deadline_ms": 5000}"#, context);
//! assert_eq!((result.error, &*result.content), (Some(ToolErrorCode::Denied), "no team is available here"));
//! ```

use moot_core::port::{Teammate, TeammateState, WaitFor};
use moot_core::{Outcome, Placement, Text, ToolEffect, VirtualDuration};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::{DURATION_MS_MAX, limited, one_of};
use crate::describe::indented;
use crate::{Tool, ToolContext, ToolFailure};

/// Waits for agents.
#[derive(Debug, Clone, Copy, Default)]
pub struct WaitForAgents;

/// What `wait_for_agents` takes.
#[allow(rustdoc::broken_intra_doc_links, reason = "models read this text, and a backslash would be part of a path")]
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitForAgentsArguments {
    /// The agents to wait for, such as researcher[0]; all that you started when left out.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub agents: Option<Vec<String>>,
    /// Whether to wait until all of them have ended or only until the first has.
    #[serde(default)]
    #[schemars(schema_with = "ends")]
    pub until: WaitFor,
    /// How many milliseconds to wait at most; without end when left out.
    #[serde(default)]
    #[schemars(range(min = 1, max = DURATION_MS_MAX))]
    pub deadline_ms: Option<u64>,
}

fn ends(_: &mut SchemaGenerator) -> Schema {
    one_of(&["all", "first"])
}

impl Tool for WaitForAgents {
    type Arguments = WaitForAgentsArguments;

    fn name(&self) -> &str {
        "wait_for_agents"
    }

    fn description(&self) -> &str {
        "Waits for agents that you started and gives the answer of each that has ended."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Read
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    async fn run(&self, arguments: WaitForAgentsArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        let WaitForAgentsArguments { agents, until, deadline_ms } = arguments;
        let who: Vec<Text> = agents.unwrap_or_default().into_iter().map(Into::into).collect();
        let deadline = deadline_ms.map(VirtualDuration::from_millis);
        let known = context.ports.team.wait(&context.caller, who, until, deadline).await?;
        let entries: Vec<String> = known.iter().map(entry).collect();
        limited(entries.join("\n"), "wait for fewer agents at a time")
    }
}

fn entry(Teammate { agent, state }: &Teammate) -> String {
    match state {
        TeammateState::Working => format!("- {agent} is still at work"),
        TeammateState::Ended(Outcome::Decided { answer }) => format!("- {agent} answered: {}", indented(answer)),
        TeammateState::Ended(outcome) => {
            format!("- {agent} ended without an answer: {}", indented(&outcome.to_string()))
        }
    }
}
