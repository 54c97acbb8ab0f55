//! What members are shown of what others said: how much of it, under which names, how far back.
//!
//! It must not know who is to see it (that is the [`topology`](crate::topology)) nor when. What it makes are the words of
//! a prompt for who reads, and the same as [`Heard`] for who counts.
//!
//! ```
//! use moot_council::exposure::{Exposure, Statement};
//!
//! let said = [
//!     Statement { round: 0, slot: 0, name: "ann".into(), answer: Some("A".into()), words: "It is A.".into() },
//!     Statement { round: 0, slot: 1, name: "bob".into(), answer: Some("B".into()), words: "It is B.".into() },
//! ];
//! let shown = Exposure::default().show(&said, 1, &[0, 1]);
//! assert_eq!(shown.heard.len(), 2);
//! assert!(shown.text.contains("- ann: A"), "{}", shown.text);
//! assert!(shown.text.contains("- you: B"), "{}", shown.text);
//! ```

use std::borrow::Borrow;

use moot_core::{Heard, Text};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::OptionProblem;

/// What members are shown of what others said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Exposure {
    /// How far back. Default: `last`.
    pub history: History,
    /// How much of it. Default: `answers`.
    pub content: Content,
    /// Under which names. Default: `named`.
    pub names: Names,
    /// Whether members are shown what they said themselves. Default: true.
    pub own: bool,
}

impl Default for Exposure {
    fn default() -> Self {
        Self { history: History::Last, content: Content::Answers, names: Names::Named, own: true }
    }
}

/// How far back members see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum History {
    /// The newest statement of each.
    #[default]
    Last,
    /// Everything that was said.
    All,
}

/// How much members see of a statement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// The answer alone.
    #[default]
    Answers,
    /// All of its words.
    Words,
    /// Its first so many characters, from 1 to 100,000; the answer is shown in any case.
    Characters(u32),
}

/// Under which names statements are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Names {
    /// The last parts of the members' paths.
    #[default]
    Named,
    /// `participant 1` and so on, in an order that tells nobody who it is.
    Anonymous,
}

/// Something that was said in a council.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// In which round.
    pub round: u32,
    /// Who said it.
    pub slot: usize,
    /// Under which name it is known.
    pub name: Text,
    /// The answer that it gave, if any.
    pub answer: Option<Text>,
    /// What it said.
    pub words: Text,
}

/// What somebody is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// For who reads: a line for each statement.
    pub text: String,
    /// For who counts: the same, in the same order.
    pub heard: Vec<Heard>,
}

impl Exposure {
    /// What the member at `slot` is shown of these statements, which stand in the order in which they were made.
    ///
    /// `numbers` gives for each slot the number that an anonymous participant bears, from 0; a slot that it does not name
    /// bears its own.
    #[must_use]
    pub fn show<S: Borrow<Statement>>(&self, said: &[S], slot: usize, numbers: &[usize]) -> Shown {
        let is_newest = |place: usize, statement: &Statement| {
            !said.iter().skip(place + 1).any(|later| later.borrow().slot == statement.slot)
        };
        let mut heard = Vec::with_capacity(said.len());
        for (place, statement) in said.iter().map(Borrow::borrow).enumerate() {
            let own = statement.slot == slot;
            if (self.own || !own) && (self.history == History::All || is_newest(place, statement)) {
                let (speaker, words) = (self.speaker(statement, numbers), self.words(statement));
                heard.push(Heard { round: statement.round, speaker, answer: statement.answer.clone(), words, own });
            }
        }
        Shown { text: lines(&heard), heard }
    }

    fn speaker(&self, statement: &Statement, numbers: &[usize]) -> Text {
        match self.names {
            Names::Named => statement.name.clone(),
            Names::Anonymous => {
                let number = numbers.get(statement.slot).copied().unwrap_or(statement.slot);
                format!("participant {}", number.saturating_add(1)).into()
            }
        }
    }

    fn words(&self, statement: &Statement) -> Text {
        let nothing = || Text::from("(no answer)");
        match self.content {
            Content::Answers => statement.answer.clone().unwrap_or_else(nothing),
            Content::Words => statement.words.clone(),
            Content::Characters(most) => match statement.words.char_indices().nth(most as usize) {
                None => statement.words.clone(),
                Some((end, _)) => {
                    let beginning = statement.words.get(..end).unwrap_or(&statement.words);
                    match &statement.answer {
                        Some(answer) => format!("{beginning}… (answer: {answer})").into(),
                        None => format!("{beginning}…").into(),
                    }
                }
            },
        }
    }

    /// What is wrong with it; it stands under this key.
    #[must_use]
    pub fn check(&self, key: &str) -> Option<OptionProblem> {
        match self.content {
            Content::Characters(most) if !(1..=100_000).contains(&most) => {
                let message = format!("{most} characters is out of range; allowed is 1 to 100000");
                Some(OptionProblem::new(format!("{key}.content.characters"), message))
            }
            _ => None,
        }
    }
}

/// A line for each thing heard.
fn lines(heard: &[Heard]) -> String {
    let length = heard.iter().map(|heard| heard.speaker.len() + heard.words.len() + "- you: \n".len()).sum();
    let mut text = String::with_capacity(length);
    for Heard { speaker, words, own, .. } in heard {
        text.push_str("- ");
        text.push_str(if *own { "you" } else { speaker });
        text.push_str(": ");
        text.push_str(words);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said() -> Vec<Statement> {
        let statement = |round: u32, slot: usize, answer: &str| Statement {
            round,
            slot,
            name: ["ann", "bob", "cat"].get(slot).copied().unwrap_or("?").into(),
            answer: (!answer.is_empty()).then(|| answer.into()),
            words: format!("round {round}: I say {answer}.").into(),
        };
        vec![statement(0, 0, "A"), statement(0, 1, "B"), statement(0, 2, ""), statement(1, 0, "C")]
    }

    #[test]
    fn each_option_shows_what_it_says() {
        let plain = Exposure::default();
        for (exposure, expected) in [
            (plain, "- bob: B\n- cat: (no answer)\n- you: C\n"),
            (Exposure { history: History::All, ..plain }, "- you: A\n- bob: B\n- cat: (no answer)\n- you: C\n"),
            (Exposure { own: false, ..plain }, "- bob: B\n- cat: (no answer)\n"),
            (
                Exposure { names: Names::Anonymous, own: false, ..plain },
                "- participant 1: B\n- participant 3: (no answer)\n",
            ),
            (
                Exposure { content: Content::Words, own: false, ..plain },
                "- bob: round 0: I say B.\n- cat: round 0: I say .\n",
            ),
            (
                Exposure { content: Content::Characters(7), own: false, ..plain },
                "- bob: round 0… (answer: B)\n- cat: round 0…\n",
            ),
        ] {
            let shown = exposure.show(&said(), 0, &[1, 0, 2]);
            assert_eq!(shown.text, expected, "{exposure:?}");
            assert_eq!(shown.heard.len(), expected.lines().count());
        }
    }

    #[test]
    fn what_is_heard_is_what_is_shown() {
        let shown = Exposure { names: Names::Anonymous, ..Exposure::default() }.show(&said(), 0, &[1, 0, 2]);
        let heard: Vec<(&str, Option<&str>, bool)> =
            shown.heard.iter().map(|heard| (&*heard.speaker, heard.answer.as_deref(), heard.own)).collect();
        let expected =
            [("participant 1", Some("B"), false), ("participant 3", None, false), ("participant 2", Some("C"), true)];
        assert_eq!(heard, expected);
    }
}
