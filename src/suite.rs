//! Many scenarios as tests: finds their files, plays each in a world of its own on several threads, and tells the
//! results in the order of the files.
//!
//! In place of every real folder that a scenario names, an empty temporary one is put, so that no test needs trust for it
//! or sees what another left behind. This module must not know who is told, nor how. The worlds share nothing but their [`Live`] state, through which whoever
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
use moot_scenario::{Environment, SCENARIO_BYTES_MAX, Scenario, Settings};

use crate::expect::{self, Mismatch};
use crate::{Registry, Run, RunError, parallel};
use scratch::Scratch;

pub(crate) mod scratch;

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
    /// What it says of itself; `None` when it is no scenario that can be played.
    pub about: Option<About>,
    /// What became of it.
    pub verdict: Verdict,
}

/// What a scenario file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub description: Option<String>,
    /// Its runs with what they say beyond the file, when it holds several.
    pub runs: Vec<(String, Option<String>)>,
}

impl About {
    fn of(scenario: &Scenario) -> Self {
        let own = |run: &Scenario| run.description.clone().filter(|own| Some(own) != scenario.description.as_ref());
        Self {
            name: scenario.name.clone(),
            description: scenario.description.clone(),
            runs: scenario.runs.iter().map(|run| (run.name.clone(), own(run))).collect(),
        }
    }
}

/// What became of a scenario that was played as a test.
#[derive(Debug)]
pub enum Verdict {
    /// All is as expected: what the run came to, the last one when the file holds several.
    Passed(Box<RunResult>),
    /// Something is not as expected.
    Failed {
        /// What is not as expected, at least one thing.
        mismatches: Vec<Mismatch>,
        /// What the run came to, the last one when the file holds several.
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
    settings: Settings,
}

impl<'a> Suite<'a> {
    /// These files, on as many threads as this machine runs at once.
    #[must_use]
    pub fn new(files: &'a [PathBuf]) -> Self {
        let threads = parallel::threads_of_machine();
        let settings = Settings { folders_replaced: true, ..Settings::default() };
        Self { files, threads, live: Arc::new(Live::new()), registry: None, settings }
    }

    /// Lets the scenarios run commands and read these variables. Real folders are replaced all the same.
    #[must_use]
    pub fn trust(mut self, environment: Environment) -> Self {
        self.settings = Settings { trust: true, environment, ..self.settings };
        self
    }

    /// What the scenarios are read with.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
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
                let tested = self.play_one(path);
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

    fn play_one(&self, path: &Path) -> Tested {
        let tested = |about, verdict| Tested { path: path.to_path_buf(), about, verdict };
        if self.live.is_cancelled() {
            return tested(None, Verdict::Cancelled);
        }
        let mut scenario = match moot_scenario::load_with(path, &self.settings) {
            Ok(scenario) => scenario,
            Err(problems) => return tested(None, Verdict::Invalid(problems.to_string())),
        };
        let about = Some(About::of(&scenario));
        // The folder is gone when the scenario has been played, and only then.
        match Scratch::for_scenario(&mut scenario) {
            Ok(_scratch) => tested(about, self.play_runs(&scenario)),
            Err(error) => tested(about, Verdict::Invalid(format!("a temporary folder can't be made: {error}"))),
        }
    }

    /// Plays one run after another, also after one that is not as expected.
    fn play_runs(&self, scenario: &Scenario) -> Verdict {
        let mut all = Vec::new();
        let mut last = None;
        for run in scenario.plays() {
            let (mismatches, result) = match self.play_run(run) {
                Ok(Some(played)) => played,
                Ok(None) => return Verdict::Cancelled,
                Err(error) => return Verdict::Invalid(error.to_string()),
            };
            let is_one = scenario.runs.is_empty();
            let named = |mismatch: Mismatch| match is_one {
                true => mismatch,
                false => Mismatch { what: format!("run {}: {}", run.name, mismatch.what), ..mismatch },
            };
            all.extend(mismatches.into_iter().map(named));
            last = Some(Box::new(result));
        }
        match last {
            Some(result) if all.is_empty() => Verdict::Passed(result),
            Some(result) => Verdict::Failed { mismatches: all, result },
            None => Verdict::Invalid("the scenario has no runs".to_owned()),
        }
    }

    /// What is not as expected of one run, and what it came to; nothing when it was called off.
    fn play_run(&self, scenario: &Scenario) -> Result<Option<(Vec<Mismatch>, RunResult)>, RunError> {
        let mut run = Run::new(scenario).live(&self.live).check_invariants();
        if let Some(registry) = self.registry {
            run = run.registry(registry);
        }
        // Events take room, a million of them for a large jury, so they are kept only when somebody looks at them.
        if expect::needs_events(&scenario.expect) {
            run = run.keep_events();
        }
        let played = run.play()?;
        if self.live.is_cancelled() && played.result.status == moot_core::RunStatus::Cancelled {
            return Ok(None);
        }
        Ok(Some((expect::check(scenario, &played), played.result)))
    }
}

#[cfg(test)]
#[path = "suite_tests.rs"]
mod tests;
