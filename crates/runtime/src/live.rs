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

/// The worlds that run now in this process, and whether they are to stop.
#[derive(Debug, Default)]
pub struct Live {
    worlds: DashMap<u64, Arc<WorldProgress>>,
    entered: AtomicU64,
    cancelled: AtomicBool,
}

/// How far one world is.
#[derive(Debug)]
pub struct WorldProgress {
    /// The scenario it plays.
    pub scenario: String,
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
        let progress = Arc::new(WorldProgress { scenario: scenario.to_owned(), tasks_ended: AtomicU32::new(0) });
        let number = self.entered.fetch_add(1, Ordering::Relaxed);
        self.worlds.insert(number, Arc::clone(&progress));
        progress
    }

    /// How many tasks have ended in all worlds together.
    #[must_use]
    pub fn tasks_ended(&self) -> u64 {
        self.worlds.iter().map(|world| u64::from(world.tasks_ended.load(Ordering::Relaxed))).sum()
    }

    /// Asks every world to stop at its next opportunity.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether the worlds were asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

impl WorldProgress {
    /// Counts a task that ended.
    pub fn task_ended(&self) {
        self.tasks_ended.fetch_add(1, Ordering::Relaxed);
    }
}
