//! A partial order of at most 64 answers: who was put above whom, and all that follows from it.
//!
//! It must not know margins. A row has one bit for each answer below, so putting one answer above another is a few
//! instructions for each row.

/// Who stands above whom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Order {
    /// For each answer the set of those that it stands above.
    rows: Vec<u64>,
}

impl Order {
    /// So many answers, none above another.
    pub(super) fn of(size: usize) -> Self {
        Self { rows: vec![0; size] }
    }

    /// Whether one stands above the other.
    pub(super) fn is_above(&self, above: usize, below: usize) -> bool {
        self.rows.get(above).is_some_and(|row| row & bit(below) != 0)
    }

    /// Puts one above the other, with all that follows, unless the other stands above it.
    pub(super) fn settle(&mut self, above: usize, below: usize) {
        if above == below || self.is_above(below, above) || self.is_above(above, below) {
            return;
        }
        let gained = self.rows.get(below).copied().unwrap_or(0) | bit(below);
        for (answer, row) in self.rows.iter_mut().enumerate() {
            if answer == above || *row & bit(above) != 0 {
                *row |= gained;
            }
        }
    }

    /// How many stand below an answer.
    pub(super) fn below(&self, answer: usize) -> u32 {
        self.rows.get(answer).map_or(0, |row| row.count_ones())
    }

    /// Who could be reached from whom if these pairs were settled as well, circles and all: `is_above` of what is
    /// returned says whether there is a path.
    pub(super) fn reached_with(&self, pairs: &[(usize, usize)]) -> Self {
        let mut reached = self.clone();
        for (above, below) in pairs {
            if let Some(row) = reached.rows.get_mut(*above) {
                *row |= bit(*below);
            }
        }
        for through in 0..reached.rows.len() {
            let gained = reached.rows.get(through).copied().unwrap_or(0);
            reached.rows.iter_mut().filter(|row| **row & bit(through) != 0).for_each(|row| *row |= gained);
        }
        reached
    }
}

fn bit(answer: usize) -> u64 {
    u32::try_from(answer).ok().and_then(|answer| 1_u64.checked_shl(answer)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_is_settled_too_and_what_contradicts_is_not() {
        let mut order = Order::of(64);
        order.settle(0, 1);
        order.settle(2, 63);
        order.settle(1, 2);
        assert!(order.is_above(0, 63) && order.is_above(1, 63) && order.is_above(0, 2));
        order.settle(63, 0);
        assert!(!order.is_above(63, 0));
        assert_eq!([0, 1, 2, 63].map(|answer| order.below(answer)), [3, 2, 1, 0]);
        order.settle(5, 5);
        assert!(!order.is_above(5, 5));
    }

    #[test]
    fn a_circle_reaches_itself() {
        let mut order = Order::of(4);
        order.settle(0, 1);
        let reached = order.reached_with(&[(1, 2), (2, 0)]);
        assert!(reached.is_above(0, 0) && reached.is_above(1, 0) && reached.is_above(0, 2));
        assert!(!reached.is_above(0, 3) && !reached.is_above(3, 3));
        assert!(!order.is_above(1, 2), "it was only asked");
    }
}
