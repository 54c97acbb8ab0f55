//! The budget book: every budget of a run, and the calls in flight that weigh on them.
//!
//! A call weighs on a chain of budgets at once: its agent's, the councils', the run's. It is reserved on all of them or
//! on none. After it ended it is settled at what it took, or released when it was never sent. As long as no call takes
//! more than was reserved for it, settled and reserved never exceed a limit; a call that does take more passes the limit
//! by what it took too much, and nothing more is reserved then. This module must not know what the calls are.
//!
//! ```
//! use moot_core::{Money, Usage, VirtualTime};
//! use moot_mind::budget::{BudgetBook, BudgetOptions, Need};
//!
//! let mut book = BudgetBook::new();
//! let dollar = Money::from_picodollars(1_000_000_000_000);
//! let limits = BudgetOptions { money: Some(dollar), ..BudgetOptions::default() };
//! let run = book.add("run".into(), limits, VirtualTime::ZERO);
//! let agent = book.add("agent lead".into(), BudgetOptions::default(), VirtualTime::ZERO);
//!
//! let need = Need { tokens: 500, money: Some(dollar) };
//! book.reserve(&[agent, run], 7, need, VirtualTime::ZERO).unwrap();
//! assert_eq!(book.left(run).unwrap().money, Some(Money::ZERO));
//! assert!(book.release(7), "it was never sent");
//! assert_eq!(book.left(run).unwrap().money, Some(dollar));
//! ```

use std::collections::BTreeMap;

use moot_core::{Limit, Money, Text, Usage, VirtualTime};
use serde::{Deserialize, Serialize};

use super::account::{Account, Amounts, Left, Obstacle};
use super::options::BudgetOptions;
use super::refusal::{Amount, Refusal};

/// The number of a budget in its book, from 0 in the order in which they were added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BudgetId(pub u64);

/// The most that a call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Need {
    /// Tokens, input and output together. Where nobody can tell the most, an estimate: the call then passes a limit by
    /// at most what the estimate was too small.
    pub tokens: u64,
    /// Money; `None` when the price or the most tokens are unknown.
    pub money: Option<Money>,
}

/// What a call was settled at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// Tokens, input and output together.
    pub tokens: u64,
    /// Money; `None` when nobody knows, not even at most.
    pub money: Option<Money>,
    /// Whether the tokens or the money are what was reserved, because nobody knows what the call took.
    pub estimated: bool,
}

/// The budgets and the calls in flight.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BudgetBook {
    accounts: Vec<Account>,
    open: BTreeMap<u64, Open>,
}

/// A call in flight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Open {
    /// Each once.
    chain: Vec<BudgetId>,
    need: Need,
}

impl Need {
    const fn amounts(self) -> Amounts {
        let money = match self.money {
            Some(money) => money,
            None => Money::ZERO,
        };
        Amounts { calls: 1, tokens: self.tokens, money }
    }
}

impl BudgetBook {
    /// A book without budgets.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a budget. `name` says whose it is in messages (`agent lead`); its time counts from `started`. A budget
    /// without limits refuses nothing and still counts.
    pub fn add(&mut self, name: Text, options: BudgetOptions, started: VirtualTime) -> BudgetId {
        let id = BudgetId(self.accounts.len() as u64);
        self.accounts.push(Account::new(name, options, started));
        id
    }

    /// Holds what the attempt may take on every budget of the chain; the order of the chain is that in which they are
    /// asked, usually from the agent up to the run. A budget that is named twice counts once.
    ///
    /// # Errors
    /// The first budget and limit that doesn't hold it; then nothing was reserved anywhere. Also for an attempt number
    /// that is in flight already and for a budget of another book, which would otherwise go uncounted.
    pub fn reserve(&mut self, chain: &[BudgetId], attempt: u64, need: Need, now: VirtualTime) -> Result<(), Refusal> {
        if self.open.contains_key(&attempt) {
            return Err(misuse(format!(
                "attempt {attempt} is in flight already; give every attempt a number of its own"
            )));
        }
        let mut once: Vec<BudgetId> = Vec::with_capacity(chain.len());
        for id in chain {
            let Some(account) = self.account(*id) else {
                return Err(misuse(format!("there is no budget {}; add it to this book first", id.0)));
            };
            account.check(need, now)?;
            if !once.contains(id) {
                once.push(*id);
            }
        }
        #[cfg(feature = "planted-bugs")]
        if moot_core::planted::is_on(moot_core::planted::Planted::BudgetNotReserved) {
            let need = Need { tokens: 0, money: None };
            self.open.insert(attempt, Open { chain: once, need });
            return Ok(());
        }
        self.each(&once, |account| account.reserved.add(need.amounts()));
        self.open.insert(attempt, Open { chain: once, need });
        Ok(())
    }

    /// Whether [`reserve`](Self::reserve) would now refuse with [`Refusal::fits_later`], found without any words: an
    /// attempt that waits is asked about again and again.
    pub(super) fn has_to_wait(&self, chain: &[BudgetId], need: Need, now: VirtualTime) -> bool {
        let obstacle = |id: &BudgetId| match self.account(*id) {
            Some(account) => account.obstacle(need, now).map(Obstacle::may_pass),
            None => Some(false),
        };
        chain.iter().find_map(obstacle).unwrap_or(false)
    }

    /// Books what an attempt that was sent took. What is unknown is settled as it was reserved, and marked as estimated.
    /// `None` when no such attempt is in flight: it was settled or released before, and nothing changes.
    pub fn settle(&mut self, attempt: u64, usage: Option<Usage>, cost: Option<Money>) -> Option<Settlement> {
        let Open { chain, need } = self.open.remove(&attempt)?;
        let settlement = Settlement {
            tokens: usage.map_or(need.tokens, Usage::total_tokens),
            money: cost.or(need.money),
            estimated: usage.is_none() || (cost.is_none() && need.money.is_some()),
        };
        let took = Need { tokens: settlement.tokens, money: settlement.money }.amounts();
        self.each(&chain, |account| {
            account.reserved.subtract(need.amounts());
            account.settled.add(took);
            account.calls_estimated += u64::from(settlement.estimated);
            account.calls_without_cost += u64::from(settlement.money.is_none());
        });
        Some(settlement)
    }

    /// Lets go of an attempt that was never sent; its call doesn't count. `false` when no such attempt is in flight.
    pub fn release(&mut self, attempt: u64) -> bool {
        let Some(Open { chain, need }) = self.open.remove(&attempt) else { return false };
        #[cfg(feature = "planted-bugs")]
        if moot_core::planted::is_on(moot_core::planted::Planted::ReservationLeaked) {
            return true;
        }
        self.each(&chain, |account| account.reserved.subtract(need.amounts()));
        true
    }

    /// The state of a budget; `None` when it is none of this book's.
    #[must_use]
    pub fn account(&self, id: BudgetId) -> Option<&Account> {
        self.accounts.get(usize::try_from(id.0).ok()?)
    }

    /// Every budget, in the order in which they were added.
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// What can still be reserved on a budget; `None` when it is none of this book's.
    #[must_use]
    pub fn left(&self, id: BudgetId) -> Option<Left> {
        self.account(id).map(Account::left)
    }

    /// When the first budget of the chain runs out of time; `None` when none has a limit of time.
    #[must_use]
    pub fn deadline(&self, chain: &[BudgetId]) -> Option<VirtualTime> {
        chain.iter().filter_map(|id| self.account(*id)?.deadline()).min()
    }

    /// The attempts in flight, in the order of their numbers, each with the budgets that it weighs on and what is held.
    pub fn attempts(&self) -> impl Iterator<Item = (u64, &[BudgetId], Need)> {
        self.open.iter().map(|(attempt, Open { chain, need })| (*attempt, chain.as_slice(), *need))
    }

    /// How many attempts are in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.open.len()
    }

    fn each(&mut self, chain: &[BudgetId], mut change: impl FnMut(&mut Account)) {
        for id in chain {
            let place = usize::try_from(id.0).unwrap_or(usize::MAX);
            if let Some(account) = self.accounts.get_mut(place) {
                change(account);
            }
        }
    }
}

/// A reservation that can't be booked as it was asked for; refusing it keeps the books right.
fn misuse(reason: String) -> Refusal {
    let (needed, left) = (Amount::Calls(1), Amount::Calls(0));
    let reason = reason.into();
    Refusal { node: "budget book".into(), limit: Limit::Calls, needed, left, fits_later: false, reason }
}
