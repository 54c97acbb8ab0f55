//! What a scripted step expects of the transcript before it is taken.
//!
//! It must not know what the step does. All that is unmet is told at once, with what was expected and what was seen.
//!
//! ```
//! use moot_model::{Expectation, MessageRole};
//!
//! let expectation: Expectation = serde_json::from_str(r#"{ "last_role": "tool", "last_contains": ["hello"] }"#).unwrap();
//! assert_eq!(expectation.last_role, Some(MessageRole::Tool));
//! ```

use moot_core::{Message, Text, Transcript};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::context::Context;
use super::line::Line;
use super::template::TemplateError;
use crate::OptionProblem;

/// How much of a message is quoted, in characters.
const QUOTED_CHARACTERS_MAX: usize = 200;

/// What must hold of the transcript; whatever is left out may be anything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// Texts that the last message contains, each of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub last_contains: Vec<String>,
    /// The role of the last message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_role: Option<MessageRole>,
    /// How many messages there are, the agent's instructions included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages: Option<u32>,
    /// Texts that no message of the transcript contains.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_contains: Vec<String>,
}

/// Who speaks in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageRole {
    /// The agent's instructions.
    System,
    /// Somebody else.
    User,
    /// The agent's model.
    Assistant,
    /// A tool.
    Tool,
}

impl MessageRole {
    /// The name used in files: the same as [`Message::role`] gives.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

impl Expectation {
    /// What is wrong with the templates.
    pub(super) fn check(&self) -> Vec<OptionProblem> {
        let mut problems = Vec::new();
        for (name, texts) in [("last_contains", &self.last_contains), ("not_contains", &self.not_contains)] {
            for (index, text) in texts.iter().enumerate() {
                let path = format!("{name}[{index}]");
                if text.is_empty() {
                    problems.push(OptionProblem::new(path, "the text is empty, and every message contains it"));
                } else {
                    problems.extend(Line::new(text).check(&path));
                }
            }
        }
        problems
    }
}

/// An expectation, ready to be held against a transcript.
#[derive(Debug, Clone)]
pub(super) struct ExpectationPlan {
    last_contains: Vec<Line>,
    last_role: Option<MessageRole>,
    messages: Option<u32>,
    not_contains: Vec<Line>,
}

impl ExpectationPlan {
    pub(super) fn new(expectation: &Expectation) -> Self {
        let lines = |texts: &[String]| texts.iter().map(|text| Line::new(text)).collect();
        Self {
            last_contains: lines(&expectation.last_contains),
            last_role: expectation.last_role,
            messages: expectation.messages,
            not_contains: lines(&expectation.not_contains),
        }
    }

    /// What is unmet, in words; `None` when all is as expected.
    pub(super) fn unmet(
        &self,
        transcript: &Transcript,
        context: &Context<'_>,
    ) -> Result<Option<String>, TemplateError> {
        let mut unmet = Vec::new();
        let amount = transcript.len();
        if self.messages.is_some_and(|expected| expected as usize != amount) {
            let expected = self.messages.unwrap_or_default();
            unmet.push(format!("expected {expected} messages, but there are {amount}"));
        }
        let last = transcript.messages().last();
        if let Some(expected) = self.last_role.filter(|role| last.map(Message::role) != Some(role.as_str())) {
            unmet.push(format!(
                "expected the last message to be of role {}, but it is {}",
                expected.as_str(),
                seen(last)
            ));
        }
        for line in &self.last_contains {
            let text: Text = line.render(context)?;
            if !last.is_some_and(|message| message.text().contains(&*text)) {
                unmet.push(format!("expected the last message to contain {text:?}, but it is {}", seen(last)));
            }
        }
        for line in &self.not_contains {
            let text: Text = line.render(context)?;
            let found = transcript.messages().iter().position(|message| message.text().contains(&*text));
            if let Some(index) = found {
                let message = seen(transcript.messages().get(index));
                unmet.push(format!(
                    "expected no message to contain {text:?}, but message {index} does, which is {message}"
                ));
            }
        }
        Ok(if unmet.is_empty() { None } else { Some(unmet.join("; ")) })
    }
}

/// A message as it is shown to the author of the script.
fn seen(message: Option<&Message>) -> String {
    let Some(message) = message else {
        return "missing: the transcript is empty".to_owned();
    };
    let text = message.text();
    match text.char_indices().nth(QUOTED_CHARACTERS_MAX) {
        None => format!("{} {text:?}", message.role()),
        Some((end, _)) => format!("{} {:?}… ({} bytes)", message.role(), text.get(..end).unwrap_or(text), text.len()),
    }
}
