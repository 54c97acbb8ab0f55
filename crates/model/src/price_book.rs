//! The price book: what each model costs, by its name, for models that don't state a price themselves.
//!
//! A model that stands in the book has its own price; any other has the price of `default`; without a default it has
//! none, and what it costs is unknown, which is not zero. This module must not know where the book was read from, nor
//! who asks.
//!
//! ```
//! use moot_model::{PriceBook, PriceBookOptions};
//!
//! let options: PriceBookOptions = serde_json::from_str(
//!     r#"{ "models": { "large": { "input": 3.0, "output": 15.0, "cached_input": 0.3 } } }"#,
//! ).unwrap();
//! let book = PriceBook::from_options(&options).unwrap();
//! assert_eq!(book.price("large").unwrap().output.to_string(), "0.000015");
//! assert_eq!(book.price("Large"), None, "names are exact, and there is no default");
//! ```

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{OptionProblem, Price, PriceOptions};

/// A price book as a file states it, in USD per million tokens.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PriceBookOptions {
    /// The price of each model, by the name that the scenario gives it; default: none.
    pub models: BTreeMap<String, PriceOptions>,
    /// The price of every model that is not named; default: none, so that the cost of such a model is unknown.
    pub default: Option<PriceOptions>,
}

/// Prices per token, looked up by the name of a model.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PriceBook {
    models: BTreeMap<String, Price>,
    default: Option<Price>,
}

impl PriceBookOptions {
    /// What is wrong with the book: a price out of range, a name that no model can have, a book without any price.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let mut problems = Vec::new();
        if self.models.is_empty() && self.default.is_none() {
            let message =
                "the price book states no price; add `models: { NAME: { input: …, output: … } }` or a `default`";
            problems.push(OptionProblem::new("", message));
        }
        for (name, price) in &self.models {
            let path = format!("models.{name}");
            if name.is_empty() || name.trim() != name {
                let message = format!("{name:?} is no name of a model; write it without spaces around it");
                problems.push(OptionProblem::new(&*path, message));
            }
            problems.extend(price.check().into_iter().map(|problem| problem.within(&path)));
        }
        let default = self.default.as_ref().map(PriceOptions::check).unwrap_or_default();
        problems.extend(default.into_iter().map(|problem| problem.within("default")));
        problems
    }
}

impl PriceBook {
    /// The book that these options describe.
    ///
    /// # Errors
    /// Everything that [`PriceBookOptions::check`] finds.
    pub fn from_options(options: &PriceBookOptions) -> Result<Self, Vec<OptionProblem>> {
        let problems = options.check();
        if !problems.is_empty() {
            return Err(problems);
        }
        let priced = |(name, price): (&String, &PriceOptions)| Some((name.clone(), price.price()?));
        Ok(Self {
            models: options.models.iter().filter_map(priced).collect(),
            default: options.default.and_then(PriceOptions::price),
        })
    }

    /// The price of a model: its own, else the default one; `None` when it is unknown.
    #[must_use]
    pub fn price(&self, model: &str) -> Option<Price> {
        self.models.get(model).copied().or(self.default)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use moot_core::Usage;

    use super::*;

    fn read(text: &str) -> PriceBookOptions {
        serde_json::from_str(text).unwrap()
    }

    /// Three priced models and a default, as openharness S11 has them; the numbers are ours.
    const BOOK: &str = r#"{
        "models": {
            "mock": { "input": 0.0, "output": 0.0 },
            "small": { "input": 0.15, "output": 0.6, "cached_input": 0.075 },
            "large": { "input": 3.0, "output": 15.0 }
        },
        "default": { "input": 1.0, "output": 2.0 }
    }"#;

    #[test]
    fn a_model_has_its_own_price_else_the_default_else_none() {
        let book = PriceBook::from_options(&read(BOOK)).unwrap();
        let usage = Usage { cached_input_tokens: 400, ..Usage::new(1_000, 100) };
        for (model, expected) in
            [("mock", "0"), ("small", "0.00018"), ("large", "0.0045"), ("unheard-of", "0.0012"), ("SMALL", "0.0012")]
        {
            assert_eq!(book.price(model).unwrap().cost(usage).to_string(), expected, "{model}");
        }
        let without_default = PriceBookOptions { default: None, ..read(BOOK) };
        let book = PriceBook::from_options(&without_default).unwrap();
        assert!(book.price("mock").is_some(), "free is a price");
        assert_eq!(book.price("unheard-of"), None, "unknown is not free");
        assert_eq!(PriceBook::default().price("mock"), None);
    }

    #[test]
    fn every_problem_is_named_where_it_stands() {
        for (text, expected) in [
            ("{}", vec![""]),
            (r#"{"models": {}}"#, vec![""]),
            (r#"{"models": {"a": {"input": -1, "output": 1e300}}}"#, vec!["models.a.input", "models.a.output"]),
            (r#"{"models": {" a": {"input": 1, "output": 1}}}"#, vec!["models. a"]),
            (r#"{"default": {"input": 1, "output": 1, "cached_input": 1000001}}"#, vec!["default.cached_input"]),
            (BOOK, vec![]),
        ] {
            let problems = read(text).check();
            let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
            assert_eq!(paths, expected, "{text}");
            assert_eq!(PriceBook::from_options(&read(text)).is_err(), !expected.is_empty(), "{text}");
        }
    }

    #[test]
    fn unknown_keys_are_errors_and_what_was_read_is_written_again() {
        for text in [r#"{"model": {}}"#, r#"{"models": {"a": {"input": 1, "output": 1, "cached": 1}}}"#] {
            let error = serde_json::from_str::<PriceBookOptions>(text).unwrap_err().to_string();
            assert!(error.contains("unknown field"), "{error}");
        }
        let options = read(BOOK);
        assert_eq!(read(&serde_json::to_string(&options).unwrap()), options);
    }
}
