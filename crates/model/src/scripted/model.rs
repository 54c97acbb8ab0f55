//! How a scripted model takes a step.
//!
//! It must not remember anything: which step is next is the number of the call.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ModelFailureKind, Task, TaskId};
//! use moot_model::{Model, ModelRequest, ScriptedModel, ScriptedOptions};
//!
//! let model = ScriptedModel::new(&ScriptedOptions::saying(["A"]));
//! let first = ModelRequest::alone(Arc::new(Task::new(TaskId(0), "A or B?")), 1);
//! let second = ModelRequest { call: 1, ..first.clone() };
//! assert_eq!(&*model.answer(&first).unwrap().text, "A");
//! assert_eq!(model.answer(&second).unwrap_err().kind, ModelFailureKind::ScriptExhausted);
//! ```

use moot_core::{
    ModelFailure, ModelFailureKind, ModelReply, Placement, StopReason, Text, ToolCall, Usage, VirtualDuration,
};

use super::arguments::Arguments;
use super::context::Context;
use super::expectation::ExpectationPlan;
use super::line::Line;
use super::template::TemplateError;
use super::{ScriptedOptions, StepOptions, step_path};
use crate::{Model, ModelRequest, Price, PriceOptions};

/// What a failure says of itself when its step does not.
const FAILURE_MESSAGE: &str = "the script says that this call fails";

/// A model that says what its script says, built from [`ScriptedOptions`].
#[derive(Debug, Clone)]
pub struct ScriptedModel {
    steps: Vec<Step>,
    repeat: bool,
    price: Option<Price>,
}

/// One step, ready to be taken.
#[derive(Debug, Clone)]
struct Step {
    expectation: Option<ExpectationPlan>,
    act: Act,
    latency: VirtualDuration,
    usage: Option<Usage>,
}

/// What a step does.
#[derive(Debug, Clone)]
enum Act {
    Reply { say: Line, calls: Vec<CallPlan> },
    Fail { kind: ModelFailureKind, message: Line },
}

/// One tool call of a step.
#[derive(Debug, Clone)]
struct CallPlan {
    tool: Text,
    arguments: Arguments,
}

/// Why a step gave no reply, before it is told as a failure of the model call.
enum Obstacle {
    Unmet(String),
    Template(TemplateError),
    Failure(ModelFailureKind, Text),
}

impl From<TemplateError> for Obstacle {
    fn from(error: TemplateError) -> Self {
        Self::Template(error)
    }
}

impl ScriptedModel {
    /// The model of a script. Its templates are compiled here; one that does not compile makes the calls fail that
    /// need it.
    #[must_use]
    pub fn new(options: &ScriptedOptions) -> Self {
        Self {
            steps: options.steps.iter().map(|step| Step::new(step, options)).collect(),
            repeat: options.repeat,
            price: options.price.and_then(PriceOptions::price),
        }
    }

    /// The step that answers a call, with its index in the script.
    fn step(&self, call: u32) -> Option<(usize, &Step)> {
        let call = call as usize;
        let index = if self.repeat { call.checked_rem(self.steps.len())? } else { call };
        Some((index, self.steps.get(index)?))
    }

    fn exhausted(&self, call: u32) -> ModelFailure {
        let steps = self.steps.len();
        let noun = if steps == 1 { "step" } else { "steps" };
        let message = format!(
            "the script has {steps} {noun} and none for call {call}, counted from 0; add a step, or write `repeat: true` \
             to start again after the last"
        );
        ModelFailure::new(ModelFailureKind::ScriptExhausted, message)
    }
}

impl Model for ScriptedModel {
    fn answer(&self, request: &ModelRequest) -> Result<ModelReply, ModelFailure> {
        let (index, step) = self.step(request.call).ok_or_else(|| self.exhausted(request.call))?;
        step.take(request).map_err(|obstacle| {
            let (kind, message, usage) = match obstacle {
                Obstacle::Failure(kind, message) => (kind, message, step.usage),
                Obstacle::Unmet(unmet) => {
                    (ModelFailureKind::ExpectationUnmet, format!("{}: {unmet}", step_path(index)).into(), None)
                }
                Obstacle::Template(error) => {
                    (ModelFailureKind::InvalidRequest, format!("{}: {error}", step_path(index)).into(), None)
                }
            };
            ModelFailure { kind, message, usage, latency: step.latency }
        })
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    fn price(&self) -> Option<Price> {
        self.price
    }
}

impl Step {
    fn new(step: &StepOptions, script: &ScriptedOptions) -> Self {
        let usage = match (step.fail, step.tokens, script.tokens) {
            (_, Some(tokens), _) | (None, None, Some(tokens)) => Some(tokens.usage()),
            (Some(kind), None, Some(tokens)) => Some(tokens.usage_of_failure(kind)),
            (_, None, None) => None,
        };
        Self {
            expectation: step.expect.as_ref().map(ExpectationPlan::new),
            act: Act::new(step),
            latency: step.latency.or(script.latency).unwrap_or(VirtualDuration::ZERO),
            usage,
        }
    }

    fn take(&self, request: &ModelRequest) -> Result<ModelReply, Obstacle> {
        let context = Context::new(request);
        if let Some(expectation) = &self.expectation
            && let Some(unmet) = expectation.unmet(&request.transcript, &context)?
        {
            return Err(Obstacle::Unmet(unmet));
        }
        match &self.act {
            Act::Fail { kind, message } => Err(Obstacle::Failure(*kind, message.render(&context)?)),
            Act::Reply { say, calls } => {
                let stop = if calls.is_empty() { StopReason::End } else { StopReason::ToolCalls };
                let text = say.render(&context)?;
                let tool_calls = write_calls(calls, request.call, &context)?;
                Ok(ModelReply { text, tool_calls, usage: self.usage, stop, latency: self.latency })
            }
        }
    }
}

impl Act {
    fn new(step: &StepOptions) -> Self {
        if let Some(kind) = step.fail {
            return Self::Fail { kind, message: Line::new(step.message.as_deref().unwrap_or(FAILURE_MESSAGE)) };
        }
        let plan = |(tool, arguments)| CallPlan { tool: Text::from(tool), arguments: Arguments::new(arguments) };
        Self::Reply {
            say: Line::new(step.say.as_deref().unwrap_or_default()),
            calls: step.call.iter().flat_map(|calls| calls.iter().map(plan)).collect(),
        }
    }
}

/// The calls with ids that are unique within the agent's work on the task.
fn write_calls(calls: &[CallPlan], call: u32, context: &Context<'_>) -> Result<Vec<ToolCall>, TemplateError> {
    calls
        .iter()
        .enumerate()
        .map(|(index, plan)| {
            let id = format!("call-{call}-{index}").into();
            Ok(ToolCall { id, name: plan.tool.clone(), arguments: plan.arguments.write(context)? })
        })
        .collect()
}
