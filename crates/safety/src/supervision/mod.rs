//! Who is restarted after a failure, when, together with whom, and when it is given up: pure, in virtual time.
//!
//! A [`SupervisorMachine`] decides for one supervisor: it is told that children started, ended or stopped and asks for
//! starts, stops and timers. Machines nest: a supervisor that gives up ends, and its own supervisor's machine is told
//! so. [`SupervisionTree`] says who stands under whom. [`Deliveries`] decides over a message whose receiver was lost
//! while it worked on it, [`WaitGraph`] over calls that would wait for themselves.
//!
//! The rules are those of OTP's `supervisor` (Erlang/OTP 27, `stdlib`), with the waits of Akka's `BackoffSupervisor`,
//! and differ where OTP's are known to hurt: siblings that a restart affects stop when the failure is seen and not after
//! the wait; a start that succeeds is not taken for health; crashes that come too slowly for the window are counted too;
//! failures seen before a restart of several children begins belong to that one restart.
//!
//! Nothing here keeps time, draws or names actors: the time and a draw are handed in, and children are numbers.
//!
//! ```
//! use moot_core::{VirtualDuration, VirtualTime};
//! use moot_safety::supervision::*;
//!
//! let (now, mut run) = (VirtualTime::ZERO, RunRestarts::default());
//! let mut machine = SupervisorMachine::running(SupervisorPolicy::default(), vec![ChildSpec::worker()], now);
//! let crash = SupervisorInput::Exited { child: 0, reason: ExitReason::Panic("x".into()), jitter: 0.0 };
//! let timer = SupervisorTimer::Restart { child: 0, serial: 0 };
//! let wait = VirtualDuration::from_millis(100);
//! assert_eq!(machine.handle(now, crash, &mut run), [SupervisorEffect::SetTimer { timer, after: wait }]);
//! let due = SupervisorInput::TimerFired { timer };
//! assert_eq!(machine.handle(now + wait, due, &mut run), [SupervisorEffect::Start { child: 0, restarts: 1 }]);
//! ```

mod deliveries;
mod exit;
mod interface;
mod machine;
mod options;
mod shutdown;
mod tree;
mod waits;

pub use deliveries::{Deliveries, Redelivery};
pub use exit::{ExitReason, RestartType};
pub use interface::{
    ChildSpec, GiveUp, RESTART_LIMIT, RestartLimit, RunRestarts, StopCause, SupervisorEffect, SupervisorInput,
    SupervisorPolicy, SupervisorTimer,
};
pub use machine::{ChildState, SupervisorMachine};
pub use options::{
    AtLimit, AutoShutdown, BackoffOptions, ChildOptions, Counted, RESTARTS_PRODUCT_MAX, ROOT, Strategy,
    SupervisionOptions, SupervisionProblem, SupervisorOptions,
};
pub use shutdown::Shutdown;
pub use tree::{SupervisionTree, SupervisorNode, TreeChild, Under, servants};
pub use waits::{WaitGraph, WaitProblem};
