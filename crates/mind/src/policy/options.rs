//! What a scenario says about permissions: a mode and an ordered set of rules.
//!
//! This module must not know how a rule is judged; [`super::Policy`] compiles it.
//!
//! ```
//! use moot_core::PermissionMode;
//! use moot_mind::policy::{PermissionOptions, RuleOptions};
//!
//! let bare: PermissionOptions = serde_json::from_str(r#""auto""#).unwrap();
//! assert_eq!(bare.mode, PermissionMode::Auto);
//!
//! let text = r#"{ "rules": [{ "deny": { "paths": ["secrets/**"], "access": "read" } }] }"#;
//! let options: PermissionOptions = serde_json::from_str(text).unwrap();
//! assert!(matches!(options.rules[0], RuleOptions::Deny(_)));
//! assert!(options.protect, "what is not given has its default");
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use moot_core::{Access, PermissionMode, ToolEffect, ToolSpec, TouchKinds, Verdict};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

/// What an agent may do: a mode, and rules that stand above it. A file may also hold the bare name of a mode, such as
/// `permissions: auto`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PermissionOptions {
    /// What holds for a call that no rule speaks of.
    pub mode: PermissionMode,
    /// The rules. Their order never changes a verdict: deny goes before ask, ask before allow.
    pub rules: Vec<RuleOptions>,
    /// Whether the built-in protected names are denied whatever the rules say.
    pub protect: bool,
}

/// The form of a map, from which the options are read and their schema is made.
#[derive(Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct PermissionMap {
    /// What holds for a call that no rule speaks of: `default` lets reads pass and asks about changes, `plan` lets
    /// reads pass and denies changes whatever the rules allow, `auto` lets everything pass; default "default".
    #[schemars(schema_with = "mode_schema")]
    mode: PermissionMode,
    /// The rules. Their order never changes a verdict: any deny goes before any ask, any ask before any allow, and a
    /// rule before the mode; default none.
    rules: Vec<RuleOptions>,
    /// Whether the built-in protected names are denied whatever the rules say: credentials of ssh, aws, gcloud, azure,
    /// gnupg, docker and kube altogether; hooks and settings of git and the files of run folders for writing; default
    /// true.
    protect: bool,
}

/// One rule: its verdict and what it matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleOptions {
    /// What matches does not run. Any path, command or host of the call that matches is enough.
    Deny(RuleMatch),
    /// Somebody has to approve what matches. Any path, command or host of the call that matches is enough.
    Ask(RuleMatch),
    /// What matches runs without asking. Every path, command and host of the call must be covered by allow rules.
    Allow(RuleMatch),
}

/// What a rule matches: every matcher given must match, and at least one must be given. In a list, one entry is enough.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RuleMatch {
    /// What the rule is called in decisions, after its place; default no name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Why the rule stands, told to the agent; default a sentence about what matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// The tools it speaks of, by name or with `*`; default every tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<String>>,
    /// The effects it speaks of: `read`, `write`, `execute`, `network`, `spawn`; default every effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "effects_schema")]
    pub effects: Option<Vec<ToolEffect>>,
    /// Paths relative to the workspace: `*` is any text within one part, `**` is any number of parts. Deny and ask
    /// compare them whatever the case and the Unicode form; default any path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paths: Option<Vec<String>>,
    /// Whether the path is read or written; default both.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "access_schema")]
    pub access: Option<Access>,
    /// Commands as lists of words, each a glob for exactly one argument; a last word `**` stands for any rest, such as
    /// `[git, push, "**"]`; default any command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commands: Option<Vec<Vec<String>>>,
    /// Machines on a network, by name or with `*`; default any host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Vec<String>>,
    /// Arguments of the call: a JSON pointer and the regular expression that the value there must match; what is no
    /// text is matched as JSON; default any arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<BTreeMap<String, String>>,
}

impl Default for PermissionOptions {
    fn default() -> Self {
        Self { mode: PermissionMode::Default, rules: Vec::new(), protect: true }
    }
}

impl Default for PermissionMap {
    fn default() -> Self {
        let PermissionOptions { mode, rules, protect } = PermissionOptions::default();
        Self { mode, rules, protect }
    }
}

impl PermissionOptions {
    /// The options of a bare mode: no rules, protected names on.
    #[must_use]
    pub fn of_mode(mode: PermissionMode) -> Self {
        Self { mode, ..Self::default() }
    }

    /// What is wrong with the rules by themselves, without knowing the tools: bad globs and expressions, rules that can
    /// never match. Empty when all is well.
    #[must_use]
    pub fn check(&self) -> Vec<crate::OptionProblem> {
        super::compile::compile_rules(self, "permissions").1
    }

    /// The same for an agent that has these tools and no others, and what their calls can touch: also tools that it
    /// does not have, matchers that nothing meets, and rules from which a stricter one takes everything.
    #[must_use]
    pub fn check_for(&self, tools: &[(&ToolSpec, TouchKinds)]) -> Vec<crate::OptionProblem> {
        match super::compile::compile_rules(self, "permissions") {
            (rules, problems) if problems.is_empty() => super::reach::check(self, &rules, tools),
            (_, problems) => problems,
        }
    }
}

impl RuleOptions {
    /// What it decides.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        match self {
            Self::Deny(_) => Verdict::Deny,
            Self::Ask(_) => Verdict::Ask,
            Self::Allow(_) => Verdict::Allow,
        }
    }

    /// What it matches.
    #[must_use]
    pub const fn matches(&self) -> &RuleMatch {
        match self {
            Self::Deny(matches) | Self::Ask(matches) | Self::Allow(matches) => matches,
        }
    }
}

impl<'de> Deserialize<'de> for PermissionOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PermissionVisitor)
    }
}

struct PermissionVisitor;

impl<'de> Visitor<'de> for PermissionVisitor {
    type Value = PermissionOptions;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("one of the modes default, plan, auto, or a map with mode, rules, protect")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<PermissionOptions, E> {
        let modes = [PermissionMode::Default, PermissionMode::Plan, PermissionMode::Auto];
        match modes.into_iter().find(|mode| mode.as_str() == name) {
            Some(mode) => Ok(PermissionOptions::of_mode(mode)),
            None => Err(E::invalid_value(serde::de::Unexpected::Str(name), &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<PermissionOptions, A::Error> {
        let PermissionMap { mode, rules, protect } = PermissionMap::deserialize(MapAccessDeserializer::new(access))?;
        Ok(PermissionOptions { mode, rules, protect })
    }
}

impl JsonSchema for PermissionOptions {
    fn schema_name() -> Cow<'static, str> {
        "PermissionOptions".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let map = generator.subschema_for::<PermissionMap>();
        json_schema!({
            "description": "What an agent may do: the name of a mode, or a mode with rules that stand above it.",
            "anyOf": [mode_schema(generator), map]
        })
    }
}

fn mode_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": ["default", "plan", "auto"] })
}

fn access_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": ["read", "write", null] })
}

fn effects_schema(_: &mut SchemaGenerator) -> Schema {
    let effects = ["read", "write", "execute", "network", "spawn"];
    json_schema!({ "type": ["array", "null"], "items": { "type": "string", "enum": effects } })
}
