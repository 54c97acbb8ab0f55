//! Bringing the actors of a world up, in order, and down again in reverse order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use moot_core::port::{Outputs, Ports, Workspace};
use moot_core::random::RandomKey;
use moot_core::{ActorPath, ActorRole, EventKind, Placement, RunStatus, Task, Text, VirtualDuration};
use moot_council::Seat;
use moot_mind::budget::BudgetId;
use moot_tool::outputs::OutputStore;
use moot_tool::person::ScriptedPerson;
use moot_tool::{MemoryWorkspace, Notes};
use ractor::{Actor, ActorCell, ActorRef};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::books::{Books, Held};
use super::drive::Driven;
use super::kinds::Kinds;
use super::shared::{World, WorldSignal};
use super::{WorldError, WorldReport};
use crate::actors::agent::{AgentMessage, AgentSeat, AgentState};
use crate::actors::body::{Body, post};
use crate::actors::coordinator::CoordinatorState;
use crate::actors::executor::{Bench, ExecutorState};
use crate::actors::gateway::{GatewayMessage, GatewaySetup, GatewayState};
use crate::actors::ledger::{LedgerMessage, LedgerState};
use crate::actors::memory::{MemoryMessage, MemoryPort, MemoryState};
use crate::actors::participant::{Budgets, Participant};
use crate::actors::person::{PersonPort, PersonState, Presence};
use crate::actors::recorder::{RecorderMessage, RecorderState};
use crate::actors::supervisor::{Supervisor, SupervisorState};
use crate::actors::team::{TeamMessage, TeamPort, TeamState, Template};
use crate::desk::{ModesPort, SkillsPort};
use crate::hooks::HookSet;
use crate::log::Log;
use crate::outside_workspace::OutsideWorkspace;
use crate::spec::{AgentSpec, CouncilSpec, ModelSpec, PersonSpec, WorkspaceSpec, WorldSpec};
use crate::{LedgerTotals, Live};

/// The program's name as the journal's header gives it.
const PROGRAM: &str = concat!("folkmoot ", env!("CARGO_PKG_VERSION"));

/// A world whose actors are up.
pub(crate) struct Started {
    pub(crate) world: Arc<World>,
    pub(crate) signals: tokio::sync::Mutex<UnboundedReceiver<WorldSignal>>,
    pub(crate) signal_sender: tokio::sync::mpsc::UnboundedSender<WorldSignal>,
    pub(crate) root: Participant,
    pub(crate) root_path: ActorPath,
    pub(crate) participants: Arc<BTreeMap<ActorPath, Participant>>,
    pub(crate) hooks: Arc<HookSet>,
    /// What every model call is held against: the run's budget, if it has one.
    pub(crate) budgets: Budgets,
    pub(crate) at_once: u32,
    pub(crate) tolerate_failed: f64,
    pub(crate) live: Option<Arc<Live>>,
    children: Vec<Child>,
    supervisor: (ActorCell, JoinHandle<()>),
    ledger: ActorRef<LedgerMessage>,
    recorder: Option<ActorRef<RecorderMessage>>,
    workspace: Option<Arc<MemoryWorkspace>>,
    memory: ActorRef<MemoryMessage>,
}

/// An actor that was started, in the order of starting.
struct Child {
    path: ActorPath,
    cell: ActorCell,
    ended: JoinHandle<()>,
}

impl Started {
    /// The path of an actor by the runtime's number for it.
    pub(crate) fn path_of(&self, actor: ractor::ActorId) -> Option<ActorPath> {
        let declared = self.children.iter().find(|child| child.cell.get_id() == actor);
        declared.map(|child| child.path.clone()).or_else(|| self.world.spawned_path(actor))
    }
}

/// The tasks of a world, in order.
pub(crate) type Tasks = Box<dyn Iterator<Item = Task> + Send>;

/// Starts everything a specification asks for.
pub(crate) async fn start(spec: WorldSpec) -> Result<(Started, Tasks), WorldError> {
    let log = Log::new(spec.keep_events, spec.measured, spec.watch);
    let world = Arc::new(World::new(log, spec.seed, spec.replicate, spec.mask));
    let (signal_sender, signals) = unbounded_channel();
    let state = SupervisorState::new(Arc::clone(&world), signal_sender.clone());
    let (supervisor, supervisor_ended) =
        Supervisor::spawn(None, Supervisor, state).await.map_err(|error| not_started("supervisor", &error))?;
    world.set_supervisor(supervisor.clone());
    let mut nursery = Nursery { world: &world, supervisor: supervisor.get_cell(), children: Vec::new() };

    let recorder = match spec.journal {
        Some(sink) => {
            let state = RecorderState::new(sink, PROGRAM, signal_sender.clone());
            let recorder = nursery.spawn(servant("recorder"), Body::new(), Box::new(state)).await?;
            world.log().record_to(recorder.clone());
            Some(recorder)
        }
        None => None,
    };
    // The first event of every run; nobody has recorded anything before it.
    let started = EventKind::RunStarted { scenario: spec.scenario, seed: spec.seed, replicate: spec.replicate };
    world.record(&ActorPath::world(), None, started);

    let mut agents = spec.agents;
    agents.sort_by(|left, right| left.path.cmp(&right.path));
    let agent_paths: Vec<ActorPath> = agents.iter().map(|agent| agent.path.clone()).collect();
    world.set_declared(u32::try_from(agents.len()).unwrap_or(u32::MAX));
    let model_names = spec.models.iter().map(|model| Text::clone(&model.name)).collect();
    let books = Books::open(spec.budget, &agents, &spec.templates, &spec.councils);
    world.set_deadlines(books.deadlines);
    let state = Box::new(LedgerState::new(agent_paths, model_names, books.book));
    let ledger = nursery.spawn(servant("ledger"), Body::new(), state).await?;
    world.set_ledger(ledger.clone());
    nursery.announce("ledger", ActorRole::CostLedger);
    if !spec.notes.is_empty() {
        let notes = spec.notes.iter().cloned().collect();
        world.record(&ActorPath::world(), None, EventKind::NotesLoaded { notes });
    }
    let memory = nursery.spawn(servant("memory"), Body::new(), Box::new(MemoryState::new(spec.notes))).await?;
    nursery.announce("memory", ActorRole::MemoryStore);
    let (presence, timeout) = match spec.person {
        PersonSpec::Absent => (Presence::Absent, VirtualDuration::ZERO),
        PersonSpec::Scripted(options, timeout) => (Presence::Scripted(ScriptedPerson::new(options)), timeout),
        PersonSpec::Interactive(ask, timeout) => (Presence::Interactive(ask), timeout),
    };
    let person_state = Box::new(PersonState::new(Arc::clone(&world), presence, timeout));
    let person = nursery.spawn(servant("person"), Body::new(), person_state).await?;
    let team_state = Box::new(TeamState::new(Arc::clone(&world), supervisor.get_cell(), spec.spawn_limits));
    let team = nursery.spawn(servant("team"), Body::new(), team_state).await?;

    let (files, workspace): (Arc<dyn Workspace>, _) = match spec.workspace {
        WorkspaceSpec::Memory(files) => {
            let workspace = MemoryWorkspace::with_files(files).map_err(|error| WorldError::Specification {
                who: "workspace".to_owned(),
                problem: error.to_string(),
            })?;
            let workspace = Arc::new(workspace);
            (Arc::clone(&workspace) as _, Some(workspace))
        }
        WorkspaceSpec::Outside(inner) => (Arc::new(OutsideWorkspace { world: Arc::clone(&world), inner }), None),
    };
    let outputs: Arc<dyn Outputs> = Arc::new(OutputStore::default());
    let ports = Ports {
        workspace: files,
        memory: Arc::new(MemoryPort(memory.clone())),
        blackboard: Arc::new(MemoryPort(memory.clone())),
        team: Arc::new(TeamPort { world: Arc::clone(&world), team: team.clone() }),
        person: Arc::new(PersonPort(person.clone())),
        outputs: Arc::clone(&outputs),
        skills: Arc::new(SkillsPort { world: Arc::clone(&world), library: Arc::clone(&spec.skills) }),
        modes: Arc::new(ModesPort(Arc::clone(&world))),
    };
    let bench = Bench {
        toolbox: Arc::clone(&spec.toolbox),
        ports: Arc::new(ports),
        settings: spec.tool_settings,
        hooks: Arc::clone(&spec.hooks),
        person,
    };
    let executor_state = ExecutorState::new(Arc::clone(&world), servant("tools"), bench);
    let executor = nursery.spawn(servant("tools"), Body::new(), Box::new(executor_state)).await?;

    let mut gateways = Vec::with_capacity(spec.models.len());
    for (number, model) in spec.models.into_iter().enumerate() {
        gateways.push(start_gateway(&mut nursery, number, model, ledger.clone()).await?);
    }

    let mut kinds = Kinds {
        seed: spec.seed,
        replicate: spec.replicate,
        toolbox: &spec.toolbox,
        gateways: &gateways,
        executor: &executor,
        memory: &memory,
        team: &team,
        hooks: &spec.hooks,
        outputs: &outputs,
        last: None,
    };
    let mut participants = BTreeMap::new();
    for (number, agent) in agents.into_iter().enumerate() {
        let path = agent.path.clone();
        let held = books.agents.get(number).copied().unwrap_or_default();
        let actor = start_agent(&mut nursery, &mut kinds, number, agent, held).await?;
        if participants.insert(path.clone(), Participant::Agent(actor)).is_some() {
            return Err(specification(&path, "this path is used twice"));
        }
    }
    let mut templates = BTreeMap::new();
    for (template, held) in spec.templates.iter().zip(&books.templates) {
        let kind = kinds.of(template, *held)?;
        templates.insert(template.path.as_str().into(), Template { kind, rights: template.rights.clone() });
    }
    let seats = books.councils;
    start_councils(&mut nursery, spec.councils, &seats, &mut participants, spec.seed, spec.replicate).await?;
    let participants = Arc::new(participants);
    post(&team, TeamMessage::Declared { participants: Arc::clone(&participants), templates });

    let root = participants
        .get(&spec.root)
        .cloned()
        .ok_or_else(|| specification(&spec.root, "the tasks go to it, and nobody has this path"))?;
    let children = nursery.children;
    let started = Started {
        world: Arc::clone(&world),
        signals: tokio::sync::Mutex::new(signals),
        signal_sender,
        root,
        root_path: spec.root,
        participants,
        hooks: spec.hooks,
        budgets: books.run,
        at_once: spec.tasks_at_once.max(1),
        tolerate_failed: spec.tolerate_failed,
        live: spec.live,
        children,
        supervisor: (supervisor.get_cell(), supervisor_ended),
        ledger,
        recorder,
        workspace,
        memory,
    };
    Ok((started, spec.tasks))
}

/// Starts children and keeps their order.
struct Nursery<'a> {
    world: &'a Arc<World>,
    supervisor: ActorCell,
    children: Vec<Child>,
}

impl Nursery<'_> {
    async fn spawn<A: Actor>(
        &mut self,
        path: ActorPath,
        actor: A,
        arguments: A::Arguments,
    ) -> Result<ActorRef<A::Msg>, WorldError> {
        let (actor, ended) = A::spawn_linked(None, actor, arguments, self.supervisor.clone())
            .await
            .map_err(|error| not_started(path.as_str(), &error))?;
        self.children.push(Child { path, cell: actor.get_cell(), ended });
        Ok(actor)
    }

    fn announce(&self, name: &str, role: ActorRole) {
        self.world.record(&servant(name), None, EventKind::ActorStarted { role });
    }
}

pub(super) type Gateway = (ActorRef<GatewayMessage>, Text, Placement);

async fn start_gateway(
    nursery: &mut Nursery<'_>,
    number: usize,
    spec: ModelSpec,
    ledger: ActorRef<LedgerMessage>,
) -> Result<Gateway, WorldError> {
    let path = servant("model").child(&spec.name).map_err(|error| WorldError::Specification {
        who: format!("model {:?}", spec.name),
        problem: error.to_string(),
    })?;
    let (model, placement) = crate::actors::body::guarded(|| {
        let model = (spec.factory)();
        let placement = model.placement();
        (model, placement)
    })
    .map_err(|message| specification(&path, &format!("the model panicked when it was made: {message}")))?;
    let setup = GatewaySetup {
        path: path.clone(),
        name: Text::clone(&spec.name),
        number: u32::try_from(number).unwrap_or(u32::MAX),
        factory: spec.factory,
        model,
        outside_latency: spec.outside_latency,
        price: spec.price,
        retry: spec.retry,
        limits: spec.limits,
        breaker: spec.breaker,
        ledger,
    };
    let state = GatewayState::new(Arc::clone(nursery.world), setup);
    let gateway = nursery.spawn(path, Body::new(), Box::new(state)).await?;
    Ok((gateway, spec.name, placement))
}

async fn start_agent(
    nursery: &mut Nursery<'_>,
    kinds: &mut Kinds<'_>,
    number: usize,
    spec: AgentSpec,
    held: Held,
) -> Result<ActorRef<AgentMessage>, WorldError> {
    let kind = kinds.of(&spec, held)?;
    let seat = AgentSeat {
        path: spec.path.clone(),
        number: u32::try_from(number).unwrap_or(u32::MAX),
        random: nursery.world.random_key(&spec.address),
        address: spec.address,
        history: spec.history,
        panics_at: spec.panics_at,
    };
    let state = AgentState::new(Arc::clone(nursery.world), kind, seat, None);
    nursery.spawn(spec.path, Body::new(), Box::new(state)).await
}

/// Starts councils after their members: always the first in path order whose members are all up.
async fn start_councils(
    nursery: &mut Nursery<'_>,
    mut councils: Vec<CouncilSpec>,
    budgets: &BTreeMap<ActorPath, BudgetId>,
    participants: &mut BTreeMap<ActorPath, Participant>,
    seed: u64,
    replicate: u32,
) -> Result<(), WorldError> {
    councils.sort_by(|left, right| left.path.cmp(&right.path));
    while !councils.is_empty() {
        let ready =
            councils.iter().position(|council| council.members.iter().all(|member| participants.contains_key(member)));
        let Some(ready) = ready else {
            return Err(no_council_ready(&councils, participants));
        };
        let council = councils.remove(ready);
        let members = council.members.iter().filter_map(|member| participants.get(member).cloned()).collect();
        let council_size = council.members.len();
        let seat = Seat {
            path: council.path.clone(),
            called: Seat::called(&council.members),
            members: council.members.into(),
            names: names_of(council.names, council_size),
            random: RandomKey::new(seed, replicate, council.path.as_str()),
        };
        let state = CoordinatorState::new(
            Arc::clone(nursery.world),
            council.pattern,
            seat,
            members,
            budgets.get(&council.path).copied(),
        );
        let actor = nursery.spawn(council.path.clone(), Body::new(), Box::new(state)).await?;
        if participants.insert(council.path.clone(), Participant::Coordinator(actor)).is_some() {
            return Err(specification(&council.path, "this path is used twice"));
        }
    }
    Ok(())
}

/// Where nobody said which names the members have, each has its own.
fn names_of(names: Vec<u32>, members: usize) -> Arc<[u32]> {
    if names.len() == members { names.into() } else { (0_u32..).take(members).collect() }
}

fn no_council_ready(councils: &[CouncilSpec], participants: &BTreeMap<ActorPath, Participant>) -> WorldError {
    let known: BTreeSet<&ActorPath> = participants.keys().chain(councils.iter().map(|council| &council.path)).collect();
    for council in councils {
        if let Some(missing) = council.members.iter().find(|member| !known.contains(member)) {
            return specification(&council.path, &format!("its member {missing} is not in the world"));
        }
    }
    let names: Vec<&str> = councils.iter().map(|council| council.path.as_str()).collect();
    WorldError::Specification { who: names.join(", "), problem: "these councils contain each other".to_owned() }
}

/// Stops everything in reverse order and gathers what is left.
pub(crate) async fn stop(started: Started, driven: Driven) -> WorldReport {
    let Started {
        world,
        children,
        supervisor,
        ledger,
        recorder,
        workspace,
        memory,
        participants,
        root,
        signal_sender,
        ..
    } = started;
    drop((participants, root, signal_sender));
    // What actors still do on their way down is no part of the run.
    let files = workspace.map(|workspace| workspace.snapshot()).unwrap_or_default();
    let notes = close_memory(&memory).await;
    world.flush_bookings();
    let ledger = close_books(&ledger).await;
    let (digest, summary, events) = world.log().finish();
    let (mut status, mut reason) = (driven.status, driven.reason);
    if let Some(recorder) = recorder
        && let Some(message) = finish_journal(&recorder).await
    {
        // A run that had failed already names its first reason.
        if status != RunStatus::Failed {
            (status, reason) = (RunStatus::Failed, Some(Text::from(message)));
        }
    }
    stop_spawned(&world).await;
    for child in children.into_iter().rev() {
        child.cell.stop(None);
        // An actor whose body was lost has ended already, and the run says so.
        let _ = child.ended.await;
    }
    stop_spawned(&world).await;
    supervisor.0.stop(None);
    let _ = supervisor.1.await;
    WorldReport {
        digest,
        summary,
        status,
        reason,
        ledger,
        files,
        notes,
        events,
        ended_at: world.now(),
        leftover_tasks: 0,
    }
}

/// Stops everybody who was started by an agent, last first. Until the team has stopped, more may come.
async fn stop_spawned(world: &World) {
    for spawned in world.take_spawned().into_iter().rev() {
        // An actor that never came up has nothing to stop.
        if let Ok(Ok(ended)) = spawned.starting.await {
            spawned.cell.stop(None);
            let _ = ended.await;
        }
    }
}

async fn close_books(ledger: &ActorRef<LedgerMessage>) -> LedgerTotals {
    let (answer, answered) = oneshot::channel();
    if ledger.send_message(LedgerMessage::Close(answer)).is_err() {
        return LedgerTotals::default();
    }
    answered.await.unwrap_or_default()
}

async fn close_memory(memory: &ActorRef<MemoryMessage>) -> Notes {
    let (answer, answered) = oneshot::channel();
    if memory.send_message(MemoryMessage::Close(answer)).is_err() {
        return Notes::new();
    }
    answered.await.unwrap_or_default()
}

/// The message of what went wrong with the journal, if anything did.
async fn finish_journal(recorder: &ActorRef<RecorderMessage>) -> Option<String> {
    let (answer, answered) = oneshot::channel();
    if recorder.send_message(RecorderMessage::Finish(answer)).is_err() {
        return Some("the recorder was lost; the journal is not complete".to_owned());
    }
    match answered.await {
        Ok(Ok(())) => None,
        Ok(Err(message)) => Some(message),
        Err(_) => Some("the recorder was lost; the journal is not complete".to_owned()),
    }
}

/// The path of an actor that is no participant.
pub(crate) fn servant(name: &str) -> ActorPath {
    ActorPath::world().child(name).unwrap_or_else(|_| ActorPath::world())
}

pub(super) fn specification(who: &ActorPath, problem: &str) -> WorldError {
    WorldError::Specification { who: who.to_string(), problem: problem.to_owned() }
}

fn not_started(who: &str, error: &ractor::SpawnErr) -> WorldError {
    WorldError::Start { who: who.to_owned(), reason: error.to_string() }
}
