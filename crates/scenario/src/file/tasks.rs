//! Tasks as a scenario file gives them: drawn, listed, or in a file of their own.
//!
//! This module must not know how tasks are played, and reads no files.
//!
//! ```
//! use moot_scenario::file::TasksOptions;
//!
//! let tasks: TasksOptions = serde_json::from_str(r#"{ "list": ["What is 1 + 1?"] }"#).unwrap();
//! assert_eq!(tasks.list.unwrap()[0].prompt, "What is 1 + 1?");
//! ```

use std::fmt;

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// What there is to do: exactly one of `generate`, `list` and `file`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TasksOptions {
    /// Tasks alike, whose right answers are drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generate: Option<GenerateOptions>,
    /// Tasks one by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<Vec<TaskItem>>,
    /// Tasks in a file of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<TaskFileOptions>,
    /// How many tasks are played at the same time; default 1.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub at_once: u32,
}

/// Tasks alike: each has the same prompt and choices, and a right answer that is drawn, each choice equally likely.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GenerateOptions {
    /// How many.
    #[schemars(range(min = 1))]
    pub count: u64,
    /// The answers to choose from, at least one.
    pub choices: Vec<String>,
    /// What each task asks, here or in a file; default `Choose one of: A, B.` with the choices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::included::or_file::<String>")]
    pub prompt: Option<String>,
}

/// One task. In a file it is a map, or just the prompt.
pub type TaskItem = TaskOptions;

/// One task, or just its prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskOptions {
    /// What to do, in words.
    pub prompt: String,
    /// The answers to choose from; empty when any text is an answer.
    pub choices: Vec<String>,
    /// The right answer, when it is known. No agent is shown it.
    pub answer: Option<String>,
}

/// One task as a map.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TaskMap {
    /// What to do, in words.
    prompt: String,
    /// The answers to choose from; default none: any text is an answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    choices: Vec<String>,
    /// The right answer, when it is known. No agent is shown it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
}

/// A file with tasks: JSON Lines, each line a map with `prompt`, `choices` and `answer`; or CSV with a header of these
/// names, choices separated by `|`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskFileOptions {
    /// Where it is, seen from the scenario file's folder, inside of which it must be.
    pub path: String,
    /// How it is written; default by the end of its name, `.jsonl` or `.csv`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<TaskFileFormat>,
    /// The choices of every task that gives none of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
}

/// How a file with tasks is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskFileFormat {
    /// A JSON map on each line.
    Jsonl,
    /// Comma-separated values below a header.
    Csv,
}

const fn one() -> u32 {
    1
}

impl TaskOptions {
    /// A task whose answer may be any text.
    #[must_use]
    pub fn of_prompt(prompt: impl Into<String>) -> Self {
        Self { prompt: prompt.into(), choices: Vec::new(), answer: None }
    }
}

impl Serialize for TaskOptions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { prompt, choices, answer } = self.clone();
        TaskMap { prompt, choices, answer }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for TaskOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TaskVisitor)
    }
}

struct TaskVisitor;

impl<'de> Visitor<'de> for TaskVisitor {
    type Value = TaskOptions;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a prompt, or a map with `prompt`, `choices` and `answer`")
    }

    fn visit_str<E>(self, prompt: &str) -> Result<TaskOptions, E> {
        Ok(TaskOptions::of_prompt(prompt))
    }

    fn visit_u64<E>(self, prompt: u64) -> Result<TaskOptions, E> {
        Ok(TaskOptions::of_prompt(prompt.to_string()))
    }

    fn visit_i64<E>(self, prompt: i64) -> Result<TaskOptions, E> {
        Ok(TaskOptions::of_prompt(prompt.to_string()))
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<TaskOptions, A::Error> {
        let TaskMap { prompt, choices, answer } = TaskMap::deserialize(MapAccessDeserializer::new(access))?;
        Ok(TaskOptions { prompt, choices, answer })
    }
}

impl JsonSchema for TaskOptions {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TaskOptions".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let map = generator.subschema_for::<TaskMap>();
        schemars::json_schema!({
            "description": "One task, or just its prompt.",
            "anyOf": [{ "type": "string", "description": "What to do, in words." }, map]
        })
    }
}
