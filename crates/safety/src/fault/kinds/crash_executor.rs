//! The machine that runs tools panics while a call is under way (F2).
//!
//! It must not know which other calls are under way.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "crash_executor": { "tool": "write_file", "when": { "most": 1 } } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, anywhere, in_words, is_call};
use crate::fault::{FaultAction, Site, SiteKind, ToolFault, WhenOptions};

/// The machine that runs tools panics while a call is under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CrashExecutorOptions {
    /// Which tools, by name: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub tool: String,
    /// Whose calls, by path: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub agent: String,
    /// When and how often; default at every call.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

impl DescribesFault for CrashExecutorOptions {
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
        let text = format!("the executor crashes during {}", in_words(site));
        Effect::plain(text, FaultAction::Tool(ToolFault::CrashExecutor))
    }
}
