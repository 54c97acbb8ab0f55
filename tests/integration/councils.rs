//! Councils in worlds of actors against values that are known from formulas, within 4 standard errors: debates of agents
//! that count what they hear, plurality among four, correlated votes, quorum with silent members, joins of k of n.
//!
//! Sources: `debate_public.json` (see `tests/data/README.md`) is exact for every row; the other tables are those of the
//! closed forms named beside them.

use std::collections::BTreeMap;

use folkmoot::core::{Ballot, Event, EventKind, Outcome, TaskId};
use serde_json::Value;

use crate::support::{play, scenario};

const TASKS: u32 = 2_000;

/// Fails when a mean over so many tasks lies more than 4 standard errors from what is expected.
fn assert_mean(found: f64, expected: f64, deviation: f64, tasks: u32, what: &str) {
    let standard_error = deviation / f64::from(tasks).sqrt();
    let errors = (found - expected).abs() / standard_error.max(1e-12);
    assert!(errors <= 4.0, "{what}: found {found}, expected {expected}, {errors:.1} standard errors apart");
}

/// The same for a share.
fn assert_share(found: f64, expected: f64, tasks: u32, what: &str) {
    assert_mean(found, expected, (expected * (1.0 - expected)).sqrt(), tasks, what);
}

fn share(amount: usize, tasks: u32) -> f64 {
    amount as f64 / f64::from(tasks)
}

/// For each task and round, how many ballots were right and how many there were.
fn ballots(events: &[Event]) -> BTreeMap<(TaskId, u32), (u32, u32)> {
    let mut truth = BTreeMap::new();
    let mut counts: BTreeMap<(TaskId, u32), (u32, u32)> = BTreeMap::new();
    for event in events {
        match &event.kind {
            EventKind::TaskStarted { task } => {
                truth.insert(task.id, task.answer.clone());
            }
            EventKind::BallotCast { task, round, ballot: Ballot::For(answer), .. } => {
                let count = counts.entry((*task, *round)).or_default();
                count.0 += u32::from(truth.get(task).is_some_and(|truth| truth.as_deref() == Some(answer)));
                count.1 += 1;
            }
            _ => {}
        }
    }
    counts
}

#[test]
fn debates_of_agents_that_count_what_they_hear_go_as_the_oracle_says() {
    let oracle: Value = serde_json::from_str(include_str!("../data/debate_public.json")).unwrap();
    for case in oracle["cases"].as_array().unwrap() {
        let (n, a, b) = (case["N"].as_u64().unwrap(), case["a"].as_f64().unwrap(), case["b"].as_f64().unwrap());
        let rounds = case["rounds"].as_array().unwrap();
        let played = play(&scenario(&format!(
            "
folkmoot: 1
name: debate
models: {{ m: {{ stochastic: {{ accuracy: {}, beliefs: {{ strength: {} }} }} }} }}
agents: {{ d: {{ model: m, count: {n} }} }}
coordination: {{ debate: {{ members: [d], rounds: {}, decide: {{ rule: majority, ties: coin }} }} }}
tasks: {{ generate: {{ count: {TASKS}, choices: [A, B] }} }}
",
            a / (a + b),
            a + b,
            rounds.len() - 1
        )));
        let counts = ballots(played.events.as_ref().unwrap());
        for row in rounds {
            let round = u32::try_from(row["round"].as_u64().unwrap()).unwrap();
            let what = |name: &str| format!("{n} debaters, round {round}, {name}");
            let of_round: Vec<(u32, u32)> =
                counts.iter().filter(|((_, of), _)| *of == round).map(|(_, count)| *count).collect();
            assert_eq!(of_round.len(), TASKS as usize);
            assert!(of_round.iter().all(|(_, cast)| u64::from(*cast) == n));
            let majority = of_round.iter().filter(|(right, cast)| right * 2 > *cast).count();
            assert_share(share(majority, TASKS), row["p_majority_right"].as_f64().unwrap(), TASKS, &what("majority"));
            let unanimous = of_round.iter().filter(|(right, cast)| *right == 0 || right == cast).count();
            assert_share(share(unanimous, TASKS), row["p_unanimous"].as_f64().unwrap(), TASKS, &what("unanimous"));
            // The share of right answers of a task has the variance of its probability and of n draws with it.
            let mean = of_round.iter().map(|(right, cast)| f64::from(*right) / f64::from(*cast)).sum::<f64>();
            let (expected, spread) =
                (row["expected_p_right"].as_f64().unwrap(), row["sd_p_right_across_runs"].as_f64().unwrap());
            let drawn = (expected * (1.0 - expected) - spread * spread) / n as f64;
            let deviation = (spread * spread + drawn).sqrt();
            assert_mean(mean / f64::from(TASKS), expected, deviation, TASKS, &what("correctness"));
        }
    }
}

/// The share of right decisions of a vote of `n` in a world of actors.
fn accuracy(model: &str, n: u32, vote: &str, choices: &str) -> f64 {
    let played = play(&scenario(&format!(
        "
folkmoot: 1
name: vote
models: {{ m: {{ stochastic: {model} }} }}
gateways: {{ m: {{ retry: {{ retries_max: 0 }} }} }}
agents: {{ v: {{ model: m, count: {n} }} }}
coordination: {{ vote: {{ members: [v], {vote} }} }}
tasks: {{ generate: {{ count: {TASKS}, choices: {choices} }} }}
tolerate: {{ failed: 1 }}
"
    )));
    played.summary.correct() as f64 / f64::from(TASKS)
}

#[test]
fn plurality_among_four_is_as_good_as_its_closed_form() {
    // O2: K = 4, the wrong mass uniform, ties by lot.
    for (p, n, expected) in [
        (0.3, 3, 0.314),
        (0.3, 11, 0.376_384),
        (0.3, 25, 0.444_299),
        (0.4, 3, 0.448),
        (0.4, 5, 0.509_44),
        (0.4, 25, 0.799_421),
        (0.5, 3, 0.583_333),
        (0.5, 5, 0.673_611),
        (0.5, 11, 0.834_270),
    ] {
        let found = accuracy(&format!("{{ accuracy: {p} }}"), n, "rule: plurality, ties: coin", "[A, B, C, D]");
        assert_share(found, expected, TASKS, &format!("p = {p}, n = {n}"));
    }
}

#[test]
fn correlated_votes_are_as_good_as_their_closed_forms() {
    // O3, p = 0.6: exchangeable (beta-binomial) and with a common cause.
    for (kind, n, expected) in [
        ("beta_binomial: { correlation: 0.1 }", 3, 0.6353),
        ("beta_binomial: { correlation: 0.1 }", 11, 0.6850),
        ("beta_binomial: { correlation: 0.5 }", 5, 0.6107),
        ("common_cause: { share: 0.2 }", 5, 0.6660),
        ("common_cause: { share: 0.5 }", 5, 0.6413),
    ] {
        let model = format!("{{ accuracy: 0.6, correlation: {{ {kind} }} }}");
        let found = accuracy(&model, n, "rule: majority, ties: coin", "[A, B]");
        assert_share(found, expected, TASKS, &format!("{kind}, n = {n}"));
    }
}

#[test]
fn quorum_and_supermajority_decide_as_often_as_their_closed_forms() {
    // O5: each of n responds with probability s; q must have responded; majority of those, ties by lot.
    for (n, q, s, p, decide, correct) in [
        (5, 3, 0.9, 0.8, 0.991_440, 0.915_540),
        (5, 5, 0.9, 0.8, 0.590_490, 0.556_289),
        (7, 5, 0.8, 0.7, 0.851_968, 0.720_798),
        (9, 5, 0.5, 0.7, 0.5, 0.421_841),
    ] {
        let played = play(&scenario(&format!(
            "
folkmoot: 1
name: quorum
models: {{ m: {{ stochastic: {{ accuracy: {p}, failures: {{ timeout: {} }} }} }} }}
gateways: {{ m: {{ retry: {{ retries_max: 0 }} }} }}
agents: {{ v: {{ model: m, count: {n} }} }}
coordination: {{ vote: {{ members: [v], rule: majority, ties: coin, quorum: {{ at_least: {q} }} }} }}
tasks: {{ generate: {{ count: {TASKS}, choices: [A, B] }} }}
tolerate: {{ failed: 1 }}
",
            1.0 - s
        )));
        let what = format!("n = {n}, q = {q}, s = {s}, p = {p}");
        let decided = played
            .events
            .as_ref()
            .unwrap()
            .iter()
            .filter(|event| matches!(&event.kind, EventKind::TaskEnded { outcome: Outcome::Decided { .. }, .. }));
        assert_share(share(decided.count(), TASKS), decide, TASKS, &format!("{what}, decided"));
        let right = played.summary.correct() as f64 / f64::from(TASKS);
        assert_share(right, correct, TASKS, &format!("{what}, right"));
    }
    for (n, m, p, right, none) in [(5, 4, 0.8, 0.737_28, 0.256), (9, 6, 0.7, 0.729_659, 0.245_046)] {
        // More than m - 1/2 of n is at least m.
        let threshold = (f64::from(m) - 0.5) / f64::from(n);
        let vote = format!("rule: majority, ties: none, threshold: {threshold}");
        let found = accuracy(&format!("{{ accuracy: {p} }}"), n, &vote, "[A, B]");
        assert_share(found, right, TASKS, &format!("{m} of {n}, right"));
        assert!(none > 0.0);
    }
}

#[test]
fn a_join_of_k_of_n_takes_as_long_as_its_closed_form() {
    // O15: workers that take Exp(1) seconds each: the k-th of n comes after H_n - H_(n-k) on average, with the variance
    // Σ 1/i² over i = n-k+1 … n.
    for (n, k, mean) in [(5, 1, 0.2), (5, 3, 0.7833), (5, 4, 1.2833), (5, 5, 2.2833), (9, 5, 0.7456), (9, 8, 1.8290)] {
        let played = play(&scenario(&format!(
            "
folkmoot: 1
name: join
models: {{ m: {{ stochastic: {{ accuracy: 0.6, latency: {{ exponential: {{ mean: 1s }} }} }} }} }}
agents: {{ v: {{ model: m, count: {n} }} }}
coordination: {{ vote: {{ members: [v], rule: plurality, ties: first, join: {{ at_least: {k} }} }} }}
tasks: {{ generate: {{ count: {TASKS}, choices: [A, B] }} }}
"
        )));
        let variance: f64 = (n - k + 1..=n).map(|i| 1.0 / f64::from(i * i)).sum();
        let total_ms = played.events.as_ref().unwrap().last().unwrap().time.as_millis();
        let found = total_ms as f64 / 1_000.0 / f64::from(TASKS);
        // Latencies are whole milliseconds, so each may be off by half of one.
        assert_mean(found, mean, variance.sqrt() + 0.0005 * f64::from(TASKS).sqrt(), TASKS, &format!("{k} of {n}"));
    }
}
