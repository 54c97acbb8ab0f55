//! S7 and S23: three supervisors above one another, and a worker that always crashes.

use super::*;

/// Three machines in a chain: the only child of the first is the second, of the second the third, of that a worker.
struct Chain {
    machines: Vec<SupervisorMachine>,
    run: RunRestarts,
    now: VirtualTime,
    timers: BTreeMap<(VirtualTime, usize), (usize, SupervisorTimer)>,
    timers_set: usize,
    /// How often each level's child was started: those of the three supervisors.
    starts: [usize; 3],
    gave_up: Vec<usize>,
    ended: Option<ExitReason>,
}

impl Chain {
    fn new(policy: &SupervisorPolicy) -> Self {
        let supervisor = ChildSpec { shutdown: Shutdown::SUPERVISOR, ..ChildSpec::worker() };
        let machines = [supervisor, supervisor, ChildSpec::worker()]
            .map(|child| SupervisorMachine::new(policy.clone(), vec![child]));
        Self {
            machines: machines.to_vec(),
            run: RunRestarts::default(),
            now: VirtualTime::ZERO,
            timers: BTreeMap::new(),
            timers_set: 0,
            starts: [0; 3],
            gave_up: Vec::new(),
            ended: None,
        }
    }

    fn tell(&mut self, level: usize, input: SupervisorInput) {
        let mut inputs = std::collections::VecDeque::from([(level, input)]);
        while let Some((level, input)) = inputs.pop_front() {
            for effect in self.machines[level].handle(self.now, input, &mut self.run) {
                self.carry_out(level, effect, &mut inputs);
            }
        }
    }

    fn carry_out(
        &mut self,
        level: usize,
        effect: SupervisorEffect,
        inputs: &mut std::collections::VecDeque<(usize, SupervisorInput)>,
    ) {
        let crash = || SupervisorInput::Exited { child: 0, reason: panicked(), jitter: 0.0 };
        match effect {
            SupervisorEffect::Start { .. } => {
                self.starts[level] += 1;
                if level < 2 {
                    inputs.push_back((level + 1, SupervisorInput::Boot));
                } else {
                    // The worker comes up and crashes at once.
                    inputs.push_back((level, SupervisorInput::Started { child: 0 }));
                    inputs.push_back((level, crash()));
                }
            }
            SupervisorEffect::Ready if level > 0 => {
                inputs.push_back((level - 1, SupervisorInput::Started { child: 0 }));
            }
            SupervisorEffect::Stop { .. } => inputs.push_back((level + 1, SupervisorInput::Shutdown)),
            SupervisorEffect::SetTimer { timer, after } => {
                self.timers.insert((self.now + after, self.timers_set), (level, timer));
                self.timers_set += 1;
            }
            SupervisorEffect::GaveUp(_) => self.gave_up.push(level),
            SupervisorEffect::Ended { reason } if level > 0 => {
                inputs.push_back((level - 1, SupervisorInput::Exited { child: 0, reason, jitter: 0.0 }));
            }
            SupervisorEffect::Ended { reason } => self.ended = Some(reason),
            SupervisorEffect::Ready | SupervisorEffect::Kill { .. } | SupervisorEffect::Isolated(_) => {}
        }
    }

    fn play(&mut self) {
        self.tell(0, SupervisorInput::Boot);
        while let Some(((due, _), (level, timer))) = self.timers.pop_first() {
            self.now = self.now.max(due);
            self.tell(level, SupervisorInput::TimerFired { timer });
        }
    }
}

#[test]
fn s7_a_crash_loop_is_restarted_exactly_as_often_as_each_level_allows() {
    let backoff = BackoffOptions { min: ms(0), max: ms(0), ..BackoffOptions::default() };
    for intensity in [0, 1, 3] {
        let policy = SupervisorPolicy { intensity, backoff, ..SupervisorPolicy::default() };
        let mut chain = Chain::new(&policy);
        chain.play();
        let lives = intensity as usize + 1;
        assert_eq!(chain.starts, [lives, lives * lives, lives * lives * lives], "intensity {intensity}");
        assert_eq!(chain.gave_up.iter().filter(|level| **level == 0).count(), 1, "the top gives up once");
        assert_eq!(chain.gave_up.iter().filter(|level| **level == 1).count(), lives);
        assert_eq!(chain.gave_up.iter().filter(|level| **level == 2).count(), lives * lives);
        assert_eq!(chain.ended, Some(ExitReason::Error(RESTART_LIMIT.into())), "S23: the end has a name");
    }
}

#[test]
fn s7_with_the_usual_waits_every_life_below_the_top_ends_after_three_restarts() {
    let mut chain = Chain::new(&SupervisorPolicy::default());
    chain.play();
    // A life of the second supervisor takes 3.5 s, so the window of the top never fills: its child's tenth crash in a
    // row ends it.
    assert_eq!(chain.starts, [10, 40, 160]);
    assert_eq!(chain.ended, Some(ExitReason::Error(RESTART_LIMIT.into())));
}

#[test]
fn s7_the_runs_last_restart_ends_every_level() {
    let mut chain = Chain::new(&SupervisorPolicy::default());
    chain.run = RunRestarts::new(20);
    chain.play();
    assert_eq!(chain.run.made(), 20);
    // Every start but the first of each level was a restart, or came with the restart of a supervisor.
    assert_eq!(chain.gave_up.last_chunk(), Some(&[2, 1, 0]), "from the bottom to the top");
    assert_eq!(chain.ended, Some(ExitReason::Error(RESTART_LIMIT.into())));
}
