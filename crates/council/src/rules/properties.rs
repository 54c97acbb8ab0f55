//! What holds for the rules whatever the ballots: nothing depends on names or the order of ballots, a Condorcet winner
//! wins where the rule promises it, a majority where it does, and two rules agree with their definitions, tried out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use std::collections::BTreeSet;

use moot_core::{Ballot, Text};
use proptest::prelude::*;
use proptest::sample::select;

use super::{BallotForm, Rule, Verdict};
use crate::{Margins, Rankings, Tally};

const NAMES: [&str; 5] = ["A", "B", "C", "D", "E"];

/// A profile: the number of answers, and ballots that give each answer a level, with weights.
#[derive(Debug, Clone)]
struct Profile {
    size: usize,
    ballots: Vec<(Vec<usize>, f64)>,
}

fn some_profile(size_max: usize) -> impl Strategy<Value = Profile> {
    (2..=size_max).prop_flat_map(|size| {
        let levels = prop_oneof![
            3 => Just((0..size).collect::<Vec<usize>>()).prop_shuffle(),
            1 => prop::collection::vec(0..size, size),
        ];
        // Small whole weights make equal margins frequent; the others are equal on paper only.
        let weight = prop_oneof![4 => select(vec![1.0, 2.0, 3.0]), 1 => select(vec![0.1, 0.2, 0.3, 0.7])];
        prop::collection::vec((levels, weight), 1..8).prop_map(move |ballots| Profile { size, ballots })
    })
}

impl Profile {
    /// The ballots in the form that a rule reads, with these names for the answers.
    fn tally(&self, form: BallotForm, names: &[&str]) -> Tally {
        let named = |levels: &[usize], level: usize| -> Vec<Text> {
            (0..self.size).filter(|answer| levels[*answer] == level).map(|answer| names[answer].into()).collect()
        };
        let ballot = |levels: &[usize]| match form {
            BallotForm::Answer => Ballot::For(named(levels, *levels.iter().min().unwrap())[0].clone()),
            BallotForm::Ranking => Ballot::Ranked(
                (0..self.size).map(|level| named(levels, level)).filter(|level| !level.is_empty()).collect(),
            ),
            BallotForm::Approval => Ballot::Approved((0..=1).flat_map(|level| named(levels, level)).collect()),
            BallotForm::Score => Ballot::Scored(
                (0..self.size).map(|answer| (names[answer].into(), 5.0 - levels[answer] as f64)).collect(),
            ),
        };
        let ballots: Vec<(Ballot, f64)> =
            self.ballots.iter().map(|(levels, weight)| (ballot(levels), *weight)).collect();
        let choices: Vec<Text> = names[..self.size].iter().map(|name| Text::from(*name)).collect();
        Tally::of(ballots.iter().map(|(ballot, weight)| (ballot, *weight)), choices.into())
    }

    fn margins(&self) -> Margins {
        Margins::of(&Rankings::of(&self.tally(BallotForm::Ranking, &NAMES)).unwrap())
    }

    fn winners(&self, rule: Rule) -> BTreeSet<usize> {
        winners(rule, &self.tally(rule.needs().ballot, &NAMES), &NAMES)
    }
}

/// The winners by their place among the names; who is undecided has none.
fn winners(rule: Rule, tally: &Tally, names: &[&str]) -> BTreeSet<usize> {
    match rule.decide(tally, 0.5) {
        Verdict::Leading(winners) => {
            assert!(winners.is_sorted(), "{rule:?} {winners:?}");
            winners.iter().map(|winner| names.iter().position(|name| *name == &**winner).unwrap()).collect()
        }
        Verdict::Nobody { .. } => BTreeSet::new(),
    }
}

/// Every order of so many things.
fn permutations(size: usize) -> Vec<Vec<usize>> {
    if size == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for shorter in permutations(size - 1) {
        for place in 0..size {
            let mut longer = shorter.clone();
            longer.insert(place, size - 1);
            all.push(longer);
        }
    }
    all
}

/// The strength of the strongest of all paths without circles, each walked.
fn walked(margins: &Margins, from: usize, to: usize, visited: &mut Vec<usize>) -> i32 {
    let mut best = margins.strength(from, to).max(0);
    for next in 0..margins.size() {
        if next == to || next == from || visited.contains(&next) || margins.strength(from, next) <= 0 {
            continue;
        }
        visited.push(from);
        best = best.max(margins.strength(from, next).min(walked(margins, next, to, visited)));
        visited.pop();
    }
    best
}

/// Ranked pairs as defined: every order of settling pairs that goes down the margins, drawn pairs either way.
fn settled_in_every_order(margins: &Margins) -> Option<BTreeSet<usize>> {
    let size = margins.size();
    let all = (0..size).flat_map(|one| (0..size).map(move |other| (one, other)));
    let pairs: Vec<(usize, usize)> = all.filter(|(one, other)| one != other).collect();
    let greatest = pairs.iter().map(|(one, other)| margins.strength(*one, *other)).max()?;
    let group = |strength| -> Vec<(usize, usize)> {
        pairs.iter().copied().filter(|(one, other)| margins.strength(*one, *other) == strength).collect()
    };
    let groups: Vec<Vec<(usize, usize)>> = (0..=greatest).rev().map(group).collect();
    let orders: usize = groups.iter().map(|group| (1..=group.len()).product::<usize>()).product();
    if orders > 3_000 {
        return None;
    }
    let mut settled: Vec<Vec<Vec<bool>>> = vec![vec![vec![false; size]; size]];
    for group in groups {
        let orders = permutations(group.len());
        let mut next = Vec::new();
        for above in &settled {
            for order in &orders {
                let mut above = above.clone();
                for (one, other) in order.iter().map(|place| group[*place]) {
                    if above[other][one] {
                        continue;
                    }
                    for first in (0..size).filter(|first| *first == one || above[*first][one]).collect::<Vec<_>>() {
                        for last in (0..size).filter(|last| *last == other || above[other][*last]).collect::<Vec<_>>() {
                            above[first][last] = true;
                        }
                    }
                }
                next.push(above);
            }
        }
        settled = next;
    }
    let top = |above: &Vec<Vec<bool>>| (0..size).find(|answer| (0..size).all(|other| !above[other][*answer]));
    Some(settled.iter().filter_map(top).collect())
}

/// Ranked pairs by the theorem of Zavist & Tideman 1989: the tops of all orders in which whoever is above has, down the
/// order, a path to whoever is below of margins at least as great as the margin the other way.
fn tops_of_stacks(margins: &Margins) -> BTreeSet<usize> {
    let size = margins.size();
    let is_stack = |order: &[usize]| {
        (0..size).all(|high| {
            // The strongest path down the order from what stands at `high` to each below.
            let mut strongest = vec![i32::MIN; size];
            strongest[high] = i32::MAX;
            for low in high + 1..size {
                let step = |between: usize| strongest[between].min(margins.strength(order[between], order[low]));
                strongest[low] = (high..low).map(step).max().unwrap();
            }
            (high + 1..size).all(|low| strongest[low] >= margins.strength(order[low], order[high]))
        })
    };
    permutations(size).iter().filter(|order| is_stack(order)).map(|order| order[0]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_name_matters(
        rule in select(Rule::ALL.to_vec()),
        profile in some_profile(5),
        places in Just((0..5).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let renamed: Vec<&str> = places.iter().map(|place| NAMES[*place]).collect();
        let found = winners(rule, &profile.tally(rule.needs().ballot, &renamed), &renamed);
        prop_assert_eq!(found, profile.winners(rule));
    }

    #[test]
    fn no_order_of_ballots_matters(
        rule in select(Rule::ALL.to_vec()),
        (profile, shuffled) in some_profile(5).prop_flat_map(|profile| {
            let ballots = Just(profile.ballots.clone()).prop_shuffle();
            (Just(profile.clone()), ballots.prop_map(move |ballots| Profile { ballots, ..profile.clone() }))
        }),
    ) {
        prop_assert_eq!(shuffled.winners(rule), profile.winners(rule));
    }

    #[test]
    fn a_weight_of_n_is_n_ballots(rule in select(Rule::ALL.to_vec()), profile in some_profile(4)) {
        let is_whole = |(_, weight): &&(Vec<usize>, f64)| weight.fract() == 0.0;
        let whole: Vec<_> = profile.ballots.iter().filter(is_whole).cloned().collect();
        let split: Vec<_> =
            whole.iter().flat_map(|(levels, weight)| vec![(levels.clone(), 1.0); *weight as usize]).collect();
        let [whole, split] = [whole, split].map(|ballots| Profile { ballots, ..profile.clone() });
        prop_assert_eq!(whole.winners(rule), split.winners(rule));
    }

    #[test]
    fn who_beats_all_others_wins_alone(
        rule in select(vec![Rule::Copeland, Rule::Minimax, Rule::Schulze, Rule::RankedPairs]),
        profile in some_profile(5),
    ) {
        let margins = profile.margins();
        let beats_all = |answer: &usize| (0..profile.size).all(|other| other == *answer || margins.strength(*answer, other) > 0);
        if let Some(condorcet) = (0..profile.size).find(beats_all) {
            prop_assert_eq!(profile.winners(rule), [condorcet].into());
        }
    }

    #[test]
    fn who_is_alone_first_for_more_than_half_wins_alone(
        rule in select(vec![
            Rule::Plurality, Rule::Majority, Rule::Runoff, Rule::InstantRunoff,
            Rule::Copeland, Rule::Minimax, Rule::Schulze, Rule::RankedPairs,
        ]),
        profile in some_profile(5),
    ) {
        let total: f64 = profile.ballots.iter().map(|(_, weight)| weight).sum();
        let for_alone = |answer: usize| -> f64 {
            let alone = profile.ballots.iter().filter(|(levels, _)| {
                (0..profile.size).all(|other| other == answer || levels[answer] < levels[other])
            });
            alone.map(|(_, weight)| weight).sum()
        };
        if let Some(answer) = (0..profile.size).find(|answer| for_alone(*answer) > total / 2.0 + 1e-6) {
            prop_assert_eq!(profile.winners(rule), [answer].into());
        }
    }

    #[test]
    fn somebody_always_wins(rule in select(Rule::ALL.to_vec()), profile in some_profile(5)) {
        let is_decisive = !matches!(rule, Rule::Majority | Rule::Unanimity);
        prop_assert!(!is_decisive || !profile.winners(rule).is_empty());
        let tally = profile.tally(rule.needs().ballot, &NAMES);
        prop_assert!(rule.counts(&tally).iter().all(|(_, number)| number.is_finite()));
    }

    #[test]
    fn schulze_agrees_with_all_paths_walked(profile in some_profile(5)) {
        let margins = profile.margins();
        let path = |from, to| walked(&margins, from, to, &mut Vec::new());
        let wins = |answer: &usize| {
            (0..profile.size).all(|other| other == *answer || path(*answer, other) >= path(other, *answer))
        };
        let expected: BTreeSet<usize> = (0..profile.size).filter(wins).collect();
        prop_assert_eq!(profile.winners(Rule::Schulze), expected);
    }

    #[test]
    fn ranked_pairs_agree_with_every_order_of_settling(profile in some_profile(5)) {
        let margins = profile.margins();
        let found = profile.winners(Rule::RankedPairs);
        prop_assert_eq!(&found, &tops_of_stacks(&margins));
        if let Some(expected) = settled_in_every_order(&margins) {
            prop_assert_eq!(&found, &expected);
        }
    }

    #[test]
    fn the_highest_count_wins_where_counts_are_a_score(
        rule in select(vec![
            Rule::Approval, Rule::Score, Rule::Borda, Rule::Copeland, Rule::Minimax, Rule::Schulze, Rule::RankedPairs,
        ]),
        profile in some_profile(5),
    ) {
        let tally = profile.tally(rule.needs().ballot, &NAMES);
        // Defeats count against an answer.
        let sign = if rule == Rule::Minimax { -1.0 } else { 1.0 };
        let counts: Vec<f64> = rule.counts(&tally).iter().map(|(_, number)| sign * number).collect();
        let best = counts.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let highest: BTreeSet<usize> = (0..profile.size).filter(|answer| counts[*answer] > best - 1e-9).collect();
        let winners = profile.winners(rule);
        if rule == Rule::RankedPairs {
            // They are the places in one of the orders.
            prop_assert!(highest.len() == 1 && highest.is_subset(&winners));
        } else {
            prop_assert_eq!(winners, highest);
        }
    }
}
