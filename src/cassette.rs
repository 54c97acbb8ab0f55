//! Cassettes of whole runs: what models and outside tools answered, taken down once and played back without asking.
//!
//! A cassette is lines of JSON, a recording each; those of tools name a `tool`, those of models a `model`. It must not know
//! where they are kept.
//!
//! ```
//! use folkmoot::cassette::{Cassette, Recorder};
//! use std::sync::Arc;
//!
//! let scenario = folkmoot::load("scenarios/first-turn.yaml").unwrap();
//! let recorder = Recorder::default();
//! let live = folkmoot::Run::new(&scenario).record(&recorder).play().unwrap();
//! let cassette = Arc::new(Cassette::parse(&recorder.to_lines(), &[]).unwrap());
//! let played = folkmoot::Run::new(&scenario).recorded(&cassette).play().unwrap();
//! assert_eq!(played.result.tasks, live.result.tasks);
//! ```

use std::sync::Arc;

use moot_model::Model;
use moot_model::cassette::{CassetteError, RecordedModel};
use moot_runtime::WorldSpec;
use moot_tool::cassette::{ToolCassette, ToolCassetteError, ToolRecorder};

/// Takes down what models and outside tools answer.
#[derive(Debug, Clone, Default)]
pub struct Recorder {
    models: moot_model::cassette::Recorder,
    tools: ToolRecorder,
}

impl Recorder {
    /// All that was taken down so far, a line each.
    #[must_use]
    pub fn to_lines(&self) -> String {
        let models = self.models.recordings();
        let tools = self.tools.recordings();
        let lines = models.iter().map(|one| one.to_line()).chain(tools.iter().map(|one| one.to_line()));
        lines.map(|line| line + "\n").collect()
    }
}

/// What was taken down, to be played back.
#[derive(Debug)]
pub struct Cassette {
    lines: String,
    volatile: Vec<String>,
    models: Arc<moot_model::cassette::Cassette>,
    tools: Arc<ToolCassette>,
}

/// A cassette that can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// What models answered.
    #[error(transparent)]
    Models(#[from] CassetteError),
    /// What tools answered.
    #[error("among the recordings of tools: {0}")]
    Tools(#[from] ToolCassetteError),
}

impl Cassette {
    /// Reads the lines of a cassette. What matches one of the `volatile` patterns (regular expressions, as the crate
    /// `regex` reads them) may differ between what was recorded and what is asked.
    ///
    /// # Errors
    /// Which line or pattern is wrong.
    pub fn parse(lines: &str, volatile: &[String]) -> Result<Self, ReadError> {
        let is_of_tool = |line: &str| line.starts_with("{\"tool\":");
        // The lines of the others stay as empty ones, so that errors name the lines of the file.
        let only = |of_tool| -> String {
            lines
                .lines()
                .map(|line| if is_of_tool(line) == of_tool { line.to_owned() + "\n" } else { "\n".into() })
                .collect()
        };
        let models = moot_model::cassette::Cassette::parse(&only(false), volatile)?;
        let tools = ToolCassette::parse(&only(true), volatile)?;
        let (lines, volatile) = (lines.to_owned(), volatile.to_vec());
        Ok(Self { lines, volatile, models: Arc::new(models), tools: Arc::new(tools) })
    }

    /// Its lines, as they were read.
    pub(crate) fn lines(&self) -> &str {
        &self.lines
    }

    /// The patterns of what may differ.
    pub(crate) fn volatile(&self) -> &[String] {
        &self.volatile
    }

    /// What tools were called and was not recorded, in words.
    pub(crate) fn missed_calls(&self) -> Vec<String> {
        self.tools.misses()
    }
}

/// What becomes of the answers of models and outside tools.
#[derive(Clone)]
pub(crate) enum Tape {
    Record(Recorder),
    Play(Arc<Cassette>),
}

impl Tape {
    /// Puts what this is about in the place of each model and each outside tool.
    pub(crate) fn put_into(&self, spec: &mut WorldSpec) {
        for model in &mut spec.models {
            let (tape, name, make) = (self.clone(), model.name.clone(), Arc::clone(&model.factory));
            model.factory = Arc::new(move || match &tape {
                Self::Record(recorder) => recorder.models.model(name.clone(), make()),
                Self::Play(cassette) => {
                    let played = RecordedModel::new(name.clone(), Arc::clone(&cassette.models));
                    Arc::new(played.at_price(make().price())) as Arc<dyn Model>
                }
            });
        }
        let mut toolbox = moot_tool::Toolbox::clone(&spec.toolbox);
        toolbox.replace_outside(|tool| match self {
            Self::Record(recorder) => recorder.tools.tool(tool),
            Self::Play(cassette) => cassette.tools.tool(tool),
        });
        spec.toolbox = toolbox.into();
    }
}
