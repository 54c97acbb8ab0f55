//! Tests of the machine: the table of exits, one test for each rule, nesting, and properties of any history.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

mod endings;
mod groups;
mod nesting;
mod properties;
mod restarts;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use moot_core::{VirtualDuration, VirtualTime};

use crate::supervision::*;

/// A supervisor's machine with children that do what they are told, and a clock.
#[derive(Clone)]
pub(super) struct Rig {
    pub(super) machine: SupervisorMachine,
    pub(super) run: RunRestarts,
    pub(super) now: VirtualTime,
    /// What the machine asked for, and when in ms.
    pub(super) log: Vec<(u64, SupervisorEffect)>,
    /// Children that do not stop when they are asked to.
    pub(super) stubborn: BTreeSet<usize>,
    /// Children that can't be started.
    pub(super) unstartable: BTreeSet<usize>,
    pub(super) jitter: f64,
    timers: BTreeMap<(VirtualTime, usize), SupervisorTimer>,
    timers_set: usize,
}

pub(super) fn ms(milliseconds: u64) -> VirtualDuration {
    VirtualDuration::from_millis(milliseconds)
}

pub(super) fn policy(strategy: Strategy) -> SupervisorPolicy {
    SupervisorPolicy { strategy, ..SupervisorPolicy::default() }
}

pub(super) fn of_type(restart: RestartType) -> ChildSpec {
    ChildSpec { restart, ..ChildSpec::worker() }
}

pub(super) fn panicked() -> ExitReason {
    ExitReason::Panic("x".into())
}

impl Rig {
    /// A supervisor whose children are up.
    pub(super) fn running(policy: SupervisorPolicy, children: Vec<ChildSpec>) -> Self {
        Self::of(SupervisorMachine::running(policy, children, VirtualTime::ZERO))
    }

    /// A supervisor that is not started.
    pub(super) fn idle(policy: SupervisorPolicy, children: Vec<ChildSpec>) -> Self {
        Self::of(SupervisorMachine::new(policy, children))
    }

    fn of(machine: SupervisorMachine) -> Self {
        Self {
            machine,
            run: RunRestarts::default(),
            now: VirtualTime::ZERO,
            log: Vec::new(),
            stubborn: BTreeSet::new(),
            unstartable: BTreeSet::new(),
            jitter: 0.0,
            timers: BTreeMap::new(),
            timers_set: 0,
        }
    }

    /// Tells the machine something, and answers all that it asks for.
    pub(super) fn tell(&mut self, input: SupervisorInput) {
        let mut inputs = std::collections::VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for effect in self.machine.handle(self.now, input, &mut self.run) {
                self.log.push((self.now.as_millis(), effect.clone()));
                inputs.extend(self.answer(effect));
            }
        }
    }

    fn answer(&mut self, effect: SupervisorEffect) -> Option<SupervisorInput> {
        match effect {
            SupervisorEffect::Start { child, .. } if self.unstartable.contains(&child) => {
                Some(SupervisorInput::StartFailed { child, message: "no such model".into(), jitter: self.jitter })
            }
            SupervisorEffect::Start { child, .. } => Some(SupervisorInput::Started { child }),
            SupervisorEffect::Stop { child, .. } if self.stubborn.contains(&child) => None,
            SupervisorEffect::Stop { child, .. } => Some(SupervisorInput::Stopped { child }),
            SupervisorEffect::Kill { child, .. } => {
                Some(SupervisorInput::Exited { child, reason: ExitReason::Killed, jitter: self.jitter })
            }
            SupervisorEffect::SetTimer { timer, after } => {
                self.timers.insert((self.now + after, self.timers_set), timer);
                self.timers_set += 1;
                None
            }
            SupervisorEffect::Ready
            | SupervisorEffect::Isolated(_)
            | SupervisorEffect::GaveUp(_)
            | SupervisorEffect::Ended { .. } => None,
        }
    }

    pub(super) fn exit(&mut self, child: usize, reason: ExitReason) {
        self.tell(SupervisorInput::Exited { child, reason, jitter: self.jitter });
    }

    pub(super) fn crash(&mut self, child: usize) {
        self.exit(child, panicked());
    }

    /// Lets time pass up to this point, timers included that are due at it.
    pub(super) fn until(&mut self, milliseconds: u64) {
        let end = VirtualTime::from_millis(milliseconds);
        while let Some(((due, number), timer)) = self.timers.first_key_value().map(|(at, timer)| (*at, *timer))
            && due <= end
        {
            self.timers.remove(&(due, number));
            self.now = self.now.max(due);
            self.tell(SupervisorInput::TimerFired { timer });
        }
        self.now = self.now.max(end);
    }

    /// Lets the next timer fire, however long that takes.
    pub(super) fn until_next_timer(&mut self) {
        let (due, _) = *self.timers.first_key_value().unwrap().0;
        self.until(due.as_millis());
    }

    /// The starts, stops and kills in short, with their times: `0 stop 2`.
    pub(super) fn acts(&self) -> Vec<String> {
        let act = |(at, effect): &(u64, SupervisorEffect)| match effect {
            SupervisorEffect::Start { child, .. } => Some(format!("{at} start {child}")),
            SupervisorEffect::Stop { child, .. } => Some(format!("{at} stop {child}")),
            SupervisorEffect::Kill { child, .. } => Some(format!("{at} kill {child}")),
            SupervisorEffect::Ready => Some(format!("{at} ready")),
            SupervisorEffect::Isolated(give_up) => Some(format!("{at} isolated {}", give_up.child)),
            SupervisorEffect::GaveUp(give_up) => Some(format!("{at} gave up {}", give_up.child)),
            SupervisorEffect::Ended { reason } => Some(format!("{at} ended: it {reason}")),
            SupervisorEffect::SetTimer { .. } => None,
        };
        self.log.iter().filter_map(act).collect()
    }

    /// The waits before restarts that were asked for, in ms.
    pub(super) fn waits(&self) -> Vec<u64> {
        let wait = |(_, effect): &(u64, SupervisorEffect)| match effect {
            SupervisorEffect::SetTimer { timer: SupervisorTimer::Restart { .. }, after } => Some(after.as_millis()),
            _ => None,
        };
        self.log.iter().filter_map(wait).collect()
    }

    pub(super) fn restarted(&self) -> Vec<usize> {
        let start = |(_, effect): &(u64, SupervisorEffect)| match effect {
            SupervisorEffect::Start { child, restarts } if *restarts > 0 => Some(*child),
            _ => None,
        };
        self.log.iter().filter_map(start).collect()
    }

    pub(super) fn states(&self) -> Vec<ChildState> {
        (0..self.machine.children()).filter_map(|child| self.machine.state(child)).collect()
    }
}
