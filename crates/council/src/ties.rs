//! What happens when several answers are equally good.
//!
//! It must not know how they came to be equal: a rule hands over the tied answers. Nor must it know who the chair is: the
//! tally holds the chair's ballot.
//!
//! ```
//! use moot_core::random::{RandomAddress, RandomKey};
//! use moot_core::{Ballot, Outcome};
//! use moot_council::{Tally, Ties, ties::TIE};
//!
//! let choices = ["B".into(), "A".into()].into();
//! let ballots = [Ballot::For("A".into()), Ballot::For("B".into())];
//! let tally = Tally::of(ballots.iter().map(|ballot| (ballot, 1.0)), choices);
//! let address = RandomAddress::new(RandomKey::new(1, 0, "council"), TIE);
//!
//! let tied = || tally.leaders();
//! assert_eq!(Ties::First.settle(tied(), &tally, address), Outcome::decided("B"), "it is listed first");
//! assert_eq!(Ties::None.settle(tied(), &tally, address), Outcome::Tied { among: tied() });
//! ```

use moot_core::random::{Draw, Purpose, RandomAddress};
use moot_core::{Ballot, Outcome, Text};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Tally;

/// What the coin of a tie is drawn for: it is tossed at (the council's key, the task, the round as the call).
pub const TIE: Purpose = Purpose::named("tie");

/// How a tie is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ties {
    /// By lot: each of the tied answers is equally likely. The lot belongs to the council, the task and the round, so a
    /// repeated run draws the same.
    Coin,
    /// The tied answer that the task's choices list first; when the task lists none, the one whose first supporter
    /// stands earliest among the members.
    First,
    /// By a chair, who is named beside this: the tied answer that the chair's ballot puts first among them. If it puts
    /// none or several of them first, the outcome is a tie.
    Chair,
    /// Not at all: the outcome is a tie.
    None,
}

impl Ties {
    /// The outcome when these answers, sorted, lead: the only one wins, several are settled.
    #[must_use]
    pub fn settle(self, mut leaders: Vec<Text>, tally: &Tally, address: RandomAddress) -> Outcome {
        if leaders.len() > 1 {
            let winner = match self {
                Self::Coin => Some(toss(leaders.len(), address)),
                Self::First => Some(first(&leaders, tally)),
                Self::Chair => tally.chair().and_then(|ballot| chosen(&leaders, ballot, tally)),
                Self::None => None,
            };
            let Some(winner) = winner else {
                return Outcome::Tied { among: leaders };
            };
            leaders = leaders.into_iter().skip(winner).take(1).collect();
        }
        match leaders.pop() {
            Some(answer) => Outcome::Decided { answer },
            None => Outcome::Undecided { reason: "no answer leads".into() },
        }
    }
}

/// One of so many indices, each equally likely.
fn toss(amount: usize, address: RandomAddress) -> usize {
    let amount = u64::try_from(amount).unwrap_or(u64::MAX);
    usize::try_from(address.generator().integer_below(amount)).unwrap_or(0)
}

/// The index of the answer that comes first.
fn first(answers: &[Text], tally: &Tally) -> usize {
    let place = |answer: &Text| match tally.choices().iter().position(|choice| choice == answer) {
        Some(place) => place,
        None => tally.first_supporter(answer).unwrap_or(usize::MAX),
    };
    answers.iter().enumerate().min_by_key(|(_, answer)| place(answer)).map_or(0, |(index, _)| index)
}

/// The index of the answer that a chair's ballot puts first among the tied ones, if it is one.
fn chosen(answers: &[Text], ballot: &Ballot, tally: &Tally) -> Option<usize> {
    let tied = |answer: &Text| answers.iter().position(|tied| tied == answer);
    let only = |found: Vec<usize>| if let [only] = *found { Some(only) } else { None };
    match ballot {
        Ballot::For(answer) => tied(answer),
        Ballot::Ranked(levels) => {
            let mut levels = levels.iter().map(|level| level.iter().filter_map(tied).collect::<Vec<_>>());
            only(levels.find(|found| !found.is_empty())?)
        }
        Ballot::Approved(approved) => only(approved.iter().filter_map(tied).collect()),
        Ballot::Scored(scores) => {
            let score = |answer: &Text| scores.iter().find(|(scored, _)| scored == answer).map(|(_, score)| *score);
            let scores: Vec<f64> = answers.iter().map(|tied| score(tied).unwrap_or(tally.scores().from)).collect();
            let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            only(scores.iter().enumerate().filter(|(_, score)| **score >= best).map(|(index, _)| index).collect())
        }
        Ballot::Abstained | Ballot::Absent(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ranked, ranked_tally, tally, texts};
    use moot_core::random::RandomKey;

    fn address(task: u32, round: u32) -> RandomAddress {
        RandomAddress::new(RandomKey::new(42, 0, "council"), TIE).task(task).call(round)
    }

    #[test]
    fn first_goes_by_the_choices_or_else_by_the_members() {
        let listed = tally(&["A", "B", "C"], &["C", "B", "A"]);
        assert_eq!(Ties::First.settle(texts(&["A", "B"]), &listed, address(0, 0)), Outcome::decided("B"));
        let free = tally(&["z", "y", "y", "z"], &[]);
        assert_eq!(Ties::First.settle(texts(&["y", "z"]), &free, address(0, 0)), Outcome::decided("z"));
    }

    #[test]
    fn first_looks_for_supporters_in_rankings_too() {
        let free = ranked_tally(&[(1.0, "z > y"), (1.0, "y > z")], &[]);
        assert_eq!(Ties::First.settle(texts(&["y", "z"]), &free, address(0, 0)), Outcome::decided("z"));
    }

    #[test]
    fn a_chair_settles_a_tie_by_what_its_ballot_puts_first_among_the_tied() {
        let scored = |scores: &[(&str, f64)]| {
            Ballot::Scored(scores.iter().map(|(answer, score)| ((*answer).into(), *score)).collect())
        };
        let cases = [
            (Some(Ballot::For("B".into())), Some("B")),
            (Some(Ballot::For("D".into())), None),
            (Some(ranked("D > C > A = B")), Some("C")),
            (Some(ranked("D > A = B > C")), None),
            (Some(ranked("D")), None),
            (Some(Ballot::Approved(texts(&["D", "A"]))), Some("A")),
            (Some(Ballot::Approved(texts(&["A", "C"]))), None),
            (Some(scored(&[("A", 1.0), ("D", 5.0)])), Some("A")),
            (Some(scored(&[("A", 0.0), ("D", 5.0)])), None),
            (Some(Ballot::Abstained), None),
            (Some(Ballot::Absent("lost".into())), None),
            (None, None),
        ];
        for (ballot, expected) in cases {
            let tally = tally(&["A", "B", "C"], &["A", "B", "C", "D"]).with_chair(ballot.clone());
            let tied = texts(&["A", "B", "C"]);
            let expected = expected.map_or(Outcome::Tied { among: tied.clone() }, Outcome::decided);
            assert_eq!(Ties::Chair.settle(tied, &tally, address(0, 0)), expected, "{ballot:?}");
        }
    }

    #[test]
    fn one_leader_needs_no_tie_rule_and_none_is_undecided() {
        let tally = tally(&["A"], &[]);
        for ties in [Ties::Coin, Ties::First, Ties::Chair, Ties::None] {
            assert_eq!(ties.settle(texts(&["A"]), &tally, address(0, 0)), Outcome::decided("A"));
            assert!(matches!(ties.settle(Vec::new(), &tally, address(0, 0)), Outcome::Undecided { .. }));
        }
    }

    #[test]
    fn a_coin_is_fair_and_belongs_to_the_task_and_the_round() {
        let tally = tally(&["A", "B", "C"], &[]);
        let toss = |task, round| Ties::Coin.settle(texts(&["A", "B", "C"]), &tally, address(task, round));
        let tosses = 30_000_u32;
        let mut counts = [0_u32; 3];
        let mut changed_by_round = 0_u32;
        for task in 0..tosses {
            for (count, answer) in counts.iter_mut().zip(["A", "B", "C"]) {
                *count += u32::from(toss(task, 0).answer() == Some(answer));
            }
            changed_by_round += u32::from(toss(task, 0) != toss(task, 1));
            assert_eq!(toss(task, 0), toss(task, 0));
        }
        // Binomial(30,000, 1/3) has a standard deviation of 81.6; so has its complement. Four of them either side.
        for count in counts {
            assert!(count.abs_diff(10_000) <= 327, "{counts:?}");
        }
        assert!(changed_by_round.abs_diff(20_000) <= 327, "{changed_by_round}");
    }
}
