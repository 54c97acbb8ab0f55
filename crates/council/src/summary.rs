//! Summaries: what was said is given to somebody who makes one text of it, and that text is what members are shown.
//!
//! Whoever summarises is a participant like any other, an agent or a council, that does not take part otherwise. Each set
//! of statements that somebody is to be shown is summarised once, however many are shown it: where all hear the same,
//! that is one ask a round. Its calls belong to the council, as those of whoever directs it do. Where no summary comes,
//! members are shown what `otherwise` says, and a note says so.
//!
//! It must not know patterns, nor how an ask is carried out: the [`table`](crate::table) makes the asks.
//!
//! ```
//! use moot_council::exposure::{Content, Exposure};
//! use moot_council::summary::{Otherwise, Summarised};
//!
//! let exposure: Exposure =
//!     serde_json::from_str(r#"{ "content": { "summarised": { "by": "clerk", "otherwise": "answers" } } }"#).unwrap();
//! let expected = Summarised { otherwise: Otherwise::Answers, ..Summarised::by("clerk") };
//! assert_eq!(exposure.content, Content::Summarised(expected));
//! ```

use std::sync::Arc;

use moot_core::{Brief, Heard, Text, Wanted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::asks::{Ask, Said};
use crate::ballot::{ABSTAIN, quoted};
use crate::exposure::Shown;
use crate::{Named, OptionProblem};

/// What whoever summarises is told to do unless the file says otherwise.
pub const PROMPT: &str = "Summarise what was said in a few sentences: which answers were given and why, and where they \
                          disagree. Give no answer of your own.";

/// What a note on a summary that did not come is called.
pub const NO_SUMMARY: &str = "no_summary";

/// How what was said is summarised before members are shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Summarised {
    /// Who summarises: an agent or a council that does not take part otherwise.
    pub by: String,
    /// What it is told to do with what was said. Default: to say in a few sentences which answers were given and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// What members are shown when no summary comes. Default: `words`.
    #[serde(default)]
    pub otherwise: Otherwise,
}

/// What follows when whoever summarises fails, refuses, keeps silent or says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Otherwise {
    /// Members are shown what was said, whole.
    #[default]
    Words,
    /// Members are shown the answers alone.
    Answers,
    /// The council fails.
    Fail,
}

/// What is to be summarised for an ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Material {
    /// Which statements, by round and seat: what tells one summary from another.
    pub statements: Vec<(u32, usize)>,
    /// What whoever summarises is shown.
    pub shown: Shown,
    /// What the ask says before the summary.
    pub before: Text,
    /// What it says behind it.
    pub after: Text,
}

/// A summary that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Under which name it is shown.
    pub(crate) by: Text,
    pub(crate) text: Text,
    /// The choice that it is, where it is one.
    pub(crate) answer: Option<Text>,
}

/// Which statements a summary is of: the round and the seat of each.
type Statements = Vec<(u32, usize)>;

/// The summaries of a council: those that are waited for and the newest that came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Summaries {
    options: Option<Summarised>,
    /// The seat of whoever summarises; without one nothing is summarised.
    seat: Option<usize>,
    /// How many were asked for: the number of the next one's round.
    made: u32,
    pending: Vec<Pending>,
    /// What came of those that ended, the newest last; `None` where nothing came.
    known: Vec<(Statements, Option<Summary>)>,
}

/// A summary that is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pending {
    round: u32,
    statements: Statements,
    waiting: Vec<(Ask, Box<Material>)>,
}

/// What is to be done about an ask for which something is to be summarised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// It is asked now, as it stands here.
    Ask(Ask),
    /// A summary must be made first: a number for its round, and what whoever makes it is told.
    Summarise(usize, u32, Box<Material>),
    /// It waits for a summary that is under way.
    Wait,
}

impl Summarised {
    /// By this agent or council, as it does unless told otherwise.
    #[must_use]
    pub fn by(name: impl Into<String>) -> Self {
        Self { by: name.into(), prompt: None, otherwise: Otherwise::default() }
    }

    /// What is wrong with it among these members, each of which stands for so many seats; it stands under this key.
    #[must_use]
    pub fn check(&self, key: &str, members: &[Named<'_>], seats: &[usize]) -> Vec<OptionProblem> {
        let mut problems = Vec::new();
        let place = format!("{key}.by");
        let own = members.iter().position(|member| member.place == place);
        let is_member = members.iter().any(|member| member.place != place && member.name == self.by);
        let message = match own.and_then(|own| seats.get(own)) {
            _ if self.by.trim().is_empty() => Some("the name is empty; name an agent or a council".to_owned()),
            _ if is_member => {
                Some(format!("{} takes part itself; name somebody who does not, such as an agent of its own", self.by))
            }
            Some(seats) if *seats != 1 => {
                Some(format!("{} is {seats} members; name one of them, such as {}[0]", self.by, self.by))
            }
            _ => None,
        };
        problems.extend(message.map(|message| OptionProblem::new(place, message)));
        if self.prompt.as_ref().is_some_and(|prompt| prompt.trim().is_empty()) {
            let message = "the prompt is empty; say what to do with what was said, or leave it out";
            problems.push(OptionProblem::new(format!("{key}.prompt"), message));
        }
        problems
    }
}

impl Summary {
    /// The summary that somebody gave, or why it gave none.
    pub(crate) fn of(said: &Said, by: Text, choices: &[Text]) -> Result<Self, Text> {
        let Some(answer) = said.outcome.answer() else { return Err(quoted(&said.outcome.to_string()).into()) };
        let text = said.text();
        if text.trim().is_empty() || text.trim().eq_ignore_ascii_case(ABSTAIN) {
            return Err("it said nothing".into());
        }
        let answer = choices.iter().find(|choice| choice.trim() == answer.trim()).cloned();
        Ok(Self { by, text, answer })
    }

    /// The ask with the summary in place of what was said.
    fn tell(&self, ask: Ask, material: &Material) -> Ask {
        let Self { by, text, answer } = self;
        let prompt = format!("{}- summary by {by}: {}\n{}", material.before, text.trim_end(), material.after);
        let round = material.statements.iter().map(|(round, _)| *round).max().unwrap_or(0);
        let (speaker, words) = (by.clone(), text.clone());
        let heard = Heard { round, speaker, answer: answer.clone(), words, own: false };
        let brief = Brief { heard: [heard].into(), ..ask.brief.as_deref().cloned().unwrap_or_default() };
        Ask { prompt: Some(prompt.into()), brief: Some(Arc::new(brief)), material: None, ..ask }
    }
}

impl Summaries {
    /// Summaries by the member at this seat.
    pub(crate) fn by(options: Option<Summarised>, seat: Option<usize>) -> Self {
        Self { seat: seat.filter(|_| options.is_some()), options, ..Self::default() }
    }

    /// The seat of whoever summarises.
    pub(crate) const fn seat(&self) -> Option<usize> {
        self.seat
    }

    /// Whether the member at this seat summarises.
    pub(crate) fn is_by(&self, slot: usize) -> bool {
        self.seat == Some(slot)
    }

    /// What follows when no summary comes.
    pub(crate) fn otherwise(&self) -> Otherwise {
        self.options.as_ref().map(|options| options.otherwise).unwrap_or_default()
    }

    /// Where an ask goes for which something is to be summarised; at most so many are made.
    pub(crate) fn take(&mut self, ask: Ask, material: Box<Material>, most: u32) -> Way {
        let Some(seat) = self.seat else { return Way::Ask(ask) };
        if let Some((_, known)) = self.known.iter().find(|(statements, _)| *statements == material.statements) {
            return Way::Ask(told(known.as_ref(), ask, &material));
        }
        if let Some(pending) = self.pending.iter_mut().find(|pending| pending.statements == material.statements) {
            pending.waiting.push((ask, material));
            return Way::Wait;
        }
        if self.made >= most {
            return Way::Ask(ask);
        }
        let (round, statements) = (self.made, material.statements.clone());
        self.made += 1;
        self.pending.push(Pending { round, statements, waiting: vec![(ask, material.clone())] });
        Way::Summarise(seat, round, material)
    }

    /// What whoever summarises is told, for a task with this prompt.
    pub(crate) fn request(&self, task: &str, material: &Material) -> (String, Brief) {
        let what = self.options.as_ref().and_then(|options| options.prompt.as_deref()).unwrap_or(PROMPT);
        let prompt = format!("The task was: {task}\n\nWhat was said:\n{}{what}", material.shown.text);
        (prompt, Brief { wanted: Wanted::Words, heard: material.shown.heard.clone().into(), fresh: true })
    }

    /// A summary has come, or will not; the asks that waited for it. `kept` is how many are remembered.
    pub(crate) fn ended(&mut self, round: u32, summary: Option<Summary>, kept: usize) -> Vec<Ask> {
        let Some(place) = self.pending.iter().position(|pending| pending.round == round) else { return Vec::new() };
        let Pending { statements, waiting, .. } = self.pending.remove(place);
        let asks = waiting.into_iter().map(|(ask, material)| told(summary.as_ref(), ask, &material)).collect();
        self.known.push((statements, summary));
        if self.known.len() > kept {
            self.known.remove(0);
        }
        asks
    }

    /// Nobody waits any more for the answers to these asks; the rounds of the summaries that nobody needs now.
    pub(crate) fn withdraw(&mut self, is_withdrawn: impl Fn(&Ask) -> bool) -> Vec<u32> {
        for pending in &mut self.pending {
            pending.waiting.retain(|(ask, _)| !is_withdrawn(ask));
        }
        let unneeded = |pending: &Pending| pending.waiting.is_empty();
        let rounds = self.pending.iter().filter(|pending| unneeded(pending)).map(|pending| pending.round).collect();
        self.pending.retain(|pending| !unneeded(pending));
        rounds
    }
}

fn told(summary: Option<&Summary>, ask: Ask, material: &Material) -> Ask {
    match summary {
        Some(summary) => summary.tell(ask, material),
        None => ask,
    }
}

#[cfg(test)]
mod tests;
