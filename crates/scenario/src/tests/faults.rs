//! Planned faults in a file: what is read, what they name, and that a provider's faults are what the retry rules know.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

use moot_core::{ActorPath, EventSequence, ModelFailure, ModelReply, VirtualTime};
use moot_mind::retry::{RetryDecision, RetryOptions, decide, kind_of};
use moot_safety::fault::{FaultAction, FaultOptions, FaultPlan, Site};

use super::*;

/// A lead that starts workers, a jury of two, a person, a hook, notes, and a summariser, with these faults.
fn with_faults(faults: &str) -> Result<Scenario, Problems> {
    read(&format!(
        "folkmoot: 1
name: faulty
models:
  m: {{ scripted: {{ steps: [{{ say: done }}] }} }}
  short: {{ scripted: {{ steps: [{{ say: brief }}] }} }}
  idle: {{ scripted: {{ steps: [{{ say: none }}] }} }}
agents:
  lead: {{ model: m, tools: [spawn_agent, read_file], spawns: [worker], compaction: {{ budget_tokens: 4000, summarise: {{ model: short }} }} }}
  worker: {{ model: m, tools: [read_file, remember], on_demand: true }}
  juror: {{ model: m, count: 2 }}
hooks: {{ guard: {{ on: stop, then: {{ rule: {{ annotate: x }} }} }} }}
person: {{ scripted: {{ approvals: [{{ refuse: no }}] }} }}
councils:
  jury: {{ vote: {{ members: [juror], rule: majority, ties: coin }} }}
coordination: {{ vote: {{ members: [lead, jury], rule: unanimity }} }}
tasks: {{ list: [x] }}
faults: [{faults}]
"
    ))
}

#[test]
fn faults_are_read_resolved_and_kept() {
    let text = format!(
        "{GOOD}check: invariants
faults:
  - crash_agent: {{ agent: 'juror[2]', moment: during_model, when: {{ nth: [1, 3] }} }}
  - cancel: {{ when: {{ at: 2s }} }}
"
    );
    let scenario = read(&text).unwrap();
    assert_eq!(scenario.faults.iter().map(FaultOptions::name).collect::<Vec<_>>(), ["crash_agent", "cancel"]);
    assert!(scenario.checks_invariants);
    let kept = scenario.resolved_yaml();
    let again = read(&kept).unwrap_or_else(|problems| panic!("{kept}\n{problems}"));
    assert_eq!((again.faults, again.checks_invariants), (scenario.faults, true), "{kept}");

    let plain = read(GOOD).unwrap();
    assert!(plain.faults.is_empty() && !plain.checks_invariants);
    assert!(!plain.resolved_yaml().contains("faults") && !plain.resolved_yaml().contains("check"));
    let switched_off = with_sets(&text, &["faults[0].crash_agent.when.most=0", "check=[invariants]"]).unwrap();
    assert_eq!(switched_off.faults[0].when().most, Some(0));
    assert!(switched_off.checks_invariants);
}

#[test]
fn whatever_takes_part_may_be_named() {
    for fault in [
        "crash_agent: { agent: juror }",
        "crash_agent: { agent: 'juror[1]' }",
        "crash_agent: { agent: '*' }",
        "crash_agent: { agent: lead/worker }",
        "crash_agent: { agent: 'lead/worker[2]' }",
        "crash_agent: { agent: 'lead/*' }",
        "crash_council: { council: jury }",
        "crash_council: { council: council }",
        "rate_limit: { model: short, agent: lead/compaction }",
        "rate_limit: { model: short, agent: lead }",
        "tool_panic: { tool: remember }",
        "tool_panic: { tool: 'read*', agent: lead }",
        "tool_panic: { tool: read_file, agent: lead/worker }",
        "drop_messages: { from: world, to: council }",
        "drop_messages: { from: jury, to: 'juror[0]' }",
        "partition: { groups: [[lead, world], [jury, juror]] }",
        "slow_consumer: { actor: world/memory }",
        "slow_consumer: { actor: world/model/m }",
        "slow_consumer: { actor: jury }",
        "crash_supervisor: { path: anything }",
        "hook_failure: { hook: guard }",
        "person_failure: { agent: lead, as: hang }",
    ] {
        if let Err(problems) = with_faults(&format!("{{ {fault} }}")) {
            panic!("{fault}: {problems}");
        }
    }
}

#[test]
fn what_nobody_can_meet_is_told_where_it_stands() {
    for (fault, message) in [
        ("crash_agent: { agent: worker }", "there is no agent `worker`"),
        ("crash_agent: { agent: jury }", "there is no agent `jury`"),
        ("crash_council: { council: juror }", "there is no council `juror`"),
        ("rate_limit: { model: idle }", "no agent that `*` names asks a model `idle`"),
        ("tool_panic: { tool: remember, agent: 'juror[0]' }", "no agent that `juror[0]` names has a tool `remember`"),
        ("tool_panic: { tool: list_files }", "no agent that `*` names has a tool `list_files`"),
        ("drop_messages: { from: world/memory }", "there is no participant `world/memory`"),
        ("hook_failure: { hook: gaurd }", "did you mean `guard`?"),
    ] {
        let told = with_faults(&format!("{{ {fault} }}")).map_or_else(|found| found.to_string(), |_| String::new());
        assert!(told.contains(message) && told.matches("jury.yaml:").count() == 1, "{fault}: {told}");
    }
}

/// The failure that a fault gives.
fn failure(fault: &str) -> ModelFailure {
    let options: FaultOptions = serde_json::from_str(fault).unwrap();
    let agent = ActorPath::new("a").unwrap();
    let site = Site::ModelAttempt { model: "m", agent: &agent };
    let strike = FaultPlan::new(&[options], 1, 0).strike(&site, VirtualTime::ZERO, EventSequence(0)).unwrap();
    let FaultAction::Model(fault) = strike.action else { panic!("{fault} is no fault of a model") };
    fault.apply(ModelReply::text("a reply of some length")).unwrap_err()
}

/// What a fault says of itself is what its status and body stand for, and the retry rules do with it what they do with
/// a provider's own.
#[test]
fn the_retry_rules_read_a_fault_as_they_read_a_provider() {
    for (fault, expected) in [
        (r#"{ "rate_limit": { "retry_after": "absent" } }"#, Some(500)),
        (r#"{ "rate_limit": { "retry_after": "seconds", "wait": "2500ms" } }"#, Some(2_500)),
        (r#"{ "rate_limit": { "retry_after": "milliseconds", "wait": "2500ms" } }"#, Some(2_500)),
        (r#"{ "rate_limit": { "retry_after": "date", "wait": "2500ms" } }"#, Some(3_000)),
        (r#"{ "rate_limit": { "retry_after": "huge" } }"#, None),
        (r#"{ "rate_limit": { "retry_after": "negative" } }"#, Some(500)),
        (r#"{ "rate_limit": { "retry_after": "garbage" } }"#, Some(500)),
        (r#"{ "rate_limit": { "retry_after": "seconds", "wait": "3m" } }"#, None),
        (r#"{ "server_error": { "as": "internal" } }"#, Some(500)),
        (r#"{ "server_error": { "as": "bad_gateway" } }"#, Some(500)),
        (r#"{ "server_error": { "as": "unavailable" } }"#, Some(500)),
        (r#"{ "server_error": { "as": "overloaded" } }"#, Some(500)),
        (r#"{ "server_error": { "as": "no_connection" } }"#, Some(500)),
        (r#"{ "server_error": { "as": "no_name" } }"#, Some(500)),
        (r#"{ "client_error": { "as": "bad_request" } }"#, None),
        (r#"{ "client_error": { "as": "unauthorized" } }"#, None),
        (r#"{ "client_error": { "as": "forbidden" } }"#, None),
        (r#"{ "client_error": { "as": "not_found" } }"#, None),
        (r#"{ "client_error": { "as": "quota" } }"#, None),
        (r#"{ "model_timeout": {} }"#, Some(500)),
        (r#"{ "stream_cut": { "as": "before_first_token" } }"#, Some(500)),
        (r#"{ "stream_cut": { "as": "mid_text" } }"#, Some(500)),
        (r#"{ "stream_cut": { "as": "mid_tool_call" } }"#, Some(500)),
        (r#"{ "stream_cut": { "as": "no_finish_reason" } }"#, Some(500)),
        (r#"{ "malformed_reply": { "as": "broken_json" } }"#, Some(500)),
        (r#"{ "malformed_reply": { "as": "wrong_content_type" } }"#, Some(500)),
        (r#"{ "malformed_reply": { "as": "html" } }"#, Some(500)),
        (r#"{ "malformed_reply": { "as": "empty_body" } }"#, Some(500)),
    ] {
        let failure = failure(fault);
        // The kind of an answer that was a success up to its end is not told by its status.
        if let Some(wire) = failure.wire.as_deref().filter(|wire| wire.status.is_some_and(|status| status >= 400)) {
            assert_eq!(kind_of(wire), failure.kind, "{fault}");
        }
        let decision = decide(&RetryOptions::default(), 0, &failure, 0.0, 0);
        let after = match decision {
            RetryDecision::Again { after, .. } => Some(after.as_millis()),
            RetryDecision::GiveUp { .. } => None,
        };
        assert_eq!(after, expected, "{fault}");
    }
}

#[test]
fn the_schema_knows_every_fault_and_the_document_names_it() {
    let schema = serde_json::to_string(&schema()).unwrap();
    let document = include_str!("../../../../docs/scenario.md");
    for name in FaultOptions::NAMES {
        assert!(schema.contains(&format!("\"{name}\":")), "{name} is in the schema");
        assert!(document.contains(&format!("\n| `{name}` | F")), "{name} has a row in docs/scenario.md");
    }
}
