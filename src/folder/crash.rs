//! Ends the process at a named step, for tests of what is left then. Only in builds with the feature `crash-points`.
//!
//! `MOOT_CRASH_AT=write:3` ends it in front of the third time that something is written for a run folder,
//! `write:3:half` when half of it is written. The steps are those of [`DiskStep::name`]. Nothing is flushed and nothing is
//! put in order, as with a kill. It must not know what is kept.
//!
//! ```
//! use folkmoot::folder::DiskStep;
//! use std::path::Path;
//!
//! // `MOOT_CRASH_AT=rename:1` ends a run in front of the step by which its folder appears.
//! let step = DiskStep::Rename { from: Path::new(".one.building"), to: Path::new("one") };
//! assert_eq!(step.name(), "rename");
//! ```

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Disk, DiskStep};

/// The variable that names the step.
const VARIABLE: &str = "MOOT_CRASH_AT";

/// A disk at which the process ends where the variable says, if it says so.
pub(super) fn disk() -> Disk {
    let Ok(text) = std::env::var(VARIABLE) else { return Disk::default() };
    let mut parts = text.split(':');
    let (Some(name), Some(Ok(count))) = (parts.next().map(str::to_owned), parts.next().map(str::parse::<u64>)) else {
        return Disk::default();
    };
    let is_half = parts.next() == Some("half");
    let seen = AtomicU64::new(0);
    Disk::default().watched(move |step| {
        if step.name() == name && seen.fetch_add(1, Ordering::Relaxed) + 1 == count {
            if is_half {
                write_half(step)?;
            }
            std::process::abort();
        }
        Ok(())
    })
}

fn write_half(step: &DiskStep<'_>) -> io::Result<()> {
    let DiskStep::Write { path, bytes } = step else { return Ok(()) };
    let mut file = OpenOptions::new().append(true).open(path)?;
    file.write_all(bytes.get(..bytes.len() / 2).unwrap_or_default())
}
