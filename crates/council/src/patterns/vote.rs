//! Vote: every member answers the task for itself, and the ballots are counted once.
//!
//! All members are asked at once and with the assignment's own prompt, so none sees another's answer. A vote has one
//! round, which bears the number of the assignment's round: a council that is asked again within a task takes no late
//! answer for a current one and tosses another coin. Ballots are recorded as they arrive and counted in the order of
//! the members, so the order of arrival changes no outcome, whatever the rule.
//!
//! Where the rule reads rankings, approvals or scores, members are asked for words, and their words are read. A chair is
//! asked with the members; its ballot is recorded with weight 0 and looked at in a tie alone. Members that may not vote
//! are asked nothing. Words that claim to be somebody else's or another round's make no ballot.
//!
//! It must not know how rules, ties, quorums, weights and claims work (see the files of these names), nor how long
//! anybody takes: it waits until all have answered.
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

use std::borrow::Cow;
use std::sync::Arc;

use moot_core::random::RandomAddress;
use moot_core::{ActorPath, Assignment, Ballot, Brief, EventKind, Limit, Outcome, TaskId, Text, Wanted};
use serde::{Deserialize, Serialize};

use self::framed::FramedVote;
use self::options::Role;
use crate::ballot::quoted;
use crate::table::Framed;
use crate::ties::TIE;
use crate::{
    Answered, BallotForm, CouncilEffect, CouncilInput, CouncilMachine, Pattern, Reading, Seat, Tally, Weights, claim,
};

mod framed;
mod options;

pub use options::VoteOptions;

/// What a note on an answer that does not count is called: a second one, one in another round, one of nobody here, one
/// that claims to be somebody else's.
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
        if self.options.is_plain() {
            return Box::new(VoteMachine::new(self.options.clone(), seat.clone()));
        }
        // Who steps in has no seat in the plain vote.
        let names = self.options.names();
        let voting = seat.seats_of(0..names).len();
        let members = seat.members.iter().take(voting).cloned().collect();
        let inner = Seat { members, names: seat.names.iter().take(voting).copied().collect(), ..seat.clone() };
        let vote = FramedVote::new(VoteMachine::new(self.options.clone(), inner), &self.options);
        Box::new(Framed::new(seat.clone(), self.options.absence.clone(), seat.seats_of(names..usize::MAX), vote))
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
    /// What each seat cast, in the order of the members; `None` until it answers, and where nobody was asked.
    casts: Vec<Option<Cast>>,
    /// How many have not answered.
    missing: usize,
    /// The limits at which voters ended, in the order of their answers.
    exhausted: Vec<Limit>,
}

/// What a seat cast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Cast {
    ballot: Ballot,
    /// The member's words, kept where the weight depends on them.
    words: Option<Text>,
}

impl VoteMachine {
    /// A machine that waits for its assignment.
    #[must_use]
    pub const fn new(options: Arc<VoteOptions>, seat: Seat) -> Self {
        Self { options, seat, stage: Stage::Idle }
    }

    fn role_of(&self, member: usize) -> Role {
        self.options.role_of(self.seat.names.get(member).copied())
    }

    fn assigned(&mut self, assignment: Assignment, effects: &mut Vec<CouncilEffect>) {
        if !matches!(self.stage, Stage::Idle) {
            return;
        }
        let seats = self.seat.members.len();
        let mut poll = Poll { assignment, casts: vec![None; seats], missing: 0, exhausted: Vec::new() };
        if !(0..seats).any(|member| self.role_of(member) == Role::Voter) {
            return self.count(&poll, effects);
        }
        let brief = self.brief(&poll.assignment);
        effects.reserve(seats);
        for member in (0..seats).filter(|member| self.role_of(*member) != Role::Audience) {
            poll.missing += 1;
            let round = poll.assignment.round;
            effects.push(CouncilEffect::Ask { member, round, prompt: None, brief: brief.clone() });
        }
        self.stage = Stage::Open(poll);
    }

    /// What members are told beside the prompt: as the council itself was told, but that words are wanted where one answer
    /// is not enough.
    fn brief(&self, assignment: &Assignment) -> Option<Arc<Brief>> {
        if self.options.rule.needs().ballot == BallotForm::Answer {
            return None;
        }
        let own = assignment.brief.as_deref().cloned().unwrap_or_default();
        Some(Arc::new(Brief { wanted: Wanted::Words, ..own }))
    }

    fn answered(&mut self, answered: Answered, effects: &mut Vec<CouncilEffect>) {
        let Answered { member, round, outcome, words, .. } = answered;
        let role = self.role_of(member);
        let Stage::Open(poll) = &mut self.stage else {
            return;
        };
        let task = poll.assignment.task.id;
        let is_asked = role != Role::Audience && round == poll.assignment.round;
        #[cfg(feature = "planted-bugs")]
        let counts_twice = moot_core::planted::is_on(moot_core::planted::Planted::DoubleVote);
        #[cfg(not(feature = "planted-bugs"))]
        let counts_twice = false;
        let (voter, place) = match (self.seat.members.get(member), poll.casts.get_mut(member)) {
            (Some(voter), Some(place)) if is_asked && (place.is_none() || counts_twice) => (voter, place),
            (voter, _) => {
                let asked = poll.assignment.round;
                let voter = voter.map_or_else(|| format!("member {member}"), ToString::to_string);
                let answer = quoted(&outcome.to_string());
                let text = format!("no ballot of {voter} is open in round {round} (asked in round {asked}): {answer}");
                return effects.push(rejected(task, text));
            }
        };
        let false_claim = match (&outcome, words.as_deref()) {
            (Outcome::Decided { .. }, Some(words)) => claim::check(&claim::claim_of(words), voter, round),
            _ => None,
        };
        let ballot = match false_claim {
            Some(reason) => {
                effects.push(rejected(task, format!("the ballot of {voter} in round {round} is void: {reason}")));
                Ballot::Absent(reason.into())
            }
            None => {
                let reading = Reading {
                    form: self.options.rule.needs().ballot,
                    choices: poll.assignment.listed_choices(),
                    scores: self.options.scores.unwrap_or_default(),
                    with_confidence: self.options.weights.as_ref().is_some_and(Weights::read_words),
                };
                reading.ballot(&outcome, words.as_deref())
            }
        };
        let weight = match role {
            // It does not count among the others.
            Role::Chair => 0.0,
            _ => self.options.weight_of(member, words.as_deref()),
        };
        let kept = words.filter(|_| self.options.weights.as_ref().is_some_and(Weights::read_words));
        *place = Some(Cast { ballot: ballot.clone(), words: kept });
        if let (Outcome::Exhausted { limit }, Role::Voter) = (&outcome, role) {
            poll.exhausted.push(*limit);
        }
        poll.missing = poll.missing.saturating_sub(1);
        let voter = voter.clone();
        effects.push(CouncilEffect::Record(EventKind::BallotCast { task, round, voter, ballot, weight }));
        if poll.missing == 0
            && let Stage::Open(poll) = std::mem::replace(&mut self.stage, Stage::Finished)
        {
            self.count(&poll, effects);
        }
    }

    fn count(&mut self, poll: &Poll, effects: &mut Vec<CouncilEffect>) {
        self.stage = Stage::Finished;
        let Poll { assignment, casts, exhausted, .. } = poll;
        let (task, round) = (assignment.task.id, assignment.round);
        let voters = self.voters();
        let cast = casts.iter().enumerate().filter(|(member, _)| self.role_of(*member) == Role::Voter);
        let cast = cast.filter_map(|(member, cast)| {
            let Cast { ballot, words } = cast.as_ref()?;
            Some((ballot, self.options.weight_of(member, words.as_deref())))
        });
        let mut tally = Tally::of(cast, assignment.choices()).with_scores(self.options.scores.unwrap_or_default());
        if self.options.chair.is_some() {
            let chair = casts.iter().enumerate().find(|(member, _)| self.role_of(*member) == Role::Chair);
            tally = tally.with_chair(chair.and_then(|(_, cast)| Some(cast.as_ref()?.ballot.clone())));
        }
        if !voters.is_empty() {
            let counts = self.options.rule.counts(&tally);
            effects.push(CouncilEffect::Record(EventKind::Tallied { task, round, counts }));
        }
        let address = RandomAddress::new(self.seat.random, TIE).task(task.0).call(round);
        let outcome = match exhausted.first() {
            // All of them came to a limit, most often one that they share: so did the council. That is no failure.
            Some(limit) if exhausted.len() == voters.len() => Outcome::Exhausted { limit: *limit },
            _ => self.options.terms().outcome(&tally, &voters, address),
        };
        effects.push(CouncilEffect::Finish(outcome));
    }

    /// Those whose ballots count, in the order of the members.
    fn voters(&self) -> Cow<'_, [ActorPath]> {
        if self.options.all_vote() {
            return Cow::Borrowed(&self.seat.members);
        }
        let seats = self.seat.members.iter().enumerate();
        let voters = seats.filter(|(member, _)| self.role_of(*member) == Role::Voter);
        voters.map(|(_, voter)| voter.clone()).collect()
    }

    fn cancelled(&mut self, reason: Text, effects: &mut Vec<CouncilEffect>) {
        match std::mem::replace(&mut self.stage, Stage::Finished) {
            Stage::Finished => return,
            Stage::Idle => {}
            Stage::Open(Poll { assignment, casts, .. }) => {
                let open = casts.iter().enumerate().filter(|(_, cast)| cast.is_none());
                let asked = open.filter(|(member, _)| self.role_of(*member) != Role::Audience);
                effects.extend(asked.map(|(member, _)| CouncilEffect::Withdraw {
                    member,
                    round: assignment.round,
                    reason: reason.clone(),
                }));
            }
        }
        effects.push(CouncilEffect::Finish(Outcome::Cancelled { reason }));
    }
}

fn rejected(task: TaskId, text: String) -> CouncilEffect {
    CouncilEffect::Record(EventKind::Noted { task, name: BALLOT_REJECTED.into(), text: text.into() })
}

impl CouncilMachine for VoteMachine {
    fn step(&mut self, input: CouncilInput, effects: &mut Vec<CouncilEffect>) {
        match input {
            CouncilInput::Assigned(assignment) => self.assigned(assignment, effects),
            CouncilInput::Answered(answered) => self.answered(answered, effects),
            CouncilInput::Cancelled { reason } => self.cancelled(reason, effects),
            CouncilInput::TimerFired { .. } => {}
        }
    }
}

#[cfg(test)]
mod ballots;
#[cfg(test)]
mod oracles;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
