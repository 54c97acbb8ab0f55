//! A wave: several asks made at once in one round, and what came of them under a join.
//!
//! It must not know what is asked. See [`Join`] for when it is over.

use crate::asks::{Ask, Ended};
use crate::join::{Gather, Join};
use crate::table::Table;

/// Several asks made at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Wave {
    gather: Gather,
    /// The timer of a join by deadline.
    deadline: Option<u32>,
}

impl Wave {
    /// Makes the asks, all of them in the round with this number within the assignment.
    #[must_use]
    pub fn start(number: u32, join: Join, asks: Vec<Ask>, table: &mut Table<'_>) -> Self {
        let round = table.round(number);
        let gather = Gather::new(round, join, asks.iter().map(|ask| ask.slot));
        let deadline = match join {
            Join::Deadline(after) => Some(table.set_timer(after)),
            _ => None,
        };
        for ask in asks {
            table.ask(Ask { round, ..ask });
        }
        Self { gather, deadline }
    }

    /// Takes an ended ask in; whether it belongs to this wave.
    pub fn take(&mut self, ended: &Ended) -> bool {
        self.gather.take(ended)
    }

    /// Takes a timer in; whether it was this wave's deadline.
    pub fn timer(&mut self, timer: u32) -> bool {
        let is_own = self.deadline == Some(timer);
        if is_own {
            self.gather.pass_deadline();
        }
        is_own
    }

    /// Whether it is over; then nobody is waited for any more.
    pub fn is_over(&self, table: &mut Table<'_>) -> bool {
        let is_over = self.gather.is_complete();
        if is_over {
            table.withdraw_round(self.gather.round(), "enough have answered");
        }
        is_over
    }

    /// What came of it.
    #[must_use]
    pub const fn gather(&self) -> &Gather {
        &self.gather
    }
}
