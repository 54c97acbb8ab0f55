//! How many decide together: coordination patterns, ballots and voting rules.
//!
//! A pattern makes one machine per assignment; the machine is told what happened ([`CouncilInput`]) and says what is to
//! be done ([`CouncilEffect`]). It has no clock, no I/O and no randomness of its own (a coin is a pure function of its
//! address), so the same inputs always give the same effects, and a restart is a replay.
//!
//! Each pattern is one file in [`patterns`], each voting rule one file in [`rules`]; [`ballot`], [`claim`], [`confidence`],
//! [`tally`], [`rankings`], [`margins`], [`ties`], [`quorum`], [`weights`] and [`terms`] are what they share. This crate must not know actors, runtimes, files or the
//! format of scenario files: it only defines the options that stand in them.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, Assignment, Outcome, Task, TaskId};
//! use moot_council::{CouncilEffect, CouncilInput, PatternOptions, Seat};
//!
//! let options: PatternOptions = serde_json::from_str(
//!     r#"{ "vote": { "members": ["juror"], "rule": "majority", "ties": "coin" } }"#,
//! ).unwrap();
//! assert!(options.check(&[3]).is_empty(), "three members are told apart by the scenario");
//!
//! let path = ActorPath::new("jury").unwrap();
//! let members = (0..3).map(|index| ActorPath::new("juror").unwrap().indexed(index));
//! let seat = Seat::of(path, members, 7);
//! let mut machine = options.build().unwrap().start(&seat);
//!
//! let task = Task::new(TaskId(0), "A or B?").with_choices(["A", "B"]);
//! let mut effects = Vec::new();
//! machine.step(CouncilInput::Assigned(Assignment::of(Arc::new(task), ActorPath::world())), &mut effects);
//! for (member, answer) in ["A", "B", "A"].into_iter().enumerate() {
//!     machine.step(CouncilInput::answered(member, 0, Outcome::decided(answer)), &mut effects);
//! }
//! assert_eq!(effects.last(), Some(&CouncilEffect::Finish(Outcome::decided("A"))));
//! ```

pub mod absence;
pub mod asks;
pub mod ballot;
pub mod chat;
pub mod claim;
pub mod confidence;
pub mod decide;
pub mod directive;
pub mod exposure;
pub mod join;
pub mod machine;
pub mod margins;
mod mark;
pub mod order;
pub mod patterns;
pub mod problem;
pub mod quorum;
pub mod rankings;
pub mod rules;
pub mod scores;
pub mod square;
pub mod stop;
pub mod sum;
pub mod summary;
pub mod table;
pub mod tally;
pub mod terms;
pub mod ties;
pub mod topology;
pub mod wave;
pub mod weights;

pub use ballot::Reading;
pub use confidence::ConfidenceWeight;
pub use machine::{Answered, CouncilEffect, CouncilInput, CouncilMachine, Pattern, Seat};
pub use margins::Margins;
pub use patterns::custom::CustomOptions;
pub use patterns::single::{Single, SingleMachine, SingleOptions};
pub use patterns::vote::{Vote, VoteMachine, VoteOptions};
pub use patterns::{DescribesPattern, Named, PatternOptions};
pub use problem::OptionProblem;
pub use quorum::Quorum;
pub use rankings::Rankings;
pub use rules::{BallotForm, Rule, Verdict};
pub use scores::ScoreRange;
pub use square::Square;
pub use sum::Sum;
pub use tally::Tally;
pub use terms::Terms;
pub use ties::Ties;
pub use weights::Weights;

#[cfg(test)]
mod testing;
