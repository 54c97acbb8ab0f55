//! A checked scenario, in which wrong states can't be written.
//!
//! Every name is resolved, every group counted out, every path given. This module must not know files or positions, and
//! nothing of how a scenario is played.
//!
//! ```
//! let text = "
//! folkmoot: 1
//! name: jury
//! models: { juror: { stochastic: { accuracy: 0.6 } } }
//! agents: { juror: { model: juror, count: 3 } }
//! coordination: { vote: { members: [juror], rule: majority, ties: coin } }
//! tasks: { generate: { count: 10, choices: [A, B] } }
//! ";
//! let scenario = moot_scenario::parse(text, "jury.yaml", moot_scenario::Format::Yaml, &[]).unwrap();
//! assert_eq!(scenario.root.as_str(), "council");
//! assert_eq!(scenario.agents[2].path.as_str(), "juror[2]");
//! assert_eq!(scenario.tasks.total(), 10);
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use moot_core::{ActorPath, Text};
use moot_council::PatternOptions;
use moot_mind::TurnOptions;
use moot_model::ModelOptions;
use moot_safety::fault::FaultOptions;
use moot_safety::supervision::SupervisionTree;

use crate::compare::ComparePlan;
use crate::file::{AgentOptions, Expect, ToolOptions};
use crate::harness::HarnessPlan;
use crate::resolved::Resolved;
use crate::secrets::Secrets;
use crate::tasks::TaskSource;
use crate::tree::TreePath;
use crate::trust::TrustItem;
use crate::{Problem, ScenarioFile};

/// What is to be played, checked and resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What it shows, in a sentence.
    pub description: Option<String>,
    /// The seed from which all randomness is addressed.
    pub seed: u64,
    /// The models with their names, sorted by name.
    pub models: Vec<(String, ModelOptions)>,
    /// The tools that are not built in, by the name under which agents call them.
    pub tools: BTreeMap<String, ToolOptions>,
    /// The agents, sorted by path. Each is one actor.
    pub agents: Vec<AgentPlan>,
    /// The declarations that agents are started from by others, sorted by path, which is the name.
    pub templates: Vec<AgentPlan>,
    /// What the agent runtime is given beside agents.
    pub harness: Arc<HarnessPlan>,
    /// The councils that take part, sorted by path: what `root` leads to. Others are checked and then left out.
    pub councils: Vec<CouncilPlan>,
    /// Who is restarted after a failure, together with whom, and how often: all of the above, what serves them, and the
    /// supervisors over them.
    pub supervision: Arc<SupervisionTree>,
    /// How many restarts the run may have in all.
    pub restarts_max: u32,
    /// Who is given the tasks: an agent or a council of this scenario.
    pub root: ActorPath,
    /// What there is to do.
    pub tasks: TaskSource,
    /// How many tasks are played at the same time; at least 1.
    pub at_once: u32,
    /// How many requests may wait in the mailbox of an agent or a council.
    pub mailbox_max: usize,
    /// The files that agents see, by path.
    pub workspace: BTreeMap<String, String>,
    /// The real folder in which they live instead of memory; where it is not there, it is to be made. A file of
    /// `workspace` that is not in it is to be written into it at the start.
    pub workspace_folder: Option<FolderPlan>,
    /// The real folder in which notes outlive the run; where it is not there, it is to be made.
    pub notes_folder: Option<FolderPlan>,
    /// The metrics to show, by their full names, each once.
    pub measure: Vec<String>,
    /// The share of tasks that may end failed, exhausted or cancelled, from 0 to 1.
    pub tolerate_failed: f64,
    /// What goes wrong on purpose, in order: the number of a fault is its place here.
    pub faults: Vec<FaultOptions>,
    /// Whether what must hold in every run is checked after every event.
    pub checks_invariants: bool,
    /// What a run must come to.
    pub expect: Expect,
    /// blake3 of what the scenario was read from, in 64 hexadecimal digits: the file, each `--set` in order, and the
    /// file with the tasks, if there is one.
    pub source_hash: String,
    /// What it needs trust for, in the order of the file. It was given, or the scenario would not have been read.
    pub trust_needed: Vec<TrustItem>,
    /// What works as it is written and is still worth a word; where each stands.
    pub warnings: Vec<Problem>,
    /// What must never be shown.
    pub secrets: Secrets,
    /// The runs of a file that holds several, in order; none of a file that is one. Each is complete; the scenario that
    /// holds them is the last of them but for its name and description.
    pub runs: Vec<Scenario>,
    /// The variants that are compared, when the file names some. The scenario itself is the file as it is.
    pub compare: Option<ComparePlan>,
    pub(crate) file: Arc<ScenarioFile>,
    pub(crate) places: Places,
    /// The texts that held variables, as they were written, by their paths.
    pub(crate) originals: Arc<[(TreePath, String)]>,
}

/// Where things are that a scenario speaks of. It is no part of what a scenario is: two that differ only in it are equal.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    /// Where agents and councils are declared, such as `jury.yaml:8`, by name.
    pub(crate) declared: Arc<BTreeMap<String, String>>,
    /// Where the files that it names are looked for.
    pub(crate) folder: Option<PathBuf>,
}

impl PartialEq for Places {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A real folder that a scenario names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderPlan {
    /// As the scenario names it; what is shown and recorded, as it is the same on every machine.
    pub named: String,
    /// Where it is.
    pub path: PathBuf,
}

/// One agent.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentPlan {
    /// Where it lives: `juror[2]`, or `jury/juror[2]` for a copy that belongs to the council `jury`.
    pub path: ActorPath,
    /// Where its randomness is addressed: the path as declared under `agents`, whichever council it sits in. When one
    /// declaration is used several times because of `fresh` councils, the k-th further use is marked `#k`.
    pub address: Text,
    /// Where the randomness is addressed that agents declared together share: `juror`, or `juror#k` with the address.
    pub group: Text,
    /// Its model: an index into the scenario's `models`.
    pub model: usize,
    /// The tools it may call, by name.
    pub tools: Arc<[Text]>,
    /// What its model is told before any task.
    pub instructions: Option<Text>,
    /// When it is stopped.
    pub limits: TurnOptions,
    /// Whether it keeps its transcript from task to task.
    pub keep_transcript: bool,
    /// Everything else that its declaration says.
    pub options: Arc<AgentOptions>,
}

/// One council.
#[derive(Debug, Clone, PartialEq)]
pub struct CouncilPlan {
    /// Where it lives: its name.
    pub path: ActorPath,
    /// How it comes to an outcome.
    pub pattern: PatternOptions,
    /// Its members in the order of its seats: agents and councils of this scenario. A pattern for a single member has
    /// exactly one.
    pub members: Vec<ActorPath>,
    /// For each member, which of the names given in the pattern's options it sits there for.
    pub names: Vec<u32>,
}

impl Scenario {
    /// The scenario as read, with `--set` applied and defaults filled in, as YAML that reads back as the same scenario.
    /// Where the file has `${NAME}`, so has this.
    #[must_use]
    pub fn resolved_yaml(&self) -> String {
        Resolved::of(self).yaml()
    }

    /// The same as one JSON object on several lines.
    #[must_use]
    pub fn resolved_json(&self) -> String {
        Resolved::of(self).json()
    }

    /// Where an agent or a council is declared, such as `jury.yaml:8`; `None` for what no file declares.
    #[must_use]
    pub fn declared_at(&self, path: &ActorPath) -> Option<&str> {
        // A copy is declared where its original is: under the last name of its path.
        let name = path.group().rsplit('/').next().unwrap_or_default();
        self.places.declared.get(name).map(String::as_str)
    }

    /// The scenario as read, with `--set` applied, variables replaced and defaults filled in.
    #[must_use]
    pub fn file(&self) -> &ScenarioFile {
        &self.file
    }

    /// Where the files and folders that it names are looked for; `None` when it was no file.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.places.folder.as_deref()
    }

    /// What there is to play, one after another: the runs, or the scenario itself when it is one.
    #[must_use]
    pub fn plays(&self) -> &[Self] {
        if self.runs.is_empty() { std::slice::from_ref(self) } else { &self.runs }
    }

    /// The real folders of all runs, sorted, each once.
    #[must_use]
    pub fn folders(&self) -> BTreeSet<PathBuf> {
        let of = |scenario: &Self| {
            let plans = [scenario.workspace_folder.clone(), scenario.notes_folder.clone()];
            plans.into_iter().flatten().map(|plan| plan.path)
        };
        self.plays().iter().flat_map(of).collect()
    }

    /// Puts a folder of this one in place of each real folder: the same for the same folder, another for another. They
    /// are named `0`, `1` and so on in the order of [`folders`](Self::folders), and still to be made.
    pub fn replace_folders(&mut self, base: &Path) {
        let folders = self.folders();
        self.put_folders(&folders, base);
        for run in &mut self.runs {
            run.put_folders(&folders, base);
        }
    }

    fn put_folders(&mut self, folders: &BTreeSet<PathBuf>, base: &Path) {
        for plan in [&mut self.workspace_folder, &mut self.notes_folder].into_iter().flatten() {
            if let Some(number) = folders.iter().position(|folder| *folder == plan.path) {
                plan.path = base.join(number.to_string());
            }
        }
    }
}
