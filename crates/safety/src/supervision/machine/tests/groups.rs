//! S1 order, S2 to S4 strategies, S13 failures at the same time.

use super::*;

fn three(strategy: Strategy) -> Rig {
    Rig::running(policy(strategy), vec![ChildSpec::worker(); 3])
}

#[test]
fn s1_children_start_in_order_and_stop_in_reverse() {
    let mut rig = Rig::idle(policy(Strategy::OneForOne), vec![ChildSpec::worker(); 3]);
    rig.tell(SupervisorInput::Boot);
    rig.tell(SupervisorInput::Shutdown);
    let expected = [
        "0 start 0",
        "0 start 1",
        "0 start 2",
        "0 ready",
        "0 stop 2",
        "0 stop 1",
        "0 stop 0",
        "0 ended: it was shut down",
    ];
    assert_eq!(rig.acts(), expected);
}

#[test]
fn s1_nobody_is_started_or_stopped_before_the_one_before_is_done() {
    let (now, mut run) = (VirtualTime::ZERO, RunRestarts::default());
    let mut machine = SupervisorMachine::new(policy(Strategy::OneForOne), vec![ChildSpec::worker(); 2]);
    let mut tell = |input| machine.handle(now, input, &mut run);
    assert_eq!(tell(SupervisorInput::Boot), [SupervisorEffect::Start { child: 0, restarts: 0 }]);
    assert_eq!(tell(SupervisorInput::Boot), [], "it is booting already");
    assert_eq!(tell(SupervisorInput::Started { child: 1 }), [], "it was not told to start");
    assert_eq!(tell(SupervisorInput::Started { child: 0 }), [SupervisorEffect::Start { child: 1, restarts: 0 }]);
    // Asked to end while a child is being started: that one is stopped when it is up, before those before it.
    assert_eq!(tell(SupervisorInput::Shutdown), []);
    let effects = tell(SupervisorInput::Started { child: 1 });
    assert!(matches!(effects[0], SupervisorEffect::Stop { child: 1, .. }), "{effects:?}");
    assert_eq!(tell(SupervisorInput::Stopped { child: 0 }), [], "it was not told to stop");
    let effects = tell(SupervisorInput::Stopped { child: 1 });
    assert!(matches!(effects[0], SupervisorEffect::Stop { child: 0, .. }), "{effects:?}");
    let ended = SupervisorEffect::Ended { reason: ExitReason::Shutdown };
    assert_eq!(tell(SupervisorInput::Stopped { child: 0 }), [ended]);
}

#[test]
fn s2_to_s4_affected_siblings_stop_when_the_failure_is_seen() {
    for (strategy, expected) in [
        (Strategy::OneForOne, &["70 start 1"][..]),
        (Strategy::OneForAll, &["0 stop 2", "0 stop 0", "70 start 0", "70 start 1", "70 start 2"]),
        (Strategy::RestForOne, &["0 stop 2", "70 start 1", "70 start 2"]),
    ] {
        let backoff = BackoffOptions { min: ms(70), ..BackoffOptions::default() };
        let policy = SupervisorPolicy { backoff, ..policy(strategy) };
        let mut rig = Rig::running(policy, vec![ChildSpec::worker(); 3]);
        rig.crash(1);
        rig.until(60_000);
        assert_eq!(rig.acts(), expected, "{strategy:?}");
    }
}

#[test]
fn a_group_waits_for_its_slowest_member_to_stop() {
    let mut rig = three(Strategy::OneForAll);
    rig.stubborn.insert(2);
    rig.crash(0);
    rig.until(60_000);
    let expected = ["0 stop 2", "5000 kill 2", "5000 stop 1", "5000 start 0", "5000 start 1", "5000 start 2"];
    assert_eq!(rig.acts(), expected, "the wait of 100 ms was over long before");
}

#[test]
fn s13_failures_before_a_group_restart_begins_belong_to_it() {
    let mut rig = three(Strategy::OneForAll);
    rig.stubborn.insert(2);
    for round in 0..3 {
        rig.crash(0);
        // It was told to stop and crashes instead.
        rig.crash(2);
        rig.until((round + 1) * 1_000);
        assert_eq!(rig.states(), [ChildState::Running; 3], "round {round}");
    }
    assert_eq!(rig.run.made(), 3, "each pair is one restart");
    rig.crash(0);
    assert!(rig.acts().contains(&"3000 gave up 0".to_owned()), "{:?}", rig.acts());
}

#[test]
fn a_crash_that_belongs_to_the_restart_of_another_is_one_more_in_a_row() {
    for strategy in [Strategy::OneForAll, Strategy::RestForOne] {
        let policy = SupervisorPolicy { consecutive_max: 3, intensity: 9, ..policy(strategy) };
        let mut rig = Rig::running(policy, vec![ChildSpec::worker(); 4]);
        // The last child always crashes as well: first when it has been told to stop, then while the wait is on.
        rig.stubborn.insert(3);
        rig.crash(0);
        rig.crash(3);
        rig.until(1_000);
        rig.stubborn.clear();
        rig.crash(1);
        rig.crash(3);
        rig.until(20_000);
        assert!(!rig.machine.is_ending(), "{strategy:?}: {:?}", rig.acts());
        // It was well for long enough, then crashes three times in a row.
        for (at, first) in [(21_000, 0), (22_000, 1), (23_000, 2)] {
            assert!(!rig.machine.is_ending());
            rig.stubborn.insert(3);
            rig.crash(first);
            rig.crash(3);
            rig.stubborn.clear();
            rig.until(at);
        }
        assert!(rig.acts().contains(&"22000 gave up 3".to_owned()), "{strategy:?}: {:?}", rig.acts());
    }
}

#[test]
fn s13_an_earlier_child_that_fails_during_the_wait_widens_the_restart() {
    let mut rig = Rig::running(policy(Strategy::RestForOne), vec![ChildSpec::worker(); 4]);
    rig.crash(2);
    rig.until(50);
    rig.crash(1);
    rig.until(60_000);
    assert_eq!(rig.acts(), ["0 stop 3", "100 start 1", "100 start 2", "100 start 3"]);
    assert_eq!((rig.run.made(), rig.states()[0]), (1, ChildState::Running));
}

#[test]
fn a_failure_after_the_restart_has_begun_is_a_new_one() {
    let (mut now, mut run) = (VirtualTime::ZERO, RunRestarts::default());
    let mut machine = SupervisorMachine::running(policy(Strategy::OneForAll), vec![ChildSpec::worker(); 2], now);
    let crash = |child| SupervisorInput::Exited { child, reason: panicked(), jitter: 0.0 };
    let effects = machine.handle(now, crash(0), &mut run);
    let timer = SupervisorTimer::Restart { child: 0, serial: 0 };
    assert_eq!(effects[0], SupervisorEffect::SetTimer { timer, after: ms(100) });
    let _ = machine.handle(now, SupervisorInput::Stopped { child: 1 }, &mut run);
    now = now + ms(100);
    let effects = machine.handle(now, SupervisorInput::TimerFired { timer }, &mut run);
    assert_eq!(effects, [SupervisorEffect::Start { child: 0, restarts: 1 }]);
    let effects = machine.handle(now, SupervisorInput::Started { child: 0 }, &mut run);
    assert_eq!(effects, [SupervisorEffect::Start { child: 1, restarts: 1 }]);
    // While child 1 is being started, child 0 fails again.
    let effects = machine.handle(now, crash(0), &mut run);
    assert!(matches!(effects[..], [SupervisorEffect::SetTimer { .. }]), "{effects:?}");
    assert_eq!(run.made(), 2);
    let effects = machine.handle(now, SupervisorInput::Started { child: 1 }, &mut run);
    assert!(matches!(effects[0], SupervisorEffect::Stop { child: 1, .. }), "{effects:?}");
}

#[test]
fn in_a_group_a_child_that_is_being_started_ends_with_the_failure_of_its_start() {
    let mut rig = Rig::running(policy(Strategy::RestForOne), vec![ChildSpec::worker(); 3]);
    rig.unstartable.insert(1);
    rig.crash(0);
    rig.until(150);
    assert_eq!(rig.states(), [ChildState::Running, ChildState::Waiting, ChildState::Waiting]);
    rig.unstartable.clear();
    rig.until(60_000);
    assert_eq!(rig.states(), [ChildState::Running; 3]);
    let expected = ["0 stop 2", "0 stop 1", "100 start 0", "100 start 1", "200 start 1", "200 start 2"];
    assert_eq!(rig.acts(), expected, "child 0 is not touched by the failure of a later one");
}
