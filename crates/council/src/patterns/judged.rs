//! Debate with a judge: sides argue in rounds, and a judge who hears them decides.
//!
//! The debate of Liang et al. 2023 (arXiv 2305.19118; angel, devil, judge) and its like: the sides speak one after
//! another, each hearing what was said before it; after the last round the judge decides. With `each_round` the judge is
//! asked after every round and may decide early; its answer `CONTINUE` lets the debate go on. The judge is a member like
//! any other, so its error is the council's error: what it says that is no choice decides nothing, and a judge that is
//! lost fails the council.
//!
//! In a sequential order one member speaks at a time; in a simultaneous one statements are shown in the order of the
//! sides. Either way the order in which answers arrive changes nothing.
//!
//! ```
//! use moot_council::{DescribesPattern, PatternOptions};
//!
//! let options: PatternOptions =
//!     serde_json::from_str(r#"{ "judged": { "sides": ["pro", "con"], "judge": "judge", "rounds": 3 } }"#).unwrap();
//! assert!(options.check(&[1, 1, 1]).is_empty());
//! ```

use std::sync::Arc;

use moot_core::{Text, Wanted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::mixture::by_the_word_of;
use super::round_robin::everything;
use super::{DescribesPattern, Named, check_members_under, check_one};
use crate::absence::AbsenceOptions;
use crate::asks::{Ask, Ended};
use crate::exposure::{Exposure, Statement, Telling};
use crate::join::ballot_of_result;
use crate::order::{ORDER, Order};
use crate::stop::{Condition, Progress};
use crate::table::{Framed, Protocol, Table};
use crate::{CouncilMachine, OptionProblem, Pattern, Seat};

/// What the judge says when it does not decide yet.
pub const CONTINUE: &str = "CONTINUE";

/// What a note on the end of the debate before its last round is called.
pub const STOPPED: &str = "stopped";

/// The most rounds that a judged debate may have.
const ROUNDS_MAX: u32 = 1_000;

/// Sides argue in rounds, and a judge who hears them decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JudgedOptions {
    /// Who argues: agents, groups of agents or councils, in order.
    pub sides: Vec<String>,
    /// Who decides: an agent or a council.
    pub judge: String,
    /// How many rounds there are at most, from 1 to 1,000. Default: 3.
    #[serde(default = "three")]
    #[schemars(range(min = 1, max = 1_000))]
    pub rounds: u32,
    /// Whether the judge is asked after each round and may decide early. Default: false, after the last alone.
    #[serde(default)]
    pub each_round: bool,
    /// When the debate goes to the judge before its last round. Default: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Condition>,
    /// When sides have their turn within a round. Default: `fixed`, one after another.
    #[serde(default = "fixed")]
    pub order: Order,
    /// What sides and the judge see of what was said. Default: all of it, whole, with names.
    #[serde(default = "everything")]
    pub exposure: Exposure,
    /// What happens when a member does not answer as asked.
    #[serde(default)]
    pub absence: AbsenceOptions,
    /// Whether the council gets copies of its members instead of sharing them. Default: false.
    #[serde(default)]
    pub fresh: bool,
}

const fn three() -> u32 {
    3
}

const fn fixed() -> Order {
    Order::Fixed
}

impl DescribesPattern for JudgedOptions {
    fn members(&self) -> Vec<Named<'_>> {
        let standby = Named::list("absence.standby", &self.absence.standby);
        let summariser = self.exposure.summariser("exposure");
        let judge = Named::under("judge", &self.judge);
        Named::list("sides", &self.sides).chain([judge]).chain(summariser).chain(standby).collect()
    }

    fn fresh(&self) -> bool {
        self.fresh
    }

    fn tools(&self) -> Vec<Named<'_>> {
        self.stop.iter().flat_map(|stop| stop.tools("stop")).collect()
    }

    fn check(&self, seats: &[usize]) -> Vec<OptionProblem> {
        let mut problems = check_members_under("sides", &self.sides);
        problems.extend(check_one("judge", &self.judge, seats.get(self.sides.len()).copied()));
        if !(1..=ROUNDS_MAX).contains(&self.rounds) {
            let message = format!("{} rounds is out of range; allowed is 1 to {ROUNDS_MAX}", self.rounds);
            problems.push(OptionProblem::new("rounds", message));
        }
        problems.extend(self.stop.iter().flat_map(|stop| stop.check("stop")));
        problems.extend(self.exposure.check("exposure", &self.members(), seats));
        problems.extend(self.absence.check("absence"));
        problems
    }

    fn build(&self) -> Option<Arc<dyn Pattern>> {
        Some(Arc::new(Judged { options: Arc::new(self.clone()) }))
    }
}

/// The pattern with its options.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    options: Arc<JudgedOptions>,
}

impl Pattern for Judged {
    fn name(&self) -> &str {
        "judged"
    }

    fn start(&self, seat: &Seat) -> Box<dyn CouncilMachine> {
        let named = self.options.sides.len();
        let sides = seat.seats_of(0..named);
        let trial = Trial {
            options: Arc::clone(&self.options),
            progress: Progress::new(sides.len()),
            sides,
            judge: seat.seats_of(named..named + 1).first().copied(),
            number: 0,
            asks: 0,
            waiting: Vec::new(),
            open: Vec::new(),
            said: Vec::new(),
            is_judging: false,
            is_last: false,
            times: Vec::new(),
        };
        let exposure = &self.options.exposure;
        let [summariser, standby] = exposure.further_seats(seat, named + 1);
        let framed = Framed::new(seat.clone(), self.options.absence.clone(), standby, trial);
        Box::new(framed.summarised(exposure, summariser.first().copied()))
    }
}

/// A debate before a judge that is under way.
struct Trial {
    options: Arc<JudgedOptions>,
    sides: Vec<usize>,
    judge: Option<usize>,
    /// The number of the present round.
    number: u32,
    /// The number of the next ask of the judge and of the round of the sides.
    asks: u32,
    /// Who has yet to speak in the round, the next one last.
    waiting: Vec<usize>,
    /// Who was asked and has not answered.
    open: Vec<usize>,
    /// What was said in a simultaneous round, by index among the sides.
    said: Vec<(usize, Ended)>,
    progress: Progress,
    is_judging: bool,
    /// Whether the judge must decide now.
    is_last: bool,
    times: Vec<(u32, moot_core::VirtualDuration)>,
}

impl Trial {
    fn start_round(&mut self, table: &mut Table<'_>) {
        let address = table.address(ORDER).call(table.round(self.number));
        let mut order = self.options.order.of(self.sides.len(), address);
        if self.options.order.is_sequential() {
            order.reverse();
            self.waiting = order;
            self.ask_next(table);
        } else {
            for side in order {
                self.ask_side(side, table);
            }
        }
    }

    fn ask_next(&mut self, table: &mut Table<'_>) {
        if let Some(side) = self.waiting.pop() {
            self.ask_side(side, table);
        }
    }

    fn ask_side(&mut self, side: usize, table: &mut Table<'_>) {
        let Some(slot) = self.sides.get(side).copied() else { return };
        self.open.push(slot);
        let what = "Argue your side; name the answer that you stand for.";
        let ask = self.shown(slot, what, Wanted::Answer, table);
        let round = table.round(self.asks);
        table.ask(Ask { round, ..ask });
    }

    fn shown(&self, slot: usize, what: &str, wanted: Wanted, table: &Table<'_>) -> Ask {
        let (exposure, said) = (&self.options.exposure, self.progress.statements());
        let introduction = if exposure.shows(said, slot) { "What was said:\n" } else { "" };
        let before = format!("{}\n\n{introduction}", table.assignment().prompt);
        let telling = Telling { slot, round: 0, before: &before, after: what, wanted, fresh: false };
        exposure.ask(telling, said, &table.numbers(exposure.names))
    }

    fn state(&mut self, ended: &Ended, table: &mut Table<'_>) {
        let ballot = ballot_of_result(Some(&ended.result), &table.choices());
        match &ended.result {
            Ok(said) => {
                let answer = ballot.answer().cloned();
                let (slot, name, words) = (ended.slot, table.name_of(ended.member), said.text());
                self.progress.said(Statement { round: self.number, slot, name, answer, words }, said.bill);
            }
            Err(_) => self.progress.failed(),
        }
    }

    fn end_round(&mut self, table: &mut Table<'_>) {
        let mut said = std::mem::take(&mut self.said);
        said.sort_by_key(|(side, _)| *side);
        for (_, ended) in &said {
            self.state(ended, table);
        }
        self.progress.end_round();
        table.account(&mut self.progress);
        self.asks += 1;
        self.number += 1;
        let stopped = self.options.stop.as_ref().and_then(|stop| stop.holds(&self.progress));
        if let Some(reason) = &stopped {
            table.note(STOPPED, format!("after round {}: {reason}", self.number - 1));
        }
        self.is_last = self.number >= self.options.rounds || stopped.is_some();
        if self.is_last || self.options.each_round {
            self.ask_judge(table);
        } else {
            self.start_round(table);
        }
    }

    fn ask_judge(&mut self, table: &mut Table<'_>) {
        let Some(judge) = self.judge else {
            let message = "nobody is there to judge";
            return table.finish(moot_core::Outcome::failed(moot_core::FailureKind::Setup, message));
        };
        self.is_judging = true;
        let choices = table.choices();
        let (what, wanted) = match (self.is_last, choices.is_empty()) {
            (true, _) => ("You are the judge. Decide.".to_owned(), Wanted::Answer),
            (false, true) => (format!("You are the judge. Decide, or answer {CONTINUE} to hear more."), Wanted::Answer),
            (false, false) => {
                let further: Vec<Text> = choices.iter().cloned().chain([CONTINUE.into()]).collect();
                let what = format!("You are the judge. Decide, or answer {CONTINUE} to hear more.");
                (what, Wanted::OneOf(further.into()))
            }
        };
        let ask = self.shown(judge, &what, wanted, table);
        let round = table.round(self.asks);
        self.asks += 1;
        table.ask(Ask { round, ..ask });
    }

    fn judged(&mut self, ended: &Ended, table: &mut Table<'_>) {
        self.is_judging = false;
        let goes_on = !self.is_last
            && ended.result.as_ref().is_ok_and(|said| {
                let answer = said.outcome.answer().unwrap_or("").trim().trim_matches(['*', '.', '"']).to_owned();
                answer.eq_ignore_ascii_case(CONTINUE) || (said.outcome.answer().is_none())
            });
        if goes_on {
            return self.start_round(table);
        }
        let who = format!("the judge {}", table.name_of(ended.slot));
        let ballot = ballot_of_result(Some(&ended.result), &table.choices());
        table.record_ballot(ended.round, ended.slot, ballot, 1.0);
        let outcome = by_the_word_of(ended, &who, &table.choices());
        table.finish(outcome);
    }
}

impl Protocol for Trial {
    fn begin(&mut self, table: &mut Table<'_>) {
        for time in self.options.stop.iter().flat_map(Condition::times).collect::<Vec<_>>() {
            self.times.push((table.set_timer(time), time));
        }
        self.start_round(table);
    }

    fn ended(&mut self, ended: Ended, table: &mut Table<'_>) {
        if self.is_judging && Some(ended.slot) == self.judge {
            return self.judged(&ended, table);
        }
        let Some(place) = self.open.iter().position(|slot| *slot == ended.slot) else { return };
        self.open.swap_remove(place);
        if self.options.order.is_sequential() {
            self.state(&ended, table);
        } else {
            let side = self.sides.iter().position(|slot| *slot == ended.slot).unwrap_or(usize::MAX);
            self.said.push((side, ended));
        }
        if !self.open.is_empty() {
            return;
        }
        if self.waiting.is_empty() {
            self.end_round(table);
        } else {
            self.ask_next(table);
        }
    }

    fn timer(&mut self, timer: u32, table: &mut Table<'_>) {
        let Some((_, time)) = self.times.iter().find(|(number, _)| *number == timer) else { return };
        self.progress.pass(*time);
        let is_over = self.options.stop.as_ref().is_some_and(|stop| stop.holds(&self.progress).is_some());
        if is_over && !self.is_judging {
            table.withdraw_round(table.round(self.asks), "the debate goes to the judge");
            self.open.clear();
            self.waiting.clear();
            self.end_round(table);
        }
    }
}

#[cfg(test)]
mod tests;
