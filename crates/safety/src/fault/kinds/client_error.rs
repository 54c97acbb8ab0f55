//! The provider refuses the request, and would refuse it again (F11).
//!
//! It must not know who would try again.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "client_error": { "as": "quota", "when": { "nth": 3 } } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use moot_core::{ModelFailure, ModelFailureKind, VirtualDuration};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, anywhere, check_forms, check_wait, in_words, is_attempt};
use crate::fault::{FaultAction, ModelFault, OneOrMany, OptionProblem, Site, SiteKind, WhenOptions, model::answered};

/// The provider refuses the request, and would again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientErrorOptions {
    /// Which models, by name: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub model: String,
    /// Which agents' calls, by path: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub agent: String,
    /// How: one, or a list of which one is drawn each time; default all.
    #[serde(default, rename = "as", skip_serializing_if = "Option::is_none")]
    pub form: Option<OneOrMany<ClientErrorForm>>,
    /// How long it takes until the failure is known, at most 24h; default 100ms.
    #[serde(default = "soon")]
    #[schemars(with = "String")]
    pub latency: VirtualDuration,
    /// When and how often; default at every attempt.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

const fn soon() -> VirtualDuration {
    VirtualDuration::from_millis(100)
}

/// How a provider refuses a request for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientErrorForm {
    /// HTTP 400.
    BadRequest,
    /// HTTP 401.
    Unauthorized,
    /// HTTP 403.
    Forbidden,
    /// HTTP 404.
    NotFound,
    /// HTTP 429 because the account's quota is used up.
    Quota,
}

impl ClientErrorForm {
    /// Every form.
    pub const ALL: [Self; 5] = [Self::BadRequest, Self::Unauthorized, Self::Forbidden, Self::NotFound, Self::Quota];

    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Quota => "quota",
        }
    }
}

impl ClientErrorForm {
    fn failure(self) -> ModelFailure {
        let (status, kind, code) = match self {
            Self::BadRequest => (400, ModelFailureKind::InvalidRequest, "invalid_request_error"),
            Self::Unauthorized => (401, ModelFailureKind::Authentication, "invalid_api_key"),
            Self::Forbidden => (403, ModelFailureKind::Authentication, "permission_error"),
            Self::NotFound => (404, ModelFailureKind::InvalidRequest, "model_not_found"),
            Self::Quota => (429, ModelFailureKind::Authentication, "insufficient_quota"),
        };
        answered(kind, status, &[], &format!(r#"{{"error":{{"code":"{code}","message":"The request is refused."}}}}"#))
    }
}

impl DescribesFault for ClientErrorOptions {
    fn number(&self) -> u8 {
        11
    }

    fn when(&self) -> &WhenOptions {
        &self.when
    }

    fn places(&self) -> Vec<Place<'_>> {
        Place::of_model(&self.model, &self.agent)
    }

    fn own_problems(&self) -> Vec<OptionProblem> {
        check_forms(self.form.as_ref()).into_iter().chain(check_wait("latency", self.latency)).collect()
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::ModelAttempt]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        is_attempt(site, &self.model, &self.agent)
    }

    fn effect(&self, site: &Site<'_>, context: Context) -> Effect {
        let all = ClientErrorForm::ALL;
        let forms = self.form.as_ref().map_or(&all[..], OneOrMany::as_slice);
        let form = context.draws.choose(forms, ClientErrorForm::BadRequest);
        let failure = ModelFailure { latency: self.latency, ..form.failure() };
        let text = format!("{} is refused ({}): {}", in_words(site), form.as_str(), failure.message);
        Effect { form: form.as_str(), text, action: FaultAction::Model(ModelFault::Refused(Box::new(failure))) }
    }
}
