//! After a panic of an agent's machine: the supervisor is asked, and on its word the machine goes on from its last
//! checkpoint, or its assignment ends by name.

use std::sync::Arc;

use moot_core::{EventSequence, FailureKind, Outcome, TaskId, Text};
use moot_mind::{Turn, TurnInput, TurnOptions, Waiting};

use super::{AgentMessage, AgentState, RETAKES_MAX};
use crate::actors::address::Address;
use crate::actors::supervisor::{SupervisorMessage, fail};

impl AgentState {
    /// After a panic: nothing more is done until the supervisor says how to go on.
    pub(super) fn suspend(&mut self, myself: &Address<AgentMessage>, message: String, cause: EventSequence) {
        self.let_go_of_waits();
        self.strike(&message);
        fail(&self.world, myself, message, cause);
    }

    /// The body before was lost, with what it was taking in.
    pub(super) fn came_back(&mut self, myself: &Address<AgentMessage>, error: &str) {
        self.let_go_of_waits();
        self.strike(error);
        myself.suspend();
    }

    /// Rests until it is restarted: nothing went wrong with it.
    pub(super) fn rest(&mut self, myself: &Address<AgentMessage>) {
        self.let_go_of_waits();
        myself.suspend();
        self.world.tell_supervisor_of(&self.path, SupervisorMessage::Rested { child: self.path.clone() });
    }

    /// What was waited for is asked for again by the rebuilt machine.
    fn let_go_of_waits(&mut self) {
        self.is_suspended = true;
        if let Some(current) = &mut self.current {
            (current.hooked, current.compacting, current.asked) = (None, None, None);
        }
    }

    fn strike(&mut self, message: &str) {
        if let Some(current) = &mut self.current {
            current.strikes += 1;
            current.crash = Some(Text::from(message));
        }
    }

    /// Takes its assignment up again from the last checkpoint, unless that has brought it down too often.
    pub(super) fn restart(&mut self, myself: &Address<AgentMessage>, cause: EventSequence) {
        self.is_suspended = false;
        // Who was given up is started again with its supervisor alone: that is a new life.
        self.given_up = None;
        myself.resume();
        match self.current.as_ref().is_some_and(|current| current.strikes > RETAKES_MAX) {
            true => self.abandon(myself, cause),
            false => self.take_up_again(myself, cause),
        }
    }

    /// It stays stopped, unless its supervisor is started again: whatever it is asked ends with this reason.
    pub(super) fn give_up(&mut self, myself: &Address<AgentMessage>, cause: EventSequence, reason: Text) {
        self.is_suspended = false;
        self.given_up = Some(reason.clone());
        myself.resume();
        if let Some(current) = &mut self.current {
            current.crash = Some(reason);
        }
        self.abandon(myself, cause);
    }

    /// Ends its assignment as crashed.
    fn abandon(&mut self, myself: &Address<AgentMessage>, cause: EventSequence) {
        let Some(current) = &self.current else { return };
        let (task, message) = (current.assignment.task.id, current.crash.clone().unwrap_or_default());
        let waiting = self.turns.iter().find(|(open, _)| *open == task).map(|(_, turn)| turn.waiting_for());
        self.withdraw_requests(task, waiting.unwrap_or(Waiting::Nothing), message.clone());
        renew(&mut self.turns, task, self.kind.limits);
        self.finish(myself, Outcome::failed(FailureKind::Crash, message), cause);
    }

    /// Feeds the rebuilt machine what the lost one did not digest.
    fn take_up_again(&mut self, myself: &Address<AgentMessage>, cause: EventSequence) {
        let Some(current) = &mut self.current else { return };
        current.crash = None;
        let task = current.assignment.task.id;
        let turn = self.turns.iter().find(|(open, _)| *open == task).map(|(_, turn)| turn.waiting_for());
        // What the lost machine had asked for is asked for again, under another number.
        let waiting = turn.unwrap_or(Waiting::Nothing);
        self.withdraw_requests(task, waiting, "the agent was restarted".into());
        let Some(current) = &mut self.current else { return };
        current.next_attempt = current.next_attempt.saturating_add(u32::from(waiting == Waiting::Model));
        let input = match (current.interrupted.clone(), waiting, turn) {
            (Some(input), Waiting::Model | Waiting::Tools(_), _) | (Some(input @ TurnInput::SentOn { .. }), ..) => {
                input
            }
            (Some(TurnInput::Cancelled { reason }), ..) => {
                return self.finish(myself, Outcome::Cancelled { reason }, cause);
            }
            (Some(TurnInput::Exhausted { limit }), ..) => {
                return self.finish(myself, Outcome::Exhausted { limit }, cause);
            }
            (_, Waiting::Model | Waiting::Tools(_), _) => TurnInput::Restarted,
            // A machine that waits for nothing had not yet taken the assignment in.
            (_, Waiting::Nothing, Some(_)) => TurnInput::Assigned(current.assignment.clone()),
            (_, Waiting::Nothing, None) => return self.submit(myself, cause),
        };
        self.feed(myself, input, cause);
    }
}

/// After a machine was given up: the same transcript in a fresh machine, so that call numbers never start anew.
fn renew(turns: &mut [(TaskId, Turn)], task: TaskId, limits: TurnOptions) {
    for (_, turn) in turns.iter_mut().filter(|(open, _)| *open == task) {
        let calls = turn.calls();
        #[cfg(feature = "planted-bugs")]
        let calls = match moot_core::planted::is_on(moot_core::planted::Planted::CallNumbersReset) {
            true => 0,
            false => calls,
        };
        *turn = Turn::resuming(limits, Arc::clone(turn.transcript()), calls);
    }
}
