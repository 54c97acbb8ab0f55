//! A vote that does not wait for everybody: joins, deadlines, stand-ins and early ends around the plain one.
//!
//! The plain machine counts; the frame around it decides how long is waited for whom. It must not know rules.

use moot_core::{FailureKind, Outcome};

use super::{VoteMachine, VoteOptions};
use crate::asks::{Absence, Ask, Ended, Said};
use crate::exposure::Statement;
use crate::join::{Gather, Join, ballot_of_result};
use crate::stop::{Condition, Progress};
use crate::table::{Protocol, Table};
use crate::{Answered, CouncilEffect, CouncilInput, CouncilMachine};

/// What a note on an early end is called.
const STOPPED: &str = "stopped";

/// A vote in the frame.
pub(super) struct FramedVote {
    vote: VoteMachine,
    join: Join,
    stop: Option<Condition>,
    gather: Gather,
    progress: Progress,
    deadline: Option<u32>,
    times: Vec<(u32, moot_core::VirtualDuration)>,
}

impl FramedVote {
    pub(super) fn new(vote: VoteMachine, options: &VoteOptions) -> Self {
        let (gather, progress) = (Gather::new(0, Join::All, []), Progress::default());
        let (join, stop) = (options.join, options.stop.clone());
        Self { vote, join, stop, gather, progress, deadline: None, times: Vec::new() }
    }

    /// Feeds the plain machine and carries out what it wants; whom it asked.
    fn feed(&mut self, input: CouncilInput, table: &mut Table<'_>) -> Vec<Ask> {
        let mut effects = Vec::new();
        self.vote.step(input, &mut effects);
        let mut asks = Vec::new();
        for effect in effects {
            match effect {
                CouncilEffect::Ask { member, round, prompt, brief } => {
                    asks.push(Ask { prompt, brief, ..Ask::plain(member, round) });
                }
                CouncilEffect::Record(kind) => table.record(kind),
                CouncilEffect::Finish(outcome) => table.finish(outcome),
                CouncilEffect::Withdraw { .. } | CouncilEffect::SetTimer { .. } => {}
            }
        }
        asks
    }

    fn cast(&mut self, slot: usize, round: u32, result: Option<Result<Said, Absence>>, table: &mut Table<'_>) {
        let input = match result {
            Some(Ok(Said { outcome, words, bill, tools })) => {
                CouncilInput::Answered(Answered { member: slot, round, outcome, words, bill, tools })
            }
            Some(Err(absence)) => CouncilInput::answered(slot, round, as_outcome(absence)),
            None => {
                let outcome = Outcome::failed(FailureKind::Member, "the council did not wait for it");
                CouncilInput::answered(slot, round, outcome)
            }
        };
        self.feed(input, table);
    }

    /// Enough have voted: whoever has not is absent, and the ballots are counted.
    fn close(&mut self, table: &mut Table<'_>) {
        let round = self.gather.round();
        table.withdraw_round(round, "enough have voted");
        let absent: Vec<_> = self
            .gather
            .results()
            .filter(|(_, result)| !matches!(result, Some(Ok(_))))
            .map(|(slot, result)| (slot, result.cloned()))
            .collect();
        for (slot, result) in absent {
            self.cast(slot, round, result, table);
        }
    }

    fn stops(&self, table: &mut Table<'_>) -> bool {
        let reason = self.stop.as_ref().and_then(|stop| stop.holds(&self.progress));
        if let Some(reason) = &reason {
            table.note(STOPPED, format!("after {} ballots: {reason}", self.progress.statements().len()));
        }
        reason.is_some()
    }
}

/// An absence as the plain machine knows it.
fn as_outcome(absence: Absence) -> Outcome {
    match absence.limit {
        Some(limit) => Outcome::Exhausted { limit },
        None if absence.abstains => Outcome::Undecided { reason: absence.reason },
        None => Outcome::failed(FailureKind::Member, absence.reason),
    }
}

impl Protocol for FramedVote {
    fn begin(&mut self, table: &mut Table<'_>) {
        let assignment = table.assignment().clone();
        let round = assignment.round;
        let asks = self.feed(CouncilInput::Assigned(assignment), table);
        self.gather = Gather::new(round, self.join, asks.iter().map(|ask| ask.slot));
        self.progress = Progress::new(asks.len());
        if table.is_finished() {
            return;
        }
        if let Join::Deadline(after) = self.join {
            self.deadline = Some(table.set_timer(after));
        }
        for time in self.stop.iter().flat_map(Condition::times).collect::<Vec<_>>() {
            self.times.push((table.set_timer(time), time));
        }
        for ask in asks {
            table.ask(ask);
        }
    }

    fn ended(&mut self, ended: Ended, table: &mut Table<'_>) {
        if !self.gather.take(&ended) {
            return;
        }
        match &ended.result {
            Ok(said) => {
                let ballot = ballot_of_result(Some(&ended.result), table.listed_choices());
                let (slot, name, answer) = (ended.slot, table.name_of(ended.slot), ballot.answer().cloned());
                let statement = Statement { round: ended.round, slot, name, answer, words: said.text() };
                self.progress.said(statement, said.bill);
                self.cast(ended.slot, ended.round, Some(ended.result.clone()), table);
            }
            Err(_) => self.progress.failed(),
        }
        table.account(&mut self.progress);
        if table.is_finished() {
            return;
        }
        if self.gather.is_complete() || self.stops(table) {
            self.close(table);
        }
    }

    fn timer(&mut self, timer: u32, table: &mut Table<'_>) {
        if self.deadline == Some(timer) {
            self.gather.pass_deadline();
            return self.close(table);
        }
        if let Some((_, time)) = self.times.iter().find(|(number, _)| *number == timer) {
            self.progress.pass(*time);
            if self.stops(table) {
                self.close(table);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::patterns::PatternOptions;
    use crate::patterns::conduct::{
        Act, Asked, arrival_changes_nothing, every_conduct_ends_by_name, notes, play, seat_for, task,
    };

    fn options(rest: &str) -> PatternOptions {
        let text = format!(r#"{{ "vote": {{ "members": ["juror"], "rule": "majority", "ties": "none"{rest} }} }}"#);
        serde_json::from_str(&text).unwrap()
    }

    /// Five jurors, A A B B A, of whom each takes as many seconds as its number.
    fn usual(asked: &Asked) -> Act {
        let words = if matches!(asked.member, 2 | 3) { "B" } else { "A" };
        Act::Say(words, 1_000 * (asked.member as u64 + 1))
    }

    fn end(rest: &str, act: impl FnMut(&Asked) -> Act) -> (u64, Outcome) {
        let options = options(rest);
        let played = play(&options, &seat_for(&options, &[5]), &task(), None, act);
        (played.end_ms, played.outcome)
    }

    #[test]
    fn each_join_ends_when_it_says() {
        for (rest, end_ms, outcome) in [
            ("", 5_000, Outcome::decided("A")),
            (r#", "join": "all", "absence": { "deadline": "60s" }"#, 5_000, Outcome::decided("A")),
            (r#", "join": "any""#, 1_000, Outcome::decided("A")),
            (r#", "join": { "at_least": 3 }"#, 3_000, Outcome::decided("A")),
            (r#", "join": { "deadline": "2500ms" }"#, 2_500, Outcome::decided("A")),
            (r#", "join": { "deadline": "4500ms" }"#, 4_500, Outcome::Tied { among: vec!["A".into(), "B".into()] }),
            (r#", "join": "first_decided""#, 1_000, Outcome::decided("A")),
        ] {
            assert_eq!(end(rest, usual), (end_ms, outcome), "{rest}");
        }
    }

    #[test]
    fn it_stops_once_the_outcome_can_not_change() {
        let options = options(r#", "stop": "decided""#);
        let played = play(&options, &seat_for(&options, &[5]), &task(), None, |asked| {
            Act::Say("A", 1_000 * (asked.member as u64 + 1))
        });
        assert_eq!((played.end_ms, &played.outcome), (3_000, &Outcome::decided("A")));
        assert_eq!(notes(&played, STOPPED), ["after 3 ballots: the outcome can't change any more".into()]);
    }

    #[test]
    fn the_silent_count_as_the_policy_says() {
        let silent = |asked: &Asked| if asked.member < 2 { Act::Silent } else { usual(asked) };
        let quorum = r#", "quorum": { "at_least": 4 }"#;
        let (_, outcome) = end(&format!(r#"{quorum}, "absence": {{ "deadline": "9s" }}"#), silent);
        assert_eq!(outcome, Outcome::NoQuorum { present: 3, needed: 4 });
        let (_, outcome) = end(&format!(r#"{quorum}, "absence": {{ "deadline": "9s", "silent": "abstain" }}"#), silent);
        assert_eq!(outcome, Outcome::decided("B"), "who abstains is present");
        let (end_ms, outcome) = end(r#", "absence": { "deadline": "9s", "silent": "fail" }"#, silent);
        assert_eq!(end_ms, 9_000);
        assert!(matches!(&outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Member), "{outcome}");
    }

    #[test]
    fn somebody_steps_in_and_a_hedge_pays_both() {
        let rest = r#", "absence": { "failing": "replace", "standby": ["reserve"] }"#;
        let options = options(rest);
        let lost = Outcome::failed(FailureKind::Crash, "it panicked");
        let played = play(&options, &seat_for(&options, &[5, 1]), &task(), None, |asked| match asked.member {
            0 => Act::End(lost.clone(), 1),
            5 => Act::Say("B", 1),
            _ => usual(asked),
        });
        assert_eq!((played.asks, played.outcome), (6, Outcome::decided("B")));
        let hedged = self::options(r#", "absence": { "hedge": "2s", "standby": ["reserve"] }"#);
        let played = play(&hedged, &seat_for(&hedged, &[3, 1]), &task(), None, |asked| match asked.member {
            0 => Act::Say("B", 50_000),
            3 => Act::Say("A", 10),
            _ => Act::Say("A", 1),
        });
        assert_eq!((played.asks, played.end_ms, played.outcome), (4, 2_010, Outcome::decided("A")));
    }

    #[test]
    fn every_conduct_of_a_member_ends_by_name() {
        for (name, outcome) in
            every_conduct_ends_by_name(&options(r#", "absence": { "deadline": "60s" }"#), &[5], usual)
        {
            match name {
                "all abstain" => assert!(matches!(outcome, Outcome::Undecided { .. }), "{name}: {outcome}"),
                "zero members" => {
                    assert!(
                        matches!(&outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Setup),
                        "{outcome}"
                    );
                }
                "one answers twice" | "one member" | "the budget runs out midway" => {
                    assert_eq!(outcome, Outcome::decided("A"), "{name}");
                }
                // Of five one is lost: two say A, two say B.
                _ => assert!(matches!(outcome, Outcome::Tied { .. }), "{name}: {outcome}"),
            }
        }
    }

    #[test]
    fn the_order_of_answers_changes_no_outcome() {
        arrival_changes_nothing(&options(r#", "absence": { "deadline": "60s" }"#), &[5], |asked| {
            Act::Say(if asked.member < 3 { "A" } else { "B" }, 1)
        });
    }

    #[test]
    fn options_that_do_not_fit_are_named() {
        let found =
            |rest: &str| options(rest).check(&[5, 1]).into_iter().map(|problem| problem.path).collect::<Vec<_>>();
        assert_eq!(
            found(r#", "join": { "at_least": 6 }, "absence": { "failing": "replace" }"#),
            ["join.at_least", "absence.failing"]
        );
        assert_eq!(found(r#", "stop": { "agreement": 2 }"#), ["stop.agreement"]);
    }
}
