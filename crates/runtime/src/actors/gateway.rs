//! A model gateway: the one way to one model. It asks, books every attempt and delivers the answer when its virtual
//! latency has passed.
//!
//! An inside model is computed at once; an outside one runs behind the port to the outside. A model that panics gives
//! a failed attempt, and on the supervisor's word the model is made anew.

use std::sync::Arc;

use moot_core::{
    ActorPath, ActorRole, EventKind, EventSequence, ModelFailure, ModelFailureKind, ModelReply, Placement, Text, Usage,
    VirtualDuration,
};
use moot_model::{Model, ModelRequest};
use ractor::ActorRef;

use crate::actors::agent::AgentMessage;
use crate::actors::body::{Inhabitant, guarded, post};
use crate::actors::ledger::Booking;
use crate::actors::supervisor::{Resumable, SupervisorMessage};
use crate::outside::OutsideAnswer;
use crate::spec::ModelFactory;
use crate::world::{OpenAttempt, World};

/// A request on its way to a model.
pub(crate) struct Asked {
    pub(crate) request: ModelRequest,
    pub(crate) agent_number: u32,
    pub(crate) reply_to: ActorRef<AgentMessage>,
    pub(crate) cause: EventSequence,
}

pub(crate) enum GatewayMessage {
    Asked(Box<Asked>),
    /// The latency of an attempt has passed; the number is the one it was opened with.
    Answered(u64, Box<Asked>, Result<ModelReply, ModelFailure>),
    Resumed,
}

pub(crate) struct GatewayState {
    world: Arc<World>,
    path: ActorPath,
    name: Text,
    number: u32,
    factory: ModelFactory,
    model: Arc<dyn Model>,
    outside_latency: VirtualDuration,
    strikes: u32,
    suspended: Option<Vec<GatewayMessage>>,
}

impl Inhabitant for GatewayState {
    type Message = GatewayMessage;

    fn started(&self) {
        self.world.record(&self.path, None, EventKind::ActorStarted { role: ActorRole::ModelGateway });
    }

    fn receive(&mut self, myself: &ActorRef<GatewayMessage>, message: GatewayMessage) {
        match (message, &mut self.suspended) {
            (GatewayMessage::Resumed, _) => self.resume(myself),
            (message, Some(kept)) => kept.push(message),
            (GatewayMessage::Asked(asked), None) => self.ask(myself, asked),
            (GatewayMessage::Answered(opened, asked, answer), None) => {
                self.world.attempt_closed(opened);
                self.settle(myself, &asked, answer);
            }
        }
    }
}

impl GatewayState {
    pub(crate) fn new(
        world: Arc<World>,
        path: ActorPath,
        name: Text,
        number: u32,
        factory: ModelFactory,
        model: Arc<dyn Model>,
        outside_latency: VirtualDuration,
    ) -> Self {
        Self { world, path, name, number, factory, model, outside_latency, strikes: 0, suspended: None }
    }

    fn ask(&mut self, myself: &ActorRef<GatewayMessage>, asked: Box<Asked>) {
        if self.model.placement() == Placement::Outside {
            return self.ask_outside(myself, asked);
        }
        let answer = answer_of(self.model.as_ref(), &asked.request);
        let latency = latency_of(&answer);
        if latency == VirtualDuration::ZERO {
            self.settle(myself, &asked, answer);
        } else {
            let opened = self.open(&asked, Some(&answer));
            let myself = myself.clone();
            self.world.after(latency, Box::new(move || post(&myself, GatewayMessage::Answered(opened, asked, answer))));
        }
    }

    fn ask_outside(&self, myself: &ActorRef<GatewayMessage>, asked: Box<Asked>) {
        let model = Arc::clone(&self.model);
        let (myself, declared, opened) = (myself.clone(), self.outside_latency, self.open(&asked, None));
        self.world.submit(Box::new(move || {
            let answer = answer_of(model.as_ref(), &asked.request);
            let latency = latency_of(&answer) + declared;
            let deliver = Box::new(move || post(&myself, GatewayMessage::Answered(opened, asked, answer)));
            OutsideAnswer { latency, deliver }
        }));
    }

    /// Takes note of an attempt whose answer comes later. What an inside model will have taken is known already.
    fn open(&self, asked: &Asked, answer: Option<&Result<ModelReply, ModelFailure>>) -> u64 {
        let request = &asked.request;
        self.world.attempt_opened(OpenAttempt {
            agent: request.agent.clone(),
            cause: asked.cause,
            call: request.call,
            attempt: request.attempt,
            model: self.name.clone(),
            booking: self.booking(asked, answer.and_then(usage_of), true),
        })
    }

    fn booking(&self, asked: &Asked, usage: Option<Usage>, failed: bool) -> Booking {
        let cost = self.model.price().zip(usage).map(|(price, usage)| price.cost(usage));
        Booking { agent: asked.agent_number, model: self.number, task: asked.request.task.id, usage, cost, failed }
    }

    /// Books an attempt that has ended and tells the agent.
    fn settle(&mut self, myself: &ActorRef<GatewayMessage>, asked: &Asked, answer: Result<ModelReply, ModelFailure>) {
        let request = &asked.request;
        let (task, call, attempt, model) = (request.task.id, request.call, request.attempt, self.name.clone());
        let booking = self.booking(asked, usage_of(&answer), answer.is_err());
        let cost = booking.cost;
        let crashed = matches!(&answer, Err(failure) if failure.kind == ModelFailureKind::Crashed);
        let kind = match &answer {
            Ok(reply) => EventKind::ModelReplied { task, call, attempt, model, reply: reply.clone(), cost },
            Err(failure) => EventKind::ModelFailed { task, call, attempt, model, failure: failure.clone(), cost },
        };
        let cause = self.world.record(&request.agent, Some(asked.cause), kind);
        self.world.book(booking);
        if crashed && let Err(failure) = &answer {
            self.suspend(myself, &failure.message, cause);
        }
        post(&asked.reply_to, AgentMessage::ModelAnswered { task, call, answer, cause });
    }

    fn suspend(&mut self, myself: &ActorRef<GatewayMessage>, message: &Text, cause: EventSequence) {
        self.strikes += 1;
        let cause = self.world.record(&self.path, Some(cause), EventKind::ActorFailed { message: message.clone() });
        self.suspended = Some(Vec::new());
        let failed = SupervisorMessage::Failed {
            who: self.path.clone(),
            role: ActorRole::ModelGateway,
            strikes: self.strikes,
            message: message.as_ref().to_owned(),
            resume: Resumable::Gateway(myself.clone()),
            cause,
        };
        self.world.tell_supervisor(failed);
    }

    fn resume(&mut self, myself: &ActorRef<GatewayMessage>) {
        // A factory that panics leaves the model as it was: its next attempt fails by name again.
        if let Ok(model) = guarded(|| (self.factory)()) {
            self.model = model;
        }
        for message in self.suspended.take().unwrap_or_default() {
            self.receive(myself, message);
        }
    }
}

fn answer_of(model: &dyn Model, request: &ModelRequest) -> Result<ModelReply, ModelFailure> {
    guarded(|| model.answer(request)).unwrap_or_else(|message| {
        Err(ModelFailure::new(ModelFailureKind::Crashed, format!("the model panicked: {message}")))
    })
}

fn usage_of(answer: &Result<ModelReply, ModelFailure>) -> Option<Usage> {
    match answer {
        Ok(reply) => reply.usage,
        Err(failure) => failure.usage,
    }
}

fn latency_of(answer: &Result<ModelReply, ModelFailure>) -> VirtualDuration {
    match answer {
        Ok(reply) => reply.latency,
        Err(failure) => failure.latency,
    }
}
