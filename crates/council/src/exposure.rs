//! What members are shown of what others said: how much of it, under which names, how far back.
//!
//! It must not know who is to see it (that is the [`topology`](crate::topology)) nor when. What it makes are the words of
//! a prompt for who reads, and the same as [`Heard`] for who counts. Where what was said is to be summarised first, it
//! makes an ask that says so, and the [`table`](crate::table) sees to the [`summary`](crate::summary).
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

use moot_core::{Brief, Heard, Text, Wanted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::asks::Ask;
use crate::summary::{Material, Otherwise, Summarised};
use crate::{Named, OptionProblem, Seat};

/// What members are shown of what others said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// The answer alone.
    #[default]
    Answers,
    /// All of its words.
    Words,
    /// Its first so many characters, from 1 to 100,000; the rest is cut off. The answer is shown in any case.
    Characters(u32),
    /// One summary of all statements in their place, which somebody makes who is shown their words.
    Summarised(Summarised),
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// For who reads: a line for each statement.
    pub text: String,
    /// For who counts: the same, in the same order.
    pub heard: Vec<Heard>,
}

/// What a member is told around what it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling<'a> {
    /// Who is told: the index of a seat.
    pub slot: usize,
    /// The round in which it is asked.
    pub round: u32,
    /// What stands before what was said.
    pub before: &'a str,
    /// What stands behind it.
    pub after: &'a str,
    /// Which kind of answer is wanted.
    pub wanted: Wanted,
    /// Whether it starts from an empty transcript.
    pub fresh: bool,
}

impl Exposure {
    /// The ask in which a member is told something and shown these statements; see [`show`](Self::show).
    #[must_use]
    pub fn ask<S: Borrow<Statement>>(&self, telling: Telling<'_>, said: &[S], numbers: &[usize]) -> Ask {
        let Telling { slot, round, before, after, wanted, fresh } = telling;
        let heard = self.heard(said, slot, numbers);
        let mut prompt = String::with_capacity(before.len() + length(&heard) + after.len());
        prompt.push_str(before);
        push_lines(&mut prompt, &heard);
        prompt.push_str(after);
        let is_summarised = matches!(self.content, Content::Summarised(_)) && !heard.is_empty();
        let material = is_summarised.then(|| {
            let heard: Vec<&Statement> = self.shown(said, slot).collect();
            let statements = heard.iter().map(|statement| (statement.round, statement.slot)).collect();
            let whole = Self { content: Content::Words, own: true, ..self.clone() };
            // Nobody's words are those of whoever summarises.
            let shown = whole.show(&heard, usize::MAX, numbers);
            Box::new(Material { statements, shown, before: before.into(), after: after.into() })
        });
        let brief = Brief { wanted, heard: heard.into(), fresh };
        Ask { material, ..Ask::told(slot, round, prompt, brief) }
    }

    /// What the member at `slot` is shown of these statements, which stand in the order in which they were made.
    ///
    /// `numbers` gives for each slot the number that an anonymous participant bears, from 0; a slot that it does not name
    /// bears its own.
    #[must_use]
    pub fn show<S: Borrow<Statement>>(&self, said: &[S], slot: usize, numbers: &[usize]) -> Shown {
        let heard = self.heard(said, slot, numbers);
        let mut text = String::with_capacity(length(&heard));
        push_lines(&mut text, &heard);
        Shown { text, heard }
    }

    fn heard<S: Borrow<Statement>>(&self, said: &[S], slot: usize, numbers: &[usize]) -> Vec<Heard> {
        let mut heard = Vec::with_capacity(said.len());
        for statement in self.shown(said, slot) {
            let own = statement.slot == slot;
            let (speaker, words) = (self.speaker(statement, numbers), self.words(statement));
            heard.push(Heard { round: statement.round, speaker, answer: statement.answer.clone(), words, own });
        }
        heard
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

    /// The statements of which the member at `slot` is shown something.
    fn shown<'s, S: Borrow<Statement>>(&self, said: &'s [S], slot: usize) -> impl Iterator<Item = &'s Statement> {
        let (own, all) = (self.own, self.history == History::All);
        let is_newest = move |place: usize, statement: &Statement| {
            !said.iter().skip(place + 1).any(|later| later.borrow().slot == statement.slot)
        };
        let is_shown = move |(place, statement): &(usize, &Statement)| {
            (own || statement.slot != slot) && (all || is_newest(*place, statement))
        };
        said.iter().map(Borrow::borrow).enumerate().filter(is_shown).map(|(_, statement)| statement)
    }

    fn words(&self, statement: &Statement) -> Text {
        let answer = || statement.answer.clone().unwrap_or_else(|| "(no answer)".into());
        match &self.content {
            Content::Answers => answer(),
            Content::Words => statement.words.clone(),
            // What is shown where there is no summary.
            Content::Summarised(summarised) => match summarised.otherwise {
                Otherwise::Answers => answer(),
                Otherwise::Words | Otherwise::Fail => statement.words.clone(),
            },
            Content::Characters(most) => match statement.words.char_indices().nth(*most as usize) {
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

    /// Whether the member at `slot` is shown anything of these statements.
    #[must_use]
    pub fn shows<S: Borrow<Statement>>(&self, said: &[S], slot: usize) -> bool {
        self.shown(said, slot).next().is_some()
    }

    /// How what was said is to be summarised, if it is.
    #[must_use]
    pub const fn summarised(&self) -> Option<&Summarised> {
        match &self.content {
            Content::Summarised(summarised) => Some(summarised),
            _ => None,
        }
    }

    /// Who summarises, for the list of the members; it stands under this key.
    #[must_use]
    pub fn summariser(&self, key: &str) -> Option<Named<'_>> {
        self.summarised().map(|summarised| Named::under(&format!("{key}.content.summarised.by"), &summarised.by))
    }

    /// The seats of whoever summarises, and of those behind it in the list of the members, where so many names stand
    /// before it.
    #[must_use]
    pub fn further_seats(&self, seat: &Seat, before: usize) -> [Vec<usize>; 2] {
        let behind = before + usize::from(self.summarised().is_some());
        [seat.seats_of(before..behind), seat.seats_of(behind..usize::MAX)]
    }

    /// What is wrong with it for these members, each of which stands for so many seats; it stands under this key.
    #[must_use]
    pub fn check(&self, key: &str, members: &[Named<'_>], seats: &[usize]) -> Vec<OptionProblem> {
        match &self.content {
            Content::Characters(most) if !(1..=100_000).contains(most) => {
                let message = format!("{most} characters is out of range; allowed is 1 to 100000");
                vec![OptionProblem::new(format!("{key}.content.characters"), message)]
            }
            Content::Summarised(summarised) => summarised.check(&format!("{key}.content.summarised"), members, seats),
            _ => Vec::new(),
        }
    }
}

/// How long the lines are at most.
fn length(heard: &[Heard]) -> usize {
    heard.iter().map(|heard| heard.speaker.len() + heard.words.len() + "- you: \n".len()).sum()
}

/// Appends a line for each thing heard.
fn push_lines(text: &mut String, heard: &[Heard]) {
    for Heard { speaker, words, own, .. } in heard {
        text.push_str("- ");
        text.push_str(if *own { "you" } else { speaker });
        text.push_str(": ");
        text.push_str(words);
        text.push('\n');
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
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
        let plain = Exposure::default;
        for (exposure, expected) in [
            (plain(), "- bob: B\n- cat: (no answer)\n- you: C\n"),
            (Exposure { history: History::All, ..plain() }, "- you: A\n- bob: B\n- cat: (no answer)\n- you: C\n"),
            (Exposure { own: false, ..plain() }, "- bob: B\n- cat: (no answer)\n"),
            (
                Exposure { names: Names::Anonymous, own: false, ..plain() },
                "- participant 1: B\n- participant 3: (no answer)\n",
            ),
            (
                Exposure { content: Content::Words, own: false, ..plain() },
                "- bob: round 0: I say B.\n- cat: round 0: I say .\n",
            ),
            (
                Exposure { content: Content::Characters(7), own: false, ..plain() },
                "- bob: round 0… (answer: B)\n- cat: round 0…\n",
            ),
        ] {
            let shown = exposure.show(&said(), 0, &[1, 0, 2]);
            assert_eq!(shown.text, expected, "{exposure:?}");
            assert_eq!(shown.heard.len(), expected.lines().count());
        }
    }

    #[test]
    fn what_is_to_be_summarised_is_shown_whole_and_as_nobodys_own() {
        let summarised = |own: bool, otherwise: Otherwise| Exposure {
            content: Content::Summarised(Summarised { otherwise, ..Summarised::by("clerk") }),
            names: Names::Anonymous,
            own,
            ..Exposure::default()
        };
        let telling = || Telling {
            slot: 0,
            round: 2,
            before: "Before:\n",
            after: "After.",
            wanted: Wanted::Answer,
            fresh: false,
        };
        let ask = summarised(true, Otherwise::Answers).ask(telling(), &said(), &[1, 0, 2]);
        let prompt = "Before:\n- participant 1: B\n- participant 3: (no answer)\n- you: C\nAfter.";
        assert_eq!(ask.prompt.as_deref(), Some(prompt), "what is asked where there is no summary");
        let material = ask.material.unwrap();
        assert_eq!(material.statements, [(0, 1), (0, 2), (1, 0)]);
        let whole = "- participant 1: round 0: I say B.\n- participant 3: round 0: I say .\n- participant 2: round 1: I say C.\n";
        assert_eq!(material.shown.text, whole);
        assert!(material.shown.heard.iter().all(|heard| !heard.own));
        let others = summarised(false, Otherwise::Words).ask(telling(), &said(), &[1, 0, 2]);
        assert_eq!(others.material.unwrap().statements, [(0, 1), (0, 2)], "its own are left out for it");
        assert_eq!(
            summarised(true, Otherwise::Words).ask(telling(), &[] as &[Statement], &[]).material,
            None,
            "there is nothing"
        );
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
