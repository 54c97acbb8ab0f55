//! The breaker's way through its states, as tables of what happens when.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use moot_core::ModelFailureKind as Kind;
use proptest::prelude::*;

use super::*;

fn at(ms: u64) -> VirtualTime {
    VirtualTime::from_millis(ms)
}

/// Opens after two failures in a row, for 100 ms.
fn breaker() -> Breaker {
    Breaker::new(BreakerOptions { failures_in_row_max: 2, open_for: VirtualDuration::from_millis(100) })
}

#[test]
fn it_opens_after_failures_in_a_row_and_closes_by_a_probe() {
    use BreakerState::{Closed, HalfOpen, Open};
    use Health::{Bad, Good, Unknown};
    let closed = |failures_in_row| Closed { failures_in_row };
    for (steps, expected) in [
        (&[][..], closed(0)),
        (&[(0, Good)], closed(0)),
        (&[(0, Bad)], closed(1)),
        (&[(0, Bad), (1, Unknown)], closed(1)),
        (&[(0, Bad), (1, Good)], closed(0)),
        (&[(0, Bad), (1, Good), (2, Bad)], closed(1)),
        (&[(0, Bad), (5, Bad)], Open { until: at(105) }),
        (&[(0, Bad), (5, Bad), (105, Good)], closed(0)),
        (&[(0, Bad), (5, Bad), (105, Bad)], Open { until: at(205) }),
        (&[(0, Bad), (5, Bad), (105, Bad), (205, Good), (206, Bad)], closed(1)),
        (&[(0, Bad), (5, Bad), (105, Unknown)], Open { until: at(105) }),
        (&[(0, Bad), (5, Bad), (105, Unknown), (105, Good)], closed(0)),
    ] {
        let mut breaker = breaker();
        for (ms, health) in steps {
            let permit = breaker.admit(at(*ms)).unwrap();
            breaker.report(permit, *health, at(*ms));
        }
        assert_eq!(breaker.state(), expected, "{steps:?}");
        let text = serde_json::to_string(&breaker).unwrap();
        assert_eq!(serde_json::from_str::<Breaker>(&text).unwrap(), breaker);
    }
    let mut breaker = breaker();
    for ms in [0, 5] {
        let permit = breaker.admit(at(ms)).unwrap();
        breaker.report(permit, Bad, at(ms));
    }
    assert_eq!(breaker.admit(at(104)).unwrap_err().come_again, at(105));
    let lost = breaker.admit(at(105)).unwrap();
    assert_eq!(breaker.state(), HalfOpen { lost_at: at(205) });
    assert_eq!(breaker.admit(at(105)).unwrap_err().come_again, at(205), "one probe at a time");
    let next = breaker.admit(at(205)).unwrap();
    breaker.report(lost, Good, at(206));
    assert_eq!(breaker.state(), HalfOpen { lost_at: at(305) }, "a probe that was given up does not count any more");
    breaker.report(next, Good, at(207));
    assert_eq!(breaker.state(), closed(0));
}

#[test]
fn what_began_before_a_change_does_not_count_after_it() {
    let mut breaker = breaker();
    let permits: Vec<BreakerPermit> = (0..6).map(|_| breaker.admit(at(0)).unwrap()).collect();
    for (permit, health) in
        permits.into_iter().zip([Health::Bad, Health::Bad, Health::Bad, Health::Good, Health::Unknown, Health::Bad])
    {
        breaker.report(permit, health, at(10));
    }
    assert_eq!(breaker.state(), BreakerState::Open { until: at(110) }, "it stays open for its time, and no longer");
}

#[test]
fn only_a_provider_that_is_down_counts() {
    assert_eq!(Health::of(&Ok(ModelReply::text("A"))), Health::Good);
    for (kind, health) in [
        (Kind::RateLimited, Health::Good),
        (Kind::Overloaded, Health::Bad),
        (Kind::ServerError, Health::Bad),
        (Kind::Timeout, Health::Bad),
        (Kind::Connection, Health::Bad),
        (Kind::MalformedReply, Health::Bad),
        (Kind::Refused, Health::Good),
        (Kind::ContextTooLong, Health::Good),
        (Kind::InvalidRequest, Health::Good),
        (Kind::Authentication, Health::Good),
        (Kind::ScriptExhausted, Health::Unknown),
        (Kind::ExpectationUnmet, Health::Unknown),
        (Kind::Crashed, Health::Bad),
        (Kind::Abandoned, Health::Unknown),
    ] {
        assert_eq!(Health::of(&Err(ModelFailure::new(kind, "no"))), health, "{kind:?}");
    }
}

#[test]
fn a_refusal_is_a_failure_with_a_name_that_took_nothing() {
    let refusal = BreakerRefusal { come_again: at(30_000), failures_in_row_max: 5 };
    let failure = refusal.failure("small");
    assert_eq!((failure.kind, failure.usage), (Kind::Overloaded, Some(moot_core::Usage::default())));
    let expected = "model \"small\" was not called: the circuit breaker is open after 5 failures in a row; come again \
        at 30.000 s";
    assert!(failure.message.starts_with(expected), "{failure}");
}

#[test]
fn options_out_of_range_are_named() {
    for (json, expected) in [
        ("{}", &[][..]),
        (r#"{"failures_in_row_max": 1, "open_for": "1ms"}"#, &[]),
        (r#"{"failures_in_row_max": 1000}"#, &[]),
        (r#"{"failures_in_row_max": 0, "open_for": "0s"}"#, &["failures_in_row_max", "open_for"]),
        (r#"{"failures_in_row_max": 1001}"#, &["failures_in_row_max"]),
    ] {
        let options: BreakerOptions = serde_json::from_str(json).unwrap();
        let paths: Vec<String> = options.check().into_iter().map(|problem| problem.path).collect();
        assert_eq!(paths, expected, "{json}");
    }
}

proptest! {
    /// Whoever is refused and comes again when told to gets through, or is told a later time; never more than one
    /// probe is out, and after a refusal there is always a time at which somebody passes.
    #[test]
    fn it_never_closes_for_good(steps in prop::collection::vec((0_u64..60, 0_u8..4), 0..60)) {
        let mut breaker = breaker();
        let mut out = Vec::new();
        let mut now_ms = 0;
        for (wait_ms, what) in steps {
            now_ms += wait_ms;
            match what {
                0 => match breaker.admit(at(now_ms)) {
                    Ok(permit) => out.push(permit),
                    Err(refusal) => prop_assert!(refusal.come_again > at(now_ms)),
                },
                _ => {
                    let health = [Health::Good, Health::Bad, Health::Unknown].into_iter().nth(usize::from(what) - 1);
                    if let Some(permit) = out.pop() {
                        breaker.report(permit, health.unwrap(), at(now_ms));
                    }
                }
            }
            if let BreakerState::HalfOpen { lost_at } = breaker.state() && at(now_ms) < lost_at {
                prop_assert!(breaker.clone().admit(at(now_ms)).is_err());
            }
        }
        if let Err(refusal) = breaker.admit(at(now_ms)) {
            prop_assert!(breaker.admit(refusal.come_again).is_ok());
        }
    }
}
