//! Hunts bugs: plays generated scenarios under planned faults and holds every run against every invariant.
//!
//! A seed is everything. [`generate::scenario`] makes a scenario file of it, [`play`] plays that and judges the run,
//! [`coverage`] counts which faults struck and which points were reached, [`hunt`] does so for many seeds on several
//! threads, [`shrink`] leaves out of a failing seed whatever it does not need to fail, and [`leaks`] tells what worlds
//! leave behind in their process. This crate stands outside of
//! the product: it must not know how a run is played, only that it is.
//!
//! ```
//! use moot_campaign::{generate, play};
//!
//! let verdict = play::play(&generate::scenario(3));
//! assert_eq!(verdict.findings, []);
//! ```

pub mod canary;
pub mod coverage;
pub mod dice;
pub mod generate;
pub mod hunt;
pub mod leaks;
pub mod play;
pub mod report;
pub mod shrink;
pub mod yaml;
