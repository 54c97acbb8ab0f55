//! The limits of a budget, as a scenario sets them for a run, a council or an agent.
//!
//! This module must not know whose budget it is, nor what has been used up.
//!
//! ```
//! use moot_mind::budget::BudgetOptions;
//!
//! let options: BudgetOptions = serde_json::from_str(r#"{ "money": 0.5, "calls": 0 }"#).unwrap();
//! assert_eq!(options.check()[0].to_string(), "calls: 0 is not allowed; it must be from 1 to 1000000000");
//! ```

use moot_core::{Money, VirtualDuration};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::money;
use crate::OptionProblem;

/// What may be used up. At least one limit is given; one that is left out doesn't limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BudgetOptions {
    /// USD for all model calls, above 0 and up to 1,000,000, as a number or a decimal string; default: no limit.
    #[serde(with = "money")]
    #[schemars(schema_with = "money::schema")]
    pub money: Option<Money>,
    /// Tokens of all model calls, input and output together, from 1 to 10^15; default: no limit.
    #[schemars(range(min = 1, max = 1_000_000_000_000_000_u64))]
    pub tokens: Option<u64>,
    /// Attempts of model calls, those that fail and are tried again included, from 1 to 10^9; default: no limit.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub calls: Option<u64>,
    /// Virtual time from the start of the run, such as `30s`, at least `1ms`; default: no limit.
    #[schemars(with = "Option<String>")]
    pub time: Option<VirtualDuration>,
    /// What a limit of money does with a call whose cost nobody can tell before it is made; default `refuse`.
    pub unknown_price: UnknownPrice,
}

/// What a limit of money does with a call whose cost nobody can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnknownPrice {
    /// The call is not made.
    #[default]
    Refuse,
    /// The call is made and counts for no money, so the limit holds only what is known.
    Allow,
}

const TOKENS_MAX: u64 = 1_000_000_000_000_000;
const CALLS_MAX: u64 = 1_000_000_000;

impl BudgetOptions {
    /// Every option whose value is out of its range, and a budget that limits nothing; empty when all is well.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let mut problems = Vec::new();
        let mut wrong = |path: &str, message: String| {
            problems.push(OptionProblem { path: path.to_owned(), message });
        };
        let most = Money::from_picodollars(1_000_000_000_000).times(money::USD_MAX);
        if let Some(money) = self.money.filter(|money| *money == Money::ZERO || *money > most) {
            wrong("money", format!("{money} is not allowed; it must be above 0 and up to {} USD", money::USD_MAX));
        }
        for (path, value, most) in [("tokens", self.tokens, TOKENS_MAX), ("calls", self.calls, CALLS_MAX)] {
            if let Some(value) = value.filter(|value| !(1..=most).contains(value)) {
                wrong(path, format!("{value} is not allowed; it must be from 1 to {most}"));
            }
        }
        if self.time == Some(VirtualDuration::ZERO) {
            wrong("time", "0ms is not allowed; it must be at least 1ms, or be left out for no limit".to_owned());
        }
        if self.money.is_none() && self.unknown_price == UnknownPrice::Allow {
            let message = "allow has no effect without a limit of money; give `money`, or leave it out";
            wrong("unknown_price", message.to_owned());
        }
        if self.is_unlimited() {
            wrong("", "a budget without a limit limits nothing; give money, tokens, calls or time".to_owned());
        }
        problems
    }

    /// Whether it limits nothing at all.
    #[must_use]
    pub const fn is_unlimited(&self) -> bool {
        self.money.is_none() && self.tokens.is_none() && self.calls.is_none() && self.time.is_none()
    }

    /// Whether a call whose cost nobody can tell is refused. A model without a price can then be refused before the
    /// run starts.
    #[must_use]
    pub fn refuses_unknown_price(&self) -> bool {
        self.money.is_some() && self.unknown_price == UnknownPrice::Refuse
    }
}
