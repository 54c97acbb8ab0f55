//! The team as tools see it: each request is a message to the team, and its answer comes back through a channel.
//!
//! This module must not know what the team does with a request.

use std::sync::Arc;

use moot_core::port::{Caller, PortError, PortFuture, SpawnRequest, Team, Teammate, WaitFor};
use moot_core::{ActorPath, Text, VirtualDuration};
use tokio::sync::oneshot;

use super::{Answer, TeamMessage};
use crate::actors::address::Address;
use crate::world::World;

/// The team as tools see it.
pub(crate) struct TeamPort {
    pub(crate) world: Arc<World>,
    pub(crate) team: Address<TeamMessage>,
}

impl TeamPort {
    fn ask<T: Send + 'static>(&self, make: impl FnOnce(Answer<T>) -> TeamMessage) -> PortFuture<'static, T> {
        let (answer, answered) = oneshot::channel();
        if self.team.offer(make(answer)).is_err() {
            let reason = "the mailbox of the team is full; try again later".to_owned();
            return Box::pin(std::future::ready(Err(PortError::Limit { reason })));
        }
        Box::pin(async move { answered.await.unwrap_or(Err(PortError::Unavailable { port: "team" })) })
    }
}

impl Team for TeamPort {
    fn spawn<'a>(&'a self, caller: &'a Caller, request: SpawnRequest) -> PortFuture<'a, ActorPath> {
        // Noted before the request is on its way: whoever ends after it stops what it started.
        if let Some(desk) = self.world.desks().of(&caller.agent) {
            desk.note_started();
        }
        self.ask(|answer| TeamMessage::Spawn { caller: caller.clone(), request, answer })
    }

    fn send<'a>(&'a self, caller: &'a Caller, to: Option<&'a str>, text: Text) -> PortFuture<'a, Vec<ActorPath>> {
        self.ask(|answer| TeamMessage::Send { caller: caller.clone(), to: to.map(Text::from), text, answer })
    }

    fn wait<'a>(
        &'a self,
        caller: &'a Caller,
        who: Vec<Text>,
        wait_for: WaitFor,
        deadline: Option<VirtualDuration>,
    ) -> PortFuture<'a, Vec<Teammate>> {
        self.ask(|answer| TeamMessage::Wait { caller: caller.clone(), who, wait_for, deadline, answer })
    }

    fn stop<'a>(&'a self, caller: &'a Caller, who: &'a str) -> PortFuture<'a, ()> {
        self.ask(|answer| TeamMessage::Stop { caller: caller.clone(), who: who.into(), answer })
    }
}
