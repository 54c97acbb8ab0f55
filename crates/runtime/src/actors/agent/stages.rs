//! What happens around the steps of an agent's machine: hooks that see a task, a model call or an answer first, and
//! the notes that go into the prompt.
//!
//! Each stage either passes at once, or waits for the answers of hooks; a cancel or a deadline ends it. No stage
//! decides anything itself: the meaning of an answer is that of `moot_mind::hook`.

use std::collections::VecDeque;
use std::sync::Arc;

use moot_core::port::{Note, RecallQuery};
use moot_core::{
    ActorPath, EventKind, EventSequence, FailureKind, HookEvent, HookVerdict, Limit, ModelReply, Outcome, TaskId, Text,
};
use moot_mind::hook::{HookQuestion, accept};
use moot_mind::{TurnInput, Waiting};

use super::compact::Compaction;
use super::{AgentMessage, AgentState, Current};
use crate::actors::address::Address;
use crate::actors::body::post;
use crate::actors::memory::MemoryMessage;
use crate::hooks::{HookAnswer, masked};

/// The most notes that are looked at for a prompt; its budget of tokens takes of them what fits.
const NOTES_FOR_PROMPT_MAX: usize = 1_000;

/// What goes on when the hooks of a stage have let it pass.
pub(super) enum Stage {
    /// The assignment is taken up.
    Submit,
    /// The transcript is made shorter, then the model is asked.
    BeforeCompaction,
    /// The shorter transcript is used, then the model is asked.
    AfterCompaction(Compaction),
    /// The model is asked.
    BeforeModel,
    /// The machine reads the reply.
    AfterModel(Box<ModelReply>),
    /// The assignment is answered.
    Stop(Outcome),
}

/// A stage that waits for hooks.
pub(super) struct Hooked {
    stage: Stage,
    event: HookEvent,
    /// What the hooks look at.
    text: Text,
    /// The hooks that are still to be asked.
    queue: VecDeque<usize>,
    notes: Vec<Text>,
    token: u64,
    cause: EventSequence,
}

impl AgentState {
    /// An assignment was taken from the queue.
    pub(super) fn submit(&mut self, myself: &Address<AgentMessage>, cause: EventSequence) {
        let Some(current) = &self.current else { return };
        if !self.kind.hooks.is_for(HookEvent::TaskSubmitted) {
            return self.prepare_turn(myself, cause);
        }
        let prompt = current.assignment.prompt.clone();
        self.enter(myself, Stage::Submit, HookEvent::TaskSubmitted, prompt, cause);
    }

    /// The machine wants the model to be asked.
    pub(super) fn about_to_ask(&mut self, myself: &Address<AgentMessage>, call: u32, cause: EventSequence) {
        let Some(current) = &mut self.current else { return };
        if current.call != call {
            (current.call, current.next_attempt, current.first_attempt) = (call, 0, 0);
        }
        if self.world.now().since(current.began) > self.kind.limits.time_max {
            return self.feed(myself, TurnInput::Exhausted { limit: Limit::Time }, cause);
        }
        if self.needs_compaction() {
            self.compact_and_ask(myself, cause);
        } else {
            self.before_model(myself, cause);
        }
    }

    pub(super) fn before_model(&mut self, myself: &Address<AgentMessage>, cause: EventSequence) {
        if !self.kind.hooks.is_for(HookEvent::BeforeModelCall) {
            return self.ask_model(myself, cause);
        }
        self.enter(myself, Stage::BeforeModel, HookEvent::BeforeModelCall, Text::default(), cause);
    }

    /// The model has answered.
    pub(super) fn replied(&mut self, myself: &Address<AgentMessage>, reply: ModelReply, cause: EventSequence) {
        if !self.kind.hooks.is_for(HookEvent::AfterModelCall) {
            return self.feed(myself, TurnInput::ModelReplied(reply), cause);
        }
        let text = reply.text.clone();
        self.enter(myself, Stage::AfterModel(Box::new(reply)), HookEvent::AfterModelCall, text, cause);
    }

    /// The machine has come to an end.
    pub(super) fn about_to_stop(&mut self, myself: &Address<AgentMessage>, outcome: Outcome, cause: EventSequence) {
        let event = match self.desk.as_ref().is_some_and(|desk| desk.depth > 0) {
            true => HookEvent::SubagentStop,
            false => HookEvent::Stop,
        };
        if !self.kind.hooks.is_for(event) {
            return self.finish(myself, outcome, cause);
        }
        match outcome.answer().map(Text::from) {
            Some(answer) => self.enter(myself, Stage::Stop(outcome), event, answer, cause),
            // Only an answer can be held back; whatever else ended the work has ended it.
            None => self.finish(myself, outcome, cause),
        }
    }

    pub(super) fn enter(
        &mut self,
        myself: &Address<AgentMessage>,
        stage: Stage,
        event: HookEvent,
        text: Text,
        cause: EventSequence,
    ) {
        if !self.kind.hooks.is_for(event) {
            return self.pass(myself, stage, Vec::new(), cause);
        }
        let token = self.world.next_token();
        let queue = self.kind.hooks.matching(&self.question(event, &text)).into();
        let Some(current) = &mut self.current else { return };
        current.hooked = Some(Box::new(Hooked { stage, event, text, queue, notes: Vec::new(), token, cause }));
        self.next_hook(myself);
    }

    fn question<'a>(&'a self, event: HookEvent, text: &'a str) -> HookQuestion<'a> {
        let task = self.current.as_ref().map(|current| current.assignment.task.id);
        HookQuestion { event, agent: self.path.as_str(), task, tool: None, arguments: None, text }
    }

    /// Asks the next hook of the stage, or lets the stage pass when all have answered.
    fn next_hook(&mut self, myself: &Address<AgentMessage>) {
        let Some(current) = &mut self.current else { return };
        let Some(hooked) = &mut current.hooked else { return };
        let Some(hook) = hooked.queue.pop_front() else {
            let Some(done) = current.hooked.take() else { return };
            let Hooked { stage, notes, cause, .. } = *done;
            return self.pass(myself, stage, notes, cause);
        };
        let (event, text, token) = (hooked.event, hooked.text.clone(), hooked.token);
        let to = myself.clone();
        let deliver = move |answer| post(&to, AgentMessage::HookAnswered { token, hook, answer });
        let answer = self.kind.hooks.run(&self.world, hook, &self.question(event, &text), deliver);
        if let Some(answer) = answer {
            self.hook_answered(myself, token, hook, answer);
        }
    }

    pub(super) fn hook_answered(
        &mut self,
        myself: &Address<AgentMessage>,
        token: u64,
        hook: usize,
        answer: HookAnswer,
    ) {
        let Some(current) = &mut self.current else { return };
        let task = current.assignment.task.id;
        let Some(hooked) = current.hooked.as_mut().filter(|hooked| hooked.token == token) else { return };
        let (event, name) = (hooked.event, self.kind.hooks.name(hook));
        let verdict = accept(event, masked(&self.world, answer));
        let kind = EventKind::HookRan { task: Some(task), hook: name.clone(), event, verdict: verdict.clone() };
        let cause = self.world.record(&self.path, Some(hooked.cause), kind);
        hooked.cause = cause;
        match verdict {
            HookVerdict::Annotate(note) => hooked.notes.push(note),
            HookVerdict::Deny(reason) => return self.deny(myself, &name, &reason, cause),
            HookVerdict::SendOn(text) => return self.send_on(myself, text, cause),
            HookVerdict::Allow | HookVerdict::Ask(_) | HookVerdict::Rewrite(_) => {}
        }
        self.next_hook(myself);
    }

    /// A hook forbids what the stage was about to do.
    fn deny(&mut self, myself: &Address<AgentMessage>, hook: &str, reason: &str, cause: EventSequence) {
        let Some(current) = &mut self.current else { return };
        let Some(hooked) = current.hooked.take() else { return };
        let event = hooked.event.as_str();
        let outcome = Outcome::failed(FailureKind::Denied, format!("the hook {hook} denied it at {event}: {reason}"));
        match hooked.stage {
            Stage::Submit | Stage::Stop(_) => self.finish(myself, outcome, cause),
            Stage::BeforeCompaction | Stage::AfterCompaction(_) => self.before_model(myself, cause),
            Stage::BeforeModel | Stage::AfterModel(_) => {
                current.overruled = Some(outcome);
                self.feed(myself, TurnInput::Cancelled { reason: reason.into() }, cause);
            }
        }
    }

    /// A hook sends the agent on instead of letting it stop; the machine says how often that may happen.
    fn send_on(&mut self, myself: &Address<AgentMessage>, text: Text, cause: EventSequence) {
        let Some(current) = &mut self.current else { return };
        let task = current.assignment.task.id;
        let Some(hooked) = current.hooked.take() else { return };
        let Stage::Stop(outcome) = hooked.stage else { return };
        let sent_on = TurnInput::SentOn { text };
        current.interrupted = Some(sent_on.clone());
        self.feed(myself, sent_on, cause);
        if self.is_suspended {
            return;
        }
        if let Some(current) = &mut self.current {
            current.interrupted = None;
        }
        let turn = self.turns.iter().find(|(open, _)| *open == task);
        if self.current.is_some() && turn.is_some_and(|(_, turn)| turn.waiting_for() == Waiting::Nothing) {
            // It was sent on as often as may be: its answer stands.
            self.finish(myself, outcome, cause);
        }
    }

    /// Nobody objects: what the stage was about to do is done.
    fn pass(&mut self, myself: &Address<AgentMessage>, stage: Stage, notes: Vec<Text>, cause: EventSequence) {
        match stage {
            Stage::Submit => {
                if let Some(current) = self.current.as_mut().filter(|_| !notes.is_empty()) {
                    current.assignment.prompt = annotated(&current.assignment.prompt, &notes);
                }
                self.prepare_turn(myself, cause);
            }
            Stage::BeforeCompaction => self.compact(myself, cause),
            Stage::AfterCompaction(compaction) => self.use_compaction(myself, compaction, cause),
            Stage::BeforeModel => {
                for text in notes {
                    let from = self.path.clone();
                    self.feed(myself, TurnInput::Annotated { from, text }, cause);
                    if self.is_suspended {
                        return;
                    }
                }
                self.ask_model(myself, cause);
            }
            Stage::AfterModel(mut reply) => {
                // What is added to a reply that is an answer would be taken for part of the answer.
                if !notes.is_empty() && !reply.tool_calls.is_empty() {
                    reply.text = annotated(&reply.text, &notes);
                }
                self.feed(myself, TurnInput::ModelReplied(*reply), cause);
            }
            Stage::Stop(outcome) => self.finish(myself, outcome, cause),
        }
    }

    /// Sees to it that there is a machine for the task; one that remembers notes asks for them first.
    fn prepare_turn(&mut self, myself: &Address<AgentMessage>, cause: EventSequence) {
        let Some(Current { assignment, token, first_call, .. }) = self.current.as_deref() else { return };
        let (task, oldest_open, token) = (assignment.task.id, assignment.oldest_open, *token);
        let prompt = assignment.prompt.clone();
        // Known already when it was restarted while it waited for its notes.
        let mut first_call = *first_call;
        if self.has_turn(task, oldest_open) {
            if !self.is_fresh() {
                return self.start_turn(myself, cause);
            }
            first_call = self.drop_turn(task);
        } else if let Some(place) = self.next_calls.iter().position(|(open, _)| *open == task) {
            (_, first_call) = self.next_calls.swap_remove(place);
        }
        if let Some(current) = &mut self.current {
            current.first_call = first_call;
        }
        if self.kind.prompt.recalls() && (self.history.is_empty() || self.is_fresh()) {
            let recall = RecallQuery {
                reader: self.path.clone(),
                team: self.desk.as_ref().map_or(&self.kind.team, |desk| &desk.team).clone(),
                query: prompt,
                kind: None,
                limit: NOTES_FOR_PROMPT_MAX,
                now: self.world.now(),
            };
            let message = MemoryMessage::Remind { recall, agent: myself.clone(), token, cause };
            return post(&self.kind.memory, message);
        }
        let instructions = self.kind.prompt.instructions(&[]);
        let cause = self.make_turn(task, instructions, cause);
        self.start_turn(myself, cause);
    }

    pub(super) fn reminded(
        &mut self,
        myself: &Address<AgentMessage>,
        token: u64,
        notes: &[Note],
        cause: EventSequence,
    ) {
        let Some(current) = self.current.as_ref().filter(|current| current.token == token) else { return };
        let task = current.assignment.task.id;
        if self.turns.iter().any(|(open, _)| *open == task) {
            return;
        }
        let instructions = self.kind.prompt.instructions(notes);
        let cause = self.make_turn(task, instructions, cause);
        self.start_turn(myself, cause);
    }

    fn start_turn(&mut self, myself: &Address<AgentMessage>, cause: EventSequence) {
        let Some(current) = &self.current else { return };
        let (task, oldest_open) = (current.assignment.task.id, current.assignment.oldest_open);
        let input = TurnInput::Assigned(current.assignment.clone());
        if !self.told.is_empty() {
            // The machine keeps what it was told and reads it with the assignment. What was said about a task that
            // nobody asks about any more came too late.
            let (now, later) = std::mem::take(&mut self.told).into_iter().partition(|(about, ..)| *about == task);
            self.told = later;
            self.told.retain(|(about, ..)| *about >= oldest_open);
            let now: Vec<(TaskId, ActorPath, Text)> = now;
            let mut now = now.into_iter();
            while let Some((_, from, text)) = now.next() {
                self.feed(myself, TurnInput::Told { from, text }, cause);
                if self.is_suspended {
                    return self.told.extend(now);
                }
            }
        }
        self.feed(myself, input, cause);
    }
}

/// A text with notes of hooks below it.
fn annotated(text: &Arc<str>, notes: &[Text]) -> Text {
    let mut whole = text.to_string();
    for note in notes {
        whole.push('\n');
        whole.push_str(note);
    }
    whole.into()
}
