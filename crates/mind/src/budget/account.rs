//! One budget's account: what is settled, what is held for calls in flight, and what is left.
//!
//! This module must not know the other accounts: that one call weighs on several at once is the book's business.
//!
//! ```
//! use moot_core::VirtualTime;
//! use moot_mind::budget::{BudgetBook, BudgetOptions, Need};
//!
//! let mut book = BudgetBook::new();
//! let options = BudgetOptions { calls: Some(3), ..BudgetOptions::default() };
//! let run = book.add("run".into(), options, VirtualTime::ZERO);
//! book.reserve(&[run], 0, Need { tokens: 10, money: None }, VirtualTime::ZERO).unwrap();
//! let account = book.account(run).unwrap();
//! assert_eq!((account.reserved.calls, account.settled.calls, account.left().calls), (1, 0, Some(2)));
//! ```

use moot_core::{Limit, Money, Text, VirtualDuration, VirtualTime};
use serde::{Deserialize, Serialize};

use super::book::Need;
use super::options::BudgetOptions;
use super::refusal::{Amount, Refusal};

/// What calls came to, or may come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Amounts {
    /// Attempts of model calls.
    pub calls: u64,
    /// Tokens, input and output together.
    pub tokens: u64,
    /// Money, as far as it is known.
    pub money: Money,
}

/// What a budget still holds; `None` is without limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Left {
    /// Attempts of model calls.
    pub calls: Option<u64>,
    /// Tokens, input and output together.
    pub tokens: Option<u64>,
    /// Money.
    pub money: Option<Money>,
}

/// The state of one budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Whose it is, for messages: `run`, `council jury`, `agent lead`.
    pub name: Text,
    /// Its limits.
    pub options: BudgetOptions,
    /// From when its time counts.
    pub started: VirtualTime,
    /// What ended calls took.
    pub settled: Amounts,
    /// What is held for calls in flight.
    pub reserved: Amounts,
    /// How many of the settled calls are settled at what was reserved for want of knowledge.
    pub calls_estimated: u64,
    /// How many of the settled calls cost nobody knows what, not even at most.
    pub calls_without_cost: u64,
}

impl Amounts {
    pub(super) fn add(&mut self, other: Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.tokens = self.tokens.saturating_add(other.tokens);
        self.money += other.money;
    }

    pub(super) fn subtract(&mut self, other: Self) {
        self.calls = self.calls.saturating_sub(other.calls);
        self.tokens = self.tokens.saturating_sub(other.tokens);
        self.money = minus(self.money, other.money);
    }
}

impl Account {
    pub(super) fn new(name: Text, options: BudgetOptions, started: VirtualTime) -> Self {
        let (settled, reserved) = (Amounts::default(), Amounts::default());
        Self { name, options, started, settled, reserved, calls_estimated: 0, calls_without_cost: 0 }
    }

    /// Settled and reserved together: what can't be reserved once more.
    #[must_use]
    pub fn taken(&self) -> Amounts {
        let mut taken = self.settled;
        taken.add(self.reserved);
        taken
    }

    /// What can still be reserved; zero where a call took more than was reserved for it and the limit is passed.
    #[must_use]
    pub fn left(&self) -> Left {
        let taken = self.taken();
        Left {
            calls: self.options.calls.map(|limit| limit.saturating_sub(taken.calls)),
            tokens: self.options.tokens.map(|limit| limit.saturating_sub(taken.tokens)),
            money: self.options.money.map(|limit| minus(limit, taken.money)),
        }
    }

    /// When its time is up; `None` without a limit of time.
    #[must_use]
    pub fn deadline(&self) -> Option<VirtualTime> {
        self.options.time.map(|time| self.started + time)
    }

    /// Whether the account holds the need; limits are looked at in the order time, calls, tokens, money.
    pub(super) fn check(&self, need: Need, now: VirtualTime) -> Result<(), Refusal> {
        match self.obstacle(need, now) {
            None => Ok(()),
            Some(Obstacle::Time(time)) => Err(self.out_of_time(Amount::Time(time))),
            Some(Obstacle::Line(limit, line)) => Err(self.passed(limit, line)),
            Some(Obstacle::UnknownPrice(limit)) => Err(self.unknown_price(limit)),
        }
    }

    /// Why the account does not hold the need, before it is put into words.
    pub(super) fn obstacle(&self, need: Need, now: VirtualTime) -> Option<Obstacle> {
        if let (Some(time), Some(deadline)) = (self.options.time, self.deadline())
            && now >= deadline
        {
            return Some(Obstacle::Time(time));
        }
        let (settled, taken) = (self.settled, self.taken());
        // A call in flight is a call whatever it takes: waiting for it gives nothing back.
        let calls = self.options.calls.map(|limit| (Limit::Calls, Line::of(limit, taken.calls, taken.calls, 1)));
        let tokens = self.options.tokens.map(|limit| Line::of(limit, settled.tokens, taken.tokens, need.tokens));
        let tokens = tokens.map(|line| (Limit::Tokens, line));
        let money = self.options.money.zip(need.money).map(|(limit, needed)| {
            let [limit, settled, taken, needed] =
                [limit, settled.money, taken.money, needed].map(Money::as_picodollars);
            (Limit::Money, Line { limit, settled, taken, needed })
        });
        let passed = |(_, line): &(Limit, Line)| !line.fits(line.taken);
        if let Some((limit, line)) = [calls, tokens, money].into_iter().flatten().find(passed) {
            return Some(Obstacle::Line(limit, line));
        }
        let unknown = self.options.money.filter(|_| need.money.is_none() && self.options.refuses_unknown_price());
        unknown.map(Obstacle::UnknownPrice)
    }

    fn passed(&self, limit: Limit, line: Line) -> Refusal {
        let amount = |count: u128| match limit {
            Limit::Money => Amount::Money(Money::from_picodollars(count)),
            Limit::Tokens => Amount::Tokens(narrow(count)),
            _ => Amount::Calls(narrow(count)),
        };
        let (needed, left) = (amount(line.needed), amount(line.limit.saturating_sub(line.taken)));
        let fits_later = line.fits(line.settled);
        let (name, whole, option) = (&self.name, amount(line.limit), limit.as_str());
        let advice = if fits_later {
            let held = amount(line.taken.saturating_sub(line.settled));
            format!("{held} are held for calls in flight; ask for fewer calls at once, or raise `budget.{option}`")
        } else {
            format!("raise `budget.{option}`, or ask for less")
        };
        let reason =
            format!("the budget of {name} has {left} left of {whole}, and the call may take {needed}; {advice}");
        Refusal { node: self.name.clone(), limit, needed, left, fits_later, reason: reason.into() }
    }

    fn out_of_time(&self, whole: Amount) -> Refusal {
        let left = Amount::Time(VirtualDuration::ZERO);
        let name = &self.name;
        let reason = format!("the time of {name}, {whole}, is over; raise `budget.time`, or ask for less");
        Refusal {
            node: self.name.clone(),
            limit: Limit::Time,
            needed: Amount::Unknown,
            left,
            fits_later: false,
            reason: reason.into(),
        }
    }

    fn unknown_price(&self, limit: Money) -> Refusal {
        let left = Amount::Money(minus(limit, self.taken().money));
        let name = &self.name;
        let reason = format!(
            "the budget of {name} has {left} left, and nobody can tell what the call may cost; \
             give the model a price, or set `budget.unknown_price: allow`"
        );
        Refusal {
            node: self.name.clone(),
            limit: Limit::Money,
            needed: Amount::Unknown,
            left,
            fits_later: false,
            reason: reason.into(),
        }
    }
}

/// Why an account does not hold a need.
#[derive(Clone, Copy)]
pub(super) enum Obstacle {
    /// Its time, so much, is over.
    Time(VirtualDuration),
    /// So much of a limit is taken.
    Line(Limit, Line),
    /// It has a limit of money, and nobody can tell what the call may cost.
    UnknownPrice(Money),
}

impl Obstacle {
    /// Whether it may be gone when the calls in flight have ended.
    pub(super) const fn may_pass(self) -> bool {
        match self {
            Self::Time(_) | Self::UnknownPrice(_) => false,
            Self::Line(_, line) => line.fits(line.settled),
        }
    }
}

/// One limit as plain numbers, wide enough for each of them.
#[derive(Clone, Copy)]
pub(super) struct Line {
    limit: u128,
    settled: u128,
    /// Settled and reserved together.
    taken: u128,
    needed: u128,
}

impl Line {
    fn of(limit: u64, settled: u64, taken: u64, needed: u64) -> Self {
        let [limit, settled, taken, needed] = [limit, settled, taken, needed].map(u128::from);
        Self { limit, settled, taken, needed }
    }

    /// Whether the need fits beside what is taken. Nothing fits once the limit is passed, not even nothing.
    const fn fits(self, taken: u128) -> bool {
        match self.limit.checked_sub(taken) {
            Some(left) => self.needed <= left,
            None => false,
        }
    }
}

/// Only ever given what a `u64` was widened to.
fn narrow(count: u128) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn minus(money: Money, other: Money) -> Money {
    Money::from_picodollars(money.as_picodollars().saturating_sub(other.as_picodollars()))
}
