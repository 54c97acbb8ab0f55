//! A hierarchy at work: the parts, who has them, and how they are repaired.

use std::collections::BTreeMap;
use std::sync::Arc;

use moot_core::{Brief, FailureKind, Heard, Limit, Outcome, Text, Wanted};

use super::options::{HierarchyOptions, Repair, Unrepaired};
use crate::Seat;
use crate::asks::{Ask, Ended, Said};
use crate::ballot::{ballot_of, quoted};
use crate::directive::{Directive, directives, named};
use crate::join::ballot_of_result;
use crate::patterns::mixture::by_the_word_of;
use crate::table::{Protocol, Table};

/// The keyword of a line with a part.
pub const KEYWORD: &str = "task";
/// The line by which a worker says that it can't do its part.
pub const FAILED: &str = "failed";
/// What a note on a part is called.
pub const PART: &str = "part";
/// What a note on a repair is called.
pub const REPAIRED: &str = "repaired";

/// The state of a hierarchy.
pub(super) struct Working {
    options: Arc<HierarchyOptions>,
    lead: Option<usize>,
    workers: Vec<usize>,
    verifier: Option<usize>,
    asks: u32,
    /// What each open ask is for.
    open: BTreeMap<u32, Errand>,
    parts: Vec<Part>,
    /// The next worker in turn.
    turn: usize,
    limit: Option<Limit>,
}

/// What somebody was asked for.
#[derive(Debug, Clone, Copy)]
enum Errand {
    Decompose,
    Part(usize),
    Verify(usize),
    Replan(usize),
    Split(usize),
    Merge,
}

/// A part of the task.
struct Part {
    what: Text,
    /// The worker that has it, by its index among the workers.
    worker: usize,
    /// Who has tried it.
    tried: Vec<usize>,
    tries: u32,
    /// The next strategy to be tried.
    next_repair: usize,
    state: State,
}

enum State {
    Open,
    /// What its worker said waits for the verifier.
    Checked(Heard),
    Done(Heard),
    Failed(Text),
    /// Its place was taken by other parts.
    Split,
}

impl Working {
    pub(super) fn new(options: Arc<HierarchyOptions>, seat: &Seat) -> Self {
        let named = options.workers.len() + 1;
        let further = named + usize::from(options.verifier.is_some());
        Self {
            lead: seat.seats_of(0..1).first().copied(),
            workers: seat.seats_of(1..named),
            verifier: seat.seats_of(named..further).first().copied(),
            options,
            asks: 0,
            open: BTreeMap::new(),
            parts: Vec::new(),
            turn: 0,
            limit: None,
        }
    }

    fn ask(&mut self, errand: Errand, slot: usize, prompt: String, brief: Brief, table: &mut Table<'_>) {
        let round = table.round(self.asks);
        self.asks = self.asks.saturating_add(1);
        self.open.insert(round, errand);
        table.ask(Ask::told(slot, round, prompt, brief));
    }

    fn ask_lead(&mut self, errand: Errand, prompt: String, brief: Brief, table: &mut Table<'_>) {
        match self.lead {
            Some(lead) => self.ask(errand, lead, prompt, brief, table),
            None => table.finish(Outcome::failed(FailureKind::Setup, "nobody is there to lead")),
        }
    }

    fn worker_names(&self, table: &Table<'_>) -> Vec<Text> {
        self.workers.iter().map(|slot| table.name_of(*slot)).collect()
    }

    fn how(&self, table: &Table<'_>) -> String {
        let names = self.worker_names(table).join(", ");
        format!(
            "Write a line of its own for each part, `TASK: what is to be done`, or `TASK NAME: …` for one of: {names}."
        )
    }

    /// Makes a part of each line and gives it out.
    fn take_apart(&mut self, lines: &[Directive], table: &mut Table<'_>) {
        let names = self.worker_names(table);
        for line in lines.iter().filter(|line| !line.text.is_empty()) {
            if self.parts.len() >= self.options.parts_max as usize {
                table
                    .note(PART, format!("left out, as there are {} already: {}", self.parts.len(), quoted(&line.text)));
                continue;
            }
            let wanted = line.name.as_deref().and_then(|name| named(name, &names));
            let worker = wanted.unwrap_or_else(|| {
                let next = self.turn % self.workers.len().max(1);
                self.turn += 1;
                next
            });
            let what = line.text.as_str().into();
            let state = State::Open;
            self.parts.push(Part { what, worker, tried: Vec::new(), tries: 0, next_repair: 0, state });
            self.assign(self.parts.len() - 1, table);
        }
    }

    /// Gives a part to its worker.
    fn assign(&mut self, number: usize, table: &mut Table<'_>) {
        let Some(part) = self.parts.get_mut(number) else { return };
        let Some(slot) = self.workers.get(part.worker).copied() else {
            part.state = State::Failed("nobody is there to do it".into());
            return;
        };
        part.tries += 1;
        part.tried.push(part.worker);
        part.state = State::Open;
        let what = part.what.clone();
        table.note(PART, format!("{} to {}: {}", number + 1, table.name_of(slot), quoted(&what)));
        let brief = Brief { wanted: Wanted::Words, fresh: true, ..Brief::default() };
        self.ask(Errand::Part(number), slot, what.to_string(), brief, table);
    }

    fn decomposed(&mut self, ended: &Ended, table: &mut Table<'_>) {
        let who = format!("the lead {}", table.name_of(ended.slot));
        let lines = match &ended.result {
            Ok(said) => directives(&said.text(), &[KEYWORD]),
            Err(_) => Vec::new(),
        };
        self.take_apart(&lines, table);
        if self.parts.is_empty() {
            // It answers itself, or is lost.
            return table.finish(by_the_word_of(ended, &who, &table.choices()));
        }
        self.merge_if_done(table);
    }

    fn worked(&mut self, number: usize, ended: &Ended, table: &mut Table<'_>) {
        let said = match &ended.result {
            Ok(said) if directives(&said.text(), &[FAILED]).is_empty() => said,
            Ok(said) => return self.repair(number, quoted(&said.text()).into(), table),
            Err(absence) => {
                self.limit = self.limit.or(absence.limit);
                return self.repair(number, absence.reason.clone(), table);
            }
        };
        let heard = heard(number, ended, said, table);
        let Some(verifier) = self.verifier else { return self.done(number, heard, table) };
        let Some(part) = self.parts.get_mut(number) else { return };
        let prompt = format!(
            "{}\n\nThe result, by {}:\n{}\nCheck it: say accept, or reject and why.",
            part.what, heard.speaker, heard.words
        );
        part.state = State::Checked(heard.clone());
        let wanted = Wanted::OneOf(["accept".into(), "reject".into()].into());
        let brief = Brief { wanted, heard: [heard].into(), fresh: true };
        self.ask(Errand::Verify(number), verifier, prompt, brief, table);
    }

    fn verified(&mut self, number: usize, ended: &Ended, table: &mut Table<'_>) {
        let word = match &ended.result {
            Ok(said) => said.outcome.answer().unwrap_or_default().trim().to_owned(),
            Err(absence) => format!("the verifier is lost: {}", absence.reason),
        };
        let Some(part) = self.parts.get_mut(number) else { return };
        match std::mem::replace(&mut part.state, State::Open) {
            State::Checked(heard) if word.eq_ignore_ascii_case("accept") => self.done(number, heard, table),
            _ => self.repair(number, format!("rejected: {}", quoted(&word)).into(), table),
        }
    }

    fn done(&mut self, number: usize, heard: Heard, table: &mut Table<'_>) {
        if let Some(part) = self.parts.get_mut(number) {
            part.state = State::Done(heard);
        }
        self.merge_if_done(table);
    }

    /// Tries the next strategy that can be tried; without one the part has failed.
    fn repair(&mut self, number: usize, reason: Text, table: &mut Table<'_>) {
        loop {
            let workers = self.workers.len();
            let Some(part) = self.parts.get_mut(number) else { return };
            let strategy = self.options.repair.get(part.next_repair).copied();
            let Some(strategy) = strategy.filter(|_| part.tries < self.options.tries_max) else {
                table.note(REPAIRED, format!("part {} is given up: {reason}", number + 1));
                part.state = State::Failed(reason.clone());
                if self.options.unrepaired == Unrepaired::Fail {
                    let outcome = match self.limit {
                        Some(limit) => Outcome::Exhausted { limit },
                        None => Outcome::failed(FailureKind::Member, format!("part {} failed: {reason}", number + 1)),
                    };
                    return table.finish(outcome);
                }
                return self.merge_if_done(table);
            };
            part.next_repair += 1;
            table.note(REPAIRED, format!("part {} by {}: {reason}", number + 1, strategy.as_str()));
            match strategy {
                Repair::Retry => return self.assign(number, table),
                Repair::Reassign => {
                    let next = (1..workers).map(|step| (part.worker + step) % workers);
                    let Some(other) = next.into_iter().find(|other| !part.tried.contains(other)) else { continue };
                    part.worker = other;
                    return self.assign(number, table);
                }
                Repair::Replan | Repair::Split => {
                    let (errand, wish) = match strategy {
                        Repair::Split => (Errand::Split(number), "Take it apart into smaller parts."),
                        _ => (Errand::Replan(number), "Say anew what is to be done, in one part."),
                    };
                    let failed = part.what.clone();
                    let prompt = format!("This part failed: {failed}\nWhy: {reason}\n{wish} {}", self.how(table));
                    let brief = Brief { wanted: Wanted::Words, ..Brief::default() };
                    return self.ask_lead(errand, prompt, brief, table);
                }
            }
        }
    }

    fn replanned(&mut self, number: usize, is_split: bool, ended: &Ended, table: &mut Table<'_>) {
        let lines = match &ended.result {
            Ok(said) => directives(&said.text(), &[KEYWORD]),
            Err(_) => Vec::new(),
        };
        let lines: Vec<Directive> = lines.into_iter().filter(|line| !line.text.is_empty()).collect();
        let Some(first) = lines.first() else {
            return self.repair(number, "the lead named no part".into(), table);
        };
        let has_room = self.parts.len() + lines.len() <= self.options.parts_max as usize;
        let names = self.worker_names(table);
        let Some(part) = self.parts.get_mut(number) else { return };
        if is_split && has_room {
            part.state = State::Split;
            self.take_apart(&lines, table);
            return self.merge_if_done(table);
        }
        part.what = first.text.as_str().into();
        if let Some(worker) = first.name.as_deref().and_then(|name| named(name, &names)) {
            part.worker = worker;
        }
        self.assign(number, table);
    }

    /// Has the lead put the results together once every part has one or was given up.
    fn merge_if_done(&mut self, table: &mut Table<'_>) {
        let is_open = |part: &Part| matches!(part.state, State::Open | State::Checked(_));
        if !self.open.is_empty() || self.parts.iter().any(is_open) || table.is_finished() {
            return;
        }
        let mut heard = Vec::new();
        let mut results = String::from("Results:");
        for (number, part) in self.parts.iter().enumerate() {
            match &part.state {
                State::Done(result) => {
                    results.push_str(&format!("\n- {} ({}): {}", quoted(&part.what), result.speaker, result.words));
                    heard.push(result.clone());
                }
                State::Failed(reason) => {
                    results.push_str(&format!("\n- {} (failed): {reason}", quoted(&part.what)));
                    let round = u32::try_from(number).unwrap_or(u32::MAX);
                    let (speaker, words) = ("nobody".into(), format!("failed: {reason}").into());
                    heard.push(Heard { round, speaker, answer: None, words, own: false });
                }
                State::Open | State::Checked(_) | State::Split => {}
            }
        }
        if !self.parts.iter().any(|part| matches!(part.state, State::Done(_))) {
            let outcome = match self.limit {
                Some(limit) => Outcome::Exhausted { limit },
                None => Outcome::failed(FailureKind::Member, format!("no part was done; {results}")),
            };
            return table.finish(outcome);
        }
        let prompt = format!("{}\n\n{results}\nPut them together and answer the task.", table.assignment().prompt);
        let brief = Brief { heard: heard.into(), ..Brief::default() };
        self.ask_lead(Errand::Merge, prompt, brief, table);
    }
}

fn heard(number: usize, ended: &Ended, said: &Said, table: &Table<'_>) -> Heard {
    let answer = ballot_of(&said.outcome, &table.choices()).answer().cloned();
    let round = u32::try_from(number).unwrap_or(u32::MAX);
    Heard { round, speaker: table.name_of(ended.member), answer, words: said.text(), own: false }
}

impl Protocol for Working {
    fn begin(&mut self, table: &mut Table<'_>) {
        let prompt =
            format!("{}\n\nTake it apart, or answer it yourself. {}", table.assignment().prompt, self.how(table));
        self.ask_lead(Errand::Decompose, prompt, Brief::default(), table);
    }

    fn ended(&mut self, ended: Ended, table: &mut Table<'_>) {
        let Some(errand) = self.open.remove(&ended.round) else { return };
        match errand {
            Errand::Decompose => self.decomposed(&ended, table),
            Errand::Part(number) => self.worked(number, &ended, table),
            Errand::Verify(number) => self.verified(number, &ended, table),
            Errand::Replan(number) => self.replanned(number, false, &ended, table),
            Errand::Split(number) => self.replanned(number, true, &ended, table),
            Errand::Merge => {
                let who = format!("the lead {}", table.name_of(ended.slot));
                let ballot = ballot_of_result(Some(&ended.result), &table.choices());
                table.record_ballot(ended.round, ended.slot, ballot, 1.0);
                table.finish(by_the_word_of(&ended, &who, &table.choices()));
            }
        }
    }
}
