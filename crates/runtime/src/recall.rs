//! An earlier play of a run: what happened in it, and what the outside answered.
//!
//! A world that is given one plays itself again. What is inside is computed anew, what came from outside is taken from
//! here, and each event must be the one that happened before; from there on the run goes on. This module must not know
//! where an earlier play was kept.

use moot_core::{Event, EventSequence};
use moot_journal::OutsideLog;

/// What is known of an earlier play.
#[derive(Debug, Clone, Default)]
pub struct Recall {
    /// What happened, from the first event on.
    pub events: Vec<Event>,
    /// What was asked of the outside, and what it answered.
    pub outside: OutsideLog,
    /// Whether the outside may be asked what has no answer there.
    pub may_ask: bool,
    /// Before which event the run is called off, if it is not to go on.
    pub until: Option<EventSequence>,
}

/// Where a run went otherwise than before.
#[derive(Debug, Clone, PartialEq)]
pub struct Divergence {
    /// What happened then.
    pub expected: Event,
    /// What happened now.
    pub found: Event,
}
