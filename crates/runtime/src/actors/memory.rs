//! The memory store: one actor that keeps the notes and the blackboard of a world, and the ports to them.
//!
//! Concurrent writes are answered one after another in the order of their messages. No note is ever overwritten; a
//! value on the blackboard is overwritten only by who names the version that stands there, or names none.

use std::sync::Arc;

use moot_core::port::{Blackboard, Caller, Entry, Memory, Note, PortError, PortFuture, RecallQuery, Remembered};
use moot_core::{ActorPath, EventSequence, Text};
use moot_safety::fault::{FaultAction, Site};
use moot_tool::{Board, Notes};
use tokio::sync::oneshot;

use crate::actors::address::{Address, Order};
use crate::actors::agent::AgentMessage;
use crate::actors::body::{Inhabitant, post, serve};
use crate::actors::supervisor::fail;
use crate::world::{World, servant};

type Answer<T> = oneshot::Sender<Result<T, PortError>>;

pub(crate) enum MemoryMessage {
    Remember {
        note: Note,
        answer: Answer<Remembered>,
    },
    Recall {
        recall: RecallQuery,
        answer: Answer<Vec<Note>>,
    },
    /// An agent begins a task and wants the notes for its prompt.
    Remind {
        recall: RecallQuery,
        agent: Address<AgentMessage>,
        token: u64,
        cause: EventSequence,
    },
    Post {
        caller: Caller,
        key: Text,
        value: Text,
        expected: Option<u64>,
        answer: Answer<u64>,
    },
    Read {
        key: Text,
        answer: Answer<Entry>,
    },
    List {
        prefix: Text,
        answer: Answer<Vec<(Text, Entry)>>,
    },
    /// The run is over: hand over the notes.
    Close(oneshot::Sender<Notes>),
}

pub(crate) struct MemoryState {
    world: Arc<World>,
    notes: Notes,
    board: Board,
}

impl MemoryState {
    pub(crate) fn new(world: Arc<World>, notes: Notes) -> Self {
        Self { world, notes, board: Board::default() }
    }
}

impl Inhabitant for MemoryState {
    type Message = MemoryMessage;

    fn world(&self) -> Option<&Arc<World>> {
        Some(&self.world)
    }

    fn ordered(&mut self, myself: &Address<MemoryMessage>, order: Order) {
        serve(&self.world, myself, order);
    }

    fn receive(&mut self, myself: &Address<MemoryMessage>, message: MemoryMessage) {
        // An asker that is gone was cancelled: what it asked to be kept is kept all the same.
        match message {
            MemoryMessage::Remember { note, answer } => {
                let author = note.author.clone();
                let remembered = self.notes.remember(note);
                self.acknowledge(myself, &author, remembered, answer);
            }
            MemoryMessage::Recall { recall, answer } => drop(answer.send(Ok(self.notes.recall(&recall)))),
            MemoryMessage::Remind { recall, agent, token, cause } => {
                let notes = self.notes.relevant(&recall);
                post(&agent, AgentMessage::Reminded { token, notes, cause });
            }
            MemoryMessage::Post { caller, key, value, expected, answer } => {
                let posted = self.board.post(&caller, &key, value, expected);
                self.acknowledge(myself, &caller.agent, posted, answer);
            }
            MemoryMessage::Read { key, answer } => drop(answer.send(self.board.read(&key))),
            MemoryMessage::List { prefix, answer } => drop(answer.send(Ok(self.board.list(&prefix)))),
            MemoryMessage::Close(answer) => drop(answer.send(std::mem::take(&mut self.notes))),
        }
    }
}

impl MemoryState {
    /// What was written stays written, whether or not who wrote it is told.
    fn acknowledge<T>(
        &self,
        myself: &Address<MemoryMessage>,
        agent: &ActorPath,
        told: Result<T, PortError>,
        answer: Answer<T>,
    ) {
        let strike = self.world.strike(&Site::MemoryWrite { agent }, &servant("memory"), None, None);
        match strike {
            Some((FaultAction::Crash, cause)) => {
                if told.is_ok() {
                    self.world.reach("written without a word");
                }
                let _ = answer.send(Err(PortError::Unavailable { port: "memory store, which is restarting" }));
                fail(&self.world, myself, "a planned crash".to_owned(), cause);
            }
            _ => drop(answer.send(told)),
        }
    }
}

/// The store as tools see it.
pub(crate) struct MemoryPort(pub(crate) Address<MemoryMessage>);

impl MemoryPort {
    fn ask<T: Send + 'static>(
        &self,
        port: &'static str,
        make: impl FnOnce(Answer<T>) -> MemoryMessage,
    ) -> PortFuture<'static, T> {
        let (answer, answered) = oneshot::channel();
        if self.0.offer(make(answer)).is_err() {
            let reason = format!("the mailbox of the {port} is full; try again later");
            return Box::pin(std::future::ready(Err(PortError::Limit { reason })));
        }
        Box::pin(async move { answered.await.unwrap_or(Err(PortError::Unavailable { port })) })
    }
}

impl Memory for MemoryPort {
    fn remember<'a>(&'a self, note: Note) -> PortFuture<'a, Remembered> {
        self.ask("memory", |answer| MemoryMessage::Remember { note, answer })
    }

    fn recall<'a>(&'a self, recall: RecallQuery) -> PortFuture<'a, Vec<Note>> {
        self.ask("memory", |answer| MemoryMessage::Recall { recall, answer })
    }
}

impl Blackboard for MemoryPort {
    fn post<'a>(&'a self, caller: &'a Caller, key: &'a str, value: Text, expected: Option<u64>) -> PortFuture<'a, u64> {
        let (caller, key) = (caller.clone(), Text::from(key));
        self.ask("blackboard", |answer| MemoryMessage::Post { caller, key, value, expected, answer })
    }

    fn read<'a>(&'a self, key: &'a str) -> PortFuture<'a, Entry> {
        self.ask("blackboard", |answer| MemoryMessage::Read { key: key.into(), answer })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> PortFuture<'a, Vec<(Text, Entry)>> {
        self.ask("blackboard", |answer| MemoryMessage::List { prefix: prefix.into(), answer })
    }
}
