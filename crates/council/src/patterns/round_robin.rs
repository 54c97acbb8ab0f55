//! Round-robin chat: members speak one after another, in a fixed or drawn order, and everybody hears everything.
//!
//! The group chat of AutoGen's `RoundRobinGroupChat` and its like, with two differences: a condition looks at what members
//! said and never at the task's own words (microsoft/autogen#6826), and a member that fails loses its turn instead of
//! ending the conversation. The order of turns is that of the file or drawn for each time round, so the order in which
//! answers arrive can't matter: one member speaks at a time.
//!
//! It must not know how an answer is counted: see [`chat`](crate::chat).
//!
//! ```
//! use moot_council::{DescribesPattern, PatternOptions};
//!
//! let options: PatternOptions = serde_json::from_str(
//!     r#"{ "round_robin": { "members": ["writer", "editor"], "stop": { "said": { "equals": "done" } } } }"#,
//! ).unwrap();
//! assert!(options.check(&[1, 1]).is_empty());
//! ```

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DescribesPattern, Named, check_members};
use crate::absence::AbsenceOptions;
use crate::chat::{Chat, ChatPlan, Conclude, Next, STATEMENTS, Turns};
use crate::exposure::{Content, Exposure, History};
use crate::order::{ORDER, Order};
use crate::stop::{Condition, Progress};
use crate::table::{Framed, Table};
use crate::{CouncilMachine, OptionProblem, Pattern, Seat};

/// Members speak one after another, and everybody hears everything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoundRobinOptions {
    /// Who speaks: agents, groups of agents or councils, in order.
    pub members: Vec<String>,
    /// How many statements are made at most, from 1 to 9,000. Default: 20.
    #[serde(default = "statements")]
    #[schemars(range(min = 1, max = 9_000))]
    pub statements_max: u32,
    /// When the conversation ends before. Default: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Condition>,
    /// `fixed` or `random`: a random order is drawn anew each time round. Default: `fixed`.
    #[serde(default = "fixed")]
    pub order: Order,
    /// What speakers see of what was said. Default: all of it, whole, with names.
    #[serde(default = "everything")]
    pub exposure: Exposure,
    /// How the conversation comes to its outcome. Default: `last`, the last answer given.
    #[serde(default)]
    pub conclude: Conclude,
    /// What happens when a member does not answer as asked.
    #[serde(default)]
    pub absence: AbsenceOptions,
    /// Whether the council gets copies of its members instead of sharing them. Default: false.
    #[serde(default)]
    pub fresh: bool,
}

const fn statements() -> u32 {
    STATEMENTS
}

const fn fixed() -> Order {
    Order::Fixed
}

/// What speakers of a conversation see unless told otherwise.
pub(super) fn everything() -> Exposure {
    Exposure { history: History::All, content: Content::Words, ..Exposure::default() }
}

impl RoundRobinOptions {
    fn plan(&self) -> ChatPlan {
        ChatPlan {
            statements_max: self.statements_max,
            stop: self.stop.clone(),
            exposure: self.exposure.clone(),
            conclude: self.conclude.clone(),
        }
    }
}

impl DescribesPattern for RoundRobinOptions {
    fn members(&self) -> Vec<Named<'_>> {
        let standby = Named::list("absence.standby", &self.absence.standby);
        let summariser = self.exposure.summariser("exposure");
        Named::list("members", &self.members).chain(summariser).chain(standby).collect()
    }

    fn fresh(&self) -> bool {
        self.fresh
    }

    fn tools(&self) -> Vec<Named<'_>> {
        self.stop.iter().flat_map(|stop| stop.tools("stop")).collect()
    }

    fn check(&self, seats: &[usize]) -> Vec<OptionProblem> {
        let members = seats.iter().take(self.members.len()).sum();
        let mut problems = check_members(&self.members);
        problems.extend(self.plan().check(members));
        problems.extend(self.exposure.check("exposure", &self.members(), seats));
        if !self.order.is_sequential() {
            let message = "in a conversation one speaks at a time; write fixed or random, or use `debate`";
            problems.push(OptionProblem::new("order", message));
        }
        problems.extend(self.absence.check("absence"));
        problems
    }

    fn build(&self) -> Option<Arc<dyn Pattern>> {
        Some(Arc::new(RoundRobin { options: Arc::new(self.clone()) }))
    }
}

/// The pattern with its options.
#[derive(Debug, Clone, PartialEq)]
pub struct RoundRobin {
    options: Arc<RoundRobinOptions>,
}

impl Pattern for RoundRobin {
    fn name(&self) -> &str {
        "round_robin"
    }

    fn start(&self, seat: &Seat) -> Box<dyn CouncilMachine> {
        let options = &self.options;
        let named = options.members.len();
        let turns = InTurn { order: options.order, time_round: 0, waiting: Vec::new() };
        let chat = Chat::new(options.plan(), turns, seat.seats_of(0..named));
        let [summariser, standby] = options.exposure.further_seats(seat, named);
        let framed = Framed::new(seat.clone(), options.absence.clone(), standby, chat);
        Box::new(framed.summarised(&options.exposure, summariser.first().copied()))
    }
}

/// One after another.
struct InTurn {
    order: Order,
    time_round: u32,
    /// Who has yet to speak this time round, the next one last.
    waiting: Vec<usize>,
}

impl Turns for InTurn {
    fn next(&mut self, speakers: &[usize], progress: &mut Progress, table: &mut Table<'_>) -> Next {
        if self.waiting.is_empty() {
            if self.time_round > 0 {
                progress.end_round();
            }
            let address = table.address(ORDER).call(table.round(self.time_round));
            let order = self.order.of(speakers.len(), address);
            self.waiting = order.into_iter().rev().filter_map(|index| speakers.get(index).copied()).collect();
            self.time_round = self.time_round.saturating_add(1);
        }
        match self.waiting.pop() {
            Some(slot) => Next::Speaker(slot),
            None => Next::Nobody("nobody is there to speak".into()),
        }
    }
}

#[cfg(test)]
mod tests;
