//! What bodies have in common: a machine's panic is caught at its boundary, and the body survives it.

use std::future::ready;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ractor::{Actor, ActorProcessingErr, ActorRef};

/// What lives in a body: state that is fed messages one after another.
pub(crate) trait Inhabitant: Send + Sized + 'static {
    type Message: ractor::Message;

    /// Called once, before the first message.
    fn started(&self) {}

    /// Takes a message in. Nothing is awaited here: what takes time comes back as a message.
    fn receive(&mut self, myself: &ActorRef<Self::Message>, message: Self::Message);

    /// Called once, after the last message.
    fn stopped(&mut self) -> impl Future<Output = ()> + Send {
        ready(())
    }
}

/// The body of an inhabitant, as an actor.
pub(crate) struct Body<S>(PhantomData<fn() -> S>);

impl<S> Body<S> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<S: Inhabitant> Actor for Body<S> {
    type Msg = S::Message;
    type State = Box<S>;
    type Arguments = Box<S>;

    async fn pre_start(&self, _: ActorRef<Self::Msg>, inhabitant: Box<S>) -> Result<Box<S>, ActorProcessingErr> {
        inhabitant.started();
        Ok(inhabitant)
    }

    /// Does its work before it returns a future that is ready, so that an actor at rest holds no room for a message.
    fn handle(
        &self,
        myself: ActorRef<Self::Msg>,
        message: Self::Msg,
        inhabitant: &mut Box<S>,
    ) -> impl Future<Output = Result<(), ActorProcessingErr>> + Send {
        inhabitant.receive(&myself, message);
        ready(Ok(()))
    }

    async fn post_stop(&self, _: ActorRef<Self::Msg>, inhabitant: &mut Box<S>) -> Result<(), ActorProcessingErr> {
        inhabitant.stopped().await;
        Ok(())
    }
}

/// Runs a machine's step; a panic comes back as its message.
///
/// The state behind the closure is not trusted after a panic: every caller rebuilds it from its last checkpoint.
pub(crate) fn guarded<T>(step: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(step)).map_err(|payload| panic_message(payload.as_ref()))
}

/// The text of a panic's payload.
pub(crate) fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

/// Sends a message within a world. A receiver that is gone is only possible while the world shuts down or after its
/// body was lost, which the supervisor tells the world itself.
pub(crate) fn post<M: ractor::Message>(to: &ActorRef<M>, message: M) {
    if to.send_message(message).is_err() {
        tracing::debug!(target: "moot::post", "a message to an actor that has stopped is dropped");
    }
}
