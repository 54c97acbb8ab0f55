//! Debate: members answer, see what others answered, and answer again; the answers of the last round are counted.
//!
//! The protocol is that of Du et al. 2023 (arXiv 2305.14325) and Choi, Zhu & Li 2025 (arXiv 2508.17536): round 0 is a plain
//! vote, in which nobody hears anybody; in each further round a member is shown the newest answers of those it hears and
//! answers anew; after the last round the answers are counted. Unlike there, a tie has a named rule, an answer that
//! can't be read is no vote, and a member that is lost does not stop the others.
//!
//! With `order: simultaneous` the order in which answers arrive changes no outcome: ballots are counted and statements
//! shown in the order of the members. In a sequential order members hear those before them, so the order matters, which
//! is why it is fixed or drawn, never that of arrival.
//!
//! It must not know how rules, joins and absences work.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, Assignment, Outcome, Task, TaskId};
//! use moot_council::{CouncilEffect, CouncilInput, PatternOptions, Seat};
//!
//! let options: PatternOptions = serde_json::from_str(
//!     r#"{ "debate": { "members": ["ann", "bob"], "rounds": 1, "decide": { "rule": "unanimity" } } }"#,
//! ).unwrap();
//! let members = ["ann", "bob"].map(|name| ActorPath::new(name).unwrap());
//! let mut machine = options.build().unwrap().start(&Seat::of(ActorPath::new("pair").unwrap(), members, 1));
//!
//! let (task, mut effects) = (Arc::new(Task::new(TaskId(0), "Tea or coffee?")), Vec::new());
//! machine.step(CouncilInput::Assigned(Assignment::of(task, ActorPath::world())), &mut effects);
//! for (round, answers) in [["tea", "coffee"], ["coffee", "coffee"]].into_iter().enumerate() {
//!     for (member, answer) in answers.into_iter().enumerate() {
//!         machine.step(CouncilInput::answered(member, round as u32, Outcome::decided(answer)), &mut effects);
//!     }
//! }
//! assert_eq!(effects.last(), Some(&CouncilEffect::Finish(Outcome::decided("coffee"))));
//! ```

use std::sync::Arc;

use moot_core::{Ballot, Outcome, VirtualDuration, Wanted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DescribesPattern, Named, check_members};
use crate::absence::AbsenceOptions;
use crate::asks::{Ask, Ended, Said};
use crate::decide::DecideOptions;
use crate::exposure::{Exposure, Statement, Telling};
use crate::join::{Gather, Join, ballot_of_result};
use crate::order::{ORDER, Order};
use crate::stop::{Condition, Progress};
use crate::table::{Framed, Protocol, Table};
use crate::topology::Topology;
use crate::{CouncilMachine, OptionProblem, Pattern, Seat};

/// How many further rounds a debate may have.
pub const ROUNDS_MAX: u32 = 1_000;

/// For how many statements there is room from the beginning, if so many may come.
const STATEMENTS_ROOM: usize = 256;

/// What a note on the end of a debate before its last round is called.
pub const STOPPED: &str = "stopped";

/// Members answer, see what others answered, and answer again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DebateOptions {
    /// Who debates: agents, groups of agents or councils, in order.
    pub members: Vec<String>,
    /// How many further rounds there are after the first, in which nobody has heard anybody: 0 to 1,000. Default: 2.
    #[serde(default = "two")]
    #[schemars(range(max = 1_000))]
    pub rounds: u32,
    /// When the debate stops before its last round. Default: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Condition>,
    /// Who hears whom. Default: `complete`.
    #[serde(default)]
    pub topology: Topology,
    /// What members are shown of what they hear. Default: the last answers, with names, their own among them.
    #[serde(default)]
    pub exposure: Exposure,
    /// When members have their turn within a round. Default: `simultaneous`.
    #[serde(default)]
    pub order: Order,
    /// How the answers of the last round are counted.
    pub decide: DecideOptions,
    /// How many must have answered before a round is over. Default: `all`.
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

impl DescribesPattern for DebateOptions {
    fn members(&self) -> Vec<Named<'_>> {
        let standby = Named::list("absence.standby", &self.absence.standby);
        let summariser = self.exposure.summariser("exposure");
        Named::list("members", &self.members).chain(summariser).chain(standby).collect()
    }

    fn fresh(&self) -> bool {
        self.fresh
    }

    fn tools(&self) -> Vec<Named<'_>> {
        self.stop.iter().flat_map(|stop| stop.tools("stop")).collect()
    }

    fn check(&self, seats: &[usize]) -> Vec<OptionProblem> {
        let members = seats.iter().take(self.members.len()).sum();
        let mut problems = check_members(&self.members);
        if self.rounds > ROUNDS_MAX {
            let message = format!("{} rounds are too many; allowed is 0 to {ROUNDS_MAX}", self.rounds);
            problems.push(OptionProblem::new("rounds", message));
        }
        problems.extend(self.stop.iter().flat_map(|stop| stop.check("stop")));
        problems.extend(self.topology.check("topology", members));
        problems.extend(self.exposure.check("exposure", &self.members(), seats));
        problems.extend(self.decide.check("decide", members));
        problems.extend(self.join.check("join", members));
        problems.extend(self.absence.check("absence"));
        problems
    }

    fn build(&self) -> Option<Arc<dyn Pattern>> {
        Some(Arc::new(Debate { options: Arc::new(self.clone()) }))
    }
}

/// The pattern with its options.
#[derive(Debug, Clone, PartialEq)]
pub struct Debate {
    options: Arc<DebateOptions>,
}

impl Pattern for Debate {
    fn name(&self) -> &str {
        "debate"
    }

    fn start(&self, seat: &Seat) -> Box<dyn CouncilMachine> {
        let named = self.options.members.len();
        let debaters = seat.seats_of(0..named);
        let exposure = &self.options.exposure;
        let [summariser, standby] = exposure.further_seats(seat, named);
        let debating = Debating::new(Arc::clone(&self.options), debaters);
        let framed = Framed::new(seat.clone(), self.options.absence.clone(), standby, debating);
        Box::new(framed.summarised(exposure, summariser.first().copied()))
    }
}

/// A debate that is under way.
struct Debating {
    options: Arc<DebateOptions>,
    /// The seats of those who debate, in order; elsewhere a debater is its index here.
    debaters: Vec<usize>,
    /// The number of the present round.
    number: u32,
    gather: Gather,
    /// Who has yet to be asked in the present round, the next one last; empty when all were asked at once.
    waiting: Vec<usize>,
    progress: Progress,
    /// The timers of the times that `stop` looks for.
    times: Vec<(u32, VirtualDuration)>,
    /// The timer of the present round's deadline.
    deadline: Option<u32>,
}

impl Debating {
    fn new(options: Arc<DebateOptions>, debaters: Vec<usize>) -> Self {
        let rounds = options.rounds as usize + 1;
        let statements = rounds.saturating_mul(debaters.len()).min(STATEMENTS_ROOM);
        let progress = Progress::new(debaters.len()).with_room(statements);
        let gather = Gather::new(0, Join::All, []);
        Self { options, debaters, number: 0, gather, waiting: Vec::new(), progress, times: Vec::new(), deadline: None }
    }

    fn start_round(&mut self, table: &mut Table<'_>) {
        let round = table.round(self.number);
        self.gather = Gather::new(round, self.options.join, self.debaters.iter().copied());
        self.deadline = match self.options.join {
            Join::Deadline(after) => Some(table.set_timer(after)),
            _ => None,
        };
        if self.options.order.is_sequential() {
            let mut order = self.options.order.of(self.debaters.len(), table.address(ORDER).call(round));
            order.reverse();
            self.waiting = order;
            self.ask_next(table);
        } else {
            for debater in 0..self.debaters.len() {
                self.ask(debater, table);
            }
        }
    }

    fn ask_next(&mut self, table: &mut Table<'_>) {
        if let Some(debater) = self.waiting.pop() {
            self.ask(debater, table);
        }
    }

    fn ask(&self, debater: usize, table: &mut Table<'_>) {
        let Some(slot) = self.debaters.get(debater).copied() else { return };
        let ask = self.told(debater, slot, table).unwrap_or_else(|| Ask::plain(slot, self.gather.round()));
        table.ask(ask);
    }

    /// What a debater is asked when there is something that it is shown.
    fn told(&self, debater: usize, slot: usize, table: &Table<'_>) -> Option<Ask> {
        let hears_all = self.options.topology == Topology::Complete;
        let is_heard = |said: &&Statement| {
            hears_all
                || said.slot == slot
                || self
                    .debaters
                    .iter()
                    .position(|other| *other == said.slot)
                    .is_some_and(|other| self.options.topology.hears(debater, other, self.debaters.len()))
        };
        let said = self.progress.statements();
        let mut heard = Vec::with_capacity(said.len());
        heard.extend(said.iter().filter(is_heard));
        if heard.is_empty() {
            return None;
        }
        let opening;
        let before = if self.number == 0 {
            opening = format!("{}\n\nWhat was said before you:\n", table.assignment().prompt);
            &opening
        } else {
            "What was said so far:\n"
        };
        let telling = Telling {
            slot,
            round: self.gather.round(),
            before,
            after: "Take it into account and answer the task anew.",
            wanted: Wanted::Answer,
            fresh: false,
        };
        let exposure = &self.options.exposure;
        Some(exposure.ask(telling, &heard, &table.numbers(exposure.names)))
    }

    /// What a debater said, as those who hear it know it.
    fn statement(&self, slot: usize, ballot: &Ballot, said: &Said, table: &Table<'_>) -> Statement {
        let answer = ballot.answer().cloned();
        Statement { round: self.number, slot, name: table.name_of(slot), answer, words: said.text() }
    }

    fn end_round(&mut self, table: &mut Table<'_>) {
        let round = self.gather.round();
        table.withdraw_round(round, "the round is over");
        self.waiting.clear();
        let ballots = self.gather.ballots(table.listed_choices());
        if !self.options.order.is_sequential() {
            // In the order of the members, whoever answered first.
            for ((slot, result), (_, ballot)) in self.gather.results().zip(&ballots) {
                if let Some(Ok(said)) = result {
                    let statement = self.statement(slot, ballot, said, table);
                    self.progress.said(statement, said.bill);
                }
            }
        }
        // Who has not answered by now is absent from the round, or abstains.
        let silent = self.gather.results().map(|(_, result)| !matches!(result, Some(Ok(_))));
        for (index, ((slot, ballot), _)) in ballots.iter().zip(silent).enumerate().filter(|(_, (_, silent))| *silent) {
            table.record_ballot(round, *slot, ballot.clone(), self.options.decide.weight_of(index));
        }
        self.progress.end_round();
        table.account(&mut self.progress);
        let stopped = self.options.stop.as_ref().and_then(|stop| stop.holds(&self.progress));
        if let Some(reason) = &stopped {
            table.note(STOPPED, format!("after round {}: {reason}", self.number));
        }
        if let Some(limit) = self.gather.all_exhausted() {
            return table.finish(Outcome::Exhausted { limit });
        }
        if stopped.is_some() || self.number >= self.options.rounds {
            let outcome = self.options.decide.outcome(&ballots, round, table);
            return table.finish(outcome);
        }
        self.number += 1;
        self.start_round(table);
    }
}

impl Protocol for Debating {
    fn begin(&mut self, table: &mut Table<'_>) {
        for time in self.options.stop.iter().flat_map(Condition::times).collect::<Vec<_>>() {
            self.times.push((table.set_timer(time), time));
        }
        self.start_round(table);
    }

    fn ended(&mut self, ended: Ended, table: &mut Table<'_>) {
        if !self.gather.wants(&ended) {
            return;
        }
        let is_late = ended.is_late;
        let ballot = ballot_of_result(Some(&ended.result), table.listed_choices());
        let index = self.debaters.iter().position(|slot| *slot == ended.slot).unwrap_or(0);
        if ended.result.is_err() && !is_late {
            self.progress.failed();
        }
        if let Ok(said) = &ended.result {
            if self.options.order.is_sequential() {
                let statement = self.statement(ended.slot, &ballot, said, table);
                self.progress.said(statement, said.bill);
            }
            table.record_ballot(ended.round, ended.slot, ballot, self.options.decide.weight_of(index));
        }
        self.gather.keep(ended);
        if self.gather.is_complete() {
            self.end_round(table);
        } else if !is_late {
            self.ask_next(table);
        }
    }

    fn timer(&mut self, timer: u32, table: &mut Table<'_>) {
        if let Some((_, time)) = self.times.iter().find(|(number, _)| *number == timer) {
            self.progress.pass(*time);
            // Time that is up is up in the middle of a round too.
            if self.options.stop.as_ref().is_some_and(|stop| stop.holds(&self.progress).is_some()) {
                self.end_round(table);
            }
        } else if self.deadline == Some(timer) {
            self.gather.pass_deadline();
            if self.gather.is_complete() {
                self.end_round(table);
            }
        }
    }
}

#[cfg(test)]
mod tests;
