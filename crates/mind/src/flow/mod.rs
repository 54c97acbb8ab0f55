//! The flow of one tool call, from what the model wrote to the one result that it reads.
//!
//! ```text
//! prepare ─▶ judge ─▶ before hooks ─▶ (asked hooks ─▶ a person) ─▶ admit ─▶ run ─▶ after hooks ─▶ finish
//!    ▲                     │
//!    └──── a rewrite ──────┘            whatever denies, refuses, times out or is cancelled ─────▶ finish
//! ```
//!
//! A pure machine: it must not know tools, hooks, people or clocks, nor how permissions judge. What it holds to
//! whatever comes: exactly one [`FlowEffect::Finish`]; [`FlowEffect::Run`] only when the very arguments it runs with
//! were judged and not denied, and approved if that was asked; [`FlowEffect::Release`] exactly if the call was
//! admitted. Hooks fail closed. An input that answers nothing the flow waits for changes nothing.
//!
//! Hooks run one after another in the order of their declaration, each once. What a hook rewrites is prepared and
//! judged as if the model had written it, and seen by the hooks behind it, not by the ones before: a hook that guards
//! belongs behind the ones that rewrite. A hook's `ask` holds even if a later hook rewrites what it saw.
//!
//! ```
//! use moot_core::{Decision, HookEvent, ToolCall, ToolEffect, ToolResult, Touch, Verdict};
//! use moot_mind::flow::{CallFlow, FlowEffect, FlowInput};
//!
//! let call = ToolCall { id: "c0".into(), name: "read_file".into(), arguments: r#"{"path":"a.txt"}"#.into() };
//! let mut effects = Vec::new();
//! let mut flow = CallFlow::start(call.clone(), &mut effects);
//! let arguments = serde_json::json!({ "path": "a.txt" }).into();
//! for input in [
//!     FlowInput::Prepared { arguments, effect: ToolEffect::Read, touch: Touch::default() },
//!     FlowInput::Judged(Decision::new(Verdict::Allow, "mode default", "it only reads")),
//!     FlowInput::Hooks { event: HookEvent::BeforeToolCall, hooks: vec![] },
//!     FlowInput::Admitted,
//!     FlowInput::Returned(ToolResult::success(&call, "hello")),
//!     FlowInput::Hooks { event: HookEvent::AfterToolCall, hooks: vec![] },
//! ] {
//!     flow.step(input, &mut effects);
//! }
//! assert_eq!(effects, [
//!     FlowEffect::Prepare(call.clone()),
//!     FlowEffect::Judge,
//!     FlowEffect::MatchHooks { event: HookEvent::BeforeToolCall },
//!     FlowEffect::Admit,
//!     FlowEffect::Run,
//!     FlowEffect::Release,
//!     FlowEffect::MatchHooks { event: HookEvent::AfterToolCall },
//!     FlowEffect::Finish(ToolResult::success(&call, "hello")),
//! ]);
//! ```

mod protocol;
mod words;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use moot_core::{
    Approval, Decision, GrantScope, HookEvent, HookVerdict, Text, ToolCall, ToolEffect, ToolErrorCode, ToolResult,
    Touch, Verdict,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use protocol::{FlowEffect, FlowInput, FlowStep};

use crate::hook::{MatchedHook, accept};

/// How often hooks may rewrite the arguments of one call.
pub const REWRITES_MAX: u32 = 3;

/// The machine of one tool call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallFlow {
    /// The call with its present arguments.
    call: ToolCall,
    step: FlowStep,
    prepared: Option<Prepared>,
    /// The decision on the present arguments.
    decision: Option<Decision>,
    /// The hook at work and the ones behind it, last first.
    hooks: Vec<MatchedHook>,
    /// The hook that rewrote the arguments last.
    rewritten_by: Option<MatchedHook>,
    rewrites: u32,
    /// What hooks want approved, each with its hook.
    asks: Vec<Text>,
    /// A hook approved in the place of a person.
    approved: bool,
    /// A person approved this call and no other.
    approved_as_shown: bool,
    /// What hooks add to the result, each a line of its own.
    notes: Vec<Text>,
    /// What the tool returned, as hooks left it.
    result: Option<ToolResult>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Prepared {
    arguments: Arc<Value>,
    effect: ToolEffect,
    touch: Touch,
}

impl CallFlow {
    /// The flow of a call that the model just wrote; appends what is to be done first.
    #[must_use]
    pub fn start(call: ToolCall, effects: &mut Vec<FlowEffect>) -> Self {
        effects.push(FlowEffect::Prepare(call.clone()));
        Self {
            call,
            step: FlowStep::Preparing,
            prepared: None,
            decision: None,
            hooks: Vec::new(),
            rewritten_by: None,
            rewrites: 0,
            asks: Vec::new(),
            approved: false,
            approved_as_shown: false,
            notes: Vec::new(),
            result: None,
        }
    }

    /// Takes one input and appends what is to be done because of it, in order.
    pub fn step(&mut self, input: FlowInput, effects: &mut Vec<FlowEffect>) {
        match (self.step, input) {
            (FlowStep::Finished, _) => {}
            (step, FlowInput::TimedOut) => self.break_off(step, ToolErrorCode::TimedOut, "timed out", effects),
            (step, FlowInput::Cancelled { reason }) => {
                self.break_off(step, ToolErrorCode::Cancelled, &format!("cancelled ({reason})"), effects);
            }
            (FlowStep::Preparing, FlowInput::Prepared { arguments, effect, touch }) => {
                self.prepared = Some(Prepared { arguments, effect, touch });
                self.go_to(FlowStep::Judging, FlowEffect::Judge, effects);
            }
            (FlowStep::Preparing, FlowInput::Refused(result)) => self.refused(result, effects),
            (FlowStep::Judging, FlowInput::Judged(decision)) => self.judged(decision, effects),
            (FlowStep::Matching(expected), FlowInput::Hooks { event, hooks }) if event == expected => {
                self.matched(event, hooks, effects);
            }
            (FlowStep::Hook { event, hook }, FlowInput::HookAnswered { hook: answered, answer })
                if hook == answered =>
            {
                self.hook_answered(event, accept(event, answer), effects);
            }
            (FlowStep::Asking, FlowInput::Approval(approval)) => self.answered(&approval, effects),
            (FlowStep::Admitting, FlowInput::Admitted) => self.go_to(FlowStep::Running, FlowEffect::Run, effects),
            (FlowStep::Running, FlowInput::Returned(result)) => {
                self.result = Some(result);
                effects.push(FlowEffect::Release);
                self.match_hooks(HookEvent::AfterToolCall, effects);
            }
            (FlowStep::Running, FlowInput::Outdated) => {
                effects.push(FlowEffect::Release);
                self.finish(ToolResult::error(&self.call, ToolErrorCode::Conflict, words::OUTDATED), effects);
            }
            // Late, early or twice.
            (_, _) => {}
        }
    }

    /// The call, with the arguments as hooks left them.
    #[must_use]
    pub const fn call(&self) -> &ToolCall {
        &self.call
    }

    /// The parsed arguments; `None` until they are prepared.
    #[must_use]
    pub fn arguments(&self) -> Option<&Value> {
        self.prepared.as_ref().map(|prepared| &*prepared.arguments)
    }

    /// What the tool can do to the world; `None` until the call is prepared.
    #[must_use]
    pub fn effect(&self) -> Option<ToolEffect> {
        self.prepared.as_ref().map(|prepared| prepared.effect)
    }

    /// What the call touches; `None` until it is prepared.
    #[must_use]
    pub fn touch(&self) -> Option<&Touch> {
        self.prepared.as_ref().map(|prepared| &prepared.touch)
    }

    /// What the permissions decided on the present arguments.
    #[must_use]
    pub const fn decision(&self) -> Option<&Decision> {
        self.decision.as_ref()
    }

    /// The name of the hook that rewrote the arguments last.
    #[must_use]
    pub fn rewritten_by(&self) -> Option<&Text> {
        self.rewritten_by.as_ref().map(|hook| &hook.name)
    }

    /// Whether a person approved this call and no other: then it may change what they were shown and nothing else, and
    /// whoever is to run it looks again whether it would.
    #[must_use]
    pub const fn holds_to_what_was_shown(&self) -> bool {
        self.approved_as_shown
    }

    /// What the flow waits for.
    #[must_use]
    pub const fn waits_for(&self) -> FlowStep {
        self.step
    }

    /// What the present event of a hook is about: why approval is asked, or the result's content; else empty.
    #[must_use]
    pub fn hook_text(&self) -> Text {
        match self.step {
            FlowStep::Matching(HookEvent::PermissionAsked)
            | FlowStep::Hook { event: HookEvent::PermissionAsked, .. }
            | FlowStep::Asking => self.because(),
            _ => self.result.as_ref().map(|result| result.content.clone()).unwrap_or_default(),
        }
    }

    fn refused(&mut self, result: ToolResult, effects: &mut Vec<FlowEffect>) {
        match &self.rewritten_by {
            None => self.finish(result, effects),
            Some(hook) => self.deny(&words::rewrite_refused(&hook.name, &result.content), effects),
        }
    }

    fn judged(&mut self, decision: Decision, effects: &mut Vec<FlowEffect>) {
        if decision.verdict == Verdict::Deny {
            self.deny(&words::denied(&decision, self.rewritten_by()), effects);
        } else {
            self.match_hooks(HookEvent::BeforeToolCall, effects);
        }
        self.decision = Some(decision);
    }

    fn match_hooks(&mut self, event: HookEvent, effects: &mut Vec<FlowEffect>) {
        self.go_to(FlowStep::Matching(event), FlowEffect::MatchHooks { event }, effects);
    }

    fn matched(&mut self, event: HookEvent, mut hooks: Vec<MatchedHook>, effects: &mut Vec<FlowEffect>) {
        if let (HookEvent::BeforeToolCall, Some(rewriter)) = (event, &self.rewritten_by) {
            // Hooks run in their order, each once: what was rewritten is seen by the ones behind.
            hooks.retain(|hook| hook.index > rewriter.index);
        }
        hooks.reverse();
        self.hooks = hooks;
        self.next_hook(event, effects);
    }

    /// Asks the next hook, or goes on behind the last one.
    fn next_hook(&mut self, event: HookEvent, effects: &mut Vec<FlowEffect>) {
        if let Some(hook) = self.hooks.last().map(|hook| hook.index) {
            self.go_to(FlowStep::Hook { event, hook }, FlowEffect::RunHook { hook, event }, effects);
            return;
        }
        let asked = !self.asks.is_empty() || self.decision.as_ref().is_none_or(|it| it.verdict != Verdict::Allow);
        match event {
            HookEvent::AfterToolCall => {
                let lost = || ToolResult::error(&self.call, ToolErrorCode::Unknown, "the result was lost");
                let result = self.result.take().unwrap_or_else(lost);
                self.finish(result, effects);
            }
            HookEvent::BeforeToolCall if asked => self.match_hooks(HookEvent::PermissionAsked, effects),
            HookEvent::PermissionAsked if !self.approved => {
                let because = self.because();
                self.go_to(FlowStep::Asking, FlowEffect::Ask { because }, effects);
            }
            _ => self.go_to(FlowStep::Admitting, FlowEffect::Admit, effects),
        }
    }

    fn hook_answered(&mut self, event: HookEvent, verdict: HookVerdict, effects: &mut Vec<FlowEffect>) {
        let Some(hook) = self.hooks.pop() else { return };
        match (event, verdict) {
            (HookEvent::AfterToolCall, HookVerdict::Deny(why)) => {
                let content = words::withheld(&hook.name, &why);
                self.finish(ToolResult::error(&self.call, ToolErrorCode::Denied, content), effects);
                return;
            }
            (_, HookVerdict::Deny(why)) => return self.deny(&words::denied_by_hook(&hook.name, &why), effects),
            (HookEvent::AfterToolCall, HookVerdict::Rewrite(content)) => {
                if let Some(result) = &mut self.result {
                    result.content = content;
                }
            }
            (_, HookVerdict::Rewrite(arguments)) => {
                let parsed: Option<Value> = serde_json::from_str(&arguments).ok();
                if parsed.as_ref() != self.arguments() {
                    return self.rewrite(hook, arguments, effects);
                }
            }
            (HookEvent::BeforeToolCall, HookVerdict::Ask(why)) => {
                self.asks.push(format!("{}: {why}", hook.name).into())
            }
            (HookEvent::PermissionAsked, HookVerdict::Allow) => self.approved = true,
            (_, HookVerdict::Annotate(note)) => self.notes.push(format!("[hook {}] {note}", hook.name).into()),
            // At permission_asked, ask leaves it to the person. Sending on was no legal verdict here.
            (_, HookVerdict::Allow | HookVerdict::Ask(_) | HookVerdict::SendOn(_)) => {}
        }
        self.next_hook(event, effects);
    }

    /// New arguments are prepared and judged as if the model had written them.
    fn rewrite(&mut self, hook: MatchedHook, arguments: Text, effects: &mut Vec<FlowEffect>) {
        if self.rewrites >= REWRITES_MAX {
            let why = words::rewritten_too_often(REWRITES_MAX);
            return self.deny(&words::denied_by_hook(&hook.name, &why), effects);
        }
        self.rewrites += 1;
        #[cfg(feature = "planted-bugs")]
        if moot_core::planted::is_on(moot_core::planted::Planted::RewriteNotJudged) {
            return self.next_hook(HookEvent::BeforeToolCall, effects);
        }
        self.rewritten_by = Some(hook);
        self.hooks.clear();
        self.prepared = None;
        self.decision = None;
        self.call.arguments = arguments;
        let call = self.call.clone();
        self.go_to(FlowStep::Preparing, FlowEffect::Prepare(call), effects);
    }

    fn answered(&mut self, approval: &Approval, effects: &mut Vec<FlowEffect>) {
        match approval {
            Approval::Granted(scope) => {
                self.approved_as_shown = *scope == GrantScope::Call;
                self.go_to(FlowStep::Admitting, FlowEffect::Admit, effects);
            }
            Approval::Refused(reason) => self.deny(&words::refused(reason), effects),
            Approval::TimedOut => self.deny(&words::unanswered(&self.because()), effects),
        }
    }

    /// Who wants the call approved, and why.
    fn because(&self) -> Text {
        let judged = self.decision.iter().filter(|decision| decision.verdict == Verdict::Ask);
        let mut reasons: Vec<String> =
            judged.map(|decision| format!("{}: {}", decision.rule, decision.reason)).collect();
        reasons.extend(self.asks.iter().map(ToString::to_string));
        reasons.join("; ").into()
    }

    fn break_off(&mut self, step: FlowStep, code: ToolErrorCode, what: &str, effects: &mut Vec<FlowEffect>) {
        effects.push(FlowEffect::Abandon { step });
        if step == FlowStep::Running {
            effects.push(FlowEffect::Release);
        }
        self.finish(ToolResult::error(&self.call, code, words::broken_off(what, step)), effects);
    }

    fn deny(&mut self, content: &str, effects: &mut Vec<FlowEffect>) {
        self.finish(ToolResult::error(&self.call, ToolErrorCode::Denied, content), effects);
    }

    fn finish(&mut self, mut result: ToolResult, effects: &mut Vec<FlowEffect>) {
        result.call_id = self.call.id.clone();
        if !self.notes.is_empty() {
            let notes = self.notes.iter().map(|note| format!("\n{note}"));
            result.content = std::iter::once(result.content.to_string()).chain(notes).collect::<String>().into();
        }
        self.go_to(FlowStep::Finished, FlowEffect::Finish(result), effects);
    }

    fn go_to(&mut self, step: FlowStep, effect: FlowEffect, effects: &mut Vec<FlowEffect>) {
        self.step = step;
        effects.push(effect);
    }
}
