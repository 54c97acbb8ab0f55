//! Ranked pairs: pairs are settled from the greatest margin to the smallest, and who stands on top wins.
//!
//! Each pair puts the preferred answer above the other, unless what was settled before puts it below. When all pairs are
//! settled the answers stand in one order. Where margins are equal, the order in which those pairs are settled can matter;
//! then every answer that stands on top for one such order is a winner, and pairs that draw may be settled either way.
//! This is `ranked_pairs` of `pref_voting`; source: T. N. Tideman, "Independence of clones as a criterion for voting
//! rules", Soc. Choice Welf. 4(3), 1987; T. M. Zavist, T. N. Tideman, "Complete independence of clones in the ranked pairs
//! rule", Soc. Choice Welf. 6(2), 1989.
//!
//! To say whether an answer wins for some order is NP-complete (M. Brill, F. Fischer, "The price of neutrality for the
//! ranked pairs method", AAAI 2012), so there are bounds: [`ANSWERS_MAX`] answers, and [`WORK_MAX`] steps of the search. A
//! council that meets one of them is undecided and says so. Without equal margins there is nothing to search. With up to
//! five answers the search always ends: there are 1,678 partial orders of five in which a given one has nobody above it,
//! each is looked at once for an answer and a margin, and at most three margins can have circles among ten pairs. Beyond
//! that most profiles are decided, too: of 60 random tournaments of 24 answers whose margins are all equal, all are.
//!
//! Its counts say how many answers stand below each when equal margins are settled in the order of the answers' names. It
//! must not know how ties are settled.
//!
//! ```
//! use moot_core::Ballot;
//! use moot_council::{Rule, Tally};
//!
//! let order = |answers: [&str; 3]| Ballot::Ranked(answers.map(|answer| vec![answer.into()]).to_vec());
//! let ballots = [(order(["A", "B", "C"]), 8.0), (order(["B", "C", "A"]), 7.0), (order(["C", "A", "B"]), 6.0)];
//! let tally = Tally::of(ballots.iter().map(|(ballot, weight)| (ballot, *weight)), [].into());
//! // B above C by 9 and A above B by 7 put A above C, so that C above A by 5 is left out.
//! assert_eq!(Rule::RankedPairs.counts(&tally), [("A".into(), 2.0), ("B".into(), 1.0), ("C".into(), 0.0)]);
//! ```

use moot_core::Text;

use self::order::Order;
use self::search::Search;
use super::{BallotForm, Needs, Verdict, VotingRule, WeightsNeed};
use crate::rankings::TooManyAnswers;
use crate::{Margins, Rankings, Tally};

mod order;
mod search;

/// The most answers that can be ordered.
pub const ANSWERS_MAX: usize = 64;

/// The most that the search for orders of equal margins may do, in rows of one answer that are looked at or written. It
/// takes about a second at most, and most often a small part of one.
pub const WORK_MAX: u64 = 5_000_000;

/// The rule.
#[derive(Debug)]
pub struct RankedPairs;

impl VotingRule for RankedPairs {
    fn needs(&self) -> Needs {
        Needs { ballot: BallotForm::Ranking, ties: true, threshold: false, weights: WeightsNeed::Optional }
    }

    fn decide(&self, tally: &Tally, _threshold: f64) -> Verdict {
        let rankings = match rankings(tally) {
            Ok(rankings) => rankings,
            Err(problem) => return problem.into(),
        };
        let margins = Margins::of(&rankings);
        match winners(&margins, WORK_MAX) {
            Some(winners) => rankings.leading(winners),
            None => {
                let reason = format!(
                    "ranked pairs would take too long: so many of the margins between {} answers are equal that more than \
                     {WORK_MAX} steps are needed to try the orders of settling them",
                    margins.size()
                );
                Verdict::Nobody { reason: reason.into() }
            }
        }
    }

    fn counts(&self, tally: &Tally) -> Vec<(Text, f64)> {
        let Ok(rankings) = rankings(tally) else { return Vec::new() };
        let margins = Margins::of(&rankings);
        let order = settled_by_name(&margins);
        rankings.numbered((0..margins.size()).map(|answer| order.below(answer) as f64))
    }
}

fn rankings(tally: &Tally) -> Result<Rankings, TooManyAnswers> {
    let rankings = Rankings::of(tally)?;
    let answers = rankings.answers().len();
    if answers > ANSWERS_MAX { Err(TooManyAnswers { answers, answers_max: ANSWERS_MAX }) } else { Ok(rankings) }
}

/// Who stands on top for some order of settling equal margins; `None` when that would take more work.
fn winners(margins: &Margins, work_max: u64) -> Option<Vec<usize>> {
    let possible = possible(margins);
    // Somebody always wins.
    if possible.len() <= 1 {
        return Some(possible);
    }
    let mut search = Search::new(groups(margins), margins.size(), work_max);
    let mut winners = Vec::new();
    for answer in possible {
        if search.can_stand_on_top(answer)? {
            winners.push(answer);
        }
    }
    Some(winners)
}

/// Who can win at all: whoever stands on top was put above each answer that is preferred to it by a path of margins that
/// are at least as great.
fn possible(margins: &Margins) -> Vec<usize> {
    let paths = margins.strongest_paths();
    let size = margins.size();
    let holds = |answer: usize| (0..size).all(|other| margins.strength(other, answer) <= paths.get(answer, other));
    (0..size).filter(|answer| holds(*answer)).collect()
}

/// The pairs that are not drawn, the preferred answer first, in groups of equal margins from the greatest down.
fn groups(margins: &Margins) -> Vec<Vec<(usize, usize)>> {
    let size = margins.size();
    let all = (0..size).flat_map(|one| (0..size).map(move |other| (one, other)));
    let mut pairs: Vec<(i32, (usize, usize))> = all
        .map(|(one, other)| (margins.strength(one, other), (one, other)))
        .filter(|(strength, _)| *strength > 0)
        .collect();
    // The sort is stable: within a group the pairs stay in the order of the answers.
    pairs.sort_by_key(|(strength, _)| -strength);
    let groups = pairs.chunk_by(|(left, _), (right, _)| left == right);
    groups.map(|group| group.iter().map(|(_, pair)| *pair).collect()).collect()
}

/// The order that results when equal margins are settled in the order of the answers.
fn settled_by_name(margins: &Margins) -> Order {
    let size = margins.size();
    let mut order = Order::of(size);
    for (above, below) in groups(margins).into_iter().flatten() {
        order.settle(above, below);
    }
    for one in 0..size {
        (one + 1..size).for_each(|other| order.settle(one, other));
    }
    order
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::Square;
    use crate::testing::{leading, ranked, ranked_tally, tally_of};

    fn decide(votes: &[(f64, &str)]) -> Verdict {
        RankedPairs.decide(&ranked_tally(votes, &[]), 0.5)
    }

    #[test]
    fn what_contradicts_a_greater_margin_is_left_out() {
        let circle = [(8.0, "A > B > C"), (7.0, "B > C > A"), (6.0, "C > A > B")];
        assert_eq!(decide(&circle), leading(&["A"]));
        // The 45 voters of Schulze's paper, where the two rules differ.
        let votes = [
            (5.0, "A > C > B > E > D"),
            (5.0, "A > D > E > C > B"),
            (8.0, "B > E > D > A > C"),
            (3.0, "C > A > B > E > D"),
            (7.0, "C > A > E > B > D"),
            (2.0, "C > B > A > D > E"),
            (7.0, "D > C > E > B > A"),
            (8.0, "E > B > A > D > C"),
        ];
        assert_eq!(decide(&votes), leading(&["A"]));
        // B over D 21, E over D 17, A over D 15, C over B 13, (D over C 11 is left out), E over B 9, A over C 7, (B over A
        // 5), C over E 3, (E over A 1): A, C, E, B, D.
        let counts = RankedPairs.counts(&ranked_tally(&votes, &[]));
        let expected = [("A", 4.0), ("B", 1.0), ("C", 3.0), ("D", 0.0), ("E", 2.0)];
        assert_eq!(counts, expected.map(|(answer, below)| (answer.into(), below)));
    }

    #[test]
    fn equal_margins_give_every_answer_that_some_order_puts_on_top() {
        assert_eq!(decide(&[(1.0, "A > B > C"), (1.0, "B > C > A"), (1.0, "C > A > B")]), leading(&["A", "B", "C"]));
        assert_eq!(decide(&[(1.0, "A > B"), (1.0, "B > A")]), leading(&["A", "B"]));
        assert_eq!(decide(&[(0.1, "A > B"), (0.2, "A > B"), (0.3, "B > A")]), leading(&["A", "B"]));
        assert_eq!(decide(&[(1.0, "A")]), leading(&["A"]));
    }

    #[test]
    fn an_answer_is_no_winner_because_a_margin_may_be_left_out_if_another_keeps_it_down() {
        // A and B are above C whatever happens in the circle that they make with D.
        let votes = [(1.0, "A > B > D > C"), (1.0, "B > D > A > C"), (1.0, "D > A > B > C")];
        assert_eq!(decide(&votes), leading(&["A", "B", "D"]));
    }

    #[test]
    fn more_answers_than_can_be_ordered_are_undecided_by_name() {
        let answers: Vec<String> = (0..=ANSWERS_MAX).map(|number| number.to_string()).collect();
        let listed: Vec<&str> = answers.iter().map(String::as_str).collect();
        let verdict = RankedPairs.decide(&tally_of(&[ranked("1")], &listed), 0.5);
        let expected = "there are 65 answers; this rule compares at most 64";
        assert_eq!(verdict, Verdict::Nobody { reason: expected.into() });
        assert_eq!(RankedPairs.counts(&tally_of(&[ranked("1")], &listed)), []);
        let verdict = RankedPairs.decide(&tally_of(&[ranked("1")], listed.split_last().unwrap().1), 0.5);
        assert_eq!(verdict, leading(&["1"]));
    }

    #[test]
    fn five_answers_are_decided_however_many_margins_are_equal() {
        // Every tournament of five. Who beats all others wins alone, and else more than one.
        let pairs: Vec<(usize, usize)> = (0..5).flat_map(|one| (one + 1..5).map(move |other| (one, other))).collect();
        for tournament in 0..1_u32 << pairs.len() {
            let mut margins = Square::of(5);
            for (place, (one, other)) in pairs.iter().enumerate() {
                let strength = if tournament >> place & 1 == 1 { 1 } else { -1 };
                margins.set(*one, *other, strength);
                margins.set(*other, *one, -strength);
            }
            let margins = Margins::of_strengths(margins);
            let winners = winners(&margins, WORK_MAX).unwrap();
            let beats_all =
                |answer: &usize| (0..5).all(|other| other == *answer || margins.strength(*answer, other) > 0);
            match (0..5).find(beats_all) {
                Some(condorcet) => assert_eq!(winners, [condorcet]),
                None => assert!(winners.len() > 1, "{tournament}: {winners:?}"),
            }
        }
    }

    #[test]
    fn a_search_that_takes_too_long_is_undecided_by_name() {
        let circle = ranked_tally(&[(1.0, "A > B > C"), (1.0, "B > C > A"), (1.0, "C > A > B")], &[]);
        let margins = Margins::of(&Rankings::of(&circle).unwrap());
        assert_eq!(winners(&margins, 2), None);
        assert_eq!(winners(&margins, WORK_MAX), Some(vec![0, 1, 2]));
    }
}
