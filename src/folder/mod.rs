//! The folder of a run: its journal, the resolved scenario, the manifest and the result.
//!
//! It is built beside its place and appears there whole, with the header of its journal.
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
use std::sync::Arc;

use moot_core::Event;
use moot_journal::{JournalError, JournalReader, KeptEventError, Record, RunResult, WriteError};
use moot_scenario::Scenario;

use crate::cassette::Cassette;

#[cfg(feature = "crash-points")]
mod crash;
mod difference;
mod disk;
mod durability;
mod kept;
mod manifest;

pub use difference::differences;
pub use disk::{Disk, DiskStep};
pub use durability::Durability;
pub(crate) use kept::played_with;
pub use kept::{Beginning, Kept, changed};
pub use manifest::{Lineage, MANIFEST_FORMAT, Manifest, PROGRAM, REAL_CLOCK, VIRTUAL_CLOCK};

/// The journal's file in a run folder.
pub const JOURNAL_FILE: &str = "journal.jsonl.zst";
/// The resolved scenario's file in a run folder.
pub const SCENARIO_FILE: &str = "scenario.json";
/// The manifest's file in a run folder.
pub const MANIFEST_FILE: &str = "manifest.json";
/// The file of the cassette from which models and outside tools answered, when they did.
pub const CASSETTE_FILE: &str = "cassette.jsonl";
/// The result's file in a run folder; missing when the run did not come to its end.
pub const RESULT_FILE: &str = "result.json";

/// A folder that keeps one run.
#[derive(Debug, Clone)]
pub struct RunFolder {
    path: PathBuf,
    /// Where it is built: beside its place at first, then the place itself.
    building: PathBuf,
    disk: Disk,
    /// The journal of a folder that is being built, which nobody else may write.
    journal: Option<Arc<File>>,
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
    /// An event of the journal can't be read.
    #[error("the journal {path} can't be read")]
    Event {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: KeptEventError,
    },
    /// A note of the journal can't be read.
    #[error("the journal {path} can't be read: {problem}")]
    Note {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The journal can't be written.
    #[error("the journal {path} can't be written")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: WriteError,
    },
    /// Somebody writes the journal.
    #[error("the journal {path} is being written: the run is still played, here or in another process")]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// There is no journal in the folder.
    #[error("{path} is no run folder: it holds no {JOURNAL_FILE}; {hint}")]
    NoRun {
        /// The folder.
        path: PathBuf,
        /// Where one may be.
        hint: String,
    },
    /// The manifest is missing, or is none that this program understands.
    #[error("{path} can't be used: {problem}; without it nobody knows how the run was played")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}

impl RunFolder {
    /// Builds a new folder for a run beside its place, with the resolved scenario, the manifest and the cassette. It
    /// appears when its
    /// journal starts.
    ///
    /// # Errors
    /// When the folder holds something already, is just being built by somebody else, or can't be written.
    pub fn create(
        path: impl Into<PathBuf>,
        scenario: &Scenario,
        manifest: &Manifest,
        cassette: Option<&Cassette>,
        disk: Disk,
    ) -> Result<Self, FolderError> {
        let folder = Self::new_folder(path.into(), disk)?;
        let mut files = vec![(SCENARIO_FILE, scenario.resolved_json()), (MANIFEST_FILE, manifest.to_json())];
        files.extend(cassette.map(|cassette| (CASSETTE_FILE, cassette.lines().to_owned())));
        for (file, text) in files {
            let path = folder.building.join(file);
            if let Err(error) = folder.disk.write_file(&path, text.as_bytes()) {
                folder.discard();
                return Err(file_error(&path, "written")(error));
            }
        }
        Ok(folder)
    }

    /// A folder with an empty journal, beside its place.
    fn new_folder(path: PathBuf, disk: Disk) -> Result<Self, FolderError> {
        if path.exists() && std::fs::read_dir(&path).map_err(file_error(&path, "read"))?.next().is_some() {
            return Err(FolderError::NotEmpty { path });
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let building = path.with_file_name(format!(".{name}.building"));
        let journal = building.join(JOURNAL_FILE);
        if building.exists() {
            // Whoever builds it holds its journal; who was killed does not.
            if let Ok(file) = File::open(&journal) {
                kept::lock(&journal, &file)?;
            }
            disk.remove_folder(&building);
        }
        disk.create_folder(&building).map_err(file_error(&building, "created"))?;
        let mut folder = Self { path, building, disk, journal: None };
        let file = folder.disk.create_file(&journal).map_err(file_error(&journal, "created"));
        let locked = file.and_then(|file| kept::lock(&journal, &file).map(|()| file));
        folder.journal = Some(Arc::new(locked.inspect_err(|_| folder.discard())?));
        Ok(folder)
    }

    /// Puts the folder into its place.
    fn appear(&self) -> Result<(), FolderError> {
        self.disk.sync_folder(&self.building).map_err(file_error(&self.building, "synced"))?;
        self.disk.rename(&self.building, &self.path).map_err(|error| match error.kind() {
            io::ErrorKind::DirectoryNotEmpty => FolderError::NotEmpty { path: self.path.clone() },
            _ => file_error(&self.path, "created")(error),
        })
    }

    /// Takes back what [`create`](Self::create) made, as far as that goes.
    pub(crate) fn discard(&self) {
        // As long as it stands beside its place, what is in the place is somebody else's.
        if self.building.is_dir() {
            return self.disk.remove_folder(&self.building);
        }
        // In its place, nothing goes but what was put there.
        for file in [JOURNAL_FILE, SCENARIO_FILE, MANIFEST_FILE, CASSETTE_FILE] {
            self.disk.remove_file(&self.path.join(file));
        }
        // What can't be removed is found by the next attempt, which names the folder.
        let _ = std::fs::remove_dir(&self.path);
    }

    /// A folder that holds a run.
    ///
    /// # Errors
    /// When there is no journal in it.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, FolderError> {
        let path = path.into();
        if !path.join(JOURNAL_FILE).is_file() {
            let hint = no_run_hint(&path);
            return Err(FolderError::NoRun { path, hint });
        }
        Ok(Self { building: path.clone(), path, disk: default_disk(), journal: None })
    }

    /// The same folder, written to this disk.
    #[must_use]
    pub fn on(mut self, disk: Disk) -> Self {
        self.disk = disk;
        self
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps the result.
    ///
    /// # Errors
    /// When the file can't be written; then there is none.
    pub fn write_result(&self, result: &RunResult) -> Result<(), FolderError> {
        let path = self.path.join(RESULT_FILE);
        // Half a result is none: it is written beside its place, so that a kill in between leaves none.
        let beside = self.path.join(format!("{RESULT_FILE}.part"));
        let text = serde_json::to_string_pretty(result).map_err(io::Error::from);
        if beside.exists() {
            self.disk.remove_file(&beside);
        }
        let written = text.and_then(|text| self.disk.write_file(&beside, (text + "\n").as_bytes()));
        written.and_then(|()| self.disk.rename(&beside, &path)).map_err(|error| {
            // What can't be removed either, no reader takes for a result.
            self.disk.remove_file(&beside);
            file_error(&path, "written")(error)
        })
    }

    /// The result; `None` when the run has not come to its end.
    ///
    /// # Errors
    /// When the file is there and can't be read.
    pub fn result(&self) -> Result<Option<RunResult>, FolderError> {
        let path = self.path.join(RESULT_FILE);
        if !path.is_file() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(&path).map_err(file_error(&path, "read"))?;
        serde_json::from_str(&text).map(Some).map_err(io::Error::from).map_err(file_error(&path, "read"))
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

/// Where a run may be found when it is not in this folder.
fn no_run_hint(path: &Path) -> String {
    let entries = std::fs::read_dir(path).into_iter().flatten().filter_map(Result::ok);
    let mut runs: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.join(JOURNAL_FILE).is_file()).collect();
    runs.sort();
    match runs.as_slice() {
        [] => "a run is kept with `moot run FILE --out DIR`".to_owned(),
        runs => {
            let names: Vec<String> = runs.iter().map(|run| run.display().to_string()).collect();
            format!("it holds the folders of several runs, each on its own: {}", names.join(", "))
        }
    }
}

/// The disk that is written to when nobody names another one.
pub(crate) fn default_disk() -> Disk {
    #[cfg(feature = "crash-points")]
    return crash::disk();
    #[cfg(not(feature = "crash-points"))]
    Disk::default()
}

fn file_error(path: &Path, what: &'static str) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_path_buf();
    move |source| FolderError::File { path, what, source }
}
