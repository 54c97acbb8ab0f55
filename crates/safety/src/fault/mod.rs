//! Planned faults: which strikes where, decided by a pure machine that the runtime asks before it does something.
//!
//! A scenario lists [`FaultOptions`]: each says what goes wrong, where (paths, edges, models, tools) and when
//! ([`WhenOptions`]). A [`FaultPlan`] is made of them. Before an agent takes a step, a model is asked, a message is
//! delivered and so on, the runtime shows the plan the [`Site`]; a [`Strike`] says which [`FaultAction`] is to be carried
//! out there. What is drawn is addressed by the fault's number, the site and the number of its visit, so no fault, no
//! agent and no observer changes what is drawn for another.
//!
//! This module must not know actors or how an action is carried out. What faults do to values (a model's answer, an
//! agent's words) is here too, as pure functions: [`ModelFault::apply`], [`ReplyFault::apply`], [`Lie::apply`].
//!
//! ```
//! use moot_core::{ActorPath, EventSequence, VirtualTime};
//! use moot_safety::fault::{FaultAction, FaultOptions, FaultPlan, Moment, Site, SiteKind};
//!
//! let options: Vec<FaultOptions> = serde_json::from_str(
//!     r#"[{ "crash_agent": { "agent": "juror", "moment": "before_model", "when": { "nth": 2 } } }]"#,
//! ).unwrap();
//! let mut plan = FaultPlan::new(&options, 42, 0);
//! assert!(plan.touches(SiteKind::AgentStep) && !plan.touches(SiteKind::ModelAttempt));
//!
//! let agent = ActorPath::new("jury/juror[3]").unwrap();
//! let site = Site::AgentStep { agent: &agent, moment: Moment::BeforeModel };
//! assert_eq!(plan.strike(&site, VirtualTime::ZERO, EventSequence(7)), None, "juror does not name jury/juror");
//! let agent = ActorPath::new("juror[3]").unwrap();
//! let site = Site::AgentStep { agent: &agent, moment: Moment::BeforeModel };
//! assert_eq!(plan.strike(&site, VirtualTime::ZERO, EventSequence(9)), None, "the first visit");
//! let strike = plan.strike(&site, VirtualTime::ZERO, EventSequence(12)).unwrap();
//! assert_eq!((strike.rule, strike.fault, strike.action), (0, "crash_agent", FaultAction::Crash));
//! assert_eq!(strike.text, "juror[3] crashes before it asks its model");
//! ```

mod choice;
mod draw;
mod fired;
pub mod kinds;
mod lie;
mod message;
mod model;
mod pattern;
mod plan;
mod problem;
mod reply;
mod site;
mod strike;
mod when;

pub use choice::OneOrMany;
pub use fired::Fired;
pub use kinds::{FaultOptions, Place, PlaceKind};
pub use lie::{Lie, LieForm};
pub use message::{Delivery, MessageFault};
pub use model::{CutPoint, ModelFault, UsageFault};
pub use pattern::matches;
pub use plan::FaultPlan;
pub use problem::OptionProblem;
pub use reply::{CallFault, ReplyFault};
pub use site::{MessageKind, Moment, Site, SiteKind};
pub use strike::{AnswerFault, CancelScope, FaultAction, FaultNumber, Strike, ToolFault};
pub use when::WhenOptions;
