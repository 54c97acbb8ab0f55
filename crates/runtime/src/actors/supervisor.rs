//! A supervisor: the body around one [`SupervisorMachine`], which decides who is restarted, when and together with whom.
//!
//! A child whose machine panicked keeps its body and its mailbox, tells its supervisor and waits; a child whose body was
//! lost is told of by the supervisor at the top, to which every body is linked, and gets another body. Either way the
//! machine sees an exit, and what it asks for is carried out here. A supervisor is a child of another one in the same
//! way, and what the one at the top can't mend ends the run by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use moot_core::random::{Draw, Purpose, RandomAddress};
use moot_core::{ActorPath, EventKind, EventSequence, Failure, FailureKind, Text};
use moot_safety::fault::{FaultAction, Site};
use moot_safety::supervision::{
    ChildState, ExitReason, GiveUp, RESTART_LIMIT, RunRestarts, StopCause, SupervisorEffect, SupervisorInput,
    SupervisorMachine, SupervisorTimer,
};
use ractor::ActorId;
use tokio::sync::mpsc::UnboundedSender;

use crate::actors::address::{Address, Order};
use crate::actors::body::{Inhabitant, post};
use crate::world::{World, WorldSignal};

/// Which draw spreads the waits before restarts.
const JITTER: Purpose = Purpose::named("restart_jitter");

/// What a supervisor says that crashes by plan.
const PLANNED_CRASH: &str = "a planned crash";

pub(crate) enum SupervisorMessage {
    /// A child's machine panicked or its state can't be trusted; the child is suspended.
    Failed {
        child: ActorPath,
        reason: ExitReason,
        cause: EventSequence,
    },
    /// A supervisor below this one has come to its end.
    Ended {
        child: ActorPath,
        reason: ExitReason,
        cause: Option<EventSequence>,
    },
    /// The body of a child has ended although nobody had asked it to.
    BodyLost {
        child: ActorPath,
        reason: ExitReason,
    },
    /// A child that was asked to rest does so.
    Rested {
        child: ActorPath,
    },
    /// An agent was started by another one.
    Joined {
        child: ActorPath,
    },
    TimerFired(SupervisorTimer),
}

pub(crate) struct SupervisorState {
    world: Arc<World>,
    signals: UnboundedSender<WorldSignal>,
    path: ActorPath,
    /// Its own supervisor; `None` at the top.
    parent: Option<ActorPath>,
    machine: SupervisorMachine,
    children: Vec<Child>,
    numbers: BTreeMap<ActorPath, usize>,
    /// How many draws were made.
    draws: u32,
    /// What led to what it does now.
    cause: Option<EventSequence>,
    /// What it was about to take in when it crashed.
    retake: Option<SupervisorMessage>,
    /// Whether it starts its children again as soon as all of them have stopped.
    boots_again: bool,
}

struct Child {
    path: ActorPath,
    /// The last that happened to it.
    cause: Option<EventSequence>,
    /// Whether it was told that it stays stopped.
    is_let_go: bool,
}

impl Inhabitant for SupervisorState {
    type Message = SupervisorMessage;

    const HAS_CHILDREN: bool = true;

    fn receive(&mut self, myself: &Address<SupervisorMessage>, message: SupervisorMessage) {
        let site = Site::Supervisor { path: &self.path };
        if let Some((FaultAction::Crash, cause)) = self.world.strike(&site, &self.path, None, self.cause) {
            self.retake = Some(message);
            return self.crash(myself, cause);
        }
        self.take(myself, message);
    }

    fn ordered(&mut self, myself: &Address<SupervisorMessage>, order: Order) {
        match order {
            Order::Restart { cause } => {
                self.cause = Some(cause);
                myself.resume();
                match self.retake.take() {
                    // Its machine is as it was before the message that it crashed at. When it was stopping its children
                    // then, that is brought to its end before it starts them again, as whoever is above it asks for. With
                    // nobody above it, the end of the run stands.
                    Some(message) => {
                        self.boots_again = self.parent.is_some() && self.machine.is_ending();
                        self.take(myself, message);
                        if self.boots_again {
                            self.feed(myself, SupervisorInput::Boot);
                            self.boots_again = self.machine.is_ending();
                        }
                    }
                    None => self.feed(myself, SupervisorInput::Boot),
                }
            }
            Order::Rest { cause } => {
                // Whoever is above waits for it to rest: that it was to begin again is no longer wanted.
                self.boots_again = false;
                self.cause = cause;
                self.feed(myself, SupervisorInput::Shutdown);
            }
            Order::GiveUp { cause, reason } => {
                // Nobody restarts those below it any more either: whoever asks them is told so.
                self.cause = Some(cause);
                myself.resume();
                for child in 0..self.children.len() {
                    self.let_go(child, &reason);
                }
            }
            Order::Inspect(_) => {}
        }
    }

    /// Every body of a world is linked to the supervisor at the top, which passes on to whom it belongs that one is lost.
    fn child_lost(&mut self, actor: ActorId, reason: ExitReason) {
        if self.world.is_stopping() {
            return;
        }
        match self.world.household().path_of(actor) {
            Some(child) => self.pass_on(child, reason),
            None => self.lost_for_good("an actor".to_owned(), &reason),
        }
    }
}

impl SupervisorState {
    fn take(&mut self, myself: &Address<SupervisorMessage>, message: SupervisorMessage) {
        match message {
            SupervisorMessage::Failed { child, reason, cause } => self.exited(myself, &child, reason, Some(cause)),
            SupervisorMessage::Ended { child, reason, cause } => self.exited(myself, &child, reason, cause),
            SupervisorMessage::BodyLost { child, reason } => self.body_lost(myself, &child, reason),
            SupervisorMessage::Rested { child } => {
                if let Some(child) = self.numbers.get(&child).copied() {
                    self.feed(myself, SupervisorInput::Stopped { child });
                    self.let_go_of_who_is_over(child, "it was stopped with another, and is not restarted");
                }
            }
            SupervisorMessage::Joined { child } => self.joined(myself, child),
            SupervisorMessage::TimerFired(timer) => self.feed(myself, SupervisorInput::TimerFired { timer }),
        }
    }

    /// Its own supervisor restarts it; the one at the top, which has none, is restarted by the world as often as a run
    /// allows restarts.
    fn crash(&self, myself: &Address<SupervisorMessage>, cause: EventSequence) {
        if self.parent.is_some() {
            return fail(&self.world, myself, PLANNED_CRASH.to_owned(), cause);
        }
        myself.suspend();
        let failed = EventKind::ActorFailed { message: PLANNED_CRASH.into() };
        let cause = self.world.record(&self.path, Some(cause), failed);
        let restarts = self.world.count_top_restart();
        if restarts > RunRestarts::DEFAULT_MAX {
            let message = format!("{RESTART_LIMIT}: {} crashed {restarts} times", self.path);
            let _ = self.signals.send(WorldSignal::GivenUp { message: message.into() });
            return;
        }
        let cause = self.world.record(&self.path, Some(cause), EventKind::ActorRestarted { restarts });
        myself.ordered().order(Order::Restart { cause });
    }

    pub(crate) fn new(
        world: Arc<World>,
        signals: UnboundedSender<WorldSignal>,
        (path, parent): (ActorPath, Option<ActorPath>),
        machine: SupervisorMachine,
        children: Vec<ActorPath>,
    ) -> Self {
        let numbers = children.iter().cloned().enumerate().map(|(number, path)| (path, number)).collect();
        let children = children.into_iter().map(|path| Child { path, cause: None, is_let_go: false }).collect();
        Self {
            world,
            signals,
            path,
            parent,
            machine,
            children,
            numbers,
            draws: 0,
            cause: None,
            retake: None,
            boots_again: false,
        }
    }

    /// Tells of a lost body whoever watches over it.
    fn pass_on(&self, child: ActorPath, reason: ExitReason) {
        match self.world.household().supervisor_of(&child) {
            Some(_) => self.world.tell_supervisor_of(&child.clone(), SupervisorMessage::BodyLost { child, reason }),
            None => self.lost_for_good(child.to_string(), &reason),
        }
    }

    fn lost_for_good(&self, actor: String, reason: &ExitReason) {
        let error = reason.to_string();
        // The world's end of the channel lives as long as its actors.
        let _ = self.signals.send(WorldSignal::BodyLost { actor, error });
    }

    /// A number in [0, 1) that no other decision uses.
    fn jitter(&mut self) -> f64 {
        let address = RandomAddress::new(self.world.random_key(self.path.as_str()), JITTER).call(self.draws);
        self.draws += 1;
        address.generator().uniform()
    }

    fn exited(
        &mut self,
        myself: &Address<SupervisorMessage>,
        path: &ActorPath,
        reason: ExitReason,
        cause: Option<EventSequence>,
    ) {
        let Some(child) = self.numbers.get(path).copied() else { return };
        if let Some(known) = self.children.get_mut(child) {
            known.cause = cause;
        }
        self.cause = cause;
        let jitter = self.jitter();
        self.feed(myself, SupervisorInput::Exited { child, reason, jitter });
        self.let_go_of_who_is_over(child, "it failed, and is not restarted");
    }

    fn body_lost(&mut self, myself: &Address<SupervisorMessage>, path: &ActorPath, reason: ExitReason) {
        let told = Text::from(format!("its body {reason}"));
        self.world.household().body_lost(path, &told);
        let cause = self.world.record(path, None, EventKind::ActorFailed { message: told });
        self.exited(myself, path, reason, Some(cause));
    }

    fn joined(&mut self, myself: &Address<SupervisorMessage>, path: ActorPath) {
        let Some(spec) = self.world.household().spec_of(&path) else { return };
        self.numbers.insert(path.clone(), self.children.len());
        self.children.push(Child { path, cause: None, is_let_go: false });
        self.feed(myself, SupervisorInput::ChildAdded { spec });
    }

    /// Feeds the machine and carries out what it asks for, which may be more input for it.
    fn feed(&mut self, myself: &Address<SupervisorMessage>, input: SupervisorInput) {
        let mut inputs = std::collections::VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let now = self.world.now();
            let effects = self.world.with_restarts(|run| self.machine.handle(now, input, run));
            for effect in effects {
                inputs.extend(self.carry_out(myself, effect));
            }
        }
    }

    /// Carries an effect out; what the machine is told at once of it.
    fn carry_out(&mut self, myself: &Address<SupervisorMessage>, effect: SupervisorEffect) -> Option<SupervisorInput> {
        match effect {
            SupervisorEffect::Start { child, restarts } => self.start(child, restarts),
            // All that rests does so before any time passes.
            SupervisorEffect::Stop { child, cause, .. } => self.stop(child, cause),
            SupervisorEffect::Kill { child, .. } => {
                self.world.household().kill(&self.path_of(child)?);
                Some(SupervisorInput::Stopped { child })
            }
            SupervisorEffect::SetTimer { timer, after } => {
                if let SupervisorTimer::Restart { child, .. } = timer {
                    let (path, cause) = (self.path_of(child)?, self.cause_of(child));
                    let scheduled = self.world.record(&path, cause, EventKind::RestartScheduled { after });
                    self.note(child, scheduled);
                }
                let myself = myself.clone();
                self.world.after(after, Box::new(move || post(&myself, SupervisorMessage::TimerFired(timer))));
                None
            }
            SupervisorEffect::Ready => None,
            SupervisorEffect::Isolated(give_up) => {
                self.given_up(&give_up);
                let path = self.path_of(give_up.child)?;
                self.let_go(give_up.child, &give_up.reason(path.as_str()));
                None
            }
            SupervisorEffect::GaveUp(give_up) => {
                self.given_up(&give_up);
                None
            }
            SupervisorEffect::Ended { .. } if std::mem::take(&mut self.boots_again) => Some(SupervisorInput::Boot),
            SupervisorEffect::Ended { reason } => {
                self.ended(myself, reason);
                None
            }
        }
    }

    fn start(&mut self, child: usize, restarts: u32) -> Option<SupervisorInput> {
        let path = self.path_of(child)?;
        if restarts == 0 && self.world.household().has_body(&path) {
            // Who was started by another agent is up already.
            return Some(SupervisorInput::Started { child });
        }
        let cause = self.world.record(&path, self.cause_of(child), EventKind::ActorRestarted { restarts });
        self.note(child, cause);
        if let Some(child) = self.children.get_mut(child) {
            child.is_let_go = false;
        }
        match self.world.household().restart(&path, cause) {
            Ok(has_mail) => {
                if has_mail {
                    self.world.reach("restart with mail");
                }
                Some(SupervisorInput::Started { child })
            }
            Err(message) => {
                let jitter = self.jitter();
                Some(SupervisorInput::StartFailed { child, message: message.into(), jitter })
            }
        }
    }

    fn stop(&mut self, child: usize, cause: StopCause) -> Option<SupervisorInput> {
        let path = self.path_of(child)?;
        let (why, led_to) = match cause {
            StopCause::Sibling { failed } => {
                let failed_path = self.path_of(failed)?;
                (format!("it is restarted with {failed_path}"), self.cause_of(failed))
            }
            StopCause::Shutdown => ("its supervisor ends".to_owned(), self.cause),
            StopCause::Removed => ("it is no longer wanted".to_owned(), self.cause),
        };
        let stopped = self.world.record(&path, led_to, EventKind::ActorStopped { reason: why.into() });
        self.note(child, stopped);
        match self.world.household().ordered(&path) {
            Some(ordered) => ordered.order(Order::Rest { cause: Some(stopped) }),
            None => return Some(SupervisorInput::Stopped { child }),
        }
        None
    }

    /// Nobody restarts a child that has come to its end: what it is asked from now on ends at once.
    fn let_go_of_who_is_over(&mut self, child: usize, reason: &str) {
        let is_over = matches!(self.machine.state(child), None | Some(ChildState::Down | ChildState::Gone));
        if is_over && !self.machine.is_ending() {
            self.let_go(child, reason);
        }
    }

    /// A child stays stopped as long as this supervisor lives.
    fn let_go(&mut self, child: usize, reason: &str) {
        let (Some(path), Some(cause)) = (self.path_of(child), self.cause_of(child)) else { return };
        let Some(known) = self.children.get_mut(child).filter(|known| !known.is_let_go) else { return };
        known.is_let_go = true;
        self.world.household().give_up(&path, cause, reason.into());
    }

    fn given_up(&mut self, give_up: &GiveUp) {
        let Some(path) = self.path_of(give_up.child) else { return };
        let failure = Failure { kind: FailureKind::Crash, message: give_up.reason(path.as_str()) };
        let cause = self.world.record(&path, self.cause_of(give_up.child), EventKind::ActorGivenUp { failure });
        self.note(give_up.child, cause);
        self.cause = Some(cause);
    }

    /// Nothing is left of it: its own supervisor is told so, and at the top the run ends.
    fn ended(&self, myself: &Address<SupervisorMessage>, reason: ExitReason) {
        let child = self.path.clone();
        match &self.parent {
            Some(_) if reason.is_orderly() => {
                self.world.tell_supervisor_of(&self.path, SupervisorMessage::Rested { child });
            }
            Some(_) => {
                let message = Text::from(reason.to_string());
                let cause = self.world.record(&self.path, self.cause, EventKind::ActorFailed { message });
                let cause = Some(cause);
                self.world.tell_supervisor_of(&self.path, SupervisorMessage::Ended { child, reason, cause });
            }
            None => {
                let message = match reason {
                    ExitReason::Error(message) | ExitReason::Panic(message) => message,
                    other => Text::from(other.to_string()),
                };
                // The world's end of the channel lives as long as its actors.
                let _ = self.signals.send(WorldSignal::GivenUp { message });
            }
        }
        myself.suspend();
    }

    fn path_of(&self, child: usize) -> Option<ActorPath> {
        self.children.get(child).map(|child| child.path.clone())
    }

    fn cause_of(&self, child: usize) -> Option<EventSequence> {
        self.children.get(child).and_then(|child| child.cause).or(self.cause)
    }

    fn note(&mut self, child: usize, cause: EventSequence) {
        if let Some(child) = self.children.get_mut(child) {
            child.cause = Some(cause);
        }
    }
}

/// Tells a failed child's supervisor; until it says how to go on, the child takes nothing in.
pub(crate) fn fail<M: Send + 'static>(world: &World, myself: &Address<M>, message: String, cause: EventSequence) {
    myself.suspend();
    let message = Text::from(message);
    let child = myself.ordered().path().clone();
    let cause = world.record(&child, Some(cause), EventKind::ActorFailed { message: message.clone() });
    let reason = ExitReason::Panic(message);
    world.tell_supervisor_of(&child.clone(), SupervisorMessage::Failed { child, reason, cause });
}

#[cfg(test)]
#[path = "supervisor_tests.rs"]
mod tests;
