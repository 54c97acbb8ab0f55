//! What is done next: stops down the order of children, starts up the order, each when the one before is done.
//!
//! This module must not know why a child is started or stopped.
//!
//! ```
//! use moot_core::VirtualTime;
//! use moot_safety::supervision::*;
//!
//! let (now, mut run) = (VirtualTime::ZERO, RunRestarts::default());
//! let children = vec![ChildSpec { shutdown: Shutdown::Infinity, ..ChildSpec::worker() }; 2];
//! let mut machine = SupervisorMachine::running(SupervisorPolicy::default(), children, now);
//! let (within, cause) = (Shutdown::Infinity, StopCause::Shutdown);
//! let stop = |child| SupervisorEffect::Stop { child, within, cause };
//! assert_eq!(machine.handle(now, SupervisorInput::Shutdown, &mut run), [stop(1)]);
//! assert_eq!(machine.handle(now, SupervisorInput::Stopped { child: 1 }, &mut run), [stop(0)]);
//! ```

use super::child::State;
use super::{Phase, SupervisorMachine};
use crate::supervision::{Shutdown, SupervisorEffect, SupervisorTimer};

impl SupervisorMachine {
    /// Does what can be done now.
    pub(super) fn go_on(&mut self, effects: &mut Vec<SupervisorEffect>) {
        self.stop_next(effects);
        self.begin_group();
        self.start_next(effects);
        let is_quiet = self.starting.is_none() && self.stopping.is_none() && self.doomed.is_empty();
        match &self.phase {
            Phase::Booting if is_quiet && self.queued.is_empty() && self.waiting.is_empty() => {
                self.phase = Phase::Running;
                effects.push(SupervisorEffect::Ready);
            }
            Phase::Ending { reason } if is_quiet => {
                effects.push(SupervisorEffect::Ended { reason: reason.clone() });
                self.phase = Phase::Ended;
            }
            _ => {}
        }
    }

    fn stop_next(&mut self, effects: &mut Vec<SupervisorEffect>) {
        if self.stopping.is_some() {
            return;
        }
        let Some(number) = self.doomed.last().copied() else { return };
        // A later child that is just coming up has to be stopped first.
        if self.starting.is_some_and(|starting| starting > number && self.is_doomed_at_start(starting)) {
            return;
        }
        let Some(State::Doomed { fate, cause }) = self.state_of(number) else { return };
        let Some(within) = self.children.get(number).map(|child| child.spec.shutdown) else { return };
        let serial = self.serial();
        let (after, is_killed) = match within {
            Shutdown::BrutalKill => (None, true),
            Shutdown::Within(after) => (Some(after), false),
            Shutdown::Infinity => (None, false),
        };
        self.set(number, State::Stopping { fate, cause, after, serial, is_killed });
        if is_killed {
            return effects.push(SupervisorEffect::Kill { child: number, after, cause });
        }
        effects.push(SupervisorEffect::Stop { child: number, within, cause });
        if let Some(after) = after {
            effects.push(SupervisorEffect::SetTimer { timer: SupervisorTimer::Stop { child: number, serial }, after });
        }
    }

    fn is_doomed_at_start(&self, number: usize) -> bool {
        matches!(self.state_of(number), Some(State::Starting { then: Some(_) }))
    }

    /// Begins the restart of several children when its wait is over and nobody of them is there any more.
    fn begin_group(&mut self) {
        let is_quiet = self.starting.is_none() && self.stopping.is_none() && self.doomed.is_empty();
        if is_quiet && self.group.is_some_and(|group| group.is_due) {
            self.group = None;
            while let Some(number) = self.waiting.first().copied() {
                self.set(number, State::Queued);
            }
        }
    }

    fn start_next(&mut self, effects: &mut Vec<SupervisorEffect>) {
        if self.starting.is_some() {
            return;
        }
        let Some(number) = self.queued.first().copied() else { return };
        self.set(number, State::Starting { then: None });
        if let Some(child) = self.children.get_mut(number) {
            effects.push(SupervisorEffect::Start { child: number, restarts: child.starts });
            child.starts = child.starts.saturating_add(1);
        }
    }
}
