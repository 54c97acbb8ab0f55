//! The circuit breaker: a provider that is down is left alone for a while, then tried by one call.
//!
//! Closed, every call passes, and failures in a row are counted. When there are too many it opens: calls are refused at
//! once and told when to come again. After that time it is half open: one call passes as a probe, and by its end the
//! breaker closes or opens again (M. Nygard, *Release It!*, 2nd edition, chapter 5).
//!
//! It must not know what is called, nor who waits.
//!
//! ```
//! use moot_core::{VirtualDuration, VirtualTime};
//! use moot_mind::retry::{Breaker, BreakerOptions, Health};
//!
//! let mut breaker = Breaker::new(BreakerOptions { failures_in_row_max: 1, ..BreakerOptions::default() });
//! let now = VirtualTime::ZERO;
//! let permit = breaker.admit(now).unwrap();
//! breaker.report(permit, Health::Bad, now);
//! let refusal = breaker.admit(now).unwrap_err();
//! assert_eq!(refusal.come_again, now + VirtualDuration::from_millis(30_000));
//! assert!(breaker.admit(refusal.come_again).is_ok(), "one call tries whether it is up again");
//! ```

use moot_core::{ModelFailure, ModelFailureKind, ModelReply, VirtualDuration, VirtualTime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::OptionProblem;

/// When a model is no longer called, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BreakerOptions {
    /// How many attempts must fail in a row, over all agents, for the model to be left alone, from 1 to 1,000; default 5.
    #[schemars(range(min = 1, max = 1_000))]
    pub failures_in_row_max: u32,
    /// How long it is left alone before one attempt tries again, above 0; default 30s.
    #[schemars(with = "String")]
    pub open_for: VirtualDuration,
}

const FAILURES_IN_ROW_ALLOWED: std::ops::RangeInclusive<u32> = 1..=1_000;

/// What an attempt told of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It answers, if only with a refusal.
    Good,
    /// It does not answer, or not in a way that can be used.
    Bad,
    /// The attempt tells nothing of it.
    Unknown,
}

/// Where the breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Calls pass.
    Closed {
        /// The failures since the last success.
        failures_in_row: u32,
    },
    /// Calls are refused.
    Open {
        /// Until then.
        until: VirtualTime,
    },
    /// One call is under way as a probe; all others are refused.
    HalfOpen {
        /// When the probe is given up as lost, so that another may be made.
        lost_at: VirtualTime,
    },
}

/// The right to make one attempt; handed back with what it told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[must_use = "an attempt's end is reported with its permit"]
pub struct BreakerPermit {
    /// The state it was given in: a later state is not changed by it.
    generation: u64,
}

/// No attempt is made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("the circuit breaker is open after {failures_in_row_max} failures in a row; come again at {come_again}")]
pub struct BreakerRefusal {
    /// When to ask again; always after the time of asking.
    pub come_again: VirtualTime,
    /// How many failures in a row open the breaker.
    pub failures_in_row_max: u32,
}

/// The breaker of one model, shared by all its callers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    options: BreakerOptions,
    state: BreakerState,
    /// Counts the changes of state, so that an attempt that began before one does not count after it.
    generation: u64,
}

impl BreakerOptions {
    /// Every option whose value is out of its range; empty when all is well.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let mut problems = Vec::new();
        let mut problem = |path: &str, message: String| problems.push(OptionProblem { path: path.to_owned(), message });
        if !FAILURES_IN_ROW_ALLOWED.contains(&self.failures_in_row_max) {
            let found = self.failures_in_row_max;
            problem("failures_in_row_max", format!("{found} is not allowed; it must be from 1 to 1000"));
        }
        if self.open_for == VirtualDuration::ZERO {
            problem("open_for", "no time at all is not allowed; write a duration such as 30s".to_owned());
        }
        problems
    }
}

impl Default for BreakerOptions {
    fn default() -> Self {
        Self { failures_in_row_max: 5, open_for: VirtualDuration::from_millis(30_000) }
    }
}

impl Health {
    /// What the end of an attempt tells. A provider that limits, refuses or finds fault with a request is up.
    #[must_use]
    pub const fn of(answer: &Result<ModelReply, ModelFailure>) -> Self {
        let Err(failure) = answer else { return Self::Good };
        match failure.kind {
            ModelFailureKind::Overloaded
            | ModelFailureKind::ServerError
            | ModelFailureKind::Timeout
            | ModelFailureKind::Connection
            | ModelFailureKind::MalformedReply
            | ModelFailureKind::Crashed => Self::Bad,
            ModelFailureKind::RateLimited
            | ModelFailureKind::Refused
            | ModelFailureKind::ContextTooLong
            | ModelFailureKind::InvalidRequest
            | ModelFailureKind::Authentication => Self::Good,
            ModelFailureKind::ScriptExhausted | ModelFailureKind::ExpectationUnmet | ModelFailureKind::Abandoned => {
                Self::Unknown
            }
        }
    }
}

impl BreakerRefusal {
    /// The failure of a call that was not made: known at once, took nothing. It is the end of the call, so it is not
    /// shown to [`decide`](super::decide).
    #[must_use]
    pub fn failure(&self, model: &str) -> ModelFailure {
        let message = format!(
            "model {model:?} was not called: {self}; raise `failures_in_row_max` or lower `open_for` to try sooner"
        );
        ModelFailure {
            usage: Some(moot_core::Usage::default()),
            ..ModelFailure::new(ModelFailureKind::Overloaded, message)
        }
    }
}

impl Breaker {
    /// A closed breaker.
    #[must_use]
    pub const fn new(options: BreakerOptions) -> Self {
        Self { options, state: BreakerState::Closed { failures_in_row: 0 }, generation: 0 }
    }

    /// Where it stands; an open breaker becomes half open by the next [`admit`](Self::admit), not by time alone.
    #[must_use]
    pub const fn state(&self) -> BreakerState {
        self.state
    }

    /// Asks for the right to make one attempt.
    ///
    /// # Errors
    /// When the breaker is open, or half open with its probe under way; says when to come again.
    pub fn admit(&mut self, now: VirtualTime) -> Result<BreakerPermit, BreakerRefusal> {
        match self.state {
            BreakerState::Open { until: come_again } | BreakerState::HalfOpen { lost_at: come_again } => {
                if now < come_again {
                    let failures_in_row_max = self.options.failures_in_row_max;
                    return Err(BreakerRefusal { come_again, failures_in_row_max });
                }
                self.change(BreakerState::HalfOpen { lost_at: now + self.options.open_for });
            }
            BreakerState::Closed { .. } => {}
        }
        Ok(BreakerPermit { generation: self.generation })
    }

    /// An attempt has ended. The end of one that began before the last change of state says nothing of now.
    pub fn report(&mut self, permit: BreakerPermit, health: Health, now: VirtualTime) {
        if permit.generation != self.generation {
            return;
        }
        match (self.state, health) {
            (BreakerState::Closed { .. }, Health::Good) => self.state = BreakerState::Closed { failures_in_row: 0 },
            (BreakerState::Closed { failures_in_row }, Health::Bad) => {
                let failures_in_row = failures_in_row.saturating_add(1);
                if failures_in_row < self.options.failures_in_row_max {
                    self.state = BreakerState::Closed { failures_in_row };
                } else {
                    self.change(BreakerState::Open { until: now + self.options.open_for });
                }
            }
            (BreakerState::HalfOpen { .. }, Health::Good) => self.change(BreakerState::Closed { failures_in_row: 0 }),
            (BreakerState::HalfOpen { .. }, Health::Bad) => {
                self.change(BreakerState::Open { until: now + self.options.open_for });
            }
            // A probe that told nothing makes room for the next.
            (BreakerState::HalfOpen { .. }, Health::Unknown) => self.change(BreakerState::Open { until: now }),
            (BreakerState::Closed { .. }, Health::Unknown) | (BreakerState::Open { .. }, _) => {}
        }
    }

    fn change(&mut self, state: BreakerState) {
        self.state = state;
        self.generation += 1;
    }
}

#[cfg(test)]
mod tests;
