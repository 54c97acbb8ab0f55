//! What is to be played: from a file to a checked, resolved scenario.

pub mod file;
pub mod problem;
pub mod read;
pub mod source;
pub mod tree;

pub use file::ScenarioFile;
pub use problem::{Problem, Problems};
