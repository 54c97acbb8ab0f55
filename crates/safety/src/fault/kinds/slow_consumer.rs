//! An actor that takes long over every message, so that messages pile up before it (F21).
//!
//! It must not know what a mailbox holds.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "slow_consumer": { "actor": "judge", "by": "500ms" } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use moot_core::VirtualDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, PlaceKind, check_length, in_words};
use crate::fault::{FaultAction, OptionProblem, Site, SiteKind, WhenOptions, matches};

/// An actor takes long over every message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlowConsumerOptions {
    /// Which actors, by path: a pattern in which `*` stands for any characters. Agents and councils have their own paths,
    /// services those below `world`, such as `world/memory`.
    pub actor: String,
    /// How much longer each message keeps it busy, above 0 and at most 24h; default 100ms.
    #[serde(default = "a_while")]
    #[schemars(with = "String")]
    pub by: VirtualDuration,
    /// When and how often; default at every message.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

const fn a_while() -> VirtualDuration {
    VirtualDuration::from_millis(100)
}

impl DescribesFault for SlowConsumerOptions {
    fn number(&self) -> u8 {
        21
    }

    fn when(&self) -> &WhenOptions {
        &self.when
    }

    fn places(&self) -> Vec<Place<'_>> {
        vec![Place::new(PlaceKind::Actor, "actor", &self.actor)]
    }

    fn own_problems(&self) -> Vec<OptionProblem> {
        check_length("by", self.by).into_iter().collect()
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::Handle]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        matches!(site, Site::Handle { actor } if matches(&self.actor, actor.as_str()))
    }

    fn effect(&self, site: &Site<'_>, _: Context) -> Effect {
        let by = self.by;
        Effect::plain(format!("{} takes {by} longer over a message", in_words(site)), FaultAction::Slow { by })
    }
}
