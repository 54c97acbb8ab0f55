//! The ledger crashes between holding an attempt's budget and settling it (F5).
//!
//! It must not know what an attempt takes.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "crash_ledger": { "when": { "nth": 1, "most": 2 } } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, PlaceKind, anywhere, in_words};
use crate::fault::{FaultAction, Site, SiteKind, WhenOptions, matches};

/// The ledger crashes after it has held an attempt's budget, before it settles it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CrashLedgerOptions {
    /// Whose attempts, by path: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub agent: String,
    /// When and how often; default at every visit.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

impl DescribesFault for CrashLedgerOptions {
    fn number(&self) -> u8 {
        5
    }

    fn when(&self) -> &WhenOptions {
        &self.when
    }

    fn places(&self) -> Vec<Place<'_>> {
        vec![Place::new(PlaceKind::Agent, "agent", &self.agent)]
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::LedgerSettle]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        matches!(site, Site::LedgerSettle { agent } if matches(&self.agent, agent.as_str()))
    }

    fn effect(&self, site: &Site<'_>, _: Context) -> Effect {
        Effect::plain(format!("the ledger crashes before it settles {}", in_words(site)), FaultAction::Crash)
    }
}
