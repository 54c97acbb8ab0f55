//! What a model reads when a call does not end with its tool's own result.
//!
//! Each text says what happened, whether the tool had begun to run, and what to try. This module must not know when a
//! flow ends.
//!
//! ```
//! use moot_core::{Decision, ToolCall, Touch, ToolEffect, Verdict};
//! use moot_mind::flow::{CallFlow, FlowEffect, FlowInput};
//!
//! let call = ToolCall { id: "c0".into(), name: "write_file".into(), arguments: "{}".into() };
//! let mut effects = Vec::new();
//! let mut flow = CallFlow::start(call, &mut effects);
//! let arguments = serde_json::json!({}).into();
//! flow.step(FlowInput::Prepared { arguments, effect: ToolEffect::Write, touch: Touch::default() }, &mut effects);
//! flow.step(FlowInput::Judged(Decision::new(Verdict::Deny, "mode plan", "plan changes nothing")), &mut effects);
//! let Some(FlowEffect::Finish(result)) = effects.last() else { panic!("{effects:?}") };
//! assert!(result.content.starts_with("denied by mode plan: plan changes nothing; the call did not run"));
//! ```

use moot_core::{Decision, HookEvent, Text};

use super::protocol::FlowStep;

const DID_NOT_RUN: &str = "the call did not run. The same call will be denied again: try another way that the rules \
                           allow, or say in your answer what you could not do";

/// A rule or the mode denied the call.
pub(super) fn denied(decision: &Decision, rewritten_by: Option<&Text>) -> String {
    let rewritten = rewritten_by.map(|name| format!(" (with arguments rewritten by {name})")).unwrap_or_default();
    format!("denied by {}{rewritten}: {}; {DID_NOT_RUN}", decision.rule, decision.reason)
}

/// A hook denied the call before it ran.
pub(super) fn denied_by_hook(name: &str, why: &str) -> String {
    format!("denied by the hook {name}: {why}; {DID_NOT_RUN}")
}

/// A hook's rewrite does not fit the tool.
pub(super) fn rewrite_refused(name: &str, refusal: &str) -> String {
    format!(
        "denied by the hook {name}: it rewrote the arguments, and the tool does not take them: {refusal}; {DID_NOT_RUN}"
    )
}

/// Hooks rewrote the arguments again and again.
pub(super) fn rewritten_too_often(most: u32) -> String {
    format!("the arguments of one call are rewritten at most {most} times")
}

/// A person refused.
pub(super) fn refused(reason: &str) -> String {
    let reason = if reason.trim().is_empty() { "no reason was given" } else { reason };
    format!("approval was asked for and refused: {reason}; {DID_NOT_RUN}")
}

/// Nobody answered in time.
pub(super) fn unanswered(because: &str) -> String {
    format!("approval was asked for ({because}) and nobody answered in time, which denies; {DID_NOT_RUN}")
}

/// What a person approved is not what the call would do now.
pub(super) const OUTDATED: &str = "the call was approved, but what it would change has changed since the person was \
                                   shown it; the call did not run. Look at what is there now, and make the call again \
                                   if it is still right: it will be asked about again";

/// A hook behind the call gave no usable verdict, so what it should have looked at is not shown.
pub(super) fn withheld(name: &str, why: &str) -> String {
    format!(
        "the tool ran and its effect has happened, but its result is withheld, because the hook {name} has to look at \
         it first: {why}; don't make the call again, and say in your answer what is missing"
    )
}

/// A timeout or a cancellation; `what` begins the sentence.
pub(super) fn broken_off(what: &str, step: FlowStep) -> String {
    let state = match step {
        FlowStep::Running => {
            "after the tool had begun to run: its effect may have happened, so look before making the call again"
        }
        FlowStep::Matching(HookEvent::AfterToolCall) | FlowStep::Hook { event: HookEvent::AfterToolCall, .. } => {
            "after the tool had run, while hooks looked at its result: its effect has happened, so don't make the call \
             again"
        }
        FlowStep::Asking => "while approval was asked for: the tool had not begun to run",
        FlowStep::Admitting => "while other calls used what it needs: the tool had not begun to run",
        _ => "before the tool had begun to run: nothing happened",
    };
    format!("{what} {state}")
}
