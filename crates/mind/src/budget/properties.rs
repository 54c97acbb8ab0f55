//! What holds of budgets however calls interleave: no overshoot, exact sums, nothing counted by a refusal.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use moot_core::{Money, Usage, VirtualTime};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const AGENTS: usize = 100;
const COUNCILS: usize = 4;

/// What one agent does next.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// It wants to make a call that may take so much.
    Reserve { agent: usize, tokens: u64 },
    /// The oldest call in flight but `skip` ended, having taken so many hundredths of what was reserved.
    Settle { skip: usize, hundredths: u64 },
    /// It ended, and nobody knows what it took.
    SettleUnknown { skip: usize },
    /// It was never sent.
    Release { skip: usize },
}

fn steps(hundredths_max: u64) -> impl Strategy<Value = Vec<Step>> {
    let reserve = (0..AGENTS, 0..400_u64).prop_map(|(agent, tokens)| Step::Reserve { agent, tokens });
    let settle = (0..AGENTS, 0..=hundredths_max).prop_map(|(skip, hundredths)| Step::Settle { skip, hundredths });
    let unknown = (0..AGENTS).prop_map(|skip| Step::SettleUnknown { skip });
    let release = (0..AGENTS).prop_map(|skip| Step::Release { skip });
    vec(prop_oneof![6 => reserve, 3 => settle, 1 => unknown, 1 => release], 0..600)
}

/// A run of councils of agents, each with a budget of its own, and what is expected of it.
struct World {
    book: BudgetBook,
    run: BudgetId,
    councils: Vec<BudgetId>,
    agents: Vec<BudgetId>,
    /// Attempts in flight, their agents and their tokens, oldest first.
    open: Vec<(u64, usize, u64)>,
    next_attempt: u64,
    /// Every charge that was booked.
    charges: Amounts,
    /// What calls took beyond their reservation since a budget last admitted one, by budget.
    excess: Vec<u64>,
    refusals: u32,
}

fn price(tokens: u64) -> Money {
    Money::from_picodollars(600_000).times(tokens)
}

impl World {
    fn new() -> Self {
        let mut book = BudgetBook::new();
        let now = VirtualTime::ZERO;
        let limited = |tokens, calls| BudgetOptions {
            tokens: Some(tokens),
            money: Some(price(tokens)),
            calls: Some(calls),
            ..BudgetOptions::default()
        };
        let run = book.add("run".into(), limited(12_000, 150), now);
        let councils = (0..COUNCILS).map(|_| book.add("council".into(), limited(5_000, 60), now)).collect();
        let agents = (0..AGENTS).map(|_| book.add("agent".into(), limited(900, 8), now)).collect();
        let (open, charges, excess) = (Vec::new(), Amounts::default(), vec![0; 1 + COUNCILS + AGENTS]);
        Self { book, run, councils, agents, open, next_attempt: 0, charges, excess, refusals: 0 }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Reserve { agent, tokens } => self.reserve(agent, tokens),
            Step::Settle { skip, hundredths } => {
                if let Some((attempt, agent, reserved)) = self.ended(skip) {
                    let tokens = reserved * hundredths / 100;
                    let usage = Usage::new(tokens / 3, tokens - tokens / 3);
                    self.book.settle(attempt, Some(usage), Some(price(tokens))).unwrap();
                    for id in self.chain(agent) {
                        self.excess[id.0 as usize] += tokens.saturating_sub(reserved);
                    }
                    self.charges.add(Amounts { calls: 1, tokens, money: price(tokens) });
                }
            }
            Step::SettleUnknown { skip } => {
                if let Some((attempt, _, tokens)) = self.ended(skip) {
                    self.book.settle(attempt, None, None).unwrap();
                    self.charges.add(Amounts { calls: 1, tokens, money: price(tokens) });
                }
            }
            Step::Release { skip } => {
                if let Some((attempt, ..)) = self.ended(skip) {
                    assert!(self.book.release(attempt));
                }
            }
        }
    }

    fn reserve(&mut self, agent: usize, tokens: u64) {
        let chain = self.chain(agent);
        let need = Need { tokens, money: Some(price(tokens)) };
        let before = self.book.clone();
        match self.book.reserve(&chain, self.next_attempt, need, VirtualTime::ZERO) {
            Ok(()) => {
                self.open.push((self.next_attempt, agent, tokens));
                for id in chain {
                    self.excess[id.0 as usize] = 0;
                }
            }
            Err(_) => {
                assert_eq!(self.book, before, "a refusal changes nothing");
                self.refusals += 1;
            }
        }
        self.next_attempt += 1;
    }

    fn chain(&self, agent: usize) -> [BudgetId; 3] {
        [self.agents[agent], self.councils[agent % COUNCILS], self.run]
    }

    fn ended(&mut self, skip: usize) -> Option<(u64, usize, u64)> {
        let place = skip.checked_rem(self.open.len())?;
        Some(self.open.remove(place))
    }

    /// By how many tokens the budget is passed; calls never pass.
    fn overshoot(account: &Account) -> u64 {
        let (taken, options) = (account.taken(), account.options);
        assert!(taken.calls <= options.calls.unwrap());
        let tokens = taken.tokens.saturating_sub(options.tokens.unwrap());
        let money = taken.money.as_picodollars().saturating_sub(options.money.unwrap().as_picodollars());
        assert_eq!(money, price(tokens).as_picodollars(), "money is passed by what the tokens cost");
        tokens
    }

    /// What the budgets of one level hold together.
    fn sum(&self, level: &[BudgetId]) -> (Amounts, Amounts) {
        let (mut settled, mut reserved) = (Amounts::default(), Amounts::default());
        for id in level {
            let account = self.book.account(*id).unwrap();
            settled.add(account.settled);
            reserved.add(account.reserved);
        }
        (settled, reserved)
    }
}

proptest! {
    /// Reliability I2 and Q12: settled and reserved stay within every limit at every step, and every level of the
    /// tree holds exactly what was charged.
    #[test]
    fn a_hundred_agents_overshoot_by_nothing(steps in steps(100)) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
            for account in world.book.accounts() {
                prop_assert_eq!(World::overshoot(account), 0, "{}", account.name);
            }
            let mut held = Amounts::default();
            for (_, _, tokens) in &world.open {
                held.add(Amounts { calls: 1, tokens: *tokens, money: price(*tokens) });
            }
            for level in [&[world.run][..], &world.councils, &world.agents] {
                prop_assert_eq!(world.sum(level), (world.charges, held));
            }
            prop_assert_eq!(world.book.in_flight(), world.open.len());
        }
    }

    /// A provider that ignores the most tokens passes a limit by no more than what the calls that were in flight
    /// took too much: nothing is admitted while a limit is passed.
    #[test]
    fn what_takes_too_much_is_stopped_after_the_calls_in_flight(steps in steps(300)) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
            for (account, excess) in world.book.accounts().iter().zip(&world.excess) {
                prop_assert!(World::overshoot(account) <= *excess, "{}", account.name);
            }
        }
    }
}

/// The properties above would say nothing of steps that never meet a limit.
#[test]
fn the_steps_meet_the_limits() {
    let mut world = World::new();
    for agent in 0..AGENTS {
        world.take(Step::Reserve { agent, tokens: 399 });
    }
    assert_eq!((world.open.len(), world.refusals), (30, 70), "12,000 tokens hold thirty calls of 399");
    for _ in 0..30 {
        world.take(Step::Settle { skip: 0, hundredths: 300 });
    }
    assert_eq!(World::overshoot(world.book.account(world.run).unwrap()), 30 * 399 * 3 - 12_000);
}
