//! Many scenarios as tests: finds their files, plays each in a world of its own on several threads, and tells the
//! results in the order of the files.
//!
//! It must not know who is told, nor how. The worlds share nothing but their [`Live`] state, through which whoever
//! watches sees how far they are and calls them off; which thread plays which scenario changes no result.
//!
//! ```
//! use folkmoot::suite::{Suite, Verdict, find};
//!
//! let folder = tempfile::tempdir().unwrap();
//! let text = "
//! folkmoot: 1
//! name: hello
//! models: { parrot: { scripted: { steps: [{ say: hello }] } } }
//! agents: { parrot: { model: parrot } }
//! coordination: { single: { member: parrot } }
//! tasks: { list: [Say hello.] }
//! expect: { answers: [hello] }
//! ";
//! std::fs::write(folder.path().join("hello.yaml"), text).unwrap();
//! let files = find(&[folder.path()]).unwrap();
//! let mut verdicts = Vec::new();
//! Suite::new(&files).threads(2).play(|tested| verdicts.push(tested.verdict));
//! assert!(matches!(verdicts.as_slice(), [Verdict::Passed(_)]));
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use moot_journal::RunResult;
use moot_runtime::Live;
use moot_scenario::SCENARIO_BYTES_MAX;

use crate::expect::{self, Mismatch};
use crate::{Registry, Run};

/// The name of folders that hold what scenarios read, and no scenarios.
const DATA_FOLDER: &str = "data";

/// Why there is nothing to play.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// A file or folder can't be read.
    #[error("{path} can't be read: {source}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no scenario.
    #[error("there is no scenario in {searched}; a scenario is a .yaml, .yml or .toml file with the key `folkmoot`")]
    Nothing {
        /// Where it was looked for.
        searched: String,
    },
}

/// The scenario files under these files and folders, sorted, each once.
///
/// A file that is named itself is always taken. In folders, and the folders in them, those files are taken that end in
/// `.yaml`, `.yml` or `.toml` and have a top-level key `folkmoot`; folders named `data`, hidden ones and links to
/// folders are passed over.
///
/// # Errors
/// When something can't be read, or there is no scenario at all.
pub fn find(paths: &[impl AsRef<Path>]) -> Result<Vec<PathBuf>, FindError> {
    let mut found = BTreeSet::new();
    for path in paths {
        let path = path.as_ref();
        let metadata = std::fs::metadata(path).map_err(read_error(path))?;
        if metadata.is_dir() {
            collect(path, &mut found)?;
        } else {
            found.insert(path.to_path_buf());
        }
    }
    if found.is_empty() {
        let searched: Vec<String> = paths.iter().map(|path| path.as_ref().display().to_string()).collect();
        return Err(FindError::Nothing { searched: searched.join(", ") });
    }
    Ok(found.into_iter().collect())
}

fn collect(folder: &Path, found: &mut BTreeSet<PathBuf>) -> Result<(), FindError> {
    for entry in std::fs::read_dir(folder).map_err(read_error(folder))? {
        let entry = entry.map_err(read_error(folder))?;
        let path = entry.path();
        let name = entry.file_name();
        let kind = entry.file_type().map_err(read_error(&path))?;
        if kind.is_dir() {
            if name != DATA_FOLDER && !name.to_string_lossy().starts_with('.') {
                collect(&path, found)?;
            }
        } else if may_be_scenario(&path) && has_scenario_key(&path)? {
            found.insert(path);
        }
    }
    Ok(())
}

fn may_be_scenario(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    // A pipe or device would never end.
    ["yaml", "yml", "toml"].iter().any(|known| extension.eq_ignore_ascii_case(known)) && path.is_file()
}

/// Whether some line starts with the key; a file that is wrong further on is then told so when it is played.
fn has_scenario_key(path: &Path) -> Result<bool, FindError> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(read_error(path))?;
    file.take(SCENARIO_BYTES_MAX).read_to_end(&mut bytes).map_err(read_error(path))?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.trim_start_matches('\u{feff}').lines().any(starts_with_key))
}

fn starts_with_key(line: &str) -> bool {
    let quote = |character: char| matches!(character, '"' | '\'');
    let line = line.strip_prefix('{').map_or(line, str::trim_start);
    let key = line.trim_start_matches(quote).strip_prefix("folkmoot");
    key.is_some_and(|rest| rest.trim_start_matches(quote).trim_start().starts_with([':', '=']))
}

fn read_error(path: &Path) -> impl FnOnce(io::Error) -> FindError {
    let path = path.to_path_buf();
    move |source| FindError::Read { path, source }
}

/// What became of one scenario file.
#[derive(Debug)]
pub struct Tested {
    /// The file.
    pub path: PathBuf,
    /// What became of it.
    pub verdict: Verdict,
}

/// What became of a scenario that was played as a test.
#[derive(Debug)]
pub enum Verdict {
    /// All is as expected.
    Passed(Box<RunResult>),
    /// Something is not as expected.
    Failed {
        /// What is not as expected, at least one thing.
        mismatches: Vec<Mismatch>,
        /// What the run came to.
        result: Box<RunResult>,
    },
    /// The file is no scenario that can be played, and why.
    Invalid(String),
    /// It was called off.
    Cancelled,
}

/// Scenario files to be played as tests.
#[derive(Debug, Clone)]
pub struct Suite<'a> {
    files: &'a [PathBuf],
    threads: NonZeroUsize,
    live: Arc<Live>,
    registry: Option<&'a Registry>,
}

impl<'a> Suite<'a> {
    /// These files, on as many threads as this machine runs at once.
    #[must_use]
    pub fn new(files: &'a [PathBuf]) -> Self {
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self { files, threads, live: Arc::new(Live::new()), registry: None }
    }

    /// Plays on so many threads; 0 counts as 1.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN);
        self
    }

    /// Lets other threads watch the worlds and call them off.
    #[must_use]
    pub fn live(mut self, live: &Arc<Live>) -> Self {
        self.live = Arc::clone(live);
        self
    }

    /// Looks custom models, tools and patterns up here.
    #[must_use]
    pub fn registry(mut self, registry: &'a Registry) -> Self {
        self.registry = Some(registry);
        self
    }

    /// Plays all of them and tells each result on this thread, in the order of the files, as soon as it and all before
    /// it are there.
    pub fn play(&self, mut tell: impl FnMut(Tested)) {
        let next = AtomicUsize::new(0);
        let (sender, receiver) = mpsc::channel();
        let work = |sender: mpsc::Sender<(usize, Tested)>| {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(path) = self.files.get(number) else { return };
                let tested = Tested { path: path.clone(), verdict: self.play_one(path) };
                if sender.send((number, tested)).is_err() {
                    return;
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..self.threads.get().min(self.files.len()) {
                let sender = sender.clone();
                scope.spawn(|| work(sender));
            }
            drop(sender);
            let mut early = BTreeMap::new();
            let mut told = 0;
            for (number, tested) in receiver {
                early.insert(number, tested);
                while let Some(tested) = early.remove(&told) {
                    tell(tested);
                    told += 1;
                }
            }
        });
    }

    fn play_one(&self, path: &Path) -> Verdict {
        if self.live.is_cancelled() {
            return Verdict::Cancelled;
        }
        let scenario = match crate::load(path) {
            Ok(scenario) => scenario,
            Err(problems) => return Verdict::Invalid(problems.to_string()),
        };
        let mut run = Run::new(&scenario).live(&self.live);
        if let Some(registry) = self.registry {
            run = run.registry(registry);
        }
        // Events take room, a million of them for a large jury, so they are kept only when somebody looks at them.
        if expect::needs_events(&scenario.expect) {
            run = run.keep_events();
        }
        let played = match run.play() {
            Ok(played) => played,
            Err(error) => return Verdict::Invalid(error.to_string()),
        };
        if self.live.is_cancelled() && played.result.status == moot_core::RunStatus::Cancelled {
            return Verdict::Cancelled;
        }
        let mismatches = expect::check(&scenario, &played);
        let result = Box::new(played.result);
        if mismatches.is_empty() { Verdict::Passed(result) } else { Verdict::Failed { mismatches, result } }
    }
}

#[cfg(test)]
#[path = "suite_tests.rs"]
mod tests;
