//! No answer comes in time, though the request was sent: the model has done its work, and it is paid (F12).
//!
//! It must not know how long attempts may take.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "model_timeout": { "model": "slow", "after": "30s", "when": { "probability": 0.05 } } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use moot_core::{ModelFailure, ModelFailureKind, VirtualDuration};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, anywhere, check_length, in_words, is_attempt};
use crate::fault::{FaultAction, ModelFault, OptionProblem, Site, SiteKind, WhenOptions};

/// No answer comes in time, though the request was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelTimeoutOptions {
    /// Which models, by name: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub model: String,
    /// Which agents' calls, by path: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub agent: String,
    /// How long it takes until the attempt is given up, above 0 and at most 24h; never less than the model would have
    /// taken. Default 60s.
    #[serde(default = "one_minute")]
    #[schemars(with = "String")]
    pub after: VirtualDuration,
    /// When and how often; default at every attempt.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

const fn one_minute() -> VirtualDuration {
    VirtualDuration::from_millis(60_000)
}

impl DescribesFault for ModelTimeoutOptions {
    fn number(&self) -> u8 {
        12
    }

    fn when(&self) -> &WhenOptions {
        &self.when
    }

    fn places(&self) -> Vec<Place<'_>> {
        Place::of_model(&self.model, &self.agent)
    }

    fn own_problems(&self) -> Vec<OptionProblem> {
        check_length("after", self.after).into_iter().collect()
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::ModelAttempt]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        is_attempt(site, &self.model, &self.agent)
    }

    fn effect(&self, site: &Site<'_>, _: Context) -> Effect {
        let text = format!("{} has no answer after {}, though the request was sent", in_words(site), self.after);
        let message = format!("no answer came within {}", self.after);
        let failure = ModelFailure { latency: self.after, ..ModelFailure::new(ModelFailureKind::Timeout, message) };
        Effect::plain(text, FaultAction::Model(ModelFault::Lost(Box::new(failure))))
    }
}
