//! One attempt at a model call: through the limits, out to the model, and back into the books.

use std::sync::Arc;

use moot_core::random::{Draw, Purpose};
use moot_core::{
    EventKind, EventSequence, ModelDelta, ModelFailure, ModelFailureKind, ModelReply, Placement, Usage,
    VirtualDuration, VirtualTime,
};
use moot_mind::retry::{Admission, Health, RetryDecision, decide, first_timeout};
use moot_model::{Model, ModelRequest};
use moot_safety::fault::{FaultAction, ModelFault, Site};
use moot_safety::invariant::Probe;

use super::pieces::masked;
use super::{Asked, Errand, GatewayMessage, GatewayState, Pending, Stage, cost, most_tokens};
use crate::actors::address::Address;
use crate::actors::agent::AgentMessage;
use crate::actors::body::{guarded, post};
use crate::actors::ledger::{Booking, LedgerMessage};
use crate::outside::OutsideRequest;
use crate::world::OpenAttempt;

type Answer = Result<ModelReply, ModelFailure>;

/// Which draw spreads the waits before further attempts.
const JITTER: Purpose = Purpose::named("retry_jitter");

/// The run's epoch for dates in headers, in ms since 1970: 2025-01-01T00:00:00Z. Only used when an answer has no date
/// of its own.
const EPOCH_MS: u64 = 1_735_689_600_000;

impl GatewayState {
    /// Lets the call pass when the breaker and the limits do; else it comes here again.
    pub(super) fn pass_limits(&mut self, myself: &Address<GatewayMessage>, number: u64) {
        let now = self.world.now();
        let Some(pending) = self.calls.get_mut(&number) else { return };
        pending.stage = Stage::Waiting;
        if let Some(limiter) = &mut self.limiter
            && !pending.admitted
        {
            let estimate = most_tokens(self.setup.model.as_ref(), &pending.asked.request).total_tokens();
            match limiter.request(number, estimate, now) {
                Admission::Now => pending.admitted = true,
                Admission::Queued => return,
                Admission::At(time) => {
                    pending.admitted = true;
                    return self.begin_at(myself, number, time);
                }
            }
        }
        self.reserve(myself, number);
    }

    /// The limits have a place for the call from that time on.
    fn begin_at(&self, myself: &Address<GatewayMessage>, number: u64, time: VirtualTime) {
        let myself = myself.clone();
        let wait = time.since(self.world.now());
        self.world.after(wait, Box::new(move || post(&myself, GatewayMessage::Try { number })));
    }

    /// Gives the call's place under the model's limits to who waits for it.
    pub(super) fn leave_limits(&mut self, myself: &Address<GatewayMessage>, number: u64) {
        let now = self.world.now();
        let Some(limiter) = &mut self.limiter else { return };
        let admitted = limiter.ended(number, now);
        for next in admitted {
            if let Some(pending) = self.calls.get_mut(&next.id) {
                pending.admitted = true;
            }
            if next.at <= now {
                post(myself, GatewayMessage::Try { number: next.id });
            } else {
                self.begin_at(myself, next.id, next.at);
            }
        }
    }

    pub(super) fn send_out(&mut self, myself: &Address<GatewayMessage>, number: u64) {
        let Some(pending) = self.calls.get_mut(&number) else { return };
        if let Some(breaker) = &mut self.breaker {
            match breaker.admit(self.world.now()) {
                Ok(permit) => pending.permit = Some(permit),
                Err(refusal) => {
                    let failure = refusal.failure(&self.setup.name);
                    return self.not_made(myself, number, failure);
                }
            }
        }
        if let Some(pending) = self.calls.remove(&number) {
            self.make(myself, number, pending);
        }
    }

    /// Makes an attempt that nothing holds back.
    pub(super) fn make(&mut self, myself: &Address<GatewayMessage>, number: u64, mut pending: Pending) {
        pending.stage = Stage::Out;
        let request = &pending.asked.request;
        self.world.probe(|| Probe::AttemptMade {
            agent: request.agent.clone(),
            task: request.task.id,
            call: request.call,
            attempt: request.attempt,
            transcript: Arc::clone(&request.transcript),
        });
        let fault = self.fault_of(&mut pending.asked);
        if self.setup.model.placement() == Placement::Outside {
            pending.asked.cause = self.note_request(&pending.asked);
            let opened = self.open(&pending.asked, None);
            self.send_outside(myself, number, opened, pending.asked.request.clone(), fault);
            self.calls.insert(number, pending);
            return;
        }
        let (answer, deltas) = self.attempt_inside(&pending.asked.request, fault.as_ref());
        let answer = self.spoiled(&mut pending.asked, answer);
        let before = self.world.replied_before(&pending.asked.request);
        let answer = before.map_or(answer, |before| before.answer.clone());
        let (latency, attempt) = (latency_of(&answer), pending.asked.request.attempt);
        let pieces = deltas.into_iter().filter(|(after, _)| *after <= latency);
        if latency == VirtualDuration::ZERO {
            for (_, delta) in pieces {
                self.tell_piece(&mut pending, delta);
            }
            return self.settle(myself, number, pending, answer);
        }
        for (after, delta) in pieces {
            let myself = myself.clone();
            let streamed = GatewayMessage::Streamed { number, attempt, delta };
            self.world.after(after, Box::new(move || post(&myself, streamed)));
        }
        let opened = self.open(&pending.asked, Some(&answer));
        self.calls.insert(number, pending);
        let myself = myself.clone();
        let answered = GatewayMessage::Answered { number, opened, answer };
        self.world.after(latency, Box::new(move || post(&myself, answered)));
    }

    /// What goes wrong with an attempt by plan.
    fn fault_of(&self, asked: &mut Asked) -> Option<ModelFault> {
        let (agent, task) = (&asked.request.agent, asked.request.task.id);
        let site = Site::ModelAttempt { model: &self.setup.name, agent };
        let (action, cause) = self.world.strike(&site, agent, Some(task), Some(asked.cause))?;
        asked.cause = cause;
        match action {
            FaultAction::Model(fault) => Some(fault),
            _ => None,
        }
    }

    /// An answer as it is handed on: by plan, a reply says something else.
    fn spoiled(&self, asked: &mut Asked, answer: Answer) -> Answer {
        let reply = answer?;
        let (agent, task) = (&asked.request.agent, asked.request.task.id);
        let site = Site::ModelReply { model: &self.setup.name, agent, calls: reply.tool_calls.len() };
        let Some((action, cause)) = self.world.strike(&site, agent, Some(task), Some(asked.cause)) else {
            return Ok(reply);
        };
        asked.cause = cause;
        match action {
            FaultAction::Reply(fault) => Ok(fault.apply(reply)),
            _ => Ok(reply),
        }
    }

    /// Computes the answer of an inside model, the pieces in which it comes, and whether it comes in time.
    fn attempt_inside(
        &self,
        request: &ModelRequest,
        fault: Option<&ModelFault>,
    ) -> (Answer, Vec<(VirtualDuration, ModelDelta)>) {
        let model = self.setup.model.as_ref();
        let honest = match fault {
            // What does not get to the model is not computed by it.
            Some(fault) if !fault.is_sent() => Ok(ModelReply::text("")),
            _ => answer_of(model, request),
        };
        let deltas = guarded(|| match &honest {
            Ok(reply) => model.deltas(request, reply),
            Err(failure) => model.deltas_before_failure(request, failure),
        });
        let deltas = deltas.unwrap_or_default();
        let (answer, deltas) = match fault {
            Some(fault) => (honest.and_then(|reply| fault.apply(reply)), fault.pieces_shown(deltas)),
            None => (honest, deltas),
        };
        let pieces = deltas.iter().map(|(after, _)| *after);
        match first_timeout(&self.setup.retry, pieces, latency_of(&answer)) {
            // What it took all the same is known of an inside model.
            Some(timeout) => (Err(ModelFailure { usage: usage_of(&answer), ..timeout.failure() }), deltas),
            None => (answer, deltas),
        }
    }

    /// What goes out is in the journal before it does. What an inside model is asked follows from what was said.
    fn note_request(&self, asked: &Asked) -> EventSequence {
        let request = &asked.request;
        let messages = u32::try_from(request.transcript.len()).unwrap_or(u32::MAX);
        let before = self.world.replied_before(request);
        let model = before.map_or_else(|| self.setup.name.clone(), |before| before.model.clone());
        let (task, call) = (request.task.id, request.call);
        let kind = EventKind::ModelRequested { task, call, model, messages };
        self.world.record(&request.agent, Some(asked.cause), kind)
    }

    fn send_outside(
        &self,
        myself: &Address<GatewayMessage>,
        number: u64,
        opened: u64,
        request: ModelRequest,
        fault: Option<ModelFault>,
    ) {
        let model = Arc::clone(&self.setup.model);
        let (myself, declared) = (myself.clone(), self.setup.outside_latency);
        let ModelRequest { agent, task, call, attempt, .. } = &request;
        // The model's name is left out: a run that begins as another one may have given it another.
        let what = format!("model for {agent}, task {}, call {call}, attempt {attempt}", task.id);
        self.world.submit(OutsideRequest {
            what: what.into(),
            ask: Box::new(move || match &fault {
                None => answer_of(model.as_ref(), &request),
                // What does not get to the model is not asked of it.
                Some(fault) if !fault.is_sent() => fault.apply(ModelReply::text("")),
                Some(fault) => answer_of(model.as_ref(), &request).and_then(|reply| fault.apply(reply)),
            }),
            lost: None,
            latency: Box::new(move |answer| latency_of(answer) + declared),
            deliver: Box::new(move |answer| post(&myself, GatewayMessage::Answered { number, opened, answer })),
        });
    }

    /// Takes note of an attempt whose answer comes later. What an inside model will have taken is known already.
    fn open(&self, asked: &Asked, answer: Option<&Answer>) -> u64 {
        let request = &asked.request;
        self.world.attempt_opened(OpenAttempt {
            agent: request.agent.clone(),
            cause: asked.cause,
            call: request.call,
            attempt: request.attempt,
            model: self.setup.name.clone(),
            booking: self.booking(asked, answer.and_then(usage_of), true),
        })
    }

    fn booking(&self, asked: &Asked, usage: Option<Usage>, failed: bool) -> Booking {
        let cost = cost(&self.setup, usage);
        Booking {
            agent: asked.agent_number,
            model: self.setup.number,
            task: asked.request.task.id,
            usage,
            cost,
            failed,
        }
    }

    /// A piece of a reply has come, perhaps of an attempt that is over.
    pub(super) fn streamed(&mut self, number: u64, attempt: u32, delta: ModelDelta) {
        if let Some(mut pending) = self.calls.remove(&number) {
            if pending.asked.request.attempt == attempt {
                self.tell_piece(&mut pending, delta);
            }
            self.calls.insert(number, pending);
        }
    }

    fn tell_piece(&self, pending: &mut Pending, delta: ModelDelta) {
        if pending.withdrawn || pending.asked.errand != Errand::Turn {
            return;
        }
        pending.streamed = true;
        let delta = match self.world.mask() {
            None => Some(delta),
            Some(mask) => pending.held_back.pass(mask, delta),
        };
        if let Some(delta) = delta {
            self.tell_shown(pending, delta);
        }
    }

    /// Tells the agent a piece in which nothing has to be hidden any more.
    fn tell_shown(&self, pending: &Pending, delta: ModelDelta) {
        let request = &pending.asked.request;
        let (task, call, attempt) = (request.task.id, request.call, request.attempt);
        let ask = pending.asked.ask;
        let kind = EventKind::ModelStreamed { task, call, attempt, delta: delta.clone() };
        let cause = self.world.record(&request.agent, Some(pending.asked.cause), kind);
        post(&pending.asked.reply_to, AgentMessage::Streamed { ask, delta, cause });
    }

    /// Books an attempt that has ended, then makes another one or tells the agent.
    pub(super) fn settle(
        &mut self,
        myself: &Address<GatewayMessage>,
        number: u64,
        mut pending: Pending,
        answer: Answer,
    ) {
        let answer = match self.world.mask() {
            None => answer,
            Some(mask) => {
                match answer.is_ok() && !pending.withdrawn {
                    true => pending.held_back.rest(mask).into_iter().for_each(|rest| self.tell_shown(&pending, rest)),
                    false => pending.held_back.drop_all(),
                }
                masked(mask, answer)
            }
        };
        let request = &pending.asked.request;
        let (task, call, attempt, model) = (request.task.id, request.call, request.attempt, self.setup.name.clone());
        let mut booking = self.booking(&pending.asked, usage_of(&answer), answer.is_err());
        let before = self.world.replied_before(request);
        let model = before.map_or(model, |before| before.model.clone());
        booking.cost = before.map_or(booking.cost, |before| before.cost);
        let cost = booking.cost;
        let kind = match &answer {
            Ok(reply) => EventKind::ModelReplied { task, call, attempt, model, reply: reply.clone(), cost },
            Err(failure) => EventKind::ModelFailed { task, call, attempt, model, failure: failure.clone(), cost },
        };
        let cause = self.world.record(&request.agent, Some(pending.asked.cause), kind);
        pending.asked.cause = cause;
        if let Some(attempt) = pending.reserved.take() {
            let (agent, usage, cost) = (booking.agent, booking.usage, booking.cost);
            let settled = LedgerMessage::Settle { attempt, agent, usage, cost };
            post(&self.setup.ledger, settled);
        }
        pending.bill.add_attempt(booking.usage, booking.cost);
        self.world.book(booking);
        if let (Some(breaker), Some(permit)) = (&mut self.breaker, pending.permit.take()) {
            breaker.report(permit, Health::of(&answer), self.world.now());
        }
        if pending.admitted {
            pending.admitted = false;
            self.leave_limits(myself, number);
        }
        match answer {
            Ok(reply) => self.tell(&pending, Ok(reply)),
            Err(failure) if failure.kind == ModelFailureKind::Crashed => {
                let message = failure.message.clone();
                self.tell(&pending, Err(failure));
                self.contain(&message, cause);
            }
            Err(failure) => self.try_again_or_tell(myself, number, pending, failure),
        }
    }

    /// The breaker did not let the attempt out: nothing to book, and the call has failed.
    fn not_made(&mut self, myself: &Address<GatewayMessage>, number: u64, failure: ModelFailure) {
        let Some(mut pending) = self.calls.remove(&number) else { return };
        self.give_back(&mut pending);
        if pending.admitted {
            self.leave_limits(myself, number);
        }
        let request = &pending.asked.request;
        let text = failure.message.clone();
        let noted = EventKind::Noted { task: request.task.id, name: "breaker_open".into(), text };
        pending.asked.cause = self.world.record(&request.agent, Some(pending.asked.cause), noted);
        self.tell(&pending, Err(failure));
    }

    fn try_again_or_tell(
        &mut self,
        myself: &Address<GatewayMessage>,
        number: u64,
        mut pending: Pending,
        failure: ModelFailure,
    ) {
        if pending.withdrawn {
            return;
        }
        let request = &pending.asked.request;
        // A number in [0, 1) of the attempt's own, whoever else draws.
        let uniform = request.own_address(JITTER).generator().uniform();
        let now_ms = EPOCH_MS + self.world.now().as_millis();
        match decide(&self.setup.retry, made_before(&pending.asked), &failure, uniform, now_ms) {
            RetryDecision::GiveUp { reason } => self.tell(&pending, Err(given_up(failure, &reason))),
            RetryDecision::Again { after, reason } => {
                let (task, call, attempt) = (request.task.id, request.call, request.attempt + 1);
                let kind = EventKind::RetryScheduled { task, call, attempt, after, reason };
                pending.asked.cause = self.world.record(&request.agent, Some(pending.asked.cause), kind);
                if std::mem::take(&mut pending.streamed) {
                    // What came of the failed attempt stays in the journal alone.
                    let failed = AgentMessage::StreamFailed { ask: pending.asked.ask, cause: pending.asked.cause };
                    post(&pending.asked.reply_to, failed);
                }
                pending.asked.request.attempt = attempt;
                self.retried.insert(pending.asked.agent_number, (task, call, attempt));
                #[cfg(feature = "planted-bugs")]
                if moot_core::planted::is_on(moot_core::planted::Planted::RetryNotCounted) {
                    pending.asked.request.attempt = attempt - 1;
                }
                pending.stage = Stage::Waiting;
                self.calls.insert(number, pending);
                let myself = myself.clone();
                self.world.after(after, Box::new(move || post(&myself, GatewayMessage::Again { number })));
            }
        }
    }

    fn tell(&self, pending: &Pending, answer: Result<ModelReply, ModelFailure>) {
        if pending.withdrawn {
            return;
        }
        let Asked { request, ask, errand, reply_to, cause, .. } = &*pending.asked;
        let (ask, attempt, bill, cause) = (*ask, request.attempt, pending.bill, *cause);
        let was_last = made_before(&pending.asked) >= self.setup.retry.retries_max;
        let message = match errand {
            Errand::Turn => AgentMessage::ModelAnswered { ask, attempt, answer, bill, was_last, cause },
            Errand::Summary => AgentMessage::Summarised { ask, attempt, answer, bill, cause },
        };
        post(reply_to, message);
    }
}

/// How many attempts with this request were made before the present one.
const fn made_before(asked: &Asked) -> u32 {
    asked.request.attempt.saturating_sub(asked.first_attempt)
}

/// The failure with why no further attempt was made. What a script says of itself needs no such words.
fn given_up(failure: ModelFailure, reason: &str) -> ModelFailure {
    match failure.kind {
        ModelFailureKind::ScriptExhausted | ModelFailureKind::ExpectationUnmet => failure,
        _ => ModelFailure { message: format!("{} ({reason})", failure.message).into(), ..failure },
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_tells_why_no_further_attempt_was_made() {
        for (kind, expected) in [
            (ModelFailureKind::Overloaded, "busy (the last of 3)"),
            (ModelFailureKind::Authentication, "busy (the last of 3)"),
            (ModelFailureKind::ScriptExhausted, "busy"),
            (ModelFailureKind::ExpectationUnmet, "busy"),
        ] {
            let failure = ModelFailure::new(kind, "busy");
            let told = given_up(failure.clone(), "the last of 3");
            assert_eq!((&*told.message, told.kind), (expected, kind));
            assert_eq!(ModelFailure { message: failure.message.clone(), ..told }, failure, "all else stays");
        }
    }
}
