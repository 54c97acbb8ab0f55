//! The short way of a call that nothing stands in the way of: its agent is unrestricted, no hook looks on, no other call
//! is under way, and the tool takes no time.
//!
//! It ends as it would on the long way, which it joins as soon as the tool is not ready at its first poll.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_util::FutureExt;
use moot_core::{HookEvent, Placement, ToolErrorCode, ToolResult, Touch, VirtualDuration};
use moot_mind::flow::{CallFlow, FlowInput};
use moot_safety::fault::SiteKind;
use moot_tool::PreparedCall;

use super::{ExecutorMessage, ExecutorState, ToolRun};
use crate::actors::address::Address;
use crate::actors::body::{guarded, panic_message, post};
use crate::desk::unrestricted;

impl ExecutorState {
    /// Whether nothing stands in the way of the call.
    pub(super) fn is_plain(&self, run: &ToolRun) -> bool {
        let hooks = &self.bench.hooks;
        let looks_on = |event| hooks.is_for(event);
        let is_watched =
            [HookEvent::BeforeToolCall, HookEvent::PermissionAsked, HookEvent::AfterToolCall].into_iter().any(looks_on);
        self.claims.is_empty()
            && !self.world.is_struck_at(SiteKind::ToolCall)
            && !is_watched
            && run.timeout.is_none()
            && run.desk.is_unrestricted()
            && !self.bench.settings.contains_key(&run.tool_call.name)
    }

    pub(super) fn run_plain(&mut self, myself: &Address<ExecutorMessage>, number: u64, run: ToolRun) {
        let now = self.world.now();
        let (toolbox, tools) = (&self.bench.toolbox, &run.desk.tools);
        let prepared = match guarded(|| toolbox.prepare(tools, &run.tool_call)) {
            Ok(Ok(prepared)) => prepared,
            Ok(Err(refusal)) => return self.conclude(&run, run.cause, now, refusal),
            Err(message) => return self.crashed(&run, message),
        };
        if prepared.latency() != VirtualDuration::ZERO || prepared.placement() == Placement::Outside {
            return self.join_long_way(myself, number, run, prepared);
        }
        self.show_started(&run, &prepared);
        let facts = (Arc::clone(prepared.arguments()), prepared.effect(), prepared.touch());
        let mut future = prepared.run(self.context_of(&run, run.cause));
        match guarded(|| future.as_mut().poll(&mut Context::from_waker(Waker::noop()))) {
            Ok(Poll::Ready(result)) => {
                let content = self.world.masked(result.content);
                self.conclude(&run, run.cause, now, ToolResult { content, ..result });
            }
            Err(message) => self.crashed(&run, message),
            Ok(Poll::Pending) => {
                let (arguments, effect, touch) = facts;
                let mut flow = CallFlow::start(run.tool_call.clone(), &mut Vec::new());
                let (owner, most, claimed) = (run.agent_number, run.at_once_max, touch.clone());
                through(&mut flow, FlowInput::Prepared { arguments, effect, touch });
                self.keep(number, run, flow, None);
                self.note_open(number);
                // The table was empty, so the call has all that it claims.
                self.claims.request(number, owner, most, claimed);
                let myself = myself.clone();
                self.running.spawn(async move {
                    let result = std::panic::AssertUnwindSafe(future).catch_unwind().await;
                    let result = result.map_err(|payload| panic_message(payload.as_ref()));
                    post(&myself, ExecutorMessage::Done { number, result });
                });
            }
        }
    }

    /// A call that takes time goes on as every other.
    fn join_long_way(&mut self, myself: &Address<ExecutorMessage>, number: u64, run: ToolRun, prepared: PreparedCall) {
        let (arguments, effect, touch) = (Arc::clone(prepared.arguments()), prepared.effect(), prepared.touch());
        let mut flow = CallFlow::start(run.tool_call.clone(), &mut Vec::new());
        let (owner, most, claimed): (u32, u32, Touch) = (run.agent_number, run.at_once_max, touch.clone());
        through(&mut flow, FlowInput::Prepared { arguments, effect, touch });
        self.keep(number, run, flow, Some(Arc::new(prepared)));
        self.claims.request(number, owner, most, claimed);
        let input = self.start_running(myself, number);
        self.feed_some(myself, number, input);
        self.note_open(number);
    }

    fn crashed(&mut self, run: &ToolRun, message: String) {
        let message = self.world.masked(message.into()).to_string();
        let told = format!("the tool {} crashed and was restarted: {message}", run.tool_call.name);
        let result = ToolResult::error(&run.tool_call, ToolErrorCode::Crashed, told);
        self.conclude(run, run.cause, self.world.now(), result);
        self.contain(message, run.cause);
    }
}

/// Takes a call's machine to where its tool runs.
fn through(flow: &mut CallFlow, prepared: FlowInput) {
    let none = |event| FlowInput::Hooks { event, hooks: Vec::new() };
    let before = none(HookEvent::BeforeToolCall);
    for input in [prepared, FlowInput::Judged(unrestricted()), before, FlowInput::Admitted] {
        flow.step(input, &mut Vec::new());
    }
}
