//! I1: the ledger books what was used, once.
//!
//! When the run shows its books ([`Probe::Books`]), they hold as many attempts as there were `model_replied` and
//! `model_failed` events, and exactly the tokens and the money that these state; so many without a known usage or cost
//! as there were. Everything is an integer, so nothing is rounded. An attempt that is booked twice, not at all or at
//! another price makes a difference. A run that shows no books is not checked.
//!
//! Source: reliability reference §5.3, I1; `LedgerState::book` in the runtime books each attempt when its event is
//! recorded.
//!
//! ```
//! use moot_safety::invariant::{BooksState, Invariant, InvariantName, LedgerConservation, Probe};
//!
//! let mut machine = LedgerConservation::default();
//! assert!(machine.probe(&Probe::Books(BooksState::default())).is_ok());
//! let books = BooksState { attempts: 1, ..BooksState::default() };
//! let violation = machine.probe(&Probe::Books(books)).unwrap_err();
//! assert_eq!(violation.invariant, InvariantName::I1);
//! assert_eq!(violation.found, "1 attempts");
//! ```

use moot_core::{Event, EventKind, Money, Usage};

use super::{BooksState, Invariant, InvariantName, Probe, Violation};

/// The machine.
#[derive(Debug, Default)]
pub struct LedgerConservation {
    /// What the events came to.
    used: BooksState,
}

impl LedgerConservation {
    fn add(&mut self, usage: Option<Usage>, cost: Option<Money>) {
        self.used.attempts += 1;
        match usage {
            Some(usage) => self.used.tokens = self.used.tokens.saturating_add(usage.total_tokens()),
            None => self.used.without_usage += 1,
        }
        match cost {
            Some(cost) => self.used.cost += cost,
            None => self.used.without_cost += 1,
        }
    }
}

impl Invariant for LedgerConservation {
    fn name(&self) -> InvariantName {
        InvariantName::I1
    }

    fn observe(&mut self, event: &Event) -> Result<(), Violation> {
        match &event.kind {
            EventKind::ModelReplied { reply, cost, .. } => self.add(reply.usage, *cost),
            EventKind::ModelFailed { failure, cost, .. } => self.add(failure.usage, *cost),
            _ => {}
        }
        Ok(())
    }

    fn probe(&mut self, probe: &Probe) -> Result<(), Violation> {
        let Probe::Books(books) = probe else { return Ok(()) };
        let used = &self.used;
        let rows = [
            ("attempts", u128::from(used.attempts), u128::from(books.attempts)),
            ("tokens", u128::from(used.tokens), u128::from(books.tokens)),
            ("picodollars", used.cost.as_picodollars(), books.cost.as_picodollars()),
            ("attempts without usage", u128::from(used.without_usage), u128::from(books.without_usage)),
            ("attempts without cost", u128::from(used.without_cost), u128::from(books.without_cost)),
        ];
        match rows.into_iter().find(|(_, used, booked)| used != booked) {
            None => Ok(()),
            Some((what, used, booked)) => {
                let expected = format!("the books hold the {used} {what} of the events");
                Err(Violation::new(self.name(), expected, format!("{booked} {what}")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariant::testing::{Fed, breaks, failed, passes, replied};

    fn after_two_attempts(books: BooksState) -> Vec<Fed> {
        vec![Fed::Event("ann", failed(0, 0, 0)), Fed::Event("ann", replied(0, 0, 1)), Fed::Probe(Probe::Books(books))]
    }

    const RIGHT: BooksState =
        BooksState { attempts: 2, tokens: 15, cost: Money::from_picodollars(7), without_usage: 1, without_cost: 1 };

    #[test]
    fn books_that_hold_what_was_used_pass() {
        passes(&mut LedgerConservation::default(), after_two_attempts(RIGHT));
    }

    #[test]
    fn every_difference_is_found() {
        for (books, found) in [
            (BooksState { attempts: 3, ..RIGHT }, "3 attempts"),
            (BooksState { attempts: 1, ..RIGHT }, "1 attempts"),
            (BooksState { tokens: 30, ..RIGHT }, "30 tokens"),
            (BooksState { cost: Money::ZERO, ..RIGHT }, "0 picodollars"),
            (BooksState { without_usage: 0, ..RIGHT }, "0 attempts without usage"),
            (BooksState { without_cost: 2, ..RIGHT }, "2 attempts without cost"),
        ] {
            breaks(&mut LedgerConservation::default(), after_two_attempts(books), found);
        }
    }
}
