//! Weighted: plurality of weights, for councils that are meant to weigh their members and must not forget to.
//!
//! With log-odds weights and two choices it is the rule of Nitzan & Paroush 1982 and Shapley & Grofman 1984. It must not
//! know where weights come from.
//!
//! ```
//! use moot_council::Rule;
//! use moot_council::rules::WeightsNeed;
//!
//! assert_eq!(Rule::Weighted.needs().weights, WeightsNeed::Required);
//! ```

use super::plurality::Plurality;
use super::{Needs, Verdict, VotingRule, WeightsNeed};
use crate::Tally;

/// The rule.
#[derive(Debug)]
pub struct Weighted;

impl VotingRule for Weighted {
    fn needs(&self) -> Needs {
        Needs { weights: WeightsNeed::Required, ..Plurality.needs() }
    }

    fn decide(&self, tally: &Tally, threshold: f64) -> Verdict {
        Plurality.decide(tally, threshold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{leading, weighted_tally};
    use crate::weights::log_odds;

    #[test]
    fn one_good_member_outweighs_two_poor_ones() {
        let votes = |good, poor| [("A", log_odds(good)), ("B", log_odds(poor)), ("B", log_odds(poor))];
        assert_eq!(Weighted.decide(&weighted_tally(&votes(0.9, 0.6), &["A", "B"]), 0.5), leading(&["A"]));
        assert_eq!(Weighted.decide(&weighted_tally(&votes(0.6, 0.6), &["A", "B"]), 0.5), leading(&["B"]));
    }
}
