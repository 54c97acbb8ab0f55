//! What a task costs that five stochastic agents vote on, without declared latency, and its floor: five bare ractor
//! actors that each ask one bare model actor, counted by a sixth.
//!
//! Run with `cargo bench --bench vote`. `-- --once ours|floor TASKS` plays so many tasks and nothing else, for counting
//! instructions.

#![allow(clippy::expect_used, reason = "a bench stops at the first surprise")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group};
use folkmoot::{Run, Scenario};

/// Tasks played in one measured batch.
const TASKS: u32 = 1_000;

const JURY: &str = "
folkmoot: 1
name: jury
models: { juror: { stochastic: { accuracy: 0.6, tokens: { input: 120, output: 40 }, price: { input: 0.15, output: 0.6 } } } }
agents: { juror: { model: juror, count: 5 } }
coordination: { vote: { members: [juror], rule: majority, ties: coin } }
tasks: { generate: { count: TASKS, choices: [A, B] } }
";

fn scenario(tasks: u32) -> Scenario {
    folkmoot::parse(&JURY.replace("TASKS", &tasks.to_string())).expect("the scenario is sound")
}

fn ours(scenario: &Scenario, tasks: u32) -> u64 {
    let played = Run::new(scenario).play().expect("the jury plays");
    assert_eq!(played.ledger.run.calls, u64::from(tasks) * 5, "every attempt is booked");
    played.ledger.run.calls
}

#[path = "bare/mod.rs"]
mod floor;

fn votes(criterion: &mut Criterion) {
    let scenario = scenario(TASKS);
    let mut group = criterion.benchmark_group("vote of five");
    group.throughput(Throughput::Elements(u64::from(TASKS)));
    group.sample_size(30);
    group.bench_function("floor", |bencher| bencher.iter(|| black_box(floor::run(TASKS, 1))));
    group.bench_function("ours", |bencher| bencher.iter(|| black_box(ours(&scenario, TASKS))));
    group.bench_function("floor again", |bencher| bencher.iter(|| black_box(floor::run(TASKS, 1))));
    group.finish();
}

criterion_group!(benches, votes);

fn main() {
    let once = |name: &str, tasks| match name {
        "floor" => _ = black_box(floor::run(tasks, 1)),
        _ => _ = black_box(ours(&scenario(tasks), tasks)),
    };
    if !floor::is_played_once(once) {
        benches();
        Criterion::default().configure_from_args().final_summary();
    }
}
