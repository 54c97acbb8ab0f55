//! Notes that agents asked to keep: the store behind the memory port, as a value without any actor.
//!
//! Nothing is overwritten and nothing expires. This module must not know who stands in front of the store.
//!
//! ```
//! use moot_core::port::Note;
//! use moot_core::{ActorPath, VirtualTime};
//! use moot_tool::Notes;
//!
//! let scribe = ActorPath::new("scribe").unwrap();
//! let note = Note { author: scribe, written_at: VirtualTime::ZERO, text: "Answers are short.".into() };
//! let mut notes = Notes::new();
//! assert_eq!(notes.remember(note.clone()), Ok(true));
//! assert_eq!(notes.remember(note), Ok(false), "kept already");
//! assert_eq!(notes.recall("SHORT answers", 10).len(), 1);
//! ```

use std::collections::{BTreeMap, BTreeSet};

use moot_core::port::{Note, PortError};
use moot_core::{ActorPath, Text};
use serde::{Deserialize, Serialize};

/// How many notes a store keeps.
pub const NOTES_MAX: usize = 10_000;

/// The longest that a note may be, in bytes.
pub const NOTE_BYTES_MAX: usize = 4 * 1024;

/// Notes in the order in which they were kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<Note>", into = "Vec<Note>")]
pub struct Notes {
    kept: Vec<Kept>,
    /// Who keeps which texts; it only ever answers whether one is there.
    texts_by_author: BTreeMap<ActorPath, BTreeSet<Text>>,
}

#[derive(Debug, Clone)]
struct Kept {
    note: Note,
    /// The text in lower case, made once because every search needs it.
    folded: String,
}

impl Notes {
    /// A store without notes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many notes are kept.
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

    /// Keeps a note; answers whether it was new. It is not when the same author keeps the same text already: the older
    /// note then stays as it is.
    ///
    /// # Errors
    /// [`PortError::Denied`] for a note without text, [`PortError::Limit`] for one that is too long or one too many.
    pub fn remember(&mut self, note: Note) -> Result<bool, PortError> {
        if note.text.trim().is_empty() {
            return Err(PortError::Denied { reason: "the note is empty; give it a text".to_owned() });
        }
        if note.text.len() > NOTE_BYTES_MAX {
            let length = note.text.len();
            let reason = format!("the note is {length} bytes long; at most {NOTE_BYTES_MAX} are allowed");
            return Err(PortError::Limit { reason });
        }
        if self.texts_by_author.get(&note.author).is_some_and(|texts| texts.contains(&note.text)) {
            return Ok(false);
        }
        if self.kept.len() >= NOTES_MAX {
            return Err(PortError::Limit { reason: format!("{NOTES_MAX} notes are kept, which is the limit") });
        }
        self.texts_by_author.entry(note.author.clone()).or_default().insert(note.text.clone());
        self.kept.push(Kept { folded: note.text.to_lowercase(), note });
        Ok(true)
    }

    /// The notes whose text holds every word of the query, newest first, at most `limit`. Words are what white space
    /// separates; they may stand anywhere in the text, also inside longer words, and case does not count. A query
    /// without words finds every note.
    #[must_use]
    pub fn recall(&self, query: &str, limit: usize) -> Vec<Note> {
        let query = query.to_lowercase();
        let words: Vec<&str> = query.split_whitespace().collect();
        let found = self.kept.iter().rev().filter(|kept| words.iter().all(|word| kept.folded.contains(word)));
        found.take(limit).map(|kept| kept.note.clone()).collect()
    }
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use moot_core::VirtualTime;
    use proptest::prelude::*;

    use super::*;

    fn note(author: &str, milliseconds: u64, text: &str) -> Note {
        Note {
            author: ActorPath::new(author).unwrap(),
            written_at: VirtualTime::from_millis(milliseconds),
            text: text.into(),
        }
    }

    fn found(notes: &Notes, query: &str, limit: usize) -> Vec<String> {
        notes.recall(query, limit).iter().map(|note| note.text.to_string()).collect()
    }

    #[test]
    fn every_word_must_stand_there_in_any_case_and_order() {
        let mut notes = Notes::new();
        for (time, text) in (0..).zip(["Use metric units", "UNITS are in metres", "Straße", "metric"]) {
            assert_eq!(notes.remember(note("a", time, text)), Ok(true));
        }
        let table: [(&str, usize, &[&str]); 9] = [
            ("metric", 10, &["metric", "Use metric units"]),
            ("units METRIC", 10, &["Use metric units"]),
            ("unit", 10, &["UNITS are in metres", "Use metric units"]),
            ("metric feet", 10, &[]),
            ("STRASSE", 10, &[]),
            ("straße", 10, &["Straße"]),
            ("", 2, &["metric", "Straße"]),
            (" \n", 1, &["metric"]),
            ("metric", 0, &[]),
        ];
        for (query, limit, expected) in table {
            assert_eq!(found(&notes, query, limit), expected, "{query:?}");
        }
    }

    #[test]
    fn the_same_text_of_the_same_author_is_kept_once() {
        let mut notes = Notes::new();
        assert_eq!(notes.remember(note("a", 1, "x")), Ok(true));
        assert_eq!(notes.remember(note("a", 2, "x")), Ok(false));
        assert_eq!(notes.remember(note("b", 3, "x")), Ok(true), "another author");
        assert_eq!(notes.remember(note("a", 4, "X")), Ok(true), "another text");
        assert_eq!(notes.iter().next(), Some(&note("a", 1, "x")), "the first one stays");
        assert_eq!(notes.len(), 3);
    }

    #[test]
    fn limits_are_named() {
        let mut notes = Notes::new();
        let limit = |reason: &str| Err(PortError::Limit { reason: reason.into() });
        assert_eq!(notes.remember(note("a", 0, &"x".repeat(NOTE_BYTES_MAX))), Ok(true));
        assert_eq!(
            notes.remember(note("a", 0, &"x".repeat(NOTE_BYTES_MAX + 1))),
            limit("the note is 4097 bytes long; at most 4096 are allowed")
        );
        assert!(matches!(notes.remember(note("a", 0, " \n")), Err(PortError::Denied { .. })));
        for number in 1..NOTES_MAX {
            assert_eq!(notes.remember(note("a", 0, &number.to_string())), Ok(true));
        }
        assert_eq!(notes.remember(note("a", 0, "more")), limit("10000 notes are kept, which is the limit"));
        assert_eq!(notes.remember(note("a", 0, "1")), Ok(false), "what is kept already passes no limit");
        assert_eq!(notes.len(), NOTES_MAX);
    }

    proptest! {
        /// What is found holds every word, in reverse order of keeping, and nothing that fits is missing.
        #[test]
        fn recall_finds_exactly_what_fits(
            texts in prop::collection::vec("[ab ]{1,5}", 0..12),
            query in "[aAbB ]{0,4}",
            limit in 0_usize..6,
        ) {
            let mut notes = Notes::new();
            let mut kept: Vec<String> = Vec::new();
            for text in texts {
                match notes.remember(note("a", 0, &text)) {
                    Ok(new) => {
                        prop_assert_eq!(new, !kept.contains(&text));
                        if new {
                            kept.push(text);
                        }
                    }
                    Err(_) => prop_assert!(text.trim().is_empty()),
                }
            }
            let query_folded = query.to_lowercase();
            let fits = |text: &&String| query_folded.split_whitespace().all(|word| text.contains(word));
            let expected: Vec<String> = kept.iter().rev().filter(fits).take(limit).cloned().collect();
            prop_assert_eq!(found(&notes, &query, limit), expected);
            let again: Notes = serde_json::from_str(&serde_json::to_string(&notes).unwrap()).unwrap();
            prop_assert_eq!(again, notes);
        }
    }
}
