//! I2: no budget is passed.
//!
//! The machine keeps a book of its own beside each budget that the run shows ([`Probe::Budget`]): what is held for each
//! attempt that is out, and what those that ended took. It demands, at every change, that
//!
//! - what was taken and what is held together stay within each limit; an attempt that took more than was held for it (a
//!   provider that ignores the most that it was told) may pass the limit by what it took too much, and by nothing else;
//! - the budget's own numbers are those of the machine: nothing is taken without being held, nothing held or taken is
//!   forgotten, whatever is restarted;
//! - an attempt is held once, and settled or released once.
//!
//! A child's budget can't hold more than its parent has left, because each attempt is held in the whole chain above it,
//! and each budget of the chain is shown and checked by itself.
//!
//! Source: reliability reference §5.3, I2 and §4 ("budget is a cap").
//!
//! ```
//! use moot_safety::invariant::{BudgetCap, BudgetChange, BudgetState, Invariant, Probe};
//!
//! let limits = [None, Some(100), None];
//! let held = |attempt, reserved| {
//!     let change = BudgetChange::Held { attempt, amounts: [0, 60, 1] };
//!     Probe::Budget(BudgetState { node: "run".into(), change, settled: [0; 3], reserved, limits })
//! };
//! let mut machine = BudgetCap::default();
//! assert!(machine.probe(&held(0, [0, 60, 1])).is_ok());
//! let violation = machine.probe(&held(1, [0, 120, 2])).unwrap_err();
//! assert_eq!(violation.found, "120 tokens");
//! ```

use std::collections::BTreeMap;

use moot_core::{Event, Text};

use super::{BudgetChange, BudgetState, Invariant, InvariantName, Probe, Violation};

/// The units of the limits, in their order.
const UNITS: [&str; 3] = ["picodollars", "tokens", "calls"];

/// The machine.
#[derive(Debug, Default)]
pub struct BudgetCap {
    books: BTreeMap<Text, Book>,
}

/// What the machine knows of one budget.
#[derive(Debug, Default)]
struct Book {
    held: BTreeMap<u64, [u64; 3]>,
    taken: [u64; 3],
    /// What attempts took beyond what was held for them.
    beyond: [u64; 3],
}

impl Book {
    /// What is wrong with a change: what was expected and what was found.
    fn change(&mut self, change: BudgetChange) -> Result<(), (String, String)> {
        match change {
            BudgetChange::Opened => {}
            BudgetChange::Held { attempt, amounts } => {
                if self.held.insert(attempt, amounts).is_some() {
                    return Err((format!("attempt {attempt} is held once"), "it is held already".into()));
                }
            }
            BudgetChange::Settled { attempt, amounts } => {
                let Some(held) = self.held.remove(&attempt) else { return Err(not_held(attempt, "settled")) };
                for (taken, amount) in self.taken.iter_mut().zip(amounts) {
                    *taken = taken.saturating_add(amount);
                }
                for (beyond, (amount, held)) in self.beyond.iter_mut().zip(amounts.into_iter().zip(held)) {
                    *beyond = beyond.saturating_add(amount.saturating_sub(held));
                }
            }
            BudgetChange::Released { attempt } => {
                if self.held.remove(&attempt).is_none() {
                    return Err(not_held(attempt, "released"));
                }
            }
        }
        Ok(())
    }

    fn reserved(&self) -> [u64; 3] {
        self.held.values().fold([0; 3], |mut sum, held| {
            for (sum, held) in sum.iter_mut().zip(held) {
                *sum = sum.saturating_add(*held);
            }
            sum
        })
    }
}

fn not_held(attempt: u64, what: &str) -> (String, String) {
    (format!("only what is held is {what}"), format!("attempt {attempt}, which is not held"))
}

impl BudgetCap {
    fn look_at(&mut self, state: &BudgetState) -> Result<(), (String, String)> {
        if !self.books.contains_key(&state.node) {
            self.books.insert(state.node.clone(), Book::default());
        }
        let Some(book) = self.books.get_mut(&state.node) else { return Ok(()) };
        let node = &state.node;
        book.change(state.change).map_err(|(expected, found)| (format!("{expected} against {node}"), found))?;
        let reserved = book.reserved();
        for (own, (told, what)) in [(book.taken, (state.settled, "taken")), (reserved, (state.reserved, "held"))] {
            if own != told {
                return Err((format!("{node} has {what} {own:?} of {UNITS:?}"), format!("{told:?}")));
            }
        }
        let sums = book.taken.into_iter().zip(reserved).map(|(taken, held)| taken.saturating_add(held));
        for ((sum, unit), (limit, beyond)) in sums.zip(UNITS).zip(state.limits.into_iter().zip(book.beyond)) {
            if let Some(limit) = limit.map(|limit| limit.saturating_add(beyond)).filter(|limit| sum > *limit) {
                let expected =
                    format!("{node} has taken and holds at most {limit} {unit}, {beyond} of them unforeseen");
                return Err((expected, format!("{sum} {unit}")));
            }
        }
        Ok(())
    }
}

impl Invariant for BudgetCap {
    fn name(&self) -> InvariantName {
        InvariantName::I2
    }

    fn observe(&mut self, _event: &Event) -> Result<(), Violation> {
        Ok(())
    }

    fn probe(&mut self, probe: &Probe) -> Result<(), Violation> {
        let Probe::Budget(state) = probe else { return Ok(()) };
        self.look_at(state).map_err(|(expected, found)| Violation::new(InvariantName::I2, expected, found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariant::testing::{Fed, breaks, passes};

    /// A budget of 100 tokens after a change, with what it says to have taken and to hold.
    fn state(change: BudgetChange, settled: u64, reserved: u64) -> Fed {
        let limits = [None, Some(100), None];
        let (settled, reserved) = ([0, settled, 0], [0, reserved, 0]);
        Fed::Probe(Probe::Budget(BudgetState { node: "run".into(), change, settled, reserved, limits }))
    }

    fn held(attempt: u64, tokens: u64, settled: u64, reserved: u64) -> Fed {
        state(BudgetChange::Held { attempt, amounts: [0, tokens, 0] }, settled, reserved)
    }

    fn settled(attempt: u64, tokens: u64, settled: u64, reserved: u64) -> Fed {
        state(BudgetChange::Settled { attempt, amounts: [0, tokens, 0] }, settled, reserved)
    }

    fn machine() -> BudgetCap {
        BudgetCap::default()
    }

    #[test]
    fn what_is_held_first_and_settled_after_passes() {
        passes(
            &mut machine(),
            vec![
                state(BudgetChange::Opened, 0, 0),
                held(0, 60, 0, 60),
                held(1, 40, 0, 100),
                settled(0, 10, 10, 40),
                state(BudgetChange::Released { attempt: 1 }, 10, 0),
                held(2, 90, 10, 90),
                // A provider that gave more than it was asked for.
                settled(2, 95, 105, 0),
            ],
        );
    }

    #[test]
    fn what_was_checked_but_not_held_passes_the_limit() {
        // Both saw 100 tokens left; the budget does not even know that it holds them.
        breaks(&mut machine(), vec![held(0, 60, 0, 60), held(1, 60, 0, 120)], "120 tokens");
        breaks(&mut machine(), vec![held(0, 60, 0, 0)], "[0, 0, 0]");
    }

    #[test]
    fn an_excuse_counts_once() {
        let fed = vec![held(0, 60, 0, 60), settled(0, 70, 70, 0), held(1, 41, 70, 41)];
        breaks(&mut machine(), fed, "111 tokens");
    }

    #[test]
    fn nothing_is_forgotten_and_nothing_ends_twice() {
        let twice = vec![held(0, 60, 0, 60), settled(0, 60, 60, 0), settled(0, 60, 120, 0)];
        breaks(&mut machine(), twice, "attempt 0, which is not held");
        let released =
            vec![held(0, 60, 0, 60), settled(0, 6, 6, 0), state(BudgetChange::Released { attempt: 0 }, 6, 0)];
        breaks(&mut machine(), released, "attempt 0, which is not held");
        breaks(&mut machine(), vec![held(0, 10, 0, 10), held(0, 10, 0, 20)], "held already");
        let reset = vec![held(0, 60, 0, 60), settled(0, 60, 60, 0), held(1, 10, 0, 10)];
        breaks(&mut machine(), reset, "[0, 0, 0]");
        let leaked = vec![held(0, 60, 0, 60), settled(0, 60, 60, 60)];
        breaks(&mut machine(), leaked, "[0, 60, 0]");
    }

    #[test]
    fn each_budget_has_a_book_of_its_own() {
        let other = |tokens| {
            let change = BudgetChange::Held { attempt: 0, amounts: [0, tokens, 0] };
            let limits = [None, Some(10), None];
            let state = BudgetState { node: "ann".into(), change, settled: [0; 3], reserved: [0, tokens, 0], limits };
            Fed::Probe(Probe::Budget(state))
        };
        passes(&mut machine(), vec![held(0, 60, 0, 60), other(10)]);
        breaks(&mut machine(), vec![held(0, 60, 0, 60), other(11)], "11 tokens");
    }
}
