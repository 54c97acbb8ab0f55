//! Budgets: what a run, a council or an agent may use up, reserved before every model call and settled after it.
//!
//! A call is made only when each budget above it holds the most it may take, so calls that are in flight together can't
//! spend the same money twice. The book is a pure machine. It must not know models, prices or clocks: what a call may
//! take and what it took is told by who makes it, and time comes as an argument.
//!
//! ```
//! use moot_core::{Limit, Usage, VirtualTime};
//! use moot_mind::budget::{BudgetBook, BudgetOptions, Need};
//!
//! let mut book = BudgetBook::new();
//! let options = BudgetOptions { tokens: Some(1_000), ..BudgetOptions::default() };
//! let run = book.add("run".into(), options, VirtualTime::ZERO);
//!
//! let need = Need { tokens: 800, money: None };
//! assert_eq!(book.reserve(&[run], 0, need, VirtualTime::ZERO), Ok(()));
//! let refusal = book.reserve(&[run], 1, need, VirtualTime::ZERO).unwrap_err();
//! assert_eq!((refusal.limit, refusal.fits_later), (Limit::Tokens, true));
//!
//! book.settle(0, Some(Usage::new(100, 50)), None);
//! assert_eq!(book.left(run).unwrap().tokens, Some(850));
//! assert_eq!(book.reserve(&[run], 1, need, VirtualTime::ZERO), Ok(()));
//! ```

mod account;
mod book;
mod money;
mod options;
mod queue;
mod refusal;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use account::{Account, Amounts, Left};
pub use book::{BudgetBook, BudgetId, Need, Settlement};
pub use options::{BudgetOptions, UnknownPrice};
pub use queue::{BudgetQueue, Reservation};
pub use refusal::{Amount, Refusal};
