//! The schema of what may stand in a file of its own.
//!
//! This module must not know how the files are read.
//!
//! ```
//! use moot_scenario::schema;
//!
//! let instructions = &schema()["$defs"]["AgentOptions"]["properties"]["instructions"];
//! assert_eq!(instructions["anyOf"][1]["required"][0], "file");
//! ```

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// Either what stands right here, or `{ file: PATH }`, which is read before the scenario is.
pub(super) fn or_file<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let here = generator.subschema_for::<T>();
    json_schema!({
        "anyOf": [here, {
            "type": "object",
            "properties": {
                "file": {
                    "type": "string",
                    "description": "A file with it, seen from the scenario file's folder, inside of which it must be."
                }
            },
            "required": ["file"],
            "additionalProperties": false
        }]
    })
}
