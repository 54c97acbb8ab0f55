//! Addresses: where the messages to an actor go.
//!
//! The mailbox belongs to the address, not to the body that empties it: a body that is lost is followed by another one
//! that finds every message that was waiting, in order, and whoever holds the address need not know. A body is called in
//! by one empty message of its own; from then on it stays with its mailbox and is woken without any, so that what waits
//! is moved in and out of the mailbox once and nothing else is moved. Words of the supervisor come before everything
//! else, and while an actor is suspended nothing else is taken in.
//!
//! This module must not know what any message means.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use moot_core::{ActorPath, EventSequence, Text};
use moot_safety::invariant::MailboxCount;
use ractor::ActorRef;
use tokio::sync::mpsc::UnboundedSender;

use crate::actors::participant::Wait;

/// Calls a body to its mailbox, where something waits.
pub(crate) struct Wake;

/// What comes before every message.
pub(crate) enum Order {
    /// Begin anew from the last checkpoint and take the work up again.
    Restart { cause: EventSequence },
    /// Let go of what is under way and rest until you are restarted.
    Rest { cause: Option<EventSequence> },
    /// You are not restarted any more: what you work on, and all that you are asked from now on, ends with this reason.
    GiveUp { cause: EventSequence, reason: Text },
    /// Tell whom you wait for.
    Inspect(UnboundedSender<Wait>),
}

/// What a body finds in its mailbox.
pub(crate) enum Letter<M> {
    Order(Order),
    Message(M),
}

/// What a body is to do next.
pub(crate) enum Next<M> {
    /// Take this in.
    Take(Letter<M>),
    /// Rest until it is woken.
    Rest,
    /// Leave its mailbox as it is: it is about to be stopped.
    Leave,
}

/// Where the messages to an actor go.
pub(crate) struct Address<M>(Arc<Mailbox<M>>);

/// An actor to which orders can be given, whatever messages it takes.
pub(crate) trait Ordered: Send + Sync {
    /// Whose address it is.
    fn path(&self) -> &ActorPath;

    /// Gives an order.
    fn order(&self, order: Order);

    /// What the mailbox has seen.
    fn count(&self) -> MailboxCount;

    /// Has it take messages in, whatever kept it from that.
    fn release(&self);

    /// Has the body leave its mailbox when it is next looked at, so that it finds out that it was stopped.
    fn leave(&self);

    /// Lets go of what waits for somebody who does not go on; how many messages that were.
    fn drop_kept(&self) -> u64;

    /// Nobody will take anything in any more: what waits is let go of. How many messages that were.
    fn close(&self) -> u64;
}

struct Mailbox<M> {
    path: ActorPath,
    requests_max: usize,
    state: Mutex<State<M>>,
}

struct State<M> {
    orders: VecDeque<Order>,
    waiting: VecDeque<M>,
    body: Option<ActorRef<Wake>>,
    /// What wakes the body while it is with its mailbox.
    waker: Option<Waker>,
    is_leaving: bool,
    /// Whether the body was told that something waits and has not yet found nothing.
    is_awake: bool,
    is_suspended: bool,
    /// Whether it takes its time over what is first in the mailbox.
    is_busy: bool,
    /// Whether what is first in the mailbox was taken out and put back.
    was_put_back: bool,
    is_closed: bool,
    sent: u64,
    rejected: u64,
    handled: u64,
    dead_lettered: u64,
}

impl<M: Send + 'static> Address<M> {
    /// An address at which nobody is yet: what is sent there waits. At most so many requests wait at a time.
    pub(crate) fn new(path: ActorPath, requests_max: usize) -> Self {
        let state = State {
            orders: VecDeque::new(),
            waiting: VecDeque::new(),
            body: None,
            waker: None,
            is_leaving: false,
            is_awake: false,
            is_suspended: false,
            is_busy: false,
            was_put_back: false,
            is_closed: false,
            sent: 0,
            rejected: 0,
            handled: 0,
            dead_lettered: 0,
        };
        Self(Arc::new(Mailbox { path, requests_max, state: Mutex::new(state) }))
    }

    /// Whose address it is.
    pub(crate) fn path(&self) -> &ActorPath {
        &self.0.path
    }

    /// Puts a request into the mailbox, unless too many messages wait there.
    ///
    /// # Errors
    /// The request, for its sender to be told; answers and what ends work always come through ([`post`](Self::post)).
    pub(crate) fn offer(&self, request: M) -> Result<(), M> {
        let mut state = self.0.state();
        if state.waiting.len() >= self.0.requests_max {
            state.sent += 1;
            state.rejected += 1;
            return Err(request);
        }
        let closed = state.take_in(request);
        drop(state);
        // Let go of outside the lock: what nobody takes in may hold this very address.
        drop(closed);
        Ok(())
    }

    /// Puts a message into the mailbox. Nobody takes it in at an address that is closed.
    pub(crate) fn post(&self, message: M) {
        let closed = self.0.state().take_in(message);
        // Let go of outside the lock: what nobody takes in may hold this very address.
        drop(closed);
    }

    /// What the body is to do next. When it may rest, it is woken by this waker, if it gives one, else called in.
    pub(crate) fn next(&self, waker: Option<&Waker>) -> Next<M> {
        let mut state = self.0.state();
        if state.is_leaving {
            return Next::Leave;
        }
        if let Some(order) = state.orders.pop_front() {
            return Next::Take(Letter::Order(order));
        }
        if !state.rests()
            && let Some(message) = state.waiting.pop_front()
        {
            state.handled += 1;
            return Next::Take(Letter::Message(message));
        }
        state.is_awake = false;
        let known = |waker: &Waker| state.waker.as_ref().is_some_and(|known| known.will_wake(waker));
        let replaced = match waker {
            Some(waker) if !known(waker) => state.waker.replace(waker.clone()),
            _ => None,
        };
        drop(state);
        // Let go of outside the lock: it may hold the body, which holds this very address.
        drop(replaced);
        Next::Rest
    }

    /// The body is no longer with its mailbox: what is sent calls it in again.
    pub(crate) fn left(&self) {
        let waker = {
            let mut state = self.0.state();
            state.is_awake = false;
            state.waker.take()
        };
        // Let go of outside the lock: it may hold the body, which holds this very address.
        drop(waker);
    }

    /// From now on this body is woken; what waits already calls it in at once.
    pub(crate) fn inhabit(&self, body: ActorRef<Wake>) {
        let mut state = self.0.state();
        state.body = Some(body);
        (state.is_awake, state.is_leaving) = (false, false);
        if !state.orders.is_empty() || !(state.waiting.is_empty() || state.rests()) {
            state.wake();
        }
    }

    /// Puts what was just taken out back to the front.
    pub(crate) fn put_back(&self, message: M) {
        let mut state = self.0.state();
        state.waiting.push_front(message);
        state.handled -= 1;
        state.was_put_back = true;
    }

    /// What was just taken out is not taken in after all.
    pub(crate) fn note_dead_letter(&self) {
        let mut state = self.0.state();
        state.handled -= 1;
        state.dead_lettered += 1;
    }

    /// Whether what was just taken out had been put back before.
    pub(crate) fn was_put_back(&self) -> bool {
        std::mem::take(&mut self.0.state().was_put_back)
    }

    /// While it is busy, only orders are taken in.
    pub(crate) fn set_busy(&self, is_busy: bool) {
        let mut state = self.0.state();
        state.is_busy = is_busy;
        state.is_awake = false;
        if !state.rests() && !state.waiting.is_empty() {
            state.wake();
        }
    }

    /// Until it is resumed, only orders are taken in.
    pub(crate) fn suspend(&self) {
        self.0.state().is_suspended = true;
    }

    /// Takes messages in again.
    pub(crate) fn resume(&self) {
        let mut state = self.0.state();
        state.is_suspended = false;
        if !state.rests() && !state.waiting.is_empty() {
            state.wake();
        }
    }

    /// The address for those who give orders.
    pub(crate) fn ordered(&self) -> Arc<dyn Ordered> {
        Arc::clone(&self.0) as _
    }
}

impl<M> State<M> {
    /// Puts a message behind those that wait; it comes back when nobody will take it in.
    fn take_in(&mut self, message: M) -> Option<M> {
        self.sent += 1;
        if self.is_closed {
            self.dead_lettered += 1;
            return Some(message);
        }
        self.waiting.push_back(message);
        if !self.rests() {
            self.wake();
        }
        None
    }

    const fn rests(&self) -> bool {
        self.is_suspended || self.is_busy
    }

    fn wake(&mut self) {
        if self.is_awake {
            return;
        }
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
            self.is_awake = true;
        } else if let Some(body) = &self.body {
            // A body that is gone wakes no more; the next one finds what waits.
            self.is_awake = body.send_message(Wake).is_ok();
        }
    }
}

impl<M> Mailbox<M> {
    fn state(&self) -> MutexGuard<'_, State<M>> {
        // Nothing under the lock runs code of others.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: Send + 'static> Ordered for Mailbox<M> {
    fn path(&self) -> &ActorPath {
        &self.path
    }

    fn order(&self, order: Order) {
        let mut state = self.state();
        if !state.is_closed {
            state.orders.push_back(order);
            state.wake();
        }
    }

    fn count(&self) -> MailboxCount {
        let state = self.state();
        let (sent, handled) = (state.sent, state.handled);
        let (rejected, dead_lettered) = (state.rejected, state.dead_lettered);
        let kept = if state.rests() { state.waiting.len() as u64 } else { 0 };
        MailboxCount { actor: self.path.clone(), sent, handled, rejected, dead_lettered, kept }
    }

    fn release(&self) {
        let mut state = self.state();
        (state.is_suspended, state.is_busy, state.is_awake) = (false, false, false);
        state.wake();
    }

    fn leave(&self) {
        self.state().is_leaving = true;
    }

    fn drop_kept(&self) -> u64 {
        let waiting = {
            let mut state = self.state();
            if !state.rests() {
                return 0;
            }
            state.dead_lettered += state.waiting.len() as u64;
            std::mem::take(&mut state.waiting)
        };
        waiting.len() as u64
    }

    fn close(&self) -> u64 {
        let (orders, waiting, body) = {
            let mut state = self.state();
            state.is_closed = true;
            state.dead_lettered += state.waiting.len() as u64;
            let body = (state.body.take(), state.waker.take());
            (std::mem::take(&mut state.orders), std::mem::take(&mut state.waiting), body)
        };
        // Let go of outside the lock: what waits may hold this very address.
        let count = waiting.len() as u64;
        drop((orders, waiting, body));
        count
    }
}

impl<M> Clone for Address<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M> PartialEq for Address<M> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<M> fmt::Debug for Address<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Address({})", self.0.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(address: &Address<u32>) -> Vec<u32> {
        let mut all = Vec::new();
        while let Next::Take(letter) = address.next(None) {
            match letter {
                Letter::Message(message) => all.push(message),
                Letter::Order(_) => all.push(0),
            }
        }
        all
    }

    #[test]
    fn messages_wait_for_a_body_in_order_and_orders_come_first() {
        let address: Address<u32> = Address::new(ActorPath::world(), 8);
        [1, 2, 3].into_iter().for_each(|message| address.post(message));
        let (sender, _receiver) = tokio::sync::mpsc::unbounded_channel();
        address.ordered().order(Order::Inspect(sender));
        assert_eq!(taken(&address), [0, 1, 2, 3]);
    }

    #[test]
    fn who_is_suspended_takes_only_orders_in() {
        let address: Address<u32> = Address::new(ActorPath::world(), 8);
        address.suspend();
        address.post(1);
        assert!(taken(&address).is_empty());
        address.resume();
        address.post(2);
        assert_eq!(taken(&address), [1, 2]);
    }

    #[test]
    fn every_message_is_accounted_for() {
        let address: Address<u32> = Address::new(ActorPath::world(), 3);
        [1, 2, 3].into_iter().for_each(|message| assert!(address.offer(message).is_ok()));
        assert_eq!(address.offer(9), Err(9), "the mailbox is full");
        assert!(matches!(address.next(None), Next::Take(Letter::Message(1))));
        assert_eq!(address.ordered().close(), 2);
        address.post(4);
        let count = address.ordered().count();
        assert_eq!((count.sent, count.handled, count.rejected, count.dead_lettered), (5, 1, 1, 3));
        assert!(count.is_balanced());
    }
}
