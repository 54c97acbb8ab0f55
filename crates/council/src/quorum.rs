//! How many members must be present for a vote to count.
//!
//! Present is who cast a ballot, an abstention included: who abstains took part and chose nothing. Absent is who failed,
//! ran out of a limit, was cancelled or gave an answer that is not one of the choices.
//!
//! It must not know ballots: it turns a number of members into the number needed.
//!
//! ```
//! use moot_council::Quorum;
//!
//! assert_eq!(Quorum::AtLeast(3).needed(9), 3);
//! assert_eq!(Quorum::Share(0.6).needed(9), 6, "5.4 members are six members");
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::OptionProblem;

/// How many members must be present. Present are those who voted for an answer or abstained; who failed, was cancelled
/// or gave no listed choice is absent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Quorum {
    /// A number of members, from 1 to all.
    AtLeast(u32),
    /// A share of the members, above 0 and at most 1, rounded up to whole members.
    Share(f64),
}

/// How far a share of members may lie above a whole number and still be that number: 0.07 of 100 is 7.000000000000001.
const ROUNDING: f64 = 1e-9;

impl Quorum {
    /// How many of so many members must be present; at least 1.
    #[must_use]
    pub fn needed(self, member_count: usize) -> u32 {
        match self {
            Self::AtLeast(number) => number.max(1),
            Self::Share(share) => {
                let members = share * member_count as f64;
                // The cast saturates, and makes NaN 0.
                let needed = (members - ROUNDING).ceil() as u32;
                needed.max(1)
            }
        }
    }

    /// What is wrong with it for a council of so many members.
    #[must_use]
    pub fn check(self, member_count: usize) -> Option<OptionProblem> {
        match self {
            Self::AtLeast(0) => Some(OptionProblem::new(
                "quorum.at_least",
                "0 is always reached; write at least 1, or leave the quorum out",
            )),
            Self::AtLeast(number) if usize::try_from(number).is_ok_and(|number| number > member_count) => {
                Some(OptionProblem::new(
                    "quorum.at_least",
                    format!("{number} members can never be present; the council has {member_count}"),
                ))
            }
            Self::Share(share) if !(share > 0.0 && share <= 1.0) => Some(OptionProblem::new(
                "quorum.share",
                format!("{share} is not a share of the members; it is above 0 and at most 1"),
            )),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_up_to_whole_members() {
        for (share, member_count, needed) in
            [(0.5, 4, 2), (0.5, 5, 3), (0.07, 100, 7), (1.0, 7, 7), (0.001, 5, 1), (2.0 / 3.0, 9, 6), (f64::NAN, 5, 1)]
        {
            assert_eq!(Quorum::Share(share).needed(member_count), needed, "{share} of {member_count}");
        }
    }

    #[test]
    fn a_quorum_that_says_nothing_or_cannot_be_reached_is_refused() {
        let path = |quorum: Quorum| quorum.check(5).map(|problem| problem.path);
        for good in [Quorum::AtLeast(1), Quorum::AtLeast(5), Quorum::Share(1.0), Quorum::Share(0.1)] {
            assert_eq!(path(good), None, "{good:?}");
        }
        for bad in [Quorum::AtLeast(0), Quorum::AtLeast(6)] {
            assert_eq!(path(bad).as_deref(), Some("quorum.at_least"), "{bad:?}");
        }
        for bad in [0.0, -0.5, 1.1, f64::NAN] {
            assert_eq!(path(Quorum::Share(bad)).as_deref(), Some("quorum.share"), "{bad:?}");
        }
    }
}
