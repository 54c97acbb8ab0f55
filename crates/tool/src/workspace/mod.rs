//! The files of a world: in memory, or in a real folder.
//!
//! Both stand behind the port [`Workspace`](moot_core::port::Workspace) of `moot-core` and answer alike, word for word:
//! paths follow the strict rules of [`check_path`], the limits are the same, and one suite of tests plays against both.
//! This module must not know tools.
//!
//! ```
//! use moot_core::port::Workspace;
//! use moot_tool::{MemoryWorkspace, testing};
//!
//! let workspace = MemoryWorkspace::with_files([("notes/a.txt", "hello")]).unwrap();
//! testing::ready(workspace.write("notes/b.txt", "world".into())).unwrap().unwrap();
//! assert_eq!(testing::ready(workspace.list()).unwrap().unwrap(), ["notes/a.txt", "notes/b.txt"]);
//! assert!(testing::ready(workspace.read("../a.txt")).unwrap().is_err());
//! ```

mod folder;
mod memory;
mod path;
#[cfg(test)]
mod tests;
mod words;

pub use folder::FolderWorkspace;
pub use memory::MemoryWorkspace;
pub use path::{PATH_BYTES_MAX, SEGMENT_BYTES_MAX, check_path};

/// How many files a workspace holds at most.
pub const FILES_MAX: usize = 10_000;

/// The longest that a file may be, in bytes.
pub const FILE_BYTES_MAX: usize = 1024 * 1024;

/// The most that all files together may hold, in bytes.
pub const WORKSPACE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How many hexadecimal digits a content hash has.
pub const CONTENT_HASH_DIGITS: usize = 16;

/// What tells one text of a file from another: the first [`CONTENT_HASH_DIGITS`] hexadecimal digits of its blake3 hash.
///
/// It tells whether a file changed by chance or by another agent; 64 bits are not enough against somebody who searches
/// for two texts with one hash.
#[must_use]
pub fn content_hash(text: &str) -> String {
    let hash = blake3::hash(text.as_bytes()).to_hex();
    hash.get(..CONTENT_HASH_DIGITS).unwrap_or_default().to_owned()
}
