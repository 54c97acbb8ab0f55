//! The ports to what agents keep: notes that outlive a task, and a blackboard they share while they work.
//!
//! This module must not know how either is stored.
//!
//! ```
//! use moot_core::port::{NoteKind, NoteScope};
//!
//! assert_eq!(serde_json::from_str::<NoteScope>("\"team\"").unwrap(), NoteScope::Team);
//! assert_eq!(NoteKind::default(), NoteKind::Fact);
//! ```

use serde::{Deserialize, Serialize};

use super::PortFuture;
use crate::{ActorPath, TaskId, Text, VirtualTime};

/// What kind of thing a note says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// Something that is so.
    #[default]
    Fact,
    /// How somebody wants things done.
    Preference,
    /// What was learned from how something went.
    Feedback,
    /// Where something is to be found.
    Reference,
}

/// Who may read a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteScope {
    /// Its author alone.
    Private,
    /// The agents of the author's team.
    Team,
    /// Every agent.
    #[default]
    Project,
}

/// A note that an agent asked to keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Who wrote it, as the runtime knows.
    pub author: ActorPath,
    /// The author's team.
    pub team: Text,
    /// When, in virtual time.
    pub written_at: VirtualTime,
    /// What to remember.
    pub text: Text,
    /// What kind of thing it says.
    pub kind: NoteKind,
    /// Who may read it.
    pub scope: NoteScope,
    /// The task during which it was written.
    pub task: TaskId,
    /// The tool call that wrote it; empty when no call did.
    pub call_id: Text,
    /// From when on it is not recalled any more.
    pub expires_at: Option<VirtualTime>,
}

impl Note {
    /// A fact for everyone that never expires, written during task 0 by no call; the team is the author's group.
    #[must_use]
    pub fn new(author: ActorPath, written_at: VirtualTime, text: impl Into<Text>) -> Self {
        Self {
            team: author.group().into(),
            author,
            written_at,
            text: text.into(),
            kind: NoteKind::default(),
            scope: NoteScope::default(),
            task: TaskId(0),
            call_id: Text::default(),
            expires_at: None,
        }
    }
}

/// What came of asking to keep a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remembered {
    /// It is kept.
    New,
    /// The same note was kept already.
    Known,
}

/// Which notes are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecallQuery {
    /// Who asks: private notes of others are not found.
    pub reader: ActorPath,
    /// The team of who asks.
    pub team: Text,
    /// The words to look for; empty finds every note.
    pub query: Text,
    /// Only notes of this kind.
    pub kind: Option<NoteKind>,
    /// The most notes.
    pub limit: usize,
    /// The time at which notes must not have expired.
    pub now: VirtualTime,
}

/// Notes that outlive a task.
pub trait Memory: Send + Sync {
    /// Keeps a note.
    fn remember<'a>(&'a self, note: Note) -> PortFuture<'a, Remembered>;
    /// The notes that fit, best first.
    fn recall<'a>(&'a self, recall: RecallQuery) -> PortFuture<'a, Vec<Note>>;
}

/// What stands on the blackboard under one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What is written there.
    pub value: Text,
    /// How often the key was written, from 1.
    pub version: u64,
    /// Who wrote it last.
    pub author: ActorPath,
    /// When, in virtual time.
    pub written_at: VirtualTime,
}

/// Values by key that all agents of a world share. Writes are answered one after another; who names the version that
/// was read never overwrites what somebody else wrote since.
pub trait Blackboard: Send + Sync {
    /// Writes a value; answers its version. With `expected` given, only if the key's version is that one (0: the key is
    /// not there yet), else [`super::PortError::Conflict`] names the version that is there.
    fn post<'a>(
        &'a self,
        caller: &'a super::Caller,
        key: &'a str,
        value: Text,
        expected: Option<u64>,
    ) -> PortFuture<'a, u64>;
    /// What stands under a key.
    fn read<'a>(&'a self, key: &'a str) -> PortFuture<'a, Entry>;
    /// Everything whose key begins so, sorted by key.
    fn list<'a>(&'a self, prefix: &'a str) -> PortFuture<'a, Vec<(Text, Entry)>>;
}
