//! A coordinator: the body around one council machine per assignment.
//!
//! The machine sees only who answered what. After a panic it is rebuilt by replaying what it had seen before into a
//! fresh one, so nothing that members said is lost and no ballot is counted twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use moot_core::{
    ActorPath, ActorRole, Assignment, Bill, Brief, EventKind, EventSequence, FailureKind, Outcome, TaskId, Text,
    ToolsUsed, VirtualDuration,
};
use moot_council::{Answered, CouncilEffect, CouncilInput, CouncilMachine, Pattern, Seat};
use moot_mind::budget::BudgetId;
use moot_safety::fault::{FaultAction, Site, SiteKind};
use tokio::sync::mpsc::UnboundedSender;

use crate::actors::address::{Address, Order};
use crate::actors::agent::RETAKES_MAX;
use crate::actors::body::{Inhabitant, guarded, post};
use crate::actors::participant::{Budgets, Delivery, Participant, Reply, ReplyTo, Wait, Withdrawal, Withdrawn};
use crate::actors::supervisor::{SupervisorMessage, fail};
use crate::world::World;

pub(crate) enum CoordinatorMessage {
    Assigned(Delivery),
    Answered { session: u64, member: u32, round: u32, reply: Reply, id: Option<u64>, cause: EventSequence },
    TimerFired { session: u64, timer: u32, cause: EventSequence },
    Cancelled(Withdrawal),
}

pub(crate) struct CoordinatorState {
    world: Arc<World>,
    path: ActorPath,
    pattern: Arc<dyn Pattern>,
    seat: Seat,
    members: Vec<Participant>,
    /// Its own budget, held beside its assigner's.
    budget: Option<BudgetId>,
    sessions: BTreeMap<u64, Session>,
    next_session: u64,
    /// Why it takes nothing in, when it does not.
    suspended: Option<Suspended>,
    /// Why it is not restarted any more, when it is not.
    given_up: Option<Text>,
    /// The assignments and answers that have come, where one may come twice.
    delivered: BTreeSet<u64>,
    /// What was withdrawn before it had come.
    withdrawn: Withdrawn,
    /// Kept for their capacity.
    effects: Vec<CouncilEffect>,
    seen: Vec<CouncilInput>,
}

/// Why a coordinator waits for its supervisor.
#[derive(Clone, Copy)]
enum Suspended {
    /// The machine of this session panicked.
    Panicked(u64),
    /// Its body was lost: no machine is trusted.
    Lost,
    /// It was told to rest.
    Resting,
}

/// One assignment and the machine that works on it.
struct Session {
    machine: Box<dyn CouncilMachine>,
    assignment: Assignment,
    reply_to: ReplyTo,
    budgets: Budgets,
    seen: Vec<CouncilInput>,
    /// The members that were asked and have not answered, with the round.
    open: Vec<(u32, u32)>,
    strikes: u32,
    /// What its members' answers took.
    bill: Bill,
    /// Which tools were called for them.
    tools: ToolsUsed,
    /// What the machine panicked at; it is fed again after a restart.
    retake: Option<CouncilInput>,
}

impl Inhabitant for CoordinatorState {
    type Message = CoordinatorMessage;

    fn world(&self) -> Option<&Arc<World>> {
        Some(&self.world)
    }

    fn started(&self) {
        self.world.record(&self.path, None, EventKind::ActorStarted { role: ActorRole::Coordinator });
    }

    fn receive(&mut self, myself: &Address<CoordinatorMessage>, message: CoordinatorMessage) {
        match message {
            CoordinatorMessage::Assigned(delivery) => self.begin(myself, delivery),
            CoordinatorMessage::Answered { session, member, round, reply, id, cause } => {
                #[cfg(feature = "planted-bugs")]
                let id = id.filter(|_| !moot_core::planted::is_on(moot_core::planted::Planted::DoubleVote));
                if let Some(id) = id
                    && !self.delivered.insert(id)
                {
                    // It was asked once more perhaps, and this is no answer to that.
                    if let Some(found) = self.sessions.get(&session) {
                        myself.note_dead_letter();
                        let task = found.assignment.task.id;
                        self.world.dead_letter(&self.path, task, "answer", "it has come before", cause);
                    }
                    return;
                }
                if let Some(found) = self.sessions.get_mut(&session) {
                    let Reply { outcome, words, bill, tools } = reply;
                    // Who answers twice is not paid twice.
                    if let Some(place) = found.open.iter().position(|asked| *asked == (member, round)) {
                        found.open.swap_remove(place);
                        found.bill.add(&bill);
                        found.tools.add(&tools);
                    }
                    let member = member as usize;
                    let answered = Answered { member, round, outcome, words, bill, tools };
                    self.feed(myself, session, CouncilInput::Answered(answered), cause);
                }
            }
            CoordinatorMessage::TimerFired { session, timer, cause } => {
                self.feed(myself, session, CouncilInput::TimerFired { timer }, cause);
            }
            CoordinatorMessage::Cancelled(withdrawal) => {
                let is_it = |session: &Session| session.reply_to.is_same(&withdrawal.reply_to);
                match self.sessions.iter().find(|(_, session)| is_it(session)).map(|(number, _)| *number) {
                    Some(session) => {
                        let Withdrawal { reason, cause, .. } = withdrawal;
                        self.feed(myself, session, CouncilInput::Cancelled { reason }, cause);
                    }
                    None if self.world.is_struck_at(SiteKind::Message) => self.withdrawn.note(withdrawal),
                    None => {}
                }
            }
        }
    }

    fn ordered(&mut self, myself: &Address<CoordinatorMessage>, order: Order) {
        match order {
            Order::Restart { cause } => self.restart(myself, cause),
            Order::Rest { .. } => self.rest(myself),
            Order::GiveUp { cause, reason } => self.give_up(myself, cause, &reason),
            Order::Inspect(answer) => self.tell_waits(&answer),
        }
    }

    fn lost(&mut self, myself: &Address<CoordinatorMessage>, _error: &str) {
        self.suspended = Some(Suspended::Lost);
        myself.suspend();
    }
}

impl CoordinatorState {
    pub(crate) fn new(
        world: Arc<World>,
        pattern: Arc<dyn Pattern>,
        seat: Seat,
        members: Vec<Participant>,
        budget: Option<BudgetId>,
    ) -> Self {
        let path = seat.path.clone();
        Self {
            world,
            path,
            pattern,
            seat,
            members,
            budget,
            sessions: BTreeMap::new(),
            next_session: 0,
            suspended: None,
            given_up: None,
            delivered: BTreeSet::new(),
            withdrawn: Withdrawn::default(),
            effects: Vec::new(),
            seen: Vec::new(),
        }
    }

    fn begin(&mut self, myself: &Address<CoordinatorMessage>, delivery: Delivery) {
        let (id, assignment, cause) = (delivery.id, &delivery.assignment, delivery.cause);
        if self.world.is_struck_at(SiteKind::Message) && !self.delivered.insert(id) {
            myself.note_dead_letter();
            self.world.dead_letter(&self.path, assignment.task.id, "assignment", "it has come before", cause);
            return;
        }
        if self.withdrawn.has(&self.world, &self.path, &delivery) {
            return myself.note_dead_letter();
        }
        let Delivery { assignment, reply_to, budgets, cause, .. } = delivery;
        let budgets = match self.budget {
            Some(own) => budgets.iter().copied().chain([own]).collect(),
            None => budgets,
        };
        let kind = EventKind::Assigned {
            task: assignment.task.id,
            round: assignment.round,
            from: assignment.from.clone(),
            prompt: assignment.prompt.clone(),
            brief: assignment.brief.clone(),
        };
        let cause = self.world.record(&self.path, Some(cause), kind);
        if let Some(reason) = self.given_up.clone() {
            return self.answer(&assignment, &reply_to, Outcome::failed(FailureKind::Crash, reason).into(), cause);
        }
        let started = guarded(|| self.pattern.start(&self.seat));
        let machine = match started {
            Ok(machine) => machine,
            Err(message) => {
                let message = format!("the pattern of {} panicked at its start: {message}", self.path);
                let outcome = Outcome::failed(FailureKind::Crash, message);
                return self.answer(&assignment, &reply_to, outcome.into(), cause);
            }
        };
        let session = self.next_session;
        self.next_session += 1;
        let input = CouncilInput::Assigned(assignment.clone());
        let (seen, open) = (std::mem::take(&mut self.seen), Vec::with_capacity(self.members.len()));
        self.sessions.insert(
            session,
            Session {
                machine,
                assignment,
                reply_to,
                budgets,
                seen,
                open,
                strikes: 0,
                bill: Bill::default(),
                tools: ToolsUsed::default(),
                retake: None,
            },
        );
        self.feed(myself, session, input, cause);
    }

    /// Feeds a session's machine and carries out what it wants.
    fn feed(&mut self, myself: &Address<CoordinatorMessage>, number: u64, input: CouncilInput, cause: EventSequence) {
        let Some(session) = self.sessions.get_mut(&number) else { return };
        let task = session.assignment.task.id;
        let site = Site::CouncilStep { council: &self.path };
        if let Some((FaultAction::Crash, cause)) = self.world.strike(&site, &self.path, Some(task), Some(cause)) {
            session.retake = Some(input);
            return self.panicked(myself, number, "a planned crash".to_owned(), cause);
        }
        let mut effects = std::mem::take(&mut self.effects);
        match guarded(|| session.machine.step(input.clone(), &mut effects)) {
            Ok(()) => {
                session.seen.push(input);
                self.carry_out(myself, number, &mut effects, cause);
                self.effects = effects;
            }
            Err(message) => {
                session.retake = Some(input);
                self.panicked(myself, number, message, cause);
            }
        }
    }

    /// Nothing more is done until the supervisor says how to go on.
    fn panicked(&mut self, myself: &Address<CoordinatorMessage>, number: u64, message: String, cause: EventSequence) {
        let Some(session) = self.sessions.get_mut(&number) else { return };
        session.strikes += 1;
        self.suspended = Some(Suspended::Panicked(number));
        fail(&self.world, myself, message, cause);
    }

    fn carry_out(
        &mut self,
        myself: &Address<CoordinatorMessage>,
        number: u64,
        effects: &mut Vec<CouncilEffect>,
        cause: EventSequence,
    ) {
        // Each record is the cause of what the machine does after it.
        let mut cause = cause;
        for effect in effects.drain(..) {
            let Some(session) = self.sessions.get_mut(&number) else { return };
            match effect {
                CouncilEffect::Ask { member, round, prompt, brief } => {
                    let prompt = prompt.unwrap_or_else(|| session.assignment.prompt.clone());
                    let brief = brief.or_else(|| session.assignment.brief.clone());
                    let what = (prompt, brief);
                    ask(&self.world, myself, &self.path, &self.members, session, number, (member, round), what, cause);
                }
                CouncilEffect::Withdraw { member, round, reason } => {
                    let member_number = u32::try_from(member).unwrap_or(u32::MAX);
                    if let Some(participant) = self.members.get(member) {
                        participant.cancel(&self.world, address(myself, number, member_number, round), reason, cause);
                    }
                }
                CouncilEffect::SetTimer { timer, after } => self.set_timer(myself, number, timer, after, cause),
                CouncilEffect::Record(kind) if may_record(&kind) => {
                    cause = self.world.record(&self.path, Some(cause), kind);
                }
                CouncilEffect::Record(kind) => {
                    let message =
                        format!("the pattern of {} records {}, which is not its to tell", self.path, kind.name());
                    if let Some(session) = self.sessions.remove(&number) {
                        self.answer_session(session, Outcome::failed(FailureKind::Setup, message), cause);
                    }
                }
                CouncilEffect::Finish(outcome) => {
                    if let Some(session) = self.sessions.remove(&number) {
                        self.answer_session(session, outcome, cause);
                    }
                }
            }
        }
    }

    fn answer_session(&mut self, mut session: Session, outcome: Outcome, cause: EventSequence) {
        let reply = Reply { outcome, words: None, bill: session.bill, tools: session.tools };
        session.seen.clear();
        self.seen = session.seen;
        self.answer(&session.assignment, &session.reply_to, reply, cause);
    }

    fn set_timer(
        &self,
        myself: &Address<CoordinatorMessage>,
        session: u64,
        timer: u32,
        after: VirtualDuration,
        cause: EventSequence,
    ) {
        #[cfg(feature = "planted-bugs")]
        if moot_core::planted::is_on(moot_core::planted::Planted::Hang) {
            return;
        }
        let myself = myself.clone();
        let fire = move || post(&myself, CoordinatorMessage::TimerFired { session, timer, cause });
        self.world.after(after, Box::new(fire));
    }

    fn answer(&self, assignment: &Assignment, reply_to: &ReplyTo, reply: Reply, cause: EventSequence) {
        let (task, round): (TaskId, u32) = (assignment.task.id, assignment.round);
        let kind = EventKind::Finished { task, round, outcome: reply.outcome.clone() };
        let cause = self.world.record(&self.path, Some(cause), kind);
        reply_to.answer(&self.world, (&self.path, task), reply, cause);
    }

    /// Rests until it is restarted: nothing went wrong with it.
    fn rest(&mut self, myself: &Address<CoordinatorMessage>) {
        self.suspended = Some(Suspended::Resting);
        myself.suspend();
        self.world.tell_supervisor_of(&self.path, SupervisorMessage::Rested { child: self.path.clone() });
    }

    /// Rebuilds the machines that are not trusted; an assignment that brought its machine down too often is given up.
    fn restart(&mut self, myself: &Address<CoordinatorMessage>, cause: EventSequence) {
        // Who was given up is started again with its supervisor alone: that is a new life.
        self.given_up = None;
        myself.resume();
        match self.suspended.take() {
            Some(Suspended::Panicked(number)) => {
                match self.sessions.get(&number).is_some_and(|session| session.strikes > RETAKES_MAX) {
                    true => {
                        let message = format!("the coordination machine of {} panicked too often", self.path);
                        self.abandon(myself, number, &message, cause);
                    }
                    false => self.rebuild(myself, number, cause),
                }
            }
            Some(Suspended::Lost) => {
                let numbers: Vec<u64> = self.sessions.keys().copied().collect();
                numbers.into_iter().for_each(|number| self.rebuild(myself, number, cause));
            }
            Some(Suspended::Resting) | None => {}
        }
    }

    /// It stays stopped, unless its supervisor is started again: whatever it is asked ends with this reason.
    fn give_up(&mut self, myself: &Address<CoordinatorMessage>, cause: EventSequence, reason: &Text) {
        self.suspended = None;
        self.given_up = Some(reason.clone());
        myself.resume();
        let numbers: Vec<u64> = self.sessions.keys().copied().collect();
        numbers.into_iter().for_each(|number| self.abandon(myself, number, reason, cause));
    }

    /// Ends an assignment as crashed; nobody is to go on with what was asked for it.
    fn abandon(&mut self, myself: &Address<CoordinatorMessage>, number: u64, message: &str, cause: EventSequence) {
        let Some(session) = self.sessions.remove(&number) else { return };
        for (member, round) in &session.open {
            if let Some(participant) = self.members.get(*member as usize) {
                participant.cancel(&self.world, address(myself, number, *member, *round), Text::from(message), cause);
            }
        }
        self.answer_session(session, Outcome::failed(FailureKind::Crash, message), cause);
    }

    /// A fresh machine sees everything again that the lost one had digested; what it wanted then was already done.
    fn rebuild(&mut self, myself: &Address<CoordinatorMessage>, number: u64, cause: EventSequence) {
        let Some(session) = self.sessions.get_mut(&number) else { return };
        #[cfg(feature = "planted-bugs")]
        if moot_core::planted::is_on(moot_core::planted::Planted::BallotDropped)
            && let Some(place) = session.seen.iter().rposition(|input| matches!(input, CouncilInput::Answered(_)))
        {
            session.seen.remove(place);
        }
        let (pattern, seat) = (&self.pattern, &self.seat);
        let rebuilt = guarded(|| {
            let mut machine = pattern.start(seat);
            for input in &session.seen {
                machine.step(input.clone(), &mut Vec::new());
            }
            machine
        });
        if session.seen.iter().any(|input| matches!(input, CouncilInput::Answered(_))) {
            self.world.reach("round resumed with its answers");
        }
        match rebuilt {
            Ok(machine) => session.machine = machine,
            // The old machine is not trusted; whether to try again is the supervisor's word.
            Err(message) => return self.panicked(myself, number, message, cause),
        }
        if let Some(input) = session.retake.take() {
            self.feed(myself, number, input, cause);
        }
    }

    fn tell_waits(&self, answer: &UnboundedSender<Wait>) {
        for session in self.sessions.values() {
            let name = |(member, _): &(u32, u32)| self.seat.members.get(*member as usize).map(ActorPath::to_string);
            let asked: Vec<String> = session.open.iter().filter_map(name).collect();
            let for_what = if asked.is_empty() { "nobody".to_owned() } else { asked.join(", ") };
            // The world asks only while it is there to listen.
            let _ = answer.send(Wait { who: self.path.clone(), for_what });
        }
    }
}

/// What a pattern may tell: ballots and counts with finite weights, and notes. All else is the runtime's to record.
fn may_record(kind: &EventKind) -> bool {
    match kind {
        EventKind::BallotCast { weight, .. } => weight.is_finite(),
        EventKind::Tallied { counts, .. } => counts.iter().all(|(_, weight)| weight.is_finite()),
        kind => matches!(kind, EventKind::Noted { .. }),
    }
}

/// How the answer of a member finds its way back.
fn address(myself: &Address<CoordinatorMessage>, session: u64, member: u32, round: u32) -> ReplyTo {
    ReplyTo::Coordinator { to: myself.clone(), session, member, round }
}

#[expect(clippy::too_many_arguments, reason = "borrows parts of the coordinator while its session is borrowed")]
fn ask(
    world: &Arc<World>,
    myself: &Address<CoordinatorMessage>,
    path: &ActorPath,
    members: &[Participant],
    session: &mut Session,
    number: u64,
    (member, round): (usize, u32),
    (prompt, brief): (Text, Option<Arc<Brief>>),
    cause: EventSequence,
) {
    let member_number = u32::try_from(member).unwrap_or(u32::MAX);
    let reply_to = address(myself, number, member_number, round);
    let Some(participant) = members.get(member) else {
        // A machine that asks somebody who is not there is told so, like any failure of a member.
        let message = format!("{path} has no member number {member}");
        let outcome = Outcome::failed(FailureKind::Setup, message);
        return reply_to.answer(world, (path, session.assignment.task.id), outcome.into(), cause);
    };
    session.open.push((member_number, round));
    let assignment = Assignment {
        task: Arc::clone(&session.assignment.task),
        prompt,
        round,
        from: path.clone(),
        oldest_open: session.assignment.oldest_open,
        brief,
    };
    let (id, budgets) = (world.next_token(), session.budgets.clone());
    participant.assign(world, Delivery { id, assignment, reply_to, budgets, cause });
}
