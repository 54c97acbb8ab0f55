//! Files and folders by handle: one part of a path at a time, never through a link, never waiting for a pipe.
//!
//! Each step looks before it opens, so that a refusal can be put into words, and opens with `O_NOFOLLOW`, so that what
//! was swapped in between is refused all the same. This module must not know limits of a whole workspace.

use std::io::{self, Read, Write};

use cap_std::fs::{Dir, File, Metadata, OpenOptions, OpenOptionsExt, Permissions, PermissionsExt};
use moot_core::port::PortError;
use rustix::fs::OFlags;

use super::super::{FILE_BYTES_MAX, words};
use super::UNFINISHED;

/// How many names are tried for an unfinished file: others may have been left by a process that died.
const NAMES_TRIED_MAX: u64 = 10_000;

/// The folder of a path: the root itself or one below it.
pub(super) struct Folder(Option<Dir>);

impl Folder {
    /// The handle, given that of the root.
    pub(super) fn get<'dir>(&'dir self, root: &'dir Dir) -> &'dir Dir {
        self.0.as_ref().unwrap_or(root)
    }
}

/// What stands at the path of a folder.
pub(super) enum Upper {
    /// Nothing.
    Nothing,
    /// A file at this path, which is the folder's or one above.
    File(String),
    /// The folder.
    Folder(Folder),
}

/// What a name stands for in a folder.
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// A regular file.
    File(Metadata),
    /// A folder.
    Folder,
    /// A symbolic link, wherever it leads.
    Link,
    /// A device, a pipe or a socket.
    Special,
}

/// Looks at a name without opening it.
pub(super) fn look(folder: &Dir, name: &str, path: &str) -> Result<Found, PortError> {
    match folder.symlink_metadata(name) {
        Ok(metadata) if metadata.is_symlink() => Ok(Found::Link),
        Ok(metadata) if metadata.is_dir() => Ok(Found::Folder),
        Ok(metadata) if metadata.is_file() => Ok(Found::File(metadata)),
        Ok(_) => Ok(Found::Special),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found::Nothing),
        Err(error) => Err(refused(path, &error)),
    }
}

/// Opens the folder of this path, empty for the root.
pub(super) fn descend(root: &Dir, path: &str) -> Result<Upper, PortError> {
    walk(root, path, |_, _| Ok(false))
}

/// Opens the folder of this path, empty for the root; creates what is missing.
pub(super) fn create(root: &Dir, path: &str) -> Result<Folder, PortError> {
    let created = walk(root, path, |folder, name| match folder.create_dir(name) {
        // Somebody else was faster.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(true),
    })?;
    match created {
        Upper::Folder(folder) => Ok(folder),
        Upper::File(_) | Upper::Nothing => Err(was_swapped(path)),
    }
}

/// Goes down part by part; `missing` says whether it made the folder that was not there.
fn walk(root: &Dir, path: &str, missing: impl Fn(&Dir, &str) -> io::Result<bool>) -> Result<Upper, PortError> {
    let mut folder = Folder(None);
    let mut end = 0;
    for part in path.split('/').filter(|part| !part.is_empty()) {
        end += part.len() + usize::from(end > 0);
        let here = path.get(..end).unwrap_or(path);
        let above = folder.get(root);
        match look(above, part, here)? {
            Found::Folder => {}
            Found::Nothing => {
                if !missing(above, part).map_err(|error| refused(here, &error))? {
                    return Ok(Upper::Nothing);
                }
            }
            Found::File(_) => return Ok(Upper::File(here.to_owned())),
            Found::Link => return Err(is_a_link(here)),
            Found::Special => return Err(is_special(here)),
        }
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
        let opened = open(above, part, OpenOptions::new().read(true), flags).map_err(|error| swapped(here, &error))?;
        folder = Folder(Some(Dir::from_std_file(opened.into_std())));
    }
    Ok(Upper::Folder(folder))
}

/// The text of a file that was a regular one when it was looked at.
pub(super) fn read(folder: &Dir, name: &str, path: &str) -> Result<String, PortError> {
    // Without O_NONBLOCK, opening a pipe that was swapped in would wait for its writer.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = open(folder, name, OpenOptions::new().read(true), flags).map_err(|error| swapped(path, &error))?;
    let metadata = file.metadata().map_err(|error| refused(path, &error))?;
    if !metadata.is_file() {
        return Err(is_special(path));
    }
    let too_long = |length: u64| {
        words::limit(format!("the file {path} is {length} bytes long; at most {FILE_BYTES_MAX} are read"))
    };
    if metadata.len() > FILE_BYTES_MAX as u64 {
        return Err(too_long(metadata.len()));
    }
    let mut bytes = Vec::new();
    // It may grow while it is read.
    file.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(|error| refused(path, &error))?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(too_long(bytes.len() as u64));
    }
    String::from_utf8(bytes).map_err(|_| words::denied(format!("the file {path} is not UTF-8 text")))
}

/// A new file that has no name of its own yet. It is removed unless it gets one.
pub(super) struct Unfinished<'folder> {
    folder: &'folder Dir,
    file: File,
    name: Option<String>,
    path: &'folder str,
}

impl<'folder> Unfinished<'folder> {
    /// An empty file in the folder; `names` counts the names that were tried.
    pub(super) fn create(folder: &'folder Dir, path: &'folder str, names: &mut u64) -> Result<Self, PortError> {
        for _ in 0..NAMES_TRIED_MAX {
            let name = format!("{UNFINISHED}{names}");
            *names += 1;
            match open(folder, &name, OpenOptions::new().write(true).create_new(true), OFlags::NOFOLLOW) {
                Ok(file) => return Ok(Self { folder, file, name: Some(name), path }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(refused(path, &error)),
            }
        }
        let reason = format!("{path} can't be written: its folder is full of unfinished files; remove {UNFINISHED}*");
        Err(words::denied(reason))
    }

    /// Writes the text; the permission bits are those of the file that it replaces.
    pub(super) fn fill(&self, content: &str, before: Option<&Metadata>) -> Result<(), PortError> {
        // The bits come first: what only its owner may read must not lie open for a moment.
        let bits = before.map(|metadata| Permissions::from_mode(metadata.permissions().mode() & 0o777));
        bits.map_or(Ok(()), |bits| self.file.set_permissions(bits))
            .and_then(|()| (&self.file).write_all(content.as_bytes()))
            .map_err(|error| refused(self.path, &error))
    }

    /// Gives it its name, which takes the place of the file that had it.
    pub(super) fn rename(mut self, name: &str) -> Result<(), PortError> {
        if let Some(unfinished) = self.name.take() {
            let renamed = self.folder.rename(&unfinished, self.folder, name);
            renamed.map_err(|error| {
                self.name = Some(unfinished);
                refused(self.path, &error)
            })?;
        }
        Ok(())
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // Nothing better can be done with a file that can't be removed.
            let _ = self.folder.remove_file(name);
        }
    }
}

fn open(folder: &Dir, name: &str, options: &mut OpenOptions, flags: OFlags) -> io::Result<File> {
    folder.open_with(name, options.custom_flags(flags.bits().cast_signed()))
}

/// Whether the files of a folder are made up by the kernel, as in `/proc` and `/sys`.
#[cfg(target_os = "linux")]
pub(super) fn is_of_the_kernel(folder: &Dir) -> bool {
    /// From `linux/magic.h`.
    const SYSFS_MAGIC: rustix::fs::FsWord = 0x6265_6572;
    let system = rustix::fs::fstatfs(folder).map(|system| system.f_type);
    matches!(system, Ok(rustix::fs::PROC_SUPER_MAGIC | SYSFS_MAGIC))
}

/// Other systems have no such folders, or mark them in ways of their own.
#[cfg(not(target_os = "linux"))]
pub(super) fn is_of_the_kernel(_folder: &Dir) -> bool {
    false
}

/// A link is never followed.
pub(super) fn is_a_link(path: &str) -> PortError {
    words::denied(format!("{path} is a symbolic link; links are not followed, use the path of the file itself"))
}

/// A device or a pipe is never opened.
pub(super) fn is_special(path: &str) -> PortError {
    words::denied(format!("{path} is no ordinary file but a device, a pipe or a socket"))
}

fn was_swapped(path: &str) -> PortError {
    words::denied(format!("{path} was replaced while it was used; try again"))
}

/// What could not be opened although it had just been looked at.
fn swapped(path: &str, error: &io::Error) -> PortError {
    match error.kind() {
        io::ErrorKind::PermissionDenied => refused(path, error),
        _ => was_swapped(path),
    }
}

/// The system's own refusal.
fn refused(path: &str, error: &io::Error) -> PortError {
    let reason = format!("the system refused the use of {path}: {error}");
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => words::limit(reason),
        _ => words::denied(reason),
    }
}
