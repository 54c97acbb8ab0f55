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
use std::sync::{Arc, LazyLock};

use moot_core::port::{Note, Workspace};
use moot_core::{ActorPath, Event, PermissionMode, Task, Text, Transcript, VirtualDuration, VirtualTime};
use moot_council::Pattern;
use moot_journal::{JournalWriter, Measured};
use moot_mind::TurnOptions;
use moot_mind::budget::BudgetOptions;
use moot_mind::compaction::CompactionOptions;
use moot_mind::policy::{PermissionOptions, Rights};
use moot_mind::prompt::PromptSections;
use moot_mind::retry::{BreakerOptions, LimiterOptions, RetryOptions};
use moot_model::{Model, Price};
use moot_safety::fault::FaultOptions;
use moot_safety::supervision::{RunRestarts, SupervisionTree};
use moot_tool::person::ScriptedPersonOptions;
use moot_tool::skills::SkillLibrary;
use moot_tool::{Notes, Toolbox};

use crate::Live;
use crate::actors::executor::ToolSettings;
use crate::actors::person::AskPerson;
use crate::actors::team::SpawnLimits;
use crate::hooks::HookSet;
use crate::outside::Clock;

/// What only reads passes; what changes something is asked about. Compiled once: agents are compared by it.
static DEFAULT_RIGHTS: LazyLock<Rights> = LazyLock::new(|| {
    let compiled = Rights::compile(&PermissionOptions::default(), "permissions");
    // Options without rules can always be compiled; if they could not, nothing but reading would be right.
    compiled.unwrap_or_else(|_| Rights { mode: PermissionMode::Plan, ..Rights::unrestricted() })
});

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
    /// What its tokens cost; what the model itself says when `None`.
    pub price: Option<Price>,
    /// How its failed attempts are made again.
    pub retry: RetryOptions,
    /// What all agents together may ask of it.
    pub limits: Option<LimiterOptions>,
    /// When it is given a rest after failures.
    pub breaker: Option<BreakerOptions>,
}

/// What an agent's prompt is put together from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PromptPlan {
    /// Its standing instructions; for an agent without sections they are the whole prompt.
    pub instructions: Option<Text>,
    /// The further sections, if it has any.
    pub sections: Option<PromptSections>,
    /// How many notes it is reminded of when it begins a task; 0 for none.
    pub notes_max: u32,
}

/// Who is behind the person's port.
#[derive(Clone, Default)]
pub enum PersonSpec {
    /// Nobody: what would need approval is denied.
    #[default]
    Absent,
    /// Answers written down beforehand.
    Scripted(ScriptedPersonOptions, VirtualDuration),
    /// Somebody outside, who is waited for.
    Interactive(AskPerson, VirtualDuration),
}

/// The files that agents see.
#[derive(Clone)]
pub enum WorkspaceSpec {
    /// In the world's memory, with these files at the start.
    Memory(BTreeMap<String, String>),
    /// Anything else, which may block: it is used behind the port to the outside.
    Outside(Arc<dyn Workspace>),
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
    /// What its prompt is put together from.
    pub prompt: Arc<PromptPlan>,
    /// What it may do: by default, what only reads passes, and what changes something is asked about, which with nobody
    /// to ask is denied.
    pub rights: Rights,
    /// The declarations of [`WorldSpec::templates`] that it may start agents from.
    pub spawns: Arc<[Text]>,
    /// The skills of [`WorldSpec::skills`] that it may load.
    pub skills: Arc<[Text]>,
    /// The team whose notes it shares; by default that of the agents declared together with it, or, when an agent starts
    /// it, that of who does.
    pub team: Option<Text>,
    /// How its transcript is kept short, if it is, and which of [`WorldSpec::models`] summarises.
    pub compaction: Option<Arc<(CompactionOptions, Option<usize>)>>,
    /// What all its model calls together may take.
    pub budget: Option<BudgetOptions>,
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
    /// For each member, which of the names given in the pattern's options it sits there for; see
    /// [`Seat::names`](moot_council::Seat::names).
    pub names: Vec<u32>,
    /// What all model calls on its behalf together may take.
    pub budget: Option<BudgetOptions>,
}

/// Where the journal of a run goes.
pub struct JournalSink {
    /// Takes the records; its header stands.
    pub writer: JournalWriter<Box<dyn Write + Send>>,
    /// What to call it in messages.
    pub name: String,
    /// Whether what has happened is written before anything goes out to the outside, and before an answer from there
    /// counts. Without, the file is written when a frame is full and at the end.
    pub commits: bool,
}

/// Hides what must never be shown.
pub trait Masking: Send + Sync {
    /// The text without it; `None` when nothing of it is there.
    fn whole(&self, text: &str) -> Option<String>;

    /// The same for the beginning of a text that comes in pieces: what can be shown of it, and how many bytes at its end
    /// may be the beginning of what must not be shown, and so have to wait for the next piece.
    fn beginning(&self, text: &str) -> (String, usize);
}

/// Who hides what must never be shown.
pub type Mask = Arc<dyn Masking>;

/// Is shown events as they happen, a few at a time and in order. It only looks, must not block or panic, and changes
/// nothing of the run.
pub type Watch = Arc<dyn Fn(&[Event]) + Send + Sync>;

/// How many requests may wait in the mailbox of a participant unless somebody says otherwise.
pub const MAILBOX_MAX: usize = 1_024;

/// How many requests of each agent may wait with what serves them: an agent asks one model at a time and makes few tool calls at
/// once.
pub const SERVANT_REQUESTS: usize = 64;

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
    /// What is said of tools beside their own options, by name.
    pub tool_settings: BTreeMap<Text, ToolSettings>,
    /// The declarations that agents can be started from; their paths are their names.
    pub templates: Vec<AgentSpec>,
    /// How many agents may be started, and how deep.
    pub spawn_limits: SpawnLimits,
    /// The hooks.
    pub hooks: Arc<HookSet>,
    /// Who may be asked.
    pub person: PersonSpec,
    /// The skills.
    pub skills: Arc<SkillLibrary>,
    /// The notes at the start.
    pub notes: Notes,
    /// What all model calls of the run together may take.
    pub budget: Option<BudgetOptions>,
    /// The agents, in any order.
    pub agents: Vec<AgentSpec>,
    /// The councils, in any order; none may contain itself, however indirectly.
    pub councils: Vec<CouncilSpec>,
    /// Who watches over whom; `None` for everybody under one supervisor, each counted by itself.
    pub supervision: Option<Arc<SupervisionTree>>,
    /// How many restarts after failures there may be in all; default [`RunRestarts::DEFAULT_MAX`].
    pub restarts_max: u32,
    /// What is to go wrong, each with its number in the plan; empty for most.
    pub faults: Vec<(u32, FaultOptions)>,
    /// How many requests may wait in the mailbox of a participant before further ones are refused; default
    /// [`MAILBOX_MAX`]. The one that is given the tasks has room for all that are open at once, and what serves
    /// participants for [`SERVANT_REQUESTS`] requests of each of them.
    pub mailbox_max: usize,
    /// Whether every event is held against the invariants.
    pub check_invariants: bool,
    /// By when the run must have ended, for the invariants.
    pub must_end_by: Option<VirtualTime>,
    /// The participant that is given the tasks.
    pub root: ActorPath,
    /// The tasks, numbered from 0 in order.
    pub tasks: Box<dyn Iterator<Item = Task> + Send>,
    /// How many tasks may be open at once.
    pub tasks_at_once: u32,
    /// The share of tasks that may fail while the run still counts as completed.
    pub tolerate_failed: f64,
    /// The files that agents see.
    pub workspace: WorkspaceSpec,
    /// Hides secrets in what comes from the outside, before anybody sees it.
    pub mask: Option<Mask>,
    /// Where to write the journal, if anywhere.
    pub journal: Option<JournalSink>,
    /// What makes its time pass.
    pub clock: Clock,
    /// An earlier play of this run, which it is to repeat as far as that went.
    pub recall: Option<crate::recall::Recall>,
    /// Which of the dearer metrics the summary computes.
    pub measured: Measured,
    /// Whether the report carries all events.
    pub keep_events: bool,
    /// Who is shown the events, all of them by the time the world ends.
    pub watch: Option<Watch>,
    /// The shared state by which a run is watched and called off.
    pub live: Option<Arc<Live>>,
}

impl ModelSpec {
    /// A model made by a function.
    pub fn new(name: impl Into<Text>, factory: impl Fn() -> Arc<dyn Model> + Send + Sync + 'static) -> Self {
        Self {
            name: name.into(),
            factory: Arc::new(factory),
            outside_latency: VirtualDuration::ZERO,
            price: None,
            retry: RetryOptions::default(),
            limits: None,
            breaker: None,
        }
    }
}

impl PromptPlan {
    /// A prompt of instructions alone.
    #[must_use]
    pub fn of(instructions: impl Into<Text>) -> Self {
        Self { instructions: Some(instructions.into()), ..Self::default() }
    }

    pub(crate) const fn recalls(&self) -> bool {
        self.notes_max > 0
    }

    /// The estimated tokens of the list of skills in the system message.
    pub(crate) fn skills_tokens(&self) -> u64 {
        self.sections.as_ref().map_or(0, PromptSections::skills_tokens)
    }

    /// The system message, with what is remembered.
    pub(crate) fn instructions(&self, notes: &[Note]) -> Option<Text> {
        let Some(sections) = &self.sections else { return self.instructions.clone() };
        let memory = notes.get(..self.notes_max as usize).unwrap_or(notes);
        let whole = match &self.instructions {
            Some(instructions) => sections.assemble_with(instructions, memory),
            None => sections.assemble_with(&Text::default(), memory),
        };
        (!whole.is_empty()).then_some(whole)
    }
}

impl AgentSpec {
    /// An agent without tools or instructions that asks the model of that number.
    #[must_use]
    pub fn new(path: ActorPath, model: usize) -> Self {
        Self {
            address: Text::from(path.as_str()),
            group: Text::from(path.group()),
            model,
            tools: Arc::default(),
            prompt: Arc::default(),
            rights: DEFAULT_RIGHTS.clone(),
            spawns: Arc::default(),
            skills: Arc::default(),
            team: None,
            compaction: None,
            budget: None,
            limits: TurnOptions::default(),
            keep_transcript: false,
            history: Transcript::new(),
            panics_at: Vec::new(),
            path,
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
            tool_settings: BTreeMap::new(),
            templates: Vec::new(),
            spawn_limits: SpawnLimits::default(),
            hooks: Arc::default(),
            person: PersonSpec::Absent,
            skills: Arc::default(),
            notes: Notes::new(),
            budget: None,
            agents: Vec::new(),
            councils: Vec::new(),
            supervision: None,
            restarts_max: RunRestarts::DEFAULT_MAX,
            faults: Vec::new(),
            mailbox_max: MAILBOX_MAX,
            check_invariants: false,
            must_end_by: None,
            root,
            tasks: Box::new(std::iter::empty()),
            tasks_at_once: 1,
            tolerate_failed: 0.0,
            workspace: WorkspaceSpec::Memory(BTreeMap::new()),
            mask: None,
            journal: None,
            clock: Clock::Virtual,
            recall: None,
            measured: Measured::default(),
            keep_events: false,
            watch: None,
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
