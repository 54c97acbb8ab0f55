//! The provider asks to slow down: HTTP 429, with the wait in every form that is found in the wild (F9).
//!
//! It must not know how long is waited.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "rate_limit": { "retry_after": "huge", "when": { "probability": 0.1 } } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use moot_core::{ModelFailure, ModelFailureKind, VirtualDuration};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, anywhere, check_wait, in_words, is_attempt};
use crate::fault::{FaultAction, ModelFault, OneOrMany, OptionProblem, Site, SiteKind, WhenOptions, model::answered};

/// The provider asks to slow down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimitOptions {
    /// Which models, by name: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub model: String,
    /// Which agents' calls, by path: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub agent: String,
    /// How it says how long to wait: one form, or a list of which one is drawn each time; default all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<OneOrMany<RetryAfter>>,
    /// How long it asks to wait in the forms that say how long, at most 23h; default 5s.
    #[serde(default = "five_seconds")]
    #[schemars(with = "String")]
    pub wait: VirtualDuration,
    /// How long it takes until the failure is known, at most 24h; default 100ms.
    #[serde(default = "soon")]
    #[schemars(with = "String")]
    pub latency: VirtualDuration,
    /// When and how often; default at every attempt.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

const BODY: &str = r#"{"error":{"type":"rate_limit_error","message":"Too many requests."}}"#;

/// Dates are those of one day.
const WAIT_MOST: VirtualDuration = VirtualDuration::from_millis(23 * 3_600_000);

const fn five_seconds() -> VirtualDuration {
    VirtualDuration::from_millis(5_000)
}

const fn soon() -> VirtualDuration {
    VirtualDuration::from_millis(100)
}

/// How a provider says how long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// It does not say.
    Absent,
    /// `retry-after` in seconds.
    Seconds,
    /// `retry-after-ms`, in milliseconds.
    Milliseconds,
    /// `retry-after` as an HTTP date, beside the answer's own `date`; in whole seconds, rounded up.
    Date,
    /// `retry-after` of a thousand million seconds.
    Huge,
    /// `retry-after` below zero.
    Negative,
    /// `retry-after` that is neither a number nor a date.
    Garbage,
}

impl RetryAfter {
    /// Every form.
    pub const ALL: [Self; 7] =
        [Self::Absent, Self::Seconds, Self::Milliseconds, Self::Date, Self::Huge, Self::Negative, Self::Garbage];

    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
            Self::Date => "date",
            Self::Huge => "huge",
            Self::Negative => "negative",
            Self::Garbage => "garbage",
        }
    }
}

impl RetryAfter {
    /// The headers of the answer.
    fn headers(self, wait: VirtualDuration) -> Vec<(&'static str, String)> {
        let wait_ms = wait.as_millis();
        match self {
            Self::Absent => Vec::new(),
            Self::Seconds if wait_ms.is_multiple_of(1_000) => vec![("retry-after", (wait_ms / 1_000).to_string())],
            Self::Seconds => vec![("retry-after", format!("{}.{:03}", wait_ms / 1_000, wait_ms % 1_000))],
            Self::Milliseconds => vec![("retry-after-ms", wait_ms.to_string())],
            Self::Date => vec![("date", date(0)), ("retry-after", date(wait_ms.div_ceil(1_000)))],
            Self::Huge => vec![("retry-after", "1000000000".to_owned())],
            Self::Negative => vec![("retry-after", "-1".to_owned())],
            Self::Garbage => vec![("retry-after", "soon".to_owned())],
        }
    }
}

/// So many seconds after the beginning of a day. Which day does not matter: a wait is read against the answer's own date.
fn date(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("Wed, 01 Jan 2025 {hours:02}:{minutes:02}:{seconds:02} GMT")
}

impl DescribesFault for RateLimitOptions {
    fn number(&self) -> u8 {
        9
    }

    fn when(&self) -> &WhenOptions {
        &self.when
    }

    fn places(&self) -> Vec<Place<'_>> {
        Place::of_model(&self.model, &self.agent)
    }

    fn own_problems(&self) -> Vec<OptionProblem> {
        let empty =
            || OptionProblem::new("retry_after", "no form is named; write one or more, or leave it out for all");
        let is_empty = self.retry_after.as_ref().is_some_and(|forms| forms.as_slice().is_empty());
        let too_long = || OptionProblem::new("wait", format!("{} is not allowed; it must be at most 23h", self.wait));
        let mut problems: Vec<OptionProblem> = is_empty.then(empty).into_iter().collect();
        problems.extend((self.wait > WAIT_MOST).then(too_long));
        problems.extend(check_wait("latency", self.latency));
        problems
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::ModelAttempt]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        is_attempt(site, &self.model, &self.agent)
    }

    fn effect(&self, site: &Site<'_>, context: Context) -> Effect {
        let all = RetryAfter::ALL;
        let forms = self.retry_after.as_ref().map_or(&all[..], OneOrMany::as_slice);
        let form = context.draws.choose(forms, RetryAfter::Absent);
        let header = form.headers(self.wait);
        let headers: Vec<(&str, &str)> = header.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = answered(ModelFailureKind::RateLimited, 429, &headers, BODY);
        let failure = ModelFailure { latency: self.latency, ..answer };
        let asks = match headers.last() {
            Some((name, value)) => format!("{name}: {value}"),
            None => "without saying how long to wait".to_owned(),
        };
        let text = format!("{} is answered with HTTP 429, {asks}", in_words(site));
        Effect { form: form.as_str(), text, action: FaultAction::Model(ModelFault::Refused(Box::new(failure))) }
    }
}
