//! What is decided over every status, header, body, kind and attempt that the rules name.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

use moot_core::ModelFailureKind as Kind;
use proptest::prelude::*;

use super::*;
use crate::retry::kind_of;

/// Wed, 21 Oct 2026 07:28:00 GMT.
const NOW_MS: u64 = 1_792_567_680_000;
const LATER_BY_5_S: &str = "Wed, 21 Oct 2026 07:28:05 GMT";
const LATER_BY_3_MIN: &str = "Wed, 21 Oct 2026 07:31:00 GMT";
const YEARS_AGO: &str = "Wed, 21 Oct 2015 07:28:00 GMT";
const YEAR_9999: &str = "Fri, 31 Dec 9999 23:59:59 GMT";
const NO_CREDIT: &str = r#"{"error":{"type":"insufficient_quota","code":"insufficient_quota"}}"#;
const SPENT: &str = r#"{"error":{"type":"rate_limit_error","details":{"error_code":"enforced_spend_limit_reached"}}}"#;

/// What a row expects: a wait in milliseconds, or a word of the reason for giving up.
#[derive(Debug, Clone, Copy)]
enum Expected {
    Wait(u64),
    Stop(&'static str),
}
use Expected::{Stop, Wait};

/// Status, headers, body, attempt, and what is decided.
type Row<'row> = (u16, &'row [(&'row str, &'row str)], &'row str, u32, Expected);

fn answered(status: u16, headers: &[(&str, &str)], body: &str) -> ModelFailure {
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let wire = WireFailure { status: Some(status), headers, body: body.into() };
    ModelFailure { wire: Some(Box::new(wire.clone())), ..ModelFailure::new(kind_of(&wire), "no") }
}

/// Decides with a draw of 0, so that nothing is taken off a wait of our own.
fn assert_decision(failure: &ModelFailure, attempt: u32, expected: Expected) {
    let decision = decide(&RetryOptions::default(), attempt, failure, 0.0, NOW_MS);
    match (&decision, expected) {
        (RetryDecision::Again { after, .. }, Wait(ms)) if after.as_millis() == ms => {}
        (RetryDecision::GiveUp { reason }, Stop(word)) if reason.contains(word) => {}
        _ => panic!("attempt {attempt} of {failure:?}: {decision:?}, expected {expected:?}"),
    }
}

#[test]
fn every_answer_is_decided_over_by_status_headers_body_and_attempt() {
    let rows: &[Row<'_>] = &[
        // Statuses that are tried again, with a wait of our own that doubles.
        (408, &[], "", 0, Wait(500)),
        (408, &[], "", 1, Wait(1_000)),
        (408, &[], "", 2, Stop("attempt 3 was the last of 3")),
        (409, &[], "", 0, Wait(500)),
        (429, &[], "", 0, Wait(500)),
        (429, &[], "", 1, Wait(1_000)),
        (429, &[], "", 2, Stop("the last of 3")),
        (429, &[], r#"{"error":{"code":"rate_limit_exceeded"}}"#, 0, Wait(500)),
        (429, &[], r#"{"error":{"message":"You exceeded your current quota, retry in 3 s"}}"#, 0, Wait(500)),
        (500, &[], "", 0, Wait(500)),
        (500, &[], "<html>", 1, Wait(1_000)),
        (500, &[], "out of credits", 0, Wait(500)),
        (501, &[], "", 0, Wait(500)),
        (502, &[], "", 0, Wait(500)),
        (503, &[], "", 0, Wait(500)),
        (504, &[], "", 0, Wait(500)),
        (529, &[], "", 0, Wait(500)),
        (599, &[], "", 0, Wait(500)),
        (503, &[], "", 3, Stop("attempt 4 was the last of 3")),
        (503, &[], "", u32::MAX, Stop("attempt 4294967296 was the last of 3")),
        // A success that is none: cut short, or no reply at all.
        (200, &[], "<html>", 0, Wait(500)),
        (200, &[], r#"{"error":{"message":"overloaded"}}"#, 1, Wait(1_000)),
        (200, &[], "", 2, Stop("the last of 3")),
        (204, &[], "", 0, Wait(500)),
        // Statuses that are not.
        (100, &[], "", 0, Stop("this status")),
        (301, &[], "", 0, Stop("this status")),
        (307, &[("retry-after", "1")], "", 0, Stop("this status")),
        (400, &[], "", 0, Stop("this status")),
        (400, &[("retry-after", "1")], "", 0, Stop("this status")),
        (400, &[], r#"{"error":{"code":"context_length_exceeded"}}"#, 0, Stop("context_too_long")),
        (401, &[], "", 0, Stop("this status")),
        (402, &[], "", 0, Stop("this status")),
        (403, &[], "", 0, Stop("this status")),
        (404, &[], "", 0, Stop("this status")),
        (413, &[], "", 0, Stop("this status")),
        (418, &[], "", 0, Stop("this status")),
        (422, &[], "", 0, Stop("this status")),
        (422, &[], "", 2, Stop("this status")),
        // An account that may spend no more.
        (429, &[], NO_CREDIT, 0, Stop("quota")),
        (429, &[("retry-after", "1")], NO_CREDIT, 0, Stop("quota")),
        (429, &[("x-should-retry", "true")], NO_CREDIT, 0, Stop("quota")),
        (429, &[], SPENT, 0, Stop("quota")),
        (429, &[], "Credit exhausted", 0, Stop("quota")),
        (403, &[("x-should-retry", "true")], r#"{"message":"Insufficient credits"}"#, 0, Stop("quota")),
        // The provider's word.
        (500, &[("x-should-retry", "false")], "", 0, Stop("x-should-retry")),
        (429, &[("x-should-retry", "false"), ("retry-after", "1")], "", 0, Stop("x-should-retry")),
        (418, &[("x-should-retry", "true")], "", 0, Wait(500)),
        (418, &[("x-should-retry", "true"), ("retry-after", "1")], "", 0, Wait(1_000)),
        (418, &[("x-should-retry", "true")], "", 2, Stop("the last of 3")),
        // Some statuses are never tried again, whatever the provider says.
        (400, &[("x-should-retry", "true")], "", 0, Stop("this status")),
        (400, &[("x-should-retry", "true"), ("retry-after", "1")], "", 0, Stop("this status")),
        (401, &[("x-should-retry", "true")], "", 0, Stop("this status")),
        (402, &[("x-should-retry", "true")], "", 0, Stop("this status")),
        (403, &[("x-should-retry", "true")], "", 0, Stop("this status")),
        (404, &[("x-should-retry", "true")], "", 0, Stop("this status")),
        (413, &[("x-should-retry", "true")], "", 0, Stop("this status")),
        (422, &[("x-should-retry", "true")], "", 0, Stop("this status")),
        (429, &[("x-should-retry", "true"), ("retry-after", "121")], "", 0, Stop("retry_after_max")),
        (500, &[("x-should-retry", "maybe")], "", 0, Wait(500)),
        (400, &[("x-should-retry", "TRUE")], "", 0, Stop("this status")),
        // The wait it asks for: seconds.
        (429, &[("retry-after", "1")], "", 0, Wait(1_000)),
        (429, &[("retry-after", "1")], "", 1, Wait(1_000)),
        (429, &[("retry-after", "1")], "", 2, Stop("the last of 3")),
        (503, &[("retry-after", "20.5")], "", 0, Wait(20_500)),
        (429, &[("retry-after", "0.0001")], "", 0, Wait(1)),
        (429, &[("retry-after", "120")], "", 0, Wait(120_000)),
        (429, &[("retry-after", "120.001")], "", 0, Stop("retry_after_max")),
        (429, &[("retry-after", "1e9")], "", 0, Stop("retry_after_max")),
        (429, &[("retry-after", "1e999")], "", 0, Stop("retry_after_max")),
        (429, &[("retry-after", "0")], "", 0, Wait(500)),
        (429, &[("retry-after", "-1")], "", 0, Wait(500)),
        (429, &[("retry-after", "abc")], "", 0, Wait(500)),
        (429, &[("retry-after", "")], "", 1, Wait(1_000)),
        (429, &[("retry-after", "inf")], "", 0, Wait(500)),
        (429, &[("retry-after", "nan")], "", 0, Wait(500)),
        // Milliseconds go first.
        (429, &[("retry-after-ms", "250")], "", 0, Wait(250)),
        (429, &[("retry-after-ms", "250.2")], "", 0, Wait(251)),
        (429, &[("retry-after-ms", "250"), ("retry-after", "9")], "", 0, Wait(250)),
        (429, &[("retry-after", "9"), ("retry-after-ms", "250")], "", 0, Wait(250)),
        (429, &[("retry-after-ms", "soon"), ("retry-after", "9")], "", 0, Wait(9_000)),
        (429, &[("retry-after-ms", "-1"), ("retry-after", "9")], "", 0, Wait(500)),
        (429, &[("retry-after-ms", "120001")], "", 0, Stop("retry_after_max")),
        // Dates.
        (503, &[("retry-after", LATER_BY_5_S)], "", 0, Wait(5_000)),
        (503, &[("retry-after", LATER_BY_3_MIN)], "", 0, Stop("retry_after_max")),
        (503, &[("retry-after", LATER_BY_3_MIN), ("date", "Wed, 21 Oct 2026 07:30:00 GMT")], "", 0, Wait(60_000)),
        (503, &[("retry-after", LATER_BY_5_S), ("date", "yesterday")], "", 0, Wait(5_000)),
        (503, &[("retry-after", LATER_BY_5_S), ("date", YEAR_9999)], "", 0, Wait(500)),
        (503, &[("retry-after", YEARS_AGO)], "", 0, Wait(500)),
        (503, &[("retry-after", YEAR_9999)], "", 0, Stop("retry_after_max")),
        (503, &[("retry-after-ms", "7"), ("retry-after", YEAR_9999)], "", 0, Wait(7)),
    ];
    assert!(rows.len() >= 60, "{} rows", rows.len());
    for (status, headers, body, attempt, expected) in rows {
        assert_decision(&answered(*status, headers, body), *attempt, *expected);
    }
}

#[test]
fn without_an_answer_the_kind_decides() {
    for (kind, expected) in [
        (Kind::RateLimited, Wait(500)),
        (Kind::Overloaded, Wait(500)),
        (Kind::ServerError, Wait(500)),
        (Kind::Timeout, Wait(500)),
        (Kind::Connection, Wait(500)),
        (Kind::MalformedReply, Wait(500)),
        (Kind::Refused, Stop("refused: a failure of this kind")),
        (Kind::ContextTooLong, Stop("of this kind")),
        (Kind::InvalidRequest, Stop("of this kind")),
        (Kind::Authentication, Stop("of this kind")),
        (Kind::ScriptExhausted, Stop("of this kind")),
        (Kind::ExpectationUnmet, Stop("of this kind")),
        (Kind::Crashed, Stop("of this kind")),
        (Kind::Abandoned, Stop("of this kind")),
    ] {
        let failure = ModelFailure::new(kind, "no");
        assert_decision(&failure, 0, expected);
        // The same when a connection was there and gave no status.
        let wire = Some(Box::new(WireFailure::default()));
        assert_decision(&ModelFailure { wire, ..failure }, 0, expected);
    }
}

#[test]
fn a_success_that_could_not_be_used_goes_by_its_kind() {
    let refused = ModelFailure { kind: Kind::Refused, ..answered(200, &[], "") };
    assert_decision(&refused, 0, Stop("HTTP 200 (refused)"));
    let cut = ModelFailure { kind: Kind::MalformedReply, ..answered(200, &[("retry-after", "3")], "") };
    assert_decision(&cut, 0, Wait(3_000));
}

#[test]
fn a_wait_of_our_own_doubles_up_to_the_cap_and_loses_at_most_a_quarter() {
    let options = RetryOptions { retries_max: 20, ..RetryOptions::default() };
    let failure = ModelFailure::new(Kind::Timeout, "no");
    let wait_ms = |attempt, uniform| match decide(&options, attempt, &failure, uniform, NOW_MS) {
        RetryDecision::Again { after, .. } => after.as_millis(),
        RetryDecision::GiveUp { reason } => panic!("{reason}"),
    };
    let longest: Vec<u64> = (0..8).map(|attempt| wait_ms(attempt, 0.0)).collect();
    assert_eq!(longest, [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000]);
    for (uniform, expected_ms) in [
        (0.0, 500),
        (0.5, 438),
        (0.999_999, 375),
        (1.0, 375),
        (9.0, 375),
        (-1.0, 500),
        (f64::NAN, 500),
        (f64::INFINITY, 375),
    ] {
        assert_eq!(wait_ms(0, uniform), expected_ms, "{uniform}");
    }
    assert_eq!(wait_ms(19, 0.5), 7_000, "the cap is lessened too");
}

#[test]
fn nothing_is_tried_again_without_retries_and_options_out_of_range_end_all_the_same() {
    let failure = ModelFailure::new(Kind::Timeout, "no");
    let none = RetryOptions { retries_max: 0, ..RetryOptions::default() };
    let RetryDecision::GiveUp { reason } = decide(&none, 0, &failure, 0.0, 0) else { panic!("no retries") };
    assert_eq!(&*reason, "timeout: attempt 1 was the last of 1");
    let most = VirtualDuration::from_millis(u64::MAX);
    let absurd = RetryOptions { retries_max: u32::MAX, base: most, cap: most, ..none };
    let RetryDecision::Again { after, .. } = decide(&absurd, u32::MAX - 1, &failure, 0.0, 0) else { panic!("again") };
    assert_eq!(after, most);
}

prop_compose! {
    fn any_failure()(
        status in prop::option::of(prop_oneof![Just(200), Just(400), Just(429), Just(503), any::<u16>()]),
        headers in prop::collection::vec((
            prop_oneof!["retry-after", "retry-after-ms", "x-should-retry", "date"],
            prop_oneof![
                "[-+0-9.eE]{0,8}", "\\PC{0,12}", Just("true".to_owned()), Just("false".to_owned()),
                Just(LATER_BY_5_S.to_owned()), Just(YEAR_9999.to_owned()),
            ],
        ), 0..4),
        body in prop_oneof![Just(NO_CREDIT.to_owned()), Just(SPENT.to_owned()), "\\PC{0,20}"],
    ) -> ModelFailure {
        let headers = headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let wire = WireFailure { status, headers, body: body.into() };
        ModelFailure { wire: Some(Box::new(wire.clone())), ..ModelFailure::new(kind_of(&wire), "no") }
    }
}

proptest! {
    /// Whatever comes back, a call is attempted at most 1 + retries_max times, and no wait is longer than is allowed.
    #[test]
    fn attempts_and_waits_are_bounded(
        failures in prop::collection::vec(any_failure(), 30),
        retries_max in 0_u32..=20,
        uniform in 0.0_f64..1.0,
        now_ms in any::<u64>(),
    ) {
        let options = RetryOptions { retries_max, ..RetryOptions::default() };
        let mut attempts = 0_u32;
        for failure in &failures {
            attempts += 1;
            match decide(&options, attempts - 1, failure, uniform, now_ms) {
                RetryDecision::Again { after, reason } => {
                    prop_assert!(after <= options.retry_after_max && after > VirtualDuration::ZERO, "{after} {reason}");
                }
                RetryDecision::GiveUp { .. } => break,
            }
        }
        prop_assert!(attempts <= 1 + retries_max);
    }
}
