//! `moot fork`: a new run that begins as one that was kept, and goes on with something changed.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use folkmoot::folder::{Lineage, RunFolder};
use folkmoot::runtime::Live;
use folkmoot::tool::person::PersonOptions;
use folkmoot::{Run, Scenario};

use super::error::CommandError;
use super::exit::Ending;
use super::output::{self, Output};
use super::run::DurabilityArguments;
use super::trust::{self, TrustArguments};
use super::{interrupt, person, resume, table};

/// Begin a new run as one that was kept, and change something from an event on
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  moot fork runs/debate --at 57 --set agents.ann.model=careful --out runs/careful
  moot diff runs/debate runs/careful

In front of the event the new run does what the kept one did: what models
answered and what came from outside is taken from its journal, everything else
is computed anew and must come out the same. A change that reaches back before
the event is refused, with the first event that it changes. `moot replay DIR
--events` shows the events with their numbers.")]
pub(crate) struct ForkArguments {
    /// The folder of the kept run
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// The first event that may differ, by its number
    #[arg(long, value_name = "EVENT")]
    at: u64,
    /// Change a value of the scenario, such as agents.ann.model=careful
    #[arg(long = "set", value_name = "PATH=VALUE")]
    sets: Vec<String>,
    /// Keep the new run in this new folder
    #[arg(long = "out", value_name = "NEW_DIR")]
    out: PathBuf,
    /// Print the result as one JSON object and nothing else
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    durability: DurabilityArguments,
    #[command(flatten)]
    trust: TrustArguments,
}

/// Plays the new run.
pub(crate) fn fork(arguments: ForkArguments, output: &mut Output) -> Result<Ending, CommandError> {
    let folder = RunFolder::open(&arguments.folder)?;
    let scenario = resume::scenario_of(&folder, &arguments.trust, arguments.sets.clone())?;
    output::tell(&trust::list(&scenario));
    let manifest = folder.known_manifest()?;
    let parent_scenario = resume::scenario_of(&folder, &arguments.trust, Vec::new())?;
    refuse_shared_folders(&parent_scenario, &scenario)?;
    let kept = folder.kept()?;
    let total = kept.events.len();
    let at = usize::try_from(arguments.at).unwrap_or(usize::MAX);
    if at == 0 || at > total {
        let message = format!("--at {} is no event that something can change at", arguments.at);
        let hint = Some(format!("the run has the events 0 to {}; name one of 1 to {total}", total.saturating_sub(1)));
        return Err(CommandError::Usage { message, hint });
    }
    let parent = arguments.folder.display().to_string();
    let lineage = Lineage { parent: parent.clone(), at: arguments.at, changes: arguments.sets.clone() };
    let live = Arc::new(Live::new());
    interrupt::watch(&live)?;
    let is_asked = matches!(scenario.harness.person, Some(PersonOptions::Interactive(_)));
    let mut run = Run::new(&scenario).live(&live).person(person::at_terminal(is_asked)).fork(kept.before(at), lineage);
    run = run.folder(&arguments.out).durability(arguments.durability.chosen());
    run = run.as_manifest(Some(&manifest));
    if scenario.seed != parent_scenario.seed {
        // It is found out at the first event, and refused.
        run = run.seed(scenario.seed);
    }
    let cassette = folder.cassette()?;
    if let Some(cassette) = &cassette {
        run = run.recorded(cassette);
    }
    let file = parent.clone();
    let played = run.play().map_err(|error| CommandError::Run { file, error })?;
    if let Some(divergence) = &played.divergence {
        let reached = divergence.found.sequence.0;
        let reason = played.result.reason.as_deref().unwrap_or_default();
        let message = format!("the change reaches back to event {reached}, before {}: {reason}", arguments.at);
        let hint = match reached {
            0 => "no event is before it: play the changed scenario as a run of its own".to_owned(),
            reached => format!("fork at event {reached} or before it, or change less"),
        };
        let hint = Some(hint);
        return Err(CommandError::Usage { message, hint });
    }
    if arguments.json {
        let text = serde_json::to_string_pretty(&played.result).map_err(std::io::Error::from)?;
        writeln!(output, "{}", scenario.secrets.mask(&text))?;
    } else {
        let tasks = resume::tasks_of(&folder, &scenario)?;
        let table = table::result(&played.result, &scenario.measure, tasks, Some(played.determinism));
        writeln!(output, "{}", scenario.secrets.mask(&table))?;
        let new = arguments.out.display();
        writeln!(output, "\nThe run is kept in {new}; what changed: moot diff {parent} {new}")?;
    }
    Ok(Ending::of_run(played.result.status, live.is_cancelled()))
}

/// A fork does not change what its parent left in real folders, which are by now what they are at its end.
fn refuse_shared_folders(parent: &Scenario, fork: &Scenario) -> Result<(), CommandError> {
    let folders = [
        ("workspace", &parent.workspace_folder, &fork.workspace_folder),
        ("notes", &parent.notes_folder, &fork.notes_folder),
    ];
    for (key, before, now) in folders {
        if let (Some(before), Some(now)) = (before, now)
            && before.path == now.path
        {
            let message = format!("the fork would go on in the folder {} as its parent left it", now.path.display());
            let hint = format!("copy the folder as it was at that event, and name the copy: --set {key}.folder=COPY");
            return Err(CommandError::Usage { message, hint: Some(hint) });
        }
    }
    Ok(())
}
