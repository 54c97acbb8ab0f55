//! The words of hooks: at which events they run and what they may answer.
//!
//! How hooks are chosen and run is not known here.
//!
//! ```
//! use moot_core::HookEvent;
//!
//! assert_eq!(HookEvent::BeforeToolCall.as_str(), "before_tool_call");
//! ```

use serde::{Deserialize, Serialize};

use crate::Text;

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookEvent {
    /// The run begins.
    RunStarted,
    /// The run ends.
    RunEnded,
    /// The agent is given a task.
    TaskSubmitted,
    /// The model is about to be asked.
    BeforeModelCall,
    /// The model has answered.
    AfterModelCall,
    /// A call that permissions let pass is about to run.
    BeforeToolCall,
    /// A call has its result.
    AfterToolCall,
    /// Somebody is about to be asked for approval.
    PermissionAsked,
    /// The transcript is about to be compacted.
    BeforeCompaction,
    /// The transcript was compacted.
    AfterCompaction,
    /// The agent is about to answer its assignment.
    Stop,
    /// A spawned agent is about to answer.
    SubagentStop,
}

/// What a hook answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookVerdict {
    /// No objection.
    Allow,
    /// It must not happen, and why.
    Deny(Text),
    /// Somebody has to approve it, and why.
    Ask(Text),
    /// The arguments of the call, or the content of its result, become this.
    Rewrite(Text),
    /// This is added to what the model reads.
    Annotate(Text),
    /// On stop: the agent goes on with this further message.
    SendOn(Text),
}

impl HookEvent {
    /// Every event, in the order of a run.
    pub const ALL: [Self; 12] = [
        Self::RunStarted,
        Self::TaskSubmitted,
        Self::BeforeModelCall,
        Self::AfterModelCall,
        Self::BeforeToolCall,
        Self::PermissionAsked,
        Self::AfterToolCall,
        Self::BeforeCompaction,
        Self::AfterCompaction,
        Self::Stop,
        Self::SubagentStop,
        Self::RunEnded,
    ];

    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RunStarted => "run_started",
            Self::RunEnded => "run_ended",
            Self::TaskSubmitted => "task_submitted",
            Self::BeforeModelCall => "before_model_call",
            Self::AfterModelCall => "after_model_call",
            Self::BeforeToolCall => "before_tool_call",
            Self::AfterToolCall => "after_tool_call",
            Self::PermissionAsked => "permission_asked",
            Self::BeforeCompaction => "before_compaction",
            Self::AfterCompaction => "after_compaction",
            Self::Stop => "stop",
            Self::SubagentStop => "subagent_stop",
        }
    }
}

impl HookVerdict {
    /// The name used in files.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny(_) => "deny",
            Self::Ask(_) => "ask",
            Self::Rewrite(_) => "rewrite",
            Self::Annotate(_) => "annotate",
            Self::SendOn(_) => "send_on",
        }
    }

    /// What goes with it; empty for a plain allow.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Allow => "",
            Self::Deny(text) | Self::Ask(text) | Self::Rewrite(text) | Self::Annotate(text) | Self::SendOn(text) => {
                text
            }
        }
    }
}
