//! The vote machine step by step: what it asks, records and refuses.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use super::*;
use crate::testing::{answered, assigned, finishes, play, seat};
use crate::{Quorum, Rule, Ties, Weights};
use moot_core::random::{Draw, Purpose};
use moot_core::{FailureKind, Limit, TaskId};

fn options(rule: Rule, ties: Ties) -> VoteOptions {
    VoteOptions {
        members: vec!["juror".to_owned()],
        eligible: None,
        rule,
        threshold: None,
        ties: Some(ties),
        chair: None,
        scores: None,
        quorum: None,
        weights: None,
        join: Default::default(),
        stop: None,
        absence: Default::default(),
        fresh: false,
    }
}

fn machine(options: VoteOptions, members: usize) -> VoteMachine {
    VoteMachine::new(Arc::new(options), seat(members))
}

/// One answer of each member, in order.
fn answers(answers: &[&str]) -> Vec<CouncilInput> {
    answers.iter().enumerate().map(|(member, answer)| answered(member, Outcome::decided(*answer))).collect()
}

/// The outcome when the members answer this, in order.
fn outcome(options: VoteOptions, choices: &[&str], given: Vec<Outcome>) -> Outcome {
    let mut machine = machine(options, given.len());
    let inputs = given.into_iter().enumerate().map(|(member, outcome)| answered(member, outcome));
    let effects = play(&mut machine, [assigned(0, choices)].into_iter().chain(inputs));
    assert_eq!(finishes(&effects).len(), 1);
    finishes(&effects)[0].clone()
}

fn ask(member: usize) -> CouncilEffect {
    CouncilEffect::ask(member, 0)
}

fn cast(member: u32, ballot: Ballot) -> CouncilEffect {
    let voter = moot_core::ActorPath::new("juror").unwrap().indexed(member);
    CouncilEffect::Record(EventKind::BallotCast { task: TaskId(0), round: 0, voter, ballot, weight: 1.0 })
}

fn rejected(effect: &CouncilEffect) -> &str {
    let CouncilEffect::Record(EventKind::Noted { name, text, .. }) = effect else { unreachable!("{effect:?}") };
    assert_eq!(&**name, BALLOT_REJECTED);
    text
}

#[test]
fn a_vote_asks_all_records_each_ballot_on_arrival_and_counts_once() {
    let mut machine = machine(options(Rule::Majority, Ties::Coin), 3);
    let step = |machine: &mut VoteMachine, input| play(machine, [input]);
    assert_eq!(step(&mut machine, assigned(0, &["A", "B"])), [ask(0), ask(1), ask(2)]);
    assert_eq!(step(&mut machine, answered(2, Outcome::decided(" B "))), [cast(2, Ballot::For("B".into()))]);
    assert_eq!(step(&mut machine, answered(0, Outcome::decided("abstain"))), [cast(0, Ballot::Abstained)]);
    assert_eq!(
        step(&mut machine, answered(1, Outcome::decided("B"))),
        [
            cast(1, Ballot::For("B".into())),
            CouncilEffect::Record(EventKind::Tallied { task: TaskId(0), round: 0, counts: vec![("B".into(), 2.0)] }),
            CouncilEffect::Finish(Outcome::decided("B")),
        ]
    );
}

#[test]
fn each_rule_ends_as_its_definition_says() {
    let decided = Outcome::decided;
    let tied = |among: &[&str]| Outcome::Tied { among: among.iter().map(|answer| (*answer).into()).collect() };
    let undecided = |reason: &str| Outcome::Undecided { reason: reason.into() };
    let split = "no answer has more than 2 of the 4 cast: A 2, B 1, C 1";
    let cases: &[(Rule, Ties, &[&str], Outcome)] = &[
        (Rule::Plurality, Ties::None, &["A", "B", "B", "C"], decided("B")),
        (Rule::Plurality, Ties::None, &["A", "B", "B", "A"], tied(&["A", "B"])),
        (Rule::Plurality, Ties::First, &["A", "B", "B", "A"], decided("B")),
        (Rule::Majority, Ties::None, &["A", "B", "A"], decided("A")),
        (Rule::Majority, Ties::None, &["A", "A", "B", "C"], undecided(split)),
        (Rule::Majority, Ties::None, &["A", "B"], tied(&["A", "B"])),
        (Rule::Majority, Ties::First, &["A", "B"], decided("B")),
        (Rule::Majority, Ties::None, &["A", "abstain", "abstain"], decided("A")),
        (Rule::Unanimity, Ties::None, &["A", "A"], decided("A")),
        (Rule::Unanimity, Ties::None, &["A", "abstain"], decided("A")),
        (Rule::Unanimity, Ties::None, &["A", "B"], undecided("not unanimous: A 1, B 1")),
        (Rule::Unanimity, Ties::None, &["A", "D"], undecided("not unanimous: A 1, 1 absent")),
        (
            Rule::Plurality,
            Ties::None,
            &["abstain", "D"],
            undecided("nobody voted for an answer: 1 abstained, 1 absent"),
        ),
    ];
    for (rule, ties, given, expected) in cases {
        let given = given.iter().map(|answer| Outcome::decided(*answer)).collect();
        assert_eq!(&outcome(options(*rule, *ties), &["C", "B", "A"], given), expected, "{rule:?} {ties:?}");
    }
}

#[test]
fn weights_stand_in_the_ballots_and_decide() {
    let weights = Some(Weights::Given(vec![3.0, 1.0, 1.0]));
    let weighted = VoteOptions { weights, ..options(Rule::Weighted, Ties::None) };
    let mut machine = machine(weighted.clone(), 3);
    let inputs = [vec![assigned(0, &["A", "B"])], answers(&["A", "B", "B"])].concat();
    let effects = play(&mut machine, inputs);
    let weights: Vec<f64> = effects
        .iter()
        .filter_map(|effect| match effect {
            CouncilEffect::Record(EventKind::BallotCast { weight, .. }) => Some(*weight),
            _ => None,
        })
        .collect();
    assert_eq!(weights, [3.0, 1.0, 1.0]);
    assert_eq!(finishes(&effects), [&Outcome::decided("A")]);
    let plain = VoteOptions { weights: None, ..weighted };
    let given = ["A", "B", "B"].map(Outcome::decided).to_vec();
    assert_eq!(outcome(plain, &["A", "B"], given), Outcome::decided("B"));
}

#[test]
fn nested_councils_abstain_and_broken_members_are_absent() {
    let given = |last: Outcome| vec![Outcome::decided("A"), Outcome::decided("A"), last];
    let unanimous = |last| outcome(options(Rule::Unanimity, Ties::None), &["A", "B"], given(last));
    for abstained in [
        Outcome::Tied { among: vec!["A".into(), "B".into()] },
        Outcome::NoQuorum { present: 0, needed: 2 },
        Outcome::Undecided { reason: "split".into() },
    ] {
        assert_eq!(unanimous(abstained), Outcome::decided("A"));
    }
    for absent in [
        Outcome::failed(FailureKind::Crash, "gone"),
        Outcome::Exhausted { limit: Limit::Turns },
        Outcome::Cancelled { reason: "deadline".into() },
    ] {
        assert!(matches!(unanimous(absent.clone()), Outcome::Undecided { .. }), "{absent}");
    }
}

#[test]
fn a_quorum_counts_abstentions_but_not_the_absent() {
    let quorum = |needed| VoteOptions { quorum: Some(Quorum::AtLeast(needed)), ..options(Rule::Plurality, Ties::None) };
    let given =
        vec![Outcome::decided("A"), Outcome::decided("abstain"), Outcome::failed(FailureKind::Model, "refused")];
    assert_eq!(outcome(quorum(2), &["A", "B"], given.clone()), Outcome::decided("A"));
    assert_eq!(outcome(quorum(3), &["A", "B"], given), Outcome::NoQuorum { present: 2, needed: 3 });
}

#[test]
fn a_council_whose_members_all_fail_has_failed() {
    let failed = |text: &str| Outcome::failed(FailureKind::Model, text);
    let expected = "none of 2 members gave a ballot that counts; juror[0]: failed (model: refused)";
    // The later member answers first; the reason is the earlier member's all the same.
    let mut machine = machine(options(Rule::Plurality, Ties::Coin), 2);
    let effects = play(&mut machine, [assigned(0, &[]), answered(1, failed("late")), answered(0, failed("refused"))]);
    assert_eq!(finishes(&effects), [&Outcome::failed(FailureKind::Member, expected)]);
}

#[test]
fn a_council_without_members_fails_at_once() {
    let effects = play(&mut machine(options(Rule::Plurality, Ties::Coin), 0), [assigned(0, &["A"])]);
    let expected = Outcome::failed(FailureKind::Setup, "the council has no members; it needs at least one");
    assert_eq!(effects, [CouncilEffect::Finish(expected)]);
}

#[test]
fn only_the_first_answer_in_the_right_round_counts() {
    let mut machine = machine(options(Rule::Plurality, Ties::None), 2);
    let decided = Outcome::decided;
    let effects = play(
        &mut machine,
        [
            assigned(0, &["A", "B"]),
            answered(0, decided("A")),
            answered(0, decided("B")),
            CouncilInput::answered(1, 1, decided("B")),
            answered(2, decided("B")),
            answered(1, decided("A")),
            answered(1, decided("B")),
        ],
    );
    assert_eq!(effects.len(), 2 + 1 + 3 + 3, "after the end nothing is noted");
    assert_eq!(rejected(&effects[3]), "no ballot of juror[0] is open in round 0 (asked in round 0): decided: B");
    assert_eq!(rejected(&effects[4]), "no ballot of juror[1] is open in round 1 (asked in round 0): decided: B");
    assert_eq!(rejected(&effects[5]), "no ballot of member 2 is open in round 0 (asked in round 0): decided: B");
    assert_eq!(effects[8], CouncilEffect::Finish(decided("A")));
}

#[test]
fn a_cancel_withdraws_what_is_open_and_ends_everything() {
    let cancelled = || CouncilInput::Cancelled { reason: "stop".into() };
    let withdraw = |member| CouncilEffect::Withdraw { member, round: 0, reason: "stop".into() };
    let finish = CouncilEffect::Finish(Outcome::Cancelled { reason: "stop".into() });
    let mut voting = machine(options(Rule::Plurality, Ties::None), 3);
    play(&mut voting, [assigned(0, &[]), answered(1, Outcome::decided("A"))]);
    let effects = play(&mut voting, [cancelled(), cancelled(), answered(0, Outcome::decided("A"))]);
    assert_eq!(effects, [withdraw(0), withdraw(2), finish.clone()]);
    let effects = play(&mut machine(options(Rule::Plurality, Ties::None), 3), [cancelled(), assigned(0, &[])]);
    assert_eq!(effects, [finish], "nobody was asked yet");
}

#[test]
fn what_makes_no_sense_is_ignored() {
    let stray = || CouncilInput::TimerFired { timer: 7 };
    let mut machine = machine(options(Rule::Plurality, Ties::None), 1);
    assert_eq!(play(&mut machine, [answered(0, Outcome::decided("A")), stray()]), []);
    let effects = play(&mut machine, [assigned(0, &[]), assigned(1, &[]), stray()]);
    assert_eq!(effects, [ask(0)]);
    assert_eq!(finishes(&play(&mut machine, answers(&["A"]))), [&Outcome::decided("A")]);
    assert_eq!(play(&mut machine, [assigned(2, &[]), stray(), answered(0, Outcome::decided("B"))]), []);
}

#[test]
fn the_coin_is_tossed_at_the_council_the_task_and_the_round() {
    let toss = |task, round| {
        let CouncilInput::Assigned(assignment) = assigned(task, &["A", "B"]) else { unreachable!() };
        let mut machine = machine(options(Rule::Majority, Ties::Coin), 2);
        let inputs = ["B", "A"].into_iter().enumerate();
        let inputs = inputs.map(|(member, answer)| CouncilInput::answered(member, round, Outcome::decided(answer)));
        let assigned = CouncilInput::Assigned(Assignment { round, ..assignment });
        finishes(&play(&mut machine, [assigned].into_iter().chain(inputs)))[0].clone()
    };
    for task in 0..50 {
        for round in 0..3 {
            let address = RandomAddress::new(seat(2).random, Purpose::named("tie")).task(task).call(round);
            let expected = if address.generator().integer_below(2) == 0 { "A" } else { "B" };
            assert_eq!(toss(task, round), Outcome::decided(expected), "task {task}, round {round}");
        }
    }
}

#[test]
fn ties_first_goes_by_the_members_when_the_task_lists_nothing() {
    let given = ["pear", "apple", "apple", "pear"].map(Outcome::decided).to_vec();
    assert_eq!(outcome(options(Rule::Plurality, Ties::First), &[], given.clone()), Outcome::decided("pear"));
    // The order of arrival is not the order of the members.
    let mut machine = machine(options(Rule::Plurality, Ties::First), 4);
    let arrivals = given.into_iter().enumerate().rev().map(|(member, outcome)| answered(member, outcome));
    let effects = play(&mut machine, [assigned(0, &[])].into_iter().chain(arrivals));
    assert_eq!(finishes(&effects), [&Outcome::decided("pear")]);
}
