//! Who hears whom: the graph of a council whose members talk.
//!
//! It must not know what is said. Members are numbered from 0 in the order in which the pattern lists them.
//!
//! ```
//! use moot_council::topology::Topology;
//!
//! let ring: Topology = serde_json::from_str(r#""ring""#).unwrap();
//! assert_eq!(ring.neighbours(0, 5), [1, 4]);
//! let star: Topology = serde_json::from_str(r#"{ "star": { "centre": 2 } }"#).unwrap();
//! assert_eq!(star.neighbours(0, 5), [2]);
//! assert_eq!(star.neighbours(2, 5), [0, 1, 3, 4]);
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::OptionProblem;

/// Who hears whom.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Topology {
    /// Everybody hears everybody.
    #[default]
    Complete,
    /// Everybody hears the member before and the one behind, the last and the first being neighbours.
    Ring,
    /// One member hears all others, who hear that one alone.
    Star(Star),
    /// As listed.
    Edges(Vec<(u32, u32)>),
    /// Nobody hears anybody.
    None,
}

/// A star.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Star {
    /// The number of the member in the middle, from 0. Default: 0.
    #[serde(default)]
    pub centre: u32,
}

impl Topology {
    /// Whether a member hears another one, out of so many; nobody hears itself.
    #[must_use]
    pub fn hears(&self, member: usize, other: usize, members: usize) -> bool {
        let heard = match self {
            Self::Complete => true,
            Self::Ring => {
                let next = |of: usize| (of + 1) % members.max(1);
                next(member) == other || next(other) == member
            }
            Self::Star(star) => {
                let centre = star.centre as usize;
                member == centre || other == centre
            }
            Self::Edges(edges) => edges.iter().any(|(left, right)| {
                let (left, right) = (*left as usize, *right as usize);
                (left, right) == (member, other) || (right, left) == (member, other)
            }),
            Self::None => false,
        };
        heard && member != other && other < members
    }

    /// Whom a member hears, out of so many, in ascending order; never itself.
    #[must_use]
    pub fn neighbours(&self, member: usize, members: usize) -> Vec<usize> {
        (0..members).filter(|other| self.hears(member, *other, members)).collect()
    }

    /// What is wrong with it for so many members; it stands under this key.
    #[must_use]
    pub fn check(&self, key: &str, members: usize) -> Vec<OptionProblem> {
        let unknown = |number: u32| usize::try_from(number).is_ok_and(|number| number >= members);
        let missing = |number: u32| format!("there is no member {number}; the council has {members}, counted from 0");
        match self {
            Self::Star(star) if unknown(star.centre) => {
                vec![OptionProblem::new(format!("{key}.star.centre"), missing(star.centre))]
            }
            Self::Edges(edges) => {
                let fault = |index: usize, (left, right): (u32, u32)| {
                    let message = match (left == right, unknown(left), unknown(right)) {
                        (true, ..) => "a member hears itself anyway; name two".to_owned(),
                        (_, true, _) => missing(left),
                        (_, _, true) => missing(right),
                        _ => return None,
                    };
                    Some(OptionProblem::new(format!("{key}.edges[{index}]"), message))
                };
                edges.iter().enumerate().filter_map(|(index, edge)| fault(index, *edge)).collect()
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_mutual_and_never_oneself() {
        let edges = Topology::Edges(vec![(0, 1), (3, 1)]);
        for (topology, degrees) in [
            (Topology::Complete, vec![4; 5]),
            (Topology::Ring, vec![2; 5]),
            (Topology::Star(Star { centre: 1 }), vec![1, 4, 1, 1, 1]),
            (edges, vec![1, 2, 0, 1, 0]),
            (Topology::None, vec![0; 5]),
        ] {
            for (member, degree) in degrees.into_iter().enumerate() {
                let neighbours = topology.neighbours(member, 5);
                assert_eq!(neighbours.len(), degree, "{topology:?} {member}");
                assert!(!neighbours.contains(&member));
                assert!(neighbours.iter().all(|other| topology.neighbours(*other, 5).contains(&member)));
            }
        }
        assert_eq!(Topology::Ring.neighbours(0, 1), [0_usize; 0]);
        assert_eq!(Topology::Ring.neighbours(0, 2), [1]);
    }

    #[test]
    fn members_that_do_not_exist_are_named() {
        let paths = |topology: &Topology| {
            topology.check("topology", 3).into_iter().map(|problem| problem.path).collect::<Vec<_>>()
        };
        assert_eq!(paths(&Topology::Star(Star { centre: 3 })), ["topology.star.centre"]);
        let edges = Topology::Edges(vec![(0, 1), (1, 1), (2, 3)]);
        assert_eq!(paths(&edges), ["topology.edges[1]", "topology.edges[2]"]);
        assert_eq!(paths(&Topology::Ring), [""; 0]);
    }
}
