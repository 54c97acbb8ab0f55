//! The flow of a call, station by station.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use moot_core::{GrantScope, Resource};
use serde_json::json;

use super::*;

pub(super) const BEFORE: HookEvent = HookEvent::BeforeToolCall;
pub(super) const ASKED: HookEvent = HookEvent::PermissionAsked;
pub(super) const AFTER: HookEvent = HookEvent::AfterToolCall;

pub(super) fn call() -> ToolCall {
    ToolCall { id: "c0".into(), name: "write_file".into(), arguments: r#"{"path":"a"}"#.into() }
}

pub(super) fn prepared(arguments: Value) -> FlowInput {
    FlowInput::Prepared { arguments: arguments.into(), effect: ToolEffect::Write, touch: Touch::default() }
}

pub(super) fn judged(verdict: Verdict) -> FlowInput {
    FlowInput::Judged(Decision::new(verdict, "permissions.rules[0]", "because"))
}

pub(super) fn hooks(event: HookEvent, indices: &[usize]) -> FlowInput {
    let named = |index: &usize| MatchedHook { index: *index, name: format!("hooks[{index}]").into() };
    FlowInput::Hooks { event, hooks: indices.iter().map(named).collect() }
}

pub(super) fn answered(hook: usize, verdict: HookVerdict) -> FlowInput {
    FlowInput::HookAnswered { hook, answer: Ok(verdict) }
}

fn granted() -> FlowInput {
    FlowInput::Approval(Approval::Granted(GrantScope::Call))
}

fn returned(content: &str) -> FlowInput {
    FlowInput::Returned(ToolResult::success(&call(), content))
}

fn cancelled() -> FlowInput {
    FlowInput::Cancelled { reason: "enough".into() }
}

/// Effects in short; the arguments of a call after the first.
fn short(effects: &[FlowEffect]) -> String {
    let one = |effect: &FlowEffect| match effect {
        FlowEffect::Prepare(call) => format!("prepare {}", call.arguments),
        FlowEffect::Judge => "judge".to_owned(),
        FlowEffect::MatchHooks { event } => format!("match {}", event.as_str()),
        FlowEffect::RunHook { hook, .. } => format!("hook {hook}"),
        FlowEffect::Ask { because } => format!("ask ({because})"),
        FlowEffect::Admit => "admit".to_owned(),
        FlowEffect::Run => "run".to_owned(),
        FlowEffect::Abandon { .. } => "abandon".to_owned(),
        FlowEffect::Release => "release".to_owned(),
        FlowEffect::Finish(result) => format!("finish {}", result.error.map_or("ok", ToolErrorCode::as_str)),
    };
    effects.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn play(inputs: impl IntoIterator<Item = FlowInput>) -> (CallFlow, Vec<FlowEffect>) {
    let mut effects = Vec::new();
    let mut flow = CallFlow::start(call(), &mut effects);
    for input in inputs {
        flow.step(input, &mut effects);
    }
    (flow, effects)
}

/// What the model reads in the end.
fn content(effects: &[FlowEffect]) -> &str {
    let Some(FlowEffect::Finish(result)) = effects.last() else { unreachable!("it ends: {effects:?}") };
    &result.content
}

/// A call that permissions let pass, up to where its before hooks were named.
fn allowed(before: &[usize]) -> Vec<FlowInput> {
    vec![prepared(json!({ "path": "a" })), judged(Verdict::Allow), hooks(BEFORE, before)]
}

fn asked(verdict: Verdict, before: &[usize]) -> Vec<FlowInput> {
    vec![prepared(json!({ "path": "a" })), judged(verdict), hooks(BEFORE, before)]
}

const START: &str = r#"prepare {"path":"a"}, judge, match before_tool_call"#;

#[test]
fn a_call_that_is_allowed_runs_between_its_hooks() {
    let (flow, effects) = play(allowed(&[0, 2]).into_iter().chain([
        answered(0, HookVerdict::Allow),
        answered(2, HookVerdict::Annotate("look twice".into())),
        FlowInput::Admitted,
        returned("key=1"),
        hooks(AFTER, &[1, 3]),
        answered(1, HookVerdict::Rewrite("key=…".into())),
        answered(3, HookVerdict::Annotate("shortened".into())),
    ]));
    let expected = "hook 0, hook 2, admit, run, release, match after_tool_call, hook 1, hook 3, finish ok";
    assert_eq!(short(&effects), format!("{START}, {expected}"));
    assert_eq!(content(&effects), "key=…\n[hook hooks[2]] look twice\n[hook hooks[3]] shortened");
    assert_eq!(flow.waits_for(), FlowStep::Finished);
}

#[test]
fn whatever_stands_in_the_way_ends_the_call_without_a_run() {
    let deny = |hook| answered(hook, HookVerdict::Deny("not here".into()));
    let refused = ToolResult::error(&call(), ToolErrorCode::InvalidArguments, "path is missing");
    for (inputs, expected, said) in [
        (vec![FlowInput::Refused(refused)], "finish invalid_arguments", "path is missing"),
        (
            vec![prepared(json!({})), judged(Verdict::Deny)],
            "judge, finish denied",
            "denied by permissions.rules[0]: because; the call did not run",
        ),
        (
            allowed(&[0, 1]).into_iter().chain([answered(0, HookVerdict::Allow), deny(1)]).collect(),
            "judge, match before_tool_call, hook 0, hook 1, finish denied",
            "denied by the hook hooks[1]: not here; the call did not run",
        ),
        (
            asked(Verdict::Ask, &[]).into_iter().chain([hooks(ASKED, &[5]), deny(5)]).collect(),
            "judge, match before_tool_call, match permission_asked, hook 5, finish denied",
            "denied by the hook hooks[5]",
        ),
        (
            asked(Verdict::Ask, &[])
                .into_iter()
                .chain([hooks(ASKED, &[]), FlowInput::Approval(Approval::Refused("too dear".into()))])
                .collect(),
            "judge, match before_tool_call, match permission_asked, ask (permissions.rules[0]: because), finish denied",
            "approval was asked for and refused: too dear; the call did not run",
        ),
        (
            asked(Verdict::Ask, &[])
                .into_iter()
                .chain([hooks(ASKED, &[]), FlowInput::Approval(Approval::TimedOut)])
                .collect(),
            "judge, match before_tool_call, match permission_asked, ask (permissions.rules[0]: because), finish denied",
            "nobody answered in time, which denies",
        ),
    ] {
        let (_, effects) = play(inputs);
        assert_eq!(short(&effects), format!(r#"prepare {{"path":"a"}}, {expected}"#));
        assert!(content(&effects).contains(said), "{}", content(&effects));
    }
}

#[test]
fn a_question_is_answered_by_a_person_or_by_a_hook_that_allows() {
    let ask = |hook| answered(hook, HookVerdict::Ask("sure?".into()));
    for (inputs, expected) in [
        (
            asked(Verdict::Ask, &[]).into_iter().chain([hooks(ASKED, &[]), granted()]).collect::<Vec<_>>(),
            "match permission_asked, ask (permissions.rules[0]: because), admit",
        ),
        (
            asked(Verdict::Allow, &[0]).into_iter().chain([ask(0), hooks(ASKED, &[]), granted()]).collect(),
            "hook 0, match permission_asked, ask (hooks[0]: sure?), admit",
        ),
        (
            asked(Verdict::Ask, &[0]).into_iter().chain([ask(0), hooks(ASKED, &[])]).collect(),
            "hook 0, match permission_asked, ask (permissions.rules[0]: because; hooks[0]: sure?)",
        ),
        (
            asked(Verdict::Ask, &[])
                .into_iter()
                .chain([hooks(ASKED, &[1, 2]), answered(1, HookVerdict::Allow), ask(2)])
                .collect(),
            "match permission_asked, hook 1, hook 2, admit",
        ),
        (
            asked(Verdict::Ask, &[])
                .into_iter()
                .chain([hooks(ASKED, &[1, 2]), ask(1), answered(2, HookVerdict::Annotate("n".into()))])
                .collect(),
            "match permission_asked, hook 1, hook 2, ask (permissions.rules[0]: because)",
        ),
        (
            asked(Verdict::Ask, &[])
                .into_iter()
                .chain([
                    hooks(ASKED, &[1, 2]),
                    answered(1, HookVerdict::Allow),
                    answered(2, HookVerdict::Deny("no".into())),
                ])
                .collect(),
            "match permission_asked, hook 1, hook 2, finish denied",
        ),
    ] {
        assert_eq!(short(&play(inputs).1), format!("{START}, {expected}"));
    }
}

#[test]
fn a_rewrite_is_prepared_and_judged_again_and_seen_by_the_hooks_behind() {
    let rewrite = |hook, text: &str| answered(hook, HookVerdict::Rewrite(text.into()));
    let (flow, effects) = play(allowed(&[0, 1, 2]).into_iter().chain([
        answered(0, HookVerdict::Allow),
        rewrite(1, r#"{"path":"b"}"#),
        prepared(json!({ "path": "b" })),
        judged(Verdict::Allow),
        // Hook 2 matches no more, hook 4 does now; the ones before have had their turn.
        hooks(BEFORE, &[0, 1, 4]),
        answered(4, HookVerdict::Allow),
    ]));
    let again = r#"prepare {"path":"b"}, judge, match before_tool_call, hook 4, admit"#;
    assert_eq!(short(&effects), format!("{START}, hook 0, hook 1, {again}"));
    assert_eq!((&*flow.call().arguments, flow.arguments()), (r#"{"path":"b"}"#, Some(&json!({ "path": "b" }))));

    let (_, effects) = play(allowed(&[1]).into_iter().chain([
        rewrite(1, r#"{"path":"b"}"#),
        prepared(json!({ "path": "b" })),
        judged(Verdict::Deny),
    ]));
    assert!(content(&effects).starts_with(
        "denied by permissions.rules[0] (with arguments rewritten by hooks[1]): because; the call did not run"
    ));

    let refusal = ToolResult::error(&call(), ToolErrorCode::InvalidArguments, "path is missing");
    let (_, effects) = play(allowed(&[1]).into_iter().chain([rewrite(1, "{}"), FlowInput::Refused(refusal)]));
    assert!(short(&effects).ends_with("prepare {}, finish denied"));
    assert!(content(&effects).contains("hooks[1]: it rewrote the arguments, and the tool does not take them: path is"));

    let (_, effects) = play(allowed(&[1]).into_iter().chain([rewrite(1, r#"{ "path": "a" }"#)]));
    assert_eq!(short(&effects), format!("{START}, hook 1, admit"), "a rewrite that changes nothing is none");
}

#[test]
fn what_a_hook_wanted_approved_stays_so_after_a_rewrite() {
    let (_, effects) = play(allowed(&[0, 1]).into_iter().chain([
        answered(0, HookVerdict::Ask("sure?".into())),
        answered(1, HookVerdict::Rewrite("{}".into())),
        prepared(json!({})),
        judged(Verdict::Allow),
        hooks(BEFORE, &[0, 1]),
        hooks(ASKED, &[]),
    ]));
    assert!(short(&effects).ends_with("match permission_asked, ask (hooks[0]: sure?)"), "{}", short(&effects));
}

#[test]
fn rewrites_end() {
    let all = [0, 1, 2, 3, 4];
    let mut inputs = allowed(&all);
    for hook in all {
        let arguments = json!({ "path": format!("by {hook}") });
        inputs.push(answered(hook, HookVerdict::Rewrite(arguments.to_string().into())));
        inputs.extend([prepared(arguments), judged(Verdict::Allow), hooks(BEFORE, &all)]);
    }
    let (_, effects) = play(inputs);
    assert_eq!(effects.iter().filter(|effect| matches!(effect, FlowEffect::Prepare(_))).count(), 4);
    assert!(content(&effects).contains("hooks[3]: the arguments of one call are rewritten at most 3 times"));
}

/// Timeout, crash, missing binary, bad output, double answer, too much output: 6 of 6 deny.
#[test]
fn hooks_fail_closed() {
    let printed = |stdout: &[u8]| crate::hook::parse_answer(stdout);
    let failures: [Result<HookVerdict, Text>; 6] = [
        Err("it took longer than 30s".into()),
        Err("it ended with the exit code 1".into()),
        Err("there is no program check".into()),
        printed(b"certainly!"),
        printed(br#"{"verdict":"allow"}{"verdict":"allow"}"#),
        printed(&b" ".repeat(400_000)),
    ];
    for answer in failures {
        assert!(answer.is_err());
        let failed = || FlowInput::HookAnswered { hook: 0, answer: answer.clone() };
        let (_, effects) = play(allowed(&[0]).into_iter().chain([failed()]));
        assert!(short(&effects).ends_with("hook 0, finish denied"), "{}", short(&effects));
        assert!(content(&effects).starts_with("denied by the hook hooks[0]: the hook gave no usable answer: "));

        let (_, effects) = play(asked(Verdict::Ask, &[]).into_iter().chain([hooks(ASKED, &[0]), failed()]));
        assert!(short(&effects).ends_with("hook 0, finish denied"), "{}", short(&effects));

        let inputs = [FlowInput::Admitted, returned("a secret"), hooks(AFTER, &[0, 1]), failed()];
        let (_, effects) = play(allowed(&[]).into_iter().chain(inputs));
        assert!(short(&effects).ends_with("run, release, match after_tool_call, hook 0, finish denied"));
        assert!(content(&effects).contains("its result is withheld") && !content(&effects).contains("secret"));
    }
    let (_, effects) = play(allowed(&[0]).into_iter().chain([answered(0, HookVerdict::SendOn("more".into()))]));
    assert!(content(&effects).contains("means nothing at before_tool_call"), "a verdict out of place denies too");
}

#[test]
fn a_timeout_or_a_cancellation_ends_every_step_once() {
    let whole = [
        prepared(json!({ "path": "a" })),
        judged(Verdict::Ask),
        hooks(BEFORE, &[0]),
        answered(0, HookVerdict::Allow),
        hooks(ASKED, &[]),
        granted(),
        FlowInput::Admitted,
        returned("done"),
        hooks(AFTER, &[0]),
        answered(0, HookVerdict::Allow),
    ];
    let before = "before the tool had begun to run: nothing happened";
    let after = "its effect has happened";
    for (length, end, said) in [
        (0, "abandon, finish", before),
        (1, "abandon, finish", before),
        (2, "abandon, finish", before),
        (3, "abandon, finish", before),
        (4, "abandon, finish", before),
        (5, "abandon, finish", "while approval was asked for"),
        (6, "abandon, finish", "while other calls used what it needs"),
        (7, "abandon, release, finish", "its effect may have happened"),
        (8, "abandon, finish", after),
        (9, "abandon, finish", after),
    ] {
        for (input, code, begin) in
            [(FlowInput::TimedOut, "timed_out", "timed out "), (cancelled(), "cancelled", "cancelled (enough) ")]
        {
            let (_, so_far) = play(whole[..length].iter().cloned());
            // What comes behind the end is late.
            let late = whole[length..].iter().cloned().chain([FlowInput::TimedOut, cancelled()]);
            let (_, effects) = play(whole[..length].iter().cloned().chain([input]).chain(late));
            assert_eq!(short(&effects[so_far.len()..]), format!("{end} {code}"), "after {length}");
            assert!(content(&effects).starts_with(begin) && content(&effects).contains(said), "{}", content(&effects));
        }
    }
    let (_, effects) = play(whole);
    assert!(short(&effects).ends_with("hook 0, finish ok"), "{}", short(&effects));
}

#[test]
fn an_approved_call_holds_to_what_the_person_was_shown() {
    let approved = |scope| {
        asked(Verdict::Ask, &[]).into_iter().chain([hooks(ASKED, &[]), FlowInput::Approval(Approval::Granted(scope))])
    };
    for (scope, holds) in
        [(GrantScope::Call, true), (GrantScope::Run, false), (GrantScope::Resource(Resource::File("a".into())), false)]
    {
        assert_eq!(play(approved(scope)).0.holds_to_what_was_shown(), holds);
    }
    let outdated = [FlowInput::Admitted, FlowInput::Outdated, returned("late")];
    let (_, effects) = play(approved(GrantScope::Call).chain(outdated));
    assert!(short(&effects).ends_with("admit, run, release, finish conflict"), "{}", short(&effects));
    assert!(content(&effects).contains("the call did not run"), "{}", content(&effects));
    assert!(!play(allowed(&[])).0.holds_to_what_was_shown(), "nobody was shown anything");
}

#[test]
fn a_result_answers_its_own_call() {
    let stray = ToolResult { call_id: "other".into(), content: "x".into(), error: None };
    let inputs = [FlowInput::Admitted, FlowInput::Returned(stray), hooks(AFTER, &[])];
    let (_, effects) = play(allowed(&[]).into_iter().chain(inputs));
    assert_eq!(effects.last(), Some(&FlowEffect::Finish(ToolResult::success(&call(), "x"))));
}

#[test]
fn what_hooks_are_asked_about() {
    let (mut flow, mut effects) = play(asked(Verdict::Ask, &[]));
    assert_eq!(&*flow.hook_text(), "permissions.rules[0]: because");
    for input in [hooks(ASKED, &[]), granted(), FlowInput::Admitted, returned("done")] {
        flow.step(input, &mut effects);
    }
    assert_eq!(&*flow.hook_text(), "done");
    flow.step(hooks(AFTER, &[0, 1]), &mut effects);
    flow.step(answered(0, HookVerdict::Rewrite("less".into())), &mut effects);
    assert_eq!(&*flow.hook_text(), "less", "hooks behind a rewrite see what it left");
}
