//! Ballots as orders of answers: what the rules over rankings read.
//!
//! Every kind of ballot is an order: a ranking says it whole, a vote for one answer puts that first and all others
//! together behind it, an approval puts the approved before the others, scores order by their numbers. Answers that a
//! ballot doesn't name are equally good and come last (in scores: they have the least score). It must not know any rule.
//!
//! ```
//! use moot_core::Ballot;
//! use moot_council::{Rankings, Tally};
//!
//! let ballots = [Ballot::Ranked(vec![vec!["B".into()], vec!["A".into()]]), Ballot::For("C".into())];
//! let tally = Tally::of(ballots.iter().map(|ballot| (ballot, 1.0)), ["A".into(), "B".into(), "C".into()].into());
//! let rankings = Rankings::of(&tally).unwrap();
//! let firsts: Vec<f64> = rankings.first_places(|_| true).iter().map(|sum| sum.value).collect();
//! assert_eq!(firsts, [0.0, 1.0, 1.0]);
//! let without_b: Vec<f64> = rankings.first_places(|answer| answer != 1).iter().map(|sum| sum.value).collect();
//! assert_eq!(without_b, [1.0, 0.0, 1.0], "the first ballot counts for its next answer");
//! ```

use moot_core::{Ballot, Text};

use crate::tally::Sheet;
use crate::{Sum, Tally, Verdict};

/// The most answers that a rule over rankings compares. Its work and memory grow with the square or the cube of their
/// number.
pub const RANKED_MAX: usize = 256;

/// The ballots of one round as orders of the same answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Rankings {
    answers: Vec<Text>,
    ballots: Vec<Ranking>,
}

/// One ballot, or several that say the same, as an order.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// What it weighs.
    pub weight: Sum,
    /// For each answer how many levels are better, which is how far down it stands: 0 is best, equals are equally good.
    pub levels: Vec<usize>,
}

/// There are more answers than a rule compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are {answers} answers; this rule compares at most {answers_max}")]
pub struct TooManyAnswers {
    /// How many there are.
    pub answers: usize,
    /// How many a rule compares.
    pub answers_max: usize,
}

impl From<TooManyAnswers> for Verdict {
    fn from(problem: TooManyAnswers) -> Self {
        Self::Nobody { reason: problem.to_string().into() }
    }
}

impl Rankings {
    /// The ballots of a tally, over its [`candidates`](Tally::candidates).
    ///
    /// # Errors
    /// When there are more than [`RANKED_MAX`] answers.
    pub fn of(tally: &Tally) -> Result<Self, TooManyAnswers> {
        let answers = tally.candidates();
        if answers.len() > RANKED_MAX {
            return Err(TooManyAnswers { answers: answers.len(), answers_max: RANKED_MAX });
        }
        let place = |answer: &Text| answers.binary_search(answer).ok();
        let behind = |level: usize| vec![level; answers.len()];
        let mut ballots = Vec::with_capacity(tally.answers().len() + tally.sheets().len());
        for count in tally.answers() {
            let mut levels = behind(1);
            put(&mut levels, place(&count.answer), 0);
            let weight = Sum { value: count.weight, magnitude: count.magnitude };
            ballots.push(Ranking { weight, levels });
        }
        for Sheet { ballot, weight, .. } in tally.sheets() {
            let levels = match ballot {
                Ballot::Ranked(order) => {
                    let mut levels = behind(order.len());
                    for (level, equals) in order.iter().enumerate() {
                        equals.iter().for_each(|answer| put(&mut levels, place(answer), level));
                    }
                    levels
                }
                Ballot::Scored(scores) => levels_of_scores(scores, tally.scores().from, &answers),
                Ballot::Approved(approved) => {
                    let mut levels = behind(1);
                    approved.iter().for_each(|answer| put(&mut levels, place(answer), 0));
                    levels
                }
                Ballot::For(_) | Ballot::Abstained | Ballot::Absent(_) => continue,
            };
            ballots.push(Ranking { weight: Sum::ZERO.plus(*weight), levels });
        }
        Ok(Self { answers, ballots })
    }

    /// The answers, sorted; everything here names them by their index in this list.
    #[must_use]
    pub fn answers(&self) -> &[Text] {
        &self.answers
    }

    /// The ballots.
    #[must_use]
    pub fn ballots(&self) -> &[Ranking] {
        &self.ballots
    }

    /// For each answer the weight of the ballots that put it first among those that stand; a ballot that puts several
    /// first counts for each of them, as `pref_voting` counts. 0 for who does not stand.
    #[must_use]
    pub fn first_places(&self, stands: impl Fn(usize) -> bool) -> Vec<Sum> {
        let mut firsts = vec![Sum::ZERO; self.answers.len()];
        for Ranking { weight, levels } in &self.ballots {
            let standing = || levels.iter().enumerate().filter(|(answer, _)| stands(*answer));
            let Some(best) = standing().map(|(_, level)| *level).min() else { continue };
            for (answer, _) in standing().filter(|(_, level)| **level == best) {
                if let Some(sum) = firsts.get_mut(answer) {
                    *sum = sum.and(*weight);
                }
            }
        }
        firsts
    }

    /// The weight of the ballots that prefer one answer less that of those that prefer the other.
    #[must_use]
    pub fn margin(&self, one: usize, other: usize) -> Sum {
        let mut margin = Sum::ZERO;
        for Ranking { weight, levels } in &self.ballots {
            let (Some(one), Some(other)) = (levels.get(one), levels.get(other)) else { continue };
            match one.cmp(other) {
                std::cmp::Ordering::Less => margin = margin.and(*weight),
                std::cmp::Ordering::Equal => {}
                std::cmp::Ordering::Greater => {
                    margin = margin.and(Sum { value: -weight.value, magnitude: weight.magnitude });
                }
            }
        }
        margin
    }

    /// The verdict that these answers lead.
    #[must_use]
    pub fn leading(&self, winners: impl IntoIterator<Item = usize>) -> Verdict {
        Verdict::Leading(winners.into_iter().filter_map(|winner| self.answers.get(winner).cloned()).collect())
    }

    /// Each answer with its number.
    #[must_use]
    pub fn numbered(&self, numbers: impl IntoIterator<Item = f64>) -> Vec<(Text, f64)> {
        self.answers.iter().cloned().zip(numbers).collect()
    }
}

fn put(levels: &mut [usize], place: Option<usize>, level: usize) {
    if let Some(found) = place.and_then(|place| levels.get_mut(place)) {
        *found = level;
    }
}

/// The order that scores give, the greatest first. Equal numbers are equally good.
fn levels_of_scores(scores: &[(Text, f64)], unscored: f64, answers: &[Text]) -> Vec<usize> {
    let score = |answer: &Text| scores.iter().find(|(named, _)| named == answer).map_or(unscored, |(_, score)| *score);
    let given: Vec<f64> = answers.iter().map(score).collect();
    let mut distinct = given.clone();
    distinct.sort_by(|left, right| right.total_cmp(left));
    distinct.dedup();
    given.iter().map(|score| distinct.iter().take_while(|better| *better > score).count()).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::testing::{ranked, ranked_tally, tally_of, texts};

    fn levels(ballot: Ballot) -> Vec<usize> {
        let rankings = Rankings::of(&tally_of(&[ballot], &["C", "A", "B", "D"])).unwrap();
        assert_eq!(rankings.answers(), texts(&["A", "B", "C", "D"]));
        rankings.ballots().first().unwrap().levels.clone()
    }

    #[test]
    fn every_kind_of_ballot_is_an_order() {
        assert_eq!(levels(ranked("C > A = B")), [1, 1, 0, 2]);
        assert_eq!(levels(ranked("B")), [1, 0, 1, 1]);
        assert_eq!(levels(Ballot::For("D".into())), [1, 1, 1, 0]);
        assert_eq!(levels(Ballot::Approved(texts(&["A", "D"]))), [0, 1, 1, 0]);
        let scored = Ballot::Scored(vec![("A".into(), 1.0), ("B".into(), 5.0), ("C".into(), 0.0)]);
        assert_eq!(levels(scored), [1, 0, 2, 2], "what has no score has the least");
    }

    #[test]
    fn who_abstains_or_is_absent_orders_nothing() {
        let tally = tally_of(&[Ballot::Abstained, Ballot::Absent("lost".into()), ranked("A > B")], &["A", "B"]);
        assert_eq!(Rankings::of(&tally).unwrap().ballots().len(), 1);
    }

    #[test]
    fn without_choices_the_candidates_are_all_answers_that_anybody_names() {
        let tally = ranked_tally(&[(1.0, "pear > fig"), (1.0, "apple")], &[]);
        assert_eq!(Rankings::of(&tally).unwrap().answers(), texts(&["apple", "fig", "pear"]));
    }

    #[test]
    fn a_margin_counts_who_prefers_and_leaves_out_who_does_not() {
        let tally = ranked_tally(&[(3.0, "A > B"), (1.5, "B > A"), (9.0, "A = B"), (9.0, "C")], &["A", "B", "C"]);
        let rankings = Rankings::of(&tally).unwrap();
        assert_eq!(rankings.margin(0, 1), Sum { value: 1.5, magnitude: 4.5 });
        assert_eq!(rankings.margin(1, 0).value, -1.5);
    }

    #[test]
    fn too_many_answers_are_an_end_of_their_own() {
        let answers: Vec<String> = (0..=RANKED_MAX).map(|number| number.to_string()).collect();
        let listed: Vec<&str> = answers.iter().map(String::as_str).collect();
        let problem = Rankings::of(&tally_of(&[ranked("1")], &listed)).unwrap_err();
        assert_eq!(problem, TooManyAnswers { answers: RANKED_MAX + 1, answers_max: RANKED_MAX });
        let listed = listed.split_last().unwrap().1;
        assert!(Rankings::of(&tally_of(&[ranked("1")], listed)).is_ok());
    }
}
