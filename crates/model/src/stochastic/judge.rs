//! Judges: a model that picks among the answers it is shown instead of giving one of its own.
//!
//! It must not know who gave which answer, nor how many gave it: it looks at the distinct answers of the present brief.
//! What was shown earlier and is not shown again is not judged again.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{Brief, Heard, Task, TaskId};
//! use moot_model::{Judge, Model, ModelRequest, StochasticModel, StochasticOptions};
//!
//! let options = StochasticOptions { judge: Some(Judge { right: 1.0 }), ..StochasticOptions::with_accuracy(0.0) };
//! let task = Arc::new(Task::new(TaskId(0), "A or B?").with_choices(["A", "B"]).with_answer("B"));
//! let said = |speaker: &str, answer: &str| Heard {
//!     round: 0, speaker: speaker.into(), answer: Some(answer.into()), words: answer.into(), own: false,
//! };
//! let brief = Brief { heard: [said("ann", "A"), said("bob", "B")].into(), ..Brief::default() };
//! let request = ModelRequest { brief: Some(Arc::new(brief)), ..ModelRequest::alone(task, 42) };
//! assert_eq!(&*StochasticModel::new(&options, 42, 0).answer(&request).unwrap().text, "B");
//! ```

use moot_core::Text;
use moot_core::random::{Draw, Purpose};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::share_problem;
use crate::{ModelRequest, OptionProblem};

/// Which of the answers is picked.
const JUDGE: Purpose = Purpose::named("judge");

/// The model picks among the distinct answers that came with the assignment: the right one with probability `right`, if
/// it is among them, else one of the others, all equally likely. When no answer came with it, it gives one of its own.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Judge {
    /// The probability of picking the right answer when it is among those shown with others, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub right: f64,
}

impl Judge {
    /// What is wrong with the options.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        share_problem("right", self.right).into_iter().collect()
    }

    /// The answer that is picked; `None` when none came with the assignment.
    pub(super) fn pick(self, request: &ModelRequest) -> Option<Text> {
        let brief = request.brief.as_deref()?;
        let right = request.task.answer.as_ref();
        let mut known = None;
        let mut others: Vec<&Text> = Vec::new();
        for answer in brief.heard.iter().filter_map(|said| said.answer.as_ref()) {
            if Some(answer) == right {
                known = Some(answer);
            } else if !others.contains(&answer) {
                others.push(answer);
            }
        }
        let mut generator = request.own_address(JUDGE).generator();
        let sees_it = generator.bernoulli(self.right);
        if let Some(answer) = known.filter(|_| sees_it || others.is_empty()) {
            return Some(answer.clone());
        }
        let index = usize::try_from(generator.integer_below(others.len() as u64)).ok()?;
        others.get(index).map(|answer| (*answer).clone())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use moot_core::Wanted;

    use super::super::testing::{self, TASKS, assert_share, briefed, heard, model};
    use super::*;
    use crate::Model;

    /// How often each of the four choices is picked when these answers came with the assignment.
    fn picks(right: f64, answers: &[Option<&str>], wanted: &Wanted) -> [usize; 4] {
        let judge = model(&format!(r#"{{"accuracy": 0, "judge": {{"right": {right}}}}}"#));
        let brief: Vec<_> = (0..).zip(answers).map(|(speaker, answer)| heard(0, speaker, *answer)).collect();
        let reply = |id| judge.answer(&briefed(testing::request("judge", 0, id), wanted.clone(), &brief)).unwrap().text;
        let replies: Vec<Text> = (0..TASKS).map(reply).collect();
        ["A", "B", "C", "D"].map(|choice| replies.iter().filter(|text| &***text == choice).count())
    }

    #[test]
    fn the_right_answer_is_picked_as_often_as_the_option_says_however_many_gave_the_others() {
        // B is right. A was given twice, and is one answer.
        let answers = [Some("A"), Some("B"), None, Some("A"), Some("D")];
        for (right, expected) in [
            (0.9, [0.05, 0.9, 0.0, 0.05]),
            (0.4, [0.3, 0.4, 0.0, 0.3]),
            (0.0, [0.5, 0.0, 0.0, 0.5]),
            (1.0, [0.0, 1.0, 0.0, 0.0]),
        ] {
            for wanted in [Wanted::Answer, Wanted::Words] {
                for (hits, expected) in picks(right, &answers, &wanted).into_iter().zip(expected) {
                    assert_share(&format!("picked at {right}"), hits, expected);
                }
            }
        }
    }

    #[test]
    fn without_the_right_answer_any_is_as_likely_and_a_single_one_is_picked() {
        let wrong = picks(0.9, &[Some("A"), Some("C"), Some("C"), Some("D")], &Wanted::Answer);
        for (hits, expected) in wrong.into_iter().zip([1.0 / 3.0, 0.0, 1.0 / 3.0, 1.0 / 3.0]) {
            assert_share("none is right", hits, expected);
        }
        let all = TASKS as usize;
        assert_eq!(picks(0.0, &[Some("B"), Some("B")], &Wanted::Answer), [0, all, 0, 0]);
        assert_eq!(picks(1.0, &[Some("C"), None], &Wanted::Answer), [0, 0, all, 0]);
    }

    #[test]
    fn a_judge_that_is_shown_no_answer_gives_its_own() {
        let (plain, judge) = (model(r#"{"accuracy": 0.6}"#), model(r#"{"accuracy": 0.6, "judge": {"right": 0.9}}"#));
        for id in 0..1_000 {
            let request = testing::request("judge", 0, id);
            let own = plain.answer(&request).unwrap();
            assert_eq!(judge.answer(&request).unwrap(), own, "no brief");
            for brief in [&[][..], &[heard(0, 0, None)]] {
                assert_eq!(judge.answer(&briefed(request.clone(), Wanted::Answer, brief)).unwrap(), own);
            }
        }
    }

    #[test]
    fn what_was_heard_before_and_is_not_shown_now_is_not_judged() {
        let judge = model(r#"{"accuracy": 0, "judge": {"right": 1}}"#);
        let mut request = briefed(testing::request("judge", 0, 0), Wanted::Answer, &[heard(1, 0, Some("C"))]);
        request.heard = vec![heard(0, 0, Some("B")), heard(1, 0, Some("C"))].into();
        assert_eq!(&*judge.answer(&request).unwrap().text, "C");
    }
}
