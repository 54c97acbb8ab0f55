//! A conversation in which one member speaks at a time: what round-robin, selected and handed-over turns share.
//!
//! Everybody hears what was said before (as much of it as the exposure shows). A conversation ends when its condition
//! holds, when so many statements were made, or when nobody can speak; its outcome is read from what was said. A member
//! that gives no answer loses its turn; when all have lost one in a row, the conversation has failed.
//!
//! It must not know how the next speaker is found: that is a [`Turns`].
//!
//! ```
//! use moot_council::chat::Conclude;
//!
//! let conclude: Conclude = serde_json::from_str(r#"{ "vote": { "rule": "plurality", "ties": "coin" } }"#).unwrap();
//! assert!(conclude.check("conclude", 3).is_empty());
//! ```

use std::collections::BTreeMap;

use moot_core::{Ballot, FailureKind, Outcome, Text, VirtualDuration, Wanted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::OptionProblem;
use crate::asks::{Ask, Ended};
use crate::decide::DecideOptions;
use crate::exposure::{Exposure, Statement, Telling};
use crate::join::ballot_of_result;
use crate::stop::{Condition, Progress};
use crate::table::{Protocol, Table};

/// How many statements a conversation has at most unless told otherwise.
pub const STATEMENTS: u32 = 20;
/// How many statements a conversation may be allowed.
pub const STATEMENTS_MAX: u32 = 9_000;

/// What a note on the end of a conversation is called.
pub const STOPPED: &str = "stopped";

/// How a conversation comes to its outcome.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Conclude {
    /// The last answer that was given.
    #[default]
    Last,
    /// The last answer of each member is its ballot.
    Vote(DecideOptions),
    /// The last answer of the member of this name.
    Member(String),
}

impl Conclude {
    /// What is wrong with it for so many members; it stands under this key.
    #[must_use]
    pub fn check(&self, key: &str, members: usize) -> Vec<OptionProblem> {
        match self {
            Self::Last => Vec::new(),
            Self::Vote(decide) => decide.check(&format!("{key}.vote"), members),
            Self::Member(name) if name.trim().is_empty() => {
                vec![OptionProblem::new(format!("{key}.member"), "the name is empty; write the name of a member")]
            }
            Self::Member(_) => Vec::new(),
        }
    }
}

/// Who speaks next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// This seat.
    Speaker(usize),
    /// Somebody is asked first who speaks next; the answer comes to [`Turns::answered`].
    Choose(Ask),
    /// Nobody: the conversation ends, and why.
    Nobody(Text),
}

/// How the next speaker is found.
pub trait Turns: Send {
    /// Who speaks next; `speakers` are the seats of those who talk.
    fn next(&mut self, speakers: &[usize], progress: &mut Progress, table: &mut Table<'_>) -> Next;

    /// Whoever was asked to choose has answered, or has not.
    fn answered(&mut self, _ended: &Ended, _speakers: &[usize], _progress: &Progress, _table: &mut Table<'_>) -> Next {
        Next::Nobody("nobody chooses".into())
    }

    /// Who had the floor gave no answer.
    fn lost(&mut self, _slot: usize) {}

    /// What a speaker is told beside what was said before.
    fn invitation(&self, _speakers: &[usize], _slot: usize, _table: &Table<'_>) -> Text {
        "It is your turn to speak.".into()
    }
}

/// What conversations have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatPlan {
    /// How many statements are made at most.
    pub statements_max: u32,
    /// When it ends before.
    pub stop: Option<Condition>,
    /// What speakers see of what was said.
    pub exposure: Exposure,
    /// How it comes to its outcome.
    pub conclude: Conclude,
}

impl ChatPlan {
    /// What is wrong with it for so many members, by the names that the options of every conversation have.
    #[must_use]
    pub fn check(&self, members: usize) -> Vec<OptionProblem> {
        let Self { statements_max, stop, conclude, exposure: _ } = self;
        let mut problems = Vec::new();
        if !(1..=STATEMENTS_MAX).contains(statements_max) {
            let message = format!("{statements_max} statements is out of range; allowed is 1 to {STATEMENTS_MAX}");
            problems.push(OptionProblem::new("statements_max", message));
        }
        problems.extend(stop.iter().flat_map(|stop| stop.check("stop")));
        problems.extend(conclude.check("conclude", members));
        problems
    }
}

/// A conversation that is under way.
pub struct Chat<T> {
    plan: ChatPlan,
    turns: T,
    speakers: Vec<usize>,
    progress: Progress,
    /// The number of the next ask, speakers' and choosers' alike.
    number: u32,
    /// Who has the floor.
    speaking: Option<usize>,
    lost_in_a_row: usize,
    /// The last ballot of each speaker.
    ballots: BTreeMap<usize, Ballot>,
    times: Vec<(u32, VirtualDuration)>,
}

impl<T: Turns> Chat<T> {
    /// A conversation among these seats.
    #[must_use]
    pub fn new(plan: ChatPlan, turns: T, speakers: Vec<usize>) -> Self {
        let progress = Progress::new(speakers.len());
        let (ballots, times) = (BTreeMap::new(), Vec::new());
        Self { plan, turns, speakers, progress, number: 0, speaking: None, lost_in_a_row: 0, ballots, times }
    }

    fn go_on(&mut self, table: &mut Table<'_>) {
        table.account(&mut self.progress);
        let stopped = self.plan.stop.as_ref().and_then(|stop| stop.holds(&self.progress));
        let most = self.plan.statements_max as usize;
        let full = (self.progress.statements().len() >= most).then(|| format!("{most} statements").into());
        if let Some(reason) = stopped.or(full) {
            return self.conclude(&reason, table);
        }
        if self.lost_in_a_row > self.speakers.len() {
            let message = "every member that was given the floor was lost";
            return table.finish(Outcome::failed(FailureKind::Member, message));
        }
        let next = self.turns.next(&self.speakers, &mut self.progress, table);
        self.follow(next, table);
    }

    fn follow(&mut self, next: Next, table: &mut Table<'_>) {
        match next {
            Next::Speaker(slot) => self.invite(slot, table),
            Next::Choose(ask) => {
                let round = self.take_round(table);
                table.ask(Ask { round, ..ask });
            }
            Next::Nobody(reason) => self.conclude(&reason, table),
        }
    }

    fn take_round(&mut self, table: &Table<'_>) -> u32 {
        let round = table.round(self.number);
        self.number = self.number.saturating_add(1);
        round
    }

    fn invite(&mut self, slot: usize, table: &mut Table<'_>) {
        self.speaking = Some(slot);
        let (exposure, said) = (&self.plan.exposure, self.progress.statements());
        let invitation = self.turns.invitation(&self.speakers, slot, table);
        let has_spoken = said.iter().any(|said| said.slot == slot);
        let task = if has_spoken { String::new() } else { format!("{}\n\n", table.assignment().prompt) };
        let introduction = if exposure.shows(said, slot) { "What was said:\n" } else { "" };
        let telling = Telling {
            slot,
            round: 0,
            before: &format!("{task}{introduction}"),
            after: &invitation,
            wanted: Wanted::Answer,
            fresh: false,
        };
        let ask = exposure.ask(telling, said, &table.numbers(exposure.names));
        let round = self.take_round(table);
        table.ask(Ask { round, ..ask });
    }

    fn spoke(&mut self, slot: usize, ended: &Ended, table: &mut Table<'_>) {
        self.speaking = None;
        match &ended.result {
            Ok(said) => {
                self.lost_in_a_row = 0;
                let ballot = ballot_of_result(Some(&ended.result), &table.choices());
                let answer = ballot.answer().cloned();
                let name = table.name_of(ended.member);
                let round = u32::try_from(self.progress.statements().len()).unwrap_or(u32::MAX);
                self.progress.said(Statement { round, slot, name, answer, words: said.text() }, said.bill);
                table.record_ballot(ended.round, slot, ballot.clone(), 1.0);
                self.ballots.insert(slot, ballot);
            }
            Err(absence) => {
                self.lost_in_a_row += 1;
                self.turns.lost(slot);
                self.progress.failed();
                self.ballots.entry(slot).or_insert_with(|| Ballot::Absent(absence.reason.clone()));
                if let (Some(limit), 1) = (absence.limit, self.speakers.len()) {
                    return table.finish(Outcome::Exhausted { limit });
                }
                if let Some(limit) = absence.limit.filter(|_| self.lost_in_a_row >= self.speakers.len()) {
                    return table.finish(Outcome::Exhausted { limit });
                }
            }
        }
        self.go_on(table);
    }

    fn conclude(&mut self, reason: &Text, table: &mut Table<'_>) {
        table.note(STOPPED, reason.clone());
        let outcome = match &self.plan.conclude {
            Conclude::Last => last_answer(self.progress.statements().iter()),
            Conclude::Member(name) => {
                last_answer(self.progress.statements().iter().filter(|said| *said.name == **name))
            }
            Conclude::Vote(decide) => {
                let absent = || Ballot::Absent("it did not speak".into());
                let ballot = |slot: &usize| (*slot, self.ballots.get(slot).cloned().unwrap_or_else(absent));
                let ballots: Vec<(usize, Ballot)> = self.speakers.iter().map(ballot).collect();
                let round = table.round(self.number);
                decide.outcome(&ballots, round, table)
            }
        };
        let outcome = match outcome {
            Outcome::Undecided { reason: nothing } => {
                Outcome::Undecided { reason: format!("{nothing} (the conversation ended: {reason})").into() }
            }
            outcome => outcome,
        };
        table.finish(outcome);
    }
}

fn last_answer<'a>(said: impl Iterator<Item = &'a Statement>) -> Outcome {
    match said.filter_map(|said| said.answer.as_ref()).last() {
        Some(answer) => Outcome::Decided { answer: answer.clone() },
        None => Outcome::Undecided { reason: "no answer was given".into() },
    }
}

impl<T: Turns> Protocol for Chat<T> {
    fn begin(&mut self, table: &mut Table<'_>) {
        for time in self.plan.stop.iter().flat_map(Condition::times).collect::<Vec<_>>() {
            self.times.push((table.set_timer(time), time));
        }
        self.go_on(table);
    }

    fn ended(&mut self, ended: Ended, table: &mut Table<'_>) {
        match self.speaking {
            Some(slot) if slot == ended.slot => self.spoke(slot, &ended, table),
            Some(_) => {}
            None => {
                let next = self.turns.answered(&ended, &self.speakers, &self.progress, table);
                self.follow(next, table);
            }
        }
    }

    fn timer(&mut self, timer: u32, table: &mut Table<'_>) {
        if let Some((_, time)) = self.times.iter().find(|(number, _)| *number == timer) {
            self.progress.pass(*time);
            if let Some(reason) = self.plan.stop.as_ref().and_then(|stop| stop.holds(&self.progress)) {
                self.conclude(&reason, table);
            }
        }
    }
}
