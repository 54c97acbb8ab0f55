//! What goes into the flow of a call and what comes out of it.
//!
//! This module must not know how the flow decides.
//!
//! ```
//! use moot_core::HookEvent;
//! use moot_mind::flow::{FlowEffect, FlowInput};
//!
//! let effect = FlowEffect::MatchHooks { event: HookEvent::AfterToolCall };
//! assert_eq!(serde_json::to_string(&effect).unwrap(), r#"{"match_hooks":{"event":"after_tool_call"}}"#);
//! let input: FlowInput = serde_json::from_str(r#"{ "cancelled": { "reason": "enough" } }"#).unwrap();
//! assert_eq!(input, FlowInput::Cancelled { reason: "enough".into() });
//! ```

use std::sync::Arc;

use moot_core::{Approval, Decision, HookEvent, HookVerdict, Text, ToolCall, ToolEffect, ToolResult, Touch};
use serde::{Deserialize, Serialize};

use crate::hook::MatchedHook;

/// What the flow of a call is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowInput {
    /// The answer to [`FlowEffect::Prepare`]: the arguments fit the tool's schema.
    Prepared {
        /// The arguments as they were parsed.
        arguments: Arc<serde_json::Value>,
        /// What the tool can do to the world.
        effect: ToolEffect,
        /// What this call touches.
        touch: Touch,
    },
    /// The other answer to [`FlowEffect::Prepare`]: there is no such tool, or the arguments don't fit it.
    Refused(ToolResult),
    /// The answer to [`FlowEffect::Judge`].
    Judged(Decision),
    /// The answer to [`FlowEffect::MatchHooks`]: the hooks that apply, in the order of their declaration.
    Hooks {
        /// The event that they were matched for.
        event: HookEvent,
        /// The hooks; often none.
        hooks: Vec<MatchedHook>,
    },
    /// The answer to [`FlowEffect::RunHook`].
    HookAnswered {
        /// Which hook.
        hook: usize,
        /// What it answered, or why there is no answer: a timeout, a crash, a program that is missing, an answer that
        /// can't be read. Whatever is not a legal verdict denies.
        answer: Result<HookVerdict, Text>,
    },
    /// The answer to [`FlowEffect::Ask`]. To remember a grant is up to the body.
    Approval(Approval),
    /// The answer to [`FlowEffect::Admit`]: all that the call claims is its own.
    Admitted,
    /// The answer to [`FlowEffect::Run`].
    Returned(ToolResult),
    /// The other answer to [`FlowEffect::Run`] where [`CallFlow::holds_to_what_was_shown`](super::CallFlow): the call
    /// would not change what the person was shown any more, and the tool did not run.
    Outdated,
    /// The time of the call is over.
    TimedOut,
    /// The call is called off.
    Cancelled {
        /// Why or by whom.
        reason: Text,
    },
}

/// What the flow of a call wants done. All but [`FlowEffect::Abandon`], [`FlowEffect::Release`] and
/// [`FlowEffect::Finish`] are answered by an input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowEffect {
    /// Look the tool up and check the arguments against its schema.
    Prepare(ToolCall),
    /// Judge the call by the permissions: its tool, [`CallFlow::effect`](super::CallFlow::effect),
    /// [`CallFlow::arguments`](super::CallFlow::arguments) and [`CallFlow::touch`](super::CallFlow::touch).
    Judge,
    /// Say which hooks apply to the call as it is now.
    MatchHooks {
        /// The event. For the question's text see [`CallFlow::hook_text`](super::CallFlow::hook_text).
        event: HookEvent,
    },
    /// Ask one hook.
    RunHook {
        /// Which hook.
        hook: usize,
        /// At which event.
        event: HookEvent,
    },
    /// Ask a person for approval.
    Ask {
        /// Who wants it approved, and why.
        because: Text,
    },
    /// Wait until the call may have all that it claims.
    Admit,
    /// Run the tool with [`CallFlow::arguments`](super::CallFlow::arguments).
    Run,
    /// Nobody waits any more for what was wanted last: a question to a hook or a person is void, a request for
    /// admission is withdrawn, a tool that runs is told to stop if it can be. Only after a timeout or a cancellation.
    Abandon {
        /// What the flow was waiting for.
        step: FlowStep,
    },
    /// Give back what the call claimed. Comes once if the call was admitted, else never.
    Release,
    /// The call has ended; the last effect of every flow.
    Finish(ToolResult),
}

/// What the flow of a call waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowStep {
    /// For the call to be prepared.
    Preparing,
    /// For the permissions' decision.
    Judging,
    /// For the hooks that apply.
    Matching(HookEvent),
    /// For the answer of a hook.
    Hook {
        /// At which event.
        event: HookEvent,
        /// Which hook.
        hook: usize,
    },
    /// For a person's approval.
    Asking,
    /// For admission.
    Admitting,
    /// For the tool's result.
    Running,
    /// For nothing: it has ended.
    Finished,
}
