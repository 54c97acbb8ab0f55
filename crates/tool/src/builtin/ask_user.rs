//! `ask_user`: asks the person a question and waits for the answer.
//!
//! Asking changes nothing, so it is allowed wherever reading is. The call claims nothing: it may wait for long, and
//! nobody else's call must wait for it.
//!
//! ```
//! use moot_core::{ActorPath, ToolErrorCode};
//! use moot_tool::{ToolContext, builtin::AskUser, testing};
//!
//! let context = ToolContext::closed(ActorPath::new("scribe").unwrap());
//! let result = testing::call(AskUser, r#"{"question": "Which colour?", "choices": ["red", "blue"]}"#, context);
//! assert_eq!((result.error, &*result.content), (Some(ToolErrorCode::Denied), "no person is available here"));
//! ```

use moot_core::{Placement, Text, ToolEffect};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::describe::quote;
use crate::{Tool, ToolContext, ToolFailure};

/// The most answers that a question can offer.
pub const CHOICES_MAX: u32 = 20;

/// Asks the person.
#[derive(Debug, Clone, Copy, Default)]
pub struct AskUser;

/// What `ask_user` takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskUserArguments {
    /// The question, with all that is needed to answer it.
    #[schemars(length(min = 1, max = 4_000))]
    pub question: String,
    /// The answers to choose from; any answer when left out.
    #[serde(default)]
    #[schemars(length(min = 2, max = CHOICES_MAX))]
    pub choices: Option<Vec<String>>,
}

impl Tool for AskUser {
    type Arguments = AskUserArguments;

    fn name(&self) -> &str {
        "ask_user"
    }

    fn description(&self) -> &str {
        "Asks the user a question and waits for the answer. Ask only what you can't find out yourself."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Read
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    async fn run(&self, arguments: AskUserArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        let question = arguments.question.trim();
        if question.is_empty() {
            return Err(ToolFailure::invalid("question holds nothing but white space; say what to ask"));
        }
        let choices = read_choices(arguments.choices.unwrap_or_default())?;
        let answer = context.ports.person.ask(&context.caller, question, &choices).await?;
        Ok(answer.to_string())
    }
}

/// The choices without white space around them, each of them different from the others.
fn read_choices(choices: Vec<String>) -> Result<Vec<Text>, ToolFailure> {
    let mut read: Vec<Text> = Vec::with_capacity(choices.len());
    for choice in choices {
        let choice = choice.trim();
        if choice.is_empty() {
            return Err(ToolFailure::invalid("a choice holds nothing but white space; leave it out or name it"));
        }
        if read.iter().any(|earlier| earlier.to_lowercase() == choice.to_lowercase()) {
            let message = format!("the choice {} stands twice; make the choices differ", quote(choice));
            return Err(ToolFailure::invalid(message));
        }
        read.push(choice.into());
    }
    Ok(read)
}
