//! Flips: what voters do with their answers from one round to the next.
//!
//! - `corrections`: c = P(right at t+1 | wrong at t), over all voters and consecutive rounds.
//! - `subversions`: b = P(wrong at t+1 | right at t), likewise.
//! - `answers_changed`: the share of such transitions with another answer.
//!
//! A transition is a voter who named an answer in two rounds whose numbers follow one another; an abstention is neither
//! right nor wrong. The first two need a known answer. Source: corrections and subversions of Choi et al.,
//! arXiv 2508.17536. This module must not know what voters were shown in between.
//!
//! ```
//! // A voter of the rounds B A A, of whom A is right: one of one wrong ballots is corrected, none is subverted.
//! let ballots = ["B", "A", "A"];
//! let wrong = ballots.windows(2).filter(|pair| pair[0] != "A").count();
//! let corrected = ballots.windows(2).filter(|pair| pair[0] != "A" && pair[1] == "A").count();
//! assert_eq!((corrected, wrong), (1, 1));
//! ```

use std::collections::BTreeMap;

use moot_core::{ActorPath, Ballot};

use super::ballots::{Round, Vote, answer};
use super::sample::Sample;

/// What became of answers from round to round.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Flips {
    corrections: Sample,
    subversions: Sample,
    changes: Sample,
}

impl Flips {
    /// Takes in the vote on a task that ended.
    pub(crate) fn push(&mut self, vote: &Vote<'_>) {
        let mut task = Self::default();
        let pairs = vote.rounds.iter().zip(vote.rounds.iter().skip(1));
        for (before, after) in pairs.filter(|(before, after)| before.number.checked_add(1) == Some(after.number)) {
            for_each_transition(before, after, |before, after| task.transition(before, after, vote.right));
        }
        // What voters of one task do hangs together.
        self.corrections.add_together(&task.corrections);
        self.subversions.add_together(&task.subversions);
        self.changes.add_together(&task.changes);
    }

    fn transition(&mut self, before: &str, after: &str, right: Option<&str>) {
        self.changes.add_hit(before != after);
        match right {
            Some(right) if before == right => self.subversions.add_hit(after != right),
            Some(right) => self.corrections.add_hit(after == right),
            None => {}
        }
    }

    /// The metrics by name.
    pub(crate) const fn named(&self) -> [(&'static str, Sample); 3] {
        [("corrections", self.corrections), ("subversions", self.subversions), ("answers_changed", self.changes)]
    }
}

/// Both answers of each voter who named one in both rounds.
fn for_each_transition<'a>(before: &'a Round, after: &'a Round, mut take: impl FnMut(&'a str, &'a str)) {
    // Councils record their members in the same order each round; only where one does not is anybody looked up.
    let mut by_voter: Option<BTreeMap<&ActorPath, &Ballot>> = None;
    for (index, (voter, ballot)) in after.votes.iter().enumerate() {
        let earlier = match before.votes.get(index) {
            Some((same, earlier)) if same == voter => Some(earlier),
            _ => {
                let list = || before.votes.iter().map(|(voter, ballot)| (voter, ballot)).collect();
                by_voter.get_or_insert_with(list).get(voter).copied()
            }
        };
        if let Some((earlier, later)) = earlier.and_then(answer).zip(answer(ballot)) {
            take(earlier, later);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coordination::testing::Script;

    #[test]
    fn corrections_and_subversions_by_hand() {
        let mut script = Script::new();
        script.council("jury");
        // Transitions: A->B (subverted), B->A (corrected), B->B; then B->B, A->A, B->C (changed, wrong as before).
        script.vote(Some("A"), &[&["A", "B", "B"], &["B", "A", "B"], &["B", "A", "C"]]);
        // Abstentions are in no transition.
        script.vote(Some("A"), &[&["-", "B"], &["A", "!"]]);
        // Without a known answer only changes are seen: A->A, B->A.
        script.vote(None, &[&["A", "B"], &["A", "A"]]);
        assert_eq!(script.metric("corrections"), Some(1.0 / 4.0));
        assert_eq!(script.metric("subversions"), Some(1.0 / 2.0));
        assert_eq!(script.metric("answers_changed"), Some((3.0 + 1.0) / 8.0));
    }

    #[test]
    fn one_round_has_no_transition() {
        let mut script = Script::new();
        script.council("jury").vote(Some("A"), &[&["A", "B"]]);
        for name in ["corrections", "subversions", "answers_changed"] {
            assert_eq!(script.metric(name), None, "{name}");
        }
        // Neither have rounds that do not follow one another.
        let mut script = Script::new();
        script.council("jury").task(Some("A")).round("jury", 0, &["A"]).round("jury", 2, &["B"]);
        script.ended(moot_core::Outcome::decided("A"));
        assert_eq!(script.metric("answers_changed"), None);
    }

    #[test]
    fn voters_are_told_by_their_paths_whatever_their_order() {
        let path = |index| ActorPath::new("voter").map(|path| path.indexed(index)).ok();
        let votes = |list: &[(u32, &str)]| {
            list.iter().filter_map(|(index, answer)| Some((path(*index)?, Ballot::For((*answer).into())))).collect()
        };
        let before = Round { number: 0, votes: votes(&[(0, "A"), (1, "B"), (2, "C")]) };
        let after = Round { number: 1, votes: votes(&[(2, "C"), (0, "A"), (7, "A"), (1, "A")]) };
        let mut seen = Vec::new();
        for_each_transition(&before, &after, |before, after| seen.push(format!("{before}{after}")));
        assert_eq!(seen, ["CC", "AA", "BA"]);
    }
}
