//! The provider fails on its side, or can't be reached at all (F10).
//!
//! It must not know who tries again.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "server_error": { "as": ["overloaded", "no_connection"], "when": { "from": "2s", "until": "10s" } } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use moot_core::{ModelFailure, ModelFailureKind, VirtualDuration};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, anywhere, check_forms, check_wait, in_words, is_attempt};
use crate::fault::{FaultAction, ModelFault, OneOrMany, OptionProblem, Site, SiteKind, WhenOptions, model::answered};

/// The provider fails or can't be reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerErrorOptions {
    /// Which models, by name: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub model: String,
    /// Which agents' calls, by path: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub agent: String,
    /// How: one, or a list of which one is drawn each time; default all.
    #[serde(default, rename = "as", skip_serializing_if = "Option::is_none")]
    pub form: Option<OneOrMany<ServerErrorForm>>,
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

/// How a provider fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServerErrorForm {
    /// HTTP 500; the model's tokens are taken all the same.
    Internal,
    /// HTTP 502; the model's tokens are taken all the same.
    BadGateway,
    /// HTTP 503.
    Unavailable,
    /// HTTP 529.
    Overloaded,
    /// The connection is refused.
    NoConnection,
    /// The host's name can't be looked up.
    NoName,
}

impl ServerErrorForm {
    /// Every form.
    pub const ALL: [Self; 6] =
        [Self::Internal, Self::BadGateway, Self::Unavailable, Self::Overloaded, Self::NoConnection, Self::NoName];

    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::BadGateway => "bad_gateway",
            Self::Unavailable => "unavailable",
            Self::Overloaded => "overloaded",
            Self::NoConnection => "no_connection",
            Self::NoName => "no_name",
        }
    }
}

impl ServerErrorForm {
    fn failure(self) -> ModelFailure {
        let kind = |status, kind, name: &str| {
            answered(
                kind,
                status,
                &[],
                &format!(r#"{{"error":{{"type":"{name}","message":"Something went wrong."}}}}"#),
            )
        };
        match self {
            Self::Internal => kind(500, ModelFailureKind::ServerError, "server_error"),
            Self::BadGateway => kind(502, ModelFailureKind::ServerError, "bad_gateway"),
            Self::Unavailable => kind(503, ModelFailureKind::Overloaded, "unavailable"),
            Self::Overloaded => kind(529, ModelFailureKind::Overloaded, "overloaded_error"),
            Self::NoConnection => ModelFailure::new(ModelFailureKind::Connection, "the connection was refused"),
            Self::NoName => ModelFailure::new(ModelFailureKind::Connection, "the name of the host was not found"),
        }
    }
}

impl DescribesFault for ServerErrorOptions {
    fn number(&self) -> u8 {
        10
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
        let all = ServerErrorForm::ALL;
        let forms = self.form.as_ref().map_or(&all[..], OneOrMany::as_slice);
        let form = context.draws.choose(forms, ServerErrorForm::Internal);
        let failure = ModelFailure { latency: self.latency, ..form.failure() };
        let text = format!("{} fails: {}", in_words(site), failure.message);
        let fault = match form {
            // What was begun may have been done.
            ServerErrorForm::Internal | ServerErrorForm::BadGateway => ModelFault::Lost(Box::new(failure)),
            _ => ModelFault::Refused(Box::new(failure)),
        };
        Effect { form: form.as_str(), text, action: FaultAction::Model(fault) }
    }
}
