//! The vocabulary of Folkmoot: what every other room speaks.
//!
//! Paths, virtual time, money, usage, messages, transcripts, tool calls, tasks, outcomes, events, the ports through
//! which tools reach a world, and addressed randomness. This crate must not know tokio, ractor, files or the wall
//! clock: everything in it is a value or a trait.
//!
//! ```
//! use moot_core::{ActorPath, Money, VirtualTime};
//!
//! let third = ActorPath::new("jury/juror[3]").unwrap();
//! let tenth = ActorPath::new("jury/juror[10]").unwrap();
//! assert!(third < tenth, "indices compare as numbers");
//! assert_eq!(Money::from_picodollars(1_500_000_000_000).to_string(), "1.5");
//! assert_eq!(VirtualTime::from_millis(1_250).to_string(), "1.250 s");
//! ```

pub mod bill;
pub mod brief;
pub mod delta;
pub mod event;
pub mod hook;
pub mod interval;
pub mod message;
pub mod model;
pub mod money;
pub mod outcome;
pub mod path;
pub mod permission;
#[cfg(feature = "planted-bugs")]
pub mod planted;
pub mod port;
pub mod random;
pub mod task;
pub mod time;
pub mod tool;
pub mod tools_used;
pub mod touch;
pub mod transcript;
pub mod usage;

pub use bill::Bill;
pub use brief::{Brief, Heard, HeardSoFar, Wanted};
pub use delta::{ModelDelta, WireFailure};
pub use event::{ActorRole, Ballot, Event, EventKind, EventSequence, RunStatus};
pub use hook::{HookEvent, HookVerdict};
pub use message::Message;
pub use model::{ModelFailure, ModelFailureKind, ModelReply, Placement, StopReason};
pub use money::Money;
pub use outcome::{Failure, FailureKind, Limit, Outcome, OutcomeStatus};
pub use path::{ActorPath, PathError};
pub use permission::{Approval, Decision, GrantScope, PermissionMode, Verdict};
pub use task::{Assignment, Task, TaskId};
pub use time::{VirtualDuration, VirtualTime};
pub use tool::{ToolCall, ToolEffect, ToolErrorCode, ToolResult, ToolSpec};
pub use tools_used::{ToolUse, ToolsUsed};
pub use touch::{Access, Claim, Command, Commands, Resource, Touch, TouchKinds};
pub use transcript::{Transcript, TranscriptError};
pub use usage::Usage;

/// Text that many owners share without copying it.
pub type Text = std::sync::Arc<str>;
