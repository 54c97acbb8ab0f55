//! The scripted model: its reply to an agent's call number n is the n-th step of a script.
//!
//! With it a scenario is played like a test: no key, no network, no chance. A step may say something, call tools, fail,
//! and state what it expects the transcript to hold by then; its texts may be templates over that transcript.
//!
//! It must not know which agent plays it: many may play one script at once, because the step is taken from the call's
//! number and nothing is remembered. A reply is a pure function of the script and the request.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{Task, TaskId};
//! use moot_model::{Model, ModelRequest, ScriptedModel, ScriptedOptions};
//!
//! let options: ScriptedOptions = serde_json::from_str(
//!     r#"{ "steps": [
//!         { "call": { "read_file": { "path": "{{ task.prompt }}" } } },
//!         { "say": "It says: {{ results[0] }}", "expect": { "last_role": "tool" } }
//!     ] }"#,
//! ).unwrap();
//! let model = ScriptedModel::new(&options);
//! let reply = model.answer(&ModelRequest::alone(Arc::new(Task::new(TaskId(0), "a.txt")), 1)).unwrap();
//! assert_eq!(&*reply.tool_calls[0].arguments, r#"{"path":"a.txt"}"#);
//! ```

mod arguments;
pub mod calls;
mod context;
pub mod expectation;
mod line;
mod model;
mod template;

use moot_core::{ModelFailureKind, VirtualDuration};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::calls::Calls;
pub use self::expectation::{Expectation, MessageRole};
use self::line::Line;
pub use self::model::ScriptedModel;
use crate::{OptionProblem, PriceOptions, Tokens, schema};

/// A script and what its steps have in common.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptedOptions {
    /// The steps: an agent's call number n on a task, counted from 0, is answered with step n.
    pub steps: Vec<StepOptions>,
    /// How long a step takes that says nothing of it; no time at all unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::duration")]
    pub latency: Option<VirtualDuration>,
    /// The tokens of a step that says nothing of them; unknown unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
    /// What tokens cost; unknown unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<PriceOptions>,
    /// Whether the script starts again after its last step. If not, a call beyond it fails.
    #[serde(default)]
    pub repeat: bool,
}

/// One step: it says something, calls tools, does both, or fails.
///
/// A text that holds `{{` or `{%` is a Jinja template over `task` (`id`, `prompt`, `choices`), `agent`, `call` (the
/// number of the call), `messages` (each with `role`, `text`, `from`, `error`), `last` (the text of the last message)
/// and `results` (the texts of the tool results since the model's last reply).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepOptions {
    /// The text of the reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub say: Option<String>,
    /// The tools that the reply calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Calls>,
    /// The kind of failure that stands in place of a reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::failure_kind")]
    pub fail: Option<ModelFailureKind>,
    /// What the failure says of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What must hold of the transcript before the step is taken; else the call fails as `expectation_unmet`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expectation>,
    /// How long the step takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::duration")]
    pub latency: Option<VirtualDuration>,
    /// The tokens of the step, whether it replies or fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
}

impl ScriptedOptions {
    /// A script that says these texts, one a call.
    #[must_use]
    pub fn saying<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        let step = |text: T| StepOptions { say: Some(text.into()), ..StepOptions::default() };
        Self { steps: texts.into_iter().map(step).collect(), ..Self::default() }
    }

    /// What is wrong with the options; every template is compiled, so that its errors are found before a run.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let mut problems = Vec::new();
        if self.steps.is_empty() {
            problems.push(OptionProblem::new("steps", "the script has no steps; write at least one"));
        }
        for (index, step) in self.steps.iter().enumerate() {
            problems.extend(step.check().into_iter().map(|problem| problem.within(&step_path(index))));
        }
        let price = self.price.as_ref().map(PriceOptions::check).unwrap_or_default();
        problems.extend(price.into_iter().map(|problem| problem.within("price")));
        problems
    }
}

impl StepOptions {
    /// What is wrong with the step.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let mut problems = Vec::new();
        match (self.fail, self.say.is_some() || self.call.is_some()) {
            (Some(_), true) => {
                let message = "a step that fails neither says nor calls anything; make two steps of it";
                problems.push(OptionProblem::new("fail", message));
            }
            (None, false) => {
                let message = "the step does nothing; it needs `say`, `call` or both, or `fail`";
                problems.push(OptionProblem::new("", message));
            }
            (Some(_), false) | (None, true) => {}
        }
        if self.message.is_some() && self.fail.is_none() {
            let message = "only a step with `fail` has a message; write `say` for the text of a reply";
            problems.push(OptionProblem::new("message", message));
        }
        for (name, text) in [("say", &self.say), ("message", &self.message)] {
            problems.extend(text.iter().flat_map(|text| Line::new(text).check(name)));
        }
        let call = self.call.as_ref().map(Calls::check).unwrap_or_default();
        problems.extend(call.into_iter().map(|problem| problem.within("call")));
        let expect = self.expect.as_ref().map(Expectation::check).unwrap_or_default();
        problems.extend(expect.into_iter().map(|problem| problem.within("expect")));
        problems
    }
}

/// How a step is named in messages and problems.
fn step_path(index: usize) -> String {
    format!("steps[{index}]")
}

#[cfg(test)]
mod tests;
