//! How soon what has happened is in the journal's file, and how it gets there.
//!
//! It must not know what is written.

use std::fs::File;
use std::io::{self, Write};

/// What of a run outlives what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// The machine may lose power: before anything goes out to the outside, and before an answer from there counts, all
    /// that has happened is on the disk.
    Sync,
    /// The process may be killed: at the same places all is with the operating system.
    #[default]
    Batch,
    /// Whole frames are written as they fill. A run that is killed loses what stands behind the last one.
    Off,
}

impl Durability {
    /// Whether the world asks for commits.
    pub(crate) const fn commits(self) -> bool {
        !matches!(self, Self::Off)
    }

    /// Where frames go.
    pub(crate) fn output(self, file: File) -> Box<dyn Write + Send> {
        match self {
            Self::Sync => Box::new(Synced(file)),
            Self::Batch | Self::Off => Box::new(file),
        }
    }
}

/// A file that is on the disk when it is flushed.
struct Synced(File);

impl Write for Synced {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }
}
