//! After a panic of an agent's machine: the supervisor is asked, and on its word the machine goes on from its last
//! checkpoint, or its assignment ends by name.

use std::sync::Arc;

use moot_core::{ActorRole, EventKind, EventSequence, FailureKind, Outcome, TaskId, Text};
use moot_mind::{Turn, TurnInput, TurnOptions, Waiting};

use super::{AgentMessage, AgentState};
use crate::actors::address::Address;
use crate::actors::supervisor::{SupervisorMessage, Verdict};

impl AgentState {
    /// After a panic: nothing more is done until the supervisor says how to go on.
    pub(super) fn suspend(&mut self, myself: &Address<AgentMessage>, message: String, cause: EventSequence) {
        let strikes = self.current.as_mut().map_or(1, |current| {
            current.strikes += 1;
            // What was waited for is asked for again by the rebuilt machine.
            (current.hooked, current.compacting) = (None, None);
            current.crash = Some(Text::from(message.as_str()));
            current.strikes
        });
        let cause = self.world.record(
            &self.path,
            Some(cause),
            EventKind::ActorFailed { message: Text::from(message.as_str()) },
        );
        self.is_suspended = true;
        myself.suspend();
        let failed = SupervisorMessage::Failed {
            who: myself.ordered(),
            role: ActorRole::Agent,
            strikes,
            message,
            cause,
        };
        self.world.tell_supervisor(failed);
    }

    pub(super) fn resume(&mut self, myself: &Address<AgentMessage>, verdict: Verdict) {
        self.is_suspended = false;
        myself.resume();
        match verdict {
            Verdict::Restart { cause } => self.take_up_again(myself, cause),
            Verdict::GiveUp { cause } => {
                if let Some(current) = &self.current {
                    renew(&mut self.turns, current.assignment.task.id, self.kind.limits);
                }
                let message = self.current.as_ref().and_then(|current| current.crash.clone()).unwrap_or_default();
                self.finish(myself, Outcome::failed(FailureKind::Crash, message), cause);
            }
        }
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
        *turn = Turn::resuming(limits, Arc::clone(turn.transcript()), turn.calls());
    }
}
