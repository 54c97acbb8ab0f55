//! `moot diff`: tells where two runs that were kept first differ, and in what they ended differently.

use std::io::Write;
use std::path::{Path, PathBuf};

use folkmoot::core::{Event, EventSequence};
use folkmoot::folder::{FolderError, RunFolder, differences};
use folkmoot::view::{describe, escape};
use serde_json::Value;

use super::error::CommandError;
use super::exit::Ending;
use super::output::Output;

/// How many causes of an event are shown.
const CAUSES_MAX: usize = 5;
/// How many characters of an event are shown.
const LINE_CHARACTERS_MAX: usize = 200;
/// How many differences of the results are shown.
const DIFFERENCES_MAX: usize = 20;

/// Show where two runs that were kept first differ, and in what they ended
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  moot diff runs/before runs/after

Exits with 0 when the runs did the same, and with 1 when they differ.")]
pub(crate) struct DiffArguments {
    /// The folder of one run
    #[arg(value_name = "A")]
    left: PathBuf,
    /// The folder of the other
    #[arg(value_name = "B")]
    right: PathBuf,
}

/// Compares the runs.
pub(crate) fn diff(arguments: &DiffArguments, output: &mut Output) -> Result<Ending, CommandError> {
    let (left, right) = (Side::read(&arguments.left)?, Side::read(&arguments.right)?);
    tell(&left, &right, output)
}

/// One of two runs.
pub(crate) struct Side {
    name: String,
    events: Vec<Event>,
    result: Option<Value>,
}

impl Side {
    pub(crate) fn read(path: &Path) -> Result<Self, CommandError> {
        let folder = RunFolder::open(path)?;
        let result = folder.result()?.and_then(|result| serde_json::to_value(result).ok());
        let events = folder.kept()?.events.to_vec();
        let events = events.map_err(|source| FolderError::Event { path: path.to_path_buf(), source })?;
        Ok(Self { name: path.display().to_string(), events, result })
    }

    /// The event and what led to it, the nearest cause first.
    fn chain(&self, place: usize) -> Vec<&Event> {
        let at = |sequence: EventSequence| usize::try_from(sequence.0).ok().and_then(|place| self.events.get(place));
        let mut chain: Vec<&Event> = self.events.get(place).into_iter().collect();
        while let Some(cause) = chain.last().and_then(|event| event.cause).and_then(at) {
            if chain.len() > CAUSES_MAX {
                break;
            }
            chain.push(cause);
        }
        chain
    }
}

/// Tells where the runs differ.
pub(crate) fn tell(left: &Side, right: &Side, output: &mut Output) -> Result<Ending, CommandError> {
    let common = left.events.iter().zip(&right.events).take_while(|(one, other)| one == other).count();
    let length = left.events.len();
    if common == length && common == right.events.len() {
        writeln!(output, "the runs did the same: {length} events")?;
        return Ok(Ending::Completed);
    }
    writeln!(output, "the first {common} events are equal; event {common} is the first that differs")?;
    if let (Some(one), Some(other)) = (left.events.get(common), right.events.get(common)) {
        let json = |event: &Event| serde_json::to_value(event).unwrap_or_default();
        for difference in differences(&json(one), &json(other)).iter().take(DIFFERENCES_MAX) {
            writeln!(output, "  {}", escape(difference))?;
        }
    }
    for side in [left, right] {
        writeln!(output, "\nin {}:", side.name)?;
        let chain = side.chain(common);
        if chain.is_empty() {
            writeln!(output, "  the run ends before it, after {} events", side.events.len())?;
        }
        for (number, event) in chain.into_iter().enumerate() {
            let what = describe(event).unwrap_or_else(|| format!("{} {}", event.actor, event.kind.name()));
            let what = one_line(&what);
            let lead = if number == 0 { "" } else { "because of " };
            writeln!(output, "  {lead}event {} at {}: {what}", event.sequence.0, event.time)?;
        }
    }
    tell_results(left, right, output)?;
    Ok(Ending::Otherwise)
}

/// A text that may be a whole file, cut to what tells which it is.
fn one_line(text: &str) -> String {
    let line: String = text.lines().next().unwrap_or_default().chars().take(LINE_CHARACTERS_MAX).collect();
    if line.len() < text.len() { line + "…" } else { line }
}

fn tell_results(left: &Side, right: &Side, output: &mut Output) -> Result<(), CommandError> {
    let (Some(one), Some(other)) = (&left.result, &right.result) else { return Ok(()) };
    let mut found = differences(one, other);
    found.retain(|difference| !difference.starts_with("digest:"));
    if found.is_empty() {
        writeln!(output, "\nthey ended alike")?;
        return Ok(());
    }
    writeln!(output, "\nthey ended differently:")?;
    for difference in found.iter().take(DIFFERENCES_MAX) {
        writeln!(output, "  {}", escape(difference))?;
    }
    if let more @ 1.. = found.len().saturating_sub(DIFFERENCES_MAX) {
        writeln!(output, "  and {more} more")?;
    }
    Ok(())
}
