//! What comes with an assignment beside its words: which kind of answer is wanted, and what others said before.
//!
//! The words of an assignment's prompt say the same to a reader; a brief says it to what can't read: a stochastic model
//! that forms its opinion by what it hears, a script that answers from it. It must not know any coordination pattern.
//!
//! ```
//! use moot_core::{Brief, Heard, Wanted};
//!
//! let heard = Heard { round: 0, speaker: "ann".into(), answer: Some("A".into()), words: "I say A".into(), own: false };
//! let brief = Brief { heard: [heard].into(), ..Brief::default() };
//! assert_eq!(brief.wanted, Wanted::Answer);
//! assert_eq!(brief.heard[0].answer.as_deref(), Some("A"));
//! ```

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Text;

/// What comes with an assignment beside its words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brief {
    /// Which kind of answer is wanted.
    pub wanted: Wanted,
    /// What was said before, as far as it is shown with this assignment, in the order in which it is shown.
    pub heard: Arc<[Heard]>,
    /// Whether the participant is to start from an empty transcript, though it worked on the task before.
    pub fresh: bool,
}

/// Which kind of answer is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// An answer to the task: one of its choices, when it lists some.
    #[default]
    Answer,
    /// Any words: a report, a turn of a conversation, a ranking.
    Words,
    /// One of these, whatever the task's choices are.
    OneOf(Arc<[Text]>),
}

/// What somebody has heard on a task so far, in the order in which it was shown, each thing once.
///
/// Cloning is cheap, and what came with a brief is shared with it, not copied.
#[derive(Debug, Clone, Default)]
pub struct HeardSoFar {
    /// None of them is empty; `None` for most, who never hear anything.
    parts: Option<Arc<Vec<Arc<[Heard]>>>>,
}

impl HeardSoFar {
    /// Whether nothing was heard yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.parts.is_none()
    }

    /// Everything, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Heard> {
        self.parts().flat_map(|part| part.iter())
    }

    /// Takes in what is shown now. What the same speaker said in the same round is not heard again.
    pub fn hear(&mut self, shown: &Arc<[Heard]>) {
        if self.is_plainly_new(shown) {
            return self.add(Arc::clone(shown));
        }
        let is_new = |(place, said): &(usize, &Heard)| {
            let is_same = |known: &Heard| known.round == said.round && known.speaker == said.speaker;
            !shown.iter().take(*place).any(is_same) && !self.parts().any(|part| part.iter().any(is_same))
        };
        let new = || shown.iter().enumerate().filter(is_new);
        let part = match new().count() {
            0 => return,
            all if all == shown.len() => Arc::clone(shown),
            _ => new().map(|(_, said)| said.clone()).collect(),
        };
        self.add(part);
    }

    /// Whether it can be seen at a glance that all of this is new: it is sorted, and of later rounds than all before.
    fn is_plainly_new(&self, shown: &[Heard]) -> bool {
        let Some(first) = shown.first() else { return false };
        let is_later = |known: &Heard| known.round < first.round;
        shown.is_sorted_by(|one, next| (one.round, &*one.speaker) < (next.round, &*next.speaker))
            && self.parts().all(|part| part.iter().all(is_later))
    }

    fn parts(&self) -> impl Iterator<Item = &Arc<[Heard]>> {
        self.parts.iter().flat_map(|parts| parts.iter())
    }

    fn add(&mut self, part: Arc<[Heard]>) {
        Arc::make_mut(self.parts.get_or_insert_default()).push(part);
    }
}

impl From<Vec<Heard>> for HeardSoFar {
    /// Takes these for what was heard, as they are.
    fn from(heard: Vec<Heard>) -> Self {
        let mut so_far = Self::default();
        if !heard.is_empty() {
            so_far.add(heard.into());
        }
        so_far
    }
}

/// Something that was said before, as it is shown to somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// In which round of the council it was said.
    pub round: u32,
    /// Who said it, under the name that is shown.
    pub speaker: Text,
    /// The answer that it gave; `None` when it gave none.
    pub answer: Option<Text>,
    /// What is shown of its words.
    pub words: Text,
    /// Whether it is the participant's own.
    pub own: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_again_is_not_heard_again_and_nothing_is_copied_that_is_new_as_a_whole() {
        let said = |round, speaker: &str| Heard {
            round,
            speaker: speaker.into(),
            answer: None,
            words: format!("{speaker} in {round}").into(),
            own: false,
        };
        let mut heard = HeardSoFar::default();
        heard.hear(&[].into());
        assert!(heard.is_empty());
        let first: Arc<[Heard]> = [said(0, "ann"), said(0, "bob")].into();
        heard.hear(&first);
        heard.hear(&first);
        heard.hear(&[said(0, "bob"), said(1, "ann"), said(1, "ann")].into());
        let words: Vec<&str> = heard.iter().map(|said| &*said.words).collect();
        assert_eq!(words, ["ann in 0", "bob in 0", "ann in 1"]);
        assert!(heard.iter().zip(&*first).all(|(heard, shown)| std::ptr::eq(heard, shown)));
    }
}
