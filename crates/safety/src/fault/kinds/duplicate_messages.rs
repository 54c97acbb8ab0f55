//! Messages come more than once (F19).
//!
//! It must not know who tells a copy from a message.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "duplicate_messages": { "messages": ["answer", "assignment"], "copies": 2, "apart": "200ms" } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use moot_core::VirtualDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, anywhere, check_messages, check_wait, in_words, is_on_edge};
use crate::fault::{FaultAction, MessageFault, MessageKind, OneOrMany, OptionProblem, Site, SiteKind, WhenOptions};

/// Messages come more than once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DuplicateMessagesOptions {
    /// From whom, by path: a pattern in which `*` stands for any characters; default anybody.
    #[serde(default = "anywhere")]
    pub from: String,
    /// To whom, by path: a pattern in which `*` stands for any characters; default anybody.
    #[serde(default = "anywhere")]
    pub to: String,
    /// Which messages: `assignment`, `answer`, `told`, or a list of them; default all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages: Option<OneOrMany<MessageKind>>,
    /// How many copies come beside the message, from 1 to 100; default 1.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 100))]
    pub copies: u32,
    /// How long after the message its first copy comes, and each further one after that; at most 24h, default 0ms.
    #[serde(default)]
    #[schemars(with = "String")]
    pub apart: VirtualDuration,
    /// When and how often; default at every message.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

const COPIES_MAX: u32 = 100;

const fn one() -> u32 {
    1
}

impl DescribesFault for DuplicateMessagesOptions {
    fn number(&self) -> u8 {
        19
    }

    fn when(&self) -> &WhenOptions {
        &self.when
    }

    fn places(&self) -> Vec<Place<'_>> {
        Place::of_edge(&self.from, &self.to)
    }

    fn own_problems(&self) -> Vec<OptionProblem> {
        let mut problems: Vec<OptionProblem> = check_messages(self.messages.as_ref()).into_iter().collect();
        if !(1..=COPIES_MAX).contains(&self.copies) {
            let message = format!("{} is not allowed; it must be from 1 to {COPIES_MAX}", self.copies);
            problems.push(OptionProblem::new("copies", message));
        }
        problems.extend(check_wait("apart", self.apart));
        problems
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::Message]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        is_on_edge(site, &self.from, &self.to, self.messages.as_ref())
    }

    fn effect(&self, site: &Site<'_>, _: Context) -> Effect {
        let (copies, apart) = (self.copies, self.apart);
        let text = format!("{} comes {} times", in_words(site), u64::from(copies) + 1);
        Effect::plain(text, FaultAction::Message(MessageFault::Duplicate { copies, apart }))
    }
}
