//! A supervisor crashes (F7).
//!
//! It must not know what becomes of those that it supervises.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "crash_supervisor": { "when": { "at": "2s" } } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, PlaceKind, anywhere, in_words};
use crate::fault::{FaultAction, Site, SiteKind, WhenOptions, matches};

/// A supervisor crashes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CrashSupervisorOptions {
    /// Which supervisors, by path: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub path: String,
    /// When and how often; default at every visit.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

impl DescribesFault for CrashSupervisorOptions {
    fn number(&self) -> u8 {
        7
    }

    fn when(&self) -> &WhenOptions {
        &self.when
    }

    fn places(&self) -> Vec<Place<'_>> {
        vec![Place::new(PlaceKind::Supervisor, "path", &self.path)]
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::Supervisor]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        matches!(site, Site::Supervisor { path } if matches(&self.path, path.as_str()))
    }

    fn effect(&self, site: &Site<'_>, _: Context) -> Effect {
        Effect::plain(format!("the supervisor {} crashes", in_words(site)), FaultAction::Crash)
    }
}
