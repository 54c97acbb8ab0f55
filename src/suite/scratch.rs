//! Temporary folders in place of the real ones that a scenario names.
//!
//! They are new, empty, open to this user alone, and gone with everything in them when the scenario has been played. This
//! module must not know what they are for.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use moot_scenario::Scenario;

/// How many names are tried before giving up.
const ATTEMPTS_MAX: u32 = 1_000;

/// The number of the next folder of this process.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// One temporary folder with all that a scenario needs; it is removed when this is dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Puts temporary folders in place of the scenario's; nothing when it names none.
    pub(crate) fn for_scenario(scenario: &mut Scenario) -> io::Result<Option<Self>> {
        if scenario.folders().is_empty() {
            return Ok(None);
        }
        let scratch = Self::new(&std::env::temp_dir())?;
        scenario.replace_folders(&scratch.0);
        for folder in scenario.folders() {
            create(&folder)?;
        }
        Ok(Some(scratch))
    }

    /// A new folder. Who is faster at making one of the same name, such as another process, only costs another attempt.
    fn new(parent: &Path) -> io::Result<Self> {
        for _ in 0..ATTEMPTS_MAX {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = parent.join(format!("moot-test-{}-{number}", std::process::id()));
            match create(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "every name that was tried is taken"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What can't be removed is left to whoever cleans up temporary folders.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Makes a folder that was not there and that nobody else may read.
fn create(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use moot_scenario::{Format, Settings, parse_with};

    use super::*;

    #[test]
    fn a_folder_is_new_empty_and_gone_afterwards() {
        let text = "
folkmoot: 1
name: kept
models: { m: { scripted: { steps: [{ say: hello }] } } }
agents: { a: { model: m } }
coordination: a
tasks: { list: [Greet.] }
workspace: { folder: work }
notes: { folder: notes }
";
        let settings = Settings { folders_replaced: true, ..Settings::default() };
        let read = || parse_with(text, "x.yaml", Format::Yaml, &settings).unwrap();
        let (mut one, mut two) = (read(), read());
        let (first, second) = (Scratch::for_scenario(&mut one).unwrap(), Scratch::for_scenario(&mut two).unwrap());
        assert!(one.folders().is_disjoint(&two.folders()));
        for folder in one.folders().iter().chain(&two.folders()) {
            assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0);
            std::fs::write(folder.join("x"), "x").unwrap();
        }
        drop((first, second));
        assert!(one.folders().iter().chain(&two.folders()).all(|folder| !folder.exists()));
    }

    #[test]
    fn a_scenario_without_folders_needs_none() {
        let mut scenario = crate::load("scenarios/first-turn.yaml").unwrap();
        assert!(Scratch::for_scenario(&mut scenario).unwrap().is_none());
    }
}
