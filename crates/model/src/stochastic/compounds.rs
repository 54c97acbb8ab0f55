//! Workers whose errors compound: a wrong answer that is handed on is carried on.
//!
//! It must not know the chain: it looks at what came with the present assignment alone. Of a chain of L steps that are
//! right with probability p each, the end is then right with probability p^L: one error anywhere spoils it.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{Brief, Heard, Task, TaskId};
//! use moot_model::{Model, ModelRequest, StochasticModel, StochasticOptions};
//!
//! let options = StochasticOptions { compounds: true, ..StochasticOptions::with_accuracy(1.0) };
//! let task = Arc::new(Task::new(TaskId(0), "A or B?").with_choices(["A", "B"]).with_answer("B"));
//! let said = Heard { round: 0, speaker: "ann".into(), answer: Some("A".into()), words: "A".into(), own: false };
//! let brief = Brief { heard: [said].into(), ..Brief::default() };
//! let request = ModelRequest { brief: Some(Arc::new(brief)), ..ModelRequest::alone(task, 42) };
//! assert_eq!(&*StochasticModel::new(&options, 42, 0).answer(&request).unwrap().text, "A");
//! ```

use moot_core::{Heard, Text};

use crate::ModelRequest;

/// The wrong answer that came with the assignment; `None` when it came with none.
///
/// It is the last one that is a choice of the task and was given by somebody else: a verdict on an earlier attempt, or
/// that attempt itself, comes after it and does not hide it.
pub(super) fn carried_on(request: &ModelRequest, right: usize) -> Option<Text> {
    let brief = request.brief.as_deref()?;
    let choices = &request.task.choices;
    let place = |said: &Heard| {
        let answer = said.answer.as_ref().filter(|_| !said.own)?;
        choices.iter().position(|choice| choice == answer)
    };
    let last = brief.heard.iter().rev().find_map(place)?;
    (last != right).then(|| choices.get(last).cloned()).flatten()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use std::sync::Arc;

    use moot_core::Wanted;

    use super::super::StochasticModel;
    use super::super::testing::{self, TASKS, assert_share_of, briefed, heard, model, one_of};
    use super::*;
    use crate::Model;

    const CHAINS: u32 = TASKS / 4;

    fn worker(accuracy: f64) -> StochasticModel {
        model(&format!(r#"{{"accuracy": {accuracy}, "compounds": true}}"#))
    }

    /// What a worker answers to this, and what it would answer to nothing.
    fn answers(accuracy: f64, id: u32, said: &[Heard]) -> (Text, Text) {
        let request = testing::request("worker", 0, id);
        let own = model(&format!(r#"{{"accuracy": {accuracy}}}"#)).answer(&request).unwrap().text;
        (worker(accuracy).answer(&briefed(request, Wanted::Answer, said)).unwrap().text, own)
    }

    #[test]
    fn a_wrong_answer_is_carried_on_and_a_right_one_is_worked_on() {
        let own_error = Heard { own: true, ..heard(1, 9, Some("D")) };
        for id in 0..1_000 {
            let rejected = [heard(0, 0, Some("C")), own_error.clone(), heard(2, 1, Some("reject")), heard(2, 2, None)];
            assert_eq!(&*answers(1.0, id, &rejected).0, "C");
            assert_eq!(&*answers(1.0, id, &[heard(0, 0, Some("B")), heard(0, 1, Some("A"))]).0, "A");
            for nothing_wrong in [
                &[][..],
                &[heard(0, 0, None)],
                std::slice::from_ref(&own_error),
                &[heard(0, 0, Some("A")), heard(0, 1, Some("B"))],
                &[heard(0, 0, Some("none of the choices"))],
            ] {
                let (found, own) = answers(0.6, id, nothing_wrong);
                assert_eq!(found, own, "{nothing_wrong:?}");
            }
        }
    }

    /// A worker and a verifier for each step of a chain, as they ask their models.
    fn cast(length: u32) -> Vec<[ModelRequest; 2]> {
        (0..length).map(|step| ["worker", "verifier"].map(|group| testing::request(group, step, 0))).collect()
    }

    /// Whether every step of a chain is right in the end. Each step is tried until the verifier accepts it, at most
    /// `retries` times again; a step that is never accepted ends the chain.
    fn is_right(models: [&StochasticModel; 2], cast: &[[ModelRequest; 2]], id: u32, retries: u32) -> bool {
        let task = Arc::new(testing::task(id));
        let [workers, verifiers] = models;
        let mut done: Option<Text> = None;
        for [worker, verifier] in cast {
            let before: Vec<Heard> = done.iter().map(|answer| heard(0, 0, Some(answer))).collect();
            let attempt = |call| {
                let again = |request: &ModelRequest| ModelRequest { call, task: task.clone(), ..request.clone() };
                let answer = workers.answer(&briefed(again(worker), Wanted::Answer, &before)).unwrap().text;
                let said = [heard(1, 0, Some(&answer))];
                let verdict = verifiers.answer(&briefed(again(verifier), one_of(&["accept", "reject"]), &said));
                (&*verdict.unwrap().text == "accept").then_some(answer)
            };
            done = (0..=retries).find_map(attempt);
            if done.is_none() {
                return false;
            }
        }
        done.is_some_and(|answer| &*answer == "B")
    }

    /// The chain with a verifier after each step: a step ends right with probability
    /// `p * sum over k = 0..=r of ((1 - p) d)^k`, p being a worker's accuracy, d the verifier's catch rate, r the
    /// retries, and a chain with the product over its steps. The values are those of the formula.
    #[test]
    fn a_chain_with_verifiers_is_right_as_often_as_its_closed_form_says() {
        for (accuracy, length, catch, retries, expected) in [
            (0.95_f64, 10_u32, 0.0_f64, 0_u32, 0.598_737),
            (0.95, 10, 0.8, 1, 0.886_277),
            (0.95, 10, 0.8, 3, 0.900_560),
            (0.9, 5, 0.0, 0, 0.590_490),
            (0.9, 5, 0.9, 1, 0.908_542),
            (0.9, 5, 0.9, 2, 0.942_805),
            (0.8, 10, 0.0, 0, 0.107_374),
            (0.8, 10, 0.9, 2, 0.736_816),
            (0.95, 20, 0.0, 0, 0.358_486),
        ] {
            let power = |base: f64, exponent: u32| (0..exponent).map(|_| base).product::<f64>();
            let step: f64 = (0..=retries).map(|again| accuracy * power((1.0 - accuracy) * catch, again)).sum();
            assert!((power(step, length) - expected).abs() < 1e-6, "{accuracy} {length} {catch} {retries}");
            let workers = worker(accuracy);
            let verifier = model(&format!(r#"{{"accuracy": 0, "verifier": {{"catch": {catch}}}}}"#));
            let cast = cast(length);
            let right = (0..CHAINS).filter(|id| is_right([&workers, &verifier], &cast, *id, retries)).count();
            let what = format!("{length} steps at {accuracy}, caught at {catch}, {retries} retries");
            assert_share_of(&what, right, CHAINS as usize, expected);
        }
    }
}
