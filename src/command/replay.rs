//! `moot replay`: plays a run that was kept once more, from its journal alone.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use folkmoot::cassette::Cassette;
use folkmoot::core::{Event, EventSequence, TaskId};
use folkmoot::folder::{Kept, Manifest, RunFolder};
use folkmoot::runtime::{Clock, Recall};
use folkmoot::view::{Filter, describe};
use folkmoot::{Played, Run, Scenario};

use super::error::CommandError;
use super::exit::Ending;
use super::output::{self, Output};
use super::show::Seen;
use super::trust::TrustArguments;
use super::{resume, table};

/// Play a run that was kept once more, from its journal alone
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  moot replay runs/jury
  moot replay runs/first --events --agent writer
  moot replay runs/first --until 40 --step

Nothing outside is asked: its answers come from the journal. Each event is held
against the one that is kept, and the first that differs is told.")]
pub(crate) struct ReplayArguments {
    /// The folder of the run
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Show the events, a line each
    #[arg(long)]
    events: bool,
    /// Show only what this agent, group or council did or was told
    #[arg(long, value_name = "PATH")]
    agent: Option<String>,
    /// Show only this task, by its number
    #[arg(long, value_name = "N")]
    task: Option<u32>,
    /// Stop before the event of this number
    #[arg(long, value_name = "EVENT")]
    until: Option<u64>,
    /// Show one event after another, each when Enter is pressed
    #[arg(long)]
    step: bool,
    /// Print the result as one JSON object and nothing else
    #[arg(long, conflicts_with_all = ["events", "agent", "task", "step", "until"])]
    json: bool,
    #[command(flatten)]
    trust: TrustArguments,
}

/// Replays the run.
pub(crate) fn replay(arguments: ReplayArguments, output: &mut Output) -> Result<Ending, CommandError> {
    let folder = RunFolder::open(&arguments.folder)?;
    let manifest = folder.known_manifest()?;
    let scenario = resume::scenario_of(&folder, &arguments.trust, Vec::new())?;
    let kept = folder.kept_unverified()?;
    resume::refuse_changed(&folder, &kept, &scenario)?;
    let cassette = folder.cassette()?;
    let total = kept.events.len() as u64;
    let is_whole = kept.is_finished() && kept.called_off.is_none() && arguments.until.is_none();
    let until = arguments.until.map(EventSequence).into_iter().chain(kept.called_off).min();
    let until = if is_whole { None } else { until.or(Some(EventSequence(total))) };
    let shows = arguments.events || arguments.step || arguments.agent.is_some() || arguments.task.is_some();
    // A replay changes nothing, so the journal is verified while it is played, and nothing is told before both are done.
    let (verified, played) = std::thread::scope(|scope| {
        let verified = scope.spawn(|| folder.verify());
        let played = play((&manifest, cassette.as_ref()), &scenario, kept, until, shows);
        (verified.join(), played)
    });
    verified.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    let file = arguments.folder.display().to_string();
    let played = played.map_err(|error| CommandError::Run { file, error })?;
    let events = played.events.as_deref().unwrap_or_default();
    let shown_until = until.map_or(total, |until| until.0.min(total));
    if shows {
        show(&arguments, events.iter().filter(|event| event.sequence.0 < shown_until), output)?;
    }
    if arguments.json {
        let text = serde_json::to_string_pretty(&played.result).map_err(std::io::Error::from)?;
        writeln!(output, "{}", scenario.secrets.mask(&text))?;
    } else if is_whole {
        let tasks = resume::tasks_of(&folder, &scenario)?;
        let table = table::result(&played.result, &scenario.measure, tasks, None);
        writeln!(output, "{}", scenario.secrets.mask(&table))?;
    }
    match &played.divergence {
        None => {
            output::tell(&format!("{shown_until} of {total} events repeated, each as it was kept\n"));
            Ok(Ending::Completed)
        }
        Some(_) => {
            let reason = played.result.reason.as_deref().unwrap_or_default();
            output::tell(&format!("the replay goes otherwise than the run: {reason}\n"));
            Ok(Ending::Otherwise)
        }
    }
}

fn play(
    (manifest, cassette): (&Manifest, Option<&Arc<Cassette>>),
    scenario: &Scenario,
    kept: Kept,
    until: Option<EventSequence>,
    shows: bool,
) -> Result<Played, folkmoot::RunError> {
    let mut events = kept.events;
    if let Some(length) = until.and_then(|until| usize::try_from(until.0).ok()) {
        events.truncate(length);
    }
    let replies_before = manifest.forked_at();
    let recall = Recall { events, outside: kept.outside, until, replies_before, ..Recall::default() };
    let mut run = Run::new(scenario).recall(recall).as_manifest(Some(manifest)).clock(Clock::Virtual);
    if let Some(cassette) = cassette {
        run = run.recorded(cassette);
    }
    if shows { run.keep_events().play() } else { run.play() }
}

fn show<'a>(
    arguments: &ReplayArguments,
    events: impl Iterator<Item = &'a Event>,
    output: &mut Output,
) -> Result<(), CommandError> {
    let filter = Filter { agent: arguments.agent.clone(), task: arguments.task.map(TaskId) };
    let waits = arguments.step && std::io::stdin().is_terminal();
    let (mut seen, mut shown) = (Seen::default(), 0_u64);
    for event in events {
        seen.add(event);
        let Some(line) = describe(event).filter(|_| filter.shows(event)) else { continue };
        shown += 1;
        writeln!(output, "{:>5} {:>9}  {line}", event.sequence.0, event.time.to_string())?;
        if waits {
            output.flush()?;
            let mut answer = String::new();
            std::io::stdin().read_line(&mut answer)?;
        }
    }
    if shown == 0 && (filter.agent.is_some() || filter.task.is_some()) { seen.explain(&filter) } else { Ok(()) }
}
