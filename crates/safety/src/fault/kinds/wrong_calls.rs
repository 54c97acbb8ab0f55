//! A reply's tool calls are wrong: a tool that does not exist, wrong arguments, wrong ids, too many at once (F16).
//!
//! It must not know which tools there are.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "wrong_calls": { "as": "many_calls", "calls": 50, "when": { "nth": 1 } } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use moot_core::VirtualTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, anywhere, check_forms, in_words, is_reply};
use crate::fault::{CallFault, FaultAction, OneOrMany, OptionProblem, ReplyFault, Site, SiteKind, WhenOptions};

/// A reply's tool calls are wrong. A reply that calls no tool is left alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrongCallsOptions {
    /// Which models, by name: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub model: String,
    /// Which agents' calls, by path: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub agent: String,
    /// How: one, or a list of which one is drawn each time; default all.
    #[serde(default, rename = "as", skip_serializing_if = "Option::is_none")]
    pub form: Option<OneOrMany<CallFault>>,
    /// How many calls `many_calls` makes, from 2 to 10,000; default 50.
    #[serde(default = "fifty")]
    #[schemars(range(min = 2, max = 10_000))]
    pub calls: u32,
    /// When and how often; default at every reply that calls a tool. `nth` counts every reply.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

const CALLS_MAX: u32 = 10_000;

const fn fifty() -> u32 {
    50
}

impl DescribesFault for WrongCallsOptions {
    fn number(&self) -> u8 {
        16
    }

    fn when(&self) -> &WhenOptions {
        &self.when
    }

    fn places(&self) -> Vec<Place<'_>> {
        Place::of_model(&self.model, &self.agent)
    }

    fn own_problems(&self) -> Vec<OptionProblem> {
        let out_of_range =
            || OptionProblem::new("calls", format!("{} is not allowed; it must be from 2 to {CALLS_MAX}", self.calls));
        let range = (!(2..=CALLS_MAX).contains(&self.calls)).then(out_of_range);
        check_forms(self.form.as_ref()).into_iter().chain(range).collect()
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::ModelReply]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        is_reply(site, &self.model, &self.agent)
    }

    fn applies(&self, site: &Site<'_>, _: VirtualTime) -> bool {
        matches!(site, Site::ModelReply { calls, .. } if *calls > 0)
    }

    fn effect(&self, site: &Site<'_>, context: Context) -> Effect {
        let all = CallFault::ALL;
        let forms = self.form.as_ref().map_or(&all[..], OneOrMany::as_slice);
        let form = context.draws.choose(forms, CallFault::UnknownTool);
        let text = format!("the tool calls of {} are made wrong: {}", in_words(site), form.as_str());
        let fault = ReplyFault::Calls { fault: form, calls: self.calls };
        Effect { form: form.as_str(), text, action: FaultAction::Reply(fault) }
    }
}
