//! What a comparison varies, and what it is held against.
//!
//! Each variant is a list of changes, read by their paths before the scenario is; so what stands in a `set` is only ever
//! described to editors here, never read as what it changes. This module must not know how variants are played.
//!
//! ```
//! use moot_scenario::file::{CompareOptions, Equal};
//!
//! let text = r#"{ "variants": [{ "name": "three", "set": { "agents.juror.count": 3 } }], "equal": "calls" }"#;
//! let compare: CompareOptions = serde_json::from_str(text).unwrap();
//! assert_eq!((compare.variants[0].name.as_str(), compare.equal), ("three", Equal::Calls));
//! assert!(compare.baselines.constant, "baselines are on unless they are turned off");
//! ```

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Variants of this scenario that `moot compare` plays on the same tasks with the same noise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompareOptions {
    /// The variants in order, at least one and at most 100. The first is what the others are held against.
    #[schemars(length(min = 1, max = 100))]
    pub variants: Vec<VariantOptions>,
    /// What is played beside the variants; default all.
    #[serde(default)]
    pub baselines: BaselineOptions,
    /// What is made equal between the variants and the baseline `same_calls`; default nothing.
    #[serde(default)]
    pub equal: Equal,
}

/// One variant: its name, and what it changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VariantOptions {
    /// The variant's name, one or several words; no other variant has it.
    pub name: String,
    /// What it shows, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// New values by their paths, such as `agents.juror.count: 3`, as `--set` takes them; default none: the scenario as
    /// it is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, serde_json::Value>,
}

/// What is played beside the variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BaselineOptions {
    /// One agent alone: the first that the scenario's own coordination leads to. Default true.
    pub one_agent: bool,
    /// That agent asked as often as a variant makes calls, or as `equal` says, the commonest answer taken. Default true.
    pub same_calls: bool,
    /// The cheapest constant answer: always what is right most often. Default true.
    pub constant: bool,
}

/// What is made equal between the variants and the baseline `same_calls`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Equal {
    /// Nothing: there is one such baseline, with the calls of the variant that makes most.
    #[default]
    None,
    /// The number of model calls: each variant is held against one with its own mean number of calls a task.
    Calls,
    /// The input and output tokens: each variant is held against one that takes as many as it does, on average.
    Tokens,
    /// The money: each variant is held against one that costs as much as it does, on average. What every call costs must be
    /// known.
    Cost,
}

impl Default for BaselineOptions {
    fn default() -> Self {
        Self { one_agent: true, same_calls: true, constant: true }
    }
}
