//! The options of retrying, as a scenario sets them.
//!
//! This module must not know how a decision is made from them.
//!
//! ```
//! use moot_mind::retry::RetryOptions;
//!
//! let options: RetryOptions = serde_json::from_str(r#"{ "retries_max": 99 }"#).unwrap();
//! assert_eq!(options.cap.as_millis(), 8_000, "what is not given has its default");
//! assert_eq!(options.check()[0].to_string(), "retries_max: 99 is not allowed; it must be from 0 to 20");
//! ```

use moot_core::VirtualDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::OptionProblem;

/// How often a failed model call is tried again, how long is waited before, and how long an attempt may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RetryOptions {
    /// The most attempts after the first, from 0 to 20; default 2. With 0 nothing is tried again.
    #[schemars(range(min = 0, max = 20))]
    pub retries_max: u32,
    /// The wait before the first retry, at most an hour; default 500ms. It doubles with every further one, and up to a
    /// quarter is taken off at random.
    #[schemars(with = "String")]
    pub base: VirtualDuration,
    /// The longest wait of our own making, at least `base` and at most an hour; default 8s.
    #[schemars(with = "String")]
    pub cap: VirtualDuration,
    /// The longest wait that a provider may ask for, at most a day; default 120s. One that asks for more is not tried
    /// again.
    #[schemars(with = "String")]
    pub retry_after_max: VirtualDuration,
    /// How long making a connection may take, above 0; default 5s.
    #[schemars(with = "String")]
    pub connect_timeout: VirtualDuration,
    /// How long the first piece of a streamed reply may take, above 0; default 60s.
    #[schemars(with = "String")]
    pub first_byte_timeout: VirtualDuration,
    /// How long the pause between two pieces of a streamed reply may be, above 0; default 60s.
    #[schemars(with = "String")]
    pub idle_timeout: VirtualDuration,
    /// How long one attempt may take in all, above 0; default 600s.
    #[schemars(with = "String")]
    pub total_timeout: VirtualDuration,
}

const RETRIES_MAX_ALLOWED: u32 = 20;
const WAIT_MOST: VirtualDuration = VirtualDuration::from_millis(3_600_000);
const RETRY_AFTER_MOST: VirtualDuration = VirtualDuration::from_millis(86_400_000);

impl RetryOptions {
    /// Every option whose value is out of its range; empty when all is well.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let mut problems = Vec::new();
        let mut problem = |path: &str, message: String| problems.push(OptionProblem { path: path.to_owned(), message });
        if self.retries_max > RETRIES_MAX_ALLOWED {
            let found = self.retries_max;
            problem("retries_max", format!("{found} is not allowed; it must be from 0 to {RETRIES_MAX_ALLOWED}"));
        }
        for (path, wait, most) in [
            ("base", self.base, WAIT_MOST),
            ("cap", self.cap, WAIT_MOST),
            ("retry_after_max", self.retry_after_max, RETRY_AFTER_MOST),
        ] {
            if wait > most {
                problem(path, format!("{wait} is not allowed; it must be at most {most}"));
            }
        }
        if self.cap < self.base {
            let message = format!("{} is less than `base` ({}); write at least as much", self.cap, self.base);
            problem("cap", message);
        }
        for (path, timeout) in [
            ("connect_timeout", self.connect_timeout),
            ("first_byte_timeout", self.first_byte_timeout),
            ("idle_timeout", self.idle_timeout),
            ("total_timeout", self.total_timeout),
        ] {
            if timeout == VirtualDuration::ZERO {
                problem(path, "no time at all is not allowed; write a duration such as 60s".to_owned());
            }
        }
        problems
    }
}

impl Default for RetryOptions {
    fn default() -> Self {
        Self {
            retries_max: 2,
            base: VirtualDuration::from_millis(500),
            cap: VirtualDuration::from_millis(8_000),
            retry_after_max: VirtualDuration::from_millis(120_000),
            connect_timeout: VirtualDuration::from_millis(5_000),
            first_byte_timeout: VirtualDuration::from_millis(60_000),
            idle_timeout: VirtualDuration::from_millis(60_000),
            total_timeout: VirtualDuration::from_millis(600_000),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn paths(json: &str) -> Vec<String> {
        let options: RetryOptions = serde_json::from_str(json).unwrap();
        options.check().into_iter().map(|problem| problem.path).collect()
    }

    #[test]
    fn each_option_has_its_range() {
        for (json, expected) in [
            ("{}", &[][..]),
            (r#"{"retries_max": 0}"#, &[]),
            (r#"{"retries_max": 20}"#, &[]),
            (r#"{"retries_max": 21}"#, &["retries_max"]),
            (r#"{"base": "0s", "cap": "0s"}"#, &[]),
            (r#"{"base": "9s"}"#, &["cap"]),
            (r#"{"base": "9s", "cap": "9s"}"#, &[]),
            (r#"{"cap": "2h"}"#, &["cap"]),
            (r#"{"base": "2h", "cap": "2h"}"#, &["base", "cap"]),
            (r#"{"retry_after_max": "24h"}"#, &[]),
            (r#"{"retry_after_max": "25h"}"#, &["retry_after_max"]),
            (r#"{"connect_timeout": "0s", "total_timeout": "0s"}"#, &["connect_timeout", "total_timeout"]),
            (r#"{"first_byte_timeout": "0s", "idle_timeout": "0s"}"#, &["first_byte_timeout", "idle_timeout"]),
        ] {
            assert_eq!(paths(json), expected, "{json}");
        }
    }

    #[test]
    fn options_survive_being_written_and_read_and_unknown_ones_are_refused() {
        let options = RetryOptions { retries_max: 5, ..RetryOptions::default() };
        let text = serde_json::to_string(&options).unwrap();
        assert!(text.contains(r#""base":"500ms""#), "{text}");
        assert_eq!(serde_json::from_str::<RetryOptions>(&text).unwrap(), options);
        let error = serde_json::from_str::<RetryOptions>(r#"{"retries": 1}"#).unwrap_err().to_string();
        assert!(error.contains("retries_max"), "{error}");
        let schema = serde_json::to_value(schemars::schema_for!(RetryOptions)).unwrap();
        assert_eq!(
            (&schema["additionalProperties"], &schema["properties"]["retries_max"]["maximum"]),
            (&false.into(), &20.into())
        );
    }
}
