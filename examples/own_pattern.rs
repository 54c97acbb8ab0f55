//! An own coordination pattern: the first two who agree decide.
//!
//! A pattern makes one machine per assignment. A machine is told what happened and says what is to be done; it has no
//! clock, no I/O and no randomness of its own, so it can be tested without a runtime and is restarted by telling it
//! again what it had been told.
//!
//! With three members and two choices the first two who agree are always the majority. So the pattern must come to the
//! same answers as a vote, only sooner: it never waits for the slowest. Because randomness belongs to the agent and
//! the task, not to the pattern, both are played on the very same replies.
//!
//! Run it with `cargo run --example own_pattern`.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use folkmoot::core::{Assignment, Ballot, EventKind, Outcome, Text};
use folkmoot::council::ballot::ballot_of;
use folkmoot::council::{Answered, CouncilEffect, CouncilInput, CouncilMachine, Pattern, Seat};
use folkmoot::{Played, Registry, Run};

/// The pattern. One with options would hold them here.
#[derive(Debug)]
struct FirstTwo;

impl Pattern for FirstTwo {
    fn name(&self) -> &str {
        "first_two"
    }

    fn start(&self, seat: &Seat) -> Box<dyn CouncilMachine> {
        Box::new(FirstTwoMachine { seat: seat.clone(), open: None })
    }
}

/// The machine of one assignment.
struct FirstTwoMachine {
    seat: Seat,
    /// What is under way; `None` before the assignment and after the end.
    open: Option<Open>,
}

struct Open {
    assignment: Assignment,
    /// What each member cast, in the order of the members.
    ballots: Vec<Option<Ballot>>,
}

impl FirstTwoMachine {
    /// Everybody is asked at once. The round is the assignment's, so that answers to earlier ones are told apart.
    fn assigned(&mut self, assignment: Assignment, effects: &mut Vec<CouncilEffect>) {
        let (members, round) = (self.seat.members.len(), assignment.round);
        effects.extend((0..members).map(|member| CouncilEffect::ask(member, round)));
        self.open = Some(Open { assignment, ballots: vec![None; members] });
    }

    fn answered(&mut self, member: usize, round: u32, outcome: &Outcome, effects: &mut Vec<CouncilEffect>) {
        let Some(open) = self.open.as_mut().filter(|open| open.assignment.round == round) else { return };
        let (Some(voter), Some(place)) = (self.seat.members.get(member), open.ballots.get_mut(member)) else { return };
        let task = &open.assignment.task;
        let ballot = ballot_of(outcome, &task.choices);
        *place = Some(ballot.clone());
        // What a council records is seen in the journal and by `moot show`.
        let (voter, cast) = (voter.clone(), ballot.clone());
        effects.push(CouncilEffect::Record(EventKind::BallotCast {
            task: task.id,
            round,
            voter,
            ballot: cast,
            weight: 1.0,
        }));

        let same = open.ballots.iter().filter(|other| other.as_ref() == Some(&ballot)).count();
        match ballot {
            Ballot::For(answer) if same == 2 => self.end("two others agree", Outcome::Decided { answer }, effects),
            // Every end has a name, also the one where nobody agrees.
            _ if open.ballots.iter().all(Option::is_some) => {
                let reason = "no two members agree".into();
                self.end("all have answered", Outcome::Undecided { reason }, effects);
            }
            _ => {}
        }
    }

    /// Withdraws what nobody waits for any more, and finishes.
    fn end(&mut self, reason: impl Into<Text>, outcome: Outcome, effects: &mut Vec<CouncilEffect>) {
        let reason = reason.into();
        if let Some(Open { assignment, ballots }) = self.open.take() {
            let unanswered = ballots.iter().enumerate().filter(|(_, ballot)| ballot.is_none());
            effects.extend(unanswered.map(|(member, _)| CouncilEffect::Withdraw {
                member,
                round: assignment.round,
                reason: reason.clone(),
            }));
            effects.push(CouncilEffect::Finish(outcome));
        }
    }
}

impl CouncilMachine for FirstTwoMachine {
    fn step(&mut self, input: CouncilInput, effects: &mut Vec<CouncilEffect>) {
        match input {
            CouncilInput::Assigned(assignment) => self.assigned(assignment, effects),
            CouncilInput::Answered(Answered { member, round, outcome, .. }) => {
                self.answered(member, round, &outcome, effects)
            }
            CouncilInput::Cancelled { reason } => self.end(reason.clone(), Outcome::Cancelled { reason }, effects),
            CouncilInput::TimerFired { .. } => {}
        }
    }
}

const SCENARIO: &str = "
folkmoot: 1
name: first-two
models:
  juror: { stochastic: { accuracy: 0.7, latency: { lognormal: { median: 800ms, p95: 3s } } } }
agents:
  juror: { model: juror, count: 3 }
coordination:
  PATTERN
tasks:
  generate: { count: 1000, choices: [A, B] }
";

fn play(pattern: &str, registry: &Registry) -> Result<Played, Box<dyn Error>> {
    let scenario = folkmoot::parse(&SCENARIO.replace("PATTERN", pattern))?;
    Ok(Run::new(&scenario).registry(registry).play()?)
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut registry = Registry::new();
    registry.pattern("first_two", |_options| Ok(Arc::new(FirstTwo)));

    let vote = play("vote: { members: [juror], rule: majority, ties: coin }", &registry)?;
    let first_two = play("custom: { name: first_two, members: [juror] }", &registry)?;
    for (name, played) in [("majority of three", &vote), ("first two who agree", &first_two)] {
        println!("{name}:");
        for metric in ["accuracy", "latency_ms_mean", "latency_ms_p95"] {
            let value = played.result.metrics.get(metric).ok_or("a metric is missing")?;
            println!("  {metric:<16} {value}");
        }
    }

    let same_answers = vote.result.tasks == first_two.result.tasks;
    let mean = |played: &Played| -> Result<f64, Box<dyn Error>> {
        Ok(played.result.metrics.get("latency_ms_mean").ok_or("no latency")?.to_string().parse()?)
    };
    let is_sooner = mean(&first_two)? < mean(&vote)?;
    println!("the same answers to all tasks: {same_answers}; sooner: {is_sooner}");
    Ok(if same_answers && is_sooner { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
