//! The voting rules, one file each: what a rule needs and who leads by it.
//!
//! To add one, write its file beside the others and a line in the list below. A rule must not know ties, quorums or
//! members: it is given a tally in which somebody voted, and says which answers lead. Several that lead are all the
//! winners that its definition allows, as a set: no rule breaks a tie by itself. The definitions and the sets are those of
//! `pref_voting` 1.18.2 (W. Holliday, E. Pacuit, <https://pypi.org/project/pref-voting/>), and tests hold each rule
//! against it.
//!
//! ```
//! use moot_core::Ballot;
//! use moot_council::{Rule, Tally, Verdict};
//!
//! let ballots = ["A", "B", "A", "C"].map(|answer| Ballot::For(answer.into()));
//! let tally = Tally::of(ballots.iter().map(|ballot| (ballot, 1.0)), [].into());
//! assert_eq!(Rule::Plurality.decide(&tally, 0.5), Verdict::Leading(vec!["A".into()]));
//! assert!(matches!(Rule::Majority.decide(&tally, 0.5), Verdict::Nobody { .. }), "half is not more than half");
//! ```

use moot_core::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Tally;

pub mod approval;
pub mod borda;
pub mod copeland;
pub mod instant_runoff;
pub mod majority;
pub mod minimax;
pub mod plurality;
pub mod ranked_pairs;
pub mod runoff;
pub mod schulze;
pub mod score;
pub mod unanimity;
pub mod weighted;

/// What a voting rule is.
pub trait VotingRule: Sync {
    /// Which of the options beside the rule it makes use of.
    fn needs(&self) -> Needs;

    /// Which answers lead, given ballots of which at least one was cast for an answer. `threshold` is a share, for the
    /// rules that make use of one.
    fn decide(&self, tally: &Tally, threshold: f64) -> Verdict;

    /// What it counts for each answer, sorted by answer: what an event tells. Unless a rule says otherwise, the weight
    /// of the ballots for each answer.
    fn counts(&self, tally: &Tally) -> Vec<(Text, f64)> {
        tally.counts()
    }
}

/// Which ballots a rule reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BallotForm {
    /// One answer.
    Answer,
    /// Answers in order, such as `A > B = C`.
    Ranking,
    /// The answers that are good enough, such as `A, C`.
    Approval,
    /// Answers with numbers, such as `A: 3, B: 0.5`.
    Score,
}

/// Which ballots a rule reads, and which options it makes use of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// Which ballots it reads.
    pub ballot: BallotForm,
    /// Whether several answers can lead, so that `ties` must be given.
    pub ties: bool,
    /// Whether it makes use of `threshold`.
    pub threshold: bool,
    /// What it makes of `weights`.
    pub weights: WeightsNeed,
}

/// What a rule makes of weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightsNeed {
    /// It can't do without.
    Required,
    /// Without them every ballot weighs 1.
    Optional,
    /// It makes no use of them.
    Unused,
}

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// One answer wins, or several lead and are tied; sorted.
    Leading(Vec<Text>),
    /// No answer wins.
    Nobody {
        /// Why, with the counts.
        reason: Text,
    },
}

/// Writes the list of rules as the enum that stands in options, and finds the file behind each.
macro_rules! rules {
    ($($(#[doc = $text:literal])+ $name:ident => $rule:expr,)+) => {
        /// Who wins a vote.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Rule {
            $($(#[doc = $text])+ $name,)+
        }

        impl Rule {
            /// Every rule, in the order in which documents list them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            fn behaviour(self) -> &'static dyn VotingRule {
                match self {
                    $(Self::$name => &$rule,)+
                }
            }
        }
    };
}

rules! {
    /// The answer with the most ballots (or weight) wins.
    Plurality => plurality::Plurality,
    /// The answer with the most ballots (or weight) wins if it has more than `threshold` of what was cast for answers;
    /// several that share the top are tied.
    Majority => majority::Majority,
    /// The answer with the most weight wins; needs `weights`.
    Weighted => weighted::Weighted,
    /// The one answer that all ballots name wins, if no member is absent. Who abstains does not stand in the way.
    Unanimity => unanimity::Unanimity,
    /// Each ballot names all answers that are good enough (`A, C`); the answer that most ballots name wins.
    Approval => approval::Approval,
    /// Each ballot gives answers a number (`A: 3, B: 0.5`) within `scores`; the answer with the greatest sum wins.
    Score => score::Score,
    /// Each ballot ranks the answers (`A > B = C`); of the two that most ballots put first, the one that more ballots
    /// prefer wins. Where several pairs could be the first two, whoever wins in one of them is among the tied.
    Runoff => runoff::Runoff,
    /// Rankings; the answers that the fewest ballots put first leave, all of them together, and each ballot counts for
    /// what it puts first among the rest, until those that are left are equal.
    InstantRunoff => instant_runoff::InstantRunoff,
    /// Rankings; an answer gets a point from each ballot for each answer that the ballot puts behind it, half a point
    /// for an equal one; the most points win.
    Borda => borda::Borda,
    /// Rankings; the most answers beaten in pairs, less those that it is beaten by, win.
    Copeland => copeland::Copeland,
    /// Rankings; the answer whose worst defeat in a pair is the smallest wins.
    Minimax => minimax::Minimax,
    /// Rankings; the answer that has a beat path to each other at least as strong as the path back wins.
    Schulze => schulze::Schulze,
    /// Rankings; pairs are settled from the greatest margin to the smallest, leaving out what contradicts what is settled,
    /// and who stands on top wins. Where margins are equal, whoever is on top for one order of them is among the tied.
    /// Undecided where there are more than 64 answers, or so many equal margins in circles that it would take too long.
    RankedPairs => ranked_pairs::RankedPairs,
}

impl Rule {
    /// Which of the options beside the rule it makes use of.
    #[must_use]
    pub fn needs(self) -> Needs {
        self.behaviour().needs()
    }

    /// Which answers lead; nobody when no ballot was cast for an answer. `threshold` is a share from 0 to below 1.
    #[must_use]
    pub fn decide(self, tally: &Tally, threshold: f64) -> Verdict {
        if tally.votes() == 0 {
            return Verdict::Nobody { reason: "nobody voted for an answer".into() };
        }
        if self.needs().ballot == BallotForm::Answer && tally.answers().is_empty() {
            // Rankings, approvals and scores do not say which one answer they would have named.
            return Verdict::Nobody { reason: "no ballot names a single answer".into() };
        }
        self.behaviour().decide(tally, threshold)
    }

    /// What it counts for each answer, sorted by answer: weights for a plain rule, else the rule's own score, such as
    /// Borda points; the file of each rule says which. Empty when no ballot chooses anything, and when there are more
    /// answers than the rule compares.
    #[must_use]
    pub fn counts(self, tally: &Tally) -> Vec<(Text, f64)> {
        if tally.answers().is_empty() && tally.sheets().is_empty() {
            // Nobody chose anything: whatever a rule would make of nothing, it is no score.
            return Vec::new();
        }
        self.behaviour().counts(tally)
    }
}

#[cfg(test)]
mod oracles;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
