//! What holds for the vote machine whatever happens: order, number of ends, replay, serialisation.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::sync::Arc;

use moot_core::{Bill, EventKind, FailureKind, Limit, Outcome, Text};
use proptest::prelude::*;
use proptest::sample::select;

use super::{VoteMachine, VoteOptions};
use crate::testing::{answered, assigned, finishes, play, seat};
use crate::{
    Answered, ConfidenceWeight, CouncilEffect, CouncilInput, DescribesPattern, Quorum, Rule, ScoreRange, Ties, Weights,
};

const MEMBERS: usize = 5;
const LISTED: &[&str] = &["B", "A", "C"];

fn some_options() -> impl Strategy<Value = VoteOptions> {
    let quorum = prop_oneof![
        Just(None),
        (1..=5_u32).prop_map(|needed| Some(Quorum::AtLeast(needed))),
        select(vec![0.2, 0.6, 1.0]).prop_map(|share| Some(Quorum::Share(share))),
    ];
    let weights = prop_oneof![
        Just(None),
        prop::collection::vec(select(vec![0.0, 0.1, 0.2, 0.3, 1.0, 7.0]), MEMBERS)
            .prop_map(|weights| Some(Weights::Given(weights))),
        prop::collection::vec(select(vec![0.2, 0.4, 0.5, 0.6, 0.9]), MEMBERS)
            .prop_map(|accuracies| Some(Weights::LogOdds(accuracies))),
        select(vec![ConfidenceWeight::Linear, ConfidenceWeight::LogOdds])
            .prop_map(|weight| Some(Weights::Confidence(weight))),
    ];
    let threshold = select(vec![None, Some(0.0), Some(0.5), Some(0.7)]);
    let ties = select(vec![None, Some(Ties::Coin), Some(Ties::First), Some(Ties::Chair), Some(Ties::None)]);
    let scores = select(vec![None, Some(ScoreRange { from: -1.0, to: 3.0 })]);
    // Each seat has a name of its own here: the first ones are members, the next one may be a chair, who is left is asked
    // unless it matters who is eligible.
    let seats = (1..=MEMBERS, any::<bool>(), any::<bool>());
    (select(Rule::ALL.to_vec()), ties, threshold, quorum, weights, scores, seats).prop_map(
        |(rule, ties, threshold, quorum, weights, scores, (members, some_eligible, has_chair))| VoteOptions {
            members: (0..members).map(|member| format!("member{member}")).collect(),
            eligible: some_eligible.then(|| vec!["member0".to_owned(), "member2".to_owned()]),
            rule,
            threshold,
            ties,
            chair: has_chair.then(|| "judge".to_owned()),
            scores,
            quorum,
            weights,
            join: Default::default(),
            stop: None,
            absence: Default::default(),
            fresh: false,
        },
    )
}

fn some_choices() -> impl Strategy<Value = &'static [&'static str]> {
    any::<bool>().prop_map(|are_listed| if are_listed { LISTED } else { &[] })
}

fn some_outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        6 => select(vec!["A", "B", " B ", "C", "D", "abstain", ""]).prop_map(Outcome::decided),
        1 => Just(Outcome::Undecided { reason: "split".into() }),
        1 => Just(Outcome::failed(FailureKind::Model, "refused")),
        1 => Just(Outcome::Exhausted { limit: Limit::Turns }),
    ]
}

/// What an agent said, which is read only where it decided.
fn some_words() -> impl Strategy<Value = Option<Text>> {
    let words = vec![
        "A",
        "B > A = C",
        "answer: C > B",
        "A > D",
        "A, C",
        "A: 3, B: 0.5",
        "B: 9",
        "A\nconfidence: 0.25",
        "from: juror[1]\nB",
        "round: 1\nB",
        "abstain",
    ];
    prop_oneof![1 => Just(None), 3 => select(words).prop_map(|words| Some(words.into()))]
}

fn some_answer(member: usize, round: u32) -> impl Strategy<Value = CouncilInput> {
    (some_outcome(), some_words()).prop_map(move |(outcome, words)| {
        CouncilInput::Answered(Answered {
            member,
            round,
            outcome,
            words,
            bill: Bill::default(),
            tools: Default::default(),
        })
    })
}

fn some_input() -> impl Strategy<Value = CouncilInput> {
    prop_oneof![
        2 => (0..3_u32, some_choices()).prop_map(|(task, choices)| assigned(task, choices)),
        12 => (0..=MEMBERS, select(vec![0, 0, 0, 1, u32::MAX]))
            .prop_flat_map(|(member, round)| some_answer(member, round)),
        1 => any::<u32>().prop_map(|timer| CouncilInput::TimerFired { timer }),
        1 => Just(CouncilInput::Cancelled { reason: "stop".into() }),
    ]
}

fn machine(options: &VoteOptions) -> VoteMachine {
    VoteMachine::new(Arc::new(options.clone()), seat(MEMBERS))
}

/// The count and the outcome, which must not depend on the order of arrival.
fn end(effects: &[CouncilEffect]) -> Vec<CouncilEffect> {
    let is_end = |effect: &&CouncilEffect| {
        matches!(effect, CouncilEffect::Record(EventKind::Tallied { .. }) | CouncilEffect::Finish(_))
    };
    effects.iter().filter(is_end).cloned().collect()
}

proptest! {
    #[test]
    fn the_order_of_arrival_changes_nothing(
        options in some_options(),
        choices in some_choices(),
        given in (0..MEMBERS).map(|member| some_answer(member, 0)).collect::<Vec<_>>(),
        order in Just((0..MEMBERS).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let ended = |order: &[usize]| {
            let answers = order.iter().map(|member| given.get(*member).unwrap().clone());
            end(&play(&mut machine(&options), [assigned(0, choices)].into_iter().chain(answers)))
        };
        let in_order: Vec<usize> = (0..MEMBERS).collect();
        let expected = ended(&in_order);
        prop_assert_eq!(expected.len(), 2, "counted once and finished once: {:?}", expected);
        prop_assert_eq!(ended(&order), expected);
    }

    #[test]
    fn a_machine_ends_at_most_once_and_is_silent_afterwards(
        options in some_options(),
        inputs in prop::collection::vec(some_input(), 0..40),
    ) {
        let effects = play(&mut machine(&options), inputs);
        let finish = effects.iter().position(|effect| matches!(effect, CouncilEffect::Finish(_)));
        prop_assert!(finishes(&effects).len() <= 1);
        prop_assert!(finish.is_none_or(|place| place + 1 == effects.len()), "{effects:?}");
        let (mut asked, mut cast) = (0, 0);
        for effect in &effects {
            asked += usize::from(matches!(effect, CouncilEffect::Ask { .. }));
            cast += usize::from(matches!(effect, CouncilEffect::Record(EventKind::BallotCast { .. })));
        }
        prop_assert!(asked == 0 || asked == MEMBERS || !options.all_vote());
        prop_assert!(cast <= asked);
    }

    #[test]
    fn replaying_or_writing_and_reading_a_machine_changes_no_effect(
        options in some_options(),
        inputs in prop::collection::vec(some_input(), 0..40),
        cut in 0..40_usize,
    ) {
        let expected = play(&mut machine(&options), inputs.clone());
        prop_assert_eq!(&play(&mut machine(&options), inputs.clone()), &expected);
        let (before, after) = inputs.split_at(cut.min(inputs.len()));
        let mut first = machine(&options);
        let mut effects = play(&mut first, before.to_vec());
        let written = serde_json::to_string(&first).unwrap();
        let mut second: VoteMachine = serde_json::from_str(&written).unwrap();
        prop_assert_eq!(&first, &second);
        effects.extend(play(&mut second, after.to_vec()));
        prop_assert_eq!(effects, expected);
    }

    #[test]
    fn options_that_were_refused_still_make_a_machine_that_ends(
        rule in select(Rule::ALL.to_vec()),
        threshold in any::<f64>(),
        share in any::<f64>(),
        numbers in prop::collection::vec(any::<f64>(), 0..8),
        are_accuracies in any::<bool>(),
        given in prop::collection::vec(some_outcome(), MEMBERS),
    ) {
        let weights = if are_accuracies { Weights::LogOdds(numbers) } else { Weights::Given(numbers) };
        let options = VoteOptions {
            members: Vec::new(),
            eligible: None,
            rule,
            threshold: Some(threshold),
            ties: None,
            chair: None,
            scores: None,
            quorum: Some(Quorum::Share(share)),
            weights: Some(weights),
join: Default::default(), stop: None, absence: Default::default(),
            fresh: false,
        };
        prop_assert!(!options.check(&[MEMBERS]).is_empty());
        let answers = given.into_iter().enumerate().map(|(member, outcome)| answered(member, outcome));
        let effects = play(&mut machine(&options), [assigned(0, &["A", "B"])].into_iter().chain(answers));
        prop_assert_eq!(finishes(&effects).len(), 1);
    }

    #[test]
    fn inputs_and_effects_survive_serialisation(
        options in some_options(),
        inputs in prop::collection::vec(some_input(), 0..20),
    ) {
        let written = serde_json::to_string(&inputs).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Vec<CouncilInput>>(&written).unwrap(), &inputs);
        let unweighted = VoteOptions { weights: None, ..options };
        let effects = play(&mut machine(&unweighted), inputs);
        let written = serde_json::to_string(&effects).unwrap();
        prop_assert_eq!(serde_json::from_str::<Vec<CouncilEffect>>(&written).unwrap(), effects);
    }
}
