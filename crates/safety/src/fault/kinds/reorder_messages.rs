//! Messages overtake each other: each comes later by a time of its own (F18).
//!
//! It must not know which messages are under way.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "reorder_messages": { "to": "jury", "within": "500ms" } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use moot_core::VirtualDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, anywhere, check_length, check_messages, in_words, is_on_edge};
use crate::fault::{FaultAction, MessageFault, MessageKind, OneOrMany, OptionProblem, Site, SiteKind, WhenOptions};

/// Messages overtake each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReorderMessagesOptions {
    /// From whom, by path: a pattern in which `*` stands for any characters; default anybody.
    #[serde(default = "anywhere")]
    pub from: String,
    /// To whom, by path: a pattern in which `*` stands for any characters; default anybody.
    #[serde(default = "anywhere")]
    pub to: String,
    /// Which messages: `assignment`, `answer`, `told`, or a list of them; default all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages: Option<OneOrMany<MessageKind>>,
    /// The most that a message comes later, drawn for each by itself from no time at all on; above 0 and at most 24h;
    /// default 1s. Messages that are sent within this time may come in any order.
    #[serde(default = "one_second")]
    #[schemars(with = "String")]
    pub within: VirtualDuration,
    /// When and how often; default at every message.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

const fn one_second() -> VirtualDuration {
    VirtualDuration::from_millis(1_000)
}

impl DescribesFault for ReorderMessagesOptions {
    fn number(&self) -> u8 {
        18
    }

    fn when(&self) -> &WhenOptions {
        &self.when
    }

    fn places(&self) -> Vec<Place<'_>> {
        Place::of_edge(&self.from, &self.to)
    }

    fn own_problems(&self) -> Vec<OptionProblem> {
        check_messages(self.messages.as_ref()).into_iter().chain(check_length("within", self.within)).collect()
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::Message]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        is_on_edge(site, &self.from, &self.to, self.messages.as_ref())
    }

    fn effect(&self, site: &Site<'_>, context: Context) -> Effect {
        let by = context.draws.duration(VirtualDuration::ZERO, self.within);
        let text = format!("{} comes {by} late, out of its order", in_words(site));
        Effect::plain(text, FaultAction::Message(MessageFault::Delay { by }))
    }
}
