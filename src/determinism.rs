//! How far a run can be repeated: the level that is told with each run.
//!
//! The levels are those in which deterministic simulators are commonly graded: D0 not at all, D1 from what was recorded, D2
//! the same seed in the same program, D3 on any number of threads as well, D4 on any machine as well. A world without
//! anything outside is at D3: one task order, addressed randomness. D4 is not claimed: floating-point functions are those of
//! one library everywhere, but no run was ever held against one on another kind of machine. It must not know how runs are
//! played.
//!
//! ```
//! use folkmoot::determinism::Determinism;
//!
//! let (asked_outside, is_real_time) = (3, false);
//! assert_eq!(Determinism::of(0, false, false), Determinism::AnyThreads);
//! assert_eq!(Determinism::of(asked_outside, is_real_time, true), Determinism::Recorded);
//! assert_eq!(Determinism::of(asked_outside, is_real_time, false).to_string(), "not: nothing was kept of what came from outside (D0)");
//! ```

use std::fmt;

/// How far a run can be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Determinism {
    /// D0: something outside was asked, or time was real, and nothing was kept of it.
    Nothing,
    /// D1: from its journal or cassette.
    Recorded,
    /// D3: by its seed, in any process and on any number of threads.
    AnyThreads,
}

impl Determinism {
    /// The level of a run that asked the outside so often, on the real clock or not, and was kept or recorded or not.
    #[must_use]
    pub const fn of(asked_outside: u64, is_real_time: bool, is_kept: bool) -> Self {
        match (asked_outside == 0 && !is_real_time, is_kept) {
            (true, _) => Self::AnyThreads,
            (false, true) => Self::Recorded,
            (false, false) => Self::Nothing,
        }
    }

    /// The level's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "D0",
            Self::Recorded => "D1",
            Self::AnyThreads => "D3",
        }
    }
}

impl fmt::Display for Determinism {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self {
            Self::Nothing => "not: nothing was kept of what came from outside",
            Self::Recorded => "from what was kept of the outside",
            Self::AnyThreads => "by its seed, on any number of threads",
        };
        write!(formatter, "{how} ({})", self.name())
    }
}
