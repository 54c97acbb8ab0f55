//! What a supervisor's machine is told and what it asks for.
//!
//! Children are numbered in the order in which they are started, from 0; a number is never used twice. This module must
//! not know how anything is decided.
//!
//! ```
//! use moot_core::VirtualDuration;
//! use moot_safety::supervision::{GiveUp, RestartLimit};
//!
//! let period = VirtualDuration::from_millis(5_000);
//! let give_up = GiveUp { child: 0, limit: RestartLimit::Intensity { restarts: 3, period }, last: "panicked: x".into() };
//! assert_eq!(
//!     &*give_up.reason("juror[2]"),
//!     "restart limit: juror[2] panicked: x, after 3 restarts within 5.000 s (`intensity`)"
//! );
//! ```

use moot_core::{Text, VirtualDuration};
use serde::{Deserialize, Serialize};

use super::{AtLimit, AutoShutdown, BackoffOptions, Counted, ExitReason, RestartType, Shutdown, Strategy};

/// What every restart limit's reason begins with.
pub const RESTART_LIMIT: &str = "restart limit";

/// How a supervisor decides: its options with every default filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SupervisorPolicy {
    /// Which children are restarted when one of them is.
    pub strategy: Strategy,
    /// How many restarts are allowed within any `period`.
    pub intensity: u32,
    /// The length of the sliding window.
    pub period: VirtualDuration,
    /// Whose restarts count together.
    pub counted: Counted,
    /// How long is waited before a restart.
    pub backoff: BackoffOptions,
    /// After how many crashes in a row a child is not restarted again.
    pub consecutive_max: u32,
    /// When it ends because its significant children have.
    pub auto_shutdown: AutoShutdown,
}

/// What a supervisor knows of a child beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildSpec {
    /// When it is restarted.
    pub restart: RestartType,
    /// How it is stopped.
    pub shutdown: Shutdown,
    /// Whether its end may end its supervisor.
    pub significant: bool,
    /// What follows when it passes a limit.
    pub at_limit: AtLimit,
}

/// What a supervisor's machine is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SupervisorInput {
    /// The supervisor was started: it starts its children in order. Told again after [`SupervisorEffect::Ended`], it
    /// starts a new life with fresh counts: what was restarted is the supervisor.
    Boot,
    /// A child is up.
    Started {
        /// Which.
        child: usize,
    },
    /// A child could not be started.
    StartFailed {
        /// Which.
        child: usize,
        /// Why.
        message: Text,
        /// A draw from [0, 1) that no other decision uses.
        jitter: f64,
    },
    /// A child ended, by itself or because it was stopped or killed; of a supervisor, with what it said in
    /// [`SupervisorEffect::Ended`]. A child that has done its work ended with [`ExitReason::Normal`].
    Exited {
        /// Which.
        child: usize,
        /// How.
        reason: ExitReason,
        /// A draw from [0, 1) that no other decision uses.
        jitter: f64,
    },
    /// A child that was told to stop has stopped, or was killed; says nothing of a child that was not.
    Stopped {
        /// Which.
        child: usize,
    },
    /// A timer that was asked for is due. One that is no longer of use changes nothing, so none need be taken back.
    TimerFired {
        /// Which.
        timer: SupervisorTimer,
    },
    /// A child that was not there at the start comes last in the order; its number is how many there were. It is
    /// started as soon as the supervisor is up; not at all when the supervisor is ending.
    ChildAdded {
        /// What is known of it.
        spec: ChildSpec,
    },
    /// A child is no longer wanted: it is stopped, and never started again.
    ChildRemoved {
        /// Which.
        child: usize,
    },
    /// The supervisor is to stop its children and end.
    Shutdown,
}

/// What a supervisor's machine asks for, in this order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SupervisorEffect {
    /// Start a child; answered by `Started` or `StartFailed`. No further one is started before.
    Start {
        /// Which.
        child: usize,
        /// How often it has been restarted, this time included; 0 the first time.
        restarts: u32,
    },
    /// Ask a child to stop; answered by `Stopped` or `Exited`. No further one is stopped before.
    Stop {
        /// Which.
        child: usize,
        /// How long it has; never [`Shutdown::BrutalKill`]. The timer for it follows.
        within: Shutdown,
        /// Why.
        cause: StopCause,
    },
    /// Kill a child; answered by `Stopped` or `Exited`.
    Kill {
        /// Which.
        child: usize,
        /// The time in which it did not stop; `None` when it was not asked to.
        after: Option<VirtualDuration>,
        /// Why it is to stop.
        cause: StopCause,
    },
    /// Tell when a time has passed. A [`SupervisorTimer::Restart`] says that a restart is scheduled.
    SetTimer {
        /// Which timer.
        timer: SupervisorTimer,
        /// How long from now.
        after: VirtualDuration,
    },
    /// All children were started for the first time in this life: the supervisor itself is up.
    Ready,
    /// A child is not restarted although its type asks for it, and stays stopped; the supervisor goes on.
    Isolated(GiveUp),
    /// The supervisor gives up: it stops its children, and then ends with an error.
    GaveUp(GiveUp),
    /// Nothing is left of the supervisor: its own supervisor is told so with this reason.
    Ended {
        /// [`ExitReason::Shutdown`] when it was shut down or its significant children had ended, else an error.
        reason: ExitReason,
    },
}

/// A timer of a supervisor; told apart by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SupervisorTimer {
    /// The wait before a restart is over.
    Restart {
        /// Whose failure is answered by it.
        child: usize,
        /// The number of the timer.
        serial: u32,
    },
    /// A child had its time to stop.
    Stop {
        /// Which.
        child: usize,
        /// The number of the timer.
        serial: u32,
    },
}

/// Why a child is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopCause {
    /// It is restarted together with a sibling that failed.
    Sibling {
        /// That sibling.
        failed: usize,
    },
    /// Its supervisor is ending.
    Shutdown,
    /// It is no longer wanted.
    Removed,
}

/// Why a child is not restarted once more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GiveUp {
    /// The child that failed.
    pub child: usize,
    /// What it passed.
    pub limit: RestartLimit,
    /// Its last failure, in words that follow its name.
    pub last: Text,
}

/// What a restart would have passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestartLimit {
    /// So many restarts were made within the period.
    Intensity {
        /// How many.
        restarts: u32,
        /// Within which time.
        period: VirtualDuration,
    },
    /// It crashed so often in a row.
    Consecutive {
        /// How often.
        crashes: u32,
    },
    /// So many restarts were made in the run.
    Run {
        /// How many.
        restarts: u32,
    },
    /// It could not be started the first time.
    FirstStart,
}

/// How many restarts a run may have in all, over all supervisors: the end of every chain of limits that multiply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRestarts {
    max: u32,
    made: u32,
}

impl RunRestarts {
    /// How many a run has unless somebody says otherwise.
    pub const DEFAULT_MAX: u32 = 10_000;

    /// None were made so far.
    #[must_use]
    pub const fn new(max: u32) -> Self {
        Self { max, made: 0 }
    }

    /// How many were made.
    #[must_use]
    pub const fn made(&self) -> u32 {
        self.made
    }

    /// How many are allowed.
    #[must_use]
    pub const fn max(&self) -> u32 {
        self.max
    }

    /// Takes one of them; whether there was one left.
    pub(super) const fn take(&mut self) -> bool {
        let is_left = self.made < self.max;
        if is_left {
            self.made += 1;
        }
        is_left
    }
}

impl Default for RunRestarts {
    fn default() -> Self {
        Self::new(Self::DEFAULT_MAX)
    }
}

impl GiveUp {
    /// The reason in words, for a child of this name.
    #[must_use]
    pub fn reason(&self, name: &str) -> Text {
        let last = &self.last;
        match self.limit {
            RestartLimit::Intensity { restarts, period } => {
                format!("{RESTART_LIMIT}: {name} {last}, after {restarts} restarts within {period} (`intensity`)")
            }
            RestartLimit::Consecutive { crashes } => {
                format!("{RESTART_LIMIT}: {name} {last}, its crash number {crashes} in a row (`consecutive_max`)")
            }
            RestartLimit::Run { restarts } => {
                format!("{RESTART_LIMIT}: {name} {last}, after {restarts} restarts in the run (`limits.restarts`)")
            }
            RestartLimit::FirstStart => format!("{name} {last}"),
        }
        .into()
    }
}

impl ChildSpec {
    /// A permanent worker that is stopped within five seconds.
    #[must_use]
    pub const fn worker() -> Self {
        Self {
            restart: RestartType::Permanent,
            shutdown: Shutdown::WORKER,
            significant: false,
            at_limit: AtLimit::Escalate,
        }
    }
}

impl Default for SupervisorPolicy {
    fn default() -> Self {
        super::SupervisorOptions::default().policy("")
    }
}
