//! Hooks as a scenario writes them.
//!
//! This module must not know how a hook is matched or run.
//!
//! ```
//! use moot_mind::hook::HookOptions;
//!
//! let options: HookOptions = serde_json::from_str(
//!     r#"{ "on": ["stop", "run_ended"], "then": { "rule": { "ask": "Really?" } } }"#,
//! ).unwrap();
//! assert_eq!(
//!     options.check()[0].to_string(),
//!     "then.rule: ask means nothing at stop; it must be one of allow, deny, send_on, annotate"
//! );
//! ```

use std::collections::BTreeMap;
use std::fmt;

use moot_core::{HookEvent, VirtualDuration};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// One hook: when it is asked, about what, and what it answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HookOptions {
    /// The event, or a list of events, at which it is asked.
    pub on: HookEvents,
    /// Names of tools, with `*` for any run of characters; default: every tool. Only for the events of a tool call.
    #[serde(default)]
    pub tools: Vec<String>,
    /// Paths of agents, with `*` for any run of characters; default: every agent.
    #[serde(default)]
    pub agents: Vec<String>,
    /// A regular expression (linear time, no look-around) that must occur in the arguments of a call (in their JSON
    /// text or in one of the texts in them), or in the prompt, reply or result that the event is about; default:
    /// whatever is there.
    #[serde(default)]
    pub contains: Option<String>,
    /// Who answers.
    pub then: HookActionOptions,
}

/// One or several events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookEvents(pub Vec<HookEvent>);

/// Who answers for a hook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HookActionOptions {
    /// An answer that stands here.
    Rule(HookRuleOptions),
    /// An external program, which needs `--trust`.
    Command(HookCommandOptions),
    /// A function of the program that embeds Folkmoot, by the name it was registered under.
    Custom(HookCustomOptions),
}

/// An answer that needs no program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HookRuleOptions {
    /// No objection. At `permission_asked` it approves in the place of a person.
    Allow,
    /// It must not happen, and why.
    Deny(String),
    /// Somebody has to approve it, and why.
    Ask(String),
    /// This is added to what the model reads.
    Annotate(String),
    /// At `stop` and `subagent_stop`: the agent goes on with this further message.
    SendOn(String),
    /// At `before_tool_call`: values by the JSON pointer (RFC 6901) of their place in the arguments. The last step of a
    /// pointer may name a new key.
    Rewrite(BTreeMap<String, serde_json::Value>),
    /// At `after_tool_call`: every match in the content of the result is replaced.
    Replace(HookReplaceOptions),
    /// No objection, but counted under this name: each time the hook applies.
    Count(String),
}

/// What is replaced in a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HookReplaceOptions {
    /// A regular expression (linear time, no look-around).
    pub matching: String,
    /// What stands there then, letter for letter; default: nothing.
    #[serde(default)]
    pub with: String,
}

/// An external program that reads the question as JSON on its standard input and prints its answer as one JSON object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HookCommandOptions {
    /// The program and its arguments, as a list; no shell reads them.
    #[schemars(length(min = 1))]
    pub argv: Vec<String>,
    /// How long it may take in real time, from 1ms to 1h; default 30s. Then it is killed, and the hook denies.
    #[serde(default = "timeout_default")]
    #[schemars(with = "String")]
    pub timeout: VirtualDuration,
    /// The variables of its environment besides `PATH`, which is that of the run; default: none. Nothing is inherited.
    /// `PATH` itself and names with `LD_` or `DYLD_` in front are not allowed: they decide what really runs.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
}

/// A registered function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HookCustomOptions {
    /// The name under which it was registered.
    pub name: String,
    /// What it is made with; default: nothing.
    #[serde(default)]
    pub options: serde_json::Value,
}

const fn timeout_default() -> VirtualDuration {
    VirtualDuration::from_millis(30_000)
}

impl HookEvents {
    /// Whether the event is among them.
    #[must_use]
    pub fn contains(&self, event: HookEvent) -> bool {
        self.0.contains(&event)
    }
}

impl Serialize for HookEvents {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(serializer),
            several => several.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for HookEvents {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EventsVisitor)
    }
}

struct EventsVisitor;

impl<'de> Visitor<'de> for EventsVisitor {
    type Value = HookEvents;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an event or a list of events, out of {}", HookEvent::ALL.map(HookEvent::as_str).join(", "))
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<HookEvents, E> {
        let known = HookEvent::ALL.into_iter().find(|event| event.as_str() == name);
        let unknown = || E::invalid_value(serde::de::Unexpected::Str(name), &self);
        known.map(|event| HookEvents(vec![event])).ok_or_else(unknown)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<HookEvents, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(access)).map(HookEvents)
    }
}

impl JsonSchema for HookEvents {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "HookEvents".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names = HookEvent::ALL.map(HookEvent::as_str);
        json_schema!({
            "description": "One event, or a list of events, at which a hook is asked.",
            "anyOf": [
                { "type": "string", "enum": names },
                { "type": "array", "items": { "type": "string", "enum": names }, "minItems": 1, "uniqueItems": true },
            ],
        })
    }
}
