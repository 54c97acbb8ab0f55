//! When a fault strikes and how often, as a scenario sets it: common to all faults.
//!
//! It must not know where a fault strikes or what it does.
//!
//! ```
//! use moot_safety::fault::WhenOptions;
//!
//! let when: WhenOptions = serde_json::from_str(r#"{ "nth": [1, 4], "until": "30s", "most": 3 }"#).unwrap();
//! assert!(when.check().is_empty());
//! let when: WhenOptions = serde_json::from_str(r#"{ "probability": 1.5 }"#).unwrap();
//! assert_eq!(when.check()[0].to_string(), "probability: 1.5 is no probability; it must be from 0 to 1");
//! ```

use moot_core::{EventSequence, VirtualDuration, VirtualTime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::draw::Draws;
use super::{OneOrMany, OptionProblem};

/// When a fault strikes and how often. Everything that is given must hold at once; with nothing given it strikes at
/// every visit of every place that it names.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WhenOptions {
    /// The probability of striking at a visit, from 0 to 1; default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub probability: Option<f64>,
    /// At which visits of a place, counted from 1 for each place by itself: a number or a list. Default: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nth: Option<OneOrMany<u64>>,
    /// Once: at the first visit from the event of this number on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_event: Option<u64>,
    /// Once: at the first visit from this virtual time on, counted from the start of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub at: Option<VirtualDuration>,
    /// Not before this virtual time, counted from the start of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub from: Option<VirtualDuration>,
    /// Only before this virtual time, counted from the start of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub until: Option<VirtualDuration>,
    /// The most strikes in a run; default: no limit, or 1 with `at` or `at_event`. With 0 the fault is switched off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most: Option<u64>,
    /// The most strikes at each place; default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_per_place: Option<u64>,
}

/// A visit of a place, as far as it matters to the question when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visit {
    /// The number of the visit, from 1.
    pub(crate) number: u64,
    pub(crate) now: VirtualTime,
    pub(crate) next_event: EventSequence,
    /// How often the fault has struck in the run.
    pub(crate) struck: u64,
    /// How often it has struck at this place.
    pub(crate) struck_here: u64,
}

impl WhenOptions {
    /// Whether it strikes at every visit.
    #[must_use]
    pub fn is_always(&self) -> bool {
        *self == Self::default()
    }

    /// Every option that can't be meant; empty when all is well.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let mut problems = Vec::new();
        if let Some(probability) = self.probability
            && !(0.0..=1.0).contains(&probability)
        {
            let message = format!("{probability} is no probability; it must be from 0 to 1");
            problems.push(OptionProblem::new("probability", message));
        }
        match self.nth.as_ref().map(OneOrMany::as_slice) {
            Some([]) => {
                problems.push(OptionProblem::new("nth", "no visit is named; write the numbers of visits, from 1"));
            }
            Some(visits) if visits.contains(&0) => {
                problems.push(OptionProblem::new("nth", "there is no visit 0; the first has the number 1"));
            }
            _ => {}
        }
        if self.at.is_some() && self.at_event.is_some() {
            let message = "both a time and an event are given; write `at` or `at_event`";
            problems.push(OptionProblem::new("at_event", message));
        }
        if self.at.is_some() && self.from.is_some() {
            problems.push(OptionProblem::new("from", "`at` says from when on; leave `from` out"));
        }
        let (from_key, from) = if self.at.is_some() { ("at", self.at) } else { ("from", self.from) };
        if let Some(until) = self.until
            && from.unwrap_or_default() >= until
        {
            let message = match from {
                Some(from) => format!("{until} is not after `{from_key}` ({from}); nothing could ever happen"),
                None => "no time at all is too short; write a duration such as 30s".to_owned(),
            };
            problems.push(OptionProblem::new("until", message));
        }
        problems
    }

    /// The time from which on it may strike.
    pub(crate) fn begins(&self) -> VirtualTime {
        VirtualTime::ZERO + self.at.or(self.from).unwrap_or_default()
    }

    /// How often it may strike in the run.
    fn most(&self, is_lasting: bool) -> u64 {
        let once = !is_lasting && (self.at.is_some() || self.at_event.is_some());
        self.most.unwrap_or(if once { 1 } else { u64::MAX })
    }

    /// Whether it has not ended by now.
    pub(crate) fn goes_on(&self, visit: Visit, is_lasting: bool) -> bool {
        visit.struck < self.most(is_lasting)
            && self.most_per_place.is_none_or(|most| visit.struck_here < most)
            && self.until.is_none_or(|until| visit.now < VirtualTime::ZERO + until)
    }

    /// Whether it strikes at this visit.
    pub(crate) fn is_due(&self, visit: Visit, is_lasting: bool, draws: Draws) -> bool {
        self.goes_on(visit, is_lasting)
            && visit.now >= self.begins()
            && self.at_event.is_none_or(|event| visit.next_event.0 >= event)
            && self.nth.as_ref().is_none_or(|visits| visits.contains(&visit.number))
            && draws.strikes(self.probability.unwrap_or(1.0))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use moot_core::random::RandomKey;

    use super::*;

    fn read(json: &str) -> WhenOptions {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn what_can_never_be_is_refused() {
        for (json, expected) in [
            ("{}", &[][..]),
            (r#"{ "probability": 0 }"#, &[]),
            (r#"{ "probability": -0.1 }"#, &["probability"]),
            (r#"{ "probability": 1.1, "nth": 0 }"#, &["probability", "nth"]),
            (r#"{ "nth": [] }"#, &["nth"]),
            (r#"{ "nth": [2, 1, 2] }"#, &[]),
            (r#"{ "at": "2s", "at_event": 5 }"#, &["at_event"]),
            (r#"{ "at": "2s", "from": "1s" }"#, &["from"]),
            (r#"{ "from": "2s", "until": "2s" }"#, &["until"]),
            (r#"{ "at": "2s", "until": "1s" }"#, &["until"]),
            (r#"{ "until": "0s" }"#, &["until"]),
            (r#"{ "from": "2s", "until": "3s", "most": 0, "most_per_place": 1 }"#, &[]),
        ] {
            let paths: Vec<String> = read(json).check().into_iter().map(|problem| problem.path).collect();
            assert_eq!(paths, expected, "{json}");
        }
    }

    #[test]
    fn each_condition_holds_for_itself_and_all_together() {
        let draws = Draws::new(RandomKey::new(1, 0, "x"), 0, 1);
        let plain = Visit {
            number: 3,
            now: VirtualTime::from_millis(2_000),
            next_event: EventSequence(10),
            struck: 0,
            struck_here: 0,
        };
        let struck = Visit { struck: 2, struck_here: 1, ..plain };
        for (json, expected, expected_struck) in [
            ("{}", true, true),
            (r#"{ "probability": 0 }"#, false, false),
            (r#"{ "nth": 3 }"#, true, true),
            (r#"{ "nth": [2, 4] }"#, false, false),
            (r#"{ "at": "2s" }"#, true, false),
            (r#"{ "at": "2001ms" }"#, false, false),
            (r#"{ "at": "2s", "most": 3 }"#, true, true),
            (r#"{ "at_event": 10 }"#, true, false),
            (r#"{ "at_event": 11 }"#, false, false),
            (r#"{ "from": "2s" }"#, true, true),
            (r#"{ "from": "3s" }"#, false, false),
            (r#"{ "until": "2s" }"#, false, false),
            (r#"{ "until": "2001ms" }"#, true, true),
            (r#"{ "most": 2 }"#, true, false),
            (r#"{ "most": 0 }"#, false, false),
            (r#"{ "most_per_place": 1 }"#, true, false),
            (r#"{ "most_per_place": 2 }"#, true, true),
            (r#"{ "nth": 3, "from": "3s" }"#, false, false),
        ] {
            assert_eq!(read(json).is_due(plain, false, draws), expected, "{json}");
            assert_eq!(read(json).is_due(struck, false, draws), expected_struck, "{json}");
        }
        assert!(read(r#"{ "at": "2s" }"#).is_due(struck, true, draws), "what lasts has no end of its own");
    }
}
