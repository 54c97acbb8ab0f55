//! What happens when a member does not answer as asked: it is silent, it fails, it refuses, it comes late.
//!
//! Every pattern takes these options under `absence`. This module must not know rounds or patterns: [`asks`](crate::asks)
//! carries the policies out.
//!
//! ```
//! use moot_council::absence::{AbsenceOptions, AbsencePolicy};
//!
//! let options: AbsenceOptions = serde_json::from_str(
//!     r#"{ "deadline": "30s", "silent": { "ask_again": { "times": 2 } }, "failing": "fail" }"#,
//! ).unwrap();
//! assert_eq!(options.refusing, AbsencePolicy::Absent);
//! assert!(options.check("absence").is_empty());
//! ```

use moot_core::VirtualDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::OptionProblem;

/// How often a member may be asked again at most.
pub const TIMES_MAX: u32 = 100;

/// What happens when a member does not answer as asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AbsenceOptions {
    /// How long a member may take, in virtual time, before it counts as silent. Default: as long as it takes, up to the
    /// council's `time_max`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub deadline: Option<VirtualDuration>,
    /// What happens when a member is silent until the deadline. Default: `absent`.
    #[serde(default)]
    pub silent: AbsencePolicy,
    /// What happens when a member fails: its model, a tool, a crash, a cancel. A member whose budget is used up is absent
    /// in any case, unless this is `fail`. Default: `absent`.
    #[serde(default)]
    pub failing: AbsencePolicy,
    /// What happens when a member refuses: its model won't, or a hook forbids it. Default: `absent`.
    #[serde(default)]
    pub refusing: AbsencePolicy,
    /// What happens to an answer that comes after the deadline. Default: `reject`.
    #[serde(default)]
    pub late: Late,
    /// Who steps in, in this order, for `replace` and for `hedge`: agents, groups of agents or councils.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub standby: Vec<String>,
    /// Asks one of `standby` as well when a member has not answered after so long. The first answer counts; both are paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub hedge: Option<VirtualDuration>,
}

/// What is done about a member that does not answer as asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AbsencePolicy {
    /// It is not there: it counts neither for an answer nor towards a quorum.
    #[default]
    Absent,
    /// It is there and chose nothing: it counts towards a quorum.
    Abstain,
    /// It is asked once more, up to so many times; then it is absent.
    AskAgain(AskAgain),
    /// The next of `standby` is asked in its place; when nobody is left, it is absent.
    Replace,
    /// The council fails.
    Fail,
}

/// How often a member is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskAgain {
    /// How many times at most, from 1 to 100.
    #[schemars(range(min = 1, max = 100))]
    pub times: u32,
}

/// What happens to an answer that comes after the deadline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Late {
    /// The member is told to stop at the deadline; what it says all the same is noted and does not count.
    #[default]
    Reject,
    /// The member goes on, and its answer counts as long as the council still waits for somebody else in that round.
    Accept,
}

impl AbsenceOptions {
    /// What is wrong with the options, which stand under this key.
    #[must_use]
    pub fn check(&self, key: &str) -> Vec<OptionProblem> {
        let mut problems = Vec::new();
        let place = |rest: &str| format!("{key}.{rest}");
        let policies = [("silent", self.silent), ("failing", self.failing), ("refusing", self.refusing)];
        for (name, policy) in policies {
            match policy {
                AbsencePolicy::AskAgain(AskAgain { times }) if !(1..=TIMES_MAX).contains(&times) => {
                    let message = format!("{times} times is out of range; allowed is 1 to {TIMES_MAX}");
                    problems.push(OptionProblem::new(place(&format!("{name}.ask_again.times")), message));
                }
                AbsencePolicy::Replace if self.standby.is_empty() => {
                    let message = "nobody can step in; name somebody under `standby`";
                    problems.push(OptionProblem::new(place(name), message));
                }
                _ => {}
            }
        }
        if self.deadline.is_none() {
            if self.silent != AbsencePolicy::Absent {
                let message = "without a deadline nobody is ever silent; give `deadline`, or leave `silent` out";
                problems.push(OptionProblem::new(place("silent"), message));
            }
            if self.late != Late::Reject {
                let message = "without a deadline nobody is ever late; give `deadline`, or leave `late` out";
                problems.push(OptionProblem::new(place("late"), message));
            }
        }
        if self.hedge.is_some() && self.standby.is_empty() {
            let message = "nobody can be asked as well; name somebody under `standby`";
            problems.push(OptionProblem::new(place("hedge"), message));
        }
        let durations = [("deadline", self.deadline), ("hedge", self.hedge)];
        for (name, duration) in durations {
            if duration == Some(VirtualDuration::ZERO) {
                let message = "no time at all is too short; write a duration such as 30s";
                problems.push(OptionProblem::new(place(name), message));
            }
        }
        let replaces = self.hedge.is_some() || policies.iter().any(|(_, policy)| *policy == AbsencePolicy::Replace);
        if !self.standby.is_empty() && !replaces {
            let message = "nobody ever steps in; write `replace` as one of the policies, or give `hedge`";
            problems.push(OptionProblem::new(place("standby"), message));
        }
        problems
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn what_can_never_apply_is_refused() {
        for (text, expected) in [
            ("{}", &[][..]),
            (r#"{ "deadline": "1s", "silent": "fail", "late": "accept" }"#, &[]),
            (r#"{ "silent": "abstain" }"#, &["absence.silent"]),
            (r#"{ "late": "accept" }"#, &["absence.late"]),
            (r#"{ "failing": "replace" }"#, &["absence.failing"]),
            (r#"{ "failing": "replace", "standby": ["b"] }"#, &[]),
            (r#"{ "standby": ["b"] }"#, &["absence.standby"]),
            (r#"{ "hedge": "2s" }"#, &["absence.hedge"]),
            (r#"{ "hedge": "0s", "standby": ["b"] }"#, &["absence.hedge"]),
            (r#"{ "refusing": { "ask_again": { "times": 0 } } }"#, &["absence.refusing.ask_again.times"]),
        ] {
            let options: AbsenceOptions = serde_json::from_str(text).unwrap();
            let found: Vec<String> = options.check("absence").into_iter().map(|problem| problem.path).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
