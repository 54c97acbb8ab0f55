//! The budget's options and its book, row by row.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use moot_core::{Limit, Money, Usage, VirtualDuration, VirtualTime};

use super::*;

const NOW: VirtualTime = VirtualTime::ZERO;

fn usd(text: &str) -> Money {
    serde_json::from_value(text.into()).unwrap()
}

fn limits(json: &str) -> BudgetOptions {
    serde_json::from_str(json).unwrap()
}

fn need(tokens: u64, money: Option<&str>) -> Need {
    Need { tokens, money: money.map(usd) }
}

/// A book with one budget, `run`.
fn book_of(json: &str) -> (BudgetBook, BudgetId) {
    let mut book = BudgetBook::new();
    let id = book.add("run".into(), limits(json), NOW);
    (book, id)
}

#[test]
fn an_amount_of_money_is_read_exactly_however_it_is_written() {
    for (written, expected) in [
        ("0.1", "0.1"),
        ("\"0.1\"", "0.1"),
        ("5", "5"),
        ("1e-6", "0.000001"),
        ("0.000000000001", "0.000000000001"),
        ("\"123456.789012345678\"", "123456.789012345678"),
    ] {
        let options = limits(&format!(r#"{{ "money": {written} }}"#));
        assert_eq!(options.money, Some(usd(expected)), "{written}");
        assert_eq!(options.check(), [], "{written}");
        assert_eq!(limits(&serde_json::to_string(&options).unwrap()), options, "{written}");
    }
    assert_eq!(limits(r#"{ "money": null, "calls": 1 }"#).money, None);
}

#[test]
fn what_is_no_amount_of_money_is_refused_with_what_is_allowed() {
    for written in ["-1", "-0.5", "1e300", "1e-13", "\"\"", "\"1 USD\"", "\"1e3\"", "true", "[1]"] {
        let error = serde_json::from_str::<BudgetOptions>(&format!(r#"{{ "money": {written} }}"#)).unwrap_err();
        assert!(error.to_string().contains("above 0 and up to 1000000"), "{written}: {error}");
    }
}

#[test]
fn options_out_of_range_are_named() {
    for (json, expected) in [
        (r#"{ "money": 0 }"#, vec!["money"]),
        (r#"{ "money": 1000000 }"#, vec![]),
        (r#"{ "money": "1000000.000000000001" }"#, vec!["money"]),
        (r#"{ "tokens": 0, "calls": 0, "time": "0ms" }"#, vec!["tokens", "calls", "time"]),
        (r#"{ "tokens": 1, "calls": 1, "time": "1ms" }"#, vec![]),
        (r#"{ "tokens": 1000000000000000, "calls": 1000000000 }"#, vec![]),
        (r#"{ "tokens": 1000000000000001, "calls": 1000000001 }"#, vec!["tokens", "calls"]),
        (r#"{ "money": 1, "unknown_price": "allow" }"#, vec![]),
        (r#"{ "calls": 1, "unknown_price": "allow" }"#, vec!["unknown_price"]),
        ("{}", vec![""]),
    ] {
        let problems = limits(json).check();
        let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, expected, "{json}");
    }
    let error = serde_json::from_str::<BudgetOptions>(r#"{ "dollars": 1 }"#).unwrap_err().to_string();
    assert!(error.contains("unknown field `dollars`, expected one of `money`"), "{error}");
}

#[test]
fn the_schema_says_what_is_allowed() {
    let schema = serde_json::to_value(schemars::schema_for!(BudgetOptions)).unwrap();
    let properties = &schema["properties"];
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(properties["money"]["anyOf"][0]["maximum"], 1_000_000);
    assert_eq!((&properties["calls"]["minimum"], &properties["calls"]["maximum"]), (&1.into(), &1_000_000_000.into()));
    assert_eq!(properties["time"]["type"], serde_json::json!(["string", "null"]));
}

#[test]
fn each_limit_holds_what_fits_exactly_and_not_one_more() {
    for (json, fits, too_much, limit, needed, left) in [
        (r#"{ "tokens": 100 }"#, need(100, None), need(101, None), Limit::Tokens, "101 tokens", "100 tokens"),
        (
            r#"{ "money": 0.5 }"#,
            need(9, Some("0.5")),
            need(9, Some("0.500000000001")),
            Limit::Money,
            "0.500000000001 USD",
            "0.5 USD",
        ),
        (r#"{ "money": 0.5 }"#, need(9, Some("0")), need(9, None), Limit::Money, "an unknown amount", "0.5 USD"),
    ] {
        let (mut book, run) = book_of(json);
        let before = book.clone();
        let refusal = book.reserve(&[run], 0, too_much, NOW).unwrap_err();
        assert_eq!((&*refusal.node, refusal.limit, refusal.fits_later), ("run", limit, false), "{json}");
        assert_eq!((refusal.needed.to_string().as_str(), refusal.left.to_string().as_str()), (needed, left), "{json}");
        assert_eq!(book, before, "{json}: a refusal changes nothing");
        assert_eq!(book.reserve(&[run], 0, fits, NOW), Ok(()), "{json}");
    }
}

#[test]
fn calls_count_attempts_and_a_call_never_sent_gives_its_place_back() {
    let (mut book, run) = book_of(r#"{ "calls": 2 }"#);
    for attempt in [0, 1] {
        book.reserve(&[run], attempt, need(1, None), NOW).unwrap();
    }
    let refusal = book.reserve(&[run], 2, need(1, None), NOW).unwrap_err();
    assert_eq!((refusal.limit, refusal.left, refusal.fits_later), (Limit::Calls, Amount::Calls(0), false));
    assert!(refusal.to_string().contains("budget of run has 0 calls left of 2 calls"), "{refusal}");
    assert!(book.release(0));
    assert_eq!(book.reserve(&[run], 2, need(1, None), NOW), Ok(()));
    assert!(book.settle(1, Some(Usage::default()), None).is_some(), "a failed attempt counts even without tokens");
    assert_eq!((book.left(run).unwrap().calls, book.in_flight()), (Some(0), 1));
}

#[test]
fn time_is_over_at_the_deadline_and_not_before() {
    let mut book = BudgetBook::new();
    let at = VirtualTime::from_millis;
    let run = book.add("run".into(), limits(r#"{ "time": "2s" }"#), at(0));
    let agent = book.add("agent lead".into(), limits(r#"{ "time": "500ms" }"#), at(700));
    let plain = book.add("council".into(), limits(r#"{ "calls": 9 }"#), at(0));
    assert_eq!(book.deadline(&[agent, plain, run]), Some(at(1_200)));
    assert_eq!(book.deadline(&[run]), Some(at(2_000)));
    assert_eq!(book.deadline(&[plain]), None);
    assert_eq!(book.reserve(&[agent, run], 0, need(1, None), at(1_199)), Ok(()));
    let refusal = book.reserve(&[agent, run], 1, need(1, None), at(1_200)).unwrap_err();
    assert_eq!((&*refusal.node, refusal.limit), ("agent lead", Limit::Time));
    assert_eq!(refusal.left, Amount::Time(VirtualDuration::ZERO));
    assert_eq!(book.reserve(&[run], 1, need(1, None), at(1_999)), Ok(()));
    assert!(book.reserve(&[run], 2, need(1, None), at(2_000)).is_err());
}

#[test]
fn a_chain_reserves_on_all_or_on_none_and_names_the_first_that_refuses() {
    let mut book = BudgetBook::new();
    let run = book.add("run".into(), limits(r#"{ "tokens": 100 }"#), NOW);
    let council = book.add("council jury".into(), limits(r#"{ "tokens": 60 }"#), NOW);
    let agent = book.add("agent juror[0]".into(), limits(r#"{ "tokens": 1000 }"#), NOW);
    let chain = [agent, council, run];
    book.reserve(&chain, 0, need(50, None), NOW).unwrap();
    let before = book.clone();
    let refusal = book.reserve(&chain, 1, need(20, None), NOW).unwrap_err();
    assert_eq!((&*refusal.node, refusal.left, refusal.fits_later), ("council jury", Amount::Tokens(10), true));
    assert_eq!(book, before);
    assert!(refusal.reason.contains("50 tokens are held for calls in flight"), "{refusal}");
    book.settle(0, Some(Usage::new(5, 5)), None);
    assert_eq!(book.reserve(&chain, 1, need(20, None), NOW), Ok(()));
    let tokens = |id| book.account(id).map(|account| (account.settled.tokens, account.reserved.tokens));
    assert_eq!(chain.map(tokens), [Some((10, 20)); 3]);
}

#[test]
fn unknown_is_settled_as_reserved_and_marked() {
    let usage = Some(Usage::new(30, 10));
    for (reserved, usage, cost, tokens, money, estimated) in [
        (need(100, Some("0.5")), usage, Some("0.2"), 40, Some("0.2"), false),
        (need(100, Some("0.5")), None, None, 100, Some("0.5"), true),
        (need(100, Some("0.5")), usage, None, 40, Some("0.5"), true),
        (need(100, Some("0.5")), None, Some("0.2"), 100, Some("0.2"), true),
        (need(100, None), usage, Some("0.2"), 40, Some("0.2"), false),
        (need(100, None), usage, None, 40, None, false),
        (need(100, None), None, None, 100, None, true),
    ] {
        let (mut book, run) = book_of(r#"{ "money": 1, "unknown_price": "allow" }"#);
        book.reserve(&[run], 0, reserved, NOW).unwrap();
        let settlement = book.settle(0, usage, cost.map(usd)).unwrap();
        assert_eq!(
            settlement,
            Settlement { tokens, money: money.map(usd), estimated },
            "{reserved:?} {usage:?} {cost:?}"
        );
        let account = book.account(run).unwrap();
        let settled = Amounts { calls: 1, tokens, money: money.map_or(Money::ZERO, usd) };
        assert_eq!((account.settled, account.reserved), (settled, Amounts::default()));
        assert_eq!(account.calls_estimated, u64::from(estimated));
        assert_eq!(account.calls_without_cost, u64::from(money.is_none()));
    }
}

#[test]
fn a_call_that_took_too_much_passes_the_limit_once_and_then_nothing_fits() {
    let (mut book, run) = book_of(r#"{ "tokens": 100 }"#);
    book.reserve(&[run], 0, need(60, None), NOW).unwrap();
    book.settle(0, Some(Usage::new(60, 90)), None);
    assert_eq!(book.account(run).unwrap().settled.tokens, 150);
    assert_eq!(book.left(run).unwrap().tokens, Some(0));
    assert!(book.reserve(&[run], 1, need(0, None), NOW).is_err(), "not even a call that takes nothing");
}

#[test]
fn a_late_or_second_end_changes_nothing() {
    let (mut book, run) = book_of(r#"{ "calls": 5 }"#);
    book.reserve(&[run], 0, need(10, None), NOW).unwrap();
    book.settle(0, None, None).unwrap();
    let before = book.clone();
    assert_eq!(book.settle(0, Some(Usage::new(1, 1)), None), None);
    assert!(!book.release(0));
    assert!(!book.release(99));
    assert_eq!(book, before);
}

#[test]
fn what_can_not_be_booked_right_is_refused() {
    let (mut book, run) = book_of(r#"{ "calls": 5 }"#);
    book.reserve(&[run, run], 0, need(10, None), NOW).unwrap();
    assert_eq!(book.account(run).unwrap().reserved.calls, 1, "a budget named twice counts once");
    let before = book.clone();
    let again = book.reserve(&[run], 0, need(1, None), NOW).unwrap_err();
    assert!(again.reason.contains("in flight already"), "{again}");
    let foreign = book.reserve(&[run, BudgetId(7)], 1, need(1, None), NOW).unwrap_err();
    assert!(foreign.reason.contains("no budget 7"), "{foreign}");
    assert_eq!(book, before);
}

#[test]
fn a_budget_without_limits_refuses_nothing_and_counts() {
    let (mut book, run) = book_of("{}");
    book.reserve(&[run], 0, need(u64::MAX, None), VirtualTime::from_millis(u64::MAX)).unwrap();
    book.settle(0, Some(Usage::new(2, 1)), Some(usd("0.25")));
    assert_eq!(book.account(run).unwrap().settled, Amounts { calls: 1, tokens: 3, money: usd("0.25") });
    assert_eq!(book.left(run), Some(Left::default()));
    assert_eq!(book.left(BudgetId(1)), None);
}

#[test]
fn the_book_survives_being_written_and_read_in_mid_flight() {
    let (mut book, run) = book_of(r#"{ "money": "0.75", "time": "3s", "unknown_price": "allow" }"#);
    book.reserve(&[run], 3, need(10, Some("0.25")), NOW).unwrap();
    let mut read: BudgetBook = serde_json::from_str(&serde_json::to_string(&book).unwrap()).unwrap();
    assert_eq!(read, book);
    assert_eq!(read.settle(3, None, None), book.settle(3, None, None));
    assert_eq!(read, book);
}
