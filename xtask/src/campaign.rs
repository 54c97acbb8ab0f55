//! `cargo xtask campaign`: builds the campaign in release and runs it, with bugs on purpose compiled in only when they are
//! asked for. It must not know how a campaign is played.

use std::path::Path;
use std::process::Command;

use crate::steps::{cargo, step};

/// How many seeds are played twice when nobody says.
const TWICE_SEEDS: &str = "500";

/// Plays a campaign as these arguments say.
pub fn run(root: &Path, arguments: &[String]) -> bool {
    if let Some(place) = arguments.iter().position(|argument| argument == "--twice") {
        let others: Vec<String> =
            arguments.iter().take(place).chain(arguments.iter().skip(place + 1)).cloned().collect();
        return twice(root, &others);
    }
    step("campaign", command(root, arguments).args(arguments))
}

/// A tenth of it, as often as everything else is checked: no violation, every fault and every point, equal digests.
pub fn short(root: &Path) -> bool {
    let seeds = ["--seeds".to_owned(), "1000".to_owned()];
    run(root, &seeds) & twice(root, &["--seeds".to_owned(), "100".to_owned()])
}

/// All seeds in two processes, one at a time and eight at a time: each digest is the same.
fn twice(root: &Path, arguments: &[String]) -> bool {
    let file = crate::steps::target(root).join("campaign-digests.txt");
    let mut arguments = arguments.to_vec();
    if !arguments.iter().any(|argument| argument == "--seeds") {
        arguments.extend(["--seeds".to_owned(), TWICE_SEEDS.to_owned()]);
    }
    let first = step(
        "campaign, one world at a time",
        command(root, &arguments).args(&arguments).args(["--threads", "1", "--digests"]).arg(&file),
    );
    let second = step(
        "campaign, eight worlds at a time",
        command(root, &arguments).args(&arguments).args(["--threads", "8", "--compare"]).arg(&file),
    );
    first && second
}

fn command(root: &Path, arguments: &[String]) -> Command {
    let mut command = cargo(root);
    command.args(["run", "--release", "--quiet", "-p", "moot-campaign", "--bin", "campaign"]);
    if arguments.iter().any(|argument| argument.starts_with("--planted")) {
        command.args(["--features", "planted-bugs"]);
        // Another build beside the usual one, which need not be made anew afterwards.
        command.arg("--target-dir").arg(crate::steps::target(root).join("planted"));
    }
    command.arg("--");
    command
}
