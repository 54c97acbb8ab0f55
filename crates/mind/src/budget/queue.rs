//! The attempts that wait for calls in flight to end, because they would fit if those took less.
//!
//! They are served in the order they came, as far as the budgets hold them: a small one may go before a large one that
//! still waits. Those that need the same of the same budgets stand in one lane, of which only the first is looked at, so
//! that a thousand who wait for one budget cost no more than one. This module must not know who waits.
//!
//! ```
//! use moot_core::{Usage, VirtualTime};
//! use moot_mind::budget::{BudgetBook, BudgetOptions, BudgetQueue, Need, Reservation};
//!
//! let (mut book, mut queue) = (BudgetBook::new(), BudgetQueue::new());
//! let options = BudgetOptions { tokens: Some(1_000), ..BudgetOptions::default() };
//! let run = book.add("run".into(), options, VirtualTime::ZERO);
//! let need = Need { tokens: 800, money: None };
//! let reservation = |attempt| Reservation { chain: [run].into(), attempt, need, now: VirtualTime::ZERO };
//!
//! let mut served = Vec::new();
//! queue.reserve(&mut book, reservation(0), "a", |who, answer| served.push((who, answer.is_ok())));
//! queue.reserve(&mut book, reservation(1), "b", |who, answer| served.push((who, answer.is_ok())));
//! assert_eq!(served, [("a", true)]);
//! book.settle(0, Some(Usage::new(100, 50)), None);
//! queue.serve(&mut book, |who, answer| served.push((who, answer.is_ok())));
//! assert_eq!(served, [("a", true), ("b", true)]);
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use moot_core::VirtualTime;

use super::book::{BudgetBook, BudgetId, Need};
use super::refusal::Refusal;

/// An attempt that is to be held against budgets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// The budgets, as for [`BudgetBook::reserve`].
    pub chain: Arc<[BudgetId]>,
    /// The attempt's number.
    pub attempt: u64,
    /// What it may take.
    pub need: Need,
    /// When it was asked for.
    pub now: VirtualTime,
}

/// The attempts that wait; `W` is what is known of who asked.
#[derive(Debug, Clone)]
pub struct BudgetQueue<W> {
    lanes: BTreeMap<LaneKey, Lane<W>>,
    /// Where each attempt waits.
    places: BTreeMap<u64, (LaneKey, u64)>,
    /// The number of the next one; earlier ones have smaller numbers.
    next: u64,
}

/// What those in one lane have in common.
type LaneKey = (Arc<[BudgetId]>, Need);

/// Who waits in a lane, by number.
type Lane<W> = BTreeMap<u64, (u64, VirtualTime, W)>;

impl<W> BudgetQueue<W> {
    /// Nobody waits.
    #[must_use]
    pub const fn new() -> Self {
        Self { lanes: BTreeMap::new(), places: BTreeMap::new(), next: 0 }
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether nobody waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Holds an attempt against its budgets and answers, or lets it wait. Nobody else is answered by that: it gives
    /// nothing back.
    pub fn reserve(
        &mut self,
        book: &mut BudgetBook,
        reservation: Reservation,
        who: W,
        answer: impl FnOnce(W, Result<(), Refusal>),
    ) {
        let Reservation { chain, attempt, need, now } = reservation;
        if !book.has_to_wait(&chain, need, now) {
            return answer(who, book.reserve(&chain, attempt, need, now));
        }
        let (key, number) = ((chain, need), self.next);
        self.next += 1;
        self.lanes.entry(key.clone()).or_default().insert(number, (attempt, now, who));
        self.places.insert(attempt, (key, number));
    }

    /// Answers all, in the order they came, whose answer is known now that something was given back to the budgets.
    pub fn serve(&mut self, book: &mut BudgetBook, mut answer: impl FnMut(W, Result<(), Refusal>)) {
        if self.is_empty() {
            return;
        }
        // The first of every lane by number. One that has to wait ends its lane: nothing is given back meanwhile.
        let first = |(key, lane): (&LaneKey, &Lane<W>)| Some((*lane.first_key_value()?.0, key.clone()));
        let mut heads: BTreeMap<u64, LaneKey> = self.lanes.iter().filter_map(first).collect();
        while let Some((number, key)) = heads.pop_first() {
            let Some(lane) = self.lanes.get_mut(&key) else { continue };
            let Some((attempt, now, _)) = lane.get(&number) else { continue };
            let ((chain, need), attempt, now) = (&key, *attempt, *now);
            if book.has_to_wait(chain, *need, now) {
                continue;
            }
            let reserved = book.reserve(chain, attempt, *need, now);
            let Some((.., who)) = lane.remove(&number) else { continue };
            self.places.remove(&attempt);
            match lane.first_key_value() {
                Some((next, _)) => drop(heads.insert(*next, key)),
                None => drop(self.lanes.remove(&key)),
            }
            answer(who, reserved);
        }
    }

    /// Takes an attempt out that nobody wants any more; `None` when it does not wait.
    pub fn withdraw(&mut self, attempt: u64) -> Option<W> {
        let (key, number) = self.places.remove(&attempt)?;
        let lane = self.lanes.get_mut(&key)?;
        let (.., who) = lane.remove(&number)?;
        if lane.is_empty() {
            self.lanes.remove(&key);
        }
        Some(who)
    }
}

impl<W> Default for BudgetQueue<W> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use std::collections::VecDeque;

    use moot_core::{Money, Usage, VirtualDuration};
    use proptest::prelude::*;

    use super::*;
    use crate::budget::BudgetOptions;

    /// Looks at everybody at every change, which is what the queue has to come to.
    #[derive(Default)]
    struct Plain(VecDeque<Reservation>);

    impl Plain {
        fn serve(&mut self, book: &mut BudgetBook) -> Vec<(u64, Result<(), Refusal>)> {
            let mut served = Vec::new();
            for waiting in std::mem::take(&mut self.0) {
                match book.reserve(&waiting.chain, waiting.attempt, waiting.need, waiting.now) {
                    Err(refusal) if refusal.fits_later => self.0.push_back(waiting),
                    answer => served.push((waiting.attempt, answer)),
                }
            }
            served
        }
    }

    #[derive(Debug, Clone)]
    enum Step {
        Reserve { chain: usize, tokens: u64, money: Option<u64> },
        Settle { which: usize, tokens: u64 },
        Release { which: usize },
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => (0..4_usize, 1..5_u64, proptest::option::of(0..4_u64))
                .prop_map(|(chain, tokens, money)| Step::Reserve { chain, tokens: tokens * 100, money }),
            2 => (any::<usize>(), 0..400_u64).prop_map(|(which, tokens)| Step::Settle { which, tokens }),
            1 => any::<usize>().prop_map(|which| Step::Release { which }),
        ]
    }

    /// A run with little room, an agent with less and little time, and one without limits.
    fn book() -> (BudgetBook, [Arc<[BudgetId]>; 4]) {
        let mut book = BudgetBook::new();
        let money = |picodollars| Some(Money::from_picodollars(picodollars));
        let run = BudgetOptions { tokens: Some(1_500), money: money(9), ..BudgetOptions::default() };
        let time = Some(VirtualDuration::from_millis(20));
        let agent = BudgetOptions { tokens: Some(700), time, ..BudgetOptions::default() };
        let run = book.add("run".into(), run, VirtualTime::ZERO);
        let agent = book.add("agent".into(), agent, VirtualTime::ZERO);
        let free = book.add("free".into(), BudgetOptions::default(), VirtualTime::ZERO);
        (book, [[run].into(), [agent, run].into(), [run, agent].into(), [free].into()])
    }

    proptest! {
        #[test]
        fn the_queue_answers_as_if_it_looked_at_everybody(steps in proptest::collection::vec(step(), 1..60)) {
            let ((mut book, chains), mut queue) = (book(), BudgetQueue::new());
            let ((mut other_book, _), mut plain) = (self::book(), Plain::default());
            let mut in_flight: Vec<u64> = Vec::new();
            let mut known: Vec<u64> = Vec::new();
            for (number, step) in (0_u64..).zip(steps) {
                let mut served = Vec::new();
                let mut take = |who: u64, answer: Result<(), Refusal>| served.push((who, answer));
                match step {
                    Step::Reserve { chain, tokens, money } => {
                        let need = Need { tokens, money: money.map(|money| Money::from_picodollars(money.into())) };
                        let now = VirtualTime::from_millis(number);
                        let reservation =
                            Reservation { chain: Arc::clone(&chains[chain]), attempt: number, need, now };
                        known.push(number);
                        plain.0.push_back(reservation.clone());
                        queue.reserve(&mut book, reservation, number, &mut take);
                    }
                    Step::Settle { which, tokens } if !in_flight.is_empty() => {
                        let attempt = in_flight.remove(which % in_flight.len());
                        let usage = Some(Usage::new(tokens, 0));
                        prop_assert_eq!(
                            book.settle(attempt, usage, None), other_book.settle(attempt, usage, None));
                        queue.serve(&mut book, &mut take);
                    }
                    Step::Release { which } if !known.is_empty() => {
                        let attempt = known[which % known.len()];
                        in_flight.retain(|open| *open != attempt);
                        queue.withdraw(attempt);
                        plain.0.retain(|waiting| waiting.attempt != attempt);
                        book.release(attempt);
                        other_book.release(attempt);
                        queue.serve(&mut book, &mut take);
                    }
                    Step::Settle { .. } | Step::Release { .. } => {}
                }
                prop_assert_eq!(&served, &plain.serve(&mut other_book));
                in_flight.extend(served.iter().filter(|(_, answer)| answer.is_ok()).map(|(who, _)| *who));
                prop_assert_eq!(queue.len(), plain.0.len());
                prop_assert_eq!(&book, &other_book);
            }
        }
    }

    #[test]
    fn those_who_need_the_same_stand_in_one_lane() {
        let ((mut book, chains), mut queue) = (book(), BudgetQueue::new());
        let mut served = 0;
        for attempt in 0..1_000 {
            let need = Need { tokens: 900, money: None };
            let reservation = Reservation { chain: Arc::clone(&chains[0]), attempt, need, now: VirtualTime::ZERO };
            queue.reserve(&mut book, reservation, attempt, |_, _| served += 1);
        }
        // Nobody can tell what these cost, which the run's limit of money does not bear: they never wait.
        assert_eq!((served, queue.len()), (1_000, 0));
        served = 0;
        for attempt in 0..1_000 {
            let need = Need { tokens: 900, money: Some(Money::ZERO) };
            let reservation = Reservation { chain: Arc::from(&*chains[0]), attempt, need, now: VirtualTime::ZERO };
            queue.reserve(&mut book, reservation, attempt, |_, _| served += 1);
        }
        assert_eq!((served, queue.len(), queue.lanes.len()), (1, 999, 1));
        assert_eq!(queue.withdraw(500), Some(500));
        assert_eq!((queue.withdraw(500), queue.len()), (None, 998));
    }
}
