//! Fan-out and fan-in: all members work at the same time, each on a prompt of its own if the file gives one, and what they
//! made is put together.
//!
//! The concurrent workflow of MAF, ADK and agno, with what is missed there: joins that don't wait for all, a deadline, a
//! member that fails without failing its siblings, and a conflict of answers that a voting rule settles instead of an
//! average of texts. Results are put together in the order of the members, never in that of arrival, so the order in which
//! answers arrive changes nothing, unless a join lets the fastest decide.
//!
//! ```
//! use moot_council::{DescribesPattern, PatternOptions};
//!
//! let options: PatternOptions = serde_json::from_str(
//!     r#"{ "fan_out": { "members": ["north", "south"], "combine": { "member": "editor" } } }"#,
//! ).unwrap();
//! assert!(options.check(&[1, 1, 1]).is_empty());
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use moot_core::{Ballot, Brief, FailureKind, Outcome, Wanted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::mixture::by_the_word_of;
use super::{DescribesPattern, Named, check_members, check_one};
use crate::absence::AbsenceOptions;
use crate::asks::{Ask, Ended};
use crate::decide::DecideOptions;
use crate::exposure::{Content, Exposure, Statement};
use crate::join::{Join, ballot_of_result};
use crate::table::{Framed, Protocol, Table};
use crate::wave::Wave;
use crate::{CouncilMachine, OptionProblem, Pattern, Seat};

/// All members work at the same time, and what they made is put together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FanOutOptions {
    /// Who works: agents, groups of agents or councils, in order.
    pub members: Vec<String>,
    /// What a member is to do, by its name or its group's, instead of the task; `{task}` in it stands for the task. Default:
    /// everybody does the task.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prompts: BTreeMap<String, String>,
    /// How what they made is put together. Default: `list`.
    #[serde(default)]
    pub combine: Combine,
    /// How many must have answered. Default: `all`.
    #[serde(default)]
    pub join: Join,
    /// What happens when a member does not answer as asked.
    #[serde(default)]
    pub absence: AbsenceOptions,
    /// Whether the council gets copies of its members instead of sharing them. Default: false.
    #[serde(default)]
    pub fresh: bool,
}

/// How what members made is put together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Combine {
    /// One text: a line `NAME: …` for each who answered, in the order of the members.
    #[default]
    List,
    /// Their answers are counted.
    Vote(DecideOptions),
    /// The member of this name, which does not work itself, makes one answer of theirs.
    Member(String),
}

impl DescribesPattern for FanOutOptions {
    fn members(&self) -> Vec<Named<'_>> {
        let standby = Named::list("absence.standby", &self.absence.standby);
        let combiner = self.combiner().map(|name| Named::under("combine.member", name));
        Named::list("members", &self.members).chain(combiner).chain(standby).collect()
    }

    fn fresh(&self) -> bool {
        self.fresh
    }

    fn check(&self, seats: &[usize]) -> Vec<OptionProblem> {
        let named = self.members.len();
        let members = seats.iter().take(named).sum();
        let mut problems = check_members(&self.members);
        for name in self.prompts.keys() {
            let group = |name: &str| name.split_once('[').map_or(name.to_owned(), |(group, _)| group.to_owned());
            if !self.members.iter().any(|member| *member == *name || group(member) == group(name)) {
                let message = format!("{name} is not among the members");
                problems.push(OptionProblem::new(format!("prompts.{name}"), message));
            }
        }
        match &self.combine {
            Combine::List => {}
            Combine::Vote(decide) => problems.extend(decide.check("combine.vote", members)),
            Combine::Member(name) => problems.extend(check_one("combine.member", name, seats.get(named).copied())),
        }
        problems.extend(self.join.check("join", members));
        problems.extend(self.absence.check("absence"));
        problems
    }

    fn build(&self) -> Option<Arc<dyn Pattern>> {
        Some(Arc::new(FanOut { options: Arc::new(self.clone()) }))
    }
}

impl FanOutOptions {
    fn combiner(&self) -> Option<&String> {
        match &self.combine {
            Combine::Member(name) => Some(name),
            Combine::List | Combine::Vote(_) => None,
        }
    }
}

/// The pattern with its options.
#[derive(Debug, Clone, PartialEq)]
pub struct FanOut {
    options: Arc<FanOutOptions>,
}

impl Pattern for FanOut {
    fn name(&self) -> &str {
        "fan_out"
    }

    fn start(&self, seat: &Seat) -> Box<dyn CouncilMachine> {
        let named = self.options.members.len();
        let further = named + usize::from(self.options.combiner().is_some());
        let fanned = Fanned {
            options: Arc::clone(&self.options),
            members: seat.seats_of(0..named),
            combiner: seat.seats_of(named..further).first().copied(),
            wave: None,
        };
        Box::new(Framed::new(seat.clone(), self.options.absence.clone(), seat.seats_of(further..usize::MAX), fanned))
    }
}

/// Work that was fanned out.
struct Fanned {
    options: Arc<FanOutOptions>,
    members: Vec<usize>,
    combiner: Option<usize>,
    /// `None` once it was put together.
    wave: Option<Wave>,
}

impl Fanned {
    fn ask(&self, slot: usize, table: &Table<'_>) -> Ask {
        let name = table.name_of(slot);
        let group = name.split_once('[').map_or(&*name, |(group, _)| group);
        let Some(own) = self.options.prompts.get(&*name).or_else(|| self.options.prompts.get(group)) else {
            return Ask::plain(slot, 0);
        };
        let prompt = own.replace("{task}", &table.assignment().prompt);
        // A part of the task has an answer of its own, unless the answers are counted.
        let wanted = match self.options.combine {
            Combine::Vote(_) => Wanted::Answer,
            Combine::List | Combine::Member(_) => Wanted::Words,
        };
        let brief = Brief { wanted, ..Brief::default() };
        Ask::told(slot, 0, prompt, brief)
    }

    fn combine(&mut self, table: &mut Table<'_>) {
        let Some(wave) = self.wave.take() else { return };
        let (gather, choices) = (wave.gather(), table.choices());
        if let Some(limit) = gather.all_exhausted() {
            return table.finish(Outcome::Exhausted { limit });
        }
        let round = gather.round();
        let ballots = gather.ballots(&choices);
        for (index, (slot, ballot)) in ballots.iter().enumerate() {
            let weight = match &self.options.combine {
                Combine::Vote(decide) => decide.weight_of(index),
                Combine::List | Combine::Member(_) => 1.0,
            };
            table.record_ballot(round, *slot, ballot.clone(), weight);
        }
        if let Combine::Vote(decide) = &self.options.combine {
            let outcome = decide.outcome(&ballots, round, table);
            return table.finish(outcome);
        }
        let made: Vec<Statement> = gather
            .results()
            .filter_map(|(slot, result)| Some((slot, result?.as_ref().ok()?, ballot_of_result(result, &choices))))
            .filter(|(.., ballot)| *ballot != Ballot::Abstained)
            .map(|(slot, said, ballot)| {
                let answer = ballot.answer().cloned();
                Statement { round: 0, slot, name: table.name_of(slot), answer, words: said.text() }
            })
            .collect();
        if made.is_empty() {
            let outcome = match gather.answered() {
                0 => Outcome::failed(FailureKind::Member, "none of the members answered"),
                _ => Outcome::Undecided { reason: "nobody made anything".into() },
            };
            return table.finish(outcome);
        }
        match self.combiner {
            None => {
                let lines: Vec<String> = made.iter().map(|made| format!("{}: {}", made.name, made.words)).collect();
                table.finish(Outcome::decided(lines.join("\n")));
            }
            Some(slot) => {
                let exposure = Exposure { content: Content::Words, ..Exposure::default() };
                let shown = exposure.show(&made, slot, &[]);
                let task = &table.assignment().prompt;
                let prompt = format!("{task}\n\nOthers made this of it:\n{}Make one answer of it.", shown.text);
                let brief = Brief { heard: shown.heard.into(), ..Brief::default() };
                let round = table.round(1);
                table.ask(Ask::told(slot, round, prompt, brief));
            }
        }
    }
}

impl Protocol for Fanned {
    fn begin(&mut self, table: &mut Table<'_>) {
        let asks = self.members.iter().map(|slot| self.ask(*slot, table)).collect();
        self.wave = Some(Wave::start(0, self.options.join, asks, table));
        if self.members.is_empty() {
            table.finish(Outcome::failed(FailureKind::Setup, "nobody is there to work"));
        }
    }

    fn ended(&mut self, ended: Ended, table: &mut Table<'_>) {
        let belongs = match &mut self.wave {
            Some(wave) => wave.take(&ended),
            None if Some(ended.slot) == self.combiner => {
                let who = format!("the member {} that combines", table.name_of(ended.slot));
                return table.finish(by_the_word_of(&ended, &who, &table.choices()));
            }
            None => false,
        };
        if belongs && self.wave.as_ref().is_some_and(|wave| wave.is_over(table)) {
            self.combine(table);
        }
    }

    fn timer(&mut self, timer: u32, table: &mut Table<'_>) {
        if self.wave.as_mut().is_some_and(|wave| wave.timer(timer))
            && self.wave.as_ref().is_some_and(|wave| wave.is_over(table))
        {
            self.combine(table);
        }
    }
}

#[cfg(test)]
mod tests;
