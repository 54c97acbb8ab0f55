//! What an agent keeps of a task: the machine with its transcript, what it has heard, what it took.

use std::sync::Arc;

use moot_core::{Assignment, Bill, EventKind, EventSequence, HeardSoFar, Message, TaskId, Text, ToolResult};
use moot_journal::SKILLS_NOTE;
use moot_mind::Turn;

use super::AgentState;

impl AgentState {
    /// Whether the present assignment starts from an empty transcript.
    pub(super) fn is_fresh(&self) -> bool {
        let brief = self.current.as_ref().and_then(|current| current.assignment.brief.as_deref());
        brief.is_some_and(|brief| brief.fresh)
    }

    /// Adds to what the open assignment takes.
    pub(super) fn charge(&mut self, bill: &Bill) {
        if let Some(current) = &mut self.current {
            current.bill.add(bill);
        }
    }

    /// Takes note of a call that came to its result.
    pub(super) fn note_tool(&mut self, task: TaskId, result: &ToolResult) {
        let Some((_, turn)) = self.turns.iter().find(|(open, _)| *open == task) else { return };
        let asked = turn.transcript().messages().iter().rev().find_map(|message| match message {
            Message::Assistant { tool_calls, .. } => tool_calls.iter().find(|call| call.id == result.call_id),
            _ => None,
        });
        if let (Some(call), Some(current)) = (asked, &mut self.current) {
            current.tools.add_call(&call.name, !result.is_error());
        }
    }

    /// What the agent said last on a task.
    pub(super) fn last_words(&self, task: TaskId) -> Option<Text> {
        let (_, turn) = self.turns.iter().find(|(open, _)| *open == task)?;
        match turn.transcript().messages().last()? {
            Message::Assistant { text, .. } => Some(text.clone()),
            _ => None,
        }
    }

    /// Lets go of the machines nobody can ask about any more; whether there is one for the task.
    pub(super) fn has_turn(&mut self, task: TaskId, oldest_open: TaskId) -> bool {
        if self.kind.keep_transcript
            && let Some((_, turn)) = self.turns.last()
        {
            self.history = Arc::clone(turn.transcript());
        }
        self.turns.retain(|(open, _)| *open >= oldest_open);
        self.next_calls.retain(|(open, _)| *open >= oldest_open);
        self.turns.iter().any(|(open, _)| *open == task)
    }

    /// Takes note of what the assignment's brief tells of others. What is shown again is not heard again.
    pub(super) fn hear(&mut self, assignment: &Assignment) {
        let task = assignment.task.id;
        if self.heard_on != task {
            self.heard_on = task;
            self.heard = HeardSoFar::default();
        }
        let Some(brief) = assignment.brief.as_deref() else { return };
        if brief.fresh {
            self.heard = HeardSoFar::default();
        }
        if !brief.heard.is_empty() {
            self.heard.hear(&brief.heard);
        }
    }

    /// Takes the machine of a task away; the number of the model call that would have been its next.
    pub(super) fn drop_turn(&mut self, task: TaskId) -> u32 {
        let calls = self.turns.iter().find(|(open, _)| *open == task).map_or(0, |(_, turn)| turn.calls());
        self.turns.retain(|(open, _)| *open != task);
        calls
    }

    /// Makes the machine for a task; `instructions` are for a transcript in which nothing was said yet.
    pub(super) fn make_turn(
        &mut self,
        task: TaskId,
        instructions: Option<Text>,
        mut cause: EventSequence,
    ) -> EventSequence {
        let limits = self.kind.limits;
        let first_call = self.current.as_ref().map_or(0, |current| current.first_call);
        let begins_anew = first_call > 0 || self.is_fresh();
        let turn = if begins_anew || self.history.is_empty() {
            // Every request of the task pays for the list.
            if let tokens @ 1.. = self.kind.prompt.skills_tokens() {
                let kind = EventKind::Noted { task, name: SKILLS_NOTE.into(), text: tokens.to_string().into() };
                cause = self.world.record(&self.path, Some(cause), kind);
            }
            Turn::new(limits, instructions).counting_from(first_call)
        } else {
            Turn::resuming(limits, Arc::clone(&self.history), 0)
        };
        self.turns.push((task, turn));
        cause
    }

    /// Each task begins in the mode that the agent was declared with, unless what was said in earlier ones stays: what
    /// an agent may do must not depend on which of its tasks came before. A task that is taken up again has the mode in
    /// which it was left.
    pub(super) fn take_mode(&mut self, task: TaskId, oldest_open: TaskId, cause: EventSequence) {
        let last = self.mode_task.replace(task).filter(|last| *last != task && !self.kind.keep_transcript);
        let (Some(last), Some(desk)) = (last, &self.desk) else { return };
        self.other_modes.retain(|(open, _)| *open >= oldest_open && *open != last);
        let left_in = desk.rights().mode;
        if last >= oldest_open && left_in != desk.first_mode {
            self.other_modes.push((last, left_in));
        }
        let mode = self.other_modes.iter().find(|(open, _)| *open == task).map_or(desk.first_mode, |(_, mode)| *mode);
        if desk.set_mode(mode) {
            self.world.record(&self.path, Some(cause), EventKind::ModeChanged { task, mode });
        }
    }
}
