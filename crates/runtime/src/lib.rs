//! Who lives: the actors, the world and its time, and the port to the outside.
//!
//! A world plays one run: a current-thread tokio runtime with a paused clock, its own actors, ids and journal. Inside
//! it, order is total and repeatable; parallelism is many worlds on many threads. This is the only crate that names
//! ractor; it must not know the scenario format or the command line.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, ModelFailure, ModelReply, Placement, Task, TaskId};
//! use moot_model::{Model, ModelRequest};
//! use moot_runtime::{AgentSpec, ModelSpec, WorldSpec, play};
//!
//! struct Parrot;
//! impl Model for Parrot {
//!     fn answer(&self, request: &ModelRequest) -> Result<ModelReply, ModelFailure> {
//!         Ok(ModelReply::text(request.task.prompt.clone()))
//!     }
//!     fn placement(&self) -> Placement {
//!         Placement::Inside
//!     }
//! }
//!
//! let parrot = ActorPath::new("parrot").unwrap();
//! let mut spec = WorldSpec::new("parrots", parrot.clone());
//! spec.models.push(ModelSpec::new("echo", || Arc::new(Parrot)));
//! spec.agents.push(AgentSpec::new(parrot, 0));
//! spec.tasks = Box::new(std::iter::once(Task::new(TaskId(0), "hello")));
//! let report = play(spec).unwrap();
//! assert_eq!(report.summary.tasks()[0].outcome.answer(), Some("hello"));
//! ```

mod actors;
mod desk;
mod faults;
mod hooks;
mod live;
mod log;
mod outside;
mod outside_workspace;
mod recall;
mod spec;
mod time;
mod world;

pub use actors::executor::ToolSettings;
pub use actors::ledger::LedgerTotals;
pub use actors::person::{AskPerson, PersonAnswer, PersonMatter, PersonQuestion};
pub use actors::team::SpawnLimits;
pub use hooks::{HookClosure, HookSet, HookSpec};
pub use live::{Live, WorldProgress};
pub use outside::{Clock, block_on};
pub use recall::{Divergence, Recall};
pub use spec::{
    AgentSpec, CouncilSpec, JournalSink, MAILBOX_MAX, Mask, Masking, ModelFactory, ModelSpec, PersonSpec, PromptPlan,
    SERVANT_REQUESTS, Watch, WorkspaceSpec, WorldSpec,
};
pub use world::{WorldError, WorldReport, play};
