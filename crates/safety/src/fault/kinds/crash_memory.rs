//! The memory store crashes between a write and its acknowledgement (F4).
//!
//! It must not know what is written.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "crash_memory": { "agent": "scribe", "when": { "most": 1 } } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, PlaceKind, anywhere, in_words};
use crate::fault::{FaultAction, Site, SiteKind, WhenOptions, matches};

/// The memory store crashes after a write, before it says so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CrashMemoryOptions {
    /// Whose writes, by path: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub agent: String,
    /// When and how often; default at every visit.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

impl DescribesFault for CrashMemoryOptions {
    fn number(&self) -> u8 {
        4
    }

    fn when(&self) -> &WhenOptions {
        &self.when
    }

    fn places(&self) -> Vec<Place<'_>> {
        vec![Place::new(PlaceKind::Agent, "agent", &self.agent)]
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::MemoryWrite]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        matches!(site, Site::MemoryWrite { agent } if matches(&self.agent, agent.as_str()))
    }

    fn effect(&self, site: &Site<'_>, _: Context) -> Effect {
        Effect::plain(
            format!("the memory store crashes when {} is kept but not acknowledged", in_words(site)),
            FaultAction::Crash,
        )
    }
}
