//! The supervisor: every actor of a world is its child. A body that caught its machine's panic asks here how to go
//! on; a body that was lost all the same is reported to the world, which ends the run by name.

use std::future::ready;
use std::sync::Arc;

use moot_core::{ActorPath, ActorRole, EventKind, EventSequence, Failure, FailureKind, Text};
use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef, SupervisionEvent};
use tokio::sync::mpsc::UnboundedSender;

use crate::actors::agent::{AgentMessage, RETAKES_MAX};
use crate::actors::body::post;
use crate::actors::coordinator::CoordinatorMessage;
use crate::actors::executor::ExecutorMessage;
use crate::actors::gateway::GatewayMessage;
use crate::world::{World, WorldSignal};

/// How a body goes on after a panic of its machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Rebuild the machine from its last checkpoint and take the work up again.
    Restart { cause: EventSequence },
    /// End the work by name.
    GiveUp { cause: EventSequence },
}

/// A body that waits for a verdict.
pub(crate) enum Resumable {
    Agent(ActorRef<AgentMessage>),
    Coordinator(ActorRef<CoordinatorMessage>),
    Gateway(ActorRef<GatewayMessage>),
    Executor(ActorRef<ExecutorMessage>),
}

pub(crate) enum SupervisorMessage {
    /// The machine of a child panicked, for the `strikes`th time at what it works on.
    Failed { who: ActorPath, role: ActorRole, strikes: u32, message: String, resume: Resumable, cause: EventSequence },
}

pub(crate) struct Supervisor;

pub(crate) struct SupervisorState {
    world: Arc<World>,
    signals: UnboundedSender<WorldSignal>,
}

impl SupervisorState {
    pub(crate) fn new(world: Arc<World>, signals: UnboundedSender<WorldSignal>) -> Self {
        Self { world, signals }
    }

    fn receive(&mut self, message: SupervisorMessage) {
        let SupervisorMessage::Failed { who, role, strikes, message, resume, cause } = message;
        let verdict = if may_restart(role, strikes) {
            let cause = self.world.record(&who, Some(cause), EventKind::ActorRestarted { restarts: strikes });
            Verdict::Restart { cause }
        } else {
            let message = format!("{who} panicked {strikes} times: {message}");
            let failure = Failure { kind: FailureKind::Crash, message: Text::from(message) };
            let cause = self.world.record(&who, Some(cause), EventKind::ActorGivenUp { failure });
            Verdict::GiveUp { cause }
        };
        match resume {
            Resumable::Agent(agent) => post(&agent, AgentMessage::Resumed(verdict)),
            Resumable::Coordinator(coordinator) => post(&coordinator, CoordinatorMessage::Resumed(verdict)),
            Resumable::Gateway(gateway) => post(&gateway, GatewayMessage::Resumed),
            Resumable::Executor(executor) => post(&executor, ExecutorMessage::Resumed),
        }
    }

    fn body_lost(&self, actor: ActorId, error: String) {
        // The world's end of the channel lives as long as its actors.
        let _ = self.signals.send(WorldSignal::BodyLost { actor, error });
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

impl Actor for Supervisor {
    type Msg = SupervisorMessage;
    type State = SupervisorState;
    type Arguments = SupervisorState;

    async fn pre_start(
        &self,
        _: ActorRef<Self::Msg>,
        state: Self::Arguments,
    ) -> Result<Self::State, ActorProcessingErr> {
        Ok(state)
    }

    fn handle(
        &self,
        _: ActorRef<Self::Msg>,
        message: Self::Msg,
        state: &mut Self::State,
    ) -> impl Future<Output = Result<(), ActorProcessingErr>> + Send {
        state.receive(message);
        ready(Ok(()))
    }

    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<Self::Msg>,
        event: SupervisionEvent,
        state: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorFailed(cell, error) => state.body_lost(cell.get_id(), error.to_string()),
            // A stop that the world asked for carries no reason; anything else was not asked for.
            SupervisionEvent::ActorTerminated(cell, _, Some(reason)) => state.body_lost(cell.get_id(), reason),
            _ => {}
        }
        Ok(())
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
