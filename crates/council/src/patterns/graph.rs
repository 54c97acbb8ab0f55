//! Graph: nodes that work when what they depend on is done, along edges with conditions.
//!
//! Dataflow by default: a node starts as soon as its own inputs are settled, so two steps of 5 beside one of 20 take 20
//! and not 25 (microsoft/agent-framework#3087); with `barrier` nodes run in supersteps as in Pregel (Malewicz et al.
//! 2010). An edge whose condition does not hold is settled as skipped, and a skipped branch blocks no join
//! (microsoft/agent-framework#2157): a node with `activation: all` runs once all of its edges are settled and at least one
//! fired, and is skipped in turn when none did. A node with `activation: any` runs at each edge that fires, which makes
//! loops; a loop needs a condition and is bounded by `runs_max`.
//!
//! Where all nodes have `activation: all`, the order in which answers arrive changes no outcome; with `any` it may.
//!
//! ```
//! use moot_council::{DescribesPattern, PatternOptions};
//!
//! let options: PatternOptions = serde_json::from_str(
//!     r#"{ "graph": { "nodes": {
//!         "plan": { "member": "planner" },
//!         "north": { "member": "scout", "after": ["plan"] },
//!         "south": { "member": "guide", "after": ["plan"] },
//!         "report": { "member": "writer", "after": ["north", "south"] }
//!     } } }"#,
//! ).unwrap();
//! assert!(options.check(&[1, 1, 1, 1]).is_empty());
//! ```

mod options;
mod run;

use std::sync::Arc;

pub use options::{Activation, Edge, EdgeCondition, GraphOptions, Node, PlainOrConditional};

use crate::table::Framed;
use crate::{CouncilMachine, Pattern, Seat};
use run::Running;

/// The pattern with its options.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    options: Arc<GraphOptions>,
}

impl Pattern for Graph {
    fn name(&self) -> &str {
        "graph"
    }

    fn start(&self, seat: &Seat) -> Box<dyn CouncilMachine> {
        let named = self.options.names().len();
        let running = Running::new(Arc::clone(&self.options), seat);
        Box::new(Framed::new(seat.clone(), self.options.absence.clone(), seat.seats_of(named..usize::MAX), running))
    }
}

#[cfg(test)]
mod tests;
