//! `moot resume`: goes on with a run that was kept and broke off.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use folkmoot::determinism::Determinism;
use folkmoot::folder::{Kept, MANIFEST_FILE, RunFolder, changed};
use folkmoot::journal::RunResult;
use folkmoot::runtime::Live;
use folkmoot::tool::person::PersonOptions;
use folkmoot::{Run, RunError, Scenario};

use super::error::CommandError;
use super::exit::Ending;
use super::output::{self, Output};
use super::run::DurabilityArguments;
use super::trust::{self, TrustArguments};
use super::{interrupt, person, progress, table};

/// Go on with a run that was kept with --out and broke off
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  moot resume runs/jury
  moot resume runs/damaged --salvage runs/good && moot resume runs/good

What is inside the world is computed anew and must come out as it was kept;
what the outside has answered is taken from the journal and not asked again.
Of a tool call that was open when the run broke off nobody knows whether it
took effect: it is made again only if the tool says that twice is as once. A
run that has come to its end is not played: its result is shown again.")]
pub(crate) struct ResumeArguments {
    /// The folder of the run
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Print the result as one JSON object and nothing else
    #[arg(long)]
    json: bool,
    /// Show no progress bar
    #[arg(long)]
    quiet: bool,
    /// Play nothing; copy what is good of a damaged run into this new folder
    #[arg(long, value_name = "NEW_DIR", conflicts_with_all = ["json", "quiet"])]
    salvage: Option<PathBuf>,
    #[command(flatten)]
    durability: DurabilityArguments,
    #[command(flatten)]
    trust: TrustArguments,
}

/// Goes on with the run.
pub(crate) fn resume(arguments: ResumeArguments, output: &mut Output, logs: bool) -> Result<Ending, CommandError> {
    let folder = RunFolder::open(&arguments.folder)?;
    if let Some(new) = &arguments.salvage {
        let mended = folder.salvage(new)?;
        let shown = new.display();
        writeln!(output, "{} records are good and kept in {shown}; go on with: moot resume {shown}", mended.records)?;
        if let Some(end) = mended.end {
            writeln!(output, "what follows is left out: {end}")?;
        }
        return Ok(Ending::Completed);
    }
    let manifest = folder.known_manifest()?;
    let scenario = scenario_of(&folder, &arguments.trust, Vec::new())?;
    if let Some(result) = folder.result()? {
        output::tell("the run has come to its end; this is its result\n");
        if let Some(at) = folder.kept()?.called_off {
            let (at, shown) = (at.0, arguments.folder.display());
            output::tell(&format!(
                "it was called off; to go on from there: moot fork {shown} --at {at} --out NEW_DIR\n"
            ));
        }
        tell(&arguments, &folder, &scenario, &result, None, output)?;
        return Ok(Ending::of_run(result.status, false));
    }
    output::tell(&trust::list(&scenario));
    if let Some(base) = manifest.folder.as_ref().filter(|_| !scenario.trust_needed.is_empty()) {
        output::tell(&format!("  files and folders that it names are those in {}\n", base.display()));
    }
    let kept = folder.kept()?;
    refuse_changed(&folder, &kept, &scenario)?;
    if let Some(torn) = &kept.torn {
        output::tell(&format!("warning: {torn}; what follows is cut\n"));
    }
    output::tell(&format!("goes on after {} events\n", kept.events.len()));
    for (number, what) in kept.outside.open() {
        output::tell(&format!("open when it broke off, so nobody knows how far it came: {what} (request {number})\n"));
    }
    drop(kept);
    let live = Arc::new(Live::new());
    interrupt::watch(&live)?;
    let is_asked = matches!(scenario.harness.person, Some(PersonOptions::Interactive(_)));
    let mut run = Run::new(&scenario).live(&live).person(person::at_terminal(is_asked));
    run = run.resume(&folder).durability(arguments.durability.chosen());
    run = run.as_manifest(Some(&manifest));
    let cassette = folder.cassette()?;
    if let Some(cassette) = &cassette {
        run = run.recorded(cassette);
    }
    let bar = !arguments.quiet && !arguments.json && !logs && progress::is_possible();
    let tasks = u64::from(scenario.tasks.total());
    let played = if bar { progress::shown(&live, tasks, || run.play()) } else { run.play() };
    let file = arguments.folder.display().to_string();
    let played = played.map_err(|error| CommandError::Run { file, error })?;
    tell(&arguments, &folder, &scenario, &played.result, Some(played.determinism), output)?;
    Ok(Ending::of_run(played.result.status, live.is_cancelled()))
}

fn tell(
    arguments: &ResumeArguments,
    folder: &RunFolder,
    scenario: &Scenario,
    result: &RunResult,
    determinism: Option<Determinism>,
    output: &mut Output,
) -> Result<(), CommandError> {
    if arguments.json {
        let text = serde_json::to_string_pretty(result).map_err(std::io::Error::from)?;
        writeln!(output, "{}", scenario.secrets.mask(&text))?;
        return Ok(());
    }
    let table = table::result(result, &scenario.measure, tasks_of(folder, scenario)?, determinism);
    writeln!(output, "{}", scenario.secrets.mask(&table))?;
    Ok(())
}

/// The scenario of a run. When it can't be read any more, it is told where the files that it names are looked for.
pub(crate) fn scenario_of(
    folder: &RunFolder,
    trust: &TrustArguments,
    sets: Vec<String>,
) -> Result<Scenario, CommandError> {
    let scenario = folder.scenario(&trust.settings(sets));
    scenario.map_err(|problems| {
        if let Some(base) = folder.manifest().ok().flatten().and_then(|manifest| manifest.folder) {
            let place = folder.path().join(MANIFEST_FILE);
            output::tell(&format!(
                "the files that the scenario names are looked for in {}; if they have moved, say so in {} (`folder`)\n",
                base.display(),
                place.display()
            ));
        }
        problems.into()
    })
}

/// A run goes on, and is repeated, as the same one alone.
pub(crate) fn refuse_changed(folder: &RunFolder, kept: &Kept, scenario: &Scenario) -> Result<(), CommandError> {
    let differences = changed(kept, scenario);
    if differences.is_empty() {
        return Ok(());
    }
    let (path, file) = (folder.path().to_path_buf(), folder.path().display().to_string());
    Err(CommandError::Run { file, error: RunError::Changed { path, differences } })
}

/// How many tasks the run has.
pub(crate) fn tasks_of(folder: &RunFolder, scenario: &Scenario) -> Result<u64, CommandError> {
    let has_own = folder.manifest()?.is_some_and(|manifest| manifest.task.is_some());
    Ok(if has_own { 1 } else { u64::from(scenario.tasks.total()) })
}
