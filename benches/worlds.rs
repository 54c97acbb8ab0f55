//! Ten thousand short worlds of twelve actors each, on one and on two threads: ractor's tree lock is process-wide, so
//! worlds that start and stop all the time get in each other's way. A report of wall time, not a criterion bench.
//!
//! Run with `cargo bench --bench worlds`.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench measures wall time, stops at the first surprise and reports on the terminal"
)]

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use folkmoot::{Run, Scenario};

const WORLDS: u32 = 10_000;
const ROUNDS: usize = 3;

/// Six agents and a council, beside the supervisor, the ledger, the memory, the tools and the model.
const SCENARIO: &str = "
folkmoot: 1
name: short
models: { juror: { stochastic: { accuracy: 0.6 } } }
agents: { juror: { model: juror, count: 6 } }
coordination: { vote: { members: [juror], rule: majority, ties: coin } }
tasks: { generate: { count: 1, choices: [A, B] } }
";

fn play_all(scenario: &Scenario, threads: usize) -> f64 {
    let next = AtomicU32::new(0);
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while next.fetch_add(1, Ordering::Relaxed) < WORLDS {
                    Run::new(scenario).play().expect("a short world plays");
                }
            });
        }
    });
    started.elapsed().as_secs_f64()
}

fn main() {
    let scenario = folkmoot::parse(SCENARIO).expect("the scenario is sound");
    for round in 1..=ROUNDS {
        let [one, two] = [1, 2].map(|threads| play_all(&scenario, threads));
        println!(
            "round {round}: {WORLDS} worlds, one thread {one:.2} s, two threads {two:.2} s, {:.2} times",
            one / two
        );
    }
}
