//! Playing a scenario: a builder over what can be chosen for one run, and what a run leaves behind.
//!
//! ```
//! let scenario = folkmoot::parse(
//!     "
//! folkmoot: 1
//! name: hello
//! models: { parrot: { scripted: { steps: [{ say: hello }] } } }
//! agents: { parrot: { model: parrot } }
//! coordination: { single: { member: parrot } }
//! tasks: { list: [Say hello.] }
//! ",
//! )
//! .unwrap();
//! let played = folkmoot::Run::new(&scenario).keep_events().play().unwrap();
//! assert_eq!(played.result.tasks[0].outcome.answer(), Some("hello"));
//! assert_eq!(played.events.unwrap().len() as u64, played.summary.events());
//! ```

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use moot_core::{ActorPath, ActorRole, Event, EventKind, EventSequence, RunStatus, Task, TaskId, VirtualTime};
use moot_journal::{KeptEvents, RunResult, Summary};
use moot_runtime::{AskPerson, Clock, Divergence, LedgerTotals, Live, Recall, Watch, WorldError, WorldSpec};
use moot_safety::fault::{FaultOptions, Fired};
use moot_safety::invariant::Violation;
use moot_scenario::{Scenario, Secrets};
use moot_tool::Notes;

use crate::cassette::{Cassette, Recorder, Tape};
use crate::determinism::Determinism;
use crate::folder::{self, Beginning, Disk, Durability, FolderError, Lineage, Manifest, REAL_CLOCK, RunFolder};
use crate::real_folders::{self, FolderProblem};
use crate::{Registry, wiring};

/// One run of a scenario, to be chosen and played.
#[derive(Clone)]
pub struct Run<'a> {
    scenario: &'a Scenario,
    registry: Option<&'a Registry>,
    seed: u64,
    replicate: u32,
    folder: Option<PathBuf>,
    durability: Durability,
    disk: Option<Disk>,
    clock: Clock,
    tape: Option<Tape>,
    resumed: Option<&'a RunFolder>,
    recall: Option<Recall>,
    forked: Option<(Beginning, Lineage)>,
    keep_events: bool,
    live: Option<Arc<Live>>,
    task: Option<String>,
    ask: Option<AskPerson>,
    watch: Option<Watch>,
    checks_invariants: bool,
    must_end_by: Option<VirtualTime>,
    faults: Option<Vec<(u32, FaultOptions)>>,
}

impl std::fmt::Debug for Run<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Run")
            .field("scenario", &self.scenario.name)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

/// What a run left behind.
#[derive(Debug)]
pub struct Played {
    /// The result as `moot run --json` prints it.
    pub result: RunResult,
    /// The counts over all events.
    pub summary: Summary,
    /// The ledger's books.
    pub ledger: LedgerTotals,
    /// The files in the in-memory workspace at the end.
    pub files: BTreeMap<String, String>,
    /// All events, if [`Run::keep_events`] was chosen.
    pub events: Option<Vec<Event>>,
    /// Where the run went otherwise than the earlier play that it was to repeat.
    pub divergence: Option<Divergence>,
    /// What the invariants found, when they were asked: at most the first of each is of use, as others may follow from it.
    pub violations: Vec<Violation>,
    /// What was reached that no event tells, and how often, when invariants were asked.
    pub reached: BTreeMap<&'static str, u64>,
    /// How often which planned fault has struck.
    pub fired: Fired,
    /// The virtual time at the end.
    pub ended_at: VirtualTime,
    /// How far the run can be repeated.
    pub determinism: Determinism,
    /// How many tasks of the world's runtime were left behind; anything but 0 is a defect.
    pub leftover_tasks: usize,
}

/// Why a run could not be played.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A custom model, tool or pattern is not known or refuses its options.
    #[error("{place}: {problem}")]
    Custom {
        /// Where in the scenario it is named.
        place: String,
        /// What is wrong.
        problem: String,
    },
    /// The world could not be started.
    #[error(transparent)]
    World(#[from] WorldError),
    /// A real folder that the scenario names can't be used.
    #[error(transparent)]
    RealFolder(#[from] FolderProblem),
    /// The run folder could not be made or written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// What would be played now is not what was.
    #[error("the run in {path} was played with something else:\n  {}", differences.join("\n  "))]
    Changed {
        /// The folder.
        path: PathBuf,
        /// Where the scenario or the tools differ.
        differences: Vec<String>,
    },
    /// The run left no result; a defect of this program.
    #[error(transparent)]
    Result(#[from] moot_journal::ResultError),
}

impl RunError {
    /// The same with secrets hidden: parts written in Rust are given them, and say what they like.
    fn masked(self, secrets: &Secrets) -> Self {
        let mask = |text: String| secrets.mask(&text).into_owned();
        match self {
            Self::Custom { place, problem } => Self::Custom { place: mask(place), problem: mask(problem) },
            Self::World(WorldError::Specification { who, problem }) => {
                Self::World(WorldError::Specification { who: mask(who), problem: mask(problem) })
            }
            Self::World(WorldError::Start { who, reason }) => {
                Self::World(WorldError::Start { who: mask(who), reason: mask(reason) })
            }
            other => other,
        }
    }
}

impl<'a> Run<'a> {
    /// The scenario's own seed, replicate 0, nothing kept.
    #[must_use]
    pub fn new(scenario: &'a Scenario) -> Self {
        Self {
            scenario,
            registry: None,
            seed: scenario.seed,
            replicate: 0,
            folder: None,
            durability: Durability::default(),
            disk: None,
            clock: Clock::Virtual,
            tape: None,
            resumed: None,
            recall: None,
            forked: None,
            keep_events: false,
            live: None,
            task: None,
            ask: None,
            watch: None,
            checks_invariants: scenario.checks_invariants,
            must_end_by: None,
            faults: None,
        }
    }

    /// Looks custom models, tools and patterns up here.
    #[must_use]
    pub fn registry(mut self, registry: &'a Registry) -> Self {
        self.registry = Some(registry);
        self
    }

    /// Plays with another seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Plays another replicate of the study.
    #[must_use]
    pub fn replicate(mut self, replicate: u32) -> Self {
        self.replicate = replicate;
        self
    }

    /// Keeps journal, resolved scenario and result in a new folder.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// How soon what has happened is in the journal's file; default [`Durability::Batch`].
    #[must_use]
    pub const fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Writes what is kept to this disk, which a test can watch.
    #[must_use]
    pub fn disk(mut self, disk: Disk) -> Self {
        self.disk = Some(disk);
        self
    }

    /// What makes the time of the run pass; default [`Clock::Virtual`].
    #[must_use]
    pub const fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Has everything that models and outside tools answer taken down.
    #[must_use]
    pub fn record(mut self, recorder: &Recorder) -> Self {
        self.tape = Some(Tape::Record(recorder.clone()));
        self
    }

    /// Has models and outside tools answer what was recorded, and nothing else: none of them is asked. A call of a tool
    /// that was not recorded makes the run a failed one.
    #[must_use]
    pub fn recorded(mut self, cassette: &Arc<Cassette>) -> Self {
        self.tape = Some(Tape::Play(Arc::clone(cassette)));
        self
    }

    /// Plays with the seed, the replicate, the task and the clock of a kept run.
    #[must_use]
    pub fn as_manifest(mut self, manifest: Option<&Manifest>) -> Self {
        if let Some(manifest) = manifest {
            self.clock = if manifest.clock == REAL_CLOCK { Clock::Real } else { Clock::Virtual };
            (self.seed, self.replicate) = (manifest.seed, manifest.replicate);
            self.task = manifest.task.clone();
        }
        self
    }

    /// Goes on with the run that is kept in this folder. Seed, replicate and task must be those of its manifest, see
    /// [`as_manifest`](Self::as_manifest).
    #[must_use]
    pub const fn resume(mut self, folder: &'a RunFolder) -> Self {
        self.resumed = Some(folder);
        self
    }

    /// Repeats an earlier play as far as it is known, and says where it went otherwise.
    #[must_use]
    pub fn recall(mut self, recall: Recall) -> Self {
        self.recall = Some(recall);
        self
    }

    /// Begins as another run: what models answered there is taken from its events, whatever they would answer now, and
    /// everything else must come out as it was.
    #[must_use]
    pub fn fork(mut self, beginning: Beginning, lineage: Lineage) -> Self {
        let (events, outside) = (beginning.events.clone(), beginning.outside.clone());
        let replies_before = Some(EventSequence(lineage.at));
        self.recall = Some(Recall { events, outside, may_ask: true, replies_before, until: None });
        self.forked = Some((beginning, lineage));
        self
    }

    /// Gives all events back with the result.
    #[must_use]
    pub fn keep_events(mut self) -> Self {
        self.keep_events = true;
        self
    }

    /// Shows all events to somebody as they happen, a few at a time and in order.
    #[must_use]
    pub fn watch(mut self, watch: Watch) -> Self {
        self.watch = Some(watch);
        self
    }

    /// Lets other threads watch the run and call it off.
    #[must_use]
    pub fn live(mut self, live: &Arc<Live>) -> Self {
        self.live = Some(Arc::clone(live));
        self
    }

    /// Plays one task with this prompt instead of the scenario's tasks.
    #[must_use]
    pub fn task(mut self, prompt: impl Into<String>) -> Self {
        self.task = Some(prompt.into());
        self
    }

    /// How a person is asked when the scenario has an interactive one; without, nobody is there.
    #[must_use]
    pub fn person(mut self, ask: AskPerson) -> Self {
        self.ask = Some(ask);
        self
    }

    /// Holds every event against the invariants as it happens; a run that violates one has failed.
    #[must_use]
    pub fn check_invariants(mut self) -> Self {
        self.checks_invariants = true;
        self
    }

    /// For the invariants: by then, in virtual time, the run must have ended.
    #[must_use]
    pub fn must_end_by(mut self, time: VirtualTime) -> Self {
        self.must_end_by = Some(time);
        self
    }

    /// Plays with these faults, each with its number, in place of those of the scenario.
    #[must_use]
    pub fn faults(mut self, faults: Vec<(u32, FaultOptions)>) -> Self {
        self.faults = Some(faults);
        self
    }

    /// Plays the run on this thread.
    ///
    /// # Errors
    /// Only when it could not be started or its folder not be written; whatever happens in a run that has started is
    /// in the result.
    pub fn play(self) -> Result<Played, RunError> {
        let secrets = &self.scenario.secrets;
        self.play_unmasked().map_err(|error| error.masked(secrets))
    }

    fn play_unmasked(self) -> Result<Played, RunError> {
        let none = Registry::new();
        let registry = self.registry.unwrap_or(&none);
        if let Some(folder) = &self.folder {
            real_folders::check_apart(self.scenario, folder)?;
        }
        // What only repeats a run from its journal changes nothing outside.
        let only_repeats = self.recall.as_ref().is_some_and(|recall| !recall.may_ask);
        let mut spec = wiring::world_spec(self.scenario, registry, self.seed, self.replicate, only_repeats)?;
        spec.keep_events = self.keep_events;
        spec.watch = self.watch;
        spec.live = self.live;
        spec.person = wiring::person(self.scenario.harness.person.as_ref(), self.ask);
        (spec.check_invariants, spec.must_end_by) = (self.checks_invariants, self.must_end_by);
        if let Some(faults) = self.faults {
            spec.faults = faults;
        }
        let task = self.task;
        if let Some(prompt) = task.clone() {
            spec.tasks = Box::new(std::iter::once(Task::new(TaskId(0), prompt)));
        }
        if let Some(tape) = &self.tape {
            tape.put_into(&mut spec);
        }
        (spec.clock, spec.recall) = (self.clock, self.recall);
        let disk = self.disk.unwrap_or_else(folder::default_disk).syncing(self.durability.syncs());
        let folder = match (self.resumed, self.folder) {
            (Some(folder), _) => {
                let folder = folder.clone().on(disk);
                take_up(&folder, self.scenario, self.durability, &mut spec)?;
                Some(folder)
            }
            (None, Some(path)) => {
                let mut manifest = Manifest::of(self.scenario, self.seed, self.replicate, task.as_deref());
                if self.clock == Clock::Real {
                    REAL_CLOCK.clone_into(&mut manifest.clock);
                }
                let (beginning, lineage) = self.forked.unzip();
                manifest.lineage = lineage;
                let cassette = match &self.tape {
                    Some(Tape::Play(cassette)) => Some(&**cassette),
                    Some(Tape::Record(_)) | None => None,
                };
                manifest.volatile = cassette.map(|cassette| cassette.volatile().to_vec());
                let folder = RunFolder::create(path, self.scenario, &manifest, cassette, disk)?;
                let played_with = folder::played_with(self.scenario, &spec.toolbox);
                let sink = folder.start_journal(self.durability, played_with, &beginning.unwrap_or_default());
                let sink = sink.inspect_err(|_| folder.discard())?;
                spec.journal = Some(sink);
                Some(folder)
            }
            (None, None) => None,
        };
        if let Some(notes) = spec.recall.as_ref().and_then(|recall| notes_at_start(&recall.events)) {
            spec.notes = notes;
        }
        let notes_read = self.scenario.notes_folder.as_ref().map(|_| spec.notes.clone()).unwrap_or_default();
        let report = moot_runtime::play(spec).inspect_err(|_| {
            // A run that never started leaves nothing behind, so that it can be tried again.
            if let Some(folder) = folder.as_ref().filter(|_| self.resumed.is_none()) {
                folder.discard();
            }
        });
        let report = report.map_err(|error| with_place(error, self.scenario))?;
        let is_kept = folder.is_some() || only_repeats || self.tape.is_some();
        // What a cassette answers came from outside as well.
        let is_played_back = matches!(self.tape, Some(Tape::Play(_)));
        let determinism = Determinism::of(report.asked_outside, self.clock == Clock::Real || is_played_back, is_kept);
        let mut result = RunResult::from_summary(&report.summary, report.digest)?;
        // What went wrong after the last event, such as a full disk, is known to the report alone.
        (result.status, result.reason) = (report.status, report.reason);
        if !only_repeats
            && report.divergence.is_none()
            && let Err(problem) = real_folders::write_notes(self.scenario, &notes_read, &report.notes, report.ended_at)
        {
            fail(&mut result, &problem);
        }
        if let Some(Tape::Play(cassette)) = &self.tape {
            cassette.missed_calls().iter().for_each(|miss| fail(&mut result, miss));
        }
        let violations = report.violations.unwrap_or_default();
        if let Some(violation) = violations.first() {
            fail(&mut result, violation);
        }
        if let Some(divergence) = &report.divergence {
            fail(&mut result, &DivergenceError(divergence));
            // A new run that is not what it was to begin as is none.
            if let Some(folder) = folder.as_ref().filter(|_| self.resumed.is_none()) {
                folder.discard();
            }
        }
        // What did not go on as it was kept is no result of the run that is kept.
        if let Some(folder) = folder.as_ref().filter(|_| report.divergence.is_none()) {
            keep_result(folder, &mut result);
        }
        Ok(Played {
            result,
            summary: report.summary,
            ledger: report.ledger,
            files: report.files,
            events: report.events,
            divergence: report.divergence,
            violations,
            reached: report.reached,
            fired: report.fired,
            ended_at: report.ended_at,
            determinism,
            leftover_tasks: report.leftover_tasks,
        })
    }
}

/// A run that was played has a result even when that can't be written, as on a full disk: then it says so itself.
fn keep_result(folder: &RunFolder, result: &mut RunResult) {
    if let Err(error) = folder.write_result(result) {
        fail(result, &error);
    }
}

/// What went wrong beside the run itself makes it failed, and is told after its own reason.
fn fail(result: &mut RunResult, error: &dyn std::fmt::Display) {
    let before = result.reason.take().map(|reason| format!("{reason}; ")).unwrap_or_default();
    (result.status, result.reason) = (RunStatus::Failed, Some(format!("{before}{error}").into()));
}

/// Lets a world repeat what is kept of its run and go on from there.
fn take_up(
    folder: &RunFolder,
    scenario: &Scenario,
    durability: Durability,
    spec: &mut WorldSpec,
) -> Result<(), RunError> {
    let (kept, sink) = folder.take_up(durability)?;
    let now = folder::played_with(scenario, &spec.toolbox);
    let differences = kept.played_with.as_ref().map(|before| folder::differences(before, &now)).unwrap_or_default();
    if !differences.is_empty() {
        return Err(RunError::Changed { path: folder.path().to_path_buf(), differences });
    }
    spec.journal = Some(sink);
    let replies_before = folder.manifest()?.as_ref().and_then(Manifest::forked_at);
    // Of a run that has come to its end nothing is left to ask.
    let may_ask = !kept.is_finished();
    let (events, outside) = (kept.events, kept.outside);
    let recall = Recall { events, outside, may_ask, replies_before, until: None };
    spec.recall = Some(recall);
    Ok(())
}

/// The notes that a kept run began with, whatever is in their folder by now; `None` when it broke off before it had any.
fn notes_at_start(events: &KeptEvents) -> Option<Notes> {
    let mut notes = Notes::new();
    for event in events.iter().map_while(Result::ok) {
        match &event.kind {
            EventKind::NotesLoaded { notes: loaded } => {
                for note in loaded {
                    // There was room for all of them.
                    let _ = notes.remember(note.clone());
                }
            }
            // It starts with the notes, if there are any.
            EventKind::ActorStarted { role: ActorRole::MemoryStore } => return Some(notes),
            // Nobody needs them: stores start in front of all tasks.
            EventKind::TaskStarted { .. } => return None,
            _ => {}
        }
    }
    None
}

/// An actor that can't be started is named with the place where the scenario declares it.
fn with_place(error: WorldError, scenario: &Scenario) -> WorldError {
    let place = |who: String| match ActorPath::new(&who).ok().and_then(|path| scenario.declared_at(&path)) {
        Some(place) => format!("{who} ({place})"),
        None => who,
    };
    match error {
        WorldError::Specification { who, problem } => WorldError::Specification { who: place(who), problem },
        WorldError::Start { who, reason } => WorldError::Start { who: place(who), reason },
        other => other,
    }
}

/// Where a run went otherwise, as an error of the run.
#[derive(Debug)]
struct DivergenceError<'a>(&'a Divergence);

impl std::fmt::Display for DivergenceError<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Divergence { expected, found } = self.0;
        let now = serde_json::to_value(found).unwrap_or_default();
        let differences = folder::differences(expected, &now);
        write!(formatter, "at event {} of {}: {}", found.sequence.0, found.actor, differences.join("; "))
    }
}

impl std::error::Error for DivergenceError<'_> {}
