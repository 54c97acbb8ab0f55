//! `moot verify`: plays a scenario twice, in two processes, and tells the first difference.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::diff::{Side, tell};
use super::error::CommandError;
use super::exit::Ending;
use super::output::Output;
use super::trust::TrustArguments;

/// Play a scenario twice, in two processes, and tell the first difference
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  moot verify scenarios/jury.yaml
  moot verify scenarios/jury.yaml --seed 7 --set agents.juror.count=9

Exits with 0 when both runs did the same, and with 1 when they differ.")]
pub(crate) struct VerifyArguments {
    /// The scenario, in YAML or TOML
    file: PathBuf,
    /// Address all randomness from this seed instead of the scenario's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Change a value of the scenario, such as agents.juror.count=7
    #[arg(long = "set", value_name = "PATH=VALUE")]
    sets: Vec<String>,
    #[command(flatten)]
    trust: TrustArguments,
}

/// Plays and compares.
pub(crate) fn verify(arguments: &VerifyArguments, output: &mut Output) -> Result<Ending, CommandError> {
    // What is wrong with the file is told once, here.
    let scenario = folkmoot::scenario::load_with(&arguments.file, &arguments.trust.settings(arguments.sets.clone()))?;
    if let Some(folder) = scenario.folders().first() {
        let message =
            format!("the scenario works in the folder {}, which two runs would change twice", folder.display());
        let hint = "moot test plays it in a folder of its own each time".to_owned();
        return Err(CommandError::Usage { message, hint: Some(hint) });
    }
    let scratch = tempfile::tempdir()?;
    let mut folders = Vec::new();
    for name in ["first", "second"] {
        let folder = scratch.path().join(name);
        play(arguments, &folder)?;
        folders.push(folder);
    }
    let [first, second] = folders.as_slice() else { return Ok(Ending::Otherwise) };
    let mut ending = Ending::Completed;
    for run in scenario.plays() {
        let of = |folder: &Path| if scenario.runs.is_empty() { folder.to_path_buf() } else { folder.join(&run.name) };
        ending = ending.worse(tell(&Side::read(&of(first))?, &Side::read(&of(second))?, output)?);
    }
    Ok(ending)
}

fn play(arguments: &VerifyArguments, folder: &Path) -> Result<(), CommandError> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("run").arg(&arguments.file).arg("--quiet").arg("--out").arg(folder);
    if let Some(seed) = arguments.seed {
        command.arg("--seed").arg(seed.to_string());
    }
    for set in &arguments.sets {
        command.arg("--set").arg(set);
    }
    if arguments.trust.is_given() {
        command.arg("--trust");
    }
    // How the run ends is in its folder; what keeps it from being played is told by the process itself.
    command.stdout(Stdio::null()).status()?;
    Ok(())
}
