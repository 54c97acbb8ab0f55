//! Delegation: a lead gives subtasks to workers, hears their reports, and answers when it has heard enough.
//!
//! Agents as tools: the lead's lines `DELEGATE NAME: what is to be done` are carried out, all lines of one statement at the
//! same time; each worker starts from an empty transcript and hears its subtask alone; the lead is told what each came
//! to, with its status, failures too. A statement without such a line is the lead's answer. Whatever the lead got wrong (an
//! unknown name, a subtask without words) is told to it and not guessed. How often it may delegate is bounded; what it says
//! at the bound must be an answer.
//!
//! Reports are told in the order of the lines, so the order in which they arrive changes nothing, unless a join lets the
//! fastest decide.
//!
//! ```
//! use moot_council::{DescribesPattern, PatternOptions};
//!
//! let options: PatternOptions = serde_json::from_str(
//!     r#"{ "delegation": { "lead": "lead", "workers": ["scout", "clerk"] } }"#,
//! ).unwrap();
//! assert!(options.check(&[1, 1, 2]).is_empty());
//! ```

use std::sync::Arc;

use moot_core::{Brief, FailureKind, Heard, Outcome, Text, Wanted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::mixture::by_the_word_of;
use super::{DescribesPattern, Named, check_members_under, check_one};
use crate::absence::AbsenceOptions;
use crate::asks::{Absence, Ask, Ended, Said};
use crate::ballot::quoted;
use crate::directive::{directives, named};
use crate::join::{Join, ballot_of_result};
use crate::table::{Framed, Protocol, Table};
use crate::{CouncilMachine, OptionProblem, Pattern, Seat};

/// What a note on a subtask is called: that it was given, that it was refused, what came of it.
pub const DELEGATED: &str = "delegated";

/// The keyword by which a lead delegates.
pub const KEYWORD: &str = "delegate";

/// How often a lead may be allowed to delegate.
const ROUNDS_MAX: u32 = 1_000;
/// How many subtasks one statement may give.
const AT_ONCE_MAX: u32 = 1_000;

/// A lead gives subtasks to workers and answers when it has heard enough.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DelegationOptions {
    /// Who leads: an agent or a council.
    pub lead: String,
    /// Who works: agents, groups of agents or councils, in order.
    pub workers: Vec<String>,
    /// How many statements of the lead may delegate, from 1 to 1,000; the one after that must answer. Default: 10.
    #[serde(default = "ten")]
    #[schemars(range(min = 1, max = 1_000))]
    pub rounds: u32,
    /// How many subtasks one statement may give, from 1 to 1,000. Default: 20.
    #[serde(default = "twenty")]
    #[schemars(range(min = 1, max = 1_000))]
    pub at_once_max: u32,
    /// How many of a statement's subtasks must have been reported on before the lead goes on. Default: `all`.
    #[serde(default)]
    pub join: Join,
    /// What happens when a member does not answer as asked.
    #[serde(default)]
    pub absence: AbsenceOptions,
    /// Whether the council gets copies of its members instead of sharing them. Default: false.
    #[serde(default)]
    pub fresh: bool,
}

const fn ten() -> u32 {
    10
}

const fn twenty() -> u32 {
    20
}

impl DescribesPattern for DelegationOptions {
    fn members(&self) -> Vec<Named<'_>> {
        let standby = Named::list("absence.standby", &self.absence.standby);
        let lead = [Named::under("lead", &self.lead)];
        lead.into_iter().chain(Named::list("workers", &self.workers)).chain(standby).collect()
    }

    fn fresh(&self) -> bool {
        self.fresh
    }

    fn check(&self, seats: &[usize]) -> Vec<OptionProblem> {
        let mut problems: Vec<OptionProblem> =
            check_one("lead", &self.lead, seats.first().copied()).into_iter().collect();
        problems.extend(check_members_under("workers", &self.workers));
        for (index, _) in self.workers.iter().enumerate().filter(|(_, name)| **name == self.lead) {
            let message = "the lead can't work for itself; name others";
            problems.push(OptionProblem::new(format!("workers[{index}]"), message));
        }
        for (key, value, most) in [("rounds", self.rounds, ROUNDS_MAX), ("at_once_max", self.at_once_max, AT_ONCE_MAX)]
        {
            if !(1..=most).contains(&value) {
                problems.push(OptionProblem::new(key, format!("{value} is out of range; allowed is 1 to {most}")));
            }
        }
        problems.extend(self.join.check("join", self.at_once_max as usize));
        problems.extend(self.absence.check("absence"));
        problems
    }

    fn build(&self) -> Option<Arc<dyn Pattern>> {
        Some(Arc::new(Delegation { options: Arc::new(self.clone()) }))
    }
}

/// The pattern with its options.
#[derive(Debug, Clone, PartialEq)]
pub struct Delegation {
    options: Arc<DelegationOptions>,
}

impl Pattern for Delegation {
    fn name(&self) -> &str {
        "delegation"
    }

    fn start(&self, seat: &Seat) -> Box<dyn CouncilMachine> {
        let named = self.options.workers.len() + 1;
        let delegating = Delegating {
            options: Arc::clone(&self.options),
            lead: seat.seats_of(0..1).first().copied(),
            workers: seat.seats_of(1..named),
            asks: 0,
            rounds: 0,
            is_leading: false,
            subtasks: Vec::new(),
            reports: Vec::new(),
            deadline: None,
            deadline_passed: false,
        };
        Box::new(Framed::new(seat.clone(), self.options.absence.clone(), seat.seats_of(named..usize::MAX), delegating))
    }
}

/// A delegation that is under way.
struct Delegating {
    options: Arc<DelegationOptions>,
    lead: Option<usize>,
    workers: Vec<usize>,
    /// The number of the next ask.
    asks: u32,
    /// How many statements have delegated.
    rounds: u32,
    is_leading: bool,
    /// What was given by the lead's last statement, in the order of its lines.
    subtasks: Vec<Subtask>,
    /// Everything that was reported so far.
    reports: Vec<Heard>,
    deadline: Option<u32>,
    deadline_passed: bool,
}

/// A subtask and what came of it.
struct Subtask {
    round: u32,
    worker: Text,
    what: Text,
    result: Option<Result<Said, Absence>>,
}

impl Delegating {
    fn take_round(&mut self, table: &Table<'_>) -> u32 {
        let round = table.round(self.asks);
        self.asks = self.asks.saturating_add(1);
        round
    }

    /// Asks the lead, after `news` of what became of its last statement.
    fn lead(&mut self, news: &str, table: &mut Table<'_>) {
        let Some(lead) = self.lead else {
            return table.finish(Outcome::failed(FailureKind::Setup, "nobody is there to lead"));
        };
        self.is_leading = true;
        let names: Vec<Text> = self.workers.iter().map(|slot| table.name_of(*slot)).collect();
        let how = if self.rounds < self.options.rounds {
            format!(
                "Answer the task, or give out subtasks with lines of their own, `DELEGATE NAME: what is to be done`, to: {}.",
                names.join(", ")
            )
        } else {
            "Answer the task now: no more subtasks can be given out.".to_owned()
        };
        let prompt = match news.is_empty() {
            true => format!("{}\n\n{how}", table.assignment().prompt),
            false => format!("{news}\n{how}"),
        };
        let brief = Brief { heard: self.reports.clone().into(), ..Brief::default() };
        let round = self.take_round(table);
        table.ask(Ask::told(lead, round, prompt, brief));
    }

    fn led(&mut self, ended: &Ended, table: &mut Table<'_>) {
        self.is_leading = false;
        let who = format!("the lead {}", table.name_of(ended.slot));
        let Ok(said) = &ended.result else {
            return table.finish(by_the_word_of(ended, &who, &table.choices()));
        };
        let lines = directives(&said.text(), &[KEYWORD]);
        if lines.is_empty() {
            let ballot = ballot_of_result(Some(&ended.result), &table.choices());
            table.record_ballot(ended.round, ended.slot, ballot, 1.0);
            return table.finish(by_the_word_of(ended, &who, &table.choices()));
        }
        if self.rounds >= self.options.rounds {
            let reason = format!("{who} still delegates after {} rounds", self.rounds);
            return table.finish(Outcome::Undecided { reason: reason.into() });
        }
        self.rounds += 1;
        self.subtasks.clear();
        self.deadline_passed = false;
        let names: Vec<Text> = self.workers.iter().map(|slot| table.name_of(*slot)).collect();
        let mut refused = Vec::new();
        for (number, line) in (1_u32..).zip(lines) {
            let worker = line.name.as_deref().and_then(|name| named(name, &names));
            let trouble = match (&line.name, worker, line.text.is_empty()) {
                _ if number > self.options.at_once_max => {
                    format!("more than {} subtasks at once are too many", self.options.at_once_max)
                }
                (None, ..) => "no worker is named".to_owned(),
                (Some(name), None, _) => format!("no worker is called {:?}", quoted(name)),
                (_, _, true) => "nothing is said of what is to be done".to_owned(),
                (_, Some(worker), false) => {
                    self.give(worker, &line.text, table);
                    continue;
                }
            };
            table.note(DELEGATED, format!("refused: {trouble}"));
            refused.push(format!("- not given out: {trouble}"));
        }
        if self.subtasks.is_empty() {
            return self.lead(&refused.join("\n"), table);
        }
        self.deadline = match self.options.join {
            Join::Deadline(after) => Some(table.set_timer(after)),
            _ => None,
        };
    }

    fn give(&mut self, worker: usize, what: &str, table: &mut Table<'_>) {
        let Some(slot) = self.workers.get(worker).copied() else { return };
        let round = self.take_round(table);
        let name = table.name_of(slot);
        table.note(DELEGATED, format!("to {name}: {}", quoted(what)));
        self.subtasks.push(Subtask { round, worker: name, what: what.into(), result: None });
        let brief = Brief { wanted: Wanted::Words, fresh: true, ..Brief::default() };
        table.ask(Ask::told(slot, round, what, brief));
    }

    fn is_reported(&self) -> bool {
        let all = self.subtasks.iter().all(|subtask| subtask.result.is_some());
        let said = || self.subtasks.iter().filter_map(|subtask| subtask.result.as_ref()?.as_ref().ok());
        all || match self.options.join {
            Join::All => false,
            Join::Any => said().count() >= 1,
            Join::AtLeast(number) => said().count() >= number as usize,
            Join::FirstDecided => said().any(|said| said.outcome.answer().is_some()),
            Join::Deadline(_) => self.deadline_passed,
        }
    }

    fn report(&mut self, table: &mut Table<'_>) {
        let subtasks = std::mem::take(&mut self.subtasks);
        let mut news = String::from("Reports:");
        let choices = table.choices();
        for subtask in subtasks {
            let (status, words, answer) = match &subtask.result {
                Some(Ok(said)) => {
                    let answer = crate::ballot::ballot_of(&said.outcome, &choices).answer().cloned();
                    (said.outcome.status().as_str(), said.text(), answer)
                }
                Some(Err(absence)) => ("failed", absence.reason.clone(), None),
                None => {
                    table.withdraw_round(subtask.round, "the lead goes on without it");
                    ("not waited for", "".into(), None)
                }
            };
            table.note(DELEGATED, format!("report of {}: {status}", subtask.worker));
            news.push_str(&format!("\n- {} ({status}) on {:?}: {words}", subtask.worker, quoted(&subtask.what)));
            self.reports.push(Heard { round: subtask.round, speaker: subtask.worker, answer, words, own: false });
        }
        self.lead(&news, table);
    }
}

impl Protocol for Delegating {
    fn begin(&mut self, table: &mut Table<'_>) {
        self.lead("", table);
    }

    fn ended(&mut self, ended: Ended, table: &mut Table<'_>) {
        if self.is_leading {
            if Some(ended.slot) == self.lead {
                self.led(&ended, table);
            }
            return;
        }
        let Some(subtask) = self.subtasks.iter_mut().find(|subtask| subtask.round == ended.round) else { return };
        subtask.result = Some(ended.result);
        if self.is_reported() {
            self.report(table);
        }
    }

    fn timer(&mut self, timer: u32, table: &mut Table<'_>) {
        if self.deadline == Some(timer) && !self.is_leading {
            self.deadline_passed = true;
            self.report(table);
        }
    }
}

#[cfg(test)]
mod tests;
