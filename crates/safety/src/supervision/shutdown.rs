//! How long a child may take to stop before it is killed: `brutal_kill`, a duration, or `infinity`.
//!
//! This module must not know who stops whom. The words are OTP's.
//!
//! ```
//! use moot_core::VirtualDuration;
//! use moot_safety::supervision::Shutdown;
//!
//! let shutdown: Shutdown = serde_json::from_str(r#""5s""#).unwrap();
//! assert_eq!(shutdown, Shutdown::Within(VirtualDuration::from_millis(5_000)));
//! assert_eq!(serde_json::to_string(&Shutdown::BrutalKill).unwrap(), r#""brutal_kill""#);
//! ```

use std::borrow::Cow;
use std::fmt;

use moot_core::VirtualDuration;
use schemars::JsonSchema;
use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

const BRUTAL_KILL: &str = "brutal_kill";
const INFINITY: &str = "infinity";

/// How a child is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shutdown {
    /// It is killed at once.
    BrutalKill,
    /// It is asked to stop, and killed when it has not within this time.
    Within(VirtualDuration),
    /// It is asked to stop, and waited for however long it takes.
    Infinity,
}

impl Shutdown {
    /// What workers have unless somebody says otherwise: five seconds.
    pub const WORKER: Self = Self::Within(VirtualDuration::from_millis(5_000));
    /// What supervisors have unless somebody says otherwise: their own children's limits end the wait.
    pub const SUPERVISOR: Self = Self::Infinity;
}

impl fmt::Display for Shutdown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BrutalKill => formatter.write_str(BRUTAL_KILL),
            Self::Within(duration) => duration.fmt(formatter),
            Self::Infinity => formatter.write_str(INFINITY),
        }
    }
}

impl Serialize for Shutdown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::BrutalKill => serializer.serialize_str(BRUTAL_KILL),
            Self::Infinity => serializer.serialize_str(INFINITY),
            Self::Within(duration) if serializer.is_human_readable() => duration.serialize(serializer),
            Self::Within(duration) => serializer.serialize_str(&format!("{}ms", duration.as_millis())),
        }
    }
}

impl<'de> Deserialize<'de> for Shutdown {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(ShutdownVisitor)
    }
}

struct ShutdownVisitor;

impl Visitor<'_> for ShutdownVisitor {
    type Value = Shutdown;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("`brutal_kill`, `infinity` or a duration such as 5s")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Shutdown, E> {
        match text {
            BRUTAL_KILL => Ok(Shutdown::BrutalKill),
            INFINITY => Ok(Shutdown::Infinity),
            _ => match text.parse() {
                Ok(duration) => Ok(Shutdown::Within(duration)),
                Err(_) => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
            },
        }
    }
}

impl JsonSchema for Shutdown {
    fn schema_name() -> Cow<'static, str> {
        "Shutdown".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "How a child is stopped: `brutal_kill` (at once), a duration such as 5s (asked to stop, then \
                            killed), or `infinity` (asked to stop and waited for).",
            "type": "string"
        })
    }
}
