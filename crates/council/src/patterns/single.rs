//! Single: one member does the task, and its outcome is the council's.
//!
//! The one ask has the round of the assignment that it serves, so an answer to an earlier assignment is not mistaken for
//! this one's. It must not know what the member does or how its outcome came about.
//!
//! ```
//! use moot_council::{CouncilInput, Pattern, PatternOptions};
//!
//! let options: PatternOptions = serde_json::from_str(r#"{ "single": { "member": "solver" } }"#).unwrap();
//! assert_eq!(options.build().unwrap().name(), "single");
//! ```

use std::sync::Arc;

use moot_core::{Assignment, EventKind, FailureKind, Outcome, TaskId, Text};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DescribesPattern, Named};
use crate::ballot::quoted;
use crate::{Answered, CouncilEffect, CouncilInput, CouncilMachine, OptionProblem, Pattern, Seat};

/// What a note on an answer that nobody waits for is called.
pub const ANSWER_REJECTED: &str = "answer_rejected";

/// The options of a council of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SingleOptions {
    /// Who does the task: one agent, a group of one, or a council.
    pub member: String,
}

impl DescribesPattern for SingleOptions {
    fn members(&self) -> Vec<Named<'_>> {
        vec![Named::under("member", &self.member)]
    }

    fn fresh(&self) -> bool {
        false
    }

    fn check(&self, seats: &[usize]) -> Vec<OptionProblem> {
        let message = match (self.member.trim(), seats.iter().sum::<usize>()) {
            ("", _) => "the name is empty; name an agent, a group of one, or a council".to_owned(),
            (_, 1) => return Vec::new(),
            (name, count) => format!("{name} is {count} members; single needs exactly one, such as {name}[0]"),
        };
        vec![OptionProblem::new("member", message)]
    }

    fn build(&self) -> Option<Arc<dyn Pattern>> {
        Some(Arc::new(Single))
    }
}

/// The pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Single;

impl Pattern for Single {
    fn name(&self) -> &str {
        "single"
    }

    fn start(&self, seat: &Seat) -> Box<dyn CouncilMachine> {
        Box::new(SingleMachine::new(seat.clone()))
    }
}

/// The mind of a council of one for one assignment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SingleMachine {
    seat: Seat,
    stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    Idle,
    Asked { task: TaskId, round: u32 },
    Finished,
}

impl SingleMachine {
    /// A machine that waits for its assignment.
    #[must_use]
    pub const fn new(seat: Seat) -> Self {
        Self { seat, stage: Stage::Idle }
    }

    fn finish(&mut self, outcome: Outcome, effects: &mut Vec<CouncilEffect>) {
        self.stage = Stage::Finished;
        effects.push(CouncilEffect::Finish(outcome));
    }

    fn assigned(&mut self, assignment: &Assignment, effects: &mut Vec<CouncilEffect>) {
        if self.stage != Stage::Idle {
            return;
        }
        let members = self.seat.members.len();
        if members != 1 {
            let message = format!("{} has {members} members; single needs exactly one", self.seat.path);
            return self.finish(Outcome::failed(FailureKind::Setup, message), effects);
        }
        let round = assignment.round;
        self.stage = Stage::Asked { task: assignment.task.id, round };
        effects.push(CouncilEffect::ask(0, round));
    }

    fn answered(&mut self, member: usize, round: u32, outcome: Outcome, effects: &mut Vec<CouncilEffect>) {
        let Stage::Asked { task, round: asked } = self.stage else {
            return;
        };
        if member == 0 && round == asked {
            return self.finish(outcome, effects);
        }
        let answer = quoted(&outcome.to_string());
        let text =
            format!("nobody asked member {member} in round {round}; asked was member 0 in round {asked}: {answer}");
        effects.push(CouncilEffect::Record(EventKind::Noted { task, name: ANSWER_REJECTED.into(), text: text.into() }));
    }

    fn cancelled(&mut self, reason: Text, effects: &mut Vec<CouncilEffect>) {
        if let Stage::Asked { round, .. } = self.stage {
            effects.push(CouncilEffect::Withdraw { member: 0, round, reason: reason.clone() });
        }
        if self.stage != Stage::Finished {
            self.finish(Outcome::Cancelled { reason }, effects);
        }
    }
}

impl CouncilMachine for SingleMachine {
    fn step(&mut self, input: CouncilInput, effects: &mut Vec<CouncilEffect>) {
        match input {
            CouncilInput::Assigned(assignment) => self.assigned(&assignment, effects),
            CouncilInput::Answered(Answered { member, round, outcome, .. }) => {
                self.answered(member, round, outcome, effects)
            }
            CouncilInput::Cancelled { reason } => self.cancelled(reason, effects),
            CouncilInput::TimerFired { .. } => {}
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::testing::{answered, assigned, finishes, play, seat};
    use moot_core::Limit;

    const ASK: CouncilEffect = CouncilEffect::ask(0, 0);

    fn cancelled() -> CouncilInput {
        CouncilInput::Cancelled { reason: "stop".into() }
    }

    #[test]
    fn every_outcome_is_passed_through() {
        for outcome in [
            Outcome::decided(" anything "),
            Outcome::Tied { among: vec!["A".into()] },
            Outcome::NoQuorum { present: 1, needed: 2 },
            Outcome::Undecided { reason: "split".into() },
            Outcome::failed(FailureKind::Model, "refused"),
            Outcome::Exhausted { limit: Limit::Tokens },
            Outcome::Cancelled { reason: "deadline".into() },
        ] {
            let mut machine = SingleMachine::new(seat(1));
            let effects = play(&mut machine, [assigned(3, &["A", "B"]), answered(0, outcome.clone())]);
            assert_eq!(effects, [ASK, CouncilEffect::Finish(outcome)]);
        }
    }

    #[test]
    fn a_council_of_none_or_many_cannot_start() {
        for members in [0, 2] {
            let effects = play(&mut SingleMachine::new(seat(members)), [assigned(0, &[])]);
            let expected = format!("jury has {members} members; single needs exactly one");
            assert_eq!(effects, [CouncilEffect::Finish(Outcome::failed(FailureKind::Setup, expected))]);
        }
    }

    #[test]
    fn the_ask_has_the_round_of_the_assignment() {
        let CouncilInput::Assigned(assignment) = assigned(0, &[]) else { unreachable!() };
        let assignment = Assignment { round: 4, ..assignment };
        let late = CouncilInput::answered(0, 3, Outcome::decided("A"));
        let effects = play(&mut SingleMachine::new(seat(1)), [CouncilInput::Assigned(assignment), late]);
        assert_eq!(effects[0], CouncilEffect::ask(0, 4));
        let CouncilEffect::Record(EventKind::Noted { name, .. }) = &effects[1] else { unreachable!() };
        assert_eq!(&**name, ANSWER_REJECTED);
        assert_eq!(effects.len(), 2);
    }

    #[test]
    fn a_cancel_withdraws_the_ask_and_ends_everything() {
        let answer = || answered(0, Outcome::decided("A"));
        let effects = play(&mut SingleMachine::new(seat(1)), [assigned(0, &[]), cancelled(), answer(), cancelled()]);
        let withdraw = CouncilEffect::Withdraw { member: 0, round: 0, reason: "stop".into() };
        let finish = CouncilEffect::Finish(Outcome::Cancelled { reason: "stop".into() });
        assert_eq!(effects, [ASK, withdraw, finish.clone()]);
        let effects = play(&mut SingleMachine::new(seat(1)), [cancelled(), assigned(0, &[])]);
        assert_eq!(effects, [finish], "nothing was asked yet");
    }

    #[test]
    fn what_makes_no_sense_is_ignored() {
        let stray = || CouncilInput::TimerFired { timer: 1 };
        let answer = || answered(0, Outcome::decided("A"));
        let inputs =
            [answer(), stray(), assigned(0, &[]), assigned(1, &[]), stray(), answer(), answer(), assigned(2, &[])];
        let effects = play(&mut SingleMachine::new(seat(1)), inputs);
        assert_eq!(effects, [ASK, CouncilEffect::Finish(Outcome::decided("A"))]);
        assert_eq!(finishes(&effects).len(), 1);
    }

    #[test]
    fn a_machine_survives_serialisation() {
        let mut machine = SingleMachine::new(seat(1));
        play(&mut machine, [assigned(0, &[])]);
        let text = serde_json::to_string(&machine).unwrap();
        assert_eq!(serde_json::from_str::<SingleMachine>(&text).unwrap(), machine);
    }

    #[test]
    fn exactly_one_member_is_needed() {
        let options = |member: &str| SingleOptions { member: member.to_owned() };
        assert_eq!(options("judge").check(&[1]), []);
        let problems = options("juror").check(&[5]);
        let expected = "juror is 5 members; single needs exactly one, such as juror[0]";
        assert_eq!(problems, [OptionProblem::new("member", expected)]);
        assert_eq!(options("").check(&[0])[0].path, "member");
    }
}
