//! The tool calls of a scripted step.
//!
//! It must not know which tools there are, nor whether the arguments fit them: a script may play a model that makes
//! mistakes.
//!
//! ```
//! use moot_model::Calls;
//!
//! let one: Calls = serde_json::from_str(r#"{ "read_file": { "path": "a.txt" } }"#).unwrap();
//! let twice: Calls = serde_json::from_str(r#"[{ "recall": {} }, { "recall": {} }]"#).unwrap();
//! assert_eq!(one.iter().count(), 1);
//! assert_eq!(twice.iter().map(|(tool, _)| tool).collect::<Vec<_>>(), ["recall", "recall"]);
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::arguments::Arguments;
use crate::OptionProblem;

/// The calls of one reply: a map from the tool's name to its arguments, or a list of such maps.
///
/// Within a map the calls are made in the alphabetical order of the tools; a list keeps its order and may name a tool
/// more than once. Arguments that are a text stand as they are, so that a script can play a model that writes broken
/// JSON; everything else is written as JSON.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Calls {
    maps: Vec<BTreeMap<String, Value>>,
    /// Whether they stand in a list, so that problems are found again where they were written.
    listed: bool,
}

impl Calls {
    /// The calls in the order in which they are made: the name of the tool and its arguments.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.maps.iter().flatten().map(|(tool, arguments)| (tool.as_str(), arguments))
    }

    /// What is wrong with the calls.
    pub(super) fn check(&self) -> Vec<OptionProblem> {
        let mut problems = Vec::new();
        for (index, map) in self.maps.iter().enumerate() {
            let place = if self.listed { format!("[{index}]") } else { String::new() };
            if map.is_empty() {
                problems.push(OptionProblem::new(place.as_str(), "no tool is named; write `tool_name: { … }`"));
            }
            for (tool, arguments) in map {
                let found = check_call(tool, arguments);
                problems.extend(found.into_iter().map(|problem| problem.within(&place)));
            }
        }
        if self.maps.is_empty() {
            problems.push(OptionProblem::new("", "the list of calls is empty; leave `call` out or name a tool"));
        }
        problems
    }
}

fn check_call(tool: &str, arguments: &Value) -> Vec<OptionProblem> {
    if tool.trim().is_empty() {
        return vec![OptionProblem::new("", "the name of the tool is empty")];
    }
    if arguments.is_null() {
        return vec![OptionProblem::new(tool, "the call has no arguments; write `{}` for none")];
    }
    Arguments::new(arguments).check(tool)
}

impl Serialize for Calls {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.maps.as_slice() {
            [only] if !self.listed => only.serialize(serializer),
            maps => maps.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Calls {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CallsVisitor)
    }
}

/// Reads either form, so that an error in it is told at its own place.
struct CallsVisitor;

impl<'de> Visitor<'de> for CallsVisitor {
    type Value = Calls;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a map from the names of tools to their arguments, or a list of such maps")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Calls, A::Error> {
        Ok(Calls { maps: vec![BTreeMap::deserialize(MapAccessDeserializer::new(map))?], listed: false })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<Calls, A::Error> {
        Ok(Calls { maps: Vec::deserialize(SeqAccessDeserializer::new(sequence))?, listed: true })
    }
}

impl JsonSchema for Calls {
    fn schema_name() -> Cow<'static, str> {
        "Calls".into()
    }

    fn schema_id() -> Cow<'static, str> {
        concat!(module_path!(), "::Calls").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let map = json_schema!({ "type": "object", "minProperties": 1 });
        json_schema!({
            "description": "The tools a reply calls: a map from a tool's name to its arguments (called in alphabetical \
                order), or a list of such maps. Arguments given as a text stand as they are.",
            "anyOf": [map.clone(), { "type": "array", "items": map, "minItems": 1 }],
        })
    }
}
