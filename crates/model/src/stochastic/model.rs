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
use moot_core::{ModelFailure, ModelFailureKind, ModelReply, Placement, StopReason, Text, Usage, VirtualDuration};

use super::compounds::carried_on;
use super::correlation::{ANSWER, CorrelationPlan, Voice};
use super::hearing::Hearing;
use super::latency::LatencyPlan;
use super::wanted::{Wish, any_of, invalid, wrong_choice};
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

    /// What the assignment wants; an error says what it or the task lacks.
    #[inline]
    fn wish<'request>(&self, request: &'request ModelRequest) -> Result<Wish<'request>, ModelFailure> {
        if request.brief.is_some()
            && let Some(wish) = Wish::of_words(request, self.verifier)?
        {
            return Ok(wish);
        }
        Wish::of_choices(&request.task, self.confusion.as_deref())
    }

    /// An answer to the task with all that is said with it; `None` when no wrong choice has a weight.
    fn say_choice(&self, request: &ModelRequest, right: usize) -> Option<Text> {
        if self.abstains(request) {
            return Some(self.abstention.clone());
        }
        let choice = match self.hearing {
            None => self.draw_choice(request, right),
            Some(hearing) => self.answer_to_others(hearing, request, right),
        }?;
        Some(match self.confidence {
            None => choice,
            Some(confidence) => confidence.say(request, &choice),
        })
    }

    /// An answer that follows from what others said, or one of its own when nothing of it matters.
    fn answer_to_others(&self, hearing: Hearing, request: &ModelRequest, right: usize) -> Option<Text> {
        let from_others = match hearing {
            Hearing::Beliefs(beliefs) => {
                let voice = self.voice(request);
                if let Some(counts) = beliefs.counts(request, right, voice.accuracy, self.confusion.as_deref()) {
                    return counts.draw(&mut voice.address.generator(), &request.task.choices, right);
                }
                None
            }
            Hearing::Judge(judge) => judge.pick(request),
            Hearing::Compounds => carried_on(request, right),
        };
        from_others.or_else(|| self.draw_choice(request, right))
    }

    /// Where the answer is drawn, and how probable the right one is there before others were heard.
    #[inline]
    fn voice(&self, request: &ModelRequest) -> Voice {
        match self.correlation {
            Some(plan) => plan.voice(request, self.accuracy),
            None => Voice { address: request.own_address(ANSWER), accuracy: self.accuracy },
        }
    }

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
        let wish = self.wish(request)?;
        let latency = match self.latency {
            LatencyPlan::Fixed(latency) => latency,
            plan => plan.draw(&mut request.own_address(LATENCY).generator()),
        };
        if let Some(band) = self.failure(request) {
            let usage = self.tokens.map(|tokens| tokens.usage_of_failure(band.kind));
            return Err(ModelFailure { usage, latency, ..ModelFailure::new(band.kind, band.message.clone()) });
        }
        let text = match wish {
            Wish::Choice { right } => self.say_choice(request, right),
            Wish::Verdict { verifier, case, words: [accept, reject] } => {
                Some(if verifier.rejects(request, case) { reject.clone() } else { accept.clone() })
            }
            Wish::OneOf(words) => any_of(words, request),
        };
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
