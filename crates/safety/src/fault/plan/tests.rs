//! The plan: visits, draws and limits.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use moot_core::{EventKind, TaskId};

use super::*;
use crate::fault::{FaultAction, FaultNumber, Moment};

fn read(json: &str) -> FaultOptions {
    serde_json::from_str(json).unwrap()
}

fn plan(faults: &[&str]) -> FaultPlan {
    let options: Vec<FaultOptions> = faults.iter().map(|fault| read(fault)).collect();
    FaultPlan::new(&options, 42, 3)
}

fn path(text: &str) -> ActorPath {
    ActorPath::new(text).unwrap()
}

/// The visits, from 1, at which agents are struck when each of them takes so many steps in turn, and by which fault.
fn strikes(plan: &mut FaultPlan, agents: &[&str], visits: u64) -> Vec<(String, u64, u32)> {
    let mut found = Vec::new();
    for visit in 0..visits {
        for agent in agents {
            let agent = path(agent);
            let site = Site::AgentStep { agent: &agent, moment: Moment::BeforeModel };
            let strike = plan.strike(&site, VirtualTime::from_millis(visit), EventSequence(visit));
            found.extend(strike.map(|strike| (agent.to_string(), strike.visit, strike.rule)));
        }
    }
    found
}

const HALF: &str = r#"{ "crash_agent": { "when": { "probability": 0.5 } } }"#;

#[test]
fn the_same_plan_strikes_alike_and_another_seed_or_replicate_does_not() {
    let of = |seed, replicate| strikes(&mut FaultPlan::new(&[read(HALF)], seed, replicate), &["a", "b"], 50);
    assert_eq!(of(1, 0), of(1, 0));
    assert_ne!(of(1, 0), of(2, 0));
    assert_ne!(of(1, 0), of(1, 1));
    let at = |agent: &str| {
        let found: Vec<u64> =
            of(1, 0).into_iter().filter(|(who, ..)| who == agent).map(|(_, visit, _)| visit).collect();
        found
    };
    assert_ne!(at("a"), at("b"), "each place has its own luck");
}

#[test]
fn what_is_drawn_for_a_fault_depends_on_no_other_fault_or_agent() {
    let alone: Vec<_> = strikes(&mut plan(&[HALF]), &["a"], 100);
    let beside = |faults: &[&str], agents: &[&str]| {
        let mut found = strikes(&mut plan(faults), agents, 100);
        found.retain(|(agent, ..)| agent == "a");
        found
    };
    let elsewhere = r#"{ "crash_agent": { "agent": "b" } }"#;
    let models = r#"{ "rate_limit": { "when": { "probability": 0.5 } } }"#;
    assert_eq!(beside(&[HALF], &["b", "a", "c"]), alone);
    assert_eq!(beside(&[HALF, elsewhere, models], &["a", "b"]), alone);
    // A fault behind it strikes where the first one does not, and takes nothing from it.
    let mut both = beside(&[HALF, HALF], &["a"]);
    let second: Vec<_> = both.extract_if(.., |(_, _, rule)| *rule == 1).collect();
    assert_eq!(both, alone);
    assert!(!second.is_empty());
    let chosen = [(5, read(models)), (0, read(HALF))];
    assert_eq!(strikes(&mut FaultPlan::numbered(chosen, 42, 3), &["a"], 100), alone, "a number goes with its fault");
}

#[test]
fn faults_strike_as_often_as_their_probability_says() {
    for probability in [0.02, 0.3, 0.9] {
        let fault = format!(r#"{{ "crash_agent": {{ "when": {{ "probability": {probability} }} }} }}"#);
        let visits = 20_000_u32;
        let agents: Vec<String> = (0..20).map(|number| format!("a[{number}]")).collect();
        let agents: Vec<&str> = agents.iter().map(String::as_str).collect();
        let found = strikes(&mut plan(&[&fault]), &agents, u64::from(visits) / 20).len() as f64;
        let mean = f64::from(visits) * probability;
        let four_errors = 4.0 * (mean * (1.0 - probability)).sqrt();
        assert!((found - mean).abs() < four_errors, "{probability}: {found} of {mean} +- {four_errors}");
    }
}

#[test]
fn a_greater_probability_strikes_wherever_a_smaller_one_does() {
    let at = |probability: f64| -> BTreeSet<u64> {
        let fault = format!(r#"{{ "crash_agent": {{ "when": {{ "probability": {probability} }} }} }}"#);
        strikes(&mut plan(&[&fault]), &["a"], 200).into_iter().map(|(_, visit, _)| visit).collect()
    };
    assert!(at(0.2).is_subset(&at(0.5)) && at(0.5).is_subset(&at(1.0)));
    assert!(at(0.2).len() < at(0.5).len() && at(0.0).is_empty());
}

#[test]
fn nth_counts_each_place_by_itself_and_most_counts_all_or_each() {
    let visits = |when: &str| -> Vec<(String, u64)> {
        let fault = format!(r#"{{ "crash_agent": {{ "agent": "a*", "when": {when} }} }}"#);
        strikes(&mut plan(&[&fault]), &["a", "ab", "b"], 4).into_iter().map(|(who, visit, _)| (who, visit)).collect()
    };
    let found = |pairs: &[(&str, u64)]| -> Vec<(String, u64)> {
        pairs.iter().map(|(who, visit)| ((*who).to_owned(), *visit)).collect()
    };
    assert_eq!(visits(r#"{ "nth": [1, 3] }"#), found(&[("a", 1), ("ab", 1), ("a", 3), ("ab", 3)]));
    assert_eq!(visits(r#"{ "most": 3 }"#), found(&[("a", 1), ("ab", 1), ("a", 2)]));
    assert_eq!(visits(r#"{ "most_per_place": 1 }"#), found(&[("a", 1), ("ab", 1)]));
    assert_eq!(visits(r#"{ "at": "2ms" }"#), found(&[("a", 3)]));
    assert_eq!(visits(r#"{ "at_event": 1 }"#), found(&[("a", 2)]));
    assert_eq!(visits(r#"{ "from": "1ms", "until": "2ms" }"#), found(&[("a", 2), ("ab", 2)]));
    assert_eq!(visits(r#"{ "most": 0 }"#), []);
}

#[test]
fn what_lasts_goes_on_where_it_has_begun_until_it_may_no_more() {
    let visits = |when: &str| -> Vec<(String, u64)> {
        let fault = format!(r#"{{ "crash_loop": {{ "when": {when} }} }}"#);
        strikes(&mut plan(&[&fault]), &["a", "b"], 5).into_iter().map(|(who, visit, _)| (who, visit)).collect()
    };
    let of = |pairs: &[(&str, u64)]| -> Vec<(String, u64)> {
        pairs.iter().map(|(who, visit)| ((*who).to_owned(), *visit)).collect()
    };
    let from_third = of(&[("a", 3), ("b", 3), ("a", 4), ("b", 4), ("a", 5), ("b", 5)]);
    assert_eq!(visits(r#"{ "nth": 3 }"#), from_third);
    assert_eq!(visits(r#"{ "nth": 3, "until": "4ms" }"#), of(&[("a", 3), ("b", 3), ("a", 4), ("b", 4)]));
    assert_eq!(visits(r#"{ "nth": 3, "most": 3 }"#), of(&[("a", 3), ("b", 3), ("a", 4)]));
    assert_eq!(visits(r#"{ "nth": 3, "most_per_place": 1 }"#), of(&[("a", 3), ("b", 3)]));
    // With a probability it begins with each agent by chance, and never ends.
    let drawn = visits(r#"{ "probability": 0.4 }"#);
    for agent in ["a", "b"] {
        let own: Vec<u64> = drawn.iter().filter(|(who, _)| who == agent).map(|(_, visit)| *visit).collect();
        let first = own.first().copied().unwrap();
        assert_eq!(own, (first..=5).collect::<Vec<u64>>(), "{agent}");
    }
}

#[test]
fn the_first_fault_in_order_strikes_and_only_that_one_counts() {
    let faults = [r#"{ "crash_agent": { "when": { "nth": 2 } } }"#, r#"{ "crash_loop": { "when": { "most": 2 } } }"#];
    let mut plan = plan(&faults);
    let found: Vec<u32> = strikes(&mut plan, &["a"], 5).into_iter().map(|(_, _, rule)| rule).collect();
    assert_eq!(found, [1, 0, 1], "the loop may strike twice, and did not when the other one was first");
    let fired = plan.fired();
    assert_eq!(fired.by_rule, BTreeMap::from([(0, 1), (1, 2)]));
    assert_eq!(fired.by_number, BTreeMap::from([(FaultNumber(1), 1), (FaultNumber(8), 2)]));
    let forms = [("crash_agent.before_model", 1), ("crash_loop.before_model", 2)];
    assert_eq!(fired.by_form, forms.into_iter().map(|(form, count)| (form.to_owned(), count)).collect());
    let mut total = fired.clone();
    total.add(fired);
    assert_eq!(total.by_rule, BTreeMap::from([(0, 2), (1, 4)]));
}

fn delivered(faults: &[&str]) -> (FaultPlan, Delivery) {
    let mut plan = plan(faults);
    let delivery =
        plan.deliver(&path("a"), &path("b"), MessageKind::Answer, VirtualTime::from_millis(500), EventSequence(0));
    (plan, delivery)
}

#[test]
fn fates_of_a_message_add_up_and_a_drop_rules_out_all_others() {
    let delay = r#"{ "delay_messages": { "by": "2s" } }"#;
    let copy = r#"{ "duplicate_messages": { "copies": 2, "apart": "10ms" } }"#;
    let lie = r#"{ "lie": { "as": "another_round" } }"#;
    let (mut plan, delivery) = delivered(&[delay, copy, lie, lie, delay]);
    assert_eq!((delivery.delay.as_millis(), delivery.is_dropped), (4_000, false));
    assert_eq!(delivery.copies.iter().map(|copy| copy.as_millis()).collect::<Vec<_>>(), [10, 20]);
    assert!(delivery.lie.is_some());
    assert_eq!(delivery.strikes.iter().map(|strike| strike.rule).collect::<Vec<_>>(), [0, 1, 2, 4]);
    assert_eq!(plan.fired().by_rule.keys().copied().collect::<Vec<_>>(), [0, 1, 2, 4], "the second lie is none");

    let drop = r#"{ "drop_messages": { "when": { "nth": 2 } } }"#;
    (plan, _) = delivered(&[delay, drop, copy]);
    let delivery =
        plan.deliver(&path("a"), &path("b"), MessageKind::Answer, VirtualTime::from_millis(500), EventSequence(0));
    assert!(delivery.is_dropped && delivery.copies.is_empty() && delivery.strikes.len() == 1);
    assert_eq!(plan.fired().by_rule, BTreeMap::from([(0, 1), (1, 1), (2, 1)]), "what a drop rules out does not strike");
    let back = plan.deliver(&path("b"), &path("a"), MessageKind::Answer, VirtualTime::ZERO, EventSequence(0));
    assert!(!back.is_dropped, "the other direction is a place of its own");
}

#[test]
fn a_partition_heals() {
    let fault =
        r#"{ "partition": { "groups": [["a"], ["b"]], "as": "hold", "when": { "from": "1s", "until": "3s" } } }"#;
    let mut plan = plan(&[fault]);
    let mut delay_at = |from: &str, to: &str, now_ms| {
        let now = VirtualTime::from_millis(now_ms);
        plan.deliver(&path(from), &path(to), MessageKind::Told, now, EventSequence(0)).delay.as_millis()
    };
    let delays = [999, 1_000, 2_999, 3_000].map(|now_ms| delay_at("b", "a", now_ms));
    assert_eq!(delays, [0, 2_000, 1, 0]);
    assert_eq!([delay_at("a", "c", 2_000), delay_at("c", "b", 2_000)], [0, 0], "who is in no group hears all");
}

#[test]
fn a_plan_without_faults_touches_nothing_and_keeps_nothing() {
    let mut plan = plan(&[]);
    let (agent, untouched) = (path("a"), plan.clone());
    assert!(plan.is_empty() && plan.wakes().is_empty());
    let site = Site::AgentStep { agent: &agent, moment: Moment::BeforeModel };
    assert!(!plan.touches(site.kind()));
    assert_eq!(plan.strike(&site, VirtualTime::ZERO, EventSequence(0)), None);
    assert!(plan.deliver(&agent, &agent, MessageKind::Told, VirtualTime::ZERO, EventSequence(0)).is_plain());
    assert_eq!(plan, untouched);
}

#[test]
fn a_run_is_woken_when_something_may_be_called_off_and_for_nothing_else() {
    let cancel = |when: &str| format!(r#"{{ "cancel": {{ "when": {when} }} }}"#);
    let faults = [
        cancel(r#"{ "at": "3s" }"#),
        cancel(r#"{ "at_event": 9 }"#),
        cancel(r#"{ "probability": 0.1, "from": "1s" }"#),
        cancel(r#"{ "at": "3s" }"#),
        r#"{ "crash_agent": { "when": { "at": "2s" } } }"#.to_owned(),
    ];
    let faults: Vec<&str> = faults.iter().map(String::as_str).collect();
    assert_eq!(plan(&faults).wakes(), [1_000, 3_000].map(VirtualTime::from_millis));
}

#[test]
fn each_kind_of_site_is_touched_by_its_own_faults_only() {
    let plan = plan(&[r#"{ "crash_ledger": {} }"#, r#"{ "hook_failure": {} }"#]);
    let all = [
        SiteKind::AgentStep,
        SiteKind::ModelAttempt,
        SiteKind::ModelReply,
        SiteKind::ToolCall,
        SiteKind::Message,
        SiteKind::MemoryWrite,
        SiteKind::LedgerSettle,
        SiteKind::CouncilStep,
        SiteKind::Supervisor,
        SiteKind::Hook,
        SiteKind::Person,
        SiteKind::Handle,
        SiteKind::Progress,
    ];
    let touched: Vec<SiteKind> = all.into_iter().filter(|kind| plan.touches(*kind)).collect();
    assert_eq!(touched, [SiteKind::LedgerSettle, SiteKind::Hook]);
}

#[test]
fn a_plan_goes_on_where_it_was_written_down() {
    let faults = [HALF, r#"{ "crash_loop": { "agent": "b", "when": { "nth": 7, "most": 20 } } }"#];
    let mut whole = plan(&faults);
    let mut first = strikes(&mut whole, &["a", "b"], 10);
    let written = serde_json::to_string(&whole).unwrap();
    let mut again: FaultPlan = serde_json::from_str(&written).unwrap();
    assert_eq!(again, whole);
    let rest = strikes(&mut whole, &["a", "b"], 20);
    assert_eq!(strikes(&mut again, &["a", "b"], 20), rest);
    first.extend(rest);
    let unbroken = strikes(&mut plan(&faults), &["a", "b"], 30);
    assert_eq!(first, unbroken);
}

#[test]
fn a_strike_is_an_event_and_can_be_written_as_a_fault_of_its_own() {
    let mut original = plan(&[HALF]);
    let agent = path("a");
    let site = Site::AgentStep { agent: &agent, moment: Moment::BeforeModel };
    let strike = |plan: &mut FaultPlan| plan.strike(&site, VirtualTime::ZERO, EventSequence(0));
    let struck = (0..20).find_map(|_| strike(&mut original)).unwrap();
    let EventKind::FaultInjected { task, rule, fault, text } = struck.event(Some(TaskId(1))) else { unreachable!() };
    assert_eq!((task, rule, &*fault), (Some(TaskId(1)), 0, "crash_agent"));
    assert_eq!(&*text, "a crashes before it asks its model");
    assert_eq!(struck.action, FaultAction::Crash);

    let visit = struck.visit;
    let exact =
        format!(r#"{{ "crash_agent": {{ "agent": "a", "moment": "before_model", "when": {{ "nth": {visit} }} }} }}"#);
    let mut alone = plan(&[&exact]);
    let found: Vec<u64> = (0..20).filter_map(|_| strike(&mut alone)).map(|strike| strike.visit).collect();
    assert_eq!(found, [visit]);
}
