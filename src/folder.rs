//! The folder of a run: its journal, the resolved scenario and the result.
//!
//! It must not know what is in them beyond how they are read. A folder that exists and holds something is never
//! written into.
//!
//! ```
//! use folkmoot::folder::RunFolder;
//!
//! let error = RunFolder::open("/nowhere/at/all").unwrap_err();
//! assert!(error.to_string().contains("/nowhere/at/all"));
//! ```

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use moot_core::Event;
use moot_journal::{JournalError, JournalReader, Record, RunResult};
use moot_runtime::JournalSink;
use moot_scenario::Scenario;

/// The journal's file in a run folder.
pub const JOURNAL_FILE: &str = "journal.jsonl.zst";
/// The resolved scenario's file in a run folder.
pub const SCENARIO_FILE: &str = "scenario.json";
/// The result's file in a run folder; missing when the run did not come to its end.
pub const RESULT_FILE: &str = "result.json";

/// A folder that keeps one run.
#[derive(Debug, Clone)]
pub struct RunFolder {
    path: PathBuf,
}

/// Why a run folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// There is something in it already.
    #[error("the folder {path} is not empty; name a new one, or remove it first")]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// A file or folder can't be read or written.
    #[error("{path} can't be {what}: {source}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The journal is damaged or of another version.
    #[error("the journal {path} can't be read: {source}")]
    Journal {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: JournalError,
    },
    /// There is no journal in the folder.
    #[error("{path} is no run folder: it holds no {JOURNAL_FILE}; a run is kept with `moot run FILE --out DIR`")]
    NoRun {
        /// The folder.
        path: PathBuf,
    },
}

impl RunFolder {
    /// Makes a new folder for a run and puts the resolved scenario into it.
    ///
    /// # Errors
    /// When the folder holds something already or can't be written.
    pub fn create(path: impl Into<PathBuf>, scenario: &Scenario) -> Result<Self, FolderError> {
        let path = path.into();
        std::fs::create_dir_all(&path).map_err(file_error(&path, "created"))?;
        let mut entries = std::fs::read_dir(&path).map_err(file_error(&path, "read"))?;
        if entries.next().is_some() {
            return Err(FolderError::NotEmpty { path });
        }
        let folder = Self { path };
        let scenario_path = folder.path.join(SCENARIO_FILE);
        std::fs::write(&scenario_path, scenario.resolved_json()).map_err(file_error(&scenario_path, "written"))?;
        Ok(folder)
    }

    /// Takes back what [`create`](Self::create) made, as far as that goes.
    pub(crate) fn discard(&self) {
        for file in [JOURNAL_FILE, SCENARIO_FILE] {
            // What can't be removed is found by the next attempt, which names the folder.
            let _ = std::fs::remove_file(self.path.join(file));
        }
        let _ = std::fs::remove_dir(&self.path);
    }

    /// A folder that holds a run.
    ///
    /// # Errors
    /// When there is no journal in it.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, FolderError> {
        let path = path.into();
        if !path.join(JOURNAL_FILE).is_file() {
            return Err(FolderError::NoRun { path });
        }
        Ok(Self { path })
    }

    /// Where the run's journal goes.
    ///
    /// # Errors
    /// When the file can't be created.
    pub fn journal(&self) -> Result<JournalSink, FolderError> {
        let path = self.path.join(JOURNAL_FILE);
        let file = File::create_new(&path).map_err(file_error(&path, "created"))?;
        Ok(JournalSink { file: Box::new(file), name: path.display().to_string() })
    }

    /// Keeps the result.
    ///
    /// # Errors
    /// When the file can't be written; then there is none.
    pub fn write_result(&self, result: &RunResult) -> Result<(), FolderError> {
        let path = self.path.join(RESULT_FILE);
        let text = serde_json::to_string_pretty(result).map_err(io::Error::from);
        text.and_then(|text| std::fs::write(&path, text + "\n")).map_err(|error| {
            // Half a result is none. What can't be removed either, no reader takes for whole.
            let _ = std::fs::remove_file(&path);
            file_error(&path, "written")(error)
        })
    }

    /// The events of the run, one after another.
    ///
    /// # Errors
    /// When the journal can't be opened; what is wrong further on comes as an item.
    pub fn events(&self) -> Result<impl Iterator<Item = Result<Event, FolderError>> + use<>, FolderError> {
        let path = self.path.join(JOURNAL_FILE);
        let file = File::open(&path).map_err(file_error(&path, "opened"))?;
        let journal = |source| FolderError::Journal { path: path.clone(), source };
        let reader = JournalReader::new(file).map_err(journal)?;
        Ok(reader.filter_map(move |record| match record {
            Ok(Record::Event(event)) => Some(Ok(event)),
            Ok(Record::Note(_)) => None,
            Err(source) => Some(Err(FolderError::Journal { path: path.clone(), source })),
        }))
    }
}

fn file_error(path: &Path, what: &'static str) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_path_buf();
    move |source| FolderError::File { path, what, source }
}
