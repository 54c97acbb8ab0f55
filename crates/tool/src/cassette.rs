//! Cassettes of tools: what outside tools answered, recorded once and played back without doing it again.
//!
//! Only tools outside are recorded: what is inside is computed anew. A recording holds who called, for which task and call,
//! with which arguments, and the whole answer. It is found again by agent, tool and arguments, and where an agent called
//! the same more than once, by the task, the call and the how manieth time it was: never by the order in which several
//! agents happened to call. A call that was not recorded is a failure, and is told to whoever plays: nothing is ever done
//! live. This module must not know where cassettes are kept.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, Text, ToolCall, ToolEffect};
//! use moot_tool::cassette::{ToolCassette, ToolRecorder};
//! use moot_tool::{Tool, ToolContext, ToolFailure, Toolbox, testing};
//!
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Nothing {}
//! struct Thermometer;
//! impl Tool for Thermometer {
//!     type Arguments = Nothing;
//!     fn name(&self) -> &str { "thermometer" }
//!     fn description(&self) -> &str { "Reads the temperature." }
//!     fn effect(&self) -> ToolEffect { ToolEffect::Read }
//!     async fn run(&self, _: Nothing, _: &ToolContext) -> Result<String, ToolFailure> { Ok("21 degrees".into()) }
//! }
//!
//! let allowed: [Text; 1] = ["thermometer".into()];
//! let ask = |toolbox: &Toolbox, arguments: &str| {
//!     let call = ToolCall { id: "c1".into(), name: "thermometer".into(), arguments: arguments.into() };
//!     let context = ToolContext::closed(ActorPath::new("scribe").unwrap());
//!     testing::ready(toolbox.prepare(&allowed, &call).unwrap().run(context)).unwrap()
//! };
//! let (mut live, recorder) = (Toolbox::new(), ToolRecorder::default());
//! live.add(Thermometer).unwrap();
//! let mut recorded = live.clone();
//! recorded.replace_outside(|tool| recorder.tool(tool));
//! assert_eq!(&*ask(&recorded, "{}").content, "21 degrees");
//!
//! let lines: String = recorder.recordings().iter().map(|one| one.to_line() + "\n").collect();
//! let cassette = Arc::new(ToolCassette::parse(&lines, &[]).unwrap());
//! live.replace_outside(|tool| cassette.tool(tool));
//! assert_eq!(&*ask(&live, "{}").content, "21 degrees");
//! assert!(ask(&live, "{}").content.contains("once and no more"), "a second time was not recorded");
//! assert_eq!(cassette.misses().len(), 1);
//! ```

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use moot_core::{ActorPath, Placement, TaskId, Text, ToolErrorCode, ToolSpec, Touch, VirtualDuration};
use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::tool::{AnyTool, ArgumentFault, BoundCall, PreviewFuture, ToolFuture};
use crate::{ToolContext, ToolFailure};

/// One answer of a tool, with what it was asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolRecording {
    /// The tool's name.
    pub tool: Text,
    /// Who called it.
    pub agent: ActorPath,
    /// The task.
    pub task: TaskId,
    /// The call's id.
    pub call: Text,
    /// How often this agent had made the same call, with the same id and for the same task, before.
    pub occurrence: u32,
    /// With which arguments.
    pub arguments: Value,
    /// What it answered.
    pub answer: Result<String, ToolFailure>,
}

impl ToolRecording {
    /// The recording as a line of a cassette, without its line break.
    #[must_use]
    pub fn to_line(&self) -> String {
        // It holds texts, numbers and JSON alone.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A call as it is counted: by tool, agent, task, id and arguments.
type Call = (Text, ActorPath, TaskId, Text, String);

/// How often each call was made.
#[derive(Debug, Default)]
struct Occurrences(Mutex<BTreeMap<Call, u32>>);

impl Occurrences {
    /// How often this one was made before.
    fn next(&self, call: Call) -> u32 {
        let mut counts = held(&self.0);
        let count = counts.entry(call).or_default();
        *count += 1;
        *count - 1
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes down what tools answer, from any thread.
#[derive(Debug, Clone, Default)]
pub struct ToolRecorder(Arc<Taken>);

#[derive(Debug, Default)]
struct Taken {
    recordings: Mutex<Vec<ToolRecording>>,
    occurrences: Occurrences,
}

impl ToolRecorder {
    /// The same tool, whose answers are taken down.
    #[must_use]
    pub fn tool(&self, tool: Arc<dyn AnyTool>) -> Arc<dyn AnyTool> {
        Arc::new(Taped { tool, tape: Tape::Record(self.clone()) })
    }

    /// What was taken down so far, by agent, task, call and tool: in the same order whoever was answered first.
    #[must_use]
    pub fn recordings(&self) -> Vec<ToolRecording> {
        let mut all = held(&self.0.recordings).clone();
        all.sort_by(|one, other| {
            let key = |one: &ToolRecording| (one.agent.clone(), one.task, one.call.clone(), one.tool.clone());
            key(one).cmp(&key(other)).then(one.occurrence.cmp(&other.occurrence))
        });
        all
    }
}

/// Recordings of tools that can be played back.
#[derive(Debug, Default)]
pub struct ToolCassette {
    /// By tool and agent, and by the arguments with all that is volatile left out.
    recordings: BTreeMap<(Text, ActorPath), Vec<(String, ToolRecording)>>,
    volatile: Vec<Regex>,
    occurrences: Occurrences,
    misses: Mutex<Vec<String>>,
}

/// A cassette of tools that can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ToolCassetteError {
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

impl ToolCassette {
    /// Reads the lines of a cassette. What matches one of the `volatile` patterns (regular expressions, as the crate
    /// `regex` reads them) may differ between what was recorded and what is asked.
    ///
    /// # Errors
    /// Which line or pattern is wrong.
    pub fn parse(lines: &str, volatile: &[String]) -> Result<Self, ToolCassetteError> {
        let compile = |pattern: &String| {
            let compiled = Regex::new(pattern);
            compiled.map_err(|source| ToolCassetteError::Pattern { pattern: pattern.clone(), source: Box::new(source) })
        };
        let volatile = volatile.iter().map(compile).collect::<Result<Vec<_>, _>>()?;
        let mut cassette = Self { volatile, ..Self::default() };
        for (index, line) in lines.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let recording: ToolRecording =
                serde_json::from_str(line).map_err(|source| ToolCassetteError::Line { line: index + 1, source })?;
            let place = (recording.tool.clone(), recording.agent.clone());
            let key = cassette.key(&recording.arguments);
            cassette.recordings.entry(place).or_default().push((key, recording));
        }
        Ok(cassette)
    }

    /// What answers in the place of a tool: inside, for what it says follows from the call.
    #[must_use]
    pub fn tool(self: &Arc<Self>, tool: Arc<dyn AnyTool>) -> Arc<dyn AnyTool> {
        Arc::new(Taped { tool, tape: Tape::Play(Arc::clone(self)) })
    }

    /// What was called so far and not recorded, in words.
    #[must_use]
    pub fn misses(&self) -> Vec<String> {
        held(&self.misses).clone()
    }

    fn key(&self, arguments: &Value) -> String {
        let mut key = arguments.to_string();
        for pattern in &self.volatile {
            key = pattern.replace_all(&key, "…").into_owned();
        }
        key
    }

    fn answer(&self, tool: &Text, arguments: &Value, context: &ToolContext) -> Result<String, ToolFailure> {
        let (caller, key) = (&context.caller, self.key(arguments));
        let place = (tool.clone(), caller.agent.clone());
        let call = (tool.clone(), caller.agent.clone(), caller.task, caller.call_id.clone(), key.clone());
        let occurrence = self.occurrences.next(call);
        let all = self.recordings.get(&place).map_or(&[][..], Vec::as_slice);
        let mut alike = all.iter().filter(|(found, _)| *found == key).map(|(_, recording)| recording).peekable();
        let is_known = alike.peek().is_some();
        let (mut others, mut here) = (Vec::new(), None);
        for one in alike {
            match (one.task, &one.call, one.occurrence) == (caller.task, &caller.call_id, occurrence) {
                true => here = Some(one),
                false => others.push(one),
            }
        }
        // Where the call has another place than when it was recorded, the first alike is taken, but no call twice.
        if let Some(found) = here.or_else(|| others.first().copied().filter(|_| occurrence == 0)) {
            return found.answer.clone();
        }
        let miss = self.miss(tool, all, (&key, is_known), context);
        held(&self.misses).push(miss.clone());
        Err(ToolFailure::new(ToolErrorCode::Failed, miss))
    }

    fn miss(
        &self,
        tool: &Text,
        all: &[(String, ToolRecording)],
        (key, is_known): (&str, bool),
        context: &ToolContext,
    ) -> String {
        let caller = &context.caller;
        let begin = format!("the cassette holds no answer to {tool}, called by {} with {key}", caller.agent);
        if is_known {
            return format!("{begin}: it was made once and no more");
        }
        let common = |other: &str| key.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
        match all.iter().max_by_key(|(other, _)| common(other)) {
            None => format!("{begin}: it never called it"),
            Some((other, one)) => {
                format!("{begin}; the nearest recording is of task {}, call {}: {other}", one.task, one.call)
            }
        }
    }
}

/// A tool that is written down, or whose answers come from what was.
struct Taped {
    tool: Arc<dyn AnyTool>,
    tape: Tape,
}

#[derive(Clone)]
enum Tape {
    Record(ToolRecorder),
    Play(Arc<ToolCassette>),
}

impl AnyTool for Taped {
    fn spec(&self) -> &ToolSpec {
        self.tool.spec()
    }

    fn placement(&self) -> Placement {
        match self.tape {
            Tape::Record(_) => self.tool.placement(),
            Tape::Play(_) => Placement::Inside,
        }
    }

    fn bind(self: Arc<Self>, arguments: &Value) -> Result<Box<dyn BoundCall>, ArgumentFault> {
        let bound = Arc::clone(&self.tool).bind(arguments)?;
        let (tool, tape) = (self.spec().name.clone(), self.tape.clone());
        Ok(Box::new(TapedCall { bound, tool, arguments: arguments.clone(), tape }))
    }
}

struct TapedCall {
    bound: Box<dyn BoundCall>,
    tool: Text,
    arguments: Value,
    tape: Tape,
}

impl BoundCall for TapedCall {
    fn touch(&self) -> Touch {
        self.bound.touch()
    }

    fn is_idempotent(&self) -> bool {
        self.bound.is_idempotent()
    }

    fn latency(&self) -> VirtualDuration {
        self.bound.latency()
    }

    fn preview<'a>(&'a self, context: &'a ToolContext) -> PreviewFuture<'a> {
        match self.tape {
            Tape::Record(_) => self.bound.preview(context),
            // A preview may look at the outside.
            Tape::Play(_) => Box::pin(std::future::ready(None)),
        }
    }

    fn run(self: Box<Self>, context: ToolContext) -> ToolFuture {
        let Self { bound, tool, arguments, tape } = *self;
        match tape {
            Tape::Play(cassette) => Box::pin(std::future::ready(cassette.answer(&tool, &arguments, &context))),
            Tape::Record(recorder) => Box::pin(async move {
                let caller = context.caller.clone();
                let answer = bound.run(context).await;
                let (task, call) = (caller.task, caller.call_id);
                let counted = (tool.clone(), caller.agent.clone(), task, call.clone(), arguments.to_string());
                let occurrence = recorder.0.occurrences.next(counted);
                let (agent, answered) = (caller.agent, answer.clone());
                let recording = ToolRecording { tool, agent, task, call, occurrence, arguments, answer: answered };
                held(&recorder.0.recordings).push(recording);
                answer
            }),
        }
    }
}
