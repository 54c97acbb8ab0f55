//! The options of a model as a scenario gives them, and the one place where the kinds of model are listed.
//!
//! This module must not know where options come from: it is handed values, and names a problem by a path within them.
//!
//! ```
//! use moot_model::ModelOptions;
//!
//! let options: ModelOptions = serde_json::from_str(r#"{ "stochastic": { "accuracy": 1.5 } }"#).unwrap();
//! let problems = options.check();
//! assert_eq!(problems[0].path, "stochastic.accuracy");
//! ```

use std::sync::Arc;

use moot_core::VirtualDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Model, ScriptedModel, ScriptedOptions, StochasticModel, StochasticOptions};

/// Something wrong with options that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionProblem {
    /// Where, relative to the options: `accuracy`, `steps[2].call`. Empty when the options as a whole are meant.
    pub path: String,
    /// What is wrong and what is allowed.
    pub message: String,
}

impl OptionProblem {
    /// A problem at a path.
    #[must_use]
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }

    /// The same problem as seen from options that hold these ones under `outer`.
    #[must_use]
    pub fn within(self, outer: &str) -> Self {
        let joint = if outer.is_empty() || self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        Self { path: format!("{outer}{joint}{}", self.path), ..self }
    }
}

/// A model as a scenario declares it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelOptions {
    /// Says what its script says, step by step.
    Scripted(ScriptedOptions),
    /// Answers at random: right as often as its accuracy says.
    Stochastic(StochasticOptions),
    /// A model written in Rust and registered under a name.
    Custom(CustomModelOptions),
}

/// A model that is looked up by name among those the program was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomModelOptions {
    /// The name it was registered under.
    pub name: String,
    /// Its own options, in whatever shape it reads; nothing unless given.
    #[serde(default)]
    pub options: serde_json::Value,
    /// How long a call takes in virtual time when the model works outside the world, however long it really takes;
    /// default 0ms. A model inside the world says so itself.
    #[serde(default)]
    #[schemars(with = "String")]
    pub latency: VirtualDuration,
}

impl ModelOptions {
    /// Whether the tokens of every call are said. A custom model says them itself, if at all, and counts as one that does.
    #[must_use]
    pub fn states_tokens(&self) -> bool {
        match self {
            Self::Scripted(options) => options.states_tokens(),
            Self::Stochastic(options) => options.tokens.is_some(),
            Self::Custom(_) => true,
        }
    }

    /// Whether it says what its tokens cost. A custom model says it itself, if at all, and counts as one that does.
    #[must_use]
    pub const fn states_price(&self) -> bool {
        match self {
            Self::Scripted(options) => options.price.is_some(),
            Self::Stochastic(options) => options.price.is_some(),
            Self::Custom(_) => true,
        }
    }

    /// What is wrong with the options; empty when a model can be built from them.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let (kind, problems) = match self {
            Self::Scripted(options) => ("scripted", options.check()),
            Self::Stochastic(options) => ("stochastic", options.check()),
            Self::Custom(options) => ("custom", options.check()),
        };
        problems.into_iter().map(|problem| problem.within(kind)).collect()
    }

    /// The model for one replicate of a study: `seed` and `replicate` key what named groups have in common. `None` for
    /// a custom model, which is looked up elsewhere.
    ///
    /// Options that [`check`](Self::check) finds wrong make a model that fails or answers oddly, never a panic.
    #[must_use]
    pub fn build(&self, seed: u64, replicate: u32) -> Option<Arc<dyn Model>> {
        match self {
            Self::Scripted(options) => Some(Arc::new(ScriptedModel::new(options))),
            Self::Stochastic(options) => Some(Arc::new(StochasticModel::new(options, seed, replicate))),
            Self::Custom(_) => None,
        }
    }
}

impl CustomModelOptions {
    /// What is wrong with the options, as far as it can be seen without the registry.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        if self.name.trim().is_empty() {
            return vec![OptionProblem::new("name", "the name is empty; write the name the model is registered under")];
        }
        Vec::new()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn read(text: &str) -> ModelOptions {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_path_is_joined_as_it_is_written() {
        let at = |path: &str| OptionProblem::new(path, "x").within("outer").path;
        assert_eq!(at("inner"), "outer.inner");
        assert_eq!(at("[2].inner"), "outer[2].inner");
        assert_eq!(at(""), "outer");
        assert_eq!(OptionProblem::new("inner", "x").within("").path, "inner");
    }

    #[test]
    fn the_built_in_kinds_are_built_and_a_custom_one_is_not() {
        assert!(read(r#"{"scripted": {"steps": [{"say": "A"}]}}"#).build(1, 0).is_some());
        assert!(read(r#"{"stochastic": {"accuracy": 0.6}}"#).build(1, 0).is_some());
        assert!(read(r#"{"custom": {"name": "mine", "options": {"a": [1]}}}"#).build(1, 0).is_none());
    }

    #[test]
    fn a_custom_model_needs_a_name() {
        let [problem] = <[OptionProblem; 1]>::try_from(read(r#"{"custom": {"name": " "}}"#).check()).unwrap();
        assert_eq!(problem.path, "custom.name");
    }

    #[test]
    fn options_survive_being_written_and_read() {
        for text in [
            r#"{"scripted":{"steps":[{"say":"A","latency":"200ms"},{"call":{"read_file":{"path":"a"}}},{"fail":"timeout"}]}}"#,
            r#"{"stochastic":{"accuracy":0.6,"latency":{"lognormal":{"median":"800ms","p95":"3s"}},"failures":{"rate_limited":0.1}}}"#,
            r#"{"custom":{"name":"mine"}}"#,
        ] {
            let options = read(text);
            assert_eq!(read(&serde_json::to_string(&options).unwrap()), options, "{text}");
            assert_eq!(options.check(), [], "{text}");
        }
    }

    #[test]
    fn unknown_keys_are_errors_that_name_the_known_ones() {
        let error = serde_json::from_str::<ModelOptions>(r#"{"stochastic": {"acuracy": 0.6}}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `acuracy`, expected one of `accuracy`"), "{error}");
        let error = serde_json::from_str::<ModelOptions>(r#"{"stochastical": {}}"#).unwrap_err();
        assert!(error.to_string().contains("expected one of `scripted`, `stochastic`, `custom`"), "{error}");
    }
}
