//! The search through the orders in which equal margins can be settled.
//!
//! It asks for one answer at a time whether it can stand on top. Then its own pairs may be settled first within their
//! group: in an order of settling that puts it on top, they are all settled as preferred, and moving what is settled
//! anyway to the front changes nothing. Pairs on no circle with what is settled and what is open are settled whatever
//! the order. What is left is tried pair by pair, and no state is looked at twice. Drawn pairs never matter: whoever has
//! nobody above it when all others are settled can be put on top. It must not know ballots or answers.

use std::collections::BTreeSet;

use super::order::Order;

pub(super) struct Search {
    /// The pairs with equal margins, the preferred answer first, from the greatest margin down.
    groups: Vec<Vec<(usize, usize)>>,
    size: usize,
    /// How many rows may still be looked at or written.
    work_left: u64,
}

/// So much is settled, up to this group, of which some pairs may be settled already.
type State = (usize, Order);

/// What comes of settling all that doesn't depend on the order.
enum Advanced {
    /// All is settled, and the answer stands on top.
    OnTop,
    /// The answer can't stand on top any more.
    Hopeless,
    /// One of these pairs is to be settled next, the most promising last.
    Contested(State, Vec<(usize, usize)>),
}

impl Search {
    pub(super) const fn new(groups: Vec<Vec<(usize, usize)>>, size: usize, work_max: u64) -> Self {
        Self { groups, size, work_left: work_max }
    }

    /// Whether there is an order of settling that puts this answer on top; `None` when the work was too much.
    pub(super) fn can_stand_on_top(&mut self, answer: usize) -> Option<bool> {
        let mut seen: BTreeSet<State> = BTreeSet::new();
        // States with the pairs that were not tried in them yet.
        let mut open: Vec<(State, Vec<(usize, usize)>)> = Vec::new();
        let mut state = Some((0, Order::of(self.size)));
        loop {
            if let Some((group, order)) = state.take() {
                match self.advance(answer, group, order)? {
                    Advanced::OnTop => return Some(true),
                    Advanced::Hopeless => {}
                    Advanced::Contested(state, contested) => open.push((state, contested)),
                }
            }
            let Some(((group, order), untried)) = open.last_mut() else { return Some(false) };
            let Some((above, below)) = untried.pop() else {
                open.pop();
                continue;
            };
            let mut next = (*group, order.clone());
            next.1.settle(above, below);
            self.spend(1)?;
            if seen.insert(next.clone()) {
                state = Some(next);
            }
        }
    }

    /// Settles whatever doesn't depend on the order, group after group; `None` when the work was too much.
    fn advance(&mut self, answer: usize, mut group: usize, mut order: Order) -> Option<Advanced> {
        loop {
            self.spend(2)?;
            let Some(pairs) = self.groups.get(group) else { return Some(Advanced::OnTop) };
            for (above, below) in pairs.iter().filter(|(above, _)| *above == answer) {
                order.settle(*above, *below);
            }
            let is_open = |(above, below): &(usize, usize)| {
                *below != answer && !order.is_above(*above, *below) && !order.is_above(*below, *above)
            };
            let open: Vec<(usize, usize)> = pairs.iter().copied().filter(is_open).collect();
            let reached = order.reached_with(&open);
            // A pair that would put another above the answer must come to be left out: by a path from the answer.
            let mut threats = pairs.iter().filter(|(_, below)| *below == answer).map(|(above, _)| *above);
            if threats.any(|threat| !reached.is_above(answer, threat)) {
                return Some(Advanced::Hopeless);
            }
            let (mut contested, free): (Vec<_>, Vec<_>) =
                open.into_iter().partition(|(above, below)| reached.is_above(*below, *above));
            for (above, below) in free {
                order.settle(above, below);
            }
            if contested.is_empty() {
                // Everything that was reached is settled now, so the threats are left out.
                group += 1;
                continue;
            }
            // Best is what brings the answer above others.
            contested.sort_by_key(|(above, below)| {
                let reaches = *above == answer || order.is_above(answer, *above);
                reaches && !order.is_above(answer, *below)
            });
            return Some(Advanced::Contested((group, order), contested));
        }
    }

    fn spend(&mut self, steps: u64) -> Option<()> {
        self.work_left = self.work_left.checked_sub(steps * self.size as u64)?;
        Some(())
    }
}
