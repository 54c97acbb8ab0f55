//! Hierarchy: a lead takes a task apart, workers do the parts, what fails is repaired by stated strategies, and the lead
//! puts the results together.
//!
//! The workforce of CAMEL with its strategies (retry, reassign, replan, split), of which the file says which are tried and
//! in which order, instead of a model that chooses one. The lead writes lines `TASK: what is to be done` (or `TASK NAME: …`
//! for a certain worker); parts without a name go to the workers in turn. All parts are worked on at the same time. A part
//! fails when its worker gives no answer, says `FAILED` in a line of its own, or the verifier rejects it. Every part has
//! one owner or a result, and every repair is noted. A lead that writes no such line answers itself.
//!
//! Results are told in the order of the parts and repaired in the order in which they fail; with workers that answer by
//! what they are asked alone, the order in which answers arrive changes nothing.
//!
//! ```
//! use moot_council::{DescribesPattern, PatternOptions};
//!
//! let options: PatternOptions = serde_json::from_str(
//!     r#"{ "hierarchy": { "lead": "lead", "workers": ["ann", "bob"], "repair": ["retry", "reassign"] } }"#,
//! ).unwrap();
//! assert!(options.check(&[1, 1, 1]).is_empty());
//! ```

mod options;
mod work;

use std::sync::Arc;

pub use options::{HierarchyOptions, Repair, Unrepaired};
pub use work::{FAILED, KEYWORD, PART, REPAIRED};

use crate::table::Framed;
use crate::{CouncilMachine, Pattern, Seat};
use work::Working;

/// The pattern with its options.
#[derive(Debug, Clone, PartialEq)]
pub struct Hierarchy {
    options: Arc<HierarchyOptions>,
}

impl Pattern for Hierarchy {
    fn name(&self) -> &str {
        "hierarchy"
    }

    fn start(&self, seat: &Seat) -> Box<dyn CouncilMachine> {
        let named = self.options.workers.len() + 1;
        let further = named + usize::from(self.options.verifier.is_some());
        let working = Working::new(Arc::clone(&self.options), seat);
        Box::new(Framed::new(seat.clone(), self.options.absence.clone(), seat.seats_of(further..usize::MAX), working))
    }
}

#[cfg(test)]
mod tests;
