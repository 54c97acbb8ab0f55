//! What the tests of this crate share. Nothing outside tests knows it.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::sync::Arc;

use moot_core::{ActorPath, Assignment, Ballot, Outcome, Task, TaskId, Text};

use crate::{CouncilEffect, CouncilInput, CouncilMachine, Seat, Tally, Verdict};

/// Answers with the weights of the ballots cast for them, in the order of the members.
pub(crate) type Votes<'a> = &'a [(&'a str, f64)];

pub(crate) fn texts(texts: &[&str]) -> Vec<Text> {
    texts.iter().map(|text| Text::from(*text)).collect()
}

/// `juror[0]`, `juror[1]`, and so on.
pub(crate) fn paths(amount: usize) -> Vec<ActorPath> {
    let juror = ActorPath::new("juror").unwrap();
    (0..u32::try_from(amount).unwrap()).map(|index| juror.indexed(index)).collect()
}

pub(crate) fn seat(members: usize) -> Seat {
    let path = ActorPath::new("jury").unwrap();
    Seat::of(path, paths(members), 42)
}

pub(crate) fn assigned(task: u32, choices: &[&str]) -> CouncilInput {
    let task = Task::new(TaskId(task), "Which one?").with_choices(choices.iter().copied());
    CouncilInput::Assigned(Assignment::of(Arc::new(task), ActorPath::world()))
}

pub(crate) fn answered(member: usize, outcome: Outcome) -> CouncilInput {
    CouncilInput::answered(member, 0, outcome)
}

/// All effects of these inputs, in order.
pub(crate) fn play(
    machine: &mut dyn CouncilMachine,
    inputs: impl IntoIterator<Item = CouncilInput>,
) -> Vec<CouncilEffect> {
    let mut effects = Vec::new();
    for input in inputs {
        machine.step(input, &mut effects);
    }
    effects
}

/// Every outcome that was announced.
pub(crate) fn finishes(effects: &[CouncilEffect]) -> Vec<&Outcome> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            CouncilEffect::Finish(outcome) => Some(outcome),
            _ => None,
        })
        .collect()
}

pub(crate) fn tally_of(ballots: &[Ballot], choices: &[&str]) -> Tally {
    Tally::of(ballots.iter().map(|ballot| (ballot, 1.0)), texts(choices).into())
}

/// One ballot of weight 1 for each answer.
pub(crate) fn tally(answers: &[&str], choices: &[&str]) -> Tally {
    let ballots: Vec<Ballot> = texts(answers).into_iter().map(Ballot::For).collect();
    tally_of(&ballots, choices)
}

pub(crate) fn weighted_tally(votes: Votes, choices: &[&str]) -> Tally {
    let ballots: Vec<(Ballot, f64)> =
        votes.iter().map(|(answer, weight)| (Ballot::For((*answer).into()), *weight)).collect();
    Tally::of(ballots.iter().map(|(ballot, weight)| (ballot, *weight)), texts(choices).into())
}

/// The ranking that `A > B = C` writes.
pub(crate) fn ranked(order: &str) -> Ballot {
    let level = |level: &str| level.split('=').map(|answer| Text::from(answer.trim())).collect();
    Ballot::Ranked(order.split('>').map(level).collect())
}

/// Rankings as [`ranked`] reads them, with what each weighs.
pub(crate) fn ranked_tally(votes: &[(f64, &str)], choices: &[&str]) -> Tally {
    let ballots: Vec<Ballot> = votes.iter().map(|(_, order)| ranked(order)).collect();
    let weights = votes.iter().map(|(weight, _)| *weight);
    Tally::of(ballots.iter().zip(weights), texts(choices).into())
}

pub(crate) fn leading(answers: &[&str]) -> Verdict {
    Verdict::Leading(texts(answers))
}
