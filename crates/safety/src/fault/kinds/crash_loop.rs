//! An agent that crashes at every step, from one step on: whatever restarts it must give up (F8).
//!
//! It must not know how often an agent is restarted.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! // The third step and all that follow.
//! let fault = r#"{ "crash_loop": { "agent": "ann", "when": { "nth": 3 } } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crash_agent::crash_at;
use super::{Context, DescribesFault, Effect, Place, PlaceKind, anywhere};
use crate::fault::{Moment, Site, SiteKind, WhenOptions, matches};

/// An agent crashes at every step, from one step on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CrashLoopOptions {
    /// Which agents, by path: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub agent: String,
    /// When within a step; default `before_model`.
    #[serde(default = "before_model")]
    pub moment: Moment,
    /// When it begins with an agent; from then on it goes on until `until`, `most` or `most_per_place`. Default at once.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

const fn before_model() -> Moment {
    Moment::BeforeModel
}

impl DescribesFault for CrashLoopOptions {
    fn number(&self) -> u8 {
        8
    }

    fn when(&self) -> &WhenOptions {
        &self.when
    }

    fn places(&self) -> Vec<Place<'_>> {
        vec![Place::new(PlaceKind::Agent, "agent", &self.agent)]
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::AgentStep]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        matches!(site, Site::AgentStep { agent, moment }
            if *moment == self.moment && matches(&self.agent, agent.as_str()))
    }

    fn lasts(&self) -> bool {
        true
    }

    fn effect(&self, site: &Site<'_>, _: Context) -> Effect {
        crash_at(site)
    }
}
