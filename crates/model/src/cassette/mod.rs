//! Cassettes: what models answered, recorded once and played back without asking again.
//!
//! A recording holds the request as the model saw it (the messages and the tools) and the whole answer: reply or failure,
//! stop reason, usage, latency. It is found again by the agent and the request, and where an agent asked the same more
//! than once, by the task, the call and the attempt: never by the order in which several agents happened to ask. A request
//! that was not recorded is a failure that says what the nearest recording has in its place; nothing is ever asked live.
//! This module must not know where cassettes are kept.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ModelFailure, ModelReply, Task, TaskId};
//! use moot_model::cassette::{Cassette, RecordedModel, Recorder};
//! use moot_model::{Model, ModelRequest};
//!
//! struct Live;
//! impl Model for Live {
//!     fn answer(&self, _: &ModelRequest) -> Result<ModelReply, ModelFailure> {
//!         Ok(ModelReply::text("4"))
//!     }
//! }
//!
//! let recorder = Recorder::default();
//! let live = recorder.model("clerk", Arc::new(Live));
//! let request = ModelRequest::alone(Arc::new(Task::new(TaskId(0), "What is 2 + 2?")), 1);
//! live.answer(&request).unwrap();
//!
//! let lines: String = recorder.recordings().iter().map(|one| one.to_line() + "\n").collect();
//! let cassette = Arc::new(Cassette::parse(&lines, &[]).unwrap());
//! let recorded = RecordedModel::new("clerk", cassette);
//! assert_eq!(&*recorded.answer(&request).unwrap().text, "4");
//! let other = ModelRequest::alone(Arc::new(Task::new(TaskId(0), "What is 2 + 3?")), 1);
//! let miss = recorded.answer(&other).unwrap_err().to_string();
//! assert!(miss.contains("message 0: recorded \"What is 2 + 2?\", asked \"What is 2 + 3?\""), "{miss}");
//! ```

mod play;
mod record;

use std::collections::BTreeMap;

use moot_core::{ActorPath, Message, ModelFailure, ModelReply, TaskId, Text};
use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::ModelRequest;

pub use play::RecordedModel;
pub use record::Recorder;

/// One answer of a model, with what it was asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// The model's name.
    pub model: Text,
    /// Who asked.
    pub agent: ActorPath,
    /// The task.
    pub task: TaskId,
    /// The call.
    pub call: u32,
    /// The attempt.
    pub attempt: u32,
    /// What the model was shown.
    pub request: Rendered,
    /// What it answered.
    pub answer: Result<ModelReply, ModelFailure>,
}

/// A request as a model sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rendered {
    /// What was said so far.
    pub messages: Vec<Message>,
    /// The tools that may be called, with their schemas.
    pub tools: Vec<serde_json::Value>,
}

impl Rendered {
    /// What a model sees of a request.
    #[must_use]
    pub fn of(request: &ModelRequest) -> Self {
        let tools = request.tools.iter().map(|tool| serde_json::to_value(tool).unwrap_or_default());
        Self { messages: request.transcript.messages().to_vec(), tools: tools.collect() }
    }
}

impl Recording {
    /// The recording as a line of a cassette, without its line break.
    #[must_use]
    pub fn to_line(&self) -> String {
        // It holds texts, numbers and JSON alone.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A cassette that can't be read.
#[derive(Debug, thiserror::Error)]
pub enum CassetteError {
    /// A line is no recording.
    #[error("line {line} is no recording: {source}")]
    Line {
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A pattern of what is volatile is none.
    #[error("{pattern:?} is no pattern: {source}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        source: Box<regex::Error>,
    },
}

/// Recordings that can be played back.
#[derive(Debug)]
pub struct Cassette {
    /// By model and agent, and by what was asked with all that is volatile left out.
    recordings: BTreeMap<(Text, ActorPath), Vec<(String, Recording)>>,
    volatile: Vec<Regex>,
}

impl Cassette {
    /// Reads the lines of a cassette. What matches one of the `volatile` patterns (regular expressions, as the crate
    /// `regex` reads them) may differ between what was recorded and what is asked.
    ///
    /// # Errors
    /// Which line or pattern is wrong.
    pub fn parse(lines: &str, volatile: &[String]) -> Result<Self, CassetteError> {
        let compile = |pattern: &String| {
            let compiled = Regex::new(pattern);
            compiled.map_err(|source| CassetteError::Pattern { pattern: pattern.clone(), source: Box::new(source) })
        };
        let volatile = volatile.iter().map(compile).collect::<Result<Vec<_>, _>>()?;
        let mut cassette = Self { recordings: BTreeMap::new(), volatile };
        for (index, line) in lines.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let recording: Recording =
                serde_json::from_str(line).map_err(|source| CassetteError::Line { line: index + 1, source })?;
            let key = cassette.key(&recording.request);
            let place = (recording.model.clone(), recording.agent.clone());
            cassette.recordings.entry(place).or_default().push((key, recording));
        }
        Ok(cassette)
    }

    /// How many recordings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.recordings.values().map(Vec::len).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.recordings.is_empty()
    }

    /// What a request is found by.
    fn key(&self, request: &Rendered) -> String {
        let mut key = serde_json::to_string(request).unwrap_or_default();
        for pattern in &self.volatile {
            key = pattern.replace_all(&key, "…").into_owned();
        }
        key
    }

    /// The answer that was recorded to a request of a model.
    ///
    /// # Errors
    /// In words what was not recorded, and what the nearest recording has in its place.
    pub fn find(&self, model: &Text, request: &ModelRequest) -> Result<&Recording, String> {
        let rendered = Rendered::of(request);
        let place = (model.clone(), request.agent.clone());
        let Some(recordings) = self.recordings.get(&place) else {
            return Err(format!("the cassette holds nothing that {} asked the model {model}", request.agent));
        };
        let key = self.key(&rendered);
        let alike = || recordings.iter().filter(|(found, _)| *found == key).map(|(_, recording)| recording);
        let here = (request.task.id, request.call, request.attempt);
        let found = alike().find(|one| (one.task, one.call, one.attempt) == here);
        found.or_else(|| alike().next()).ok_or_else(|| self.miss(recordings, &key, &rendered, request))
    }

    fn miss(&self, all: &[(String, Recording)], key: &str, asked: &Rendered, request: &ModelRequest) -> String {
        let common = |other: &str| key.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
        let address = format!("task {}, call {}, attempt {}", request.task.id, request.call, request.attempt);
        let begin = format!("the cassette holds no answer to {} ({address})", request.agent);
        match all.iter().max_by_key(|(other, _)| common(other)) {
            None => begin,
            Some((_, nearest)) => {
                let Recording { task, call, attempt, request, .. } = nearest;
                let difference = first_difference(request, asked);
                format!(
                    "{begin}; the nearest recording is of task {task}, call {call}, attempt {attempt}: {difference}"
                )
            }
        }
    }
}

/// Where what is asked first differs from what was recorded.
fn first_difference(recorded: &Rendered, asked: &Rendered) -> String {
    let count = recorded.messages.len().max(asked.messages.len());
    let text = |message: Option<&Message>| message.map_or("nothing".to_owned(), |one| format!("{:?}", one.text()));
    for index in 0..count {
        let (before, now) = (recorded.messages.get(index), asked.messages.get(index));
        if before != now {
            return format!("message {index}: recorded {}, asked {}", text(before), text(now));
        }
    }
    "the tools that may be called are not the same".to_owned()
}

#[cfg(test)]
mod tests;
