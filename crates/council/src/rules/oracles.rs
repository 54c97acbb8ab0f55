//! The rules against `pref_voting` 1.18.2: the sets of winners must be the same, and the scores that it tells too.
//!
//! `data/voting_public.json` holds four profiles of the literature (runoff is `plurality_with_runoff` there, Schulze
//! `beat_path`), `data/voting_random.json` random ones of 3 to 5 candidates and 2 to 9 voters, where equal numbers are
//! frequent: 120 of strict rankings and 80 of rankings with ties, for the rules that the library defines for them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use moot_core::{Ballot, Text};
use serde_json::Value;

use crate::testing::{ranked, texts};
use crate::{Margins, Rankings, Rule, Tally, Verdict};

const PUBLIC: &str = include_str!("data/voting_public.json");
const RANDOM: &str = include_str!("data/voting_random.json");

/// The rules by the names that the public profiles give them.
const NAMED: [(&str, Rule); 8] = [
    ("plurality", Rule::Plurality),
    ("borda", Rule::Borda),
    ("plurality_with_runoff", Rule::Runoff),
    ("instant_runoff", Rule::InstantRunoff),
    ("copeland", Rule::Copeland),
    ("minimax", Rule::Minimax),
    ("beat_path", Rule::Schulze),
    ("ranked_pairs", Rule::RankedPairs),
];

fn winners(verdict: Verdict) -> Vec<Text> {
    match verdict {
        Verdict::Leading(winners) => winners,
        Verdict::Nobody { reason } => unreachable!("{reason}"),
    }
}

/// Each voter with a ballot of its own. A plain rule reads what a ballot puts first.
fn tally(rule: Rule, orders: &[(usize, String)], choices: &[Text]) -> Tally {
    let mut ballots = Vec::new();
    for (count, order) in orders {
        let ballot = match (rule, ranked(order)) {
            (Rule::Plurality, Ballot::Ranked(levels)) => Ballot::For(levels.first().unwrap().first().unwrap().clone()),
            (_, ballot) => ballot,
        };
        ballots.extend(vec![ballot; *count]);
    }
    Tally::of(ballots.iter().map(|ballot| (ballot, 1.0)), choices.into())
}

struct Profile {
    name: String,
    orders: Vec<(usize, String)>,
    choices: Vec<Text>,
    facts: Value,
}

fn public() -> Vec<Profile> {
    let file: Value = serde_json::from_str(PUBLIC).unwrap();
    let profiles = file.as_object().unwrap().iter().filter(|(name, _)| *name != "library");
    let read = |(name, facts): (&String, &Value)| {
        let orders = facts["ballots"].as_array().unwrap().iter().map(|ballot| {
            let order: Vec<String> = ballot["ranking"].as_str().unwrap().chars().map(String::from).collect();
            (usize::try_from(ballot["count"].as_u64().unwrap()).unwrap(), order.join(" > "))
        });
        let choices = facts["candidates"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().into());
        Profile { name: name.clone(), orders: orders.collect(), choices: choices.collect(), facts: facts.clone() }
    };
    profiles.map(read).collect()
}

#[test]
fn every_public_profile_has_the_winners_that_the_library_finds() {
    let profiles = public();
    assert_eq!(profiles.len(), 4);
    for Profile { name, orders, choices, facts } in profiles {
        for (method, rule) in NAMED {
            let expected: Vec<&str> =
                facts["winners"][method].as_array().unwrap().iter().map(|winner| winner.as_str().unwrap()).collect();
            let found = winners(rule.decide(&tally(rule, &orders, &choices), 0.5));
            assert_eq!(found, texts(&expected), "{method} of {name}");
        }
    }
}

#[test]
fn every_public_profile_has_the_scores_and_margins_that_the_library_finds() {
    for Profile { name, orders, choices, facts } in public() {
        let scores = |key: &str| -> Vec<(Text, f64)> {
            let mut scores: Vec<(Text, f64)> = facts[key]
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, score)| (name.as_str().into(), score.as_f64().unwrap()))
                .collect();
            scores.sort_by(|(left, _), (right, _)| left.cmp(right));
            scores
        };
        let of_rule = |rule: Rule| rule.counts(&tally(rule, &orders, &choices));
        assert_eq!(of_rule(Rule::Plurality), scores("plurality_scores"), "{name}");
        assert_eq!(of_rule(Rule::Runoff), scores("plurality_scores"), "{name}");
        assert_eq!(of_rule(Rule::Borda), scores("borda_scores"), "{name}");

        let rankings = Rankings::of(&tally(Rule::Borda, &orders, &choices)).unwrap();
        let margins = Margins::of(&rankings);
        for (pair, expected) in facts["margins"].as_object().unwrap() {
            let (one, other) = pair.split_once('>').unwrap();
            let place = |name: &str| rankings.answers().iter().position(|answer| &**answer == name).unwrap();
            assert_eq!(margins.value(place(one), place(other)), expected.as_f64().unwrap(), "{pair} of {name}");
        }
        if let Some(condorcet) = facts["condorcet_winner"].as_str() {
            let answer = rankings.answers().iter().position(|answer| &**answer == condorcet).unwrap();
            assert!((0..margins.size()).all(|other| other == answer || margins.strength(answer, other) > 0));
        }
    }
}

#[test]
fn random_profiles_have_the_winners_that_the_library_finds() {
    let file: Value = serde_json::from_str(RANDOM).unwrap();
    let mut compared = 0;
    for profile in file["profiles"].as_array().unwrap() {
        let orders: Vec<(usize, String)> = profile["ballots"]
            .as_array()
            .unwrap()
            .iter()
            .map(|ballot| {
                (usize::try_from(ballot[0].as_u64().unwrap()).unwrap(), ballot[1].as_str().unwrap().to_owned())
            })
            .collect();
        for (name, expected) in profile["winners"].as_object().unwrap() {
            let rule: Rule = serde_json::from_value(name.as_str().into()).unwrap();
            let expected: Vec<Text> = expected.as_str().unwrap().chars().map(|name| name.to_string().into()).collect();
            let found = winners(rule.decide(&tally(rule, &orders, &[]), 0.5));
            assert_eq!(found, expected, "{name} of {orders:?}");
            compared += 1;
        }
    }
    assert_eq!(compared, 120 * 8 + 80 * 6);
}
