//! What each coordination pattern costs without declared latency, and the floor of the debate: five bare ractor actors
//! that each ask one bare model actor in three rounds, 15 requests, counted by a sixth.
//!
//! Run with `cargo bench --bench patterns`. After criterion's own lines it prints a table of the cost of a model call by
//! pattern and size, and the debate's ratio to its floor. `-- --once ours|floor TASKS` plays so many debates and nothing
//! else, for counting instructions.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench stops at the first surprise and reports on the terminal"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group};
use folkmoot::{Run, Scenario};

#[path = "bare/mod.rs"]
mod floor;

/// Tasks played in one measured batch.
const TASKS: u32 = 500;

/// Rounds of the debate that has a floor, the first included.
const ROUNDS: u32 = 3;

/// A scenario of agents that say one word, in this coordination; `amount` agents are called `a`, one each `x`, `y`, `z`.
fn scenario(amount: u32, tasks: u32, councils: &str, coordination: &str) -> Scenario {
    let text = format!(
        "
folkmoot: 1
name: bench
models:
  juror: {{ stochastic: {{ accuracy: 0.6, tokens: {{ input: 120, output: 40 }}, price: {{ input: 0.15, output: 0.6 }} }} }}
  lead:
    scripted:
      repeat: true
      steps: [{{ say: \"DELEGATE a[0]: A or B?\\nDELEGATE a[1]: A or B?\" }}, {{ say: \"Answer: A\" }}]
  planner:
    scripted:
      repeat: true
      steps: [{{ say: \"TASK: A or B?\\nTASK: B or A?\" }}, {{ say: \"Answer: A\" }}]
agents:
  a: {{ model: juror, count: {amount} }}
  x: {{ model: juror }}
  y: {{ model: juror }}
  z: {{ model: juror }}
  lead: {{ model: lead }}
  planner: {{ model: planner }}
councils: {{ {councils} }}
coordination: {coordination}
tasks: {{ generate: {{ count: {tasks}, choices: [A, B] }} }}
"
    );
    folkmoot::parse(&text).expect("the scenario is sound")
}

fn ours(scenario: &Scenario) -> u64 {
    let played = Run::new(scenario).play().expect("it plays");
    played.ledger.run.calls
}

/// The debate that has a floor.
fn debate(tasks: u32) -> Scenario {
    scenario(5, tasks, "", "{ debate: { members: [a], rounds: 2, decide: { rule: majority, ties: coin } } }")
}

/// A pattern with a number of members: its name, their number, the council.
fn patterns() -> Vec<(&'static str, u32, String)> {
    let mut patterns = Vec::new();
    for n in [5, 10, 20] {
        let vote = "{ rule: plurality, ties: coin }";
        patterns.push(("vote", n, "vote: { members: [a], rule: plurality, ties: coin }".to_owned()));
        patterns.push(("debate, 3 rounds", n, format!("debate: {{ members: [a], rounds: 2, decide: {vote} }}")));
        patterns.push(("mixture, 2 layers", n, "mixture: { proposers: [a], aggregator: x }".to_owned()));
        patterns.push((
            "round_robin, 2 each",
            n,
            format!("round_robin: {{ members: [a], statements_max: {} }}", 2 * n),
        ));
        patterns.push((
            "selector by rule, 2 each",
            n,
            format!("selector: {{ members: [a], selector: {{ rule: least_often }}, statements_max: {} }}", 2 * n),
        ));
        patterns.push(("fan_out", n, format!("fan_out: {{ members: [a], combine: {{ vote: {vote} }} }}")));
        patterns.push(("pipeline", n, "pipeline: { steps: [a] }".to_owned()));
    }
    patterns.push(("sample", 5, "sample: { member: x, samples: 5 }".to_owned()));
    patterns.push(("judged, 3 rounds", 2, "judged: { sides: [x, y], judge: z }".to_owned()));
    patterns.push(("reflection", 2, "reflection: { author: x, critic: y, unapproved: accept }".to_owned()));
    patterns.push(("handoff", 2, "handoff: { members: [x, y] }".to_owned()));
    patterns.push(("delegation, 2 subtasks", 3, "delegation: { lead: lead, workers: [a] }".to_owned()));
    patterns.push(("hierarchy, 2 parts", 3, "hierarchy: { lead: planner, workers: [a] }".to_owned()));
    let nodes = "{ a: { member: x }, b: { member: y, after: [a] }, c: { member: z, after: [a, b] } }";
    patterns.push(("graph, 3 nodes", 3, format!("graph: {{ nodes: {nodes} }}")));
    patterns
}

fn criterion_entries(criterion: &mut Criterion) {
    let debate = debate(TASKS);
    let mut group = criterion.benchmark_group("debate of five in three rounds");
    group.throughput(Throughput::Elements(u64::from(TASKS)));
    group.sample_size(20);
    group.bench_function("floor", |bencher| bencher.iter(|| black_box(floor::run(TASKS, ROUNDS))));
    group.bench_function("ours", |bencher| bencher.iter(|| black_box(ours(&debate))));
    group.bench_function("floor again", |bencher| bencher.iter(|| black_box(floor::run(TASKS, ROUNDS))));
    group.finish();

    let mut group = criterion.benchmark_group("patterns");
    group.sample_size(10);
    for (name, n, council) in patterns().into_iter().filter(|(_, n, _)| *n <= 5) {
        let played = scenario(n.max(2), 100, "", &format!("{{ {council} }}"));
        group.throughput(Throughput::Elements(ours(&played)));
        group.bench_function(format!("{name}, n = {n}"), |bencher| bencher.iter(|| black_box(ours(&played))));
    }
    let vote = scenario(1_000, 1, "", "{ vote: { members: [a], rule: plurality, ties: coin } }");
    group.throughput(Throughput::Elements(1_000));
    group.bench_function("a vote of 1,000", |bencher| bencher.iter(|| black_box(ours(&vote))));
    let deep = deep_hierarchy();
    group.throughput(Throughput::Elements(ours(&deep)));
    group.bench_function("a hierarchy of 10 levels", |bencher| bencher.iter(|| black_box(ours(&deep))));
    group.finish();
}

/// Ten hierarchies, each the only worker of the one above it.
fn deep_hierarchy() -> Scenario {
    let mut councils = String::new();
    for level in 0..9 {
        let worker = if level == 0 { "a".to_owned() } else { format!("level{}", level - 1) };
        councils.push_str(&format!(
            "level{level}: {{ hierarchy: {{ lead: planner, workers: [{worker}], fresh: true }} }}, "
        ));
    }
    let councils = councils.trim_end_matches(", ").to_owned();
    scenario(2, 1, &councils, "{ hierarchy: { lead: planner, workers: [level8], fresh: true } }")
}

/// The least time that something takes in so many tries.
fn least(tries: u32, mut run: impl FnMut() -> u64) -> (Duration, u64) {
    let mut least = Duration::MAX;
    let mut amount = 0;
    for _ in 0..tries {
        let started = Instant::now();
        amount = black_box(run());
        least = least.min(started.elapsed());
    }
    (least, amount)
}

fn tables(_: &mut Criterion) {
    println!("\ncost of a model call and messages by pattern and size");
    println!("{:<28} {:>4} {:>12} {:>10} {:>12}", "pattern", "n", "calls/task", "us/call", "messages");
    for (name, n, council) in patterns() {
        let tasks = 100;
        let played = scenario(n.max(2), tasks, "", &format!("{{ {council} }}"));
        let (time, calls) = least(5, || ours(&played));
        let messages = Run::new(&played).play().expect("it plays").summary.messages();
        let per_task = calls as f64 / f64::from(tasks);
        let micros = time.as_secs_f64() * 1e6 / calls as f64;
        let messages = messages as f64 / f64::from(tasks);
        println!("{name:<28} {n:>4} {per_task:>12.1} {micros:>10.2} {messages:>12.1}");
    }
    let debate = debate(TASKS);
    let (floor, _) = least(10, || floor::run(TASKS, ROUNDS) as u64);
    let (ours, _) = least(10, || ours(&debate));
    let ratio = ours.as_secs_f64() / floor.as_secs_f64();
    println!("\ndebate of five in three rounds: {ratio:.2} times its floor (least of 10 each)");
}

criterion_group!(benches, criterion_entries, tables);

fn main() {
    let once = |name: &str, tasks| match name {
        "floor" => _ = black_box(floor::run(tasks, ROUNDS)),
        _ => _ = black_box(ours(&debate(tasks))),
    };
    if !floor::is_played_once(once) {
        benches();
        Criterion::default().configure_from_args().final_summary();
    }
}
