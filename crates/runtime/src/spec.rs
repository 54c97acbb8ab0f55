//! What a world is to be made of, as values: the scenario format is not known here.
//!
//! ```
//! use moot_core::ActorPath;
//! use moot_runtime::{AgentSpec, WorldSpec};
//!
//! let mut spec = WorldSpec::new("quiet", ActorPath::new("nobody").unwrap());
//! spec.agents.push(AgentSpec::new(ActorPath::new("nobody").unwrap(), 0));
//! assert_eq!(spec.seed, 1);
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::sync::Arc;

use moot_core::{ActorPath, Task, Text, Transcript, VirtualDuration};
use moot_council::Pattern;
use moot_mind::TurnOptions;
use moot_model::Model;
use moot_tool::Toolbox;

use crate::Live;

/// Makes a model: once at the start and again after it panicked.
pub type ModelFactory = Arc<dyn Fn() -> Arc<dyn Model> + Send + Sync>;

/// A model that agents of a world ask.
#[derive(Clone)]
pub struct ModelSpec {
    /// Its name in the scenario.
    pub name: Text,
    /// Makes it.
    pub factory: ModelFactory,
    /// How long a call takes in virtual time, beyond what the reply says, when the model works outside the world.
    pub outside_latency: VirtualDuration,
}

/// An agent of a world.
#[derive(Debug, Clone)]
pub struct AgentSpec {
    /// Its path in the world.
    pub path: ActorPath,
    /// What its randomness is addressed by: its path as declared, whatever council it sits in.
    pub address: Text,
    /// What its randomness shares with the agents declared together with it.
    pub group: Text,
    /// Which of [`WorldSpec::models`] it asks.
    pub model: usize,
    /// The names of the tools it may call.
    pub tools: Arc<[Text]>,
    /// Its standing instructions.
    pub instructions: Option<Text>,
    /// The limits of its turns.
    pub limits: TurnOptions,
    /// Whether its transcript goes on from task to task.
    pub keep_transcript: bool,
    /// What it remembers when it starts; empty for most.
    pub history: Transcript,
    /// The steps at which its machine is to panic, counted from 0: a planned fault, for tests of supervision.
    pub panics_at: Vec<u64>,
}

/// A council of a world.
#[derive(Clone)]
pub struct CouncilSpec {
    /// Its path in the world.
    pub path: ActorPath,
    /// How its members decide together.
    pub pattern: Arc<dyn Pattern>,
    /// Who sits in it: agents and other councils, in order.
    pub members: Vec<ActorPath>,
}

/// Where the journal of a run goes.
pub struct JournalSink {
    /// Takes the compressed frames.
    pub file: Box<dyn Write + Send>,
    /// What to call it in messages.
    pub name: String,
}

/// Everything a world is made of.
pub struct WorldSpec {
    /// The scenario's name.
    pub scenario: Text,
    /// The study seed.
    pub seed: u64,
    /// Which replicate of the study this is.
    pub replicate: u32,
    /// The models.
    pub models: Vec<ModelSpec>,
    /// The tools.
    pub toolbox: Arc<Toolbox>,
    /// How long the calls of an outside tool take in virtual time, by name; no time for what is not listed.
    pub tool_latency: BTreeMap<Text, VirtualDuration>,
    /// The agents, in any order.
    pub agents: Vec<AgentSpec>,
    /// The councils, in any order; none may contain itself, however indirectly.
    pub councils: Vec<CouncilSpec>,
    /// The participant that is given the tasks.
    pub root: ActorPath,
    /// The tasks, numbered from 0 in order.
    pub tasks: Box<dyn Iterator<Item = Task> + Send>,
    /// How many tasks may be open at once.
    pub tasks_at_once: u32,
    /// The share of tasks that may fail while the run still counts as completed.
    pub tolerate_failed: f64,
    /// The files in the in-memory workspace at the start.
    pub files: BTreeMap<String, String>,
    /// Where to write the journal, if anywhere.
    pub journal: Option<JournalSink>,
    /// Whether the report carries all events.
    pub keep_events: bool,
    /// The shared state by which a run is watched and called off.
    pub live: Option<Arc<Live>>,
}

impl ModelSpec {
    /// A model made by a function.
    pub fn new(name: impl Into<Text>, factory: impl Fn() -> Arc<dyn Model> + Send + Sync + 'static) -> Self {
        Self { name: name.into(), factory: Arc::new(factory), outside_latency: VirtualDuration::ZERO }
    }
}

impl AgentSpec {
    /// An agent without tools or instructions that asks the model of that number.
    #[must_use]
    pub fn new(path: ActorPath, model: usize) -> Self {
        Self {
            address: Text::from(path.as_str()),
            group: Text::from(path.group()),
            path,
            model,
            tools: Arc::default(),
            instructions: None,
            limits: TurnOptions::default(),
            keep_transcript: false,
            history: Transcript::new(),
            panics_at: Vec::new(),
        }
    }
}

impl WorldSpec {
    /// A world without anybody in it, whose tasks go to `root`; seed 1, replicate 0.
    #[must_use]
    pub fn new(scenario: impl Into<Text>, root: ActorPath) -> Self {
        Self {
            scenario: scenario.into(),
            seed: 1,
            replicate: 0,
            models: Vec::new(),
            toolbox: Arc::new(Toolbox::new()),
            tool_latency: BTreeMap::new(),
            agents: Vec::new(),
            councils: Vec::new(),
            root,
            tasks: Box::new(std::iter::empty()),
            tasks_at_once: 1,
            tolerate_failed: 0.0,
            files: BTreeMap::new(),
            journal: None,
            keep_events: false,
            live: None,
        }
    }
}

impl fmt::Debug for ModelSpec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ModelSpec").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for CouncilSpec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CouncilSpec")
            .field("path", &self.path)
            .field("members", &self.members)
            .finish_non_exhaustive()
    }
}
