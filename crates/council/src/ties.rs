//! What happens when several answers are equally good.
//!
//! It must not know how they came to be equal: a rule hands over the tied answers.
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
use moot_core::{Outcome, Text};
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
    /// Not at all: the outcome is a tie.
    None,
}

impl Ties {
    /// The outcome when these answers, sorted, lead: the only one wins, several are settled.
    #[must_use]
    pub fn settle(self, mut leaders: Vec<Text>, tally: &Tally, address: RandomAddress) -> Outcome {
        if leaders.len() > 1 {
            let winner = match self {
                Self::Coin => toss(leaders.len(), address),
                Self::First => first(&leaders, tally),
                Self::None => return Outcome::Tied { among: leaders },
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
        None => tally.count_of(answer).map_or(usize::MAX, |count| count.first_member),
    };
    answers.iter().enumerate().min_by_key(|(_, answer)| place(answer)).map_or(0, |(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{tally, texts};
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
    fn one_leader_needs_no_tie_rule_and_none_is_undecided() {
        let tally = tally(&["A"], &[]);
        for ties in [Ties::Coin, Ties::First, Ties::None] {
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
