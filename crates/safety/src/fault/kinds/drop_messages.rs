//! Messages never come, and nobody is told (F20).
//!
//! It must not know who waits for them.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "drop_messages": { "from": "juror[*]", "to": "jury", "when": { "probability": 0.1, "most": 3 } } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, anywhere, check_messages, in_words, is_on_edge};
use crate::fault::{FaultAction, MessageFault, MessageKind, OneOrMany, OptionProblem, Site, SiteKind, WhenOptions};

/// Messages never come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DropMessagesOptions {
    /// From whom, by path: a pattern in which `*` stands for any characters; default anybody.
    #[serde(default = "anywhere")]
    pub from: String,
    /// To whom, by path: a pattern in which `*` stands for any characters; default anybody.
    #[serde(default = "anywhere")]
    pub to: String,
    /// Which messages: `assignment`, `answer`, `told`, or a list of them; default all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages: Option<OneOrMany<MessageKind>>,
    /// When and how often; default at every message.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

impl DescribesFault for DropMessagesOptions {
    fn number(&self) -> u8 {
        20
    }

    fn when(&self) -> &WhenOptions {
        &self.when
    }

    fn places(&self) -> Vec<Place<'_>> {
        Place::of_edge(&self.from, &self.to)
    }

    fn own_problems(&self) -> Vec<OptionProblem> {
        check_messages(self.messages.as_ref()).into_iter().collect()
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::Message]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        is_on_edge(site, &self.from, &self.to, self.messages.as_ref())
    }

    fn effect(&self, site: &Site<'_>, _: Context) -> Effect {
        Effect::plain(format!("{} is dropped", in_words(site)), FaultAction::Message(MessageFault::Drop))
    }
}
