//! What holds for a turn whatever comes, driven by random inputs.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use proptest::prelude::*;

use super::tests::{assignment, call};
use super::*;

/// An input that is not yet tied to a state.
#[derive(Debug, Clone)]
enum Move {
    Fixed(TurnInput),
    /// The result of one of the calls that are open when it is played, counted round.
    AnswerOpen {
        place: usize,
        error: bool,
    },
    /// The transcript becomes its first messages, as far as they have no open call.
    Compact {
        keep: usize,
    },
}

fn move_made() -> impl Strategy<Value = Move> {
    let usage = prop::option::of((0..50_u64, 0..50_u64))
        .prop_map(|known| known.map(|(input_tokens, output_tokens)| Usage::new(input_tokens, output_tokens)));
    let stop = prop_oneof![Just(StopReason::End), Just(StopReason::ToolCalls), Just(StopReason::Length)];
    let asked =
        (prop::sample::select(vec!["", "c", "d", "call-0-0", "c#1-1"]), prop::sample::select(vec!["look", "dig"]));
    let calls = prop::collection::vec(asked.prop_map(|(id, name)| call(id, name)), 0..4);
    let reply = (prop::sample::select(vec!["", " ", "A", "b", "A or B"]), calls, usage, stop).prop_map(
        |(text, tool_calls, usage, stop)| {
            let reply = ModelReply { tool_calls, usage, stop, ..ModelReply::text(text) };
            Move::Fixed(TurnInput::ModelReplied(reply))
        },
    );
    let kinds = vec![ModelFailureKind::Timeout, ModelFailureKind::ScriptExhausted, ModelFailureKind::ExpectationUnmet];
    let failure = prop::sample::select(kinds).prop_map(|kind| {
        let failure = ModelFailure::new(kind, "because");
        Move::Fixed(TurnInput::ModelFailed(failure))
    });
    let stray = prop::sample::select(vec!["", "c", "d", "call-0-0", "call-1-0"])
        .prop_map(|id| Move::Fixed(TurnInput::ToolReturned(ToolResult::success(&call(id, "look"), "stray"))));
    let team = prop::sample::select(vec!["hurry", "B is out"])
        .prop_map(|text| Move::Fixed(TurnInput::Told { from: ActorPath::world(), text: text.into() }));
    let streamed = prop::sample::select(vec!["", "It ", "might"])
        .prop_map(|piece| Move::Fixed(TurnInput::Streamed(ModelDelta::Text(piece.into()))));
    prop_oneof![
        2 => team,
        2 => streamed,
        1 => Just(Move::Fixed(TurnInput::StreamFailed)),
        2 => Just(Move::Fixed(TurnInput::SentOn { text: "say why".into() })),
        1 => Just(Move::Fixed(TurnInput::Exhausted { limit: Limit::Money })),
        1 => (0..3_usize).prop_map(|keep| Move::Compact { keep }),
        4 => Just(Move::Fixed(assignment("A or B?"))),
        8 => reply,
        1 => failure,
        10 => (0..4_usize, any::<bool>()).prop_map(|(place, error)| Move::AnswerOpen { place, error }),
        1 => stray,
        1 => Just(Move::Fixed(TurnInput::Cancelled { reason: "enough".into() })),
        2 => Just(Move::Fixed(TurnInput::Restarted)),
    ]
}

fn options() -> impl Strategy<Value = TurnOptions> {
    (0..6_u32, prop::option::of(0..200_u64), 0..4_u32, 0..4_u32, 0..3_u32).prop_map(
        |(turns_max, tokens_max, same_failing_call_max, same_exchange_max, send_on_max)| TurnOptions {
            turns_max,
            tokens_max,
            same_failing_call_max,
            same_exchange_max,
            send_on_max,
            ..TurnOptions::default()
        },
    )
}

/// The input that a move is in the present state of a turn.
fn input_of(turn: &Turn, chosen: &Move) -> TurnInput {
    match chosen {
        Move::Fixed(input) => input.clone(),
        Move::Compact { keep } => {
            let mut transcript = (**turn.transcript()).clone();
            let closed = |length: &usize| {
                let mut head = transcript.clone();
                head.truncate(*length);
                head.open_calls().next().is_none()
            };
            let length = (0..=(*keep).min(transcript.len())).rev().find(closed).unwrap_or(0);
            transcript.truncate(length);
            TurnInput::Compacted(Arc::new(transcript))
        }
        Move::AnswerOpen { place, error } => {
            let open: Vec<&ToolCall> = turn.transcript().open_calls().collect();
            let nothing = call("nothing", "look");
            let answered = open.get(place % open.len().max(1)).copied().unwrap_or(&nothing);
            TurnInput::ToolReturned(match error {
                true => ToolResult::error(answered, ToolErrorCode::Failed, "no"),
                false => ToolResult::success(answered, "yes"),
            })
        }
    }
}

fn step(turn: &mut Turn, input: TurnInput) -> Vec<TurnEffect> {
    let mut effects = Vec::new();
    turn.step(input, &mut effects);
    effects
}

fn through_json<T: Serialize + for<'de> Deserialize<'de>>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

/// Watches one turn from its first input on.
#[derive(Default)]
struct Watch {
    /// Assignments, and answers that were sent on.
    assigned: u32,
    finished: u32,
    asked: u32,
}

impl Watch {
    fn see(&mut self, before: &Turn, input: &TurnInput, effects: &[TurnEffect], after: &Turn) {
        let open_before = before.waiting_for() != Waiting::Nothing;
        if !open_before && matches!(input, TurnInput::Assigned(_)) {
            self.assigned += 1;
        } else if !open_before && matches!(input, TurnInput::SentOn { .. }) && !effects.is_empty() {
            assert!(before.is_finished(), "only what has ended is sent on");
            self.assigned += 1;
        } else if !open_before {
            let told = matches!(input, TurnInput::Told { .. });
            assert!(effects.is_empty(), "nothing happens while nothing is assigned: {effects:?}");
            assert!(before == after || told, "nothing changes while nothing is assigned");
        }
        let waits = |turn: &Turn| matches!(turn.waiting_for(), Waiting::Model);
        assert!(after.partial_text().is_empty() || waits(after), "pieces are kept only while a reply is awaited");
        for (place, effect) in effects.iter().enumerate() {
            match effect {
                TurnEffect::Finish(_) => {
                    self.finished += 1;
                    assert_eq!(place + 1, effects.len(), "nothing comes after the end: {effects:?}");
                }
                TurnEffect::AskModel { call } => {
                    let again = *input == TurnInput::Restarted && before.waiting_for() == Waiting::Model;
                    assert_eq!(*call, self.asked - u32::from(again), "call numbers have no gap");
                    self.asked = call + 1;
                    assert!(!after.has_unread() || again, "whatever was told is read before the model is asked");
                    assert_eq!(after.waiting_for(), Waiting::Model);
                }
                TurnEffect::CallTool(call) => {
                    assert!(after.transcript().open_calls().any(|open| open == call), "{call:?} is open");
                }
            }
        }
        let open_after = after.waiting_for() != Waiting::Nothing;
        assert_eq!(self.assigned, self.finished + u32::from(open_after), "one end for each assignment");
        assert_eq!(after.is_finished(), self.assigned > 0 && !open_after);
        assert_eq!(after.calls(), self.asked);
        if !matches!(after.waiting_for(), Waiting::Tools(_)) {
            assert_eq!(after.transcript().open_calls().count(), 0, "calls are open only while tools are waited for");
        }
        assert_ne!(after.waiting_for(), Waiting::Tools(0), "a turn does not wait for nothing");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn a_turn_keeps_its_rules(options in options(), moves in prop::collection::vec(move_made(), 0..60)) {
        let mut turn = Turn::new(options, Some("Be brief.".into()));
        let mut watch = Watch::default();
        for chosen in &moves {
            let before = turn.clone();
            let input = input_of(&turn, chosen);
            let effects = step(&mut turn, input.clone());
            watch.see(&before, &input, &effects, &turn);
            // Reading a transcript checks it: what could not be built can't be read.
            prop_assert_eq!(&through_json(&**turn.transcript()), &**turn.transcript());
        }
        step(&mut turn, TurnInput::Cancelled { reason: "the end".into() });
        prop_assert_eq!(turn.waiting_for(), Waiting::Nothing);
    }

    #[test]
    fn a_turn_goes_on_alike_after_being_written_and_read(
        options in options(),
        moves in prop::collection::vec(move_made(), 0..40),
    ) {
        let mut turn = Turn::new(options, None);
        let mut copy = turn.clone();
        for chosen in &moves {
            copy = through_json(&copy);
            prop_assert_eq!(&copy, &turn);
            let input = input_of(&turn, chosen);
            prop_assert_eq!(step(&mut copy, through_json(&input)), step(&mut turn, input));
        }
        prop_assert_eq!(copy, turn);
    }

    #[test]
    fn going_back_and_playing_again_gives_the_same(
        options in options(),
        moves in prop::collection::vec(move_made(), 1..40),
        back_to in any::<prop::sample::Index>(),
    ) {
        let back_to = back_to.index(moves.len());
        let mut turn = Turn::new(options, None);
        let mut seen = Vec::new();
        let mut saved = None;
        let mut compacted = false;
        for (place, chosen) in moves.iter().enumerate() {
            // One compaction can be undone, not several.
            let compacts = matches!(chosen, Move::Compact { .. }) && place >= back_to;
            if compacts && compacted {
                continue;
            }
            compacted |= compacts;
            if place == back_to {
                saved = Some((turn.progress(), turn.clone()));
            }
            let input = input_of(&turn, chosen);
            let effects = step(&mut turn, input.clone());
            if place >= back_to {
                seen.push((input, effects));
            }
        }
        let (progress, then) = saved.unwrap();
        let last = turn.clone();
        turn.restore(through_json(&progress));
        prop_assert_eq!(&turn, &then);
        for (input, effects) in &seen {
            prop_assert_eq!(&step(&mut turn, input.clone()), effects);
        }
        prop_assert_eq!(turn, last);
    }

    #[test]
    fn the_order_of_results_does_not_matter(
        options in options(),
        errors in prop::collection::vec(any::<bool>(), 1..7),
        order in any::<prop::sample::Index>(),
    ) {
        let ids: Vec<String> = (0..errors.len()).map(|place| format!("c{place}")).collect();
        let result = |place: usize| {
            let of = call(&ids[place], "look");
            TurnInput::ToolReturned(match errors[place] {
                true => ToolResult::error(&of, ToolErrorCode::Failed, "no"),
                false => ToolResult::success(&of, "yes"),
            })
        };
        let play = |places: Vec<usize>| {
            let mut turn = Turn::new(TurnOptions { turns_max: 9, ..options }, None);
            step(&mut turn, assignment("A or B?"));
            let calls = ids.iter().map(|id| call(id, "look")).collect();
            step(&mut turn, TurnInput::ModelReplied(ModelReply::calls(calls)));
            let effects: Vec<_> = places.into_iter().flat_map(|place| step(&mut turn, result(place))).collect();
            (turn, effects)
        };
        let in_order: Vec<usize> = (0..errors.len()).collect();
        let mut otherwise = in_order.clone();
        otherwise.rotate_left(order.index(errors.len()));
        let half = otherwise.len() / 2;
        otherwise[half..].reverse();
        prop_assert_eq!(play(otherwise), play(in_order));
    }
}
