//! `moot compare`: plays the variants that a scenario names, and its baselines, and holds them against each other.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use folkmoot::runtime::Live;
use folkmoot::scenario::Settings;
use folkmoot::{Compared, Comparison, Scenario};

use super::error::CommandError;
use super::exit::Ending;
use super::output::{self, Output};
use super::trust::{self, TrustArguments};
use super::{comparison, interrupt, progress};

/// Play the variants of a scenario on the same tasks and compare them
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  moot compare scenarios/vote-sizes.yaml
  moot compare scenarios/vote-sizes.yaml --set tasks.generate.count=1000
  moot compare scenarios/vote-sizes.yaml --seed 7 --json > comparison.json

A scenario names its variants under `compare:`, each with the values that it
changes. All are played with the same seed on the same tasks, so what differs
between them is not chance; beside them one agent alone, as many of its answers
as cost the same, and the cheapest constant answer. The output is the same on
any number of threads. In place of each real folder that the scenario names,
every run gets an empty temporary one.

Exit codes: 0 every run completed, 1 one ended otherwise, 2 the command line or
the file is wrong or names no variants, 130 interrupted.")]
pub(crate) struct CompareArguments {
    /// The scenario, in YAML or TOML
    file: PathBuf,
    /// Address all randomness from this seed instead of the scenario's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Change a value of the scenario before its variants are made, such as
    /// tasks.generate.count=1000
    #[arg(long = "set", value_name = "PATH=VALUE")]
    sets: Vec<String>,
    /// Play so many runs at once [default: as many as there are processors]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Print one JSON object and nothing else
    #[arg(long)]
    json: bool,
    /// Show no progress bar
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    trust: TrustArguments,
}

/// Plays the comparison.
pub(crate) fn compare(arguments: CompareArguments, output: &mut Output, logs: bool) -> Result<Ending, CommandError> {
    // Log lines and a bar would run into each other.
    let bar = !arguments.quiet && !arguments.json && !logs && progress::is_possible();
    let settings = Settings { folders_replaced: true, ..arguments.trust.settings(arguments.sets) };
    let scenario = folkmoot::scenario::load_with(&arguments.file, &settings)?;
    output::tell(&trust::list(&scenario));
    let live = Arc::new(Live::new());
    interrupt::watch(&live)?;
    let mut comparison = Comparison::new(&scenario).live(&live);
    if let Some(seed) = arguments.seed {
        comparison = comparison.seed(seed);
    }
    if let Some(threads) = arguments.threads {
        comparison = comparison.threads(threads.get());
    }
    let play = || comparison.play();
    let played = if bar { progress::shown(&live, comparison.tasks_total(), play) } else { play() };
    let compared = played.map_err(|error| {
        let file = arguments.file.display().to_string();
        CommandError::Compare { file, error }
    })?;
    let text = match arguments.json {
        true => serde_json::to_string_pretty(&compared).map_err(std::io::Error::from)? + "\n",
        false => comparison::tables(&compared, &scenario.measure),
    };
    write!(output, "{}", masked(&scenario, text))?;
    Ok(ending(&compared, live.is_cancelled()))
}

/// The text without the secrets of any variant.
fn masked(scenario: &Scenario, text: String) -> String {
    let variants = scenario.compare.iter().flat_map(|plan| &plan.variants);
    let all = std::iter::once(scenario).chain(variants.map(|variant| &variant.scenario));
    all.fold(text, |text, scenario| scenario.secrets.mask(&text).into_owned())
}

/// How the worst of all runs ended. What was called off is not all that was asked for, even if each run completed.
fn ending(compared: &Compared, interrupted: bool) -> Ending {
    let rows = compared.variants.iter().chain(&compared.baselines);
    let start = if interrupted { Ending::Interrupted } else { Ending::Completed };
    rows.map(|row| Ending::of_run(row.status, interrupted)).fold(start, Ending::worse)
}
