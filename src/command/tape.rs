//! `--record` and `--recorded`: cassettes of what models and outside tools answer, in files.

use std::path::PathBuf;
use std::sync::Arc;

use folkmoot::Scenario;
use folkmoot::cassette::{Cassette, Recorder};

use super::error::CommandError;

/// What becomes of the answers of models and outside tools.
pub(super) enum Tape {
    /// Nothing.
    None,
    /// They are written to a file at the end.
    Record(PathBuf, Recorder),
    /// They come from a file.
    Play(Arc<Cassette>),
}

impl Tape {
    /// What the command line says.
    pub(super) fn of(
        record: Option<PathBuf>,
        recorded: Option<PathBuf>,
        volatile: &[String],
    ) -> Result<Self, CommandError> {
        if let Some(path) = record {
            if path.exists() {
                return Err(wrong(
                    format!("{} is there already", path.display()),
                    "name a new file, or remove it first",
                ));
            }
            return Ok(Self::Record(path, Recorder::default()));
        }
        let Some(path) = recorded else { return Ok(Self::None) };
        let shown = path.display();
        let hint = "a cassette is written with: moot run FILE --record CASSETTE";
        let text = std::fs::read_to_string(&path);
        let text = text.map_err(|error| wrong(format!("the cassette {shown} can't be read: {error}"), hint))?;
        let cassette = Cassette::parse(&text, volatile);
        let cassette = cassette.map_err(|error| wrong(format!("the cassette {shown} can't be read: {error}"), hint))?;
        Ok(Self::Play(Arc::new(cassette)))
    }

    /// Writes what was recorded, with secrets hidden. Half a cassette is none: it is written beside its place first.
    pub(super) fn write(&self, scenario: &Scenario) -> Result<(), CommandError> {
        let Self::Record(path, recorder) = self else { return Ok(()) };
        let lines = recorder.to_lines();
        let beside = path.with_extension("part");
        let written = std::fs::write(&beside, scenario.secrets.mask(&lines).as_bytes());
        written.and_then(|()| std::fs::rename(&beside, path)).map_err(|error| {
            // What can't be removed is named by the message.
            let _ = std::fs::remove_file(&beside);
            wrong(format!("the cassette {} can't be written: {error}", path.display()), "see whether the disk is full")
        })
    }
}

fn wrong(message: String, hint: &str) -> CommandError {
    CommandError::Usage { message, hint: Some(hint.to_owned()) }
}
