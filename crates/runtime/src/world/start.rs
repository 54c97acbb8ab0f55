//! Bringing the actors of a world up, in order, and down again in reverse order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use moot_core::port::{Outputs, Ports, Workspace};
use moot_core::random::RandomKey;
use moot_core::{
    ActorPath, ActorRole, EventKind, EventSequence, Placement, RunStatus, Task, Text, VirtualDuration, VirtualTime,
};
use moot_council::Seat;
use moot_journal::CallTotals;
use moot_mind::budget::BudgetId;
use moot_safety::fault::FaultPlan;
use moot_safety::invariant::{BooksState, Invariants, Probe, RestartLimits};
use moot_safety::supervision::Counted;
use moot_safety::supervision::{Strategy, SupervisionOptions, SupervisionProblem, SupervisionTree, SupervisorNode};
use moot_tool::outputs::OutputStore;
use moot_tool::person::ScriptedPerson;
use moot_tool::{MemoryWorkspace, Notes};
use ractor::ActorCell;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::books::{Books, Held};
use super::drive::Driven;
use super::household::path_in;
use super::kinds::Kinds;
use super::shared::{World, WorldSignal};
use super::{WorldError, WorldReport};
use crate::actors::address::Address;
use crate::actors::agent::{AgentMessage, AgentSeat, AgentState};
use crate::actors::body::{Body, Cabin, Housing, Inhabitant, post};
use crate::actors::coordinator::CoordinatorState;
use crate::actors::executor::{Bench, ExecutorState};
use crate::actors::gateway::{GatewayMessage, GatewaySetup, GatewayState};
use crate::actors::ledger::{LedgerMessage, LedgerState};
use crate::actors::memory::{MemoryMessage, MemoryPort, MemoryState};
use crate::actors::participant::{Budgets, Participant};
use crate::actors::person::{PersonPort, PersonState, Presence};
use crate::actors::recorder::{RecorderMessage, RecorderState};
use crate::actors::supervisor::SupervisorState;
use crate::actors::team::{TeamMessage, TeamPort, TeamState, Template};
use crate::desk::{ModesPort, SkillsPort};
use crate::faults::Faults;
use crate::hooks::HookSet;
use crate::log::Log;
use crate::outside::{Clock, Keep};
use crate::outside_workspace::OutsideWorkspace;
use crate::spec::{
    AgentSpec, CouncilSpec, MAILBOX_MAX, ModelSpec, PersonSpec, SERVANT_REQUESTS, WorkspaceSpec, WorldSpec,
};
use crate::{LedgerTotals, Live};

/// A world whose actors are up.
pub(crate) struct Started {
    pub(crate) world: Arc<World>,
    pub(crate) signals: tokio::sync::Mutex<UnboundedReceiver<WorldSignal>>,
    pub(crate) signal_sender: tokio::sync::mpsc::UnboundedSender<WorldSignal>,
    pub(crate) root: Participant,
    pub(crate) root_path: ActorPath,
    pub(crate) hooks: Arc<HookSet>,
    /// What every model call is held against: the run's budget, if it has one.
    pub(crate) budgets: Budgets,
    pub(crate) at_once: u32,
    pub(crate) tolerate_failed: f64,
    pub(crate) live: Option<Arc<Live>>,
    pub(crate) clock: Clock,
    /// Before which event a run that repeats another one ends.
    pub(crate) until: Option<EventSequence>,
    supervisor: (Arc<dyn Housing>, ActorCell, JoinHandle<()>),
    ledger: Address<LedgerMessage>,
    recorder: Option<Address<RecorderMessage>>,
    workspace: Option<Arc<MemoryWorkspace>>,
    memory: Address<MemoryMessage>,
}

/// The tasks of a world, in order.
pub(crate) type Tasks = Box<dyn Iterator<Item = Task> + Send>;

/// Starts everything a specification asks for.
pub(crate) async fn start(spec: WorldSpec) -> Result<(Started, Tasks), WorldError> {
    let tree = planted(&spec)?;
    let mut log = Log::new(spec.keep_events, spec.measured, spec.watch);
    if spec.check_invariants {
        log.check(Invariants::new());
    }
    let world = Arc::new(World::new(log, (spec.seed, spec.replicate), spec.mask, spec.mailbox_max));
    let (signal_sender, signals) = unbounded_channel();
    let plan = FaultPlan::numbered(spec.faults, spec.seed, spec.replicate);
    world.limit_restarts(spec.restarts_max);
    world.plan_faults(Faults::new(plan, &signal_sender));
    world.household().plant(Arc::clone(&tree));
    if let Some(time) = spec.must_end_by {
        world.probe(|| Probe::MustEndBy(time));
    }
    let supervisor = start_supervisors(&world, &tree, &signal_sender).await?;
    let servants_max = spec.mailbox_max.max(spec.agents.len().saturating_mul(SERVANT_REQUESTS)).max(MAILBOX_MAX);
    let root_max = spec.mailbox_max.max(spec.tasks_at_once as usize);
    let root = (spec.root.clone(), root_max);
    let mut nursery = Nursery { world: &world, supervisor: supervisor.1.clone(), servants_max, root };

    let until = spec.recall.as_ref().and_then(|recall| recall.until);
    if let Some(recall) = spec.recall {
        world.recall_replies(recall.replies()?);
        world.log().expect(recall.events);
        world.outside().recall(recall.outside, recall.may_ask);
    }
    let recorder = match spec.journal {
        Some(sink) => {
            world.outside().keep(Keep(world.shared_mask()));
            let commits = sink.commits;
            let state = RecorderState::new(sink, signal_sender.clone());
            let recorder = nursery.spawn(servant("recorder"), Box::new(state)).await?;
            world.log().record_to(recorder.clone(), commits);
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
    let state = Box::new(LedgerState::new(Arc::clone(&world), agent_paths, model_names, books.book));
    let ledger = nursery.spawn(servant("ledger"), state).await?;
    world.set_ledger(ledger.clone());
    nursery.announce("ledger", ActorRole::CostLedger);
    if !spec.notes.is_empty() {
        let notes = spec.notes.iter().cloned().collect();
        world.record(&ActorPath::world(), None, EventKind::NotesLoaded { notes });
    }
    let memory = nursery.spawn(servant("memory"), Box::new(MemoryState::new(Arc::clone(&world), spec.notes))).await?;
    nursery.announce("memory", ActorRole::MemoryStore);
    let (presence, timeout) = match spec.person {
        PersonSpec::Absent => (Presence::Absent, VirtualDuration::ZERO),
        PersonSpec::Scripted(options, timeout) => (Presence::Scripted(ScriptedPerson::new(options)), timeout),
        PersonSpec::Interactive(ask, timeout) => (Presence::Interactive(ask), timeout),
    };
    let person_state = Box::new(PersonState::new(Arc::clone(&world), presence, timeout));
    let person = nursery.spawn(servant("person"), person_state).await?;
    let team_state = Box::new(TeamState::new(Arc::clone(&world), spec.spawn_limits));
    let team = nursery.spawn(servant("team"), team_state).await?;

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
    let executor = nursery.spawn(servant("tools"), Box::new(executor_state)).await?;

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
    let started = Started {
        world: Arc::clone(&world),
        signals: tokio::sync::Mutex::new(signals),
        signal_sender,
        root,
        root_path: spec.root,
        hooks: spec.hooks,
        budgets: books.run,
        at_once: spec.tasks_at_once.max(1),
        tolerate_failed: spec.tolerate_failed,
        live: spec.live,
        supervisor,
        ledger,
        recorder,
        until,
        clock: spec.clock,
        workspace,
        memory,
    };
    Ok((started, spec.tasks))
}

/// Who watches over whom: what the specification says, or everybody under one supervisor.
fn planted(spec: &WorldSpec) -> Result<Arc<SupervisionTree>, WorldError> {
    if let Some(tree) = &spec.supervision {
        return Ok(Arc::clone(tree));
    }
    let servants = ["ledger", "memory", "person", "team", "tools"].into_iter().map(servant);
    let gateways = spec.models.iter().filter_map(|model| servant("model").child(&model.name).ok());
    let agents = spec.agents.iter().map(|agent| agent.path.clone());
    let councils = spec.councils.iter().map(|council| council.path.clone());
    let actors: Vec<ActorPath> = servants.chain(gateways).chain(agents).chain(councils).collect();
    let resolved = SupervisionTree::resolve(&SupervisionOptions::new(), &actors, &[]);
    let told = |problems: Vec<SupervisionProblem>| {
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        specification(&servant("supervisor"), &told.join("; "))
    };
    resolved.map(Arc::new).map_err(told)
}

/// Starts the supervisors, the one at the top first; that one's housing and body.
pub(crate) async fn start_supervisors(
    world: &Arc<World>,
    tree: &SupervisionTree,
    signals: &UnboundedSender<WorldSignal>,
) -> Result<(Arc<dyn Housing>, ActorCell, JoinHandle<()>), WorldError> {
    let mut top = None;
    for node in tree.nodes() {
        let parent = node.under.and_then(|under| tree.nodes().get(under.node)).map(|parent| parent.path.clone());
        let children = node.children.iter().filter_map(|child| path_in(tree, child)).collect();
        if world.is_checked() {
            limits(tree, node).into_iter().for_each(|limits| world.probe(|| Probe::Supervised(limits)));
        }
        let machine = node.running_machine(VirtualTime::ZERO);
        let whose = (node.path.clone(), parent);
        let state = Box::new(SupervisorState::new(Arc::clone(world), signals.clone(), whose, machine, children));
        let address = Address::new(node.path.clone(), usize::MAX);
        let cabin = Cabin::new(address.clone(), state);
        world.add_supervisor(node.path.clone(), address);
        let not_started = |error| not_started(node.path.as_str(), &error);
        match &top {
            None => {
                let started = ractor::Actor::spawn(None, Body::new(), Arc::clone(&cabin)).await;
                let (actor, ended) = started.map_err(not_started)?;
                world.household().link_to(actor.get_cell());
                top = Some((cabin as Arc<dyn Housing>, actor.get_cell(), ended));
            }
            Some((_, link, _)) => {
                let arguments = Arc::clone(&cabin);
                let started = ractor::Actor::spawn_linked(None, Body::new(), arguments, link.clone()).await;
                let (actor, ended) = started.map_err(not_started)?;
                world.household().move_in(node.path.clone(), cabin, actor.get_cell(), ended);
            }
        }
    }
    top.ok_or_else(|| specification(&servant("supervisor"), "there is nobody at the top"))
}

/// Starts actors.
struct Nursery<'a> {
    world: &'a Arc<World>,
    supervisor: ActorCell,
    /// How many requests may wait with what serves participants, and with the one that is given the tasks.
    servants_max: usize,
    root: (ActorPath, usize),
}

impl Nursery<'_> {
    async fn spawn<S: Inhabitant>(
        &mut self,
        path: ActorPath,
        inhabitant: Box<S>,
    ) -> Result<Address<S::Message>, WorldError> {
        let requests_max = match &self.root {
            (root, most) if *root == path => *most,
            _ if path.is_within("world") => self.servants_max,
            _ => self.world.requests_max(),
        };
        let address = Address::new(path.clone(), requests_max);
        let cabin = Cabin::new(address.clone(), inhabitant);
        let arguments = Arc::clone(&cabin);
        let (actor, ended) = ractor::Actor::spawn_linked(None, Body::new(), arguments, self.supervisor.clone())
            .await
            .map_err(|error| not_started(path.as_str(), &error))?;
        self.world.household().move_in(path, cabin, actor.get_cell(), ended);
        Ok(address)
    }

    fn announce(&self, name: &str, role: ActorRole) {
        self.world.record(&servant(name), None, EventKind::ActorStarted { role });
    }
}

pub(super) type Gateway = (Address<GatewayMessage>, Text, Placement);

async fn start_gateway(
    nursery: &mut Nursery<'_>,
    number: usize,
    spec: ModelSpec,
    ledger: Address<LedgerMessage>,
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
    let gateway = nursery.spawn(path, Box::new(state)).await?;
    Ok((gateway, spec.name, placement))
}

async fn start_agent(
    nursery: &mut Nursery<'_>,
    kinds: &mut Kinds<'_>,
    number: usize,
    spec: AgentSpec,
    held: Held,
) -> Result<Address<AgentMessage>, WorldError> {
    let kind = kinds.of(&spec, held)?;
    let seat = AgentSeat {
        path: spec.path.clone(),
        number: u32::try_from(number).unwrap_or(u32::MAX),
        random: nursery.world.random_key(&spec.address),
        address: spec.address,
        history: spec.history,
        panics_at: spec.panics_at,
    };
    let turns_max = spec.limits.turns_max;
    nursery.world.probe(|| Probe::TurnsMax { agent: spec.path.clone(), turns_max });
    let state = AgentState::new(Arc::clone(nursery.world), kind, seat, None);
    nursery.spawn(spec.path, Box::new(state)).await
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
        let actor = nursery.spawn(council.path.clone(), Box::new(state)).await?;
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
    let Started { world, supervisor, ledger, recorder, workspace, memory, root, signal_sender, .. } = started;
    drop((root, signal_sender));
    // What actors still do on their way down is no part of the run.
    let files = workspace.map(|workspace| workspace.snapshot()).unwrap_or_default();
    world.note_stopping();
    // Who was given up or waits for a restart hands over all the same.
    [&servant("memory"), &servant("ledger")].into_iter().for_each(|path| world.household().revive(path));
    let notes = close_memory(&memory).await;
    world.flush_bookings();
    let ledger = close_books(&ledger).await;
    let books = ledger.run;
    if world.is_checked() {
        world.log().probe(|| Probe::Books(books_state(&books)));
    }
    let violations = world.log().violations();
    let (digest, summary, events) = world.log().finish();
    let divergence = world.log().divergence();
    let (mut status, mut reason) = (driven.status, driven.reason);
    if let Some(recorder) = recorder
        && let Some(message) = finish_journal(&recorder).await
    {
        // A run that had failed already names its first reason.
        if status != RunStatus::Failed {
            (status, reason) = (RunStatus::Failed, Some(Text::from(message)));
        }
    }
    for vacated in world.household().close() {
        vacated.stop().await;
    }
    let (cabin, cell, ended) = supervisor;
    cell.stop(None);
    let _ = ended.await;
    cabin.vacate();
    world.let_go();
    WorldReport {
        digest,
        summary,
        status,
        reason,
        ledger,
        files,
        notes,
        divergence,
        events,
        ended_at: world.now(),
        violations,
        reached: world.reached(),
        fired: world.faults().fired(),
        leftover_tasks: 0,
    }
}

/// The limits of a supervisor as the invariants see them: one for all children that count together. What works for
/// participants may also be made anew by itself, when a model or a tool panics: that is no restart.
fn limits(tree: &SupervisionTree, node: &SupervisorNode) -> Vec<RestartLimits> {
    let policy = &node.policy;
    let children = node.children.iter().filter_map(|child| path_in(tree, child));
    let children = children.filter(|path| !path.is_within("world/model") && !path.is_within("world/tools"));
    let of = |supervisor: ActorPath, children: Vec<ActorPath>| RestartLimits {
        supervisor,
        children,
        intensity: policy.intensity,
        period: policy.period,
        consecutive_max: policy.consecutive_max,
        healthy_after: VirtualDuration::from_millis(10_000),
        is_group: policy.strategy != Strategy::OneForOne,
    };
    match policy.counted {
        Counted::Together => vec![of(node.path.clone(), children.collect())],
        Counted::Each => {
            (0..).zip(children).map(|(number, child)| of(node.path.indexed(number), vec![child])).collect()
        }
    }
}

/// The ledger's totals as the invariants see them.
fn books_state(run: &CallTotals) -> BooksState {
    BooksState {
        attempts: run.calls,
        tokens: run.usage.total_tokens(),
        cost: run.cost,
        without_usage: run.attempts_without_usage,
        without_cost: run.attempts_without_cost,
    }
}

async fn close_books(ledger: &Address<LedgerMessage>) -> LedgerTotals {
    let (answer, answered) = oneshot::channel();
    ledger.post(LedgerMessage::Close(answer));
    answered.await.unwrap_or_default()
}

async fn close_memory(memory: &Address<MemoryMessage>) -> Notes {
    let (answer, answered) = oneshot::channel();
    memory.post(MemoryMessage::Close(answer));
    answered.await.unwrap_or_default()
}

/// The message of what went wrong with the journal, if anything did.
async fn finish_journal(recorder: &Address<RecorderMessage>) -> Option<String> {
    let (answer, answered) = oneshot::channel();
    recorder.post(RecorderMessage::Finish(answer));
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
