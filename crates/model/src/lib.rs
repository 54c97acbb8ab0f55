//! What answers a prompt: scripted and stochastic models behind one trait.
//!
//! A [`Model`] is handed a [`ModelRequest`] and gives a reply or a named failure. Two kinds are built in, and both are
//! *inside*: pure functions of the request and its random address, so that a replay recomputes them. A scripted model
//! says what its script says; a stochastic one is right as often as it is told to be, alone or in step with its group.
//!
//! This crate must not know actors, journals, or how a scenario file is read. It holds the options a file may give a
//! model, checks their ranges, and builds models from them; it reads no file itself.
//!
//! A new kind of model is one new module with its options, its logic and its tests, and one variant of
//! [`ModelOptions`].
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{Task, TaskId};
//! use moot_model::{ModelOptions, ModelRequest};
//!
//! let options: ModelOptions = serde_json::from_str(r#"{ "scripted": { "steps": [{ "say": "A" }] } }"#).unwrap();
//! assert!(options.check().is_empty());
//! let model = options.build(1, 0).expect("scripted models are built in");
//! let request = ModelRequest::alone(Arc::new(Task::new(TaskId(0), "A or B?")), 1);
//! assert_eq!(&*model.answer(&request).unwrap().text, "A");
//! ```

pub mod cassette;
pub mod model;
pub mod options;
pub mod price;
pub mod price_book;
pub mod request;
mod schema;
pub mod scripted;
pub mod stochastic;

pub use model::Model;
pub use options::{CustomModelOptions, ModelOptions, OptionProblem};
pub use price::{Price, PriceOptions, Tokens};
pub use price_book::{PriceBook, PriceBookOptions};
pub use request::ModelRequest;
pub use scripted::{
    AttemptOptions, Calls, Expectation, FailureOptions, MessageRole, ScriptedModel, ScriptedOptions, StepOptions,
    StreamOptions, WireFailureOptions,
};
pub use stochastic::{
    Beliefs, BetaBinomial, CommonCause, Confidence, Correlation, Distribution, Judge, Latency, StochasticModel,
    StochasticOptions, Verifier,
};
