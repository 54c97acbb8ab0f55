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
    ModelDelta, ModelFailure, ModelFailureKind, ModelReply, Placement, StopReason, Text, ToolCall, Usage,
    VirtualDuration, WireFailure,
};

use super::arguments::Arguments;
use super::context::Context;
use super::expectation::ExpectationPlan;
use super::line::Line;
use super::template::TemplateError;
use super::{AttemptOptions, ScriptedOptions, StepOptions, StreamOptions, step_path};
use crate::{Model, ModelRequest, Price, PriceOptions, Tokens};

/// What a failure says of itself when its step does not.
const FAILURE_MESSAGE: &str = "the script says that this call fails";

/// A model that says what its script says, built from [`ScriptedOptions`].
#[derive(Debug, Clone)]
pub struct ScriptedModel {
    steps: Vec<Step>,
    repeat: bool,
    price: Option<Price>,
    stream: Option<StreamOptions>,
}

/// One step, ready to be taken.
#[derive(Debug, Clone)]
struct Step {
    expectation: Option<ExpectationPlan>,
    first: Attempt,
    /// What later attempts do; the last of all attempts stands for all that follow.
    later: Vec<Attempt>,
}

/// What an attempt does, and what it takes.
#[derive(Debug, Clone)]
struct Attempt {
    act: Act,
    latency: VirtualDuration,
    usage: Option<Usage>,
    /// The most it may take: what is declared, even if the failure takes less.
    most: Option<Usage>,
}

/// What an attempt does.
#[derive(Debug, Clone)]
enum Act {
    Reply { say: Line, calls: Vec<CallPlan> },
    Fail(FailurePlan),
}

/// A failure, ready to be told.
#[derive(Debug, Clone)]
struct FailurePlan {
    kind: ModelFailureKind,
    message: Line,
    wire: Option<Box<WireFailure>>,
    after_text: Option<Text>,
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
    Failure(ModelFailure),
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
            stream: options.stream,
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
        let attempt = step.attempt(request.attempt);
        step.take(attempt, request).map_err(|obstacle| {
            let (kind, message) = match obstacle {
                Obstacle::Failure(failure) => return failure,
                Obstacle::Unmet(unmet) => {
                    (ModelFailureKind::ExpectationUnmet, format!("{}: {unmet}", step_path(index)))
                }
                Obstacle::Template(error) => {
                    (ModelFailureKind::InvalidRequest, format!("{}: {error}", step_path(index)))
                }
            };
            ModelFailure { latency: attempt.latency, ..ModelFailure::new(kind, message) }
        })
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    fn price(&self) -> Option<Price> {
        self.price
    }

    fn deltas(&self, _: &ModelRequest, reply: &ModelReply) -> Vec<(VirtualDuration, ModelDelta)> {
        self.stream.map(|stream| stream.pieces_of(reply)).unwrap_or_default()
    }

    fn deltas_before_failure(
        &self,
        request: &ModelRequest,
        failure: &ModelFailure,
    ) -> Vec<(VirtualDuration, ModelDelta)> {
        let Some((stream, (_, step))) = self.stream.zip(self.step(request.call)) else { return Vec::new() };
        match &step.attempt(request.attempt).act {
            // Whatever else went wrong with the step went wrong before anything was said.
            Act::Fail(FailurePlan { kind, after_text: Some(text), .. }) if *kind == failure.kind => {
                stream.pieces_of_text(text, failure.latency)
            }
            Act::Fail(_) | Act::Reply { .. } => Vec::new(),
        }
    }

    fn most_tokens(&self, request: &ModelRequest) -> Option<Usage> {
        let (_, step) = self.step(request.call)?;
        step.attempt(request.attempt).most
    }
}

impl Step {
    fn new(step: &StepOptions, script: &ScriptedOptions) -> Self {
        let expectation = step.expect.as_ref().map(ExpectationPlan::new);
        let latency = step.latency.or(script.latency);
        let plan = |attempt: &AttemptOptions| Attempt::new(attempt, latency, step.tokens, script.tokens);
        match step.attempts.split_first() {
            Some((first, later)) => Self { expectation, first: plan(first), later: later.iter().map(plan).collect() },
            None => Self { expectation, first: plan(&step.only_attempt()), later: Vec::new() },
        }
    }

    /// What attempt number `number`, counted from 0, does.
    fn attempt(&self, number: u32) -> &Attempt {
        match number.checked_sub(1) {
            None => &self.first,
            Some(index) => self.later.get(index as usize).or(self.later.last()).unwrap_or(&self.first),
        }
    }

    fn take(&self, attempt: &Attempt, request: &ModelRequest) -> Result<ModelReply, Obstacle> {
        let context = Context::new(request);
        if let Some(expectation) = &self.expectation
            && let Some(unmet) = expectation.unmet(&request.transcript, &context)?
        {
            return Err(Obstacle::Unmet(unmet));
        }
        attempt.take(request, &context)
    }
}

impl Attempt {
    /// `latency`, `step_tokens` and `script_tokens` stand in for what the attempt says nothing of. Tokens that a whole
    /// script declares are those of an answer; those of a step are taken as they are, failed or not.
    fn new(
        attempt: &AttemptOptions,
        latency: Option<VirtualDuration>,
        step_tokens: Option<Tokens>,
        script_tokens: Option<Tokens>,
    ) -> Self {
        let own = attempt.tokens.or(step_tokens);
        let usage = match (&attempt.fail, own, script_tokens) {
            (_, Some(tokens), _) | (None, None, Some(tokens)) => Some(tokens.usage()),
            // What was begun to be written was read, whatever the failure is called.
            (Some(failure), None, Some(tokens)) if failure.after_text().is_some() => Some(tokens.usage()),
            (Some(failure), None, Some(tokens)) => Some(tokens.usage_of_failure(failure.kind())),
            (_, None, None) => None,
        };
        Self {
            act: Act::new(attempt),
            latency: attempt.latency.or(latency).unwrap_or(VirtualDuration::ZERO),
            usage,
            most: own.or(script_tokens).map(Tokens::usage),
        }
    }

    fn take(&self, request: &ModelRequest, context: &Context<'_>) -> Result<ModelReply, Obstacle> {
        match &self.act {
            Act::Fail(plan) => Err(Obstacle::Failure(ModelFailure {
                usage: self.usage,
                latency: self.latency,
                wire: plan.wire.clone(),
                ..ModelFailure::new(plan.kind, plan.message.render(context)?)
            })),
            Act::Reply { say, calls } => {
                let stop = if calls.is_empty() { StopReason::End } else { StopReason::ToolCalls };
                let text = say.render(context)?;
                let tool_calls = write_calls(calls, request.call, context)?;
                Ok(ModelReply { text, tool_calls, usage: self.usage, stop, latency: self.latency })
            }
        }
    }
}

impl Act {
    fn new(attempt: &AttemptOptions) -> Self {
        if let Some(failure) = &attempt.fail {
            return Self::Fail(FailurePlan {
                kind: failure.kind(),
                message: Line::new(attempt.message.as_deref().unwrap_or(FAILURE_MESSAGE)),
                wire: failure.wire().map(Box::new),
                after_text: failure.after_text().map(Text::from),
            });
        }
        let plan = |(tool, arguments)| CallPlan { tool: Text::from(tool), arguments: Arguments::new(arguments) };
        Self::Reply {
            say: Line::new(attempt.say.as_deref().unwrap_or_default()),
            calls: attempt.call.iter().flat_map(|calls| calls.iter().map(plan)).collect(),
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
