//! Bringing the actors of a world up, in order, and down again in reverse order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use moot_core::random::RandomKey;
use moot_core::{ActorPath, ActorRole, EventKind, RunStatus, Task, Text};
use moot_council::Seat;
use moot_tool::MemoryWorkspace;
use ractor::{Actor, ActorCell, ActorRef};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::drive::Driven;
use super::shared::{World, WorldSignal};
use super::{WorldError, WorldReport};
use crate::actors::agent::{AgentKind, AgentMessage, AgentState};
use crate::actors::body::Body;
use crate::actors::coordinator::CoordinatorState;
use crate::actors::executor::{ExecutorMessage, ExecutorState};
use crate::actors::gateway::{GatewayMessage, GatewayState};
use crate::actors::ledger::{LedgerMessage, LedgerState};
use crate::actors::memory::{MemoryPort, MemoryStore};
use crate::actors::participant::Participant;
use crate::actors::recorder::{RecorderMessage, RecorderState};
use crate::actors::supervisor::{Supervisor, SupervisorState};
use crate::spec::{AgentSpec, CouncilSpec, ModelSpec, WorldSpec};
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
    pub(crate) participants: BTreeMap<ActorPath, Participant>,
    pub(crate) at_once: u32,
    pub(crate) tolerate_failed: f64,
    pub(crate) live: Option<Arc<Live>>,
    children: Vec<Child>,
    supervisor: (ActorCell, JoinHandle<()>),
    ledger: ActorRef<LedgerMessage>,
    recorder: Option<ActorRef<RecorderMessage>>,
    workspace: Arc<MemoryWorkspace>,
}

/// An actor that was started, in the order of starting.
struct Child {
    path: ActorPath,
    cell: ActorCell,
    ended: JoinHandle<()>,
}

impl Started {
    /// The path of an actor by the runtime's number for it.
    pub(crate) fn path_of(&self, actor: ractor::ActorId) -> Option<&ActorPath> {
        self.children.iter().find(|child| child.cell.get_id() == actor).map(|child| &child.path)
    }
}

/// The tasks of a world, in order.
pub(crate) type Tasks = Box<dyn Iterator<Item = Task> + Send>;

/// Starts everything a specification asks for.
pub(crate) async fn start(spec: WorldSpec) -> Result<(Started, Tasks), WorldError> {
    let world = Arc::new(World::new(spec.keep_events));
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
    let agent_paths = agents.iter().map(|agent| agent.path.clone()).collect();
    let model_names = spec.models.iter().map(|model| Text::clone(&model.name)).collect();
    let state = Box::new(LedgerState::new(agent_paths, model_names));
    let ledger = nursery.spawn(servant("ledger"), Body::new(), state).await?;
    world.set_ledger(ledger.clone());
    nursery.announce("ledger", ActorRole::CostLedger);
    let memory = nursery.spawn(servant("memory"), MemoryStore, ()).await?;
    nursery.announce("memory", ActorRole::MemoryStore);

    let workspace = MemoryWorkspace::with_files(spec.files)
        .map_err(|error| WorldError::Specification { who: "workspace".to_owned(), problem: error.to_string() })?;
    let workspace = Arc::new(workspace);
    let executor_state = ExecutorState::new(
        Arc::clone(&world),
        servant("tools"),
        Arc::clone(&spec.toolbox),
        Arc::clone(&workspace) as _,
        Arc::new(MemoryPort(memory)),
        spec.tool_latency,
    );
    let executor = nursery.spawn(servant("tools"), Body::new(), Box::new(executor_state)).await?;

    let mut gateways = Vec::with_capacity(spec.models.len());
    for (number, model) in spec.models.into_iter().enumerate() {
        gateways.push(start_gateway(&mut nursery, number, model).await?);
    }

    let mut kinds = Kinds {
        seed: spec.seed,
        replicate: spec.replicate,
        toolbox: &spec.toolbox,
        gateways: &gateways,
        executor: &executor,
        last: None,
    };
    let mut participants = BTreeMap::new();
    for (number, agent) in agents.into_iter().enumerate() {
        let path = agent.path.clone();
        let actor = start_agent(&mut nursery, &mut kinds, number, agent).await?;
        if participants.insert(path.clone(), Participant::Agent(actor)).is_some() {
            return Err(specification(&path, "this path is used twice"));
        }
    }
    start_councils(&mut nursery, spec.councils, &mut participants, spec.seed, spec.replicate).await?;

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
        at_once: spec.tasks_at_once.max(1),
        tolerate_failed: spec.tolerate_failed,
        live: spec.live,
        children,
        supervisor: (supervisor.get_cell(), supervisor_ended),
        ledger,
        recorder,
        workspace,
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

type Gateway = (ActorRef<GatewayMessage>, Text, moot_core::Placement);

async fn start_gateway(nursery: &mut Nursery<'_>, number: usize, spec: ModelSpec) -> Result<Gateway, WorldError> {
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
    let state = GatewayState::new(
        Arc::clone(nursery.world),
        path.clone(),
        Text::clone(&spec.name),
        u32::try_from(number).unwrap_or(u32::MAX),
        spec.factory,
        model,
        spec.outside_latency,
    );
    let gateway = nursery.spawn(path, Body::new(), Box::new(state)).await?;
    Ok((gateway, spec.name, placement))
}

/// Makes what agents of one declaration share, once for a run of agents that are alike.
struct Kinds<'a> {
    seed: u64,
    replicate: u32,
    toolbox: &'a Arc<moot_tool::Toolbox>,
    gateways: &'a [Gateway],
    executor: &'a ActorRef<ExecutorMessage>,
    last: Option<(AgentLikeness, Arc<AgentKind>)>,
}

/// What two agents must have in common to share an [`AgentKind`].
#[derive(PartialEq)]
struct AgentLikeness {
    group: Text,
    model: usize,
    tools: Arc<[Text]>,
    instructions: Option<Text>,
    limits: moot_mind::TurnOptions,
    keep_transcript: bool,
}

impl Kinds<'_> {
    fn of(&mut self, spec: &AgentSpec) -> Result<Arc<AgentKind>, WorldError> {
        let likeness = AgentLikeness {
            group: spec.group.clone(),
            model: spec.model,
            tools: Arc::clone(&spec.tools),
            instructions: spec.instructions.clone(),
            limits: spec.limits,
            keep_transcript: spec.keep_transcript,
        };
        if let Some((last, kind)) = &self.last
            && *last == likeness
        {
            return Ok(Arc::clone(kind));
        }
        let (gateway, model_name, model_placement) =
            self.gateways.get(spec.model).ok_or_else(|| specification(&spec.path, "its model is not in the world"))?;
        if let Some(unknown) = spec.tools.iter().find(|name| !self.toolbox.contains(name)) {
            return Err(specification(&spec.path, &format!("its tool {unknown} is not in the world")));
        }
        let tool_specs = self.toolbox.specs(&spec.tools);
        let kind = Arc::new(AgentKind {
            gateway: gateway.clone(),
            executor: self.executor.clone(),
            model_name: model_name.clone(),
            model_placement: *model_placement,
            tools: Arc::clone(&spec.tools),
            tool_specs,
            instructions: spec.instructions.clone(),
            limits: spec.limits,
            keep_transcript: spec.keep_transcript,
            group: spec.group.clone(),
            group_random: RandomKey::new(self.seed, self.replicate, &spec.group),
        });
        self.last = Some((likeness, Arc::clone(&kind)));
        Ok(kind)
    }
}

async fn start_agent(
    nursery: &mut Nursery<'_>,
    kinds: &mut Kinds<'_>,
    number: usize,
    spec: AgentSpec,
) -> Result<ActorRef<AgentMessage>, WorldError> {
    let kind = kinds.of(&spec)?;
    let state = AgentState::new(
        Arc::clone(nursery.world),
        kind,
        spec.path.clone(),
        u32::try_from(number).unwrap_or(u32::MAX),
        RandomKey::new(kinds.seed, kinds.replicate, &spec.address),
        spec.history,
        spec.panics_at,
    );
    nursery.spawn(spec.path, Body::new(), Box::new(state)).await
}

/// Starts councils after their members: always the first in path order whose members are all up.
async fn start_councils(
    nursery: &mut Nursery<'_>,
    mut councils: Vec<CouncilSpec>,
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
        let seat = Seat {
            path: council.path.clone(),
            members: council.members.into(),
            random: RandomKey::new(seed, replicate, council.path.as_str()),
        };
        let state = CoordinatorState::new(Arc::clone(nursery.world), council.pattern, seat, members);
        let actor = nursery.spawn(council.path.clone(), Body::new(), Box::new(state)).await?;
        if participants.insert(council.path.clone(), Participant::Coordinator(actor)).is_some() {
            return Err(specification(&council.path, "this path is used twice"));
        }
    }
    Ok(())
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
    let Started { world, children, supervisor, ledger, recorder, workspace, participants, root, signal_sender, .. } =
        started;
    drop((participants, root, signal_sender));
    // What actors still do on their way down is no part of the run.
    let files = workspace.snapshot();
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
    for child in children.into_iter().rev() {
        child.cell.stop(None);
        // An actor whose body was lost has ended already, and the run says so.
        let _ = child.ended.await;
    }
    supervisor.0.stop(None);
    let _ = supervisor.1.await;
    WorldReport { digest, summary, status, reason, ledger, files, events, ended_at: world.now(), leftover_tasks: 0 }
}

async fn close_books(ledger: &ActorRef<LedgerMessage>) -> LedgerTotals {
    let (answer, answered) = oneshot::channel();
    if ledger.send_message(LedgerMessage::Close(answer)).is_err() {
        return LedgerTotals::default();
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
fn servant(name: &str) -> ActorPath {
    ActorPath::world().child(name).unwrap_or_else(|_| ActorPath::world())
}

fn specification(who: &ActorPath, problem: &str) -> WorldError {
    WorldError::Specification { who: who.to_string(), problem: problem.to_owned() }
}

fn not_started(who: &str, error: &ractor::SpawnErr) -> WorldError {
    WorldError::Start { who: who.to_owned(), reason: error.to_string() }
}
