//! A reply ends before its end, or without the word that it is the end (F13).
//!
//! It must not know what a reply holds.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "stream_cut": { "as": ["mid_text", "no_finish_reason"] } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, anywhere, check_forms, in_words, is_attempt};
use crate::fault::{CutPoint, FaultAction, ModelFault, OneOrMany, OptionProblem, Site, SiteKind, WhenOptions};

/// A reply ends before its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamCutOptions {
    /// Which models, by name: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub model: String,
    /// Which agents' calls, by path: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub agent: String,
    /// Where: one, or a list of which one is drawn each time; default all.
    #[serde(default, rename = "as", skip_serializing_if = "Option::is_none")]
    pub form: Option<OneOrMany<CutPoint>>,
    /// When and how often; default at every attempt.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

impl DescribesFault for StreamCutOptions {
    fn number(&self) -> u8 {
        13
    }

    fn when(&self) -> &WhenOptions {
        &self.when
    }

    fn places(&self) -> Vec<Place<'_>> {
        Place::of_model(&self.model, &self.agent)
    }

    fn own_problems(&self) -> Vec<OptionProblem> {
        check_forms(self.form.as_ref()).into_iter().collect()
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::ModelAttempt]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        is_attempt(site, &self.model, &self.agent)
    }

    fn effect(&self, site: &Site<'_>, context: Context) -> Effect {
        let all = CutPoint::ALL;
        let forms = self.form.as_ref().map_or(&all[..], OneOrMany::as_slice);
        let form = context.draws.choose(forms, CutPoint::MidText);
        let how = match form {
            CutPoint::BeforeFirstToken => "is cut before anything came",
            CutPoint::MidText => "is cut in the middle of its text",
            CutPoint::MidToolCall => "is cut in the middle of a tool call",
            CutPoint::NoFinishReason => "ends without a finish reason",
        };
        let text = format!("the answer to {} {how}", in_words(site));
        Effect { form: form.as_str(), text, action: FaultAction::Model(ModelFault::Cut(form)) }
    }
}
