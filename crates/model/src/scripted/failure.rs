//! How a scripted step fails: by the name of a kind, or as an HTTP answer with its status, headers and body.
//!
//! It must not know what is made of a failure: whether another attempt follows is decided where models are called.
//!
//! ```
//! use moot_model::FailureOptions;
//!
//! let named: FailureOptions = serde_json::from_str(r#""timeout""#).unwrap();
//! let answered: FailureOptions =
//!     serde_json::from_str(r#"{ "status": 429, "headers": { "retry-after": 2 } }"#).unwrap();
//! assert_eq!(named.kind().as_str(), "timeout");
//! assert_eq!(answered.kind().as_str(), "rate_limited");
//! assert_eq!(answered.wire().unwrap().header("retry-after"), Some("2"));
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use moot_core::{ModelFailureKind, Text, WireFailure};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::{OptionProblem, schema};

/// The failure that stands in place of a reply: the name of its kind, or a map that says what came back on the wire.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum FailureOptions {
    /// A failure of this kind, of which nothing came back.
    Kind(ModelFailureKind),
    /// An answer that is no reply.
    Wire(WireFailureOptions),
}

/// What a failed attempt looked like on the wire.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WireFailureOptions {
    /// The kind of failure; default: what the status stands for. Needed when there is no status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::failure_kind")]
    pub kind: Option<ModelFailureKind>,
    /// The HTTP status, from 100 to 599; default: none, as when the connection broke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 100, max = 599))]
    pub status: Option<u16>,
    /// The headers, each a text or a number; names in whatever case. None unless given.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "headers_schema")]
    pub headers: BTreeMap<String, Value>,
    /// The body; empty unless given.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// The text that came before the attempt failed, so that its tokens are taken; none unless given. It is seen when
    /// the script streams, and not empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_text: Option<String>,
}

impl FailureOptions {
    /// The kind of the failure.
    #[must_use]
    pub fn kind(&self) -> ModelFailureKind {
        match self {
            Self::Kind(kind) => *kind,
            Self::Wire(wire) => wire.kind.unwrap_or_else(|| kind_of_status(wire.status)),
        }
    }

    /// What came back on the wire, if the failure says.
    #[must_use]
    pub fn wire(&self) -> Option<WireFailure> {
        let Self::Wire(wire) = self else { return None };
        let header = |(name, value): (&String, &Value)| (Text::from(name.to_ascii_lowercase()), header_text(value));
        let headers = wire.headers.iter().map(header).collect();
        Some(WireFailure { status: wire.status, headers, body: Text::from(wire.body.as_str()) })
    }

    /// The text that came before the failure.
    #[must_use]
    pub fn after_text(&self) -> Option<&str> {
        match self {
            Self::Kind(_) => None,
            Self::Wire(wire) => wire.after_text.as_deref(),
        }
    }

    /// What is wrong with the options.
    pub(super) fn check(&self) -> Vec<OptionProblem> {
        let Self::Wire(wire) = self else { return Vec::new() };
        let mut problems = Vec::new();
        if wire.kind.is_none() && wire.status.is_none() {
            let message = "the failure says neither its `kind` nor the `status` it came with; write one of them";
            problems.push(OptionProblem::new("", message));
        }
        if let Some(status) = wire.status
            && !(100..=599).contains(&status)
        {
            problems.push(OptionProblem::new("status", format!("{status} is no HTTP status; allowed are 100 to 599")));
        }
        problems.extend(wire.headers.iter().filter_map(|(name, value)| check_header(name, value)));
        if wire.after_text.as_deref() == Some("") {
            let message = "the text is empty; leave `after_text` out when nothing came before the failure";
            problems.push(OptionProblem::new("after_text", message));
        }
        problems
    }
}

fn check_header(name: &str, value: &Value) -> Option<OptionProblem> {
    let path = format!("headers.{name}");
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':') {
        return Some(OptionProblem::new(
            path,
            format!("{name:?} is no name of a header; write one such as retry-after"),
        ));
    }
    let is_scalar = value.is_string() || value.is_number();
    (!is_scalar).then(|| OptionProblem::new(path, "a header is a text or a number"))
}

fn header_text(value: &Value) -> Text {
    match value {
        Value::String(text) => Text::from(text.as_str()),
        other => other.to_string().into(),
    }
}

/// The kind that a status stands for when a script says no more. Where models are called a body may tell more.
const fn kind_of_status(status: Option<u16>) -> ModelFailureKind {
    match status {
        None => ModelFailureKind::Connection,
        Some(0..300) => ModelFailureKind::MalformedReply,
        Some(401..=403) => ModelFailureKind::Authentication,
        Some(408 | 504) => ModelFailureKind::Timeout,
        Some(413) => ModelFailureKind::ContextTooLong,
        Some(429) => ModelFailureKind::RateLimited,
        Some(503 | 529) => ModelFailureKind::Overloaded,
        Some(409 | 500..) => ModelFailureKind::ServerError,
        Some(_) => ModelFailureKind::InvalidRequest,
    }
}

impl<'de> Deserialize<'de> for FailureOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FailureVisitor)
    }
}

/// Reads either form, so that an error in it is told at its own place.
struct FailureVisitor;

impl<'de> Visitor<'de> for FailureVisitor {
    type Value = FailureOptions;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the kind of a failure, such as rate_limited, or a map with `status`, `headers`, `body`")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<FailureOptions, E> {
        ModelFailureKind::deserialize(StrDeserializer::new(text)).map(FailureOptions::Kind)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FailureOptions, A::Error> {
        WireFailureOptions::deserialize(MapAccessDeserializer::new(map)).map(FailureOptions::Wire)
    }
}

impl JsonSchema for FailureOptions {
    fn schema_name() -> Cow<'static, str> {
        "FailureOptions".into()
    }

    fn schema_id() -> Cow<'static, str> {
        concat!(module_path!(), "::FailureOptions").into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let kind = schema::failure_kind(generator);
        let wire = generator.subschema_for::<WireFailureOptions>();
        json_schema!({
            "description": "The failure that stands in place of a reply: the name of its kind, or a map that says what \
                came back on the wire.",
            "anyOf": [kind, wire],
        })
    }
}

/// The schema of headers by name.
fn headers_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object", "additionalProperties": { "type": ["string", "number"] } })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn read(json: &str) -> FailureOptions {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_status_stands_for_a_kind_unless_one_is_given() {
        for (json, kind) in [
            (r#""overloaded""#, "overloaded"),
            (r#"{"kind": "timeout"}"#, "timeout"),
            (r#"{"kind": "refused", "status": 500}"#, "refused"),
            (r#"{}"#, "connection"),
            (r#"{"status": 200}"#, "malformed_reply"),
            (r#"{"status": 302}"#, "invalid_request"),
            (r#"{"status": 400}"#, "invalid_request"),
            (r#"{"status": 401}"#, "authentication"),
            (r#"{"status": 402}"#, "authentication"),
            (r#"{"status": 403}"#, "authentication"),
            (r#"{"status": 404}"#, "invalid_request"),
            (r#"{"status": 408}"#, "timeout"),
            (r#"{"status": 409}"#, "server_error"),
            (r#"{"status": 413}"#, "context_too_long"),
            (r#"{"status": 429}"#, "rate_limited"),
            (r#"{"status": 500}"#, "server_error"),
            (r#"{"status": 503}"#, "overloaded"),
            (r#"{"status": 504}"#, "timeout"),
            (r#"{"status": 529}"#, "overloaded"),
        ] {
            assert_eq!(read(json).kind().as_str(), kind, "{json}");
        }
    }

    #[test]
    fn the_wire_has_lower_case_names_and_texts() {
        let failure = read(r#"{"status": 429, "headers": {"Retry-After": 1.5, "x-a": "b"}, "body": "slow down"}"#);
        let wire = failure.wire().unwrap();
        assert_eq!(wire.headers, [("retry-after".into(), "1.5".into()), ("x-a".into(), "b".into())]);
        assert_eq!((wire.status, &*wire.body), (Some(429), "slow down"));
        assert_eq!(read(r#""timeout""#).wire(), None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (json, expected) in [
            (r#""timeout""#, &[][..]),
            (r#"{"status": 429}"#, &[]),
            (r#"{}"#, &[""]),
            (r#"{"after_text": ""}"#, &["", "after_text"]),
            (r#"{"status": 99}"#, &["status"]),
            (r#"{"status": 600}"#, &["status"]),
            (
                r#"{"status": 500, "headers": {"a b": 1, "c": [], "d": true}}"#,
                &["headers.a b", "headers.c", "headers.d"],
            ),
        ] {
            let problems = read(json).check();
            let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
            assert_eq!(paths, expected, "{json}");
        }
    }

    #[test]
    fn both_forms_survive_being_written_and_read() {
        for text in [r#""timeout""#, r#"{"status":429,"headers":{"retry-after":2},"body":"x","after_text":"Hel"}"#] {
            assert_eq!(serde_json::to_string(&read(text)).unwrap(), text);
        }
        for (json, part) in [
            (r#""slow""#, "unknown variant `slow`, expected one of `rate_limited`"),
            (r#"{"stat": 1}"#, "unknown field `stat`, expected one of `kind`"),
            ("3", "the kind of a failure, such as rate_limited, or a map"),
        ] {
            let error = serde_json::from_str::<FailureOptions>(json).unwrap_err().to_string();
            assert!(error.contains(part), "{json}: {error}");
        }
    }
}
