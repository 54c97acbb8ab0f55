//! Vote: every member answers the task for itself, and the ballots are counted once.
//!
//! All members are asked at once and with the assignment's own prompt, so none sees another's answer. A vote has one
//! round, which bears the number of the assignment's round: a council that is asked again within a task takes no late
//! answer for a current one and tosses another coin. Ballots are recorded as they arrive and counted in the order of
//! the members, so the order of arrival changes no outcome, whatever the rule.
//!
//! It must not know how rules, ties, quorums and weights work (see the files of these names), nor how long anybody
//! takes: it waits until all have answered.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, Assignment, Outcome, Task, TaskId};
//! use moot_council::{CouncilEffect, CouncilInput, Pattern, Seat, Vote, VoteOptions};
//!
//! let options: VoteOptions = serde_json::from_str(
//!     r#"{ "members": ["ann", "bob"], "rule": "plurality", "ties": "none" }"#,
//! ).unwrap();
//! let members = ["ann", "bob"].map(|name| ActorPath::new(name).unwrap());
//! let seat = Seat::of(ActorPath::new("pair").unwrap(), members, 1);
//! let mut machine = Vote::new(options).start(&seat);
//!
//! let (task, mut effects) = (Arc::new(Task::new(TaskId(0), "Tea or coffee?")), Vec::new());
//! machine.step(CouncilInput::Assigned(Assignment::of(task, ActorPath::world())), &mut effects);
//! for (member, answer) in ["tea", "coffee"].into_iter().enumerate() {
//!     machine.step(CouncilInput::answered(member, 0, Outcome::decided(answer)), &mut effects);
//! }
//! let tied = Outcome::Tied { among: vec!["coffee".into(), "tea".into()] };
//! assert_eq!(effects.last(), Some(&CouncilEffect::Finish(tied)));
//! ```

use std::sync::Arc;

use moot_core::Limit;
use moot_core::random::RandomAddress;
use moot_core::{Assignment, Ballot, EventKind, Outcome, Text};
use serde::{Deserialize, Serialize};

use crate::ballot::{ballot_of, quoted};
use crate::ties::TIE;
use crate::{Answered, CouncilEffect, CouncilInput, CouncilMachine, Pattern, Seat, Tally};

mod options;

pub use options::VoteOptions;

/// What a note on an answer that does not count is called: a second one, one in another round, one of nobody here.
pub const BALLOT_REJECTED: &str = "ballot_rejected";

/// The pattern with its options.
#[derive(Debug, Clone, PartialEq)]
pub struct Vote {
    options: Arc<VoteOptions>,
}

impl Vote {
    /// The pattern with these options.
    #[must_use]
    pub fn new(options: VoteOptions) -> Self {
        Self { options: Arc::new(options) }
    }
}

impl Pattern for Vote {
    fn name(&self) -> &str {
        "vote"
    }

    fn start(&self, seat: &Seat) -> Box<dyn CouncilMachine> {
        Box::new(VoteMachine::new(self.options.clone(), seat.clone()))
    }
}

/// The mind of a voting council for one assignment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VoteMachine {
    options: Arc<VoteOptions>,
    seat: Seat,
    stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    Idle,
    Open(Poll),
    Finished,
}

/// A vote that is under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Poll {
    assignment: Assignment,
    /// What each member cast, in the order of the members; `None` until it answers.
    ballots: Vec<Option<Ballot>>,
    /// How many have not answered.
    missing: usize,
    /// The limits at which members ended, in the order of their answers.
    exhausted: Vec<Limit>,
}

impl VoteMachine {
    /// A machine that waits for its assignment.
    #[must_use]
    pub const fn new(options: Arc<VoteOptions>, seat: Seat) -> Self {
        Self { options, seat, stage: Stage::Idle }
    }

    fn assigned(&mut self, assignment: Assignment, effects: &mut Vec<CouncilEffect>) {
        if !matches!(self.stage, Stage::Idle) {
            return;
        }
        let members = self.seat.members.len();
        let round = assignment.round;
        effects.extend((0..members).map(|member| CouncilEffect::ask(member, round)));
        let poll = Poll { assignment, ballots: vec![None; members], missing: members, exhausted: Vec::new() };
        if members == 0 {
            self.count(poll, effects);
        } else {
            self.stage = Stage::Open(poll);
        }
    }

    fn answered(&mut self, member: usize, round: u32, outcome: &Outcome, effects: &mut Vec<CouncilEffect>) {
        let Stage::Open(poll) = &mut self.stage else {
            return;
        };
        let task = poll.assignment.task.id;
        let (voter, place) = match (self.seat.members.get(member), poll.ballots.get_mut(member)) {
            (Some(voter), Some(place)) if place.is_none() && round == poll.assignment.round => (voter, place),
            (voter, _) => {
                let asked = poll.assignment.round;
                let voter = voter.map_or_else(|| format!("member {member}"), ToString::to_string);
                let answer = quoted(&outcome.to_string());
                let text = format!("no ballot of {voter} is open in round {round} (asked in round {asked}): {answer}");
                let note = EventKind::Noted { task, name: BALLOT_REJECTED.into(), text: text.into() };
                return effects.push(CouncilEffect::Record(note));
            }
        };
        let ballot = ballot_of(outcome, &poll.assignment.task.choices);
        let (voter, weight) = (voter.clone(), self.options.weight_of(member));
        *place = Some(ballot.clone());
        if let Outcome::Exhausted { limit } = outcome {
            poll.exhausted.push(*limit);
        }
        poll.missing = poll.missing.saturating_sub(1);
        effects.push(CouncilEffect::Record(EventKind::BallotCast { task, round, voter, ballot, weight }));
        if poll.missing == 0
            && let Stage::Open(poll) = std::mem::replace(&mut self.stage, Stage::Finished)
        {
            self.count(poll, effects);
        }
    }

    fn count(&mut self, poll: Poll, effects: &mut Vec<CouncilEffect>) {
        self.stage = Stage::Finished;
        let Poll { assignment: Assignment { task, round, .. }, ballots, exhausted, .. } = poll;
        let cast = ballots.iter().enumerate().filter_map(|(member, ballot)| {
            let ballot = ballot.as_ref()?;
            Some((ballot, self.options.weight_of(member)))
        });
        let tally = Tally::of(cast, task.choices.clone());
        if !ballots.is_empty() {
            effects.push(CouncilEffect::Record(EventKind::Tallied { task: task.id, round, counts: tally.counts() }));
        }
        let address = RandomAddress::new(self.seat.random, TIE).task(task.id.0).call(round);
        let outcome = match exhausted.first() {
            // All of them came to a limit, most often one that they share: so did the council. That is no failure.
            Some(limit) if exhausted.len() == ballots.len() => Outcome::Exhausted { limit: *limit },
            _ => self.options.terms().outcome(&tally, &self.seat.members, address),
        };
        effects.push(CouncilEffect::Finish(outcome));
    }

    fn cancelled(&mut self, reason: Text, effects: &mut Vec<CouncilEffect>) {
        match std::mem::replace(&mut self.stage, Stage::Finished) {
            Stage::Finished => return,
            Stage::Idle => {}
            Stage::Open(Poll { assignment, ballots, .. }) => {
                let open = ballots.iter().enumerate().filter(|(_, ballot)| ballot.is_none());
                effects.extend(open.map(|(member, _)| CouncilEffect::Withdraw {
                    member,
                    round: assignment.round,
                    reason: reason.clone(),
                }));
            }
        }
        effects.push(CouncilEffect::Finish(Outcome::Cancelled { reason }));
    }
}

impl CouncilMachine for VoteMachine {
    fn step(&mut self, input: CouncilInput, effects: &mut Vec<CouncilEffect>) {
        match input {
            CouncilInput::Assigned(assignment) => self.assigned(assignment, effects),
            CouncilInput::Answered(Answered { member, round, outcome, .. }) => {
                self.answered(member, round, &outcome, effects);
            }
            CouncilInput::Cancelled { reason } => self.cancelled(reason, effects),
            CouncilInput::TimerFired { .. } => {}
        }
    }
}

#[cfg(test)]
mod oracles;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
