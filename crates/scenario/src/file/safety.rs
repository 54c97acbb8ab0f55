//! What goes wrong on purpose and what is watched, as people write it.
//!
//! The faults themselves are options of the room `moot-safety`. This module must not know how they are carried out.
//!
//! ```
//! use moot_scenario::file::{Check, CheckOptions};
//!
//! let one: CheckOptions = serde_json::from_str(r#""invariants""#).unwrap();
//! let list: CheckOptions = serde_json::from_str(r#"["invariants"]"#).unwrap();
//! assert!(one == list && one.contains(&Check::Invariants));
//! ```

use moot_safety::fault::OneOrMany;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is checked while a run is played: one thing or a list.
pub type CheckOptions = OneOrMany<Check>;

/// Something that can be checked while a run is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// What must hold in every run, after every event. A violation fails the run.
    Invariants,
}
