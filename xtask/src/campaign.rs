//! `cargo xtask campaign`: builds the campaign in release and runs it, with bugs on purpose compiled in only when they are
//! asked for. It must not know how a campaign is played.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::steps::{RELEASE_BUILD, built, cargo, step, target};

/// How many seeds are played twice when nobody says.
const TWICE_SEEDS: &str = "500";

/// Plays a campaign as these arguments say.
pub fn run(root: &Path, arguments: &[String]) -> bool {
    let Some(program) = build(root, arguments) else { return false };
    let (twice_words, others): (Vec<&String>, Vec<&String>) =
        arguments.iter().partition(|argument| *argument == "--twice");
    let others: Vec<&str> = others.into_iter().map(String::as_str).collect();
    match twice_words.is_empty() {
        true => play(root, &program, &others),
        false => twice(root, &program, &others),
    }
}

/// A tenth of it, as often as everything else is checked: no violation, every fault and every point, equal digests,
/// nothing left behind. It is built already.
pub fn short(root: &Path) -> bool {
    let program = built(root, "release", "campaign");
    play(root, &program, &["--seeds", "1000"])
        & twice(root, &program, &["--seeds", "100"])
        & play(root, &program, &["--leaks", "--seeds", "1000"])
}

fn play(root: &Path, program: &Path, arguments: &[&str]) -> bool {
    step(&format!("campaign {}", arguments.join(" ")), Command::new(program).current_dir(root).args(arguments))
}

/// All seeds in two processes, one at a time and eight at a time: each digest is the same.
fn twice(root: &Path, program: &Path, arguments: &[&str]) -> bool {
    let file = target(root).join("campaign-digests.txt").display().to_string();
    let mut arguments = arguments.to_vec();
    if !arguments.contains(&"--seeds") {
        arguments.extend(["--seeds", TWICE_SEEDS]);
    }
    let with = |more: &[&str]| play(root, program, &[arguments.as_slice(), more].concat());
    with(&["--threads", "1", "--digests", &file]) && with(&["--threads", "8", "--compare", &file])
}

/// Builds the campaign; where it is.
fn build(root: &Path, arguments: &[String]) -> Option<PathBuf> {
    let mut command = cargo(root);
    let is_planted = arguments.iter().any(|argument| argument.starts_with("--planted"));
    let program = match is_planted {
        true => {
            // Another build beside the usual one, which need not be made anew afterwards.
            let folder = target(root).join("planted");
            command.args(["build", "--release", "-p", "moot-campaign", "--features", "planted-bugs", "--target-dir"]);
            command.arg(&folder);
            folder.join("release").join(format!("campaign{}", std::env::consts::EXE_SUFFIX))
        }
        false => {
            command.args(RELEASE_BUILD);
            built(root, "release", "campaign")
        }
    };
    step("build", &mut command).then_some(program)
}
