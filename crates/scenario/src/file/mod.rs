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
pub mod compare;
pub mod coordination;
pub mod expect;
pub mod harness;
pub mod included;
pub mod measure;
pub mod runs;
pub mod safety;
pub mod tasks;

use std::collections::BTreeMap;

use moot_council::PatternOptions;
use moot_mind::hook::HookOptions;
use moot_model::ModelOptions;
use moot_safety::fault::FaultOptions;
use moot_safety::supervision::{RunRestarts, SupervisionOptions};
use moot_tool::builtin::run_program::ProgramOptions;
use moot_tool::builtin::web_search::CorpusOptions;
use moot_tool::person::PersonOptions;
use moot_tool::shell::ShellOptions;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use agents::{AgentOptions, CustomToolOptions, Keep, ToolOptions};
pub use compare::{BaselineOptions, CompareOptions, Equal, VariantOptions};
pub use coordination::Coordination;
pub use expect::{Expect, MetricRange, ToolExpectation, TranscriptExpectation};
pub use harness::{Budgets, GatewayOptions, PricesOptions, RUN_BUDGET, SkillsOptions, SpawnOptions, ToolTimingOptions};
pub use safety::{Check, CheckOptions};
pub use tasks::{GenerateOptions, TaskFileFormat, TaskFileOptions, TaskItem, TaskOptions, TasksOptions};

/// The version of the format that this program reads.
pub const FORMAT_VERSION: u32 = 1;
/// How many agents a scenario may have unless its `limits` say otherwise.
pub const AGENTS_MAX: u64 = 1_000_000;
/// How many tasks a scenario may have unless its `limits` say otherwise.
pub const TASKS_MAX: u64 = 100_000_000;

/// How many requests may wait in a mailbox, unless the file says otherwise.
const MAILBOX_MAX: u64 = 1_024;

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
    /// How the models are asked, by their names: retries, limits, breakers. A model without an entry has the defaults.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub gateways: BTreeMap<String, GatewayOptions>,
    /// What tokens cost; default: what the models themselves say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<PricesOptions>,
    /// What model calls together may take: `run` for the run as a whole, else the name of a council; an agent has its own
    /// key. A call is held against every budget it falls under before it is made.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub budgets: Budgets,
    /// The hooks by name, asked in the order of their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hooks: BTreeMap<String, HookOptions>,
    /// Who answers questions and approves calls; default nobody: what would need approval is denied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonOptions>,
    /// The skills that agents may be given.
    #[serde(default, skip_serializing_if = "SkillsOptions::is_empty")]
    pub skills: SkillsOptions,
    /// What the simulated shell of `run_shell` answers; it never starts a process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shell: Option<ShellOptions>,
    /// What `web_search` finds, here or in a YAML file; it never leaves the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "included::or_file::<CorpusOptions>")]
    pub corpus: Option<CorpusOptions>,
    /// The limits of the programs that `run_program` runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programs: Option<ProgramOptions>,
    /// How long the calls of tools take and may take, by the names of the tools.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tool_timing: BTreeMap<String, ToolTimingOptions>,
    /// How many agents may be started by agents.
    #[serde(default)]
    pub spawn: SpawnOptions,
    /// The files that agents see.
    #[serde(default)]
    pub workspace: WorkspaceOptions,
    /// What all agents' notes have in common.
    #[serde(default, skip_serializing_if = "NotesOptions::is_empty")]
    pub notes: NotesOptions,
    /// The metrics to show, by name; default accuracy, cost, latency and messages.
    #[serde(default = "measure::default_names")]
    pub measure: Vec<String>,
    /// What may go wrong while the run still counts as completed.
    #[serde(default)]
    pub tolerate: TolerateOptions,
    /// What goes wrong on purpose: each fault says what, where and when. At a place where several could strike, the first
    /// does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultOptions>,
    /// What is checked while a run is played: `invariants`, or a list; default nothing. A violation fails the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<CheckOptions>,
    /// What a run must come to, for scenarios that are tests.
    #[serde(default, skip_serializing_if = "Expect::is_empty")]
    pub expect: Expect,
    /// Limits that guard against scenarios larger than they were meant to be.
    #[serde(default)]
    pub limits: LimitsOptions,
    /// The supervisors by name: who is restarted after a failure, together with whom, and how often. `root` stands above
    /// all others and above everything that no supervisor names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub supervision: SupervisionOptions,
    /// The environment variables whose values are secret: they are never shown, and can only stand where nobody is shown
    /// what stands there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// Several runs, played one after another, each in a world of its own over the same folders. Each is a map with a
    /// `name` that is laid over the file: maps are merged, `null` takes a key away, everything else is replaced, and so
    /// are `tasks`, `coordination` and `expect` as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "runs::runs_schema")]
    pub runs: Vec<runs::RunOverrides>,
    /// Variants of this scenario that `moot compare` plays on the same tasks with the same noise and holds against each
    /// other and against baselines. Everything else plays the scenario as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare: Option<CompareOptions>,
}

/// The files that agents see: in memory, or in a real folder.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WorkspaceOptions {
    /// The text of each file by its path, such as `notes/plan.md`. In a real folder they are written at the start of a
    /// run unless they are there.
    pub files: BTreeMap<String, String>,
    /// A real folder instead of memory, seen from the scenario file's folder, inside of which it must be. It is made when
    /// it is not there, and needs --trust; `moot test` puts an empty one in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
}

/// What all agents' notes have in common.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NotesOptions {
    /// A real folder in which the notes outlive the run, under the same rules as the folder of `workspace`; default none:
    /// they end with the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
}

impl NotesOptions {
    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
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
    /// How many requests may wait in the mailbox of an agent or a council before further ones are refused; default
    /// 1,024, at most 4,294,967,295. Who is given the tasks has room for all that are open at once.
    #[schemars(range(min = 1, max = 4_294_967_295_u64))]
    pub mailbox: u64,
    /// The most restarts of actors after failures in a run, over all supervisors; default 10,000. The failure that would
    /// need one more ends the run as failed (restart limit).
    pub restarts: u32,
}

impl Default for LimitsOptions {
    fn default() -> Self {
        Self { agents: AGENTS_MAX, tasks: TASKS_MAX, mailbox: MAILBOX_MAX, restarts: RunRestarts::DEFAULT_MAX }
    }
}

const fn default_seed() -> u64 {
    1
}
