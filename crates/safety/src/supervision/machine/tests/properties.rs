//! What holds whatever happens: limits, order, causes, and that a machine can be written down at any time.

use super::*;
use crate::supervision::Strategy;
use proptest::prelude::*;
use proptest::strategy::Strategy as Generator;

#[derive(Debug, Clone)]
enum Act {
    Exit(usize, u8),
    Wait(u64),
    Add(u8),
    Remove(usize),
    /// From now on a child does not stop when it is asked to, or does again.
    Stubborn(usize),
    /// From now on a child can't be started, or can again.
    Unstartable(usize),
    Shutdown,
}

fn acts() -> impl Generator<Value = Vec<Act>> {
    let act = prop_oneof![
        8 => (0_usize..6, 0_u8..6).prop_map(|(child, reason)| Act::Exit(child, reason)),
        6 => prop_oneof![0_u64..300, 0_u64..12_000].prop_map(Act::Wait),
        1 => (0_u8..3).prop_map(Act::Add),
        1 => (0_usize..6).prop_map(Act::Remove),
        1 => (0_usize..6).prop_map(Act::Stubborn),
        1 => (0_usize..6).prop_map(Act::Unstartable),
        1 => Just(Act::Shutdown),
    ];
    proptest::collection::vec(act, 0..60)
}

fn strategies() -> impl Generator<Value = Strategy> {
    prop_oneof![Just(Strategy::OneForOne), Just(Strategy::OneForAll), Just(Strategy::RestForOne)]
}

fn restart_type(number: u8) -> RestartType {
    [RestartType::Permanent, RestartType::Transient, RestartType::Temporary][usize::from(number % 3)]
}

fn reason(number: u8) -> ExitReason {
    match number {
        0 => ExitReason::Normal,
        1 => ExitReason::Shutdown,
        2 => ExitReason::ShutdownWith("done".into()),
        3 => ExitReason::Error("bad state".into()),
        4 => panicked(),
        _ => ExitReason::Killed,
    }
}

fn play(rig: &mut Rig, act: &Act) {
    let toggle = |set: &mut BTreeSet<usize>, child: usize| {
        if !set.remove(&child) {
            set.insert(child);
        }
    };
    match act {
        Act::Exit(child, number) => {
            // What is not there can't end.
            let is_there = matches!(rig.machine.state(*child), Some(ChildState::Running | ChildState::Stopping));
            if is_there {
                rig.exit(*child, reason(*number));
            }
        }
        Act::Wait(milliseconds) => rig.until(rig.now.as_millis() + milliseconds),
        Act::Add(number) => rig.tell(SupervisorInput::ChildAdded { spec: of_type(restart_type(*number)) }),
        Act::Remove(child) => rig.tell(SupervisorInput::ChildRemoved { child: *child }),
        Act::Stubborn(child) => toggle(&mut rig.stubborn, *child),
        Act::Unstartable(child) => toggle(&mut rig.unstartable, *child),
        Act::Shutdown => rig.tell(SupervisorInput::Shutdown),
    }
}

/// What must hold of a whole history.
fn check(rig: &Rig, intensity: u32, period_ms: u64) -> Result<(), TestCaseError> {
    // Never more restarts allowed than the intensity in any window.
    let allowed: Vec<u64> = rig
        .log
        .iter()
        .filter(|(_, effect)| {
            matches!(effect, SupervisorEffect::SetTimer { timer: SupervisorTimer::Restart { .. }, .. })
        })
        .map(|(at, _)| *at)
        .collect();
    for (index, first) in allowed.iter().enumerate() {
        let within = allowed[index..].iter().filter(|at| **at <= first + period_ms).count();
        prop_assert!(within <= intensity as usize, "{within} restarts within {period_ms} ms from {first}");
    }
    prop_assert_eq!(allowed.len(), rig.run.made() as usize);
    // Every start has a cause: it is the first of its child, or its child was not started as often as restarts were
    // allowed that concern it. Nothing is asked for after the end.
    let mut allowed: BTreeMap<usize, usize> = BTreeMap::new();
    let mut has_ended = false;
    for (at, effect) in &rig.log {
        prop_assert!(!has_ended, "something is asked for after the end, at {at}");
        match effect {
            SupervisorEffect::SetTimer { timer: SupervisorTimer::Restart { child, .. }, .. } => {
                let concerned = match rig.machine.policy().strategy {
                    Strategy::OneForOne => *child..child + 1,
                    Strategy::OneForAll => 0..rig.machine.children(),
                    // An earlier child may join before the restart begins.
                    Strategy::RestForOne => 0..rig.machine.children(),
                };
                concerned.for_each(|child| *allowed.entry(child).or_default() += 1);
            }
            SupervisorEffect::Start { child, restarts } => {
                let most = allowed.get(child).copied().unwrap_or(0);
                prop_assert!(*restarts as usize <= most, "child {child} is started for the {restarts}th time again");
                let is_temporary = rig.machine.spec(*child).unwrap().restart == RestartType::Temporary;
                prop_assert!(!is_temporary || *restarts == 0, "child {child} is temporary");
            }
            SupervisorEffect::Ended { .. } => has_ended = true,
            _ => {}
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_history_keeps_within_its_limits(
        strategy in strategies(),
        types in proptest::collection::vec(0_u8..3, 1..5),
        intensity in 0_u32..5,
        acts in acts(),
    ) {
        let policy = SupervisorPolicy { intensity, ..policy(strategy) };
        let children = types.into_iter().map(|number| of_type(restart_type(number))).collect();
        let mut rig = Rig::idle(policy, children);
        rig.tell(SupervisorInput::Boot);
        for act in &acts {
            play(&mut rig, act);
        }
        // All that was begun comes to its end once time passes.
        rig.stubborn.clear();
        rig.unstartable.clear();
        rig.until(rig.now.as_millis() + 600_000);
        check(&rig, intensity, 5_000)?;
        for state in rig.states() {
            let is_settled = matches!(state, ChildState::Running | ChildState::Down | ChildState::Gone);
            prop_assert!(is_settled, "{:?}", rig.states());
        }
        if rig.machine.is_ending() {
            let last = rig.log.last().map(|(_, effect)| effect);
            let has_ended = matches!(last, Some(SupervisorEffect::Ended { .. }));
            prop_assert!(has_ended, "the last thing is {last:?}");
            prop_assert!(!rig.states().contains(&ChildState::Running));
        }
    }

    /// Starts of one instant go up the order of children, stops down, and no stop comes after a start of the same group.
    #[test]
    fn a_group_stops_downwards_and_starts_upwards(count in 1_usize..8, failed in 0_usize..8, strategy in strategies()) {
        let failed = failed % count;
        let mut rig = Rig::running(policy(strategy), vec![ChildSpec::worker(); count]);
        rig.crash(failed);
        rig.until(60_000);
        let first = match strategy {
            Strategy::OneForOne => failed,
            Strategy::OneForAll => 0,
            Strategy::RestForOne => failed,
        };
        let last = if strategy == Strategy::OneForOne { failed } else { count - 1 };
        let stops = (first..=last).rev().filter(|child| *child != failed).map(|child| format!("0 stop {child}"));
        let starts = (first..=last).map(|child| format!("100 start {child}"));
        prop_assert_eq!(rig.acts(), stops.chain(starts).collect::<Vec<_>>());
    }

    /// A machine that is written down and read back at every step does the same.
    #[test]
    fn a_machine_survives_being_written_down(strategy in strategies(), acts in acts()) {
        let children = vec![ChildSpec::worker(), of_type(RestartType::Transient), of_type(RestartType::Temporary)];
        let mut whole = Rig::running(policy(strategy), children);
        let mut written = whole.clone();
        for act in &acts {
            play(&mut whole, act);
            play(&mut written, act);
            let text = serde_json::to_string(&written.machine).unwrap();
            written.machine = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&written.machine, &whole.machine);
        }
        prop_assert_eq!(written.log, whole.log);
    }
}
