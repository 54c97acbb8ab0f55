//! Which notes hold which words, so that a search for words looks at the notes that hold them and at no other.
//!
//! A note is split into words once, when it is kept. This module must not know who may read a note.
//!
//! ```
//! use moot_core::port::{Note, RecallQuery};
//! use moot_core::{ActorPath, VirtualTime};
//! use moot_tool::Notes;
//!
//! let scribe = ActorPath::new("scribe").unwrap();
//! let mut notes = Notes::new();
//! for text in ["Sums are exact.", "Dates are ISO dates.", "The office is closed."] {
//!     notes.remember(Note::new(scribe.clone(), VirtualTime::ZERO, text)).unwrap();
//! }
//! let query = "Which dates are exact?".into();
//! let team = "scribe".into();
//! let recall = RecallQuery { reader: scribe, team, query, kind: None, limit: 2, now: VirtualTime::ZERO };
//! let found: Vec<_> = notes.relevant(&recall).iter().map(|note| note.text.to_string()).collect();
//! assert_eq!(found, ["Dates are ISO dates.", "Sums are exact."], "two words each, the newer one first");
//! ```

use std::collections::BTreeMap;

use super::Kept;

/// Shorter words say nothing about what a text is about, in characters.
const TELLING_WORD_CHARACTERS_MIN: usize = 3;

/// The numbers of the notes that hold each telling word, ascending.
#[derive(Debug, Clone, Default)]
pub(super) struct WordIndex {
    notes_by_word: BTreeMap<Box<str>, Vec<u64>>,
}

impl WordIndex {
    /// Takes in a note, which has the greatest number of all.
    pub(super) fn add(&mut self, kept: &Kept) {
        for word in telling_words(&kept.folded) {
            match self.notes_by_word.get_mut(word) {
                Some(notes) => notes.push(kept.number),
                None => drop(self.notes_by_word.insert(word.into(), vec![kept.number])),
            }
        }
    }

    /// Takes a note out.
    pub(super) fn remove(&mut self, kept: &Kept) {
        for word in telling_words(&kept.folded) {
            let Some(notes) = self.notes_by_word.get_mut(word) else { continue };
            if let Ok(place) = notes.binary_search(&kept.number) {
                notes.remove(place);
            }
            if notes.is_empty() {
                self.notes_by_word.remove(word);
            }
        }
    }

    /// How many of the text's telling words each note holds as whole words: the notes that hold any, by number. The
    /// text is in lower case.
    pub(super) fn scores(&self, folded: &str) -> Vec<(u64, usize)> {
        let mut scores: Vec<(u64, usize)> = Vec::new();
        for notes in telling_words(folded).into_iter().filter_map(|word| self.notes_by_word.get(word)) {
            scores.extend(notes.iter().map(|number| (*number, 1)));
        }
        // Each word's numbers ascend, and merging such runs is what this sort is good at.
        scores.sort();
        scores.dedup_by(|later, first| {
            let same = later.0 == first.0;
            first.1 += if same { later.1 } else { 0 };
            same
        });
        scores
    }
}

/// The words of a text that tell what it is about, each once: letters and digits, three or more.
fn telling_words(text: &str) -> Vec<&str> {
    let words = text.split(|character: char| !character.is_alphanumeric());
    let mut words: Vec<&str> =
        words.filter(|word| word.chars().nth(TELLING_WORD_CHARACTERS_MIN - 1).is_some()).collect();
    words.sort_unstable();
    words.dedup();
    words
}
