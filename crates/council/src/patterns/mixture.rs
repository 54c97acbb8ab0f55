//! Mixture of agents: layers of proposers, each of which sees all that the layer before said, and one that aggregates.
//!
//! The protocol of Wang et al. 2024 (arXiv 2406.04692): in the first layer every proposer answers for itself; in each
//! further one it sees all outputs of the layer before, its own among them, and answers anew; the aggregator sees the
//! outputs of the last layer, and its answer is the council's. A proposer that is lost is left out of what the next layer
//! sees (elsewhere one failure fails all); a layer in which nobody answered ends the council.
//!
//! Outputs are shown in the order of the proposers, so the order in which they arrive changes nothing, unless a join lets
//! the fastest decide.
//!
//! ```
//! use moot_council::{DescribesPattern, PatternOptions};
//!
//! let options: PatternOptions = serde_json::from_str(
//!     r#"{ "mixture": { "proposers": ["writer"], "aggregator": "editor", "layers": 2 } }"#,
//! ).unwrap();
//! assert!(options.check(&[3, 1]).is_empty());
//! ```

use std::sync::Arc;

use moot_core::{Ballot, FailureKind, Outcome, Text, Wanted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DescribesPattern, Named, check_members_under, check_one};
use crate::absence::AbsenceOptions;
use crate::asks::{Ask, Ended, Said};
use crate::exposure::{Content, Exposure, History, Statement, Telling};
use crate::join::{Join, ballot_of_result};
use crate::table::{Framed, Protocol, Table};
use crate::wave::Wave;
use crate::{CouncilMachine, OptionProblem, Pattern, Seat};

/// The most layers that a mixture may have.
pub const LAYERS_MAX: u32 = 100;

/// Layers of proposers, and one that aggregates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MixtureOptions {
    /// Who proposes in every layer: agents, groups of agents or councils, in order.
    pub proposers: Vec<String>,
    /// Who makes one answer of the last layer's: an agent or a council.
    pub aggregator: String,
    /// How many layers of proposers there are, from 1 to 100. Default: 2.
    #[serde(default = "two")]
    #[schemars(range(min = 1, max = 100))]
    pub layers: u32,
    /// What is shown of a layer's outputs. Default: all words, with names.
    #[serde(default = "words")]
    pub exposure: Exposure,
    /// How many of a layer must have answered. Default: `all`.
    #[serde(default)]
    pub join: Join,
    /// What happens when a member does not answer as asked.
    #[serde(default)]
    pub absence: AbsenceOptions,
    /// Whether the council gets copies of its members instead of sharing them. Default: false.
    #[serde(default)]
    pub fresh: bool,
}

const fn two() -> u32 {
    2
}

fn words() -> Exposure {
    Exposure { content: Content::Words, history: History::Last, ..Exposure::default() }
}

impl DescribesPattern for MixtureOptions {
    fn members(&self) -> Vec<Named<'_>> {
        let standby = Named::list("absence.standby", &self.absence.standby);
        let aggregator = Named::under("aggregator", &self.aggregator);
        let summariser = self.exposure.summariser("exposure");
        Named::list("proposers", &self.proposers).chain([aggregator]).chain(summariser).chain(standby).collect()
    }

    fn fresh(&self) -> bool {
        self.fresh
    }

    fn check(&self, seats: &[usize]) -> Vec<OptionProblem> {
        let named = self.proposers.len();
        let proposers = seats.iter().take(named).sum();
        let mut problems = check_members_under("proposers", &self.proposers);
        problems.extend(check_one("aggregator", &self.aggregator, seats.get(named).copied()));
        if !(1..=LAYERS_MAX).contains(&self.layers) {
            let message = format!("{} layers is out of range; allowed is 1 to {LAYERS_MAX}", self.layers);
            problems.push(OptionProblem::new("layers", message));
        }
        problems.extend(self.exposure.check("exposure", &self.members(), seats));
        problems.extend(self.join.check("join", proposers));
        problems.extend(self.absence.check("absence"));
        problems
    }

    fn build(&self) -> Option<Arc<dyn Pattern>> {
        Some(Arc::new(Mixture { options: Arc::new(self.clone()) }))
    }
}

/// The pattern with its options.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixture {
    options: Arc<MixtureOptions>,
}

impl Pattern for Mixture {
    fn name(&self) -> &str {
        "mixture"
    }

    fn start(&self, seat: &Seat) -> Box<dyn CouncilMachine> {
        let named = self.options.proposers.len();
        let mixing = Mixing {
            options: Arc::clone(&self.options),
            proposers: seat.seats_of(0..named),
            aggregator: seat.seats_of(named..named + 1).first().copied(),
            layer: 0,
            wave: None,
            outputs: Vec::new(),
        };
        let exposure = &self.options.exposure;
        let [summariser, standby] = exposure.further_seats(seat, named + 1);
        let framed = Framed::new(seat.clone(), self.options.absence.clone(), standby, mixing);
        Box::new(framed.summarised(exposure, summariser.first().copied()))
    }
}

/// A mixture that is under way.
struct Mixing {
    options: Arc<MixtureOptions>,
    proposers: Vec<usize>,
    aggregator: Option<usize>,
    layer: u32,
    /// The present layer; `None` when the aggregator is asked.
    wave: Option<Wave>,
    /// What the layer before said.
    outputs: Vec<Statement>,
}

impl Mixing {
    fn start_layer(&mut self, table: &mut Table<'_>) {
        let asks =
            self.proposers.iter().map(|slot| self.ask(*slot, "Answer the task with their help.", table)).collect();
        self.wave = Some(Wave::start(self.layer, self.options.join, asks, table));
    }

    fn ask(&self, slot: usize, what: &str, table: &Table<'_>) -> Ask {
        if self.outputs.is_empty() {
            return Ask::plain(slot, 0);
        }
        let telling = Telling {
            slot,
            round: 0,
            before: &format!("{}\n\nOthers answered:\n", table.assignment().prompt),
            after: what,
            wanted: Wanted::Answer,
            fresh: false,
        };
        let exposure = &self.options.exposure;
        exposure.ask(telling, &self.outputs, &table.numbers(exposure.names))
    }

    fn end_layer(&mut self, table: &mut Table<'_>) {
        let Some(wave) = self.wave.take() else { return };
        let gather = wave.gather();
        if let Some(limit) = gather.all_exhausted() {
            return table.finish(Outcome::Exhausted { limit });
        }
        let choices = table.choices();
        let state = |(slot, said): (usize, &Said)| Statement {
            round: self.layer,
            slot,
            name: table.name_of(slot),
            answer: answer_of(said, &choices),
            words: said.text(),
        };
        self.outputs = gather.said().map(state).collect();
        let ballots = gather.ballots(&choices);
        for (slot, ballot) in ballots {
            table.record_ballot(gather.round(), slot, ballot, 1.0);
        }
        if self.outputs.is_empty() {
            let message = format!("nobody of layer {} answered", self.layer);
            return table.finish(Outcome::failed(FailureKind::Member, message));
        }
        self.layer += 1;
        match self.aggregator {
            Some(_) if self.layer < self.options.layers => self.start_layer(table),
            Some(slot) => {
                let ask = self.ask(slot, "Make one answer of theirs.", table);
                let round = table.round(self.layer);
                table.ask(Ask { round, ..ask });
            }
            None => table.finish(Outcome::failed(FailureKind::Setup, "nobody is there to aggregate")),
        }
    }
}

/// The answer that counts, if any.
fn answer_of(said: &Said, choices: &[Text]) -> Option<Text> {
    crate::ballot::ballot_of(&said.outcome, choices).answer().cloned()
}

/// What becomes of the council by the word of the one member that it can't do without: its answer, where it gives one;
/// else the end is named after what it did.
pub(super) fn by_the_word_of(ended: &Ended, who: &str, choices: &[Text]) -> Outcome {
    match &ended.result {
        Ok(said) => match (ballot_of_result(Some(&ended.result), choices), &said.outcome) {
            (Ballot::For(answer), _) => Outcome::Decided { answer },
            (Ballot::Abstained, Outcome::Decided { .. }) => {
                Outcome::Undecided { reason: format!("{who} abstained").into() }
            }
            (Ballot::Absent(reason), _) => Outcome::Undecided { reason: format!("{who}: {reason}").into() },
            (_, outcome) => outcome.clone(),
        },
        Err(absence) => match absence.limit {
            Some(limit) => Outcome::Exhausted { limit },
            None if absence.abstains => Outcome::Undecided { reason: format!("{who}: {}", absence.reason).into() },
            None => Outcome::failed(FailureKind::Member, format!("{who}: {}", absence.reason)),
        },
    }
}

impl Protocol for Mixing {
    fn begin(&mut self, table: &mut Table<'_>) {
        self.start_layer(table);
    }

    fn ended(&mut self, ended: Ended, table: &mut Table<'_>) {
        let is_layer = match &mut self.wave {
            Some(wave) => wave.take(&ended),
            None if Some(ended.slot) == self.aggregator => {
                let who = format!("the aggregator {}", table.name_of(ended.slot));
                let outcome = by_the_word_of(&ended, &who, &table.choices());
                return table.finish(outcome);
            }
            None => false,
        };
        if is_layer && self.wave.as_ref().is_some_and(|wave| wave.is_over(table)) {
            self.end_layer(table);
        }
    }

    fn timer(&mut self, timer: u32, table: &mut Table<'_>) {
        if self.wave.as_mut().is_some_and(|wave| wave.timer(timer)) {
            self.wave.as_ref().map(|wave| wave.is_over(table));
            self.end_layer(table);
        }
    }
}

#[cfg(test)]
mod tests;
