//! The runner of many worlds: does pieces of work on several threads and gives their results in order.
//!
//! Which thread does which piece changes no result, as worlds share nothing but their live state. This module must not
//! know what the work is.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

/// As many threads as this machine runs at once.
pub(crate) fn threads_of_machine() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The result of the work on each item, in the order of the items. A panic of the work goes on in the caller.
pub(crate) fn map<T: Sync, R: Send>(threads: NonZeroUsize, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let some = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return done };
            done.push((index, work(item)));
        }
    };
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.get().min(items.len())).map(|_| scope.spawn(some)).collect();
        let joined = workers.into_iter().map(|worker| worker.join());
        joined.flat_map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "it is what is tested")]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_on_any_number_of_threads() {
        let items: Vec<u64> = (0..100).collect();
        for threads in [1, 2, 8, 200] {
            // The first take longest, so that on several threads the later ones end before them.
            let slow = |item: &u64| (0..(100 - item) * 1_000).fold(*item, |sum, number| sum ^ number);
            let found = map(NonZeroUsize::new(threads).unwrap(), &items, slow);
            assert_eq!(found, items.iter().map(slow).collect::<Vec<_>>(), "{threads} threads");
        }
        assert!(map(NonZeroUsize::MIN, &[], |item: &u64| *item).is_empty());
    }

    #[test]
    fn a_panic_is_not_lost() {
        let caught = std::panic::catch_unwind(|| map(NonZeroUsize::MIN, &[1], |_: &u8| -> u8 { panic!("seven") }));
        assert_eq!(caught.unwrap_err().downcast_ref::<&str>(), Some(&"seven"));
    }
}
