//! On which terms a vote is counted: from a tally to an outcome. Every pattern that ends in a vote ends here.
//!
//! In this order: nobody gave a ballot → failed; too few are present → no quorum; nobody voted for an answer → no quorum
//! where one is asked for, else undecided; the rule finds nobody → undecided; several lead → the tie rule.
//!
//! It must not know rounds or asks: it is called once the ballots are in.
//!
//! ```
//! use moot_core::random::{RandomAddress, RandomKey};
//! use moot_core::{ActorPath, Ballot, Outcome};
//! use moot_council::{Quorum, Rule, Tally, Terms, Ties, ties::TIE};
//!
//! let terms = Terms { rule: Rule::Plurality, threshold: 0.5, ties: Ties::None, quorum: Some(Quorum::AtLeast(2)) };
//! let voters = [0, 1].map(|index| ActorPath::new("juror").unwrap().indexed(index));
//! let ballots = [Ballot::For("A".into()), Ballot::Absent("lost".into())];
//! let tally = Tally::of(ballots.iter().map(|ballot| (ballot, 1.0)), [].into());
//! let address = RandomAddress::new(RandomKey::new(1, 0, "jury"), TIE);
//! assert_eq!(terms.outcome(&tally, &voters, address), Outcome::NoQuorum { present: 1, needed: 2 });
//! ```

use moot_core::random::RandomAddress;
use moot_core::{ActorPath, FailureKind, Outcome};

use crate::{Quorum, Rule, Tally, Ties, Verdict};

/// The share of the weight cast that a majority must pass unless told otherwise.
pub const THRESHOLD: f64 = 0.5;

/// What decides over a tally.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// Who leads.
    pub rule: Rule,
    /// The share that a majority must pass, from 0 to below 1.
    pub threshold: f64,
    /// What happens when several lead.
    pub ties: Ties,
    /// How many must be present.
    pub quorum: Option<Quorum>,
}

impl Terms {
    /// The outcome of these ballots of these voters; `address` is where a coin is tossed.
    ///
    /// With a quorum and no ballot for any answer, the outcome is no quorum with 0 present, even if enough abstained: no
    /// ballot counts.
    #[must_use]
    pub fn outcome(&self, tally: &Tally, voters: &[ActorPath], address: RandomAddress) -> Outcome {
        if tally.present() == 0 {
            return nobody_present(tally, voters);
        }
        let needed = self.quorum.map(|quorum| quorum.needed(voters.len()));
        if let Some(needed) = needed.filter(|needed| tally.present() < *needed) {
            return Outcome::NoQuorum { present: tally.present(), needed };
        }
        if tally.votes() == 0 {
            return match needed {
                Some(needed) => Outcome::NoQuorum { present: 0, needed },
                None => {
                    let reason = format!("nobody voted for an answer: {}", tally.describe());
                    Outcome::Undecided { reason: reason.into() }
                }
            };
        }
        match self.rule.decide(tally, self.threshold) {
            Verdict::Leading(leaders) => self.ties.settle(leaders, tally, address),
            Verdict::Nobody { reason } => Outcome::Undecided { reason },
        }
    }
}

/// A council all of whose members are lost has failed; it has not decided against anything.
fn nobody_present(tally: &Tally, voters: &[ActorPath]) -> Outcome {
    let Some((member, reason)) = tally.first_absence() else {
        return Outcome::failed(FailureKind::Setup, "the council has no members; it needs at least one");
    };
    let voter = voters.get(*member).map_or("?", ActorPath::as_str);
    let message = format!("none of {} members gave a ballot that counts; {voter}: {reason}", voters.len());
    Outcome::failed(FailureKind::Member, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{paths, tally_of};
    use crate::ties::TIE;
    use moot_core::Ballot;
    use moot_core::random::RandomKey;

    /// `A`, `B`, ... vote, `-` abstains, `x` is absent.
    fn outcome(ballots: &str, quorum: Option<Quorum>) -> Outcome {
        let ballots: Vec<Ballot> = ballots
            .chars()
            .map(|sign| match sign {
                '-' => Ballot::Abstained,
                'x' => Ballot::Absent("lost".into()),
                answer => Ballot::For(answer.to_string().into()),
            })
            .collect();
        let terms = Terms { rule: Rule::Plurality, threshold: THRESHOLD, ties: Ties::None, quorum };
        let address = RandomAddress::new(RandomKey::new(1, 0, "council"), TIE);
        terms.outcome(&tally_of(&ballots, &[]), &paths(ballots.len()), address)
    }

    #[test]
    fn each_end_has_its_name() {
        let no_quorum = |present, needed| Outcome::NoQuorum { present, needed };
        let lost = Outcome::failed(FailureKind::Member, "none of 2 members gave a ballot that counts; juror[0]: lost");
        let abstained = Outcome::Undecided { reason: "nobody voted for an answer: 1 abstained, 1 absent".into() };
        let cases = [
            ("AAB", None, Outcome::decided("A")),
            ("AAB", Some(Quorum::AtLeast(3)), Outcome::decided("A")),
            ("A-x", Some(Quorum::AtLeast(3)), no_quorum(2, 3)),
            ("A--", Some(Quorum::AtLeast(3)), Outcome::decided("A")),
            ("Axx", Some(Quorum::Share(0.3)), Outcome::decided("A")),
            ("Axx", Some(Quorum::Share(0.5)), no_quorum(1, 2)),
            ("AB", None, Outcome::Tied { among: vec!["A".into(), "B".into()] }),
            ("-x", None, abstained),
            ("--", Some(Quorum::AtLeast(1)), no_quorum(0, 1)),
            ("xx", None, lost.clone()),
            ("xx", Some(Quorum::AtLeast(2)), lost),
            ("", None, Outcome::failed(FailureKind::Setup, "the council has no members; it needs at least one")),
        ];
        for (ballots, quorum, expected) in cases {
            assert_eq!(outcome(ballots, quorum), expected, "{ballots} {quorum:?}");
        }
    }
}
