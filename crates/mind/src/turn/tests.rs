//! The turn machine as a table: every state against every input, then the rules that need more than one step.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use moot_core::{ActorPath, Message, Task, TaskId};

use super::*;

pub(super) fn assignment(prompt: &str) -> TurnInput {
    let task = Task::new(TaskId(0), prompt).with_choices(["A", "B"]);
    TurnInput::Assigned(Assignment::of(Arc::new(task), ActorPath::world()))
}

pub(super) fn call(id: &str, name: &str) -> ToolCall {
    ToolCall { id: id.into(), name: name.into(), arguments: "{}".into() }
}

fn text(text: &str) -> TurnInput {
    TurnInput::ModelReplied(ModelReply::text(text))
}

fn calls(ids: &[&str]) -> TurnInput {
    TurnInput::ModelReplied(ModelReply::calls(ids.iter().map(|id| call(id, "look")).collect()))
}

fn failed(kind: ModelFailureKind) -> TurnInput {
    TurnInput::ModelFailed(ModelFailure::new(kind, "because"))
}

fn good(id: &str) -> TurnInput {
    TurnInput::ToolReturned(ToolResult::success(&call(id, "look"), format!("result of {id}")))
}

fn bad(id: &str) -> TurnInput {
    TurnInput::ToolReturned(ToolResult::error(&call(id, "look"), ToolErrorCode::NotFound, "nothing there"))
}

fn cancelled() -> TurnInput {
    TurnInput::Cancelled { reason: "enough".into() }
}

fn with_usage(input: TurnInput, output_tokens: u64) -> TurnInput {
    let TurnInput::ModelReplied(reply) = input else { return input };
    TurnInput::ModelReplied(ModelReply { usage: Some(Usage { input_tokens: 1, output_tokens }), ..reply })
}

fn step(turn: &mut Turn, input: TurnInput) -> Vec<TurnEffect> {
    let mut effects = Vec::new();
    turn.step(input, &mut effects);
    effects
}

fn turn_after(options: TurnOptions, inputs: impl IntoIterator<Item = TurnInput>) -> (Turn, Vec<TurnEffect>) {
    let mut turn = Turn::new(options, None);
    let last = inputs.into_iter().map(|input| step(&mut turn, input)).last();
    (turn, last.unwrap_or_default())
}

/// Effects in short: `ask 0`, `call c1`, `decided: A`, `failed (model)`.
fn short(effects: &[TurnEffect]) -> String {
    let one = |effect: &TurnEffect| match effect {
        TurnEffect::AskModel { call } => format!("ask {call}"),
        TurnEffect::CallTool(call) => format!("call {}", call.id),
        TurnEffect::Finish(Outcome::Failed(failure)) => format!("failed ({})", failure.kind.as_str()),
        TurnEffect::Finish(outcome) => outcome.to_string(),
    };
    effects.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Messages in short: `user`, `assistant c1 c2`, `tool c1 ok`, `tool c1 cancelled`.
fn short_transcript(turn: &Turn) -> Vec<String> {
    let one = |message: &Message| match message {
        Message::Tool(result) => {
            format!("tool {} {}", result.call_id, result.error.map_or("ok", ToolErrorCode::as_str))
        }
        Message::Assistant { tool_calls, .. } => {
            tool_calls.iter().fold("assistant".to_owned(), |so_far, call| format!("{so_far} {}", call.id))
        }
        Message::System { .. } | Message::User { .. } => message.role().to_owned(),
    };
    turn.transcript().messages().iter().map(one).collect()
}

const STATES: [&str; 5] = ["idle", "model", "tools", "tools, second early", "finished"];
const INPUTS: [&str; 13] = [
    "assigned",
    "text",
    "no text",
    "cut off",
    "calls",
    "model failed",
    "script over",
    "result c1",
    "result c2",
    "error c1",
    "result c9",
    "cancelled",
    "restarted",
];

fn in_state(name: &str) -> Turn {
    let mut inputs = match name {
        "idle" => vec![],
        "model" => vec![assignment("?")],
        "tools" => vec![assignment("?"), calls(&["c1", "c2"])],
        "tools, second early" => vec![assignment("?"), calls(&["c1", "c2"]), good("c2")],
        _ => vec![assignment("?"), text("A")],
    };
    turn_after(TurnOptions::default(), inputs.drain(..)).0
}

fn input(name: &str) -> TurnInput {
    match name {
        "assigned" => assignment("and now?"),
        "text" => text("It is b. Answer: B"),
        "no text" => text(" \n"),
        "cut off" => TurnInput::ModelReplied(ModelReply { stop: StopReason::Length, ..ModelReply::text("A") }),
        "calls" => calls(&["d1", "d2"]),
        "model failed" => failed(ModelFailureKind::Overloaded),
        "script over" => failed(ModelFailureKind::ScriptExhausted),
        "result c1" => good("c1"),
        "result c2" => good("c2"),
        "error c1" => bad("c1"),
        "result c9" => good("c9"),
        "cancelled" => cancelled(),
        _ => TurnInput::Restarted,
    }
}

#[test]
fn every_state_against_every_input() {
    use Waiting::{Model, Nothing, Tools};
    // State, input, effects, what it waits for then. Pairs that are not listed are ignored: no effect, no change.
    let table = [
        ("idle", "assigned", "ask 0", Model),
        ("model", "text", "decided: B", Nothing),
        ("model", "no text", "failed (model)", Nothing),
        ("model", "cut off", "failed (model)", Nothing),
        ("model", "calls", "call d1, call d2", Tools(2)),
        ("model", "model failed", "failed (model)", Nothing),
        ("model", "script over", "failed (script)", Nothing),
        ("model", "cancelled", "cancelled: enough", Nothing),
        ("model", "restarted", "ask 0", Model),
        ("tools", "result c1", "", Tools(1)),
        ("tools", "result c2", "", Tools(1)),
        ("tools", "error c1", "", Tools(1)),
        ("tools", "cancelled", "cancelled: enough", Nothing),
        ("tools", "restarted", "ask 1", Model),
        ("tools, second early", "result c1", "ask 1", Model),
        ("tools, second early", "error c1", "ask 1", Model),
        ("tools, second early", "cancelled", "cancelled: enough", Nothing),
        ("tools, second early", "restarted", "ask 1", Model),
        ("finished", "assigned", "ask 1", Model),
    ];
    for state in STATES {
        for name in INPUTS {
            let mut turn = in_state(state);
            let before = turn.clone();
            let effects = step(&mut turn, input(name));
            match table.iter().find(|row| (row.0, row.1) == (state, name)) {
                Some(row) => {
                    assert_eq!((short(&effects).as_str(), turn.waiting_for()), (row.2, row.3), "{state} / {name}");
                }
                None => assert_eq!((effects, turn), (vec![], before), "{state} / {name} is ignored"),
            }
        }
    }
    assert!(table.iter().all(|row| STATES.contains(&row.0) && INPUTS.contains(&row.1)), "a row is misspelt");
}

#[test]
fn instructions_and_assignments_stand_in_the_transcript() {
    let mut turn = Turn::new(TurnOptions::default(), Some("Be brief.".into()));
    let from = ActorPath::new("jury").unwrap();
    let task = Arc::new(Task::new(TaskId(3), "A or B?"));
    let further = Assignment { prompt: "Think again.".into(), round: 1, ..Assignment::of(task.clone(), from.clone()) };
    step(&mut turn, TurnInput::Assigned(Assignment::of(task, from.clone())));
    step(&mut turn, text("A"));
    assert!(turn.is_finished());
    assert_eq!(short(&step(&mut turn, TurnInput::Assigned(further))), "ask 1", "call numbers go on");
    let expected = [
        Message::System { text: "Be brief.".into() },
        Message::User { from: from.clone(), text: "A or B?".into() },
        Message::Assistant { text: "A".into(), tool_calls: vec![] },
        Message::User { from, text: "Think again.".into() },
    ];
    assert_eq!(turn.transcript().messages(), expected);
    assert_eq!((turn.calls(), turn.is_finished()), (2, false));
}

#[test]
fn results_enter_in_the_order_of_the_request() {
    let (turn, effects) = turn_after(
        TurnOptions::default(),
        [assignment("?"), calls(&["c1", "c2", "c3"]), good("c3"), bad("c2"), bad("c3"), good("c1")],
    );
    assert_eq!(short(&effects), "ask 1");
    let expected = ["user", "assistant c1 c2 c3", "tool c1 ok", "tool c2 not_found", "tool c3 ok"];
    assert_eq!(short_transcript(&turn), expected, "the first result of a call counts");
}

#[test]
fn ids_are_unique_in_the_whole_transcript() {
    let mut turn = Turn::new(TurnOptions::default(), None);
    step(&mut turn, assignment("?"));
    assert_eq!(short(&step(&mut turn, calls(&["", "a", "a"]))), "call call-0-0, call a, call a#0-2");
    for id in ["call-0-0", "a", "a#0-2"] {
        step(&mut turn, good(id));
    }
    assert_eq!(short(&step(&mut turn, calls(&["a"]))), "call a#1-0");
    assert_eq!(step(&mut turn, good("a")), [], "a late result of the first call answers nothing");
    assert_eq!(turn.waiting_for(), Waiting::Tools(1));
}

#[test]
fn the_turn_limit_counts_the_model_calls_of_one_assignment() {
    let options = TurnOptions { turns_max: 2, ..TurnOptions::default() };
    let round = |first: &str, second: &str| [calls(&[first]), good(first), calls(&[second]), good(second)];
    let mut turn = Turn::new(options, None);
    for (ids, asked) in [(["c1", "c2"], 2), (["c3", "c4"], 4)] {
        step(&mut turn, assignment("?"));
        let effects: Vec<_> = round(ids[0], ids[1]).into_iter().map(|input| short(&step(&mut turn, input))).collect();
        assert_eq!(effects[3], "exhausted: turns");
        assert_eq!(turn.calls(), asked);
    }
    let (_, effects) = turn_after(options, [assignment("?"), calls(&["c1"]), good("c1"), text("A")]);
    assert_eq!(short(&effects), "decided: A", "the last turn may answer");
}

#[test]
fn a_restart_is_no_further_turn_and_loses_no_call_number() {
    let options = TurnOptions { turns_max: 1, ..TurnOptions::default() };
    let (turn, effects) = turn_after(options, [assignment("?"), TurnInput::Restarted, TurnInput::Restarted]);
    assert_eq!((short(&effects).as_str(), turn.calls()), ("ask 0", 1));
    let (_, effects) = turn_after(options, [assignment("?"), calls(&["c1"]), TurnInput::Restarted]);
    assert_eq!(short(&effects), "exhausted: turns", "a call after tools is one");
}

#[test]
fn the_token_limit_holds_for_the_task_and_spares_an_answer() {
    let options = TurnOptions { tokens_max: Some(10), ..TurnOptions::default() };
    let first = |output_tokens| [assignment("?"), with_usage(calls(&["c1"]), output_tokens), good("c1")];
    assert_eq!(short(&turn_after(options, first(9)).1), "ask 1", "the limit itself is allowed");
    assert_eq!(short(&turn_after(options, first(10)).1), "exhausted: tokens");

    let mut turn = turn_after(options, first(9)).0;
    assert_eq!(short(&step(&mut turn, with_usage(text("A"), 90))), "decided: A", "an answer that crosses it counts");
    assert_eq!(turn.usage(), Usage { input_tokens: 2, output_tokens: 99 });
    assert_eq!(short(&step(&mut turn, assignment("?"))), "exhausted: tokens", "the task's tokens are used up");

    let unknown = [assignment("?"), calls(&["c1"]), good("c1")];
    assert_eq!(short(&turn_after(options, unknown).1), "ask 1", "unknown usage is not counted");
}

#[test]
fn a_failed_model_call_counts_what_it_took_and_keeps_its_message() {
    let usage = Some(Usage { input_tokens: 7, output_tokens: 0 });
    let failure = ModelFailure { usage, ..ModelFailure::new(ModelFailureKind::ExpectationUnmet, "expected x, saw y") };
    let (turn, effects) = turn_after(TurnOptions::default(), [assignment("?"), TurnInput::ModelFailed(failure)]);
    assert_eq!(effects, [TurnEffect::Finish(Outcome::failed(FailureKind::Script, "expected x, saw y"))]);
    assert_eq!(turn.usage().input_tokens, 7);
}

#[test]
fn the_same_failing_call_ends_the_task_after_all_results_are_in() {
    let options = TurnOptions { same_failing_call_max: 2, ..TurnOptions::default() };
    let twice = [assignment("?"), calls(&["c1", "c2", "c3"]), bad("c1"), bad("c2")];
    let (mut turn, effects) = turn_after(options, twice);
    assert_eq!((short(&effects).as_str(), turn.waiting_for()), ("", Waiting::Tools(1)));
    let effects = step(&mut turn, good("c3"));
    let [TurnEffect::Finish(Outcome::Failed(failure))] = effects.as_slice() else { unreachable!("{effects:?}") };
    assert_eq!(failure.kind, FailureKind::Repetition);
    assert_eq!(
        &*failure.message,
        "the tool call look with the arguments {} failed 2 times without a successful call in between, which is as \
         often as same_failing_call_max allows; its last error: nothing there"
    );
    assert_eq!(short(&step(&mut turn, assignment("?"))), "ask 1", "a further assignment counts anew");
    step(&mut turn, calls(&["d1"]));
    assert_eq!(short(&step(&mut turn, bad("d1"))), "ask 2");
}

#[test]
fn repetition_is_counted_in_the_order_of_the_request() {
    let options = TurnOptions { same_failing_call_max: 2, ..TurnOptions::default() };
    // The success comes last but stands between the failures.
    let (_, effects) =
        turn_after(options, [assignment("?"), calls(&["c1", "c2", "c3"]), bad("c1"), bad("c3"), good("c2")]);
    assert_eq!(short(&effects), "ask 1");
}

#[test]
fn restarts_do_not_count_as_failing_calls() {
    let options = TurnOptions { same_failing_call_max: 1, ..TurnOptions::default() };
    let (turn, effects) =
        turn_after(options, [assignment("?"), calls(&["c1", "c2"]), good("c2"), TurnInput::Restarted]);
    assert_eq!(short(&effects), "ask 1");
    assert_eq!(short_transcript(&turn), ["user", "assistant c1 c2", "tool c1 unknown", "tool c2 ok"]);
    assert!(turn.transcript().messages()[2].text().contains("unknown whether the call took effect"));
}

#[test]
fn a_cancelled_turn_leaves_a_transcript_that_can_go_on() {
    let mut turn = in_state("tools, second early");
    assert_eq!(short(&step(&mut turn, cancelled())), "cancelled: enough");
    assert_eq!(short_transcript(&turn), ["user", "assistant c1 c2", "tool c1 cancelled", "tool c2 ok"]);
    assert_eq!(turn.transcript().messages()[2].text(), "cancelled before there was a result: enough");
    assert_eq!(short(&step(&mut turn, assignment("?"))), "ask 1");
}

#[test]
fn an_empty_reply_is_not_kept_and_one_that_was_cut_off_is() {
    let (turn, _) = turn_after(TurnOptions::default(), [assignment("?"), input("no text")]);
    assert_eq!(short_transcript(&turn), ["user"]);
    let (turn, effects) = turn_after(TurnOptions::default(), [assignment("?"), input("cut off")]);
    assert_eq!(short_transcript(&turn), ["user", "assistant"]);
    let [TurnEffect::Finish(Outcome::Failed(failure))] = effects.as_slice() else { unreachable!("{effects:?}") };
    assert!(failure.message.contains("model call 0 was cut off at the limit of output tokens"), "{failure}");
}

#[test]
fn a_resumed_turn_closes_what_was_open() {
    let transcript = in_state("tools").transcript().clone();
    let mut turn = Turn::resuming(TurnOptions::default(), transcript.clone(), 5);
    assert_eq!(short_transcript(&turn), ["user", "assistant c1 c2", "tool c1 unknown", "tool c2 unknown"]);
    assert_eq!(transcript.len(), 2, "whoever shares the old transcript sees no change");
    assert_eq!((turn.calls(), turn.waiting_for(), turn.is_finished()), (5, Waiting::Nothing, false));
    assert_eq!(short(&step(&mut turn, assignment("?"))), "ask 5");
}

#[test]
fn a_request_shares_the_transcript_and_is_not_changed_by_what_comes_later() {
    let mut turn = in_state("model");
    let request = turn.transcript().clone();
    assert!(Arc::ptr_eq(&request, turn.transcript()));
    step(&mut turn, calls(&["c1"]));
    assert_eq!((request.len(), turn.transcript().len()), (1, 2));
    drop(request);
    let place = Arc::as_ptr(turn.transcript());
    step(&mut turn, good("c1"));
    assert_eq!(Arc::as_ptr(turn.transcript()), place, "what nobody shares is not copied");
}

#[test]
fn a_damaged_state_ends_in_a_failure_with_a_name() {
    // The progress of another turn: it says that the model was asked, but a call is open here.
    let mut turn = in_state("tools");
    turn.restore(Progress { transcript_length: 2, ..in_state("model").progress() });
    let effects = step(&mut turn, text("A"));
    assert_eq!(short(&effects), "failed (setup)");
    assert_eq!(short(&step(&mut turn, assignment("?"))), "failed (setup)", "one end per assignment all the same");
}
