//! The registry: models, tools, patterns and hooks that a program adds in Rust, looked up by the name a scenario file gives
//! as `custom: { name: …, options: … }`.
//!
//! It must not know what they do. A maker is handed the options as they stand in the file and says what is wrong with
//! them in words.
//!
//! ```
//! use std::sync::Arc;
//! use folkmoot::Registry;
//! use folkmoot::core::{ModelFailure, ModelReply, Placement};
//! use folkmoot::model::{Model, ModelRequest};
//!
//! struct Yes;
//! impl Model for Yes {
//!     fn answer(&self, _: &ModelRequest) -> Result<ModelReply, ModelFailure> {
//!         Ok(ModelReply::text("yes"))
//!     }
//!     fn placement(&self) -> Placement {
//!         Placement::Inside
//!     }
//! }
//!
//! let mut registry = Registry::new();
//! registry.model("yes", |_options| Ok(Arc::new(Yes)));
//! assert_eq!(registry.model_names().collect::<Vec<_>>(), ["yes"]);
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use moot_council::Pattern;
use moot_model::Model;
use moot_runtime::HookClosure;
use moot_tool::{AnyTool, Tool};
use serde_json::Value;

type Maker<T> = Arc<dyn Fn(&Value) -> Result<T, String> + Send + Sync>;

/// What a program adds to the built-in models, tools and patterns.
#[derive(Clone, Default)]
pub struct Registry {
    models: BTreeMap<String, Maker<Arc<dyn Model>>>,
    tools: BTreeMap<String, Maker<Arc<dyn AnyTool>>>,
    patterns: BTreeMap<String, Maker<Arc<dyn Pattern>>>,
    hooks: BTreeMap<String, Maker<HookClosure>>,
}

impl Registry {
    /// An empty registry: only what is built in can be named.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a model under a name; a model of that name that was there before is replaced.
    pub fn model(
        &mut self,
        name: impl Into<String>,
        make: impl Fn(&Value) -> Result<Arc<dyn Model>, String> + Send + Sync + 'static,
    ) -> &mut Self {
        self.models.insert(name.into(), Arc::new(make));
        self
    }

    /// Adds a tool under a name; a tool of that name that was there before is replaced.
    pub fn tool<T: Tool>(
        &mut self,
        name: impl Into<String>,
        make: impl Fn(&Value) -> Result<T, String> + Send + Sync + 'static,
    ) -> &mut Self {
        let erased = move |options: &Value| make(options).map(moot_tool::erase);
        self.tools.insert(name.into(), Arc::new(erased));
        self
    }

    /// Adds a coordination pattern under a name; a pattern of that name that was there before is replaced.
    pub fn pattern(
        &mut self,
        name: impl Into<String>,
        make: impl Fn(&Value) -> Result<Arc<dyn Pattern>, String> + Send + Sync + 'static,
    ) -> &mut Self {
        self.patterns.insert(name.into(), Arc::new(make));
        self
    }

    /// Adds a hook under a name; a hook of that name that was there before is replaced. What it answers must follow from
    /// the question alone.
    pub fn hook(
        &mut self,
        name: impl Into<String>,
        make: impl Fn(&Value) -> Result<HookClosure, String> + Send + Sync + 'static,
    ) -> &mut Self {
        self.hooks.insert(name.into(), Arc::new(make));
        self
    }

    /// The names of the models that were added, sorted.
    pub fn model_names(&self) -> impl Iterator<Item = &str> {
        self.models.keys().map(String::as_str)
    }

    pub(crate) fn make_model(&self, name: &str, options: &Value) -> Result<Arc<dyn Model>, String> {
        make(&self.models, "model", name, options)
    }

    pub(crate) fn make_tool(&self, name: &str, options: &Value) -> Result<Arc<dyn AnyTool>, String> {
        make(&self.tools, "tool", name, options)
    }

    pub(crate) fn make_hook(&self, name: &str, options: &Value) -> Result<HookClosure, String> {
        make(&self.hooks, "hook", name, options)
    }

    pub(crate) fn make_pattern(&self, name: &str, options: &Value) -> Result<Arc<dyn Pattern>, String> {
        make(&self.patterns, "pattern", name, options)
    }
}

fn make<T>(makers: &BTreeMap<String, Maker<T>>, what: &str, name: &str, options: &Value) -> Result<T, String> {
    let Some(maker) = makers.get(name) else {
        let known: Vec<&str> = makers.keys().map(String::as_str).collect();
        let known = if known.is_empty() { "none is registered".to_owned() } else { known.join(", ") };
        return Err(format!(
            "no custom {what} {name:?} is known to this program ({known}); a custom {what} is added in Rust, see the \
             rustdoc of folkmoot::Registry"
        ));
    };
    let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| maker(options)))
        .unwrap_or_else(|_| Err("its maker panicked".to_owned()));
    made.map_err(|problem| format!("the custom {what} {name:?} refuses its options: {problem}"))
}

impl fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Registry")
            .field("models", &self.models.keys())
            .field("tools", &self.tools.keys())
            .field("patterns", &self.patterns.keys())
            .field("hooks", &self.hooks.keys())
            .finish()
    }
}
