//! What an agent asks of others: its model of the gateway, its tools of the executor; and what happens when these can't
//! be asked.
//!
//! This module must not know what the machine makes of an answer.

use std::sync::Arc;

use moot_core::{
    Bill, EventKind, EventSequence, ModelFailure, ModelFailureKind, Placement, ToolCall, ToolErrorCode, ToolResult,
    VirtualDuration,
};
use moot_model::ModelRequest;
use moot_safety::fault::{FaultAction, Moment, Site};

use super::{AgentMessage, AgentState, PLANNED_CRASH};
use crate::actors::address::Address;
use crate::actors::body::post;
use crate::actors::executor::{ExecutorMessage, ToolRun};
use crate::actors::gateway::{Asked, Errand, GatewayMessage};
use crate::desk::{Desk, NO_CAUSE, is_unrestricted};

impl AgentState {
    pub(super) fn ask_model(&mut self, myself: &Address<AgentMessage>, cause: EventSequence) {
        if let Some(cause) = self.crashes_at(Moment::BeforeModel, cause) {
            return self.suspend(myself, PLANNED_CRASH.to_owned(), cause);
        }
        self.asks += 1;
        let ask = self.asks;
        let Some(current) = &mut self.current else { return };
        current.asked = Some(ask);
        let call = current.call;
        let task = &current.assignment.task;
        let Some((_, turn)) = self.turns.iter().find(|(open, _)| *open == task.id) else { return };
        let transcript = Arc::clone(turn.transcript());
        let request = ModelRequest {
            agent: self.path.clone(),
            random: self.random,
            group: self.kind.group.clone(),
            group_random: self.kind.group_random,
            task: Arc::clone(task),
            call,
            attempt: current.next_attempt,
            transcript,
            tools: Arc::clone(&self.kind.tool_specs),
            now: self.world.now(),
            brief: current.assignment.brief.clone(),
            heard: self.heard.clone(),
        };
        let asked = Asked {
            request,
            agent_number: self.number,
            budgets: current.budgets.clone(),
            reply_to: myself.clone(),
            ask,
            errand: Errand::Turn,
            first_attempt: current.first_attempt,
            cause,
        };
        let attempt = asked.request.attempt;
        if self.kind.gateway.offer(GatewayMessage::Asked(Box::new(asked))).is_err() {
            return self.not_asked(myself, (ask, attempt), cause);
        }
        if let Some(cause) = self.crashes_at(Moment::DuringModel, cause) {
            self.suspend(myself, PLANNED_CRASH.to_owned(), cause);
        }
    }

    /// The mailbox of the model's gateway is full: the call has failed.
    fn not_asked(&self, myself: &Address<AgentMessage>, (ask, attempt): (u64, u32), cause: EventSequence) {
        let Some(current) = &self.current else { return };
        let (task, gateway) = (current.assignment.task.id, self.kind.gateway.path());
        let cause = self.world.overloaded(gateway, &self.path, task, "model call", cause);
        let message = format!("the mailbox of {gateway} is full");
        let answer = Err(ModelFailure::new(ModelFailureKind::Overloaded, message));
        let bill = Bill::default();
        post(myself, AgentMessage::ModelAnswered { ask, attempt, answer, bill, was_last: true, cause });
    }

    /// The mailbox of the executor is full: the call has ended.
    fn not_run(&self, myself: &Address<AgentMessage>, run: ToolRun) {
        let ToolRun { task, model_call, tool_call, cause, .. } = run;
        let (executor, placement) = (self.kind.executor.path(), Placement::Inside);
        let called = EventKind::ToolCalled { task, call: tool_call.clone(), placement };
        let cause = self.world.record(&self.path, Some(cause), called);
        let cause = self.world.overloaded(executor, &self.path, task, "tool call", cause);
        let told = format!("the mailbox of {executor} is full; the call did not run");
        let result = ToolResult::error(&tool_call, ToolErrorCode::Limit, told);
        let (tool, latency) = (tool_call.name, VirtualDuration::ZERO);
        let returned = EventKind::ToolReturned { task, tool, result: result.clone(), latency };
        let cause = self.world.record(&self.path, Some(cause), returned);
        post(myself, AgentMessage::ToolReturned { task, call: model_call, result, cause });
    }

    /// Whether the plan of faults has it crash now.
    pub(super) fn crashes_at(&self, moment: Moment, cause: EventSequence) -> Option<EventSequence> {
        let task = self.current.as_ref().map(|current| current.assignment.task.id);
        let site = Site::AgentStep { agent: &self.path, moment };
        let (action, cause) = self.world.strike(&site, &self.path, task, Some(cause))?;
        (action == FaultAction::Crash).then_some(cause)
    }

    pub(super) fn call_tool(&mut self, myself: &Address<AgentMessage>, tool_call: ToolCall, cause: EventSequence) {
        let desk = self.desk();
        let Some(current) = &self.current else { return };
        desk.set_budgets(&current.budgets);
        let run = ToolRun {
            desk,
            task: current.assignment.task.id,
            model_call: current.call,
            tool_call,
            timeout: self.kind.limits.tool_call_timeout,
            at_once_max: self.kind.limits.tool_calls_at_once_max,
            agent_number: self.number,
            reply_to: myself.clone(),
            cause,
        };
        if let Err(ExecutorMessage::Run(run)) = self.kind.executor.offer(ExecutorMessage::Run(Box::new(run))) {
            self.not_run(myself, *run);
        }
    }

    /// What the world keeps of an agent that acts.
    pub(super) fn desk(&mut self) -> Arc<Desk> {
        let (world, kind, path, address) = (&self.world, &self.kind, &self.path, &self.address);
        let open = || {
            world.desks().open(Desk {
                path: path.clone(),
                address: address.clone(),
                tools: Arc::clone(&kind.tools),
                spawns: Arc::clone(&kind.spawns),
                skills: Arc::clone(&kind.skills),
                team: kind.team.clone(),
                depth: 0,
                parent: None,
                first_mode: kind.rights.mode,
                asked_mode: None,
                unrestricted: is_unrestricted(&kind.rights).into(),
                cause: NO_CAUSE.into(),
                rights: std::sync::Mutex::new(kind.rights.clone()),
                budgets: std::sync::Mutex::default(),
                has_started: false.into(),
            })
        };
        Arc::clone(self.desk.get_or_insert_with(open))
    }
}
