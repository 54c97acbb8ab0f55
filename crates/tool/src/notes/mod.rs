//! Notes that agents asked to keep: the store behind the memory port, as a value without any actor.
//!
//! Writes are answered one after another and nothing is overwritten. The same author's same text for the same readers
//! (white space aside) is kept once: the older note stays unless the new one would outlive it, and then the new one
//! takes its place. Who may read a note is checked here, at every recall. This module must not know who stands in
//! front of the store, nor where its files lie.
//!
//! ```
//! use moot_core::port::{Note, RecallQuery, Remembered};
//! use moot_core::{ActorPath, VirtualTime};
//! use moot_tool::Notes;
//!
//! let scribe = ActorPath::new("scribe").unwrap();
//! let note = Note::new(scribe.clone(), VirtualTime::ZERO, "Answers are short.");
//! let mut notes = Notes::new();
//! assert_eq!(notes.remember(note.clone()), Ok(Remembered::New));
//! assert_eq!(notes.remember(note), Ok(Remembered::Known));
//! let recall = RecallQuery {
//!     reader: scribe,
//!     team: "scribe".into(),
//!     query: "SHORT answers".into(),
//!     kind: None,
//!     limit: 10,
//!     now: VirtualTime::ZERO,
//! };
//! assert_eq!(notes.recall(&recall).len(), 1);
//! ```

mod files;
mod recall;
mod secrets;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;

use moot_core::port::{Note, NoteScope, PortError, Remembered};
use moot_core::{ActorPath, Text, VirtualTime};
use serde::{Deserialize, Serialize};

use words::WordIndex;

pub use files::{INDEX_FILE, NOTES_FILE, NOTES_FILE_BYTES_MAX, NoteFileProblem, from_files, to_files};

/// How many notes a store keeps.
pub const NOTES_MAX: usize = 10_000;

/// The longest that a note may be, in bytes.
pub const NOTE_BYTES_MAX: usize = 4 * 1024;

/// Notes in the order in which they were kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<Note>", into = "Vec<Note>")]
pub struct Notes {
    kept: Vec<Kept>,
    /// Until when each text is kept, by author and readers; `None` for ever. It only ever answers whether one is there.
    expiry_by_text: BTreeMap<(ActorPath, NoteScope), BTreeMap<Text, Option<VirtualTime>>>,
    /// Which notes hold each word.
    words: WordIndex,
    /// The number of the next note.
    next: u64,
}

#[derive(Debug, Clone)]
struct Kept {
    note: Note,
    /// Its number: later notes have greater ones.
    number: u64,
    /// The text in lower case, made once because every search needs it.
    folded: String,
}

impl Notes {
    /// A store without notes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many notes are kept, also expired ones.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether no note is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// All notes, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Note> {
        self.kept.iter().map(|kept| &kept.note)
    }

    /// Keeps a note; answers whether it was new. It is not when the same author keeps the same text for the same
    /// readers already, at least as long.
    ///
    /// # Errors
    /// [`PortError::Denied`] for a note without text, or one for others that looks as if it held a secret;
    /// [`PortError::Limit`] for one that is too long or one too many.
    pub fn remember(&mut self, note: Note) -> Result<Remembered, PortError> {
        check(&note)?;
        let normalised = normalised(&note.text);
        let texts = self.expiry_by_text.get(&(note.author.clone(), note.scope));
        match texts.and_then(|texts| texts.get(&*normalised)) {
            Some(kept_until) if !is_later(note.expires_at, *kept_until) => return Ok(Remembered::Known),
            Some(_) => self.forget(&note, &normalised),
            None => self.make_room(note.written_at)?,
        }
        let texts = self.expiry_by_text.entry((note.author.clone(), note.scope)).or_default();
        texts.insert(normalised.into(), note.expires_at);
        let kept = Kept { number: self.next, folded: note.text.to_lowercase(), note };
        self.words.add(&kept);
        self.kept.push(kept);
        self.next += 1;
        Ok(Remembered::New)
    }

    /// What the next run starts with, when this one ended at `now`: expired notes are left out, and as virtual time
    /// starts at 0 again, an expiry is what was left of it. When and where a note was written stays as it is.
    #[must_use]
    pub fn carried_over(&self, now: VirtualTime) -> Self {
        let mut next = Self::new();
        for note in self.iter().filter(|note| !has_expired(note, now)) {
            let left = note.expires_at.map(|expiry| VirtualTime::ZERO + expiry.since(now));
            let note = Note { expires_at: left, ..note.clone() };
            // Each of them was let in before.
            drop(next.remember(note));
        }
        next
    }

    /// These notes and those that somebody else kept since: all of `found` that are not in `read`, which is what these
    /// began with. What was read and is not here any more has expired and stays away.
    ///
    /// # Errors
    /// [`PortError::Limit`] when not all of them fit.
    pub fn joined(mut self, read: &Self, found: &Self) -> Result<Self, PortError> {
        for note in found.iter() {
            let texts = read.expiry_by_text.get(&(note.author.clone(), note.scope));
            if !texts.is_some_and(|texts| texts.contains_key(&*normalised(&note.text))) {
                self.remember(note.clone())?;
            }
        }
        Ok(self)
    }

    /// Takes the kept note with this author, readers and text out.
    fn forget(&mut self, like: &Note, normalised_text: &str) {
        let is_it = |kept: &Kept| {
            kept.note.author == like.author
                && kept.note.scope == like.scope
                && normalised(&kept.note.text) == normalised_text
        };
        self.let_go(is_it);
    }

    fn let_go(&mut self, of: impl Fn(&Kept) -> bool) {
        let words = &mut self.words;
        self.kept.retain(|kept| {
            let goes = of(kept);
            if goes {
                words.remove(kept);
            }
            !goes
        });
    }

    /// Only a full store lets go of expired notes, so that no time is spent on them before.
    fn make_room(&mut self, now: VirtualTime) -> Result<(), PortError> {
        if self.kept.len() < NOTES_MAX {
            return Ok(());
        }
        self.let_go(|kept| has_expired(&kept.note, now));
        if self.kept.len() >= NOTES_MAX {
            return Err(PortError::Limit { reason: format!("{NOTES_MAX} notes are kept, which is the limit") });
        }
        for texts in self.expiry_by_text.values_mut() {
            texts.retain(|_, expiry| expiry.is_none_or(|expiry| expiry > now));
        }
        Ok(())
    }
}

fn check(note: &Note) -> Result<(), PortError> {
    if note.text.trim().is_empty() {
        return Err(PortError::Denied { reason: "the note is empty; give it a text".to_owned() });
    }
    if note.text.len() > NOTE_BYTES_MAX {
        let length = note.text.len();
        let reason = format!("the note is {length} bytes long; at most {NOTE_BYTES_MAX} are allowed");
        return Err(PortError::Limit { reason });
    }
    if note.scope == NoteScope::Private {
        return Ok(());
    }
    match secrets::found_in(&note.text) {
        Some(secret) => {
            let reason = format!(
                "the note looks as if it held {secret}, and others may read it; say where the secret is kept instead, \
                 or give the note the scope private"
            );
            Err(PortError::Denied { reason })
        }
        None => Ok(()),
    }
}

fn has_expired(note: &Note, now: VirtualTime) -> bool {
    note.expires_at.is_some_and(|expiry| expiry <= now)
}

/// Whether the first moment comes after the second; none is never.
fn is_later(first: Option<VirtualTime>, second: Option<VirtualTime>) -> bool {
    match (first, second) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(first), Some(second)) => first > second,
    }
}

/// The text with every run of white space as one blank.
fn normalised(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl PartialEq for Notes {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl From<Notes> for Vec<Note> {
    fn from(notes: Notes) -> Self {
        notes.kept.into_iter().map(|kept| kept.note).collect()
    }
}

impl TryFrom<Vec<Note>> for Notes {
    type Error = PortError;
    fn try_from(notes: Vec<Note>) -> Result<Self, PortError> {
        let mut store = Self::new();
        for note in notes {
            store.remember(note)?;
        }
        Ok(store)
    }
}
