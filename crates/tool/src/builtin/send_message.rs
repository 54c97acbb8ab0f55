//! `send_message`: tells another agent something, which it reads before its next model call.
//!
//! The sender is the calling agent as the runtime knows it. Messages to the same agent are ordered.
//!
//! ```
//! use moot_core::{ActorPath, ToolErrorCode};
//! use moot_tool::{ToolContext, builtin::SendMessage, testing};
//!
//! let context = ToolContext::closed(ActorPath::new("lead").unwrap());
//! let result = testing::call(SendMessage, r#"{"to": "researcher[0]", "text": "Stop at 1900."}"#, context);
//! assert_eq!((result.error, &*result.content), (Some(ToolErrorCode::Denied), "no team is available here"));
//! ```

use moot_core::{Access, ActorPath, Claim, Placement, ToolEffect, Touch};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Tool, ToolContext, ToolFailure};

/// Tells another agent something.
#[derive(Debug, Clone, Copy, Default)]
pub struct SendMessage;

/// What `send_message` takes.
#[allow(rustdoc::broken_intra_doc_links, reason = "models read this text, and a backslash would be part of a path")]
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SendMessageArguments {
    /// Whom to tell: a path such as lead/researcher[0], or only researcher[0] for an agent that you started. All your
    /// teammates when left out: who started you, the others it started, and the agents that you started.
    #[serde(default)]
    pub to: Option<String>,
    /// What to tell.
    #[schemars(length(min = 1, max = 16_000))]
    pub text: String,
}

impl Tool for SendMessage {
    type Arguments = SendMessageArguments;

    fn name(&self) -> &str {
        "send_message"
    }

    fn description(&self) -> &str {
        "Tells another agent something; it reads it before it goes on. There is no answer to wait for."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Write
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    fn touch(&self, arguments: &SendMessageArguments) -> Touch {
        let receiver = arguments.to.as_deref().unwrap_or_default();
        Touch::claims([Claim::entity("mailbox", receiver, Access::Write)])
    }

    async fn run(&self, arguments: SendMessageArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        let SendMessageArguments { to, text } = arguments;
        if text.trim().is_empty() {
            return Err(ToolFailure::invalid("text holds nothing but white space; say what to tell"));
        }
        let told = context.ports.team.send(&context.caller, to.as_deref(), text.into()).await?;
        Ok(format!("told {}", told.iter().map(ActorPath::as_str).collect::<Vec<_>>().join(", ")))
    }
}
