//! Condorcet's jury theorem: every row of the oracle file is reproduced within 4 standard errors. The exact values were
//! computed outside the project (see `tests/data/README.md`).
//!
//! Up to 25 voters play in a world of actors; larger juries drive the vote machine and the stochastic model directly.

use std::sync::Arc;

use folkmoot::core::random::RandomKey;
use folkmoot::core::{ActorPath, Assignment, HeardSoFar, Outcome, Task, TaskId, Text, Transcript, VirtualTime};
use folkmoot::council::{CouncilEffect, CouncilInput, PatternOptions, Seat};
use folkmoot::model::{ModelOptions, ModelRequest};
use serde_json::Value;

use crate::support::{path, play, scenario};

const WORLD_TASKS: u32 = 2_000;
const DIRECT_TASKS: u32 = 2_000;
/// More voters than this are not played by actors.
const WORLD_VOTERS_MAX: u64 = 25;

fn oracle() -> Value {
    serde_json::from_str(include_str!("../data/jury_public.json")).unwrap()
}

fn number(row: &Value, key: &str) -> f64 {
    row[key].as_f64().unwrap_or_else(|| panic!("{key} in {row}"))
}

/// Fails when a share over so many tasks lies more than 4 standard errors from what is expected.
fn assert_share(found: f64, expected: f64, tasks: u32, what: &str) {
    let standard_error = (expected * (1.0 - expected) / f64::from(tasks)).sqrt();
    let errors = (found - expected).abs() / standard_error.max(1e-12);
    // A share of exactly 0 or 1 within rounding has no spread to speak of.
    let exact = standard_error < 1e-6 && (found - expected).abs() < 1e-3;
    assert!(errors <= 4.0 || exact, "{what}: found {found}, expected {expected}, {errors:.1} standard errors apart");
}

/// The share of right decisions of voters with these model options, in a world of actors.
fn played_in_a_world(models: &[String], vote: &str, choices: &str, seed: u64) -> f64 {
    let mut yaml = "folkmoot: 1\nname: jury\nmodels:\n".to_owned();
    let mut agents = "agents:\n".to_owned();
    for (index, model) in models.iter().enumerate() {
        yaml += &format!("  m{index}: {{ stochastic: {model} }}\n");
        agents += &format!("  v{index}: {{ model: m{index} }}\n");
    }
    let members: Vec<String> = (0..models.len()).map(|index| format!("v{index}")).collect();
    yaml += &agents;
    yaml += &format!("coordination: {{ vote: {{ members: [{}], {vote} }} }}\n", members.join(", "));
    yaml += &format!("tasks: {{ generate: {{ count: {WORLD_TASKS}, choices: {choices} }} }}\nseed: {seed}\n");
    let played = play(&scenario(&yaml));
    assert_eq!(played.result.tasks_total, u64::from(WORLD_TASKS));
    assert_eq!(played.summary.with_known_answer(), u64::from(WORLD_TASKS));
    played.summary.correct() as f64 / f64::from(WORLD_TASKS)
}

/// The same without actors: the vote machine is fed with what the model answers.
fn played_directly(model: &str, voters: u32, seed: u64) -> f64 {
    let options: ModelOptions = serde_json::from_str(&format!(r#"{{"stochastic":{model}}}"#)).unwrap();
    let model = options.build(seed, 0).unwrap();
    let pattern: PatternOptions =
        serde_json::from_str(r#"{"vote":{"members":["juror"],"rule":"majority","ties":"coin"}}"#).unwrap();
    let pattern = pattern.build().unwrap();
    let members: Vec<ActorPath> = (0..voters).map(|index| path("juror").indexed(index)).collect();
    let keys: Vec<RandomKey> = members.iter().map(|member| RandomKey::new(seed, 0, member.as_str())).collect();
    let seat = Seat::of(path("council"), members.clone(), seed);
    let mut right = 0_u32;
    for number in 0..DIRECT_TASKS {
        let truth = if number % 2 == 0 { "A" } else { "B" };
        let task = Arc::new(Task::new(TaskId(number), "A or B?").with_choices(["A", "B"]).with_answer(truth));
        let mut machine = pattern.start(&seat);
        let mut effects = Vec::new();
        machine.step(CouncilInput::Assigned(Assignment::of(Arc::clone(&task), ActorPath::world())), &mut effects);
        for (member, (agent, random)) in members.iter().zip(&keys).enumerate() {
            let request = ModelRequest {
                agent: agent.clone(),
                random: *random,
                group: Text::from("juror"),
                group_random: RandomKey::new(seed, 0, "juror"),
                task: Arc::clone(&task),
                call: 0,
                attempt: 0,
                transcript: Arc::new(Transcript::new()),
                tools: Arc::from([]),
                now: VirtualTime::ZERO,
                brief: None,
                heard: HeardSoFar::default(),
            };
            let outcome = Outcome::decided(model.answer(&request).unwrap().text);
            machine.step(CouncilInput::answered(member, 0, outcome), &mut effects);
        }
        let Some(CouncilEffect::Finish(outcome)) = effects.pop() else { panic!("no end: {effects:?}") };
        right += u32::from(outcome.answer() == Some(truth));
    }
    f64::from(right) / f64::from(DIRECT_TASKS)
}

/// Plays so many voters of one model and holds their majority against what is expected.
fn assert_majority(model: &str, voters: u64, seed: u64, expected: f64, row: &str) {
    if voters > WORLD_VOTERS_MAX {
        let found = played_directly(model, u32::try_from(voters).unwrap(), seed);
        assert_share(found, expected, DIRECT_TASKS, row);
    } else {
        let models = vec![model.to_owned(); usize::try_from(voters).unwrap()];
        let found = played_in_a_world(&models, "rule: majority, ties: coin", "[A, B]", seed);
        assert_share(found, expected, WORLD_TASKS, row);
    }
}

#[test]
fn every_homogeneous_row_is_reproduced() {
    let oracle = oracle();
    let rows = oracle["homogeneous"].as_array().unwrap();
    assert_eq!(rows.len(), 50);
    for (index, row) in rows.iter().enumerate() {
        let (voters, accuracy) = (row["n"].as_u64().unwrap(), number(row, "p"));
        let expected = number(row, "p_majority_correct");
        let model = format!(r#"{{"accuracy":{accuracy}}}"#);
        let seed = 1_000 + index as u64;
        assert_majority(&model, voters, seed, expected, &row.to_string());
    }
}

#[test]
fn every_common_cause_row_is_reproduced() {
    let oracle = oracle();
    let rows = oracle["common_cause"].as_array().unwrap();
    assert_eq!(rows.len(), 15);
    for (index, row) in rows.iter().enumerate() {
        let (voters, accuracy, share) = (row["n"].as_u64().unwrap(), number(row, "p"), number(row, "rho"));
        let expected = number(row, "p_majority_correct");
        let seed = 2_000 + index as u64;
        let model =
            format!(r#"{{"accuracy":{accuracy},"correlation":{{"common_cause":{{"share":{share},"group":"jury"}}}}}}"#);
        assert_majority(&model, voters, seed, expected, &row.to_string());
    }
}

#[test]
fn weights_by_log_odds_are_worth_what_they_should() {
    let oracle = oracle();
    for (index, key) in ["heterogeneous", "heterogeneous_2"].into_iter().enumerate() {
        let row = &oracle[key];
        let accuracies: Vec<f64> = row["p"].as_array().unwrap().iter().map(|p| p.as_f64().unwrap()).collect();
        let models: Vec<String> = accuracies.iter().map(|p| format!(r#"{{"accuracy":{p}}}"#)).collect();
        let seed = 3_000 + index as u64;
        let simple = played_in_a_world(&models, "rule: majority, ties: coin", "[A, B]", seed);
        assert_share(simple, number(row, "simple_majority"), WORLD_TASKS, key);
        let vote = format!("rule: weighted, weights: {{ log_odds: {accuracies:?} }}, ties: coin");
        let weighted = played_in_a_world(&models, &vote, "[A, B]", seed);
        assert_share(weighted, number(row, "log_odds_weighted_majority"), WORLD_TASKS, key);
    }
}

#[test]
fn a_plurality_over_several_wrong_choices_is_reproduced() {
    let oracle = oracle();
    let rows = oracle["self_consistency_plurality"].as_array().unwrap();
    assert_eq!(rows.len(), 12);
    for (index, row) in rows.iter().enumerate() {
        let wrong: Vec<f64> = row["wrong"].as_array().unwrap().iter().map(|weight| weight.as_f64().unwrap()).collect();
        let model = format!(r#"{{"accuracy":{},"confusion":{wrong:?}}}"#, number(row, "p_right"));
        let choices = ["A", "B", "C", "D"][..=wrong.len()].join(", ");
        let models = vec![model; usize::try_from(row["n"].as_u64().unwrap()).unwrap()];
        let found =
            played_in_a_world(&models, "rule: plurality, ties: coin", &format!("[{choices}]"), 4_000 + index as u64);
        assert_share(found, number(row, "p_plurality_right"), WORLD_TASKS, &row.to_string());
    }
}
