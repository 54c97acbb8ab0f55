//! The machine of one supervisor: which of its children are started, stopped and given up, in which order.
//!
//! At most one child is being started and at most one is being stopped at a time: starts go up the order of children,
//! stops down. Each file below holds one part: `child` what is known of a child, `failure` what follows from one,
//! `order` what is done next. This module must not know who the children are.
//!
//! ```
//! use moot_core::VirtualTime;
//! use moot_safety::supervision::*;
//!
//! let (now, mut run) = (VirtualTime::ZERO, RunRestarts::default());
//! let children = vec![ChildSpec::worker(), ChildSpec::worker()];
//! let mut machine = SupervisorMachine::new(SupervisorPolicy::default(), children);
//! let mut tell = |input| machine.handle(now, input, &mut run);
//! assert_eq!(tell(SupervisorInput::Boot), [SupervisorEffect::Start { child: 0, restarts: 0 }]);
//! assert_eq!(tell(SupervisorInput::Started { child: 0 }), [SupervisorEffect::Start { child: 1, restarts: 0 }]);
//! assert_eq!(tell(SupervisorInput::Started { child: 1 }), [SupervisorEffect::Ready]);
//! ```

mod child;
mod failure;
mod order;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use moot_core::VirtualTime;
use serde::{Deserialize, Serialize};

use super::{
    AutoShutdown, ChildSpec, ExitReason, RunRestarts, StopCause, Strategy, SupervisorEffect, SupervisorInput,
    SupervisorPolicy, SupervisorTimer,
};
use child::{Child, Fate, State};

pub use child::ChildState;

/// The machine of one supervisor: input in, effects out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SupervisorMachine {
    policy: SupervisorPolicy,
    phase: Phase,
    children: Vec<Child>,
    /// Children that wait for the restart that their timer or their group's begins.
    waiting: BTreeSet<usize>,
    /// Children that are to be started, one after another.
    queued: BTreeSet<usize>,
    starting: Option<usize>,
    /// Children that are to be stopped, one after another.
    doomed: BTreeSet<usize>,
    stopping: Option<usize>,
    /// A restart of several children that has not begun yet.
    group: Option<Group>,
    /// When restarts were allowed, of all children together.
    window: Vec<VirtualTime>,
    /// How many significant children have not ended for good.
    significant: usize,
    /// The number of the next timer.
    next_serial: u32,
}

/// Where the supervisor stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Phase {
    Idle,
    Booting,
    Running,
    Ending { reason: ExitReason },
    Ended,
}

/// A restart of several children that has not begun yet: failures seen until then belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Group {
    /// The first child of those that it restarts; all after it belong to it.
    first: usize,
    /// The child whose failure it answers.
    failed: usize,
    serial: u32,
    /// Whether the wait before it is over.
    is_due: bool,
}

impl SupervisorMachine {
    /// A supervisor that was not started yet; children in the order in which they are started.
    #[must_use]
    pub fn new(policy: SupervisorPolicy, children: Vec<ChildSpec>) -> Self {
        Self::with(policy, children.into_iter().map(|spec| Child::new(spec, true, State::Down)).collect(), Phase::Idle)
    }

    /// A supervisor whose children are all up already, all since the given time.
    #[must_use]
    pub fn running(policy: SupervisorPolicy, children: Vec<ChildSpec>, since: VirtualTime) -> Self {
        let children = children.into_iter().map(|spec| {
            let mut child = Child::new(spec, true, State::Running { since });
            (child.starts, child.up_since) = (1, Some(since));
            child
        });
        Self::with(policy, children.collect(), Phase::Running)
    }

    fn with(policy: SupervisorPolicy, children: Vec<Child>, phase: Phase) -> Self {
        let significant = children.iter().filter(|child| child.is_significant_and_alive()).count();
        Self {
            policy,
            phase,
            children,
            waiting: BTreeSet::new(),
            queued: BTreeSet::new(),
            starting: None,
            doomed: BTreeSet::new(),
            stopping: None,
            group: None,
            window: Vec::new(),
            significant,
            next_serial: 0,
        }
    }

    /// How many children it has ever had; the number of the next one that is added.
    #[must_use]
    pub const fn children(&self) -> usize {
        self.children.len()
    }

    /// Where a child stands; `None` when there is none of this number.
    #[must_use]
    pub fn state(&self, child: usize) -> Option<ChildState> {
        self.children.get(child).map(|child| child.state.shown())
    }

    /// What is known of a child beforehand.
    #[must_use]
    pub fn spec(&self, child: usize) -> Option<&ChildSpec> {
        self.children.get(child).map(|child| &child.spec)
    }

    /// How often a child has been restarted.
    #[must_use]
    pub fn restarts(&self, child: usize) -> u32 {
        self.children.get(child).map_or(0, |child| child.starts.saturating_sub(1))
    }

    /// How it decides.
    #[must_use]
    pub const fn policy(&self) -> &SupervisorPolicy {
        &self.policy
    }

    /// Whether it has ended, or is about to.
    #[must_use]
    pub const fn is_ending(&self) -> bool {
        matches!(self.phase, Phase::Ending { .. } | Phase::Ended)
    }

    /// Takes in what happened and says what is to be done. What does not fit where it stands, such as the end of a child
    /// that has ended already, changes nothing. `run` counts the restarts of all supervisors of the run.
    #[must_use]
    pub fn handle(&mut self, now: VirtualTime, input: SupervisorInput, run: &mut RunRestarts) -> Vec<SupervisorEffect> {
        let mut effects = Vec::new();
        match input {
            SupervisorInput::Boot => self.boot(),
            SupervisorInput::Started { child } => self.started(child, now),
            SupervisorInput::StartFailed { child, message, jitter } => {
                self.start_failed(child, &message, jitter, now, run, &mut effects);
            }
            SupervisorInput::Exited { child, reason, jitter } => {
                self.exited(child, &reason, jitter, now, run, &mut effects);
            }
            SupervisorInput::Stopped { child } => self.stopped(child),
            SupervisorInput::TimerFired { timer } => self.timer_fired(timer, &mut effects),
            SupervisorInput::ChildAdded { spec } => self.add(spec),
            SupervisorInput::ChildRemoved { child } => self.remove(child),
            SupervisorInput::Shutdown => self.end(ExitReason::Shutdown),
        }
        self.go_on(&mut effects);
        effects
    }

    fn boot(&mut self) {
        if !matches!(self.phase, Phase::Idle | Phase::Ended) {
            return;
        }
        self.phase = Phase::Booting;
        self.window.clear();
        for number in 0..self.children.len() {
            let Some(child) = self.children.get_mut(number) else { continue };
            child.forget_crashes();
            if child.state != State::Removed {
                self.set(number, State::Queued);
            }
        }
    }

    fn started(&mut self, number: usize, now: VirtualTime) {
        let Some(State::Starting { then }) = self.state_of(number) else { return };
        let next = match then {
            None => State::Running { since: now },
            Some((fate, cause)) => State::Doomed { fate, cause },
        };
        if let Some(child) = self.children.get_mut(number) {
            child.up_since = Some(now);
        }
        self.set(number, next);
    }

    fn stopped(&mut self, number: usize) {
        if let Some(State::Stopping { fate, .. }) = self.state_of(number) {
            self.meet(number, fate);
        }
    }

    fn timer_fired(&mut self, timer: SupervisorTimer, effects: &mut Vec<SupervisorEffect>) {
        match timer {
            SupervisorTimer::Restart { child, serial } => {
                if let Some(group) = self.group.as_mut().filter(|group| group.serial == serial) {
                    group.is_due = true;
                } else if self.state_of(child) == Some(State::Waiting { serial }) {
                    self.set(child, State::Queued);
                }
            }
            SupervisorTimer::Stop { child: number, serial } => {
                let Some(State::Stopping { fate, cause, after, serial: set, is_killed: false }) = self.state_of(number)
                else {
                    return;
                };
                if set == serial {
                    self.set(number, State::Stopping { fate, cause, after, serial, is_killed: true });
                    effects.push(SupervisorEffect::Kill { child: number, after, cause });
                }
            }
        }
    }

    fn add(&mut self, spec: ChildSpec) {
        let number = self.children.len();
        self.children.push(Child::new(spec, false, State::Down));
        match (&self.phase, self.group) {
            (Phase::Booting | Phase::Running, None) => self.set(number, State::Queued),
            (Phase::Booting | Phase::Running, Some(group)) => self.set(number, State::Waiting { serial: group.serial }),
            (Phase::Idle | Phase::Ending { .. } | Phase::Ended, _) => {}
        }
    }

    fn remove(&mut self, number: usize) {
        self.doom(number, Fate::Removed, StopCause::Removed);
    }

    /// Begins to end; the first reason stays.
    fn end(&mut self, reason: ExitReason) {
        match self.phase {
            Phase::Ending { .. } | Phase::Ended => return,
            // Nobody was told that it is up, but somebody asks it to end.
            Phase::Idle | Phase::Booting | Phase::Running => self.phase = Phase::Ending { reason },
        }
        self.group = None;
        for number in 0..self.children.len() {
            self.doom(number, Fate::Down, StopCause::Shutdown);
        }
    }

    /// A significant child has ended for good.
    fn significant_ended(&mut self) {
        let is_over = match self.policy.auto_shutdown {
            AutoShutdown::Never => false,
            AutoShutdown::AnySignificant => true,
            AutoShutdown::AllSignificant => self.significant == 0,
        };
        if is_over {
            self.end(ExitReason::Shutdown);
        }
    }

    /// Which children a failure of this one concerns besides it.
    fn first_affected(&self, failed: usize) -> Option<usize> {
        match self.policy.strategy {
            Strategy::OneForOne => None,
            Strategy::OneForAll => Some(0),
            Strategy::RestForOne => Some(failed),
        }
    }

    fn serial(&mut self) -> u32 {
        let serial = self.next_serial;
        self.next_serial = self.next_serial.wrapping_add(1);
        serial
    }
}
