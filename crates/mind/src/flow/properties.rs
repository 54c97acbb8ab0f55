//! What holds for the flow of a call whatever comes, in whatever order.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use moot_core::GrantScope;
use proptest::prelude::*;
use serde_json::json;

use super::tests::{AFTER, ASKED, BEFORE, answered, call, hooks, judged, prepared};
use super::*;

/// An input that is not yet tied to a state.
#[derive(Debug, Clone)]
enum Move {
    /// What the flow waits for, in one of its forms.
    Fitting { choice: usize, hooks: Vec<usize> },
    /// Anything at all.
    Stray(FlowInput),
}

fn verdicts() -> [Result<HookVerdict, Text>; 9] {
    [
        Ok(HookVerdict::Allow),
        Ok(HookVerdict::Allow),
        Ok(HookVerdict::Annotate("n".into())),
        Ok(HookVerdict::Ask("q".into())),
        Ok(HookVerdict::Rewrite(r#"{"path":"b"}"#.into())),
        Ok(HookVerdict::Rewrite(r#"{"path":"c"}"#.into())),
        Ok(HookVerdict::Deny("d".into())),
        Ok(HookVerdict::SendOn("s".into())),
        Err("it crashed".into()),
    ]
}

fn result(choice: usize) -> ToolResult {
    match choice % 2 {
        0 => ToolResult::success(&call(), "done"),
        _ => ToolResult::error(&call(), ToolErrorCode::Failed, "no"),
    }
}

fn approval(choice: usize) -> Approval {
    [Approval::Granted(GrantScope::Run), Approval::Refused("r".into()), Approval::TimedOut][choice % 3].clone()
}

fn judgement(choice: usize) -> FlowInput {
    judged([Verdict::Allow, Verdict::Ask, Verdict::Allow, Verdict::Deny][choice % 4])
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let indices = || {
        prop::collection::vec(0..4_usize, 0..4).prop_map(|mut hooks| {
            hooks.sort_unstable();
            hooks.dedup();
            hooks
        })
    };
    let events = prop::sample::select(vec![BEFORE, ASKED, AFTER]);
    let stray = prop_oneof![
        Just(prepared(json!({ "path": "z" }))),
        Just(FlowInput::Refused(result(1))),
        (0..4_usize).prop_map(judgement),
        (events, indices()).prop_map(|(event, indices)| hooks(event, &indices)),
        (0..4_usize, 0..9_usize)
            .prop_map(|(hook, choice)| FlowInput::HookAnswered { hook, answer: verdicts()[choice].clone() }),
        (0..3_usize).prop_map(|choice| FlowInput::Approval(approval(choice))),
        Just(FlowInput::Admitted),
        Just(FlowInput::Returned(result(0))),
        Just(FlowInput::Outdated),
        Just(FlowInput::TimedOut),
        Just(FlowInput::Cancelled { reason: "enough".into() }),
    ];
    let fitting = (0..36_usize, indices()).prop_map(|(choice, hooks)| Move::Fitting { choice, hooks });
    prop::collection::vec(prop_oneof![9 => fitting, 1 => stray.prop_map(Move::Stray)], 0..40)
}

fn input_of(flow: &CallFlow, chosen: &Move) -> FlowInput {
    let (choice, indices) = match chosen {
        Move::Stray(input) => return input.clone(),
        Move::Fitting { choice, hooks } => (*choice, hooks),
    };
    match flow.waits_for() {
        FlowStep::Preparing if choice % 6 == 5 => FlowInput::Refused(result(1)),
        FlowStep::Preparing => prepared(serde_json::from_str(&flow.call().arguments).unwrap()),
        FlowStep::Judging => judgement(choice),
        FlowStep::Matching(event) => hooks(event, indices),
        FlowStep::Hook { hook, .. } => FlowInput::HookAnswered { hook, answer: verdicts()[choice % 9].clone() },
        FlowStep::Asking => FlowInput::Approval(approval(choice)),
        FlowStep::Admitting => FlowInput::Admitted,
        FlowStep::Running if choice % 9 == 8 => FlowInput::Outdated,
        FlowStep::Running => FlowInput::Returned(result(choice)),
        FlowStep::Finished => answered(0, HookVerdict::Allow),
    }
}

/// Watches a flow from outside: what was judged and approved, and what came of it.
#[derive(Default)]
struct Watch {
    /// The arguments that were judged and what was decided on them.
    judged: Option<(Value, Verdict)>,
    hook_asked: bool,
    approved: bool,
    admitted: u32,
    released: u32,
    ran: u32,
    finished: u32,
}

impl Watch {
    fn see_input(&mut self, before: &CallFlow, input: &FlowInput) {
        match (before.waits_for(), input) {
            (FlowStep::Judging, FlowInput::Judged(decision)) => {
                self.judged = before.arguments().cloned().map(|arguments| (arguments, decision.verdict));
            }
            (FlowStep::Hook { event, hook }, FlowInput::HookAnswered { hook: answered, answer })
                if hook == *answered =>
            {
                self.hook_asked |= event == BEFORE && matches!(answer, Ok(HookVerdict::Ask(_)));
                self.approved |= event == ASKED && *answer == Ok(HookVerdict::Allow);
            }
            (FlowStep::Asking, FlowInput::Approval(Approval::Granted(_))) => self.approved = true,
            (FlowStep::Admitting, FlowInput::Admitted) => self.admitted += 1,
            _ => {}
        }
    }

    fn see_effects(&mut self, effects: &[FlowEffect], after: &CallFlow) {
        for effect in effects {
            assert_eq!(self.finished, 0, "nothing comes behind the end: {effects:?}");
            match effect {
                FlowEffect::Run => {
                    let (arguments, verdict) = self.judged.as_ref().unwrap();
                    assert_eq!(Some(arguments), after.arguments(), "it was judged over these arguments");
                    assert_eq!(serde_json::from_str::<Value>(&after.call().arguments).unwrap(), *arguments);
                    assert_ne!(*verdict, Verdict::Deny);
                    assert!(
                        self.approved || (*verdict == Verdict::Allow && !self.hook_asked),
                        "what is asked is approved"
                    );
                    assert_eq!((self.admitted, self.ran), (1, 0), "it runs once, and when it was admitted");
                    self.ran += 1;
                }
                FlowEffect::Release => self.released += 1,
                FlowEffect::Finish(result) => {
                    self.finished += 1;
                    assert_eq!(result.call_id, call().id);
                }
                _ => {}
            }
        }
        assert!(self.released <= self.admitted);
        assert_eq!(after.waits_for() == FlowStep::Finished, self.finished == 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1024) })]

    #[test]
    fn a_flow_keeps_its_rules(moves in moves()) {
        let mut start = Vec::new();
        let mut flow = CallFlow::start(call(), &mut start);
        let mut watch = Watch::default();
        watch.see_effects(&start, &flow);
        for chosen in moves.iter().chain([&Move::Stray(FlowInput::TimedOut)]) {
            let before = flow.clone();
            let input = match input_of(&flow, chosen) {
                // A body prepares the call that it was given: arguments of another one are no answer.
                FlowInput::Prepared { .. } if flow.waits_for() == FlowStep::Preparing => {
                    prepared(serde_json::from_str(&flow.call().arguments).unwrap())
                }
                input => input,
            };
            watch.see_input(&before, &input);
            let mut effects = Vec::new();
            flow.step(input.clone(), &mut effects);
            prop_assert!(!effects.is_empty() || flow == before, "what changes the flow has an effect");
            watch.see_effects(&effects, &flow);
            let mut copy: CallFlow = serde_json::from_str(&serde_json::to_string(&before).unwrap()).unwrap();
            let mut effects_of_copy = Vec::new();
            copy.step(input, &mut effects_of_copy);
            prop_assert_eq!((copy, effects_of_copy), (flow.clone(), effects));
        }
        prop_assert_eq!((watch.finished, watch.released), (1, watch.admitted), "one end, one release");
    }

    /// The random inputs do reach the far end of a flow: else the rules above would hold of nothing.
    #[test]
    fn a_flow_that_is_never_denied_runs(before in 0..4_usize, asked in 0..3_usize, after in 0..4_usize) {
        let mut effects = Vec::new();
        let mut flow = CallFlow::start(call(), &mut effects);
        let count = |event| match event { BEFORE => before, ASKED => asked, _ => after };
        while flow.waits_for() != FlowStep::Finished {
            let indices: Vec<usize> = match flow.waits_for() {
                FlowStep::Matching(event) => (0..count(event)).collect(),
                _ => Vec::new(),
            };
            let verdict = usize::from(matches!(flow.waits_for(), FlowStep::Judging));
            let input = input_of(&flow, &Move::Fitting { choice: verdict, hooks: indices });
            flow.step(input, &mut effects);
        }
        let hooks = effects.iter().filter(|effect| matches!(effect, FlowEffect::RunHook { .. })).count();
        prop_assert_eq!(hooks, before + asked + after);
        prop_assert!(effects.contains(&FlowEffect::Run));
    }
}
