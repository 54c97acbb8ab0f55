//! What holds for the vote machine whatever happens: order, number of ends, replay, serialisation.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::sync::Arc;

use moot_core::{EventKind, FailureKind, Limit, Outcome};
use proptest::prelude::*;
use proptest::sample::select;

use super::{VoteMachine, VoteOptions};
use crate::testing::{answered, assigned, finishes, play, seat};
use crate::{CouncilEffect, CouncilInput, DescribesPattern, Quorum, Rule, Ties, Weights};

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
    ];
    let threshold = select(vec![None, Some(0.0), Some(0.5), Some(0.7)]);
    let ties = select(vec![None, Some(Ties::Coin), Some(Ties::First), Some(Ties::None)]);
    (select(Rule::ALL.to_vec()), ties, threshold, quorum, weights).prop_map(
        |(rule, ties, threshold, quorum, weights)| VoteOptions {
            members: vec!["juror".to_owned()],
            eligible: None,
            rule,
            threshold,
            ties,
            chair: None,
            scores: None,
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

fn some_input() -> impl Strategy<Value = CouncilInput> {
    prop_oneof![
        2 => (0..3_u32, some_choices()).prop_map(|(task, choices)| assigned(task, choices)),
        12 => (0..=MEMBERS, select(vec![0, 0, 0, 1, u32::MAX]), some_outcome())
            .prop_map(|(member, round, outcome)| CouncilInput::answered(member, round, outcome)),
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
        given in prop::collection::vec(some_outcome(), MEMBERS),
        order in Just((0..MEMBERS).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let ended = |order: &[usize]| {
            let answers = order.iter().map(|member| answered(*member, given.get(*member).unwrap().clone()));
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
        prop_assert!(asked == 0 || asked == MEMBERS);
        prop_assert!(cast <= MEMBERS);
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
