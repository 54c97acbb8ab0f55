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
pub mod failure;
mod line;
mod model;
pub mod stream;
mod template;

use moot_core::VirtualDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::calls::Calls;
pub use self::expectation::{Expectation, MessageRole};
pub use self::failure::{FailureOptions, WireFailureOptions};
use self::line::Line;
pub use self::model::ScriptedModel;
pub use self::stream::StreamOptions;
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
    /// How replies come piece by piece; whole at the end of their latency unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<StreamOptions>,
}

/// One step: it says something, calls tools, does both, or fails; or it does one or the other by the attempt.
///
/// A text that holds `{{` or `{%` is a Jinja template over `task` (`id`, `prompt`, `choices`), `agent`, `call` (the
/// number of the call), `messages` (each with `role`, `text`, `from`, `error`), `last` (the text of the last message),
/// `results` (the texts of the tool results since the model's last reply), `heard` (what others said, as far as it came
/// with the assignment; each with `round`, `speaker`, `answer`, `words`, `own`) and `wanted` (`answer`, `words`, or the
/// list of the words to choose from).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepOptions {
    /// The text of the reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub say: Option<String>,
    /// The tools that the reply calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Calls>,
    /// The failure that stands in place of a reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail: Option<FailureOptions>,
    /// What the failure says of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What each attempt at the call does, when they differ: attempt number n, counted from 0, is the n-th of these,
    /// and the last of them stands for all that follow. The step itself then neither says, calls nor fails.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<AttemptOptions>,
    /// What must hold of the transcript before the step is taken; else the call fails as `expectation_unmet`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expectation>,
    /// How long the step takes; with `attempts`, each that says nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::duration")]
    pub latency: Option<VirtualDuration>,
    /// The tokens of the step, whether it replies or fails; with `attempts`, of each that says nothing of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
}

/// What one attempt does: like a step, it says something, calls tools, does both, or fails.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttemptOptions {
    /// The text of the reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub say: Option<String>,
    /// The tools that the reply calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Calls>,
    /// The failure that stands in place of a reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail: Option<FailureOptions>,
    /// What the failure says of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How long the attempt takes; default: as the step says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::duration")]
    pub latency: Option<VirtualDuration>,
    /// The tokens of the attempt, whether it replies or fails; default: as the step says.
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

    /// Whether the tokens of every step are said.
    #[must_use]
    pub fn states_tokens(&self) -> bool {
        let says = |step: &StepOptions| {
            let attempts = &step.attempts;
            step.tokens.is_some() || !attempts.is_empty() && attempts.iter().all(|attempt| attempt.tokens.is_some())
        };
        self.tokens.is_some() || self.steps.iter().all(says)
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
        let parts = [
            ("tokens", self.tokens.as_ref().map(Tokens::check)),
            ("price", self.price.as_ref().map(PriceOptions::check)),
            ("stream", self.stream.as_ref().map(StreamOptions::check)),
        ];
        problems.extend(checked(parts));
        problems
    }
}

impl StepOptions {
    /// What is wrong with the step.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let mut problems = if self.attempts.is_empty() { self.only_attempt().check() } else { self.check_attempts() };
        problems.extend(checked([("expect", self.expect.as_ref().map(Expectation::check))]));
        problems
    }

    fn check_attempts(&self) -> Vec<OptionProblem> {
        let mut problems = Vec::new();
        if self.say.is_some() || self.call.is_some() || self.fail.is_some() || self.message.is_some() {
            let message = "a step with `attempts` neither says, calls nor fails by itself; write it as one of them";
            problems.push(OptionProblem::new("attempts", message));
        }
        for (index, attempt) in self.attempts.iter().enumerate() {
            let found = attempt.check();
            problems.extend(found.into_iter().map(|problem| problem.within(&format!("attempts[{index}]"))));
        }
        problems.extend(checked([("tokens", self.tokens.as_ref().map(Tokens::check))]));
        problems
    }

    /// What every attempt does at a step that names none.
    fn only_attempt(&self) -> AttemptOptions {
        AttemptOptions {
            say: self.say.clone(),
            call: self.call.clone(),
            fail: self.fail.clone(),
            message: self.message.clone(),
            latency: self.latency,
            tokens: self.tokens,
        }
    }
}

impl AttemptOptions {
    /// What is wrong with the attempt.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let mut problems = Vec::new();
        match (self.fail.is_some(), self.say.is_some() || self.call.is_some()) {
            (true, true) => {
                let message = "a step that fails neither says nor calls anything; make two steps of it";
                problems.push(OptionProblem::new("fail", message));
            }
            (false, false) => {
                let message = "the step does nothing; it needs `say`, `call` or both, or `fail`";
                problems.push(OptionProblem::new("", message));
            }
            (true, false) | (false, true) => {}
        }
        if self.message.is_some() && self.fail.is_none() {
            let message = "only a step with `fail` has a message; write `say` for the text of a reply";
            problems.push(OptionProblem::new("message", message));
        }
        for (name, text) in [("say", &self.say), ("message", &self.message)] {
            problems.extend(text.iter().flat_map(|text| Line::new(text).check(name)));
        }
        problems.extend(checked([
            ("call", self.call.as_ref().map(Calls::check)),
            ("fail", self.fail.as_ref().map(FailureOptions::check)),
            ("tokens", self.tokens.as_ref().map(Tokens::check)),
        ]));
        problems
    }
}

/// The problems of several options, each under its name.
fn checked<const COUNT: usize>(
    parts: [(&'static str, Option<Vec<OptionProblem>>); COUNT],
) -> impl Iterator<Item = OptionProblem> {
    parts
        .into_iter()
        .flat_map(|(name, problems)| problems.unwrap_or_default().into_iter().map(move |problem| problem.within(name)))
}

/// How a step is named in messages and problems.
fn step_path(index: usize) -> String {
    format!("steps[{index}]")
}

#[cfg(test)]
mod tests;
