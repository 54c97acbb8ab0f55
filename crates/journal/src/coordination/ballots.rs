//! The ballots of each open task: those of the root-most council that voted on it, round by round.
//!
//! Councils nest, and what the metrics of agreement are about is the vote that decided the task: of the councils that
//! cast ballots, the one that the fewest assignments lie between it and the world; among equals the one that voted
//! first. A council that is given the same task again begins anew, and only its last vote counts. Ballots are kept while
//! their task is open and handed out at its end. This module must not know what is computed of them.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, Ballot, Event, EventKind, EventSequence, Outcome, Task, TaskId, VirtualTime};
//! use moot_journal::{MetricValue, Summary};
//!
//! let task = TaskId(0);
//! let voter = |index| ActorPath::new("juror").unwrap().indexed(index);
//! let cast = |index, answer: &str| EventKind::BallotCast {
//!     task, round: 0, voter: voter(index), ballot: Ballot::For(answer.into()), weight: 1.0,
//! };
//! let kinds = [
//!     EventKind::TaskStarted { task: Arc::new(Task::new(task, "A or B?")) },
//!     cast(0, "A"),
//!     cast(1, "A"),
//!     cast(2, "B"),
//!     EventKind::TaskEnded { task, outcome: Outcome::decided("A") },
//! ];
//! let mut summary = Summary::new();
//! for (number, kind) in (0..).zip(kinds) {
//!     let (actor, time) = (ActorPath::new("jury").unwrap(), VirtualTime::ZERO);
//!     summary.push(&Event { sequence: EventSequence(number), time, actor, cause: None, kind });
//! }
//! // One of three pairs agrees.
//! assert_eq!(summary.metrics()["agreement"], MetricValue::Number(1.0 / 3.0));
//! ```

use std::collections::{BTreeMap, BTreeSet};

use moot_core::{ActorPath, ActorRole, Ballot, Event, EventKind, TaskId, Text};

/// How far from the world an actor is taken to stand of which that is not known: behind everybody of whom it is.
const DEPTH_UNKNOWN: u32 = u32::MAX;

/// How many ballots a first round is given room for before any is known.
const VOTERS_GUESSED: usize = 8;

/// The path of the world itself.
const WORLD: &str = "world";

/// The ballots of the tasks that are open.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Ballots {
    /// The paths of those who may cast ballots: only their assignments are of interest.
    coordinators: BTreeSet<Text>,
    open: BTreeMap<TaskId, Open>,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Open {
    /// Few, and equal paths are told by where they lie: faster than any order of them.
    councils: Vec<(ActorPath, Place)>,
    voting: Option<Voting>,
}

/// Where a council stands in a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// How many assignments lie between it and the world.
    depth: u32,
    /// How often it was given the task.
    assigned: u32,
}

#[derive(Debug, Clone, PartialEq)]
struct Voting {
    council: ActorPath,
    place: Place,
    rounds: Vec<Round>,
}

/// The ballots of one round.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Round {
    pub(crate) number: u32,
    /// In the order in which they were cast.
    pub(crate) votes: Vec<(ActorPath, Ballot)>,
}

/// How the ballots of one round are spread over the answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted<'a> {
    pub(crate) number: u32,
    /// All ballots, abstentions and absences included.
    pub(crate) ballots: u64,
    /// The answers that got any ballot, sorted, with how many.
    pub(crate) answers: Vec<(&'a str, u64)>,
}

/// What the metrics of ballots are computed from at the end of a task.
pub(crate) struct Vote<'a> {
    /// At least one, by number.
    pub(crate) rounds: &'a [Round],
    /// The same rounds, counted.
    pub(crate) counted: &'a [Counted<'a>],
    /// The right answer, if it is known.
    pub(crate) right: Option<&'a str>,
}

impl Ballots {
    /// Takes in the next event, the end of a task left out.
    pub(crate) fn push(&mut self, event: &Event) {
        match &event.kind {
            EventKind::ActorStarted { role: ActorRole::Coordinator } => {
                self.coordinators.insert(event.actor.as_str().into());
            }
            EventKind::TaskStarted { task } => {
                self.open.insert(task.id, Open::default());
            }
            EventKind::Assigned { task, from, .. } if self.coordinators.contains(event.actor.as_str()) => {
                if let Some(open) = self.open.get_mut(task) {
                    open.assigned(&event.actor, from);
                }
            }
            EventKind::BallotCast { task, round, voter, ballot, .. } => {
                if let Some(open) = self.open.get_mut(task) {
                    open.cast(&event.actor, *round, voter, ballot);
                }
            }
            _ => {}
        }
    }

    /// The rounds of a task that ends, by number; none when nobody voted.
    pub(crate) fn take(&mut self, task: TaskId) -> Vec<Round> {
        let mut rounds =
            self.open.remove(&task).and_then(|open| open.voting).map_or(Vec::new(), |voting| voting.rounds);
        rounds.sort_by_key(|round| round.number);
        rounds
    }
}

impl Open {
    fn assigned(&mut self, council: &ActorPath, from: &ActorPath) {
        let depth = match self.place(from) {
            _ if from.as_str() == WORLD => 0,
            Some(place) => place.depth.saturating_add(1),
            // Somebody who is no council, such as an agent that delegates.
            None => 1,
        };
        match self.councils.iter_mut().find(|(path, _)| path == council) {
            Some((_, place)) => {
                place.depth = place.depth.min(depth);
                place.assigned += 1;
            }
            None => self.councils.push((council.clone(), Place { depth, assigned: 1 })),
        }
    }

    fn cast(&mut self, council: &ActorPath, round: u32, voter: &ActorPath, ballot: &Ballot) {
        let place = self.place(council).unwrap_or(Place { depth: DEPTH_UNKNOWN, assigned: 0 });
        let goes_on = match &self.voting {
            Some(voting) if voting.council == *council => voting.place.assigned == place.assigned,
            Some(voting) if voting.place.depth <= place.depth => return,
            _ => false,
        };
        if !goes_on {
            self.voting = Some(Voting { council: council.clone(), place, rounds: Vec::new() });
        }
        let Some(Voting { rounds, .. }) = &mut self.voting else { return };
        let vote = (voter.clone(), ballot.clone());
        match rounds.iter_mut().rev().find(|known| known.number == round) {
            Some(known) => known.votes.push(vote),
            None => {
                // The same voters as in the round before; of the first round a jury's size is as good a guess as any.
                let mut votes = Vec::with_capacity(rounds.last().map_or(VOTERS_GUESSED, |last| last.votes.len()));
                votes.push(vote);
                rounds.push(Round { number: round, votes });
            }
        }
    }

    fn place(&self, council: &ActorPath) -> Option<Place> {
        self.councils.iter().find(|(path, _)| path == council).map(|(_, place)| *place)
    }
}

impl Round {
    /// How the ballots are spread.
    pub(crate) fn counted(&self) -> Counted<'_> {
        let mut named: Vec<&str> = self.votes.iter().filter_map(|(_, ballot)| answer(ballot)).collect();
        named.sort_unstable();
        let mut answers: Vec<(&str, u64)> = Vec::new();
        for answer in named {
            match answers.last_mut() {
                Some((last, count)) if *last == answer => *count += 1,
                _ => answers.push((answer, 1)),
            }
        }
        Counted { number: self.number, ballots: self.votes.len() as u64, answers }
    }
}

impl Counted<'_> {
    /// How many ballots name an answer.
    pub(crate) fn votes(&self) -> u64 {
        self.answers.iter().map(|(_, count)| count).sum()
    }

    /// How many ballots name this answer.
    pub(crate) fn votes_for(&self, answer: &str) -> u64 {
        self.answers.iter().find(|(known, _)| *known == answer).map_or(0, |(_, count)| *count)
    }

    /// Whether all ballots, abstentions and absences included, name one answer.
    pub(crate) fn is_unanimous(&self) -> bool {
        matches!(self.answers.as_slice(), [(_, count)] if *count == self.ballots)
    }
}

impl<'a> Vote<'a> {
    /// The first round, counted.
    pub(crate) fn first(&self) -> Option<&'a Counted<'a>> {
        self.counted.first()
    }

    /// The last round, counted.
    pub(crate) fn last(&self) -> Option<&'a Counted<'a>> {
        self.counted.last()
    }
}

/// The answer that a ballot names, when it is one.
pub(crate) fn answer(ballot: &Ballot) -> Option<&str> {
    ballot.answer().map(|answer| &**answer)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::coordination::testing::{Script, shown};

    fn rounds_of(script: &Script) -> Vec<String> {
        let mut ballots = Ballots::default();
        script.events().iter().for_each(|event| ballots.push(event));
        let rounds = ballots.take(TaskId(0));
        assert!(ballots.open.is_empty() && ballots.take(TaskId(0)).is_empty(), "nothing is kept");
        rounds.iter().map(shown).collect()
    }

    #[test]
    fn the_root_most_council_counts_whichever_votes_first() {
        let mut script = Script::new();
        script.council("top").council("in").council("deep").task(None);
        script.assigned("top", "world").assigned("in", "top").assigned("deep", "in");
        script.round("deep", 0, &["x", "y"]).round("in", 0, &["y"]).round("deep", 1, &["x", "x"]);
        assert_eq!(rounds_of(&script), ["0: y"]);
        script.round("top", 0, &["A", "B"]).round("in", 1, &["z"]);
        assert_eq!(rounds_of(&script), ["0: A B"]);
    }

    #[test]
    fn among_equals_the_first_that_voted_counts() {
        let mut script = Script::new();
        script.council("lead").council("left").council("right").task(None).assigned("lead", "world");
        script.assigned("left", "lead").assigned("right", "lead");
        script.round("right", 0, &["R"]).round("left", 0, &["L"]).round("right", 1, &["R"]);
        assert_eq!(rounds_of(&script), ["0: R", "1: R"]);
    }

    #[test]
    fn a_council_that_is_asked_again_begins_anew_when_it_votes() {
        let mut script = Script::new();
        script.council("jury").task(None).assigned("jury", "world").round("jury", 0, &["A"]).assigned("jury", "world");
        assert_eq!(rounds_of(&script), ["0: A"], "a council that did not vote again leaves what it said");
        script.round("jury", 0, &["B", "-"]);
        assert_eq!(rounds_of(&script), ["0: B -"]);
    }

    #[test]
    fn ballots_of_no_open_task_are_not_kept() {
        let mut script = Script::new();
        script.council("jury").assigned("jury", "world").round("jury", 0, &["A"]);
        assert_eq!(rounds_of(&script), [""; 0]);
    }

    #[test]
    fn counting_a_round() {
        let mut script = Script::new();
        script.council("jury").task(None).round("jury", 3, &["B", "A", "-", "B", "!"]);
        let mut ballots = Ballots::default();
        script.events().iter().for_each(|event| ballots.push(event));
        let rounds = ballots.take(TaskId(0));
        let counted = rounds.first().unwrap().counted();
        assert_eq!((counted.number, counted.ballots, counted.votes()), (3, 5, 3));
        assert_eq!(counted.answers, [("A", 1), ("B", 2)]);
        assert_eq!((counted.votes_for("B"), counted.votes_for("C")), (2, 0));
        assert!(!counted.is_unanimous());
    }
}
