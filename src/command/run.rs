//! `moot run`: plays one scenario and shows its result; all runs of one that holds several.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use folkmoot::determinism::Determinism;
use folkmoot::folder::{Durability, RunFolder};
use folkmoot::journal::RunResult;
use folkmoot::runtime::{Clock, Live};
use folkmoot::tool::person::PersonOptions;
use folkmoot::{Run, RunError, Scenario};
use serde::Serialize;

use super::error::CommandError;
use super::exit::Ending;
use super::output::{self, Output};
use super::tape::Tape;
use super::trust::{self, TrustArguments};
use super::{interrupt, person, progress, table};

/// Play a scenario and show its result
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  moot run scenarios/jury.yaml
  moot run scenarios/jury.yaml --seed 7 --set agents.juror.count=9
  moot run scenarios/jury.yaml --json > result.json
  moot run scenarios/first-turn.yaml --out runs/first && moot show runs/first
  moot run live.yaml --record live.jsonl && moot run live.yaml --recorded live.jsonl

The runs of a scenario that holds several are played one after another. --out
then keeps each in a folder of its name, and --json prints the result of the
last one with all of them under `runs`.

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
    /// Write down everything that models and outside tools answer, in this new file
    #[arg(long, value_name = "FILE", conflicts_with = "recorded")]
    record: Option<PathBuf>,
    /// Have models and outside tools answer what is recorded in this file, and nothing else
    #[arg(long, value_name = "FILE")]
    recorded: Option<PathBuf>,
    /// With --recorded: what matches this regular expression may differ
    #[arg(long, value_name = "PATTERN", requires = "recorded")]
    volatile: Vec<String>,
    /// What makes time pass: `virtual` jumps to what happens next, `real` waits
    #[arg(long, value_name = "CLOCK", default_value = "virtual")]
    clock: ClockName,
    #[command(flatten)]
    durability: DurabilityArguments,
    #[command(flatten)]
    trust: TrustArguments,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum ClockName {
    Virtual,
    Real,
}

/// How soon what happens is in the journal.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct DurabilityArguments {
    /// What a kept run outlives: `sync` a loss of power, `batch` a kill, `off` neither in full
    #[arg(long, value_name = "MODE", default_value = "batch")]
    durability: DurabilityName,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum DurabilityName {
    Sync,
    Batch,
    Off,
}

impl DurabilityArguments {
    pub(crate) const fn chosen(self) -> Durability {
        match self.durability {
            DurabilityName::Sync => Durability::Sync,
            DurabilityName::Batch => Durability::Batch,
            DurabilityName::Off => Durability::Off,
        }
    }
}

/// A run that can be played: the scenario is sound and every choice is made.
struct Request {
    file: String,
    scenario: Scenario,
    /// In place of the scenario's own.
    seed: Option<u64>,
    task: Option<String>,
    folder: Option<PathBuf>,
    durability: Durability,
    clock: Clock,
    tape: Tape,
    json: bool,
    bar: bool,
}

impl RunArguments {
    fn resolve(self, logs: bool) -> Result<Request, CommandError> {
        let scenario = folkmoot::scenario::load_with(&self.file, &self.trust.settings(self.sets))?;
        if self.task.as_ref().is_some_and(|task| task.trim().is_empty()) {
            let message = "the text of --task is empty".to_owned();
            let hint = Some("say what is to be done, such as --task 'Add 2 and 2.'".to_owned());
            return Err(CommandError::Usage { message, hint });
        }
        if self.task.is_some() && !scenario.runs.is_empty() {
            let message = "--task can't be given for a scenario that holds several runs".to_owned();
            let hint = Some("change the tasks of one run, such as --set 'runs[0].tasks.list=[Hello]'".to_owned());
            return Err(CommandError::Usage { message, hint });
        }
        let tape = Tape::of(self.record, self.recorded, &self.volatile)?;
        Ok(Request {
            tape,
            file: self.file.display().to_string(),
            seed: self.seed,
            scenario,
            task: self.task,
            folder: self.folder,
            durability: self.durability.chosen(),
            clock: match self.clock {
                ClockName::Virtual => Clock::Virtual,
                ClockName::Real => Clock::Real,
            },
            json: self.json,
            // Log lines and a bar would run into each other.
            bar: !self.quiet && !self.json && !logs && progress::is_possible(),
        })
    }
}

impl Request {
    /// How many tasks a run has.
    fn tasks_of(&self, scenario: &Scenario) -> u64 {
        if self.task.is_some() { 1 } else { u64::from(scenario.tasks.total()) }
    }

    /// How many tasks all runs have.
    fn tasks_total(&self) -> u64 {
        self.scenario.plays().iter().map(|run| self.tasks_of(run)).sum()
    }

    /// Where a run is kept.
    fn folder_of(&self, scenario: &Scenario) -> Option<PathBuf> {
        let folder = self.folder.as_ref()?;
        Some(if self.scenario.runs.is_empty() { folder.clone() } else { folder.join(&scenario.name) })
    }

    fn play_run(&self, scenario: &Scenario, live: &Arc<Live>) -> Result<(RunResult, Determinism), RunError> {
        let is_asked = matches!(scenario.harness.person, Some(PersonOptions::Interactive(_)));
        let mut run = Run::new(scenario).clock(self.clock).live(live).person(person::at_terminal(is_asked));
        match &self.tape {
            Tape::None => {}
            Tape::Record(_, recorder) => run = run.record(recorder),
            Tape::Play(cassette) => run = run.recorded(cassette),
        }
        if let Some(seed) = self.seed {
            run = run.seed(seed);
        }
        if let Some(task) = &self.task {
            run = run.task(task);
        }
        if let Some(folder) = self.folder_of(scenario) {
            run = run.folder(folder).durability(self.durability);
        }
        run.play().map(|played| (played.result, played.determinism))
    }

    /// What each run came to, up to one that was called off. With an error, that of the runs before it.
    fn play(&self, live: &Arc<Live>) -> (Vec<(RunResult, Determinism)>, Option<RunError>) {
        let mut results = Vec::new();
        for scenario in self.scenario.plays() {
            if !results.is_empty() && live.is_cancelled() {
                break;
            }
            match self.play_run(scenario, live) {
                Ok(result) => results.push(result),
                Err(error) => return (results, Some(error)),
            }
        }
        (results, None)
    }
}

/// The result of the last run with all of them.
#[derive(Serialize)]
struct SeveralRuns<'a> {
    #[serde(flatten)]
    last: &'a RunResult,
    runs: &'a [&'a RunResult],
}

/// Plays the scenario.
pub(crate) fn run(arguments: RunArguments, output: &mut Output, logs: bool) -> Result<Ending, CommandError> {
    let request = arguments.resolve(logs)?;
    output::tell(&trust::list(&request.scenario));
    let live = Arc::new(Live::new());
    interrupt::watch(&live)?;
    let play = || request.play(&live);
    let (results, error) = if request.bar { progress::shown(&live, request.tasks_total(), play) } else { play() };
    if request.json {
        // Half of what was asked for is not printed as if it were all.
        if error.is_none() {
            tell_json(&request, &results, output)?;
        }
    } else {
        tell_tables(&request, &results, output)?;
    }
    request.tape.write(&request.scenario)?;
    if let Some(error) = error {
        return Err(CommandError::Run { file: request.file, error });
    }
    let endings = results.iter().map(|(result, _)| Ending::of_run(result.status, live.is_cancelled()));
    Ok(endings.fold(Ending::Completed, Ending::worse))
}

fn tell_json(request: &Request, results: &[(RunResult, Determinism)], output: &mut Output) -> Result<(), CommandError> {
    let runs: Vec<&RunResult> = results.iter().map(|(result, _)| result).collect();
    let Some(last) = runs.last() else { return Ok(()) };
    let text = if request.scenario.runs.is_empty() {
        serde_json::to_string_pretty(last)
    } else {
        serde_json::to_string_pretty(&SeveralRuns { last, runs: &runs })
    };
    let text = text.map_err(std::io::Error::from)?;
    writeln!(output, "{}", request.scenario.secrets.mask(&text))?;
    Ok(())
}

fn tell_tables(
    request: &Request,
    results: &[(RunResult, Determinism)],
    output: &mut Output,
) -> Result<(), CommandError> {
    for (number, (scenario, (result, determinism))) in request.scenario.plays().iter().zip(results).enumerate() {
        if !request.scenario.runs.is_empty() {
            writeln!(output, "{}run {}", if number > 0 { "\n" } else { "" }, scenario.name)?;
        }
        let table = table::result(result, &scenario.measure, request.tasks_of(scenario), Some(*determinism));
        writeln!(output, "{}", request.scenario.secrets.mask(&table))?;
        if let Some(path) = request.folder_of(scenario) {
            let folder = path.display();
            let is_whole =
                RunFolder::open(&path).and_then(|folder| folder.result()).is_ok_and(|result| result.is_some());
            match is_whole {
                true => writeln!(output, "\nThe run is kept in {folder}; its transcript: moot show {folder}")?,
                false => {
                    writeln!(output, "\nThe run is kept in {folder} as far as it went; go on: moot resume {folder}")?
                }
            }
        }
    }
    Ok(())
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
        assert_eq!((request.seed, request.tasks_total()), (None, 40_000));
        let request = resolved(&["--seed", "9", "--task", "x", "--set", "agents.juror.count=7"]).unwrap();
        assert_eq!((request.seed, request.tasks_total(), request.scenario.agents.len()), (Some(9), 1, 7));
    }

    #[test]
    fn what_makes_no_sense_is_told() {
        assert!(matches!(resolved(&["--task", " "]), Err(CommandError::Usage { .. })));
        assert!(matches!(resolved(&["--set", "agents"]), Err(CommandError::Problems(_))));
    }
}
