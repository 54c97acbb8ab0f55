//! What tokens cost, and how many a built-in model says that it takes.
//!
//! This module must not know which model asks, nor add anything up: totals are made from the events of a run.
//!
//! ```
//! use moot_core::Usage;
//! use moot_model::PriceOptions;
//!
//! let price = PriceOptions { input: 0.15, output: 0.60 }.price().unwrap();
//! let usage = Usage { input_tokens: 120, output_tokens: 40 };
//! assert_eq!(price.cost(usage).to_string(), "0.000042");
//! ```

use moot_core::{ModelFailureKind, Money, Usage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::OptionProblem;

/// The price of one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// For a token of the request.
    pub input: Money,
    /// For a token of the reply.
    pub output: Money,
}

impl Price {
    /// What this usage costs: exact, because prices are whole picodollars.
    #[must_use]
    pub fn cost(self, usage: Usage) -> Money {
        self.input.times(usage.input_tokens) + self.output.times(usage.output_tokens)
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
}

impl PriceOptions {
    /// The price of a token; `None` when one of the numbers is out of range.
    #[must_use]
    pub fn price(self) -> Option<Price> {
        let input = Money::from_usd_per_million(self.input)?;
        let output = Money::from_usd_per_million(self.output)?;
        Some(Price { input, output })
    }

    /// What is wrong with the options.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        [("input", self.input), ("output", self.output)]
            .into_iter()
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
}

impl Tokens {
    /// The usage of a call that was answered.
    #[must_use]
    pub const fn usage(self) -> Usage {
        Usage { input_tokens: self.input, output_tokens: self.output }
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
            | ModelFailureKind::ExpectationUnmet => Usage { input_tokens: 0, output_tokens: 0 },
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
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_exact() {
        let price = PriceOptions { input: 2.5, output: 10.0 }.price().unwrap();
        let usage = Usage { input_tokens: 1_000_000, output_tokens: 1 };
        assert_eq!(price.cost(usage).to_string(), "2.50001");
        assert_eq!(price.cost(Usage::default()), Money::ZERO);
    }

    #[test]
    fn prices_out_of_range_are_named() {
        let problems = PriceOptions { input: -1.0, output: f64::NAN }.check();
        let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["input", "output"]);
        assert_eq!(PriceOptions { input: -1.0, output: 0.0 }.price(), None);
        assert!(PriceOptions { input: 0.0, output: 1_000_000.0 }.check().is_empty());
    }

    #[test]
    fn a_request_that_was_never_read_takes_no_tokens() {
        let tokens = Tokens { input: 10, output: 2 };
        assert_eq!(tokens.usage_of_failure(ModelFailureKind::RateLimited), Usage::default());
        assert_eq!(tokens.usage_of_failure(ModelFailureKind::MalformedReply), tokens.usage());
    }
}
