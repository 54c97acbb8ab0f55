//! Who waits for started agents to end, and when such a wait is over.
//!
//! Each wait knows who of its agents still works, and each agent who waits for it: that one has ended costs no more than
//! the waits that it concerns. This module must not know who asks, nor what an agent came to.

use std::collections::{BTreeMap, BTreeSet};

use moot_core::ActorPath;
use moot_core::port::WaitFor;

/// Somebody who waits; `A` is where the answer goes.
pub(super) struct Waiting<A> {
    /// The agents as they were named, in order.
    pub(super) who: Vec<ActorPath>,
    wait_for: WaitFor,
    working: BTreeSet<ActorPath>,
    pub(super) answer: A,
}

/// All who wait, by numbers that are never used twice.
pub(super) struct Waits<A> {
    open: BTreeMap<u64, Waiting<A>>,
    by_agent: BTreeMap<ActorPath, BTreeSet<u64>>,
    next: u64,
}

impl<A> Waiting<A> {
    fn is_over(&self) -> bool {
        match self.wait_for {
            WaitFor::All => self.working.is_empty(),
            WaitFor::First => self.who.iter().any(|agent| !self.working.contains(agent)),
        }
    }
}

impl<A> Waits<A> {
    pub(super) const fn new() -> Self {
        Self { open: BTreeMap::new(), by_agent: BTreeMap::new(), next: 0 }
    }

    /// Begins a wait and gives its number. It may be over already, see [`is_over`](Self::is_over).
    pub(super) fn begin(
        &mut self,
        who: Vec<ActorPath>,
        wait_for: WaitFor,
        is_working: impl Fn(&ActorPath) -> bool,
        answer: A,
    ) -> u64 {
        let number = self.next;
        self.next += 1;
        for agent in &who {
            self.by_agent.entry(agent.clone()).or_default().insert(number);
        }
        let working = who.iter().filter(|agent| is_working(agent)).cloned().collect();
        self.open.insert(number, Waiting { who, wait_for, working, answer });
        number
    }

    /// Whether the wait is there and has come to its end.
    pub(super) fn is_over(&self, number: u64) -> bool {
        self.open.get(&number).is_some_and(Waiting::is_over)
    }

    /// An agent has ended: the waits that are over by that, in the order in which they began.
    pub(super) fn ended(&mut self, agent: &ActorPath) -> Vec<u64> {
        let mut over = Vec::new();
        for number in self.by_agent.get(agent).into_iter().flatten() {
            let Some(waiting) = self.open.get_mut(number) else { continue };
            waiting.working.remove(agent);
            // One agent that has ended is enough for who waits for the first.
            if waiting.wait_for == WaitFor::First || waiting.working.is_empty() {
                over.push(*number);
            }
        }
        over
    }

    /// An agent that had ended works again.
    pub(super) fn works_again(&mut self, agent: &ActorPath) {
        for number in self.by_agent.get(agent).into_iter().flatten() {
            if let Some(waiting) = self.open.get_mut(number) {
                waiting.working.insert(agent.clone());
            }
        }
    }

    /// Ends a wait.
    pub(super) fn take(&mut self, number: u64) -> Option<Waiting<A>> {
        let waiting = self.open.remove(&number)?;
        for agent in &waiting.who {
            if let Some(numbers) = self.by_agent.get_mut(agent) {
                numbers.remove(&number);
                if numbers.is_empty() {
                    self.by_agent.remove(agent);
                }
            }
        }
        Some(waiting)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn agents(count: u32) -> Vec<ActorPath> {
        let group = ActorPath::new("lead/worker").unwrap();
        (0..count).map(|index| group.indexed(index)).collect()
    }

    #[test]
    fn all_and_the_first_are_waited_for() {
        let who = agents(2);
        let mut waits: Waits<()> = Waits::new();
        let all = waits.begin(who.clone(), WaitFor::All, |_| true, ());
        let first = waits.begin(who.clone(), WaitFor::First, |_| true, ());
        assert!(!waits.is_over(all) && !waits.is_over(first));
        assert_eq!(waits.ended(&who[1]), [first]);
        waits.take(first);
        assert_eq!(waits.ended(&who[0]), [all]);
        assert!(waits.is_over(all) && waits.take(all).is_some() && waits.take(all).is_none());
        assert!(waits.ended(&who[0]).is_empty() && waits.by_agent.is_empty(), "nothing is left of it");
    }

    #[test]
    fn who_works_again_is_waited_for_again() {
        let who = agents(2);
        let mut waits: Waits<()> = Waits::new();
        let all = waits.begin(who.clone(), WaitFor::All, |agent| *agent == who[0], ());
        waits.works_again(&who[1]);
        assert!(waits.ended(&who[0]).is_empty());
        assert_eq!(waits.ended(&who[1]), [all]);
        // Named twice, it is still one agent.
        let twice = waits.begin(vec![who[0].clone(), who[0].clone()], WaitFor::All, |_| true, ());
        assert_eq!(waits.ended(&who[0]), [all, twice]);
        // Of one that has ended already, the first is there at once; nobody at all is never the first.
        let first = waits.begin(who.clone(), WaitFor::First, |agent| *agent == who[0], ());
        assert!(waits.is_over(first));
    }

    #[test]
    fn an_end_looks_at_nothing_but_the_waits_for_it() {
        let who = agents(1_000);
        let mut waits: Waits<()> = Waits::new();
        for agent in &who {
            waits.begin(vec![agent.clone()], WaitFor::All, |_| true, ());
        }
        let everybody = waits.begin(who.clone(), WaitFor::All, |_| true, ());
        let looked_at: usize = who.iter().map(|agent| waits.by_agent[agent].len()).sum();
        assert_eq!(looked_at, 2_000, "its own wait, and the one for everybody");
        for (number, agent) in (0..).zip(&who) {
            let over = waits.ended(agent);
            match number == 999 {
                true => assert_eq!(over, [number, everybody]),
                false => assert_eq!(over, [number]),
            }
            over.iter().for_each(|number| drop(waits.take(*number)));
        }
        assert!(waits.open.is_empty() && waits.by_agent.is_empty());
    }
}
