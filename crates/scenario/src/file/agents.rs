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
use moot_mind::budget::BudgetOptions;
use moot_mind::compaction::CompactionOptions;
use moot_mind::policy::PermissionOptions;
use moot_mind::prompt::PromptOptions;
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
    /// What the model is told before any task, here or in a file: the start of the system message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::included::or_file::<String>")]
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
    /// What it may do: a mode (`default`, `plan`, `auto`) or a mode with rules; default `default`: what only reads
    /// passes, what changes something is asked about, and with nobody to ask it is denied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<PermissionOptions>,
    /// What stands in its prompt beside its instructions. Notes are shown when this is given, or when it has the tool
    /// `remember` or `recall`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<PromptOptions>,
    /// The skills it may load, by name: one line each in its prompt. It needs the tool `load_skill`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<String>,
    /// The team whose notes it shares; default: the agents declared together with it, or, for one that is started by
    /// another, the team of that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// How its transcript is kept short; default: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compaction: Option<CompactionOptions>,
    /// What its model calls together may take, each agent of a group for itself; default: no limit of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<BudgetOptions>,
    /// The agents that it may start, by the names of their declarations. It needs the tool `spawn_agent`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spawns: Vec<String>,
    /// Whether it is there only to be started by others: it sits in no council and is given no task; default false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_demand: bool,
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
