//! The decision over one failed attempt: again after a wait, or give up.
//!
//! It must not know how often a call was really sent: the number of the attempt is handed in, and so is chance.
//!
//! ```
//! use moot_core::{ModelFailure, ModelFailureKind, WireFailure};
//! use moot_mind::retry::{RetryDecision, RetryOptions, decide};
//!
//! let headers = vec![("retry-after".into(), "7.5".into())];
//! let wire = WireFailure { status: Some(429), headers, body: "".into() };
//! let failure = ModelFailure {
//!     wire: Some(Box::new(wire)),
//!     ..ModelFailure::new(ModelFailureKind::RateLimited, "slow down")
//! };
//! let RetryDecision::Again { after, reason } = decide(&RetryOptions::default(), 0, &failure, 0.9, 0) else {
//!     panic!("retried")
//! };
//! assert_eq!(after.as_millis(), 7_500);
//! assert_eq!(&*reason, "HTTP 429 (rate_limited); the provider asks to wait 7.500 s");
//! ```

use moot_core::{ModelFailure, ModelFailureKind, Text, VirtualDuration, WireFailure};
use serde::{Deserialize, Serialize};

use super::RetryOptions;
use super::classify::is_quota;
use super::wait::asked_wait_ms;

/// The statuses that no word of the provider makes worth another attempt: the request itself, or the account, is wrong.
const NEVER: [u16; 7] = [400, 401, 402, 403, 404, 413, 422];

/// The largest part of a wait of our own that chance takes off.
const JITTER: f64 = 0.25;

/// What is done about a failed attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryDecision {
    /// Another attempt is made.
    Again {
        /// How long is waited before, from the moment the failure is known.
        after: VirtualDuration,
        /// What failed and who set the wait, for the journal.
        reason: Text,
    },
    /// The call has failed.
    GiveUp {
        /// Why no further attempt is made.
        reason: Text,
    },
}

/// Decides over the failure of attempt number `attempt`, counted from 0.
///
/// `uniform` is a draw from [0, 1) that no other decision uses. `now_ms_since_epoch` is the time of the failure in
/// milliseconds since 1970: a provider's date is read against it when the answer bears no date of its own.
///
/// An HTTP answer speaks for itself: 408, 409, 429 and 500 and above are tried again, and `x-should-retry` is obeyed where
/// it says otherwise. Whatever it says, 400, 401, 402, 403, 404, 413 and 422 are never tried again, for the same request
/// is wrong the next time as well, nor is anything when the account's quota is used up: no wait helps. Everything else
/// goes by the failure's kind.
/// Whatever is said, no more than [`RetryOptions::retries_max`] retries are made, and none when the provider asks for a
/// longer wait than [`RetryOptions::retry_after_max`].
#[must_use]
pub fn decide(
    options: &RetryOptions,
    attempt: u32,
    failure: &ModelFailure,
    uniform: f64,
    now_ms_since_epoch: u64,
) -> RetryDecision {
    let what = subject(failure);
    if let Some(why) = permanent(failure) {
        return give_up(format!("{what}: {why}"));
    }
    if attempt >= options.retries_max {
        let attempts = u64::from(attempt) + 1;
        return give_up(format!("{what}: attempt {attempts} was the last of {}", u64::from(options.retries_max) + 1));
    }
    let asked_ms = failure.wire.as_deref().and_then(|wire| asked_wait_ms(wire, now_ms_since_epoch));
    let Some(asked_ms) = asked_ms else {
        let after = own_wait(options, attempt, uniform);
        return RetryDecision::Again { after, reason: format!("{what}; own wait of {after}").into() };
    };
    let most = options.retry_after_max;
    if asked_ms > most.as_millis() as f64 {
        return give_up(format!("{what}: the provider asks to wait longer than {most} (`retry_after_max`)"));
    }
    // Never earlier than asked; the range was checked, so nothing is cut off.
    let after = VirtualDuration::from_millis(asked_ms.ceil() as u64);
    RetryDecision::Again { after, reason: format!("{what}; the provider asks to wait {after}").into() }
}

fn give_up(reason: String) -> RetryDecision {
    RetryDecision::GiveUp { reason: reason.into() }
}

/// What failed, in a few words.
fn subject(failure: &ModelFailure) -> String {
    let kind = failure.kind.as_str();
    match status(failure) {
        Some(status) => format!("HTTP {status} ({kind})"),
        None => kind.to_owned(),
    }
}

fn status(failure: &ModelFailure) -> Option<u16> {
    failure.wire.as_ref().and_then(|wire| wire.status)
}

/// Why another attempt can't help; `None` when it may.
fn permanent(failure: &ModelFailure) -> Option<&'static str> {
    match failure.wire.as_deref() {
        // A success that could not be used, such as a stream cut short, is known by its kind.
        Some(wire) if wire.status.is_some_and(|status| !(200..300).contains(&status)) => permanent_on_wire(wire),
        Some(_) | None if is_transient(failure.kind) => None,
        Some(_) | None => Some("a failure of this kind is not tried again"),
    }
}

fn permanent_on_wire(wire: &WireFailure) -> Option<&'static str> {
    if is_quota(wire) {
        return Some("the account's quota or credit is used up, and no wait helps");
    }
    let status = "an answer with this status is not tried again";
    if wire.status.is_some_and(|status| NEVER.contains(&status)) {
        return Some(status);
    }
    match wire.header("x-should-retry").map(str::trim) {
        Some("true") => None,
        Some("false") => Some("the provider says not to try again (x-should-retry)"),
        _ => match wire.status {
            Some(408 | 409 | 429 | 500..) => None,
            _ => Some(status),
        },
    }
}

/// Whether a failure of this kind may be gone the next time.
const fn is_transient(kind: ModelFailureKind) -> bool {
    match kind {
        ModelFailureKind::RateLimited
        | ModelFailureKind::Overloaded
        | ModelFailureKind::ServerError
        | ModelFailureKind::Timeout
        | ModelFailureKind::Connection
        | ModelFailureKind::MalformedReply => true,
        // What is too long is for the agent to shorten; the others fail the same way again.
        ModelFailureKind::ContextTooLong
        | ModelFailureKind::Refused
        | ModelFailureKind::InvalidRequest
        | ModelFailureKind::Authentication
        | ModelFailureKind::ScriptExhausted
        | ModelFailureKind::ExpectationUnmet
        | ModelFailureKind::Crashed
        | ModelFailureKind::Abandoned => false,
    }
}

/// min(base × 2^attempt, cap) × U(0.75, 1], to the nearest millisecond.
fn own_wait(options: &RetryOptions, attempt: u32, uniform: f64) -> VirtualDuration {
    let doubled = options.base.as_millis().saturating_mul(2_u64.saturating_pow(attempt));
    let most_ms = doubled.min(options.cap.as_millis());
    // A draw that is no number takes nothing off.
    let taken_off = if uniform.is_nan() { 0.0 } else { JITTER * uniform.clamp(0.0, 1.0) };
    VirtualDuration::from_millis((most_ms as f64 * (1.0 - taken_off)).round() as u64)
}

#[cfg(test)]
mod tests;
