//! I7: one ballot per voter and round, from those who were asked, and a tally of exactly these.
//!
//! A council's session is from its `assigned` to its `finished`; within a task it may have several, one after another or
//! at once, and it may sit in another council. Per council, task and session:
//!
//! - a `ballot_cast` is the only one of its voter in its round; sessions that run at once may each have one;
//! - unless the ballot says that it is absent or chooses nothing, its voter was assigned something by this council in this round of this
//!   task and has `finished` that, so nobody votes who was not asked and no ballot is made up. A ballot for the seat of
//!   somebody who did not answer is that of one who did so in its place, and has no ballot of its own in the round;
//! - once a round was `tallied`, no ballot of it is cast any more: what comes late does not count;
//! - where all ballots of the round that choose something are for one answer each, the `tallied` counts are the sums of
//!   their weights by answer, without answers that got nothing. Where one of them ranks, approves or scores, the rule
//!   counts in its own way (Borda points, Copeland scores), and only answers that some ballot names, or choices of what
//!   the council was assigned, may be counted. A round of which there is no ballot is that of a conclusion: it counts the last ballot of each
//!   voter;
//! - a round is tallied once per session.
//!
//! Absent voters count for nothing, abstentions neither. Patterns without a rule cast ballots and tally nothing: their
//! ballots say what a member's answer counted as, and only the rules about ballots hold for them.
//!
//! Source: reliability reference §5.3, I7; `moot_council::table` and `patterns::vote` record both events.
//!
//! ```
//! use moot_core::{ActorPath, ActorRole, Ballot, Event, EventKind, EventSequence, Outcome, TaskId, VirtualTime};
//! use moot_safety::invariant::{Ballots, Invariant};
//!
//! let path = |name: &str| ActorPath::new(name).unwrap();
//! let task = TaskId(0);
//! let assigned = |from: ActorPath| EventKind::Assigned { task, round: 0, from, prompt: "A or B?".into(), brief: None };
//! let finished = EventKind::Finished { task, round: 0, outcome: Outcome::decided("A") };
//! let (voter, ballot) = (path("ann"), Ballot::For("A".into()));
//! let cast = EventKind::BallotCast { task, round: 0, voter, ballot, weight: 1.0 };
//! let events = [
//!     ("jury", EventKind::ActorStarted { role: ActorRole::Coordinator }),
//!     ("jury", assigned(ActorPath::world())),
//!     ("ann", assigned(path("jury"))),
//!     ("ann", finished),
//!     ("jury", cast.clone()),
//!     ("jury", cast),
//! ];
//! let mut machine = Ballots::default();
//! let mut results = events.into_iter().map(|(actor, kind)| machine.observe(&Event {
//!     sequence: EventSequence(0), time: VirtualTime::ZERO, actor: path(actor), cause: None, kind,
//! }));
//! assert!(results.by_ref().take(5).all(|result| result.is_ok()));
//! assert_eq!(results.next().unwrap().unwrap_err().found, "ballot 2 of ann");
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use moot_core::{ActorPath, ActorRole, Ballot, Event, EventKind, TaskId, Text, Wanted};

use super::by_task::{ByTask, Name};
use super::{Invariant, InvariantName, Violation};

/// How far two sums of the same weights may be apart, as a share of them: they may be added in another order.
const SHARE_APART_MAX: f64 = 1e-9;

/// The machine.
#[derive(Debug, Default)]
pub struct Ballots {
    /// Only these have sessions.
    coordinators: BTreeSet<Name>,
    councils: ByTask<Council>,
    /// Who asked whom: the open assignments of each actor, with their rounds.
    asked: ByTask<Vec<(u32, ActorPath)>>,
    /// The choices of the open tasks.
    choices: BTreeMap<TaskId, Arc<[Text]>>,
}

/// A council, or anybody else who assigns something, in a task.
#[derive(Debug, Default)]
struct Council {
    /// Its own assignments that are open, and how many there were since none was.
    open: usize,
    sessions: usize,
    /// Whom it has asked, and whether they have answered.
    members: BTreeMap<Name, bool>,
    /// Who has answered in which round, and stands behind no ballot of somebody else.
    answered: BTreeSet<(u32, Name)>,
    rounds: Vec<Round>,
    /// What it was last asked to choose from, where that is said to be something else than the choices of the task.
    choices: Option<Arc<[Text]>>,
}

#[derive(Debug, Default)]
struct Round {
    number: u32,
    /// Who has voted, and how often.
    voters: BTreeMap<Name, usize>,
    /// The last ballot of each voter.
    last: BTreeMap<Name, (Ballot, f64)>,
    /// The weight for each answer; `None` once a ballot says more than one answer.
    sums: Option<BTreeMap<Text, f64>>,
    /// Whether a ballot chose something, and all answers that ballots other than for one answer name.
    is_scored: bool,
    named: Vec<Text>,
    tallies: usize,
}

fn violated(expected: impl Into<String>, found: impl Into<String>) -> Result<(), Violation> {
    Err(Violation::new(InvariantName::I7, expected, found))
}

impl Council {
    fn round(&mut self, number: u32) -> Option<&mut Round> {
        let place = match self.rounds.iter().rposition(|round| round.number == number) {
            Some(place) => place,
            None => {
                self.rounds.push(Round { number, sums: Some(BTreeMap::new()), ..Round::default() });
                self.rounds.len() - 1
            }
        };
        self.rounds.get_mut(place)
    }
}

impl Council {
    /// Whether somebody has answered in this round who has no ballot there: the ballot of one who did not may be its.
    fn somebody_stands_in(&mut self, round: u32) -> bool {
        let has_voted = |name: &Name| {
            self.rounds.iter().any(|known| known.number == round && known.voters.contains_key(name.0.as_str()))
        };
        let stands_in = self.answered.iter().find(|(answered, name)| *answered == round && !has_voted(name)).cloned();
        stands_in.is_some_and(|answer| self.answered.remove(&answer))
    }

    /// A round that counts the last ballot of each voter, for one that has none of its own.
    fn conclusion(&self, number: u32) -> Round {
        let mut round = Round { number, sums: Some(BTreeMap::new()), ..Round::default() };
        let mut last: BTreeMap<&Name, &(Ballot, f64)> = BTreeMap::new();
        for earlier in self.rounds.iter().filter(|earlier| earlier.number < number) {
            last.extend(earlier.last.iter());
        }
        for (voter, (ballot, weight)) in last {
            round.cast(&voter.0, ballot, *weight);
        }
        round
    }
}

impl Round {
    /// Takes a ballot in; how many of this voter there are now.
    fn cast(&mut self, voter: &ActorPath, ballot: &Ballot, weight: f64) -> usize {
        match ballot {
            Ballot::For(answer) => {
                if let Some(sums) = &mut self.sums {
                    match sums.get_mut(answer) {
                        Some(sum) => *sum += weight,
                        None => drop(sums.insert(answer.clone(), weight)),
                    }
                }
                self.named.push(answer.clone());
            }
            Ballot::Abstained | Ballot::Absent(_) => {}
            Ballot::Ranked(levels) => self.scored(levels.iter().flatten()),
            Ballot::Approved(answers) => self.scored(answers.iter()),
            Ballot::Scored(scores) => self.scored(scores.iter().map(|(answer, _)| answer)),
        }
        self.last.insert(Name(voter.clone()), (ballot.clone(), weight));
        let count = self.voters.entry(Name(voter.clone())).or_default();
        *count += 1;
        *count
    }

    fn scored<'a>(&mut self, answers: impl Iterator<Item = &'a Text>) {
        self.is_scored = true;
        self.named.extend(answers.cloned());
    }

    /// What is wrong with these counts.
    fn wrong(&self, counts: &[(Text, f64)], choices: Option<&[Text]>) -> Option<(String, String)> {
        let told = || describe(counts.iter().map(|(answer, count)| (answer, *count)));
        if self.is_scored {
            let is_known =
                |answer: &Text| self.named.contains(answer) || choices.is_some_and(|all| all.contains(answer));
            let unnamed = counts.iter().find(|(answer, count)| *count != 0.0 && !is_known(answer));
            return unnamed
                .map(|(answer, _)| ("an answer that a ballot names is counted".to_owned(), answer.to_string()));
        }
        let sums = self.sums.iter().flatten().filter(|(_, sum)| **sum != 0.0);
        let counted: BTreeMap<&Text, f64> =
            counts.iter().filter(|(_, count)| *count != 0.0).map(|(answer, count)| (answer, *count)).collect();
        let mut left = counted.len();
        for (answer, sum) in sums.clone() {
            let count = counted.get(answer).copied().unwrap_or(0.0);
            if (sum - count).abs() > SHARE_APART_MAX * sum.abs().max(1.0) {
                left = usize::MAX;
                break;
            }
            left = left.saturating_sub(1);
        }
        let expected = || describe(sums.map(|(answer, sum)| (answer, *sum)));
        (left > 0).then(|| (format!("the weights of the ballots: {}", expected()), told()))
    }
}

fn describe<'a>(counts: impl Iterator<Item = (&'a Text, f64)>) -> String {
    let counts: Vec<String> = counts.map(|(answer, count)| format!("{answer} {count}")).collect();
    if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") }
}

impl Ballots {
    fn assigned(
        &mut self,
        actor: &ActorPath,
        task: TaskId,
        (round, from): (u32, &ActorPath),
        choices: Option<&Arc<[Text]>>,
    ) {
        if self.coordinators.contains(actor.as_str()) {
            let council = self.councils.of(task, actor);
            council.choices = choices.cloned();
            council.open += 1;
            council.sessions += 1;
        }
        if let Some(council) = self.councils.get_mut(task, from) {
            council.members.entry(Name(actor.clone())).or_insert(false);
            self.asked.of(task, actor).push((round, from.clone()));
        }
    }

    fn finished(&mut self, actor: &ActorPath, task: TaskId, round: u32) {
        if let Some(asked) = self.asked.get_mut(task, actor)
            && let Some(place) = asked.iter().position(|(open, _)| *open == round)
        {
            let (_, from) = asked.remove(place);
            if asked.is_empty() {
                self.asked.let_go(task, actor);
            }
            if let Some(council) = self.councils.get_mut(task, &from) {
                council.answered.insert((round, Name(actor.clone())));
                council.members.insert(Name(actor.clone()), true);
            }
        }
        let Some(council) = self.councils.get_mut(task, actor) else { return };
        council.open = council.open.saturating_sub(1);
        if council.open == 0 {
            self.councils.remove(task, actor);
        }
    }

    fn cast(
        &mut self,
        (actor, task, number): (&ActorPath, TaskId, u32),
        voter: &ActorPath,
        ballot: &Ballot,
        weight: f64,
    ) -> Result<(), Violation> {
        let place = format_args!("{actor} in round {number} of task {task}");
        let Some(council) = self.councils.get_mut(task, actor) else {
            return violated("ballots are cast while the council is at work", format!("one of {voter} in {place}"));
        };
        let has_answered = council.members.get(voter.as_str()).copied();
        let sessions = council.sessions;
        let Some(round) = council.round(number) else { return Ok(()) };
        if round.tallies >= sessions {
            return violated(format!("no ballot of a round that was counted, of {place}"), format!("one of {voter}"));
        }
        let count = round.cast(voter, ballot, weight);
        if count > sessions {
            return violated(
                format!("{sessions} ballot of each voter of {place}"),
                format!("ballot {count} of {voter}"),
            );
        }
        match (has_answered, ballot) {
            // Who is silent may count as an abstention: that is no choice of anybody.
            (Some(true), _) | (Some(false) | None, Ballot::Absent(_) | Ballot::Abstained) => Ok(()),
            _ if council.somebody_stands_in(number) => Ok(()),
            (Some(false), _) => violated(format!("the voters of {place} have answered"), format!("{voter} has not")),
            (None, _) => violated(format!("the voters of {place} were asked"), format!("{voter} was not")),
        }
    }

    fn tallied(
        &mut self,
        actor: &ActorPath,
        task: TaskId,
        number: u32,
        counts: &[(Text, f64)],
    ) -> Result<(), Violation> {
        let place = format_args!("{actor} in round {number} of task {task}");
        let Some(council) = self.councils.get_mut(task, actor) else {
            return violated("a council counts while it is at work", format!("a tally of {place}"));
        };
        let sessions = council.sessions;
        let Some(round) = council.round(number) else { return Ok(()) };
        round.tallies += 1;
        if round.tallies > sessions {
            return violated(format!("{place} is counted once"), format!("tally {}", round.tallies));
        }
        // What several sessions have cast in one round can't be told apart.
        let own = council.choices.clone();
        let choices = own.as_ref().or_else(|| self.choices.get(&task)).map(|choices| &**choices);
        let Some(round) = council.round(number) else { return Ok(()) };
        let has_ballots = !round.voters.is_empty();
        let wrong = match has_ballots {
            true => round.wrong(counts, choices),
            false => council.conclusion(number).wrong(counts, choices),
        };
        match wrong.filter(|_| sessions == 1) {
            None => Ok(()),
            Some((expected, found)) => violated(format!("{expected}, for {place}"), found),
        }
    }
}

impl Invariant for Ballots {
    fn name(&self) -> InvariantName {
        InvariantName::I7
    }

    fn observe(&mut self, event: &Event) -> Result<(), Violation> {
        let actor = &event.actor;
        match &event.kind {
            EventKind::ActorStarted { role: ActorRole::Coordinator } => {
                self.coordinators.insert(Name(actor.clone()));
            }
            EventKind::Assigned { task, round, from, brief, .. } => {
                let choices = match brief.as_deref().map(|brief| &brief.wanted) {
                    Some(Wanted::OneOf(choices)) => Some(choices),
                    _ => None,
                };
                self.assigned(actor, *task, (*round, from), choices);
            }
            EventKind::Finished { task, round, .. } => self.finished(actor, *task, *round),
            EventKind::BallotCast { task, round, voter, ballot, weight } => {
                return self.cast((actor, *task, *round), voter, ballot, *weight);
            }
            EventKind::Tallied { task, round, counts } => return self.tallied(actor, *task, *round, counts),
            EventKind::TaskStarted { task } if !task.choices.is_empty() => {
                self.choices.insert(task.id, task.choices.clone());
            }
            EventKind::TaskEnded { task, .. } => {
                self.choices.remove(task);
                self.councils.close(*task, |council| council.open > 0);
                self.asked.close(*task, |asked| !asked.is_empty());
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::invariant::testing::{Fed, assigned, breaks, cast, finished, passes, path, tallied, task_ended};

    fn machine() -> Ballots {
        Ballots::default()
    }

    fn jury(kind: EventKind) -> Fed {
        Fed::Event("jury", kind)
    }

    fn ballot(voter: &str, ballot: Ballot, weight: f64) -> Fed {
        jury(EventKind::BallotCast { task: TaskId(0), round: 0, voter: path(voter), ballot, weight })
    }

    /// A council at work whose members have answered.
    fn begun() -> Vec<Fed> {
        let mut fed =
            vec![jury(EventKind::ActorStarted { role: ActorRole::Coordinator }), jury(assigned(0, 0, "world"))];
        for member in ["ann", "bob", "cat"] {
            fed.push(Fed::Event(member, assigned(0, 0, "jury")));
            fed.push(Fed::Event(member, finished(0, 0)));
        }
        fed
    }

    fn with(more: Vec<Fed>) -> Vec<Fed> {
        [begun(), more].concat()
    }

    #[test]
    fn a_vote_passes_and_is_forgotten_when_the_council_has_answered() {
        let mut machine = machine();
        let ballots = vec![jury(cast(0, "ann", "A")), jury(cast(0, "bob", "B")), jury(cast(0, "cat", "A"))];
        let end = vec![jury(tallied(0, &[("A", 2.0), ("B", 1.0)])), jury(finished(0, 0))];
        passes(&mut machine, with([ballots, end].concat()));
        // Asked again in the same task, it begins anew.
        let again = vec![jury(cast(0, "ann", "A")), jury(tallied(0, &[("A", 1.0)])), jury(finished(0, 0))];
        passes(&mut machine, with(again));
        passes(&mut machine, vec![Fed::Event("world", task_ended(0))]);
        assert_eq!((machine.councils.len(), machine.asked.len()), (0, 0));
    }

    #[test]
    fn rounds_and_weights_are_counted_apart() {
        let rounds = [
            jury(cast(0, "ann", "A")),
            jury(tallied(0, &[("A", 1.0)])),
            ballot("bob", Ballot::Abstained, 1.0),
            jury(cast(1, "ann", "B")),
        ];
        breaks(&mut machine(), with(rounds[..3].to_vec()), "one of bob");
        passes(&mut machine(), with([rounds[..2].to_vec(), rounds[3..].to_vec()].concat()));
        let weighed = vec![
            ballot("ann", Ballot::For("A".into()), 0.1),
            ballot("bob", Ballot::For("A".into()), 0.2),
            ballot("cat", Ballot::For("B".into()), 0.0),
            jury(tallied(0, &[("A", 0.3)])),
        ];
        passes(&mut machine(), with(weighed));
    }

    #[test]
    fn who_sits_in_two_councils_at_once_votes_in_both() {
        let twice = vec![jury(assigned(0, 0, "panel")), jury(cast(0, "ann", "A")), jury(cast(0, "ann", "B"))];
        passes(&mut machine(), with(twice.clone()));
        breaks(&mut machine(), with([twice, vec![jury(cast(0, "ann", "B"))]].concat()), "ballot 3 of ann");
    }

    #[test]
    fn a_second_ballot_is_found() {
        breaks(&mut machine(), with(vec![jury(cast(0, "ann", "A")), jury(cast(0, "ann", "A"))]), "ballot 2 of ann");
        let absent = vec![ballot("ann", Ballot::Absent("late".into()), 1.0), jury(cast(0, "ann", "A"))];
        breaks(&mut machine(), with(absent), "ballot 2 of ann");
    }

    #[test]
    fn a_ballot_of_somebody_else_is_found() {
        let own = || vec![jury(cast(0, "ann", "A")), jury(cast(0, "bob", "A")), jury(cast(0, "cat", "A"))];
        breaks(&mut machine(), with([own(), vec![jury(cast(0, "dan", "A"))]].concat()), "dan was not");
        passes(&mut machine(), with(vec![ballot("dan", Ballot::Absent("never came".into()), 1.0)]));
        let silent = vec![Fed::Event("dan", assigned(0, 0, "jury")), jury(cast(0, "dan", "A"))];
        breaks(&mut machine(), with([own(), silent].concat()), "dan has not");
        let other = vec![Fed::Event("dan", assigned(0, 0, "panel")), Fed::Event("dan", finished(0, 0))];
        breaks(&mut machine(), with([other, own(), vec![jury(cast(0, "dan", "A"))]].concat()), "dan was not");
        breaks(&mut machine(), vec![jury(cast(0, "ann", "A"))], "one of ann in jury");
    }

    #[test]
    fn who_stands_in_for_a_silent_member_votes_once() {
        let silent = || vec![Fed::Event("dan", assigned(0, 0, "jury")), jury(cast(0, "dan", "A"))];
        let two = || vec![jury(cast(0, "ann", "A")), jury(cast(0, "bob", "A"))];
        passes(&mut machine(), with([two(), silent()].concat()));
        let again = vec![Fed::Event("eve", assigned(0, 0, "jury")), jury(cast(0, "eve", "A"))];
        breaks(&mut machine(), with([two(), silent(), again].concat()), "eve has not");
    }

    #[test]
    fn a_conclusion_counts_the_last_ballot_of_each_voter() {
        let said = || vec![jury(cast(0, "ann", "A")), jury(cast(0, "bob", "A")), jury(cast(1, "ann", "B"))];
        passes(&mut machine(), with([said(), vec![jury(tallied(2, &[("A", 1.0), ("B", 1.0)]))]].concat()));
        breaks(&mut machine(), with([said(), vec![jury(tallied(2, &[("A", 2.0), ("B", 1.0)]))]].concat()), "A 2, B 1");
    }

    #[test]
    fn a_tally_of_other_ballots_is_found() {
        let ballots = || vec![jury(cast(0, "ann", "A")), jury(cast(0, "bob", "B"))];
        for (counts, found) in [
            (&[("A", 2.0), ("B", 1.0)][..], "A 2, B 1"),
            (&[("A", 1.0)], "A 1"),
            (&[("A", 1.0), ("B", 1.0), ("C", 1.0)], "A 1, B 1, C 1"),
            (&[], "nothing"),
        ] {
            breaks(&mut machine(), with([ballots(), vec![jury(tallied(0, counts))]].concat()), found);
        }
        let twice = vec![jury(tallied(0, &[("A", 1.0), ("B", 1.0)])), jury(tallied(0, &[("A", 1.0), ("B", 1.0)]))];
        breaks(&mut machine(), with([ballots(), twice].concat()), "tally 2");
        breaks(&mut machine(), vec![jury(tallied(0, &[]))], "a tally of jury");
    }

    #[test]
    fn a_rule_that_scores_counts_in_its_own_way_what_ballots_name() {
        let ranked = Ballot::Ranked(vec![vec!["A".into()], vec!["B".into()]]);
        let borda = |counts| with(vec![ballot("ann", ranked.clone(), 1.0), jury(tallied(0, counts))]);
        passes(&mut machine(), borda(&[("A", 1.0), ("B", 0.0)]));
        passes(&mut machine(), borda(&[("A", 2.0), ("B", 1.0), ("C", 0.0)]));
        breaks(&mut machine(), borda(&[("C", 1.0)]), "C");
        let choices: Arc<[Text]> = ["A".into(), "B".into(), "C".into()].into();
        let task = moot_core::Task { choices, ..moot_core::Task::new(TaskId(0), "A, B or C?") };
        let offered = Fed::Event("world", EventKind::TaskStarted { task: Arc::new(task) });
        passes(&mut machine(), [vec![offered], borda(&[("A", 1.0), ("C", -1.0)])].concat());
    }

    #[test]
    fn a_council_may_count_what_it_was_asked_to_choose_from() {
        let ranked = || ballot("ann", Ballot::Ranked(vec![vec!["A".into()]]), 1.0);
        let counts = || vec![ranked(), jury(tallied(0, &[("A", 1.0), ("CONTINUE", -1.0)]))];
        breaks(&mut machine(), with(counts()), "CONTINUE");
        let mut asked = begun();
        let brief = moot_core::Brief {
            wanted: Wanted::OneOf(["A".into(), "CONTINUE".into()].into()),
            ..moot_core::Brief::default()
        };
        let (task, prompt, brief) = (TaskId(0), "Decide.".into(), Some(Arc::new(brief)));
        asked[1] = jury(EventKind::Assigned { task, round: 0, from: path("court"), prompt, brief });
        passes(&mut machine(), [asked, counts()].concat());
    }
}
