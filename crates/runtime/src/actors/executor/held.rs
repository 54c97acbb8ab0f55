//! Calls that are held back while a call of the same agent changes its permission mode: the very next call is judged by
//! the new mode.
//!
//! A call that is held has a number and a time limit like every other, and whatever ends it there gives it its one
//! result. It is in the journal from when it goes on or ends.

use moot_core::{EventKind, Placement, TaskId, ToolErrorCode, ToolResult, VirtualDuration};

use super::timer::Timer;
use super::{ExecutorMessage, ExecutorState, ToolRun};
use crate::actors::address::Address;
use crate::actors::agent::AgentMessage;
use crate::actors::body::post;

/// A call that waits for the mode of its agent to be changed.
pub(super) struct Held {
    number: u64,
    run: ToolRun,
    timer: Option<Timer>,
}

impl ExecutorState {
    /// Takes a call up, or holds it back.
    pub(super) fn take_up(&mut self, myself: &Address<ExecutorMessage>, run: ToolRun) {
        let number = self.next;
        self.next += 1;
        let timer = self.timer_for(myself, number, &run);
        self.go_on(myself, Held { number, run, timer });
    }

    /// Takes the held calls up again.
    pub(super) fn release_held(&mut self, myself: &Address<ExecutorMessage>) {
        for held in std::mem::take(&mut self.held) {
            self.go_on(myself, held);
        }
    }

    fn go_on(&mut self, myself: &Address<ExecutorMessage>, held: Held) {
        if self.changing.contains(&held.run.agent_number) {
            self.held.push(held);
        } else {
            let Held { number, run, timer } = held;
            self.begin(myself, number, run, timer);
        }
    }

    /// Ends the calls of an agent that are held back.
    pub(super) fn withdraw_held(&mut self, agent_number: u32, task: TaskId, reason: &str) {
        let is_it = |held: &Held| held.run.agent_number == agent_number && held.run.task == task;
        self.end_held(is_it, ToolErrorCode::Cancelled, &format!("cancelled ({reason})"));
    }

    /// Ends a call whose time is over while it is held back.
    pub(super) fn time_out_held(&mut self, number: u64) {
        self.end_held(|held| held.number == number, ToolErrorCode::TimedOut, "timed out");
    }

    fn end_held(&mut self, is_it: impl Fn(&Held) -> bool, code: ToolErrorCode, what: &str) {
        let (ended, held): (Vec<Held>, Vec<Held>) = std::mem::take(&mut self.held).into_iter().partition(is_it);
        self.held = held;
        for Held { run, .. } in ended {
            let (task, tool) = (run.task, run.tool_call.name.clone());
            let placement = self.bench.toolbox.placement(&tool).unwrap_or(Placement::Inside);
            let called = EventKind::ToolCalled { task, call: run.tool_call.clone(), placement };
            let cause = self.world.record(&run.desk.path, Some(run.cause), called);
            let told = format!("{what} before the call was looked at; it did not run");
            let result = ToolResult::error(&run.tool_call, code, told);
            let kind = EventKind::ToolReturned { task, tool, result: result.clone(), latency: VirtualDuration::ZERO };
            let cause = self.world.record(&run.desk.path, Some(cause), kind);
            post(&run.reply_to, AgentMessage::ToolReturned { task, call: run.model_call, result, cause });
        }
    }
}
