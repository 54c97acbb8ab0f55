//! The live state of worlds: what other threads may see of a running world, and how they call it off.
//!
//! Nothing here decides an order or enters a digest: it is observation, and one flag.
//!
//! ```
//! use moot_runtime::Live;
//!
//! let live = Live::new();
//! let progress = live.enter("jury");
//! progress.task_ended();
//! assert_eq!(live.tasks_ended(), 1);
//! live.cancel();
//! assert!(live.is_cancelled());
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use dashmap::DashMap;
use tokio::sync::Notify;

/// The worlds that run now in this process, and whether they are to stop.
#[derive(Debug, Default)]
pub struct Live {
    worlds: DashMap<u64, Arc<WorldProgress>>,
    entered: AtomicU64,
    /// The tasks of worlds that have ended.
    tasks_ended_before: AtomicU64,
    cancelled: AtomicBool,
    call_off: Notify,
}

/// How far one world is.
#[derive(Debug)]
pub struct WorldProgress {
    /// The scenario it plays.
    pub scenario: String,
    number: u64,
    tasks_ended: AtomicU32,
}

impl Live {
    /// No world yet, nothing called off.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes note of a world that starts.
    pub fn enter(&self, scenario: &str) -> Arc<WorldProgress> {
        let number = self.entered.fetch_add(1, Ordering::Relaxed);
        let progress =
            Arc::new(WorldProgress { scenario: scenario.to_owned(), number, tasks_ended: AtomicU32::new(0) });
        self.worlds.insert(number, Arc::clone(&progress));
        progress
    }

    /// Takes note of a world that has ended.
    pub fn leave(&self, world: &WorldProgress) {
        let ended = u64::from(world.tasks_ended.load(Ordering::Relaxed));
        self.tasks_ended_before.fetch_add(ended, Ordering::Relaxed);
        self.worlds.remove(&world.number);
    }

    /// How many tasks have ended in all worlds together, those that have ended included.
    #[must_use]
    pub fn tasks_ended(&self) -> u64 {
        let now: u64 = self.worlds.iter().map(|world| u64::from(world.tasks_ended.load(Ordering::Relaxed))).sum();
        now + self.tasks_ended_before.load(Ordering::Relaxed)
    }

    /// Asks every world to stop at its next opportunity.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        self.call_off.notify_waiters();
    }

    /// Waits until the worlds are asked to stop, even while a world never comes to rest.
    pub(crate) async fn cancelled(&self) {
        let mut told = std::pin::pin!(self.call_off.notified());
        // Registered before looking, so that a call in between is not missed.
        told.as_mut().enable();
        if !self.is_cancelled() {
            told.await;
        }
    }

    /// Whether the worlds were asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }
}

impl WorldProgress {
    /// Counts a task that ended.
    pub fn task_ended(&self) {
        self.tasks_ended.fetch_add(1, Ordering::Relaxed);
    }
}
