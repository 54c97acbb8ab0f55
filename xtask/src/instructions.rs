//! `cargo xtask instructions`: counts instructions under valgrind, where noise would hide what a clock says.
//!
//! Each thing is played at two sizes; what the counts differ by is free of starting and stopping. It must not know what
//! the things do: the benches and one test play them by name.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::steps::{cargo, target};

/// A thing that can be played so and so often.
struct Thing {
    name: &'static str,
    /// The bench that plays it with `--once NAME TIMES`, or `None` for the test of messages.
    bench: Option<&'static str>,
    played_as: &'static str,
    /// The smaller number of times; the other is twice that.
    times: u32,
}

const THINGS: [Thing; 8] = [
    Thing { name: "a message, bare ractor", bench: None, played_as: "bare", times: 50_000 },
    Thing { name: "a message, supervised and bounded", bench: None, played_as: "ours", times: 50_000 },
    Thing { name: "a turn with a tool call, floor", bench: Some("turn"), played_as: "floor", times: 2_000 },
    Thing { name: "a turn with a tool call", bench: Some("turn"), played_as: "turn", times: 2_000 },
    Thing { name: "a vote of five, floor", bench: Some("vote"), played_as: "floor", times: 1_000 },
    Thing { name: "a vote of five", bench: Some("vote"), played_as: "ours", times: 1_000 },
    Thing { name: "a debate of five in three rounds, floor", bench: Some("patterns"), played_as: "floor", times: 500 },
    Thing { name: "a debate of five in three rounds", bench: Some("patterns"), played_as: "ours", times: 500 },
];

/// Counts everything and prints a table; whether that could be done. Without valgrind it says so and is content.
pub fn run(root: &Path) -> bool {
    let found = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
    if !found.is_ok_and(|status| status.success()) {
        println!("skipped: valgrind is not installed (Debian: apt-get install valgrind)");
        return true;
    }
    let mut counts: Vec<f64> = Vec::new();
    println!("{:<44} {:>12} {:>8}", "instructions", "each", "ratio");
    for thing in &THINGS {
        let Some(program) = program(root, thing.bench) else {
            println!("{}: its program could not be built", thing.name);
            return false;
        };
        let counted = [thing.times, thing.times * 2].map(|times| count(root, &program, thing, times));
        let [Some(less), Some(more)] = counted else {
            println!("{}: valgrind did not count", thing.name);
            return false;
        };
        let each = more.saturating_sub(less) as f64 / f64::from(thing.times);
        // Each second thing is what stands on the floor before it.
        match counts.len().is_multiple_of(2) {
            true => println!("{:<44} {each:>12.0}", thing.name),
            false => println!("{:<44} {each:>12.0} {:>8.2}", thing.name, each / counts.last().unwrap_or(&f64::NAN)),
        }
        counts.push(each);
    }
    true
}

/// Builds a bench, or the tests of the runtime as a release; where the program is.
fn program(root: &Path, bench: Option<&str>) -> Option<PathBuf> {
    let mut command = cargo(root);
    match bench {
        Some(bench) => command.args(["bench", "--no-run", "--bench", bench]),
        None => command.args(["test", "--release", "--no-run", "--lib", "-p", "moot-runtime"]),
    };
    let output = command.args(["--quiet", "--message-format", "json"]).stderr(Stdio::inherit()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let wanted = bench.unwrap_or("moot_runtime");
    text.lines().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let is_it = message.pointer("/target/name")?.as_str()? == wanted;
        is_it.then(|| message.get("executable")?.as_str().map(PathBuf::from))?
    })
}

/// How many instructions a program carries out that plays the thing so often.
fn count(root: &Path, program: &Path, thing: &Thing, times: u32) -> Option<u64> {
    let kept = target(root).join("instructions.out");
    let mut command = Command::new("valgrind");
    command.current_dir(root).arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", kept.display()));
    command.arg(program);
    match thing.bench {
        Some(_) => command.args(["--once", thing.played_as, &times.to_string()]),
        None => command
            .args(["--ignored", "what_a_message_costs"])
            .env("MESSAGES", thing.played_as)
            .env("MESSAGES_COUNT", times.to_string()),
    };
    if !command.stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?.success() {
        return None;
    }
    let text = std::fs::read_to_string(&kept).ok()?;
    text.lines()
        .find_map(|line| line.strip_prefix("summary: ").or_else(|| line.strip_prefix("totals: ")))?
        .trim()
        .parse()
        .ok()
}
