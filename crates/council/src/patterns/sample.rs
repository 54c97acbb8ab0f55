//! Sample and vote: one member answers the task several times, each time anew, and the answers are counted.
//!
//! Self-consistency (Wang et al. 2022, arXiv 2203.11171) and "More agents is all you need" (Li et al. 2024, arXiv
//! 2402.05120): independent samples of one model, no communication, plurality. A member that is an agent is copied, so
//! the samples are independent in their transcripts and their draws; the first copy draws what the agent alone would have
//! drawn. A council can't be copied and is asked again and again.
//!
//! With `one_at_a_time` samples are drawn one after another and `stop` may end the drawing early: `decided` once the rest
//! can't change the outcome, `margin` as in Wald's sequential test. Ballots are counted in the order of the samples, so
//! the order in which they arrive changes nothing.
//!
//! ```
//! use moot_council::{DescribesPattern, PatternOptions};
//!
//! let options: PatternOptions =
//!     serde_json::from_str(r#"{ "sample": { "member": "solver", "samples": 5 } }"#).unwrap();
//! assert_eq!(options.copies(), 5);
//! assert!(options.check(&[1]).is_empty());
//! ```

use std::sync::Arc;

use moot_core::Ballot;
use moot_core::Outcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DescribesPattern, Named};
use crate::absence::AbsenceOptions;
use crate::asks::{Ask, Ended};
use crate::decide::DecideOptions;
use crate::exposure::Statement;
use crate::join::{Gather, Join, ballot_of_result};
use crate::stop::{Condition, Progress};
use crate::table::{Framed, Protocol, Table};
use crate::{CouncilMachine, OptionProblem, Pattern, Seat};

/// The most samples that may be drawn.
pub const SAMPLES_MAX: u32 = 10_000;

/// What a note on an early end of the drawing is called.
pub const STOPPED: &str = "stopped";

/// One member answers several times, each time anew, and the answers are counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleOptions {
    /// Who answers: an agent, a group of agents (each of which answers so often) or a council.
    pub member: String,
    /// How many times, from 1 to 10,000.
    #[schemars(range(min = 1, max = 10_000))]
    pub samples: u32,
    /// How the answers are counted. Default: the most frequent one, lots drawn between several.
    #[serde(default = "DecideOptions::plurality")]
    pub decide: DecideOptions,
    /// Whether samples are drawn one after another instead of all at once. Default: false.
    #[serde(default)]
    pub one_at_a_time: bool,
    /// For `one_at_a_time`: when no further sample is drawn. Default: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Condition>,
    /// How many must have answered. Default: `all`.
    #[serde(default)]
    pub join: Join,
    /// What happens when a sample does not come as asked.
    #[serde(default)]
    pub absence: AbsenceOptions,
}

impl SampleOptions {
    /// So many samples of a member, all at once; the most frequent answer counts, lots drawn between several.
    #[must_use]
    pub fn new(member: impl Into<String>, samples: u32) -> Self {
        Self {
            member: member.into(),
            samples,
            decide: DecideOptions::plurality(),
            one_at_a_time: false,
            stop: None,
            join: Join::All,
            absence: AbsenceOptions::default(),
        }
    }
}

impl DescribesPattern for SampleOptions {
    fn members(&self) -> Vec<Named<'_>> {
        let standby = Named::list("absence.standby", &self.absence.standby);
        std::iter::once(Named::under("member", &self.member)).chain(standby).collect()
    }

    fn fresh(&self) -> bool {
        true
    }

    fn copies(&self) -> u32 {
        self.samples
    }

    fn tools(&self) -> Vec<Named<'_>> {
        self.stop.iter().flat_map(|stop| stop.tools("stop")).collect()
    }

    fn check(&self, seats: &[usize]) -> Vec<OptionProblem> {
        let answers = seats.first().copied().unwrap_or(0).saturating_mul(self.samples as usize);
        let mut problems = Vec::new();
        if self.member.trim().is_empty() {
            problems.push(OptionProblem::new("member", "the name is empty; name an agent, a group or a council"));
        }
        if !(1..=SAMPLES_MAX).contains(&self.samples) {
            let message = format!("{} samples is out of range; allowed is 1 to {SAMPLES_MAX}", self.samples);
            problems.push(OptionProblem::new("samples", message));
        }
        problems.extend(self.decide.check("decide", answers));
        if self.stop.is_some() && !self.one_at_a_time {
            let message = "all samples are drawn at once; write one_at_a_time: true, or leave `stop` out";
            problems.push(OptionProblem::new("stop", message));
        }
        problems.extend(self.stop.iter().flat_map(|stop| stop.check("stop")));
        problems.extend(self.join.check("join", answers));
        problems.extend(self.absence.check("absence"));
        problems
    }

    fn build(&self) -> Option<Arc<dyn Pattern>> {
        Some(Arc::new(Sample { options: Arc::new(self.clone()) }))
    }
}

/// The pattern with its options.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    options: Arc<SampleOptions>,
}

impl Pattern for Sample {
    fn name(&self) -> &str {
        "sample"
    }

    fn start(&self, seat: &Seat) -> Box<dyn CouncilMachine> {
        let slots = seat.seats_of(0..1);
        let progress = Progress::new(slots.len());
        let gather = Gather::new(0, Join::All, []);
        let deadline = None;
        let sampling = Sampling { options: Arc::clone(&self.options), slots, gather, asked: 0, progress, deadline };
        Box::new(Framed::new(seat.clone(), self.options.absence.clone(), seat.seats_of(1..usize::MAX), sampling))
    }
}

/// Samples that are being drawn.
struct Sampling {
    options: Arc<SampleOptions>,
    slots: Vec<usize>,
    gather: Gather,
    /// How many slots were asked.
    asked: usize,
    progress: Progress,
    deadline: Option<u32>,
}

impl Sampling {
    fn ask_next(&mut self, table: &mut Table<'_>) -> bool {
        let Some(slot) = self.slots.get(self.asked).copied() else { return false };
        self.asked += 1;
        table.ask(Ask::plain(slot, self.gather.round()));
        true
    }

    fn count(&mut self, table: &mut Table<'_>) {
        let round = self.gather.round();
        table.withdraw_round(round, "enough have answered");
        if let Some(limit) = self.gather.all_exhausted() {
            return table.finish(Outcome::Exhausted { limit });
        }
        let choices = table.choices();
        let drawn =
            self.gather.results().take(self.asked).map(|(slot, result)| (slot, ballot_of_result(result, &choices)));
        let ballots: Vec<(usize, Ballot)> = drawn.collect();
        for (index, (slot, ballot)) in ballots.iter().enumerate() {
            table.record_ballot(round, *slot, ballot.clone(), self.options.decide.weight_of(index));
        }
        let outcome = self.options.decide.outcome(&ballots, round, table);
        table.finish(outcome);
    }

    fn note_sample(&mut self, ended: &Ended, table: &Table<'_>) {
        match &ended.result {
            Ok(said) => {
                let answer = ballot_of_result(Some(&ended.result), &table.choices()).answer().cloned();
                let (name, words) = (table.name_of(ended.slot), said.text());
                self.progress.said(Statement { round: 0, slot: ended.slot, name, answer, words }, said.bill);
            }
            Err(_) => self.progress.failed(),
        }
        table.account(&mut self.progress);
    }
}

impl Protocol for Sampling {
    fn begin(&mut self, table: &mut Table<'_>) {
        // A council that is asked again and again can't be asked twice in one round.
        let members = &table.seat().members;
        let seat_of = |slot: usize| members.get(slot);
        let is_copied = self.slots.windows(2).all(|pair| match pair {
            [left, right] => seat_of(*left) != seat_of(*right),
            _ => true,
        });
        let round = table.round(0);
        self.gather = Gather::new(round, self.options.join, self.slots.iter().copied());
        if let Join::Deadline(after) = self.options.join {
            self.deadline = Some(table.set_timer(after));
        }
        if self.options.one_at_a_time || !is_copied {
            self.ask_next(table);
        } else {
            while self.ask_next(table) {}
        }
    }

    fn ended(&mut self, ended: Ended, table: &mut Table<'_>) {
        if !self.gather.take(&ended) {
            return;
        }
        self.note_sample(&ended, table);
        if self.gather.is_complete() {
            return self.count(table);
        }
        if self.asked < self.slots.len() && !ended.is_late {
            if let Some(reason) = self.options.stop.as_ref().and_then(|stop| stop.holds(&self.progress)) {
                table.note(STOPPED, format!("after {} of {} samples: {reason}", self.asked, self.slots.len()));
                return self.count(table);
            }
            self.ask_next(table);
        }
    }

    fn timer(&mut self, timer: u32, table: &mut Table<'_>) {
        if self.deadline == Some(timer) {
            self.gather.pass_deadline();
            self.count(table);
        }
    }
}

#[cfg(test)]
mod tests;
