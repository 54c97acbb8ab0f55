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

pub(super) fn text(text: &str) -> TurnInput {
    TurnInput::ModelReplied(ModelReply::text(text))
}

pub(super) fn calls(ids: &[&str]) -> TurnInput {
    TurnInput::ModelReplied(ModelReply::calls(ids.iter().map(|id| call(id, "look")).collect()))
}

pub(super) fn failed(kind: ModelFailureKind) -> TurnInput {
    TurnInput::ModelFailed(ModelFailure::new(kind, "because"))
}

pub(super) fn good(id: &str) -> TurnInput {
    TurnInput::ToolReturned(ToolResult::success(&call(id, "look"), format!("result of {id}")))
}

pub(super) fn bad(id: &str) -> TurnInput {
    TurnInput::ToolReturned(ToolResult::error(&call(id, "look"), ToolErrorCode::NotFound, "nothing there"))
}

pub(super) fn cancelled() -> TurnInput {
    TurnInput::Cancelled { reason: "enough".into() }
}

pub(super) fn streamed(piece: &str) -> TurnInput {
    TurnInput::Streamed(ModelDelta::Text(piece.into()))
}

pub(super) fn told(text: &str) -> TurnInput {
    TurnInput::Told { from: ActorPath::new("jury/juror[2]").unwrap(), text: text.into() }
}

pub(super) fn sent_on(text: &str) -> TurnInput {
    TurnInput::SentOn { text: text.into() }
}

/// A transcript that a compaction could leave.
pub(super) fn compacted() -> TurnInput {
    let mut transcript = Transcript::new();
    transcript.push_user(ActorPath::world(), "in short").unwrap();
    TurnInput::Compacted(Arc::new(transcript))
}

fn with_usage(input: TurnInput, output_tokens: u64) -> TurnInput {
    let TurnInput::ModelReplied(reply) = input else { return input };
    TurnInput::ModelReplied(ModelReply { usage: Some(Usage::new(1, output_tokens)), ..reply })
}

pub(super) fn step(turn: &mut Turn, input: TurnInput) -> Vec<TurnEffect> {
    let mut effects = Vec::new();
    turn.step(input, &mut effects);
    effects
}

pub(super) fn turn_after(options: TurnOptions, inputs: impl IntoIterator<Item = TurnInput>) -> (Turn, Vec<TurnEffect>) {
    let mut turn = Turn::new(options, None);
    let last = inputs.into_iter().map(|input| step(&mut turn, input)).last();
    (turn, last.unwrap_or_default())
}

/// Effects in short: `ask 0`, `call c1`, `decided: A`, `failed (model)`.
pub(super) fn short(effects: &[TurnEffect]) -> String {
    let one = |effect: &TurnEffect| match effect {
        TurnEffect::AskModel { call } => format!("ask {call}"),
        TurnEffect::CallTool(call) => format!("call {}", call.id),
        TurnEffect::Finish(Outcome::Failed(failure)) => format!("failed ({})", failure.kind.as_str()),
        TurnEffect::Finish(outcome) => outcome.to_string(),
    };
    effects.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Messages in short: `user`, `assistant c1 c2`, `tool c1 ok`, `tool c1 cancelled`.
pub(super) fn short_transcript(turn: &Turn) -> Vec<String> {
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

const STATES: [&str; 8] = [
    "idle",
    "model",
    "model, streaming",
    "model, told",
    "tools",
    "tools, second early",
    "finished",
    "finished without an answer",
];
const INPUTS: [&str; 20] = [
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
    "streamed",
    "streamed call",
    "stream failed",
    "told",
    "sent on",
    "exhausted",
    "compacted",
];

pub(super) fn in_state(name: &str) -> Turn {
    let mut inputs = match name {
        "idle" => vec![],
        "model" => vec![assignment("?")],
        "model, streaming" => vec![assignment("?"), streamed("It m")],
        "model, told" => vec![assignment("?"), told("hurry")],
        "finished without an answer" => vec![assignment("?"), cancelled()],
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
        "restarted" => TurnInput::Restarted,
        "streamed" => streamed("ight"),
        "streamed call" => TurnInput::Streamed(ModelDelta::ToolCall {
            index: 0,
            id: Some("c1".into()),
            name: Some("look".into()),
            arguments: "{".into(),
        }),
        "stream failed" => TurnInput::StreamFailed,
        "told" => told("by the way"),
        "sent on" => sent_on("say why"),
        "exhausted" => TurnInput::Exhausted { limit: Limit::Money },
        _ => compacted(),
    }
}

#[test]
fn every_state_against_every_input() {
    use Waiting::{Model, Nothing, Tools};
    // State, input, effects, what it waits for then. Pairs that are not listed are ignored: no effect, no change.
    let both = ["model", "model, streaming", "model, told"].into_iter().flat_map(|state| {
        [
            ("no text", "failed (model)", Nothing),
            ("cut off", "failed (model)", Nothing),
            ("calls", "call d1, call d2", Tools(2)),
            ("model failed", "failed (model)", Nothing),
            ("script over", "failed (script)", Nothing),
            ("cancelled", "cancelled: enough", Nothing),
            ("exhausted", "exhausted: money", Nothing),
            ("restarted", "ask 0", Model),
            ("streamed", "", Model),
            ("told", "", Model),
            ("compacted", "", Model),
        ]
        .map(|(input, effects, waiting)| (state, input, effects, waiting))
    });
    let others = [
        ("idle", "assigned", "ask 0", Model),
        ("model", "text", "decided: B", Nothing),
        ("model, streaming", "text", "decided: B", Nothing),
        ("model, streaming", "stream failed", "", Model),
        ("model, told", "text", "ask 1", Model),
        ("tools", "result c1", "", Tools(1)),
        ("tools", "result c2", "", Tools(1)),
        ("tools", "error c1", "", Tools(1)),
        ("tools", "cancelled", "cancelled: enough", Nothing),
        ("tools", "exhausted", "exhausted: money", Nothing),
        ("tools", "restarted", "ask 1", Model),
        ("tools", "told", "", Tools(2)),
        ("tools, second early", "result c1", "ask 1", Model),
        ("tools, second early", "error c1", "ask 1", Model),
        ("tools, second early", "cancelled", "cancelled: enough", Nothing),
        ("tools, second early", "exhausted", "exhausted: money", Nothing),
        ("tools, second early", "restarted", "ask 1", Model),
        ("tools, second early", "told", "", Tools(1)),
        ("finished", "assigned", "ask 1", Model),
        ("finished", "sent on", "ask 1", Model),
        ("finished without an answer", "assigned", "ask 1", Model),
        // They wait for the next assignment.
        ("idle", "told", "", Nothing),
        ("finished", "told", "", Nothing),
        ("finished without an answer", "told", "", Nothing),
    ];
    let table: Vec<_> = both.chain(others).collect();
    for state in STATES {
        for name in INPUTS {
            let mut turn = in_state(state);
            let before = turn.clone();
            let effects = step(&mut turn, input(name));
            match table.iter().find(|row| (row.0, row.1) == (state, name)) {
                Some(row) => {
                    assert_eq!((short(&effects).as_str(), turn.waiting_for()), (row.2, row.3), "{state} / {name}");
                    // Asking again what was asked is no change.
                    assert!(turn != before || name == "restarted", "{state} / {name} changes something");
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
    assert_eq!(turn.usage(), Usage::new(2, 99));
    assert_eq!(short(&step(&mut turn, assignment("?"))), "exhausted: tokens", "the task's tokens are used up");

    let unknown = [assignment("?"), calls(&["c1"]), good("c1")];
    assert_eq!(short(&turn_after(options, unknown).1), "ask 1", "unknown usage is not counted");
}

#[test]
fn a_failed_model_call_counts_what_it_took_and_keeps_its_message() {
    let usage = Some(Usage::new(7, 0));
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
fn an_empty_reply_is_not_kept_and_one_that_was_cut_off_is() {
    let (turn, _) = turn_after(TurnOptions::default(), [assignment("?"), input("no text")]);
    assert_eq!(short_transcript(&turn), ["user"]);
    let (turn, effects) = turn_after(TurnOptions::default(), [assignment("?"), input("cut off")]);
    assert_eq!(short_transcript(&turn), ["user", "assistant"]);
    let [TurnEffect::Finish(Outcome::Failed(failure))] = effects.as_slice() else { unreachable!("{effects:?}") };
    assert!(failure.message.contains("model call 0 was cut off at the limit of output tokens"), "{failure}");
}
