//! How soon what has happened is in the journal's file, and how it gets there.
//!
//! It must not know what is written.

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

    /// Whether what is written is to outlive a loss of power.
    pub(crate) const fn syncs(self) -> bool {
        matches!(self, Self::Sync)
    }
}
