//! A text of a script: plain, or a template.
//!
//! It must not know what the text is for.
//!
//! ```
//! use moot_model::ScriptedOptions;
//!
//! assert!(ScriptedOptions::saying(["plain", "{{ last }}"]).check().is_empty());
//! assert_eq!(ScriptedOptions::saying(["{{ last"]).check()[0].path, "steps[0].say");
//! ```

use std::sync::Arc;

use moot_core::Text;

use super::context::Context;
use super::template::{Template, TemplateError};
use crate::OptionProblem;

/// A text, ready to be rendered for a request.
#[derive(Debug, Clone)]
pub(super) enum Line {
    /// It stands as it is.
    Plain(Text),
    /// It is rendered.
    Template(Arc<Template>),
    /// A template that does not compile: whoever renders it is told why.
    Broken(TemplateError),
}

impl Line {
    pub(super) fn new(text: &str) -> Self {
        if !Self::is_template(text) {
            return Self::Plain(Text::from(text));
        }
        match Template::compiled(text) {
            Ok(template) => Self::Template(template),
            Err(error) => Self::Broken(error),
        }
    }

    /// Whether a text is a template: it holds an expression or a statement.
    pub(super) fn is_template(text: &str) -> bool {
        text.contains("{{") || text.contains("{%")
    }

    pub(super) fn render(&self, context: &Context<'_>) -> Result<Text, TemplateError> {
        match self {
            Self::Plain(text) => Ok(text.clone()),
            Self::Template(template) => template.render(context.value()).map(Text::from),
            Self::Broken(error) => Err(error.clone()),
        }
    }

    /// What is wrong with the text, which stands at `path`.
    pub(super) fn check(&self, path: &str) -> Vec<OptionProblem> {
        match self {
            Self::Plain(_) => Vec::new(),
            Self::Template(template) => template
                .unknown_names()
                .into_iter()
                .map(|unknown| OptionProblem::new(path, unknown.to_string()))
                .collect(),
            Self::Broken(error) => vec![OptionProblem::new(path, error.to_string())],
        }
    }
}
