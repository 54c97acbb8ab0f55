//! The command `campaign`: plays seeds and tells what they found.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command tells what it found")]

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Parser;
use moot_campaign::{generate, hunt, play};

/// Plays generated scenarios under planned faults and holds every run against every invariant.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many seeds
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// How many threads; default as many as the machine runs at once
    #[arg(long)]
    threads: Option<usize>,
    /// Plays this seed alone and tells more of it
    #[arg(long, value_name = "SEED")]
    seed_only: Option<u64>,
    /// With --seed-only: prints the events
    #[arg(long)]
    events: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    play::note_panics();
    if let Some(seed) = arguments.seed_only {
        let made = generate::scenario(seed);
        println!("{}", made.text);
        let shown_to: Option<fn(&folkmoot::core::Event)> = arguments.events.then_some(|event| {
            println!("{} {} {} {:?} {:?}", event.sequence.0, event.time, event.actor, event.cause.map(|c| c.0), event.kind);
        });
        let (verdict, _) = play::play_otherwise(&made, &play::Otherwise { shown_to, ..play::Otherwise::default() });
        println!("{} events, ended at {}, {}", verdict.events, verdict.ended_at, verdict.status);
        println!("{:?}\n{:?}", verdict.fired.by_form, verdict.coverage);
        for finding in &verdict.findings {
            println!("{}: {}", finding.rule, finding.text);
        }
        return ExitCode::from(u8::from(!verdict.is_well()));
    }
    let threads = arguments.threads.or_else(|| std::thread::available_parallelism().ok().map(usize::from)).unwrap_or(1);
    let mut rules: BTreeMap<String, (u64, u64, String)> = BTreeMap::new();
    let mut failed = 0;
    let mut events = 0;
    let mut longest = (0, 0);
    let mut latest = (0, 0);
    let mut fired = folkmoot::safety::fault::Fired::default();
    let mut statuses: BTreeMap<String, u64> = BTreeMap::new();
    let seeds = arguments.first..arguments.first + arguments.seeds;
    hunt::hunt(seeds, threads, |seed| play::play(&generate::scenario(seed)), |seed, verdict| {
        events += verdict.events;
        longest = longest.max((verdict.events, seed));
        latest = latest.max((verdict.ended_at.as_millis(), seed));
        fired.add(&verdict.fired);
        let status = verdict.status.split(' ').next().unwrap_or_default().to_owned();
        *statuses.entry(status).or_default() += 1;
        if let Some(finding) = verdict.findings.first() {
            failed += 1;
            let entry = rules.entry(finding.rule.clone()).or_insert((0, seed, finding.text.clone()));
            entry.0 += 1;
            if seed < entry.1 {
                (entry.1, entry.2) = (seed, finding.text.clone());
            }
            let first: String = finding.text.lines().take(3).collect::<Vec<_>>().join(" | ").chars().take(300).collect();
            eprintln!("seed {seed}: {} {first}", finding.rule);
        }
    });
    println!("{failed} of {} seeds failed; {events} events; longest {longest:?}; latest {latest:?}", arguments.seeds);
    println!("{statuses:?}");
    for (rule, (count, seed, text)) in &rules {
        println!("{rule}: {count}, first at seed {seed}: {text}");
    }
    println!("{:#?}", fired.by_form);
    ExitCode::from(u8::from(failed > 0))
}
