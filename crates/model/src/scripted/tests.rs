//! Scripts: every kind of step, expectations met and unmet, templates that fail, scripts that end.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use std::sync::Arc;

use moot_core::{
    ActorPath, Brief, Heard, ModelDelta, ModelFailure, ModelFailureKind, ModelReply, Placement, StopReason, Task,
    TaskId, Text, ToolCall, ToolErrorCode, ToolResult, Transcript, Usage, Wanted,
};
use proptest::prelude::*;

use super::*;
use crate::{Model, ModelRequest};

fn script(json: &str) -> ScriptedOptions {
    serde_json::from_str(json).unwrap()
}

/// A request whose transcript holds five messages: instructions, a task, a reply with two calls, and their results.
fn request() -> ModelRequest {
    let task = Task::new(TaskId(7), "Which one?").with_choices(["A", "B"]).with_answer("B");
    let call = |id: &str| ToolCall { id: id.into(), name: "read_file".into(), arguments: "{}".into() };
    let mut transcript = Transcript::new();
    transcript.push_system("Be brief.").unwrap();
    transcript.push_user(ActorPath::new("jury").unwrap(), "Which one?").unwrap();
    transcript.push_assistant("Let me see.", vec![call("a"), call("b")]).unwrap();
    transcript.push_result(ToolResult::success(&call("a"), "hello")).unwrap();
    transcript.push_result(ToolResult::error(&call("b"), ToolErrorCode::NotFound, "no such file")).unwrap();
    let agent = ActorPath::new("jury/juror[3]").unwrap();
    ModelRequest { agent, transcript: Arc::new(transcript), ..ModelRequest::alone(Arc::new(task), 1) }
}

/// The answer to the first call of a script whose only step is this.
fn answer(step: &str) -> Result<ModelReply, ModelFailure> {
    ScriptedModel::new(&script(&format!(r#"{{"steps": [{step}]}}"#))).answer(&request())
}

/// The text said by a script whose only step says this.
fn said(text: &str) -> String {
    ScriptedModel::new(&ScriptedOptions::saying([text])).answer(&request()).unwrap().text.to_string()
}

fn paths(problems: &[OptionProblem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.path.as_str()).collect()
}

#[test]
fn a_step_says_something() {
    let reply = answer(r#"{"say": "A"}"#).unwrap();
    assert_eq!(reply, ModelReply::text("A"), "at once, without tools, its usage unknown");
}

#[test]
fn a_step_calls_tools_in_order() {
    for (call, expected) in [
        (r#"{"read_file": {"path": "a"}}"#, vec![("call-0-0", "read_file", r#"{"path":"a"}"#)]),
        (r#"{"z": {}, "b": {"n": 1}}"#, vec![("call-0-0", "b", r#"{"n":1}"#), ("call-0-1", "z", "{}")]),
        (
            r#"[{"z": {}}, {"b": {}}, {"z": {"again": true}}]"#,
            vec![("call-0-0", "z", "{}"), ("call-0-1", "b", "{}"), ("call-0-2", "z", r#"{"again":true}"#)],
        ),
        (r#"{"t": "{broken"}"#, vec![("call-0-0", "t", "{broken")]),
        (r#"{"t": [1, null]}"#, vec![("call-0-0", "t", "[1,null]")]),
        (r#"{"t": "{\"at\": {{ call }}}"}"#, vec![("call-0-0", "t", r#"{"at": 0}"#)]),
    ] {
        let reply = answer(&format!(r#"{{"call": {call}}}"#)).unwrap();
        let found: Vec<(&str, &str, &str)> =
            reply.tool_calls.iter().map(|call| (&*call.id, &*call.name, &*call.arguments)).collect();
        assert_eq!(found, expected, "{call}");
        assert_eq!((reply.stop, &*reply.text), (StopReason::ToolCalls, ""), "{call}");
    }
}

#[test]
fn a_step_may_say_and_call() {
    let reply = answer(r#"{"say": "Let me look.", "call": {"list_files": {}}}"#).unwrap();
    assert_eq!((&*reply.text, reply.tool_calls.len(), reply.stop), ("Let me look.", 1, StopReason::ToolCalls));
}

#[test]
fn a_step_fails() {
    let failure =
        answer(r#"{"fail": "rate_limited", "message": "slow down, {{ agent }}", "latency": "2s"}"#).unwrap_err();
    assert_eq!(failure.kind, ModelFailureKind::RateLimited);
    assert_eq!(&*failure.message, "slow down, jury/juror[3]");
    assert_eq!((failure.latency, failure.usage), (VirtualDuration::from_millis(2_000), None));
    assert_eq!(&*answer(r#"{"fail": "timeout"}"#).unwrap_err().message, "the script says that this call fails");
}

#[test]
fn the_step_is_the_number_of_the_call() {
    let mut options = ScriptedOptions::saying(["first", "second"]);
    let ask = |options: &ScriptedOptions, call| ScriptedModel::new(options).answer(&ModelRequest { call, ..request() });
    assert_eq!(&*ask(&options, 0).unwrap().text, "first");
    assert_eq!(&*ask(&options, 1).unwrap().text, "second");
    let failure = ask(&options, 2).unwrap_err();
    assert_eq!(failure.kind, ModelFailureKind::ScriptExhausted);
    assert!(failure.message.contains("2 steps") && failure.message.contains("call 2"), "{failure}");
    options.repeat = true;
    assert_eq!(&*ask(&options, 2).unwrap().text, "first");
    assert_eq!(&*ask(&options, 2 * 1_000 + 1).unwrap().text, "second");
    let attempt = ModelRequest { call: 1, attempt: 5, ..request() };
    assert_eq!(&*ScriptedModel::new(&options).answer(&attempt).unwrap().text, "second", "a retry takes the same step");
    for repeat in [false, true] {
        let nothing = ScriptedOptions { repeat, ..ScriptedOptions::default() };
        assert_eq!(ask(&nothing, 0).unwrap_err().kind, ModelFailureKind::ScriptExhausted);
    }
}

#[test]
fn call_ids_differ_from_call_to_call() {
    let options = script(r#"{"steps": [{"call": {"t": {}}}], "repeat": true}"#);
    let reply = ScriptedModel::new(&options).answer(&ModelRequest { call: 12, ..request() }).unwrap();
    assert_eq!(&*reply.tool_calls[0].id, "call-12-0");
}

#[test]
fn a_step_goes_before_what_steps_have_in_common() {
    let options = script(
        r#"{
            "steps": [
                {"say": "own", "latency": "1s", "tokens": {"input": 1, "output": 2}},
                {"say": "common"},
                {"fail": "refused"},
                {"fail": "overloaded"},
                {"fail": "overloaded", "tokens": {"input": 5, "output": 6}}
            ],
            "latency": "3s", "tokens": {"input": 3, "output": 4}, "price": {"input": 1, "output": 2}
        }"#,
    );
    assert_eq!(options.check(), []);
    let model = ScriptedModel::new(&options);
    let ask = |call| {
        let (usage, latency) = match model.answer(&ModelRequest { call, ..request() }) {
            Ok(reply) => (reply.usage, reply.latency),
            Err(failure) => (failure.usage, failure.latency),
        };
        let Usage { input_tokens, output_tokens, .. } = usage.unwrap();
        (input_tokens, output_tokens, latency.as_millis())
    };
    assert_eq!(ask(0), (1, 2, 1_000));
    assert_eq!(ask(1), (3, 4, 3_000));
    assert_eq!(ask(2), (3, 4, 3_000), "a refusal was read and written");
    assert_eq!(ask(3), (0, 0, 3_000), "an overloaded provider reads nothing");
    assert_eq!(ask(4), (5, 6, 3_000), "unless the step says so");
    let price = model.price().unwrap();
    assert_eq!(price.cost(Usage::new(1_000_000, 1_000_000)).to_string(), "3");
    assert_eq!(ScriptedModel::new(&ScriptedOptions::saying(["A"])).price(), None);
    assert_eq!(model.placement(), Placement::Inside);
}

#[test]
fn what_is_expected_and_there_lets_the_step_be_taken() {
    for expectation in [
        "{}",
        r#"{"last_contains": ["no such", "file"]}"#,
        r#"{"last_role": "tool"}"#,
        r#"{"messages": 5}"#,
        r#"{"not_contains": ["goodbye"]}"#,
        r#"{"last_contains": ["{{ results[1] }}"], "not_contains": ["{{ agent }}"]}"#,
    ] {
        let reply = answer(&format!(r#"{{"say": "A", "expect": {expectation}}}"#));
        assert_eq!(&*reply.unwrap().text, "A", "{expectation}");
    }
}

#[test]
fn what_is_expected_and_not_there_is_told_with_what_was_seen() {
    for (expectation, message) in [
        (
            r#"{"last_contains": ["no such", "hello"]}"#,
            r#"steps[0]: expected the last message to contain "hello", but it is tool "no such file""#,
        ),
        (
            r#"{"last_role": "user"}"#,
            r#"steps[0]: expected the last message to be of role user, but it is tool "no such file""#,
        ),
        (r#"{"messages": 4}"#, "steps[0]: expected 4 messages, but there are 5"),
        (
            r#"{"not_contains": ["ell"]}"#,
            r#"steps[0]: expected no message to contain "ell", but message 3 does, which is tool "hello""#,
        ),
        (
            r#"{"messages": 1, "last_contains": ["{{ task.prompt }}"]}"#,
            "steps[0]: expected 1 messages, but there are 5; expected the last message to contain \"Which one?\", but it \
             is tool \"no such file\"",
        ),
    ] {
        let failure = answer(&format!(r#"{{"say": "A", "expect": {expectation}}}"#)).unwrap_err();
        assert_eq!(failure.kind, ModelFailureKind::ExpectationUnmet, "{expectation}");
        assert_eq!(&*failure.message, message);
    }
}

#[test]
fn long_and_missing_messages_are_shown_as_such() {
    let options = script(r#"{"steps": [{"say": "A", "expect": {"last_contains": ["x"]}}]}"#);
    let model = ScriptedModel::new(&options);
    let long = ModelRequest::alone(Arc::new(Task::new(TaskId(0), "ä".repeat(10_000))), 1);
    let failure = model.answer(&long).unwrap_err();
    assert!(failure.message.len() < 600 && failure.message.contains("(20000 bytes)"), "{failure}");
    let empty = ModelRequest { transcript: Arc::default(), ..long };
    assert!(model.answer(&empty).unwrap_err().message.contains("the transcript is empty"));
}

#[test]
fn roles_are_named_as_messages_name_them() {
    let transcript = request().transcript;
    let roles = [MessageRole::System, MessageRole::User, MessageRole::Assistant, MessageRole::Tool];
    for (role, message) in roles.into_iter().zip(transcript.messages()) {
        assert_eq!(role.as_str(), message.role());
        assert_eq!(serde_json::to_value(role).unwrap(), message.role());
    }
}

#[test]
fn templates_see_the_request() {
    for (template, expected) in [
        ("{{ task.id }} {{ task.prompt }} {{ task.choices | join('/') }}", "7 Which one? A/B"),
        ("{{ agent }} asks for the {{ call + 1 }}. time", "jury/juror[3] asks for the 1. time"),
        ("{{ last }}", "no such file"),
        ("{{ results | length }}: {{ results[0] }}, {{ results[1] }}", "2: hello, no such file"),
        ("{% for m in messages %}{{ m.role }} {% endfor %}", "system user assistant tool tool "),
        ("{{ messages[1].from }}: {{ messages[1].text }}", "jury: Which one?"),
        ("{{ messages[3].error is none }} {{ messages[4].error }}", "True not_found"),
        ("{{ messages[0].from is none }} {{ messages | length }}", "True 5"),
        ("{{ messages[-1].text }}", "no such file"),
        ("{% if 'hello' in last %}yes{% else %}no{% endif %}", "no"),
        ("{{ messages | selectattr('role', 'eq', 'tool') | map(attribute='text') | join(' ') }}", "hello no such file"),
        ("a { b }} %} is no template", "a { b }} %} is no template"),
        ("{{ task.prompt }}\n", "Which one?\n"),
    ] {
        assert_eq!(said(template), expected, "{template}");
        assert_eq!(ScriptedOptions::saying([template]).check(), [], "{template}");
    }
}

#[test]
fn templates_see_what_came_with_the_assignment() {
    let heard = |round, speaker: &str, answer: Option<&str>, own| {
        let words = format!("{speaker} thinks so").into();
        Heard { round, speaker: speaker.into(), answer: answer.map(Text::from), words, own }
    };
    let said = [heard(0, "ann", Some("A"), false), heard(1, "bob", None, false), heard(1, "me", Some("B"), true)];
    let briefed = |wanted: Wanted, heard: &[Heard], text: &str| {
        let brief = Some(Arc::new(Brief { wanted, heard: heard.into(), fresh: false }));
        // What was heard before and is not shown now is not among it.
        let request = ModelRequest { brief, heard: vec![said[0].clone(); 9].into(), ..request() };
        ScriptedModel::new(&ScriptedOptions::saying([text])).answer(&request).unwrap().text.to_string()
    };
    for (template, expected) in [
        ("{{ heard | length }} {{ wanted }}", "3 answer"),
        (
            "{% for h in heard %}{{ h.round }} {{ h.speaker }}{% if h.own %}!{% endif %} {% endfor %}",
            "0 ann 1 bob 1 me! ",
        ),
        ("{{ heard[0].answer }} {{ heard[1].answer is none }} {{ heard[-1].words }}", "A True me thinks so"),
        ("{{ heard | rejectattr('own') | map(attribute='speaker') | join('+') }}", "ann+bob"),
        ("{% for name in heard[0] %}{{ name }} {% endfor %}", "round speaker answer words own "),
    ] {
        assert_eq!(briefed(Wanted::Answer, &said, template), expected, "{template}");
    }
    assert_eq!(briefed(Wanted::Words, &[], "{{ wanted }} {{ heard | length }}"), "words 0");
    let verdict = "{% if heard[-1].answer == 'B' %}{{ wanted[0] }}{% else %}{{ wanted[1] }}{% endif %}";
    let words = Wanted::OneOf(["accept".into(), "reject".into()].into());
    assert_eq!(briefed(words.clone(), &said, verdict), "accept");
    assert_eq!(briefed(words, &said[..1], verdict), "reject");
    assert_eq!(self::said("{{ wanted }}, {{ heard | length }} heard"), "answer, 0 heard", "without a brief");
}

#[test]
fn the_results_are_those_since_the_last_reply() {
    let mut request = request();
    Arc::make_mut(&mut request.transcript).push_user(ActorPath::world(), "Well?").unwrap();
    let model = ScriptedModel::new(&ScriptedOptions::saying(["{{ results }} {{ last }}"]));
    assert_eq!(&*model.answer(&request).unwrap().text, "[] Well?");
    request.transcript = Arc::default();
    assert_eq!(&*model.answer(&request).unwrap().text, "[] ");
}

#[test]
fn templates_stand_inside_arguments() {
    let reply = answer(
        r#"{"call": {"write_file": {
            "path": "{{ task.id }}.txt", "lines": ["{{ last }}", "plain", 3], "deep": {"quote": "{{ '\"' }}"}
        }}}"#,
    );
    let arguments: serde_json::Value = serde_json::from_str(&reply.unwrap().tool_calls[0].arguments).unwrap();
    let expected = serde_json::json!({
        "path": "7.txt", "lines": ["no such file", "plain", 3], "deep": {"quote": "\""},
    });
    assert_eq!(arguments, expected);
}

#[test]
fn an_error_in_a_template_names_step_and_line() {
    for (step, part) in [
        (r#"{"say": "one\n{{ tsak.id }}"}"#, "line 2: undefined value"),
        (r#"{"say": "one\ntwo\n{{ last | uper }}"}"#, "line 3: unknown filter"),
        (r#"{"say": "{{ last"}"#, "line 1: syntax error"),
        (r#"{"call": {"t": {"a": ["{{ results[9].x }}"]}}}"#, "line 1: undefined value"),
        (r#"{"fail": "timeout", "message": "{{ 1 + 'a' }}"}"#, "line 1: invalid operation"),
        (r#"{"say": "A", "expect": {"last_contains": ["{{ task.answer }}"]}}"#, "line 1: undefined value"),
        (r#"{"say": "{% for a in range(99999) %}{{ range(99999) | length }}{% endfor %}"}"#, "fuel"),
    ] {
        let failure = answer(step).unwrap_err();
        assert_eq!(failure.kind, ModelFailureKind::InvalidRequest, "{step}");
        assert!(failure.message.starts_with("steps[0]: the template is wrong at line"), "{failure}");
        assert!(failure.message.contains(part), "{failure}");
    }
}

#[test]
fn what_is_wrong_is_found_before_a_run() {
    for (steps, expected) in [
        ("[]", "steps"),
        ("[{}]", "steps[0]"),
        (r#"[{"say": "A"}, {"latency": "1s"}]"#, "steps[1]"),
        (r#"[{"say": "A", "fail": "timeout"}]"#, "steps[0].fail"),
        (r#"[{"call": {"t": {}}, "fail": "timeout"}]"#, "steps[0].fail"),
        (r#"[{"say": "A", "message": "B"}]"#, "steps[0].message"),
        (r#"[{"say": "{{ last"}]"#, "steps[0].say"),
        (r#"[{"say": "{{ lsat }}"}]"#, "steps[0].say"),
        (r#"[{"fail": "timeout", "message": "{% if %}"}]"#, "steps[0].message"),
        (r#"[{"call": {}}]"#, "steps[0].call"),
        (r#"[{"call": []}]"#, "steps[0].call"),
        (r#"[{"call": [{"a": {}}, {}]}]"#, "steps[0].call[1]"),
        (r#"[{"call": {"": {}}}]"#, "steps[0].call"),
        (r#"[{"call": {"list_files": null}}]"#, "steps[0].call.list_files"),
        (r#"[{"call": {"t": {"a": [1, "{{ b }}"]}}}]"#, "steps[0].call.t.a[1]"),
        (r#"[{"call": [{"t": {"a": "{{ b }}"}}]}]"#, "steps[0].call[0].t.a"),
        (r#"[{"call": {"t": "{{"}}]"#, "steps[0].call.t"),
        (r#"[{"say": "A", "expect": {"last_contains": ["a", "{{"]}}]"#, "steps[0].expect.last_contains[1]"),
        (r#"[{"say": "A", "expect": {"not_contains": [""]}}]"#, "steps[0].expect.not_contains[0]"),
        (r#"[{"fail": {"status": 9}}]"#, "steps[0].fail.status"),
        (r#"[{"fail": {}}]"#, "steps[0].fail"),
        (r#"[{"say": "A", "tokens": {"input": 1, "output": 1, "cached": 2}}]"#, "steps[0].tokens.cached"),
        (r#"[{"attempts": []}]"#, "steps[0]"),
        (r#"[{"attempts": [{}]}]"#, "steps[0].attempts[0]"),
        (r#"[{"attempts": [{"say": "A"}], "say": "B"}]"#, "steps[0].attempts"),
        (r#"[{"attempts": [{"say": "A"}], "fail": "timeout"}]"#, "steps[0].attempts"),
        (r#"[{"attempts": [{"say": "A"}, {"say": "A", "fail": "timeout"}]}]"#, "steps[0].attempts[1].fail"),
        (r#"[{"attempts": [{"fail": {"status": 99}}]}]"#, "steps[0].attempts[0].fail.status"),
        (r#"[{"attempts": [{"call": {"t": "{{"}}]}]"#, "steps[0].attempts[0].call.t"),
        (r#"[{"attempts": [{"say": "A"}], "expect": {"not_contains": [""]}}]"#, "steps[0].expect.not_contains[0]"),
    ] {
        let problems = script(&format!(r#"{{"steps": {steps}}}"#)).check();
        assert_eq!(paths(&problems), [expected], "{steps}: {problems:?}");
    }
    let problems = script(r#"{"steps": [{"say": "A"}], "price": {"input": -1, "output": 0}}"#).check();
    assert_eq!(paths(&problems), ["price.input"]);
    let problems = script(
        r#"{"steps": [{"say": "A"}], "stream": {"characters": 0}, "tokens": {"input": 0, "output": 0, "cached": 1}}"#,
    )
    .check();
    assert_eq!(paths(&problems), ["tokens.cached", "stream.characters"]);
}

#[test]
fn each_attempt_does_its_own_and_the_last_stands_for_all_that_follow() {
    let options = script(
        r#"{"steps": [{"attempts": [
            {"fail": {"status": 429, "headers": {"Retry-After": 2}, "body": "slow"}, "message": "again, {{ agent }}"},
            {"fail": "timeout", "latency": "9s", "tokens": {"input": 7, "output": 0}},
            {"say": "A"}
        ], "latency": "1s"}], "tokens": {"input": 3, "output": 4}}"#,
    );
    assert_eq!(options.check(), []);
    let model = ScriptedModel::new(&options);
    let ask = |attempt| model.answer(&ModelRequest { attempt, ..request() });
    let first = ask(0).unwrap_err();
    let wire = first.wire.unwrap();
    assert_eq!((first.kind, &*first.message), (ModelFailureKind::RateLimited, "again, jury/juror[3]"));
    assert_eq!((wire.status, wire.header("retry-after"), &*wire.body), (Some(429), Some("2"), "slow"));
    assert_eq!((first.latency.as_millis(), first.usage), (1_000, Some(Usage::new(0, 0))), "nothing was read");
    let second = ask(1).unwrap_err();
    assert_eq!((second.kind, second.wire, second.latency.as_millis()), (ModelFailureKind::Timeout, None, 9_000));
    assert_eq!(second.usage, Some(Usage::new(7, 0)));
    for attempt in [2, 3, u32::MAX] {
        let reply = ask(attempt).unwrap();
        assert_eq!((&*reply.text, reply.latency.as_millis(), reply.usage), ("A", 1_000, Some(Usage::new(3, 4))));
    }
    let most = |attempt| model.most_tokens(&ModelRequest { attempt, ..request() }).unwrap();
    assert_eq!([most(0), most(1), most(2)], [Usage::new(3, 4), Usage::new(7, 0), Usage::new(3, 4)]);
}

#[test]
fn an_expectation_stands_before_every_attempt() {
    let step = r#"{"attempts": [{"fail": "timeout"}, {"say": "A"}], "expect": {"messages": 1}}"#;
    let model = ScriptedModel::new(&script(&format!(r#"{{"steps": [{step}]}}"#)));
    for attempt in 0..3 {
        let failure = model.answer(&ModelRequest { attempt, ..request() }).unwrap_err();
        assert_eq!(failure.kind, ModelFailureKind::ExpectationUnmet);
    }
}

#[test]
fn the_most_an_attempt_may_take_is_what_it_declares() {
    let unknown = ScriptedModel::new(&ScriptedOptions::saying(["A"]));
    assert_eq!(unknown.most_tokens(&request()), None);
    let declared = ScriptedModel::new(&script(
        r#"{"steps": [{"say": "A", "tokens": {"input": 5, "output": 6, "cached": 2}}], "tokens": {"input": 1, "output": 1}}"#,
    ));
    let expected = Usage { cached_input_tokens: 2, ..Usage::new(5, 6) };
    assert_eq!(declared.most_tokens(&request()), Some(expected));
    assert_eq!(declared.answer(&request()).unwrap().usage, Some(expected));
    assert_eq!(declared.most_tokens(&ModelRequest { call: 1, ..request() }), None, "no step answers that call");
}

#[test]
fn a_stream_may_break_off() {
    let options = script(
        r#"{"steps": [
            {"attempts": [
                {"fail": {"kind": "connection", "after_text": "Hello"}, "latency": "2s"},
                {"fail": "connection", "latency": "2s"},
                {"say": "Hello there", "latency": "3s"}
            ]},
            {"fail": {"status": 500, "after_text": "Hello"}, "message": "{{ nobody.knows }}"}
        ], "stream": {"characters": 4}, "tokens": {"input": 3, "output": 4}}"#,
    );
    let model = ScriptedModel::new(&options);
    let at = |call, attempt| ModelRequest { call, attempt, ..request() };
    let broken = |request: &ModelRequest| {
        let failure = model.answer(request).unwrap_err();
        (failure.usage, model.deltas_before_failure(request, &failure))
    };
    let piece = |ms, text: &str| (VirtualDuration::from_millis(ms), ModelDelta::Text(text.into()));
    let taken = Some(Usage::new(3, 4));
    assert_eq!(broken(&at(0, 0)), (taken, vec![piece(1_000, "Hell"), piece(2_000, "o")]), "what was said was taken");
    assert_eq!(broken(&at(0, 1)), (Some(Usage::new(0, 0)), vec![]));
    assert_eq!(broken(&at(1, 0)), (None, vec![]), "the template fails before anything is said");
    assert_eq!(broken(&at(2, 0)), (None, vec![]), "there is no such step");
    let request = at(0, 2);
    let pieces = model.deltas(&request, &model.answer(&request).unwrap());
    assert_eq!(pieces, [piece(1_000, "Hell"), piece(2_000, "o th"), piece(3_000, "ere")]);
    let whole = ScriptedModel::new(&ScriptedOptions { stream: None, ..options });
    assert_eq!(whole.deltas(&request, &whole.answer(&request).unwrap()), []);
    let failure = whole.answer(&at(0, 0)).unwrap_err();
    assert_eq!(whole.deltas_before_failure(&at(0, 0), &failure), [], "a script that does not stream shows no piece");
}

#[test]
fn what_can_not_be_read_says_what_is_expected() {
    for (step, part) in [
        (r#"{"says": "A"}"#, "unknown field `says`, expected one of `say`"),
        (r#"{"fail": "slow"}"#, "unknown variant `slow`, expected one of `rate_limited`"),
        (r#"{"call": "read_file"}"#, "a map from the names of tools to their arguments"),
        (r#"{"say": "A", "latency": "soon"}"#, "\"soon\" is not a duration"),
        (r#"{"say": "A", "tokens": {"input": -1, "output": 0}}"#, "invalid value: integer `-1`"),
        (r#"{"say": "A", "expect": {"last_role": "bot"}}"#, "unknown variant `bot`, expected one of `system`"),
    ] {
        let error = serde_json::from_str::<StepOptions>(step).unwrap_err().to_string();
        assert!(error.contains(part), "{step}: {error}");
    }
}

#[test]
fn calls_survive_being_written_and_read() {
    for text in [r#"{"a":{},"b":[1]}"#, r#"[{"a":{}}]"#, r#"[{"a":{}},{"a":{"x":"{{ last }}"}}]"#] {
        let calls: Calls = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&calls).unwrap(), text);
    }
}

#[test]
fn the_schema_describes_what_a_step_may_hold() {
    let schema = serde_json::to_value(schemars::schema_for!(ScriptedOptions)).unwrap();
    let step = &schema["$defs"]["StepOptions"];
    assert_eq!(step["additionalProperties"], false);
    for name in ["say", "call", "fail", "message", "attempts", "expect", "latency", "tokens"] {
        assert!(step["properties"][name].is_object(), "{name}: {step}");
    }
    assert_eq!(step["required"], serde_json::Value::Null);
    assert_eq!(schema["required"], serde_json::json!(["steps"]));
}

proptest! {
    /// Whatever is written in a script, checking and playing it ends without a panic, and twice the same.
    #[test]
    fn no_script_makes_it_panic(
        texts in prop::collection::vec(r"(\{\{|\}\}|\{%|%\}| |last|results|[0-9|.\[\]('+*-]|for|in|if|end|\PC){0,12}", 1..4),
        call in 0_u32..6,
        repeat in any::<bool>(),
    ) {
        let arguments = serde_json::json!({ "t": { "a": [&texts[0]] }, "u": &texts[0] });
        let mut options = ScriptedOptions { repeat, ..ScriptedOptions::saying(texts) };
        options.steps.push(StepOptions { call: serde_json::from_value(arguments).unwrap(), ..StepOptions::default() });
        let problems = options.check();
        let request = ModelRequest { call, ..request() };
        let found = ScriptedModel::new(&options).answer(&request);
        prop_assert_eq!(&found, &ScriptedModel::new(&options).answer(&request));
        prop_assert_eq!(problems, options.check());
    }
}
