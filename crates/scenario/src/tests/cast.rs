//! Who is in a scenario: counts, members, fresh copies and their addresses.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use super::*;

/// A scenario with agents `juror` (3), `clerk` (1 without a count) and `judge` (an explicit count of 1).
fn scenario(coordination: &str, councils: &str) -> Scenario {
    let text = format!(
        "folkmoot: 1
name: x
models: {{ m: {{ stochastic: {{ accuracy: 0.6 }} }} }}
agents:
  juror: {{ model: m, count: 3 }}
  clerk: {{ model: m }}
  judge: {{ model: m, count: 1 }}
coordination: {coordination}
councils:
{councils}
tasks: {{ list: [a] }}
"
    );
    read(&text).unwrap_or_else(|problems| panic!("{problems}"))
}

fn vote(members: &str, fresh: bool) -> String {
    format!("{{ vote: {{ members: [{members}], rule: majority, ties: coin, fresh: {fresh} }} }}")
}

/// Each agent as `path=address/group`.
fn agents(scenario: &Scenario) -> Vec<String> {
    scenario.agents.iter().map(|agent| format!("{}={}/{}", agent.path, agent.address, agent.group)).collect()
}

fn members(scenario: &Scenario, council: &str) -> Vec<String> {
    let council = scenario.councils.iter().find(|plan| plan.path.as_str() == council).unwrap();
    council.members.iter().map(ToString::to_string).collect()
}

const IDLE: [&str; 5] = [
    "clerk=clerk/clerk",
    "judge[0]=judge[0]/judge",
    "juror[0]=juror[0]/juror",
    "juror[1]=juror[1]/juror",
    "juror[2]=juror[2]/juror",
];

#[test]
fn a_count_gives_indices_and_its_absence_none() {
    let scenario = scenario("clerk", "  {}");
    assert_eq!(agents(&scenario), IDLE);
    assert_eq!(scenario.root.as_str(), "clerk");
    assert!(scenario.councils.is_empty());
}

#[test]
fn the_root_is_one_participant() {
    assert_eq!(scenario("judge", "  {}").root.as_str(), "judge[0]");
    assert_eq!(scenario("\"juror[1]\"", "  {}").root.as_str(), "juror[1]");
    assert_eq!(scenario("jury", &format!("  jury: {}", vote("juror", false))).root.as_str(), "jury");
    let inline = scenario(&vote("juror, clerk", false), "  {}");
    assert_eq!(inline.root.as_str(), "council");
    assert_eq!(members(&inline, "council"), ["juror[0]", "juror[1]", "juror[2]", "clerk"]);
}

#[test]
fn members_are_groups_single_agents_and_councils() {
    let scenario = scenario(&vote("jury, \"juror[2]\", clerk", false), &format!("  jury: {}", vote("juror", false)));
    assert_eq!(members(&scenario, "council"), ["jury", "juror[2]", "clerk"]);
    assert_eq!(members(&scenario, "jury"), ["juror[0]", "juror[1]", "juror[2]"]);
    assert_eq!(agents(&scenario), IDLE, "councils that share agents copy none");
}

#[test]
fn a_fresh_council_has_copies_with_the_addresses_of_the_originals() {
    let scenario = scenario("jury", &format!("  jury: {}", vote("juror", true)));
    assert_eq!(members(&scenario, "jury"), ["jury/juror[0]", "jury/juror[1]", "jury/juror[2]"]);
    assert_eq!(
        agents(&scenario),
        [
            "clerk=clerk/clerk",
            "judge[0]=judge[0]/judge",
            "jury/juror[0]=juror[0]/juror",
            "jury/juror[1]=juror[1]/juror",
            "jury/juror[2]=juror[2]/juror",
        ],
        "originals that are only copied don't take part"
    );
}

#[test]
fn further_copies_have_addresses_of_their_own() {
    let councils = format!("  a: {}\n  b: {}", vote("juror", true), vote("\"juror[1]\"", true));
    let two = scenario(&vote("b, a", false), &councils);
    let found = agents(&two);
    for wanted in ["a/juror[1]=juror[1]/juror", "b/juror[1]=juror[1]#1/juror#1"] {
        assert!(found.iter().any(|agent| agent == wanted), "{wanted}: {found:?}");
    }
    let direct = scenario(&vote("b, juror", false), &councils);
    let found = agents(&direct);
    for wanted in ["juror[1]=juror[1]/juror", "b/juror[1]=juror[1]#1/juror#1"] {
        assert!(found.iter().any(|agent| agent == wanted), "{wanted}: {found:?}");
    }
    assert!(!found.iter().any(|agent| agent.starts_with("a/")), "nothing leads to the council a");
}

#[test]
fn a_council_that_nobody_leads_to_changes_nothing() {
    let jury = format!("  jury: {}", vote("juror", true));
    let alone = scenario("jury", &jury);
    let beside = scenario("jury", &format!("{jury}\n  aside: {}", vote("juror, clerk", true)));
    assert_eq!((alone.agents, alone.councils), (beside.agents, beside.councils));
}

#[test]
fn a_single_member_is_exactly_one() {
    let scenario = scenario("{ single: { member: judge } }", "  {}");
    assert_eq!(members(&scenario, "council"), ["judge[0]"]);
}

#[test]
fn councils_may_stand_deep_in_one_another() {
    let mut councils = String::from("  c0: { single: { member: clerk } }\n");
    for index in 1..63 {
        councils.push_str(&format!("  c{index}: {{ single: {{ member: c{} }} }}\n", index - 1));
    }
    assert_eq!(scenario("c62", &councils).councils.len(), 63);
}
