//! What comes back says that all is well and is no reply (F14).
//!
//! It must not know what a reply looks like.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "malformed_reply": { "as": "html" } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use moot_core::{ModelFailure, ModelFailureKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, anywhere, check_forms, in_words, is_attempt};
use crate::fault::{FaultAction, ModelFault, OneOrMany, OptionProblem, Site, SiteKind, WhenOptions, model::answered};

/// What comes back is no reply; the model's tokens are taken all the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MalformedReplyOptions {
    /// Which models, by name: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub model: String,
    /// Which agents' calls, by path: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub agent: String,
    /// What: one, or a list of which one is drawn each time; default all.
    #[serde(default, rename = "as", skip_serializing_if = "Option::is_none")]
    pub form: Option<OneOrMany<MalformedForm>>,
    /// When and how often; default at every attempt.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

/// What comes back in place of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MalformedForm {
    /// JSON that breaks off.
    BrokenJson,
    /// Text that does not say that it is JSON, and is none.
    WrongContentType,
    /// An error page.
    Html,
    /// Nothing.
    EmptyBody,
}

impl MalformedForm {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::BrokenJson, Self::WrongContentType, Self::Html, Self::EmptyBody];

    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BrokenJson => "broken_json",
            Self::WrongContentType => "wrong_content_type",
            Self::Html => "html",
            Self::EmptyBody => "empty_body",
        }
    }
}

impl MalformedForm {
    /// The content type and the body.
    const fn answer(self) -> (&'static str, &'static str) {
        match self {
            Self::BrokenJson => ("application/json", r#"{"choices":[{"message":{"content":"Hel"#),
            Self::WrongContentType => ("text/plain", "choices: one"),
            Self::Html => ("text/html", "<html><body><h1>502 Bad Gateway</h1></body></html>"),
            Self::EmptyBody => ("application/json", ""),
        }
    }

    const fn in_words(self) -> &'static str {
        match self {
            Self::BrokenJson => "JSON that breaks off",
            Self::WrongContentType => "a text that is no JSON",
            Self::Html => "an HTML page",
            Self::EmptyBody => "nothing",
        }
    }
}

impl DescribesFault for MalformedReplyOptions {
    fn number(&self) -> u8 {
        14
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
        let all = MalformedForm::ALL;
        let forms = self.form.as_ref().map_or(&all[..], OneOrMany::as_slice);
        let form = context.draws.choose(forms, MalformedForm::BrokenJson);
        let (content_type, body) = form.answer();
        let answer = answered(ModelFailureKind::MalformedReply, 200, &[("content-type", content_type)], body);
        let failure = ModelFailure { message: format!("the answer is no reply: {body:?}").into(), ..answer };
        let text = format!("{} is answered with {}", in_words(site), form.in_words());
        Effect { form: form.as_str(), text, action: FaultAction::Model(ModelFault::Lost(Box::new(failure))) }
    }
}
