//! The supervisor: every actor of a world is its child. A body that caught its machine's panic asks here how to go
//! on; a body that was lost all the same is reported to the world, which ends the run by name.

use std::sync::Arc;

use moot_core::{ActorRole, EventKind, EventSequence, Failure, FailureKind, Text};
use ractor::ActorId;
use tokio::sync::mpsc::UnboundedSender;

use crate::actors::address::{Address, Order, Ordered};
use crate::actors::agent::RETAKES_MAX;
use crate::actors::body::Inhabitant;
use crate::world::{World, WorldSignal};

/// How a body goes on after a panic of its machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Rebuild the machine from its last checkpoint and take the work up again.
    Restart { cause: EventSequence },
    /// End the work by name.
    GiveUp { cause: EventSequence },
}

pub(crate) enum SupervisorMessage {
    /// The machine of a child panicked, for the `strikes`th time at what it works on.
    Failed { who: Arc<dyn Ordered>, role: ActorRole, strikes: u32, message: String, cause: EventSequence },
}

pub(crate) struct SupervisorState {
    world: Arc<World>,
    signals: UnboundedSender<WorldSignal>,
}

impl Inhabitant for SupervisorState {
    type Message = SupervisorMessage;

    fn receive(&mut self, _: &Address<SupervisorMessage>, message: SupervisorMessage) {
        let SupervisorMessage::Failed { who, role, strikes, message, cause } = message;
        let path = who.path();
        let verdict = if may_restart(role, strikes) {
            let cause = self.world.record(path, Some(cause), EventKind::ActorRestarted { restarts: strikes });
            Verdict::Restart { cause }
        } else {
            let message = format!("{path} panicked {strikes} times: {message}");
            let failure = Failure { kind: FailureKind::Crash, message: Text::from(message) };
            let cause = self.world.record(path, Some(cause), EventKind::ActorGivenUp { failure });
            Verdict::GiveUp { cause }
        };
        who.order(Order::Resume(verdict));
    }

    fn child_lost(&mut self, actor: ActorId, error: String) {
        // The world's end of the channel lives as long as its actors.
        let _ = self.signals.send(WorldSignal::BodyLost { actor, error });
    }
}

impl SupervisorState {
    pub(crate) fn new(world: Arc<World>, signals: UnboundedSender<WorldSignal>) -> Self {
        Self { world, signals }
    }
}

/// Participants take one piece of work up again at most twice. What serves them holds no work of its own: it is
/// always made anew, and the asker's own limit ends a crash loop.
const fn may_restart(role: ActorRole, strikes: u32) -> bool {
    match role {
        ActorRole::Agent | ActorRole::Coordinator => strikes <= RETAKES_MAX,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn participants_are_restarted_twice_and_servants_always() {
        for (role, strikes, expected) in [
            (ActorRole::Agent, 1, true),
            (ActorRole::Agent, 2, true),
            (ActorRole::Agent, 3, false),
            (ActorRole::Coordinator, 3, false),
            (ActorRole::ModelGateway, 1_000, true),
            (ActorRole::ToolExecutor, 3, true),
        ] {
            assert_eq!(may_restart(role, strikes), expected, "{role:?} {strikes}");
        }
    }
}
