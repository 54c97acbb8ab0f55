//! The wait that a provider asks for, in every form it is written in.
//!
//! It must not know what is made of the wait. The order is that of `openai-python`: `retry-after-ms`, then `retry-after`
//! as seconds with a fraction, then `retry-after` as an HTTP date (RFC 9110, section 10.2.3).
//!
//! ```
//! use moot_core::{ModelFailure, ModelFailureKind, WireFailure};
//! use moot_mind::retry::{RetryDecision, RetryOptions, decide};
//!
//! // A date is read against the answer's own date: the clocks of both sides may differ.
//! let headers = vec![
//!     ("date".into(), "Wed, 21 Oct 2026 07:28:00 GMT".into()),
//!     ("retry-after".into(), "Wed, 21 Oct 2026 07:28:03 GMT".into()),
//! ];
//! let wire = WireFailure { status: Some(503), headers, body: "".into() };
//! let failure =
//!     ModelFailure { wire: Some(Box::new(wire)), ..ModelFailure::new(ModelFailureKind::Overloaded, "down") };
//! let decision = decide(&RetryOptions::default(), 0, &failure, 0.0, 0);
//! assert!(matches!(decision, RetryDecision::Again { after, .. } if after.as_millis() == 3_000));
//! ```

use std::time::{Duration, SystemTime};

use moot_core::WireFailure;

/// How many milliseconds the provider asks to wait: above 0, infinite when the number is too large for a float. `None`
/// when it asks for nothing, for no time, for a time that has passed, or in words that can't be read.
pub(super) fn asked_wait_ms(wire: &WireFailure, now_ms_since_epoch: u64) -> Option<f64> {
    for (header, unit_ms) in [("retry-after-ms", 1.0), ("retry-after", 1_000.0)] {
        let Some(number) = wire.header(header).and_then(number) else { continue };
        // A number ends the search, whatever it is: the more precise header goes first.
        return (number > 0.0).then_some(number * unit_ms);
    }
    let until_ms = date_ms_since_epoch(wire.header("retry-after")?)?;
    let from_ms = wire.header("date").and_then(date_ms_since_epoch).unwrap_or(now_ms_since_epoch);
    let wait_ms = until_ms.saturating_sub(from_ms);
    (wait_ms > 0).then_some(wait_ms as f64)
}

/// The number that a header holds. Digits too many for a float are infinite: an excessive wait, not a malformed one.
/// The words for infinity and for no number are malformed.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let is_written_in_digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'+' | b'-' | b'e' | b'E'));
    if is_written_in_digits { text.parse().ok() } else { None }
}

fn date_ms_since_epoch(text: &str) -> Option<u64> {
    let date = httpdate::parse_http_date(text.trim()).ok()?;
    let since_epoch = date.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since_epoch.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wed, 21 Oct 2026 07:28:00 GMT.
    const NOW_MS: u64 = 1_792_567_680_000;

    fn wait(headers: &[(&str, &str)]) -> Option<f64> {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        asked_wait_ms(&WireFailure { status: Some(429), headers, body: "".into() }, NOW_MS)
    }

    #[test]
    fn every_form_is_read() {
        for (value, expected) in [
            ("3", Some(3_000.0)),
            (" 1.5 ", Some(1_500.0)),
            ("0.0001", Some(0.1)),
            ("1e9", Some(1e12)),
            ("1e999", Some(f64::INFINITY)),
            ("-1e999", None),
            ("0", None),
            ("-0", None),
            ("-1", None),
            ("abc", None),
            ("", None),
            ("e", None),
            ("inf", None),
            ("NaN", None),
            ("3 seconds", None),
            ("3,5", None),
            ("Wed, 21 Oct 2026 07:28:05 GMT", Some(5_000.0)),
            ("Wednesday, 21-Oct-26 07:28:05 GMT", Some(5_000.0)),
            ("Wed Oct 21 07:28:05 2026", Some(5_000.0)),
            ("Wed, 21 Oct 2026 07:28:00 GMT", None),
            ("Wed, 21 Oct 2015 07:28:00 GMT", None),
            ("Thu, 01 Jan 1970 00:00:00 GMT", None),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(253_402_300_799_000.0 - NOW_MS as f64)),
            ("Fri, 31 Dec 99999 23:59:59 GMT", None),
            ("Wed, 32 Oct 2026 07:28:05 GMT", None),
        ] {
            assert_eq!(wait(&[("retry-after", value)]), expected, "{value:?}");
        }
    }

    #[test]
    fn milliseconds_go_first_and_a_date_is_read_against_the_answers_own() {
        for (headers, expected) in [
            (&[("retry-after", "9"), ("retry-after-ms", "250")][..], Some(250.0)),
            (&[("retry-after", "9"), ("retry-after-ms", "-1")], None),
            (&[("retry-after", "9"), ("retry-after-ms", "soon")], Some(9_000.0)),
            (&[("retry-after-ms", "250.5")], Some(250.5)),
            (
                &[("retry-after", "Wed, 21 Oct 2026 07:28:05 GMT"), ("date", "Wed, 21 Oct 2026 07:28:04 GMT")],
                Some(1_000.0),
            ),
            (&[("retry-after", "Wed, 21 Oct 2026 07:28:05 GMT"), ("date", "today")], Some(5_000.0)),
            (&[("retry-after", "Wed, 21 Oct 2026 07:28:05 GMT"), ("date", "Fri, 31 Dec 9999 23:59:59 GMT")], None),
            (&[], None),
        ] {
            assert_eq!(wait(headers), expected, "{headers:?}");
        }
    }
}
