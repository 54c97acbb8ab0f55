//! Many seeds on several threads: worlds share nothing, so which thread plays which changes nothing.
//!
//! This module must not know how a seed is played.
//!
//! ```
//! use moot_campaign::hunt;
//!
//! let double = |seed: u64| seed * 2;
//! let mut found = Vec::new();
//! hunt::hunt(3..6, 2, double, |_, twice| found.push(twice));
//! found.sort();
//! assert_eq!(found, [6, 8, 10]);
//! ```

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;

/// Does the work on every seed, on so many threads, and tells each result as it comes, in no order.
pub fn hunt<R: Send>(
    seeds: Range<u64>,
    threads: usize,
    work: impl Fn(u64) -> R + Sync,
    mut tell: impl FnMut(u64, R),
) {
    let next = AtomicU64::new(seeds.start);
    let (sender, results) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    // Nobody listens any more only when the hunt itself has ended.
                    if seed >= seeds.end || sender.send((seed, work(seed))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (seed, result) in results {
            tell(seed, result);
        }
    });
}
