//! Which of the dearer metrics are computed: those that somebody asks for by name.
//!
//! Most metrics follow from a few counts and cost nothing that can be measured; ballots are kept while their task is
//! open, which takes about a microsecond for a vote of three and so is always done. What needs more, together some seven
//! times as much, is left out unless it is asked for: comparing what members said, the causal chain through every event,
//! and the tags of MAST. A metric that was not computed is absent from the results. From a kept journal everything can be
//! computed: [`Measured::everything`].
//!
//! ```
//! use moot_journal::Measured;
//!
//! assert_eq!(Measured::of(["accuracy", "agreement"]), Measured::default());
//! assert!(Measured::of(["parallelism"]).paths);
//! assert!(Measured::of(["mast_1_3"]).tags);
//! assert!(Measured::everything().outputs);
//! ```

/// Which groups of metrics are computed beside those that always are. The default is none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Measured {
    /// What members said, compared: `redundancy`.
    pub outputs: bool,
    /// The causal chain: `critical_path_ms`, `work_ms`, `parallelism`.
    pub paths: bool,
    /// The tags of MAST: `mast_1_3` and its like.
    pub tags: bool,
}

impl Measured {
    /// All groups.
    #[must_use]
    pub const fn everything() -> Self {
        Self { outputs: true, paths: true, tags: true }
    }

    /// The groups that hold these metrics; a name of any other metric, or of none, asks for nothing.
    #[must_use]
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        names.into_iter().fold(Self::default(), |measured, name| match name {
            "redundancy" => Self { outputs: true, ..measured },
            "critical_path_ms" | "work_ms" | "parallelism" => Self { paths: true, ..measured },
            name if name.starts_with("mast_") => Self { tags: true, ..measured },
            _ => measured,
        })
    }

    /// What is computed when both are asked for.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self { outputs: self.outputs || other.outputs, paths: self.paths || other.paths, tags: self.tags || other.tags }
    }
}
