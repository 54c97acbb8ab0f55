//! Verifiers: a model that accepts or rejects what it is shown, and errs both ways as often as it is told to.
//!
//! It must not know which words stand for accepting and rejecting: an assignment that wants one of exactly two words
//! names them, the accepting one first. It judges what was said last, by the task's right answer.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{Brief, Heard, Task, TaskId, Wanted};
//! use moot_model::{Model, ModelRequest, StochasticModel, StochasticOptions, Verifier};
//!
//! let verifier = Verifier { catch: 1.0, false_alarm: 0.0 };
//! let options = StochasticOptions { verifier: Some(verifier), ..StochasticOptions::with_accuracy(0.5) };
//! let task = Arc::new(Task::new(TaskId(0), "A or B?").with_choices(["A", "B"]).with_answer("B"));
//! let said = Heard { round: 0, speaker: "ann".into(), answer: Some("A".into()), words: "A".into(), own: false };
//! let wanted = Wanted::OneOf(["accept".into(), "reject".into()].into());
//! let brief = Brief { wanted, heard: [said].into(), fresh: false };
//! let request = ModelRequest { brief: Some(Arc::new(brief)), ..ModelRequest::alone(task, 42) };
//! assert_eq!(&*StochasticModel::new(&options, 42, 0).answer(&request).unwrap().text, "reject");
//! ```

use moot_core::random::{Draw, Purpose};
use moot_core::{Brief, Task};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::share_problem;
use crate::{ModelRequest, OptionProblem};

/// Whether the verifier rejects.
const VERDICT: Purpose = Purpose::named("verdict");

/// Asked for one of exactly two words, the first of which accepts and the second rejects, the model says which of them
/// fits the answer that it was shown last.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Verifier {
    /// The share of wrong answers that are rejected, 0 to 1. No answer at all is a wrong one.
    #[schemars(range(min = 0, max = 1))]
    pub catch: f64,
    /// The share of right answers that are rejected, 0 to 1; default 0.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub false_alarm: f64,
}

/// What a verifier has before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    /// The answer it was shown last is the right one.
    Right,
    /// It is not, or there was none.
    Wrong,
}

impl Case {
    /// What came last with an assignment; what is missing for it to be judged, and what to do about it.
    pub(super) fn of(brief: &Brief, task: &Task) -> Result<Self, (&'static str, &'static str)> {
        let Some(right) = &task.answer else {
            return Err(("has no known answer to verify others by", "give it one with `answer`"));
        };
        let Some(last) = brief.heard.last() else {
            return Err(("comes with nothing to verify", "ask a verifier after somebody answered"));
        };
        Ok(if last.answer.as_ref() == Some(right) { Self::Right } else { Self::Wrong })
    }
}

impl Verifier {
    /// What is wrong with the options.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let shares = [("catch", self.catch), ("false_alarm", self.false_alarm)];
        shares.into_iter().filter_map(|(name, share)| share_problem(name, share)).collect()
    }

    /// Whether the one who asks rejects such a case.
    pub(super) fn rejects(self, request: &ModelRequest, case: Case) -> bool {
        let share = match case {
            Case::Right => self.false_alarm,
            Case::Wrong => self.catch,
        };
        request.own_address(VERDICT).generator().bernoulli(share)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use std::sync::Arc;

    use moot_core::{Heard, ModelFailureKind, TaskId, Text, Wanted};

    use super::super::StochasticModel;
    use super::super::testing::{self, TASKS, assert_share, briefed, heard, model, one_of};
    use super::*;
    use crate::Model;

    /// How often this is rejected.
    fn rejections(verifier: &StochasticModel, brief: &[Heard]) -> usize {
        let verdict = |id| {
            let request = briefed(testing::request("verifier", 0, id), one_of(&["fine", "broken"]), brief);
            verifier.answer(&request).unwrap().text
        };
        let verdicts: Vec<Text> = (0..TASKS).map(verdict).collect();
        assert!(verdicts.iter().all(|word| ["fine", "broken"].contains(&&**word)));
        verdicts.iter().filter(|word| &***word == "broken").count()
    }

    #[test]
    fn wrong_answers_are_caught_and_right_ones_rejected_at_their_rates() {
        for (catch, false_alarm) in [(0.8, 0.0), (0.8, 0.1), (0.3, 0.6), (1.0, 0.0), (0.0, 1.0)] {
            let verifier = model(&format!(
                r#"{{"accuracy": 0.6, "abstain": 0.5, "verifier": {{"catch": {catch}, "false_alarm": {false_alarm}}}}}"#
            ));
            assert_share("caught", rejections(&verifier, &[heard(0, 0, Some("A"))]), catch);
            assert_share("no answer is a wrong one", rejections(&verifier, &[heard(0, 0, None)]), catch);
            assert_share("false alarm", rejections(&verifier, &[heard(0, 0, Some("B"))]), false_alarm);
        }
    }

    #[test]
    fn what_was_said_last_is_judged() {
        let verifier = model(r#"{"accuracy": 0, "verifier": {"catch": 1}}"#);
        let (right, wrong) = (heard(1, 0, Some("B")), heard(0, 1, Some("D")));
        assert_eq!(rejections(&verifier, &[right.clone(), wrong.clone()]), TASKS as usize);
        assert_eq!(rejections(&verifier, &[wrong, right]), 0, "no false alarms unless given");
    }

    #[test]
    fn a_more_attentive_verifier_catches_all_that_a_less_attentive_one_did() {
        let verdicts = |catch: f64| {
            let verifier = model(&format!(r#"{{"accuracy": 0, "verifier": {{"catch": {catch}}}}}"#));
            let brief = [heard(0, 0, Some("A"))];
            let verdict = move |id| {
                let request = briefed(testing::request("verifier", 0, id), one_of(&["yes", "no"]), &brief);
                &*verifier.answer(&request).unwrap().text == "no"
            };
            (0..1_000).map(verdict).collect::<Vec<bool>>()
        };
        assert!(verdicts(0.4).iter().zip(verdicts(0.7)).all(|(less, more)| !less || more));
    }

    #[test]
    fn what_can_not_be_verified_is_said() {
        let verifier = model(r#"{"accuracy": 0.5, "verifier": {"catch": 1}}"#);
        let words = one_of(&["yes", "no"]);
        let nothing = briefed(testing::request("verifier", 0, 3), words.clone(), &[]);
        let failure = verifier.answer(&nothing).unwrap_err();
        assert_eq!(failure.kind, ModelFailureKind::InvalidRequest);
        assert!(failure.message.contains("task 3: it comes with nothing to verify"), "{failure}");
        let open = Arc::new(Task::new(TaskId(4), "Why?"));
        let request = briefed(ModelRequest::alone(open, 1), words, &[heard(0, 0, Some("A"))]);
        let failure = verifier.answer(&request).unwrap_err();
        assert!(failure.message.contains("task 4: it has no known answer to verify others by"), "{failure}");
    }

    #[test]
    fn a_verifier_needs_no_choices_and_answers_like_any_other_when_an_answer_is_wanted() {
        let verifier = model(r#"{"accuracy": 1, "verifier": {"catch": 1}}"#);
        let task = Arc::new(Task::new(TaskId(0), "Why?").with_answer("because"));
        let request = briefed(ModelRequest::alone(task, 1), one_of(&["yes", "no"]), &[heard(0, 0, Some("so"))]);
        assert_eq!(&*verifier.answer(&request).unwrap().text, "no");
        let asked = briefed(testing::request("verifier", 0, 0), Wanted::Answer, &[heard(0, 0, Some("A"))]);
        assert_eq!(&*verifier.answer(&asked).unwrap().text, "B");
    }
}
