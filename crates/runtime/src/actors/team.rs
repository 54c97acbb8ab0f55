//! The team: starts agents for agents, carries what they say to each other, and tells who waits when one has ended.
//!
//! A started agent's path lies in its parent's and is never used twice. Its tools are those of its declaration that
//! its parent has too, and its parent's rights hold for it as well. However it ends (an answer, a failure, its death,
//! a stop), that is a message; and when its parent has answered its own task, it is stopped.

mod port;
mod roster;
mod waits;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use moot_core::port::{Caller, PortError, SpawnRequest, Teammate, TeammateState, WaitFor};
use moot_core::{
    ActorPath, ActorRole, Assignment, EventKind, EventSequence, Outcome, Task, TaskId, Text, Transcript,
    VirtualDuration,
};
use moot_mind::policy::Rights;
use moot_safety::fault::MessageKind;
use tokio::sync::oneshot;

use crate::actors::address::{Address, Order};
use crate::actors::agent::{AgentKind, AgentMessage, AgentSeat, AgentState};
use crate::actors::body::{Cabin, Inhabitant, post, serve};
use crate::actors::participant::{Delivery, Participant, ReplyTo, Withdrawal, arrivals, later};
use crate::actors::supervisor::SupervisorMessage;
use crate::desk::{Desk, NO_CAUSE, is_unrestricted, strictness};
use crate::world::{World, servant};
pub(crate) use port::TeamPort;
use roster::{Member, Roster};
use waits::{Waiting, Waits};

/// How many agents may be started, and how deep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpawnLimits {
    /// How many agents may stand between a started one and the scenario, itself included; default 3.
    pub depth_max: u32,
    /// How many agents may be started in a run; default 1,000.
    pub agents_max: u32,
}

impl Default for SpawnLimits {
    fn default() -> Self {
        Self { depth_max: 3, agents_max: 1_000 }
    }
}

/// A declaration that agents can be started from.
pub(crate) struct Template {
    pub(crate) kind: Arc<AgentKind>,
    pub(crate) rights: Rights,
}

type Answer<T> = oneshot::Sender<Result<T, PortError>>;

pub(crate) enum TeamMessage {
    /// Everybody whom the scenario declares is up.
    Declared {
        participants: Arc<BTreeMap<ActorPath, Participant>>,
        templates: BTreeMap<Text, Template>,
    },
    Spawn {
        caller: Caller,
        request: SpawnRequest,
        answer: Answer<ActorPath>,
    },
    Send {
        caller: Caller,
        to: Option<Text>,
        text: Text,
        answer: Answer<Vec<ActorPath>>,
    },
    Wait {
        caller: Caller,
        who: Vec<Text>,
        wait_for: WaitFor,
        deadline: Option<VirtualDuration>,
        answer: Answer<Vec<Teammate>>,
    },
    DeadlinePassed {
        wait: u64,
    },
    Stop {
        caller: Caller,
        who: Text,
        answer: Answer<()>,
    },
    /// A started agent answered what it was last given.
    Answered {
        child: ActorPath,
        round: u32,
        outcome: Outcome,
    },
    /// A started agent was told something after it had answered: it is to take it up.
    Undelivered {
        child: ActorPath,
        from: ActorPath,
        text: Text,
        cause: EventSequence,
    },
    /// An agent that has started others answered its task.
    ParentFinished {
        parent: ActorPath,
        task: TaskId,
        cause: EventSequence,
    },
}

pub(crate) struct TeamState {
    world: Arc<World>,
    limits: SpawnLimits,
    templates: BTreeMap<Text, Template>,
    declared: Arc<BTreeMap<ActorPath, Participant>>,
    started: u32,
    members: Roster<Address<AgentMessage>>,
    /// When who has started others ended an assignment last.
    finished: BTreeMap<ActorPath, EventSequence>,
    counts: BTreeMap<ActorPath, u32>,
    waits: Waits<Answer<Vec<Teammate>>>,
}

impl Inhabitant for TeamState {
    type Message = TeamMessage;

    fn started(&self) {
        self.world.record(&servant("team"), None, EventKind::ActorStarted { role: ActorRole::Team });
    }

    fn ordered(&mut self, myself: &Address<TeamMessage>, order: Order) {
        serve(&self.world, myself, order);
    }

    fn receive(&mut self, myself: &Address<TeamMessage>, message: TeamMessage) {
        // Who asked and is gone was cancelled: nobody misses the answer.
        match message {
            TeamMessage::Declared { participants, templates } => {
                (self.declared, self.templates) = (participants, templates);
            }
            TeamMessage::Spawn { caller, request, answer } => drop(answer.send(self.spawn(myself, &caller, &request))),
            TeamMessage::Send { caller, to, text, answer } => {
                drop(answer.send(self.send(myself, &caller, to.as_deref(), &text)));
            }
            TeamMessage::Wait { caller, who, wait_for, deadline, answer } => {
                self.wait(myself, &caller, &who, (wait_for, deadline), answer);
            }
            TeamMessage::DeadlinePassed { wait } => self.wait_over(wait),
            TeamMessage::Stop { caller, who, answer } => drop(answer.send(self.stop(myself, &caller, &who))),
            TeamMessage::Answered { child, round, outcome } => self.answered(&child, round, outcome),
            TeamMessage::Undelivered { child, from, text, cause } => {
                self.undelivered(myself, &child, &from, &text, cause)
            }
            TeamMessage::ParentFinished { parent, task, cause } => self.parent_finished(myself, &parent, task, cause),
        }
    }
}

impl TeamState {
    pub(crate) fn new(world: Arc<World>, limits: SpawnLimits) -> Self {
        Self {
            world,
            limits,
            templates: BTreeMap::new(),
            declared: Arc::default(),
            started: 0,
            members: Roster::new(),
            finished: BTreeMap::new(),
            counts: BTreeMap::new(),
            waits: Waits::new(),
        }
    }

    fn spawn(
        &mut self,
        myself: &Address<TeamMessage>,
        caller: &Caller,
        request: &SpawnRequest,
    ) -> Result<ActorPath, PortError> {
        let parent = self.world.desks().of(&caller.agent).ok_or(PortError::Unavailable { port: "team" })?;
        let (kind, rights) = self.narrowed(&parent, request)?;
        if parent.depth >= self.limits.depth_max {
            let reason = format!(
                "{} agents stand between {} and the scenario already, which is the limit; do the work yourself",
                parent.depth, parent.path
            );
            return Err(PortError::Limit { reason });
        }
        if self.started >= self.limits.agents_max {
            let most = self.limits.agents_max;
            return Err(PortError::Limit {
                reason: format!("{most} agents were started in this run, which is the limit"),
            });
        }
        let path = self.next_path(&parent.path, &request.kind)?;
        let address = Text::from(format!("{}/{}", parent.address, last_segment(&path)));
        let unrestricted = is_unrestricted(&rights);
        let desk = self.world.desks().open(Desk {
            path: path.clone(),
            address: address.clone(),
            tools: Arc::clone(&kind.tools),
            spawns: Arc::clone(&kind.spawns),
            skills: Arc::clone(&kind.skills),
            team: if kind.declares_team { kind.team.clone() } else { parent.team.clone() },
            depth: parent.depth + 1,
            parent: Some(Arc::clone(&parent)),
            first_mode: rights.mode,
            asked_mode: request.mode,
            rights: std::sync::Mutex::new(rights),
            unrestricted: unrestricted.into(),
            cause: NO_CAUSE.into(),
            budgets: std::sync::Mutex::default(),
            has_started: false.into(),
        });
        let tools = kind.tools.to_vec();
        let actor = self.bring_up(kind, (&parent.path, &request.kind), &path, &address, desk)?;
        let spawned =
            EventKind::AgentSpawned { task: caller.task, agent: path.clone(), kind: request.kind.clone(), tools };
        let cause = self.world.record(&caller.agent, self.cause(caller), spawned);
        let member = Member { actor, parent: caller.agent.clone(), task: caller.task, round: 0, ended: None };
        self.assign(myself, &path, &member, &request.prompt, cause);
        self.members.add(path.clone(), member);
        Ok(path)
    }

    /// The declaration with no more tools than the parent has and were asked for.
    fn narrowed(&self, parent: &Desk, request: &SpawnRequest) -> Result<(Arc<AgentKind>, Rights), PortError> {
        let allowed = parent.spawns.contains(&request.kind);
        let Some(template) = self.templates.get(&request.kind).filter(|_| allowed) else {
            let known = if parent.spawns.is_empty() { "none".to_owned() } else { parent.spawns.join(", ") };
            return Err(PortError::NotFound { what: format!("agent {:?} to start; there are: {known}", request.kind) });
        };
        let wanted = |tool: &Text| request.tools.as_ref().is_none_or(|tools| tools.contains(tool));
        if let Some(missing) = request.tools.iter().flatten().find(|tool| !parent.tools.contains(tool)) {
            let reason = format!("{} has no tool {missing}, so it can't give it to {}", parent.path, request.kind);
            return Err(PortError::Denied { reason });
        }
        let keeps = |tool: &&Text| wanted(tool) && parent.tools.contains(tool);
        let tools: Vec<Text> = template.kind.tools.iter().filter(keeps).cloned().collect();
        let mut rights = template.rights.clone();
        if let Some(mode) = request.mode {
            if strictness(mode) < strictness(rights.mode) {
                let (kind, own, mode) = (&request.kind, rights.mode.as_str(), mode.as_str());
                let reason = format!("{kind} starts in mode {own}, which mode {mode} would widen; leave the mode out");
                return Err(PortError::Denied { reason });
            }
            rights.mode = mode;
        }
        let kind = match tools.len() == template.kind.tools.len() {
            true => Arc::clone(&template.kind),
            false => Arc::new(template.kind.with_tools(tools.into())),
        };
        Ok((kind, rights))
    }

    /// What led to what a caller wants.
    fn cause(&self, caller: &Caller) -> Option<EventSequence> {
        self.world.desks().of(&caller.agent).and_then(|desk| desk.cause())
    }

    fn next_path(&mut self, parent: &ActorPath, kind: &str) -> Result<ActorPath, PortError> {
        let wrong = |error: moot_core::PathError| PortError::Denied { reason: error.to_string() };
        let group = parent.child(kind).map_err(wrong)?;
        loop {
            let count = self.counts.entry(group.clone()).or_default();
            let path = group.indexed(*count);
            *count += 1;
            // The scenario may have an agent of this path.
            if !self.declared.contains_key(&path) {
                return Ok(path);
            }
        }
    }

    fn bring_up(
        &mut self,
        kind: Arc<AgentKind>,
        (parent, name): (&ActorPath, &str),
        path: &ActorPath,
        address: &Text,
        desk: Arc<Desk>,
    ) -> Result<Address<AgentMessage>, PortError> {
        let number = self.world.join(path);
        let seat = AgentSeat {
            path: path.clone(),
            number,
            address: address.clone(),
            random: self.world.random_key(address),
            history: Transcript::new(),
            panics_at: Vec::new(),
        };
        let state = Box::new(AgentState::new(Arc::clone(&self.world), kind, seat, Some(desk)));
        let address = Address::new(path.clone(), self.world.requests_max());
        let cabin = Cabin::new(address.clone(), state);
        let moved_in = self.world.household().start(path, parent, name, cabin);
        moved_in.map_err(|reason| PortError::Denied { reason })?;
        self.started += 1;
        self.world.tell_supervisor_of(path, SupervisorMessage::Joined { child: path.clone() });
        Ok(address)
    }

    fn assign(
        &self,
        myself: &Address<TeamMessage>,
        path: &ActorPath,
        member: &Member<Address<AgentMessage>>,
        prompt: &Text,
        cause: EventSequence,
    ) {
        let assignment = Assignment {
            task: Arc::new(Task::new(member.task, prompt.clone())),
            prompt: prompt.clone(),
            round: member.round,
            from: member.parent.clone(),
            oldest_open: member.task,
            brief: None,
        };
        let reply_to = ReplyTo::Team { to: myself.clone(), child: path.clone(), round: member.round };
        let id = self.world.next_token();
        let budgets = self.world.desks().of(&member.parent).map(|desk| desk.budgets()).unwrap_or_default();
        let delivery = Delivery { id, assignment, reply_to, budgets, cause };
        Participant::Agent(member.actor.clone()).assign(&self.world, delivery);
    }

    /// A name as an agent writes it: a path, or the last part of the path of one of its children.
    fn find(&self, caller: &Caller, name: &str) -> Result<ActorPath, PortError> {
        let named = ActorPath::new(name).ok();
        let known = |path: &ActorPath| self.members.get(path).is_some() || self.declared.contains_key(path);
        if let Some(path) = named.filter(known) {
            return Ok(path);
        }
        // The path of a child lies directly in its parent's.
        let child = ActorPath::new(&format!("{}/{name}", caller.agent)).ok();
        let is_child = |path: &ActorPath| self.members.get(path).is_some_and(|member| member.parent == caller.agent);
        if let Some(path) = child.filter(is_child) {
            return Ok(path);
        }
        let parent = self.members.get(&caller.agent).map(|member| &member.parent);
        let children = self.members.children(&caller.agent);
        let known: Vec<&str> = children.into_iter().chain(parent).map(ActorPath::as_str).collect();
        let known = if known.is_empty() { "nobody".to_owned() } else { known.join(", ") };
        Err(PortError::NotFound { what: format!("agent {name:?} here; you know {known}") })
    }

    /// A child of the caller, by name.
    fn find_child(&self, caller: &Caller, name: &str) -> Result<ActorPath, PortError> {
        let path = self.find(caller, name)?;
        match self.members.get(&path) {
            Some(member) if member.parent == caller.agent => Ok(path),
            _ => Err(PortError::Denied { reason: format!("{path} was not started by {}", caller.agent) }),
        }
    }

    fn send(
        &mut self,
        myself: &Address<TeamMessage>,
        caller: &Caller,
        to: Option<&str>,
        text: &Text,
    ) -> Result<Vec<ActorPath>, PortError> {
        let receivers = match to {
            Some(name) => vec![self.find(caller, name)?],
            None => self.teammates(caller),
        };
        if receivers.is_empty() {
            return Err(PortError::NotFound {
                what: "teammate to tell; you were started by nobody and started nobody".to_owned(),
            });
        }
        for receiver in &receivers {
            let sent = EventKind::MessageSent { task: caller.task, to: receiver.clone(), text: text.clone() };
            let cause = self.world.record(&caller.agent, self.cause(caller), sent);
            self.deliver(myself, caller, receiver, text, cause)?;
        }
        Ok(receivers)
    }

    fn deliver(
        &mut self,
        myself: &Address<TeamMessage>,
        caller: &Caller,
        receiver: &ActorPath,
        text: &Text,
        cause: EventSequence,
    ) -> Result<(), PortError> {
        let told = AgentMessage::Told { task: caller.task, from: caller.agent.clone(), text: text.clone(), cause };
        match self.members.get(receiver) {
            // Who has answered takes the message up as something further to do, with all it knows.
            Some(member) if member.ended.is_some() && member.parent == caller.agent => {
                self.take_up(myself, receiver, caller.task, text, cause);
            }
            Some(member) if member.ended.is_some() => {
                return Err(PortError::Denied {
                    reason: format!("{receiver} has ended; only who started it can go on with it"),
                });
            }
            // It would read the message when the task that it is about is over, if ever.
            Some(member) if member.task != caller.task => {
                return Err(PortError::Denied { reason: format!("{receiver} works on another task") });
            }
            Some(member) => self.tell(&member.actor, caller, told, cause)?,
            None => match self.declared.get(receiver) {
                Some(Participant::Agent(agent)) => self.tell(agent, caller, told, cause)?,
                _ => {
                    return Err(PortError::Denied {
                        reason: format!("{receiver} is a council; tell one of its members"),
                    });
                }
            },
        }
        Ok(())
    }

    /// Tells an agent something, unless its mailbox is full.
    fn tell(
        &self,
        agent: &Address<AgentMessage>,
        caller: &Caller,
        told: AgentMessage,
        cause: EventSequence,
    ) -> Result<(), PortError> {
        let edge = (&caller.agent, agent.path());
        let Some((fate, cause)) = self.world.fate(edge, MessageKind::Told, caller.task, cause) else {
            return self.put(agent, caller, told, cause);
        };
        let AgentMessage::Told { task, from, text, .. } = told else { return Ok(()) };
        for delay in arrivals(&fate) {
            let (agent, from, text) = (agent.clone(), from.clone(), text.clone());
            later(&self.world, delay, move || post(&agent, AgentMessage::Told { task, from, text, cause }));
        }
        Ok(())
    }

    fn put(
        &self,
        agent: &Address<AgentMessage>,
        caller: &Caller,
        told: AgentMessage,
        cause: EventSequence,
    ) -> Result<(), PortError> {
        agent.offer(told).map_err(|_| {
            self.world.overloaded(agent.path(), &caller.agent, caller.task, "message", cause);
            PortError::Limit { reason: format!("the mailbox of {} is full; try again later", agent.path()) }
        })
    }

    /// Takes a message that came too late up as something further to do, if it is from who started the agent.
    fn undelivered(
        &mut self,
        myself: &Address<TeamMessage>,
        child: &ActorPath,
        from: &ActorPath,
        text: &Text,
        cause: EventSequence,
    ) {
        let Some(member) = self.members.get(child) else { return };
        // Nobody waits any more for what was said before the end of the assignment that it was said in.
        let is_wanted = self.finished.get(from).is_none_or(|finished| cause > *finished);
        if is_wanted && member.ended.is_some() && member.parent == *from {
            let task = member.task;
            self.take_up(myself, child, task, text, cause);
        }
    }

    /// An agent that has ended goes on with something further to do.
    fn take_up(
        &mut self,
        myself: &Address<TeamMessage>,
        path: &ActorPath,
        task: TaskId,
        prompt: &Text,
        cause: EventSequence,
    ) {
        self.waits.works_again(path);
        self.members.take_up(path, task);
        if let Some(member) = self.members.get(path) {
            self.assign(myself, path, member, prompt, cause);
        }
    }

    /// Who works with an agent on its task: its parent, its children, its parent's other children, as far as they still
    /// work.
    fn teammates(&self, Caller { agent, task, .. }: &Caller) -> Vec<ActorPath> {
        let parent = self.members.get(agent).map(|member| &member.parent);
        let siblings = parent.into_iter().flat_map(|parent| self.members.children_in(parent, *task));
        let near: BTreeSet<&ActorPath> = siblings.chain(self.members.children_in(agent, *task)).collect();
        let others = near.into_iter().filter(|path| *path != agent && self.members.is_working(path));
        parent.into_iter().chain(others).cloned().collect()
    }

    fn wait(
        &mut self,
        myself: &Address<TeamMessage>,
        caller: &Caller,
        who: &[Text],
        (wait_for, deadline): (WaitFor, Option<VirtualDuration>),
        answer: Answer<Vec<Teammate>>,
    ) {
        let who: Result<Vec<ActorPath>, PortError> = match who {
            [] => Ok(self.members.children_in(&caller.agent, caller.task).cloned().collect()),
            names => names.iter().map(|name| self.find_child(caller, name)).collect(),
        };
        let who = match who {
            Ok(who) if who.is_empty() => {
                Err(PortError::NotFound { what: "agent to wait for; you started none".to_owned() })
            }
            who => who,
        };
        match who {
            Err(error) => drop(answer.send(Err(error))),
            Ok(who) => {
                let wait = self.waits.begin(who, wait_for, |path| self.members.is_working(path), answer);
                if self.waits.is_over(wait) {
                    self.wait_over(wait);
                } else if let Some(deadline) = deadline {
                    let myself = myself.clone();
                    self.world.after(deadline, Box::new(move || post(&myself, TeamMessage::DeadlinePassed { wait })));
                }
            }
        }
    }

    fn wait_over(&mut self, wait: u64) {
        let Some(Waiting { who, answer, .. }) = self.waits.take(wait) else { return };
        let told = who.into_iter().filter_map(|agent| {
            let member = self.members.get(&agent)?;
            let state = member.ended.clone().map_or(TeammateState::Working, TeammateState::Ended);
            Some(Teammate { agent, state })
        });
        drop(answer.send(Ok(told.collect())));
    }

    fn stop(&mut self, myself: &Address<TeamMessage>, caller: &Caller, who: &str) -> Result<(), PortError> {
        let path = self.find_child(caller, who)?;
        let Some(member) = self.members.get(&path) else { return Ok(()) };
        if member.ended.is_none() {
            let cause = self.world.record(&caller.agent, self.cause(caller), stopped_note(caller.task, &path));
            cancel(&self.world, myself, &path, member, &format!("stopped by {}", caller.agent), cause);
        }
        Ok(())
    }

    fn answered(&mut self, child: &ActorPath, round: u32, outcome: Outcome) {
        if self.members.end(child, round, outcome) {
            for wait in self.waits.ended(child) {
                self.wait_over(wait);
            }
        }
    }

    /// Nobody waits for them any more, so they are stopped: no work without an owner.
    fn parent_finished(
        &mut self,
        myself: &Address<TeamMessage>,
        parent: &ActorPath,
        task: TaskId,
        cause: EventSequence,
    ) {
        #[cfg(feature = "planted-bugs")]
        if moot_core::planted::is_on(moot_core::planted::Planted::OrphanLeft) {
            return;
        }
        self.finished.insert(parent.clone(), cause);
        for path in self.members.children_in(parent, task) {
            let Some(member) = self.members.get(path).filter(|member| member.ended.is_none()) else { continue };
            cancel(&self.world, myself, path, member, &format!("{parent} has answered without waiting"), cause);
        }
    }
}

fn cancel(
    world: &World,
    myself: &Address<TeamMessage>,
    path: &ActorPath,
    member: &Member<Address<AgentMessage>>,
    reason: &str,
    cause: EventSequence,
) {
    let reply_to = ReplyTo::Team { to: myself.clone(), child: path.clone(), round: member.round };
    post(
        &member.actor,
        AgentMessage::Cancelled(Withdrawal { reply_to, reason: Text::from(reason), cause, id: world.next_token() }),
    );
}

fn stopped_note(task: TaskId, path: &ActorPath) -> EventKind {
    EventKind::Noted { task, name: "stopped_agent".into(), text: path.as_str().into() }
}

fn last_segment(path: &ActorPath) -> &str {
    path.as_str().rsplit('/').next().unwrap_or_default()
}
