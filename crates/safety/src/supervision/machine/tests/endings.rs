//! S12 ways to stop, S21 a supervisor's next life, S22 significant children, and children that come and go.

use super::*;

fn stopped_by(shutdown: Shutdown) -> ChildSpec {
    ChildSpec { shutdown, ..ChildSpec::worker() }
}

#[test]
fn s12_a_child_that_does_not_stop_in_its_time_is_killed() {
    for (shutdown, expected) in [
        (Shutdown::WORKER, &["0 stop 0", "5000 kill 0", "5000 ended: it was shut down"][..]),
        (Shutdown::Within(ms(20)), &["0 stop 0", "20 kill 0", "20 ended: it was shut down"]),
        (Shutdown::BrutalKill, &["0 kill 0", "0 ended: it was shut down"]),
        (Shutdown::Infinity, &["0 stop 0"]),
    ] {
        let mut rig = Rig::running(SupervisorPolicy::default(), vec![stopped_by(shutdown)]);
        rig.stubborn.insert(0);
        rig.tell(SupervisorInput::Shutdown);
        rig.until(86_400_000);
        assert_eq!(rig.acts(), expected, "{shutdown:?}");
    }
}

#[test]
fn s12_a_kill_says_how_long_was_waited() {
    let (mut now, mut run) = (VirtualTime::ZERO, RunRestarts::default());
    let children = vec![stopped_by(Shutdown::BrutalKill), ChildSpec::worker()];
    let mut machine = SupervisorMachine::running(SupervisorPolicy::default(), children, now);
    let cause = StopCause::Shutdown;
    let timer = SupervisorTimer::Stop { child: 1, serial: 0 };
    let expected = [
        SupervisorEffect::Stop { child: 1, within: Shutdown::WORKER, cause },
        SupervisorEffect::SetTimer { timer, after: ms(5_000) },
    ];
    assert_eq!(machine.handle(now, SupervisorInput::Shutdown, &mut run), expected);
    now = now + ms(5_000);
    let killed = SupervisorEffect::Kill { child: 1, after: Some(ms(5_000)), cause };
    assert_eq!(machine.handle(now, SupervisorInput::TimerFired { timer }, &mut run), [killed]);
    assert_eq!(machine.handle(now, SupervisorInput::TimerFired { timer }, &mut run), [], "once is enough");
    let exited = SupervisorInput::Exited { child: 1, reason: ExitReason::Killed, jitter: 0.0 };
    let brutal = SupervisorEffect::Kill { child: 0, after: None, cause };
    assert_eq!(machine.handle(now, exited, &mut run), [brutal]);
}

#[test]
fn a_timer_of_a_child_that_stopped_in_time_kills_nobody() {
    let mut rig = Rig::running(policy(Strategy::OneForAll), vec![ChildSpec::worker(); 2]);
    rig.crash(0);
    rig.until(60_000);
    assert!(!rig.acts().iter().any(|act| act.contains("kill")), "{:?}", rig.acts());
}

#[test]
fn s22_significant_children_that_ended_for_good_end_their_supervisor() {
    let significant = ChildSpec { significant: true, ..of_type(RestartType::Transient) };
    let ended = "0 ended: it was shut down".to_owned();
    for (auto_shutdown, ends_after) in
        [(AutoShutdown::Never, None), (AutoShutdown::AnySignificant, Some(1)), (AutoShutdown::AllSignificant, Some(2))]
    {
        let policy = SupervisorPolicy { auto_shutdown, ..SupervisorPolicy::default() };
        let mut rig = Rig::running(policy, vec![ChildSpec::worker(), significant, significant]);
        for (done, child) in [(1, 1), (2, 2)] {
            rig.exit(child, ExitReason::Normal);
            let has_ended = ends_after.is_some_and(|after| done >= after);
            assert_eq!(rig.acts().contains(&ended), has_ended, "{auto_shutdown:?} {done}");
        }
    }
}

#[test]
fn s22_a_significant_child_that_is_restarted_or_removed_has_not_ended() {
    let policy = SupervisorPolicy { auto_shutdown: AutoShutdown::AnySignificant, ..SupervisorPolicy::default() };
    let significant = ChildSpec { significant: true, ..of_type(RestartType::Transient) };
    let mut rig = Rig::running(policy.clone(), vec![significant]);
    rig.crash(0);
    rig.until(60_000);
    assert!(!rig.machine.is_ending());
    rig.tell(SupervisorInput::ChildRemoved { child: 0 });
    assert!(!rig.machine.is_ending(), "who takes it away knows what for");
    // What is given up alone has ended for good.
    let policy = SupervisorPolicy { counted: Counted::Each, intensity: 0, ..policy };
    let mut rig = Rig::running(policy, vec![ChildSpec { at_limit: AtLimit::Isolate, ..significant }]);
    rig.crash(0);
    assert_eq!(rig.acts(), ["0 isolated 0", "0 ended: it was shut down"]);
}

#[test]
fn s21_a_supervisors_next_life_has_all_children_with_fresh_counts() {
    let mut rig = Rig::running(SupervisorPolicy::default(), vec![ChildSpec::worker(), of_type(RestartType::Temporary)]);
    rig.tell(SupervisorInput::ChildAdded { spec: of_type(RestartType::Temporary) });
    rig.tell(SupervisorInput::ChildAdded { spec: of_type(RestartType::Temporary) });
    rig.tell(SupervisorInput::ChildAdded { spec: ChildSpec::worker() });
    rig.exit(1, ExitReason::Normal);
    rig.exit(2, ExitReason::Normal);
    rig.tell(SupervisorInput::ChildRemoved { child: 4 });
    for _ in 0..4 {
        rig.crash(0);
        rig.until(rig.now.as_millis() + 400);
    }
    assert!(rig.machine.is_ending());
    rig.log.clear();
    rig.tell(SupervisorInput::Boot);
    // Child 2 had done its work and child 4 is not wanted; child 3 was lost with its supervisor.
    assert_eq!(rig.acts(), ["1600 start 0", "1600 start 1", "1600 start 3", "1600 ready"]);
    assert_eq!(rig.restarted(), [0, 1, 3]);
    assert_eq!(rig.machine.restarts(0), 4, "restarts are counted over all lives");
    for _ in 0..3 {
        rig.crash(0);
        rig.until(rig.now.as_millis() + 400);
    }
    assert!(!rig.machine.is_ending(), "the window began anew");
}

#[test]
fn s21_who_was_isolated_stays_stopped_in_the_supervisors_next_life() {
    let isolated = ChildSpec { at_limit: AtLimit::Isolate, ..ChildSpec::worker() };
    let policy = SupervisorPolicy { counted: Counted::Each, intensity: 0, ..SupervisorPolicy::default() };
    let mut rig = Rig::running(policy, vec![isolated, of_type(RestartType::Temporary)]);
    rig.crash(0);
    rig.crash(1);
    rig.tell(SupervisorInput::Shutdown);
    rig.log.clear();
    rig.tell(SupervisorInput::Boot);
    assert_eq!(rig.acts(), ["0 start 1", "0 ready"], "what is temporary is there again");
    assert_eq!(rig.states()[0], ChildState::Gone);
}

#[test]
fn children_come_and_go() {
    let mut rig = Rig::running(SupervisorPolicy::default(), vec![ChildSpec::worker()]);
    assert_eq!(rig.machine.children(), 1);
    rig.tell(SupervisorInput::ChildAdded { spec: ChildSpec::worker() });
    rig.tell(SupervisorInput::ChildAdded { spec: ChildSpec::worker() });
    rig.crash(2);
    rig.tell(SupervisorInput::ChildRemoved { child: 2 });
    rig.tell(SupervisorInput::ChildRemoved { child: 1 });
    rig.until(60_000);
    assert_eq!(rig.acts(), ["0 start 1", "0 start 2", "0 stop 1"], "what is removed is not restarted");
    rig.tell(SupervisorInput::Shutdown);
    rig.tell(SupervisorInput::ChildAdded { spec: ChildSpec::worker() });
    assert_eq!(rig.states()[3], ChildState::Down, "nobody is started when all has ended");
}

#[test]
fn a_child_that_is_removed_while_it_stops_for_a_restart_stays_away() {
    let mut rig = Rig::running(policy(Strategy::OneForAll), vec![ChildSpec::worker(); 2]);
    rig.stubborn.insert(1);
    rig.crash(0);
    rig.tell(SupervisorInput::ChildRemoved { child: 1 });
    rig.until(60_000);
    assert_eq!(rig.acts(), ["0 stop 1", "5000 kill 1", "5000 start 0"]);
}

#[test]
fn an_end_in_the_middle_of_a_restart_brings_nobody_back() {
    let mut rig = Rig::running(policy(Strategy::OneForAll), vec![ChildSpec::worker(); 2]);
    rig.crash(0);
    rig.tell(SupervisorInput::Shutdown);
    rig.until(60_000);
    assert_eq!(rig.acts(), ["0 stop 1", "0 ended: it was shut down"]);
}
