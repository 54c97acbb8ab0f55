//! Voters that say how sure they are: a confidence beside each answer, which a weighted vote can count by.
//!
//! It must not know who reads it. A confidence is stated, not held: how far it follows the truth is what the options
//! say.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{Task, TaskId};
//! use moot_model::{Confidence, Model, ModelRequest, StochasticModel, StochasticOptions};
//!
//! let confidence = Confidence { right: 0.8, wrong: 0.6, spread: 0.0 };
//! let options = StochasticOptions { confidence: Some(confidence), ..StochasticOptions::with_accuracy(1.0) };
//! let task = Task::new(TaskId(0), "A or B?").with_choices(["A", "B"]).with_answer("B");
//! let reply = StochasticModel::new(&options, 42, 0).answer(&ModelRequest::alone(Arc::new(task), 42)).unwrap();
//! assert_eq!(&*reply.text, "Answer: B\nconfidence: 0.80");
//! ```

use moot_core::Text;
use moot_core::random::{Draw, Purpose};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::share_problem;
use crate::{ModelRequest, OptionProblem};

/// How sure it says it is.
const CONFIDENCE: Purpose = Purpose::named("confidence");
/// Nobody is quite sure, and nobody is sure of nothing.
const LEAST: f64 = 0.01;
const MOST: f64 = 0.99;

/// A reply has two lines, `Answer: A` and `confidence: 0.83`. The confidence is drawn from a normal distribution, cut
/// to 0.01 to 0.99, and rounded to two decimals. Abstentions, and words picked from a list, stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confidence {
    /// The mean when the answer is right, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub right: f64,
    /// The mean when the answer is wrong, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub wrong: f64,
    /// The standard deviation around the mean, 0 to 1; default 0.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub spread: f64,
}

impl Confidence {
    /// What is wrong with the options.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let means = [("right", self.right), ("wrong", self.wrong)];
        let mut problems: Vec<OptionProblem> =
            means.into_iter().filter_map(|(name, mean)| share_problem(name, mean)).collect();
        if !(0.0..=1.0).contains(&self.spread) {
            let message = format!("{} is not a standard deviation of a share; allowed are 0 to 1", self.spread);
            problems.push(OptionProblem::new("spread", message));
        }
        problems
    }

    /// The answer and how sure the one who gives it says it is.
    pub(super) fn say(self, request: &ModelRequest, answer: &Text) -> Text {
        let mean = if request.task.answer.as_ref() == Some(answer) { self.right } else { self.wrong };
        let drawn = request.own_address(CONFIDENCE).generator().normal(mean, self.spread);
        format!("Answer: {answer}\nconfidence: {:.2}", drawn.clamp(LEAST, MOST)).into()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use super::super::testing::{TASKS, assert_share, assert_share_of, briefed, model, one_of, play, request};
    use super::*;
    use crate::Model;

    /// The answers with their confidence in hundredths.
    fn stated(json: &str) -> Vec<(String, u32)> {
        let rows = play(&model(json), "voter", 1);
        let read = |text: &str| {
            let (answer, confidence) = text.split_once('\n').unwrap();
            let confidence = confidence.strip_prefix("confidence: 0.").unwrap();
            assert_eq!(confidence.len(), 2, "two decimals: {text}");
            (answer.strip_prefix("Answer: ").unwrap().to_owned(), confidence.parse().unwrap())
        };
        rows.iter().map(|row| read(&row[0])).collect()
    }

    #[test]
    fn it_is_as_sure_as_the_options_say_of_right_and_of_wrong_answers() {
        let voters = stated(r#"{"accuracy": 0.6, "confidence": {"right": 0.8, "wrong": 0.6, "spread": 0.1}}"#);
        let (right, wrong): (Vec<_>, Vec<_>) = voters.iter().partition(|(answer, _)| answer == "B");
        assert_share("right", right.len(), 0.6);
        // Rounded to k hundredths or less means drawn below k + 1/2; the normal distribution's Phi stands in tables
        // (M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 1964, table 26.1).
        for (what, voters, hundredths, expected) in [
            ("right, up to .70: Phi(-.95)", &right, 70, 0.171_056),
            ("right, up to .79: Phi(-.05)", &right, 79, 0.480_061),
            ("right, below the top: Phi(1.85)", &right, 98, 0.967_843),
            ("right, up to .99", &right, 99, 1.0),
            ("wrong, up to .50: Phi(-.95)", &wrong, 50, 0.171_056),
            ("wrong, up to .75: Phi(1.55)", &wrong, 75, 0.939_429),
        ] {
            let hits = voters.iter().filter(|(_, stated)| *stated <= hundredths).count();
            assert_share_of(what, hits, voters.len(), expected);
        }
    }

    #[test]
    fn a_confidence_is_never_certain() {
        let voters = stated(r#"{"accuracy": 0.5, "confidence": {"right": 1, "wrong": 0}}"#);
        assert!(voters.iter().all(|(answer, stated)| *stated == if answer == "B" { 99 } else { 1 }));
        let wide = stated(r#"{"accuracy": 0.5, "confidence": {"right": 0.5, "wrong": 0.5, "spread": 1}}"#);
        assert!(wide.iter().all(|(_, stated)| (1..=99).contains(stated)));
        // Drawn below .015: Phi(-.485).
        assert_share("at the least", wide.iter().filter(|(_, stated)| *stated == 1).count(), 0.313_838);
    }

    #[test]
    fn the_answer_is_the_one_that_is_given_without_a_confidence() {
        let plain = play(&model(r#"{"accuracy": 0.6, "abstain": 0.2}"#), "voter", 1);
        let sure = r#"{"accuracy": 0.6, "abstain": 0.2, "confidence": {"right": 0.8, "wrong": 0.6}}"#;
        for (plain, sure) in plain.iter().zip(play(&model(sure), "voter", 1)) {
            let expected = match &*plain[0] {
                "abstain" => "abstain".to_owned(),
                "B" => "Answer: B\nconfidence: 0.80".to_owned(),
                wrong => format!("Answer: {wrong}\nconfidence: 0.60"),
            };
            assert_eq!(*sure[0], *expected);
        }
    }

    #[test]
    fn a_word_of_a_list_stands_alone() {
        let model = model(r#"{"accuracy": 0.6, "confidence": {"right": 0.8, "wrong": 0.6}}"#);
        for id in 0..100 {
            let reply = model.answer(&briefed(request("voter", 0, id), one_of(&["ann", "bob"]), &[])).unwrap();
            assert!(["ann", "bob"].contains(&&*reply.text));
        }
    }

    #[test]
    fn each_call_and_voter_is_sure_by_itself() {
        let model = model(r#"{"accuracy": 1, "confidence": {"right": 0.5, "wrong": 0.5, "spread": 0.1}}"#);
        let sure = |member, call| {
            let request = ModelRequest { call, ..request("voter", member, 0) };
            let text = model.answer(&request).unwrap().text;
            text.rsplit(' ').next().unwrap().parse::<f64>().unwrap() < 0.495
        };
        // Drawn below the mean rounds to .49 or less with Phi(-.05), each by itself.
        let less = 0.480_061_f64;
        let by_call = (0..TASKS).filter(|call| sure(0, *call) && sure(1, *call)).count();
        assert_share("both voters of one call", by_call, less * less);
        let by_pair = (0..TASKS).filter(|pair| sure(0, 2 * pair) && sure(0, 2 * pair + 1)).count();
        assert_share("two calls of one voter", by_pair, less * less);
    }
}
