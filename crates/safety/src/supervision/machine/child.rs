//! What a supervisor's machine knows of a child, and how that changes.
//!
//! This module must not know why a child's state changes.
//!
//! ```
//! use moot_safety::supervision::*;
//!
//! let machine = SupervisorMachine::new(SupervisorPolicy::default(), vec![ChildSpec::worker()]);
//! assert_eq!(machine.state(0), Some(ChildState::Down));
//! ```

use moot_core::{VirtualDuration, VirtualTime};
use serde::{Deserialize, Serialize};

use super::SupervisorMachine;
use crate::supervision::{ChildSpec, RestartType, StopCause};

/// Where a child stands, as others may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChildState {
    /// Not there.
    Down,
    /// Not there, and to be restarted.
    Waiting,
    /// Being started.
    Starting,
    /// There.
    Running,
    /// Being stopped, or about to be.
    Stopping,
    /// Not there, and not started again as long as its supervisor lives.
    Gone,
}

/// A child.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Child {
    pub(super) spec: ChildSpec,
    /// Whether it was there from the start: others are forgotten when they have ended for good.
    pub(super) is_declared: bool,
    pub(super) state: State,
    /// How often it was started.
    pub(super) starts: u32,
    /// How often in a row it crashed.
    pub(super) crashes: u32,
    /// Since when it has been up, or had been when it was told to stop.
    pub(super) up_since: Option<VirtualTime>,
    /// The wait before it was started last; zero when there was none.
    pub(super) last_wait: VirtualDuration,
    /// When restarts were allowed because of its failures.
    pub(super) window: Vec<VirtualTime>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// Not there; may be started together with its siblings.
    Down,
    /// To be restarted when the timer of this number is due.
    Waiting {
        serial: u32,
    },
    /// To be started when its turn comes.
    Queued,
    Starting {
        /// What becomes of it instead of running, when that was decided while it was being started.
        then: Option<(Fate, StopCause)>,
    },
    Running {
        since: VirtualTime,
    },
    /// Running, to be stopped when its turn comes.
    Doomed {
        fate: Fate,
        cause: StopCause,
    },
    /// Told to stop.
    Stopping {
        fate: Fate,
        cause: StopCause,
        /// How long it has; `None` when there is no limit.
        after: Option<VirtualDuration>,
        serial: u32,
        is_killed: bool,
    },
    /// Not there, and started again only when the supervisor is.
    Gone,
    /// Never started again.
    Removed,
}

/// What becomes of a child when it has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fate {
    /// It is restarted with its group.
    Again,
    Down,
    Gone,
    Removed,
}

impl State {
    pub(super) const fn shown(self) -> ChildState {
        match self {
            Self::Down => ChildState::Down,
            Self::Waiting { .. } | Self::Queued => ChildState::Waiting,
            Self::Starting { .. } => ChildState::Starting,
            Self::Running { .. } => ChildState::Running,
            Self::Doomed { .. } | Self::Stopping { .. } => ChildState::Stopping,
            Self::Gone | Self::Removed => ChildState::Gone,
        }
    }
}

impl Child {
    pub(super) const fn new(spec: ChildSpec, is_declared: bool, state: State) -> Self {
        Self {
            spec,
            is_declared,
            state,
            starts: 0,
            crashes: 0,
            up_since: None,
            last_wait: VirtualDuration::ZERO,
            window: Vec::new(),
        }
    }

    pub(super) const fn is_significant_and_alive(&self) -> bool {
        self.spec.significant && !matches!(self.state, State::Down | State::Gone | State::Removed)
    }

    /// A new life of the supervisor begins.
    pub(super) fn forget_crashes(&mut self) {
        (self.crashes, self.last_wait) = (0, VirtualDuration::ZERO);
        self.window.clear();
    }

    /// What becomes of it when it has stopped because its siblings are restarted.
    pub(super) const fn fate_in_group(&self) -> Fate {
        match (self.spec.restart, self.is_declared) {
            (RestartType::Permanent | RestartType::Transient, _) => Fate::Again,
            (RestartType::Temporary, true) => Fate::Gone,
            (RestartType::Temporary, false) => Fate::Removed,
        }
    }
}

impl SupervisorMachine {
    pub(super) fn state_of(&self, number: usize) -> Option<State> {
        self.children.get(number).map(|child| child.state)
    }

    /// The one place where a child's state changes, so that the sets of children by state are always right.
    pub(super) fn set(&mut self, number: usize, state: State) {
        let Some(child) = self.children.get_mut(number) else { return };
        self.significant -= usize::from(child.is_significant_and_alive());
        let before = std::mem::replace(&mut child.state, state);
        self.significant += usize::from(child.is_significant_and_alive());
        match before {
            State::Waiting { .. } => drop(self.waiting.remove(&number)),
            State::Queued => drop(self.queued.remove(&number)),
            State::Starting { .. } => self.starting = None,
            State::Doomed { .. } => drop(self.doomed.remove(&number)),
            State::Stopping { .. } => self.stopping = None,
            State::Down | State::Running { .. } | State::Gone | State::Removed => {}
        }
        match state {
            State::Waiting { .. } => drop(self.waiting.insert(number)),
            State::Queued => drop(self.queued.insert(number)),
            State::Starting { .. } => self.starting = Some(number),
            State::Doomed { .. } => drop(self.doomed.insert(number)),
            State::Stopping { .. } => self.stopping = Some(number),
            State::Down | State::Running { .. } | State::Gone | State::Removed => {}
        }
    }

    /// A child has stopped: what was meant to become of it does.
    pub(super) fn meet(&mut self, number: usize, fate: Fate) {
        let state = match (fate, self.group) {
            (Fate::Again, Some(group)) => State::Waiting { serial: group.serial },
            (Fate::Again, None) | (Fate::Down, _) => State::Down,
            (Fate::Gone, _) => State::Gone,
            (Fate::Removed, _) => State::Removed,
        };
        self.set(number, state);
    }

    /// Decides that a child is not to run on. What is there is stopped when its turn comes; a child that is removed
    /// stays so.
    pub(super) fn doom(&mut self, number: usize, fate: Fate, cause: StopCause) {
        let Some(state) = self.state_of(number) else { return };
        let stays = |before: Fate| if before == Fate::Removed { before } else { fate };
        match state {
            State::Removed => {}
            State::Gone if fate != Fate::Removed => {}
            State::Down | State::Waiting { .. } | State::Queued | State::Gone => self.meet(number, fate),
            State::Running { .. } => self.set(number, State::Doomed { fate, cause }),
            State::Starting { then } => {
                let fate = then.map_or(fate, |(before, _)| stays(before));
                self.set(number, State::Starting { then: Some((fate, cause)) });
            }
            State::Doomed { fate: before, .. } => self.set(number, State::Doomed { fate: stays(before), cause }),
            State::Stopping { fate: before, after, serial, is_killed, .. } => {
                let fate = stays(before);
                self.set(number, State::Stopping { fate, cause, after, serial, is_killed });
            }
        }
    }
}
