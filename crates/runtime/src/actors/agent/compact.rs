//! Making an agent's transcript shorter before its model is asked.
//!
//! The steps are taken by a [`Compactor`] machine; a summary is asked of a model under a path of its own below the
//! agent's, so that it has its own line in the books. What is cleared is kept aside and can be read again.

use std::sync::Arc;

use moot_core::port::Outputs;
use moot_core::{
    ActorPath, EventKind, EventSequence, HeardSoFar, HookEvent, Limit, ModelFailure, ModelFailureKind, ModelReply,
    Placement, Task, TaskId, Text, Transcript, Usage,
};
use moot_mind::TurnInput;
use moot_mind::compaction::{CompactionEffect, CompactionOptions, Compactor, needs_compaction};
use moot_mind::tokens;
use moot_model::ModelRequest;

use super::stages::Stage;
use super::{AgentMessage, AgentState};
use crate::actors::address::Address;
use crate::actors::body::post;
use crate::actors::gateway::{Asked, Errand, GatewayMessage};

pub(super) use moot_mind::compaction::Compaction;

/// How the transcripts of a declaration's agents are kept short.
pub(crate) struct CompactionPlan {
    pub(crate) options: CompactionOptions,
    pub(crate) summariser: Option<Summariser>,
    pub(crate) outputs: Arc<dyn Outputs>,
}

/// The model that summarises.
pub(crate) struct Summariser {
    pub(crate) gateway: Address<GatewayMessage>,
}

/// A compaction that waits for its summary.
pub(super) struct Compacting {
    compactor: Compactor,
}

/// The numbers of the attempts at a summary. The summary of one call may be asked for again, after a restart or because
/// the request was still too long: no attempt has the number of another.
#[derive(Debug, Default)]
pub(super) struct SummaryAsked {
    /// Whether it was ever asked for, and for which call of which task.
    of: Option<(TaskId, u32)>,
    /// The number of the first attempt with the last request, and of the next attempt.
    first: u32,
    next: u32,
    was_answered: bool,
}

impl SummaryAsked {
    /// The numbers of the next attempt and of the first one with this request. One that was never answered is the same
    /// request, whose retries count on.
    fn ask(&mut self, task: TaskId, call: u32) -> (u32, u32) {
        if self.of != Some((task, call)) {
            *self = Self { of: Some((task, call)), ..Self::default() };
        } else if std::mem::take(&mut self.was_answered) {
            self.first = self.next;
        }
        let attempt = self.next;
        self.next = self.next.saturating_add(1);
        (attempt, self.first)
    }

    fn answered(&mut self, attempt: u32) {
        (self.next, self.was_answered) = (self.next.max(attempt.saturating_add(1)), true);
    }
}

impl AgentState {
    pub(super) fn needs_compaction(&mut self) -> bool {
        let Some(plan) = &self.kind.compaction else { return false };
        let Some(transcript) = self.current_transcript() else { return false };
        let (said, tools) = (tokens::of_transcript(&transcript), tokens::of_tools(&self.kind.tool_specs));
        let needed = needs_compaction(&plan.options, said, tools, &self.calibration);
        if let Some(current) = &mut self.current {
            current.estimated_tokens = said.saturating_add(tools);
        }
        needed
    }

    /// What a call is reported to have taken makes the next estimate better. What an inside model says is made up.
    pub(super) fn calibrate(&mut self, usage: Option<Usage>) {
        if self.kind.model_placement == Placement::Inside {
            return;
        }
        let estimated = self.current.as_ref().map_or(0, |current| current.estimated_tokens);
        if let Some(usage) = usage.filter(|usage| estimated > 0 && usage.input_tokens > 0) {
            self.calibration.observe(estimated, usage.input_tokens);
        }
    }

    /// Whether a model's failure is answered by compacting and asking again: once for each call.
    pub(super) fn compacts_for(&mut self, failure: &ModelFailure) -> bool {
        let Some(current) = self.current.as_mut().filter(|_| self.kind.compaction.is_some()) else { return false };
        let first = failure.kind == ModelFailureKind::ContextTooLong && current.compacted_for != Some(current.call);
        if first {
            current.compacted_for = Some(current.call);
        }
        first
    }

    pub(super) fn compact_and_ask(&mut self, myself: &Address<AgentMessage>, cause: EventSequence) {
        self.enter(myself, Stage::BeforeCompaction, HookEvent::BeforeCompaction, Text::default(), cause);
    }

    /// No hook objects: the steps are taken, as far as they need no model.
    pub(super) fn compact(&mut self, myself: &Address<AgentMessage>, cause: EventSequence) {
        let (Some(plan), Some(transcript)) = (self.kind.compaction.clone(), self.current_transcript()) else { return };
        let overhead = tokens::of_tools(&self.kind.tool_specs);
        let mut compactor = Compactor::new(plan.options.clone(), transcript, overhead).calibrated(self.calibration);
        if self.current.as_ref().is_some_and(|current| current.compacted_for == Some(current.call)) {
            compactor = compactor.after_refusal();
        }
        let mut kept = Vec::new();
        let effect = compactor.start(&mut |text: &str| keep(plan.outputs.as_ref(), &mut kept, text));
        self.after_step(myself, compactor, effect, kept, cause);
    }

    pub(super) fn summarised(
        &mut self,
        myself: &Address<AgentMessage>,
        (ask, attempt): (u64, u32),
        answer: Result<ModelReply, ModelFailure>,
        cause: EventSequence,
    ) {
        if self.waits_for(ask) {
            self.summary_asked.answered(attempt);
            let summary = answer.map(|reply| reply.text).map_err(|failure| failure.message);
            self.summary_came(myself, summary, cause);
        }
    }

    pub(super) fn summary_came(
        &mut self,
        myself: &Address<AgentMessage>,
        summary: Result<Text, Text>,
        cause: EventSequence,
    ) {
        let Some(plan) = self.kind.compaction.clone() else { return };
        let Some(compacting) = self.current.as_mut().and_then(|current| current.compacting.take()) else { return };
        let mut compactor = compacting.compactor;
        let mut kept = Vec::new();
        let effect = compactor.summarised(summary, &mut |text: &str| keep(plan.outputs.as_ref(), &mut kept, text));
        self.after_step(myself, compactor, effect, kept, cause);
    }

    fn after_step(
        &mut self,
        myself: &Address<AgentMessage>,
        compactor: Compactor,
        effect: CompactionEffect,
        kept: Vec<(Text, Text)>,
        mut cause: EventSequence,
    ) {
        let Some(current) = &mut self.current else { return };
        let task = current.assignment.task.id;
        for (handle, text) in kept {
            let kind = EventKind::OutputKept { task, call_id: Text::default(), handle, text };
            cause = self.world.record(&self.path, Some(cause), kind);
        }
        match effect {
            CompactionEffect::Summarise { request } => {
                current.compacting = Some(Box::new(Compacting { compactor }));
                self.ask_for_summary(myself, request, cause);
            }
            CompactionEffect::Done(compaction) => {
                let messages = compaction.transcript.messages().to_vec();
                let kind = EventKind::Compacted {
                    task,
                    steps: compaction.steps.clone(),
                    tokens_before: compaction.tokens_before,
                    tokens_after: compaction.tokens_after,
                    messages,
                };
                let cause = self.world.record(&self.path, Some(cause), kind);
                let stage = Stage::AfterCompaction(compaction);
                self.enter(myself, stage, HookEvent::AfterCompaction, Text::default(), cause);
            }
        }
    }

    /// The shorter transcript is used, if it is short enough.
    pub(super) fn use_compaction(
        &mut self,
        myself: &Address<AgentMessage>,
        compaction: Compaction,
        cause: EventSequence,
    ) {
        if let (Some(reason), Some(current)) = (compaction.unmet(), &mut self.current) {
            let task = current.assignment.task.id;
            let noted = EventKind::Noted { task, name: "context_too_long".into(), text: reason };
            let cause = self.world.record(&self.path, Some(cause), noted);
            return self.feed(myself, TurnInput::Exhausted { limit: Limit::Tokens }, cause);
        }
        self.feed(myself, TurnInput::Compacted(compaction.transcript), cause);
        if self.is_suspended {
            return;
        }
        self.before_model(myself, cause);
    }

    fn ask_for_summary(&mut self, myself: &Address<AgentMessage>, request: Text, cause: EventSequence) {
        let Some(gateway) = self.kind.compaction.as_ref().and_then(|plan| plan.summariser.as_ref()) else {
            return self.summary_came(myself, Err("no model is given that summarises".into()), cause);
        };
        let gateway = gateway.gateway.clone();
        let path = self.summary_path();
        let world = Arc::clone(&self.world);
        let agent_number = *self.summary_number.get_or_insert_with(|| world.join(&path));
        self.asks += 1;
        let ask = self.asks;
        let Some(current) = &mut self.current else { return };
        current.asked = Some(ask);
        let (attempt, first_attempt) = self.summary_asked.ask(current.assignment.task.id, current.call);
        let mut transcript = Transcript::new();
        // A user message always fits an empty transcript.
        let _ = transcript.push_user(self.path.clone(), request.clone());
        let address = format!("{}/compaction", self.address);
        let request = ModelRequest {
            random: self.world.random_key(&address),
            group: self.kind.group.clone(),
            group_random: self.kind.group_random,
            task: Arc::new(Task::new(current.assignment.task.id, request)),
            call: current.call,
            attempt,
            transcript: Arc::new(transcript),
            tools: Arc::default(),
            now: self.world.now(),
            brief: None,
            heard: HeardSoFar::default(),
            agent: path,
        };
        let asked = Asked {
            request,
            agent_number,
            budgets: current.budgets.clone(),
            reply_to: myself.clone(),
            ask,
            errand: Errand::Summary,
            first_attempt,
            cause,
        };
        post(&gateway, GatewayMessage::Asked(Box::new(asked)));
    }

    /// Under which path summaries are booked.
    fn summary_path(&self) -> ActorPath {
        self.path.child("compaction").unwrap_or_else(|_| self.path.clone())
    }

    fn current_transcript(&self) -> Option<Arc<Transcript>> {
        let task = self.current.as_ref()?.assignment.task.id;
        self.turns.iter().find(|(open, _)| *open == task).map(|(_, turn)| Arc::clone(turn.transcript()))
    }
}

fn keep(outputs: &dyn Outputs, kept: &mut Vec<(Text, Text)>, text: &str) -> Text {
    let handle = outputs.keep(text);
    kept.push((handle.clone(), text.into()));
    handle
}
