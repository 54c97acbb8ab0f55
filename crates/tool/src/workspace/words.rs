//! What workspaces say when they refuse: one place, so that a model reads the same words whatever holds the files.
//!
//! This module must not know where the files are.

use moot_core::port::PortError;

use super::{FILE_BYTES_MAX, FILES_MAX, WORKSPACE_BYTES_MAX};

/// There is no such file; a folder of this name is told.
pub(super) fn no_file(path: &str, is_folder: bool) -> PortError {
    let folder = if is_folder { " (it is a folder)" } else { "" };
    PortError::NotFound { what: format!("file {path}{folder}") }
}

/// The file is not what the caller thought.
pub(super) fn changed(path: &str) -> PortError {
    conflict(format!("the file {path} changed since it was read; read it again"))
}

/// A folder stands where a file is to be.
pub(super) fn is_a_folder(path: &str) -> PortError {
    conflict(format!("{path} is a folder; a file needs another path"))
}

/// A file stands where a folder is to be.
pub(super) fn cannot_hold(file: &str, path: &str) -> PortError {
    conflict(format!("{file} is a file; it can't hold {path}"))
}

/// Checks the length of a file that is to be written.
pub(super) fn check_length(bytes: usize) -> Result<(), PortError> {
    if bytes <= FILE_BYTES_MAX {
        return Ok(());
    }
    Err(limit(format!("the file would be {bytes} bytes long; at most {FILE_BYTES_MAX} are allowed")))
}

/// Checks that another file may be added to so many.
pub(super) fn check_another_file(files: i64) -> Result<(), PortError> {
    if usize::try_from(files).unwrap_or_default() < FILES_MAX {
        return Ok(());
    }
    Err(limit(format!("the workspace holds {FILES_MAX} files, which is its limit")))
}

/// Checks the length of all files together.
pub(super) fn check_total(bytes: i64) -> Result<(), PortError> {
    if usize::try_from(bytes).unwrap_or_default() <= WORKSPACE_BYTES_MAX {
        return Ok(());
    }
    Err(limit(format!("the workspace would hold {bytes} bytes; at most {WORKSPACE_BYTES_MAX} are allowed")))
}

/// What is there contradicts what is asked.
fn conflict(reason: String) -> PortError {
    PortError::Conflict { reason }
}

/// A limit would be passed.
pub(super) fn limit(reason: String) -> PortError {
    PortError::Limit { reason }
}

/// The request is refused.
pub(super) fn denied(reason: String) -> PortError {
    PortError::Denied { reason }
}
