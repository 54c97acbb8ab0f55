//! What is done to the disk for a run folder, step by step, in one place.
//!
//! Each step can be watched: a test writes the steps down, has one of them fail, or ends the process in front of one. So it
//! can be tried what is left when power is lost, a disk is full or a process is killed at any of them. This module must not
//! know what is written.
//!
//! ```
//! use folkmoot::folder::{Disk, DiskStep};
//! use std::sync::{Arc, Mutex};
//!
//! let names = Arc::new(Mutex::new(Vec::new()));
//! let seen = Arc::clone(&names);
//! let disk = Disk::default().watched(move |step: &DiskStep<'_>| {
//!     seen.lock().unwrap().push(step.name());
//!     if matches!(step, DiskStep::Rename { .. }) { Err(std::io::Error::other("no more names")) } else { Ok(()) }
//! });
//! let folder = std::env::temp_dir().join(format!("folkmoot-disk-{}", std::process::id()));
//! disk.create_folder(&folder).unwrap();
//! assert!(disk.rename(&folder, &folder.with_extension("new")).is_err());
//! disk.remove_folder(&folder);
//! assert_eq!(*names.lock().unwrap(), ["create", "rename", "remove"]);
//! ```

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where a run's files are written.
#[derive(Clone, Default)]
pub struct Disk {
    /// Whether what is written is made to outlive a loss of power.
    syncs: bool,
    watch: Option<Arc<Watch>>,
}

type Watch = dyn Fn(&DiskStep<'_>) -> io::Result<()> + Send + Sync;

/// Something that is about to be done to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskStep<'a> {
    /// A folder, or an empty file, gets its name.
    Create {
        /// Its name.
        path: &'a Path,
        /// Whether it is a folder.
        is_folder: bool,
    },
    /// Bytes are added to a file.
    Write {
        /// The file's name.
        path: &'a Path,
        /// What is added.
        bytes: &'a [u8],
    },
    /// What a file holds is made to last.
    Sync {
        /// The file's name.
        path: &'a Path,
    },
    /// The names in a folder are made to last.
    SyncFolder {
        /// The folder.
        path: &'a Path,
    },
    /// A file or folder gets another name.
    Rename {
        /// The old name.
        from: &'a Path,
        /// The new one.
        to: &'a Path,
    },
    /// A file, or a folder with all that is in it, goes.
    Remove {
        /// Its name.
        path: &'a Path,
    },
}

impl DiskStep<'_> {
    /// The step in one word.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Write { .. } => "write",
            Self::Sync { .. } => "sync",
            Self::SyncFolder { .. } => "sync-folder",
            Self::Rename { .. } => "rename",
            Self::Remove { .. } => "remove",
        }
    }
}

impl Disk {
    /// Whether what is written is to outlive a loss of power; by default it outlives the process alone.
    #[must_use]
    pub const fn syncing(mut self, syncs: bool) -> Self {
        self.syncs = syncs;
        self
    }

    /// Shows every step to this function in front of it; an error takes the place of the step.
    #[must_use]
    pub fn watched(mut self, watch: impl Fn(&DiskStep<'_>) -> io::Result<()> + Send + Sync + 'static) -> Self {
        self.watch = Some(Arc::new(watch));
        self
    }

    fn before(&self, step: DiskStep<'_>) -> io::Result<()> {
        self.watch.as_ref().map_or(Ok(()), |watch| watch(&step))
    }

    /// Makes a folder, which must not be there, and those that it is in.
    ///
    /// # Errors
    /// What the system says.
    pub fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.before(DiskStep::Create { path, is_folder: true })?;
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::create_dir(path)
    }

    /// Makes an empty file, which must not be there.
    ///
    /// # Errors
    /// What the system says.
    pub fn create_file(&self, path: &Path) -> io::Result<File> {
        self.before(DiskStep::Create { path, is_folder: false })?;
        File::create_new(path)
    }

    /// Makes a file that holds this, and lasts as long as everything else.
    ///
    /// # Errors
    /// What the system says.
    pub fn write_file(&self, path: &Path, text: &[u8]) -> io::Result<()> {
        let file = self.create_file(path)?;
        let mut output = self.output(file, path);
        output.write_all(text)?;
        output.flush()
    }

    /// What writes into a file that is open; what was written lasts when it is flushed.
    pub(super) fn output(&self, file: File, path: &Path) -> DiskFile {
        DiskFile { file, path: path.to_path_buf(), name_at_first: None, disk: self.clone() }
    }

    /// Gives a file or folder another name.
    ///
    /// # Errors
    /// What the system says.
    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.before(DiskStep::Rename { from, to })?;
        std::fs::rename(from, to)?;
        let Some(path) = to.parent().filter(|folder| self.syncs && !folder.as_os_str().is_empty()) else {
            return Ok(());
        };
        self.sync_folder(path)
    }

    /// Makes the names in a folder last.
    pub(super) fn sync_folder(&self, path: &Path) -> io::Result<()> {
        if !self.syncs {
            return Ok(());
        }
        self.before(DiskStep::SyncFolder { path })?;
        File::open(path).and_then(|folder| folder.sync_all())
    }

    /// Removes a file, if it is there. What can't be removed is found by whoever is in need of the place.
    pub fn remove_file(&self, path: &Path) {
        let _ = self.before(DiskStep::Remove { path }).and_then(|()| std::fs::remove_file(path));
    }

    /// Removes a folder with all that is in it, as far as that goes.
    pub fn remove_folder(&self, path: &Path) {
        let _ = self.before(DiskStep::Remove { path }).and_then(|()| std::fs::remove_dir_all(path));
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_watched = self.watch.is_some();
        formatter.debug_struct("Disk").field("syncs", &self.syncs).field("is_watched", &is_watched).finish()
    }
}

/// A file that is written.
pub(super) struct DiskFile {
    file: File,
    path: PathBuf,
    /// The name that it has until its folder is in its place.
    name_at_first: Option<PathBuf>,
    disk: Disk,
}

impl DiskFile {
    /// The same file, which has another name until its folder is in its place.
    pub(super) fn named_at_first(mut self, path: &Path) -> Self {
        self.name_at_first = Some(path.to_path_buf());
        self
    }

    fn name(&mut self) -> &Path {
        self.name_at_first = self.name_at_first.take().filter(|path| path.exists());
        self.name_at_first.as_deref().unwrap_or(&self.path)
    }
}

impl Write for DiskFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let disk = self.disk.clone();
        disk.before(DiskStep::Write { path: self.name(), bytes })?;
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.disk.syncs {
            return Ok(());
        }
        let disk = self.disk.clone();
        disk.before(DiskStep::Sync { path: self.name() })?;
        self.file.sync_data()
    }
}
