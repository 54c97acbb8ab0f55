//! JSON Schemas of arguments: made from a type, compiled once, and their faults put into words.
//!
//! Compiling takes some thousand times longer than checking, so compiled schemas are kept for the whole process by the
//! hash of their text and shared by all worlds. This module must not know tools.
//!
//! ```
//! use moot_tool::schema;
//! use serde_json::json;
//!
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Arguments {
//!     #[expect(dead_code, reason = "only the type matters here")]
//!     path: String,
//! }
//!
//! let compiled = schema::compile(&schema::of_arguments::<Arguments>()).unwrap();
//! let faults = schema::faults(&compiled, &json!({ "path": 3 }));
//! assert_eq!(faults[0].pointer, "/path");
//! assert_eq!(faults[0].message, "expected a text, found the number 3");
//! ```

mod faults;

use std::sync::{Arc, LazyLock};

use dashmap::DashMap;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

pub(crate) use faults::fault_of_type;
pub use faults::faults;

/// A schema that can be checked against, together with its text form.
#[derive(Debug)]
pub struct CompiledSchema {
    schema: Value,
    validator: jsonschema::Validator,
}

/// Why a schema can't be used for the arguments of a tool.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// It is a schema of something that is no object.
    #[error("the schema allows {found}; the arguments of a tool are an object, such as a struct with named fields")]
    NotAnObject {
        /// The types that it allows, as they stand there.
        found: String,
    },
    /// It is no valid schema.
    #[error("the schema is not valid at {pointer:?}: {reason}")]
    Invalid {
        /// Where in the schema, as a JSON pointer.
        pointer: String,
        /// What is wrong there.
        reason: String,
    },
}

/// The schema of an argument type, as models are shown it: JSON Schema 2020-12 in one piece, without a title.
///
/// An object that declares fields and says nothing of others is closed at its first level, even if the type forgot
/// `deny_unknown_fields`: what a model wrote must not be dropped silently.
#[must_use]
pub fn of_arguments<A: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    match settings.into_generator().into_root_schema_for::<A>().to_value() {
        Value::Object(mut fields) => {
            fields.remove("title");
            // The documentation of the type is for its programmers; the tool's description is for the model.
            fields.remove("description");
            close(&mut fields);
            // Arguments are an object whatever else the type would take, and providers want to read that.
            fields.entry("type").or_insert_with(|| "object".into());
            Value::Object(fields)
        }
        other => other,
    }
}

fn close(schema: &mut Map<String, Value>) {
    const SAYS_OF_OTHERS: [&str; 7] =
        ["additionalProperties", "unevaluatedProperties", "patternProperties", "allOf", "anyOf", "oneOf", "$ref"];
    let plain = schema.contains_key("properties") && !SAYS_OF_OTHERS.iter().any(|key| schema.contains_key(*key));
    if plain {
        schema.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
}

/// The compiled form of a schema; the same text is compiled once in a process.
///
/// # Errors
/// When the schema is not valid or can't describe arguments. References to other documents are not followed.
pub fn compile(schema: &Value) -> Result<Arc<CompiledSchema>, SchemaError> {
    static COMPILED: LazyLock<DashMap<blake3::Hash, Arc<CompiledSchema>>> = LazyLock::new(DashMap::new);
    check_root(schema)?;
    let key = blake3::hash(schema.to_string().as_bytes());
    if let Some(compiled) = COMPILED.get(&key) {
        return Ok(Arc::clone(&compiled));
    }
    // Patterns run in linear time: a schema may come from a stranger and the text from a model.
    let validator = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .with_pattern_options(jsonschema::PatternOptions::regex())
        .build(schema)
        .map_err(|error| SchemaError::Invalid {
            pointer: error.instance_path().to_string(),
            reason: error.to_string(),
        })?;
    let compiled = Arc::new(CompiledSchema { schema: schema.clone(), validator });
    Ok(Arc::clone(&COMPILED.entry(key).or_insert(compiled)))
}

fn check_root(schema: &Value) -> Result<(), SchemaError> {
    let allows_objects = match schema.get("type") {
        None => schema.is_object(),
        Some(Value::String(name)) => name == "object",
        Some(Value::Array(names)) => names.iter().any(|name| name == "object"),
        Some(_) => false,
    };
    if allows_objects {
        return Ok(());
    }
    Err(SchemaError::NotAnObject { found: schema.get("type").unwrap_or(schema).to_string() })
}

/// Appends one segment, escaped as JSON pointers want it.
fn push_segment(pointer: &mut String, segment: &str) {
    pointer.push('/');
    for character in segment.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, dead_code, reason = "a test may stop and reads no field")]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Deserialize, JsonSchema)]
    struct Forgetful {
        path: String,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Nested {
        inner: Forgetful,
        rest: Option<Vec<u8>>,
    }

    #[derive(Deserialize, JsonSchema)]
    struct Open {
        path: String,
        #[serde(flatten)]
        rest: std::collections::BTreeMap<String, Value>,
    }

    #[test]
    fn a_type_that_forgot_is_closed_and_an_open_one_stays_open() {
        assert_eq!(of_arguments::<Forgetful>()["additionalProperties"], json!(false));
        assert_ne!(of_arguments::<Open>()["additionalProperties"], json!(false));
    }

    #[test]
    fn a_schema_stands_in_one_piece_without_a_title() {
        let schema = of_arguments::<Nested>();
        assert_eq!(schema.pointer("/properties/inner/properties/path/type"), Some(&json!("string")));
        for absent in ["$defs", "$schema", "title", "description"] {
            assert!(schema.get(absent).is_none(), "{absent} in {schema}");
        }
    }

    #[test]
    fn any_json_is_narrowed_to_an_object() {
        assert_eq!(of_arguments::<Value>(), json!({ "type": "object" }));
    }

    #[test]
    fn only_objects_are_arguments() {
        let table = [
            (of_arguments::<u32>(), "\"integer\""),
            (of_arguments::<()>(), "\"null\""),
            (of_arguments::<Vec<u8>>(), "\"array\""),
            (json!({ "type": ["string", "null"] }), "[\"string\",\"null\"]"),
            (json!(true), "true"),
        ];
        for (schema, found) in table {
            let error = compile(&schema).unwrap_err();
            assert_eq!(error, SchemaError::NotAnObject { found: found.into() });
        }
    }

    #[test]
    fn a_wrong_schema_names_the_place() {
        let schema = json!({ "type": "object", "properties": { "a": { "type": "strin" } } });
        let SchemaError::Invalid { pointer, .. } = compile(&schema).unwrap_err() else { unreachable!() };
        assert_eq!(pointer, "/properties/a/type");
        let elsewhere = json!({ "type": "object", "$ref": "https://example.org/schema.json" });
        assert!(matches!(compile(&elsewhere), Err(SchemaError::Invalid { .. })), "nothing is fetched");
        let backtracking = json!({ "type": "object", "properties": { "a": { "pattern": "(a)\\1" } } });
        assert!(matches!(compile(&backtracking), Err(SchemaError::Invalid { .. })), "only linear patterns");
    }

    #[test]
    fn the_same_text_is_compiled_once() {
        let schema = of_arguments::<Nested>();
        assert!(Arc::ptr_eq(&compile(&schema).unwrap(), &compile(&schema.clone()).unwrap()));
        assert!(!Arc::ptr_eq(&compile(&schema).unwrap(), &compile(&of_arguments::<Forgetful>()).unwrap()));
    }

    #[test]
    fn pointers_are_escaped() {
        let mut pointer = String::new();
        push_segment(&mut pointer, "a/b~c");
        push_segment(&mut pointer, "0");
        assert_eq!(pointer, "/a~1b~0c/0");
    }
}
