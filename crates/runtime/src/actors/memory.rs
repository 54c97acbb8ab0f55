//! The memory store: one actor that keeps the notes of a world, and the port through which tools reach it.
//!
//! Concurrent writes are answered one after another in the order of their messages; nothing is ever overwritten.

use moot_core::port::{Memory, Note, PortError, PortFuture};
use moot_tool::Notes;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use std::future::ready;
use tokio::sync::oneshot;

use crate::actors::body::post;

pub(crate) enum MemoryMessage {
    Remember { note: Note, answer: oneshot::Sender<Result<bool, PortError>> },
    Recall { query: String, limit: usize, answer: oneshot::Sender<Vec<Note>> },
}

pub(crate) struct MemoryStore;

impl Actor for MemoryStore {
    type Msg = MemoryMessage;
    type State = Notes;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Self::Msg>, (): ()) -> Result<Self::State, ActorProcessingErr> {
        Ok(Notes::new())
    }

    fn handle(
        &self,
        _: ActorRef<Self::Msg>,
        message: Self::Msg,
        notes: &mut Self::State,
    ) -> impl Future<Output = Result<(), ActorProcessingErr>> + Send {
        // An asker that is gone was cancelled: what it asked to be kept is kept all the same.
        match message {
            MemoryMessage::Remember { note, answer } => drop(answer.send(notes.remember(note))),
            MemoryMessage::Recall { query, limit, answer } => drop(answer.send(notes.recall(&query, limit))),
        }
        ready(Ok(()))
    }
}

/// The store as tools see it.
pub(crate) struct MemoryPort(pub(crate) ActorRef<MemoryMessage>);

impl Memory for MemoryPort {
    fn remember<'a>(&'a self, note: Note) -> PortFuture<'a, bool> {
        let (answer, answered) = oneshot::channel();
        post(&self.0, MemoryMessage::Remember { note, answer });
        Box::pin(async move { answered.await.unwrap_or(Err(PortError::Unavailable { port: "memory" })) })
    }

    fn recall<'a>(&'a self, query: &'a str, limit: usize) -> PortFuture<'a, Vec<Note>> {
        let (answer, answered) = oneshot::channel();
        post(&self.0, MemoryMessage::Recall { query: query.to_owned(), limit, answer });
        Box::pin(async move { answered.await.map_err(|_| PortError::Unavailable { port: "memory" }) })
    }
}
