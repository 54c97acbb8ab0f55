//! The planted secret: a tool that knows it and gives it away in every way it can.
//!
//! Whatever it says comes back masked, or I18 does not hold. This module must not know who calls the tool.
//!
//! ```
//! use moot_campaign::{canary, generate};
//!
//! assert_eq!(canary::looks_of(generate::CANARY).len(), 2, "as it is, and as JSON quotes it");
//! ```

use std::sync::Arc;

use folkmoot::Registry;
use folkmoot::core::{Placement, ToolEffect};
use folkmoot::tool::{Tool, ToolContext, ToolFailure};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::generate::CANARY_TOOL;

/// What the tool takes: nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VaultArguments {}

/// Tells its key, as a result or as an error.
#[derive(Debug)]
pub struct Vault(Arc<str>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VaultOptions {
    key: String,
}

impl Tool for Vault {
    type Arguments = VaultArguments;

    fn name(&self) -> &str {
        CANARY_TOOL
    }

    fn description(&self) -> &str {
        "Opens the vault."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Read
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    async fn run(&self, _: VaultArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        // Which way follows from who calls.
        match context.caller.agent.as_str().len() % 3 {
            0 => Err(ToolFailure::failed(format!("the key {} does not fit", self.0))),
            1 => Ok(format!("{{\"key\": {:?}}}", self.0)),
            _ => Ok(format!("the key is {}", self.0)),
        }
    }
}

/// The registry that knows the tool.
#[must_use]
pub fn registry() -> Registry {
    let mut registry = Registry::new();
    registry.tool(CANARY_TOOL, |options| {
        let options = VaultOptions::deserialize(options).map_err(|error| error.to_string())?;
        Ok(Vault(options.key.into()))
    });
    registry
}

/// How the secret may look in a text.
#[must_use]
pub fn looks_of(secret: &str) -> Vec<String> {
    let quoted = format!("{secret:?}");
    vec![secret.to_owned(), quoted.trim_matches('"').to_owned()]
}
