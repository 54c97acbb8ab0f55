//! One tool call: its machine is fed, and what it wants is carried out.

use std::sync::Arc;

use moot_core::port::Caller;
use moot_core::{
    EventKind, EventSequence, HookEvent, Placement, Text, ToolCall, ToolErrorCode, ToolResult, Verdict, VirtualTime,
};
use moot_mind::flow::{CallFlow, FlowEffect, FlowInput, FlowStep};
use moot_mind::hook::{HookQuestion, accept};
use moot_mind::policy::Question;
use moot_tool::builtin::set_mode;
use moot_tool::{PreparedCall, ToolContext, outputs};

use super::timer::Timer;
use super::{ExecutorMessage, ExecutorState, ToolRun};
use crate::actors::address::Address;
use crate::actors::agent::AgentMessage;
use crate::actors::body::{guarded, post};
use crate::actors::person::PersonMessage;
use crate::hooks::{HookAnswer, masked};
use crate::world::OpenCall;

/// A call on its way.
pub(super) struct Call {
    pub(super) run: ToolRun,
    pub(super) flow: CallFlow,
    /// Present from when its arguments were accepted until it runs.
    pub(super) prepared: Option<Arc<PreparedCall>>,
    /// When its tool began to run; before that, when it came.
    pub(super) started: VirtualTime,
    /// The last thing that happened to it.
    pub(super) cause: EventSequence,
    /// Its time limit, if it has one.
    pub(super) timer: Option<Timer>,
    /// What the person was shown that it would change.
    pub(super) shown: Option<Text>,
    /// Why approval is asked for.
    pub(super) ask_reason: Text,
    /// Whether the world knows that it is open.
    is_noted: bool,
}

impl ExecutorState {
    /// Sets a call on its way.
    pub(super) fn begin(
        &mut self,
        myself: &Address<ExecutorMessage>,
        number: u64,
        mut run: ToolRun,
        timer: Option<Timer>,
    ) {
        let placement = self.bench.toolbox.placement(&run.tool_call.name).unwrap_or(Placement::Inside);
        let kind = EventKind::ToolCalled { task: run.task, call: run.tool_call.clone(), placement };
        run.cause = self.world.record(&run.desk.path, Some(run.cause), kind);
        if placement == Placement::Inside && self.is_plain(&run) {
            return self.run_plain(myself, number, run);
        }
        let mut effects = std::mem::take(&mut self.effects);
        let flow = CallFlow::start(run.tool_call.clone(), &mut effects);
        self.keep(number, run, flow, None);
        if let Some(call) = self.calls.get_mut(&number) {
            call.timer = timer;
        }
        let answer = self.carry_out(myself, number, &mut effects);
        self.effects = effects;
        self.feed_some(myself, number, answer);
        self.note_open(number);
    }

    /// Takes a call in. Whoever takes one in and does not feed it notes it.
    pub(super) fn keep(&mut self, number: u64, run: ToolRun, flow: CallFlow, prepared: Option<Arc<PreparedCall>>) {
        let (started, cause) = (self.world.now(), run.cause);
        if set_mode::changes_mode(&run.tool_call.name) {
            self.changing.push(run.agent_number);
        }
        let (timer, shown, ask_reason) = (None, None, Text::default());
        let call = Call { run, flow, prepared, started, cause, timer, shown, ask_reason, is_noted: false };
        self.calls.insert(number, call);
    }

    /// Tells the world of a call that is still open, once: most calls end at the instant they come, and nobody could
    /// have looked in between.
    pub(super) fn note_open(&mut self, number: u64) {
        let Some(call) = self.calls.get_mut(&number).filter(|call| !call.is_noted) else { return };
        call.is_noted = true;
        let ToolRun { desk, task, tool_call, cause, .. } = &call.run;
        let (agent, task, cause) = (desk.path.clone(), *task, *cause);
        let open = OpenCall { agent, task, call: tool_call.clone(), since: self.world.now(), cause };
        self.world.call_opened(number, open);
    }

    /// Feeds a call's machine and carries out what it wants, for as long as that is answered at once.
    pub(super) fn feed(&mut self, myself: &Address<ExecutorMessage>, number: u64, input: FlowInput) {
        let mut effects = std::mem::take(&mut self.effects);
        let mut next = Some(input);
        while let Some(input) = next.take()
            && let Some(call) = self.calls.get_mut(&number)
        {
            call.flow.step(input, &mut effects);
            next = self.carry_out(myself, number, &mut effects);
        }
        self.effects = effects;
        self.note_open(number);
    }

    pub(super) fn feed_some(&mut self, myself: &Address<ExecutorMessage>, number: u64, input: Option<FlowInput>) {
        if let Some(input) = input {
            self.feed(myself, number, input);
        }
    }

    /// Carries out what a call's machine wants. Of what it wants at a time at most the last asks for an answer; when
    /// that is known at once, it is what the machine is to be fed next.
    fn carry_out(
        &mut self,
        myself: &Address<ExecutorMessage>,
        number: u64,
        effects: &mut Vec<FlowEffect>,
    ) -> Option<FlowInput> {
        let mut answer = None;
        for effect in effects.drain(..) {
            answer = match effect {
                FlowEffect::Prepare(tool_call) => self.prepare(myself, number, &tool_call),
                FlowEffect::Judge => self.judge(number),
                FlowEffect::MatchHooks { event } => self.match_hooks(number, event),
                FlowEffect::RunHook { hook, event } => self.run_hook(myself, number, hook, event),
                FlowEffect::Ask { because } => self.ask(myself, number, because),
                FlowEffect::Abandon { step } => {
                    self.abandon(number, step);
                    None
                }
                FlowEffect::Admit => self.admit(number),
                FlowEffect::Run => self.start_running(myself, number),
                FlowEffect::Release => {
                    self.ready.extend(self.claims.release(number));
                    None
                }
                FlowEffect::Finish(result) => {
                    self.finish(myself, number, result);
                    None
                }
            };
        }
        answer
    }

    fn prepare(&mut self, myself: &Address<ExecutorMessage>, number: u64, tool_call: &ToolCall) -> Option<FlowInput> {
        let call = self.calls.get_mut(&number)?;
        let (toolbox, desk) = (&self.bench.toolbox, &call.run.desk);
        let prepared = guarded(|| toolbox.prepare(&desk.tools, tool_call).map(|prepared| (prepared.touch(), prepared)));
        match prepared {
            Ok(Ok((touch, prepared))) => {
                let (arguments, effect) = (prepared.arguments().clone(), prepared.effect());
                call.prepared = Some(Arc::new(prepared));
                Some(FlowInput::Prepared { arguments, effect, touch })
            }
            Ok(Err(refusal)) => Some(FlowInput::Refused(refusal)),
            Err(message) => {
                // A tool that panics while it reads its arguments has done nothing yet.
                let told = format!("the tool {} crashed while it read its arguments: {message}", tool_call.name);
                let input = FlowInput::Refused(ToolResult::error(tool_call, ToolErrorCode::Crashed, told));
                let cause = call.cause;
                self.feed(myself, number, input);
                self.contain(message, cause);
                None
            }
        }
    }

    fn judge(&mut self, number: u64) -> Option<FlowInput> {
        let call = self.calls.get_mut(&number)?;
        let (prepared, touch) = (call.prepared.as_ref()?, call.flow.touch()?);
        let question =
            Question { tool: &prepared.call().name, effect: prepared.effect(), arguments: prepared.arguments(), touch };
        let decision = call.run.desk.judge(&question);
        if decision.verdict != Verdict::Allow || !call.run.desk.is_unrestricted() {
            let kind = EventKind::PermissionDecided {
                task: call.run.task,
                call_id: prepared.call().id.clone(),
                tool: prepared.call().name.clone(),
                decision: decision.clone(),
            };
            call.cause = self.world.record(&call.run.desk.path, Some(call.cause), kind);
        }
        Some(FlowInput::Judged(decision))
    }

    fn match_hooks(&self, number: u64, event: HookEvent) -> Option<FlowInput> {
        let call = self.calls.get(&number)?;
        let hooks = match self.bench.hooks.is_for(event) {
            true => self.bench.hooks.matched(&call.question(event, &call.flow.hook_text())),
            false => Vec::new(),
        };
        Some(FlowInput::Hooks { event, hooks })
    }

    fn run_hook(
        &mut self,
        myself: &Address<ExecutorMessage>,
        number: u64,
        hook: usize,
        event: HookEvent,
    ) -> Option<FlowInput> {
        let call = self.calls.get(&number)?;
        let to = myself.clone();
        let deliver = move |answer| post(&to, ExecutorMessage::HookAnswered { number, hook, answer });
        let text = call.flow.hook_text();
        let answer = self.bench.hooks.run(&self.world, hook, &call.question(event, &text), deliver)?;
        self.hook_answered(number, hook, answer)
    }

    /// What the call's machine is fed when a hook has answered; nothing when it does not wait for this hook.
    pub(super) fn hook_answered(&mut self, number: u64, hook: usize, answer: HookAnswer) -> Option<FlowInput> {
        let call = self.calls.get_mut(&number)?;
        let FlowStep::Hook { event, hook: asked } = call.flow.waits_for() else { return None };
        if asked != hook {
            return None;
        }
        let answer = masked(&self.world, answer);
        let verdict = accept(event, answer.clone());
        #[cfg(feature = "planted-bugs")]
        let answer = match answer {
            Err(_) if moot_core::planted::is_on(moot_core::planted::Planted::GateOpens) => {
                Ok(moot_core::HookVerdict::Allow)
            }
            answer => answer,
        };
        let kind = EventKind::HookRan { task: Some(call.run.task), hook: self.bench.hooks.name(hook), event, verdict };
        call.cause = self.world.record(&call.run.desk.path, Some(call.cause), kind);
        Some(FlowInput::HookAnswered { hook, answer })
    }

    /// Nobody waits for what was wanted last.
    fn abandon(&mut self, number: u64, step: FlowStep) {
        match step {
            FlowStep::Asking => post(&self.bench.person, PersonMessage::Withdrawn { number }),
            // A question that a tool has put to the person is void; what else is out goes on.
            FlowStep::Running => {
                let Some(Call { run, .. }) = self.calls.get(&number) else { return };
                let (agent, task, call_id) = (run.desk.path.clone(), run.task, run.tool_call.id.clone());
                post(&self.bench.person, PersonMessage::QuestionWithdrawn { agent, task, call_id });
            }
            FlowStep::Admitting => {
                self.ready.extend(self.claims.withdraw(number));
            }
            // What is out goes on; its answer comes late and is told nobody.
            _ => {}
        }
    }

    fn admit(&mut self, number: u64) -> Option<FlowInput> {
        let call = self.calls.get(&number)?;
        let (owner, most, touch) =
            (call.run.agent_number, call.run.at_once_max, call.flow.touch().cloned().unwrap_or_default());
        self.claims.request(number, owner, most, touch).then_some(FlowInput::Admitted)
    }

    fn finish(&mut self, myself: &Address<ExecutorMessage>, number: u64, result: ToolResult) {
        let Some(call) = self.calls.remove(&number) else { return };
        #[cfg(feature = "planted-bugs")]
        let result = self.swapped(&call, result);
        if call.is_noted {
            self.world.call_closed(number);
        }
        let changed_mode = set_mode::changes_mode(&call.run.tool_call.name);
        if changed_mode && let Some(place) = self.changing.iter().position(|agent| *agent == call.run.agent_number) {
            self.changing.swap_remove(place);
        }
        #[cfg(feature = "planted-bugs")]
        let has_timed_out = result.error == Some(ToolErrorCode::TimedOut);
        self.conclude(&call.run, call.cause, call.started, result);
        #[cfg(feature = "planted-bugs")]
        if has_timed_out {
            self.timed_out_calls.insert(number, call);
        }
        if changed_mode {
            self.release_held(myself);
        }
    }

    #[cfg(feature = "planted-bugs")]
    fn swapped(&self, call: &Call, result: ToolResult) -> ToolResult {
        let is_other = |other: &&Call| other.run.desk.path == call.run.desk.path && other.run.task == call.run.task;
        match self.calls.values().find(is_other) {
            Some(other) if moot_core::planted::is_on(moot_core::planted::Planted::ResultSwapped) => {
                ToolResult { call_id: other.run.tool_call.id.clone(), ..result }
            }
            _ => result,
        }
    }

    /// A call has its one result: it is told to the journal and to the agent.
    pub(super) fn conclude(&self, run: &ToolRun, cause: EventSequence, started: VirtualTime, result: ToolResult) {
        let (result, cause) = self.shortened(run, cause, result);
        let kind = EventKind::ToolReturned {
            task: run.task,
            tool: run.tool_call.name.clone(),
            result: result.clone(),
            latency: self.world.now().since(started),
        };
        let cause = self.world.record(&run.desk.path, Some(cause), kind);
        let (task, call) = (run.task, run.model_call);
        post(&run.reply_to, AgentMessage::ToolReturned { task, call, result, cause });
    }

    /// A result too long for a transcript is kept aside whole; the model reads its beginning and how to read on.
    fn shortened(&self, run: &ToolRun, cause: EventSequence, result: ToolResult) -> (ToolResult, EventSequence) {
        if !outputs::is_long(&result.content) || &*run.tool_call.name == outputs::READ_OUTPUT {
            return (result, cause);
        }
        let handle = self.bench.ports.outputs.keep(&result.content);
        let kind = EventKind::OutputKept {
            task: run.task,
            call_id: result.call_id.clone(),
            handle: handle.clone(),
            text: result.content.clone(),
        };
        let cause = self.world.record(&run.desk.path, Some(cause), kind);
        (ToolResult { content: outputs::preview(&result.content, &handle).into(), ..result }, cause)
    }

    pub(super) fn context(&self, number: u64) -> Option<ToolContext> {
        let call = self.calls.get(&number)?;
        Some(self.context_of(&call.run, call.cause))
    }

    pub(super) fn context_of(&self, run: &ToolRun, cause: EventSequence) -> ToolContext {
        run.desk.set_cause(cause);
        let caller = Caller {
            agent: run.desk.path.clone(),
            task: run.task,
            call_id: run.tool_call.id.clone(),
            now: self.world.now(),
        };
        ToolContext { caller, team: run.desk.team.clone(), ports: Arc::clone(&self.bench.ports) }
    }
}

impl Call {
    fn question<'a>(&'a self, event: HookEvent, text: &'a str) -> HookQuestion<'a> {
        HookQuestion {
            event,
            agent: self.run.desk.path.as_str(),
            task: Some(self.run.task),
            tool: Some(&self.run.tool_call.name),
            arguments: self.flow.arguments(),
            text,
        }
    }
}
