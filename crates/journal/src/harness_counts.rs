//! How often the agent runtime stepped in: calls denied, approvals asked, hooks run, attempts made again; and what
//! skills took.
//!
//! This module must not know what an event means beyond its kind.
//!
//! ```
//! use moot_journal::HarnessCounts;
//!
//! assert_eq!(HarnessCounts::default().retries, 0);
//! ```

use std::collections::BTreeMap;

use moot_core::{ActorPath, Event, EventKind, ToolErrorCode};

/// The name of the note by which an agent tells about how many tokens the list of its skills takes in each of its
/// requests, as a decimal number.
pub const SKILLS_NOTE: &str = "skills_tokens";

/// Counts over the events of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HarnessCounts {
    /// Tool calls that ended as denied.
    pub denied_calls: u64,
    /// Calls that somebody was asked to approve.
    pub approvals_asked: u64,
    /// Answers of hooks.
    pub hooks_run: u64,
    /// Attempts at model calls beyond the first: those that were made, not those that were only meant to be.
    pub retries: u64,
    /// Transcripts that were made shorter.
    pub compactions: u64,
    /// Texts that were kept aside.
    pub outputs_kept: u64,
    /// Agents that were started by agents.
    pub agents_started: u64,
    /// What agents said to each other beside tasks and answers.
    pub team_messages: u64,
    /// Planned faults that struck.
    pub faults: u64,
    /// Messages that a full mailbox refused.
    pub overloaded: u64,
    /// Messages that nobody will ever take in.
    pub dead_letters: u64,
    /// Estimated tokens of the lists of skills in all requests, whether a skill was loaded or not.
    pub skills_tokens: u64,
    /// What the list takes in each request of an agent that has skills.
    skills_of: BTreeMap<ActorPath, u64>,
}

impl HarnessCounts {
    /// Takes in the next event.
    pub(crate) fn push(&mut self, event: &Event) {
        let count = match &event.kind {
            EventKind::Noted { name, text, .. } if &**name == SKILLS_NOTE => {
                if let Ok(tokens) = text.parse() {
                    self.skills_of.insert(event.actor.clone(), tokens);
                }
                return;
            }
            EventKind::ModelReplied { .. } | EventKind::ModelFailed { .. } if !self.skills_of.is_empty() => {
                let tokens = self.skills_of.get(&event.actor).copied().unwrap_or_default();
                self.skills_tokens = self.skills_tokens.saturating_add(tokens);
                return;
            }
            EventKind::ToolReturned { result, .. } if result.error == Some(ToolErrorCode::Denied) => {
                &mut self.denied_calls
            }
            EventKind::ApprovalRequested { .. } => &mut self.approvals_asked,
            EventKind::HookRan { .. } => &mut self.hooks_run,
            EventKind::ModelReplied { attempt: 1.., .. } | EventKind::ModelFailed { attempt: 1.., .. } => {
                &mut self.retries
            }
            // One that found nothing to take out changed nothing.
            EventKind::Compacted { tokens_before, tokens_after, .. } if tokens_after < tokens_before => {
                &mut self.compactions
            }
            EventKind::OutputKept { .. } => &mut self.outputs_kept,
            EventKind::AgentSpawned { .. } => &mut self.agents_started,
            EventKind::MessageSent { .. } => &mut self.team_messages,
            EventKind::FaultInjected { .. } => &mut self.faults,
            EventKind::Overloaded { .. } => &mut self.overloaded,
            EventKind::DeadLettered { .. } => &mut self.dead_letters,
            _ => return,
        };
        *count += 1;
    }

    /// Every count with the name of its metric.
    pub(crate) const fn named(&self) -> [(&'static str, u64); 12] {
        [
            ("denied_calls", self.denied_calls),
            ("approvals_asked", self.approvals_asked),
            ("hooks_run", self.hooks_run),
            ("retries", self.retries),
            ("compactions", self.compactions),
            ("outputs_kept", self.outputs_kept),
            ("agents_started", self.agents_started),
            ("team_messages", self.team_messages),
            ("faults", self.faults),
            ("overloaded", self.overloaded),
            ("dead_letters", self.dead_letters),
            ("skills_tokens", self.skills_tokens),
        ]
    }
}

#[cfg(test)]
mod tests {
    use moot_core::{ModelFailure, ModelFailureKind, ModelReply, TaskId, VirtualDuration};

    use super::*;

    const TASK: TaskId = TaskId(0);

    fn count(kinds: impl IntoIterator<Item = EventKind>) -> HarnessCounts {
        let mut counts = HarnessCounts::default();
        for kind in kinds {
            let (sequence, time) = (moot_core::EventSequence(0), moot_core::VirtualTime::ZERO);
            counts.push(&Event { sequence, time, actor: moot_core::ActorPath::world(), cause: None, kind });
        }
        counts
    }

    fn failed(attempt: u32) -> EventKind {
        let failure = ModelFailure::new(ModelFailureKind::Overloaded, "busy");
        EventKind::ModelFailed { task: TASK, call: 0, attempt, model: "m".into(), failure, cost: None }
    }

    fn scheduled(attempt: u32) -> EventKind {
        let after = VirtualDuration::from_millis(500);
        EventKind::RetryScheduled { task: TASK, call: 0, attempt, after, reason: "busy".into() }
    }

    #[test]
    fn a_retry_counts_when_it_is_made() {
        let replied = EventKind::ModelReplied {
            task: TASK,
            call: 0,
            attempt: 2,
            model: "m".into(),
            reply: ModelReply::text("x"),
            cost: None,
        };
        let made = [failed(0), scheduled(1), failed(1), scheduled(2), replied];
        assert_eq!(count(made).retries, 2);
        // A breaker or a budget held it back.
        assert_eq!(count([failed(0), scheduled(1)]).retries, 0);
    }

    #[test]
    fn a_compaction_counts_when_it_made_a_transcript_shorter() {
        let compacted = |tokens_after| EventKind::Compacted {
            task: TASK,
            steps: Vec::new(),
            tokens_before: 100,
            tokens_after,
            messages: Vec::new(),
        };
        assert_eq!(count([compacted(100), compacted(40)]).compactions, 1);
    }
}
