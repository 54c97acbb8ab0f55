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
