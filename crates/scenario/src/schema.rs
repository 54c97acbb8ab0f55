//! The JSON Schema of scenario files, for editors and for messages that say which numbers are allowed.
//!
//! This module must not know what the fields mean: it reads what the types say of themselves.
//!
//! ```
//! use moot_scenario::schema;
//! use moot_scenario::tree::TreePath;
//!
//! let path = TreePath::parse("agents.juror.limits.turns_max").unwrap();
//! assert_eq!(schema::numbers_at(&path).unwrap(), "a whole number from 1 to 100000");
//! ```

use serde_json::Value;

use crate::ScenarioFile;
use crate::tree::{Segment, TreePath};

/// How many references are followed from one node, so that a schema that names itself has an end.
const REFERENCES_MAX: usize = 16;

/// The JSON Schema of a scenario file, with a description of every field.
#[must_use]
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(ScenarioFile).to_value();
    // What every run of a file says need not stand in the file as well.
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        let (always, unless_runs): (Vec<Value>, Vec<Value>) =
            required.drain(..).partition(|name| name == "folkmoot" || name == "name");
        *required = always;
        let either = serde_json::json!([{ "required": unless_runs }, { "required": ["runs"] }]);
        schema.as_object_mut().map(|schema| schema.insert("anyOf".to_owned(), either));
    }
    schema
}

/// Which numbers the schema allows at a path, in words; `None` when it wants no number there or has no such path.
#[must_use]
pub fn numbers_at(path: &TreePath) -> Option<String> {
    let schema = schema();
    let mut nodes = alternatives(&schema, &schema);
    for segment in &path.0 {
        nodes = nodes
            .into_iter()
            .filter_map(|node| below(node, segment))
            .flat_map(|node| alternatives(&schema, node))
            .collect();
    }
    nodes.into_iter().find_map(numbers)
}

/// A node and all that it refers to or offers as alternatives.
fn alternatives<'a>(root: &'a Value, node: &'a Value) -> Vec<&'a Value> {
    let mut found = vec![node];
    let mut next = 0;
    while let Some(node) = found.get(next).copied().filter(|_| next < REFERENCES_MAX) {
        next += 1;
        if let Some(reference) = node.get("$ref").and_then(Value::as_str) {
            found.extend(reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer)));
        }
        for several in ["anyOf", "oneOf", "allOf"] {
            found.extend(node.get(several).and_then(Value::as_array).into_iter().flatten());
        }
    }
    found
}

fn below<'a>(node: &'a Value, segment: &Segment) -> Option<&'a Value> {
    match segment {
        Segment::Index(_) => node.get("items"),
        Segment::Key(key) => {
            let property = node.get("properties").and_then(|properties| properties.get(key));
            property.or_else(|| node.get("additionalProperties")).filter(|found| found.is_object())
        }
    }
}

fn numbers(node: &Value) -> Option<String> {
    let is = |wanted: &str| match node.get("type") {
        Some(Value::String(name)) => name == wanted,
        Some(Value::Array(names)) => names.iter().any(|name| name == wanted),
        _ => false,
    };
    let kind = match (is("integer"), is("number")) {
        (true, _) => "a whole number",
        (_, true) => "a number",
        _ => return None,
    };
    let bound = |name: &str| node.get(name).filter(|bound| bound.is_number()).map(plain);
    let limits = match (bound("minimum"), bound("maximum")) {
        (Some(least), Some(most)) if least == most => return Some(format!("the number {least}")),
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        (Some(least), None) => format!(", at least {least}"),
        (None, Some(most)) => format!(", at most {most}"),
        (None, None) => String::new(),
    };
    Some(format!("{kind}{limits}"))
}

/// A bound as people write it: `1`, not `1.0`.
fn plain(bound: &Value) -> String {
    let text = bound.to_string();
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_found_through_maps_lists_variants_and_references() {
        let at = |path: &str| numbers_at(&TreePath::parse(path).unwrap());
        assert_eq!(at("tolerate.failed").unwrap(), "a number from 0 to 1");
        assert_eq!(at("agents.any.count").unwrap(), "a whole number from 1 to 4294967295");
        assert_eq!(at("tasks.at_once").unwrap(), "a whole number from 1 to 1000000");
        assert!(at("models.any.stochastic.accuracy").unwrap().starts_with("a number"));
        assert_eq!(at("name"), None);
        assert_eq!(at("no.such[0].path"), None);
    }

    #[test]
    fn every_field_of_a_scenario_is_described() {
        let schema = schema();
        for (name, field) in schema["properties"].as_object().unwrap() {
            assert!(field["description"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        }
        for (name, definition) in schema["$defs"].as_object().unwrap() {
            for (field, value) in definition["properties"].as_object().into_iter().flatten() {
                assert!(value.get("description").is_some(), "{name}.{field}");
            }
        }
    }
}
