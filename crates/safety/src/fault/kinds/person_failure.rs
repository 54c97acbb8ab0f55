//! A person who is asked never answers, leaves, or answers twice (F27).
//!
//! It must not know what a person is asked.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "person_failure": { "agent": "clerk", "as": ["hang", "answer_twice"] } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, PlaceKind, anywhere, check_forms, in_words};
use crate::fault::{AnswerFault, FaultAction, OneOrMany, OptionProblem, Site, SiteKind, WhenOptions, matches};

/// A person does not answer as it should.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonFailureOptions {
    /// Whose questions, by path: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub agent: String,
    /// How: one, or a list of which one is drawn each time; default all.
    #[serde(default, rename = "as", skip_serializing_if = "Option::is_none")]
    pub form: Option<OneOrMany<AnswerFault>>,
    /// When and how often; default whenever it is asked.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

impl DescribesFault for PersonFailureOptions {
    fn number(&self) -> u8 {
        27
    }

    fn when(&self) -> &WhenOptions {
        &self.when
    }

    fn places(&self) -> Vec<Place<'_>> {
        vec![Place::new(PlaceKind::Agent, "agent", &self.agent)]
    }

    fn own_problems(&self) -> Vec<OptionProblem> {
        check_forms(self.form.as_ref()).into_iter().collect()
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::Person]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        matches!(site, Site::Person { agent } if matches(&self.agent, agent.as_str()))
    }

    fn effect(&self, site: &Site<'_>, context: Context) -> Effect {
        let all = AnswerFault::ALL;
        let forms = self.form.as_ref().map_or(&all[..], OneOrMany::as_slice);
        let form = context.draws.choose(forms, AnswerFault::Hang);
        let what = match form {
            AnswerFault::Hang => "never answers",
            AnswerFault::Crash => "ends without an answer",
            AnswerFault::AnswerTwice => "answers twice",
        };
        let text = format!("{} {what}", in_words(site));
        Effect { form: form.as_str(), text, action: FaultAction::Answer(form) }
    }
}
