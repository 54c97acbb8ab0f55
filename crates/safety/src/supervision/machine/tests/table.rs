//! S5: three restart types, six ends, three strategies: 54 cases.

use super::*;

/// Who is restarted when child 1 of three ends, under `one_for_one`, `one_for_all` and `rest_for_one`.
type Row = (RestartType, ExitReason, [&'static [usize]; 3]);

const NOBODY: [&[usize]; 3] = [&[], &[], &[]];
const BY_STRATEGY: [&[usize]; 3] = [&[1], &[0, 1, 2], &[1, 2]];

fn rows() -> [Row; 18] {
    use ExitReason::{Error, Killed, Normal, Panic, Shutdown, ShutdownWith};
    use RestartType::{Permanent, Temporary, Transient};
    [
        (Permanent, Normal, BY_STRATEGY),
        (Permanent, Shutdown, BY_STRATEGY),
        (Permanent, ShutdownWith("done".into()), BY_STRATEGY),
        (Permanent, Error("bad state".into()), BY_STRATEGY),
        (Permanent, Panic("x".into()), BY_STRATEGY),
        (Permanent, Killed, BY_STRATEGY),
        (Transient, Normal, NOBODY),
        (Transient, Shutdown, NOBODY),
        (Transient, ShutdownWith("done".into()), NOBODY),
        (Transient, Error("bad state".into()), BY_STRATEGY),
        (Transient, Panic("x".into()), BY_STRATEGY),
        (Transient, Killed, BY_STRATEGY),
        (Temporary, Normal, NOBODY),
        (Temporary, Shutdown, NOBODY),
        (Temporary, ShutdownWith("done".into()), NOBODY),
        (Temporary, Error("bad state".into()), NOBODY),
        (Temporary, Panic("x".into()), NOBODY),
        (Temporary, Killed, NOBODY),
    ]
}

#[test]
fn who_is_restarted_follows_from_type_end_and_strategy() {
    let mut cases = 0;
    for (restart, reason, expected) in rows() {
        for (strategy, expected) in
            [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne].into_iter().zip(expected)
        {
            let case = format!("{restart:?} {reason:?} {strategy:?}");
            let children = vec![ChildSpec::worker(), of_type(restart), ChildSpec::worker()];
            let mut rig = Rig::running(policy(strategy), children);
            rig.exit(1, reason.clone());
            rig.until(60_000);
            assert_eq!(rig.restarted(), expected, "{case}");
            for (child, state) in rig.states().into_iter().enumerate() {
                let expected = match (child, expected.contains(&1)) {
                    (1, false) if restart == RestartType::Temporary => ChildState::Gone,
                    (1, false) => ChildState::Down,
                    _ => ChildState::Running,
                };
                assert_eq!(state, expected, "{case}: child {child}");
            }
            let stops = rig.acts().iter().filter(|act| act.contains("stop")).count();
            assert_eq!(
                stops,
                expected.len().saturating_sub(1),
                "{case}: siblings stop exactly when they are restarted"
            );
            cases += 1;
        }
    }
    assert_eq!(cases, 54);
}

#[test]
fn a_sibling_that_is_restarted_too_has_its_own_type() {
    for strategy in [Strategy::OneForAll, Strategy::RestForOne] {
        let children = vec![
            ChildSpec::worker(),
            of_type(RestartType::Transient),
            of_type(RestartType::Temporary),
            ChildSpec::worker(),
        ];
        let mut rig = Rig::running(policy(strategy), children);
        rig.crash(0);
        rig.until(60_000);
        assert_eq!(rig.restarted(), [0, 1, 3], "{strategy:?}: a temporary child is not restarted as a casualty either");
        assert_eq!(rig.states()[2], ChildState::Gone);
    }
}

#[test]
fn a_transient_child_that_had_ended_comes_back_with_its_group() {
    let children = vec![ChildSpec::worker(), of_type(RestartType::Transient)];
    let mut rig = Rig::running(policy(Strategy::OneForAll), children);
    rig.exit(1, ExitReason::Normal);
    rig.crash(0);
    rig.until(60_000);
    assert_eq!(rig.restarted(), [0, 1], "all of them, as OTP does it");
}
