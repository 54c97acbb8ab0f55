//! Every kind of fault: its options as files give them, where it strikes, what it does.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

use std::collections::BTreeSet;

use moot_core::random::RandomKey;
use moot_core::{ActorPath, EventSequence, ModelFailureKind, ModelReply, ToolErrorCode, Usage};

use super::*;
use crate::fault::{
    AnswerFault, CallFault, CancelScope, CutPoint, FaultPlan, Lie, LieForm, MessageFault, ModelFault, Moment,
    ReplyFault, Strike, ToolFault, UsageFault,
};

fn read(json: &str) -> FaultOptions {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn path(text: &str) -> ActorPath {
    ActorPath::new(text).unwrap()
}

/// What a single fault does at the first visit of a site, at 2 s.
fn struck(json: &str, site: &Site<'_>) -> Option<Strike> {
    let mut plan = FaultPlan::new(&[read(json)], 7, 0);
    plan.strike(site, VirtualTime::from_millis(2_000), EventSequence(20))
}

/// A fault of every kind with each form, at the site of `ann`, and what it is: its number, its form, the text.
#[test]
fn each_kind_strikes_at_its_sites_and_says_what_it_does() {
    let (ann, bob, jury) = (path("ann"), path("bob[2]"), path("jury"));
    let step = |moment| Site::AgentStep { agent: &ann, moment };
    let attempt = Site::ModelAttempt { model: "gpt", agent: &ann };
    let reply = Site::ModelReply { model: "gpt", agent: &ann, calls: 1 };
    let call = Site::ToolCall { tool: "look", agent: &ann };
    let answer = Site::Message { from: &ann, to: &jury, kind: MessageKind::Answer };
    let told = Site::Message { from: &bob, to: &ann, kind: MessageKind::Told };
    let ms = VirtualDuration::from_millis;
    let model = |fault| FaultAction::Model(fault);
    let message = |fault| FaultAction::Message(fault);
    let rows = [
        (
            r#"{ "crash_agent": { "agent": "ann", "moment": ["after_model", "before_model"] } }"#,
            step(Moment::AfterModel),
            step(Moment::DuringModel),
            (1, "after_model", "ann crashes when it has its model's answer", FaultAction::Crash),
        ),
        (
            r#"{ "crash_agent": { "moment": "during_model" } }"#,
            step(Moment::DuringModel),
            step(Moment::BeforeModel),
            (1, "during_model", "ann crashes while its model's answer is out", FaultAction::Crash),
        ),
        (
            r#"{ "crash_executor": { "tool": "lo*" } }"#,
            call,
            Site::ToolCall { tool: "read", agent: &ann },
            (2, "", "the executor crashes during the call of look by ann", FaultAction::Tool(ToolFault::CrashExecutor)),
        ),
        (
            r#"{ "tool_panic": { "agent": "ann", "after_effect": true } }"#,
            call,
            Site::ToolCall { tool: "look", agent: &bob },
            (
                2,
                "after_effect",
                "the call of look by ann panics after it has done its work",
                FaultAction::Tool(ToolFault::Panic { after_effect: true }),
            ),
        ),
        (
            r#"{ "tool_error": { "tool": "look", "code": "not_found", "message": "gone" } }"#,
            call,
            attempt,
            (
                2,
                "not_found",
                "the call of look by ann gives the error not_found: gone",
                FaultAction::Tool(ToolFault::Error { code: ToolErrorCode::NotFound, message: "gone".into() }),
            ),
        ),
        (
            r#"{ "tool_timeout": { "by": "3s" } }"#,
            call,
            reply,
            (
                3,
                "",
                "the call of look by ann times out; its result comes 3.000 s later",
                FaultAction::Tool(ToolFault::Late { by: ms(3_000) }),
            ),
        ),
        (
            r#"{ "crash_memory": { "agent": "ann" } }"#,
            Site::MemoryWrite { agent: &ann },
            Site::LedgerSettle { agent: &ann },
            (
                4,
                "",
                "the memory store crashes when what ann writes down is kept but not acknowledged",
                FaultAction::Crash,
            ),
        ),
        (
            r#"{ "crash_ledger": {} }"#,
            Site::LedgerSettle { agent: &ann },
            Site::MemoryWrite { agent: &ann },
            (5, "", "the ledger crashes before it settles the attempt of ann", FaultAction::Crash),
        ),
        (
            r#"{ "crash_council": { "council": "jury" } }"#,
            Site::CouncilStep { council: &jury },
            Site::CouncilStep { council: &ann },
            (6, "", "jury crashes in the middle of a round", FaultAction::Crash),
        ),
        (
            r#"{ "crash_supervisor": { "path": "jury" } }"#,
            Site::Supervisor { path: &jury },
            Site::Supervisor { path: &ann },
            (7, "", "the supervisor jury crashes", FaultAction::Crash),
        ),
        (
            r#"{ "crash_loop": { "agent": "ann" } }"#,
            step(Moment::BeforeModel),
            step(Moment::AfterModel),
            (8, "before_model", "ann crashes before it asks its model", FaultAction::Crash),
        ),
        (
            r#"{ "stream_cut": { "model": "gpt", "as": "mid_text" } }"#,
            attempt,
            Site::ModelAttempt { model: "other", agent: &ann },
            (
                13,
                "mid_text",
                "the answer to the attempt of ann at gpt is cut in the middle of its text",
                model(ModelFault::Cut(CutPoint::MidText)),
            ),
        ),
        (
            r#"{ "wrong_usage": { "agent": "ann", "as": ["negative"] } }"#,
            attempt,
            Site::ModelAttempt { model: "gpt", agent: &bob },
            (
                15,
                "negative",
                "the usage that comes with the answer to the attempt of ann at gpt is negative",
                model(ModelFault::Usage(UsageFault::Negative)),
            ),
        ),
        (
            r#"{ "wrong_calls": { "as": "many_calls", "calls": 9 } }"#,
            reply,
            Site::ModelReply { model: "gpt", agent: &ann, calls: 0 },
            (
                16,
                "many_calls",
                "the tool calls of the reply of gpt to ann are made wrong: many_calls",
                FaultAction::Reply(ReplyFault::Calls { fault: CallFault::ManyCalls, calls: 9 }),
            ),
        ),
        (
            r#"{ "delay_messages": { "from": "ann", "by": "2s" } }"#,
            answer,
            told,
            (18, "", "the answer from ann to jury comes 2.000 s late", message(MessageFault::Delay { by: ms(2_000) })),
        ),
        (
            r#"{ "duplicate_messages": { "to": "ann", "messages": "told", "copies": 2, "apart": "5ms" } }"#,
            told,
            answer,
            (
                19,
                "",
                "the message from bob[2] to ann comes 3 times",
                message(MessageFault::Duplicate { copies: 2, apart: ms(5) }),
            ),
        ),
        (
            r#"{ "drop_messages": { "messages": ["assignment", "answer"] } }"#,
            answer,
            told,
            (20, "", "the answer from ann to jury is dropped", message(MessageFault::Drop)),
        ),
        (
            r#"{ "partition": { "groups": [["ann"], ["j*", "carl"]] } }"#,
            answer,
            told,
            (20, "drop", "the answer from ann to jury is dropped by a partition", message(MessageFault::Drop)),
        ),
        (
            r#"{ "partition": { "groups": [["ann"], ["bob"]], "as": "hold", "when": { "until": "9s" } } }"#,
            told,
            answer,
            (
                20,
                "hold",
                "the message from bob[2] to ann is held for 7.000 s by a partition",
                message(MessageFault::Delay { by: ms(7_000) }),
            ),
        ),
        (
            r#"{ "slow_consumer": { "actor": "jury", "by": "1s" } }"#,
            Site::Handle { actor: &jury },
            Site::Handle { actor: &ann },
            (21, "", "jury takes 1.000 s longer over a message", FaultAction::Slow { by: ms(1_000) }),
        ),
        (
            r#"{ "cancel": { "what": "tasks", "when": { "at": "2s" } } }"#,
            Site::Progress,
            attempt,
            (26, "tasks", "the open tasks are called off", FaultAction::Cancel(CancelScope::Tasks)),
        ),
        (
            r#"{ "hook_failure": { "hook": "guard", "as": "hang" } }"#,
            Site::Hook { hook: "guard" },
            Site::Hook { hook: "other" },
            (27, "hang", "the hook guard never answers", FaultAction::Answer(AnswerFault::Hang)),
        ),
        (
            r#"{ "person_failure": { "as": "answer_twice" } }"#,
            Site::Person { agent: &ann },
            Site::Hook { hook: "ann" },
            (
                27,
                "answer_twice",
                "the person whom ann asks answers twice",
                FaultAction::Answer(AnswerFault::AnswerTwice),
            ),
        ),
        (
            r#"{ "lie": { "from": "ann", "as": "another_name" } }"#,
            answer,
            Site::Message { from: &ann, to: &jury, kind: MessageKind::Told },
            (
                29,
                "another_name",
                "the answer from ann to jury claims to be from jury",
                message(MessageFault::Lie(Lie { form: LieForm::AnotherName, name: "jury".into() })),
            ),
        ),
    ];
    for (json, site, elsewhere, (number, form, text, action)) in rows {
        assert_eq!(read(json).check(), [], "{json}");
        let strike = struck(json, &site).unwrap_or_else(|| panic!("{json} does not strike"));
        assert_eq!((strike.number.0, strike.form, &*strike.text), (number, form, text), "{json}");
        assert_eq!(strike.action, action, "{json}");
        assert_eq!(struck(json, &elsewhere), None, "{json}");
        assert!(read(json).sites().contains(&site.kind()), "{json}");
    }
}

/// The failure that a fault gives in place of a reply that took 30 tokens and 400 ms.
fn failure(json: &str) -> moot_core::ModelFailure {
    let ann = path("ann");
    let strike = struck(json, &Site::ModelAttempt { model: "gpt", agent: &ann }).unwrap();
    let FaultAction::Model(fault) = strike.action else { panic!("{json} is no fault of a model") };
    let reply = ModelReply {
        usage: Some(Usage::new(20, 10)),
        latency: VirtualDuration::from_millis(400),
        ..ModelReply::text("A")
    };
    fault.apply(reply).unwrap_err()
}

#[test]
fn failures_of_models_are_what_a_provider_would_answer() {
    use ModelFailureKind as Kind;
    for (json, kind, status, tokens, latency_ms) in [
        (r#"{ "rate_limit": {} }"#, Kind::RateLimited, Some(429), 0, 100),
        (r#"{ "rate_limit": { "latency": "3s" } }"#, Kind::RateLimited, Some(429), 0, 3_000),
        (r#"{ "server_error": { "as": "internal" } }"#, Kind::ServerError, Some(500), 30, 400),
        (r#"{ "server_error": { "as": "bad_gateway", "latency": "1s" } }"#, Kind::ServerError, Some(502), 30, 1_000),
        (r#"{ "server_error": { "as": "unavailable" } }"#, Kind::Overloaded, Some(503), 0, 100),
        (r#"{ "server_error": { "as": "overloaded" } }"#, Kind::Overloaded, Some(529), 0, 100),
        (r#"{ "server_error": { "as": "no_connection" } }"#, Kind::Connection, None, 0, 100),
        (r#"{ "server_error": { "as": "no_name" } }"#, Kind::Connection, None, 0, 100),
        (r#"{ "client_error": { "as": "bad_request" } }"#, Kind::InvalidRequest, Some(400), 0, 100),
        (r#"{ "client_error": { "as": "unauthorized" } }"#, Kind::Authentication, Some(401), 0, 100),
        (r#"{ "client_error": { "as": "forbidden" } }"#, Kind::Authentication, Some(403), 0, 100),
        (r#"{ "client_error": { "as": "not_found" } }"#, Kind::InvalidRequest, Some(404), 0, 100),
        (r#"{ "client_error": { "as": "quota" } }"#, Kind::Authentication, Some(429), 0, 100),
        (r#"{ "model_timeout": { "after": "9s" } }"#, Kind::Timeout, None, 30, 9_000),
        (r#"{ "malformed_reply": { "as": "broken_json" } }"#, Kind::MalformedReply, Some(200), 30, 400),
        (r#"{ "malformed_reply": { "as": "html" } }"#, Kind::MalformedReply, Some(200), 30, 400),
        (r#"{ "malformed_reply": { "as": "wrong_content_type" } }"#, Kind::MalformedReply, Some(200), 30, 400),
        (r#"{ "malformed_reply": { "as": "empty_body" } }"#, Kind::MalformedReply, Some(200), 30, 400),
    ] {
        let failure = failure(json);
        assert_eq!(failure.kind, kind, "{json}");
        assert_eq!(failure.wire.as_ref().and_then(|wire| wire.status), status, "{json}");
        assert_eq!(failure.usage.map(Usage::total_tokens), Some(tokens), "{json}");
        assert_eq!(failure.latency.as_millis(), latency_ms, "{json}");
    }
}

#[test]
fn each_way_to_ask_for_a_wait_has_its_headers() {
    for (form, wait, expected) in [
        ("absent", "2s", &[][..]),
        ("seconds", "2s", &[("retry-after", "2")]),
        ("seconds", "2050ms", &[("retry-after", "2.050")]),
        ("milliseconds", "2s", &[("retry-after-ms", "2000")]),
        (
            "date",
            "1h1m1500ms",
            &[("date", "Wed, 01 Jan 2025 00:00:00 GMT"), ("retry-after", "Wed, 01 Jan 2025 01:01:02 GMT")],
        ),
        ("huge", "2s", &[("retry-after", "1000000000")]),
        ("negative", "2s", &[("retry-after", "-1")]),
        ("garbage", "2s", &[("retry-after", "soon")]),
    ] {
        let failure = failure(&format!(r#"{{ "rate_limit": {{ "retry_after": "{form}", "wait": "{wait}" }} }}"#));
        let headers = failure.wire.unwrap().headers;
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(headers, expected, "{form} {wait}");
    }
}

#[test]
fn without_a_form_each_is_drawn() {
    let ann = path("ann");
    let site = Site::ModelAttempt { model: "gpt", agent: &ann };
    for (json, forms) in [
        (r#"{ "rate_limit": {} }"#, rate_limit::RetryAfter::ALL.map(rate_limit::RetryAfter::as_str).to_vec()),
        (r#"{ "stream_cut": {} }"#, CutPoint::ALL.map(CutPoint::as_str).to_vec()),
        (r#"{ "server_error": { "as": ["no_name", "internal"] } }"#, vec!["no_name", "internal"]),
    ] {
        let mut plan = FaultPlan::new(&[read(json)], 7, 0);
        let drawn: BTreeSet<&str> =
            (0..100).map(|_| plan.strike(&site, VirtualTime::ZERO, EventSequence(0)).unwrap().form).collect();
        assert_eq!(drawn, forms.into_iter().collect(), "{json}");
    }
}

#[test]
fn a_delay_is_drawn_within_its_bounds_and_a_reorder_from_nothing_on() {
    let draws = |visit| Draws::new(RandomKey::new(1, 0, "x"), 0, visit);
    let (ann, bob) = (path("ann"), path("bob"));
    let site = Site::Message { from: &ann, to: &bob, kind: MessageKind::Told };
    for (json, least, most) in [
        (r#"{ "delay_messages": { "by": "10ms", "up_to": "14ms" } }"#, 10, 14),
        (r#"{ "reorder_messages": { "within": "4ms" } }"#, 0, 4),
    ] {
        let delay = |visit| {
            let context = Context { now: VirtualTime::ZERO, visit, draws: draws(visit) };
            match read(json).effect(&site, context).action {
                FaultAction::Message(MessageFault::Delay { by }) => by.as_millis(),
                other => panic!("{other:?}"),
            }
        };
        let delays: BTreeSet<u64> = (0..100).map(delay).collect();
        assert_eq!(delays, (least..=most).collect(), "{json}");
    }
}

/// How a model goes on and on: the same call, each time under an id of its own.
#[test]
fn a_repeated_call_goes_on_whatever_the_model_says() {
    let ann = path("ann");
    let fault = r#"{ "repeat_call": { "tool": "look", "arguments": { "at": 1 }, "when": { "nth": 2, "most": 3 } } }"#;
    let mut plan = FaultPlan::new(&[read(fault)], 7, 0);
    let mut replies = Vec::new();
    for calls in [0, 1, 0, 0, 2, 0] {
        let site = Site::ModelReply { model: "gpt", agent: &ann, calls };
        let strike = plan.strike(&site, VirtualTime::ZERO, EventSequence(0));
        replies.push(strike.map(|strike| match strike.action {
            FaultAction::Reply(fault) => {
                let [call] = <[_; 1]>::try_from(fault.apply(ModelReply::text("done")).tool_calls).unwrap();
                assert_eq!((&*call.name, &*call.arguments), ("look", r#"{"at":1}"#));
                call.id.to_string()
            }
            other => panic!("{other:?}"),
        }));
    }
    let some = |id: &str| Some(id.to_owned());
    assert_eq!(replies, [None, some("fault-2"), some("fault-3"), some("fault-4"), None, None]);
}

#[test]
fn what_can_never_be_meant_is_refused() {
    for (json, expected) in [
        (r#"{ "crash_agent": { "agent": "", "moment": [] } }"#, &["crash_agent.agent", "crash_agent.moment"][..]),
        (r#"{ "crash_agent": { "when": { "nth": 0 } } }"#, &["crash_agent.when.nth"]),
        (r#"{ "tool_error": { "code": "timed_out" } }"#, &["tool_error.code"]),
        (r#"{ "tool_timeout": { "by": "25h" } }"#, &["tool_timeout.by"]),
        (r#"{ "rate_limit": { "retry_after": [], "wait": "24h" } }"#, &["rate_limit.retry_after", "rate_limit.wait"]),
        (r#"{ "server_error": { "as": [], "latency": "25h" } }"#, &["server_error.as", "server_error.latency"]),
        (r#"{ "model_timeout": { "after": "0s" } }"#, &["model_timeout.after"]),
        (r#"{ "wrong_calls": { "calls": 1 } }"#, &["wrong_calls.calls"]),
        (r#"{ "repeat_call": { "tool": " " } }"#, &["repeat_call.tool"]),
        (r#"{ "delay_messages": { "by": "2s", "up_to": "1s" } }"#, &["delay_messages.up_to"]),
        (
            r#"{ "delay_messages": { "from": "", "messages": [] } }"#,
            &["delay_messages.from", "delay_messages.messages"],
        ),
        (r#"{ "reorder_messages": { "within": "0s" } }"#, &["reorder_messages.within"]),
        (r#"{ "duplicate_messages": { "copies": 0 } }"#, &["duplicate_messages.copies"]),
        (r#"{ "partition": { "groups": [["a", ""], []] } }"#, &["partition.groups[0][1]", "partition.groups[1]"]),
        (r#"{ "partition": { "groups": [["a"]], "as": "hold" } }"#, &["partition.groups", "partition.as"]),
        (r#"{ "slow_consumer": { "actor": "a", "by": "0ms" } }"#, &["slow_consumer.by"]),
        (r#"{ "cancel": { "when": {} } }"#, &["cancel.when"]),
        (r#"{ "cancel": { "when": { "from": "2s" } } }"#, &["cancel.when"]),
        (r#"{ "lie": { "name": "a b" } }"#, &["lie.name"]),
    ] {
        let paths: Vec<String> = read(json).check().into_iter().map(|problem| problem.path).collect();
        assert_eq!(paths, expected, "{json}");
    }
}

#[test]
fn every_kind_is_named_numbered_described_and_strict() {
    let numbers: BTreeSet<u8> = (1..=21).chain([26, 27, 29]).collect();
    let mut found = BTreeSet::new();
    let schema = serde_json::to_value(schemars::schema_for!(FaultOptions)).unwrap();
    for (name, kind) in FaultOptions::NAMES.iter().zip(schema.get("oneOf").unwrap().as_array().unwrap()) {
        assert!(kind.pointer(&format!("/properties/{name}")).is_some(), "{name} is in the schema");
        let needed = match *name {
            "partition" => r#""groups": [["a"], ["b"]]"#,
            "slow_consumer" => r#""actor": "a""#,
            "cancel" => r#""when": { "at": "1s" }"#,
            _ => "",
        };
        let options = read(&format!(r#"{{ "{name}": {{ {needed} }} }}"#));
        assert_eq!((options.name(), options.check()), (*name, vec![]));
        let written = serde_json::to_string(&options).unwrap();
        assert_eq!(read(&written), options, "{written}");
        found.insert(options.number().0);
        let joint = if needed.is_empty() { "" } else { "," };
        let error =
            serde_json::from_str::<FaultOptions>(&format!(r#"{{ "{name}": {{ {needed}{joint} "wehn": 1 }} }}"#));
        assert!(error.unwrap_err().to_string().contains("unknown field `wehn`"), "{name}");
    }
    assert_eq!(found, numbers, "of the list of faults");
}
