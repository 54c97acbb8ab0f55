//! What one of several runs changes.
//!
//! Before a scenario is read, each run is laid over the rest of the file; so what stands here is only ever described to
//! editors, never read. This module must not know how maps are merged.
//!
//! ```
//! use moot_scenario::schema;
//!
//! assert_eq!(schema()["properties"]["runs"]["items"]["required"][0], "name");
//! ```

use std::collections::BTreeMap;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// What one run changes, by the file's keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunOverrides(pub BTreeMap<String, serde_json::Value>);

/// The schema of `runs`.
pub(super) fn runs_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "minItems": 1,
        "items": {
            "type": "object",
            "description": "One run: its name, and what it changes.",
            "properties": {
                "name": { "type": "string", "description": "The run's name; no other run has it." }
            },
            "required": ["name"]
        }
    })
}
