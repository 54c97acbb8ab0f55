//! What worlds leave behind in their process: open files, threads and memory, which must not grow from world to world.
//!
//! The tasks of a world's own runtime are counted where a run is judged. This module must not know how a seed is played.
//!
//! ```
//! use moot_campaign::leaks::{Held, growth};
//!
//! let before = Held { files: 4, threads: 1, memory_kb: 10_000 };
//! assert!(growth(&before, &Held { memory_kb: 10_900, ..before }).is_empty());
//! assert_eq!(growth(&before, &Held { files: 5, ..before }), ["1 files are open that were not before"]);
//! assert_eq!(growth(&before, &Held { memory_kb: 11_100, ..before }), ["memory grew by 11.0 %, of at most 10 %"]);
//! ```

use std::fmt;

/// By so much may the memory of a process grow.
const GROWTH_PERCENT_MAX: u64 = 10;

/// What this process holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// How many files are open.
    pub files: u64,
    /// How many threads there are.
    pub threads: u64,
    /// How much memory is in use, in kilobytes of 1,024 bytes.
    pub memory_kb: u64,
}

impl Held {
    /// What is held now; `None` where the system does not tell (it does on Linux, in `/proc/self`).
    #[must_use]
    pub fn now() -> Option<Self> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        Some(Self {
            files: std::fs::read_dir("/proc/self/fd").ok()?.count() as u64,
            threads: number("Threads:")?,
            memory_kb: number("VmRSS:")?,
        })
    }
}

impl fmt::Display for Held {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { files, threads, memory_kb } = self;
        write!(formatter, "{files} open files, {threads} threads, {memory_kb} kB")
    }
}

/// What is held after the work that was not before it, in words.
#[must_use]
pub fn growth(before: &Held, after: &Held) -> Vec<String> {
    let mut found = Vec::new();
    let more = |before: u64, after: u64| after.checked_sub(before).filter(|more| *more > 0);
    if let Some(files) = more(before.files, after.files) {
        found.push(format!("{files} files are open that were not before"));
    }
    if let Some(threads) = more(before.threads, after.threads) {
        found.push(format!("{threads} threads are left that were not before"));
    }
    if let Some(memory_kb) = more(before.memory_kb, after.memory_kb)
        && memory_kb * 100 > before.memory_kb * GROWTH_PERCENT_MAX
    {
        let permille = memory_kb * 1_000 / before.memory_kb.max(1);
        let (percent, tenth) = (permille / 10, permille % 10);
        found.push(format!("memory grew by {percent}.{tenth} %, of at most {GROWTH_PERCENT_MAX} %"));
    }
    found
}
