//! What tokens cost, and how many a built-in model says that it takes.
//!
//! This module must not know which model asks, nor add anything up: totals are made from the events of a run.
//!
//! ```
//! use moot_core::Usage;
//! use moot_model::PriceOptions;
//!
//! let price = PriceOptions::new(0.15, 0.60).with_cached_input(0.075).price().unwrap();
//! let usage = Usage::new(120, 40);
//! assert_eq!(price.cost(usage).to_string(), "0.000042");
//! let half_cached = Usage { cached_input_tokens: 60, ..usage };
//! assert_eq!(price.cost(half_cached).to_string(), "0.0000375");
//! ```

use moot_core::{ModelFailureKind, Money, Usage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::OptionProblem;

/// The price of one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// For a token of the request that the provider had not cached.
    pub input: Money,
    /// For a token of the reply.
    pub output: Money,
    /// For a token of the request that the provider had cached.
    pub cached_input: Money,
}

impl Price {
    /// What this usage costs in USD: exact, because prices are whole picodollars.
    ///
    /// Cached tokens are part of the input and pay their own price; more of them than there is input can't have been
    /// read, so the rest counts for nothing.
    #[must_use]
    pub fn cost(self, usage: Usage) -> Money {
        let cached_tokens = usage.cached_input_tokens.min(usage.input_tokens);
        let fresh_tokens = usage.input_tokens.saturating_sub(cached_tokens);
        self.input.times(fresh_tokens) + self.cached_input.times(cached_tokens) + self.output.times(usage.output_tokens)
    }

    /// The most that a call of so many tokens can cost, whichever of its input turns out to be cached: what a budget
    /// reserves before the call. A cached token is usually the cheaper one, but a price may say otherwise.
    #[must_use]
    pub fn most_cost(self, most: Usage) -> Money {
        let dearest_input = self.input.max(self.cached_input);
        dearest_input.times(most.input_tokens) + self.output.times(most.output_tokens)
    }
}

/// The price of a model as it is usually quoted, in USD per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceOptions {
    /// USD for a million tokens of requests, 0 to 1,000,000; rounded to a millionth of a USD.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub input: f64,
    /// USD for a million tokens of replies, 0 to 1,000,000; rounded to a millionth of a USD.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub output: f64,
    /// USD for a million tokens of requests that the provider had cached, 0 to 1,000,000; rounded to a millionth of a
    /// USD; default: as `input`.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1_000_000))]
    pub cached_input: Option<f64>,
}

impl PriceOptions {
    /// A price in USD per million tokens of requests and of replies, the same for cached tokens.
    #[must_use]
    pub const fn new(input: f64, output: f64) -> Self {
        Self { input, output, cached_input: None }
    }

    /// The same price, but for this many USD per million cached tokens.
    #[must_use]
    pub const fn with_cached_input(self, cached_input: f64) -> Self {
        Self { cached_input: Some(cached_input), ..self }
    }

    /// The price of a token; `None` when one of the numbers is out of range.
    #[must_use]
    pub fn price(self) -> Option<Price> {
        let input = Money::from_usd_per_million(self.input)?;
        let output = Money::from_usd_per_million(self.output)?;
        let cached_input = Money::from_usd_per_million(self.cached_input.unwrap_or(self.input))?;
        Some(Price { input, output, cached_input })
    }

    /// What is wrong with the options.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let cached_input = self.cached_input.map(|usd| ("cached_input", usd));
        [("input", self.input), ("output", self.output)]
            .into_iter()
            .chain(cached_input)
            .filter(|(_, usd)| Money::from_usd_per_million(*usd).is_none())
            .map(|(name, usd)| {
                OptionProblem::new(
                    name,
                    format!("{usd} is not a price; allowed are 0 to 1000000 USD per million tokens"),
                )
            })
            .collect()
    }
}

/// How many tokens each call of a built-in model takes. Whoever leaves them out says that they are unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// Tokens of the request.
    pub input: u64,
    /// Tokens of the reply.
    pub output: u64,
    /// How many of the request's tokens the provider had cached, at most `input`; default 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cached: u64,
}

const fn is_zero(amount: &u64) -> bool {
    *amount == 0
}

impl Tokens {
    /// So many tokens of the request and of the reply, none of them cached.
    #[must_use]
    pub const fn new(input: u64, output: u64) -> Self {
        Self { input, output, cached: 0 }
    }

    /// The usage of a call that was answered.
    #[must_use]
    pub const fn usage(self) -> Usage {
        Usage { cached_input_tokens: self.cached, ..Usage::new(self.input, self.output) }
    }

    /// What is wrong with the options.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        if self.cached <= self.input {
            return Vec::new();
        }
        let message = format!(
            "{} tokens can't be cached; they are part of `input`, so allowed are 0 to {}",
            self.cached, self.input
        );
        vec![OptionProblem::new("cached", message)]
    }

    /// The usage of a call that failed in this way: nothing when it failed before the request was read, otherwise the
    /// same as an answer's, because the work was done and lost.
    #[must_use]
    pub const fn usage_of_failure(self, kind: ModelFailureKind) -> Usage {
        match kind {
            ModelFailureKind::RateLimited
            | ModelFailureKind::Overloaded
            | ModelFailureKind::Connection
            | ModelFailureKind::ContextTooLong
            | ModelFailureKind::InvalidRequest
            | ModelFailureKind::Authentication
            | ModelFailureKind::ScriptExhausted
            | ModelFailureKind::ExpectationUnmet => Usage::new(0, 0),
            ModelFailureKind::ServerError
            | ModelFailureKind::Timeout
            | ModelFailureKind::MalformedReply
            | ModelFailureKind::Refused
            | ModelFailureKind::Crashed
            | ModelFailureKind::Abandoned => self.usage(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_exact() {
        let price = PriceOptions::new(2.5, 10.0).price().unwrap();
        let usage = Usage::new(1_000_000, 1);
        assert_eq!(price.cost(usage).to_string(), "2.50001");
        assert_eq!(price.cost(Usage::default()), Money::ZERO);
    }

    #[test]
    fn cached_tokens_pay_their_own_price() {
        let plain = PriceOptions::new(2.0, 8.0);
        let usage = |cached_input_tokens| Usage { cached_input_tokens, ..Usage::new(1_000, 100) };
        for (options, cached, expected) in [
            (plain, 0, "0.0028"),
            (plain, 400, "0.0028"),
            (plain.with_cached_input(0.5), 0, "0.0028"),
            (plain.with_cached_input(0.5), 400, "0.0022"),
            (plain.with_cached_input(0.0), 1_000, "0.0008"),
            (plain.with_cached_input(0.5), 9_999, "0.0013"),
            (plain.with_cached_input(3.0), 400, "0.0032"),
        ] {
            let price = options.price().unwrap();
            assert_eq!(price.cost(usage(cached)).to_string(), expected, "{options:?}, {cached} cached");
            assert!(
                price.cost(usage(cached)) <= price.most_cost(Usage::new(1_000, 100)),
                "{options:?}, {cached} cached"
            );
        }
    }

    #[test]
    fn prices_out_of_range_are_named() {
        let problems = PriceOptions::new(-1.0, f64::NAN).with_cached_input(1e300).check();
        let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["input", "output", "cached_input"]);
        assert_eq!(PriceOptions::new(-1.0, 0.0).price(), None);
        assert_eq!(PriceOptions::new(1.0, 0.0).with_cached_input(-1.0).price(), None);
        assert!(PriceOptions::new(0.0, 1_000_000.0).with_cached_input(0.0).check().is_empty());
    }

    #[test]
    fn a_request_that_was_never_read_takes_no_tokens() {
        let tokens = Tokens::new(10, 2);
        assert_eq!(tokens.usage_of_failure(ModelFailureKind::RateLimited), Usage::default());
        assert_eq!(tokens.usage_of_failure(ModelFailureKind::MalformedReply), tokens.usage());
    }

    #[test]
    fn no_more_tokens_are_cached_than_there_are() {
        let tokens = |cached| Tokens { cached, ..Tokens::new(10, 2) };
        assert!(tokens(10).check().is_empty());
        assert_eq!(tokens(11).check()[0].path, "cached");
        assert_eq!(tokens(4).usage(), Usage { cached_input_tokens: 4, ..Usage::new(10, 2) });
        assert_eq!(serde_json::to_string(&tokens(0)).unwrap(), r#"{"input":10,"output":2}"#);
        let read: Tokens = serde_json::from_str(r#"{"input":10,"output":2,"cached":4}"#).unwrap();
        assert_eq!(read, tokens(4));
    }
}
