//! Tests of the options: ranges, what fits together, and how they are written.

use super::*;
use crate::supervision::ROOT;

fn paths(name: &str, json: &str) -> Vec<String> {
    let options: SupervisorOptions = serde_json::from_str(json).unwrap();
    options.check(name).into_iter().map(|problem| problem.path).collect()
}

#[test]
fn each_option_has_its_range() {
    for (json, expected) in [
        ("{}", &[][..]),
        (r#"{"intensity": 0}"#, &[]),
        (r#"{"intensity": 1000}"#, &[]),
        (r#"{"intensity": 1001}"#, &["intensity"]),
        (r#"{"period": "0s"}"#, &["period"]),
        (r#"{"period": "24h"}"#, &[]),
        (r#"{"period": "25h"}"#, &["period"]),
        (r#"{"consecutive_max": 0}"#, &["consecutive_max"]),
        (r#"{"consecutive_max": 1001}"#, &["consecutive_max"]),
        (r#"{"backoff": {"min": "0s", "max": "0s"}}"#, &[]),
        (r#"{"backoff": {"min": "11s"}}"#, &["backoff.max"]),
        (r#"{"backoff": {"max": "2h"}}"#, &["backoff.max"]),
        (r#"{"backoff": {"min": "2h", "max": "2h"}}"#, &["backoff.min", "backoff.max"]),
        (r#"{"backoff": {"factor": 0.5}}"#, &["backoff.factor"]),
        (r#"{"backoff": {"factor": 10, "jitter": 1}}"#, &[]),
        (r#"{"backoff": {"factor": 11, "jitter": 1.5}}"#, &["backoff.factor", "backoff.jitter"]),
        (r#"{"auto_shutdown": "any_significant"}"#, &["auto_shutdown"]),
    ] {
        assert_eq!(paths("jury", json), expected, "{json}");
    }
}

#[test]
fn what_isolates_counts_each_child_by_itself() {
    for (name, json, expected) in [
        ("jury", r#"{"at_limit": "isolate"}"#, &["at_limit"][..]),
        ("jury", r#"{"at_limit": "isolate", "counted": "each"}"#, &[]),
        (ROOT, r#"{"at_limit": "isolate"}"#, &[]),
        (ROOT, r#"{"at_limit": "isolate", "counted": "together"}"#, &["at_limit"]),
        (ROOT, r#"{"at_limit": "isolate", "strategy": "one_for_all"}"#, &["at_limit"]),
        ("jury", r#"{"children": ["a", {"name": "b", "at_limit": "isolate"}]}"#, &["children[1]"]),
    ] {
        assert_eq!(paths(name, json), expected, "{name} {json}");
    }
}

#[test]
fn a_significant_child_can_end_and_is_asked_for() {
    let significant = |restart: &str, auto: &str| {
        format!(
            r#"{{"auto_shutdown": "{auto}", "children": [{{"name": "a", "restart": "{restart}", "significant": true}}]}}"#
        )
    };
    assert_eq!(paths("jury", &significant("transient", "all_significant")), [] as [&str; 0]);
    assert_eq!(paths("jury", &significant("temporary", "any_significant")), [] as [&str; 0]);
    assert_eq!(paths("jury", &significant("permanent", "all_significant")), ["children[0]"]);
    assert_eq!(paths("jury", &significant("transient", "never")), ["children[0]"]);
}

#[test]
fn a_child_is_a_name_or_a_map_and_is_written_back_as_short_as_it_can() {
    for (json, expected) in [
        (r#""juror""#, r#""juror""#),
        (r#"{"name":"juror"}"#, r#""juror""#),
        (r#"{"name":"juror","restart":"permanent"}"#, r#""juror""#),
        (
            r#"{"name":"juror","restart":"transient","shutdown":"brutal_kill"}"#,
            r#"{"name":"juror","restart":"transient","significant":false,"shutdown":"brutal_kill"}"#,
        ),
    ] {
        let child: ChildOptions = serde_json::from_str(json).unwrap();
        let text = serde_json::to_string(&child).unwrap();
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<ChildOptions>(&text).unwrap(), child);
    }
    for wrong in
        ["3", r#"{"restart": "permanent"}"#, r#"{"name": "a", "restarts": 3}"#, r#"{"name": "a", "shutdown": "soon"}"#]
    {
        assert!(serde_json::from_str::<ChildOptions>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn options_survive_being_written_and_read_and_unknown_ones_are_refused() {
    let options = SupervisorOptions {
        shutdown: Some(Shutdown::Infinity),
        counted: Some(Counted::Each),
        at_limit: Some(AtLimit::Isolate),
        children: vec![ChildOptions::named("juror")],
        ..SupervisorOptions::default()
    };
    let text = serde_json::to_string(&options).unwrap();
    assert!(text.contains(r#""period":"5s""#), "{text}");
    assert_eq!(serde_json::from_str::<SupervisorOptions>(&text).unwrap(), options);
    assert!(serde_json::from_str::<SupervisorOptions>(r#"{"restarts": 1}"#).is_err());
    let schema = serde_json::to_value(schemars::schema_for!(SupervisorOptions)).unwrap();
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["properties"]["intensity"]["maximum"], 1_000);
}

#[test]
fn the_defaults_are_those_that_are_documented() {
    let policy = SupervisorOptions::default().policy("jury");
    let backoff = BackoffOptions {
        min: VirtualDuration::from_millis(100),
        max: VirtualDuration::from_millis(10_000),
        factor: 2.0,
        jitter: 0.2,
    };
    assert_eq!((policy.intensity, policy.period.as_millis(), policy.consecutive_max), (3, 5_000, 10));
    assert_eq!((policy.strategy, policy.counted, policy.backoff), (Strategy::OneForOne, Counted::Together, backoff));
    assert_eq!(SupervisorOptions::default().policy(ROOT).counted, Counted::Each);
}
