//! How often the agent runtime stepped in: calls denied, approvals asked, hooks run, attempts made again.
//!
//! This module must not know what an event means beyond its kind.
//!
//! ```
//! use moot_journal::HarnessCounts;
//!
//! assert_eq!(HarnessCounts::default().retries, 0);
//! ```

use moot_core::{EventKind, ToolErrorCode};

/// Counts over the events of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HarnessCounts {
    /// Tool calls that ended as denied.
    pub denied_calls: u64,
    /// Calls that somebody was asked to approve.
    pub approvals_asked: u64,
    /// Answers of hooks.
    pub hooks_run: u64,
    /// Attempts of model calls that followed a failed one.
    pub retries: u64,
    /// Transcripts that were made shorter.
    pub compactions: u64,
    /// Texts that were kept aside.
    pub outputs_kept: u64,
    /// Agents that were started by agents.
    pub agents_started: u64,
    /// What agents said to each other beside tasks and answers.
    pub team_messages: u64,
}

impl HarnessCounts {
    /// Takes in the next event.
    pub(crate) fn push(&mut self, kind: &EventKind) {
        let count = match kind {
            EventKind::ToolReturned { result, .. } if result.error == Some(ToolErrorCode::Denied) => {
                &mut self.denied_calls
            }
            EventKind::ApprovalRequested { .. } => &mut self.approvals_asked,
            EventKind::HookRan { .. } => &mut self.hooks_run,
            EventKind::RetryScheduled { .. } => &mut self.retries,
            EventKind::Compacted { .. } => &mut self.compactions,
            EventKind::OutputKept { .. } => &mut self.outputs_kept,
            EventKind::AgentSpawned { .. } => &mut self.agents_started,
            EventKind::MessageSent { .. } => &mut self.team_messages,
            _ => return,
        };
        *count += 1;
    }

    /// Every count with the name of its metric.
    pub(crate) const fn named(&self) -> [(&'static str, u64); 8] {
        [
            ("denied_calls", self.denied_calls),
            ("approvals_asked", self.approvals_asked),
            ("hooks_run", self.hooks_run),
            ("retries", self.retries),
            ("compactions", self.compactions),
            ("outputs_kept", self.outputs_kept),
            ("agents_started", self.agents_started),
            ("team_messages", self.team_messages),
        ]
    }
}
