//! Files that live in a real folder: the same port, the same rules and the same words as in memory.
//!
//! The folder is held by a handle and every part of a path is opened from the handle of the part above it, at the moment
//! of use, never through a link: neither a path nor somebody who swaps a folder for a link while a request runs leads
//! out of the folder. Links are refused inside it too, so that a file has one path and a rule about a path holds.
//!
//! - **Outside.** Every request blocks and what it finds depends on the machine: the runtime treats this workspace as
//!   outside, on a thread of its own, with its answers recorded. All futures are ready at the first poll.
//! - **Writes** are atomic: the text goes to a new file (`O_EXCL`) beside the old one, which then takes its name. Readers
//!   see the old or the new text whole, also when the process dies; a loss of power is not guarded against. The file
//!   keeps its permission bits; another hard link to it keeps the old text. A write-protected file is refused.
//! - **Compare and swap** ([`Workspace::replace`]) is exact among requests to one `FolderWorkspace`. A stranger's write
//!   that falls between the comparison and the renaming right after it is lost: the system offers nothing better.
//! - **Only regular files** of UTF-8 text are read, never a device, a pipe or anything of `/proc`, and none blocks.
//! - **The list** leaves out what could not be read by its path: links, special files, folders that can't be read, names
//!   that are not UTF-8 or that [`check_path`] refuses.
//! - **Limits** of number and size count what is added after opening; what the folder held before is not counted.
//!
//! This module must not know tools. Linux is what it is tested on; any Unix should do.
//!
//! ```
//! use moot_core::port::Workspace;
//! use moot_tool::{testing, workspace::FolderWorkspace};
//!
//! let folder = tempfile::tempdir().unwrap();
//! let workspace = FolderWorkspace::open(folder.path()).unwrap();
//! testing::ready(workspace.write("notes/a.txt", "hello".into())).unwrap().unwrap();
//! assert_eq!(std::fs::read_to_string(folder.path().join("notes/a.txt")).unwrap(), "hello");
//! assert_eq!(testing::ready(workspace.list()).unwrap().unwrap(), ["notes/a.txt"]);
//! ```

mod handle;
#[cfg(all(test, target_os = "linux"))]
mod tests;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, Metadata};
use moot_core::port::{PortError, PortFuture, Workspace};

use super::{check_path, words};
use handle::{Found, Upper};

/// How many files and folders a list looks at before it gives up.
const ENTRIES_MAX: usize = 100_000;

/// Files that are being written have names that begin so; nobody can ask for them.
const UNFINISHED: &str = ".moot-write-";

/// A workspace over a real folder. Every request blocks until it is done.
#[derive(Debug)]
pub struct FolderWorkspace {
    root: Dir,
    /// Held while something is written.
    written: Mutex<Written>,
}

/// What was added since the folder was opened; less than nothing when files became shorter.
#[derive(Debug, Default)]
struct Written {
    files: i64,
    bytes: i64,
    /// How many unfinished files had a name so far.
    names: u64,
}

impl FolderWorkspace {
    /// The files in a folder that exists. A link to a folder may be given; it is followed this once.
    ///
    /// # Errors
    /// [`PortError::NotFound`] when there is no such folder, [`PortError::Denied`] when it can't be opened or is one in
    /// which the kernel shows its state.
    pub fn open(root: &Path) -> Result<Self, PortError> {
        let opened = Dir::open_ambient_dir(root, ambient_authority()).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => PortError::NotFound { what: format!("folder {root:?}") },
            _ => words::denied(format!("{root:?} can't be opened as a folder: {error}; give a folder of files")),
        })?;
        if handle::is_of_the_kernel(&opened) {
            let reason = format!("{root:?} shows the state of the system; give a folder of ordinary files");
            return Err(words::denied(reason));
        }
        Ok(Self { root: opened, written: Mutex::new(Written::default()) })
    }

    /// How many files and bytes were added since it was opened.
    #[cfg(test)]
    pub(super) fn added(&self) -> (i64, i64) {
        let written = self.locked();
        (written.files, written.bytes)
    }

    /// No code that can panic runs under the lock.
    fn locked(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn text(&self, path: &str) -> Result<String, PortError> {
        let (upper, name) = checked(path)?;
        match handle::descend(&self.root, upper)? {
            Upper::Nothing | Upper::File(_) => Err(words::no_file(path, false)),
            Upper::Folder(folder) => text_in(folder.get(&self.root), name, path),
        }
    }

    fn put(&self, path: &str, content: &str, expected: Option<&str>) -> Result<(), PortError> {
        let (upper, name) = checked(path)?;
        let mut written = self.locked();
        let is_expected = |text: &str| match expected {
            Some(old) if old != text => Err(words::changed(path)),
            _ => Ok(()),
        };
        if expected.is_some() {
            is_expected(&self.text(path)?)?;
        }
        let before = self.place(upper, name, path)?;
        let (files, bytes) = written.with(before.as_ref(), content)?;

        let folder = handle::create(&self.root, upper)?;
        let folder = folder.get(&self.root);
        let unfinished = handle::Unfinished::create(folder, path, &mut written.names)?;
        unfinished.fill(content, before.as_ref())?;
        // Compared again as late as can be.
        if expected.is_some() {
            is_expected(&text_in(folder, name, path)?)?;
        }
        unfinished.rename(name)?;
        (written.files, written.bytes) = (files, bytes);
        Ok(())
    }

    /// What stands where a file is to be written: an ordinary file or nothing, else an error.
    fn place(&self, upper: &str, name: &str, path: &str) -> Result<Option<Metadata>, PortError> {
        let folder = match handle::descend(&self.root, upper)? {
            Upper::Nothing => return Ok(None),
            Upper::File(file) => return Err(words::cannot_hold(&file, path)),
            Upper::Folder(folder) => folder,
        };
        match handle::look(folder.get(&self.root), name, path)? {
            Found::Nothing => Ok(None),
            Found::Folder => Err(words::is_a_folder(path)),
            Found::Link => Err(handle::is_a_link(path)),
            Found::Special => Err(handle::is_special(path)),
            Found::File(metadata) if metadata.permissions().readonly() => {
                Err(words::denied(format!("the file {path} is write-protected")))
            }
            Found::File(metadata) => Ok(Some(metadata)),
        }
    }

    fn paths(&self) -> Result<Vec<String>, PortError> {
        let (mut files, mut folders, mut seen) = (Vec::new(), vec![String::new()], 0);
        while let Some(upper) = folders.pop() {
            // Whatever is no folder any more, or never could be read, has no files.
            let Ok(Upper::Folder(folder)) = handle::descend(&self.root, &upper) else { continue };
            let Ok(entries) = folder.get(&self.root).entries() else { continue };
            for entry in entries {
                seen += 1;
                if seen > ENTRIES_MAX {
                    let reason =
                        format!("the folder holds more than {ENTRIES_MAX} files and folders; use a smaller one");
                    return Err(words::limit(reason));
                }
                let Some((name, kind)) =
                    entry.ok().and_then(|entry| Some((entry.file_name(), entry.file_type().ok()?)))
                else {
                    continue;
                };
                let Some(name) = name.to_str() else { continue };
                let path = if upper.is_empty() { name.to_owned() } else { format!("{upper}/{name}") };
                if checked(&path).is_err() {
                    continue;
                }
                if kind.is_dir() {
                    folders.push(path);
                } else if kind.is_file() {
                    files.push(path);
                }
            }
        }
        files.sort_unstable();
        Ok(files)
    }
}

impl Workspace for FolderWorkspace {
    fn read<'a>(&'a self, path: &'a str) -> PortFuture<'a, String> {
        Box::pin(async move { self.text(path) })
    }

    fn write<'a>(&'a self, path: &'a str, content: String) -> PortFuture<'a, ()> {
        Box::pin(async move { self.put(path, &content, None) })
    }

    fn replace<'a>(&'a self, path: &'a str, old: &'a str, new: String) -> PortFuture<'a, ()> {
        Box::pin(async move { self.put(path, &new, Some(old)) })
    }

    fn list<'a>(&'a self) -> PortFuture<'a, Vec<String>> {
        Box::pin(async move { self.paths() })
    }
}

impl Written {
    /// Files and bytes once this text is written.
    fn with(&self, before: Option<&Metadata>, content: &str) -> Result<(i64, i64), PortError> {
        let signed = |length: u64| i64::try_from(length).unwrap_or(i64::MAX);
        words::check_length(content.len())?;
        if before.is_none() {
            words::check_another_file(self.files)?;
        }
        let freed = before.map_or(0, |metadata| signed(metadata.len()));
        let bytes = self.bytes.saturating_sub(freed).saturating_add(signed(content.len() as u64));
        words::check_total(bytes)?;
        Ok((self.files + i64::from(before.is_none()), bytes))
    }
}

/// The folder and the name of a path that follows the rules.
fn checked(path: &str) -> Result<(&str, &str), PortError> {
    check_path(path)?;
    let (upper, name) = path.rsplit_once('/').unwrap_or(("", path));
    if path.split('/').any(|part| part.starts_with(UNFINISHED)) {
        let reason =
            format!("the path {path} is not allowed: names that begin with {UNFINISHED} are kept for unfinished files");
        return Err(words::denied(reason));
    }
    Ok((upper, name))
}

/// The text of an ordinary file in a folder.
fn text_in(folder: &Dir, name: &str, path: &str) -> Result<String, PortError> {
    match handle::look(folder, name, path)? {
        Found::Nothing => Err(words::no_file(path, false)),
        Found::Folder => Err(words::no_file(path, true)),
        Found::Link => Err(handle::is_a_link(path)),
        Found::Special => Err(handle::is_special(path)),
        Found::File(_) => handle::read(folder, name, path),
    }
}
