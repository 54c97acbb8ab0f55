//! S6 and S7 limits, S8 waits, S9 and S10 health and crashes in a row, S11 starts that fail.

use super::*;

fn alone(policy: SupervisorPolicy) -> Rig {
    Rig::running(policy, vec![ChildSpec::worker()])
}

/// Without waits, so that only the window decides.
fn at_once() -> SupervisorPolicy {
    let backoff = BackoffOptions { min: ms(0), max: ms(0), ..BackoffOptions::default() };
    SupervisorPolicy { backoff, consecutive_max: 1_000, ..SupervisorPolicy::default() }
}

#[test]
fn s6_the_failure_after_the_last_allowed_restart_is_never_restarted() {
    let mut rig = alone(SupervisorPolicy::default());
    for _ in 0..3 {
        rig.crash(0);
        rig.until_next_timer();
    }
    assert_eq!(rig.machine.restarts(0), 3);
    rig.crash(0);
    rig.until(3_600_000);
    let expected = ["100 start 0", "300 start 0", "700 start 0", "700 gave up 0"];
    let ended = "700 ended: it returned an error: restart limit";
    assert_eq!(rig.acts(), [&expected[..], &[ended]].concat());
    let give_up = rig.log.iter().find_map(|(_, effect)| match effect {
        SupervisorEffect::GaveUp(give_up) => Some(give_up.reason("juror")),
        _ => None,
    });
    let expected = "restart limit: juror panicked: x, after 3 restarts within 5.000 s (`intensity`)";
    assert_eq!(give_up.as_deref(), Some(expected));
}

#[test]
fn s6_the_window_slides_on_the_clock() {
    for (fourth_ms, is_restarted) in [(4_999, false), (5_000, false), (5_001, true)] {
        let mut rig = alone(at_once());
        for at_ms in [0, 2_000, 4_000, fourth_ms] {
            rig.until(at_ms);
            rig.crash(0);
            rig.until(at_ms);
        }
        assert_eq!(rig.machine.restarts(0) == 4, is_restarted, "{fourth_ms}");
        assert_eq!(rig.machine.is_ending(), !is_restarted, "{fourth_ms}");
    }
}

#[test]
fn s6_together_all_children_count_and_each_only_itself() {
    for (counted, is_ending) in [(Counted::Together, true), (Counted::Each, false)] {
        let policy = SupervisorPolicy { counted, ..at_once() };
        let mut rig = Rig::running(policy, vec![ChildSpec::worker(); 4]);
        for child in 0..4 {
            rig.crash(child);
        }
        assert_eq!(rig.machine.is_ending(), is_ending, "{counted:?}");
    }
}

#[test]
fn an_isolated_child_stays_stopped_and_the_others_go_on() {
    let policy = SupervisorPolicy { counted: Counted::Each, ..SupervisorPolicy::default() };
    let children = vec![ChildSpec { at_limit: AtLimit::Isolate, ..ChildSpec::worker() }; 2];
    let mut rig = Rig::running(policy, children);
    for _ in 0..4 {
        rig.crash(1);
        rig.until(rig.now.as_millis() + 400);
    }
    assert_eq!(rig.acts(), ["100 start 1", "600 start 1", "1200 start 1", "1200 isolated 1"]);
    assert_eq!(rig.states(), [ChildState::Running, ChildState::Gone]);
    rig.crash(1);
    rig.crash(0);
    rig.until(60_000);
    assert_eq!(rig.restarted(), [1, 1, 1, 0], "its sibling has its own account");
    assert!(!rig.machine.is_ending());
}

#[test]
fn s7_the_run_has_a_last_restart_whoever_isolates() {
    let policy = SupervisorPolicy { counted: Counted::Each, intensity: 1_000, ..at_once() };
    let children = vec![ChildSpec { at_limit: AtLimit::Isolate, ..ChildSpec::worker() }; 2];
    let mut rig = Rig::running(policy, children);
    rig.run = RunRestarts::new(5);
    for number in 0..6 {
        rig.crash(number % 2);
        rig.until(0);
    }
    assert_eq!((rig.run.made(), rig.restarted().len()), (5, 5));
    assert!(rig.machine.is_ending());
    let limit = rig.log.iter().find_map(|(_, effect)| match effect {
        SupervisorEffect::GaveUp(give_up) => Some(give_up.limit),
        _ => None,
    });
    assert_eq!(limit, Some(RestartLimit::Run { restarts: 5 }));
}

#[test]
fn s8_waits_double_up_to_a_limit_and_chance_adds_to_them() {
    for (jitter, expected) in [
        (0.0, [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]),
        (0.5, [110, 220, 440, 880, 1_760, 3_520, 7_040, 10_000, 10_000]),
        (0.999_999, [120, 240, 480, 960, 1_920, 3_840, 7_680, 10_000, 10_000]),
        (f64::NAN, [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]),
    ] {
        let mut rig = alone(SupervisorPolicy { intensity: 1_000, ..SupervisorPolicy::default() });
        rig.jitter = jitter;
        for _ in 0..9 {
            rig.crash(0);
            rig.until_next_timer();
        }
        assert_eq!(rig.waits(), expected, "{jitter}");
    }
}

#[test]
fn s8_the_supervisor_goes_on_during_a_wait() {
    let mut rig = Rig::running(SupervisorPolicy::default(), vec![ChildSpec::worker(); 2]);
    rig.crash(0);
    rig.until(50);
    rig.crash(1);
    rig.tell(SupervisorInput::ChildAdded { spec: ChildSpec::worker() });
    rig.until(60_000);
    assert_eq!(rig.acts(), ["50 start 2", "100 start 0", "150 start 1"]);
}

#[test]
fn s9_crashes_in_a_row_are_forgotten_after_health_and_not_after_a_start() {
    // The first crash waits 100 ms, the second 200 ms if it is in a row, else 100 ms again.
    for (lived_ms, second_wait) in [(0, 200), (9_999, 200), (10_000, 100)] {
        let mut rig = alone(SupervisorPolicy::default());
        rig.until(20_000);
        rig.crash(0);
        rig.until(20_100 + lived_ms);
        rig.crash(0);
        assert_eq!(rig.waits(), [100, second_wait], "lived for {lived_ms} ms");
    }
    // After a wait of 6.4 s it takes 12.8 s of health.
    for (lived_ms, next_wait) in [(12_799, 10_000), (12_800, 100)] {
        let mut rig = alone(SupervisorPolicy { intensity: 1_000, ..SupervisorPolicy::default() });
        for _ in 0..7 {
            rig.crash(0);
            rig.until_next_timer();
        }
        assert_eq!(rig.waits().last(), Some(&6_400));
        rig.until(rig.now.as_millis() + lived_ms);
        rig.crash(0);
        assert_eq!(rig.waits().last(), Some(&next_wait), "lived for {lived_ms} ms");
    }
}

#[test]
fn s10_a_slow_crash_loop_ends_by_its_length() {
    let mut rig = alone(SupervisorPolicy::default());
    // A crash 6 s after each start never fills a window of 5 s.
    for _ in 0..9 {
        rig.until(rig.now.as_millis() + 6_000);
        rig.crash(0);
        rig.until_next_timer();
    }
    assert!(!rig.machine.is_ending());
    rig.until(rig.now.as_millis() + 6_000);
    rig.crash(0);
    assert!(rig.machine.is_ending());
    assert_eq!(rig.machine.restarts(0), 9, "the tenth crash in a row is not restarted");
    let limit = rig.log.iter().find_map(|(_, effect)| match effect {
        SupervisorEffect::GaveUp(give_up) => Some(give_up.limit),
        _ => None,
    });
    assert_eq!(limit, Some(RestartLimit::Consecutive { crashes: 10 }));
}

#[test]
fn s11_a_start_that_fails_counts_as_a_failure() {
    let mut rig = alone(SupervisorPolicy::default());
    rig.unstartable.insert(0);
    rig.crash(0);
    rig.until(60_000);
    // The crash and two failed starts are restarted; the third failed start would be one restart too many.
    let expected = ["100 start 0", "300 start 0", "700 start 0", "700 gave up 0"];
    assert_eq!(rig.acts()[..4], expected);
    assert_eq!(rig.waits(), [100, 200, 400]);
}

#[test]
fn s11_at_the_first_start_it_ends_the_supervisor_and_says_which_child() {
    let mut rig = Rig::idle(SupervisorPolicy::default(), vec![ChildSpec::worker(); 3]);
    rig.unstartable.insert(1);
    rig.tell(SupervisorInput::Boot);
    let ended = "0 ended: it returned an error: could not be started: no such model";
    assert_eq!(rig.acts(), ["0 start 0", "0 start 1", "0 gave up 1", "0 stop 0", ended]);
    let give_up =
        GiveUp { child: 1, limit: RestartLimit::FirstStart, last: "could not be started: no such model".into() };
    assert!(rig.log.contains(&(0, SupervisorEffect::GaveUp(give_up.clone()))));
    assert_eq!(&*give_up.reason("juror"), "juror could not be started: no such model");
    assert_eq!(rig.run.made(), 0);
}

#[test]
fn a_temporary_child_that_does_not_start_is_let_go_later_on() {
    let mut rig = alone(SupervisorPolicy::default());
    rig.unstartable.insert(1);
    rig.tell(SupervisorInput::ChildAdded { spec: of_type(RestartType::Temporary) });
    assert_eq!(rig.states(), [ChildState::Running, ChildState::Gone]);
}
