//! The command `campaign`: plays seeds and tells what they found.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command tells what it found")]

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use folkmoot::core::Event;
use moot_campaign::leaks::{Held, growth};
use moot_campaign::play::{Otherwise, Verdict};
use moot_campaign::report::Report;
use moot_campaign::{generate, hunt, play, shrink};

/// How many failing seeds are made small.
const SHRUNK_MAX: usize = 3;

/// Plays generated scenarios under planned faults and holds every run against every invariant.
#[derive(Debug, Parser)]
#[command(
    name = "campaign",
    after_help = "example: campaign --seeds 10000\n         campaign --seed-only 4711 --events"
)]
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
    /// Plays this seed alone, tells more of it and, if it fails, makes it small
    #[arg(long, value_name = "SEED")]
    seed_only: Option<u64>,
    /// With --seed-only: prints the events as they happen
    #[arg(long)]
    events: bool,
    /// Plays all seeds twice on one thread and tells whether the second time leaves files, threads or memory behind
    #[arg(long)]
    leaks: bool,
    /// Where the scenarios of failing seeds are kept
    #[arg(long, value_name = "FOLDER", default_value = "target/campaign")]
    keep: PathBuf,
    /// Writes the digest of each seed to a file
    #[arg(long, value_name = "FILE")]
    digests: Option<PathBuf>,
    /// Holds the digests against those in a file
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    /// Plays with a bug on purpose until it is found: its name, or `all`
    #[cfg(feature = "planted-bugs")]
    #[arg(long, value_name = "NAME")]
    planted: Option<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    play::note_panics();
    #[cfg(feature = "planted-bugs")]
    if let Some(name) = &arguments.planted {
        return exit(planted(&arguments, name));
    }
    match arguments.seed_only {
        Some(seed) => exit(one(&arguments, seed)),
        None if arguments.leaks => exit(leaks(&arguments)),
        None => exit(many(&arguments)),
    }
}

fn exit(is_well: bool) -> ExitCode {
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Arguments {
    fn threads(&self) -> usize {
        self.threads.or_else(|| std::thread::available_parallelism().ok().map(usize::from)).unwrap_or(1)
    }
}

fn verdict_of(seed: u64) -> Verdict {
    play::play(&generate::scenario(seed))
}

/// A seed that never ends in real time can't be stopped: it is named, and the process ends.
fn stuck(seeds: &[u64]) {
    eprintln!("these seeds never end: {seeds:?}; try campaign --seed-only {} --events", seeds.first().unwrap_or(&0));
    std::process::exit(1);
}

fn many(arguments: &Arguments) -> bool {
    let seeds = arguments.first..arguments.first.saturating_add(arguments.seeds);
    let mut report = Report::default();
    let shows_progress = std::io::stderr().is_terminal();
    hunt::hunt(seeds, arguments.threads(), verdict_of, stuck, |seed, verdict| {
        report.add(&verdict);
        if let Some(finding) = verdict.findings.first() {
            eprintln!("seed {seed} fails: {}", finding.rule);
        }
        if shows_progress && report.seeds.is_multiple_of(100) {
            eprint!("\r{} of {} seeds", report.seeds, arguments.seeds);
        }
        true
    });
    println!("{}", report.table());
    let mut is_well = report.failing.is_empty();
    for (seed, problem) in &report.failing {
        println!("seed {seed}: {problem}\n");
    }
    for seed in report.failing.keys().take(SHRUNK_MAX) {
        make_small(*seed, &arguments.keep);
    }
    for missing in report.missing() {
        println!("not covered: {missing}");
        is_well = false;
    }
    if let Some(path) = &arguments.digests {
        is_well &= write(path, &report.digests());
    }
    if let Some(path) = &arguments.compare {
        is_well &= compare(&report, path);
    }
    println!("{} seeds, {} failed", report.seeds, report.failing.len());
    is_well
}

/// Whether worlds give back all that they take: the first time warms up, the second must need no more.
fn leaks(arguments: &Arguments) -> bool {
    let play_all = || {
        let seeds = arguments.first..arguments.first.saturating_add(arguments.seeds);
        seeds.map(verdict_of).filter(|verdict| verdict.findings.iter().any(|finding| finding.rule == "I17")).count()
    };
    let left_tasks = play_all();
    let before = Held::now();
    let left_tasks = left_tasks + play_all();
    println!("{left_tasks} of {} worlds left tasks behind", arguments.seeds * 2);
    let (Some(before), Some(after)) = (before, Held::now()) else {
        println!("skipped: this system does not tell what a process holds");
        return left_tasks == 0;
    };
    println!("after {} worlds: {before}\nafter {} more: {after}", arguments.seeds, arguments.seeds);
    let found = growth(&before, &after);
    found.iter().for_each(|what| println!("{what}"));
    left_tasks == 0 && found.is_empty()
}

fn compare(report: &Report, path: &Path) -> bool {
    match std::fs::read_to_string(path) {
        Ok(other) => {
            let differences = report.differences(&other);
            differences.iter().for_each(|difference| println!("{difference}"));
            println!("{} of {} digests are equal", report.seeds - differences.len() as u64, report.seeds);
            differences.is_empty()
        }
        Err(error) => {
            println!("{} can't be read: {error}", path.display());
            false
        }
    }
}

fn write(path: &Path, text: &str) -> bool {
    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    match made.and_then(|()| std::fs::write(path, text)) {
        Ok(()) => true,
        Err(error) => {
            println!("{} can't be written: {error}", path.display());
            false
        }
    }
}

fn one(arguments: &Arguments, seed: u64) -> bool {
    let made = generate::scenario(seed);
    let path = arguments.keep.join(format!("seed-{seed}.yaml"));
    if write(&path, &made.text) {
        println!("the scenario is in {}", path.display());
    }
    let shown_to: Option<fn(&Event)> = arguments.events.then_some(|event| println!("{}", line_of(event)));
    let (verdict, _) = play::play_otherwise(&made, &Otherwise { shown_to, ..Otherwise::default() });
    println!("{} events, ended at {}: {}", verdict.events, verdict.ended_at, verdict.status);
    println!("digest {}", verdict.digest);
    for (form, count) in &verdict.fired.by_form {
        println!("  {count} × {form}");
    }
    for finding in &verdict.findings {
        println!("{}: {}", finding.rule, finding.text);
    }
    if !verdict.is_well() {
        make_small(seed, &arguments.keep);
    }
    verdict.is_well()
}

fn line_of(event: &Event) -> String {
    let cause = event.cause.map_or_else(|| "-".to_owned(), |cause| cause.0.to_string());
    format!("{} {} {} because of {cause}: {:?}", event.sequence.0, event.time, event.actor, event.kind)
}

/// Tells the smallest list of faults with which a seed fails, and keeps its scenario.
fn make_small(seed: u64, keep: &Path) {
    let made = generate::scenario(seed);
    let Some(shrunk) = shrink::shrink(&made) else {
        println!("seed {seed} could not be made small");
        return;
    };
    println!("seed {seed} fails with {} fault(s), {} strike(s):", shrunk.faults.len(), shrunk.strikes);
    for (number, fault) in &shrunk.faults {
        println!("  {number}: {}", serde_json::to_string(fault).unwrap_or_default());
    }
    if let Some(finding) = shrunk.verdict.findings.first() {
        println!("  {}", finding.text.replace('\n', "\n  "));
    }
    let events = keep.join(format!("seed-{seed}.small.events"));
    if write(&events, &shrunk.events.iter().map(|event| line_of(event) + "\n").collect::<String>()) {
        println!("  its events are in {}", events.display());
    }
    let path = keep.join(format!("seed-{seed}.small.yaml"));
    if write(&path, &shrunk.text) {
        println!("  moot run {}", path.display());
    }
    println!("  cargo xtask campaign --seed-only {seed} --events   ({} runs to make it small)\n", shrunk.runs);
}

/// Plays with each bug until a seed fails; whether all were found.
#[cfg(feature = "planted-bugs")]
fn planted(arguments: &Arguments, name: &str) -> bool {
    use std::collections::BTreeSet;

    use folkmoot::core::planted::{self, Planted};
    let chosen: Vec<Planted> = match (name, Planted::named(name)) {
        ("all", _) => Planted::ALL.to_vec(),
        (_, Some(planted)) => vec![planted],
        (_, None) => {
            let names: Vec<&str> = Planted::ALL.iter().map(|planted| planted.name()).collect();
            eprintln!("there is no bug {name:?}; there are {}", names.join(", "));
            return false;
        }
    };
    // A seed that fails without a bug shows none.
    let mut fails_anyway: BTreeSet<u64> = BTreeSet::new();
    let seeds = || arguments.first..arguments.first.saturating_add(arguments.seeds);
    hunt::hunt(seeds(), arguments.threads(), verdict_of, stuck, |seed, verdict| {
        if !verdict.is_well() {
            fails_anyway.insert(seed);
        }
        true
    });
    println!("{} of {} seeds fail without a planted bug", fails_anyway.len(), arguments.seeds);
    let mut found = 0;
    for bug in &chosen {
        planted::switch_on(Some(*bug));
        let mut first: Option<(u64, String)> = None;
        hunt::hunt(seeds(), arguments.threads(), verdict_of, stuck, |seed, verdict| {
            if let Some(finding) = verdict.findings.first()
                && first.as_ref().is_none_or(|(earlier, _)| seed < *earlier)
                && !fails_anyway.contains(&seed)
            {
                let rules: BTreeSet<&str> = verdict.findings.iter().map(|finding| finding.rule.as_str()).collect();
                let rules: Vec<&str> = rules.into_iter().collect();
                let what = finding.text.lines().nth(1).unwrap_or(&finding.text);
                first = Some((seed, format!("{}: {what}", rules.join(", "))));
            }
            first.is_none()
        });
        match &first {
            Some((seed, finding)) => {
                found += 1;
                println!("{:<22} ({}) found at seed {seed}: {finding}", bug.name(), bug.breaks());
            }
            None => println!("{:<22} ({}) NOT FOUND in {} seeds", bug.name(), bug.breaks(), arguments.seeds),
        }
    }
    planted::switch_on(None);
    println!("{found} of {} planted bugs found", chosen.len());
    found == chosen.len()
}
