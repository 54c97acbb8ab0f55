//! What a scenario file says of the agent runtime beside its agents: hooks, prices, limits of models, the person, the
//! skills, and what is behind the tools.
//!
//! This module must not know how any of it works; each room says what its options mean.
//!
//! ```
//! use moot_scenario::file::GatewayOptions;
//!
//! let gateway: GatewayOptions = serde_json::from_str(r#"{ "retry": { "retries_max": 0 } }"#).unwrap();
//! assert_eq!(gateway.retry.retries_max, 0);
//! ```

use std::collections::BTreeMap;

use moot_core::VirtualDuration;
use moot_mind::retry::{BreakerOptions, LimiterOptions, RetryOptions};
use moot_model::PriceBookOptions;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How one model is asked, by all agents together.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GatewayOptions {
    /// How failed attempts are made again.
    pub retry: RetryOptions,
    /// How much may be asked at once and in a minute; default no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<LimiterOptions>,
    /// When the model is left alone after failures; default never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breaker: Option<BreakerOptions>,
}

/// What tokens cost, by the names of models. A price that a model's own options give goes before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PricesOptions {
    /// The prices themselves.
    Book(PriceBookOptions),
    /// A YAML file with the prices, seen from the scenario file's folder, inside of which it must be.
    File(String),
}

/// The skills that agents may be given.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SkillsOptions {
    /// Files in the form of SKILL.md: front matter with `name` and `description`, then the text. Seen from the scenario
    /// file's folder, inside of which they must be.
    pub files: Vec<String>,
    /// Skills in the same form, written here.
    pub texts: Vec<String>,
}

/// How many agents may be started by agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SpawnOptions {
    /// How many agents may stand between a started one and the scenario, itself included, from 0 to 64; default 3.
    #[schemars(range(min = 0, max = 64))]
    pub depth_max: u32,
    /// How many agents may be started in a run, from 0 to 1,000,000; default 1,000.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub agents_max: u32,
}

/// How long the calls of a tool take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ToolTimingOptions {
    /// How long a call takes in virtual time: the tool does its work when so much has passed; default 0ms.
    #[schemars(with = "String")]
    pub latency: VirtualDuration,
    /// How long a call may take in virtual time, in the place of the agent's `tool_call_timeout`; default: what that says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub timeout: Option<VirtualDuration>,
}

impl Default for SpawnOptions {
    fn default() -> Self {
        Self { depth_max: 3, agents_max: 1_000 }
    }
}

impl SkillsOptions {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.texts.is_empty()
    }
}

/// Budgets by who has them: `run` for the run as a whole, else the name of a council.
pub type Budgets = BTreeMap<String, moot_mind::budget::BudgetOptions>;

/// The name under which the budget of the run as a whole stands.
pub const RUN_BUDGET: &str = "run";
