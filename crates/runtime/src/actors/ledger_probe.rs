//! What the ledger shows the invariants of its budgets: every change, with the state after it.
//!
//! This module must not know why a budget changes. Without invariants nothing is shown and nothing is kept.

use std::collections::BTreeMap;

use moot_mind::budget::{Account, Amounts, BudgetBook, BudgetId, Need, Settlement};
use moot_safety::invariant::{BudgetChange, BudgetState, Probe};

use crate::world::World;

/// The attempts in flight that were shown.
#[derive(Default)]
pub(crate) struct Shown(BTreeMap<u64, (Vec<BudgetId>, Need)>);

impl Shown {
    /// The budgets are open.
    pub(crate) fn opened(world: &World, book: &BudgetBook) {
        for account in book.accounts() {
            world.probe(|| Probe::Budget(state(account, BudgetChange::Opened, [0; 3])));
        }
    }

    /// Attempts may have been held; several at once are shown one after another.
    pub(crate) fn held(&mut self, world: &World, book: &BudgetBook) {
        if !world.is_checked() {
            return;
        }
        let is_new = |(attempt, ..): &(u64, &[BudgetId], Need)| !self.0.contains_key(attempt);
        let mut later: Vec<(u64, Vec<BudgetId>, Need)> =
            book.attempts().filter(is_new).map(|(attempt, chain, need)| (attempt, chain.to_vec(), need)).collect();
        later.reverse();
        while let Some((attempt, chain, need)) = later.pop() {
            for id in &chain {
                let Some(account) = book.account(*id) else { continue };
                let of_later = later.iter().filter(|(_, chain, _)| chain.contains(id)).map(|(.., need)| amounts(*need));
                let not_yet = of_later.fold([0; 3], sum);
                let change = BudgetChange::Held { attempt, amounts: amounts(need) };
                world.probe(|| Probe::Budget(state(account, change, not_yet)));
            }
            self.0.insert(attempt, (chain, need));
        }
    }

    /// An attempt has ended, and this is what it is settled at; `None` for one that was not made.
    pub(crate) fn ended(&mut self, world: &World, book: &BudgetBook, attempt: u64, settled: Option<Settlement>) {
        let Some((chain, _)) = self.0.remove(&attempt) else { return };
        for id in chain {
            let Some(account) = book.account(id) else { continue };
            let change = match settled {
                Some(Settlement { tokens, money, .. }) => {
                    BudgetChange::Settled { attempt, amounts: amounts(Need { tokens, money }) }
                }
                None => BudgetChange::Released { attempt },
            };
            world.probe(|| Probe::Budget(state(account, change, [0; 3])));
        }
    }
}

/// Money in picodollars, tokens, calls.
fn amounts(need: Need) -> [u64; 3] {
    [need.money.map_or(0, picodollars), need.tokens, 1]
}

fn of(amounts: &Amounts) -> [u64; 3] {
    [picodollars(amounts.money), amounts.tokens, amounts.calls]
}

fn picodollars(money: moot_core::Money) -> u64 {
    u64::try_from(money.as_picodollars()).unwrap_or(u64::MAX)
}

fn sum(left: [u64; 3], right: [u64; 3]) -> [u64; 3] {
    let mut sum = left;
    sum.iter_mut().zip(right).for_each(|(sum, more)| *sum = sum.saturating_add(more));
    sum
}

/// The state of a budget, without what is held for attempts that are shown later.
fn state(account: &Account, change: BudgetChange, not_yet: [u64; 3]) -> BudgetState {
    let mut reserved = of(&account.reserved);
    reserved.iter_mut().zip(not_yet).for_each(|(held, later)| *held = held.saturating_sub(later));
    let limits = [account.options.money.map(picodollars), account.options.tokens, account.options.calls];
    BudgetState { node: account.name.clone(), change, settled: of(&account.settled), reserved, limits }
}
