//! What an idle agent with one remembered message holds in memory and takes to start, beside a bare linked ractor
//! actor with one remembered message. Each is measured in a process of its own, so that neither reuses the other's
//! memory; a report of resident memory and CPU time, not a criterion bench.
//!
//! Run with `cargo bench --bench footprint`.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench stops at the first surprise and reports on the terminal"
)]

use std::process::Command;

use folkmoot::core::{ActorPath, ModelFailure, ModelReply, Placement, Task, TaskId, Transcript};
use folkmoot::model::{Model, ModelRequest};
use folkmoot::runtime::{AgentSpec, ModelSpec, WorldSpec, play};
use ractor::{Actor, ActorProcessingErr, ActorRef, ActorStatus, SupervisionEvent};

const AGENTS: u32 = 100_000;
const ROUNDS: usize = 5;

/// What a measured process says of itself: resident memory in KiB and CPU time in clock ticks.
#[derive(Clone, Copy)]
struct Reading {
    resident_kib: u64,
    cpu_ticks: u64,
}

fn reading() -> Reading {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let resident_kib = resident.and_then(|rest| rest.trim().split(' ').next()?.parse().ok()).unwrap_or(0);
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    Reading { resident_kib, cpu_ticks: ticks(11) + ticks(12) }
}

fn tell(before: Reading) {
    let after = reading();
    println!("{} {}", after.resident_kib - before.resident_kib, after.cpu_ticks - before.cpu_ticks);
}

struct Mother;
struct Bare;

impl Actor for Mother {
    type Msg = ();
    type State = ();
    type Arguments = ();
    async fn pre_start(&self, _: ActorRef<()>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }
    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<()>,
        _: SupervisionEvent,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        Ok(())
    }
}

impl Actor for Bare {
    type Msg = String;
    type State = Vec<String>;
    type Arguments = String;
    async fn pre_start(&self, _: ActorRef<String>, first: String) -> Result<Vec<String>, ActorProcessingErr> {
        Ok(vec![first])
    }
    async fn handle(
        &self,
        _: ActorRef<String>,
        message: String,
        state: &mut Vec<String>,
    ) -> Result<(), ActorProcessingErr> {
        state.push(message);
        Ok(())
    }
}

fn bare() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let (mother, _) = Mother::spawn(None, Mother, ()).await.expect("the supervisor starts");
        let before = reading();
        let mut children = Vec::new();
        for number in 0..AGENTS {
            let first = format!("remember the number {number}");
            let (child, ended) =
                Bare::spawn_linked(None, Bare, first, mother.get_cell()).await.expect("a child starts");
            children.push((child, ended));
        }
        // Spawned is not started: an actor allocates its loop when it first runs. The last runs after all others.
        while children.last().is_some_and(|(child, _)| child.get_status() != ActorStatus::Running) {
            tokio::task::yield_now().await;
        }
        tell(before);
        // Stopping a hundred thousand actors in order is not what is measured.
        std::process::exit(0);
    });
}

/// Measures when it is asked: by then every agent is up, and nobody has done anything.
struct Meter(Reading);

impl Model for Meter {
    fn answer(&self, _: &ModelRequest) -> Result<ModelReply, ModelFailure> {
        tell(self.0);
        std::process::exit(0);
    }
    fn placement(&self) -> Placement {
        Placement::Inside
    }
}

fn ours() {
    let before = reading();
    let first = ActorPath::new("agent").expect("a plain name").indexed(0);
    let mut spec = WorldSpec::new("idle", first);
    spec.models.push(ModelSpec::new("meter", move || std::sync::Arc::new(Meter(before))));
    let agent = |number| {
        let mut history = Transcript::new();
        history.push_user(ActorPath::world(), format!("remember the number {number}")).expect("a first message");
        AgentSpec { history, ..AgentSpec::new(ActorPath::new("agent").expect("a plain name").indexed(number), 0) }
    };
    spec.agents = (0..AGENTS).map(agent).collect();
    spec.tasks = Box::new(std::iter::once(Task::new(TaskId(0), "now")));
    play(spec).expect("the world starts");
}

fn measure(kind: &str) -> Option<Reading> {
    let program = std::env::current_exe().ok()?;
    let output = Command::new(program).arg(kind).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut numbers = text.split_whitespace().map(str::parse::<u64>);
    Some(Reading { resident_kib: numbers.next()?.ok()?, cpu_ticks: numbers.next()?.ok()? })
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("bare") => return bare(),
        Some("ours") => return ours(),
        _ => {}
    }
    println!("{AGENTS} idle agents with one remembered message, {ROUNDS} rounds, each in a process of its own");
    let mut ratios = Vec::new();
    for round in 1..=ROUNDS {
        let (Some(bare), Some(ours)) = (measure("bare"), measure("ours")) else {
            println!("round {round}: a process did not answer; is /proc there?");
            std::process::exit(1);
        };
        let per_agent = |reading: Reading| reading.resident_kib as f64 * 1024.0 / f64::from(AGENTS);
        let memory = per_agent(ours) / per_agent(bare);
        let time = ours.cpu_ticks as f64 / bare.cpu_ticks.max(1) as f64;
        println!(
            "round {round}: bare {:.0} bytes, ours {:.0} bytes, ratio {memory:.3}; start CPU bare {} ticks, ours {} ticks, ratio {time:.2}",
            per_agent(bare),
            per_agent(ours),
            bare.cpu_ticks,
            ours.cpu_ticks
        );
        ratios.push((memory, time));
    }
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    println!("median memory ratio {:.3}", median(ratios.iter().map(|(memory, _)| *memory).collect()));
    println!("median start CPU ratio {:.2}", median(ratios.iter().map(|(_, time)| *time).collect()));
}
