//! A tool panics, before or after it has done its work (F2).
//!
//! It must not know what a tool does.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "tool_panic": { "tool": "write_file", "after_effect": true, "when": { "nth": 2 } } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, anywhere, in_words, is_call};
use crate::fault::{FaultAction, Site, SiteKind, ToolFault, WhenOptions};

/// A tool panics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolPanicOptions {
    /// Which tools, by name: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub tool: String,
    /// Whose calls, by path: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub agent: String,
    /// Whether it panics after it has done its work; default false: it has done nothing.
    #[serde(default)]
    pub after_effect: bool,
    /// When and how often; default at every call.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

impl DescribesFault for ToolPanicOptions {
    fn number(&self) -> u8 {
        2
    }

    fn when(&self) -> &WhenOptions {
        &self.when
    }

    fn places(&self) -> Vec<Place<'_>> {
        Place::of_tool(&self.tool, &self.agent)
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::ToolCall]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        is_call(site, &self.tool, &self.agent)
    }

    fn effect(&self, site: &Site<'_>, _: Context) -> Effect {
        let after_effect = self.after_effect;
        let (form, when) = match after_effect {
            true => ("after_effect", "after it has done its work"),
            false => ("before_effect", "before it does anything"),
        };
        let text = format!("{} panics {when}", in_words(site));
        Effect { form, text, action: FaultAction::Tool(ToolFault::Panic { after_effect }) }
    }
}
