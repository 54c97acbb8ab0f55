//! Reflection: an author drafts, a critic approves or sends back, until it approves or the rounds are used up.
//!
//! The author-critic loop of Self-Refine (Madaan et al. 2023, arXiv 2303.17651) and Reflexion (Shinn et al. 2023, arXiv
//! 2303.11366). The critic answers one of two words and says why; its words are shown to the author. What an approval is
//! stays inside this council: nothing of it reaches an outer one but the outcome (elsewhere it leaks, google/adk-python
//! #1376). A draft that nobody approved is no decision, unless `unapproved: accept` says so.
//!
//! One member acts at a time, so the order in which answers arrive can't matter.
//!
//! ```
//! use moot_council::{DescribesPattern, PatternOptions};
//!
//! let options: PatternOptions =
//!     serde_json::from_str(r#"{ "reflection": { "author": "writer", "critic": "editor" } }"#).unwrap();
//! assert!(options.check(&[1, 1]).is_empty());
//! ```

use std::sync::Arc;

use moot_core::{Brief, FailureKind, Outcome, Text, Wanted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::mixture::by_the_word_of;
use super::{DescribesPattern, Named, check_one};
use crate::absence::AbsenceOptions;
use crate::asks::{Ask, Ended};
use crate::exposure::{Content, Exposure, History, Statement};
use crate::join::ballot_of_result;
use crate::table::{Framed, Protocol, Table};
use crate::{CouncilMachine, OptionProblem, Pattern, Seat};

/// What a note on the critic's word is called.
pub const REVIEWED: &str = "reviewed";

/// The most drafts that may be made.
const ROUNDS_MAX: u32 = 1_000;

/// An author drafts, a critic approves or sends back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReflectionOptions {
    /// Who drafts: an agent or a council.
    pub author: String,
    /// Who approves: an agent or a council.
    pub critic: String,
    /// How many drafts there are at most, from 1 to 1,000. Default: 3.
    #[serde(default = "three")]
    #[schemars(range(min = 1, max = 1_000))]
    pub rounds: u32,
    /// What the critic answers to approve. Default: `approve`.
    #[serde(default = "approve")]
    pub approve: String,
    /// What the critic answers to send back. Default: `revise`.
    #[serde(default = "revise")]
    pub revise: String,
    /// What a last draft that was not approved comes to. Default: `undecided`.
    #[serde(default)]
    pub unapproved: Unapproved,
    /// What happens when a member does not answer as asked.
    #[serde(default)]
    pub absence: AbsenceOptions,
    /// Whether the council gets copies of its members instead of sharing them. Default: false.
    #[serde(default)]
    pub fresh: bool,
}

/// What a draft comes to that was not approved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unapproved {
    /// Nothing is decided.
    #[default]
    Undecided,
    /// It is taken as it is.
    Accept,
}

const fn three() -> u32 {
    3
}

fn approve() -> String {
    "approve".to_owned()
}

fn revise() -> String {
    "revise".to_owned()
}

/// What is wrong with two words by which somebody tells yes from no.
pub(super) fn check_words(keys: [&str; 2], words: [&str; 2]) -> Vec<OptionProblem> {
    let mut problems = Vec::new();
    for (key, word) in keys.into_iter().zip(words) {
        if word.trim().is_empty() {
            problems.push(OptionProblem::new(key, "the word is empty; write what is to be answered"));
        }
    }
    let [left, right] = words.map(|word| word.trim().to_lowercase());
    if problems.is_empty() && left == right {
        let message = format!("{right} is the other word as well, so nobody could tell them apart");
        problems.push(OptionProblem::new(keys[1], message));
    }
    problems
}

impl DescribesPattern for ReflectionOptions {
    fn members(&self) -> Vec<Named<'_>> {
        let standby = Named::list("absence.standby", &self.absence.standby);
        [Named::under("author", &self.author), Named::under("critic", &self.critic)]
            .into_iter()
            .chain(standby)
            .collect()
    }

    fn fresh(&self) -> bool {
        self.fresh
    }

    fn check(&self, seats: &[usize]) -> Vec<OptionProblem> {
        let mut problems: Vec<OptionProblem> =
            check_one("author", &self.author, seats.first().copied()).into_iter().collect();
        problems.extend(check_one("critic", &self.critic, seats.get(1).copied()));
        if self.author == self.critic {
            let message = "the critic is the author; name somebody else, or give the copy a name of its own";
            problems.push(OptionProblem::new("critic", message));
        }
        if !(1..=ROUNDS_MAX).contains(&self.rounds) {
            let message = format!("{} rounds is out of range; allowed is 1 to {ROUNDS_MAX}", self.rounds);
            problems.push(OptionProblem::new("rounds", message));
        }
        problems.extend(check_words(["approve", "revise"], [&self.approve, &self.revise]));
        problems.extend(self.absence.check("absence"));
        problems
    }

    fn build(&self) -> Option<Arc<dyn Pattern>> {
        Some(Arc::new(Reflection { options: Arc::new(self.clone()) }))
    }
}

/// The pattern with its options.
#[derive(Debug, Clone, PartialEq)]
pub struct Reflection {
    options: Arc<ReflectionOptions>,
}

impl Pattern for Reflection {
    fn name(&self) -> &str {
        "reflection"
    }

    fn start(&self, seat: &Seat) -> Box<dyn CouncilMachine> {
        let reflecting = Reflecting {
            options: Arc::clone(&self.options),
            author: seat.seats_of(0..1).first().copied(),
            critic: seat.seats_of(1..2).first().copied(),
            number: 0,
            is_reviewing: false,
            said: Vec::new(),
            draft: None,
        };
        Box::new(Framed::new(seat.clone(), self.options.absence.clone(), seat.seats_of(2..usize::MAX), reflecting))
    }
}

/// A reflection that is under way.
struct Reflecting {
    options: Arc<ReflectionOptions>,
    author: Option<usize>,
    critic: Option<usize>,
    /// The number of the present draft.
    number: u32,
    is_reviewing: bool,
    /// Drafts and reviews.
    said: Vec<Statement>,
    /// What the last draft comes to.
    draft: Option<Outcome>,
}

/// Both see everything, whole.
const EXPOSURE: Exposure =
    Exposure { history: History::Last, content: Content::Words, names: crate::exposure::Names::Named, own: true };

impl Reflecting {
    fn ask(&self, slot: usize, what: &str, wanted: Wanted, table: &mut Table<'_>) {
        let round = table.round(self.number.saturating_mul(2).saturating_add(u32::from(self.is_reviewing)));
        if self.said.is_empty() {
            return table.ask(Ask::plain(slot, round));
        }
        let shown = EXPOSURE.show(&self.said, slot, &[]);
        let prompt = format!("{}\n\nWhat was said:\n{}{what}", table.assignment().prompt, shown.text);
        let brief = Brief { wanted, heard: shown.heard.into(), ..Brief::default() };
        table.ask(Ask::told(slot, round, prompt, brief));
    }

    fn draft(&mut self, table: &mut Table<'_>) {
        self.is_reviewing = false;
        match self.author {
            Some(author) => self.ask(author, "Revise your answer.", Wanted::Answer, table),
            None => table.finish(Outcome::failed(FailureKind::Setup, "nobody is there to draft")),
        }
    }

    fn review(&mut self, table: &mut Table<'_>) {
        self.is_reviewing = true;
        let [approve, revise] = [&self.options.approve, &self.options.revise].map(|word| Text::from(word.as_str()));
        let what = format!("Review the last answer: say {approve}, or {revise} and why.");
        match self.critic {
            Some(critic) => self.ask(critic, &what, Wanted::OneOf([approve, revise].into()), table),
            None => table.finish(Outcome::failed(FailureKind::Setup, "nobody is there to review")),
        }
    }

    fn state(&mut self, ended: &Ended, table: &Table<'_>) {
        if let Ok(said) = &ended.result {
            let answer = ballot_of_result(Some(&ended.result), &table.choices())
                .answer()
                .cloned()
                .filter(|_| !self.is_reviewing);
            let (slot, name, words) = (ended.slot, table.name_of(ended.member), said.text());
            // What the author is judged by stands last: the critic's eye falls on the last thing said.
            self.said.push(Statement { round: self.number, slot, name, answer, words });
        }
    }

    fn drafted(&mut self, ended: &Ended, table: &mut Table<'_>) {
        let who = format!("the author {}", table.name_of(ended.slot));
        let outcome = by_the_word_of(ended, &who, &table.choices());
        if ended.result.is_err() {
            return table.finish(outcome);
        }
        let ballot = ballot_of_result(Some(&ended.result), &table.choices());
        table.record_ballot(ended.round, ended.slot, ballot, 1.0);
        self.draft = Some(outcome);
        self.state(ended, table);
        self.review(table);
    }

    fn reviewed(&mut self, ended: &Ended, table: &mut Table<'_>) {
        let word = match &ended.result {
            Ok(said) => said.outcome.answer().map(str::trim).unwrap_or_default().to_owned(),
            Err(_) => {
                let who = format!("the critic {}", table.name_of(ended.slot));
                return table.finish(by_the_word_of(ended, &who, &table.choices()));
            }
        };
        let draft = self.draft.clone().unwrap_or_else(|| Outcome::Undecided { reason: "nothing was drafted".into() });
        self.state(ended, table);
        if word.eq_ignore_ascii_case(self.options.approve.trim()) {
            table.note(REVIEWED, format!("draft {}: approved", self.number));
            return table.finish(draft);
        }
        table.note(REVIEWED, format!("draft {}: {}", self.number, crate::ballot::quoted(&word)));
        self.number += 1;
        if self.number < self.options.rounds {
            return self.draft(table);
        }
        let reason = format!("no draft was approved in {} rounds", self.options.rounds);
        table.finish(match self.options.unapproved {
            Unapproved::Undecided => Outcome::Undecided { reason: reason.into() },
            Unapproved::Accept => draft,
        });
    }
}

impl Protocol for Reflecting {
    fn begin(&mut self, table: &mut Table<'_>) {
        self.draft(table);
    }

    fn ended(&mut self, ended: Ended, table: &mut Table<'_>) {
        match (self.is_reviewing, Some(ended.slot)) {
            (false, slot) if slot == self.author => self.drafted(&ended, table),
            (true, slot) if slot == self.critic => self.reviewed(&ended, table),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
