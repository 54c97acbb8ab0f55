//! A council's machine panics in the middle of a round (F6).
//!
//! It must not know how a council decides.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "crash_council": { "council": "jury", "when": { "nth": 2 } } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, PlaceKind, anywhere, in_words};
use crate::fault::{FaultAction, Site, SiteKind, WhenOptions, matches};

/// A council's machine panics in the middle of a round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CrashCouncilOptions {
    /// Which councils, by path: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub council: String,
    /// When and how often; default at every visit.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

impl DescribesFault for CrashCouncilOptions {
    fn number(&self) -> u8 {
        6
    }

    fn when(&self) -> &WhenOptions {
        &self.when
    }

    fn places(&self) -> Vec<Place<'_>> {
        vec![Place::new(PlaceKind::Council, "council", &self.council)]
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::CouncilStep]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        matches!(site, Site::CouncilStep { council } if matches(&self.council, council.as_str()))
    }

    fn effect(&self, site: &Site<'_>, _: Context) -> Effect {
        Effect::plain(format!("{} crashes in the middle of a round", in_words(site)), FaultAction::Crash)
    }
}
