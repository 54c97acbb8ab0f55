//! A tool's result comes after the call has timed out (F3).
//!
//! It must not know how long calls may take.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "tool_timeout": { "tool": "run_shell", "by": "5s" } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use moot_core::VirtualDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, anywhere, check_wait, in_words, is_call};
use crate::fault::{FaultAction, OptionProblem, Site, SiteKind, ToolFault, WhenOptions};

/// A tool's result comes after the call has timed out; what it does, it does all the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolTimeoutOptions {
    /// Which tools, by name: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub tool: String,
    /// Whose calls, by path: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub agent: String,
    /// How long after the call's time limit the result comes, at most 24h; default 1s.
    #[serde(default = "one_second")]
    #[schemars(with = "String")]
    pub by: VirtualDuration,
    /// When and how often; default at every call.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

const fn one_second() -> VirtualDuration {
    VirtualDuration::from_millis(1_000)
}

impl DescribesFault for ToolTimeoutOptions {
    fn number(&self) -> u8 {
        3
    }

    fn when(&self) -> &WhenOptions {
        &self.when
    }

    fn places(&self) -> Vec<Place<'_>> {
        Place::of_tool(&self.tool, &self.agent)
    }

    fn own_problems(&self) -> Vec<OptionProblem> {
        check_wait("by", self.by).into_iter().collect()
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::ToolCall]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        is_call(site, &self.tool, &self.agent)
    }

    fn effect(&self, site: &Site<'_>, _: Context) -> Effect {
        let by = self.by;
        let text = format!("{} times out; its result comes {by} later", in_words(site));
        Effect::plain(text, FaultAction::Tool(ToolFault::Late { by }))
    }
}
