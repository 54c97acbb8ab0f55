//! Limits alone and together, in tables, and what holds for any order of calls.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use proptest::prelude::*;

use super::*;

fn at(ms: u64) -> VirtualTime {
    VirtualTime::from_millis(ms)
}

fn limiter(json: &str) -> Limiter {
    let options: LimiterOptions = serde_json::from_str(json).unwrap();
    assert_eq!(options.check(), [], "{json}");
    Limiter::new(options)
}

/// When each of the calls, given by the time it asks and its tokens, may begin if none waits for another's end.
fn beginnings(json: &str, calls: &[(u64, u64)]) -> Vec<u64> {
    let mut limiter = limiter(json);
    let begin = |(id, (now_ms, tokens)): (u64, &(u64, u64))| match limiter.request(id, *tokens, at(*now_ms)) {
        Admission::Now => *now_ms,
        Admission::At(time) => time.as_millis(),
        Admission::Queued => u64::MAX,
    };
    (0..).zip(calls).map(begin).collect()
}

#[test]
fn rates_are_kept_within_every_minute() {
    for (options, calls, expected) in [
        ("{}", &[(0, 9), (0, 9), (0, 9)][..], &[0, 0, 0][..]),
        (r#"{"requests_per_minute": 2}"#, &[(0, 1), (0, 1), (0, 1), (0, 1), (0, 1)], &[0, 0, 60_000, 60_000, 120_000]),
        (
            r#"{"requests_per_minute": 2}"#,
            &[(0, 1), (50_000, 1), (59_999, 1), (60_000, 1)],
            &[0, 50_000, 60_000, 110_000],
        ),
        (r#"{"requests_per_minute": 1}"#, &[(5, 1), (60_004, 1), (300_000, 1)], &[5, 60_005, 300_000]),
        (r#"{"tokens_per_minute": 10}"#, &[(0, 6), (1, 4), (2, 1), (3, 6)], &[0, 1, 60_000, 60_001]),
        // What is larger than a whole minute's tokens begins alone, and nobody overtakes it.
        (r#"{"tokens_per_minute": 10}"#, &[(0, 1), (1, 99), (2, 1)], &[0, 60_000, 120_000]),
        (r#"{"tokens_per_minute": 10}"#, &[(0, 99), (0, 0)], &[0, 60_000]),
        (
            r#"{"requests_per_minute": 3, "tokens_per_minute": 10}"#,
            &[(0, 5), (0, 5), (0, 0), (0, 0)],
            &[0, 0, 0, 60_000],
        ),
    ] {
        assert_eq!(beginnings(options, calls), expected, "{options} {calls:?}");
    }
}

#[test]
fn calls_at_once_wait_for_an_end_in_the_order_they_came() {
    let mut limiter = limiter(r#"{"calls_at_once_max": 2}"#);
    let asked: Vec<Admission> = (0..5).map(|id| limiter.request(id, 1, at(0))).collect();
    assert_eq!(asked[..2], [Admission::Now, Admission::Now]);
    assert_eq!(asked[2..], [Admission::Queued, Admission::Queued, Admission::Queued]);
    assert_eq!((limiter.admitted_count(), limiter.waiting_count()), (2, 3));
    assert_eq!(limiter.ended(1, at(7)), [Admitted { id: 2, at: at(7) }]);
    assert_eq!(limiter.ended(3, at(8)), [], "it was no longer wanted, and held nothing");
    assert_eq!(limiter.ended(0, at(9)), [Admitted { id: 4, at: at(9) }]);
    assert_eq!(limiter.ended(0, at(9)), [], "an end counts once");
    assert_eq!(limiter.ended(77, at(9)), [], "nobody knows it");
    assert_eq!((limiter.ended(2, at(9)), limiter.ended(4, at(9))), (vec![], vec![]));
    assert_eq!((limiter.admitted_count(), limiter.waiting_count()), (0, 0));
    assert_eq!(limiter.request(9, 1, at(10)), Admission::Now);
}

#[test]
fn a_place_and_a_rate_are_both_needed() {
    let mut limiter = limiter(r#"{"calls_at_once_max": 1, "requests_per_minute": 1}"#);
    assert_eq!(limiter.request(0, 1, at(0)), Admission::Now);
    assert_eq!(limiter.request(1, 1, at(1)), Admission::Queued);
    assert_eq!(limiter.ended(0, at(500)), [Admitted { id: 1, at: at(60_000) }]);
    assert_eq!(limiter.request(2, 1, at(501)), Admission::Queued, "the place is booked though its holder waits");
    assert_eq!(limiter.ended(1, at(61_000)), [Admitted { id: 2, at: at(120_000) }]);
}

#[test]
fn asking_again_changes_nothing() {
    let mut limiter = limiter(r#"{"calls_at_once_max": 2, "requests_per_minute": 1}"#);
    let first: Vec<Admission> = (0..3).map(|id| limiter.request(id, 1, at(0))).collect();
    assert_eq!(first, [Admission::Now, Admission::At(at(60_000)), Admission::Queued]);
    let before = limiter.clone();
    let again: Vec<Admission> = (0..3).map(|id| limiter.request(id, 1, at(0))).collect();
    assert_eq!((again, &limiter), (first, &before));
    assert_eq!(limiter.request(1, 1, at(60_000)), Admission::Now, "its time has come");
}

#[test]
fn a_limit_of_nothing_is_refused_and_ends_all_the_same() {
    let nothing: LimiterOptions =
        serde_json::from_str(r#"{"calls_at_once_max": 0, "requests_per_minute": 0, "tokens_per_minute": 0}"#).unwrap();
    let paths: Vec<String> = nothing.check().into_iter().map(|problem| problem.path).collect();
    assert_eq!(paths, ["calls_at_once_max", "requests_per_minute", "tokens_per_minute"]);
    let mut unchecked = Limiter::new(LimiterOptions { calls_at_once_max: None, ..nothing });
    assert_eq!(unchecked.request(0, 1, at(0)), Admission::Now);
    assert_eq!(unchecked.request(1, 1, at(0)), Admission::At(at(60_000)));
}

#[test]
fn a_limiter_survives_being_written_and_read() {
    let mut limiter = limiter(r#"{"calls_at_once_max": 1, "tokens_per_minute": 10}"#);
    let _ = (limiter.request(0, 4, at(0)), limiter.request(1, 4, at(0)));
    let text = serde_json::to_string(&limiter).unwrap();
    assert_eq!(serde_json::from_str::<Limiter>(&text).unwrap(), limiter);
}

/// One call of a simulated run.
#[derive(Debug, Clone, Copy)]
struct Call {
    asks_ms: u64,
    takes_ms: u64,
    tokens: u64,
    /// Whether it is given up at the moment it would begin.
    is_withdrawn: bool,
}

prop_compose! {
    fn any_call()(
        asks_ms in 0_u64..200_000,
        takes_ms in 0_u64..90_000,
        tokens in 0_u64..30,
        is_withdrawn in prop::bool::weighted(0.1),
    ) -> Call {
        Call { asks_ms, takes_ms, tokens, is_withdrawn }
    }
}

prop_compose! {
    fn any_options()(
        calls_at_once_max in prop::option::of(1_u32..5),
        requests_per_minute in prop::option::of(1_u32..6),
        tokens_per_minute in prop::option::of(1_u64..40),
    ) -> LimiterOptions {
        LimiterOptions { calls_at_once_max, requests_per_minute, tokens_per_minute }
    }
}

/// Plays the calls in order of time; gives when each began, by its number.
fn play(options: LimiterOptions, calls: &[Call]) -> BTreeMap<u64, u64> {
    let mut limiter = Limiter::new(options);
    // What happens: (time, kind, call); ends go before requests of the same time, as a world would have it.
    let mut queue: std::collections::BTreeSet<(u64, bool, u64)> =
        (0..).zip(calls).map(|(id, call)| (call.asks_ms, true, id)).collect();
    let mut began = BTreeMap::new();
    while let Some((now_ms, asks, id)) = queue.pop_first() {
        let admitted = if asks {
            let tokens = calls[id as usize].tokens;
            match limiter.request(id, tokens, at(now_ms)) {
                Admission::Now => vec![Admitted { id, at: at(now_ms) }],
                Admission::At(time) => vec![Admitted { id, at: time }],
                Admission::Queued => Vec::new(),
            }
        } else {
            limiter.ended(id, at(now_ms))
        };
        for Admitted { id, at } in admitted {
            assert!(at.as_millis() >= now_ms, "nobody begins in the past");
            let call = calls[id as usize];
            assert!(began.insert(id, at.as_millis()).is_none(), "call {id} is admitted twice");
            let takes_ms = if call.is_withdrawn { 0 } else { call.takes_ms };
            queue.insert((at.as_millis() + takes_ms, false, id));
        }
    }
    assert_eq!((limiter.admitted_count(), limiter.waiting_count()), (0, 0));
    began
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Every call begins some time, in the order of asking; never more at once, and in no minute more, than is allowed.
    #[test]
    fn limits_hold_whatever_comes(options in any_options(), calls in prop::collection::vec(any_call(), 1..25)) {
        let began = play(options, &calls);
        prop_assert_eq!(began.len(), calls.len(), "everyone gets their turn");
        let mut in_order: Vec<u64> = (0..calls.len() as u64).collect();
        in_order.sort_by_key(|id| (calls[*id as usize].asks_ms, *id));
        prop_assert!(in_order.is_sorted_by_key(|id| began[id]), "nobody is overtaken");
        for (id, start_ms) in &began {
            let within = |from: u64, to: u64| began.iter().filter(move |(_, began)| (from..to).contains(*began));
            let minute: Vec<u64> = within(*start_ms, start_ms + 60_000).map(|(id, _)| *id).collect();
            prop_assert!(options.requests_per_minute.is_none_or(|most| minute.len() <= most as usize));
            let tokens: u64 = minute.iter().map(|id| calls[*id as usize].tokens).sum();
            prop_assert!(options.tokens_per_minute.is_none_or(|most| tokens <= most || minute.len() == 1));
            let ends = |id: &u64| began[id] + if calls[*id as usize].is_withdrawn { 0 } else { calls[*id as usize].takes_ms };
            let at_once = began.keys().filter(|other| began[other] <= *start_ms && ends(other) > *start_ms).count();
            prop_assert!(options.calls_at_once_max.is_none_or(|most| at_once <= most as usize), "call {id}");
        }
    }
}
