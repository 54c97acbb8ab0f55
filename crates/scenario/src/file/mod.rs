//! A scenario file as people write it.
//!
//! One type for YAML and TOML, from which the JSON Schema for editors is made as well. What stands here was read but not
//! checked: names may lead nowhere. This module must not know how a scenario is played.
//!
//! ```
//! use moot_scenario::ScenarioFile;
//!
//! let schema = serde_json::to_value(schemars::schema_for!(ScenarioFile)).unwrap();
//! assert_eq!(schema["additionalProperties"], false);
//! ```

pub mod agents;
pub mod coordination;
pub mod expect;
pub mod measure;
pub mod tasks;

use std::collections::BTreeMap;

use moot_council::PatternOptions;
use moot_model::ModelOptions;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use agents::{AgentOptions, CustomToolOptions, Keep, ToolOptions};
pub use coordination::Coordination;
pub use expect::{Expect, MetricRange, ToolExpectation, TranscriptExpectation};
pub use tasks::{GenerateOptions, TaskFileFormat, TaskFileOptions, TaskItem, TaskOptions, TasksOptions};

/// The version of the format that this program reads.
pub const FORMAT_VERSION: u32 = 1;
/// How many agents a scenario may have unless its `limits` say otherwise.
pub const AGENTS_MAX: u64 = 1_000_000;
/// How many tasks a scenario may have unless its `limits` say otherwise.
pub const TASKS_MAX: u64 = 100_000_000;

/// A scenario for Folkmoot: who takes part, how they come to one outcome, and what they are given to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Folkmoot scenario")]
pub struct ScenarioFile {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub folkmoot: u32,
    /// The scenario's name: letters, digits, `_`, `-` and `.`.
    pub name: String,
    /// What the scenario shows, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The seed from which all randomness is addressed; default 1.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// The models by name: what answers a prompt.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<String, ModelOptions>,
    /// Tools written in Rust, by the name under which agents call them. The built-in tools need no entry.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tools: BTreeMap<String, ToolOptions>,
    /// The agents by name; with a `count`, each name stands for a group.
    pub agents: BTreeMap<String, AgentOptions>,
    /// Councils by name: members that come to one outcome by a pattern. A council can be a member of another.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub councils: BTreeMap<String, PatternOptions>,
    /// Who is given the tasks: the name of an agent or of a council, or a pattern with its members.
    pub coordination: Coordination,
    /// What there is to do.
    pub tasks: TasksOptions,
    /// The files that agents see.
    #[serde(default)]
    pub workspace: WorkspaceOptions,
    /// The metrics to show, by name; default accuracy, cost, latency and messages.
    #[serde(default = "measure::default_names")]
    pub measure: Vec<String>,
    /// What may go wrong while the run still counts as completed.
    #[serde(default)]
    pub tolerate: TolerateOptions,
    /// What a run must come to, for scenarios that are tests.
    #[serde(default, skip_serializing_if = "Expect::is_empty")]
    pub expect: Expect,
    /// Limits that guard against scenarios larger than they were meant to be.
    #[serde(default)]
    pub limits: LimitsOptions,
}

/// The files that agents see, kept in memory.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WorkspaceOptions {
    /// The text of each file by its path, such as `notes/plan.md`.
    pub files: BTreeMap<String, String>,
}

/// What may go wrong while the run still counts as completed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TolerateOptions {
    /// The share of tasks that may end failed, exhausted or cancelled, from 0 to 1; default 0.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub failed: f64,
}

/// Limits that guard against scenarios larger than they were meant to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsOptions {
    /// The most agents, copies included; default 1,000,000, at most 4,294,967,295.
    #[schemars(range(min = 1, max = 4_294_967_295_u64))]
    pub agents: u64,
    /// The most tasks; default 100,000,000, at most 4,294,967,295.
    #[schemars(range(min = 1, max = 4_294_967_295_u64))]
    pub tasks: u64,
}

impl Default for LimitsOptions {
    fn default() -> Self {
        Self { agents: AGENTS_MAX, tasks: TASKS_MAX }
    }
}

const fn default_seed() -> u64 {
    1
}
