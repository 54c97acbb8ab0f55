//! Files that live in memory: a workspace that touches no disk.
//!
//! Every request is answered at its first poll, in the order of the requests, so it may be used inside a world. This
//! module must not know tools.
//!
//! ```
//! use moot_core::port::Workspace;
//! use moot_tool::{MemoryWorkspace, testing};
//!
//! let workspace = MemoryWorkspace::with_files([("notes/a.txt", "hello")]).unwrap();
//! testing::ready(workspace.replace("notes/a.txt", "hello", "world".into())).unwrap().unwrap();
//! assert_eq!(workspace.snapshot()["notes/a.txt"], "world");
//! ```

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use moot_core::port::{PortError, PortFuture, Workspace};

use super::{check_path, words};

/// A workspace in memory, empty at first. Every request is answered at once.
#[derive(Debug, Default)]
pub struct MemoryWorkspace {
    stored: Mutex<Stored>,
}

#[derive(Debug, Default)]
struct Stored {
    files: BTreeMap<String, String>,
    /// The sum of the lengths of all files, in bytes.
    bytes: usize,
}

impl MemoryWorkspace {
    /// An empty workspace.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A workspace with these files, each a path and its text. A path given twice keeps the last text.
    ///
    /// # Errors
    /// When a path breaks a rule or a limit is passed.
    pub fn with_files<P: AsRef<str>, C: Into<String>>(
        files: impl IntoIterator<Item = (P, C)>,
    ) -> Result<Self, PortError> {
        let mut stored = Stored::default();
        for (path, content) in files {
            stored.write(path.as_ref(), content.into())?;
        }
        Ok(Self { stored: Mutex::new(stored) })
    }

    /// All files as they are now, by path.
    #[must_use]
    pub fn snapshot(&self) -> BTreeMap<String, String> {
        self.locked().files.clone()
    }

    /// The sum of the lengths of all files, in bytes, as it is kept.
    #[cfg(test)]
    pub(super) fn counted_bytes(&self) -> usize {
        self.locked().bytes
    }

    /// No code that can panic runs under the lock, so a poisoned one still holds whole files.
    fn locked(&self) -> MutexGuard<'_, Stored> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Workspace for MemoryWorkspace {
    fn read<'a>(&'a self, path: &'a str) -> PortFuture<'a, String> {
        Box::pin(async move { self.locked().read(path).cloned() })
    }

    fn write<'a>(&'a self, path: &'a str, content: String) -> PortFuture<'a, ()> {
        Box::pin(async move { self.locked().write(path, content) })
    }

    fn replace<'a>(&'a self, path: &'a str, old: &'a str, new: String) -> PortFuture<'a, ()> {
        Box::pin(async move { self.locked().replace(path, old, new) })
    }

    fn list<'a>(&'a self) -> PortFuture<'a, Vec<String>> {
        Box::pin(async move { Ok(self.locked().files.keys().cloned().collect()) })
    }
}

impl Stored {
    fn read(&self, path: &str) -> Result<&String, PortError> {
        check_path(path)?;
        self.files.get(path).ok_or_else(|| words::no_file(path, self.is_folder(path)))
    }

    fn write(&mut self, path: &str, content: String) -> Result<(), PortError> {
        check_path(path)?;
        self.check_place(path)?;
        let bytes = self.bytes_with(path, &content)?;
        self.files.insert(path.to_owned(), content);
        self.bytes = bytes;
        Ok(())
    }

    fn replace(&mut self, path: &str, old: &str, new: String) -> Result<(), PortError> {
        if self.read(path)? != old {
            return Err(words::changed(path));
        }
        self.write(path, new)
    }

    /// What is a file can't hold files, and what holds files can't be one.
    fn check_place(&self, path: &str) -> Result<(), PortError> {
        if self.is_folder(path) {
            return Err(words::is_a_folder(path));
        }
        let mut above = path.match_indices('/').filter_map(|(end, _)| path.get(..end));
        match above.find(|above| self.files.contains_key(*above)) {
            Some(file) => Err(words::cannot_hold(file, path)),
            None => Ok(()),
        }
    }

    fn is_folder(&self, path: &str) -> bool {
        let inside = format!("{path}/");
        self.files.range(inside.clone()..).next().is_some_and(|(first, _)| first.starts_with(&inside))
    }

    /// The sum of all files once this one is written.
    fn bytes_with(&self, path: &str, content: &str) -> Result<usize, PortError> {
        words::check_length(content.len())?;
        let before = self.files.get(path);
        if before.is_none() {
            words::check_another_file(self.files.len() as i64)?;
        }
        let bytes = self.bytes - before.map_or(0, String::len) + content.len();
        words::check_total(bytes as i64)?;
        Ok(bytes)
    }
}
