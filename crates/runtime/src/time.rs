//! The world's time: one queue of (virtual time, sequence), which is the only timer there is.
//!
//! It knows nothing of what is delivered but that it can be delivered; no clock is read.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use moot_core::VirtualTime;

/// What is done when its time has come.
pub(crate) type Delivery = Box<dyn FnOnce() + Send>;

/// Everything that is due later, soonest first; what is due at one time comes in the order it was put in.
#[derive(Default)]
pub(crate) struct TimeQueue {
    heap: BinaryHeap<Reverse<Entry>>,
    sequence: u64,
}

struct Entry {
    due: VirtualTime,
    /// Answers that are recalled come behind everything else that is due at their time.
    is_answer: bool,
    sequence: u64,
    delivery: Delivery,
}

impl TimeQueue {
    /// Puts a delivery into the queue.
    pub(crate) fn push(&mut self, due: VirtualTime, delivery: Delivery) {
        let sequence = self.sequence;
        self.sequence += 1;
        self.heap.push(Reverse(Entry { due, is_answer: false, sequence, delivery }));
    }

    /// Puts an answer into the queue that came at this time when the run was played before; several come in the order in
    /// which they arrived then.
    pub(crate) fn push_answer(&mut self, due: VirtualTime, arrival: u64, delivery: Delivery) {
        self.heap.push(Reverse(Entry { due, is_answer: true, sequence: arrival, delivery }));
    }

    /// When the next delivery is due.
    pub(crate) fn next_due(&self) -> Option<VirtualTime> {
        self.heap.peek().map(|Reverse(entry)| entry.due)
    }

    /// Takes the next delivery and the time it is due.
    pub(crate) fn pop(&mut self) -> Option<(VirtualTime, Delivery)> {
        self.heap.pop().map(|Reverse(entry)| (entry.due, entry.delivery))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.due, self.is_answer, self.sequence).cmp(&(other.due, other.is_answer, other.sequence))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn what_is_due_at_one_time_comes_in_the_order_it_was_put_in() {
        let mut queue = TimeQueue::default();
        let said = Arc::new(Mutex::new(Vec::new()));
        for (due_ms, name) in [(5, "c"), (3, "a"), (5, "d"), (3, "b")] {
            let said = Arc::clone(&said);
            queue.push(VirtualTime::from_millis(due_ms), Box::new(move || said.lock().unwrap().push(name)));
        }
        let mut times = Vec::new();
        while let Some((due, delivery)) = queue.pop() {
            times.push(due.as_millis());
            delivery();
        }
        assert_eq!(times, [3, 3, 5, 5]);
        assert_eq!(*said.lock().unwrap(), ["a", "b", "c", "d"]);
    }
}
