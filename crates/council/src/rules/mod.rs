//! The voting rules, one file each: what a rule needs and who leads by it.
//!
//! To add one, write its file beside the others and a line in the list below. A rule must not know ties, quorums or
//! members: it is given a tally in which somebody voted, and says which answers lead.
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

pub mod majority;
pub mod plurality;
pub mod unanimity;
pub mod weighted;

/// What a voting rule is.
pub trait VotingRule: Sync {
    /// Which of the options beside the rule it makes use of.
    fn needs(&self) -> Needs;

    /// Which answers lead, given ballots of which at least one was cast for an answer. `threshold` is a share, for the
    /// rules that make use of one.
    fn decide(&self, tally: &Tally, threshold: f64) -> Verdict;
}

/// Which options a rule makes use of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
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
        self.behaviour().decide(tally, threshold)
    }
}
