//! Agents and tools as a scenario file declares them.
//!
//! This module must not know which models and tools exist.
//!
//! ```
//! use moot_scenario::file::AgentOptions;
//!
//! let agent: AgentOptions = serde_json::from_str(r#"{ "model": "juror", "count": 5 }"#).unwrap();
//! assert_eq!(agent.count, Some(5));
//! assert_eq!(agent.limits.turns_max, 50);
//! ```

use moot_core::VirtualDuration;
use moot_mind::TurnOptions;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An agent, or with a `count` a group of agents alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentOptions {
    /// The model that answers for it, by its name under `models`.
    pub model: String,
    /// How many agents there are. With a count, even of 1, they are named `NAME[0]`, `NAME[1]` and so on; without one there
    /// is one, named NAME.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 4_294_967_295_u64))]
    pub count: Option<u32>,
    /// What the model is told before any task: the system message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// The tools it may call, by name; default none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
    /// When it is stopped.
    #[serde(default)]
    pub limits: TurnOptions,
    /// What it keeps from task to task; default nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<Keep>,
}

/// What an agent keeps from task to task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// All that was said in earlier tasks.
    Transcript,
}

/// A tool as a scenario declares it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ToolOptions {
    /// A tool written in Rust and registered under a name.
    Custom(CustomToolOptions),
}

/// A tool that is looked up by name among those the program was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomToolOptions {
    /// The name it was registered under.
    pub name: String,
    /// Its own options, in whatever shape it reads; default nothing.
    #[serde(default)]
    pub options: serde_json::Value,
    /// How long a call takes in virtual time when the tool works outside the world, however long it really takes;
    /// default 0ms.
    #[serde(default)]
    #[schemars(with = "String")]
    pub latency: VirtualDuration,
}
