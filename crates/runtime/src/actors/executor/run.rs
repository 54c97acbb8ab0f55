//! Running a tool: at once or when its latency has passed, inside the world or behind the port to the outside.
//!
//! An inside tool that is ready at its first poll answers at once; one that is not goes on as a task of its own in the
//! world and answers by message; an outside tool runs on a thread of its own.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_util::FutureExt;
use moot_core::port::Ports;
use moot_core::{Placement, ToolEffect, ToolErrorCode, ToolResult, VirtualDuration};
use moot_mind::flow::FlowInput;
use moot_safety::fault::SiteKind;
use moot_safety::invariant::Probe;
use moot_tool::{PreparedCall, ToolContext};

use super::{ExecutorMessage, ExecutorState, ToolRun};
use crate::actors::address::Address;
use crate::actors::body::{guarded, panic_message, post};
use crate::outside::OutsideRequest;

impl ExecutorState {
    /// The call may run: its tool begins when its latency has passed. Gives what the call's machine is fed when that is
    /// known at once.
    pub(super) fn start_running(&mut self, myself: &Address<ExecutorMessage>, number: u64) -> Option<FlowInput> {
        let now = self.world.now();
        let call = self.calls.get_mut(&number)?;
        call.started = now;
        match (self.placement(number), self.latency(number)) {
            (Placement::Inside, latency) if latency != VirtualDuration::ZERO => {
                let to = myself.clone();
                self.world.after(latency, Box::new(move || post(&to, ExecutorMessage::Due { number })));
                None
            }
            _ => self.work(myself, number),
        }
    }

    fn placement(&self, number: u64) -> Placement {
        let prepared = self.calls.get(&number).and_then(|call| call.prepared.as_ref());
        prepared.map_or(Placement::Inside, |prepared| prepared.placement())
    }

    /// How long the tool takes: what the scenario says and what it says itself.
    fn latency(&self, number: u64) -> VirtualDuration {
        let Some(call) = self.calls.get(&number) else { return VirtualDuration::ZERO };
        let settings = self.bench.settings.get(&call.run.tool_call.name).copied().unwrap_or_default();
        settings.latency + call.prepared.as_ref().map_or(VirtualDuration::ZERO, |prepared| prepared.latency())
    }

    /// The tool begins, unless it may do only what a person was shown: then that is looked at first.
    pub(super) fn work(&mut self, myself: &Address<ExecutorMessage>, number: u64) -> Option<FlowInput> {
        if self.calls.get(&number)?.flow.holds_to_what_was_shown() {
            return self.preview(myself, number);
        }
        self.run_tool(myself, number)
    }

    pub(super) fn run_tool(&mut self, myself: &Address<ExecutorMessage>, number: u64) -> Option<FlowInput> {
        if self.world.is_struck_at(SiteKind::ToolCall)
            && let Some(fault) = self.fault_of(number)
        {
            return self.go_wrong(myself, number, fault);
        }
        self.run_well(myself, number)
    }

    pub(super) fn run_well(&mut self, myself: &Address<ExecutorMessage>, number: u64) -> Option<FlowInput> {
        self.show_start(number);
        match self.placement(number) {
            Placement::Inside => self.run_inside(myself, number),
            Placement::Outside => self.run_outside(myself, number, self.latency(number)),
        }
    }

    /// Shows the invariants that a tool is at work from here on.
    fn show_start(&self, number: u64) {
        if let Some(call) = self.calls.get(&number)
            && let Some(prepared) = &call.prepared
        {
            self.show_started(&call.run, prepared);
        }
    }

    /// The same for a call that takes the short way.
    pub(super) fn show_started(&self, run: &ToolRun, prepared: &PreparedCall) {
        self.world.probe(|| Probe::ToolStarted {
            agent: run.desk.path.clone(),
            task: run.task,
            call: prepared.call().clone(),
            has_effect: prepared.effect() != ToolEffect::Read,
            is_unrestricted: run.desk.is_unrestricted(),
        });
    }

    /// Runs an inside tool. Gives what the call's machine is fed when the tool is ready at once.
    fn run_inside(&mut self, myself: &Address<ExecutorMessage>, number: u64) -> Option<FlowInput> {
        let context = self.context(number)?;
        let Some(prepared) = self.take_prepared(number) else { return self.lost(number) };
        #[cfg(feature = "planted-bugs")]
        self.run_once_more(number, &context);
        let mut future = prepared.run(context);
        match guarded(|| future.as_mut().poll(&mut Context::from_waker(Waker::noop()))) {
            Ok(Poll::Ready(result)) => self.done(myself, number, Ok(result)),
            Err(message) => self.done(myself, number, Err(message)),
            Ok(Poll::Pending) => {
                let myself = myself.clone();
                self.running.spawn(async move {
                    let result = std::panic::AssertUnwindSafe(future).catch_unwind().await;
                    let result = result.map_err(|payload| panic_message(payload.as_ref()));
                    post(&myself, ExecutorMessage::Done { number, result });
                });
                None
            }
        }
    }

    #[cfg(feature = "planted-bugs")]
    fn run_once_more(&self, number: u64, context: &ToolContext) {
        let Some(call) = self.calls.get(&number) else { return };
        if self.strikes == 0 || !moot_core::planted::is_on(moot_core::planted::Planted::ToolRunTwice) {
            return;
        }
        if let Ok(again) = self.bench.toolbox.prepare(&call.run.desk.tools, call.flow.call()) {
            self.show_started(&call.run, &again);
            let mut future = again.run(context.clone());
            let _ = guarded(|| future.as_mut().poll(&mut Context::from_waker(Waker::noop())));
        }
    }

    /// An outside tool has no ports: what it does to the world, it does by its result.
    fn run_outside(
        &mut self,
        myself: &Address<ExecutorMessage>,
        number: u64,
        latency: VirtualDuration,
    ) -> Option<FlowInput> {
        let context = self.context(number)?;
        let Some(prepared) = self.take_prepared(number) else { return self.lost(number) };
        let context = ToolContext { ports: Arc::new(Ports::closed()), ..context };
        let myself = myself.clone();
        let (call, run) = (prepared.call(), &self.calls.get(&number)?.run);
        let what = format!("tool {} for {}, task {}, call {}", call.name, run.desk.path, run.task, call.id);
        let told = "the run broke off while the call was under way; nobody knows whether it took effect";
        let lost = (!prepared.is_idempotent()).then(|| Ok(ToolResult::error(call, ToolErrorCode::Unknown, told)));
        self.world.submit(OutsideRequest {
            what: what.into(),
            ask: Box::new(move || guarded(|| crate::outside::block_on(prepared.run(context)))),
            lost,
            latency: Box::new(move |_| latency),
            deliver: Box::new(move |result| post(&myself, ExecutorMessage::Done { number, result })),
        });
        None
    }

    /// The call can't be run a second time; it ends instead of being waited for.
    fn lost(&self, number: u64) -> Option<FlowInput> {
        let call = self.calls.get(&number)?;
        let told = "the call was lost on its way to the tool; it did not run";
        let result = ToolResult::error(&call.run.tool_call, ToolErrorCode::Crashed, told);
        Some(FlowInput::Returned(result))
    }

    /// The call, when nothing else looks at it any more.
    fn take_prepared(&mut self, number: u64) -> Option<PreparedCall> {
        self.calls.get_mut(&number)?.prepared.take().and_then(Arc::into_inner)
    }

    /// A tool has come to its end. Gives what the call's machine is fed; nothing when the call had ended by a time limit
    /// or a cancel, for what came of it all the same is told nobody, and nothing after a panic, of which everything is
    /// told here.
    pub(super) fn done(
        &mut self,
        myself: &Address<ExecutorMessage>,
        number: u64,
        result: Result<ToolResult, String>,
    ) -> Option<FlowInput> {
        while self.running.try_join_next().is_some() {}
        if let Some(spoil) = self.spoilt.remove(&number) {
            return self.spoil(myself, number, spoil, result);
        }
        let Some(call) = self.calls.get(&number) else {
            self.world.reach("late result dropped");
            #[cfg(feature = "planted-bugs")]
            if moot_core::planted::is_on(moot_core::planted::Planted::LateResultAccepted)
                && let Some((call, result)) = self.timed_out_calls.remove(&number).zip(result.ok())
            {
                self.conclude(&call.run, call.cause, call.started, result);
            }
            return None;
        };
        match result {
            Ok(result) => {
                let content = self.world.masked(result.content);
                Some(FlowInput::Returned(ToolResult { content, ..result }))
            }
            Err(message) => {
                let message = self.world.masked(message.into()).to_string();
                let (tool_call, agent, cause) = (call.run.tool_call.clone(), call.run.desk.path.clone(), call.cause);
                let told = format!("the tool {} crashed and was restarted: {message}", tool_call.name);
                let crashed = ToolResult::error(&tool_call, ToolErrorCode::Crashed, told);
                self.feed(myself, number, FlowInput::Returned(crashed));
                tracing::debug!(target: "moot::tool", agent = %agent, tool = &*tool_call.name, "a tool panicked");
                self.contain(message, cause);
                None
            }
        }
    }
}
