//! What many runs teach: variants of one scenario, played on the same tasks with the same noise, and what their numbers
//! say about each other.
//!
//! A [`Design`] names the variants in order; the first is the reference. A [`Cell`] is what the run of one variant gave,
//! task by task, folded from its events by a [`Collector`]. Cells of one design share their random numbers, which
//! [`check_common`] verifies, and so are compared task by task: [`Design::compare`] gives one [`Row`] for each, with the
//! 95 % intervals of [`estimate`] and the [`Difference`] to the reference.
//!
//! Everything here is a pure function. Who plays the runs, and on how many threads, is not known here: this room is
//! handed what they gave. It must not know journals, scenario files, actors or files.
//!
//! ```
//! use moot_core::{Task, TaskId};
//! use moot_study::{Cell, Design};
//!
//! let tasks = |answers: [&str; 2]| {
//!     let task = |(id, answer): (u32, &str)| Task::new(TaskId(id), "A or B?").with_answer(answer);
//!     (0..).zip(answers).map(task).collect::<Vec<_>>()
//! };
//! let design = Design::new(["always A", "always B"]).unwrap();
//! let cells = [("always A", "A"), ("always B", "B")]
//!     .map(|(name, answer)| Cell::of_constant(name, answer, tasks(["A", "A"])));
//! let rows = design.compare(&cells, None).unwrap();
//! assert_eq!(rows[1].difference.unwrap().estimate.value, -1.0);
//! ```

pub mod budget;
pub mod cell;
pub mod collect;
pub mod common;
pub mod constant;
pub mod design;
pub mod estimate;
pub mod mcnemar;
#[cfg(test)]
mod oracles;
pub mod paired;
pub mod row;
mod student;

pub use budget::equal_votes;
pub use cell::{Cell, TaskRow};
pub use collect::Collector;
pub use common::{NotComparable, check_common};
pub use constant::commonest_answer;
pub use design::{Design, DesignError};
pub use estimate::{Estimate, Interval, clustered, mean, share};
pub use mcnemar::mcnemar_exact;
pub use paired::{Caution, Difference, difference};
pub use row::Row;
