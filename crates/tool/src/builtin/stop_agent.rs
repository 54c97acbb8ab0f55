//! `stop_agent`: stops an agent that the caller started, and everything that agent started.
//!
//! ```
//! use moot_core::{ActorPath, ToolErrorCode};
//! use moot_tool::{ToolContext, builtin::StopAgent, testing};
//!
//! let context = ToolContext::closed(ActorPath::new("lead").unwrap());
//! let result = testing::call(StopAgent, r#"{"agent": "researcher[0]"}"#, context);
//! assert_eq!((result.error, &*result.content), (Some(ToolErrorCode::Denied), "no team is available here"));
//! ```

use moot_core::{Access, Claim, Placement, ToolEffect, Touch};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Tool, ToolContext, ToolFailure};

/// Stops an agent.
#[derive(Debug, Clone, Copy, Default)]
pub struct StopAgent;

/// What `stop_agent` takes.
#[allow(rustdoc::broken_intra_doc_links, reason = "models read this text, and a backslash would be part of a path")]
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StopAgentArguments {
    /// The agent, such as researcher[0]; one that you started.
    pub agent: String,
}

impl Tool for StopAgent {
    type Arguments = StopAgentArguments;

    fn name(&self) -> &str {
        "stop_agent"
    }

    fn description(&self) -> &str {
        "Stops an agent that you started, with everything that it started. What it has done stays done."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Write
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    fn touch(&self, arguments: &StopAgentArguments) -> Touch {
        Touch::claims([Claim::entity("agent", arguments.agent.as_str(), Access::Write)])
    }

    async fn run(&self, arguments: StopAgentArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        context.ports.team.stop(&context.caller, &arguments.agent).await?;
        Ok(format!("stopped {}", arguments.agent))
    }
}
