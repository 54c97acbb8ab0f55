//! A violation: which invariant does not hold, where, and what led there.
//!
//! This module must not know how any invariant is checked.
//!
//! ```
//! use moot_core::EventSequence;
//! use moot_safety::invariant::{InvariantName, Violation};
//!
//! let found = Violation::new(InvariantName::I7, "one ballot of jury/juror[2] in round 0", "a second one")
//!     .at(EventSequence(41), vec![EventSequence(40), EventSequence(12)]);
//! assert_eq!(
//!     found.to_string(),
//!     "I7 (one ballot per voter and round) is violated at event 41\n\
//!      expected: one ballot of jury/juror[2] in round 0; found: a second one\n\
//!      because of events 40, 12"
//! );
//! ```

use std::fmt;

use moot_core::EventSequence;

/// The invariants that are machines over the events of a run. The numbers are those of the project's reliability
/// reference; those left out there are checks around a run or over several runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the titles are the definitions, and each has a file of its own")]
pub enum InvariantName {
    I1,
    I2,
    I3,
    I4,
    I5,
    I6,
    I7,
    I8,
    I9,
    I10,
    I11,
    I12,
    I13,
    I16,
}

/// What must never happen has happened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Violation {
    /// Which invariant does not hold.
    pub invariant: InvariantName,
    /// The event at which it shows; the last event before, when a probe or the end of the run shows it.
    pub sequence: EventSequence,
    /// What should have been, in words.
    pub expected: String,
    /// What was there instead, in words.
    pub found: String,
    /// What led to that event: its cause, the cause of that, and so on; at most [`CAUSES_MAX`].
    pub causes: Vec<EventSequence>,
}

/// How many causes a violation names at most.
pub const CAUSES_MAX: usize = 16;

impl InvariantName {
    /// Every name, in order.
    pub const ALL: [Self; 14] = [
        Self::I1,
        Self::I2,
        Self::I3,
        Self::I4,
        Self::I5,
        Self::I6,
        Self::I7,
        Self::I8,
        Self::I9,
        Self::I10,
        Self::I11,
        Self::I12,
        Self::I13,
        Self::I16,
    ];

    /// The name as people write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::I1 => "I1",
            Self::I2 => "I2",
            Self::I3 => "I3",
            Self::I4 => "I4",
            Self::I5 => "I5",
            Self::I6 => "I6",
            Self::I7 => "I7",
            Self::I8 => "I8",
            Self::I9 => "I9",
            Self::I10 => "I10",
            Self::I11 => "I11",
            Self::I12 => "I12",
            Self::I13 => "I13",
            Self::I16 => "I16",
        }
    }

    /// What it says, in a few words.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::I1 => "the ledger books what was used, once",
            Self::I2 => "no budget is passed",
            Self::I3 => "each attempt ends once",
            Self::I4 => "each tool call has one result before the model goes on",
            Self::I5 => "model calls are numbered without gaps",
            Self::I6 => "an effect happens at most once",
            Self::I7 => "one ballot per voter and round",
            Self::I8 => "each assignment has one owner and one end",
            Self::I9 => "each call has one outcome",
            Self::I10 => "no message is lost",
            Self::I11 => "restarts keep their limits",
            Self::I12 => "the run ends in time and says why",
            Self::I13 => "nobody waits for ever",
            Self::I16 => "no effect without leave",
        }
    }
}

impl fmt::Display for InvariantName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Violation {
    /// A violation that does not know yet where it is.
    pub fn new(invariant: InvariantName, expected: impl Into<String>, found: impl Into<String>) -> Self {
        let (expected, found) = (expected.into(), found.into());
        Self { invariant, sequence: EventSequence(0), expected, found, causes: Vec::new() }
    }

    /// The same violation at this event, which these led to.
    #[must_use]
    pub fn at(self, sequence: EventSequence, causes: Vec<EventSequence>) -> Self {
        Self { sequence, causes, ..self }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { invariant, sequence, expected, found, causes } = self;
        writeln!(formatter, "{invariant} ({}) is violated at event {}", invariant.title(), sequence.0)?;
        write!(formatter, "expected: {expected}; found: {found}")?;
        if !causes.is_empty() {
            let causes: Vec<String> = causes.iter().map(|cause| cause.0.to_string()).collect();
            write!(formatter, "\nbecause of events {}", causes.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_listed_once_and_in_order() {
        assert!(InvariantName::ALL.is_sorted());
        let mut names = InvariantName::ALL.map(InvariantName::as_str).to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), InvariantName::ALL.len());
    }

    #[test]
    fn a_violation_without_causes_has_two_lines() {
        let text = Violation::new(InvariantName::I12, "an end", "none").to_string();
        assert_eq!(text.lines().count(), 2, "{text}");
    }
}
