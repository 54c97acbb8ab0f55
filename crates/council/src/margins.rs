//! Answers compared in pairs: by how much the one is preferred to the other.
//!
//! Margins that are equal on paper get the same strength, a whole number, so that everything a rule derives from
//! strengths (paths, orders, ties) compares exactly. It must not know any rule.
//!
//! ```
//! use moot_core::Ballot;
//! use moot_council::{Margins, Rankings, Tally};
//!
//! let order = |answers: [&str; 3]| Ballot::Ranked(answers.map(|answer| vec![answer.into()]).to_vec());
//! let ballots = [(order(["A", "B", "C"]), 0.3), (order(["B", "C", "A"]), 0.2), (order(["C", "A", "B"]), 0.2)];
//! let tally = Tally::of(ballots.iter().map(|(ballot, weight)| (ballot, *weight)), [].into());
//! let margins = Margins::of(&Rankings::of(&tally).unwrap());
//! assert!((margins.value(0, 1) - 0.3).abs() < 1e-12, "A over B: 0.5 against 0.2");
//! assert_eq!((margins.strength(2, 0), margins.strength(0, 1)), (1, 2), "the two margins that there are, by size");
//! assert_eq!(margins.strength(0, 2), -1, "what C has over A, A lacks");
//! ```

use std::cmp::Ordering;

use crate::{Rankings, Square, Sum};

/// The margins of all pairs of answers, named by their index in [`Rankings::answers`].
#[derive(Debug, Clone, PartialEq)]
pub struct Margins {
    values: Square<f64>,
    strengths: Square<i32>,
}

impl Margins {
    /// The margins of these rankings.
    #[must_use]
    pub fn of(rankings: &Rankings) -> Self {
        let size = rankings.answers().len();
        let mut pairs: Vec<(usize, usize, Sum)> = Vec::with_capacity(size * size.saturating_sub(1) / 2);
        for one in 0..size {
            pairs.extend((one + 1..size).map(|other| (one, other, rankings.margin(one, other))));
        }
        pairs.sort_by(|(.., left), (.., right)| left.value.abs().total_cmp(&right.value.abs()));
        let mut margins = Self { values: Square::of(size), strengths: Square::of(size) };
        let (mut strength, mut strongest) = (0, Sum::ZERO);
        for (one, other, margin) in pairs {
            margins.values.set(one, other, margin.value);
            margins.values.set(other, one, -margin.value);
            let margin_size = Sum { value: margin.value.abs(), ..margin };
            if margin.sign() == Ordering::Equal {
                continue;
            }
            // Each is compared with the next smaller one: what can't be told from its neighbour is as strong as it.
            if strength == 0 || !margin_size.equals(strongest) {
                strength += 1;
            }
            strongest = margin_size;
            let signed = if margin.value > 0.0 { strength } else { -strength };
            margins.strengths.set(one, other, signed);
            margins.strengths.set(other, one, -signed);
        }
        margins
    }

    /// Margins of which only the strengths are known.
    #[cfg(test)]
    pub(crate) fn of_strengths(strengths: Square<i32>) -> Self {
        Self { values: Square::of(strengths.size()), strengths }
    }

    /// How many answers there are.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.strengths.size()
    }

    /// The weight of those who prefer `one` less that of those who prefer `other`.
    #[must_use]
    pub fn value(&self, one: usize, other: usize) -> f64 {
        self.values.get(one, other)
    }

    /// How strong the margin of `one` over `other` is among all margins: 0 for none, 1 for the smallest there is, 2 for
    /// the next, equal for margins that are equal on paper; negative when `other` is preferred.
    #[must_use]
    pub fn strength(&self, one: usize, other: usize) -> i32 {
        self.strengths.get(one, other)
    }

    /// The strength of the strongest path from each answer to each other: a path goes from preferred to less preferred
    /// and is as strong as its weakest margin; 0 where there is none.
    ///
    /// The cubic algorithm of R. Floyd and S. Warshall, as in M. Schulze, "A new monotonic, clone-independent, reversal
    /// symmetric, and Condorcet-consistent single-winner election method", Soc. Choice Welf. 36(2), 2011, section 2.3.
    #[must_use]
    pub fn strongest_paths(&self) -> Square<i32> {
        let size = self.size();
        let mut paths = Square::of(size);
        for one in 0..size {
            (0..size).for_each(|other| paths.set(one, other, self.strength(one, other).max(0)));
        }
        for through in 0..size {
            for from in (0..size).filter(|from| *from != through) {
                let first = paths.get(from, through);
                for to in (0..size).filter(|to| *to != through && *to != from) {
                    let joined = first.min(paths.get(through, to));
                    paths.set(from, to, joined.max(paths.get(from, to)));
                }
            }
        }
        paths
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::testing::ranked_tally;

    fn margins(votes: &[(f64, &str)]) -> Margins {
        Margins::of(&Rankings::of(&ranked_tally(votes, &[])).unwrap())
    }

    #[test]
    fn margins_that_are_equal_on_paper_are_equally_strong() {
        // A over B is 0.1 + 0.2, C over D 0.3, and B over C nothing that is left of 0.1 + 0.2 - 0.3.
        let votes = [(0.1, "A > B > C = D"), (0.2, "A > B > C = D"), (0.3, "C > D = B = A")];
        let found = margins(&votes);
        assert_ne!(found.value(0, 1), found.value(2, 3));
        assert_eq!(found.strength(0, 1), found.strength(2, 3));
        assert_ne!(found.value(1, 2), 0.0);
        assert_eq!((found.strength(1, 2), found.strength(2, 1)), (0, 0));
        assert_eq!((found.strength(1, 0), found.strength(0, 0)), (-1, 0));
    }

    #[test]
    fn the_strongest_path_is_as_strong_as_its_weakest_margin() {
        // A over B by 7, B over C by 9, C over A by 5.
        let found = margins(&[(8.0, "A > B > C"), (7.0, "B > C > A"), (6.0, "C > A > B")]);
        let paths = found.strongest_paths();
        assert_eq!([found.strength(2, 0), found.strength(0, 1), found.strength(1, 2)], [1, 2, 3]);
        assert_eq!([paths.get(0, 2), paths.get(2, 1), paths.get(1, 0)], [2, 1, 1]);
        assert_eq!(paths.get(0, 0), 0);
    }
}
