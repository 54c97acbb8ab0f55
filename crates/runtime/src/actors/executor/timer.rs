//! How long a call may take: its time limit counts from when the call came, and stands still while a person is asked to
//! approve it, whose own time limit holds then.

use moot_core::{VirtualDuration, VirtualTime};
use moot_mind::flow::FlowInput;

use super::{ExecutorMessage, ExecutorState, ToolRun};
use crate::actors::address::Address;
use crate::actors::body::post;

/// The time limit of one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timer {
    /// What was left of it at `since`.
    left: VirtualDuration,
    since: VirtualTime,
    /// Tells the entry of the world's queue that counts from earlier ones.
    round: u32,
}

impl Timer {
    /// What was left of it when it last began to count.
    pub(super) const fn left(&self) -> VirtualDuration {
        self.left
    }
}

impl ExecutorState {
    /// Begins to count, if the call has a limit.
    pub(super) fn timer_for(&self, myself: &Address<ExecutorMessage>, number: u64, run: &ToolRun) -> Option<Timer> {
        let own = self.bench.settings.get(&run.tool_call.name).and_then(|settings| settings.timeout);
        let timer = Timer { left: own.or(run.timeout)?, since: self.world.now(), round: 0 };
        self.set_off(myself, number, timer);
        Some(timer)
    }

    fn set_off(&self, myself: &Address<ExecutorMessage>, number: u64, Timer { left, round, .. }: Timer) {
        let to = myself.clone();
        self.world.after(left, Box::new(move || post(&to, ExecutorMessage::TimedOut { number, round })));
    }

    /// A person is asked: the call's own time stands still.
    pub(super) fn stop_timer(&mut self, number: u64) {
        let now = self.world.now();
        if let Some(timer) = self.calls.get_mut(&number).and_then(|call| call.timer.as_mut()) {
            let passed = now.since(timer.since).as_millis();
            timer.left = VirtualDuration::from_millis(timer.left.as_millis().saturating_sub(passed));
            timer.round += 1;
        }
    }

    /// The person has answered.
    pub(super) fn restart_timer(&mut self, myself: &Address<ExecutorMessage>, number: u64) {
        let now = self.world.now();
        let Some(timer) = self.calls.get_mut(&number).and_then(|call| call.timer.as_mut()) else { return };
        timer.since = now;
        let timer = *timer;
        self.set_off(myself, number, timer);
    }

    pub(super) fn timed_out(&mut self, myself: &Address<ExecutorMessage>, number: u64, round: u32) {
        match self.calls.get(&number) {
            Some(call) if call.timer.is_some_and(|timer| timer.round == round) => {
                self.feed(myself, number, FlowInput::TimedOut);
            }
            Some(_) => {}
            None => self.time_out_held(number),
        }
    }
}
