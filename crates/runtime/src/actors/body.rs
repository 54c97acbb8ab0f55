//! What bodies have in common: a machine's panic is caught at its boundary, and the body survives it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ractor::ActorRef;

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
