//! `spawn_agent`: starts another agent and, unless told otherwise, waits for its answer.
//!
//! What the agent may do is never more than what the caller may do; that is the runtime's to hold. The call claims its
//! kind of agent for reading only: several can be started and waited for at the same time, and since a claim may be
//! held for as long as the agent works, nothing that the agent itself calls may ever conflict with it.
//!
//! ```
//! use moot_core::{ActorPath, ToolErrorCode};
//! use moot_tool::{ToolContext, builtin::SpawnAgent, testing};
//!
//! let context = ToolContext::closed(ActorPath::new("lead").unwrap());
//! let result = testing::call(SpawnAgent, r#"{"agent": "researcher", "prompt": "Find the date."}"#, context);
//! assert_eq!((result.error, &*result.content), (Some(ToolErrorCode::Denied), "no team is available here"));
//! ```

use moot_core::port::{SpawnRequest, Teammate, TeammateState, WaitFor};
use moot_core::{Access, ActorPath, Claim, Outcome, PermissionMode, Placement, ToolEffect, Touch};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::{PERMISSION_MODES, limited, one_of_or_null};
use crate::{Tool, ToolContext, ToolFailure};

/// Starts an agent.
#[derive(Debug, Clone, Copy, Default)]
pub struct SpawnAgent;

/// What `spawn_agent` takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpawnAgentArguments {
    /// Which of the agents that you can start.
    pub agent: String,
    /// What it is to do, with all it needs to know: it sees nothing of your conversation.
    #[schemars(length(min = 1))]
    pub prompt: String,
    /// The tools it is to have, of those that it and you have; all of these when left out.
    #[serde(default)]
    pub tools: Option<Vec<String>>,
    /// The permission mode it starts in; its own when left out. It never may do more than you.
    #[serde(default)]
    #[schemars(schema_with = "modes")]
    pub mode: Option<PermissionMode>,
    /// Whether to wait for its answer. If not, wait_for_agents gives it later.
    #[serde(default = "wait_default")]
    pub wait: bool,
}

fn modes(_: &mut SchemaGenerator) -> Schema {
    one_of_or_null(&PERMISSION_MODES)
}

const fn wait_default() -> bool {
    true
}

impl Tool for SpawnAgent {
    type Arguments = SpawnAgentArguments;

    fn name(&self) -> &str {
        "spawn_agent"
    }

    fn description(&self) -> &str {
        "Starts another agent on a task of its own and gives its answer. Start several in one turn to let them work at \
         the same time."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Spawn
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    fn touch(&self, arguments: &SpawnAgentArguments) -> Touch {
        Touch::claims([Claim::entity("agent_kind", arguments.agent.as_str(), Access::Read)])
    }

    async fn run(&self, arguments: SpawnAgentArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        let SpawnAgentArguments { agent, prompt, tools, mode, wait } = arguments;
        if prompt.trim().is_empty() {
            return Err(ToolFailure::invalid("prompt holds nothing but white space; say what the agent is to do"));
        }
        let tools = tools.map(|tools| tools.into_iter().map(Into::into).collect());
        let request = SpawnRequest { kind: agent.into(), prompt: prompt.into(), tools, mode };
        let team = &context.ports.team;
        let started = team.spawn(&context.caller, request).await?;
        if !wait {
            return Ok(format!("started {started}; wait_for_agents gives its answer"));
        }
        let who = vec![started.as_str().into()];
        let known = team.wait(&context.caller, who, WaitFor::All, None).await?;
        answer_of(&started, known.into_iter().find(|teammate| teammate.agent == started))
    }
}

/// The answer of the agent that was waited for; however else it ended is a failure with its name.
fn answer_of(started: &ActorPath, known: Option<Teammate>) -> Result<String, ToolFailure> {
    match known.map(|teammate| teammate.state) {
        Some(TeammateState::Ended(Outcome::Decided { answer })) => {
            limited(format!("{started} answered:\n{answer}"), "have it write its answer to a file and name the file")
        }
        Some(TeammateState::Ended(outcome)) => {
            Err(ToolFailure::failed(format!("{started} ended without an answer: {outcome}")))
        }
        Some(TeammateState::Working) | None => {
            Err(ToolFailure::failed(format!("{started} was started, and the wait for it ended before its answer came")))
        }
    }
}
