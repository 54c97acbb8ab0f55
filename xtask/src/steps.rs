//! The steps of `cargo xtask test`, in order. Each prints its name; the last line counts the tests of all of them.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Everything that the steps run, in one build: other selections of packages would have other features, and be built anew.
pub const RELEASE_BUILD: [&str; 5] = ["build", "--release", "--workspace", "--bins", "--examples"];

/// The folder of the workspace.
pub fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or(here.clone(), Path::to_path_buf)
}

/// How many tests ran, over all steps.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Count {
    passed: u64,
    failed: u64,
}

/// Runs everything. The tests come last, so that their summary ends the output.
pub fn test(root: &Path) -> bool {
    let mut sound = tidy(root);
    sound &= step("format", cargo(root).args(["fmt", "--all", "--check"]));
    sound &= step("lints", cargo(root).args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]));
    sound &= step(
        "documentation",
        cargo(root).args(["doc", "--workspace", "--no-deps", "--quiet"]).env("RUSTDOCFLAGS", "-D warnings"),
    );
    sound &= step("release build", cargo(root).args(RELEASE_BUILD));
    sound &=
        step("scenarios", Command::new(built(root, "release", "moot")).current_dir(root).args(["test", "scenarios"]));
    for example in ["own_tool", "own_model", "own_pattern"] {
        let program = built(root, "release/examples", example);
        sound &= step(&format!("example {example}"), Command::new(program).current_dir(root));
    }
    sound &= digests(root);
    sound &= crate::campaign::short(root);
    println!("\n== tests");
    let count = tests(cargo(root).args(["test", "--workspace", "--no-fail-fast"]));
    println!("\n{} passed, {} failed", count.passed, count.failed + u64::from(!sound));
    sound && count.failed == 0 && count.passed > 0
}

/// The rules that no compiler knows.
pub fn tidy(root: &Path) -> bool {
    println!("\n== tidy");
    let findings = crate::tidy::findings(root);
    for finding in &findings {
        println!("{finding}");
    }
    println!("{} finding(s)", findings.len());
    findings.is_empty()
}

/// Debug and release builds play these scenarios to the same digest, in one process each.
pub fn digests(root: &Path) -> bool {
    println!("\n== digests");
    if !step("debug build", cargo(root).args(["build"])) || !step("release build", cargo(root).args(RELEASE_BUILD)) {
        return false;
    }
    let cases: [&[&str]; 5] = [
        &["scenarios/first-turn.yaml"],
        &["scenarios/nested-vote.yaml"],
        &["scenarios/harness/s09-compaction.yaml"],
        &["scenarios/harness/s13-coordinator.yaml"],
        &["scenarios/jury.yaml", "--set", "tasks.generate.count=500"],
    ];
    let mut sound = true;
    for case in cases {
        let [debug, release] = ["debug", "release"].map(|profile| digest(root, profile, case));
        let equal = debug.is_some() && debug == release;
        println!("{} {}", case[0], if equal { "debug = release" } else { "DIFFERS or did not run" });
        sound &= equal;
    }
    sound
}

fn digest(root: &Path, profile: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(built(root, profile, "moot"))
        .current_dir(root)
        .arg("run")
        .args(arguments)
        .arg("--json")
        .output()
        .ok()?;
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    result.get("digest")?.as_str().map(str::to_owned)
}

/// Where what is built goes.
pub fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// Where a program is that was built.
pub fn built(root: &Path, profile: &str, name: &str) -> PathBuf {
    target(root).join(profile).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Cargo, in the workspace.
pub fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

/// Runs a command under a name; whether it ended well.
pub fn step(name: &str, command: &mut Command) -> bool {
    println!("\n== {name}");
    match command.status() {
        Ok(status) if status.success() => true,
        Ok(status) => {
            println!("{name}: {status}");
            false
        }
        Err(error) => {
            println!("{name}: could not be started: {error}");
            false
        }
    }
}

/// Runs the tests and shows their output while counting what the runner says.
fn tests(command: &mut Command) -> Count {
    let mut count = Count::default();
    let mut child = match command.stdout(Stdio::piped()).spawn() {
        Ok(child) => child,
        Err(error) => {
            println!("the tests could not be started: {error}");
            return Count { passed: 0, failed: 1 };
        }
    };
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            println!("{line}");
            let here = counted(&line);
            count.passed += here.passed;
            count.failed += here.failed;
        }
    }
    let ended_well = child.wait().is_ok_and(|status| status.success());
    if !ended_well && count.failed == 0 {
        count.failed = 1;
    }
    count
}

/// What one line `test result: ok. 12 passed; 0 failed; …` says; nothing for other lines.
fn counted(line: &str) -> Count {
    let Some((_, rest)) = line.split_once("test result:") else { return Count::default() };
    let number = |name: &str| {
        let before = rest.split(name).next().filter(|before| before.len() < rest.len())?;
        before.trim().rsplit([' ', '.', ';']).next()?.parse().ok()
    };
    Count { passed: number(" passed").unwrap_or(0), failed: number(" failed").unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runners_summary_is_counted() {
        let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(counted(line), Count { passed: 12, failed: 3 });
        assert_eq!(counted("test tests::a_test ... ok"), Count::default());
    }
}
