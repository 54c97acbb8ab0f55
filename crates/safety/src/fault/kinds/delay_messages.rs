//! Messages come late, so that others overtake them and deadlines pass (F18).
//!
//! It must not know what is in a message.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "delay_messages": { "from": "juror[2]", "messages": "answer", "by": "40s" } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use moot_core::VirtualDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, anywhere, check_length, check_messages, in_words, is_on_edge};
use crate::fault::{FaultAction, MessageFault, MessageKind, OneOrMany, OptionProblem, Site, SiteKind, WhenOptions};

/// Messages come late.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DelayMessagesOptions {
    /// From whom, by path: a pattern in which `*` stands for any characters; default anybody.
    #[serde(default = "anywhere")]
    pub from: String,
    /// To whom, by path: a pattern in which `*` stands for any characters; default anybody.
    #[serde(default = "anywhere")]
    pub to: String,
    /// Which messages: `assignment`, `answer`, `told`, or a list of them; default all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages: Option<OneOrMany<MessageKind>>,
    /// How much later they come, above 0 and at most 24h; default 1s. With `up_to`, the least.
    #[serde(default = "one_second")]
    #[schemars(with = "String")]
    pub by: VirtualDuration,
    /// The most that they come later, drawn for each by itself; default `by`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub up_to: Option<VirtualDuration>,
    /// When and how often; default at every message.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

const fn one_second() -> VirtualDuration {
    VirtualDuration::from_millis(1_000)
}

impl DescribesFault for DelayMessagesOptions {
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
        let mut problems: Vec<OptionProblem> = check_messages(self.messages.as_ref()).into_iter().collect();
        problems.extend(check_length("by", self.by));
        problems.extend(self.up_to.and_then(|up_to| check_length("up_to", up_to)));
        if let Some(up_to) = self.up_to.filter(|up_to| *up_to < self.by) {
            let message = format!("{up_to} is less than `by` ({}); write at least as much", self.by);
            problems.push(OptionProblem::new("up_to", message));
        }
        problems
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::Message]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        is_on_edge(site, &self.from, &self.to, self.messages.as_ref())
    }

    fn effect(&self, site: &Site<'_>, context: Context) -> Effect {
        let by = context.draws.duration(self.by, self.up_to.unwrap_or(self.by));
        let text = format!("{} comes {by} late", in_words(site));
        Effect::plain(text, FaultAction::Message(MessageFault::Delay { by }))
    }
}
