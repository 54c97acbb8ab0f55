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
    ModelFailure, ModelFailureKind, ModelReply, Placement, StopReason, Text, Usage, VirtualDuration, Wanted,
};

use super::compounds::carried_on;
use super::correlation::{ANSWER, CorrelationPlan, Voice};
use super::hearing::Hearing;
use super::latency::LatencyPlan;
use super::wanted::{WordWish, invalid, right_choice, wrong_choice};
use super::{Confidence, Latency, StochasticOptions, Verifier};
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
    hearing: Option<Hearing>,
    confidence: Option<Confidence>,
    verifier: Option<Verifier>,
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
            hearing: Hearing::of(options),
            confidence: options.confidence,
            verifier: options.verifier,
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

    /// A failure or a reply, as drawn for the attempt, that says what is given; it is asked when the attempt succeeds.
    #[inline]
    fn reply(&self, request: &ModelRequest, say: impl FnOnce() -> Option<Text>) -> Result<ModelReply, ModelFailure> {
        let latency = match self.latency {
            LatencyPlan::Fixed(latency) => latency,
            plan => plan.draw(&mut request.own_address(LATENCY).generator()),
        };
        if let Some(band) = self.failure(request) {
            let usage = self.tokens.map(|tokens| tokens.usage_of_failure(band.kind));
            return Err(ModelFailure { usage, latency, ..ModelFailure::new(band.kind, band.message.clone()) });
        }
        let Some(text) = say() else {
            return Err(invalid(&request.task, "can't be answered wrongly", "give a weight above 0 in confusion"));
        };
        let usage = self.tokens.map(Tokens::usage);
        Ok(ModelReply { text, tool_calls: Vec::new(), usage, stop: StopReason::End, latency })
    }

    /// An answer to the task with all that is said with it; `None` when no wrong choice has a weight.
    fn say_choice(&self, request: &ModelRequest, right: usize) -> Option<Text> {
        if self.abstains(request) {
            return Some(self.abstention.clone());
        }
        let from_others = self.hearing.and_then(|hearing| self.answer_to_others(hearing, request, right));
        let choice = match from_others {
            None => self.draw_choice(request, right)?,
            Some(choice) => choice,
        };
        Some(match self.confidence {
            None => choice,
            Some(confidence) => confidence.say(request, &choice),
        })
    }

    /// An answer that follows from what others said; `None` when nothing of it matters. Kept out of the way of a model
    /// that minds nobody.
    #[inline(never)]
    fn answer_to_others(&self, hearing: Hearing, request: &ModelRequest, right: usize) -> Option<Text> {
        match hearing {
            Hearing::Beliefs(beliefs) => {
                let voice = self.voice(request);
                let counts = beliefs.counts(request, right, voice.accuracy, self.confusion.as_deref())?;
                counts.draw(&mut voice.address.generator(), &request.task.choices, right)
            }
            Hearing::Judge(judge) => judge.pick(request),
            Hearing::Compounds => carried_on(request, right),
        }
    }

    /// Where the answer is drawn, and how probable the right one is there before others were heard.
    #[inline]
    fn voice(&self, request: &ModelRequest) -> Voice {
        match self.correlation {
            Some(plan) => plan.voice(request, self.accuracy),
            None => Voice { address: request.own_address(ANSWER), accuracy: self.accuracy },
        }
    }

    #[inline]
    fn draw_choice(&self, request: &ModelRequest, right: usize) -> Option<Text> {
        let voice = self.voice(request);
        let choices = &request.task.choices;
        let mut generator = voice.address.generator();
        if generator.bernoulli(voice.accuracy) {
            return choices.get(right).cloned();
        }
        let wrong = match &self.confusion {
            Some(weights) => generator.categorical(weights)?,
            None => usize::try_from(generator.integer_below(choices.len() as u64 - 1)).ok()?,
        };
        wrong_choice(choices, wrong, right)
    }
}

impl Model for StochasticModel {
    fn answer(&self, request: &ModelRequest) -> Result<ModelReply, ModelFailure> {
        if let Some(brief) = request.brief.as_deref()
            && let Wanted::OneOf(words) = &brief.wanted
        {
            let wish = WordWish::of(&request.task, brief, words, self.verifier)?;
            return self.reply(request, || wish.say(request));
        }
        let right = right_choice(&request.task, self.confusion.as_deref())?;
        self.reply(request, || self.say_choice(request, right))
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
