//! JSON Schemas of core types that have none of their own.
//!
//! It must not know which options use them.
//!
//! ```
//! // What it describes is seen in the schema of the options that hold such a value.
//! let schema = serde_json::to_string(&schemars::schema_for!(moot_model::StochasticOptions)).unwrap();
//! assert!(schema.contains("rate_limited"));
//! ```

use moot_core::ModelFailureKind;
use schemars::{Schema, SchemaGenerator, json_schema};

/// Every kind of failure of a model call, in order.
pub(crate) const FAILURE_KINDS: [ModelFailureKind; 13] = [
    ModelFailureKind::RateLimited,
    ModelFailureKind::Overloaded,
    ModelFailureKind::ServerError,
    ModelFailureKind::Timeout,
    ModelFailureKind::Connection,
    ModelFailureKind::MalformedReply,
    ModelFailureKind::Refused,
    ModelFailureKind::ContextTooLong,
    ModelFailureKind::InvalidRequest,
    ModelFailureKind::Authentication,
    ModelFailureKind::ScriptExhausted,
    ModelFailureKind::ExpectationUnmet,
    ModelFailureKind::Crashed,
];

/// The schema of the name of a failure.
pub(crate) fn failure_kind(_: &mut SchemaGenerator) -> Schema {
    let names = FAILURE_KINDS.map(ModelFailureKind::as_str);
    json_schema!({ "type": "string", "enum": names })
}

/// The schema of rates by the name of a failure.
pub(crate) fn failure_rates(_: &mut SchemaGenerator) -> Schema {
    let names = FAILURE_KINDS.map(ModelFailureKind::as_str);
    json_schema!({
        "type": "object",
        "propertyNames": { "enum": names },
        "additionalProperties": { "type": "number", "minimum": 0, "maximum": 1 },
    })
}

/// The text that durations of virtual time are written as.
pub(crate) fn duration(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "description": "A length of virtual time: a number with a unit, such as 800ms, 3s, 1.5m or 2h.",
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_are_listed_by_the_names_that_files_use() {
        for kind in FAILURE_KINDS {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert!(FAILURE_KINDS.is_sorted(), "a kind is listed twice or out of order");
    }
}
