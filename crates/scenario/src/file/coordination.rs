//! Who is given the tasks.
//!
//! This module must not know how a pattern works.
//!
//! ```
//! use moot_scenario::file::Coordination;
//!
//! let named: Coordination = serde_json::from_str(r#""jury""#).unwrap();
//! assert_eq!(named, Coordination::Named("jury".into()));
//! let single: Coordination = serde_json::from_str(r#"{ "single": { "member": "judge" } }"#).unwrap();
//! assert!(matches!(single, Coordination::Pattern(_)));
//! ```

use std::fmt;

use moot_council::PatternOptions;
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

/// The path of the council that a pattern written under `coordination` makes.
pub const INLINE_COUNCIL: &str = "council";

/// Who is given the tasks: one participant by name, or a council that stands right here.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "a scenario has one of it")]
pub enum Coordination {
    /// An agent or a council, by its name.
    Named(String),
    /// A council without a name of its own; it is called `council`.
    Pattern(PatternOptions),
}

impl<'de> Deserialize<'de> for Coordination {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CoordinationVisitor)
    }
}

struct CoordinationVisitor;

impl<'de> Visitor<'de> for CoordinationVisitor {
    type Value = Coordination;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the name of an agent or a council, or one of {} with its options",
            PatternOptions::NAMES.join(", ")
        )
    }

    fn visit_str<E>(self, name: &str) -> Result<Coordination, E> {
        Ok(Coordination::Named(name.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Coordination, A::Error> {
        let pattern = PatternOptions::deserialize(MapAccessDeserializer::new(&mut access))?;
        access.next_key::<NoSecondKey>()?;
        Ok(Coordination::Pattern(pattern))
    }
}

/// Refuses whatever key there is, so that the error stands at it.
struct NoSecondKey;

impl<'de> Deserialize<'de> for NoSecondKey {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        let names = PatternOptions::NAMES.join(", ");
        Err(serde::de::Error::custom(format!("a council has one pattern: only one of {names} can stand here")))
    }
}
