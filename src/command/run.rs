//! `moot run`: plays one scenario and shows its result.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use folkmoot::runtime::Live;
use folkmoot::{Played, Run, RunError, Scenario};

use super::error::CommandError;
use super::exit::Ending;
use super::output::Output;
use super::{interrupt, progress, table};

/// Play a scenario and show its result
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  moot run scenarios/jury.yaml
  moot run scenarios/jury.yaml --seed 7 --set agents.juror.count=9
  moot run scenarios/jury.yaml --json > result.json
  moot run scenarios/first-turn.yaml --out runs/first && moot show runs/first

Ctrl-C ends the run as cancelled, with all that it did; a second one ends at
once.")]
pub(crate) struct RunArguments {
    /// The scenario, in YAML or TOML
    file: PathBuf,
    /// Play one task with this text instead of the scenario's tasks
    #[arg(long, value_name = "TEXT")]
    task: Option<String>,
    /// Address all randomness from this seed instead of the scenario's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Change a value of the scenario, such as agents.juror.count=7
    #[arg(long = "set", value_name = "PATH=VALUE")]
    sets: Vec<String>,
    /// Print the result as one JSON object and nothing else
    #[arg(long)]
    json: bool,
    /// Keep journal, scenario and result in this new folder
    #[arg(long = "out", value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Show no progress bar
    #[arg(long)]
    quiet: bool,
}

/// A run that can be played: the scenario is sound and every choice is made.
struct Request {
    file: String,
    scenario: Scenario,
    seed: u64,
    task: Option<String>,
    folder: Option<PathBuf>,
    json: bool,
    bar: bool,
}

impl RunArguments {
    fn resolve(self, logs: bool) -> Result<Request, CommandError> {
        let scenario = folkmoot::scenario::load(&self.file, &self.sets)?;
        if self.task.as_ref().is_some_and(|task| task.trim().is_empty()) {
            let message = "the text of --task is empty".to_owned();
            let hint = Some("say what is to be done, such as --task 'Add 2 and 2.'".to_owned());
            return Err(CommandError::Usage { message, hint });
        }
        Ok(Request {
            file: self.file.display().to_string(),
            seed: self.seed.unwrap_or(scenario.seed),
            scenario,
            task: self.task,
            folder: self.folder,
            json: self.json,
            // Log lines and a bar would run into each other.
            bar: !self.quiet && !self.json && !logs && progress::is_possible(),
        })
    }
}

impl Request {
    /// How many tasks the run has.
    fn tasks_total(&self) -> u64 {
        if self.task.is_some() { 1 } else { u64::from(self.scenario.tasks.total()) }
    }

    fn play(&self, live: &Arc<Live>) -> Result<Played, RunError> {
        let mut run = Run::new(&self.scenario).seed(self.seed).live(live);
        if let Some(task) = &self.task {
            run = run.task(task);
        }
        if let Some(folder) = &self.folder {
            run = run.folder(folder);
        }
        if self.bar { progress::shown(live, self.tasks_total(), || run.play()) } else { run.play() }
    }
}

/// Plays the scenario.
pub(crate) fn run(arguments: RunArguments, output: &mut Output, logs: bool) -> Result<Ending, CommandError> {
    let request = arguments.resolve(logs)?;
    let live = Arc::new(Live::new());
    interrupt::watch(&live)?;
    let played = request.play(&live).map_err(|error| CommandError::Run { file: request.file.clone(), error })?;
    let result = &played.result;
    if request.json {
        serde_json::to_writer_pretty(&mut *output, result).map_err(std::io::Error::from)?;
        writeln!(output)?;
    } else {
        writeln!(output, "{}", table::result(result, &request.scenario.measure, request.tasks_total()))?;
        if let Some(folder) = &request.folder {
            let folder = folder.display();
            writeln!(output, "\nThe run is kept in {folder}; its transcript: moot show {folder}")?;
        }
    }
    Ok(Ending::of_run(result.status, live.is_cancelled()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: RunArguments,
    }

    fn resolved(line: &[&str]) -> Result<Request, CommandError> {
        let root = env!("CARGO_MANIFEST_DIR");
        let file = format!("{root}/scenarios/jury.yaml");
        let line = ["run", &file].into_iter().chain(line.iter().copied());
        Line::try_parse_from(line).unwrap().arguments.resolve(false)
    }

    #[test]
    fn what_the_command_line_leaves_out_the_scenario_says() {
        let request = resolved(&[]).unwrap();
        assert_eq!((request.seed, request.tasks_total()), (1, 40_000));
        let request = resolved(&["--seed", "9", "--task", "x", "--set", "agents.juror.count=7"]).unwrap();
        assert_eq!((request.seed, request.tasks_total(), request.scenario.agents.len()), (9, 1, 7));
    }

    #[test]
    fn what_makes_no_sense_is_told() {
        assert!(matches!(resolved(&["--task", " "]), Err(CommandError::Usage { .. })));
        assert!(matches!(resolved(&["--set", "agents"]), Err(CommandError::Problems(_))));
    }
}
