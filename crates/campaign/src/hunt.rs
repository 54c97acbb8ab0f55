//! Many seeds on several threads: worlds share nothing, so which thread plays which changes nothing.
//!
//! This module must not know how a seed is played.
//!
//! ```
//! use moot_campaign::hunt;
//!
//! let double = |seed: u64| seed * 2;
//! let mut found = Vec::new();
//! hunt::hunt(3..6, 2, double, |seeds| panic!("{seeds:?} never end"), |_, twice| { found.push(twice); true });
//! found.sort();
//! assert_eq!(found, [6, 8, 10]);
//! ```

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// No seed takes so long in real time: one that does is taken to hang.
const STUCK_AFTER: Duration = Duration::from_secs(60);

/// What a thread plays now, when it plays nothing.
const NOTHING: u64 = u64::MAX;

/// Does the work on every seed, on so many threads, and tells each result as it comes, in no order, until `tell` says
/// that it has heard enough. When nothing is told for too long, `stuck` is given the seeds that are at work: there is no
/// way to stop a thread, so it should end the process.
pub fn hunt<R: Send>(
    seeds: Range<u64>,
    threads: usize,
    work: impl Fn(u64) -> R + Sync,
    stuck: impl Fn(&[u64]),
    mut tell: impl FnMut(u64, R) -> bool,
) {
    let (next, enough) = (AtomicU64::new(seeds.start), AtomicBool::new(false));
    let at_work: Vec<AtomicU64> = (0..threads.max(1)).map(|_| AtomicU64::new(NOTHING)).collect();
    let (sender, results) = mpsc::channel();
    std::thread::scope(|scope| {
        for place in &at_work {
            let (sender, next, work, enough) = (sender.clone(), &next, &work, &enough);
            scope.spawn(move || {
                while !enough.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    place.store(seed, Ordering::Relaxed);
                    let result = work(seed);
                    place.store(NOTHING, Ordering::Relaxed);
                    // Nobody listens any more only when the hunt itself has ended.
                    if sender.send((seed, result)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        loop {
            match results.recv_timeout(STUCK_AFTER) {
                Ok((seed, result)) => {
                    if !tell(seed, result) {
                        enough.store(true, Ordering::Relaxed);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    let seeds: Vec<u64> = at_work.iter().map(|place| place.load(Ordering::Relaxed)).collect();
                    let seeds: Vec<u64> = seeds.into_iter().filter(|seed| *seed != NOTHING).collect();
                    stuck(&seeds);
                }
            }
        }
    });
}
