//! Pipeline with verifier: steps work one after another on what the step before made; a verifier may send work back.
//!
//! Step i's work is the input of step i+1. Without a verifier errors compound (accuracy p^L over L steps); with one, each
//! work is accepted or rejected, a rejected one is made anew up to `retries` times, and a step whose work is rejected once
//! more ends the pipeline undecided, naming the step. The closed form of such a chain is O14 of the literature's oracle
//! tables: a step is right with p·Σ((1-p)d)^k over k = 0…r for a catch rate d.
//!
//! One member acts at a time, so the order in which answers arrive can't matter.
//!
//! ```
//! use moot_council::{DescribesPattern, PatternOptions};
//!
//! let options: PatternOptions = serde_json::from_str(
//!     r#"{ "pipeline": { "steps": ["outline", "draft", "polish"], "verifier": "reader", "retries": 2 } }"#,
//! ).unwrap();
//! assert!(options.check(&[1, 1, 1, 1]).is_empty());
//! ```

use std::sync::Arc;

use moot_core::{Brief, FailureKind, Heard, Outcome, Text, Wanted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::mixture::by_the_word_of;
use super::reflection::check_words;
use super::{DescribesPattern, Named, check_one};
use crate::absence::AbsenceOptions;
use crate::asks::{Ask, Ended};
use crate::ballot::quoted;
use crate::join::ballot_of_result;
use crate::table::{Framed, Protocol, Table};
use crate::{CouncilMachine, OptionProblem, Pattern, Seat};

/// What a note on a verifier's word is called.
pub const VERIFIED: &str = "verified";

/// How often a step may be made anew at most.
const RETRIES_MAX: u32 = 100;

/// The most steps that a pipeline may have; a step with all of its retries takes two rounds each.
const STEPS_MAX: usize = 40;

/// Steps work one after another on what the step before made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PipelineOptions {
    /// Who does each step: agents, groups of agents (a step for each) or councils, in order. At most 40.
    pub steps: Vec<String>,
    /// Who accepts or rejects each step's work: an agent or a council. Default: nobody; all work is passed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verifier: Option<String>,
    /// How often a rejected step is made anew, from 0 to 100. Default: 1.
    #[serde(default = "one")]
    #[schemars(range(max = 100))]
    pub retries: u32,
    /// What the verifier answers to accept. Default: `accept`.
    #[serde(default = "accept")]
    pub accept: String,
    /// What the verifier answers to reject. Default: `reject`.
    #[serde(default = "reject")]
    pub reject: String,
    /// What happens when a member does not answer as asked. A step that is lost fails the pipeline.
    #[serde(default)]
    pub absence: AbsenceOptions,
    /// Whether the council gets copies of its members instead of sharing them. Default: false.
    #[serde(default)]
    pub fresh: bool,
}

const fn one() -> u32 {
    1
}

fn accept() -> String {
    "accept".to_owned()
}

fn reject() -> String {
    "reject".to_owned()
}

impl DescribesPattern for PipelineOptions {
    fn members(&self) -> Vec<Named<'_>> {
        let standby = Named::list("absence.standby", &self.absence.standby);
        let verifier = self.verifier.as_deref().map(|name| Named::under("verifier", name));
        Named::list("steps", &self.steps).chain(verifier).chain(standby).collect()
    }

    fn fresh(&self) -> bool {
        self.fresh
    }

    fn check(&self, seats: &[usize]) -> Vec<OptionProblem> {
        let named = self.steps.len();
        let mut problems = Vec::new();
        if self.steps.is_empty() {
            problems.push(OptionProblem::new("steps", "nobody is named; name who does the first step"));
        }
        for (index, _) in self.steps.iter().enumerate().filter(|(_, name)| name.trim().is_empty()) {
            problems.push(OptionProblem::new(format!("steps[{index}]"), "the name is empty"));
        }
        let steps: usize = seats.iter().take(named).sum();
        if steps > STEPS_MAX {
            let message =
                format!("{steps} steps are too many; at most {STEPS_MAX} are allowed; nest pipelines for more");
            problems.push(OptionProblem::new("steps", message));
        }
        if let Some(verifier) = &self.verifier {
            problems.extend(check_one("verifier", verifier, seats.get(named).copied()));
            problems.extend(check_words(["accept", "reject"], [&self.accept, &self.reject]));
        }
        if self.retries > RETRIES_MAX {
            let message = format!("{} retries is out of range; allowed is 0 to {RETRIES_MAX}", self.retries);
            problems.push(OptionProblem::new("retries", message));
        }
        problems.extend(self.absence.check("absence"));
        problems
    }

    fn build(&self) -> Option<Arc<dyn Pattern>> {
        Some(Arc::new(Pipeline { options: Arc::new(self.clone()) }))
    }
}

/// The pattern with its options.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    options: Arc<PipelineOptions>,
}

impl Pattern for Pipeline {
    fn name(&self) -> &str {
        "pipeline"
    }

    fn start(&self, seat: &Seat) -> Box<dyn CouncilMachine> {
        let named = self.options.steps.len();
        let further = named + usize::from(self.options.verifier.is_some());
        let line = Line {
            options: Arc::clone(&self.options),
            steps: seat.seats_of(0..named),
            verifier: seat.seats_of(named..further).first().copied(),
            step: 0,
            retry: 0,
            asks: 0,
            input: None,
            work: None,
            complaint: None,
            is_verifying: false,
        };
        Box::new(Framed::new(seat.clone(), self.options.absence.clone(), seat.seats_of(further..usize::MAX), line))
    }
}

/// A pipeline that is under way.
struct Line {
    options: Arc<PipelineOptions>,
    steps: Vec<usize>,
    verifier: Option<usize>,
    step: usize,
    /// How often the present step was made anew.
    retry: u32,
    /// The number of the next ask.
    asks: u32,
    /// What the step before made.
    input: Option<Heard>,
    /// What the present step made, and what it comes to.
    work: Option<(Heard, Outcome)>,
    /// Why the verifier rejected the last try.
    complaint: Option<Text>,
    is_verifying: bool,
}

impl Line {
    fn ask(&mut self, slot: usize, prompt: String, wanted: Wanted, heard: Vec<Heard>, table: &mut Table<'_>) {
        let round = table.round(self.asks);
        self.asks += 1;
        let brief = Brief { wanted, heard: heard.into(), fresh: true };
        table.ask(Ask::told(slot, round, prompt, brief));
    }

    fn work(&mut self, table: &mut Table<'_>) {
        self.is_verifying = false;
        let Some(slot) = self.steps.get(self.step).copied() else {
            return table.finish(Outcome::failed(FailureKind::Setup, "nobody is there to do the next step"));
        };
        let mut prompt = table.assignment().prompt.to_string();
        prompt.push_str(&format!("\n\nThis is step {} of {}.", self.step + 1, self.steps.len()));
        if let Some(input) = &self.input {
            prompt.push_str(&format!("\nThe step before it, by {}:\n{}", input.speaker, input.words));
        }
        if let Some(complaint) = &self.complaint {
            prompt.push_str(&format!("\nThe last try was rejected: {complaint}"));
        }
        let heard = self.input.iter().cloned().collect();
        self.ask(slot, prompt, Wanted::Answer, heard, table);
    }

    fn worked(&mut self, ended: &Ended, table: &mut Table<'_>) {
        let who = format!("step {} ({})", self.step + 1, table.name_of(ended.slot));
        let outcome = by_the_word_of(ended, &who, &table.choices());
        let Ok(said) = &ended.result else { return table.finish(outcome) };
        let ballot = ballot_of_result(Some(&ended.result), &table.choices());
        let answer = ballot.answer().cloned();
        table.record_ballot(ended.round, ended.slot, ballot, 1.0);
        let round = u32::try_from(self.step).unwrap_or(u32::MAX);
        let work = Heard { round, speaker: table.name_of(ended.member), answer, words: said.text(), own: false };
        self.work = Some((work.clone(), outcome));
        let Some(verifier) = self.verifier else { return self.accepted(table) };
        self.is_verifying = true;
        let [accept, reject] = [&self.options.accept, &self.options.reject].map(|word| Text::from(word.as_str()));
        let prompt = format!(
            "{}\n\nStep {} of {}, by {}:\n{}\nCheck it: say {accept}, or {reject} and why.",
            table.assignment().prompt,
            self.step + 1,
            self.steps.len(),
            work.speaker,
            work.words
        );
        self.ask(verifier, prompt, Wanted::OneOf([accept, reject].into()), vec![work], table);
    }

    fn verified(&mut self, ended: &Ended, table: &mut Table<'_>) {
        let who = format!("the verifier {}", table.name_of(ended.slot));
        let Ok(said) = &ended.result else {
            return table.finish(by_the_word_of(ended, &who, &table.choices()));
        };
        let word = said.outcome.answer().map(str::trim).unwrap_or_default();
        let step = self.step + 1;
        if word.eq_ignore_ascii_case(self.options.accept.trim()) {
            table.note(VERIFIED, format!("step {step}: accepted"));
            return self.accepted(table);
        }
        table.note(VERIFIED, format!("step {step}: {}", quoted(word)));
        self.complaint = Some(quoted(&said.text()).into());
        if self.retry < self.options.retries {
            self.retry += 1;
            return self.work(table);
        }
        let reason = format!("step {step} was rejected {} times", self.retry + 1);
        table.finish(Outcome::Undecided { reason: reason.into() });
    }

    fn accepted(&mut self, table: &mut Table<'_>) {
        let Some((work, outcome)) = self.work.take() else { return };
        self.complaint = None;
        self.retry = 0;
        self.step += 1;
        if self.step >= self.steps.len() {
            return table.finish(outcome);
        }
        self.input = Some(work);
        self.work(table);
    }
}

impl Protocol for Line {
    fn begin(&mut self, table: &mut Table<'_>) {
        self.work(table);
    }

    fn ended(&mut self, ended: Ended, table: &mut Table<'_>) {
        if self.is_verifying && Some(ended.slot) == self.verifier {
            self.verified(&ended, table);
        } else if !self.is_verifying && self.steps.get(self.step) == Some(&ended.slot) {
            self.worked(&ended, table);
        }
    }
}

#[cfg(test)]
mod tests;
