//! The manifest of a run: what has to be the same to play it again, and what nobody can hold still.
//!
//! It must not know how a run is played or kept.
//!
//! ```
//! use folkmoot::folder::Manifest;
//!
//! let scenario = folkmoot::load("scenarios/first-turn.yaml").unwrap();
//! let manifest = Manifest::of(&scenario, 7, 0, None);
//! assert_eq!(manifest.seed, 7);
//! assert_eq!(serde_json::from_str::<Manifest>(&manifest.to_json()).unwrap(), manifest);
//! ```

use std::path::{Path, PathBuf};

use moot_core::EventSequence;
use moot_scenario::Scenario;
use serde::{Deserialize, Serialize};

/// The version of the manifest's format.
pub const MANIFEST_FORMAT: u32 = 1;

/// What a run was played with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this format, see [`MANIFEST_FORMAT`].
    pub format: u32,
    /// The program, with its version.
    pub program: String,
    /// The revision of the program's code, when it was built from a repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// The seed that was played, which may not be the scenario's own.
    pub seed: u64,
    /// The replicate.
    pub replicate: u32,
    /// The one task that was played in place of the scenario's, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Where the files and real folders that the scenario names were, when it came from a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// When models and outside tools answered from a cassette, which lies in the folder: the patterns of what may differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volatile: Option<Vec<String>>,
    /// What made time pass: `virtual`, or [`REAL_CLOCK`].
    #[serde(default = "virtual_clock")]
    pub clock: String,
    /// The BLAKE3 hash of the resolved scenario.
    pub scenario_hash: String,
    /// The BLAKE3 hash of all agents' instructions.
    pub prompts_hash: String,
    /// What this run comes from, when it is a fork.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lineage: Option<Lineage>,
    /// What may differ when the run is played anew; a replay takes all of it from the journal.
    pub not_controlled: Vec<String>,
}

/// Where a fork leaves the run that it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lineage {
    /// The folder of that run.
    pub parent: String,
    /// From this event on they may differ.
    pub at: u64,
    /// What was changed, as `PATH=VALUE`.
    pub changes: Vec<String>,
}

impl Manifest {
    /// The manifest of a run that is about to be played.
    #[must_use]
    pub fn of(scenario: &Scenario, seed: u64, replicate: u32, task: Option<&str>) -> Self {
        let mut prompts = blake3::Hasher::new();
        for agent in scenario.agents.iter().chain(&scenario.templates) {
            prompts.update(agent.instructions.as_deref().unwrap_or_default().as_bytes());
            prompts.update(b"\0");
        }
        Self {
            format: MANIFEST_FORMAT,
            program: PROGRAM.to_owned(),
            revision: option_env!("FOLKMOOT_REVISION").map(str::to_owned),
            seed,
            replicate,
            task: task.map(str::to_owned),
            // Where the process was started must not matter when the run is taken up.
            folder: scenario.folder().and_then(|folder| std::path::absolute(Path::new(".").join(folder)).ok()),
            volatile: None,
            clock: virtual_clock(),
            scenario_hash: hash(&scenario.resolved_json()),
            prompts_hash: prompts.finalize().to_hex().to_string(),
            lineage: None,
            not_controlled: not_controlled(scenario),
        }
    }

    /// From which event on a fork may differ from the run that it comes from.
    #[must_use]
    pub fn forked_at(&self) -> Option<EventSequence> {
        self.lineage.as_ref().map(|lineage| EventSequence(lineage.at))
    }

    /// The manifest as JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        // It holds texts and numbers alone.
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }
}

/// The name of the real clock in manifests.
pub const REAL_CLOCK: &str = "real";

/// The name of the virtual clock in manifests.
pub const VIRTUAL_CLOCK: &str = "virtual";

fn virtual_clock() -> String {
    VIRTUAL_CLOCK.to_owned()
}

/// The program's name as journals and manifests give it.
pub const PROGRAM: &str = concat!("folkmoot ", env!("CARGO_PKG_VERSION"));

/// The hash of a text.
pub(crate) fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

fn not_controlled(scenario: &Scenario) -> Vec<String> {
    let mut list =
        vec!["answers of models, tools, hooks and persons outside the world, and how long they take".to_owned()];
    for plan in scenario.workspace_folder.iter().chain(&scenario.notes_folder) {
        list.push(format!("what else happens to the folder {}", plan.path.display()));
    }
    list
}
