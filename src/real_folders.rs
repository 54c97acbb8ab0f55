//! The real folders that a scenario names: the workspace's files and the notes that outlive a run.
//!
//! It must not know how agents use them. What is read here at the start enters the run as an input from the outside.
//!
//! ```
//! use folkmoot::real_folders::FolderProblem;
//!
//! let problem = FolderProblem { folder: "memory".into(), reason: "it can't be read".into() };
//! assert_eq!(problem.to_string(), "the folder memory: it can't be read");
//! ```

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use moot_core::VirtualTime;
use moot_core::port::{PortError, Workspace as _};
use moot_runtime::{WorkspaceSpec, block_on};
use moot_scenario::{FolderPlan, Scenario};
use moot_tool::Notes;
use moot_tool::notes::{self, NOTES_FILE, NOTES_FILE_BYTES_MAX};
use moot_tool::workspace::FolderWorkspace;

/// What is wrong with a real folder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the folder {folder}: {reason}")]
pub struct FolderProblem {
    /// The folder as the scenario names it.
    pub folder: String,
    /// What is wrong, in words.
    pub reason: String,
}

/// The workspace of a scenario: in memory, or in its folder, where files that are not there yet are written first, unless
/// a run is only repeated: then nothing is done there.
pub(crate) fn workspace(scenario: &Scenario, only_repeats: bool) -> Result<WorkspaceSpec, FolderProblem> {
    let Some(plan) = &scenario.workspace_folder else {
        return Ok(WorkspaceSpec::Memory(scenario.workspace.clone()));
    };
    if only_repeats {
        return Ok(WorkspaceSpec::Outside(Arc::new(moot_tool::MemoryWorkspace::new())));
    }
    let wrong = |reason: String| FolderProblem { folder: plan.named.clone(), reason };
    std::fs::create_dir_all(&plan.path).map_err(|error| wrong(format!("it can't be made: {error}")))?;
    let folder = FolderWorkspace::open(&plan.path).map_err(|error| wrong(error.to_string()))?;
    let folder = Arc::new(folder);
    for (path, content) in &scenario.workspace {
        let (files, path, content) = (Arc::clone(&folder), path.clone(), content.clone());
        let written = block_on(Box::pin(async move {
            match files.read(&path).await {
                Err(PortError::NotFound { .. }) => files.write(&path, content).await,
                Ok(_) => Ok(()),
                Err(error) => Err(error),
            }
        }));
        written.map_err(|error| wrong(error.to_string()))?;
    }
    Ok(WorkspaceSpec::Outside(folder))
}

/// The notes that earlier runs left in a scenario's folder; none when it has no folder or nothing is in it.
pub(crate) fn read_notes(scenario: &Scenario) -> Result<Notes, FolderProblem> {
    let Some(plan) = &scenario.notes_folder else { return Ok(Notes::new()) };
    let file = plan.path.join(NOTES_FILE);
    let text = match read_bounded(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Notes::new()),
        Err(error) => return Err(problem(plan, format!("{NOTES_FILE} can't be read: {error}"))),
    };
    let files = BTreeMap::from([(NOTES_FILE.to_owned(), text)]);
    notes::from_files(&files).map_err(|error| problem(plan, error.to_string()))
}

/// Keeps the notes for the next run, `read` being those that this one began with: what another run has added since stays
/// there as well. Each file is written aside and renamed, so that one that is there is always whole.
pub(crate) fn write_notes(
    scenario: &Scenario,
    read: &Notes,
    notes: &Notes,
    now: VirtualTime,
) -> Result<(), FolderProblem> {
    let Some(plan) = &scenario.notes_folder else { return Ok(()) };
    let wrong = |error: std::io::Error| problem(plan, format!("the notes can't be kept: {error}"));
    std::fs::create_dir_all(&plan.path).map_err(wrong)?;
    // Held until the folder is let go of at the end: of two runs that end together, one waits for the other.
    let folder = std::fs::File::open(&plan.path).map_err(wrong)?;
    folder.lock().map_err(wrong)?;
    let found = read_notes(scenario)?;
    let mut kept = notes.carried_over(now);
    if found != *read {
        let too_many = |error: PortError| {
            problem(plan, format!("the notes can't be kept beside those that another run has left: {error}"))
        };
        kept = kept.joined(read, &found).map_err(too_many)?;
    }
    for (name, text) in notes::to_files(&kept) {
        write_whole(&plan.path, &name, &text).map_err(wrong)?;
    }
    Ok(())
}

/// That a run is not kept where its agents or its notes live, nor they where it is kept.
pub(crate) fn check_apart(scenario: &Scenario, run_folder: &Path) -> Result<(), FolderProblem> {
    for plan in scenario.workspace_folder.iter().chain(&scenario.notes_folder) {
        let place = |error: std::io::Error| problem(plan, format!("{} can't be found: {error}", run_folder.display()));
        let (run, real) = (resolved(run_folder).map_err(place)?, resolved(&plan.path).map_err(place)?);
        if run.starts_with(&real) || real.starts_with(&run) {
            let run_folder = run_folder.display();
            let reason = format!(
                "the run can't be kept in {run_folder}, for the one lies in the other; name a folder beside it"
            );
            return Err(problem(plan, reason));
        }
    }
    Ok(())
}

/// A path with its links followed, as far as it is there.
fn resolved(path: &Path) -> std::io::Result<PathBuf> {
    let absolute = std::path::absolute(path)?;
    for there in absolute.ancestors() {
        let Ok(mut found) = there.canonicalize() else { continue };
        for part in absolute.strip_prefix(there).into_iter().flat_map(Path::components) {
            match part {
                // No link is there that this could lead back over.
                Component::ParentDir => drop(found.pop()),
                part => found.push(part),
            }
        }
        return Ok(found);
    }
    Ok(absolute)
}

fn write_whole(folder: &Path, name: &str, text: &str) -> std::io::Result<()> {
    let mut aside = tempfile::NamedTempFile::new_in(folder)?;
    aside.write_all(text.as_bytes())?;
    aside.as_file().sync_all()?;
    aside.persist(folder.join(name)).map_err(|error| error.error)?;
    Ok(())
}

/// A regular file that is not longer than notes can be.
fn read_bounded(file: &Path) -> std::io::Result<String> {
    let found = std::fs::symlink_metadata(file)?;
    if !found.is_file() {
        return Err(std::io::Error::other("it is no regular file"));
    }
    if found.len() > NOTES_FILE_BYTES_MAX as u64 {
        return Err(std::io::Error::other(format!("it is longer than {NOTES_FILE_BYTES_MAX} bytes")));
    }
    std::fs::read_to_string(file)
}

fn problem(plan: &FolderPlan, reason: String) -> FolderProblem {
    FolderProblem { folder: plan.named.clone(), reason }
}
