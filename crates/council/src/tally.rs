//! Ballots counted: what each answer weighs, who leads, how many took part.
//!
//! Votes for one answer are summed on arrival. Ballots that say more (rankings, approvals, scores) are kept whole, as
//! sheets: what is summed of them is up to the rule. Sums of weights are compared with a relative tolerance of 1e-9, so
//! that sums which are equal on paper tie whatever the order of their terms. It must not know rules, ties or quorums;
//! they read it.
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

use crate::ScoreRange;

/// How far two sums of weights may differ, relative to the weights that went into them, and still be equal.
pub const TOLERANCE: f64 = 1e-9;

/// The most answers that a description names.
const DESCRIBED_MAX: usize = 10;

/// The ballots of one round, counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    choices: Arc<[Text]>,
    counts: Vec<Count>,
    sheets: Vec<Sheet>,
    abstained: u32,
    absent: u32,
    first_absence: Option<(usize, Text)>,
    scores: ScoreRange,
    chair: Option<Ballot>,
}

/// A ballot that says more than one answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// The index of the member that cast it.
    pub member: usize,
    /// What it says.
    pub ballot: Ballot,
    /// What it weighs.
    pub weight: f64,
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
        let mut tally = Self {
            choices,
            counts: Vec::new(),
            sheets: Vec::new(),
            abstained: 0,
            absent: 0,
            first_absence: None,
            scores: ScoreRange::default(),
            chair: None,
        };
        for (member, (ballot, weight)) in ballots.into_iter().enumerate() {
            match ballot {
                Ballot::For(answer) => tally.add(member, answer, weight),
                Ballot::Ranked(_) | Ballot::Approved(_) | Ballot::Scored(_) => {
                    tally.sheets.push(Sheet { member, ballot: ballot.clone(), weight });
                }
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

    /// The same tally with scores from this range, instead of the default one.
    #[must_use]
    pub const fn with_scores(mut self, scores: ScoreRange) -> Self {
        self.scores = scores;
        self
    }

    /// The same tally with the ballot of a chair, which counts only where a tie is settled by it.
    #[must_use]
    pub fn with_chair(mut self, ballot: Option<Ballot>) -> Self {
        self.chair = ballot;
        self
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

    /// The ballots that say more than one answer, in the order of the members.
    #[must_use]
    pub fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    /// The range of scores.
    #[must_use]
    pub const fn scores(&self) -> ScoreRange {
        self.scores
    }

    /// The chair's ballot, where a chair has cast one.
    #[must_use]
    pub const fn chair(&self) -> Option<&Ballot> {
        self.chair.as_ref()
    }

    /// Every answer that can win, sorted: the task's choices and whatever a ballot names beside them.
    #[must_use]
    pub fn candidates(&self) -> Vec<Text> {
        let sheets = self.sheets.iter().flat_map(|sheet| named(&sheet.ballot));
        let counted = self.counts.iter().map(|count| &count.answer);
        let mut answers: Vec<Text> = self.choices.iter().chain(counted).chain(sheets).cloned().collect();
        answers.sort();
        answers.dedup();
        answers
    }

    /// The index of the first member whose ballot puts this answer first, alone or among others.
    #[must_use]
    pub fn first_supporter(&self, answer: &str) -> Option<usize> {
        let of_one = self.count_of(answer).map(|count| count.first_member);
        let supports = |sheet: &&Sheet| sheet.firsts().iter().any(|first| ***first == *answer);
        let of_sheets = self.sheets.iter().find(supports).map(|sheet| sheet.member);
        of_one.into_iter().chain(of_sheets).min()
    }

    /// What this answer got, if it got a ballot.
    #[must_use]
    pub fn count_of(&self, answer: &str) -> Option<&Count> {
        let place = self.counts.binary_search_by(|count| (*count.answer).cmp(answer)).ok()?;
        self.counts.get(place)
    }

    /// The weight of each answer that got a ballot of its own, sorted by answer: what an event tells of a plain vote.
    /// What a rule makes of rankings, approvals and scores, [`Rule::counts`](crate::Rule::counts) tells.
    #[must_use]
    pub fn counts(&self) -> Vec<(Text, f64)> {
        self.counts.iter().map(|count| (count.answer.clone(), count.weight)).collect()
    }

    /// How many ballots were cast for an answer, or for several.
    #[must_use]
    pub fn votes(&self) -> u32 {
        let sheets = u32::try_from(self.sheets.len()).unwrap_or(u32::MAX);
        self.counts.iter().map(|count| count.ballots).sum::<u32>().saturating_add(sheets)
    }

    /// How many members took part: those who voted for an answer, or for several, or abstained.
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

    /// The weight cast for single answers, regardless of sign.
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
        let others = [(unnamed, "more answers"), (self.sheets.len(), "sheets"), (self.abstained as usize, "abstained")];
        for (number, what) in others {
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

impl Sheet {
    /// The answers that the ballot puts first: the top of a ranking, all that it approves, those of the greatest score.
    #[must_use]
    pub fn firsts(&self) -> Vec<&Text> {
        match &self.ballot {
            Ballot::Ranked(levels) => levels.first().into_iter().flatten().collect(),
            Ballot::Approved(answers) => answers.iter().collect(),
            Ballot::Scored(scores) => {
                let best = scores.iter().map(|(_, score)| *score).fold(f64::NEG_INFINITY, f64::max);
                scores.iter().filter(|(_, score)| *score >= best).map(|(answer, _)| answer).collect()
            }
            Ballot::For(answer) => vec![answer],
            Ballot::Abstained | Ballot::Absent(_) => Vec::new(),
        }
    }
}

/// The answers that a ballot names.
fn named(ballot: &Ballot) -> Vec<&Text> {
    match ballot {
        Ballot::For(answer) => vec![answer],
        Ballot::Ranked(levels) => levels.iter().flatten().collect(),
        Ballot::Approved(answers) => answers.iter().collect(),
        Ballot::Scored(scores) => scores.iter().map(|(answer, _)| answer).collect(),
        Ballot::Abstained | Ballot::Absent(_) => Vec::new(),
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
    use crate::testing::{ranked, texts};

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
    fn ballots_of_several_answers_are_kept_whole() {
        let scored = Ballot::Scored(vec![("C".into(), 2.0), ("D".into(), 2.0), ("A".into(), 1.0)]);
        let ballots = [ranked("B = A > D"), Ballot::For("A".into()), scored, Ballot::Approved(texts(&["D"]))];
        let tally = Tally::of(ballots.iter().zip([1.0, 1.0, 2.0, 1.0]), Arc::from(texts(&["A", "E"])));
        assert_eq!((tally.votes(), tally.present(), tally.sheets().len()), (4, 4, 3));
        assert_eq!(tally.candidates(), texts(&["A", "B", "C", "D", "E"]));
        let supporters = ["A", "B", "C", "D", "E"].map(|answer| tally.first_supporter(answer));
        assert_eq!(supporters, [Some(0), Some(0), Some(2), Some(2), None]);
        assert_eq!(tally.counts(), [("A".into(), 1.0)], "what the others say is up to the rule");
        assert_eq!(tally.describe(), "A 1, 3 sheets");
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
