//! The turn machine: one agent at work on one task.
//!
//! ```text
//!            Assigned                    reply with calls
//!   idle ───────────────▶ model asked ───────────────────▶ tools called
//!    ▲                     │      ▲                          │       │
//!    └──────── Finish ─────┘      └──── all results are in ──┘       │
//!    └──────────────── Finish (limit, repetition, cancelled) ────────┘
//! ```
//!
//! Beside this, a reply may be streamed, a teammate may say something at any time, the body may compact the transcript
//! before it asks the model, and an answer may be sent back as not enough.
//!
//! It has no clock, no randomness, no input or output of its own, and must not know actors, models or tools. The same
//! inputs always give the same effects, and what makes no sense in the present state changes nothing.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, Assignment, ModelReply, Task, TaskId, ToolCall, ToolResult};
//! use moot_mind::{Turn, TurnEffect, TurnInput, TurnOptions};
//!
//! let mut turn = Turn::new(TurnOptions::default(), None);
//! let mut effects = Vec::new();
//! let task = Arc::new(Task::new(TaskId(0), "What does a.txt say?"));
//! turn.step(TurnInput::Assigned(Assignment::of(task, ActorPath::world())), &mut effects);
//!
//! let call = ToolCall { id: "c0".into(), name: "read_file".into(), arguments: r#"{"path":"a.txt"}"#.into() };
//! effects.clear();
//! turn.step(TurnInput::ModelReplied(ModelReply::calls(vec![call.clone()])), &mut effects);
//! assert_eq!(effects, [TurnEffect::CallTool(call.clone())]);
//!
//! effects.clear();
//! turn.step(TurnInput::ToolReturned(ToolResult::success(&call, "hello")), &mut effects);
//! assert_eq!(effects, [TurnEffect::AskModel { call: 1 }]);
//! ```

mod call_ids;
mod checkpoint;
mod exchanges;
mod growing;
mod open_calls;
mod protocol;
mod repetition;
mod seldom;
mod state;

#[cfg(test)]
mod conversation_tests;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod recovery_tests;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use moot_core::{
    ActorPath, Assignment, FailureKind, Limit, ModelDelta, ModelFailure, ModelFailureKind, ModelReply, Outcome,
    StopReason, Text, ToolCall, ToolErrorCode, ToolResult, Transcript, TranscriptError, Usage,
};
use serde::{Deserialize, Serialize};

pub use checkpoint::Progress;
pub use protocol::{TurnEffect, TurnInput, Waiting};

use crate::{TurnOptions, extract_answer};
use checkpoint::Kept;
use exchanges::Exchanges;
use growing::Pieces;
use open_calls::{OpenCalls, lost};
use repetition::Repetition;
use seldom::Seldom;
use state::{Phase, State, Told};

/// The machine of one agent on one task. See the module for its states.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    options: TurnOptions,
    transcript: Arc<Transcript>,
    state: State,
    #[serde(skip)]
    kept: Kept,
}

impl Turn {
    /// A turn with nothing said yet but the standing instructions, which become the system message.
    #[must_use]
    pub fn new(options: TurnOptions, instructions: Option<Text>) -> Self {
        let mut transcript = Transcript::new();
        if let Some(text) = instructions {
            // An empty transcript takes a system message.
            let _ = transcript.push_system(text);
        }
        Self { options, transcript: Arc::new(transcript), state: State::default(), kept: Kept::default() }
    }

    /// A turn that goes on from what was said before; `calls` is the number of its next model call. Tool calls that
    /// have no result in the transcript get one saying that it is unknown whether they took effect.
    #[must_use]
    pub fn resuming(options: TurnOptions, mut transcript: Arc<Transcript>, calls: u32) -> Self {
        let open: Vec<ToolCall> = transcript.open_calls().cloned().collect();
        for call in open {
            // An open call takes a result.
            let _ = Arc::make_mut(&mut transcript).push_result(lost(&call));
        }
        Self { options, transcript, state: State { calls, ..State::default() }, kept: Kept::default() }
    }

    /// The same turn, whose next model call has this number: it begins anew what another one had worked on.
    #[must_use]
    pub const fn counting_from(mut self, calls: u32) -> Self {
        self.state.calls = calls;
        self
    }

    /// Takes one input and appends what is to be done because of it, in order. What makes no sense in the present state
    /// (a late reply, a second result of one call, an assignment while one is open) changes nothing.
    pub fn step(&mut self, input: TurnInput, effects: &mut Vec<TurnEffect>) {
        if let Err(error) = self.take(input, effects) {
            // Only a state that was tampered with, or restored into another turn, comes here.
            self.finish(Outcome::failed(FailureKind::Setup, format!("the agent's state is damaged: {error}")), effects);
        }
    }

    /// What was said so far. A clone of the `Arc` can be shown to a model; the turn copies the messages only if that
    /// clone is still held when something further is said.
    #[must_use]
    pub const fn transcript(&self) -> &Arc<Transcript> {
        &self.transcript
    }

    /// How many model calls this task asked for so far; also the number of the next one.
    #[must_use]
    pub const fn calls(&self) -> u32 {
        self.state.calls
    }

    /// The tokens that the model calls of this task took, as far as it was stated.
    #[must_use]
    pub const fn usage(&self) -> Usage {
        self.state.usage
    }

    /// Whether the last assignment has ended.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        matches!(self.state.phase, Phase::Finished)
    }

    /// What has to come before the turn goes on.
    #[must_use]
    pub fn waiting_for(&self) -> Waiting {
        match &self.state.phase {
            Phase::Idle | Phase::Finished => Waiting::Nothing,
            Phase::Model => Waiting::Model,
            Phase::Tools(open) => Waiting::Tools(u32::try_from(open.missing(&self.transcript)).unwrap_or(u32::MAX)),
        }
    }

    /// The limits that hold for this turn.
    #[must_use]
    pub const fn options(&self) -> &TurnOptions {
        &self.options
    }

    /// The text of the awaited reply as far as it was streamed.
    #[must_use]
    pub fn partial_text(&self) -> String {
        self.state.partial.get().map(Pieces::text).unwrap_or_default()
    }

    /// Whether the agent was told something that it has not read yet.
    #[must_use]
    pub fn has_unread(&self) -> bool {
        self.state.told.get().is_some_and(|told| !told.is_empty())
    }

    fn take(&mut self, input: TurnInput, effects: &mut Vec<TurnEffect>) -> Result<(), TranscriptError> {
        match (&self.state.phase, input) {
            (Phase::Idle | Phase::Finished, TurnInput::Assigned(assignment)) => self.assigned(assignment, effects)?,
            (Phase::Model, TurnInput::ModelReplied(reply)) => self.replied(reply, effects)?,
            (Phase::Model, TurnInput::ModelFailed(failure)) => self.model_failed(failure, effects),
            (Phase::Model, TurnInput::Streamed(ModelDelta::Text(piece))) => self.state.partial.made().push(piece),
            (Phase::Model, TurnInput::StreamFailed) => self.state.partial.clear(),
            (Phase::Model, TurnInput::Compacted(compacted)) => self.compacted(compacted),
            (Phase::Tools(_), TurnInput::ToolReturned(result)) => self.returned(result, effects)?,
            (Phase::Model, TurnInput::Annotated { from, text }) => {
                Arc::make_mut(&mut self.transcript).push_user(from, text)?;
            }
            (Phase::Tools(_), TurnInput::Concluding { outcome }) => self.state.concluding = Some(Box::new(outcome)),
            (_, TurnInput::Told { from, text }) => self.state.told.made().push(Told { from, text }),
            (Phase::Finished, TurnInput::SentOn { text }) => self.sent_on(text, effects)?,
            (Phase::Model | Phase::Tools(_), TurnInput::Cancelled { reason }) => {
                self.break_off(&reason)?;
                self.finish(Outcome::Cancelled { reason }, effects);
            }
            (Phase::Model | Phase::Tools(_), TurnInput::Exhausted { limit }) => {
                self.break_off(&format!("the limit is reached ({})", limit.as_str()))?;
                self.finish(Outcome::Exhausted { limit }, effects);
            }
            (Phase::Model, TurnInput::Restarted) => self.ask_again(effects),
            (Phase::Tools(_), TurnInput::Restarted) => {
                self.close_open_calls(lost)?;
                self.state.exchanges.begin_again();
                self.go_on(effects)?;
            }
            (
                _,
                TurnInput::Assigned(_)
                | TurnInput::ModelReplied(_)
                | TurnInput::ModelFailed(_)
                | TurnInput::Streamed(_)
                | TurnInput::StreamFailed
                | TurnInput::Compacted(_)
                | TurnInput::ToolReturned(_)
                | TurnInput::SentOn { .. }
                | TurnInput::Cancelled { .. }
                | TurnInput::Exhausted { .. }
                | TurnInput::Annotated { .. }
                | TurnInput::Concluding { .. }
                | TurnInput::Restarted,
            ) => {}
        }
        Ok(())
    }

    fn assigned(&mut self, assignment: Assignment, effects: &mut Vec<TurnEffect>) -> Result<(), TranscriptError> {
        self.state.turns = 0;
        self.state.repetition.clear();
        self.state.exchanges = Exchanges::default();
        self.state.sent_on = 0;
        self.state.choices = assignment.choices();
        self.state.from = assignment.from.clone();
        self.read_messages()?;
        self.hear(assignment.from, assignment.prompt)?;
        self.go_on(effects)
    }

    /// Not enough: the agent goes on, unless that was said too often or a limit forbids it.
    fn sent_on(&mut self, text: Text, effects: &mut Vec<TurnEffect>) -> Result<(), TranscriptError> {
        if !self.state.answered || self.state.sent_on >= self.options.send_on_max || self.reached_limit().is_some() {
            return Ok(());
        }
        self.state.sent_on += 1;
        self.hear(self.state.from.clone(), text)?;
        self.go_on(effects)
    }

    /// A transcript with open calls would have to wait for results that nobody will send.
    fn compacted(&mut self, compacted: Arc<Transcript>) {
        if compacted.open_calls().next().is_some() {
            return;
        }
        self.kept.before_compaction = Some(std::mem::replace(&mut self.transcript, compacted));
        self.kept.ids.cut(0);
        self.state.compactions = self.state.compactions.saturating_add(1);
        self.state.exchanges.begin_again();
    }

    fn replied(&mut self, reply: ModelReply, effects: &mut Vec<TurnEffect>) -> Result<(), TranscriptError> {
        self.state.usage += reply.usage.unwrap_or_default();
        self.state.partial.clear();
        if reply.tool_calls.is_empty() {
            return self.answered(&reply, effects);
        }
        let mut calls = reply.tool_calls;
        let last_call = self.last_call();
        call_ids::make_unique(&mut calls, &mut self.kept.ids, &self.transcript, last_call);
        Arc::make_mut(&mut self.transcript).push_assistant(reply.text, calls.clone())?;
        self.state.phase = Phase::Tools(OpenCalls::default());
        effects.extend(calls.into_iter().map(TurnEffect::CallTool));
        Ok(())
    }

    /// A reply without tool calls is the end of the assignment, unless there is something left to read.
    fn answered(&mut self, reply: &ModelReply, effects: &mut Vec<TurnEffect>) -> Result<(), TranscriptError> {
        let empty = reply.text.trim_start().is_empty();
        if !empty {
            // An empty reply says nothing, and some providers refuse a transcript that holds one.
            Arc::make_mut(&mut self.transcript).push_assistant(reply.text.clone(), Vec::new())?;
        }
        let call = self.last_call();
        let outcome = if reply.stop == StopReason::Length {
            let message = format!(
                "the reply to model call {call} was cut off at the limit of output tokens before it was complete; \
                 raise that limit or ask for a shorter answer"
            );
            Outcome::failed(FailureKind::Model, message)
        } else if empty {
            let message = format!(
                "the reply to model call {call} holds neither text nor a tool call; expected an answer or a call"
            );
            Outcome::failed(FailureKind::Model, message)
        } else {
            if self.has_unread() && self.reached_limit().is_none() {
                return self.go_on(effects);
            }
            Outcome::decided(extract_answer(&reply.text, &self.state.choices))
        };
        self.finish(outcome, effects);
        Ok(())
    }

    fn model_failed(&mut self, failure: ModelFailure, effects: &mut Vec<TurnEffect>) {
        self.state.usage += failure.usage.unwrap_or_default();
        let kind = match failure.kind {
            ModelFailureKind::ScriptExhausted | ModelFailureKind::ExpectationUnmet => FailureKind::Script,
            ModelFailureKind::Refused => FailureKind::Refused,
            _ => FailureKind::Model,
        };
        self.finish(Outcome::failed(kind, failure.message), effects);
    }

    fn returned(&mut self, result: ToolResult, effects: &mut Vec<TurnEffect>) -> Result<(), TranscriptError> {
        let Phase::Tools(open) = &mut self.state.phase else { return Ok(()) };
        if !open.keep(&self.transcript, result) {
            return Ok(());
        }
        while let Some((call, result)) = open.take_next(&self.transcript) {
            note_repetition(&mut self.state.repetition, &call, &result, &self.options);
            Arc::make_mut(&mut self.transcript).push_result(result)?;
        }
        if open.missing(&self.transcript) == 0 {
            self.state.exchanges.note(&self.transcript, self.options.same_exchange_max);
            self.go_on(effects)?;
        }
        Ok(())
    }

    /// Keeps what was already done or said: open calls get a result, streamed text becomes what the model said.
    fn break_off(&mut self, reason: &str) -> Result<(), TranscriptError> {
        let content: Text = format!("cancelled before there was a result: {reason}").into();
        self.close_open_calls(|call| ToolResult::error(call, ToolErrorCode::Cancelled, content.clone()))?;
        let partial = self.state.partial.take().unwrap_or_default().text();
        if !partial.trim().is_empty() {
            Arc::make_mut(&mut self.transcript).push_assistant(partial, Vec::new())?;
        }
        Ok(())
    }

    /// Gives every open call its result: the one that came before its turn, else the one that is made here. Results
    /// made here say nothing about the calls, so they neither begin nor end a row of failures.
    fn close_open_calls(&mut self, make: impl Fn(&ToolCall) -> ToolResult) -> Result<(), TranscriptError> {
        let Phase::Tools(open) = &mut self.state.phase else { return Ok(()) };
        loop {
            let result = if let Some((call, result)) = open.take_next(&self.transcript) {
                note_repetition(&mut self.state.repetition, &call, &result, &self.options);
                result
            } else if let Some(call) = open.give_up_next(&self.transcript) {
                make(&call)
            } else {
                return Ok(());
            };
            Arc::make_mut(&mut self.transcript).push_result(result)?;
        }
    }

    /// Reads what is there to be read and asks the model, unless a limit forbids it.
    fn go_on(&mut self, effects: &mut Vec<TurnEffect>) -> Result<(), TranscriptError> {
        if let Some(outcome) = self.state.concluding.take() {
            self.finish(*outcome, effects);
            return Ok(());
        }
        if let Some(outcome) = self.reached_limit() {
            self.finish(outcome, effects);
            return Ok(());
        }
        self.read_messages()?;
        effects.push(TurnEffect::AskModel { call: self.state.calls });
        self.state.calls = self.state.calls.saturating_add(1);
        self.state.turns = self.state.turns.saturating_add(1);
        self.state.phase = Phase::Model;
        Ok(())
    }

    /// How the assignment ends if the model may not be asked again.
    fn reached_limit(&self) -> Option<Outcome> {
        let repeated =
            self.state.repetition.get().and_then(Repetition::reached).or_else(|| self.state.exchanges.reached());
        let out_of_tokens = self.options.tokens_max.is_some_and(|most| self.state.usage.total_tokens() > most);
        if let Some(message) = repeated {
            Some(Outcome::failed(FailureKind::Repetition, message.clone()))
        } else if self.state.turns >= self.turns_max() {
            Some(Outcome::Exhausted { limit: Limit::Turns })
        } else {
            out_of_tokens.then_some(Outcome::Exhausted { limit: Limit::Tokens })
        }
    }

    /// How often its model may be asked for one assignment.
    fn turns_max(&self) -> u32 {
        #[cfg(feature = "planted-bugs")]
        if moot_core::planted::is_on(moot_core::planted::Planted::TurnLimitPassed) {
            return self.options.turns_max.saturating_add(1);
        }
        self.options.turns_max
    }

    fn read_messages(&mut self) -> Result<(), TranscriptError> {
        let Some(told) = self.state.told.take() else { return Ok(()) };
        for Told { from, text } in told.iter() {
            self.hear(from.clone(), text.clone())?;
        }
        Ok(())
    }

    /// What somebody said enters the transcript. It is something new, so what comes now repeats nothing.
    fn hear(&mut self, from: ActorPath, text: Text) -> Result<(), TranscriptError> {
        self.state.exchanges.begin_again();
        Arc::make_mut(&mut self.transcript).push_user(from, text)
    }

    /// The call that was never answered keeps its number, and is no further turn: a model that is a function of its
    /// request gives the same reply as without the restart, and a script loses no step.
    fn ask_again(&mut self, effects: &mut Vec<TurnEffect>) {
        self.state.partial.clear();
        effects.push(TurnEffect::AskModel { call: self.last_call() });
    }

    /// The number of the model call that was asked last.
    const fn last_call(&self) -> u32 {
        self.state.calls.saturating_sub(1)
    }

    fn finish(&mut self, outcome: Outcome, effects: &mut Vec<TurnEffect>) {
        self.state.phase = Phase::Finished;
        self.state.partial.clear();
        self.state.answered = matches!(outcome, Outcome::Decided { .. });
        effects.push(TurnEffect::Finish(outcome));
    }
}

/// Takes note of a result; one that is no failure only ends what was counted.
fn note_repetition(repetition: &mut Seldom<Repetition>, call: &ToolCall, result: &ToolResult, options: &TurnOptions) {
    let counted = if result.is_error() { Some(repetition.made()) } else { repetition.get_mut() };
    if let Some(counted) = counted {
        counted.note(call, result, options.same_failing_call_max);
    }
}
