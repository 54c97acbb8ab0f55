//! Ballots counted: what each answer weighs, who leads, how many took part.
//!
//! Sums of weights are compared with a relative tolerance of 1e-9, so that sums which are equal on paper tie whatever
//! the order of their terms. It must not know rules, ties or quorums; they read it.
//!
//! ```
//! use moot_core::Ballot;
//! use moot_council::Tally;
//!
//! let ballots = [Ballot::For("A".into()), Ballot::For("B".into()), Ballot::Abstained, Ballot::For("B".into())];
//! let tally = Tally::of(ballots.iter().map(|ballot| (ballot, 1.0)), [].into());
//! assert_eq!(tally.counts(), [("A".into(), 1.0), ("B".into(), 2.0)]);
//! assert_eq!(tally.leaders(), ["B".into()]);
//! ```

use std::sync::Arc;

use moot_core::{Ballot, Text};

/// How far two sums of weights may differ, relative to the weights that went into them, and still be equal.
pub const TOLERANCE: f64 = 1e-9;

/// The most answers that a description names.
const DESCRIBED_MAX: usize = 10;

/// The ballots of one round, counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    choices: Arc<[Text]>,
    counts: Vec<Count>,
    abstained: u32,
    absent: u32,
    first_absence: Option<(usize, Text)>,
}

/// What one answer got.
#[derive(Debug, Clone, PartialEq)]
pub struct Count {
    /// The answer.
    pub answer: Text,
    /// The sum of its ballots' weights; negative when those who are mostly wrong chose it.
    pub weight: f64,
    /// The sum of its ballots' weights regardless of sign: the scale of rounding errors in `weight`.
    pub magnitude: f64,
    /// How many ballots it got.
    pub ballots: u32,
    /// The index of the first member that chose it.
    pub first_member: usize,
}

impl Tally {
    /// Counts the ballots, given with their weights in the order of the members.
    ///
    /// The order fixes the sums to the last bit: a council that always counts in the order of its members gets the same
    /// numbers whoever answered first. `choices` are the task's, empty when any text is an answer.
    #[must_use]
    pub fn of<'a>(ballots: impl IntoIterator<Item = (&'a Ballot, f64)>, choices: Arc<[Text]>) -> Self {
        let mut tally = Self { choices, counts: Vec::new(), abstained: 0, absent: 0, first_absence: None };
        for (member, (ballot, weight)) in ballots.into_iter().enumerate() {
            match ballot {
                Ballot::For(answer) => tally.add(member, answer, weight),
                Ballot::Abstained => tally.abstained += 1,
                Ballot::Absent(reason) => {
                    tally.absent += 1;
                    tally.first_absence.get_or_insert_with(|| (member, reason.clone()));
                }
            }
        }
        tally
    }

    fn add(&mut self, member: usize, answer: &Text, weight: f64) {
        let place = match self.counts.binary_search_by(|count| count.answer.cmp(answer)) {
            Ok(place) => place,
            Err(place) => {
                let (answer, first_member) = (answer.clone(), member);
                self.counts.insert(place, Count { answer, weight: 0.0, magnitude: 0.0, ballots: 0, first_member });
                place
            }
        };
        if let Some(count) = self.counts.get_mut(place) {
            count.weight += weight;
            count.magnitude += weight.abs();
            count.ballots += 1;
        }
    }

    /// The task's choices; empty when any text is an answer.
    #[must_use]
    pub fn choices(&self) -> &[Text] {
        &self.choices
    }

    /// What each answer that got a ballot got, sorted by answer.
    #[must_use]
    pub fn answers(&self) -> &[Count] {
        &self.counts
    }

    /// What this answer got, if it got a ballot.
    #[must_use]
    pub fn count_of(&self, answer: &str) -> Option<&Count> {
        let place = self.counts.binary_search_by(|count| (*count.answer).cmp(answer)).ok()?;
        self.counts.get(place)
    }

    /// The weight of each answer that got a ballot, sorted by answer: what an event tells.
    #[must_use]
    pub fn counts(&self) -> Vec<(Text, f64)> {
        self.counts.iter().map(|count| (count.answer.clone(), count.weight)).collect()
    }

    /// How many ballots were cast for an answer.
    #[must_use]
    pub fn votes(&self) -> u32 {
        self.counts.iter().map(|count| count.ballots).sum()
    }

    /// How many members took part: those who voted for an answer or abstained.
    #[must_use]
    pub fn present(&self) -> u32 {
        self.votes() + self.abstained
    }

    /// How many members gave no ballot that can be counted.
    #[must_use]
    pub const fn absent(&self) -> u32 {
        self.absent
    }

    /// The index of the first absent member, and why it is absent.
    #[must_use]
    pub const fn first_absence(&self) -> Option<&(usize, Text)> {
        self.first_absence.as_ref()
    }

    /// The weight cast for answers, regardless of sign.
    #[must_use]
    pub fn weight_cast(&self) -> f64 {
        self.counts.iter().map(|count| count.magnitude).sum()
    }

    /// The answers of the greatest weight, sorted: one, or several that are equal; none when nobody voted.
    #[must_use]
    pub fn leaders(&self) -> Vec<Text> {
        let Some(top) = self.top() else {
            return Vec::new();
        };
        let lead = |count: &&Count| equal(count.weight, top.weight, count.magnitude.max(top.magnitude));
        self.counts.iter().filter(lead).map(|count| count.answer.clone()).collect()
    }

    /// The answer of the greatest weight; the first in order when several are equal.
    #[must_use]
    pub fn top(&self) -> Option<&Count> {
        self.counts.iter().reduce(|best, count| if count.weight > best.weight { count } else { best })
    }

    /// The counts in words, such as `A 3, B 2, 1 abstained`.
    #[must_use]
    pub fn describe(&self) -> String {
        let named = self.counts.iter().take(DESCRIBED_MAX);
        let mut parts: Vec<String> =
            named.map(|count| format!("{} {}", crate::ballot::quoted(&count.answer), spell(count.weight))).collect();
        let unnamed = self.counts.len().saturating_sub(DESCRIBED_MAX);
        for (number, what) in [(unnamed, "more answers"), (self.abstained as usize, "abstained")] {
            if number > 0 {
                parts.push(format!("{number} {what}"));
            }
        }
        if self.absent > 0 {
            parts.push(format!("{} absent", self.absent));
        }
        parts.join(", ")
    }
}

/// Whether two sums are equal on paper, given the greatest sum of magnitudes that went into either.
#[must_use]
pub fn equal(a: f64, b: f64, scale: f64) -> bool {
    (a - b).abs() <= TOLERANCE * scale
}

/// A weight with at most six decimals.
pub(crate) fn spell(weight: f64) -> String {
    let text = format!("{weight:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::texts;

    fn weighted(votes: &[(&str, f64)]) -> Tally {
        let ballots: Vec<(Ballot, f64)> =
            votes.iter().map(|(answer, weight)| (Ballot::For((*answer).into()), *weight)).collect();
        Tally::of(ballots.iter().map(|(ballot, weight)| (ballot, *weight)), Arc::from([]))
    }

    #[test]
    fn every_kind_of_ballot_is_counted_once() {
        let ballots = [
            Ballot::Absent("lost".into()),
            Ballot::For("B".into()),
            Ballot::Abstained,
            Ballot::For("A".into()),
            Ballot::Absent("late".into()),
            Ballot::For("B".into()),
        ];
        let tally = Tally::of(ballots.iter().map(|ballot| (ballot, 1.0)), Arc::from([]));
        assert_eq!((tally.votes(), tally.present(), tally.absent()), (3, 4, 2));
        assert_eq!(tally.first_absence(), Some(&(0, "lost".into())));
        assert_eq!(tally.counts(), [("A".into(), 1.0), ("B".into(), 2.0)]);
        assert_eq!(tally.count_of("B").map(|count| count.first_member), Some(1));
        assert_eq!(tally.describe(), "A 1, B 2, 1 abstained, 2 absent");
    }

    #[test]
    fn sums_that_are_equal_on_paper_tie_whatever_their_order() {
        // 0.1 + 0.2 + 0.3 and 0.3 + 0.2 + 0.1 differ in the last bit.
        let tally = weighted(&[("A", 0.1), ("A", 0.2), ("A", 0.3), ("B", 0.3), ("B", 0.2), ("B", 0.1)]);
        assert_eq!(tally.leaders(), texts(&["A", "B"]));
        // What is left when weights cancel is compared on the scale of the weights, not of the rest.
        let tally = weighted(&[("A", 0.1), ("A", 0.2), ("A", -0.3), ("B", 0.0)]);
        assert_eq!(tally.leaders(), texts(&["A", "B"]));
        let tally = weighted(&[("A", 1.0), ("B", 1.000_001)]);
        assert_eq!(tally.leaders(), texts(&["B"]));
        // A heavy answer does not blur the difference between two light ones.
        let tally = weighted(&[("A", 1.0), ("B", 2.0), ("C", 1e12), ("C", -1e12), ("C", -1e12)]);
        assert_eq!(tally.leaders(), texts(&["B"]));
    }

    #[test]
    fn nobody_leads_when_nobody_voted() {
        let tally = weighted(&[]);
        assert_eq!(tally.leaders(), texts(&[]));
        assert_eq!(tally.describe(), "");
    }

    #[test]
    fn a_long_count_is_cut() {
        let answers: Vec<String> = (10..25).map(|number| number.to_string()).collect();
        let votes: Vec<(&str, f64)> = answers.iter().map(|answer| (answer.as_str(), 0.5)).collect();
        let described = weighted(&votes).describe();
        assert!(described.starts_with("10 0.5, 11 0.5, "), "{described}");
        assert!(described.ends_with("19 0.5, 5 more answers"), "{described}");
    }

    #[test]
    fn weights_are_spelled_shortly() {
        for (weight, text) in [(2.0, "2"), (0.405_465_108_1, "0.405465"), (-1.5, "-1.5"), (-1e-9, "0"), (100.0, "100")]
        {
            assert_eq!(spell(weight), text);
        }
    }
}
