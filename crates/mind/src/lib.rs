//! How one agent decides: the turn machine, pure and serialisable.
//!
//! A [`Turn`] is one agent at work on one task. It is given inputs (an assignment, a model's reply, a tool's result) and
//! says what is to be done next (ask the model, call a tool, finish). It must not know actors, models, tools, files or
//! clocks: the body that owns it carries out the effects.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, Assignment, ModelReply, Outcome, Task, TaskId};
//! use moot_mind::{Turn, TurnEffect, TurnInput, TurnOptions};
//!
//! let task = Task::new(TaskId(0), "Is it A or B?").with_choices(["A", "B"]);
//! let mut turn = Turn::new(TurnOptions::default(), Some("You are a juror.".into()));
//! let mut effects = Vec::new();
//!
//! turn.step(TurnInput::Assigned(Assignment::of(Arc::new(task), ActorPath::world())), &mut effects);
//! assert_eq!(effects, [TurnEffect::AskModel { call: 0 }]);
//!
//! effects.clear();
//! turn.step(TurnInput::ModelReplied(ModelReply::text("I am sure. Answer: b")), &mut effects);
//! assert_eq!(effects, [TurnEffect::Finish(Outcome::decided("B"))]);
//! ```

pub mod answer;
pub mod budget;
pub mod claims;
pub mod compaction;
pub mod flow;
pub mod hook;
pub mod options;
pub mod policy;
pub mod prompt;
pub mod retry;
pub mod stream;
mod text_pattern;
pub mod tokens;
pub mod turn;

pub use answer::extract_answer;
pub use options::{OptionProblem, TurnOptions};
pub use policy::{PermissionOptions, Policy, Rights};
pub use retry::{Breaker, BreakerOptions, Limiter, LimiterOptions, RetryDecision, RetryOptions};
pub use stream::ReplyAssembler;
pub use turn::{Progress, Turn, TurnEffect, TurnInput, Waiting};
