//! Every path that a scenario names: files that are read, folders that agents and memory live in.
//!
//! One rule for all of them: relative, inside of the scenario's folder, without `..`, and no link may lead out. Only
//! regular files are read, up to a limit, so that no pipe blocks and no device goes on for ever. This module must not
//! know what is in the files.
//!
//! ```
//! use moot_scenario::{Format, parse};
//!
//! let text = "
//! folkmoot: 1
//! name: x
//! models: { m: { stochastic: { accuracy: 0.6 } } }
//! agents: { a: { model: m } }
//! coordination: a
//! tasks: { list: [y] }
//! workspace: { folder: ../elsewhere }
//! ";
//! let problems = parse(text, "x.yaml", Format::Yaml, &[]).unwrap_err().to_string();
//! assert!(problems.contains("`../elsewhere` is outside of the scenario's folder"), "{problems}");
//! ```

use std::io;
use std::path::{Component, Path, PathBuf};

use super::Checker;
use crate::Problem;
use crate::input;
use crate::scenario::FolderPlan;
use crate::tree::{Part, TreePath};
use crate::trust::TrustKind;

/// What is said of a path in a scenario that has no folder.
const NO_FOLDER: &str = "a scenario that was not read from a file can't name other files";
/// How a path must be.
const EXPECTED: &str = "a relative path inside of the scenario's folder, such as data/notes.md";

impl Checker<'_> {
    /// The text of a file that the scenario names at a place; what is wrong with it is reported there.
    pub(super) fn read_file(&mut self, place: &TreePath, relative: &str, bytes_max: u64) -> Option<String> {
        let found = read_inside(self.folder, relative, bytes_max);
        self.reported(place, found)
    }

    /// A real folder that the scenario names at a place, which needs trust. It need not be there yet.
    pub(super) fn check_folder(&mut self, place: &TreePath, relative: &str) -> Option<FolderPlan> {
        if !self.folders_replaced {
            self.needs_trust(TrustKind::Folder, relative, place, None);
        }
        let path = if self.folders_replaced {
            plain(relative).map(|()| PathBuf::from(relative))
        } else {
            folder_inside(self.folder, relative)
        };
        self.reported(place, path).map(|path| FolderPlan { named: relative.to_owned(), path })
    }

    fn reported<T>(&mut self, place: &TreePath, found: Result<T, String>) -> Option<T> {
        match found {
            Ok(found) => Some(found),
            Err(message) => {
                let found = self.problem(place, Part::Value, message);
                self.report(problem(found));
                None
            }
        }
    }
}

const OUTSIDE: &str = "is outside of the scenario's folder";
const EMPTY: &str = "the path is empty";

/// The text of a file of at most so many bytes inside of the scenario's folder.
pub(crate) fn read_inside(folder: Option<&Path>, relative: &str, bytes_max: u64) -> Result<String, String> {
    let path = inside(folder, relative)?;
    input::read_text(&path, bytes_max).map_err(|fault| format!("`{relative}`: {}", fault.message))
}

/// The problem with a path, saying how a path must be where that is what is wrong.
pub(crate) fn problem(problem: Problem) -> Problem {
    let is_path = problem.message.ends_with(OUTSIDE) || problem.message == EMPTY;
    if is_path { problem.expecting(EXPECTED) } else { problem }
}

/// Whether a path by its words alone stays below where it starts.
fn plain(relative: &str) -> Result<(), String> {
    if relative.trim().is_empty() {
        return Err(EMPTY.to_owned());
    }
    if relative.contains('\0') {
        return Err("a path holds no NUL character".to_owned());
    }
    let is_plain = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    // A backslash or a drive would lead elsewhere on another system.
    let is_portable = !relative.contains('\\') && !relative.starts_with('~');
    if is_portable && Path::new(relative).components().all(is_plain) { Ok(()) } else { Err(outside(relative)) }
}

fn outside(relative: &str) -> String {
    format!("`{relative}` {OUTSIDE}")
}

/// Where a file of the scenario's folder is, links resolved.
fn inside(folder: Option<&Path>, relative: &str) -> Result<PathBuf, String> {
    plain(relative)?;
    let home = home(folder, relative)?;
    let file = resolved(&home.join(relative), relative)?;
    // A link may lead out of the folder.
    if file.starts_with(&home) { Ok(file) } else { Err(outside(relative)) }
}

/// Where a folder of the scenario's folder is or will be, links resolved as far as it is there.
fn folder_inside(folder: Option<&Path>, relative: &str) -> Result<PathBuf, String> {
    plain(relative)?;
    let home = home(folder, relative)?;
    let mut path = home.clone();
    for part in Path::new(relative).components() {
        let Component::Normal(name) = part else { continue };
        path.push(name);
        match path.symlink_metadata() {
            Ok(_) => {
                path = resolved(&path, relative)?;
                if !path.starts_with(&home) {
                    return Err(outside(relative));
                }
                if !path.is_dir() {
                    return Err(format!("`{relative}` is not a folder"));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(input::explain_io(&error, relative)),
        }
    }
    Ok(path)
}

fn home(folder: Option<&Path>, relative: &str) -> Result<PathBuf, String> {
    let folder = folder.ok_or(NO_FOLDER)?;
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    resolved(folder, relative)
}

fn resolved(path: &Path, relative: &str) -> Result<PathBuf, String> {
    path.canonicalize().map_err(|error| input::explain_io(&error, relative))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_path_alone_can_lead_out() {
        for path in ["a", "a/b.md", "./a", "a/.", "...", "a..b"] {
            assert_eq!(plain(path), Ok(()), "{path}");
        }
        for path in ["", " ", "..", "../a", "a/../b", "/a", "~/a", "a\\b", "C:\\a", "a\0b"] {
            assert!(plain(path).is_err(), "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_may_not_lead_out() {
        use std::fs;
        use std::os::unix::fs::symlink;

        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("real")).unwrap();
        fs::write(at("file"), "x").unwrap();
        fs::write(elsewhere.path().join("file"), "x").unwrap();
        symlink("real", at("near")).unwrap();
        symlink(elsewhere.path(), at("far")).unwrap();
        symlink("nowhere", at("dangling")).unwrap();
        symlink("loop", at("loop")).unwrap();
        let home = folder.path().canonicalize().unwrap();
        for (name, expected) in [
            ("real", Some("real")),
            ("new", Some("new")),
            ("real/a/b", Some("real/a/b")),
            ("near/c", Some("real/c")),
            (".", Some("")),
            ("far", None),
            ("far/new", None),
            ("dangling", None),
            ("loop/x", None),
            ("file", None),
            ("file/x", None),
        ] {
            let found = folder_inside(Some(folder.path()), name);
            assert_eq!(found.clone().ok(), expected.map(|path| home.join(path)), "{name}: {found:?}");
        }
        for (name, is_inside) in [("file", true), ("far/file", false), ("dangling", false), ("none", false)] {
            assert_eq!(inside(Some(folder.path()), name).is_ok(), is_inside, "{name}");
        }
    }
}
