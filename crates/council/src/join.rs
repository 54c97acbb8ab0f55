//! When a round of asks has brought enough: joins, and the gathering of what members say.
//!
//! This module must not know who asks or how often; it counts answers and absences.
//!
//! ```
//! use moot_council::join::Join;
//!
//! let join: Join = serde_json::from_str(r#"{ "at_least": 3 }"#).unwrap();
//! assert!(join.check("join", 5).is_empty());
//! assert_eq!(join.check("join", 2)[0].path, "join.at_least");
//! ```

use moot_core::{Ballot, Bill, Limit, Outcome, Text, VirtualDuration};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::OptionProblem;
use crate::asks::{Absence, Ended, Said};
use crate::ballot::ballot_of;

/// How many must have answered before a round is over. Whoever has not answered by then is told to stop and is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Join {
    /// All of them, or be known not to.
    #[default]
    All,
    /// One of them.
    Any,
    /// So many of them, from 1 to all.
    AtLeast(u32),
    /// One of them, and it decided: a tie or indecision of a council among them is not enough.
    FirstDecided,
    /// Whoever has by then, in virtual time from the start of the round.
    Deadline(#[schemars(with = "String")] VirtualDuration),
}

impl Join {
    /// What is wrong with it for so many members; it stands under this key.
    #[must_use]
    pub fn check(&self, key: &str, members: usize) -> Vec<OptionProblem> {
        let (place, message) = match self {
            Self::AtLeast(0) => {
                ("at_least", "0 answers are there before anybody is asked; write at least 1".to_owned())
            }
            Self::AtLeast(number) if usize::try_from(*number).is_ok_and(|number| number > members) => {
                ("at_least", format!("{number} members can never answer; there are {members}"))
            }
            Self::Deadline(VirtualDuration::ZERO) => {
                ("deadline", "no time at all is too short; write a duration such as 30s".to_owned())
            }
            _ => return Vec::new(),
        };
        vec![OptionProblem::new(format!("{key}.{place}"), message)]
    }
}

/// What the members said in one round of asks, in the order in which they were asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gather {
    round: u32,
    join: Join,
    slots: Vec<(usize, Option<Result<Said, Absence>>)>,
    deadline_passed: bool,
}

impl Gather {
    /// A round in which these slots are asked.
    #[must_use]
    pub fn new(round: u32, join: Join, slots: impl IntoIterator<Item = usize>) -> Self {
        let slots = slots.into_iter().map(|slot| (slot, None)).collect();
        Self { round, join, slots, deadline_passed: false }
    }

    /// Its round.
    #[must_use]
    pub const fn round(&self) -> u32 {
        self.round
    }

    /// Takes an ended ask in; whether it belongs here. A late answer takes the place of an absence.
    pub fn take(&mut self, ended: &Ended) -> bool {
        let belongs = self.wants(ended);
        if belongs {
            self.keep(ended.clone());
        }
        belongs
    }

    /// Whether an ended ask belongs here and is not there yet.
    #[must_use]
    pub fn wants(&self, ended: &Ended) -> bool {
        let place = self.slots.iter().find(|(slot, _)| *slot == ended.slot && ended.round == self.round);
        match place {
            None => false,
            Some((_, None)) => true,
            Some((_, Some(before))) => before.is_err() && ended.is_late && ended.result.is_ok(),
        }
    }

    /// Takes an ended ask in that is [wanted](Self::wants).
    pub fn keep(&mut self, ended: Ended) {
        if let Some((_, place)) = self.slots.iter_mut().find(|(slot, _)| *slot == ended.slot) {
            *place = Some(ended.result);
        }
    }

    /// The time of a join by deadline is over.
    pub const fn pass_deadline(&mut self) {
        self.deadline_passed = true;
    }

    /// Whether enough have answered, or nobody is left who could.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let all = self.slots.iter().all(|(_, result)| result.is_some());
        all || match self.join {
            Join::All => false,
            Join::Any => self.answered() >= 1,
            Join::AtLeast(number) => self.answered() >= number as usize,
            Join::FirstDecided => self.said().any(|(_, said)| said.outcome.answer().is_some()),
            Join::Deadline(_) => self.deadline_passed,
        }
    }

    /// How many have answered.
    #[must_use]
    pub fn answered(&self) -> usize {
        self.said().count()
    }

    /// What each slot came to, in order; `None` for whoever has not answered.
    pub fn results(&self) -> impl Iterator<Item = (usize, Option<&Result<Said, Absence>>)> {
        self.slots.iter().map(|(slot, result)| (*slot, result.as_ref()))
    }

    /// What was said, in order.
    pub fn said(&self) -> impl Iterator<Item = (usize, &Said)> {
        self.slots.iter().filter_map(|(slot, result)| Some((*slot, result.as_ref()?.as_ref().ok()?)))
    }

    /// What each slot's answer counts as when these are the choices, in order.
    #[must_use]
    pub fn ballots(&self, choices: &[Text]) -> Vec<(usize, Ballot)> {
        self.results().map(|(slot, result)| (slot, ballot_of_result(result, choices))).collect()
    }

    /// The limit at which all of them ended, if that is so: then the council did as well.
    #[must_use]
    pub fn all_exhausted(&self) -> Option<Limit> {
        let mut limits = self.slots.iter().map(|(_, result)| match result {
            Some(Err(absence)) => absence.limit,
            _ => None,
        });
        let first = limits.next().flatten()?;
        limits.all(|limit| limit.is_some()).then_some(first)
    }

    /// What the answers took.
    #[must_use]
    pub fn bill(&self) -> Bill {
        let mut bill = Bill::default();
        self.said().for_each(|(_, said)| bill.add(&said.bill));
        bill
    }
}

/// What the result of an ask counts as when these are the choices.
#[must_use]
pub fn ballot_of_result(result: Option<&Result<Said, Absence>>, choices: &[Text]) -> Ballot {
    match result {
        Some(Ok(said)) => ballot_of(&said.outcome, choices),
        Some(Err(absence)) if absence.abstains => Ballot::Abstained,
        Some(Err(absence)) => Ballot::Absent(absence.reason.clone()),
        None => Ballot::Absent("the council did not wait for it".into()),
    }
}

impl Said {
    /// What it says for others to read: its words, or else its outcome.
    #[must_use]
    pub fn text(&self) -> Text {
        match (&self.words, &self.outcome) {
            (Some(words), _) => words.clone(),
            (None, Outcome::Decided { answer }) => answer.clone(),
            (None, outcome) => outcome.to_string().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(slot: usize, answer: Option<&str>, is_late: bool) -> Ended {
        let result = match answer {
            Some(answer) => {
                let (words, bill, tools) = (None, Bill::default(), Default::default());
                Ok(Said { outcome: Outcome::decided(answer), words, bill, tools })
            }
            None => Err(Absence { reason: "lost".into(), abstains: false, limit: None }),
        };
        Ended { slot, member: slot, round: 2, result, is_late }
    }

    #[test]
    fn each_join_ends_as_it_says() {
        let tied = Outcome::Tied { among: Vec::new() };
        for (join, complete_after) in [
            (Join::All, 4),
            (Join::Any, 2),
            (Join::AtLeast(2), 3),
            (Join::AtLeast(3), 4),
            (Join::FirstDecided, 3),
            (Join::Deadline(VirtualDuration::from_millis(5)), 4),
        ] {
            let mut gather = Gather::new(2, join, 0..4);
            let mut second = ended(1, Some("A"), false);
            if let Ok(said) = &mut second.result {
                said.outcome = tied.clone();
            }
            let sequence = [ended(0, None, false), second, ended(2, Some("B"), false), ended(3, None, false)];
            let mut complete = 0;
            for (number, ended) in (1..).zip(&sequence) {
                assert!(gather.take(ended));
                if gather.is_complete() && complete == 0 {
                    complete = number;
                }
            }
            assert_eq!(complete, complete_after, "{join:?}");
        }
    }

    #[test]
    fn a_deadline_ends_a_round_and_a_late_answer_may_still_count() {
        let mut gather = Gather::new(2, Join::Deadline(VirtualDuration::from_millis(5)), 0..2);
        assert!(gather.take(&ended(0, None, false)));
        assert!(!gather.take(&ended(0, Some("A"), false)), "an absence stands");
        assert!(gather.take(&ended(0, Some("A"), true)), "unless late answers are accepted");
        assert!(!gather.take(&ended(0, Some("B"), true)), "the first answer counts");
        assert!(!gather.is_complete());
        gather.pass_deadline();
        assert!(gather.is_complete());
        let ballots = gather.ballots(&[]);
        assert_eq!(ballots.first(), Some(&(0, Ballot::For("A".into()))));
        assert!(matches!(ballots.get(1), Some((1, Ballot::Absent(_)))));
    }

    #[test]
    fn only_a_round_in_which_all_came_to_a_limit_is_exhausted() {
        let mut gather = Gather::new(2, Join::All, 0..2);
        let exhausted = |slot| {
            let absence = Absence { reason: "".into(), abstains: false, limit: Some(Limit::Money) };
            Ended { result: Err(absence), ..ended(slot, None, false) }
        };
        gather.take(&exhausted(0));
        assert_eq!(gather.all_exhausted(), None);
        gather.take(&exhausted(1));
        assert_eq!(gather.all_exhausted(), Some(Limit::Money));
    }
}
