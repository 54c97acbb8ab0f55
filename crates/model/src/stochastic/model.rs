//! How a stochastic model draws its reply.
//!
//! It must not know how its options were written. The path of a reply is short: the text of a choice is shared, not
//! copied, and nothing is allocated unless the call fails for want of something.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ModelFailureKind, Task, TaskId};
//! use moot_model::{Model, ModelRequest, StochasticModel, StochasticOptions};
//!
//! let model = StochasticModel::new(&StochasticOptions::with_accuracy(0.6), 42, 0);
//! let open_question = Arc::new(Task::new(TaskId(0), "Why?"));
//! let failure = model.answer(&ModelRequest::alone(open_question, 42)).unwrap_err();
//! assert_eq!(failure.kind, ModelFailureKind::InvalidRequest);
//! ```

use moot_core::random::{Draw, Purpose};
use moot_core::{
    ModelFailure, ModelFailureKind, ModelReply, Placement, StopReason, Task, Text, Usage, VirtualDuration,
};

use super::correlation::{ANSWER, CorrelationPlan, Voice};
use super::latency::LatencyPlan;
use super::{Latency, StochasticOptions};
use crate::{Model, ModelRequest, Price, PriceOptions, Tokens};

const ABSTAIN: Purpose = Purpose::named("abstain");
const FAILURE: Purpose = Purpose::named("failure");
const LATENCY: Purpose = Purpose::named("latency");

/// What a member answers that casts its ballot for nothing.
const ABSTENTION: &str = "abstain";

/// A model that answers at random, built from [`StochasticOptions`].
#[derive(Debug, Clone, PartialEq)]
pub struct StochasticModel {
    accuracy: f64,
    confusion: Option<Vec<f64>>,
    correlation: Option<CorrelationPlan>,
    latency: LatencyPlan,
    tokens: Option<Tokens>,
    price: Option<Price>,
    failures: Vec<FailureBand>,
    abstain: f64,
    abstention: Text,
}

/// A kind of failure and the part of [0, 1) that stands for it.
#[derive(Debug, Clone, PartialEq)]
struct FailureBand {
    kind: ModelFailureKind,
    /// The end of the band; it begins where the one before ends.
    up_to: f64,
    message: Text,
}

impl StochasticModel {
    /// The model for one replicate of a study; `seed` and `replicate` key the randomness of a named group, everything
    /// else is keyed by the request.
    #[must_use]
    pub fn new(options: &StochasticOptions, seed: u64, replicate: u32) -> Self {
        Self {
            accuracy: options.accuracy,
            confusion: options.confusion.clone(),
            correlation: options
                .correlation
                .as_ref()
                .map(|correlation| CorrelationPlan::new(correlation, seed, replicate)),
            latency: LatencyPlan::new(options.latency.unwrap_or(Latency::Fixed(VirtualDuration::ZERO))),
            tokens: options.tokens,
            price: options.price.and_then(PriceOptions::price),
            failures: bands(options),
            abstain: options.abstain,
            abstention: Text::from(ABSTENTION),
        }
    }

    /// The failure that this attempt draws, if any. A retry is another attempt and draws again.
    fn failure(&self, request: &ModelRequest) -> Option<&FailureBand> {
        if self.failures.is_empty() {
            return None;
        }
        let drawn = request.own_address(FAILURE).generator().uniform();
        self.failures.iter().find(|band| drawn < band.up_to)
    }

    fn abstains(&self, request: &ModelRequest) -> bool {
        self.abstain > 0.0 && request.own_address(ABSTAIN).generator().bernoulli(self.abstain)
    }

    fn draw_choice(&self, request: &ModelRequest, right: usize) -> Option<Text> {
        let voice = match self.correlation {
            Some(plan) => plan.voice(request, self.accuracy),
            None => Voice { address: request.own_address(ANSWER), accuracy: self.accuracy },
        };
        let choices = &request.task.choices;
        let mut generator = voice.address.generator();
        if generator.bernoulli(voice.accuracy) {
            return choices.get(right).cloned();
        }
        let wrong = match &self.confusion {
            Some(weights) => generator.categorical(weights)?,
            None => usize::try_from(generator.integer_below(choices.len() as u64 - 1)).ok()?,
        };
        // The wrong choices are numbered with the right one left out.
        choices.get(if wrong < right { wrong } else { wrong + 1 }).cloned()
    }

    /// The index of the right answer among the choices, or what the task lacks for it to be drawn.
    fn right_choice(&self, task: &Task) -> Result<usize, ModelFailure> {
        let Some(answer) = &task.answer else {
            return Err(invalid(task, "has no known answer", "give it one with `answer`"));
        };
        if task.choices.len() < 2 {
            let lack = format!("has {} choices", task.choices.len());
            return Err(invalid(task, &lack, "give it at least two with `choices`"));
        }
        let Some(right) = task.choices.iter().position(|choice| choice == answer) else {
            let lack = format!("has the answer {answer:?}, which is not one of its choices");
            return Err(invalid(task, &lack, "add it to `choices`"));
        };
        match &self.confusion {
            Some(weights) if weights.len() != task.choices.len() - 1 => {
                let lack =
                    format!("has {} wrong choices, and confusion weighs {}", task.choices.len() - 1, weights.len());
                Err(invalid(task, &lack, "give one weight for each wrong choice"))
            }
            _ => Ok(right),
        }
    }
}

impl Model for StochasticModel {
    fn answer(&self, request: &ModelRequest) -> Result<ModelReply, ModelFailure> {
        let right = self.right_choice(&request.task)?;
        let latency = match self.latency {
            LatencyPlan::Fixed(latency) => latency,
            plan => plan.draw(&mut request.own_address(LATENCY).generator()),
        };
        if let Some(band) = self.failure(request) {
            let usage = self.tokens.map(|tokens| tokens.usage_of_failure(band.kind));
            return Err(ModelFailure { usage, latency, ..ModelFailure::new(band.kind, band.message.clone()) });
        }
        let text =
            if self.abstains(request) { Some(self.abstention.clone()) } else { self.draw_choice(request, right) };
        let Some(text) = text else {
            return Err(invalid(&request.task, "can't be answered wrongly", "give a weight above 0 in confusion"));
        };
        let usage = self.tokens.map(Tokens::usage);
        Ok(ModelReply { text, tool_calls: Vec::new(), usage, stop: StopReason::End, latency })
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    fn price(&self) -> Option<Price> {
        self.price
    }

    fn most_tokens(&self, _: &ModelRequest) -> Option<Usage> {
        self.tokens.map(Tokens::usage)
    }
}

/// Lays the rates side by side on [0, 1), in the order of the kinds.
fn bands(options: &StochasticOptions) -> Vec<FailureBand> {
    let mut up_to = 0.0;
    let mut bands = Vec::new();
    for (kind, rate) in &options.failures {
        up_to += rate.max(0.0);
        let message = format!("drawn at the rate {rate} that the model declares for {}", kind.as_str());
        bands.push(FailureBand { kind: *kind, up_to, message: message.into() });
    }
    bands
}

/// What a task lacks, and what to do about it.
#[cold]
fn invalid(task: &Task, lack: &str, remedy: &str) -> ModelFailure {
    let message = format!("a stochastic model can't answer task {}: it {lack}; {remedy}", task.id);
    ModelFailure::new(ModelFailureKind::InvalidRequest, message)
}
