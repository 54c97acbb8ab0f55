//! Finding notes again: who may read which, what fits a query, and which is best.
//!
//! The order is a pure function of the notes and the query. This module must not know how notes are kept beyond their
//! order.
//!
//! ```
//! use moot_core::port::{Note, RecallQuery};
//! use moot_core::{ActorPath, VirtualTime};
//! use moot_tool::Notes;
//!
//! let scribe = ActorPath::new("scribe").unwrap();
//! let mut notes = Notes::new();
//! for text in ["units are metric", "Metrics are kept in units.json"] {
//!     notes.remember(Note::new(scribe.clone(), VirtualTime::ZERO, text)).unwrap();
//! }
//! let mut recall = RecallQuery {
//!     reader: scribe,
//!     team: "scribe".into(),
//!     query: "metric".into(),
//!     kind: None,
//!     limit: 10,
//!     now: VirtualTime::ZERO,
//! };
//! assert_eq!(&*notes.recall(&recall)[0].text, "units are metric", "a whole word is better than a part of one");
//! recall.query = "Which units do we use?".into();
//! assert!(notes.recall(&recall).is_empty(), "not every word stands there");
//! assert_eq!(notes.relevant(&recall).len(), 2, "what has to do with it, and then the rest");
//! ```

use std::cmp::Reverse;

use moot_core::port::{Note, NoteScope, RecallQuery};

use super::{Kept, Notes, has_expired};

impl Notes {
    /// The notes that the reader may read, that have not expired and whose text holds every word of the query: at most
    /// `limit`, best first. Words are what white space separates; they may stand anywhere in the text, also inside
    /// longer words, and case does not count. The more of the words stand there as whole words, the better; equally
    /// good ones are newest first. A query without words finds every note, newest first.
    #[must_use]
    pub fn recall(&self, recall: &RecallQuery) -> Vec<Note> {
        let query = recall.query.to_lowercase();
        let words: Vec<&str> = query.split_whitespace().collect();
        let fits = |kept: &&Kept| kept.is_for(recall) && words.iter().all(|word| kept.folded.contains(word));
        best(self.kept.iter().rev().filter(fits), &words, recall.limit)
    }

    /// The notes that matter most for a text such as a prompt, given as the query: every note that the reader may read
    /// and that has not expired, at most `limit`. The more of the text's words (of three letters and more) stand in a
    /// note as whole words, the earlier it comes; equally good ones, also those without any, are newest first.
    #[must_use]
    pub fn relevant(&self, recall: &RecallQuery) -> Vec<Note> {
        let mut found = Vec::with_capacity(recall.limit.min(self.kept.len()));
        if self.kept.is_empty() {
            return found;
        }
        let scores = self.words.scores(&recall.query.to_lowercase());
        let mut best_first: Vec<(u64, usize)> = scores.clone();
        best_first.sort_unstable_by_key(|(number, score)| Reverse((*score, *number)));
        let scored = best_first.iter().filter_map(|(number, _)| self.numbered(*number));
        let is_scored = |kept: &Kept| scores.binary_search_by_key(&kept.number, |(number, _)| *number).is_ok();
        let others = self.kept.iter().rev().filter(|kept| !is_scored(kept));
        let fitting = scored.chain(others).filter(|kept| kept.is_for(recall));
        found.extend(fitting.take(recall.limit).map(|kept| kept.note.clone()));
        found
    }

    fn numbered(&self, number: u64) -> Option<&Kept> {
        let place = self.kept.binary_search_by_key(&number, |kept| kept.number).ok()?;
        self.kept.get(place)
    }
}

impl Kept {
    /// Whether it is one of the notes that are looked for, whatever its text.
    fn is_for(&self, recall: &RecallQuery) -> bool {
        let note = &self.note;
        let may_read = match note.scope {
            NoteScope::Private => note.author == recall.reader,
            NoteScope::Team => note.team == recall.team,
            NoteScope::Project => true,
        };
        may_read && recall.kind.is_none_or(|kind| kind == note.kind) && !has_expired(note, recall.now)
    }
}

/// The best of the notes, which come newest first.
fn best<'a>(newest_first: impl Iterator<Item = &'a Kept>, words: &[&str], limit: usize) -> Vec<Note> {
    if words.is_empty() {
        return newest_first.take(limit).map(|kept| kept.note.clone()).collect();
    }
    let whole_words = |kept: &Kept| words.iter().filter(|word| stands_alone(&kept.folded, word)).count();
    let mut found: Vec<(usize, &Kept)> = newest_first.map(|kept| (whole_words(kept), kept)).collect();
    // The sort keeps equally good ones in their order.
    found.sort_by_key(|(score, _)| Reverse(*score));
    found.into_iter().take(limit).map(|(_, kept)| kept.note.clone()).collect()
}

/// Whether the word stands somewhere in the text without a letter or digit right before or after it.
fn stands_alone(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(start, _)| {
        let before = text.get(..start).and_then(|before| before.chars().next_back());
        let after = text.get(start + word.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}
